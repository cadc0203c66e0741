"""The use case `plan`: read the file and the account, and make the plan between them. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from reconciler.app.desired_files import DesiredFiles, account_of, read_files, require_valid
from reconciler.app.targets import resolve_targets
from reconciler.aws import snapshot
from reconciler.aws.concurrency import prompt_turns, start_call
from reconciler.aws.known_calls import check_calls
from reconciler.aws.session import Connection, check_account, connect, needs_no_prompt
from reconciler.aws.snapshot import AccountReader
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare
from reconciler.desired.load import LoadedFiles
from reconciler.desired.source_files import name_file
from reconciler.kinds.registry import KINDS_BY_SECTION
from reconciler.model.call_stats import CallStats, OnCall, ignore_calls
from reconciler.model.desired import Desired
from reconciler.model.held_policies import held_arns_of
from reconciler.model.live import State
from reconciler.model.plan import AccessDelta, Change, Plan, Step
from reconciler.model.problem import Problem
from reconciler.model.risk import Risk
from reconciler.model.trace import TraceContext
from reconciler.plan.build import plan_comparison
from reconciler.plan.compare.comparison import compare
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from reconciler.policy.partition_checks import find_foreign_arns


@dataclass(frozen=True)
class PlanRequest:
    """The options of the command line.

    profile, region, endpoint_url: how to connect. options: the plan's targets and allowances. verbose: report the calls
    at the end. on_call: called with each call as it is sent. on_connect: called once the account is known, on any
    thread. trace: the trace that the run belongs to.
    """

    files: Sequence[str]
    variables: Mapping[str, str]
    profile: str | None
    region: str | None
    endpoint_url: str | None
    options: PlanOptions
    verbose: bool = False
    on_call: OnCall = ignore_calls
    on_connect: Callable[[Connection], None] | None = None
    trace: TraceContext | None = None

    def connect(self) -> Connection:
        """Find the caller's account. Raises ReconcileError."""
        connection = connect(self.profile, self.region, self.endpoint_url, self.on_call, self.trace)
        if self.on_connect is not None:
            self.on_connect(connection)
        return connection


@dataclass(frozen=True)
class ConnectedPlan:
    """A plan with the connection it was made through.

    replan: reads live IAM again and returns the remaining plan. planned_at: a time before the reads of the plan began.
    is_saved: the plan comes from a plan file.
    """

    plan: Plan
    connection: Connection
    replan: Callable[[], Plan]
    planned_at: datetime
    is_saved: bool = False

    @property
    def account(self) -> str:
        return self.plan.account

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes: one for each entity that is created, updated, deleted or adopted."""
        return self.plan.changes

    @property
    def steps(self) -> tuple[Step, ...]:
        """The calls, in the order in which an apply makes them."""
        return self.plan.steps

    @property
    def findings(self) -> tuple[Problem, ...]:
        """Errors (the plan is unsafe), warnings and notes."""
        return self.plan.findings

    @property
    def access(self) -> AccessDelta:
        """The access that principals gain and lose."""
        return self.plan.access

    @property
    def risk(self) -> Risk:
        """How far the plan widens somebody's access, with the reasons."""
        return self.plan.risk

    @property
    def after(self) -> State:
        """The account after the plan."""
        return self.plan.after or State(self.account, self.plan.partition, {})

    @property
    def is_safe(self) -> bool:
        """True if no finding is an error. Only a safe plan is applied."""
        return self.plan.is_safe

    @property
    def goal(self) -> str:
        """The name of the goal of live IAM: "the file" or "the plan"."""
        return "the plan" if self.is_saved else "the file"

    @property
    def calls(self) -> CallStats:
        """The calls made through the connection so far."""
        return self.connection.meter.calls


@prompt_turns()
def make_plan(request: PlanRequest) -> ConnectedPlan:
    """Validate the file, connect, check the account, read it and compare.

    GetCallerIdentity runs while the file is parsed, and the account is read while the file is validated, unless the
    file is for another account. Raises ReconcileError; problems of the file come first.
    """
    connecting = start_call(request.connect) if needs_no_prompt(request.profile) else None
    loaded = read_files(request.files, request.variables, find_caller=lambda: _peek_caller(connecting))
    now = datetime.now(UTC)
    early = start_call(_start_reading, connecting.result, loaded) if connecting and _can_check_account(loaded) else None
    desired = require_valid(declare(loaded, now=now, names=AwsNames()))
    reading = early.result() if early else _start_reading(request.connect, loaded)
    connection = reading.connection
    partition = connection.partition
    if (connection.account, partition) != (loaded.account, loaded.partition):
        loaded = read_files(request.files, request.variables, connection.account, partition)
        desired = require_valid(declare(loaded, now=now, names=AwsNames(), own_partition=partition))
    return _finish_plan(loaded, desired, reading, request.options, now, request.files)


def plan_files(files: DesiredFiles, connection: Connection, options: PlanOptions) -> ConnectedPlan:
    """Compare files that are loaded already with the account of a connection. Raises ReconcileError."""
    now = datetime.now(UTC)
    reading = _start_reading(lambda: connection, files.loaded)
    ours = files.declare_for(connection.account, connection.partition)
    return _finish_plan(ours.loaded, ours.desired, reading, options, now, files.files)


def plan_declared(files: DesiredFiles, connection: Connection, options: PlanOptions) -> ConnectedPlan:
    """Compare files that were declared for the account of a connection just now. Raises ReconcileError."""
    now = datetime.now(UTC)
    reading = _start_reading(lambda: connection, files.loaded)
    return _finish_plan(files.loaded, files.desired, reading, options, now, files.files)


def _finish_plan(
    loaded: LoadedFiles,
    desired: Desired,
    reading: AccountReader,
    options: PlanOptions,
    now: datetime,
    arguments: Sequence[str],
) -> ConnectedPlan:
    """Build the plan of files that were declared for the account that is being read. Raises ReconcileError.

    arguments: the files as the user named them; none for the default file.
    """
    connection = reading.connection
    if _names_other_partition(desired, connection.partition):
        desired = require_valid(declare(loaded, now=now, names=AwsNames(), own_partition=connection.partition))
    plan, desired = _build_plan(loaded, desired, reading, options)
    options = replace(options, targets=frozenset(plan.targets), target_patterns=())
    check_calls(connection, plan.steps)
    plan = replace(plan, files=tuple(map(name_file, arguments or map(str, loaded.files[:1]))))
    return ConnectedPlan(plan, connection, lambda: _replan(desired, connection, options), now)


def _names_other_partition(desired: Desired, partition: str) -> bool:
    """Return whether the file names an ARN of another partition in a place that allows none.

    If so, the file is declared once more, with the checks for the caller's partition.
    """
    entities = desired.state.entities.values()
    documents = (document for entity in entities for document in entity.documents)
    narrowing = (canonical(json.loads(alias.policy)) for alias in desired.aliases.values() if alias.policy)
    references = (arn for entity in entities for arn in held_arns_of(entity))
    aliases = (arn for alias in desired.aliases.values() for arn in (alias.role_arn, *alias.policy_arns))
    return any(True for _ in find_foreign_arns(chain(documents, narrowing), chain(references, aliases), partition))


def _peek_caller(connecting: Future[Connection] | None) -> tuple[str, str] | None:
    """Return the caller's account and partition if they are known without waiting; else None."""
    if connecting is None or not connecting.done() or connecting.exception():
        return None
    connection = connecting.result()
    return connection.account, connection.partition


def _can_check_account(loaded: LoadedFiles) -> bool:
    """Return whether the file can be compared with the caller's account: it is there, and its `account` is a text."""
    return loaded.root is not None and ("account" not in loaded.root or account_of(loaded) is not None)


def _start_reading(get_connection: Callable[[], Connection], loaded: LoadedFiles) -> AccountReader:
    """Start the reads of the caller's account. Raises ReconcileError if the file is for another account."""
    connection = get_connection()
    check_account(connection, account_of(loaded))
    sections = [loaded.root.get_map(section) for section in KINDS_BY_SECTION] if loaded.root else []
    return AccountReader(connection, expected=sum(map(len, sections)))


def _replan(desired: Desired, connection: Connection, options: PlanOptions) -> Plan:
    """Return the remaining plan, from a fresh read."""
    reading = AccountReader(connection, desired.state.entities.keys(), len(desired.state.entities))
    return _build_plan(None, desired, reading, options)[0]


def _build_plan(
    loaded: LoadedFiles | None, desired: Desired, reading: AccountReader, options: PlanOptions
) -> tuple[Plan, Desired]:
    """Plan the desired state against live IAM.

    loaded: the file, to declare it again with live paths; None if `desired` and the targets are final, as when an apply
    is verified: a target that it deleted is nowhere any more.
    """
    entities = desired.state.entities
    live = reading.read_state(
        entities.keys(),
        (document for entity in entities.values() for document in entity.documents),
        desired.sections,
    )
    if loaded is not None and _has_other_paths(desired, live):
        paths = {address: entity.path for address, entity in live.entities.items()}
        desired = require_valid(declare(loaded, paths, desired.now, AwsNames()))
    comparison = compare(desired, live, allow_lockout=options.allow_lockout)
    options = resolve_targets(options, comparison) if loaded is not None else options
    while reads := find_followup_reads(comparison):
        live = snapshot.complete_state(reading.connection, live, reads)
        comparison = compare(desired, live, allow_lockout=options.allow_lockout)
    return plan_comparison(comparison, options, AwsNames()), desired


def _has_other_paths(desired: Desired, live: State) -> bool:
    """Return whether an entity has another path live than the file declares.

    The file is then declared with the live paths: an entity that names no path keeps its own.
    """
    old_addresses = {move.new: move.old for move in desired.moves if move.new not in live.entities}
    return any(
        (existing := live.entities.get(old_addresses.get(address, address))) is not None
        and existing.path != entity.path
        for address, entity in desired.state.entities.items()
    )

"""The use case `plan`: file and account → Plan. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from reconciler.app.desired_files import account_of, read_files, require_valid
from reconciler.aws import snapshot
from reconciler.aws.concurrency import start_call
from reconciler.aws.known_calls import check_calls
from reconciler.aws.session import Connection, check_account, connect, needs_no_prompt
from reconciler.aws.snapshot import AccountReader
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare
from reconciler.desired.load import LoadedFiles
from reconciler.kinds.registry import KINDS_BY_SECTION
from reconciler.model.call_stats import CallStats, OnCall, ignore_calls
from reconciler.model.desired import Desired
from reconciler.model.held_policies import list_held_policies, managed_arns_of
from reconciler.model.live import State
from reconciler.model.plan import Plan
from reconciler.model.problem import make_error
from reconciler.model.suggest import suggest_word
from reconciler.plan.build import build_plan
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from reconciler.policy.partition_checks import find_foreign_arns


@dataclass(frozen=True)
class PlanRequest:
    """What a person asks for: files, variables, whose credentials, and what is allowed.

    verbose: tell of the calls. on_call: told of each as it is sent.
    """

    files: Sequence[str]
    variables: Mapping[str, str]
    profile: str | None
    region: str | None
    endpoint_url: str | None
    options: PlanOptions
    verbose: bool = False
    on_call: OnCall = ignore_calls

    def connect(self) -> Connection:
        """Find the caller's account. Raises Failed."""
        return connect(self.profile, self.region, self.endpoint_url, self.on_call)


@dataclass(frozen=True)
class ConnectedPlan:
    """A plan with the connection it was made through. `replan`: what is left to do, from a fresh read.

    planned_at: a moment before what it was made from was read. is_saved: it comes from a plan file.
    """

    plan: Plan
    connection: Connection
    replan: Callable[[], Plan]
    planned_at: datetime
    is_saved: bool = False

    @property
    def goal(self) -> str:
        """What live IAM is to match, in words."""
        return "the plan" if self.is_saved else "the file"

    @property
    def calls(self) -> CallStats:
        """What was asked of AWS so far, by all that goes through the connection."""
        return self.connection.meter.calls


def make_plan(request: PlanRequest) -> ConnectedPlan:
    """Validate, connect, guard the account, read it, compare. Raises Failed: what is wrong with the file comes first.

    While the file is parsed, AWS is asked who the caller is; while it is checked, the account is read, if it is the
    one that the file is for.
    """
    asking = start_call(request.connect) if needs_no_prompt(request.profile) else None
    loaded = read_files(request.files, request.variables, find_caller=lambda: _peek_caller(asking))
    now = datetime.now(UTC)
    early = start_call(_start_reading, asking.result, loaded) if asking and _can_check_account(loaded) else None
    desired = require_valid(declare(loaded, now=now, names=AwsNames()))
    reading = early.result() if early else _start_reading(request.connect, loaded)
    connection = reading.connection
    partition = connection.partition
    if (connection.account, partition) != (loaded.account, loaded.partition):
        loaded = read_files(request.files, request.variables, connection.account, partition)
        desired = require_valid(declare(loaded, now=now, names=AwsNames(), own_partition=partition))
    elif _names_other_partition(desired, partition):
        desired = require_valid(declare(loaded, now=now, names=AwsNames(), own_partition=partition))
    plan, desired = _build_plan(loaded, desired, reading, request.options)
    check_calls(connection, plan.steps)
    return ConnectedPlan(plan, connection, lambda: _replan(desired, connection, request.options), now)


def _names_other_partition(desired: Desired, partition: str) -> bool:
    """True if an ARN of another partition stands where IAM takes none; only then the file is checked again for it."""
    entities = desired.state.entities.values()
    documents = (document for entity in entities for document in entity.documents)
    narrowing = (canonical(json.loads(alias.policy)) for alias in desired.aliases.values() if alias.policy)
    references = (arn for entity in entities for arn in managed_arns_of(list_held_policies(entity)))
    aliases = (arn for alias in desired.aliases.values() for arn in (alias.role_arn, *alias.policy_arns))
    return any(True for _ in find_foreign_arns(chain(documents, narrowing), chain(references, aliases), partition))


def _peek_caller(asking: Future[Connection] | None) -> tuple[str, str] | None:
    """The caller's account and partition, if they are known without waiting."""
    if asking is None or not asking.done() or asking.exception():
        return None
    connection = asking.result()
    return connection.account, connection.partition


def _can_check_account(loaded: LoadedFiles) -> bool:
    """False where the account guard cannot tell yet: there is no file, or what it has for an account is none."""
    return loaded.root is not None and ("account" not in loaded.root or account_of(loaded) is not None)


def _start_reading(get_connection: Callable[[], Connection], loaded: LoadedFiles) -> AccountReader:
    """The reads of the caller's account, begun; Failed where the file is for another one."""
    connection = get_connection()
    check_account(connection, account_of(loaded))
    sections = [loaded.root.get_map(section) for section in KINDS_BY_SECTION] if loaded.root else []
    return AccountReader(connection, expected=sum(map(len, sections)))


def _replan(desired: Desired, connection: Connection, options: PlanOptions) -> Plan:
    """What is left to do, by a fresh read."""
    reading = AccountReader(connection, desired.state.entities.keys(), len(desired.state.entities))
    return _build_plan(None, desired, reading, options)[0]


def _build_plan(
    loaded: LoadedFiles | None, desired: Desired, reading: AccountReader, options: PlanOptions
) -> tuple[Plan, Desired]:
    """What is read against what is desired. `loaded` None: that is final, as when an apply is verified."""
    entities = desired.state.entities
    live = reading.read_state(
        entities.keys(), (document for entity in entities.values() for document in entity.documents)
    )
    if loaded is not None and _has_other_paths(desired, live):
        paths = {address: entity.path for address, entity in live.entities.items()}
        desired = require_valid(declare(loaded, paths, desired.now, AwsNames()))
    _check_targets(desired, live, options)
    while questions := find_followup_reads(desired, live):
        live = snapshot.complete_state(reading.connection, live, questions)
    return build_plan(desired, live, options), desired


def _has_other_paths(desired: Desired, live: State) -> bool:
    """True where an entity lives under another path than the file's `/`: where it has none, it keeps its own."""
    moved = {move.new: move.old for move in desired.moves if move.new not in live.entities}
    return any(
        (existing := live.entities.get(moved.get(address, address))) is not None and existing.path != entity.path
        for address, entity in desired.state.entities.items()
    )


def _check_targets(desired: Desired, live: State, options: PlanOptions) -> None:
    known = [str(address) for address in (*desired.state.entities, *live.entities)]
    for target in sorted(options.targets):
        if target not in desired.state.entities and target not in live.entities:
            close = suggest_word(str(target), known)
            hint = f"Did you mean {close!r}?" if close else "An address is kind/name, as in role/app."
            raise make_error("unknown-target", f"--target {target}: neither in the file nor in the account.", hint=hint)

"""The use case `plan`: file and account → Plan. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from reconciler.app.desired import read, valid, written_account
from reconciler.aws import snapshot
from reconciler.aws.known_calls import check_calls
from reconciler.aws.overlap import started
from reconciler.aws.session import Connection, asks_nobody, check_account, connect
from reconciler.aws.snapshot import Reading
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare
from reconciler.desired.load import Loaded
from reconciler.kinds.registry import BY_SECTION
from reconciler.model.calls import Calls, OnCall, unheard
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Plan
from reconciler.model.problem import failure
from reconciler.model.suggest import suggestion
from reconciler.plan.build import build
from reconciler.plan.options import Allowed
from reconciler.plan.questions import questions_of
from reconciler.policy.canonical import canonical
from reconciler.policy.partition_checks import foreign_arns


@dataclass(frozen=True)
class Request:
    """What a person asks for: files, variables, whose credentials, and what is allowed.

    verbose: tell of the calls. on_call: told of each as it is sent.
    """

    files: Sequence[str]
    variables: Mapping[str, str]
    profile: str | None
    region: str | None
    endpoint_url: str | None
    allowed: Allowed
    verbose: bool = False
    on_call: OnCall = unheard

    def connect(self) -> Connection:
        """Find the caller's account. Raises Failed."""
        return connect(self.profile, self.region, self.endpoint_url, self.on_call)


@dataclass(frozen=True)
class Planned:
    """A plan with the connection it was made through. `look_again`: what is left to do, from a fresh read.

    at: a moment before what it was made from was read. saved: it comes from a plan file.
    """

    plan: Plan
    connection: Connection
    look_again: Callable[[], Plan]
    at: datetime
    saved: bool = False

    @property
    def goal(self) -> str:
        """What live IAM is to match, in words."""
        return "the plan" if self.saved else "the file"

    @property
    def calls(self) -> Calls:
        """What was asked of AWS so far, by all that goes through the connection."""
        return self.connection.meter.calls


def make_plan(request: Request) -> Planned:
    """Validate, connect, guard the account, read it, compare. Raises Failed: what is wrong with the file comes first.

    While the file is parsed, AWS is asked who the caller is; while it is checked, the account is read, if it is the
    one that the file is for.
    """
    asking = started(request.connect) if asks_nobody(request.profile) else None
    loaded = read(request.files, request.variables, caller=lambda: _answered(asking))
    now = datetime.now(UTC)
    early = started(_read_for, asking.result, loaded) if asking and _says_for_whom(loaded) else None
    desired = valid(declare(loaded, now=now, names=AwsNames()))
    reading = early.result() if early else _read_for(request.connect, loaded)
    connection = reading.connection
    partition = connection.partition
    if (connection.account, partition) != (loaded.account, loaded.partition):
        loaded = read(request.files, request.variables, connection.account, partition)
        desired = valid(declare(loaded, now=now, names=AwsNames(), own_partition=partition))
    elif _names_other_partition(desired, partition):
        desired = valid(declare(loaded, now=now, names=AwsNames(), own_partition=partition))
    plan, desired = _compared(loaded, desired, reading, request.allowed)
    check_calls(connection, plan.steps)
    return Planned(plan, connection, lambda: _again(desired, connection, request.allowed), now)


def _names_other_partition(desired: Desired, partition: str) -> bool:
    """True if an ARN of another partition stands where IAM takes none; only then the file is checked again for it."""
    entities = desired.state.entities.values()
    documents = (document for entity in entities for document in entity.documents)
    narrowing = (canonical(json.loads(alias.policy)) for alias in desired.aliases.values() if alias.policy)
    references = (arn for entity in entities for arn in _references(entity))
    aliases = (arn for alias in desired.aliases.values() for arn in (alias.role_arn, *alias.policy_arns))
    return any(True for _ in foreign_arns(chain(documents, narrowing), chain(references, aliases), partition))


def _references(entity: Entity) -> Iterator[str]:
    yield from getattr(entity, "policies", ())
    yield getattr(entity, "permissions_boundary", None) or ""


def _answered(asking: Future[Connection] | None) -> tuple[str, str] | None:
    """The caller's account and partition, if they are known without waiting."""
    if asking is None or not asking.done() or asking.exception():
        return None
    connection = asking.result()
    return connection.account, connection.partition


def _says_for_whom(loaded: Loaded) -> bool:
    """False where the account guard cannot tell yet: there is no file, or what it has for an account is none."""
    return loaded.root is not None and ("account" not in loaded.root or written_account(loaded) is not None)


def _read_for(connected: Callable[[], Connection], loaded: Loaded) -> Reading:
    """The reads of the caller's account, begun; Failed where the file is for another one."""
    connection = connected()
    check_account(connection, written_account(loaded))
    sections = [loaded.root.child(section) for section in BY_SECTION] if loaded.root else []
    return Reading(connection, expected=sum(map(len, sections)))


def _again(desired: Desired, connection: Connection, allowed: Allowed) -> Plan:
    """What is left to do, by a fresh read."""
    reading = Reading(connection, desired.state.entities.keys(), len(desired.state.entities))
    return _compared(None, desired, reading, allowed)[0]


def _compared(loaded: Loaded | None, desired: Desired, reading: Reading, allowed: Allowed) -> tuple[Plan, Desired]:
    """What is read against what is desired. `loaded` None: that is final, as when an apply is verified."""
    entities = desired.state.entities
    live = reading.state(entities.keys(), (document for entity in entities.values() for document in entity.documents))
    if loaded is not None and _moved(desired, live):
        paths = {address: entity.path for address, entity in live.entities.items()}
        desired = valid(declare(loaded, paths, desired.now, AwsNames()))
    _check_targets(desired, live, allowed)
    while questions := questions_of(desired, live):
        live = snapshot.complete(reading.connection, live, questions)
    return build(desired, live, allowed), desired


def _moved(desired: Desired, live: State) -> bool:
    """True where an entity lives under another path than the file's `/`: where it has none, it keeps its own."""
    moved = {move.new: move.old for move in desired.moves if move.new not in live.entities}
    return any(
        (existing := live.entities.get(moved.get(address, address))) is not None and existing.path != entity.path
        for address, entity in desired.state.entities.items()
    )


def _check_targets(desired: Desired, live: State, allowed: Allowed) -> None:
    known = [str(address) for address in (*desired.state.entities, *live.entities)]
    for target in sorted(allowed.targets):
        if target not in desired.state.entities and target not in live.entities:
            close = suggestion(str(target), known)
            hint = f"Did you mean {close!r}?" if close else "An address is kind/name, as in role/app."
            raise failure("unknown-target", f"--target {target}: neither in the file nor in the account.", hint=hint)

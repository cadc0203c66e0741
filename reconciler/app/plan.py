"""The use case `plan`: file and account → Plan. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.app.desired import read
from reconciler.aws import snapshot
from reconciler.aws.session import Connection, check_account, connect
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import Loaded
from reconciler.model.plan import Plan
from reconciler.model.problem import Failed, failure
from reconciler.model.state import Desired, State
from reconciler.model.suggest import suggestion
from reconciler.plan.build import build
from reconciler.plan.options import Allowed
from reconciler.plan.questions import questions_of


@dataclass(frozen=True)
class Request:
    """What a person asks for: files, variables, whose credentials, and what is allowed."""

    files: Sequence[str]
    variables: Mapping[str, str]
    profile: str | None
    region: str | None
    endpoint_url: str | None
    allowed: Allowed


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


def make_plan(request: Request) -> Planned:
    """Validate, connect, guard the account, read it, compare. Raises Failed."""
    loaded, now = read(request.files, request.variables), datetime.now(UTC)
    desired = _valid(declare(loaded, now=now))
    connection = connect(request.profile, request.region, request.endpoint_url)
    written = loaded.root.get("account") if loaded.root else None
    check_account(connection, written if isinstance(written, str) else None)
    if (connection.account, connection.partition) != (loaded.account, loaded.partition):
        loaded = read(request.files, request.variables, connection.account, connection.partition)
        desired = _valid(declare(loaded, now=now))
    plan, desired = replanned(loaded, desired, connection, request.allowed)
    return Planned(plan, connection, lambda: replanned(None, desired, connection, request.allowed)[0], now)


def replanned(
    loaded: Loaded | None, desired: Desired, connection: Connection, allowed: Allowed
) -> tuple[Plan, Desired]:
    """Read live IAM and compare. `loaded` None: the desired state is final, as when an apply is verified."""
    live = snapshot.read(connection, desired.state.entities.keys())
    if loaded is not None and _moved(desired, live):
        paths = {address: entity.path for address, entity in live.entities.items()}
        desired = _valid(declare(loaded, paths, desired.now))
    _check_targets(desired, live, allowed)
    while questions := questions_of(desired, live):
        live = snapshot.complete(connection, live, questions)
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


def _valid(desired: Desired) -> Desired:
    if errors_of(desired):
        raise Failed(desired.problems)
    return desired

"""The rights that it takes to undo a plan: the call that takes back each of its calls, and the reads of `undo`.

A call may need more than its own action (Service Authorization Reference, "AWS IAM"): a creation with tags or a
boundary needs the rights to put them on, a role in an instance profile iam:PassRole, a sixth version of a policy the
right to delete one, and a move UpdateUser or UpdateGroup on both ARNs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.access import NOTHING_KNOWN, Context, Principal, Verdict, Why, evaluate, principals_of, tagged
from reconciler.kinds.registry import BY_NAME, KINDS
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.model.quotas import VERSIONS
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.entrances import PROOFS, Proof
from reconciler.plan.guards.inverse import inverse
from reconciler.plan.guards.sign_in import SignIn
from reconciler.plan.guards.stricter import Question, is_no_stricter

READ_DETAILS = "GetAccountAuthorizationDetails"


@dataclass(frozen=True, slots=True)
class Undo:
    """A call that takes a step back: `action` on `resource`, the ARN afterwards; `was`: the ARN of before.

    address: of what the ARNs are of, afterwards; None: of the account.
    """

    action: str
    resource: str
    was: str
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that somebody could do before the plan and cannot after it; `why` names what decides."""

    what: str
    why: str


def undo_of(steps: Iterable[Step], draft: Draft) -> list[Undo]:
    """Return the calls that `undo` makes after these steps, its reads included."""
    found: dict[Undo, None] = {}
    listed = list(steps)
    for step in listed:
        found |= dict.fromkeys(_undo_of(step, draft))
    for address in {step.address for step in listed if step.call.operation == "CreatePolicyVersion"}:
        if _is_full(address, listed, draft):
            arn = _arn_before(address, draft)
            found[Undo("iam:DeletePolicyVersion", arn, arn, address)] = None
    reads = [READ_DETAILS, *(source.operation for kind in KINDS for source in kind.sources if not source.optional)]
    return [*found, *(Undo(f"iam:{operation}", "*", "*") for operation in reads)]


def _undo_of(step: Step, draft: Draft) -> Iterator[Undo]:
    address, call = step.address, step.call
    if "GroupName" in call.parameters and "UserName" in call.parameters:
        address = Address("group", str(call.parameters["GroupName"]))
    now, was = draft.planning.arn(address), _arn_before(address, draft)
    before = draft.live.entities.get(step.address)
    for operation in inverse(call, before):
        yield Undo(f"iam:{operation}", now if operation in _MOVES else was, was, address)
        if operation in _MOVES and now != was:  # on the name that the entity is to have, as well
            yield Undo(f"iam:{operation}", was, was, address)
        if operation == "AddRoleToInstanceProfile":
            role = Address("role", str(call.parameters["RoleName"]))
            yield Undo("iam:PassRole", draft.planning.arn(role), _arn_before(role, draft), role)
        if operation.startswith("Create") and before is not None and call.operation.startswith("Delete"):
            yield from _parts_of_creation(before, was, address)


_MOVES = ("UpdateUser", "UpdateGroup")


def _parts_of_creation(entity: Entity, arn: str, address: Address) -> Iterator[Undo]:
    noun = BY_NAME[entity.address.kind].noun
    if getattr(entity, "tags", None):
        yield Undo(f"iam:Tag{noun}", arn, arn, address)
    if getattr(entity, "permissions_boundary", None):
        yield Undo(f"iam:Put{noun}PermissionsBoundary", arn, arn, address)


def _is_full(policy: Address, steps: Sequence[Step], draft: Draft) -> bool:
    """Return whether the plan leaves no room for the version that takes its own back."""
    made = sum(step.address == policy and step.call.operation == "CreatePolicyVersion" for step in steps)
    return len(draft.live.facts.versions.get(policy, ())) + made >= VERSIONS.default


def _arn_before(address: Address, draft: Draft) -> str:
    """Return where an entity is before the plan, and again once a move is taken back."""
    live = draft.actual.entities.get(draft.was(address))
    if live is None:
        return draft.planning.arn(address)
    return arn_of(live.address, live.path, draft.live.account, draft.live.partition)


def lost_rights(
    address: Address, undoing: Iterable[Undo], draft: Draft, planned: State, sign_in: SignIn
) -> Iterator[Loss]:
    """Yield the rights to undo that a user or role has before the plan and not after it."""
    before = principals_of(draft.actual).get(draft.predecessors.get(address, address))
    after = principals_of(planned).get(address)
    if before is None:
        return
    if after is None:
        yield Loss(f"{address} itself", "the plan deletes it")
        return
    contexts = _contexts(address, sign_in)
    for undo in undoing:
        had, has = _tags_of(undo, draft, planned)
        was = _question(before, undo.action, undo.was, had, contexts)
        now = _question(after, undo.action, undo.resource, has, contexts)
        if not is_no_stricter(was, now, draft.desired.now):
            yield Loss(f"{undo.action} on {undo.resource}", _why(was(NOTHING_KNOWN), now(NOTHING_KNOWN)))


def _tags_of(undo: Undo, draft: Draft, planned: State) -> tuple[Context, Context]:
    """Return what is known of the tags of the thing, before and after: a right may hang on them (aws:ResourceTag).

    What is on one side only has the same tags on the other, so that nothing counts as lost that never was there.
    Of what is created again nothing is known: a request has no tags of a thing that is not there.
    """
    if undo.address is None or undo.action.startswith("iam:Create"):
        return NOTHING_KNOWN, NOTHING_KNOWN
    sides = (draft.actual.entities.get(draft.was(undo.address)), planned.entities.get(undo.address))
    known = [side.tags for side in sides if side is not None and hasattr(side, "tags")]
    if not known:
        return NOTHING_KNOWN, NOTHING_KNOWN
    of_iam = undo.address.kind in ("user", "role")
    return tagged(known[0], of_iam), tagged(known[-1], of_iam)


def _contexts(address: Address, sign_in: SignIn) -> list[Context]:
    """Return what the requests of a user or role say of MFA: without it, and with it if it has a device."""
    if address.kind != "user":
        return [NOTHING_KNOWN]
    console = sign_in.has_key(address) is False and sign_in.has_password(address)
    known = [Proof.PASSWORD if console else Proof.KEY, *([Proof.MFA] if sign_in.has_device(address) else [])]
    return [PROOFS[proof] for proof in known]


def _question(principal: Principal, action: str, resource: str, tags: Context, contexts: Iterable[Context]) -> Question:
    """Ask in one context after the other until one allows it."""

    def ask(known: Context) -> Verdict:
        verdicts = [evaluate(principal, action, resource, context.over(tags, known)) for context in contexts]
        return min(verdicts, key=lambda verdict: (not verdict.allowed, verdict.denied))

    return ask


def _why(was: Verdict, now: Verdict) -> str:
    """Say what takes a right away, or what gave it and does no more."""
    if now.denied and now.deciding:
        return f"denied by {_name_sources(now)}"
    if now.keys:
        return f"only if {', '.join(sorted(now.keys))} fits"
    if now.why is Why.BOUNDARY:
        return "the permissions boundary does not allow it"
    return f"nothing allows it any more; {_name_sources(was)} did" if was.deciding else "nothing allows it any more"


def _name_sources(verdict: Verdict) -> str:
    return ", ".join(map(str, verdict.deciding[:2]))

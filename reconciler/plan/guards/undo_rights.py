"""Find the rights that are needed to undo a plan: the inverse of each of its calls, and the reads of `undo`.

A call may need more than its own action (Service Authorization Reference, "AWS IAM"): a creation with tags or a
boundary needs the rights to put them on, a role in an instance profile iam:PassRole, a sixth version of a policy the
right to delete one, and a move UpdateUser or UpdateGroup on both ARNs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.access import (
    NOTHING_KNOWN,
    Context,
    Principal,
    Verdict,
    VerdictReason,
    evaluate,
    make_tag_context,
    principals_of,
)
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.effects import Create, Effect, Link, Rename, Unlink, WriteDocument
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.plan import Step
from reconciler.model.quotas import VERSIONS
from reconciler.plan.access.assume_words import describe_dependency
from reconciler.plan.guards.assume_graph import CONTEXT_OF_METHOD, AuthMethod
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.sign_in import SignIn
from reconciler.plan.guards.strictness import AccessQuestion, is_no_stricter

READ_DETAILS = "GetAccountAuthorizationDetails"


@dataclass(frozen=True, slots=True)
class UndoCall:
    """A call that undoes a step.

    resource: the ARN after the plan. old_resource: the ARN before the plan.
    address: the entity of these ARNs, after the plan; None for the account.
    """

    action: str
    resource: str
    old_resource: str
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class LostAccess:
    """Access that a principal has before the plan and not after it. access: in words. reason: the cause."""

    access: str
    reason: str


def find_undo_calls(steps: Iterable[Step], draft: Draft) -> list[UndoCall]:
    """Return the calls that `undo` makes after these steps, including its reads."""
    calls: dict[UndoCall, None] = {}
    listed = list(steps)
    for step in listed:
        calls |= dict.fromkeys(_undo_calls_of(step, draft))
    for address in {step.address for step in listed if _is_policy_write(step)}:
        if _has_no_free_version(address, listed, draft):
            arn = _old_arn_of(address, draft)
            calls[UndoCall("iam:DeletePolicyVersion", arn, arn, address)] = None
    reads = [READ_DETAILS, *(source.operation for kind in KINDS for source in kind.read_calls if not source.optional)]
    return [*calls, *(UndoCall(f"iam:{operation}", "*", "*") for operation in reads)]


def _undo_calls_of(step: Step, draft: Draft) -> Iterator[UndoCall]:
    address = _resource_of(step.effect)
    now, was = draft.planning.arn_of(address), _old_arn_of(address, draft)
    for undo in step.effect.inverse():
        action = f"iam:{undo.operation}"
        yield UndoCall(action, now if isinstance(undo, Rename) else was, was, address)
        if isinstance(undo, Rename) and now != was:  # on the name that the entity is to have, as well
            yield UndoCall(action, was, was, address)
        if isinstance(undo, Link) and isinstance(undo.held, Address) and undo.held.kind == "role":
            role = undo.held
            yield UndoCall("iam:PassRole", draft.planning.arn_of(role), _old_arn_of(role, draft), role)
        if isinstance(undo, Create):
            yield from _creation_extras_of(undo.entity, was, address)


def _resource_of(effect: Effect) -> Address:
    """Return the entity whose ARN IAM checks: the group for a membership, else the entity that changes."""
    attachment = effect.object
    is_membership = isinstance(effect, Link | Unlink) and isinstance(attachment, Address) and attachment.kind == "group"
    return attachment if is_membership and isinstance(attachment, Address) else effect.target


def _is_policy_write(step: Step) -> bool:
    return isinstance(step.effect, WriteDocument) and step.effect.target.kind == "policy"


def _creation_extras_of(entity: Entity, arn: str, address: Address) -> Iterator[UndoCall]:
    noun = KINDS_BY_NAME[entity.address.kind].noun
    if getattr(entity, "tags", None):
        yield UndoCall(f"iam:Tag{noun}", arn, arn, address)
    if getattr(entity, "permissions_boundary", None):
        yield UndoCall(f"iam:Put{noun}PermissionsBoundary", arn, arn, address)


def _has_no_free_version(policy: Address, steps: Sequence[Step], draft: Draft) -> bool:
    """Return whether the policy has no room for the version that an undo adds."""
    write_count = sum(step.address == policy and _is_policy_write(step) for step in steps)
    return len(draft.baseline.details.versions.get(policy, ())) + write_count >= VERSIONS.default


def _old_arn_of(address: Address, draft: Draft) -> str:
    """Return the ARN of an entity before the plan."""
    live = draft.live.entities.get(draft.old_address_of(address))
    if live is None:
        return draft.planning.arn_of(address)
    return arn_of(live.address, live.path, draft.baseline.account, draft.baseline.partition)


def find_lost_rights(
    address: Address, undo_calls: Iterable[UndoCall], draft: Draft, planned: State, sign_in: SignIn
) -> Iterator[LostAccess]:
    """Yield the rights to undo the plan that a user or role has before it and not after it."""
    before = principals_of(draft.live).get(draft.predecessors.get(address, address))
    after = principals_of(planned).get(address)
    if before is None:
        return
    if after is None:
        yield LostAccess(f"{address} itself", "the plan deletes it")
        return
    contexts = _contexts_of(address, sign_in)
    for undo in undo_calls:
        tags_before, tags_after = _tags_of(undo, draft, planned)
        was = _build_question(before, undo.action, undo.old_resource, tags_before, contexts)
        now = _build_question(after, undo.action, undo.resource, tags_after, contexts)
        if not is_no_stricter(was, now, draft.desired.now):
            yield LostAccess(f"{undo.action} on {undo.resource}", _explain_loss(was(NOTHING_KNOWN), now(NOTHING_KNOWN)))


def _tags_of(undo: UndoCall, draft: Draft, planned: State) -> tuple[Context, Context]:
    """Return the tags of the entity of a call before and after, because a right may depend on them (aws:ResourceTag).

    An entity that exists on one side only gets the same tags on the other, so that its absence is not a lost right. The
    tags are unknown for a call that creates an entity: its request carries no tags of an existing entity.
    """
    if undo.address is None or undo.action.startswith("iam:Create"):
        return NOTHING_KNOWN, NOTHING_KNOWN
    sides = (draft.live.entities.get(draft.old_address_of(undo.address)), planned.entities.get(undo.address))
    tags = [side.tags for side in sides if side is not None and hasattr(side, "tags")]
    if not tags:
        return NOTHING_KNOWN, NOTHING_KNOWN
    of_iam = undo.address.kind in ("user", "role")
    return make_tag_context(tags[0], of_iam), make_tag_context(tags[-1], of_iam)


def _contexts_of(address: Address, sign_in: SignIn) -> list[Context]:
    """Return the MFA keys of the requests of a user or role: without MFA, and with MFA if it has a device."""
    if address.kind != "user":
        return [NOTHING_KNOWN]
    console = sign_in.has_key(address) is False and sign_in.has_password(address)
    methods = [
        AuthMethod.PASSWORD if console else AuthMethod.KEY,
        *([AuthMethod.MFA] if sign_in.has_device(address) else []),
    ]
    return [CONTEXT_OF_METHOD[proof] for proof in methods]


def _build_question(
    principal: Principal, action: str, resource: str, tags: Context, contexts: Iterable[Context]
) -> AccessQuestion:
    """Return a question that is answered by the best verdict over several contexts."""

    def ask(request_context: Context) -> Verdict:
        verdicts = [
            evaluate(principal, action, resource, context.with_fallbacks(tags, request_context)) for context in contexts
        ]
        return min(verdicts, key=lambda verdict: (not verdict.allowed, verdict.denied))

    return ask


def _explain_loss(was: Verdict, now: Verdict) -> str:
    """Return what takes a right away, or what gave it before."""
    if now.denied and now.deciding_statements:
        return f"denied by {_name_sources(now)}"
    if now.keys:
        return f"depends on {', '.join(sorted(map(describe_dependency, now.keys)))}"
    if now.reason is VerdictReason.BOUNDARY:
        return "the permissions boundary does not allow it"
    return (
        f"nothing allows it any more; {_name_sources(was)} did"
        if was.deciding_statements
        else "nothing allows it any more"
    )


def _name_sources(verdict: Verdict) -> str:
    return ", ".join(map(str, verdict.deciding_statements[:2]))

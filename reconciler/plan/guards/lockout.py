"""The lockout guard: whoever runs a plan, and whom `break_glass` names, must still be able to undo it afterwards.

Judged by the policy evaluator on the planned state: for each call of the plan, the call that takes it back. A
session counts as its role or user; root is never locked out; "only with MFA" counts as able where the principal
has a device; a role must still let in everybody through whom a session of it may have come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Statement
from reconciler.model.entity import Role
from reconciler.model.plan import Access, Step
from reconciler.model.problem import Level, Problem
from reconciler.model.state import State
from reconciler.plan.access import accesses_of, planned_state, terms_of
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.inverse import inverse
from reconciler.plan.ownership import caller_address
from reconciler.plan.questions import takes_password
from reconciler.policy.evaluator import (
    NOTHING_KNOWN,
    WITHOUT_MFA,
    Context,
    Principal,
    Verdict,
    Why,
    evaluate,
    principals_of,
    tagged,
    with_mfa,
)
from reconciler.policy.grants import covered
from reconciler.policy.trust import may_mean, trusted_providers

FLAG = "--allow-lockout"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Undo:
    """A call that takes a step back: `action` on `resource`, the ARN afterwards; `was`: the ARN of before.

    address: of what the ARNs are of, afterwards.
    """

    action: str
    resource: str
    was: str
    address: Address


@dataclass(frozen=True, slots=True)
class Loss:
    """What a principal could do to undo the plan, and could not any more; `why` names what decides."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Lockout:
    """A principal that could not undo the plan after it; `named` as the person knows it."""

    address: Address
    named: str
    losses: tuple[Loss, ...]


def lockouts(draft: Draft, steps: Iterable[Step]) -> list[Lockout]:
    """Each principal that would be locked out, allowed or not: the caller, and those of settings.break_glass."""
    listed = list(steps)
    if not listed:
        return []
    undoing = undo_of(listed, draft)
    caller = caller_address(draft.live)
    subjects = {address: f"{address} (settings.break_glass)" for address in draft.desired.settings.break_glass}
    if caller is not None and caller in draft.live.entities:
        subjects[caller] = f"the caller ({draft.live.facts.caller})"
    after = planned_state(draft.live, draft.differences)
    found = []
    for address, named in sorted(subjects.items()):
        losses = (
            *_lost_actions(address, undoing, draft, after),
            *_lost_entries(address, draft, after),
            *_lost_password(address, draft),
        )
        if losses:
            found.append(Lockout(address, named, losses))
    return found


def lockout(draft: Draft, found: Iterable[Lockout]) -> Iterator[Problem]:
    """A refusal for each lockout that is not allowed; a warning where the caller is not known."""
    caller = caller_address(draft.live)
    told = draft.live.facts.caller
    if draft.differences and told and not told.endswith(":root") and caller not in draft.live.entities:
        yield Problem(
            Level.WARNING,
            "caller-unknown",
            f"The caller {told} is not in live IAM: whether it locks itself out is not checked.",
        )
    if not draft.allowed.lockout:
        for one in found:
            yield _refusal(draft, one.address, one.named, list(one.losses))


def _refusal(draft: Draft, address: Address, named: str, losses: list[Loss]) -> Problem:
    told = "; ".join(f"{loss.what} ({loss.why})" for loss in losses[:_SHOWN])
    more = f"; and {len(losses) - _SHOWN} more" if len(losses) > _SHOWN else ""
    hint = f"Leave {address} what it takes to undo this, or pass {FLAG}."
    return draft.refusal("lockout", address, f"After this plan {named} could not undo it: {told}{more}.", hint, FLAG)


def undo_of(steps: Iterable[Step], draft: Draft) -> list[Undo]:
    """The calls that would take these steps back."""
    found: dict[Undo, None] = {}
    for step in steps:
        address = step.address
        if "GroupName" in step.call.parameters and "UserName" in step.call.parameters:
            address = Address("group", str(step.call.parameters["GroupName"]))
        now, was = draft.planning.arn(address), _live_arn(address, draft)
        for operation in inverse(step.call, draft.live.entities.get(step.address)):
            moves = operation in ("UpdateUser", "UpdateGroup")
            found[Undo(f"iam:{operation}", now if moves else was, was, address)] = None
    return list(found)


def _live_arn(address: Address, draft: Draft) -> str:
    """Where an entity is before the plan, and again once a move is taken back."""
    live = draft.actual.entities.get(draft.was(address))
    if live is None:
        return draft.planning.arn(address)
    return arn_of(live.address, live.path, draft.live.account, draft.live.partition)


def _lost_actions(address: Address, undoing: list[Undo], draft: Draft, planned: State) -> Iterator[Loss]:
    before = principals_of(draft.actual).get(draft.was(address))
    after = principals_of(planned).get(address)
    if before is None:
        return
    if after is None:
        yield Loss(f"{address} itself", "the plan deletes it")
        return
    device = bool(draft.live.facts.devices.get(address))
    for undo in undoing:
        had, has = _tags_of(undo, draft, planned)
        now = _verdict(before, undo.action, undo.was, had, device)
        then = _verdict(after, undo.action, undo.resource, has, device)
        narrower = not then.allowed and not (then.keys <= now.keys and terms_of(then) <= terms_of(now))
        if not now.denied and (then.denied or narrower):
            yield Loss(f"{undo.action} on {undo.resource}", _reason(now, then))


def _tags_of(undo: Undo, draft: Draft, planned: State) -> tuple[Context, Context]:
    """What is known of the tags of the thing, before and after: a right may hang on them (aws:ResourceTag).

    What is on one side only has the same tags on the other, so that nothing is taken for lost that never was there.
    Of what is created again nothing is known: a request has no tags of a thing that is not there.
    """
    sides = (draft.actual.entities.get(draft.was(undo.address)), planned.entities.get(undo.address))
    known = [side.tags for side in sides if side is not None and hasattr(side, "tags")]
    if not known or undo.action.startswith("iam:Create"):
        return NOTHING_KNOWN, NOTHING_KNOWN
    of_iam = undo.address.kind in ("user", "role")
    return tagged(known[0], of_iam), tagged(known[-1], of_iam)


def _verdict(principal: Principal, action: str, resource: str, tags: Context, device: bool) -> Verdict:
    """Without MFA, or with it where that helps and the principal has a device."""
    bare = evaluate(principal, action, resource, WITHOUT_MFA.over(tags)) if principal.kind == "user" else None
    if bare is None:
        return evaluate(principal, action, resource, tags)
    strong = evaluate(principal, action, resource, with_mfa().over(tags)) if device and not bare.allowed else bare
    return strong if strong.allowed or bare.denied else bare


def _reason(now: Verdict, then: Verdict) -> str:
    """What takes it away, or what gave it and does no more."""
    if then.denied and then.deciding:
        return f"denied by {_named(then)}"
    if then.keys:
        return f"only if {', '.join(sorted(then.keys))} fits"
    if then.why is Why.BOUNDARY:
        return "the permissions boundary does not allow it"
    return f"nothing allows it any more; {_named(now)} did" if now.deciding else "nothing allows it any more"


def _named(verdict: Verdict) -> str:
    return ", ".join(map(str, verdict.deciding[:2]))


def _lost_entries(address: Address, draft: Draft, planned: State) -> Iterator[Loss]:
    """Through whom a session of the role may have come, and could not come again."""
    before, after = draft.live.entities.get(address), planned.entities.get(address)
    if not isinstance(before, Role) or not isinstance(after, Role):
        return
    now = {str(was): str(address) for address, was in draft.planning.renamed.items()}
    old, new = accesses_of(draft.actual, address, now), accesses_of(planned, address)
    session = draft.live.facts.caller.rpartition("/")[2] if address == caller_address(draft.live) else ""
    by_name = now.get(f"user/{session}", f"user/{session}")
    came = {by_name} & old.keys() or old.keys() - {str(address)}  # who only changes sessions was in already
    for principal in sorted(came):
        if _stricter(old[principal], new.get(principal), draft.live):
            yield Loss(f"{principal} assuming {address}", "the session may have come through it")
    if by_name not in old:
        for named in _outsiders_lost(before, after, draft.live.account):
            yield Loss(f"{named} assuming {address}", "the session may have come through it")
        for provider, why in _providers_shut(before, draft.live, planned):
            yield Loss(f"{provider} assuming {address}", why)


def _lost_password(address: Address, draft: Draft) -> Iterator[Loss]:
    """The only way in of a `break_glass` user. The caller has one: it is in, and not by a password."""
    if address == caller_address(draft.live) or not any(
        takes_password(item) for item in draft.differences if item.address == address
    ):
        return
    keys = draft.live.facts.access_keys.get(address)
    if keys is None or not any(key.active for key in keys):
        lacks = "may have no access key" if keys is None else "has no active access key"
        yield Loss(
            f"signing in as {address}", f"the plan takes its password, which nothing brings back, and it {lacks}"
        )


def _stricter(old: Access, new: Access | None, live: State) -> bool:
    if new is None or not set(new.conditions) <= set(old.conditions) or (new.conditions and new.terms != old.terms):
        return True
    device = ":" not in new.principal and live.facts.devices.get(Address.parse(new.principal))
    return new.mfa and not old.mfa and not device


def _outsiders_lost(before: Role, after: Role, account: str) -> list[str]:
    """Providers, services and other accounts that the trust let in, and lets in no more as it did."""
    lets_in = frozenset(item for item in after.trust_policy.statements if item.effect == "Allow")
    denies = [item for item in after.trust_policy.statements - before.trust_policy.statements if item.effect == "Deny"]
    found = set()
    for statement in before.trust_policy.statements:
        for kind, value in statement.principals or ():
            ours = kind == "AWS" and value.split(":")[4:5] == [account]
            if statement.effect != "Allow" or statement.not_principal or ours:
                continue
            single = replace(statement, sid="", principals=frozenset([(kind, value)]))
            if not any(_as_wide(single, new) for new in lets_in) or any(may_mean(deny, kind, value) for deny in denies):
                found.add(value if kind in ("AWS", "*") else f"{kind.lower()}:{value}")
    return sorted(found)


def _providers_shut(role: Role, live: State, planned: State) -> Iterator[tuple[Address, str]]:
    """Providers that the trust names and that the plan deletes, or has vouch for fewer, and why that counts."""
    for address, statements in sorted(trusted_providers(role.trust_policy, live.account).items()):
        before, after = live.entities.get(address), planned.entities.get(address)
        if before is not None and after is None:
            yield address, "the plan deletes it, and the session may have come through it"
        elif before is not None and after is not None:
            reasons = (before.shuts_out(after, statement) for statement in statements)
            yield from ((address, why) for why in [next(filter(None, reasons), "")] if why)


def _as_wide(old: Statement, new: Statement) -> bool:
    """True where `new` lets in all that `old` did; a condition may have gained values, where more values mean more."""
    widened = {
        (condition.operator, condition.key): condition.values
        for condition in new.conditions
        if condition.operator.startswith(_WIDENING)
    }
    conditions = frozenset(
        replace(condition, values=condition.values | widened.get((condition.operator, condition.key), frozenset()))
        for condition in old.conditions
    )
    return covered(replace(old, conditions=conditions), frozenset([new]))


_WIDENING = (
    "StringEquals",
    "StringLike",
    "ArnEquals",
    "ArnLike",
    "IpAddress",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringLike",
)
"""Operators, …IfExists among them, of which one value is enough ("Multivalued context keys")."""

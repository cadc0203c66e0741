"""What a plan reports beside its changes: nothing here makes it unsafe."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.entity import Role
from reconciler.model.plan import Action, Step
from reconciler.model.problem import Level, Problem
from reconciler.plan.guards.draft import Draft
from reconciler.plan.ownership import Ignored, caller_address, is_owned
from reconciler.plan.questions import users_with_mfa
from reconciler.policy.trust import unread_ids


def users_without_device(draft: Draft) -> Iterator[Problem]:
    """Users that must use MFA and have no device: only a person can enrol one."""
    for address in users_with_mfa(draft.desired, draft.entities):
        known = address not in draft.live.entities or address in draft.live.facts.devices
        if known and not draft.live.facts.devices.get(address):
            yield Problem(
                Level.WARNING,
                "user-without-mfa-device",
                f"{address} must use MFA and has no device yet: it can do nothing but enrol one.",
                address=address,
            )


def ignored_declarations(draft: Draft) -> Iterator[Problem]:
    ignored = Ignored(draft.desired.settings.ignore)
    for address, declaration in draft.desired.declarations.items():
        if address in ignored:
            yield Problem(
                Level.WARNING,
                "ignored",
                f"{address} is declared, and `settings.ignore` matches it: it is left as it is.",
                place=declaration.place,
                address=address,
            )


def unread_belongings(draft: Draft) -> Iterator[Problem]:
    """Credentials of a doomed user that nobody could list: IAM would refuse the deletion if there are any."""
    for difference in draft.of(Action.DELETE):
        owned = draft.live.facts.belongings.get(difference.address)
        if owned and owned.unread:
            summary = f"What {', '.join(owned.unread)} would show of {difference.address} could not be read."
            hint = "If there is any, IAM refuses to delete the user, after what stands above it is taken away."
            yield Problem(Level.WARNING, "read-denied", summary, "", hint, address=difference.address)


def dangling_principals(draft: Draft) -> Iterator[Problem]:
    """Live trusts that name a deleted principal: IAM shows its unique id, AIDA… or AROA…, in place of the ARN.

    Putting the trust again, with the ARN of the principal that has the name now, is what mends it.
    """
    mended = {item.address for item in draft.differences if any(f.path == "trust_policy" for f in item.fields)}
    for address in draft.entities:
        role = draft.live.entities.get(address)
        ids = sorted(unread_ids(role.trust_policy)) if isinstance(role, Role) else []
        if ids:
            summary = f"The live trust of {address} names {', '.join(ids)}: what is left of a deleted principal."
            hint = "This plan puts the trust again." if address in mended else "Name it by its ARN, or remove it."
            yield Problem(Level.WARNING, "dangling-principal", summary, "", hint, address=address)


def kept_caller(draft: Draft) -> Iterator[Problem]:
    """The caller is never pruned, also where the file has lost it."""
    caller = caller_address(draft.live)
    entity = draft.live.entities.get(caller) if caller else None
    gone = entity is not None and caller not in draft.desired.state.entities
    if gone and entity is not None and is_owned(entity, draft.desired.owner) and draft.desired.settings.prune != "none":
        summary = f"{caller} is in the file no longer, but runs this plan: it stays."
        yield Problem(Level.WARNING, "caller-kept", summary, address=caller)


def notes_of(steps: tuple[Step, ...]) -> Iterator[Problem]:
    """Where a quota takes the order away from make before break."""
    for step in steps:
        if step.note:
            told = " ".join(str(value) for value in step.call.parameters.values() if isinstance(value, str))
            summary = f"{step.address}: {step.call.operation} {told}: {step.note}."
            yield Problem(Level.INFO, "quota-order", summary, address=step.address)

"""What the planned state names must be there: a principal, policy or group that neither exists nor is created
would fail in the middle of an apply. Identity providers are the exception: IAM takes a trust in one that is not there
yet, and so it is only told."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.registry import BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import address_of, policy_reference
from reconciler.model.entity import Role
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.model.suggest import suggestion
from reconciler.plan.diff import Difference
from reconciler.plan.guards.draft import Draft
from reconciler.plan.questions import references
from reconciler.policy.trust import named_entities, trusted_providers, unread_ids

PROVIDERS = ("oidc-provider", "saml-provider")


def unread_kinds(draft: Draft) -> Iterator[Problem]:
    """What the file declares of a kind that may not be read could be there already, as it is or otherwise."""
    for difference in draft.differences:
        if not draft.live.facts.unread.isdisjoint({difference.address.kind, str(difference.address)}):
            summary = f"{difference.address} cannot be compared: the account's own may not be read."
            hint = "Allow the caller what `read-denied` below names, or take it out of this file."
            yield draft.refusal("unread-kind", difference.address, summary, hint)


def missing_references(draft: Draft) -> Iterator[Problem]:
    changed = {difference.address: difference for difference in draft.differences}
    for address, entity in draft.entities.items():
        for named in sorted(BY_NAME[address.kind].refers(entity, draft.planning)):
            if named in draft.planning.doomed:
                yield _doomed(draft, address, named)
            elif named.kind in PROVIDERS or address not in changed or _known(draft, named):
                continue
            elif not _stays(draft, changed[address], named):
                yield _unknown(draft, address, named)


def missing_providers(draft: Draft) -> Iterator[Problem]:
    """Trusts in identity providers of this account that neither exist nor are created, as far as the plan puts them.

    IAM takes them: installers such as that of ROSA make roles before the provider. Of SAML providers AWS says nothing
    else, so they are judged alike.
    """
    for difference in draft.differences:
        role = difference.after
        if not isinstance(role, Role) or not _puts_trust(difference):
            continue
        trusts = trusted_providers(role.trust_policy, draft.live.account)
        for arn, named in sorted(named_entities(role.trust_policy, draft.live.account).items()):
            there = _known(draft, named) and (named.kind in draft.live.facts.unread or draft.planning.arn(named) == arn)
            if named in trusts and not there and named not in draft.planning.doomed:
                yield _missing(draft, difference.address, arn)


def _missing(draft: Draft, address: Address, arn: str) -> Problem:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    known = [other.name for other in (*draft.live.entities, *draft.entities) if other.kind == kind]
    close = suggestion(name, known)
    summary = f"{address} trusts {kind}/{name}, which does not exist in account {draft.live.account} yet."
    detail = "IAM takes such a trust; until the provider is there, nobody comes in through it."
    hint = f"Did you mean {close!r}?" if close else f"Declare it under `{BY_NAME[kind].section}`, or create it."
    place = draft.desired.declarations[address].place if address in draft.desired.declarations else None
    return Problem(Level.WARNING, "missing-provider", summary, detail, hint, place, address)


def _doomed(draft: Draft, address: Address, named: Address) -> Problem:
    summary = f"{address} names {named}, which this plan would delete."
    hint = f"Declare {named} in the file, or remove the reference."
    new = next((new for new, old in draft.replaced.items() if old == named), None)
    if new is not None:
        summary = f"{address} names {named}, which {new} replaces (`moved`)."
        hint = f"Let it name {new}; what `ignore_changes` leaves as it is live has to be changed first, or declared."
    return draft.refusal("deleted-reference", address, summary, hint)


def _known(draft: Draft, named: Address) -> bool:
    """Whether it will be there, as far as one may know."""
    return named in draft.entities or named in draft.live.entities or named.kind in draft.live.facts.unread


def _stays(draft: Draft, difference: Difference, named: Address) -> bool:
    """Return True if a live trust names it and is not put again."""
    kept = difference.before if not _puts_trust(difference) else None
    return kept is not None and named in BY_NAME[kept.kind].refers(kept, draft.planning)


def _puts_trust(difference: Difference) -> bool:
    return difference.before is None or any(field.path == "trust_policy" for field in difference.fields)


def _unknown(draft: Draft, address: Address, named: Address) -> Problem:
    known = [other.name for other in draft.live.entities if other.kind == named.kind]
    close = suggestion(named.name, known)
    hint = f"Did you mean {close!r}?" if close else "Create it first, or correct the ARN."
    summary = f"{address} names {named}, which does not exist in account {draft.live.account}."
    return draft.refusal("unknown-principal" if named.kind != "policy" else "unknown-policy", address, summary, hint)


def missing_break_glass(draft: Draft) -> Iterator[Problem]:
    for address in draft.desired.settings.break_glass:
        if address not in draft.entities and address not in draft.live.entities:
            summary = f"settings.break_glass names {address}, which does not exist."
            yield draft.refusal("unknown-break-glass", address, summary, "Declare it, or correct the name.")


def principals_elsewhere(draft: Draft) -> Iterator[Problem]:
    """A principal's ARN with another path than the entity has: IAM takes it for one that does not exist."""
    for difference in draft.differences:
        role = difference.after
        if not isinstance(role, Role) or not _puts_trust(difference):
            continue
        for arn, named in sorted(named_entities(role.trust_policy, draft.live.account).items()):
            known = named in draft.entities or named in draft.live.entities
            if known and named.kind not in PROVIDERS and draft.planning.arn(named) != arn:
                summary = f"{difference.address} names {arn}, but {named} is {draft.planning.arn(named)}."
                hint = f"Write that ARN, or the name {named.name!r} where the file declares it."
                yield draft.refusal("unknown-principal", difference.address, summary, hint)


def deleted_principals(draft: Draft) -> Iterator[Problem]:
    """A trust to be put that names a unique id of nobody, as one does that a moved role keeps: "Invalid principal"."""
    for difference in draft.differences:
        role = difference.after
        if isinstance(role, Role) and _puts_trust(difference):
            gone = sorted(unread_ids(role.trust_policy) - draft.live.facts.unique_ids.keys())
            if gone:
                summary = f"{difference.address} names {', '.join(gone)}: what is left of a deleted principal."
                hint = "IAM takes no trust that does. Name who has its place by the ARN, or remove it from the trust."
                yield draft.refusal("unknown-principal", difference.address, summary, hint)


def missing_policies(draft: Draft) -> Iterator[Problem]:
    """Policies of AWS and of other accounts that were asked about and are not there."""
    known = {arn for arn, exists in draft.live.facts.outside_policies.items() if exists}
    for entity in draft.live.entities.values():
        known |= references(entity)
    for difference in draft.differences:
        if difference.action is Action.DELETE or difference.after is None:
            continue
        for arn in sorted(references(difference.after) - known):
            if address_of(arn, draft.live.account) is None:
                said = policy_reference(arn, draft.live.account)
                summary = f"{difference.address} names {said}, which does not exist (or cannot be read)."
                hint = "Check the name; some policies of AWS have a path, as in aws:service-role/NAME."
                yield draft.refusal("unknown-policy", difference.address, summary, hint)

"""Refuse references to principals, policies and groups that neither exist nor are created.

IAM would refuse the call in the middle of an apply. Identity providers are the exception: IAM accepts a trust in a
provider that does not exist yet, so that is only a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.access.trust_entrances import find_trusted_providers
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import address_of, policy_reference_of
from reconciler.model.entity import Role
from reconciler.model.held_policies import held_arns_of
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.model.suggest import suggest_word
from reconciler.plan.compare.diff import Difference
from reconciler.plan.guards.draft import Draft
from reconciler.policy.trust import find_named_entities, unique_ids_of

PROVIDER_KINDS = ("oidc-provider", "saml-provider")


def check_unread_kinds(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each change of an entity that could not be read and so may exist already."""
    for difference in draft.differences:
        if not draft.baseline.details.unread.isdisjoint({difference.address.kind, str(difference.address)}):
            summary = f"{difference.address} cannot be compared: the caller may not read it in the account."
            hint = "Allow the caller the actions that `read-denied` below names, or remove the entry from this file."
            yield draft.build_refusal("unread-kind", difference.address, summary, hint)


def check_references(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each reference to an entity that does not exist, or that the plan deletes."""
    changed = {difference.address: difference for difference in draft.differences}
    for address, entity in draft.entities.items():
        for reference in sorted(KINDS_BY_NAME[address.kind].references(entity, draft.planning)):
            if reference in draft.planning.deletions:
                yield _refuse_deleted_reference(draft, address, reference)
            elif reference.kind in PROVIDER_KINDS or address not in changed or _will_exist(draft, reference):
                continue
            elif not _keeps_reference(draft, changed[address], reference):
                yield _refuse_unknown_reference(draft, address, reference)


def check_providers(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each trust of the plan in an identity provider that neither exists nor is created.

    IAM accepts this trust: some installers, such as that of ROSA, make roles before the provider. AWS does not document
    SAML providers separately, so the same rule applies to them.
    """
    for difference in draft.differences:
        role = difference.after
        if not isinstance(role, Role) or not _writes_trust(difference):
            continue
        trusts = find_trusted_providers(role.trust_policy, draft.baseline.account)
        for arn, provider in sorted(find_named_entities(role.trust_policy, draft.baseline.account).items()):
            exists = _will_exist(draft, provider) and (
                provider.kind in draft.baseline.details.unread or draft.planning.arn_of(provider) == arn
            )
            if provider in trusts and not exists and provider not in draft.planning.deletions:
                yield _warn_missing_provider(draft, difference.address, arn)


def _warn_missing_provider(draft: Draft, address: Address, arn: str) -> Problem:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    known_names = [other.name for other in (*draft.baseline.entities, *draft.entities) if other.kind == kind]
    close = suggest_word(name, known_names)
    summary = f"{address} trusts {kind}/{name}, which does not exist in account {draft.baseline.account} yet."
    detail = "IAM accepts such a trust, but nobody can use it until the provider exists."
    hint = f"Did you mean {close!r}?" if close else f"Declare it under `{KINDS_BY_NAME[kind].section}`, or create it."
    return Problem(Level.WARNING, "missing-provider", summary, detail, hint, draft.desired.place_of(address), address)


def _refuse_deleted_reference(draft: Draft, address: Address, reference: Address) -> Problem:
    summary = f"{address} names {reference}, which this plan would delete."
    hint = f"Declare {reference} in the file, or remove the reference."
    new = next((new for new, old in draft.replaced.items() if old == reference), None)
    if new is not None:
        summary = f"{address} names {reference}, which {new} replaces (`moved`)."
        hint = f"Write {new} there. If `ignore_changes` keeps the reference, change it in the account or declare it."
    return draft.build_refusal("deleted-reference", address, summary, hint)


def _will_exist(draft: Draft, reference: Address) -> bool:
    """Return whether an entity exists after the plan; yes, if its kind may not be read."""
    return (
        reference in draft.entities
        or reference in draft.baseline.entities
        or reference.kind in draft.baseline.details.unread
    )


def _keeps_reference(draft: Draft, difference: Difference, reference: Address) -> bool:
    """Return whether a live trust names it and the plan does not write that trust."""
    before = difference.before if not _writes_trust(difference) else None
    return before is not None and reference in KINDS_BY_NAME[before.kind].references(before, draft.planning)


def _writes_trust(difference: Difference) -> bool:
    return difference.before is None or any(field.path == "trust_policy" for field in difference.fields)


def _refuse_unknown_reference(draft: Draft, address: Address, reference: Address) -> Problem:
    known_names = [other.name for other in draft.baseline.entities if other.kind == reference.kind]
    close = suggest_word(reference.name, known_names)
    hint = f"Did you mean {close!r}?" if close else "Create it first, or correct the ARN."
    summary = f"{address} names {reference}, which does not exist in account {draft.baseline.account}."
    return draft.build_refusal(
        "unknown-principal" if reference.kind != "policy" else "unknown-policy", address, summary, hint
    )


def check_break_glass(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each principal of `break_glass` that neither exists nor is declared."""
    for address in draft.desired.settings.break_glass:
        if address not in draft.entities and address not in draft.baseline.entities:
            summary = f"settings.break_glass names {address}, which does not exist."
            yield draft.build_refusal("unknown-break-glass", address, summary, "Declare it, or correct the name.")


def check_principal_paths(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each ARN of a principal with a wrong path, which IAM treats as not existing."""
    for difference in draft.differences:
        role = difference.after
        if not isinstance(role, Role) or not _writes_trust(difference):
            continue
        for arn, principal in sorted(find_named_entities(role.trust_policy, draft.baseline.account).items()):
            exists = principal in draft.entities or principal in draft.baseline.entities
            if exists and principal.kind not in PROVIDER_KINDS and draft.planning.arn_of(principal) != arn:
                summary = f"{difference.address} names {arn}, but {principal} is {draft.planning.arn_of(principal)}."
                hint = f"Write that ARN, or the name {principal.name!r} if the file declares it."
                yield draft.build_refusal("unknown-principal", difference.address, summary, hint)


def check_deleted_principals(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each trust of the plan that names the unique id of a deleted principal.

    IAM refuses it: "Invalid principal". A replaced role may keep such a trust.
    """
    for difference in draft.differences:
        role = difference.after
        if isinstance(role, Role) and _writes_trust(difference):
            unknown_ids = sorted(unique_ids_of(role.trust_policy) - draft.baseline.details.unique_ids.keys())
            if unknown_ids:
                summary = f"{difference.address} names {', '.join(unknown_ids)}: the id of a deleted principal."
                hint = "IAM refuses such a trust. Write the ARN of its successor, or remove it from the trust."
                yield draft.build_refusal("unknown-principal", difference.address, summary, hint)


def check_policies(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each policy of AWS or of another account that does not exist."""
    known_arns = {arn for arn, exists in draft.baseline.details.external_policies.items() if exists}
    for entity in draft.baseline.entities.values():
        known_arns |= held_arns_of(entity)
    for difference in draft.differences:
        if difference.action is Action.DELETE or difference.after is None:
            continue
        for arn in sorted(held_arns_of(difference.after) - known_arns):
            if address_of(arn, draft.baseline.account) is None:
                reference = policy_reference_of(arn, draft.baseline.account)
                summary = f"{difference.address} names {reference}, which does not exist (or cannot be read)."
                hint = "Check the name; some policies of AWS have a path, as in aws:service-role/NAME."
                yield draft.build_refusal("unknown-policy", difference.address, summary, hint)

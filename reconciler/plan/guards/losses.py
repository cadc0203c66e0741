"""Count the deletions and removals of a plan, for the thresholds.

Deletions are entities, and the secrets of users (passwords, keys, certificates, MFA devices), which no undo restores.
Removals are parts that staying entities lose, and that an undo restores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.document import Document
from reconciler.model.entity import Policy, User
from reconciler.model.live import OwnedCredentials
from reconciler.model.plan import Action, Field
from reconciler.plan.compare.diff import Difference
from reconciler.plan.guards.draft import Draft
from reconciler.policy.deny_all import comes_to_deny_everything, denies_everything

_AWS_DENY_ALL = ":iam::aws:policy/AWSDenyAll"


def count_secrets(draft: Draft) -> int:
    """Return the number of passwords, keys, certificates and MFA devices that the plan deletes."""
    belongings = draft.baseline.details.owned_credentials
    with_users = sum(
        _count_secrets_of(belongings.get(one.address, OwnedCredentials()))
        for one in draft.differences_of(Action.DELETE)
    )
    with_others = sum(
        KINDS_BY_NAME[one.address.kind].count_secrets(one.before) for one in draft.differences_of(Action.DELETE)
    )
    return with_users + with_others + sum(map(_loses_password, draft.differences))


def _count_secrets_of(owned: OwnedCredentials) -> int:
    keys = (owned.access_keys, owned.signing_certificates, owned.ssh_public_keys, owned.service_credentials)
    return int(owned.login_profile) + sum(map(len, keys)) + len(owned.mfa_devices)


def _loses_password(difference: Difference) -> bool:
    before, after = difference.before, difference.after
    return isinstance(before, User) and isinstance(after, User) and bool(before.console) and after.console is False


def count_removals(draft: Draft) -> Counter[str]:
    """Return the number of removals from entities that stay, by noun."""
    swapped = {draft.planning.arn_of(old): draft.planning.arn_of(new) for new, old in draft.replaced.items()}
    changed = (one for one in draft.differences if one.before is not None and one.after is not None)
    return Counter(noun for one in changed for field in one.fields for noun in _find_removals(field, swapped, draft))


def _find_removals(field: Field, replacements: Mapping[str, str], draft: Draft) -> Iterator[str]:
    """Yield the noun of each removal.

    replacements: ARNs of replaced policies, old → new; a policy whose replacement is attached is not a removal.
    """
    before, after = _as_set(field.before), _as_set(field.after)
    name, _, key = field.path.partition(".")
    match name:
        case "policies":
            yield from ("policy" for arn in before - after if replacements.get(str(arn)) not in after)
            yield from (
                "document that denies everything" for arn in after - before if _denies_everything(str(arn), draft)
            )
        case "groups":
            yield from ("membership" for _ in before - after)
        case "permissions_boundary":
            if field.after is None:
                yield "boundary"
            elif _denies_everything(str(field.after), draft):
                yield "document that denies everything"
        case "inline_policies" if key and field.after is None:
            yield "policy"
        case "inline_policies" | "document" | "trust_policy":
            if isinstance(field.after, Document) and comes_to_deny_everything(_as_document(field.before), field.after):
                yield "document that denies everything"


def _denies_everything(arn: str, draft: Draft) -> bool:
    """Return whether a managed policy denies everything after the plan."""
    address = draft.planning.address_of(arn)
    entity = draft.planning.entity_after(address) if address else None
    return arn.endswith(_AWS_DENY_ALL) or (isinstance(entity, Policy) and denies_everything(entity.document))


def _as_document(value: object) -> Document | None:
    return value if isinstance(value, Document) else None


def _as_set(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset()

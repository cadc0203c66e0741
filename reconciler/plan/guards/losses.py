"""Count for the thresholds what a plan takes away.

Deletions: entities, and the secrets that users lose (passwords, keys, certificates, MFA devices), because no undo
brings those back. Removals: what entities that stay lose, and an undo gives back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.model.document import Document
from reconciler.model.entity import Policy, User
from reconciler.model.live import Belongings
from reconciler.model.plan import Action, Field
from reconciler.plan.diff import Difference
from reconciler.plan.guards.draft import Draft
from reconciler.policy.denial import comes_to_deny_everything, denies_everything

_AWS_DENY_ALL = ":iam::aws:policy/AWSDenyAll"


def count_secrets(draft: Draft) -> int:
    """Return how many passwords, keys, certificates and MFA devices go, with their users or without."""
    belongings = draft.live.facts.belongings
    with_users = sum(_secrets_of(belongings.get(one.address, Belongings())) for one in draft.of(Action.DELETE))
    return with_users + sum(map(_loses_password, draft.differences))


def _secrets_of(owned: Belongings) -> int:
    keys = (owned.access_keys, owned.signing_certificates, owned.ssh_public_keys, owned.service_credentials)
    return int(owned.login_profile) + sum(map(len, keys)) + len(owned.mfa_devices)


def _loses_password(difference: Difference) -> bool:
    before, after = difference.before, difference.after
    return isinstance(before, User) and isinstance(after, User) and bool(before.console) and after.console is False


def count_removals(draft: Draft) -> Counter[str]:
    """Return what entities that stay lose: a noun for each sort → how many."""
    swapped = {draft.planning.arn(old): draft.planning.arn(new) for new, old in draft.replaced.items()}
    changed = (one for one in draft.differences if one.before is not None and one.after is not None)
    return Counter(noun for one in changed for field in one.fields for noun in _removals(field, swapped, draft))


def _removals(field: Field, swapped: Mapping[str, str], draft: Draft) -> Iterator[str]:
    """Yield the noun of each removal. A policy whose replacement (`swapped`, old → new) is attached is none."""
    before, after = _set_of(field.before), _set_of(field.after)
    name, _, key = field.path.partition(".")
    match name:
        case "policies":
            yield from ("policy" for arn in before - after if swapped.get(str(arn)) not in after)
            yield from ("document that denies everything" for arn in after - before if _denies_all(str(arn), draft))
        case "groups":
            yield from ("membership" for _ in before - after)
        case "permissions_boundary":
            if field.after is None:
                yield "boundary"
            elif _denies_all(str(field.after), draft):
                yield "document that denies everything"
        case "inline_policies" if key and field.after is None:
            yield "policy"
        case "inline_policies" | "document" | "trust_policy":
            if isinstance(field.after, Document) and comes_to_deny_everything(_document(field.before), field.after):
                yield "document that denies everything"


def _denies_all(arn: str, draft: Draft) -> bool:
    """Tell whether a managed policy, as it is after the plan, denies everything to whoever has it."""
    address = draft.planning.address(arn)
    entity = draft.planning.then(address) if address else None
    return arn.endswith(_AWS_DENY_ALL) or (isinstance(entity, Policy) and denies_everything(entity.document))


def _document(value: object) -> Document | None:
    return value if isinstance(value, Document) else None


def _set_of(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset()

"""Find the roles that a plan opens to whoever signs for another identity provider.

A trust says which subjects of a provider count. The provider decides who gets a token for them: a new one, or one whose
keys change, is as good as a new name in each trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.access.trust_entrances import find_trusted_providers
from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.model.sentence import format_counted
from reconciler.plan.compare.diff import Difference


def find_provider_risks(differences: Iterable[Difference], after: State) -> Iterator[tuple[Address, str]]:
    """Yield each provider that roles trust and the plan creates or changes, with a sentence.

    after: the account after the plan.
    """
    changes = {one.address: change for one in differences if (change := _describe_change(one))}
    if not changes:
        return
    roles: dict[Address, list[str]] = {}
    for address, entity in sorted(after.entities.items()):
        if isinstance(entity, Role):
            for provider in find_trusted_providers(entity.trust_policy, after.account):
                roles.setdefault(provider, []).append(str(address))
    for provider, change in changes.items():
        if trusting := roles.get(provider):
            verb = "trusts" if len(trusting) == 1 else "trust"
            yield provider, f"{format_counted(trusting)} {verb} {provider}, {change}"


def _describe_change(difference: Difference) -> str:
    """Return what changes about who can sign for a provider; "" if nothing does."""
    old, new = difference.before, difference.after
    if isinstance(new, OidcProvider | SamlProvider) and old is None:
        return "which this plan creates"
    if isinstance(old, SamlProvider) and isinstance(new, SamlProvider) and old.metadata != new.metadata:
        return "whose metadata changes, and with it who can sign"
    if isinstance(old, OidcProvider) and isinstance(new, OidcProvider) and _adds(old.thumbprints, new.thumbprints):
        return "which accepts more thumbprints"
    return ""


def _adds(old: Iterable[str] | None, new: Iterable[str] | None) -> bool:
    return old is not None and new is not None and not set(new) <= set(old)

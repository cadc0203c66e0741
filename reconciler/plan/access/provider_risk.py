"""Find the roles that a plan opens to whoever signs for another identity provider.

A trust says which subjects of a provider count. The provider decides who gets a token for them: a new one, or one whose
keys change, is as good as a new name in each trust. So is a further client id (audience), unless the trust tests the
audience itself (IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.access.trust_entrances import find_trusted_providers
from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.model.sentence import format_counted, format_list
from reconciler.plan.compare.diff import Difference

_MAX_NAMED = 3


def find_provider_risks(differences: Iterable[Difference], after: State) -> Iterator[tuple[Address, str]]:
    """Yield each provider that roles trust and the plan creates or changes, with a sentence.

    after: the account after the plan.
    """
    changed = list(differences)
    changes = {one.address: change for one in changed if (change := _describe_change(one))}
    clients = {one.address: found for one in changed if (found := _find_new_clients(one))}
    if not changes and not clients:
        return
    roles: dict[Address, list[str]] = {}
    open_roles: dict[Address, list[str]] = {}
    for address, entity in sorted(after.entities.items()):
        if isinstance(entity, Role):
            for provider, statements in find_trusted_providers(entity.trust_policy, after.account).items():
                roles.setdefault(provider, []).append(str(address))
                grown, added = clients.get(provider, (None, ()))
                if grown and any(grown.accepts_client(one, client) for one in statements for client in added):
                    open_roles.setdefault(provider, []).append(str(address))
    for provider, change in changes.items():
        if trusting := roles.get(provider):
            yield provider, _describe_trust(trusting, provider, change)
    for provider, (_, added) in clients.items():
        if trusting := open_roles.get(provider):
            named = format_list(added, _MAX_NAMED)
            yield provider, _describe_trust(trusting, provider, f"which accepts tokens for more clients ({named})")


def _describe_trust(roles: Sequence[str], provider: Address, change: str) -> str:
    verb = "trusts" if len(roles) == 1 else "trust"
    return f"{format_counted(roles)} {verb} {provider}, {change}"


def _find_new_clients(difference: Difference) -> tuple[OidcProvider, list[str]] | None:
    """Return a provider with the client ids that it newly accepts; None if there are none."""
    old, new = difference.before, difference.after
    if not isinstance(old, OidcProvider) or not isinstance(new, OidcProvider):
        return None
    added = sorted(new.client_ids - old.client_ids)
    return (new, added) if added else None


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

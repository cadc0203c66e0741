"""Build the principals of one account that a question is put to.

If only a part of an account is known, a group outside that part is a policy of unknown content, and a user or
role that a trust names is a principal with policies of unknown content. So no answer is a wrong no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.access import PolicySource, Principal, principals_of
from reconciler.model.access_answers import AccessSide
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.entity import Role, User


def principals_of_side(side: AccessSide) -> Mapping[Address, Principal]:
    """Return every user and role, with those that only trusts name if a part of the account is known."""
    principals = principals_of(side.state)
    if not side.is_part:
        return principals
    for address, principal in principals.items():
        entity = side.state.entities[address]
        groups = sorted(entity.groups) if isinstance(entity, User) else ()
        unknown = tuple(PolicySource(str(group), None) for group in groups if group not in side.state.entities)
        principals[address] = replace(principal, policies=(*principal.policies, *unknown))
    return {**dict(_find_named_principals(side)), **principals}


def _find_named_principals(side: AccessSide) -> Iterator[tuple[Address, Principal]]:
    account = side.state.account
    for entity in side.state.entities.values():
        statements = entity.trust_policy.statements if isinstance(entity, Role) else ()
        for kind, arn in (name for statement in statements for name in sorted(statement.principals or ())):
            address = address_of(arn, account) if kind == "AWS" else None
            if address is not None and address.kind in ("user", "role"):
                yield address, Principal(arn, address.kind, account, (PolicySource(str(address), None),))

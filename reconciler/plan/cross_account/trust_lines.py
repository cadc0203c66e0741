"""Find the line of a file that lets a principal into a role."""

from __future__ import annotations

from reconciler.model.account_waits import TrustLine
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Role
from reconciler.policy.statement_places import find_statement_place


def find_trust_line(role: Address, arn: str, desired: Desired | None) -> TrustLine:
    """Return the line of the statement that names a principal, or of the role; no line if no file declares the role.

    arn: "" for the line of the role.
    """
    declaration = desired.declarations.get(role) if desired else None
    if desired is None or declaration is None:
        return TrustLine(role)
    entity = desired.state.entities.get(role)
    for statement in entity.trust_policy.listed if isinstance(entity, Role) else ():
        place = find_statement_place(entity.trust_policy, statement) if isinstance(entity, Role) else None
        if place is not None and ("AWS", arn) in (statement.principals or ()):
            return TrustLine(role, place)
    return TrustLine(role, declaration.place)

"""Users that change their path: trust policies follow by themselves, so that is no change of the trusts.

IAM stores the principals of a trust policy by unique id and shows the current ARN (IAM User Guide, "AWS JSON
policy elements: Principal").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Role, User
from reconciler.model.state import State


def moved_arns(entities: Mapping[Address, Entity], live: State) -> dict[str, str]:
    """Old ARN → new ARN of every user whose path the file changes."""
    found: dict[str, str] = {}
    for address, after in entities.items():
        before = live.entities.get(address)
        if isinstance(before, User) and before.path != after.path:
            old = arn_of(before.address, before.path, live.account, live.partition)
            found[old] = arn_of(before.address, after.path, live.account, live.partition)
    return found


def followed(entity: Entity | None, moves: Mapping[str, str]) -> Entity | None:
    """The live entity as it is once the moves are made."""
    if not moves or not isinstance(entity, Role):
        return entity
    trust = entity.trust_policy
    statements = frozenset(_followed(statement, moves) for statement in trust.statements)
    return replace(entity, trust_policy=replace(trust, statements=statements))


def _followed(statement: Statement, moves: Mapping[str, str]) -> Statement:
    if statement.principals is None:
        return statement
    principals = frozenset((kind, moves.get(value, value)) for kind, value in statement.principals)
    return replace(statement, principals=principals)

"""Follow the new ARNs of users with another path or name: IAM changes trust policies that name them by itself.

IAM stores the principals of a trust policy by unique id and shows the current ARN (IAM User Guide, "AWS JSON
policy elements: Principal").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Role, User
from reconciler.model.live import State


def find_arn_changes(entities: Mapping[Address, Entity], live: State) -> dict[str, str]:
    """Return the new ARN of every user whose path the file changes, by the old ARN."""
    new_arns: dict[str, str] = {}
    for address, after in entities.items():
        before = live.entities.get(address)
        if isinstance(before, User) and before.path != after.path:
            old = arn_of(before.address, before.path, live.account, live.partition)
            new_arns[old] = arn_of(before.address, after.path, live.account, live.partition)
    return new_arns


def follow_arn_changes(entity: Entity | None, arn_changes: Mapping[str, str]) -> Entity | None:
    """Return a live entity as it is after the changes of ARNs; only the trusts of roles differ."""
    if not arn_changes or not isinstance(entity, Role):
        return entity
    trust = entity.trust_policy
    statements = frozenset(_follow_in_statement(statement, arn_changes) for statement in trust.statements)
    if statements == trust.statements:
        return entity
    return replace(
        entity, trust_policy=replace(trust, statements=statements, text=_rewrite_principals(trust.text, arn_changes))
    )


def _rewrite_principals(text: str, arn_changes: Mapping[str, str]) -> str:
    """Return the text of a trust with the new ARNs of its principals; ARNs in conditions stay, as in IAM."""
    body = json.loads(text)
    statements = body["Statement"] if isinstance(body["Statement"], list) else [body["Statement"]]
    for statement in statements:
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            if isinstance(principal, dict) and "AWS" in principal:
                arns = principal["AWS"]
                principal["AWS"] = (
                    [arn_changes.get(arn, arn) for arn in arns]
                    if isinstance(arns, list)
                    else arn_changes.get(arns, arns)
                )
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _follow_in_statement(statement: Statement, arn_changes: Mapping[str, str]) -> Statement:
    if statement.principals is None:
        return statement
    principals = frozenset((kind, arn_changes.get(value, value)) for kind, value in statement.principals)
    return replace(statement, principals=principals)

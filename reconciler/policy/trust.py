"""Compile the trust rules of a file into a trust policy, and find the principals that a trust policy names.

The section "Trust rules" of docs/file-format.md shows the result of each rule. The grammar is AWS's (IAM User Guide,
"Roles terms and concepts", "AWS JSON policy elements: Principal").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.document import Document, Json
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import Place
from reconciler.policy.canonical import CURRENT_VERSION, as_json, canonical
from reconciler.policy.service_principals import NEEDED_ACTIONS
from reconciler.policy.timestamps import format_timestamp

SAML_AUDIENCE = "https://signin.aws.amazon.com/saml"
WEB_IDENTITY_AUDIENCE = "sts.amazonaws.com"

_ACTIONS = {"oidc": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
_PRINCIPAL_KEYS = {"services": "Service", "oidc": "Federated", "saml": "Federated"}

CLOSED_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)
"""A trust that lets nobody in. A role is created with it if the principals that it trusts do not exist yet."""
CLOSED_DOCUMENT = canonical(json.loads(CLOSED_TRUST))


@dataclass(frozen=True, slots=True)
class TrustRule:
    """One rule of `trust:` in a file.

    kind: the key of the rule, such as "accounts", "services" or "oidc".
    principals: ARNs, account ids, names of services or ARNs of providers, depending on `kind`.
    place: the line of the file.
    mfa: True if the caller needs MFA.
    mfa_max_age: the largest age of the MFA code in seconds; None for no limit.
    subjects, audiences: the accepted `sub` and `aud` claims of an OIDC token.
    conditions: further conditions in AWS's grammar.
    expires: the time, in UTC, at which the rule ends; None if it never does.
    """

    kind: str
    principals: tuple[str, ...]
    place: Place
    mfa: bool = False
    mfa_max_age: int | None = None
    external_ids: tuple[str, ...] = ()
    session_tags: bool = False
    source_identity: bool = False
    subjects: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    conditions: Mapping[str, Json] = field(default_factory=dict)
    sid: str | None = None
    expires: datetime | None = None


class ConditionConflict(ValueError):
    """Says that `conditions` of a rule sets a key that the rule itself sets. args: operator, key."""


def compile_trust(rules: Sequence[TrustRule], partition: str) -> dict[str, Json]:
    """Return the trust policy of a list of rules. Raises ConditionConflict."""
    return {"Version": CURRENT_VERSION, "Statement": [compile_rule(rule, partition) for rule in rules]}


def compile_rule(rule: TrustRule, partition: str) -> dict[str, Json]:
    """Return the statement of one rule. Raises ConditionConflict."""
    statement: dict[str, Json] = {"Sid": rule.sid} if rule.sid else {}
    statement["Effect"] = "Allow"
    principals = list(rule.principals)
    if rule.kind == "accounts":
        principals = [f"arn:{partition}:iam::{account}:root" for account in principals]
    statement["Principal"] = {_PRINCIPAL_KEYS.get(rule.kind, "AWS"): _unwrap_single(principals)}
    actions = [_ACTIONS.get(rule.kind, "sts:AssumeRole")]
    actions += ["sts:TagSession"] * rule.session_tags + ["sts:SetSourceIdentity"] * rule.source_identity
    actions += needed_actions_of(rule.kind, rule.principals)
    statement["Action"] = _unwrap_single(dict.fromkeys(actions))
    conditions = _merge_conditions(_compile_conditions(rule), rule.conditions)
    if conditions:
        statement["Condition"] = conditions
    return statement


def needed_actions_of(kind: str, principals: Iterable[str]) -> list[str]:
    """Return the actions without which one of these services cannot use the role; none for other principals."""
    services = principals if kind == "services" else ()
    return [action for service in services for action in NEEDED_ACTIONS.get(service, ())]


def _compile_conditions(rule: TrustRule) -> dict[str, dict[str, Json]]:
    conditions: dict[str, dict[str, Json]] = {}
    if rule.mfa:
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if rule.mfa_max_age is not None:
        conditions["NumericLessThan"] = {"aws:MultiFactorAuthAge": str(rule.mfa_max_age)}
    if rule.expires is not None:
        conditions["DateLessThan"] = {"aws:CurrentTime": format_timestamp(rule.expires)}
    if rule.external_ids:
        conditions["StringEquals"] = {"sts:ExternalId": _unwrap_single(rule.external_ids)}
    if rule.kind == "oidc":
        provider = rule.principals[0].partition(":oidc-provider/")[2] or rule.principals[0]
        audiences = rule.audiences or (WEB_IDENTITY_AUDIENCE,)
        patterns = any("*" in text or "?" in text for text in (*rule.subjects, *audiences))
        block = conditions.setdefault("StringLike" if patterns else "StringEquals", {})
        block[f"{provider}:aud"] = _unwrap_single(audiences)
        block[f"{provider}:sub"] = _unwrap_single(rule.subjects)
    if rule.kind == "saml":
        conditions.setdefault("StringEquals", {})["SAML:aud"] = SAML_AUDIENCE
    return conditions


def _merge_conditions(own: dict[str, dict[str, Json]], written: Mapping[str, Json]) -> dict[str, Json]:
    for operator, block in written.items():
        merged = own.setdefault(operator, {})
        own_keys = {key.lower() for key in merged}
        for key, value in (block if isinstance(block, dict) else {}).items():
            if key.lower() in own_keys:
                raise ConditionConflict(operator, key)
            merged[key] = value
    return dict(own)


def _unwrap_single(values: Iterable[str]) -> Json:
    listed = list(values)
    return listed[0] if len(listed) == 1 else list(listed)


_FOREIGN_PRINCIPAL = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}):(?:user|role)/(?:.*/)?[^/]+")
_ENTITY_KINDS = {"AWS": ("user", "role"), "Federated": ("oidc-provider", "saml-provider")}
"""Maps each kind of principal to the kinds of entities that it can name."""


def entity_of(arn: str, account: str, kind: str = "AWS") -> Address | None:
    """Return the user, role or provider of this account that a principal ARN names; None if it names no such entity."""
    address = address_of(arn, account)
    return address if address is not None and address.kind in _ENTITY_KINDS.get(kind, ()) else None


def find_named_entities(document: Document, account: str) -> dict[str, Address]:
    """Return the entities of this account that a trust policy names, by ARN; IAM demands that they exist."""
    entities: dict[str, Address] = {}
    for statement in document.statements:
        for kind, value in statement.principals or ():
            address = entity_of(value, account, kind)
            if address is not None:
                entities[value] = address
    return entities


def find_foreign_principals(document: Document, account: str) -> frozenset[str]:
    """Return the ARNs of users and roles of other accounts that a trust policy names; IAM demands that they exist."""
    return frozenset(
        value
        for statement in document.statements
        for kind, value in statement.principals or ()
        if kind == "AWS" and (match := _FOREIGN_PRINCIPAL.fullmatch(value)) and match[1] != account
    )


def mentions_external_id(document: Document) -> bool:
    """Return whether a statement of a trust policy has a condition on the external id."""
    return any(one.key == "sts:externalid" for statement in document.statements for one in statement.conditions)


def unique_ids_of(document: Document) -> frozenset[str]:
    """Return the unique ids of users and roles that a live trust names in place of an ARN (IAM identifiers)."""
    return frozenset(
        value
        for statement in document.statements
        for kind, value in statement.principals or ()
        if kind == "AWS" and value.startswith(("AIDA", "AROA"))
    )


def remove_principals(document: Document, removed: frozenset[str], partition: str) -> Document:
    """Return the trust without these principals of kind AWS.

    A statement that then names nobody is dropped; only a Deny with NotPrincipal stays, and denies everybody. Return the
    closed trust if no statement is left.
    """
    statements = []
    for statement in document.statements:
        remaining = (statement.principals or frozenset()) - {("AWS", arn) for arn in removed}
        if remaining:
            statements.append(replace(statement, principals=remaining))
        elif statement.not_principal and statement.effect == "Deny":
            statements.append(replace(statement, principals=frozenset({("AWS", "*")}), not_principal=False))
    body = as_json(replace(document, statements=frozenset(statements)))
    return canonical(cast("dict[str, Json]", body) if statements else json.loads(CLOSED_TRUST), partition)


def find_trusted_entities(document: Document, account: str) -> frozenset[Address]:
    """Return the users, roles and providers of this account that a trust policy names."""
    return frozenset(find_named_entities(document, account).values())

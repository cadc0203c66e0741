"""Trust rules → statements of a role's trust policy, and the principals a trust names.

What each rule compiles to is the file format's section "Trust rules"; the grammar is AWS's (IAM User Guide,
"Roles terms and concepts", "AWS JSON policy elements: Principal").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.document import Document, Json
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
"""A trust that lets nobody in: what a role is created with until the principals it trusts exist."""


@dataclass(frozen=True, slots=True)
class TrustRule:
    """One rule of `trust:`. `principals` are ARNs, account ids, hosts or provider ARNs, as `kind` says.

    `mfa_max_age` in seconds. `conditions` in AWS's grammar. `expires` in UTC.
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
    """`conditions` of a rule sets what the rule itself compiles to; args: operator, key."""


def compile_trust(rules: Sequence[TrustRule], partition: str) -> dict[str, Json]:
    """The trust policy of a list of rules. Raises Clash."""
    return {"Version": CURRENT_VERSION, "Statement": [compile_rule(rule, partition) for rule in rules]}


def compile_rule(rule: TrustRule, partition: str) -> dict[str, Json]:
    """One rule as one statement. Raises Clash."""
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
    found: dict[str, dict[str, Json]] = {}
    if rule.mfa:
        found["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if rule.mfa_max_age is not None:
        found["NumericLessThan"] = {"aws:MultiFactorAuthAge": str(rule.mfa_max_age)}
    if rule.expires is not None:
        found["DateLessThan"] = {"aws:CurrentTime": format_timestamp(rule.expires)}
    if rule.external_ids:
        found["StringEquals"] = {"sts:ExternalId": _unwrap_single(rule.external_ids)}
    if rule.kind == "oidc":
        provider = rule.principals[0].partition(":oidc-provider/")[2] or rule.principals[0]
        audiences = rule.audiences or (WEB_IDENTITY_AUDIENCE,)
        patterns = any("*" in text or "?" in text for text in (*rule.subjects, *audiences))
        block = found.setdefault("StringLike" if patterns else "StringEquals", {})
        block[f"{provider}:aud"] = _unwrap_single(audiences)
        block[f"{provider}:sub"] = _unwrap_single(rule.subjects)
    if rule.kind == "saml":
        found.setdefault("StringEquals", {})["SAML:aud"] = SAML_AUDIENCE
    return found


def _merge_conditions(own: dict[str, dict[str, Json]], written: Mapping[str, Json]) -> dict[str, Json]:
    for operator, block in written.items():
        mine = own.setdefault(operator, {})
        taken = {key.lower() for key in mine}
        for key, value in (block if isinstance(block, dict) else {}).items():
            if key.lower() in taken:
                raise ConditionConflict(operator, key)
            mine[key] = value
    return dict(own)


def _unwrap_single(values: Iterable[str]) -> Json:
    listed = list(values)
    return listed[0] if len(listed) == 1 else list(listed)


_ENTITY_KINDS = {"AWS": ("user", "role"), "Federated": ("oidc-provider", "saml-provider")}
"""Kind of principal → the kinds of entities that it can name."""


def entity_of(arn: str, account: str, kind: str = "AWS") -> Address | None:
    """The user or role (for Federated: the provider) of this account that a principal ARN names, if it does."""
    address = address_of(arn, account)
    return address if address is not None and address.kind in _ENTITY_KINDS.get(kind, ()) else None


def find_named_entities(document: Document, account: str) -> dict[str, Address]:
    """ARN → entity of this account, for each that a trust policy names; IAM demands that they exist."""
    found: dict[str, Address] = {}
    for statement in document.statements:
        for kind, value in statement.principals or ():
            address = entity_of(value, account, kind)
            if address is not None:
                found[value] = address
    return found


def unique_ids_of(document: Document) -> frozenset[str]:
    """The unique ids of users and roles that a live trust names in place of an ARN (IAM identifiers)."""
    return frozenset(
        value
        for statement in document.statements
        for kind, value in statement.principals or ()
        if kind == "AWS" and value.startswith(("AIDA", "AROA"))
    )


def remove_principals(document: Document, removed: frozenset[str], partition: str) -> Document:
    """The trust without these principals of kind AWS, and without the statements that let in nobody else.

    What allowed all but them is dropped as well; what denied all but them, denies all. Closed where nothing is left.
    """
    kept = []
    for statement in document.statements:
        left = (statement.principals or frozenset()) - {("AWS", one) for one in removed}
        if left:
            kept.append(replace(statement, principals=left))
        elif statement.not_principal and statement.effect == "Deny":
            kept.append(replace(statement, principals=frozenset({("AWS", "*")}), not_principal=False))
    found = as_json(replace(document, statements=frozenset(kept)))
    return canonical(cast("dict[str, Json]", found) if kept else json.loads(CLOSED_TRUST), partition)


def find_trusted_entities(document: Document, account: str) -> frozenset[Address]:
    """The users, roles and providers of this account that a trust policy names."""
    return frozenset(find_named_entities(document, account).values())

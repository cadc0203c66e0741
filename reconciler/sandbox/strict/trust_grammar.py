"""Refuses what IAM refuses of a trust policy before it looks at who is named: CreateRole and UpdateAssumeRolePolicy.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "AWS JSON policy elements: Principal",
"Identity-provider controls for shared OIDC providers"; answers of AWS as other emulators recorded them (another
Version, equal Sids, unknown operators and principal types, dates that are none); hashicorp/terraform-provider-aws
32872 (actions are checked by a list) and terraform-aws-modules/terraform-aws-eks 2594 (Federated). AWS's text for a
shared issuer that is not narrowed is not known, but for Cognito's. The lists are those of `policy/`, so that the
sandbox refuses what `validate` calls an error. A provider need not exist: AWS takes a trust in one that is made later.
"""

from __future__ import annotations

from typing import Any

from reconciler.policy.principal_checks import is_well_formed
from reconciler.policy.shared_issuers import find_shared_issuer, tests_claim
from reconciler.policy.sts_actions import matching_sts_actions, matching_trust_actions
from reconciler.policy.walk import Part, clauses
from reconciler.sandbox.strict.documents import malformed, statements
from reconciler.sandbox.strict.elements import refuse_elements

SYNTAX = "Syntax error in policy."
TOP = {"Version", "Id", "Statement"}
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Condition"}
KINDS = ("AWS", "Service", "Federated")
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def refuse_bad_grammar(document: dict[str, Any]) -> None:
    """Refuse a trust policy that IAM refuses whoever is named; the recorded texts come first. Raises Refusal."""
    for name in document:
        if name not in TOP:
            raise malformed(f"Unknown field {name}")
    found = statements(document, SYNTAX)
    for statement in found:
        _refuse_elements(statement)
        _refuse_principal(statement.get("Principal"))
        _refuse_actions(statement)
    refuse_elements(document, found, SYNTAX)
    for statement in found:
        if statement["Effect"] == "Allow":
            _refuse_open_issuers(statement)


def list_of(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _refuse_elements(statement: dict[str, Any]) -> None:
    for name in statement:
        if name in ("Resource", "NotResource", "NotPrincipal"):
            raise malformed(f"Has prohibited field {name}")
        if name not in ELEMENTS:
            raise malformed(f"Unknown field {name}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise malformed(SYNTAX)


def _refuse_principal(principal: object) -> None:
    if not principal:
        raise malformed("Missing required field Principal")
    if principal == "*":
        return
    if not isinstance(principal, dict):
        raise malformed(f'Invalid principal in policy: "{principal}"')
    for kind, value in principal.items():
        named = list_of(value)
        if kind not in KINDS:
            raise malformed(f'Invalid principal in policy: "{kind.upper()}":"{named[0] if named else ""}"')
        if not named:
            raise malformed("Missing required field Principal cannot be empty!")
        for one in named if kind != "AWS" else ():
            if isinstance(one, str) and is_well_formed(kind, one):
                continue
            if kind == "Federated":
                raise malformed("Federated principals must be valid domain names or SAML metadata ARNs")
            raise malformed(f'Invalid principal in policy: "{kind.upper()}":"{one}"')


def _refuse_actions(statement: dict[str, Any]) -> None:
    if "Action" in statement and "NotAction" in statement:
        raise malformed(SYNTAX)
    actions = list_of(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise malformed("Missing required field Action")
    # "Actions are case insensitive" (policy elements: Action).
    if not all(isinstance(action, str) and matching_sts_actions(action) for action in actions):
        raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")


def _refuse_open_issuers(statement: dict[str, Any]) -> None:
    principal = statement["Principal"]
    federated = list_of(principal.get("Federated")) if isinstance(principal, dict) else []
    if not _allows_web_identity(statement):
        return
    lines = list(clauses(Part(("Condition",), statement.get("Condition"))))
    for issuer in filter(None, map(find_shared_issuer, federated)):
        if tests_claim(issuer, lines):
            continue
        if issuer.url.startswith("cognito-identity."):
            raise malformed("A condition block must be present for the Cognito provider")
        raise malformed(f"The trust of a shared OIDC provider must evaluate {' or '.join(issuer.keys)}.")


def _allows_web_identity(statement: dict[str, Any]) -> bool:
    named = any(WEB_IDENTITY in matching_trust_actions(text) for text in list_of(statement.get("Action")))
    left_out = any(WEB_IDENTITY in matching_trust_actions(text) for text in list_of(statement.get("NotAction")))
    return named or ("NotAction" in statement and not left_out)

"""Refuse a trust policy whose grammar IAM refuses, before its principals are looked up.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "AWS JSON policy elements: Principal",
"Identity-provider controls for shared OIDC providers"; answers of AWS as other emulators recorded them (another
Version, equal Sids, unknown operators and principal types, invalid dates); hashicorp/terraform-provider-aws
32872 (actions are checked by a list) and terraform-aws-modules/terraform-aws-eks 2594 (Federated). AWS's text for a
shared issuer without the needed condition is known only for Cognito. The lists are those of `policy/`, so that the
sandbox refuses the errors of `reconcile validate`. A provider need not exist: AWS accepts one that is created later.
"""

from __future__ import annotations

from typing import Any

from reconciler.policy.principal_checks import is_well_formed
from reconciler.policy.shared_issuers import evaluates_claim, find_shared_issuer
from reconciler.policy.sts_actions import match_sts_actions, match_trust_actions
from reconciler.policy.walk import DocumentPart, iter_conditions
from reconciler.sandbox.strict.identity_policies import malformed_policy_error, read_statements
from reconciler.sandbox.strict.policy_elements import refuse_bad_elements

SYNTAX = "Syntax error in policy."
TOP_ELEMENTS = {"Version", "Id", "Statement"}
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Condition"}
PRINCIPAL_TYPES = ("AWS", "Service", "Federated")
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def refuse_bad_grammar(document: dict[str, Any]) -> None:
    """Raise AwsError if the grammar of a trust policy is bad. Errors with recorded texts are reported first."""
    for name in document:
        if name not in TOP_ELEMENTS:
            raise malformed_policy_error(f"Unknown field {name}")
    statements = read_statements(document, SYNTAX)
    for statement in statements:
        _refuse_bad_elements(statement)
        _refuse_bad_principal(statement.get("Principal"))
        _refuse_bad_actions(statement)
    refuse_bad_elements(document, statements, SYNTAX)
    for statement in statements:
        if statement["Effect"] == "Allow":
            _refuse_open_issuers(statement)


def list_of(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _refuse_bad_elements(statement: dict[str, Any]) -> None:
    for name in statement:
        if name in ("Resource", "NotResource", "NotPrincipal"):
            raise malformed_policy_error(f"Has prohibited field {name}")
        if name not in ELEMENTS:
            raise malformed_policy_error(f"Unknown field {name}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise malformed_policy_error(SYNTAX)


def _refuse_bad_principal(principal: object) -> None:
    if not principal:
        raise malformed_policy_error("Missing required field Principal")
    if principal == "*":
        return
    if not isinstance(principal, dict):
        raise malformed_policy_error(f'Invalid principal in policy: "{principal}"')
    for kind, value in principal.items():
        values = list_of(value)
        if kind not in PRINCIPAL_TYPES:
            raise malformed_policy_error(
                f'Invalid principal in policy: "{kind.upper()}":"{values[0] if values else ""}"'
            )
        if not values:
            raise malformed_policy_error("Missing required field Principal cannot be empty!")
        for principal_text in values if kind != "AWS" else ():
            if isinstance(principal_text, str) and is_well_formed(kind, principal_text):
                continue
            if kind == "Federated":
                raise malformed_policy_error("Federated principals must be valid domain names or SAML metadata ARNs")
            raise malformed_policy_error(f'Invalid principal in policy: "{kind.upper()}":"{principal_text}"')


def _refuse_bad_actions(statement: dict[str, Any]) -> None:
    if "Action" in statement and "NotAction" in statement:
        raise malformed_policy_error(SYNTAX)
    actions = list_of(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise malformed_policy_error("Missing required field Action")
    # "Actions are case insensitive" (policy elements: Action).
    if not all(isinstance(action, str) and match_sts_actions(action) for action in actions):
        raise malformed_policy_error("AssumeRole policy may only specify STS AssumeRole actions.")


def _refuse_open_issuers(statement: dict[str, Any]) -> None:
    principal = statement["Principal"]
    federated = list_of(principal.get("Federated")) if isinstance(principal, dict) else []
    if not _allows_web_identity(statement):
        return
    lines = list(iter_conditions(DocumentPart(("Condition",), statement.get("Condition"))))
    for issuer in filter(None, map(find_shared_issuer, federated)):
        if evaluates_claim(issuer, lines):
            continue
        if issuer.url.startswith("cognito-identity."):
            raise malformed_policy_error("A condition block must be present for the Cognito provider")
        raise malformed_policy_error(f"The trust of a shared OIDC provider must evaluate {' or '.join(issuer.keys)}.")


def _allows_web_identity(statement: dict[str, Any]) -> bool:
    is_action = any(WEB_IDENTITY in match_trust_actions(text) for text in list_of(statement.get("Action")))
    is_not_action = any(WEB_IDENTITY in match_trust_actions(text) for text in list_of(statement.get("NotAction")))
    return is_action or ("NotAction" in statement and not is_not_action)

"""Keep trust policies as AWS does: users and roles by unique id, accounts by their root ARN.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" (an ARN of a user or role is turned into its
unique id when saved and back when shown; after deletion the id is shown, and a new user of that name is
another one; an account id is its root ARN); "IAM and AWS STS quotas" (2048 characters); API Reference,
CreateRole and UpdateAssumeRolePolicy (MalformedPolicyDocument). Users and roles of another account must exist,
too, once somebody has called AWS in that account; of any other account the sandbox knows nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.quotas import TRUST_SIZE
from reconciler.policy.flaw import PolicyType
from reconciler.policy.partition_checks import is_foreign_arn
from reconciler.sandbox.query_protocol import Reply, build_reply
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, quota_error
from reconciler.sandbox.strict.identity_policies import malformed_policy_error, measure_size, parse_policy
from reconciler.sandbox.strict.ledger import ROLE, Ledger
from reconciler.sandbox.strict.policy_elements import refuse_flaws
from reconciler.sandbox.strict.trust_grammar import SYNTAX, list_of, refuse_bad_grammar

NOT_JSON = "This policy contains invalid Json"
ACCOUNT = re.compile(r"\d{12}")
ENTITY = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}):(?:user|role)/[^*?]+")
SESSION = re.compile(rf"arn:{ARN_PARTITION}:sts::(\d{{12}}):assumed-role/([^/*?]+)/[^*?]+")
OTHER = re.compile(
    rf"\*|arn:{ARN_PARTITION}:iam::\d{{12}}:root|arn:{ARN_PARTITION}:sts::\d{{12}}:federated-user/[^*?]+"
)


def check_trust(call: ApiCall) -> None:
    text = call.get("AssumeRolePolicyDocument") or call.get("PolicyDocument")
    document = parse_policy(text, NOT_JSON)
    refuse_bad_grammar(document)
    if measure_size(text) > TRUST_SIZE.default:
        raise quota_error(TRUST_SIZE)
    _refuse_foreign_providers(text, call.ledger)
    resolve_principals(text, call.ledger)
    _map_principals(text, lambda principal: _require_existing(principal, call.ledgers))
    refuse_flaws(document, PolicyType.TRUST, SYNTAX)


def _map_principals(text: str, change: Callable[[str], str]) -> str:
    """Return the document with every AWS principal changed. A single one stays a string, a list stays a list."""
    document = json.loads(text)
    for statement in list_of(document.get("Statement")):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal:
            values = principal["AWS"]
            principal["AWS"] = [change(item) for item in values] if isinstance(values, list) else change(values)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _refuse_foreign_providers(text: str, ledger: Ledger) -> None:
    """Refuse providers of another partition. A provider need not exist: AWS accepts one that is created later."""
    for statement in list_of(json.loads(text).get("Statement")):
        principal = statement.get("Principal")
        for provider in list_of(principal.get("Federated")) if isinstance(principal, dict) else ():
            if is_foreign_arn(str(provider), ledger.partition):
                raise malformed_policy_error(f'Invalid principal in policy: "FEDERATED":"{provider}"')


def resolve_principals(text: str, ledger: Ledger) -> str:
    """Return the document with users and roles as unique ids, as AWS stores it. Raises AwsError for unknown ones."""
    return _map_principals(text, lambda principal: _resolve_principal(principal, ledger))


def _resolve_principal(principal: object, ledger: Ledger) -> str:
    if isinstance(principal, str):
        if ACCOUNT.fullmatch(principal):
            return f"arn:{ledger.partition}:iam::{principal}:root"
        if is_foreign_arn(principal, ledger.partition):
            raise malformed_policy_error(f'Invalid principal in policy: "AWS":"{principal}"')
        if OTHER.fullmatch(principal) or ledger.find_by_id(principal) is not None:
            return principal
        if match := SESSION.fullmatch(principal):
            if match[1] != ledger.account or ledger.find(ROLE, match[2]) is not None:
                return principal
        elif match := ENTITY.fullmatch(principal):
            entity = ledger.find_by_arn(principal)
            if entity is not None:
                return entity.id
            if match[1] != ledger.account:
                return principal
    raise malformed_policy_error(f'Invalid principal in policy: "AWS":"{principal}"')


def _require_existing(principal: str, ledgers: Mapping[str, Ledger]) -> str:
    """Return a principal. Raises AwsError if it is a user or role that an account of the sandbox lacks."""
    match = ENTITY.fullmatch(principal)
    ledger = ledgers.get(match[1]) if match else None
    if ledger is not None and ledger.find_by_arn(principal) is None:
        raise malformed_policy_error(f'Invalid principal in policy: "AWS":"{principal}"')
    return principal


def show_principals(text: str, ledger: Ledger) -> str:
    """Return the document with unique ids as ARNs, as AWS shows it. Ids of deleted entities stay."""

    def show_principal(principal: str) -> str:
        entity = ledger.find_by_id(principal)
        return entity.arn if entity is not None else principal

    return _map_principals(text, show_principal)


def update_trust(call: ApiCall) -> Reply:
    """Set a trust policy in the ledger only. Emulators refuse some that AWS accepts, and never show them here."""
    call.require_entity(ROLE).trust = resolve_principals(call.get("PolicyDocument"), call.ledger)
    return build_reply(call.action)


def record_trust(call: ApiCall, reply: Reply) -> None:
    role = call.find_entity(ROLE)
    if role is not None:
        role.trust = resolve_principals(call.get("AssumeRolePolicyDocument"), call.ledger)


RULES = ActionRules(
    checks={"CreateRole": check_trust, "UpdateAssumeRolePolicy": check_trust},
    answers={"UpdateAssumeRolePolicy": update_trust},
    edits={"CreateRole": record_trust},
)

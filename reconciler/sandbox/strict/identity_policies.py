"""Check the grammar of identity policies, which emulators check too little, and their sizes.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "AWS JSON policy elements: Principal"
("You cannot use the Principal element in an identity-based policy"); "IAM and AWS STS quotas" (managed 6144
characters; inline, in sum: user 2048, group 5120, role 10240; white space is not counted); CreatePolicy and
Put*Policy, MalformedPolicyDocument and LimitExceeded.
"""

from __future__ import annotations

import json
from typing import Any

from reconciler.model.partitions import partition_of_arn
from reconciler.model.quotas import INLINE_SIZE, MANAGED_SIZE
from reconciler.policy.flaw import PolicyType
from reconciler.policy.partition_checks import is_foreign_arn
from reconciler.sandbox.query_protocol import AwsError, Reply
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, Check, Edit, limit_exceeded_error, quota_error
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER
from reconciler.sandbox.strict.policy_elements import refuse_bad_sids, refuse_flaws
from reconciler.sandbox.strict.policy_resources import refuse_bad_resources, refuse_old_version

NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}
NOT_JSON = "Syntax errors in policy."


def malformed_policy_error(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)


def parse_policy(text: str, error_message: str) -> dict[str, Any]:
    """Return a policy as parsed JSON. Raises AwsError with `error_message` if it is not a JSON object."""
    try:
        document = json.loads(text)
    except ValueError:
        raise malformed_policy_error(error_message) from None
    if not isinstance(document, dict):
        raise malformed_policy_error(error_message)
    return document


def read_statements(document: dict[str, Any], error_message: str) -> list[dict[str, Any]]:
    """Return the statements of a policy. Raises AwsError with `error_message` if there is none."""
    written = document.get("Statement")
    statements: list[Any] = written if isinstance(written, list) else [written]
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise malformed_policy_error(error_message)
    return statements


def measure_size(text: str) -> int:
    """Return the size without white space between tokens. White space in strings counts; AWS does not document it."""
    return len(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False))


def _check_document(call: ApiCall) -> int:
    text = call.get("PolicyDocument")
    document = parse_policy(text, NOT_JSON)
    statements = read_statements(document, NOT_JSON)
    for statement in statements:
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed_policy_error("Policy document should not specify a principal.")
        _refuse_other_partitions(statement, call.ledger.partition)
    refuse_bad_sids(statements)
    refuse_bad_resources(statements)
    refuse_flaws(document, PolicyType.IDENTITY, NOT_JSON)
    return measure_size(text)


def _refuse_other_partitions(statement: dict[str, Any], partition: str) -> None:
    """Refuse ARNs of another partition, with the text quoted in eksctl#4329 and terraform-aws-iam#39.

    Sources: eksctl-io/eksctl#4329, terraform-aws-modules/terraform-aws-iam#39.
    """
    for name in ("Resource", "NotResource"):
        written = statement.get(name)
        for arn in written if isinstance(written, list) else [written]:
            if isinstance(arn, str) and is_foreign_arn(arn, partition):
                raise malformed_policy_error(f'Partition "{partition_of_arn(arn)}" is not valid for resource "{arn}".')


def check_managed_policy(call: ApiCall) -> None:
    refuse_old_version(parse_policy(call.get("PolicyDocument"), NOT_JSON))
    if _check_document(call) > MANAGED_SIZE.default:
        raise quota_error(MANAGED_SIZE)


def _check_inline_policy(kind: str) -> Check:
    def check(call: ApiCall) -> None:
        size, entity, name = _check_document(call), call.require_entity(kind), call.get("PolicyName")
        other_sizes = sum(other_size for other, other_size in entity.inline_sizes.items() if other != name)
        limit = INLINE_SIZE[NOUN[kind]].default
        if other_sizes + size > limit:
            raise limit_exceeded_error(f"Maximum policy size of {limit} bytes exceeded for {kind} {entity.name}")

    return check


def _record_inline_policy(kind: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        call.require_entity(kind).inline_sizes[call.get("PolicyName")] = measure_size(call.get("PolicyDocument"))

    return edit


def _forget_inline_policy(kind: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        entity = call.find_entity(kind)
        if entity is not None:
            entity.inline_sizes.pop(call.get("PolicyName"), None)

    return edit


RULES = ActionRules(
    checks={
        "CreatePolicy": check_managed_policy,
        "CreatePolicyVersion": check_managed_policy,
        **{f"Put{noun}Policy": _check_inline_policy(kind) for kind, noun in NOUN.items()},
    },
    edits={
        **{f"Put{noun}Policy": _record_inline_policy(kind) for kind, noun in NOUN.items()},
        **{f"Delete{noun}Policy": _forget_inline_policy(kind) for kind, noun in NOUN.items()},
    },
)

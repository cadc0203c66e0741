"""Check the elements that identity and trust policies share: Version, Sids, condition operators, dates.

Sources: IAM User Guide, "IAM JSON policy elements: Sid" (letters and digits; unique within a policy), "Version", and
"Condition operators"; the texts of the refusals are those that moto's and LocalStack's verified tests recorded. How
IAM words the refusal of a trust with another Version or an unknown operator is not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.problem import Level
from reconciler.policy.flaw import PolicyType
from reconciler.policy.grammar import check_document
from reconciler.policy.operators import OPERATORS, explain_mismatch
from reconciler.sandbox.query_protocol import AwsError

VERSIONS = ("2012-10-17", "2008-10-17")
SID = re.compile(r"[0-9A-Za-z]*")
BAD_SID = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
EQUAL_SIDS = "Statement IDs (SID) in a single policy must be unique."
BAD_DATE = "The policy failed legacy parsing"


def refuse_bad_sids(statements: Sequence[dict[str, Any]]) -> None:
    """Refuse Sids with characters other than letters and digits, and duplicate Sids."""
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if not all(isinstance(sid, str) and SID.fullmatch(sid) for sid in sids):
        raise _malformed_policy_error(BAD_SID)
    if len(set(sids)) < len(sids):
        raise _malformed_policy_error(EQUAL_SIDS)


def refuse_bad_elements(document: dict[str, Any], statements: Sequence[dict[str, Any]], syntax: str) -> None:
    """Refuse a Version that IAM does not know, bad Sids, unknown operators and invalid dates.

    syntax: IAM's text for a syntax error in this kind of policy.
    """
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise _malformed_policy_error(syntax)
    for statement in statements:
        _refuse_bad_conditions(statement.get("Condition", {}), syntax)
    refuse_bad_sids(statements)


def refuse_flaws(document: dict[str, Any], use: PolicyType, syntax: str) -> None:
    """Refuse every other error of AWS's grammar with the text `syntax`: no more exact text is recorded.

    The rules are those of `reconcile validate`, so a file that it refuses cannot be applied to the sandbox either.
    """
    if any(flaw.level is Level.ERROR for flaw in check_document(document, use)):
        raise _malformed_policy_error(syntax)


def _refuse_bad_conditions(condition: Any, syntax: str) -> None:
    if not isinstance(condition, dict) or not all(isinstance(block, dict) for block in condition.values()):
        raise _malformed_policy_error(syntax)
    for name, block in condition.items():
        operator = OPERATORS.get(name)
        # IAM accepts an unknown operator if the operator has no keys.
        if operator is None and block:
            raise _malformed_policy_error(syntax)
        for value in _iter_values(block):
            if not isinstance(value, str | bool | int | float):
                raise _malformed_policy_error(syntax)
            if operator is not None and operator.type == "Date" and explain_mismatch(operator, value):
                raise _malformed_policy_error(BAD_DATE)


def _iter_values(block: dict[str, Any]) -> Iterator[Any]:
    for value in block.values():
        yield from value if isinstance(value, list) else [value]


def _malformed_policy_error(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)

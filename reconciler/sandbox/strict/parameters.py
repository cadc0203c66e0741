r"""The grammar of parameters that AWS's models constrain, for STS and for MFA.

Source: the service models of STS and IAM in botocore (min, max, pattern of each member). Its `\w` and `\d` are
ASCII, as in Java, where AWS's validation comes from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.sandbox.query_protocol import Refusal
from reconciler.sandbox.strict.api_call import ApiCall


@dataclass(frozen=True, slots=True)
class TextRule:
    least: int
    most: int
    pattern: str


PRINTABLE = r"[\t\n\r\x20-\x7e\x85\xa0-\U0010ffff]+"
TEXT_RULES = {
    "RoleArn": TextRule(20, 2048, PRINTABLE),
    "RoleSessionName": TextRule(2, 64, r"[\w+=,.@-]*"),
    "ExternalId": TextRule(2, 1224, r"[\w+=,.@:\/-]*"),
    "SourceIdentity": TextRule(2, 256, r"[\w+=,.@-]*"),
    "SerialNumber": TextRule(9, 256, r"[\w+=/:,.@-]*"),
    "TokenCode": TextRule(6, 6, r"[\d]*"),
    "AuthenticationCode1": TextRule(6, 6, r"[\d]+"),
    "AuthenticationCode2": TextRule(6, 6, r"[\d]+"),
}


def refuse_bad_texts(call: ApiCall, *names: str) -> None:
    """Those of the names that the request gives; which are required is the caller's to say."""
    for name in names:
        if call.has(name):
            value, rule = call.get(name), TEXT_RULES[name]
            if len(value) < rule.least:
                raise validation_error(name, value, f"have length greater than or equal to {rule.least}")
            if len(value) > rule.most:
                raise validation_error(name, value, f"have length less than or equal to {rule.most}")
            if not re.fullmatch(rule.pattern, value, re.ASCII):
                raise validation_error(name, value, f"satisfy regular expression pattern: {rule.pattern}")


def require_parameters(call: ApiCall, *names: str) -> None:
    for name in names:
        if not call.has(name):
            raise Refusal("ValidationError", _describe_violation("null", name, "not be null"))


def read_duration(call: ApiCall, least: int, most: int, default: int) -> int:
    given = call.get("DurationSeconds") or str(default)
    if not re.fullmatch(r"-?[0-9]+", given):
        raise Refusal("MalformedInput", "Invalid Argument")
    if int(given) < least:
        raise validation_error("DurationSeconds", given, f"have value greater than or equal to {least}")
    if int(given) > most:
        raise validation_error("DurationSeconds", given, f"have value less than or equal to {most}")
    return int(given)


def validation_error(name: str, value: str, constraint: str) -> Refusal:
    return Refusal("ValidationError", _describe_violation(f"'{value}'", name, constraint))


def _describe_violation(value: str, name: str, constraint: str) -> str:
    where = name[0].lower() + name[1:]
    told = f"Value {value} at '{where}' failed to satisfy constraint: Member must {constraint}"
    return f"1 validation error detected: {told}"

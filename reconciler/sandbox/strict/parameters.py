r"""Check parameters of STS and MFA actions against the constraints of AWS's service models.

Source: the service models of STS and IAM in botocore (min, max, pattern of each member). Its `\w` and `\d` are
ASCII, as in Java, in which AWS's validation is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.sandbox.query_protocol import AwsError
from reconciler.sandbox.strict.api_call import ApiCall


@dataclass(frozen=True, slots=True)
class TextRule:
    """The constraints of a text parameter; lengths in characters."""

    min_length: int
    max_length: int
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
    """Check the named parameters that the request has. Raises AwsError. It does not check that they are there."""
    for name in names:
        if call.has(name):
            value, rule = call.get(name), TEXT_RULES[name]
            if len(value) < rule.min_length:
                raise validation_error(name, value, f"have length greater than or equal to {rule.min_length}")
            if len(value) > rule.max_length:
                raise validation_error(name, value, f"have length less than or equal to {rule.max_length}")
            if not re.fullmatch(rule.pattern, value, re.ASCII):
                raise validation_error(name, value, f"satisfy regular expression pattern: {rule.pattern}")


def require_parameters(call: ApiCall, *names: str) -> None:
    for name in names:
        if not call.has(name):
            raise AwsError("ValidationError", _describe_violation("null", name, "not be null"))


def read_duration(call: ApiCall, least: int, most: int, default: int) -> int:
    """Return DurationSeconds, or the default. Raises AwsError if it is out of range."""
    text = call.get("DurationSeconds") or str(default)
    if not re.fullmatch(r"-?[0-9]+", text):
        raise AwsError("MalformedInput", "Invalid Argument")
    if int(text) < least:
        raise validation_error("DurationSeconds", text, f"have value greater than or equal to {least}")
    if int(text) > most:
        raise validation_error("DurationSeconds", text, f"have value less than or equal to {most}")
    return int(text)


def validation_error(name: str, value: str, constraint: str) -> AwsError:
    return AwsError("ValidationError", _describe_violation(f"'{value}'", name, constraint))


def _describe_violation(value: str, name: str, constraint: str) -> str:
    member = name[0].lower() + name[1:]
    violation = f"Value {value} at '{member}' failed to satisfy constraint: Member must {constraint}"
    return f"1 validation error detected: {violation}"

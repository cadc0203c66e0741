"""The differences between an independent evaluator and AWS's documents, each as a rewriting of the case.

A rewriting says the same by AWS's documents, in a form that the evaluator reads as they do. It explains a disagreement
only if the evaluator agrees after it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tests.support.oracle_worlds import Case, Raw

Condition = tuple[str, str, list[str]]
"""Operator, key and texts."""

_VARIABLE = re.compile(r"\$\{([^,{}]*)(, *'[^']*')?\}")


@dataclass(frozen=True)
class Difference:
    """A kind of case in which the evaluator differs from AWS's documents. document: what AWS writes, and where."""

    name: str
    document: str
    rewrite: Callable[[Case], Case]


def _map_statements(case: Case, change: Callable[[Raw, str], Raw]) -> Case:
    """Change every statement. change: takes the statement and the Version of its document."""

    def change_policy(policy: Raw) -> Raw:
        statements = [change(statement, policy["Version"]) for statement in policy["Statement"]]
        return policy | {"Statement": statements}

    return case.map_policies(change_policy)


def _map_resources(case: Case, change: Callable[[str], str]) -> Case:
    def change_statement(statement: Raw, _: str) -> Raw:
        elements = [element for element in ("Resource", "NotResource") if isinstance(statement.get(element), list)]
        return statement | {element: [change(text) for text in statement[element]] for element in elements}

    return _map_statements(case, change_statement)


def _map_conditions(case: Case, change: Callable[[Condition, str], Condition | None]) -> Case:
    """Change every condition. change: takes it and the Version; returns None for a condition that always holds."""

    def change_statement(statement: Raw, version: str) -> Raw:
        if "Condition" not in statement:
            return statement
        block: Raw = {}
        for operator, keys in statement["Condition"].items():
            for key, texts in keys.items():
                changed = change((operator, key, texts), version)
                if changed is not None:
                    block.setdefault(changed[0], {})[changed[1]] = changed[2]
        rest = {element: value for element, value in statement.items() if element != "Condition"}
        return rest | ({"Condition": block} if block else {})

    return _map_statements(case, change_statement)


def _complete_resources(case: Case) -> Case:
    return _map_resources(case, _complete_arn)


def _complete_arn(text: str) -> str:
    return text + ":*" * (5 - text.count(":")) if text.startswith("arn:") and text.count(":") < 5 else text


def _complete_conditions(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        return (operator, key, [_complete_arn(text) for text in texts]) if operator.startswith("Arn") else condition

    return _map_conditions(case, change)


def _write_out_expansion(case: Case) -> Case:
    """Replace a Resource by the requested one if a `*` at the end of a segment matches it beyond the colon."""

    def change(text: str) -> str:
        *segments, last = text.split(":", 5)
        if "$" in text or len(segments) < 5:
            return text
        parts = [
            _to_expression(segment.removesuffix("*"), "[^:]") + (".*" if segment.endswith("*") else "")
            for segment in segments
        ]
        expression = ":".join([*parts, _to_expression(last, ".")])
        return case.resource if re.fullmatch(expression, case.resource) else text

    return _map_resources(case, change)


def _to_expression(text: str, any_character: str) -> str:
    return re.escape(text).replace(r"\*", f"{any_character}*").replace(r"\?", any_character)


def _read_epoch(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        if not operator.startswith("Date"):
            return condition
        return (
            operator,
            key,
            [f"{datetime.fromtimestamp(int(text), UTC):%FT%TZ}" if text.isdigit() else text for text in texts],
        )

    return _map_conditions(case, change)


def _halve_all_addresses(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        halves = ["0.0.0.0/1", "128.0.0.0/1"]
        return operator, key, [half for text in texts for half in (halves if text == "0.0.0.0/0" else [text])]

    return _map_conditions(case, change)


def _drop_other_versions(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition | None:
        operator, key, texts = condition
        value = case.find_value(key)
        if not operator.startswith("NotIpAddress") or value is None:
            return condition
        version = ipaddress.ip_address(value).version
        same = [text for text in texts if ipaddress.ip_network(text, strict=False).version == version]
        return (operator, key, same) if same else None

    return _map_conditions(case, change)


def _spell_old_variables(case: Case) -> Case:
    """Replace the variables of Version 2008-10-17 by a text that is in no value of a request."""

    def change_statement(statement: Raw, version: str) -> Raw:
        if version != "2008-10-17":
            return statement
        changed = dict(statement)
        for element in ("Resource", "NotResource"):
            if isinstance(statement.get(element), list):
                changed[element] = [text.replace("${", "literal{") for text in statement[element]]
        return changed

    def change_condition(condition: Condition, version: str) -> Condition:
        operator, key, texts = condition
        return (
            condition
            if version != "2008-10-17"
            else (operator, key, [text.replace("${", "literal{") for text in texts])
        )

    return _map_conditions(_map_statements(case, change_statement), change_condition)


def _is_without_value(case: Case, text: str) -> bool:
    """Return whether a text has a variable with neither value nor default."""
    return any(
        match[1] not in ("*", "?", "$") and match[2] is None and case.find_value(match[1]) is None
        for match in _VARIABLE.finditer(text)
    )


def _drop_excluded_resources(case: Case) -> Case:
    """Drop the texts of NotResource that match nothing, because a variable has no value."""

    def change(statement: Raw, version: str) -> Raw:
        if "NotResource" not in statement or version == "2008-10-17":
            return statement
        texts = [text for text in statement["NotResource"] if not _is_without_value(case, text)]
        rest = {element: value for element, value in statement.items() if element != "NotResource"}
        return rest | ({"NotResource": texts} if texts else {"Resource": "*"})

    return _map_statements(case, change)


def _drop_excluded_values(case: Case) -> Case:
    """Drop the texts of negated operators that match nothing, because a variable has no value."""

    def change(condition: Condition, version: str) -> Condition | None:
        operator, key, texts = condition
        if not operator.startswith(("StringNot", "ArnNot")) or version == "2008-10-17":
            return condition
        known = [text for text in texts if not _is_without_value(case, text)]
        return (operator, key, known) if known else None

    return _map_conditions(case, change)


def _drop_missing_sets(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition | None:
        operator, key, _ = condition
        is_optional = operator.startswith("ForAnyValue:") and operator.endswith("IfExists")
        return None if is_optional and case.find_value(key) is None else condition

    return _map_conditions(case, change)


def _write_out_exponents(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        if not operator.startswith("Numeric"):
            return condition
        return operator, key, [f"{float(text):g}" if "e" in text else text for text in texts]

    return _map_conditions(case, change)


def _spell_out_asterisks(case: Case) -> Case:
    """Write a plain `*` for `${*}` in operators that read no wildcards."""

    def change(condition: Condition, version: str) -> Condition:
        operator, key, texts = condition
        if "StringEquals" not in operator and "StringNotEquals" not in operator:
            return condition
        return operator, key, [text.replace("${*}", "*") for text in texts]

    return _map_conditions(case, change)


def _lift_limits_of_named_session(case: Case) -> Case:
    return _lift_limits(case) if _has_grant(case, _names_session) else case


def _names_session(statement: Raw, case: Case) -> bool:
    named = statement.get("Principal")
    return case.caller.kind == "role" and isinstance(named, dict) and case.caller.arn in named.get("AWS", ())


def _lift_limits_of_everyone(case: Case) -> Case:
    return _lift_limits(case) if _has_grant(case, _names_everyone_by_arn) else case


def _names_everyone_by_arn(statement: Raw, _: Case) -> bool:
    keys = {key.lower() for keys in statement.get("Condition", {}).values() for key in keys}
    return statement.get("Principal") in ("*", {"AWS": "*"}) and "aws:principalarn" in keys


def _has_grant(case: Case, test: Callable[[Raw, Case], bool]) -> bool:
    statements = [] if case.resource_policy is None else case.resource_policy["Statement"]
    return any(statement["Effect"] == "Allow" and test(statement, case) for statement in statements)


def _lift_limits(case: Case) -> Case:
    """Let boundary and session policy allow everything that they do not deny."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    def lift(policy: Raw | None) -> Raw | None:
        return policy and policy | {"Statement": [*policy["Statement"], everything]}

    return replace(case, boundary=lift(case.boundary), session=lift(case.session))


DIFFERENCES = (
    Difference(
        "variables of Version 2008-10-17",
        'IAM JSON policy elements: Version: with 2008-10-17 "variables such as ${aws:username} aren\'t recognized"',
        _spell_old_variables,
    ),
    Difference(
        "ARNs of fewer than six parts in Resource",
        'IAM identifiers: "AWS automatically completes the ARN by adding wildcard characters (*) to all missing…"',
        _complete_resources,
    ),
    Difference(
        "ARNs of fewer than six parts in conditions",
        "Not settled: Condition operators speaks of six components, IAM identifiers completes ARNs in Resource",
        _complete_conditions,
    ),
    Difference(
        "NotResource with a variable without value",
        'Variables and tags: "used as part of the Resource or NotResource element … will not match any resource"',
        _drop_excluded_resources,
    ),
    Difference(
        "negated operators with a variable without value",
        'Variables and tags: "Inverted condition operators … do match against a null value"',
        _drop_excluded_values,
    ),
    Difference(
        "a * at the end of a segment of Resource",
        'IAM JSON policy elements: Resource: "it can expand to match beyond the colon boundaries"',
        _write_out_expansion,
    ),
    Difference(
        "dates as epoch seconds",
        'Condition operators: "one of the W3C implementations of the ISO 8601 date formats or in epoch (UNIX) time"',
        _read_epoch,
    ),
    Difference(
        "the network 0.0.0.0/0",
        "Condition operators: IP addresses are in CIDR format, in which /0 has every address (RFC 4632)",
        _halve_all_addresses,
    ),
    Difference(
        "NotIpAddress with an address of the other version",
        'Condition operators: NotIpAddress means "All IP addresses except the specified IP address or range"',
        _drop_other_versions,
    ),
    Difference(
        "ForAnyValue with IfExists and a missing key",
        "Not settled: IfExists is true for a missing key after any operator, ForAnyValue is false without the key",
        _drop_missing_sets,
    ),
    Difference(
        "numbers with an exponent",
        'Not settled: Condition operators speaks of "an integer or decimal value"',
        _write_out_exponents,
    ),
    Difference(
        "the variable ${*} in operators without wildcards",
        'Variables and tags: "in any string where you can use regular policy variables"',
        _spell_out_asterisks,
    ),
    Difference(
        "limits of a grant to everyone with aws:PrincipalArn",
        'Evaluating within an account: these limits "do not limit permissions granted using the aws:PrincipalArn"',
        _lift_limits_of_everyone,
    ),
    Difference(
        "limits of a session that the policy names",
        'Evaluating within an account: a grant to a session is "not limited by an implicit deny" of its limits',
        _lift_limits_of_named_session,
    ),
)


def list_rewritings(case: Case) -> list[tuple[str, Case]]:
    """Return the case after each rewriting that changes it, by the name of the difference; then after all of them."""
    single = [(item.name, item.rewrite(case)) for item in DIFFERENCES]
    changed = [(name, rewritten) for name, rewritten in single if rewritten != case]
    if len(changed) < 2:
        return changed
    every = case
    for item in DIFFERENCES:
        every = item.rewrite(every)
    return [*changed, ("several of these", every)]

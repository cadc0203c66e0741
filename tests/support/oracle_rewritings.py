"""Rewrite a case so that it says the same by AWS's documents, in other words (`oracle_differences.py`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from tests.support.oracle_worlds import Case, Raw

Condition = tuple[str, str, list[str]]
"""Operator, key and texts."""

_VARIABLE = re.compile(r"\$\{([^,{}]*)(, *'[^']*')?\}")


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


def complete_resources(case: Case) -> Case:
    return _map_resources(case, _complete_arn)


def _complete_arn(text: str) -> str:
    return text + ":*" * (5 - text.count(":")) if text.startswith("arn:") and text.count(":") < 5 else text


def complete_conditions(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        return (operator, key, [_complete_arn(text) for text in texts]) if operator.startswith("Arn") else condition

    return _map_conditions(case, change)


def write_out_expansion(case: Case) -> Case:
    """Replace a Resource by the requested one if a `*` at the end of a segment matches it beyond the colon."""

    def change(text: str) -> str:
        is_open = _has_open_type(text, case.resource)
        return case.resource if not is_open and _matches(text, case.resource) else text

    return _map_resources(case, change)


def _matches(text: str, resource: str) -> bool:
    """Return whether a Resource of six parts without variables matches a resource."""
    *segments, last = text.split(":", 5)
    if "$" in text or len(segments) < 5:
        return False
    parts = [
        _to_expression(segment.removesuffix("*"), "[^:]") + (".*" if segment.endswith("*") else "")
        for segment in segments
    ]
    return re.fullmatch(":".join([*parts, _to_expression(last, ".")]), resource) is not None


def write_out_resource_types(case: Case) -> Case:
    """Replace a Resource by the requested one if it differs by a wildcard in the type of the resource."""

    def change(text: str) -> str:
        return case.resource if _has_open_type(text, case.resource) and _matches(text, case.resource) else text

    return _map_resources(case, change)


def _has_open_type(text: str, resource: str) -> bool:
    *segments, last = text.split(":", 5)
    kind, separator = re.match("([^:/]*)([:/]?)", last).groups()  # type: ignore[union-attr]
    return segments == resource.split(":", 5)[:-1] and "*" in kind and bool(separator)


def _to_expression(text: str, any_character: str) -> str:
    return re.escape(text).replace(r"\*", f"{any_character}*").replace(r"\?", any_character)


def read_epoch(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        if not operator.startswith("Date"):
            return condition
        return operator, key, [_write_date(text) if text.isdigit() else text for text in texts]

    return _map_conditions(case, change)


def _write_date(seconds: str) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"


def halve_all_addresses(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        halves = ["0.0.0.0/1", "128.0.0.0/1"]
        return operator, key, [half for text in texts for half in (halves if text == "0.0.0.0/0" else [text])]

    return _map_conditions(case, change)


def drop_other_versions(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition | None:
        operator, key, texts = condition
        value = case.find_value(key)
        if not operator.startswith("NotIpAddress") or value is None:
            return condition
        version = ipaddress.ip_address(value).version
        same = [text for text in texts if ipaddress.ip_network(text, strict=False).version == version]
        return (operator, key, same) if same else None

    return _map_conditions(case, change)


def spell_old_variables(case: Case) -> Case:
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
        if version != "2008-10-17":
            return condition
        return operator, key, [text.replace("${", "literal{") for text in texts]

    return _map_conditions(_map_statements(case, change_statement), change_condition)


def _is_without_value(case: Case, text: str) -> bool:
    """Return whether a text has a variable with neither value nor default."""
    return any(
        match[1] not in ("*", "?", "$") and match[2] is None and case.find_value(match[1]) is None
        for match in _VARIABLE.finditer(text)
    )


def drop_excluded_resources(case: Case) -> Case:
    """Drop the texts of NotResource that match nothing, because a variable has no value."""

    def change(statement: Raw, version: str) -> Raw:
        if "NotResource" not in statement or version == "2008-10-17":
            return statement
        texts = [text for text in statement["NotResource"] if not _is_without_value(case, text)]
        rest = {element: value for element, value in statement.items() if element != "NotResource"}
        return rest | ({"NotResource": texts} if texts else {"Resource": "*"})

    return _map_statements(case, change)


def drop_excluded_values(case: Case) -> Case:
    """Drop the texts of negated operators that match nothing, because a variable has no value."""

    def change(condition: Condition, version: str) -> Condition | None:
        operator, key, texts = condition
        if not operator.startswith(("StringNot", "ArnNot")) or version == "2008-10-17":
            return condition
        known = [text for text in texts if not _is_without_value(case, text)]
        return (operator, key, known) if known else None

    return _map_conditions(case, change)


def drop_missing_sets(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition | None:
        operator, key, _ = condition
        is_optional = operator.startswith("ForAnyValue:") and operator.endswith("IfExists")
        return None if is_optional and case.find_value(key) is None else condition

    return _map_conditions(case, change)


def write_out_exponents(case: Case) -> Case:
    def change(condition: Condition, _: str) -> Condition:
        operator, key, texts = condition
        if not operator.startswith("Numeric"):
            return condition
        return operator, key, [f"{float(text):g}" if "e" in text else text for text in texts]

    return _map_conditions(case, change)


def spell_out_asterisks(case: Case) -> Case:
    """Write a plain `*` for `${*}` in operators that read no wildcards."""

    def change(condition: Condition, version: str) -> Condition:
        operator, key, texts = condition
        if "StringEquals" not in operator and "StringNotEquals" not in operator:
            return condition
        return operator, key, [text.replace("${*}", "*") for text in texts]

    return _map_conditions(case, change)


def lift_limits_of_named_session(case: Case) -> Case:
    return _lift_limits(case) if _has_grant(case, _names_session) else case


def _names_session(statement: Raw, case: Case) -> bool:
    named = statement.get("Principal")
    return case.caller.kind == "role" and isinstance(named, dict) and case.caller.arn in named.get("AWS", ())


def lift_limits_of_everyone(case: Case) -> Case:
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

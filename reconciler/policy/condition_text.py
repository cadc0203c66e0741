"""Write a condition as a short text, `StringEquals aws:sourcearn a, b`, and read it again."""

from __future__ import annotations

import json
import re

from reconciler.model.document import Condition

_SEPARATOR = ", "
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"(?=, |$)|(?:(?!, ).)*', re.DOTALL)


def format_condition(condition: Condition) -> str:
    """Return operator, key and sorted values. A value that could be taken for several is in quotes, as in JSON."""
    values = _SEPARATOR.join(map(_format_value, sorted(condition.values)))
    return f"{condition.operator} {condition.key} {values}"


def parse_condition(text: str) -> Condition | None:
    """Return the condition that `format_condition` wrote; None if the text is no single condition."""
    operator, _, rest = text.partition(" ")
    key, space, values = rest.partition(" ")
    return Condition(operator, key, frozenset(_parse_values(values))) if space else None


def _format_value(value: str) -> str:
    return json.dumps(value) if _SEPARATOR in value or value.startswith('"') else value


def _parse_values(text: str) -> list[str]:
    values, start = [], 0
    while start <= len(text):
        match = _VALUE.match(text, start)
        assert match  # an empty value matches everywhere
        found = match[0]
        values.append(json.loads(found) if found.startswith('"') else found)
        start = match.end() + len(_SEPARATOR)
    return values

"""Find policy variables in places in which AWS does not read them: the text stays as it is, or never matches.

From the IAM User Guide, "IAM policy elements: Variables and tags", sections "Where you can use policy variables"
(behind the fifth colon of a Resource, and in conditions with String and Arn operators) and "Using variables in
policies" (single-valued keys), and of the "IAM Access Analyzer policy check reference" the checks "Invalid variable for
operator" and "Unsupported variable in element". Flaws are warnings, because IAM accepts most of these documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.model.arn_parts import split_at_colons
from reconciler.policy.flaw import Flaw, Path, format_value, warning
from reconciler.policy.global_keys import MULTIVALUED
from reconciler.policy.operators import OPERATORS
from reconciler.policy.placeholders import is_policy_variable
from reconciler.policy.walk import (
    ConditionLine,
    JsonObject,
    PlacedText,
    element_of,
    items_of,
    iter_conditions,
    iter_statements,
    texts_of,
)

VARIABLE_TYPES = ("String", "Arn")
"""The types of operator whose values may have policy variables."""

MISPLACED_CODE, MULTIVALUED_CODE, OPERATOR_CODE = (
    "variable-in-wrong-place",
    "variable-of-many-values",
    "variable-under-operator",
)

VERSION_WITHOUT_VARIABLES = "2008-10-17"
"""The version of the grammar in which `${…}` is plain text."""

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_ESCAPES = ("*", "?", "$")
_ACCOUNT_VARIABLE = "${aws:PrincipalAccount}"
"""AWS's own AmazonTimestreamInfluxDBServiceRolePolicy uses this variable as the account of an ARN."""

_ARN_FIELDS = ("partition", "service", "region", "account")
_MULTIVALUED = {key.casefold(): key for key in MULTIVALUED}


def check_variables(document: JsonObject, texts: Iterable[PlacedText], refused: frozenset[Path]) -> Iterator[Flaw]:
    """Warn about each variable that AWS does not read at its place, and about keys with several values.

    texts: those of the document; it may lack texts without variables.
    refused: paths that already have an error; they get no warning.
    """
    if document.get("Version") == VERSION_WITHOUT_VARIABLES:
        return
    for path, text, at_key in texts:
        if path[:1] == ("Statement",) and "${" in text and _allows_no_variables(path, at_key) and path not in refused:
            yield from _check_placement(path, text, at_key)
    for path, statement in iter_statements(document):
        for name in ("Resource", "NotResource"):
            for place, text in texts_of(element_of(statement, path, name)):
                yield from _check_arn_fields(place, text)
                yield from _check_multivalued(place, text)
        for line in iter_conditions(element_of(statement, path, "Condition")):
            yield from _check_condition(line)


def _variable_keys_of(text: str) -> list[str]:
    """Return the condition keys of the variables in a text."""
    variables = (match[1] for match in _VARIABLE.finditer(text) if is_policy_variable(match[1]))
    return [name for name in (inside.partition(",")[0].strip() for inside in variables) if name not in _ESCAPES]


def _allows_no_variables(path: Path, at_key: bool) -> bool:
    """Return whether a text of a statement is neither a Resource nor a value of a condition."""
    elements = [step for step in path[1:] if isinstance(step, str)]
    return at_key or elements[:1] not in (["Resource"], ["NotResource"], ["Condition"])


def _check_placement(path: Path, text: str, at_key: bool) -> Iterator[Flaw]:
    if not _variable_keys_of(text):
        return
    name = next((step for step in path[1:] if isinstance(step, str)), "")
    element = f"a key of {name}" if at_key else name
    summary = f"{format_value(text)} has a variable in {element}, where AWS reads none."
    yield warning(MISPLACED_CODE, path, summary, "Write the value itself, or test the key in a Condition.", at_key)


def _check_arn_fields(path: Path, text: str) -> Iterator[Flaw]:
    """Warn about a variable before the fifth colon of an ARN."""
    if "${" not in text or not text.startswith("arn:"):
        return
    # A variable in the partition is an error of `resource_arns`.
    for name, part in zip(_ARN_FIELDS[1:], split_at_colons(text)[2:5], strict=False):
        if _variable_keys_of(part) and not (name == "account" and part == _ACCOUNT_VARIABLE):
            instead = "{{ account_id }}, or * for all accounts" if name == "account" else "the value itself"
            summary = f"{format_value(text)} has the variable {part} in place of the {name}; AWS reads none there."
            hint = f"Write {instead}. Variables work after the fifth colon of an ARN."
            yield warning(MISPLACED_CODE, path, summary, hint)


def _check_multivalued(path: Path, text: str) -> Iterator[Flaw]:
    for name in _variable_keys_of(text) if "${" in text else ():
        key = _MULTIVALUED.get(name.casefold())
        if key:
            summary = f"{format_value(text)} has ${{{name}}}, a key with several values; AWS never fills it in."
            yield warning(
                MULTIVALUED_CODE, path, summary, f"Test {key} in a Condition, with ForAnyValue or ForAllValues."
            )


def _check_condition(line: ConditionLine) -> Iterator[Flaw]:
    operator = OPERATORS.get(line.operator)
    for part in items_of(line.part):
        text = part.value
        if not isinstance(text, str) or "${" not in text or not _variable_keys_of(text):
            continue
        if operator is not None and operator.type not in VARIABLE_TYPES:
            summary = f"{format_value(text)} has a variable under {operator.base}, where AWS reads none."
            hint = "Variables work under the String and Arn operators only; write the value itself here."
            yield warning(OPERATOR_CODE, part.path, summary, hint)
        else:
            yield from _check_multivalued(part.path, text)

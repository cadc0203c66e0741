"""Check the grammar of Condition: operator → key → value or values.

From the IAM User Guide: "IAM JSON policy elements: Condition", and of the "IAM Access Analyzer policy check
reference" the checks "Invalid condition operator", "Invalid condition key format", "Null with if exists",
"Duplicate keys with different case", "Data type mismatch".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from reconciler.model.account_caches import cache_for_account
from reconciler.model.suggest import suggest_word
from reconciler.policy.flaw import Flaw, did_you_mean, error, format_value, warning
from reconciler.policy.global_keys import KNOWN_KEYS, KNOWN_PREFIXES
from reconciler.policy.operators import OPERATORS, Operator, explain_mismatch
from reconciler.policy.walk import DocumentPart, items_of

_KEY = re.compile(r"[^\s:]+:\S.*", re.DOTALL)


def check_condition(part: DocumentPart) -> Iterator[Flaw]:
    """Yield the flaws of a Condition, which is an object of operators; an empty one counts as none."""
    if not isinstance(part.value, dict):
        summary = f"Condition is {format_value(part.value)}, not an object."
        hint = "Its form is {operator: {key: value}}."
        yield error("invalid-condition", part.path, summary, hint)
        return
    for name, block in part.value.items():
        yield from _check_operator(str(name), DocumentPart((*part.path, str(name)), block))


def _check_operator(name: str, part: DocumentPart) -> Iterator[Flaw]:
    operator = OPERATORS.get(name)
    if operator is None:
        summary = f"{format_value(name)} is not a condition operator."
        yield error("unknown-operator", part.path, summary, _suggest_operator(name), at_key=True)
    if not isinstance(part.value, dict):
        summary = f"{name} is {format_value(part.value)}, not an object of condition keys."
        yield error("invalid-condition", part.path, summary, "Its form is {operator: {key: value}}.")
        return
    spellings: dict[str, str] = {}
    for key, value in part.value.items():
        path = (*part.path, str(key))
        flaw = _check_key(str(key))
        if flaw:
            yield replace(flaw, path=path)
        first = spellings.setdefault(str(key).casefold(), str(key))
        if first != str(key):
            summary = f"{format_value(key)} and {format_value(first)} are the same condition key to AWS."
            yield error("duplicate-condition-key", path, summary, "Write one key with a list of values.", at_key=True)
        yield from _check_values(operator, DocumentPart(path, value))


def _suggest_operator(name: str) -> str:
    if name.endswith("NullIfExists"):
        return "Write Null: it already tests if the key exists."
    return did_you_mean(name, OPERATORS)


@cache_for_account(maxsize=1024)
def _check_key(key: str) -> Flaw | None:
    if not _KEY.fullmatch(key):
        near = next(filter(None, (suggest_word(f"{prefix}{key}", KNOWN_KEYS) for prefix in KNOWN_PREFIXES)), None)
        hint = f"Did you mean {near}?" if near else "A condition key is written prefix:name, as in aws:SourceIp."
        return error("invalid-condition-key", (), f"{format_value(key)} is not a condition key.", hint, at_key=True)
    name = key.partition("/")[0]
    if name.casefold().startswith(KNOWN_PREFIXES) and name.casefold() not in _FOLDED_KEYS:
        # A key that is merely newer than this list resembles no known key, and gets no warning.
        near = suggest_word(name, KNOWN_KEYS)
        if near:
            summary = f"{format_value(name)} is not a known condition key of AWS."
            return warning("unknown-global-key", (), summary, f"Did you mean {near}?", at_key=True)
    return None


def _check_values(operator: Operator | None, part: DocumentPart) -> Iterator[Flaw]:
    for path, value in items_of(part):
        if not isinstance(value, (str, bool, int, float)):
            summary = f"The value of a condition is {format_value(value)}; it must be a text, a number or a boolean."
            yield error("invalid-condition-value", path, summary)
        elif operator is not None:
            expected = explain_mismatch(operator, value)
            if expected:
                summary = f"{format_value(value)} under {operator.base} is not {expected}."
                yield error("condition-type-mismatch", path, summary)


_FOLDED_KEYS = frozenset(key.casefold() for key in KNOWN_KEYS)

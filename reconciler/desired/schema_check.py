"""Check a tree against the schema, and turn each error into a problem with a place, a sentence and a hint.

Most files are valid. jsonschema-rs finds that out in a fiftieth of the time that jsonschema needs, so jsonschema, which
names the errors, is imported only for invalid files. Both read patterns as JSON Schema does: digits are ASCII, and `$`
is the very end of a text, although Python's own `$` also matches before a last line break. A test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from reconciler.desired.broken_values import KeyPath
from reconciler.desired.other_tool_keys import explain_key
from reconciler.desired.schema import build_schema
from reconciler.model import text_forms
from reconciler.model.node import Map, find_place
from reconciler.model.problem import Level, Problem
from reconciler.model.suggest import suggest_word
from reconciler.policy.placeholders import explain_text

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import Draft202012Validator, ValidationError

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


HARMLESS_RULES = ("additionalProperties", "uniqueItems", "maxItems")
"""Schema rules that a value can break and still be read."""

_ENTITY_DEPTH = 2
"""The length of the path to an entity. An entity that lacks a required key is still read."""

_ACCOUNT_DEPTH = 3
"""The length of the path to an account of `organization`, which is still read, too."""


def check_schema(root: Map) -> tuple[list[Problem], set[KeyPath]]:
    """Return a problem for each error against the schema, and the paths of the values that cannot be read."""
    problems: list[Problem] = []
    broken: set[KeyPath] = set()
    if is_surely_valid(root):
        return problems, broken
    for error in _make_validator().iter_errors(root):
        path, rule = tuple(error.absolute_path), str(error.validator)
        if _is_of_key(error):
            broken.add((*path, str(error.instance)))
        elif rule not in HARMLESS_RULES and not (rule == "required" and _is_entry(path)):
            broken.add(path)
        problems += _make_problems(error, root, path)
    return problems, broken


def _is_entry(path: KeyPath) -> bool:
    """Return whether a path is not below an entity or an account."""
    return len(path) <= (_ACCOUNT_DEPTH if path[:1] == ("organization",) else _ENTITY_DEPTH)


def _is_of_key(error: ValidationError) -> bool:
    """Return whether the schema refuses a key, not a value."""
    return "propertyNames" in error.absolute_schema_path


def is_surely_valid(root: Map) -> bool:
    """Return True if the tree is valid. False means that jsonschema must check it."""
    compiled = _compile_schema()
    try:
        return compiled is not None and compiled.is_valid(root)
    except ValueError:  # jsonschema-rs cannot read some values, such as half of a surrogate pair
        return False


@lru_cache(maxsize=1)
def _compile_schema() -> jsonschema_rs.Draft202012Validator | None:
    try:
        from jsonschema_rs import Draft202012Validator
    except ImportError:  # optional: there is no wheel for this platform
        return None
    return Draft202012Validator(build_schema())


@lru_cache(maxsize=1)
def _make_validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    exact = extend(Draft202012Validator, {"pattern": _check_pattern, "uniqueItems": _check_unique})  # type: ignore[no-untyped-call]
    return cast("Draft202012Validator", exact(build_schema()))


def _check_pattern(
    validator: Draft202012Validator, pattern: str, instance: object, _: object
) -> Iterator[ValidationError]:
    """Yield an error if a text does not match a pattern. All patterns of the schema are written from `^` to `$`."""
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not re.fullmatch(pattern, str(instance), re.ASCII):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _check_unique(validator: Draft202012Validator, _: bool, instance: object, __: object) -> Iterator[ValidationError]:
    """Yield an error if an item is listed twice, in linear time: jsonschema compares each item with all others."""
    from jsonschema import ValidationError

    if isinstance(instance, list) and _find_repeated_item(instance) is not None:
        yield ValidationError("an item is listed twice")


def _find_repeated_item(values: Sequence[object]) -> tuple[object] | None:
    """Return the first item that equals an earlier one, in a tuple because the item itself may be None."""
    seen: set[str] = set()
    for value in values:
        key = json.dumps(value, sort_keys=True, default=str)
        if key in seen:
            return (value,)
        seen.add(key)
    return None


def _make_problems(error: ValidationError, root: Map, path: Sequence[str | int]) -> Iterator[Problem]:
    rule = str(error.validator)
    if _is_of_refused(rule, error):
        return
    if rule == "additionalProperties":
        yield from _make_unknown_keys(error, root, path)
        return
    place = find_place(root, [*path, str(error.instance)], of_key=True) if _is_of_key(error) else find_place(root, path)
    summary, hint = _describe_error(rule, error, path)
    yield Problem(Level.ERROR, _CODES.get(rule, "schema"), summary, "", hint, place)


def _is_of_refused(rule: str, error: ValidationError) -> bool:
    """Return whether only a value that the reader refused, and reported, is missing."""
    instance: Any = error.instance
    if rule == "required":
        return all(map(instance.has, cast("list[str]", error.validator_value)))
    return rule == "minItems" and bool(instance.is_partial)


def _make_unknown_keys(error: ValidationError, root: Map, path: Sequence[str | int]) -> Iterator[Problem]:
    fragment: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    allowed_keys = list(fragment.get("properties", {}))
    mapping: Any = error.instance
    for key in mapping:
        if key in allowed_keys or (key.startswith("x-") and not path):
            continue
        place = find_place(root, [*path, key], of_key=True)
        close = SYNONYMS.get((str(path[0]), str(key))) if len(path) == _ENTITY_DEPTH else None
        close = close or suggest_word(str(key), allowed_keys)
        hint = f"Did you mean {close!r}?" if close else f"Write one of: {', '.join(sorted(allowed_keys))}."
        hint = explain_key(str(key), allowed_keys, str(path[0]) if path else "") or hint
        location = f" in {_format_path(path)}" if path else ""
        yield Problem(Level.ERROR, "unknown-key", f"Unknown key {key!r}{location}.", "", hint, place)


SYNONYMS = {
    ("aliases", "profile"): "source_profile",
    ("aliases", "aws_profile"): "source_profile",
    ("aliases", "role_arn"): "role",
    ("aliases", "role_session_name"): "session_name",
    ("aliases", "duration_seconds"): "duration",
}
"""Section and key → our key. Most are keys of the AWS CLI (AWS CLI User Guide, "Using an IAM role")."""

_CODES = {"required": "missing-key", "type": "wrong-type", "enum": "wrong-value", "pattern": "wrong-value"}


_PATTERN_HINTS: Mapping[str, str] = {
    form.schema_pattern: form.hint
    for form in (
        *(text_forms.ACCOUNT_ALIAS, text_forms.ACCOUNT_ID, text_forms.ACCOUNT_NAME, text_forms.ASSERTION_NAME),
        *(text_forms.CONTEXT_PROVIDER, text_forms.DURATION, text_forms.DURATION_OR_NONE, text_forms.MFA_DEMAND),
        *(text_forms.ORGANIZATION_ID, text_forms.OWNER, text_forms.REGION, text_forms.ROLE_PATH_AND_NAME),
        text_forms.STATEMENT_ID,
    )
}
"""Pattern of the schema → what to write. No message shows a pattern."""

_BOUNDS = {
    "minLength": ("at least", "character"),
    "maxLength": ("at most", "character"),
    "minItems": ("at least", "item"),
    "maxItems": ("at most", "item"),
    "minimum": ("at least", ""),
    "maximum": ("at most", ""),
}
"""Rule of the schema → its words, and what it counts; "" for the number itself."""


def _describe_error(rule: str, error: ValidationError, path: Sequence[str | int]) -> tuple[str, str]:
    """Return the sentence for one error, and the hint."""
    name = _format_path(path)
    value: Any = error.instance
    rule_value: Any = error.validator_value
    if rule == "required":
        missing = next(key for key in rule_value if not value.has(key))
        hint = "Write `version: 1`." if missing == "version" else ""
        return f"{name or 'The file'} lacks the key `{missing}`.", hint
    if rule == "type":
        kinds = rule_value if isinstance(rule_value, list) else [rule_value]
        expected = " or ".join(_TYPES[kind] for kind in kinds)
        fragment: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
        pattern = str(fragment.get("pattern", ""))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if name == "account":
            hint = explain_text(str(value)) or f'Quote it: "{value}". YAML may read a leading zero as octal.'
        elif "string" in kinds and is_number and re.search(pattern, str(value)):
            hint = "Quote it."
        else:
            hint = _PATTERN_HINTS.get(pattern, "")
        return f"{name or 'The file'} must be {expected}, not {_format_value(value)}.", hint
    if rule in ("enum", "const"):
        choices = rule_value if isinstance(rule_value, list) else [rule_value]
        if isinstance(value, str) and any(value == str(choice) for choice in choices):
            return f"{name} is the text {_format_value(value)}.", f"Write it without quotes: {value}."
        if name == "version":
            return f"Unsupported version {_format_value(value)}.", "Write `version: 1`."
        close = suggest_word(str(value), [str(choice) for choice in choices])
        choice_list = ", ".join(json.dumps(choice) if isinstance(choice, bool) else str(choice) for choice in choices)
        hint = f"Did you mean {close!r}?" if close else f"Write {'' if len(choices) == 1 else 'one of: '}{choice_list}."
        return f"{name} cannot be {_format_value(value)}.", hint
    if rule == "pattern":
        return f"{name} cannot be {_format_value(value)}.", explain_text(str(value)) or _PATTERN_HINTS[rule_value]
    if rule == "uniqueItems":
        repeated = _find_repeated_item(value) or (value,)
        return f"{name} lists {_format_value(repeated[0])} twice.", "Remove one."
    if rule in _BOUNDS:
        return _describe_bound(rule, name, value, rule_value)
    return f"{name}: {error.message}.", ""


def _describe_bound(rule: str, name: str, value: Any, bound: int) -> tuple[str, str]:
    """Return the sentence and the hint for a number that is too small or large, or a text or list of a wrong length."""
    words, noun = _BOUNDS[rule]
    plural = "" if bound == 1 else "s"
    if not noun:
        return f"{name} cannot be {_format_value(value)}.", f"Write {words} {bound}."
    if not value:
        return f"{name} is empty.", f"Write {words} {bound} {noun}{plural}."
    return f"{name} has {len(value)} {noun}{'' if len(value) == 1 else 's'}.", f"Write {words} {bound} {noun}{plural}."


def _format_path(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _format_value(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"

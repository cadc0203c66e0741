"""The schema's verdict as problems with places: unknown keys with a suggestion, wrong types with a hint.

jsonschema names what is wrong. Most files have nothing wrong, and jsonschema-rs says so in a fiftieth of the time:
where it does, jsonschema is not even imported. Both read patterns as JSON Schema does: digits are ASCII, and `$` is the
very end of a text, while Python's own `$` also matches before a last line break. A test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from reconciler.desired.broken_values import KeyPath
from reconciler.desired.other_tool_keys import explain_key
from reconciler.desired.schema import build_schema
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
"""Rules that leave a value as readable as it was."""

_ENTITY_DEPTH = 2
"""Steps to an entity, of which what is there is read even where something that it needs is missing."""


def check_schema(root: Map) -> tuple[list[Problem], set[KeyPath]]:
    """Return every way in which a tree breaks the schema, and the paths of the values that cannot be read for it."""
    found: list[Problem] = []
    broken: set[KeyPath] = set()
    if is_surely_valid(root):
        return found, broken
    for error in _make_validator().iter_errors(root):
        path, rule = tuple(error.absolute_path), str(error.validator)
        if rule not in HARMLESS_RULES and not (rule == "required" and len(path) <= _ENTITY_DEPTH):
            broken.add(path)
        found += _make_problems(error, root, path)
    return found, broken


def is_surely_valid(root: Map) -> bool:
    """True where jsonschema would find nothing; False says nothing."""
    compiled = _compile_schema()
    try:
        return compiled is not None and compiled.is_valid(root)
    except ValueError:  # a value that it cannot read, such as half of a surrogate pair
        return False


@lru_cache(maxsize=1)
def _compile_schema() -> jsonschema_rs.Draft202012Validator | None:
    try:
        from jsonschema_rs import Draft202012Validator
    except ImportError:  # it has no wheel for this platform, and is not required there
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
    """Compare a text with a pattern from `^` to `$`, as all of ours are written."""
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not re.fullmatch(pattern, str(instance), re.ASCII):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _check_unique(validator: Draft202012Validator, _: bool, instance: object, __: object) -> Iterator[ValidationError]:
    """Find an item that stands twice, in linear time: jsonschema compares each mapping with all others."""
    from jsonschema import ValidationError

    if isinstance(instance, list) and _find_repeated_item(instance) is not None:
        yield ValidationError("an item stands twice")


def _find_repeated_item(values: Sequence[object]) -> tuple[object] | None:
    """Return the first item that equals an earlier one, in a tuple since it may be None."""
    seen: set[str] = set()
    for value in values:
        key = json.dumps(value, sort_keys=True, default=str)
        if key in seen:
            return (value,)
        seen.add(key)
    return None


def _make_problems(error: ValidationError, root: Map, path: Sequence[str | int]) -> Iterator[Problem]:
    rule = str(error.validator)
    if rule == "additionalProperties":
        yield from _make_unknown_keys(error, root, path)
        return
    place = find_place(root, path)
    summary, hint = _describe_error(rule, error, path)
    yield Problem(Level.ERROR, _CODES.get(rule, "schema"), summary, "", hint, place)


def _make_unknown_keys(error: ValidationError, root: Map, path: Sequence[str | int]) -> Iterator[Problem]:
    fragment: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    known = list(fragment.get("properties", {}))
    written: Any = error.instance
    for key in written:
        if key in known or (key.startswith("x-") and not path):
            continue
        place = find_place(root, [*path, key], of_key=True)
        close = SYNONYMS.get((str(path[0]), str(key))) if len(path) == _ENTITY_DEPTH else None
        close = close or suggest_word(str(key), known)
        hint = f"Did you mean {close!r}?" if close else f"Known here: {', '.join(sorted(known))}."
        hint = explain_key(str(key), known, str(path[0]) if path else "") or hint
        where = f" in {_format_path(path)}" if path else ""
        yield Problem(Level.ERROR, "unknown-key", f"Unknown key {key!r}{where}.", "", hint, place)


SYNONYMS = {
    ("aliases", "profile"): "source_profile",
    ("aliases", "aws_profile"): "source_profile",
    ("aliases", "role_arn"): "role",
    ("aliases", "role_session_name"): "session_name",
    ("aliases", "duration_seconds"): "duration",
}
"""Section and key → the key that was meant: most are the AWS CLI's (AWS CLI User Guide, "Using an IAM role")."""

_CODES = {"required": "missing-key", "type": "wrong-type", "enum": "wrong-value", "pattern": "wrong-value"}


def _describe_error(rule: str, error: ValidationError, path: Sequence[str | int]) -> tuple[str, str]:
    """The sentence for one broken rule, and the next step."""
    name = _format_path(path)
    value: Any = error.instance
    wanted: Any = error.validator_value
    if rule == "required":
        missing = next(key for key in wanted if key not in value)
        hint = "Write `version: 1`." if missing == "version" else ""
        return f"{name or 'The file'} lacks `{missing}`.", hint
    if rule == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        expected = " or ".join(_TYPES[kind] for kind in kinds)
        hint = (
            "Quote it." if "string" in kinds and isinstance(value, int | float) and not isinstance(value, bool) else ""
        )
        if name == "account":
            hint = explain_text(str(value)) or f'Quote it: "{value}". YAML reads a leading zero as octal.'
        return f"{name or 'The file'} must be {expected}, not {_format_value(value)}.", hint
    if rule in ("enum", "const"):
        choices = wanted if isinstance(wanted, list) else [wanted]
        if isinstance(value, str) and any(value == str(choice) for choice in choices):
            return f"{name} cannot be the text {_format_value(value)}.", f"Write it without quotes: {value}."
        close = suggest_word(str(value), [str(choice) for choice in choices])
        hint = f"Did you mean {close!r}?" if close else f"Write one of: {', '.join(map(str, choices))}."
        return f"{name} cannot be {_format_value(value)}.", hint
    if rule == "pattern":
        return f"{name} cannot be {_format_value(value)}.", explain_text(str(value)) or _explain_pattern(
            name, str(wanted)
        )
    if rule == "uniqueItems":
        twice = _find_repeated_item(value) or (value,)
        return f"{name} lists {_format_value(twice[0])} twice.", "Remove one."
    return f"{name}: {error.message}.", ""


def _explain_pattern(name: str, pattern: str) -> str:
    if name == "account_settings.alias":
        return "An account alias is 3 to 63 lower-case letters, digits and single dashes, with none at either end."
    if name.endswith("account"):
        return "An account is 12 digits."
    if name.endswith("owner"):
        return "An owner is 1 to 64 letters, digits and . _ -."
    if "smhd" in pattern:
        return "Write a duration such as 45m, 1h, 90d, or seconds."
    if "required" in pattern:
        return "Write `required`, or `{max_age: 1h}`."
    return f"It must match {pattern}."


def _format_path(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _format_value(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"

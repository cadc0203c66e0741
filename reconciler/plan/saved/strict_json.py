"""Values of a plan file, taken only if they are of the type and within the bounds that a plan has.

Nothing vouches for a plan file: NaN compares as "not more" with every threshold, `true` counts as 1, and a text is
also a list of letters. So each value that is read comes through here. Errors name the path, escaped, and no value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.address import Address

MAX_INTEGER = 2**63 - 1


class MalformedPlan(ValueError):
    """A value of a plan file that no plan has; the message names its path and can be shown."""


def parse_strict_json(content: bytes, flaws: list[str]) -> Any:
    """Parse JSON. Append a sentence to `flaws` for each key that stands twice and each number that JSON does not have
    (NaN, Infinity, 1e999): Python takes both, and other readers see another plan. Raises ValueError, RecursionError."""

    def collect_pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            flaws.append("A key stands twice in one object.")
        return found

    def reject_constant(name: str) -> None:
        flaws.append(f"{name} is not a number.")

    def parse_real(text: str) -> float:
        if not math.isfinite(number := float(text)):
            flaws.append("A number is too large.")
        return number

    return json.loads(content, object_pairs_hook=collect_pairs, parse_constant=reject_constant, parse_float=parse_real)


def take_object(value: object, path: str, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return an object that has all required keys and none but those and the optional ones."""
    if not isinstance(value, dict):
        raise MalformedPlan(f"{path} is not an object.")
    if missing := [key for key in required if key not in value]:
        raise MalformedPlan(f"{path} lacks {missing[0]!r}.")
    if unknown := sorted(set(value) - {*required, *optional}):
        raise MalformedPlan(f"{path} has the key {unknown[0]!r}, which no plan of this version has.")
    return value


def take_mapping(value: object, path: str) -> Mapping[str, Any]:
    """Return an object whose keys are names that somebody chose."""
    return take_object(value, path, (), tuple(value) if isinstance(value, dict) else ())


def take_list(value: object, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedPlan(f"{path} is not a list.")
    return value


def take_text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise MalformedPlan(f"{path} is not a text.")
    return value


def take_name(value: object, path: str) -> str:
    """Return a text that something in AWS can be called: half a character (a lone surrogate) is in no name."""
    text = take_text(value, path)
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise MalformedPlan(f"{path} holds half a character.")
    return text


def take_texts(value: object, path: str) -> tuple[str, ...]:
    return tuple(take_text(item, path) for item in take_list(value, path))


def take_flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedPlan(f"{path} is neither true nor false.")
    return value


def take_number(value: object, path: str, maximum: float) -> int | float:
    """Return a number from 0 to `maximum`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedPlan(f"{path} is not a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise MalformedPlan(f"{path} is not a number.")
    if not 0 <= value <= maximum:
        raise MalformedPlan(f"{path} is not between 0 and {maximum}.")
    return value


def take_integer(value: object, path: str, maximum: int = MAX_INTEGER) -> int:
    """Return a whole number from 0 to `maximum`."""
    number = take_number(value, path, maximum)
    if number != int(number):
        raise MalformedPlan(f"{path} is not a whole number.")
    return int(number)


def take_address(value: object, path: str, kinds: Sequence[str] = ()) -> Address:
    """Return an address, of one of these kinds if any are given."""
    try:
        address = Address.parse(take_text(value, path))
    except ValueError:
        raise MalformedPlan(f"{path} is not an address of the form kind/name.") from None
    if kinds and address.kind not in kinds:
        raise MalformedPlan(f"{path} is not the address of a {' or '.join(kinds)}.")
    return address

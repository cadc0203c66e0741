"""Read values of a plan file only if they have the type and the bounds of a plan.

A plan file is not trusted: NaN is not greater than any threshold, `true` counts as 1, and a text is also a list of
letters. So every value is read by a function of this module. Errors name the path of a value, and never the value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.address import Address

MAX_INTEGER = 2**63 - 1


class MalformedPlan(ValueError):
    """Says that a plan file has a wrong value. The message names its path and is safe to show."""


def parse_strict_json(content: bytes, flaws: list[str]) -> Any:
    """Return the value of a JSON text. Raises ValueError or RecursionError.

    flaws: gets a sentence for each repeated key and each number that JSON does not have (NaN, Infinity, 1e999). Python
    accepts both, but other programs would read another plan.
    """

    def collect_pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(items)
        if len(members) < len(items):
            flaws.append("An object has the same key twice.")
        return members

    def reject_constant(name: str) -> None:
        flaws.append(f"{name} is not a number.")

    def parse_real(text: str) -> float:
        if not math.isfinite(number := float(text)):
            flaws.append("A number is too large.")
        return number

    return json.loads(content, object_pairs_hook=collect_pairs, parse_constant=reject_constant, parse_float=parse_real)


def take_object(value: object, path: str, required: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return an object that has all required keys, and no others except the optional ones. Raises MalformedPlan."""
    if not isinstance(value, dict):
        raise MalformedPlan(f"{path} is not an object.")
    if missing := [key for key in required if key not in value]:
        raise MalformedPlan(f"{path} lacks {missing[0]!r}.")
    if unknown := sorted(set(value) - {*required, *optional}):
        raise MalformedPlan(f"{path} has the unknown key {unknown[0]!r}.")
    return value


def take_mapping(value: object, path: str) -> Mapping[str, Any]:
    """Return an object with any keys. Raises MalformedPlan."""
    return take_object(value, path, (), tuple(value) if isinstance(value, dict) else ())


def take_list(value: object, path: str) -> list[Any]:
    """Return a list. Raises MalformedPlan."""
    if not isinstance(value, list):
        raise MalformedPlan(f"{path} is not a list.")
    return value


def take_text(value: object, path: str) -> str:
    """Return a text. Raises MalformedPlan."""
    if not isinstance(value, str):
        raise MalformedPlan(f"{path} is not a text.")
    return value


def take_name(value: object, path: str) -> str:
    """Return a text that can be a name in AWS, which has no lone surrogate. Raises MalformedPlan."""
    text = take_text(value, path)
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise MalformedPlan(f"{path} has half of a surrogate pair.")
    return text


def take_texts(value: object, path: str) -> tuple[str, ...]:
    """Return a list of texts. Raises MalformedPlan."""
    return tuple(take_text(item, path) for item in take_list(value, path))


def take_flag(value: object, path: str) -> bool:
    """Return True or False. Raises MalformedPlan."""
    if not isinstance(value, bool):
        raise MalformedPlan(f"{path} is neither true nor false.")
    return value


def take_number(value: object, path: str, maximum: float) -> int | float:
    """Return a number from 0 to `maximum`. Raises MalformedPlan."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedPlan(f"{path} is not a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise MalformedPlan(f"{path} is not a number.")
    if not 0 <= value <= maximum:
        raise MalformedPlan(f"{path} is not between 0 and {maximum}.")
    return value


def take_integer(value: object, path: str, maximum: int = MAX_INTEGER) -> int:
    """Return a whole number from 0 to `maximum`. Raises MalformedPlan."""
    number = take_number(value, path, maximum)
    if number != int(number):
        raise MalformedPlan(f"{path} is not a whole number.")
    return int(number)


def take_address(value: object, path: str, kinds: Sequence[str] = ()) -> Address:
    """Return an address; if `kinds` is given, of one of these. Raises MalformedPlan."""
    try:
        address = Address.parse(take_text(value, path))
    except ValueError:
        raise MalformedPlan(f"{path} is not an address of the form kind/name.") from None
    if kinds and address.kind not in kinds:
        raise MalformedPlan(f"{path} is not the address of a {' or '.join(kinds)}.")
    return address

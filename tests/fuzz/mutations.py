"""Change bytes, texts and JSON values at random, for fuzz targets. All randomness comes from one `Random`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Json = Any

MAX_INPUT_BYTES = 400_000
"""The most bytes of an input: enough for quadratic code to take more than five seconds."""

TOKENS: tuple[str, ...] = (
    "\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\xa0", "\xad", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufffe",
    "\U0010ffff", "\u0130", "\u1e9e", "\u212a", "e\u0301", "\r", "\r\n", "\n", "\t", "\f", " ", "\n::warning::x",
    "*", "?", "[", "]", "***", "**/", "*?*?*?*?*?*?a", "[!a-", "../", "/dev/zero", "/etc/passwd", "~", "$HOME", "$(id)",
    "%", "%0A", "%s", "{}", "{{", "}}", "{{ account_id }}", "{{ nobody }}", "${aws:username}", "${", "\\", "\\u0000",
    "'", '"', "`", "#", ";", ":", "=", "&", "<", ">", "!", "|", "@", ",", "-", "--", "+",
    "null", "true", "yes", "NaN", "-Infinity", "1e400", "-1", "0", "007", "0x1f", "1_000", "1.5", ".inf", "12:30:45",
    "2026-02-30", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01", "99999999999999999999", "9" * 5000,
    "arn:aws:iam::123456789012:role/x", "arn:aws:iam::aws:policy/AdministratorAccess", "arn:::::", "123456789012",
    "reconcile:owner", "Reconcile:Owner", "aws:", "role/", "user/u1", "policy/p1", "group/g1", "kind/", "/",
)  # fmt: skip

ODD_VALUES: tuple[Json, ...] = (
    None, True, False, 0, -1, 1, 2**63, 10**400, 1.5, float("nan"), float("inf"), -0.0, "", " ", "\n", "\ud800", "\0",
    [], {}, [None], [[]], [{}], {"": None}, {"name": {}}, {"a": "b"}, "x" * 3000, ["*"], "*", "absent",
)  # fmt: skip


def spoil_bytes(random: Random, data: bytes, other: bytes) -> bytes:
    """Return `data` with one change. other: another good input, of which a piece may be used."""
    at, end = _draw_span(random, len(data))
    span = data[at:end]
    match random.randrange(9):
        case 0:
            return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:end] + span + data[end:]
        case 3:
            return data[:at] + _draw_token(random) + data[at:]
        case 4:
            return data[:at] + _draw_token(random) + data[end:]
        case 5:
            first, last = _draw_span(random, len(other))
            return data[:at] + other[first:last] + data[end:]
        case 6:
            return data[:at]
        case 7:
            return data[:at] + span * draw_repetitions(random, len(span)) + data[end:]
        case _:
            return data[:at] + random.choice((b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80")) + data[at:]


def spoil_lines(random: Random, text: str, other: str) -> str:
    """Return `text` with a line moved, doubled, dropped, indented, or taken from `other`."""
    lines = text.splitlines(keepends=True) or [""]
    at = random.randrange(len(lines))
    match random.randrange(7):
        case 0:
            lines.insert(random.randrange(len(lines)), lines.pop(at))
        case 1:
            lines[at : at + random.randrange(1, 6)] = []
        case 2:
            lines[at : at + 1] = lines[at : at + random.randrange(1, 8)] * 2
        case 3:
            lines[at] = random.choice(("  ", " ", "\t", "    ")) + lines[at]
        case 4:
            lines[at] = lines[at][random.choice((1, 2, 4)) :]
        case 5:
            lines.insert(at, random.choice(other.splitlines(keepends=True) or ["\n"]))
        case _:
            lines[at : at + 1] = [lines[at]] * draw_repetitions(random, len(lines[at]))
    return "".join(lines)


def spoil_text(random: Random, text: str) -> str:
    """Return `text` with an odd piece added, a piece removed, or repeated many times."""
    at, end = _draw_span(random, len(text))
    match random.randrange(5):
        case 0:
            return text[:at] + text[end:]
        case 1:
            return text[:at] + text[at:end] * draw_repetitions(random, end - at) + text[end:]
        case 2:
            return text.swapcase()
        case _:
            return text[:at] + random.choice(TOKENS) + text[random.choice((at, end)) :]


def spoil_json(random: Random, value: Json) -> Json:
    """Return a copy of `value` with a change at one place, at any depth."""
    value = json.loads(json.dumps(value))
    holders = list(_find_holders(value))
    if not holders:
        return random.choice(ODD_VALUES)
    holder = random.choice(holders)
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    key = random.choice(list(keys))
    random.choice(_TREE_CHANGES)(random, holder, key, random.choice(holders))
    return value


def _find_holders(value: Json) -> Sequence[Json]:
    """Return every mapping and list in a value that is not empty."""
    holders, remaining = [], [value]
    while remaining:
        item = remaining.pop()
        if isinstance(item, dict | list) and item:
            holders.append(item)
            remaining += item.values() if isinstance(item, dict) else item
    return holders


def _replace(random: Random, holder: Json, key: Json, other: Json) -> None:
    holder[key] = random.choice(ODD_VALUES)


def _drop(random: Random, holder: Json, key: Json, other: Json) -> None:
    del holder[key]


def _respell(random: Random, holder: Json, key: Json, other: Json) -> None:
    holder[key] = spoil_text(random, holder[key]) if isinstance(holder[key], str) else str(holder[key])


def _rename(random: Random, holder: Json, key: Json, other: Json) -> None:
    if isinstance(holder, dict):
        holder[spoil_text(random, key)] = holder.pop(key)
    else:
        holder.append(holder[key])


def _copy_from(random: Random, holder: Json, key: Json, other: Json) -> None:
    """Replace a value by a copy of another one: valid in itself, but in the wrong place."""
    source = random.choice(list(other.values()) if isinstance(other, dict) else other)
    holder[key] = json.loads(json.dumps(source))


def _wrap(random: Random, holder: Json, key: Json, other: Json) -> None:
    value = holder[key]
    for _ in range(random.choice((1, 1, 2, 60, 300))):
        value = [value] if random.randrange(2) else {"Statement": value}
    holder[key] = value


def _enlarge(random: Random, holder: Json, key: Json, other: Json) -> None:
    value = holder[key]
    if isinstance(value, list) and value:
        holder[key] = value * draw_repetitions(random, len(json.dumps(value)))
    elif isinstance(value, dict) and value:
        inside = next(iter(value.values()))
        holder[key] = {f"{name}{n}": inside for n in range(random.choice((2, 50))) for name in list(value)[:3]}
    else:
        holder[key] = str(value) * random.choice((2, 100, 2000))


_TREE_CHANGES: tuple[Callable[[Random, Json, Json, Json], None], ...] = (
    _replace, _replace, _drop, _drop, _respell, _respell, _rename, _copy_from, _copy_from, _wrap, _enlarge,
)  # fmt: skip


def draw_repetitions(random: Random, size: int) -> int:
    """Return how often to repeat something of `size` bytes: mostly a few times, rarely up to MAX_INPUT_BYTES bytes."""
    times = random.choice((2, 2, 3, 5, 10, 30, 100)) if random.randrange(40) else MAX_INPUT_BYTES
    return max(2, min(times, MAX_INPUT_BYTES // (2 * max(size, 1))))


def _draw_span(random: Random, length: int) -> tuple[int, int]:
    at = random.randrange(length + 1)
    return at, min(length, at + random.choice((0, 1, 2, 4, 16, 64, 256)))


def _draw_token(random: Random) -> bytes:
    return random.choice(TOKENS).encode("utf-8", "surrogatepass")

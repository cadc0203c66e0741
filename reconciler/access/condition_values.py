"""Find values of condition keys that tell conditions apart: one value for each way in which conditions can be true.

For each key: the value that is absent, one that no condition names, the edges of every interval and network, and an
example of every atom of the patterns. Two values with the same answers are one. Conditions whose variables are unknown
count as true and false, whatever the other keys are: such an answer has no value, and nobody can show it by a request.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations, pairwise

from reconciler.access.comparisons import parse_network, parse_number, parse_timestamp
from reconciler.access.conditions import CompiledCondition
from reconciler.access.context import Alternative, Context
from reconciler.access.templates import MANY, ONE, compile_filled_glob, parse_arn_glob, to_plain_text
from reconciler.access.text_atoms import TextPattern, find_text_atoms, make_pattern
from reconciler.access.verdicts import Ternary
from reconciler.model.globs import Repeat, accept_any, parse_glob
from reconciler.policy.global_keys import BOOLEAN_KEYS, SECONDS_KEYS, TIME_KEYS

_FRESH_TEXTS = ("reconcile-other", "arn:x:x:x:x:x")
"""A text and an ARN that no policy names."""
_TRUTHS = ("true", "false")
_MAX_SETS = 64


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """One way in which a request can answer the conditions on a key.

    key: the condition key; "" if this is a condition with unknown variables. values: what the request has for the key;
    None if it is absent. held: the conditions that hold.
    """

    key: str
    values: Alternative
    held: frozenset[CompiledCondition]


def list_key_choices(conditions: Iterable[CompiledCondition], own: Context) -> list[list[KeyChoice]]:
    """Return the choices for each key; a request has one choice of each. Raises TooManyAtomsError.

    own: the principal's own keys. It may know several values of a key; then no other value is possible.
    """
    by_key: defaultdict[str, list[CompiledCondition]] = defaultdict(list)
    choices: list[list[KeyChoice]] = []
    for condition in dict.fromkeys(conditions):
        if condition.variables or condition.operator is None:
            choices.append([KeyChoice("", None, frozenset()), KeyChoice("", None, frozenset([condition]))])
        else:
            by_key[condition.key].append(condition)
    return [*(_list_choices(key, tests, own.find(key)) for key, tests in sorted(by_key.items())), *choices]


def _list_choices(key: str, tests: Sequence[CompiledCondition], known: Sequence[Alternative]) -> list[KeyChoice]:
    choices: dict[tuple[Ternary, ...], Alternative] = {}
    texts = [(_raise_to_zero(text) if key in SECONDS_KEYS else text,) for text in _list_texts(tests)]
    # Every request has a time (IAM User Guide, "AWS global condition context keys"), so an example rather has one, too.
    possible = known or ([*texts, None] if key in TIME_KEYS else [None, *texts])
    for values in possible:
        choices.setdefault(_test_values(key, values, tests), values)
    if not known and any(condition.operator and condition.operator.quantifier for condition in tests):
        _add_sets(key, tests, choices)
    return [
        KeyChoice(key, values, frozenset(test for test, answer in zip(tests, answers, strict=True) if answer.value))
        for answers, values in choices.items()
    ]


def _raise_to_zero(text: str) -> str:
    """Return 0 for a negative number, because no request has it; else the text."""
    number = parse_number(text)
    return "0" if number is not None and number < 0 else text


def _test_values(key: str, values: Alternative, tests: Sequence[CompiledCondition]) -> tuple[Ternary, ...]:
    context = Context({key: (values,)})
    return tuple(condition.holds(context) for condition in tests)


def _add_sets(key: str, tests: Sequence[CompiledCondition], choices: dict[tuple[Ternary, ...], Alternative]) -> None:
    """Add the answers to keys with several values: any two sets of values can be put together."""
    size = 0
    while size < len(choices) <= _MAX_SETS:
        size = len(choices)
        for one, other in combinations([values for values in choices.values() if values], 2):
            values = tuple(dict.fromkeys((*one, *other)))
            answers = _test_values(key, values, tests)
            if all(answer.value is not None for answer in answers):
                choices.setdefault(answers, values)


def _list_texts(tests: Sequence[CompiledCondition]) -> Iterator[str]:
    """Yield values that tell the tests of one key apart. No request has a text for a key of another type."""
    if tests[0].key in BOOLEAN_KEYS:
        yield from _TRUTHS
        return
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for condition in tests:
        assert condition.operator is not None
        if condition.operator.base != "Null":  # it tests whether the key is there, whatever its type is
            by_type[condition.operator.type] += [template.fixed or "" for template in condition.templates]
    if not by_type or not by_type.keys() <= _LISTERS.keys():
        yield from _FRESH_TEXTS
    for kind, texts in by_type.items():
        yield from _LISTERS.get(kind, _list_plain_texts)(texts)
    patterns = [text for kind in ("String", "Arn") for text in by_type.get(kind, ())]
    if patterns:
        yield from (atom.example for atom in find_text_atoms(_make_patterns(patterns), [_ANY_TEXT]))


def _make_patterns(texts: Iterable[str]) -> Iterator[TextPattern]:
    """Yield each text as StringLike and as ArnLike read it."""
    for text in texts:
        yield make_pattern(text, compile_filled_glob(text), lambda text: parse_glob(text, MANY, ONE), MANY + ONE)
        if MANY in text or ONE in text:
            yield TextPattern(f"arn {text}", compile_filled_glob(text), tuple(parse_arn_glob(text)))


_ANY_TEXT = TextPattern("", accept_any, (Repeat(accept_any),))


def _list_plain_texts(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text as it is, and in other letter case, which some operators ignore."""
    for text in map(to_plain_text, texts):
        yield from (text, text.swapcase())


def _list_truths(_: Iterable[str]) -> Iterator[str]:
    yield from _TRUTHS


def _list_around(texts: Iterable[str], parse: Callable[[str], Decimal | None]) -> Iterator[Decimal]:
    """Yield each edge of the intervals that numbers or times divide, and a value on either side of it."""
    numbers = sorted({number for text in texts if (number := parse(to_plain_text(text))) is not None})
    if numbers:
        yield from (numbers[0] - 1, *numbers, numbers[-1] + 1)
        yield from ((low + high) / 2 for low, high in pairwise(numbers))


def _list_numbers(texts: Iterable[str]) -> Iterator[str]:
    return map(str, _list_around(texts, parse_number))


def _list_times(texts: Iterable[str]) -> Iterator[str]:
    return map(_format_time, _list_around(texts, parse_timestamp))


def _format_time(seconds: Decimal) -> str:
    """Return a time as a reader knows it, `2027-12-04T23:59:59Z`; in seconds since 1970 if that form cannot hold it."""
    try:
        text = datetime.fromtimestamp(float(seconds), UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return str(seconds)
    return text if parse_timestamp(text) == seconds else str(seconds)


def _list_addresses(texts: Iterable[str]) -> Iterator[str]:
    """Yield the first and the last address of each network, and those beside it."""
    for text in texts:
        try:
            network = parse_network(to_plain_text(text))
        except ValueError:
            continue
        for address in (network.network_address, network.broadcast_address):
            yield str(address)
            for number in (int(address) - 1, int(address) + 1):
                if 0 <= number < 1 << network.max_prefixlen:
                    yield str(type(address)(number))
    yield from (str(ipaddress.ip_address(text)) for text in ("198.51.100.77", "2001:db8:ffff::77"))


_LISTERS: dict[str, Callable[[Iterable[str]], Iterator[str]]] = {
    "Bool": _list_truths,
    "Numeric": _list_numbers,
    "Date": _list_times,
    "IpAddress": _list_addresses,
}

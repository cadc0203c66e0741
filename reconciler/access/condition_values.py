"""Find values of condition keys that tell conditions apart: one value for each way in which conditions can be true.

For each key: the value that is absent, one that no condition names, the edges of every interval and network, and an
example of every atom of the patterns. Two values with the same answers are one. Conditions whose variables are unknown
count as true and false, whatever the other keys are: such an answer has no value, and nobody can show it by a request.
So do conditions of several types on one key, beyond the answers that a value was found for.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from itertools import combinations, islice, pairwise

from reconciler.access.comparisons import parse_network, parse_number, parse_timestamp
from reconciler.access.conditions import CompiledCondition
from reconciler.access.context import Alternative, Context
from reconciler.access.templates import MANY, ONE, compile_filled_glob, parse_arn_glob, to_plain_text
from reconciler.access.text_atoms import TextPattern, TooManyAtomsError, find_text_atoms, make_pattern
from reconciler.access.verdicts import Ternary
from reconciler.model.globs import Repeat, accept_any, parse_glob
from reconciler.policy.global_keys import BOOLEAN_KEYS, SECONDS_KEYS, TIME_KEYS

_FRESH_TEXTS = ("reconcile-other", "arn:x:x:x:x:x")
"""A text and an ARN that no policy names."""
_TRUTHS = ("true", "false")
_MAX_SETS = 64
_MAX_UNSHOWN = 8
"""The most conditions on a key whose sets are all counted as possible."""
_EQUALITIES = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """One way in which a request can answer the conditions on a key.

    key: the condition key; "" if no value shows it, as for unknown variables. values: what the request has
    for the key; None if it is absent. held: the conditions that hold.
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
    found = [
        KeyChoice(key, values, frozenset(test for test, answer in zip(tests, answers, strict=True) if answer.value))
        for answers, values in choices.items()
    ]
    return found if known or _tell_all_apart(key, tests) else [*found, *_list_unshown(tests, found)]


def _list_unshown(tests: Sequence[CompiledCondition], found: Iterable[KeyChoice]) -> Iterator[KeyChoice]:
    """Yield the sets of conditions that no choice has: for all that is known, some value may fulfil them.

    Raises TooManyAtomsError.
    """
    if len(tests) > _MAX_UNSHOWN:
        raise TooManyAtomsError
    shown = {choice.held for choice in found}
    for size in range(1, len(tests) + 1):
        for held in map(frozenset, combinations(tests, size)):
            if held not in shown:
                yield KeyChoice("", None, held)


def _tell_all_apart(key: str, tests: Sequence[CompiledCondition]) -> bool:
    """Return whether `_list_texts` has a value for every way in which the tests can hold: it knows each type by itself.

    Letter case that does not count divides texts in another way than patterns do.
    """
    operators = [condition.operator for condition in tests if condition.operator and condition.operator.base != "Null"]
    types = {operator.type for operator in operators}
    if key in BOOLEAN_KEYS or types <= {"Bool"}:
        return True
    if any(operator.base.endswith("IgnoreCase") for operator in operators):
        return all(operator.base in _EQUALITIES for operator in operators)
    return len(types) <= 1 or types == {"String", "Arn"}


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
    """Yield each text as it is, and in a letter case that no text has, which some operators ignore."""
    written = set(map(to_plain_text, texts))
    for text in sorted(written):
        yield text
        letters = [place for place, letter in enumerate(text) if letter != letter.swapcase()]
        others = (
            _swap_case(text, places) for size in range(len(letters) + 1) for places in combinations(letters, size)
        )
        yield from islice((other for other in others if other not in written), 1)


def _swap_case(text: str, places: Iterable[int]) -> str:
    letters = list(text)
    for place in places:
        letters[place] = letters[place].swapcase()
    return "".join(letters)


def _list_truths(_: Iterable[str]) -> Iterator[str]:
    yield from _TRUTHS


def _list_around(texts: Iterable[str], parse: Callable[[str], Decimal | None]) -> Iterator[Decimal]:
    """Yield each edge of the intervals that numbers or times divide, and a value on either side of it."""
    numbers = sorted({number for text in texts if (number := parse(to_plain_text(text))) is not None})
    if not numbers:
        return
    least, most = numbers[0], numbers[-1]
    with localcontext() as context:
        # With fewer digits than the numbers have, what lies between two of them could be rounded to one of them.
        context.prec = 28 + max(len(number.as_tuple().digits) for number in numbers)
        below, above = least - 1, most + 1
        between = [(low + high) / 2 for low, high in pairwise(numbers)]
    if below == least:  # too large for the difference to count
        below = min(least * 2, Decimal(0))
    if above == most:
        above = max(most * 2, Decimal(0))
    yield from (below, *numbers, above, *between)


def _list_numbers(texts: Iterable[str]) -> Iterator[str]:
    return map(str, _list_around(texts, parse_number))


def _list_times(texts: Iterable[str]) -> Iterator[str]:
    return map(_format_time, _list_around(texts, parse_timestamp))


def _format_time(seconds: Decimal) -> str:
    """Return a time as a reader knows it, `2027-12-04T23:59:59Z`; in seconds since 1970 if that form cannot hold it."""
    try:
        text = datetime.fromtimestamp(float(seconds), UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return f"{seconds:f}"
    return text if parse_timestamp(text) == seconds else f"{seconds:f}"


def _list_addresses(texts: Iterable[str]) -> Iterator[str]:
    """Yield the first and the last address of each network, and of each range between them."""
    networks = []
    for text in texts:
        with suppress(ValueError):
            networks.append(parse_network(to_plain_text(text)))
    for kind, fresh in ((ipaddress.IPv4Address, "198.51.100.77"), (ipaddress.IPv6Address, "2001:db8:ffff::77")):
        starts = {0}
        for network in networks:
            if isinstance(network.network_address, kind):
                starts |= {int(network.network_address), int(network.broadcast_address) + 1}
        size = 1 << kind(fresh).max_prefixlen
        yield from (str(kind(start)) for start in sorted(starts) if start < size)
        yield from (str(kind(start - 1)) for start in sorted(starts) if start)
        yield fresh


_LISTERS: dict[str, Callable[[Iterable[str]], Iterator[str]]] = {
    "Bool": _list_truths,
    "Numeric": _list_numbers,
    "Date": _list_times,
    "IpAddress": _list_addresses,
}

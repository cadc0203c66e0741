"""Divide requests by the statements that cover them: classes of actions, atoms of resources, choices of keys.

Two requests of one class, one atom and the same choices get the same answer from the same statements. So one example of
each stands for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from reconciler.access.condition_values import KeyChoice, list_key_choices
from reconciler.access.context import Context
from reconciler.access.policy_statements import PolicyStatement
from reconciler.access.templates import MANY, ONE, accept_all_but_colon, compile_arn_glob, parse_arn_glob
from reconciler.access.text_atoms import (
    TextAtom,
    TextPattern,
    TooManyAtomsError,
    find_text_atoms,
    make_pattern,
)
from reconciler.model.account_caches import cache_for_account
from reconciler.model.globs import Automaton, Token, compile_glob, parse_glob
from reconciler.policy.overlap import pattern_sets_overlap

MAX_CHOICES = 4096
"""The number of combinations of choices that a comparison looks at before it gives up."""

Fact = object
"""A condition of a statement, or something that nobody knows about it."""


@dataclass(frozen=True, slots=True)
class ActionClass:
    """The actions that the same statements cover. atoms: the parts that differ in the patterns that they match."""

    covering: frozenset[PolicyStatement]
    atoms: tuple[TextAtom, ...]


def find_action_classes(statements: Iterable[PolicyStatement], changed: Iterable[PolicyStatement]) -> list[ActionClass]:
    """Return the classes of actions that a changed statement covers, among some statements. Raises TooManyAtomsError.

    Patterns that share no action with a changed statement do not divide these actions, so they are left out.
    """
    listed, deciding = list(statements), frozenset(changed)
    patterns = frozenset(
        pattern for one in listed for pattern in one.actions if one in deciding or _may_matter(pattern, deciding)
    )
    by_covering: dict[frozenset[PolicyStatement], list[TextAtom]] = {}
    for atom in _find_action_atoms(patterns):
        covering = frozenset(one for one in listed if covers_action_atom(one, atom))
        if not covering.isdisjoint(deciding):
            by_covering.setdefault(covering, []).append(atom)
    return [ActionClass(covering, tuple(atoms)) for covering, atoms in by_covering.items()]


def _may_matter(pattern: str, changed: frozenset[PolicyStatement]) -> bool:
    alone = frozenset([pattern])
    return any(pattern_sets_overlap(alone, False, one.actions, one.not_action) for one in changed)


def find_resource_atoms(statements: Iterable[PolicyStatement]) -> tuple[TextAtom, ...]:
    """Return the parts of all resources that the statements tell apart. Raises TooManyAtomsError."""
    return find_atoms_within(frozenset(pattern for one in statements for pattern in one.resources or ()))


def covers_action_atom(statement: PolicyStatement, atom: TextAtom) -> bool:
    return statement.actions.isdisjoint(atom.matched) == statement.not_action


def covers_resource_atom(statement: PolicyStatement, atom: TextAtom) -> bool:
    if statement.resources is None:
        return True
    return statement.resources.isdisjoint(atom.matched) == statement.not_resource


def _find_action_atoms(patterns: frozenset[str]) -> tuple[TextAtom, ...]:
    atoms = _search_action_atoms(patterns)
    if atoms is None:
        raise TooManyAtomsError
    return atoms


@cache_for_account(maxsize=1024)
def _search_action_atoms(patterns: frozenset[str]) -> tuple[TextAtom, ...] | None:
    """Return the parts of all actions; None if there are too many: a search in vain takes longest."""
    try:
        return tuple(find_text_atoms(map(_make_action_pattern, patterns), [_make_action_pattern("?*:?*")]))
    except TooManyAtomsError:
        return None


@cache_for_account(maxsize=4096)
def _make_action_pattern(text: str) -> TextPattern:
    return make_pattern(text, compile_glob(text), parse_glob, "*?")


def find_atoms_within(
    patterns: frozenset[str], wanted: frozenset[str] | None = None, forms: frozenset[str] | None = None
) -> tuple[TextAtom, ...]:
    """Return the parts of some resources. Raises TooManyAtomsError.

    wanted: patterns of the resources, as a policy writes them. forms: of the resources that an action can name, in
    which `*` stands for one variable part. None: all resources.
    """
    if forms is None:
        return _find_atoms_of_form(patterns, wanted, None)
    found: dict[frozenset[str], TextAtom] = {}
    for form in sorted(forms):  # one by one: side by side, they would divide each other
        for atom in _find_atoms_of_form(patterns, wanted, form):
            found.setdefault(atom.matched, atom)
    return tuple(found.values())


def _find_atoms_of_form(
    patterns: frozenset[str], wanted: frozenset[str] | None, form: str | None
) -> tuple[TextAtom, ...]:
    atoms = _search_resource_atoms(patterns, wanted, form)
    if atoms is None:
        raise TooManyAtomsError
    return atoms


@cache_for_account(maxsize=16384)
def _search_resource_atoms(
    patterns: frozenset[str], wanted: frozenset[str] | None, form: str | None
) -> tuple[TextAtom, ...] | None:
    """Return the parts of the resources of one form; None if there are too many: a search in vain takes longest."""
    universes = [list(map(_make_resource_pattern, wanted))] if wanted is not None else []
    universes += [[_make_form_pattern(form)]] if form is not None else []
    try:
        return tuple(find_text_atoms(map(_make_resource_pattern, patterns), _RESOURCES, *universes))
    except TooManyAtomsError:
        return None


@cache_for_account(maxsize=4096)
def _make_resource_pattern(text: str) -> TextPattern:
    return make_pattern(text, compile_arn_glob(text), parse_arn_glob, MANY + ONE)


@cache_for_account(maxsize=4096)
def _make_form_pattern(text: str) -> TextPattern:
    """Return a form of ARNs. No segment but the last has a colon: fewer ways to read a text than a policy's `*` has."""
    *segments, last = text.split(":", 5)
    tokens: list[Token] = []
    for segment in segments:
        tokens += [*parse_glob(segment, MANY, ONE, accept_all_but_colon), ":"]
    tokens += parse_glob(last, MANY, ONE)
    return TextPattern(text, Automaton(tokens).matches, tuple(tokens))


_RESOURCES = [
    _make_resource_pattern("*"),
    _make_form_pattern(f"arn:{MANY}:{MANY}:{MANY}:{MANY}:{ONE}{MANY}"),
]
"""A request names an ARN, or `*` if its action has no resource."""


class ChoiceSpace:
    """All combinations of choices of the keys that statements test. A set of combinations is a number of bits.

    every: all of them. known: those in which nothing that nobody knows is true.
    """

    def __init__(self, statements: Iterable[PolicyStatement], own: Context) -> None:
        listed = list(statements)
        unknown = sorted({fact for one in listed for fact in one.unknown})
        self._choices: list[list[KeyChoice]] = list_key_choices(
            sorted({test for one in listed for test in one.conditions}, key=lambda test: test.sort_key), own
        )
        self._unknown = unknown
        counts = [*(len(choices) for choices in self._choices), *(2 for _ in unknown)]
        if prod(counts) > MAX_CHOICES:
            raise TooManyAtomsError
        self.every = (1 << prod(counts)) - 1
        self.known = self.every
        self._masks: dict[Fact, int] = {}
        stride = 1
        for choices in self._choices:
            for index, choice in enumerate(choices):
                for test in choice.held:
                    self._masks[test] = self._masks.get(test, 0) | self._repeat(stride, index, len(choices))
                if not choice.key and choice.held:
                    self.known &= ~self._repeat(stride, index, len(choices))
            stride *= len(choices)
        for fact in unknown:
            self._masks[fact] = self._repeat(stride, 1, 2)
            self.known &= ~self._masks[fact]
            stride *= 2

    def _repeat(self, stride: int, index: int, count: int) -> int:
        """Return the combinations with one choice of a key. stride: the number of combinations of the keys before."""
        block, period, size = ((1 << stride) - 1) << (stride * index), stride * count, self.every.bit_length()
        repeated = ((1 << size) - 1) // ((1 << period) - 1)
        return block * repeated

    def select(self, statement: PolicyStatement) -> int:
        """Return the combinations in which the conditions of a statement hold."""
        selected = self.every
        for fact in (*statement.conditions, *statement.unknown):
            selected &= self._masks.get(fact, 0)
        return selected

    def make_contexts(self, combinations: int) -> Iterator[Context]:
        """Yield a request for each combination; all keys that no condition tests are absent."""
        while combinations:
            index = (combinations & -combinations).bit_length() - 1
            combinations &= combinations - 1
            known = {}
            for choices in self._choices:
                choice = choices[index % len(choices)]
                index //= len(choices)
                if choice.key:
                    known[choice.key] = (choice.values,)
            yield Context(known, absent_prefixes=("",))


def evaluate_statements(
    statements: Iterable[PolicyStatement],
    layers: Sequence[int],
    atom: TextAtom,
    masks: Mapping[PolicyStatement, int],
) -> int:
    """Return the combinations in which the statements allow a resource: every layer allows, and nothing denies."""
    allowed = dict.fromkeys(layers, 0)
    denied = 0
    for one in statements:
        if covers_resource_atom(one, atom):
            if one.allows:
                allowed[one.layer] |= masks[one]
            else:
                denied |= masks[one]
    result = ~denied
    for mask in allowed.values():
        result &= mask
    return result

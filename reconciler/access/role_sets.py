"""Group the roles of an account into sets whose roles get the same answer from a statement.

A set is a number with one bit for each role. Bit operations put thousands of roles into a few sets, and one role of
each set is evaluated for all of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.access.compiled_policies import ActionStatements, CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Alternative, Context
from reconciler.access.role_assumption import ROLE_KEY_PREFIXES, Target
from reconciler.access.templates import MANY, ONE, compile_arn_glob
from reconciler.model.document import Document

_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class TrustGroup:
    """Roles of one account whose trusts give the same answers.

    roles: the set. statements: the trust of one of them, for one action.
    keys: the keys of a request that the trust tests.
    """

    roles: int
    account: str
    statements: ActionStatements
    keys: frozenset[str]


class RoleSets:
    """The roles of an account, and sets of them. `all_roles` is the set of all."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._targets = sorted(targets, key=lambda target: target.arn)
        self._arns = [target.arn for target in self._targets]
        self.all_roles = (1 << len(self._targets)) - 1
        self._targets_by_set: dict[int, tuple[Target, ...]] = {}
        self._sets_by_text: dict[str, int] = {}
        self._sets_by_key: dict[str, tuple[int, ...]] = {}

    def list_targets(self, roles: int) -> tuple[Target, ...]:
        """Return the roles of a set."""
        targets = self._targets_by_set.get(roles)
        if targets is None:
            targets = self._targets_by_set[roles] = tuple(self._targets[index] for index in _list_bits(roles))
        return targets

    def find_matching(self, text: str) -> int:
        """Return the set of roles whose ARN matches a filled-in text of a Resource."""
        matching_roles = self._sets_by_text.get(text)
        if matching_roles is None:
            matching_roles = self._sets_by_text[text] = self._search_matching(text)
        return matching_roles

    def _search_matching(self, text: str) -> int:
        """Test only the ARNs that begin with the text before its first wildcard."""
        ends = [end for end in (text.find(MANY), text.find(ONE)) if end >= 0]
        head = text[: min(ends)] if ends else text
        first, last = bisect_left(self._arns, head), bisect_left(self._arns, head + _LAST_CHARACTER)
        if first == last:
            return 0
        matches = compile_arn_glob(text)
        return sum(1 << index for index in range(first, last) if matches(self._arns[index]))

    def split_by_resource(self, statement: CompiledStatement, caller_context: Context) -> tuple[int, ...]:
        """Return sets of roles that the Resource of a statement does not tell apart.

        caller_context: the keys that every request of the caller carries.
        """
        texts = statement.resources.resolve_patterns(caller_context)
        if texts is None:
            return tuple(1 << index for index in range(len(self._targets)))
        matched = 0
        for text in texts:
            matched |= self.find_matching(text)
        return tuple(part for part in (matched, self.all_roles ^ matched) if part)

    def find_covered(self, statement: CompiledStatement, caller_context: Context) -> int:
        """Return the set of roles to which the statement may apply; it surely does not apply to the others."""
        texts = statement.resources.resolve_patterns(caller_context)
        if not texts or statement.resources.negated:
            return self.all_roles
        covered_roles = 0
        for text in texts:
            covered_roles |= self.find_matching(text)
        return covered_roles

    def split_by_key(self, key: str) -> tuple[int, ...]:
        """Return sets of roles that give a request the same values for a key."""
        if not key.startswith(ROLE_KEY_PREFIXES):
            return (self.all_roles,)
        sets = self._sets_by_key.get(key)
        if sets is None:
            by_value: dict[tuple[Alternative, ...], int] = {}
            for index, target in enumerate(self._targets):
                value = target.resource_context.find(key)
                by_value[value] = by_value.get(value, 0) | 1 << index
            sets = self._sets_by_key[key] = tuple(by_value.values())
        return sets

    def group_by_trust(self, action: str, is_relevant: Callable[[Document], bool]) -> Iterator[TrustGroup]:
        """Yield the roles in groups whose trusts give the same answers to an action; skip trusts not relevant."""
        by_document: dict[tuple[str, Document], list[int]] = {}
        for index, target in enumerate(self._targets):
            by_document.setdefault((target.account, target.trust), []).append(index)
        for (account, trust), indexes in by_document.items():
            if not is_relevant(trust):
                continue
            part, controls = self._targets[indexes[0]].deciding_parts(action)
            if _is_role_specific(part):
                yield from (self._make_single_group(index, action) for index in indexes)
                continue
            keys = keys_of([part, controls])
            divisions = [self.split_by_key(key) for key in keys]
            divisions += [self.split_by_resource(statement, NOTHING_KNOWN) for statement in controls.statements]
            for roles in refine_sets([sum(1 << index for index in indexes)], divisions):
                yield TrustGroup(roles, account, part, keys)

    def _make_single_group(self, index: int, action: str) -> TrustGroup:
        part, controls = self._targets[index].deciding_parts(action)
        return TrustGroup(1 << index, self._targets[index].account, part, keys_of([part, controls]))


def _is_role_specific(part: ActionStatements) -> bool:
    """Return whether the answer of a trust depends on the ARN of its role, or names the trust itself."""
    return bool(part.unknown_allows or part.unknown_denies) or any(
        item.statement.not_principal or item.statement.resources is not None or item.ceiling for item in part.statements
    )


def keys_of(parts: Iterable[ActionStatements]) -> frozenset[str]:
    """Return all keys of a request that the statements test."""
    return frozenset[str]().union(*(item.keys for part in parts for item in part.statements))


def refine_sets(sets: Sequence[int], divisions: Iterable[Sequence[int]]) -> list[int]:
    """Split each set by each division, and return the parts that are not empty."""
    refined = list(sets)
    for parts in divisions:
        if len(parts) > 1:
            refined = [common for roles in refined for part in parts if (common := roles & part)]
    return refined


def _list_bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest

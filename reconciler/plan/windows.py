"""When, in the order of a plan, somebody can have too much or too little, and what: what comes to pass of its lapses.

Calls of one stage may be made side by side (`plan/schedule.py`), but those of one entity never are. So a lapse is
looked at as two accounts: all that may be made before it begins, and all that may be made before it ends, on what
`who` has by each document and link of its own. What is allowed by the same one at both ends is allowed throughout;
what no statement of either end speaks of is not. Both are told without a request, on the safe side: conditions
count as fulfilled where that makes a finding, and as not fulfilled where it would spare one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.kinds.planning import Planning
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.live import State
from reconciler.model.plan import ORDER, Broken, Lapse, Step
from reconciler.plan.effects import allows
from reconciler.plan.replay import replayed
from reconciler.plan.schedule import stages_of
from reconciler.policy.grants import NOTHING, Statements, uncovered
from reconciler.policy.overlap import meet, surely

Source = tuple[object, ...]
"""By what somebody has statements: an inline policy, an attached one, one of a group."""


@dataclass(frozen=True, slots=True)
class Window:
    """From the call `start` until the call `end` is made (indices of steps), `who` can have `what` too much or little.

    by: the call that is not where it should be. circle: indices of the calls that would have to wait for each other.
    hangs_on: as of `Lapse`.
    """

    start: int
    end: int
    kind: Broken
    who: Address
    what: Statements
    by: int
    circle: tuple[int, ...] = ()
    hangs_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Rights:
    """What a user or role has at one moment. fences: what the policies say that are its boundary at either end."""

    sources: Mapping[Source, Statements]
    fences: Mapping[str, Statements]
    boundary: str | None


def windows_of(steps: Sequence[Step], before: State, after: State) -> list[Window]:
    """`before`: as it is once the renames are made. `steps`: of the whole plan, as `precedence.kept` has them."""
    if not any(step.lapses for step in steps):
        return []
    return list(_Windows(steps, before, after).all())


class _Windows:
    def __init__(self, steps: Sequence[Step], before: State, after: State) -> None:
        self._steps, self._before, self._after = steps, before.entities, after.entities
        self._planning = Planning(before, after)
        self._stages = stages_of(steps)
        self._places = {fact: index for index, step in enumerate(steps) for fact in step.makes if fact[0] == ORDER}
        self._of: defaultdict[Address, list[int]] = defaultdict(list)
        for index, step in enumerate(steps):
            self._of[step.address].append(index)
        self._ends: dict[Address, tuple[_Rights, _Rights]] = {}
        self._then: dict[tuple[Address, int, Address, int, bool], _Rights] = {}
        self._seen: dict[tuple[Broken, Address, Statement, int, int], bool] = {}

    def all(self) -> Iterator[Window]:
        for index, step in enumerate(self._steps):
            for lapse in step.lapses:
                yield from self._of_lapse(index, lapse)

    def _of_lapse(self, index: int, lapse: Lapse) -> Iterator[Window]:
        """The windows in which something comes to pass; what is broken from one cut to another is one window."""
        who, until = lapse.who, self._places[lapse.until]
        cuts = self._cuts(who, index, until)
        open_since: dict[Statement, int] = {}
        found: defaultdict[tuple[int, int], set[Statement]] = defaultdict(set)
        parts = uncovered(lapse.what, NOTHING)
        for begin, end in pairwise(cuts):
            for part in parts:
                if not self._well(lapse.kind, who, part, begin, end):
                    open_since.setdefault(part, begin)
                elif part in open_since:
                    found[open_since.pop(part), begin].add(part)
        for part, begin in open_since.items():
            found[begin, until].add(part)
        for (begin, end), what in sorted(found.items(), key=lambda item: item[0]):
            circle = tuple(sorted(self._places[fact] for fact in lapse.circle))
            yield Window(begin, end, lapse.kind, who, frozenset(what), index, circle, lapse.hangs_on)

    def _cuts(self, who: Address, start: int, end: int) -> list[int]:
        """Calls between two that touch `who`, the two among them, each of which is surely made before the next."""
        found = [start]
        for index in sorted(index for address in self._about(who) for index in self._of.get(address, ())):
            if start < index < end and self._apart(found[-1], index) and self._apart(index, end):
                found.append(index)
        return [*found, end]

    def _apart(self, first: int, then: int) -> bool:
        """True where the one is surely made before the other."""
        if self._stages[first] != self._stages[then] or self._steps[first].address == self._steps[then].address:
            return first < then
        return False

    def _well(self, kind: Broken, who: Address, part: Statement, begin: int, end: int) -> bool:
        """Whether nothing is seen to be broken between two calls, or it is so before or after the plan as well."""
        key = kind, who, part, begin, end
        if key not in self._seen:
            begins, ends = self._begun(who, begin), self._ended(who, begin, end)
            first, last = self._both_ends(who)
            always, anyway = (_allowed, _refused) if kind is Broken.GAP else (_refused, _allowed)
            self._seen[key] = always(part, begins, ends) or anyway(part, first, first) or anyway(part, last, last)
        return self._seen[key]

    def _both_ends(self, who: Address) -> tuple[_Rights, _Rights]:
        if who not in self._ends:
            self._ends[who] = self._rights(who, self._before), self._rights(who, self._after)
        return self._ends[who]

    def _begun(self, who: Address, start: int) -> _Rights:
        """What it has when the call `start` is made, and of its stage only what the same entity must have made."""
        return self._at(who, self._stages[start], start, False)

    def _ended(self, who: Address, start: int, end: int) -> _Rights:
        """What it has before the call `end` is made, and all of its stage that need not wait for that."""
        return self._at(who, max(self._stages[start], self._stages[end]), end, True)

    def _at(self, who: Address, stage: int, at: int, ended: bool) -> _Rights:
        address = self._steps[at].address
        key = who, stage, address, at, ended
        if key not in self._then:
            self._then[key] = self._rights(
                who,
                self._when(
                    who, lambda index: self._made(index, stage, at) if ended else self._surely_made(index, stage, at)
                ),
            )
        return self._then[key]

    def _surely_made(self, index: int, stage: int, at: int) -> bool:
        return self._stages[index] < stage or (index <= at and self._steps[index].address == self._steps[at].address)

    def _made(self, index: int, stage: int, before: int) -> bool:
        alike = self._steps[index].address == self._steps[before].address
        return self._stages[index] <= stage and not (index >= before and alike)

    def _when(self, who: Address, made: Callable[[int], bool]) -> Mapping[Address, Entity]:
        """The part of the account that decides what `who` may do, once those calls are made."""
        about = self._about(who)
        found = {address: self._before[address] for address in about if address in self._before}
        indices = sorted(index for address in about for index in self._of.get(address, ()) if made(index))
        return replayed(found, (self._steps[index] for index in indices), self._after)

    def _about(self, who: Address) -> set[Address]:
        """A user or role, its groups, and the policies of this account that it can have or be bounded by."""
        sides = self._before, self._after
        groups = {group for side in sides for group in getattr(side.get(who), "groups", ())}
        holders = [side.get(address) for side in sides for address in (who, *groups)]
        arns = {arn for holder in holders for arn in getattr(holder, "policies", ())}
        fences = {getattr(holder, "permissions_boundary", None) for holder in holders}
        return {who, *groups, *self._planning.own_policies(arns, fences)}

    def _rights(self, who: Address, entities: Mapping[Address, Entity]) -> _Rights:
        sources: dict[Source, Statements] = {}
        entity = entities.get(who)
        for holder in (entity, *(entities.get(group) for group in getattr(entity, "groups", ()))):
            if isinstance(holder, User | Group | Role):
                for name, document in holder.inline_policies.items():
                    sources[holder.address, "inline", name] = document.statements
                for arn in holder.policies:
                    sources[holder.address, "policy", arn] = self._planning.policy_statements(arn, entities.get)
        sides = (getattr(side.get(who), "permissions_boundary", None) for side in (self._before, self._after))
        fences = {arn: self._planning.policy_statements(arn, entities.get) for arn in sides if arn}
        return _Rights(sources, fences, getattr(entity, "permissions_boundary", None))


def _allowed(part: Statement, begins: _Rights, ends: _Rights) -> bool:
    """True where it is allowed at both ends, and by the same document or link, so all the time between."""
    alone = frozenset([part])
    every = [*begins.sources.values(), *ends.sources.values(), *_fences(begins, ends)]
    return (
        any(
            surely(part, said, "Allow") and surely(part, ends.sources.get(source, NOTHING), "Allow")
            for source, said in begins.sources.items()
        )
        and not any(meet(alone, said - allows(said)) for said in every)
        and all(surely(part, fence, "Allow") for fence in _fences(begins, ends))
    )


def _refused(part: Statement, begins: _Rights, ends: _Rights) -> bool:
    """True where no moment between the two allows it."""
    alone = frozenset([part])
    fences = _fences(begins, ends)
    bounded = None not in (begins.boundary, ends.boundary)
    return (
        not any(meet(alone, allows(said)) for said in (*begins.sources.values(), *ends.sources.values()))
        or any(
            surely(part, said, "Deny") and surely(part, ends.sources.get(source, NOTHING), "Deny")
            for source, said in begins.sources.items()
        )
        or (bounded and all(not meet(alone, allows(one)) or surely(part, one, "Deny") for one in fences))
    )


def _fences(begins: _Rights, ends: _Rights) -> list[Statements]:
    """All that the boundaries of two moments say, at both: one may be edited, and replaced, between."""
    arns = {begins.boundary, ends.boundary} - {None}
    return [rights.fences[arn] for rights in (begins, ends) for arn in arns if arn]

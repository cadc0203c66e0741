"""Which two calls must not come the other way round, and what would be too much or too little for a moment if they did.

For one user or role: given before taken, denied before given, taken before freed. For a link or a boundary and an
edit of what it is about: who comes never had the old content, who leaves is never to have the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from reconciler.model.address import Address
from reconciler.model.plan import Broken
from reconciler.plan.effects import Effect, Effects, Link, Swap, allows
from reconciler.policy.grants import NOTHING, Statements, uncovered
from reconciler.policy.overlap import common, known, meet, unread

Open = Callable[[int, int], bool]
"""Whether it is to be asked what happens where the first step is not before the second."""


class Found(NamedTuple):
    """Steps by their indices: `first` must come before `then`, or something is broken for `who`, a user or role.

    some: the Allows that are then too much (kind EXCESS) or too little (GAP), as far as they meet `others`.
    """

    first: int
    then: int
    who: Address
    kind: Broken
    some: Statements
    others: Statements

    @property
    def broken(self) -> Broken:
        """UNSURE where one of both sides is not read."""
        return self.kind if meet(known(self.some), known(self.others)) else Broken.UNSURE

    @property
    def what(self) -> Statements:
        return common(self.some, self.others)

    @property
    def hangs_on(self) -> frozenset[str]:
        """The ARNs of the policies that are not read, where the answer hangs on them."""
        return unread(self.some | self.others) if self.broken is Broken.UNSURE else frozenset()


def among(effects: Effects, principal: Address, found: Sequence[Effect], asked: Open) -> Iterator[Found]:
    """The pairs of what happens to one principal."""
    for first in found:
        for then in found:
            if first.index != then.index and asked(first.index, then.index):
                for kind, some, others in (*_excess(effects, principal, first, then), *_gap(first, then)):
                    if meet(some, others):
                        yield Found(first.index, then.index, principal, kind, some, others)


Sides = tuple[Broken, Statements, Statements]


def _gap(first: Effect, then: Effect) -> Iterator[Sides]:
    yield Broken.GAP, then.takes, first.gives


def _excess(effects: Effects, principal: Address, first: Effect, then: Effect) -> Iterator[Sides]:
    """What is more for a moment where `then` comes first.

    What is allowed, or denied, anyway at the end that an early or late moment resembles is not; nor is what the
    other of the two calls denies as well.
    """
    if meet(first.denies, then.gives):
        denies = uncovered(effects.beyond(principal, first.denies, new=False), then.denies)
        yield Broken.EXCESS, effects.beyond(principal, then.gives, new=False), denies
    if meet(first.takes, then.lifts):
        lifts = uncovered(effects.beyond(principal, then.lifts, new=True), first.lifts)
        yield Broken.EXCESS, effects.beyond(principal, first.takes, new=True), lifts
    if meet(first.denies, then.lifts):
        ends = allows(effects.held(principal, False) | effects.held(principal, True))
        both = (frozenset([one]) for one in ends)
        shared = NOTHING.union(*(one for one in both if meet(one, first.denies) and meet(one, then.lifts)))
        yield Broken.EXCESS, shared, then.lifts


def through(effects: Effects, asked: Open) -> Iterator[Found]:
    """The pairs of a link, or a boundary, and an edit of what it is about."""
    for holder, links in effects.links.items():
        for link in links:
            for edit in effects.under(link):
                first, then = (edit.index, link.index) if link.on else (link.index, edit.index)
                if asked(first, then):
                    for who in effects.reached(holder):
                        sides = _joined(effects, who, link, edit) if link.on else _left(effects, who, edit)
                        for kind, some, others in sides:
                            if meet(some, others):
                                yield Found(first, then, who, kind, some, others)
    for holder, swap in effects.swaps.items():
        yield from _bounded(effects, holder, swap, asked)


def _joined(effects: Effects, holder: Address, link: Link, edit: Effect) -> Iterator[Sides]:
    """Who comes never had the old content: what goes is gone, and what is denied is denied, before he has it."""
    new = effects.beyond(holder, effects.beyond(holder, edit.takes, new=True), new=False)
    yield Broken.EXCESS, new, new
    given = allows(effects.said(link.held, True))
    if meet(edit.denies, given):
        yield Broken.EXCESS, effects.beyond(holder, given, new=False), edit.denies
    if edit.lifts:
        yield Broken.GAP, allows(effects.held(holder, False)), edit.lifts


def _left(effects: Effects, holder: Address, edit: Effect) -> Iterator[Sides]:
    """Who leaves is never to have the new content."""
    new = effects.beyond(holder, effects.beyond(holder, edit.gives, new=False), new=True)
    yield Broken.EXCESS, new, new
    had = allows(effects.held(holder, False)) if edit.lifts else NOTHING
    if meet(edit.lifts, had):
        yield Broken.EXCESS, effects.beyond(holder, had, new=True), edit.lifts
    if edit.denies:
        yield Broken.GAP, allows(effects.held(holder, True)), edit.denies


def _bounded(effects: Effects, holder: Address, swap: Swap, asked: Open) -> Iterator[Found]:
    """A boundary is put on as it is to be, and taken off as it was."""
    had = allows(effects.held(holder, False) | effects.held(holder, True))
    for arn, comes in ((swap.new, True), (swap.old, False)):
        for edit in effects.content.get(arn or "", ()):
            first, then = (edit.index, swap.index) if comes else (swap.index, edit.index)
            if asked(first, then):
                less, more = edit.takes | edit.denies, edit.gives | edit.lifts
                over, under = (less, more) if comes else (more, less)
                if over:
                    yield Found(first, then, holder, Broken.EXCESS, had, over)
                if under or not over:
                    yield Found(first, then, holder, Broken.GAP, had, under)

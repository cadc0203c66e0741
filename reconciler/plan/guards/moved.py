"""Refuse lines of `moved` that cannot be carried out, and report those that are done already."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.registry import RENAMABLE_KINDS
from reconciler.model.address import Address
from reconciler.model.desired import Move
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.model.suggest import suggest_word
from reconciler.plan.compare.ownership import AddressPatterns, is_owned, is_protected, owner_of
from reconciler.plan.guards.draft import Draft


def check_moves(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each line of `moved` that cannot be carried out as written."""
    ignored = AddressPatterns(draft.desired.settings.ignore)
    live = draft.live.entities
    for move in draft.desired.moves:
        hidden = next((address for address in (move.old, move.new) if address in ignored), None)
        if hidden is not None:
            summary = f"`settings.ignore` matches {hidden}, so `moved` cannot rename it."
            yield _refuse_move(
                draft, move, "moved-ignored", summary, "Remove it from `moved` or from `settings.ignore`."
            )
        elif move.old in live:
            yield from _check_movable(draft, move)
        elif move.new not in live:
            yield from _find_misspelt_source(draft, move)


def _find_misspelt_source(draft: Draft, move: Move) -> Iterator[Problem]:
    """Yield a problem if the old name does not exist but a similar one does: the author probably misspelt it.

    The plan would delete the entity with the similar name, or leave it beside the new one. An account that never had
    the old name has no similar name either, and gets no problem.
    """
    deleted = [
        item.address for item in draft.differences_of(Action.DELETE) if item.address not in draft.replaced.values()
    ]
    live = () if draft.live.known_addresses is not None else draft.live.entities
    settled = draft.entities.keys() | {other.old for other in draft.desired.moves}
    ignored = AddressPatterns(draft.desired.settings.ignore)
    unmanaged = [address for address in live if address not in settled and address not in ignored]
    for addresses, level, fate in (
        (deleted, Level.ERROR, "would be deleted"),
        (unmanaged, Level.WARNING, "would stay"),
    ):
        names = [address.name for address in addresses if address.kind == move.old.kind]
        if near := suggest_word(move.old.name, names):
            candidate = Address(move.old.kind, near)
            summary = f"{move.old} of `moved` does not exist: {move.new} would be created anew, and {candidate} {fate}."
            hint = f"Did you mean `{candidate}: {move.new}`? If not, remove the line."
            yield Problem(level, "moved-unknown", summary, "", hint, move.place, move.new)
            return


def report_finished_moves(draft: Draft) -> Iterator[Problem]:
    """Yield a note for each line of `moved` that is done and can be removed."""
    live = draft.live.entities
    for move in draft.desired.moves:
        if move.old not in live and move.new in live:
            summary = f"{move.old} is already {move.new}."
            hint = "Remove the line under `moved`."
            yield Problem(Level.INFO, "moved-already", summary, "", hint, move.place, move.new)


def _check_movable(draft: Draft, move: Move) -> Iterator[Problem]:
    """Yield a refusal if a move is impossible although the old name exists; the other guards check renamed entities."""
    owner = draft.desired.owner
    old, new = draft.live.entities[move.old], draft.live.entities.get(move.new)
    replaces = move.old.kind not in RENAMABLE_KINDS
    if new is not None and not (replaces and is_owned(new, owner) and is_owned(old, owner)):
        summary = f"{move.old} and {move.new} both exist: one cannot become the other."
        yield _refuse_move(draft, move, "moved-both", summary, "Remove the line, or rename one of them first.")
    elif replaces and not is_owned(old, owner):
        other = owner_of(old)
        ownership = f"belongs to owner {other!r}" if other else "has no owner tag"
        hint = f"First declare {move.old} and apply that{' with --take-over' if other else ''}, then move it."
        summary = f"{move.old} {ownership}, and a {move.old.kind} is moved by replacing it, which deletes the old one."
        yield _refuse_move(draft, move, "moved-not-owned", summary, hint)
    elif replaces and is_protected(old):
        hint = f"First declare {move.old} with `protect: false` and apply that, then move it."
        summary = f"{move.old} is protected, and a {move.old.kind} is moved by replacing it, which deletes the old one."
        yield _refuse_move(draft, move, "protected", summary, hint)


def _refuse_move(draft: Draft, move: Move, code: str, summary: str, hint: str) -> Problem:
    return Problem(Level.ERROR, code, summary, "", hint, move.place, move.new)

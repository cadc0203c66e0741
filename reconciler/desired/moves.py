"""Read and check the `moved` section: old address → new address. A move that one plan cannot make is a problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.kinds import limits
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.registry import MOVABLE_KINDS, RENAMABLE_KINDS
from reconciler.model.address import Address
from reconciler.model.desired import Move, Settings
from reconciler.model.node import Map
from reconciler.model.problem import Place
from reconciler.model.suggest import suggest_word

SCHEMA: Mapping[str, Any] = {
    "title": "Moves",
    "description": "Old address → new address. Users, groups and server certificates are renamed; roles and "
    "policies are replaced.",
    "type": ["object", "null"],
    "additionalProperties": {"type": "string"},
    "examples": [{"user/ann": "user/anne", "role/deploy": "role/deployer"}],
}


def read_moves(section: Map, context: DeclareContext) -> dict[str, Move]:
    """Return the moves by their key as written. Sides that are not two addresses of one kind become problems."""
    moves: dict[str, Move] = {}
    for written, target in section.items():
        place = section.place_of(written, of_key=True)
        sides = [_parse_address(written), _parse_address(target)]
        for text, address in zip((written, target), sides, strict=True):
            if address is None and isinstance(text, str):
                hint = "Write user/OLD: user/NEW. Users, groups, roles, policies and server certificates can move."
                side_place = place if text is written else section.place_of(written)
                context.add_problem("bad-move", f"{text!r} is not an address that can move.", side_place, hint)
        old, new = sides
        if old is None or new is None:
            continue
        if old.kind != new.kind:
            hint = f"Write a new name of the kind {old.kind}."
            context.add_problem("bad-move", f"{old} cannot become {new}: their kinds differ.", place, hint)
        elif old == new:
            hint = "Remove the line: IAM ignores letter case in names."
            context.add_problem("bad-move", f"{old} and {new} are the same name for IAM.", place, hint)
        else:
            moves[written] = Move(old, new, place)
        context.problems.extend(limits.check_name(old.kind, old.name, 128, place))
    return moves


def _parse_address(text: object) -> Address | None:
    try:
        address = Address.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return address if address is not None and address.kind in MOVABLE_KINDS and "/" not in address.name else None


def move_paths(paths: Mapping[Address, str], moves: Iterable[Move]) -> Mapping[Address, str]:
    """Return live paths by address. An entity that moves keeps the path of its old address."""
    return {**{move.new: paths[move.old] for move in moves if move.old in paths}, **paths}


def check_moves(moves: Mapping[str, Move], settings: Settings, section: Map, context: DeclareContext) -> None:
    """Check each move: a name stands on one side only and once, the new one is declared, the old one is not."""
    olds = {move.old for move in moves.values()}
    targets = [move.new for move in moves.values()]
    for written, move in moves.items():
        for address in (move.old, move.new):
            if address in olds and address in targets:
                hint = "Map each old name to its final name. To swap two names, use a third name and two applies."
                summary = f"{address} is on both sides of `moved`: one plan cannot make both moves."
                context.add_problem("bad-move", summary, section.place_of(written, of_key=True), hint)
                break
        else:
            _check_sides(move, targets, section.place_of(written), context)
        if move.old.kind not in RENAMABLE_KINDS and settings.prune == "none":
            summary = f"Moving {move.old} replaces it and deletes the old one, but `prune: none` forbids deletions."
            hint = f"Remove this line: {move.new} is then created, and you can delete {move.old} by hand."
            context.add_problem("bad-move", summary, move.place, hint)
        if move.old in settings.break_glass:
            summary = f"settings.break_glass names {move.old}, which moves to {move.new}."
            context.add_problem("bad-move", summary, move.place, f"Write {move.new} in settings.break_glass.")


def _check_sides(move: Move, targets: list[Address], place: Place, context: DeclareContext) -> None:
    if targets.count(move.new) > 1:
        summary = f"{targets.count(move.new)} entities move to {move.new}."
        context.add_problem("bad-move", summary, place, "Keep one of these lines.")
    if move.old in context.paths:
        summary = f"{move.old} moves to {move.new}, but is still declared."
        context.add_problem("bad-move", summary, move.place, f"Rename its entry to {move.new}.")
    if move.new not in context.paths and not context.may_be_declared(move.new):
        close = suggest_word(move.new.name, context.declared_names.get(move.new.kind, ()))
        hint = f"Declare {move.new}: it is the new name of {move.old}."
        if close:
            hint = f"Did you mean '{move.new.kind}/{close}'?"
        context.add_problem("unknown-reference", f"{move.new} is not in this file.", place, hint)

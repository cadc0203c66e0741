"""`moved:` → moves: which entity becomes which. Refused where one plan could not do it, with the reason."""

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
    "description": "Old address → new address. Users, groups and server certificates are renamed, roles and policies "
    "replaced.",
    "type": ["object", "null"],
    "additionalProperties": {"type": "string"},
    "examples": [{"user/ann": "user/anne", "role/deploy": "role/deployer"}],
}


def read_moves(section: Map, context: DeclareContext) -> dict[str, Move]:
    """By key as written: the moves whose sides are two addresses of a kind. What else is there becomes a problem."""
    found: dict[str, Move] = {}
    for written, target in section.items():
        place = section.place_of(written, of_key=True)
        sides = [_parse_address(written), _parse_address(target)]
        for text, address in zip((written, target), sides, strict=True):
            if address is None and isinstance(text, str):
                hint = "Write user/OLD: user/NEW; users, groups, roles, policies and server certificates can move."
                where = place if text is written else section.place_of(written)
                context.add_problem("bad-move", f"{text!r} is no address that can move.", where, hint)
        old, new = sides
        if old is None or new is None:
            continue
        if old.kind != new.kind:
            context.add_problem("bad-move", f"{old} cannot become {new}: they are of two kinds.", place)
        elif old == new:
            hint = "IAM takes both for one name."
            context.add_problem("bad-move", f"{old} moves to itself: {new}.", place, hint)
        else:
            context.problems.extend(limits.check_name(old.kind, old.name, 128, place))
            found[written] = Move(old, new, place)
    return found


def _parse_address(text: object) -> Address | None:
    try:
        address = Address.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return address if address is not None and address.kind in MOVABLE_KINDS and "/" not in address.name else None


def move_paths(paths: Mapping[Address, str], moves: Iterable[Move]) -> Mapping[Address, str]:
    """Live paths by address: what moves keeps the path it has."""
    return {**{move.new: paths[move.old] for move in moves if move.old in paths}, **paths}


def check_moves(moves: Mapping[str, Move], settings: Settings, section: Map, context: DeclareContext) -> None:
    """Each name on one side and once, the new one declared, the old one no more."""
    olds = {move.old for move in moves.values()}
    targets = [move.new for move in moves.values()]
    for written, move in moves.items():
        for address in (move.old, move.new):
            if address in olds and address in targets:
                hint = "Write where each ends up; what exchanges names goes by way of a third one, in two applies."
                summary = f"{address} is on both sides of `moved`: one plan cannot do that."
                context.add_problem("bad-move", summary, section.place_of(written, of_key=True), hint)
                break
        else:
            _check_sides(move, targets, section.place_of(written), context)
        if move.old.kind not in RENAMABLE_KINDS and settings.prune == "none":
            summary = f"{move.old} is moved by replacing it, which deletes the old one: `prune: none` deletes nothing."
            context.add_problem(
                "bad-move", summary, move.place, "Create the new one beside it, and delete the old by hand."
            )
        if move.old in settings.break_glass:
            summary = f"settings.break_glass names {move.old}, which becomes {move.new}."
            context.add_problem("bad-move", summary, move.place, f"Write {move.new} there.")


def _check_sides(move: Move, targets: list[Address], place: Place, context: DeclareContext) -> None:
    if targets.count(move.new) > 1:
        context.add_problem("bad-move", f"More than one becomes {move.new}.", place, "Keep one.")
    if move.old in context.paths:
        summary = f"{move.old} moves to {move.new}, and is still declared."
        context.add_problem("bad-move", summary, move.place, f"Declare {move.new} in its place.")
    if move.new not in context.paths and not context.may_be_declared(move.new):
        close = suggest_word(move.new.name, context.declared_names.get(move.new.kind, ()))
        hint = f"Did you mean '{move.new.kind}/{close}'?" if close else f"Declare {move.new}, as {move.old} was."
        context.add_problem("unknown-reference", f"{move.new} is not in this file.", place, hint)

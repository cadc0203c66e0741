"""Warn of each `mfa: required` that does not attach the MFA guard, because `ignore_changes` leaves the field alone."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kinds.base import DeclaredEntity
from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.address import Address
from reconciler.model.entity import User
from reconciler.model.node import Map
from reconciler.model.problem import Level, Place
from reconciler.model.sentence import format_list

_MAX_NAMED = 10
"""The most groups that the sentence of one warning names."""


def check_ignored_guards(
    nodes: Mapping[Address, Map], declared_entities: Mapping[Address, DeclaredEntity], context: DeclareContext
) -> None:
    """Report each user and group that keeps its live policies, and each member that keeps its live groups."""
    guarded = {address for address, declared in declared_entities.items() if declared.declaration.mfa}
    for address in sorted(guarded):
        if "policies" in declared_entities[address].declaration.ignore_changes:
            guarded.remove(address)
            summary = "`mfa: required` has no effect here: policies is listed in `ignore_changes`."
            detail = f"Once {address} exists, a plan leaves its policies as they are and does not attach the MFA guard."
            _add_warning(summary, detail, nodes[address].place_of("mfa"), context)
    for address, declared in declared_entities.items():
        groups = declared.entity.groups & guarded if isinstance(declared.entity, User) else frozenset()
        if groups and address not in guarded and "groups" in declared.declaration.ignore_changes:
            names = format_list(map(str, sorted(groups)), _MAX_NAMED)
            summary = f"`mfa: required` of {names} has no effect on {address}: groups is listed in `ignore_changes`."
            detail = f"Once {address} exists, a plan leaves its groups as they are and does not add it to {names}."
            _add_warning(summary, detail, nodes[address].place_of("groups"), context)


def _add_warning(summary: str, detail: str, place: Place, context: DeclareContext) -> None:
    hint = "Remove the entry in `ignore_changes`, or `mfa: required`."
    context.add_problem("mfa-ignored", summary, place, hint, detail, Level.WARNING)

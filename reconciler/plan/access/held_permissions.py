"""List everything that the policies of one principal allow and deny, by service, with the statement that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.access import Principal
from reconciler.access.change_causes import format_condition_test
from reconciler.access.guardrail_stops import ServiceControls
from reconciler.access.permission_changes import find_unread_policies
from reconciler.access.policy_statements import BOUNDARY, IDENTITY, PolicyStatement, list_policy_statements
from reconciler.access.statement_coverage import may_meet, resource_texts_of, surely_covers
from reconciler.model.access_answers import AccessSide, HeldPermission, Limit, PrincipalPermissions
from reconciler.model.address import Address
from reconciler.model.permissions import ActionCatalogue, ActionPattern, Direction, PermissionRow
from reconciler.plan.access.action_names import ActionNamer
from reconciler.plan.access.assume_words import shorten_policy
from reconciler.plan.access.guarded_access import mark_row
from reconciler.plan.access.role_chains import RoleChains
from reconciler.plan.access.statement_sources import describe_statement_source


def find_held_permissions(
    side: AccessSide, address: Address, chains: RoleChains, catalogue: ActionCatalogue | None
) -> PrincipalPermissions:
    """Return what a principal's policies say. catalogue: AWS's list of actions; None: rows have patterns only."""
    principal = chains.principals[address]
    statements = sorted(list_policy_statements(principal), key=lambda one: one.sort_key)
    limits = [one for one in statements if one.allows and one.layer == BOUNDARY]
    namer = ActionNamer(catalogue)
    controls = ServiceControls.of(principal)

    def describe(statement: PolicyStatement, limit: Limit = Limit.NONE) -> Iterator[HeldPermission]:
        source = describe_statement_source(statement.source, address, side.state)
        row = _build_row(statement, principal, address)
        is_whole = row.unread and statement.source.statement is None
        for named in [row] if is_whole else namer.name_actions(row):
            row = replace(named, via=(source.policy,), place=source.place)
            yield HeldPermission(_mark_stops(row, statement, controls), source, limit)

    def describe_all(allows: bool, layer: int, limited: bool) -> tuple[HeldPermission, ...]:
        chosen = (one for one in statements if one.allows == allows and one.layer == layer)
        return _sort(
            item for one in chosen for item in describe(one, find_limit(one, limits) if limited else Limit.NONE)
        )

    boundary = principal.boundary
    return PrincipalPermissions(
        str(address),
        describe_all(True, IDENTITY, boundary is not None),
        describe_all(False, IDENTITY, False),
        shorten_policy(boundary.label) if boundary else "",
        describe_all(True, BOUNDARY, False) if boundary else (),
        chains.find_chains_from(address),
    )


def _mark_stops(row: PermissionRow, statement: PolicyStatement, controls: ServiceControls) -> PermissionRow:
    """Return the row of an Allow of the principal's own policies with the guardrails that bind it."""
    if not statement.allows or statement.layer != IDENTITY or not controls.levels:
        return row
    return mark_row(row, controls)


def find_limit(statement: PolicyStatement, limits: list[PolicyStatement]) -> Limit:
    """Return what the Allows of a boundary leave of an Allow of the principal's own policies."""
    overlapping = [one for one in limits if one.unknown or may_meet(one, statement)]
    if not overlapping:
        return Limit.ALL
    return Limit.NONE if any(surely_covers(one, statement) for one in overlapping) else Limit.PART


def _build_row(statement: PolicyStatement, principal: Principal, address: Address) -> PermissionRow:
    patterns = tuple(sorted(resource_texts_of(statement)))
    terms = tuple(map(format_condition_test, statement.conditions))
    actions = tuple(map(ActionPattern, sorted(statement.actions)))
    unread = find_unread_policies([statement])
    return PermissionRow(
        principals=(str(address),),
        service="*",
        patterns=(ActionPattern("*", tuple(sorted(statement.actions))),) if statement.not_action else actions,
        resources=("*",) if statement.not_resource else patterns,
        not_resources=patterns if statement.not_resource else (),
        before=None,
        after=terms,
        direction=Direction.WIDER,
        decided=not statement.unknown,
        unread=tuple(sorted(map(shorten_policy, unread))) if statement.source.statement is None else (),
    )


def _sort(permissions: Iterator[HeldPermission]) -> tuple[HeldPermission, ...]:
    return tuple(
        sorted(
            permissions, key=lambda one: (one.row.service, one.row.via, one.row.resources, one.row.patterns[0].pattern)
        )
    )

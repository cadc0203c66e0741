"""Mark the permissions and powers that a plan gives and a guardrail stops.

Nothing is left out for a guardrail, and risk is judged without them: a file brings its guardrails along, and must not
hide its own grant behind one. `plan/access/delta.py` does the same for roles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.access import Principal, principals_of
from reconciler.access.guardrail_stops import ServiceControls
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.model.guardrails import GuardrailEffect, Guardrails
from reconciler.model.live import State
from reconciler.model.permissions import PermissionRow, PermissionRows
from reconciler.model.plan import AccessDelta, PrincipalPower


def mark_stopped_access(delta: AccessDelta, after: State, guardrails: Guardrails | None) -> AccessDelta:
    """Return what a plan gives, with the guardrails that stop it. after: the account after the plan."""
    if guardrails is None or guardrails.management or not guardrails.scps:
        return delta
    return _GuardedAccount(replace(after, guardrails=guardrails)).mark(delta)


_UNBOUND = ServiceControls((), ())


@dataclass
class _GuardedAccount:
    """The account after a plan, with its guardrails."""

    state: State

    def __post_init__(self) -> None:
        self._controls: dict[str, ServiceControls] = {}
        self._distinct: dict[object, ServiceControls] = {}

    def mark(self, delta: AccessDelta) -> AccessDelta:
        rows = delta.permissions
        permissions = PermissionRows(self._mark_rows(rows.gained), rows.lost, self._mark_rows(rows.changed))
        return replace(
            delta,
            powers_gained=tuple(map(self._mark_power, delta.powers_gained)),
            permissions=permissions,
        )

    @cached_property
    def _principals(self) -> Mapping[str, Principal]:
        return {str(address): principal for address, principal in principals_of(self.state).items()}

    def _controls_of(self, name: str) -> ServiceControls:
        """Return the SCPs that bind a principal; principals with the same SCPs share one object."""
        controls = self._controls.get(name)
        if controls is None:
            principal = self._principals.get(name)
            controls = ServiceControls.of(principal) if principal else _UNBOUND
            controls = self._controls[name] = self._distinct.setdefault(controls.levels, controls)
        return controls

    def _mark_rows(self, rows: Iterable[PermissionRow]) -> tuple[PermissionRow, ...]:
        return tuple(marked for row in rows for marked in self._mark_row(row))

    def _mark_row(self, row: PermissionRow) -> Iterator[PermissionRow]:
        """Yield a row, in parts if a guardrail binds some of its principals only."""
        effects: dict[int, GuardrailEffect] = {}
        members: defaultdict[GuardrailEffect, list[str]] = defaultdict(list)
        for name in row.principals:
            controls = self._controls_of(name)
            if id(controls) not in effects:
                effects[id(controls)] = _judge_row(row, controls)
            members[effects[id(controls)]].append(name)
        for effect, names in members.items():
            part = replace(row, principals=tuple(names), group=row.group if len(members) == 1 else "")
            yield _mark(part, effect)

    def _mark_power(self, power: PrincipalPower) -> PrincipalPower:
        """Return a way to power with the guardrails that stop one of its actions on everything."""
        if power.targets:
            return power
        for action in power.actions:
            everything = PolicyStatement(IDENTITY, True, frozenset([action.lower()]))
            effect = self._controls_of(power.principal).judge([everything])
            if effect.stopped_by:
                return replace(power, stopped_by=effect.stopped_by)
        return power


def mark_row(row: PermissionRow, controls: ServiceControls) -> PermissionRow:
    """Return a row with the guardrails that bind it. controls: those over its principals."""
    return _mark(row, _judge_row(row, controls))


def _judge_row(row: PermissionRow, controls: ServiceControls) -> GuardrailEffect:
    resources = None if "*" in row.resources else frozenset(row.resources)
    patterns = (frozenset([one.pattern.lower()]) for one in row.patterns)
    return controls.judge(PolicyStatement(IDENTITY, True, pattern, resources=resources) for pattern in patterns)


def _mark(row: PermissionRow, effect: GuardrailEffect) -> PermissionRow:
    return replace(row, stopped_by=effect.stopped_by, limited_by=effect.limited_by)

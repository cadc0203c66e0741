"""Evaluate which callers need MFA for which aliases of a file, for every caller that the file declares.

The result is kept beside the index (`app/alias_catalog.py`) and holds as long as the file: conditions on the time or
the network stay open. Only the first role of a chain counts, because no later call can carry MFA. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.access import (
    Context,
    MfaRequirement,
    Principal,
    Target,
    group_equivalent_pairs,
    make_external_principal,
    principals_of,
    targets_of,
)
from reconciler.access.trust_entrances import list_possible_users
from reconciler.assume.mfa_demands import AliasDemands, FileDemands, MfaDemand
from reconciler.diagnose.request_context import Mfa, actions_of, context_of
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.desired import Alias
from reconciler.model.document import Document
from reconciler.model.live import State

_TIME_KEYS = ("aws:currenttime", "aws:epochtime")
_SESSION_NAME_KEY = "sts:rolesessionname"
_UNREADABLE_TRUST = Document(version="", statements=frozenset(), opaque="(a trust policy that is not in the file)")


@dataclass
class _CallerDemands:
    """The demands of one alias. callers: groups of callers with a demand. user_demands: the demands on its users."""

    callers: list[tuple[frozenset[str], MfaDemand]] = field(default_factory=list)
    user_demands: set[bool | None] = field(default_factory=set)


def find_file_demands(state: State, aliases: Mapping[str, Alias]) -> FileDemands:
    """Return the demands of all aliases without `via`. state: the account as the file has it."""
    principals = principals_of(state)
    caller_names = {principal.arn: str(address) for address, principal in principals.items()}
    first = {name: alias for name, alias in aliases.items() if alias.via is None}
    roles = targets_of(state)
    targets = {name: _target_of(alias, roles, state.account) for name, alias in first.items()}
    by_role: dict[str, list[str]] = {}
    for name, target in targets.items():
        by_role.setdefault(target.arn, []).append(name)
    demands = {name: _CallerDemands() for name in first}
    for pairs in group_equivalent_pairs(
        principals.values(), {target.arn: target for target in targets.values()}.values()
    ):
        for role in pairs.roles:
            for name in by_role[role.arn]:
                _add_group(demands[name], pairs.principals, role, first[name], caller_names)
    groups: dict[frozenset[str], int] = {}
    alias_demands = {}
    for name, item in demands.items():
        callers = tuple((groups.setdefault(names, len(groups)), demand) for names, demand in item.callers)
        of_users = item.user_demands or _find_undeclared_demands(targets[name], first[name])
        for_all = of_users.copy().pop() if len(of_users) == 1 else None
        alias_demands[name] = AliasDemands(callers, for_all, True in of_users)
    return FileDemands(frozenset(caller_names.values()), tuple(groups), alias_demands)


def _add_group(
    demands: _CallerDemands,
    principals: Iterable[Principal],
    role: Target,
    alias: Alias,
    caller_names: Mapping[str, str],
) -> None:
    """Add the demand on a group of principals that the evaluator treats the same for sts:AssumeRole.

    If the call needs further actions, evaluate each principal by itself.
    """
    listed = list(principals)
    parts = [listed] if len(actions_of(_build_call(alias))) == 1 else [[one] for one in listed]
    for part in parts:
        requirement = _evaluate_demand(part[0], role, alias)
        demand = _demand_of(requirement)
        if part[0].kind == "user" and not requirement.verdict_with_mfa.denied:
            demands.user_demands.add(demand.required)
        if demand.required is not False:
            demands.callers.append((frozenset(caller_names[principal.arn] for principal in part), demand))


def find_undeclared_demand(caller_arn: str, target: Target, alias: Alias) -> MfaDemand:
    """Return the demand on a caller that the file does not declare, from the trust policy alone."""
    return _demand_of(_evaluate_demand(make_external_principal(caller_arn, target.trust), target, alias))


def _find_undeclared_demands(target: Target, alias: Alias) -> set[bool | None]:
    """Return the demands on users that the file does not declare, and that the trust policy lets in."""
    requirements = [
        _evaluate_demand(make_external_principal(arn), target, alias) for arn in list_possible_users(target)
    ]
    return {_demand_of(one).required for one in requirements if not one.verdict_with_mfa.denied} or {False}


def _target_of(alias: Alias, targets: Mapping[Address, Target], account: str) -> Target:
    """Return the role of an alias as the file has it; with an unreadable trust if the file does not declare it."""
    address = alias.role or address_of(alias.role_arn, account)
    target = targets.get(address) if address else None
    return target if target is not None and target.arn == alias.role_arn else make_target(alias, None)


def make_target(alias: Alias, trust: Document | None) -> Target:
    """Return the role of an alias with this trust policy; None if the file does not declare the role."""
    return Target(alias.role_arn, _UNREADABLE_TRUST if trust is None else trust)


def _evaluate_demand(principal: Principal, target: Target, alias: Alias) -> MfaRequirement:
    request = _build_call(alias)
    return MfaRequirement(principal, target, _stable_context_of(request, alias), actions_of(request))


def _demand_of(requirement: MfaRequirement) -> MfaDemand:
    if requirement.is_required:
        return MfaDemand(True, requirement.max_age)
    return MfaDemand(None if requirement.principal.kind == "user" and requirement.may_matter else False)


def _build_call(alias: Alias) -> AssumeRoleCall:
    return AssumeRoleCall(
        alias.name,
        alias.role_arn,
        alias.session_name or "",
        None,
        alias.external_id,
        alias.source_identity,
        tuple(alias.session_tags.items()),
        alias.transitive_tags,
    )


def _stable_context_of(request: AssumeRoleCall, alias: Alias) -> Context:
    """Return the condition keys that are the same in every call of this alias."""
    context = context_of(request, Mfa(present=None), datetime.now(UTC))
    unknown = (*_TIME_KEYS, *(() if alias.session_name else (_SESSION_NAME_KEY,)))
    alternatives = {key: value for key, value in context.alternatives.items() if key not in unknown}
    return replace(context, alternatives=alternatives)

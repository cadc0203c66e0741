"""Find the entities that `apply` of a saved plan must read again: those that it touches, and those its guards need.

For a plan that deletes and renames nothing, the rules of `plan/build.py` need these entities:

- Name case, immutable fields, owner, sizes, quotas, detached policies: the touched entities.
- References, principals with another path: every group, policy, principal and provider that a touched entity names.
- `break_glass`: the addresses that it names. Policies of AWS are read by ARN, as in any plan.
- Order of the calls: the groups and policies of each entity that is read, because one of them may be detached.
- Undo: the groups that a user leaves, and the role that an instance profile loses.
- Lockout: the caller and `break_glass`, with groups, policies and boundary. For a role also the principals of its
  trust, and so on for the roles among them. If its trust is open and the rights of many change: the whole account.
- Calls that wait for each other: the groups and policies of every touched entity. If two calls change groups or
  policies that several entities may have, and both apply to the same requests: the whole account.

The whole account is read in four more cases: for a deletion, because other entities may use, trust or count the
deleted one; for `moved`, because every trust follows; for `assert`, because anybody may break an assertion; and for a
group below a path that may belong to another owner, because only the tags of the whole account show if there is such an
owner.
"""

from __future__ import annotations

from itertools import combinations

from reconciler.access.trust_entrances import may_admit_unnamed
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.effects import NO_STATEMENTS, Link, PermissionDelta, Statements, Unlink, WriteDocument
from reconciler.model.entity import Group, Role
from reconciler.model.held_policies import list_held_policies, own_policies_of
from reconciler.model.live import State
from reconciler.model.plan import Plan, Step
from reconciler.plan.compare.break_glass import is_marked
from reconciler.plan.compare.ownership import claimant_of, find_caller, find_joined_groups
from reconciler.plan.saved.saved_plan import SavedPlan, desired_of
from reconciler.policy.overlap import statements_overlap
from reconciler.policy.trust import find_trusted_entities


def needs_whole_account(saved: SavedPlan) -> bool:
    """Return whether the plan alone shows that the whole account must be read."""
    deletes = any(after is None for after in saved.after.values())
    groups = [side for side in (*saved.before.values(), *saved.after.values()) if isinstance(side, Group)]
    claimed = any(claimant_of(group) not in {None, *desired_of(saved).owners} for group in groups)
    return bool(saved.moves or saved.renames or saved.assertions) or deletes or claimed


def find_unread(saved: SavedPlan, live: State) -> frozenset[Address]:
    """Return the addresses that must still be read; empty if the part of the account in `live` is enough."""
    guarded = _find_guarded(saved, live)
    planning = PlanContext(live, live)
    needed = {*saved.before, *guarded}
    for after in saved.desired_entities.values():
        needed |= KINDS_BY_NAME[after.kind].references(after, planning)
    for address, entity in live.entities.items():
        if isinstance(entity, Role) and address not in guarded:
            needed |= own_policies_of(list_held_policies(entity), live.account)
        else:
            needed |= KINDS_BY_NAME[address.kind].references(entity, planning)
    return frozenset(needed - (live.known_addresses or frozenset()))


def is_insufficient(saved: SavedPlan, live: State) -> bool:
    """Return whether a guard needs more than `live`, the part of the account that `find_unread` asked for."""
    return allows_unread_principals(saved, live) or joins_claimed_group(saved, live)


def joins_claimed_group(saved: SavedPlan, live: State) -> bool:
    """Return whether a user joins a group that may belong to another owner; only the whole account's tags decide."""
    joined = {
        name for address, after in saved.after.items() for name in find_joined_groups(saved.before[address], after)
    }
    groups = [live.entities.get(name) for name in joined if name not in saved.after]
    claimants = {claimant_of(group) for group in groups if isinstance(group, Group)}
    return bool(claimants - {None, *desired_of(saved).owners})


def allows_unread_principals(saved: SavedPlan, live: State) -> bool:
    """Return whether a principal that was not read may lose the right to assume a guarded role.

    That is possible if the role's trust lets in principals that it does not name, and the plan changes the trust, a
    group or a policy.
    """
    shared = any(address.kind in ("group", "policy") for address in saved.before)
    for address in _find_guarded(saved, live):
        sides = (live.entities.get(address), saved.after.get(address))
        trusts = [role.trust_policy for role in sides if isinstance(role, Role)]
        if (shared or address in saved.before) and any(may_admit_unnamed(trust, live.account) for trust in trusts):
            return True
    return False


def order_depends_on_unread(plan: Plan, live: State) -> bool:
    """Return whether a principal that was not read may decide the order of two calls of the plan.

    That is possible if one call on a group or policy allows requests that another call on one refuses.
    """
    after = {change.address: change.after for change in plan.changes if change.after is not None}
    planning = PlanContext(live, State(live.account, live.partition, after))
    shared = [_shared_effects_of(step, planning) for step in plan.steps]
    return any(
        statements_overlap(first[0], second[1]) or statements_overlap(first[1], second[0])
        for first, second in combinations([effects for effects in shared if any(effects)], 2)
    )


def _shared_effects_of(step: Step, context: PlanContext) -> tuple[Statements, Statements]:
    """Return the statements by which a call on an existing group or policy allows requests, and refuses requests.

    Both are empty for other calls. A call that links a policy to a group counts with the whole policy on both sides,
    because the plan may edit the policy too.
    """
    if step.address.kind not in ("group", "policy") or context.entity_before(step.address) is None:
        return NO_STATEMENTS, NO_STATEMENTS
    effect = step.effect
    if step.address.kind == "group" and isinstance(effect, Link | Unlink) and isinstance(effect.held, str):
        arn = effect.held
        statements = context.statements_of_policy(arn, context.entity_before) | context.statements_of_policy(
            arn, context.entity_after
        )
        return statements, statements
    delta = effect.delta if isinstance(effect, WriteDocument) else PermissionDelta()
    return delta.gives | delta.lifts, delta.takes | delta.denies


def _find_guarded(saved: SavedPlan, live: State) -> set[Address]:
    """Return the guarded principals, and the roles through which they can be assumed, as far as `live` shows them."""
    marked = (address for address, entity in saved.before.items() if is_marked(entity))
    principals = {address for address in (find_caller(live), *saved.settings.break_glass, *marked) if address}
    queue = list(principals)
    for address in queue:
        for role in (live.entities.get(address) if _is_known(address, live) else None, saved.after.get(address)):
            trusted_entities = find_trusted_entities(role.trust_policy, live.account) if isinstance(role, Role) else ()
            further = {one for one in trusted_entities if one.kind == "role"} - principals
            principals |= further
            queue += further
    return principals


def _is_known(address: Address, live: State) -> bool:
    return live.known_addresses is None or address in live.known_addresses

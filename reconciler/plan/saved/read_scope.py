"""Says what `apply` of a saved plan reads again: what the plan touches, and what its guards ask about beside that.

Rule by rule of `plan/build.py`, for a plan that deletes and renames nothing:

- name case, immutable fields, owner, sizes, quotas, policies taken off: the touched entities.
- references, principals of another path: each group, policy, principal and provider that a touched one will name.
- `break_glass` that does not exist: those addresses. Policies of AWS: asked for by ARN, as in any plan.
- order of the steps: what a group or policy grants that is taken off: groups and policies of each entity read.
- undoing it: the groups that a user leaves, and the role that an instance profile loses.
- lockout: the caller and `break_glass`, with groups, policies and boundary; of a role, whom its trust names, and so on
  for the roles among them; and who may come in by such a role, which is the whole account where the trust is open and
  rights of many change.
- which call waits for which: the groups and policies of whoever is touched. Others meet only what many have: two
  such calls that speak of the same requests are ordered by the whole account.

The whole account is read for a deletion (what it takes away may be used, trusted or counted anywhere), for what
`moved` says (every trust follows), and for a group below a path that may be another owner's: only the tags of the whole
account say whether there is such an owner.
"""

from __future__ import annotations

from itertools import combinations

from reconciler.access.trust_entrances import may_admit_unnamed
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.entity import Group, Role
from reconciler.model.held_policies import list_held_policies, own_policies_of
from reconciler.model.live import State
from reconciler.model.plan import Plan, Step
from reconciler.plan.compare.break_glass import is_marked
from reconciler.plan.compare.ownership import claimant_of, find_caller, find_joined_groups
from reconciler.plan.saved.saved_plan import SavedPlan
from reconciler.policy.overlap import statements_overlap
from reconciler.policy.permission_delta import NO_STATEMENTS, Statements
from reconciler.policy.trust import find_trusted_entities


def needs_whole_account(saved: SavedPlan) -> bool:
    """Whether nothing but the whole account will do, as the plan alone tells."""
    deletes = any(after is None for after in saved.after.values())
    groups = [side for side in (*saved.before.values(), *saved.after.values()) if isinstance(side, Group)]
    claimed = any(claimant_of(group) not in (None, saved.owner) for group in groups)
    return bool(saved.moves or saved.renames) or deletes or claimed


def find_unread(saved: SavedPlan, live: State) -> frozenset[Address]:
    """What must be read beside what `live`, a part of the account, knows; empty once it is complete."""
    guarded = _find_guarded(saved, live)
    planning = PlanContext(live, live)
    wanted = {*saved.before, *guarded}
    for after in saved.desired_entities.values():
        wanted |= KINDS_BY_NAME[after.kind].references(after, planning)
    for address, entity in live.entities.items():
        if isinstance(entity, Role) and address not in guarded:
            wanted |= own_policies_of(list_held_policies(entity), live.account)
        else:
            wanted |= KINDS_BY_NAME[address.kind].references(entity, planning)
    return frozenset(wanted - (live.known_addresses or frozenset()))


def is_insufficient(saved: SavedPlan, live: State) -> bool:
    """Return whether `live`, the part of the account that `find_unread` asks for, leaves open what a guard asks."""
    return allows_unread_principals(saved, live) or joins_claimed_group(saved, live)


def joins_claimed_group(saved: SavedPlan, live: State) -> bool:
    """Return whether a user is to join a group that may be another owner's: the tags of the whole account tell."""
    joined = {
        name for address, after in saved.after.items() for name in find_joined_groups(saved.before[address], after)
    }
    groups = [live.entities.get(name) for name in joined if name not in saved.after]
    claimants = {claimant_of(group) for group in groups if isinstance(group, Group)}
    return bool(claimants - {None, saved.owner})


def allows_unread_principals(saved: SavedPlan, live: State) -> bool:
    """Whether somebody whom `live`, a part of the account, does not show may lose his way into a guarded role.

    That is where the trust lets in who is not named, and itself changes, or something that many have does. Who is
    neither touched, nor named, nor in a group or a holder of a policy that is touched, can what he could.
    """
    shared = any(address.kind in ("group", "policy") for address in saved.before)
    for address in _find_guarded(saved, live):
        sides = (live.entities.get(address), saved.after.get(address))
        trusts = [role.trust_policy for role in sides if isinstance(role, Role)]
        if (shared or address in saved.before) and any(may_admit_unnamed(trust, live.account) for trust in trusts):
            return True
    return False


def order_depends_on_unread(plan: Plan, live: State) -> bool:
    """Whether somebody whom `live`, a part of the account, does not show may decide which call of a plan waits.

    That is where one call about groups or policies that others have opens what another one closes, or may do so.
    """
    after = {change.address: change.after for change in plan.changes if change.after is not None}
    planning = PlanContext(live, State(live.account, live.partition, after))
    shared = [_shared_effects_of(step, planning) for step in plan.steps]
    return any(
        statements_overlap(some[0], others[1]) or statements_overlap(some[1], others[0])
        for some, others in combinations([said for said in shared if any(said)], 2)
    )


def _shared_effects_of(step: Step, context: PlanContext) -> tuple[Statements, Statements]:
    """What a call about a group or policy that exists opens and closes, as policies or boundaries of those who have it.

    Nothing for other calls. For a link of a group all that it is about, since that may be edited as well.
    """
    if step.address.kind not in ("group", "policy") or context.entity_before(step.address) is None:
        return NO_STATEMENTS, NO_STATEMENTS
    if step.address.kind == "group" and "PolicyArn" in step.call.parameters:
        arn = str(step.call.parameters["PolicyArn"])
        said = context.statements_of_policy(arn, context.entity_before) | context.statements_of_policy(
            arn, context.entity_after
        )
        return said, said
    return step.gives | step.lifts, step.takes | step.denies


def _find_guarded(saved: SavedPlan, live: State) -> set[Address]:
    """Whom the lockout guard speaks of, and the roles over which one comes into them, as far as `live` shows."""
    marked = (address for address, entity in saved.before.items() if is_marked(entity))
    found = {address for address in (find_caller(live), *saved.settings.break_glass, *marked) if address}
    queue = list(found)
    for address in queue:
        for role in (live.entities.get(address) if _is_known(address, live) else None, saved.after.get(address)):
            named = find_trusted_entities(role.trust_policy, live.account) if isinstance(role, Role) else ()
            further = {one for one in named if one.kind == "role"} - found
            found |= further
            queue += further
    return found


def _is_known(address: Address, live: State) -> bool:
    return live.known_addresses is None or address in live.known_addresses

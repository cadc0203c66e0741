"""Plan links that have a quota: managed policies attached to an entity, and a user's group memberships.

If the quota leaves no room, some links are removed first, as few as possible, and their steps name the quota in
`forced_by`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.steps import link_of, link_removal_of, make_step, presence_of
from reconciler.model.address import Address
from reconciler.model.effects import NO_STATEMENTS, Link, Statements, Unlink
from reconciler.model.held_policies import EntityLookup
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER, Quota


@dataclass(frozen=True, slots=True)
class EntityLink:
    """One link of a holder.

    key: the ARN of the policy, or the address of the group.
    parameters: those of the calls that make and remove the link.
    needs: the facts that must be true before the link is made.
    """

    key: Address | str
    parameters: dict[str, object]
    needs: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class LinkFacet:
    """The links of one sort.

    attach_operation, detach_operation: operations of IAM. quota: the number of links that a holder may have.
    statements_of: returns the statements that a link brings on one side of the plan.
    """

    attach_operation: str
    detach_operation: str
    quota: Quota
    statements_of: Callable[[PlanContext, EntityLink, EntityLookup], Statements]

    def plan_changes(
        self, holder: Address, before: list[EntityLink], after: list[EntityLink], context: PlanContext
    ) -> list[Step]:
        """Return the steps that turn the links `before` into `after`."""
        old, new = {link.key: link for link in before}, {link.key: link for link in after}
        added = sorted(
            (link for key, link in new.items() if key not in old), key=lambda link: not self._brings_deny(link, context)
        )
        removed = [link for key, link in old.items() if key not in new]
        free = max(0, context.limit_of(self.quota) - len(before))
        forced = min(len(removed), max(0, len(added) - free))
        pairs = list(zip(removed[:forced], added[free:], strict=False))
        return [
            *self._swap_pairs(holder, pairs, added[free - 1] if free and pairs else None),
            *(self._make_detach_step(holder, link) for link in removed[forced:]),
            *(self._make_attach_step(holder, link) for link in (*added[:free], *added[free + forced :])),
        ]

    def _swap_pairs(
        self, holder: Address, pairs: list[tuple[EntityLink, EntityLink]], last: EntityLink | None
    ) -> list[Step]:
        """Return steps for a full quota: one link off, one on, and so forth, so that few are missing at a time.

        last: the link that is made before these; None if there is none.
        """
        steps = []
        for off, on in pairs:
            after = (link_of(holder, last.key),) if last else ()
            steps.append(self._make_detach_step(holder, off, Phase.WIDEN, after, self.quota))
            steps.append(self._make_attach_step(holder, on, (link_removal_of(holder, off.key),)))
            last = on
        return steps

    def _make_attach_step(self, holder: Address, link: EntityLink, room: tuple[Fact, ...] = ()) -> Step:
        needs = (presence_of(holder), *link.needs, *room)
        makes = (link_of(holder, link.key),)
        effect = Link(holder, self.attach_operation, self.detach_operation, link.key)
        return make_step(holder, Phase.WIDEN, effect, link.parameters, needs, makes)

    def _make_detach_step(
        self,
        holder: Address,
        link: EntityLink,
        phase: Phase = Phase.NARROW,
        needs: tuple[Fact, ...] = (),
        forced_by: Quota | None = None,
    ) -> Step:
        effect = Unlink(holder, self.detach_operation, self.attach_operation, link.key)
        removal_facts = (link_removal_of(holder, link.key),)
        return make_step(holder, phase, effect, link.parameters, needs, removal_facts, forced_by)

    def _brings_deny(self, link: EntityLink, context: PlanContext) -> bool:
        statements = self.statements_of(context, link, context.entity_after)
        return any(statement.effect == "Deny" for statement in statements)

    def plan_removal(self, holder: Address, before: list[EntityLink]) -> list[Step]:
        """Return the steps that remove every link of a holder that the plan deletes."""
        return [self._make_detach_step(holder, link) for link in before]


def make_policy_facet(kind: str) -> LinkFacet:
    """Return the facet of the managed policies of a User, Group or Role (Attach…Policy, Detach…Policy)."""
    return LinkFacet(
        attach_operation=f"Attach{kind}Policy",
        detach_operation=f"Detach{kind}Policy",
        quota=ATTACHED_POLICIES[kind],
        statements_of=lambda context, link, lookup: context.statements_of_policy(str(link.key), lookup),
    )


def make_policy_links(holder: Address, policies: frozenset[str], context: PlanContext) -> list[EntityLink]:
    """Return policy ARNs as links of one holder."""
    name_key = f"{holder.kind.capitalize()}Name"
    links = []
    for arn in sorted(policies):
        policy = context.address_of(arn)
        needs = (presence_of(policy),) if policy else ()
        links.append(EntityLink(arn, {name_key: holder.name, "PolicyArn": arn}, needs))
    return links


def make_release_step(address: Address, holder: Address, facet: LinkFacet, link: EntityLink) -> Step:
    """Return the step that removes a link because the plan deletes the policy or group (address) that it holds."""
    effect = Unlink(holder, facet.detach_operation, facet.attach_operation, link.key)
    removal_facts = (link_removal_of(holder, link.key),)
    return make_step(address, Phase.DELETE, effect, link.parameters, (), removal_facts)


MEMBERSHIPS = LinkFacet(
    attach_operation="AddUserToGroup",
    detach_operation="RemoveUserFromGroup",
    quota=GROUPS_PER_USER,
    statements_of=lambda context, link, lookup: (
        context.statements_of_group(link.key, lookup) if isinstance(link.key, Address) else NO_STATEMENTS
    ),
)


def make_group_links(user: Address, groups: frozenset[Address]) -> list[EntityLink]:
    """Return groups as links of one user."""
    return [
        EntityLink(group, {"GroupName": group.name, "UserName": user.name}, (presence_of(group),))
        for group in sorted(groups)
    ]

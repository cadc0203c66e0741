"""Links with a quota: managed policies attached to an entity, and a user's group memberships.

What is attached first, and detached last, is decided by what it grants (`policy/grants.py`). Where the quota
leaves no room, as many as needed are taken off first, and the step says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.kinds.facts import linked, present, step, unlinked
from reconciler.kinds.planning import Planning
from reconciler.model.address import Address
from reconciler.model.entity import Entity
from reconciler.model.plan import Fact, Phase, Step
from reconciler.policy.grants import NOTHING, Statements, phase_of

DEFAULT_QUOTA = 10
"""Attached policies per user, group or role, and groups per user (IAM User Guide, "IAM object quotas")."""


@dataclass(frozen=True, slots=True)
class Link:
    """One thing that can be linked: its identity in facts, its call parameters, and what must exist."""

    key: Address | str
    parameters: dict[str, object]
    needs: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """`attach` and `detach` are operations; `granted` tells what a link brings on one side of the plan."""

    attach: str
    detach: str
    quota: str
    noun: str
    granted: Callable[[Planning, Link, Mapping[Address, Entity]], Statements]

    def steps(self, holder: Address, before: list[Link], after: list[Link], planning: Planning) -> list[Step]:
        old, new = {link.key: link for link in before}, {link.key: link for link in after}
        added = [link for key, link in new.items() if key not in old]
        removed = [link for key, link in old.items() if key not in new]
        quota = planning.quota(self.quota, DEFAULT_QUOTA)
        forced = max(0, min(len(removed), len(before) + len(added) - quota)) if added else 0
        return [
            *self._detaching(holder, removed, forced, planning),
            *self._attaching(holder, added, removed[:forced], planning),
        ]

    def _attaching(self, holder: Address, added: list[Link], first: list[Link], planning: Planning) -> list[Step]:
        room = tuple(unlinked(holder, link.key) for link in first)
        return [
            step(
                holder,
                phase_of(NOTHING, self.granted(planning, link, planning.desired.entities)),
                self.attach,
                link.parameters,
                (present(holder), *link.needs, *room),
                (linked(holder, link.key),),
            )
            for link in added
        ]

    def _detaching(self, holder: Address, removed: list[Link], forced: int, planning: Planning) -> list[Step]:
        steps = []
        for index, link in enumerate(removed):
            phase, note = self._loss(planning, link), ""
            if index < forced:
                phase = Phase.WIDEN
                note = f"the quota of {self.noun} forces this one off before its replacement is on"
            steps.append(step(holder, phase, self.detach, link.parameters, (), (unlinked(holder, link.key),), note))
        return steps

    def _loss(self, planning: Planning, link: Link) -> Phase:
        """When to take a link off; one whose content is not known (AWS's own policies) counts as a grant."""
        granted = self.granted(planning, link, planning.live.entities)
        return phase_of(granted, NOTHING) if granted else Phase.NARROW

    def emptying(self, holder: Address, before: list[Link]) -> list[Step]:
        """Every link taken off, for a holder that is about to be deleted."""
        return [
            step(holder, Phase.DELETE, self.detach, link.parameters, (), (unlinked(holder, link.key),))
            for link in before
        ]


def attached(kind: str) -> Links:
    """Managed policies of a User, Group or Role (Attach…Policy, Detach…Policy)."""
    return Links(
        attach=f"Attach{kind}Policy",
        detach=f"Detach{kind}Policy",
        quota=f"AttachedPoliciesPer{kind}Quota",
        noun="attached policies",
        granted=lambda planning, link, side: planning.policy_statements(str(link.key), side),
    )


def policy_links(holder: Address, policies: frozenset[str], planning: Planning) -> list[Link]:
    """Policy ARNs as links of one holder."""
    name_key = f"{holder.kind.capitalize()}Name"
    links = []
    for arn in sorted(policies):
        policy = planning.address(arn)
        needs = (present(policy),) if policy else ()
        links.append(Link(arn, {name_key: holder.name, "PolicyArn": arn}, needs))
    return links


MEMBERSHIPS = Links(
    attach="AddUserToGroup",
    detach="RemoveUserFromGroup",
    quota="GroupsPerUserQuota",
    noun="groups per user",
    granted=lambda planning, link, side: (
        planning.group_statements(link.key, side) if isinstance(link.key, Address) else NOTHING
    ),
)


def group_links(user: Address, groups: frozenset[Address]) -> list[Link]:
    """Group addresses as links of one user."""
    return [
        Link(group, {"GroupName": group.name, "UserName": user.name}, (present(group),)) for group in sorted(groups)
    ]

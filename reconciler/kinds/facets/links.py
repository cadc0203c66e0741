"""Links with a quota: managed policies attached to an entity, and a user's group memberships.

What is attached first, and detached last, is decided by what it grants (`policy/grants.py`). Where the quota
leaves no room, as many as needed are taken off first, and the step says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.kinds.facts import linked, present, step, unlinked
from reconciler.kinds.planning import Planning, Side
from reconciler.model.address import Address
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.quotas import ATTACHED, GROUPS_PER_USER, Quota
from reconciler.policy.grants import NOTHING, Statements, phase_of


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
    quota: Quota
    noun: str
    granted: Callable[[Planning, Link, Side], Statements]

    def steps(self, holder: Address, before: list[Link], after: list[Link], planning: Planning) -> list[Step]:
        old, new = {link.key: link for link in before}, {link.key: link for link in after}
        added = sorted((link for key, link in new.items() if key not in old), key=lambda one: self._gain(planning, one))
        removed = [link for key, link in old.items() if key not in new]
        free = max(0, planning.quota(self.quota) - len(before))
        forced = min(len(removed), max(0, len(added) - free))
        pairs = list(zip(removed[:forced], added[free:], strict=False))
        return [
            *self._swapped(holder, pairs, added[free - 1] if free and pairs else None, planning),
            *(self._off(holder, link, self._loss(planning, link)) for link in removed[forced:]),
            *(self._on(holder, link, planning) for link in (*added[:free], *added[free + forced :])),
        ]

    def _swapped(
        self, holder: Address, pairs: list[tuple[Link, Link]], last: Link | None, planning: Planning
    ) -> list[Step]:
        """Where the quota leaves no room: one off, one on, and so forth, so that few are missing at a time."""
        steps = []
        note = f"the quota of {self.noun}"
        for off, on in pairs:
            after = (linked(holder, last.key),) if last else ()
            steps.append(self._off(holder, off, self._gain(planning, on), after, note))
            steps.append(self._on(holder, on, planning, (unlinked(holder, off.key),)))
            last = on
        return steps

    def _on(self, holder: Address, link: Link, planning: Planning, room: tuple[Fact, ...] = ()) -> Step:
        needs = (present(holder), *link.needs, *room)
        makes = (linked(holder, link.key),)
        return step(holder, self._gain(planning, link), self.attach, link.parameters, needs, makes)

    def _off(self, holder: Address, link: Link, phase: Phase, needs: tuple[Fact, ...] = (), note: str = "") -> Step:
        return step(holder, phase, self.detach, link.parameters, needs, (unlinked(holder, link.key),), note)

    def _gain(self, planning: Planning, link: Link) -> Phase:
        return phase_of(NOTHING, self.granted(planning, link, planning.then))

    def _loss(self, planning: Planning, link: Link) -> Phase:
        return phase_of(self.granted(planning, link, planning.now), NOTHING)

    def emptying(self, holder: Address, before: list[Link], planning: Planning) -> list[Step]:
        """Every link taken off, for a holder that is about to be deleted: what it grants first."""
        return [self._off(holder, link, self._loss(planning, link)) for link in before]


def attached(kind: str) -> Links:
    """Managed policies of a User, Group or Role (Attach…Policy, Detach…Policy)."""
    return Links(
        attach=f"Attach{kind}Policy",
        detach=f"Detach{kind}Policy",
        quota=ATTACHED[kind],
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
    quota=GROUPS_PER_USER,
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

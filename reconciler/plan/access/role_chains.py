"""Find the roles that a principal can take one after the other, and who can take some role at the end.

Every step is evaluated once for all principals and roles that get the same answer. A session's own limits on chains
(an hour at most, no MFA of its own) need no rule here: the evaluator knows that a role carries no MFA.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.access import Principal, group_equivalent_pairs, targets_of
from reconciler.model.access_answers import AccessSide, RoleChain
from reconciler.model.address import Address
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.delta import evaluate_access


@dataclass(frozen=True, slots=True)
class _Step:
    """Principals that may all assume all of these roles on the same terms."""

    principals: tuple[Address, ...]
    roles: tuple[Address, ...]
    terms: AccessTerms


def accept_terms(_: AccessTerms) -> bool:
    return True


@dataclass(frozen=True)
class RoleChains:
    """The ways from one principal to another by assuming roles.

    principals: those of the side. is_usable: returns whether a step on these terms counts.
    """

    side: AccessSide
    principals: Mapping[Address, Principal]
    is_usable: Callable[[AccessTerms], bool] = accept_terms

    def find_chains_from(self, start: Address) -> tuple[RoleChain, ...]:
        """Return every role that a principal can take, each by a shortest way, the nearest first."""
        chains: dict[Address, RoleChain] = {}
        waiting: list[tuple[Address, RoleChain]] = [(start, RoleChain(()))]
        for address, chain in waiting:
            for step in self._steps_from.get(address, ()):
                for role in step.roles:
                    if role != start and role not in chains:
                        chains[role] = _extend(chain, step.terms, after=str(role))
                        waiting.append((role, chains[role]))
        return tuple(chains.values())

    def find_chains_to(self, goals: Iterable[Address]) -> dict[Address, RoleChain]:
        """Return every principal that can take one of these roles, each with a shortest way to one of them."""
        waiting = [(role, RoleChain(())) for role in sorted(goals)]
        reached = {role for role, _ in waiting}
        chains: dict[Address, RoleChain] = {}
        done: set[int] = set()
        for role, chain in waiting:
            for step in self._steps_to.get(role, ()):
                if id(step) in done:
                    continue
                done.add(id(step))
                longer = _extend(chain, step.terms, before=str(role))
                for address in step.principals:
                    if address not in chains and address != role:
                        chains[address] = longer
                        if address.kind == "role" and address not in reached:
                            reached.add(address)
                            waiting.append((address, longer))
        return chains

    @cached_property
    def _steps(self) -> list[_Step]:
        targets = targets_of(self.side.state)
        callers = {principal.arn: address for address, principal in self.principals.items()}
        roles = {target.arn: address for address, target in targets.items()}
        steps = []
        for group in group_equivalent_pairs(self.principals.values(), targets.values()):
            terms = evaluate_access(group.principals[0], group.roles[0])
            if terms is not None and self.is_usable(terms):
                members = tuple(callers[one.arn] for one in group.principals)
                steps.append(_Step(members, tuple(roles[one.arn] for one in group.roles), terms))
        return steps

    @cached_property
    def _steps_from(self) -> Mapping[Address, list[_Step]]:
        return _index_steps((address, step) for step in self._steps for address in step.principals)

    @cached_property
    def _steps_to(self) -> Mapping[Address, list[_Step]]:
        return _index_steps((address, step) for step in self._steps for address in step.roles)


def _index_steps(pairs: Iterable[tuple[Address, _Step]]) -> Mapping[Address, list[_Step]]:
    index: defaultdict[Address, list[_Step]] = defaultdict(list)
    for address, step in pairs:
        index[address].append(step)
    return index


def _extend(chain: RoleChain, terms: AccessTerms, *, before: str = "", after: str = "") -> RoleChain:
    """Return a chain with one role more, before or after the others, on the terms of that step besides."""
    roles = tuple(name for name in (before, *chain.roles, after) if name)
    conditions = tuple(sorted({*chain.conditions, *terms.conditions}))
    return RoleChain(roles, chain.mfa or terms.mfa, conditions, chain.terms | terms.terms)

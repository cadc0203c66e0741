"""Find the calls of a plan that wait for principals of other accounts, and the waits of a run that never end.

IAM refuses a trust that names a principal which does not exist, so an apply writes it after the other account has
created the principal (`aws/executor.py`). That cannot work if the other account comes in a later wave, or if it waits
for this one. Both are found before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.account_waits import NO_WAITS, AccountWaits, TrustLine
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import ELSEWHERE_FACT, Fact, Step
from reconciler.model.problem import Problem
from reconciler.plan.cross_account.trust_lines import find_trust_line
from reconciler.plan.cross_account.words import TrustedPrincipal, refuse_cycle, refuse_order
from reconciler.plan.order.cycles import find_components
from reconciler.plan.order.schedule import find_waits, stages_of

Arns = frozenset[str]
_NOBODY: Arns = frozenset()


def find_account_waits(steps: Sequence[Step], desired: Desired | None = None) -> AccountWaits:
    """Return what the calls of a plan wait for in other accounts. desired: has the lines of the trusts."""
    needs: dict[str, TrustLine] = {}
    creates: dict[str, Arns] = {}
    earlier_stages, this_stage, stage = _NOBODY, _NOBODY, 0
    stages = stages_of(steps)
    awaited: dict[int, Arns] = {}
    for index, (step, waits) in enumerate(zip(steps, find_waits(steps, stages), strict=True)):
        if stages[index] != stage:
            earlier_stages, this_stage, stage = earlier_stages | this_stage, _NOBODY, stages[index]
        named = _arns_of(step.needs)
        before = named.union(earlier_stages, *(awaited.get(earlier, _NOBODY) for earlier in waits))
        if before:
            awaited[index] = before
            this_stage |= before
        creates |= dict.fromkeys(_arns_of(step.makes), before)
        for arn in named - needs.keys():
            needs[arn] = find_trust_line(step.address, arn, desired)
    return AccountWaits(creates, needs) if creates or needs else NO_WAITS


def _arns_of(facts: frozenset[Fact]) -> Arns:
    return frozenset(fact[1] for fact in facts if fact[0] == ELSEWHERE_FACT)


def find_creators(accounts: Sequence[MemberAccount], waits: Mapping[str, AccountWaits]) -> dict[str, MemberAccount]:
    """Map each principal that a run creates to its account. waits: by the id of the account."""
    return {arn: account for account in accounts for arn in waits.get(account.id, NO_WAITS).creates}


def order_accounts(accounts: Sequence[MemberAccount], waits: Mapping[str, AccountWaits]) -> list[MemberAccount]:
    """Return the accounts by wave, canaries first, and in it those first that others wait for, as far as that goes.

    So an apply that does the accounts in this order waits little, and holds few accounts that wait.
    """
    creators = find_creators(accounts, waits)
    graph = {
        account.id: sorted(
            {creators[arn].id for arn in waits.get(account.id, NO_WAITS).needs if arn in creators} - {account.id}
        )
        for account in accounts
    }
    places = {identity: place for place, component in enumerate(find_components(graph)) for identity in component}
    return sorted(accounts, key=lambda account: (_turn_of(account), places[account.id]))


def check_waits(
    accounts: Sequence[MemberAccount], waits: Mapping[str, AccountWaits]
) -> Iterator[tuple[MemberAccount, Problem]]:
    """Yield a refusal for each wait that never ends, with the account that waits.

    accounts: those of one run. waits: those of each whose plan was made, by its id.
    """
    creators = find_creators(accounts, waits)
    for account in accounts:
        for arn, line in sorted(waits.get(account.id, NO_WAITS).needs.items()):
            creator = creators.get(arn)
            if creator is not None and _turn_of(creator) > _turn_of(account):
                yield account, refuse_order(TrustedPrincipal(account, line, arn, creator))
    graph = {
        arn: sorted(before & creators.keys())
        for account in accounts
        for arn, before in waits.get(account.id, NO_WAITS).creates.items()
    }
    for component in find_components(graph):
        if len(component) > 1:
            cycle = _find_cycle(min(component), graph, frozenset(component))
            for index, arn in enumerate(cycle):
                account, own_view = creators[arn], [*cycle[index:], *cycle[:index]]
                created = TrustLine(Address("role", arn.rpartition("/")[2]))  # a file of results may lack the trust
                line = waits[account.id].needs.get(own_view[1], created)
                yield account, refuse_cycle(own_view, creators, line)


def _turn_of(account: MemberAccount) -> tuple[int, bool]:
    """Return the turn of an account: a wave, and in it the canaries first, ends before the next turn begins."""
    return account.wave, not account.is_canary


def _find_cycle(start: str, graph: Mapping[str, Sequence[str]], component: Arns) -> list[str]:
    """Return principals of a component, each of which waits for the next one, and the last for the first."""
    path = [start]
    while (following := next(arn for arn in graph[path[-1]] if arn in component)) not in path:
        path.append(following)
    return path[path.index(following) :]

"""Check the trusts of a run against the accounts of the principals that they name, before anything is written.

Only trusts that the files declare, or that a plan changes, are checked, and of these only the principals of accounts
that the organization declares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.access import Principal, Target
from reconciler.model.account_waits import TrustLine
from reconciler.model.address import Address
from reconciler.model.arns import address_of, path_of
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Problem
from reconciler.plan.cross_account.external_ids import RoleEntry, find_wrong_entries, list_alias_entries
from reconciler.plan.cross_account.facts import CrossAccountFacts
from reconciler.plan.cross_account.side import find_refusal
from reconciler.plan.cross_account.words import (
    TrustedPrincipal,
    note_unchecked,
    refuse_external_id,
    refuse_missing,
    refuse_other_arn,
    refuse_removal,
    refuse_removed,
    refuse_side,
)

Facts = Mapping[str, CrossAccountFacts]
"""The facts of accounts, by the id of the account. Each look-up may read them from a disk."""
Finding = tuple[MemberAccount, Problem]
"""A problem, with the account that it belongs to."""


def list_accounts_to_read(all_accounts: Sequence[MemberAccount], planned: Facts) -> list[MemberAccount]:
    """Return the accounts that are not planned and whose files the check needs.

    These are the accounts that a trust names. If a plan removes a user or role, any account may trust it.
    """
    named: set[str] = set()
    for facts in planned.values():
        if facts.removed:
            return [account for account in all_accounts if account.id not in planned]
        named.update(_account_of(arn) for trust in facts.trusts for arn in trust.principals)
    return [account for account in all_accounts if account.id in named - planned.keys()]


def check_trusts(
    all_accounts: Sequence[MemberAccount], planned: Facts, unplanned: Facts, entries: Iterable[RoleEntry] = ()
) -> Iterator[Finding]:
    """Yield the findings about the trusts of a run.

    all_accounts: all accounts of the organization. unplanned: the facts from the files of other accounts.
    entries: further lines that assume a role, beside the aliases of the files.
    """
    check = _TrustCheck({account.id: account for account in all_accounts}, planned, unplanned)
    by_role: defaultdict[str, list[RoleEntry]] = defaultdict(list)
    for entry in (*entries, *list_alias_entries(all_accounts, check.find_facts)):
        by_role[entry.role_arn].append(entry)
    for account in all_accounts:
        if account.id in planned:
            facts = planned[account.id]
            yield from check.check_account(account, facts)
            for trust, entry in find_wrong_entries(facts, by_role):
                yield account, refuse_external_id(account, trust.line, trust.external_ids, entry)
        elif account.id in unplanned:
            yield from check.find_removals(account, unplanned[account.id])


@dataclass(frozen=True)
class _TrustCheck:
    """The accounts by id, and what is known of them."""

    accounts: Mapping[str, MemberAccount]
    planned: Facts
    unplanned: Facts

    def find_facts(self, account: MemberAccount) -> CrossAccountFacts | None:
        return self.planned.get(account.id) or self.unplanned.get(account.id)

    def check_account(self, account: MemberAccount, facts: CrossAccountFacts) -> Iterator[Finding]:
        """Yield the findings about the trusts of a planned account."""
        unchecked: defaultdict[str, dict[str, TrustLine]] = defaultdict(dict)
        for trust in facts.trusts:
            for arn, line in trust.principals.items():
                other = self.accounts.get(_account_of(arn))
                if other is None:
                    continue
                known = self.find_facts(other)
                if known is None or _is_unknown(known, arn):
                    unchecked[other.id][arn] = line
                    continue
                one = TrustedPrincipal(account, line, arn, other)
                if problem := _check_principal(one, trust.target, known):
                    yield account, problem
        for identity, lines in unchecked.items():
            was_planned = identity in self.planned
            yield account, note_unchecked(lines, self.accounts[identity], was_planned=was_planned)

    def find_removals(self, account: MemberAccount, facts: CrossAccountFacts) -> Iterator[Finding]:
        """Yield a refusal of each principal that a plan removes and an unplanned account trusts.

        It belongs to the account whose plan it is.
        """
        for trust in facts.trusts:
            for arn, line in trust.principals.items():
                known = self.planned.get(_account_of(arn))
                if known is not None and arn in known.removed:
                    other = self.accounts[known.account]
                    yield other, refuse_removal(TrustedPrincipal(account, line, arn, other), known.removed[arn])


def _check_principal(one: TrustedPrincipal, target: Target, known: CrossAccountFacts) -> Problem | None:
    """Return what does not fit between a trust and the account of its principal; None if all does."""
    if one.arn in known.removed:
        return refuse_removed(one, known.removed[one.arn])
    address = _address_of(one.arn)
    real_arn = known.arns.get(address)
    if real_arn is None:
        return refuse_missing(one, known.arns.values())
    if real_arn != one.arn:
        return refuse_other_arn(one, real_arn)
    principal = known.callers.get(one.arn) or Principal(one.arn, address.kind, known.account)
    refusal = find_refusal(principal, target)
    return refuse_side(one, target.arn, refusal) if refusal else None


def _is_unknown(known: CrossAccountFacts, arn: str) -> bool:
    """Return whether nothing is known of a principal.

    Files that give an entity no path leave the live one, so the default path of a file proves nothing.
    """
    real_arn = known.arns.get(_address_of(arn))
    if real_arn is None:
        return known.is_part and arn not in known.removed
    return known.is_of_files and real_arn != arn and path_of(real_arn) == "/"


def _account_of(arn: str) -> str:
    return arn.split(":", 5)[4]


def _address_of(arn: str) -> Address:
    address = address_of(arn, _account_of(arn))
    if address is None:  # `find_foreign_principals` yields ARNs of users and roles only
        raise ValueError(f"{arn!r} names no user or role")
    return address

"""Check the trusts between the accounts of a run once all of them are planned, and which account waits for which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.app.organization.facts_store import FactsStore
from reconciler.app.organization.members import OrganizationRun
from reconciler.aws.principal_board import PrincipalBoard
from reconciler.model.account_results import AccountResult, AccountStatus, errors_in
from reconciler.model.account_waits import AccountWaits
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.cross_account.check import check_trusts, list_accounts_to_read
from reconciler.plan.cross_account.external_ids import RoleEntry
from reconciler.plan.cross_account.facts import CrossAccountFacts, extract_file_facts
from reconciler.plan.cross_account.waits import check_waits, find_creators, order_accounts

ReadDesired = Callable[[MemberAccount], Desired]
"""Reads the files of an account. Raises ReconcileError if they are not valid."""


def check_accounts(
    run: OrganizationRun,
    results: Mapping[str, AccountResult],
    facts: Mapping[str, CrossAccountFacts],
    read_desired: ReadDesired,
) -> dict[str, AccountResult]:
    """Return the results with the findings across accounts; an account with an error among them is unsafe.

    results: by the id of the account. facts: those of each account whose plan was made.
    """
    findings: defaultdict[str, list[Problem]] = defaultdict(list)
    with FactsStore() as unplanned:
        for account in list_accounts_to_read(run.all_accounts, facts):
            try:
                unplanned.add(extract_file_facts(read_desired(account)))
            except ReconcileError:
                continue  # nothing is known of it; planning it reports why
        for account, problem in check_trusts(run.all_accounts, facts, unplanned, _list_entries(run)):
            findings[account.id].append(problem)
    for account, problem in check_waits(run.selected, _waits_of(results.values())):
        findings[account.id].append(problem)
    return {identity: _add_findings(result, findings[identity]) for identity, result in results.items()}


def refuse_waits(results: Sequence[AccountResult]) -> tuple[AccountResult, ...]:
    """Return the results of several shards' plans. An account is unsafe if its calls would wait for ever."""
    findings: defaultdict[str, list[Problem]] = defaultdict(list)
    for account, problem in check_waits([result.account for result in results], _waits_of(results)):
        findings[account.id].append(problem)
    return tuple(_add_findings(result, findings[result.account.id]) for result in results)


def make_board(results: Iterable[AccountResult]) -> PrincipalBoard:
    """Return the board of an apply of planned accounts, with the principals that their plans create."""
    listed = list(results)
    return PrincipalBoard(find_creators([result.account for result in listed], _waits_of(listed)))


def order_results(results: Sequence[AccountResult]) -> list[AccountResult]:
    """Return the results with those first that others wait for."""
    by_id = {result.account.id: result for result in results}
    ordered = order_accounts([result.account for result in results], _waits_of(results))
    return [by_id[account.id] for account in ordered]


def _waits_of(results: Iterable[AccountResult]) -> dict[str, AccountWaits]:
    return {result.account.id: result.plan.waits for result in results if result.plan}


def _list_entries(run: OrganizationRun) -> Iterator[RoleEntry]:
    """Yield the role by which the run enters each account. The caller's own account needs none."""
    entry = run.entry
    for account in run.all_accounts:
        if entry.role is not None and account.id != entry.home.account:
            arn = f"arn:{entry.home.partition}:iam::{account.id}:role/{entry.role}"
            yield RoleEntry("`organization`", arn, entry.session.external_id, entry.session.place)


def _add_findings(result: AccountResult, findings: Iterable[Problem]) -> AccountResult:
    problems = tuple(dict.fromkeys((*result.problems, *findings)))
    is_unsafe = result.status is not AccountStatus.FAILED and errors_in(problems)
    return replace(result, problems=problems, status=AccountStatus.UNSAFE if is_unsafe else result.status)

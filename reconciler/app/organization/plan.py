"""Plan every account of an organization. Each plan goes to a file, so that memory holds only those being made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from reconciler.app.desired_files import DesiredFiles, require_valid
from reconciler.app.organization.cross_account import check_accounts
from reconciler.app.organization.facts_store import FactsStore
from reconciler.app.organization.given_names import AccountNames, find_unknown, read_names
from reconciler.app.organization.members import OrganizationRun
from reconciler.app.organization.runner import run_accounts
from reconciler.app.plan import plan_declared
from reconciler.app.plan_file import document_of, write_plan_document
from reconciler.aws.slots import Slot
from reconciler.desired.aws_names import AwsNames
from reconciler.desired.declare import declare
from reconciler.desired.load import load
from reconciler.desired.source_files import name_file
from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults, PlanFacts
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import Plan
from reconciler.plan.cross_account.facts import extract_facts
from reconciler.plan.cross_account.waits import find_account_waits
from reconciler.render.json_text import dump_json

OnResult = Callable[[AccountResult], None]


def plan_organization(
    run: OrganizationRun, folder: Path, max_parallel: int, on_result: OnResult = lambda result: None
) -> OrganizationResults:
    """Plan the chosen accounts, and leave a plan file for each in a folder, which must exist.

    on_result: called as each account ends.
    """
    results: dict[str, AccountResult] = {}
    names: set[AccountNames] = set()  # most accounts have the same
    read: set[str] = set()
    with FactsStore() as facts:

        def plan_account(account: MemberAccount, slot: Slot) -> AccountResult:
            files = read_member(run, account)
            names.add(AccountNames.of(files.loaded, files.desired))
            read.add(account.id)
            return _plan_account(run, account, files, folder, facts)

        for result in run_accounts(run.selected, plan_account, max_parallel):
            results[result.account.id] = result
            on_result(result)
        results = check_accounts(run, results, facts, lambda account: read_member(run, account).desired)
    return OrganizationResults(
        tuple(results[account.id] for account in run.selected),
        run.entry.home.caller_arn,
        tuple(name_file(str(path)) for path in run.files.paths),
        tuple(find_unknown(_iter_names(run, names, read), run.request.options.allow_assertions)),
    )


def _iter_names(run: OrganizationRun, known: Collection[AccountNames], read: Collection[str]) -> Iterator[AccountNames]:
    """Yield the names that all accounts know.

    known: those of the accounts in `read`, by id. Those of others, such as accounts of another shard, are read now.
    """
    yield from known
    for account in run.all_accounts:
        if account.id not in read:
            yield read_names(run.files, run.membership_of(account))


def _plan_account(
    run: OrganizationRun, account: MemberAccount, files: DesiredFiles, folder: Path, facts: FactsStore
) -> AccountResult:
    """Plan one account. facts: gets those that the other accounts need."""
    planned = plan_declared(files, run.entry.connect(account), replace(run.request.options, is_of_many=True))
    facts.add(extract_facts(planned.plan, files.desired))
    path, document = folder / f"{account.name}.json", document_of(planned.plan)
    write_plan_document(document, path)
    return AccountResult(account, status_of(planned.plan), _make_facts(planned.plan, path, document, files.desired))


def read_member(run: OrganizationRun, account: MemberAccount) -> DesiredFiles:
    """Return the files as they are for an account. Raises ReconcileError if they are not valid."""
    names = tuple(map(str, (*run.files.paths, *account.files)))
    loaded = load(
        run.files.paths,
        run.files.variables,
        account.id,
        run.entry.home.partition,
        membership=run.membership_of(account),
        parsed=run.files.parsed,
    )
    desired = require_valid(declare(loaded, now=datetime.now(UTC), names=AwsNames()))
    return DesiredFiles(names, run.files.variables, loaded, desired)


def status_of(plan: Plan) -> AccountStatus:
    if not plan.is_safe:
        return AccountStatus.UNSAFE
    return AccountStatus.CHANGED if plan.changes else AccountStatus.IN_STEP


def _make_facts(plan: Plan, path: Path, document: Mapping[str, Any], desired: Desired) -> PlanFacts:
    """Return what a summary needs of a plan. document: the content of its file."""
    return PlanFacts(
        str(path),
        _group_of(plan, document),
        document["summary"],
        len(plan.steps),
        plan.risk,
        plan.is_reversible,
        plan.account_alias,
        find_account_waits(plan.steps, desired),
    )


def _group_of(plan: Plan, document: Mapping[str, Any]) -> str:
    """Return a digest of what a reader sees of the plan; "" if that is nothing.

    It depends neither on the account's id nor on lines.
    """
    said = [
        document["changes"],
        [(finding.level, finding.code, finding.message) for finding in plan.findings],
        [(reason.code, reason.message) for reason in plan.risk.reasons],
        *([[(str(one.address), one.owner) for one in plan.unmanaged]] if plan.unmanaged else []),
    ]
    if not any(said):
        return ""
    said.append(plan.guardrails is not None)
    return sha256(dump_json(said).replace(plan.account, "ACCOUNT").encode(errors="backslashreplace")).hexdigest()

"""Apply the plans of many accounts: show them, ask, apply them wave by wave, and report each account as it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from reconciler.app.organization.apply import OrganizationApply
from reconciler.app.organization.files import OrganizationFiles, RunOptions
from reconciler.app.organization.results_file import make_results, write_results
from reconciler.app.organization.results_section import RunResults
from reconciler.app.organization.saved_plans import make_entry, read_plans, rebuild_plan
from reconciler.cli.organization import exit_code_of, open_accounts, open_folder, plan_run, print_summary, read_plan
from reconciler.cli.reporting import stop_on_signals
from reconciler.model.account_results import AccountResult, AccountStatus, RunSummary, errors_in
from reconciler.plan.digest.account_groups import format_accounts

if TYPE_CHECKING:
    from reconciler.app.organization.entry import AccountEntry
    from reconciler.app.plan import PlanRequest
    from reconciler.aws.executor import StopSignal
    from reconciler.aws.retry import CallStatus
    from reconciler.cli.reporting import Log
    from reconciler.model.member_account import MemberAccount
    from reconciler.model.plan import Plan, Step
    from reconciler.model.problem import Problem
    from reconciler.plan.digest.detail import Detail

REFUSED, INTERRUPTED = 1, 130


@dataclass(frozen=True)
class ManyApply:
    """One run of `apply` over many accounts. journal: a folder for the journals; None for the user's own."""

    log: Log
    request: PlanRequest
    options: RunOptions
    yes: bool
    journal: str | None
    out: str | None
    detail: Detail

    def run(self, source: OrganizationFiles | Path) -> int:
        """Apply an organization file, or a folder of saved plans, and return the exit code."""
        if isinstance(source, Path):
            results, planned = read_plans(source, self.options)
            entry = make_entry(self.request.connect(), results)
            return self._apply(planned, entry, source, results, is_saved=True)
        with open_folder(self.out) as folder:
            run = open_accounts(source, self.request, self.options)
            planned = plan_run(run, folder, self.options)
            results = make_results("plan", planned, run, self.options)
            if self.out:
                write_results(folder, results)
            return self._apply(planned, run.entry, folder, results, is_saved=False)

    def _apply(
        self, planned: RunSummary, entry: AccountEntry, folder: Path, results: RunResults, *, is_saved: bool
    ) -> int:
        self._show(planned)
        if errors_in(planned.problems) or any(result.has_broken_trust for result in planned.results):
            self.log.report_event("refused", "Refused: see the errors above. Nothing was written to any account.")
            return REFUSED
        if not planned.has_changes:
            return exit_code_of(planned)
        if not (self.yes or is_saved or self._is_confirmed(planned)):
            return REFUSED
        with stop_on_signals(self._report_stopping) as stop:
            applied = self._make_apply(entry, stop).run(planned)
        if is_saved or self.out:
            write_results(
                folder,
                replace(
                    results,
                    command="apply",
                    results=applied.results,
                    shard=self.options.shard,
                    wave=self.options.wave,
                ),
            )
        return self._report(applied, is_stopped=stop.event.is_set())

    def _make_apply(self, entry: AccountEntry, stop: StopSignal) -> OrganizationApply:
        lock = Lock()
        return OrganizationApply(
            lambda planned: rebuild_plan(entry, planned, self.request.options),
            self._find_journal,
            lambda account, stop: AccountLog(self.log, account, stop, lock),
            stop,
            self.options.max_parallel,
            self._report_account,
        )

    def _find_journal(self, account: MemberAccount) -> Path | None:
        return Path(self.journal) / f"{account.name}.jsonl" if self.journal else None

    def _show(self, planned: RunSummary) -> None:
        from reconciler.cli.plan import OutputRequest

        print_summary(planned, OutputRequest("text", None, False, self.detail, no_pager=True))

    def _is_confirmed(self, planned: RunSummary) -> bool:
        from reconciler.cli.terminal import is_interactive

        if not is_interactive():
            reason = "there is no terminal to ask on. Pass --yes. Nothing was written."
            self.log.report_event("refused", f"Refused: {reason}")
            return False
        question = f"\n{format_question(planned)} Type 'yes' to continue"
        if click.prompt(question, default="no", show_default=False, err=True).strip().lower() == "yes":
            return True
        self.log.report_event("declined", "Declined; nothing was written.")
        return False

    def _report_stopping(self) -> None:
        self.log.report_event("stopping", "Stopping when the calls under way have been answered.")

    def _report_account(self, result: AccountResult) -> None:
        """Report an account with changes as it ends."""
        if result.status is AccountStatus.NOT_STARTED:
            reason = "not started, because an account before it failed or the run was stopped."
            self._report_end(result, "not-started", reason)
        elif result.status is AccountStatus.CHANGED or result.journal:
            calls = f"{result.done} call{'' if result.done == 1 else 's'}"
            word = "applied" if result.status is AccountStatus.CHANGED else "stopped"
            self._report_end(result, word, f"{word}, {calls}. Journal: {result.journal}")
        if result.status is AccountStatus.FAILED:
            self.log.report_problems([_name_account(problem, result.account) for problem in result.errors])

    def _report_end(self, result: AccountResult, word: str, message: str) -> None:
        account = result.account
        facts = {"account": account.id, "name": account.name, "done": result.done, "journal": result.journal}
        self.log.report_event(f"account-{word}", f"{account.label}: {message}", **facts)

    def _report(self, applied: RunSummary, *, is_stopped: bool) -> int:
        from reconciler.render.organization_text import OrganizationText

        counts = {str(status): applied.count(status) for status in AccountStatus}
        self.log.report_event("applied", OrganizationText(applied, read_plan).format_totals(), **counts)
        return INTERRUPTED if is_stopped and not applied.is_complete else exit_code_of(applied)


def format_question(planned: RunSummary) -> str:
    """Return the question before an apply: the number of calls, the accounts, and the changes."""
    changed = [result for result in planned.results if result.status is AccountStatus.CHANGED and result.plan]
    calls = sum(result.plan.calls for result in changed if result.plan)
    counts: Counter[str] = Counter()
    for result in changed:
        counts.update(result.plan.counts if result.plan else {})
    listed = ", ".join(f"{number} to {action}" for action, number in counts.items() if number)
    names = format_accounts([result.account.name for result in changed])
    number = len(changed)
    return f"Apply {calls} calls to {number} account{'' if number == 1 else 's'} ({names}): {listed}?"


def _name_account(problem: Problem, account: MemberAccount) -> Problem:
    return replace(problem, summary=f"{account.label}: {problem.summary}")


@dataclass(frozen=True)
class AccountLog:
    """The report on one of many accounts. It writes one event at a time, each with its account."""

    log: Log
    account: MemberAccount
    stop: StopSignal
    lock: Lock

    def on_wait(self) -> None:
        self._report("waits", f"{self.account.label}: another apply is running on this machine; waiting for it.")

    def on_begin(self, plan: Plan, again: bool) -> None:
        self._report("begins", calls=len(plan.steps), again=again)

    @contextmanager
    def handle_interrupts(self) -> Iterator[StopSignal]:
        """Yield the stop signal of the whole run: signals reach the program, not an account."""
        yield self.stop

    def on_start(self, index: int, step: Step) -> None:
        self._report("starts", seq=index + 1, operation=step.call.operation, address=str(step.address))

    def on_end(self, index: int, step: Step, ending: CallStatus, problem: Problem | None) -> None:
        reason = {"problem": problem.message} if problem else {}
        self._report(
            "ends",
            seq=index + 1,
            operation=step.call.operation,
            address=str(step.address),
            ending=str(ending),
            **reason,
        )

    def on_verify(self) -> None:
        self._report("verifies")

    def _report(self, event: str, *message: str, **values: object) -> None:
        with self.lock:
            self.log.report_event(event, *message, account=self.account.id, name=self.account.name, **values)

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

from reconciler.app.organization.apply import OrganizationApply, mark_unfinished
from reconciler.app.organization.files import OrganizationFiles, RunOptions
from reconciler.app.organization.results_file import delete_outdated_results, make_results, write_results
from reconciler.app.organization.results_section import RunResults
from reconciler.app.organization.reviewed_plans import compare_with_reviewed
from reconciler.app.organization.saved_plans import make_entry, read_plans, rebuild_plan
from reconciler.cli.organization import (
    conclude,
    exit_code_of,
    make_folder,
    open_accounts,
    open_folder,
    plan_run,
    print_results,
)
from reconciler.cli.output_request import OutputRequest
from reconciler.cli.plan import refuse_plan_options
from reconciler.cli.reporting import stop_on_signals
from reconciler.cli.run import INTERRUPTED
from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults, errors_in
from reconciler.model.run_summary import RunStatus, StepCounts
from reconciler.plan.digest.account_groups import format_accounts
from reconciler.render.organization_text import format_counts

if TYPE_CHECKING:
    from reconciler.app.organization.entry import AccountEntry
    from reconciler.app.plan import PlanRequest
    from reconciler.aws.executor import StopSignal
    from reconciler.aws.retry import SentCall
    from reconciler.cli.run import Log, Run
    from reconciler.model.plan import Plan, Step
    from reconciler.model.problem import Problem
    from reconciler.plan.digest.detail import Detail

REFUSED = 1


@dataclass(frozen=True)
class OrganizationApplyRun:
    """One run of `apply` over many accounts. journal: a folder for the journals; None for the user's own."""

    run: Run
    request: PlanRequest
    options: RunOptions
    yes: bool
    journal: str | None
    out: str | None
    detail: Detail

    def run_on(self, folder: Path | None, files: OrganizationFiles | None) -> int:
        """Apply files, a folder of saved plans, or the files if these plans are the same. Return the exit code."""
        if self.journal:
            make_folder(self.journal, "--journal")
        try:
            if files is None:
                return self._apply_folder(folder or Path())
            return self._apply_files(files, folder)
        finally:
            if self.request.verbose:
                self.run.report_calls()

    def _apply_folder(self, folder: Path) -> int:
        refuse_plan_options(self.request)
        if self.out is not None:
            raise click.UsageError(f"Results of plans in a folder stay there, in {folder}: leave out --out.")
        results, planned = read_plans(folder, self.options)
        self.run.plan_file = str(folder)
        with self.run.show_reading(self.request) as request:
            entry = self.run.entry = make_entry(request.connect(), results)
        return self._apply(planned, entry, results, folder)

    def _apply_files(self, files: OrganizationFiles, reviewed: Path | None) -> int:
        saved = read_plans(reviewed, self.options)[1] if reviewed else None
        with open_folder(self.out) as folder:
            opened = open_accounts(self.run, files, self.request, self.options)
            if self.out:
                delete_outdated_results(folder, self.options)
            planned = plan_run(self.run, opened, folder, self.options)
            if saved is not None and reviewed is not None:
                planned = compare_with_reviewed(saved, planned, reviewed, [str(path) for path in files.paths])
            results = make_results("plan", planned, opened, self.options)
            if self.out:
                write_results(folder, results)
            return self._apply(planned, opened.entry, results, reviewed)

    def _apply(
        self, planned: OrganizationResults, entry: AccountEntry, results: RunResults, approved: Path | None
    ) -> int:
        """Show the plans, ask unless they are in a folder of approved plans, and apply them."""
        print_results(planned, OutputRequest("text", None, False, self.detail, no_pager=True))
        left_in = approved or (Path(self.out) if self.out else None)
        if errors_in(planned.problems) or any(result.has_broken_trust for result in planned.results):
            self._note_refusal(planned, "see the errors above. Nothing was written to any account.")
            return REFUSED
        if not planned.has_changes:
            if left_in:
                self._leave_results(left_in, results, planned)
            conclude(self.run, planned, shown=True)
            return exit_code_of(planned)
        if not (self.yes or approved or self._is_confirmed(planned)):
            return REFUSED
        if left_in:  # before the first call: a folder that cannot be written, or a killed run, must not hide the calls
            self._leave_results(left_in, results, mark_unfinished(planned))
        with stop_on_signals(self._report_stopping) as stop:
            applied = self._make_apply(entry, stop).run(planned)
        exit_code = self._report(applied, is_stopped=stop.event.is_set())
        if left_in:
            self._leave_results(left_in, results, applied)
        return exit_code

    def _note_refusal(self, planned: OrganizationResults, reason: str) -> None:
        self.run.accounts = planned
        self.run.conclude(RunStatus.REFUSED, f"Refused: {reason}")

    def _make_apply(self, entry: AccountEntry, stop: StopSignal) -> OrganizationApply:
        lock = Lock()
        return OrganizationApply(
            lambda planned: rebuild_plan(entry, planned, self.request.options),
            lambda account: Path(self.journal) / f"{account.name}.jsonl" if self.journal else None,
            lambda account, stop: AccountObserver(self.run.make_account_log(account), stop, lock),
            stop,
            self.options.max_parallel,
            self._report_account,
        )

    def _leave_results(self, folder: Path, results: RunResults, applied: OrganizationResults) -> None:
        shard, wave = self.options.shard, self.options.wave
        moved = tuple(_move_plan(result, folder) for result in applied.results)
        write_results(folder, replace(results, command="apply", results=moved, shard=shard, wave=wave))

    def _is_confirmed(self, planned: OrganizationResults) -> bool:
        from reconciler.cli.terminal import ask_for_yes, is_interactive

        if self.run.log.for_programs:
            reason = "--log-format json asks no questions. Pass --yes, or a folder of saved plans."
            self._note_refusal(planned, f"{reason} Nothing was written.")
            return False
        if not is_interactive():
            self._note_refusal(planned, "there is no terminal to ask on. Pass --yes. Nothing was written.")
            return False
        if ask_for_yes(format_question(planned)):
            return True
        self.run.accounts = planned
        self.run.conclude(RunStatus.DECLINED, "Declined; nothing was written.")
        return False

    def _report_stopping(self) -> None:
        self.run.log.notice("stopping when the calls under way have been answered. Press Ctrl-C again to stop at once.")

    def _report_account(self, result: AccountResult) -> None:
        """Report an account with changes as it ends."""
        self.run.make_account_log(result.account).report_account(result, describe_end(result))

    def _report(self, applied: OrganizationResults, *, is_stopped: bool) -> int:
        done = sum(result.done for result in applied.results)
        left = sum(result.plan.calls - result.done for result in applied.results if result.plan and not result.is_done)
        self.run.count_steps(StepCounts(done, left=max(0, left)))
        is_interrupted = is_stopped and not applied.is_complete
        conclude(self.run, applied, shown=False, status=RunStatus.INTERRUPTED if is_interrupted else None)
        return INTERRUPTED if is_interrupted else exit_code_of(applied)


def _move_plan(result: AccountResult, folder: Path) -> AccountResult:
    """Return the result with its plan in a folder: that of the approved plans, if these were planned again.

    An account that failed before its first call is left without a plan: the folder may have none of it, or another one.
    So is one in step that is new since the approval.
    """
    path = folder / f"{result.account.name}.json"
    if result.plan is None or (result.status is AccountStatus.FAILED and not result.journal) or not path.is_file():
        return replace(result, plan=None)
    return replace(result, plan=replace(result.plan, file=str(path)))


def describe_end(result: AccountResult) -> str:
    """Return how the apply of an account ended, in a few words."""
    if result.status is AccountStatus.NOT_STARTED:
        return "not started, because an account before it failed or the run was stopped."
    if result.status is AccountStatus.UNSAFE:
        return "its plan is unsafe; nothing was written."
    word = "applied," if result.status is AccountStatus.CHANGED else "failed after"
    made = f"{word} {result.done} call{'' if result.done == 1 else 's'}."
    return f"{made} Journal: {result.journal}" if result.journal else made


def format_question(planned: OrganizationResults) -> str:
    """Return the question before an apply: the number of calls, the accounts, and the changes."""
    changed = [result for result in planned.results if result.status is AccountStatus.CHANGED and result.plan]
    calls = sum(result.plan.calls for result in changed if result.plan)
    counts: Counter[str] = Counter()
    for result in changed:
        counts.update(result.plan.counts if result.plan else {})
    names = format_accounts([result.account.name for result in changed])
    number = len(changed)
    counted = f"{calls} call{'' if calls == 1 else 's'}"
    return f"Apply {counted} to {number} account{'' if number == 1 else 's'} ({names}): {format_counts(counts)}?"


@dataclass(frozen=True)
class AccountObserver:
    """The observer of the apply of one of many accounts. Their logs take turns.

    stop: of the whole run, because signals reach the program, not an account.
    """

    log: Log
    stop: StopSignal
    lock: Lock

    def on_wait(self) -> None:
        with self.lock:
            self.log.on_wait()

    def on_begin(self, plan: Plan, again: bool, journal: Path) -> None:
        with self.lock:
            self.log.on_begin(plan, again, journal)

    @contextmanager
    def handle_interrupts(self) -> Iterator[StopSignal]:
        yield self.stop

    def on_start(self, index: int, step: Step) -> None:
        with self.lock:
            self.log.on_start(index, step)

    def on_end(self, index: int, step: Step, sent: SentCall, problem: Problem | None) -> None:
        with self.lock:
            self.log.on_end(index, step, sent, problem)

    def on_verify(self) -> None:
        with self.lock:
            self.log.on_verify()

"""Render the results of many accounts as text: the risk, each group of the same changes once, failures, the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults, PlanFacts
from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.plan import Action, Plan
from reconciler.model.sentence import format_list
from reconciler.model.wrap import wrap_line
from reconciler.plan.digest.account_groups import (
    AccountGroup,
    format_accounts,
    gather_reasons,
    group_results,
)
from reconciler.plan.digest.detail import Detail, cut_list
from reconciler.plan.digest.gathered_findings import gather_findings
from reconciler.plan.digest.tones import Tone
from reconciler.render.plan_header import RISK_TONES
from reconciler.render.plan_text import IAM_ONLY, PlanText
from reconciler.render.problems import render_problems
from reconciler.render.text_lines import LineWriter

ReadPlan = Callable[[PlanFacts], Plan]
"""Returns the plan of an account, which is not kept in memory."""

_MOST_FILES = 3
_MOST_NAMES = 12
_HEADINGS = {
    AccountStatus.UNSAFE: "unsafe",
    AccountStatus.FAILED: "failed",
    AccountStatus.NOT_STARTED: "not started",
    AccountStatus.IN_STEP: "in step",
}
_APPLY_HEADINGS = {AccountStatus.CHANGED: "applied", AccountStatus.UNSAFE: "unsafe, not applied"}


@dataclass(frozen=True)
class OrganizationText:
    """A renderer of one run. read_plan: returns the plan of an account. Other public fields: see `PlanText`.

    _guarded: the accounts whose access was drawn so far → whether guardrails count there.
    """

    summary: OrganizationResults
    read_plan: ReadPlan
    color: bool = False
    width: int | None = None
    detail: Detail = Detail.AUTO
    _guarded: dict[str, bool] = field(default_factory=dict, init=False, compare=False)

    @property
    def writer(self) -> LineWriter:
        return LineWriter(self.color, self.width)

    def render(self) -> Iterator[str]:
        """Yield the parts of the text, each of some lines, so that only one plan is in memory."""
        groups = group_results(self.summary)
        yield self._finish([*wrap_line(self.format_header(), self.writer.columns, "  "), ""])
        if any(result.plan and result.plan.risk.widens for result in self.summary.results):
            yield self._finish([*self.draw_risk(), ""])
        for group in groups:
            yield self._finish([*self.draw_group(group), ""])
        if note := self.format_access_note():
            yield self._finish([*wrap_line(note, self.width, "  "), ""])
        if self.summary.problems:
            yield self._finish([render_problems(self.summary.problems, color=self.color, width=self.width), ""])
        yield self._finish(wrap_line(self.format_totals(), self.width))

    def _finish(self, lines: list[str]) -> str:
        return escape_lines("\n".join(lines), colors=self.color)

    def format_header(self) -> str:
        """Return `3 accounts · as arn:… · org.yaml`, in one line."""
        number = len(self.summary.results)
        parts = [
            f"{number} account{'' if number == 1 else 's'}",
            f"as {self.summary.caller}" if self.summary.caller else "",
            format_list(self.summary.files, _MOST_FILES),
        ]
        return escape_line(" · ".join(part for part in parts if part))

    def draw_risk(self) -> list[str]:
        """Return the highest risk, and the reasons with their accounts. `!` marks those that make a risk high."""
        level = self.summary.risk_level
        lines = [self.writer.paint(f"Risk: {level}", RISK_TONES[level])]
        reasons, left_out = cut_list(gather_reasons(self.summary), self.detail)
        for gathered in reasons:
            reason = gathered.reason
            place = f"  {reason.place.file}:{reason.place.line}" if reason.place else ""
            mark = "!" if reason.is_high else " "
            text = escape_line(f"  {mark} {format_accounts(gathered.accounts)}: {reason.message}{place}")
            wrapped = "\n".join(map(escape_line, wrap_line(text, self.writer.columns, "        ")))
            lines.append(self.writer.paint(wrapped, Tone.DANGER if reason.is_high else Tone.WIDENS))
        return [*lines, f"    … and {left_out} more (--full)"] if left_out else lines

    def draw_group(self, group: AccountGroup) -> list[str]:
        """Return the lines of accounts with the same changes or problems."""
        lines = list(wrap_line(self.format_group(group), self.writer.columns, "  "))
        lines += self._draw_names(group)
        first = group.first
        if first.problems:
            lines.append(group.generalize(render_problems(first.problems, color=self.color, width=self.width)))
        if first.plan is not None and group.has_plan_to_show:
            changes = self.draw_plan(group, first.plan)
            lines += ["", *changes] if changes else []
        return lines

    def format_group(self, group: AccountGroup) -> str:
        """Return the heading of a group.

        Of plans: `187 accounts, the same changes: 1 to create, 1 to update; risk low`. Of an apply:
        `prod (111111111111): applied; 1 created, 1 updated; risk low`.
        """
        number, facts = len(group.results), group.first.plan
        who = group.first.account.label if number == 1 else f"{number} accounts"
        same = ", the same changes" if number > 1 else ""
        status = self._describe_status(group.first)
        parts = [status] if status else []
        if facts and group.status in (AccountStatus.CHANGED, AccountStatus.UNSAFE, AccountStatus.NOT_STARTED):
            is_made = self.summary.is_applied and group.status is AccountStatus.CHANGED
            parts += [format_counts(facts.counts, is_made=is_made), f"risk {facts.risk.level}"]
        is_of_plan = facts is not None and group.status in (AccountStatus.CHANGED, AccountStatus.UNSAFE)
        return escape_line(f"{who}{same if is_of_plan else ''}: {'; '.join(parts)}")

    def _describe_status(self, result: AccountResult) -> str:
        """Return how an account ended, in a few words; "" for a plan with changes, because these are shown."""
        if not self.summary.is_applied or result.plan is None:
            return _HEADINGS.get(result.status, "")
        if result.status is AccountStatus.FAILED:
            calls = result.plan.calls
            return f"failed after {result.done} of {calls} call{'' if calls == 1 else 's'}"
        return _APPLY_HEADINGS.get(result.status) or _HEADINGS[result.status]

    def _draw_names(self, group: AccountGroup) -> list[str]:
        if len(group.results) == 1:
            return []
        names, left_out = cut_list([result.account.name for result in group.results], self.detail, _MOST_NAMES)
        more = f" and {left_out} more" if left_out else ""
        return list(wrap_line(escape_line(f"  {', '.join(names)}{more}"), self.writer.columns, "  "))

    def draw_plan(self, group: AccountGroup, facts: PlanFacts) -> list[str]:
        """Return the changes, access and findings of the plan that the accounts of a group have."""
        plan = self.read_plan(facts)
        text = PlanText(plan, self.color, self.width, self.detail)
        lines = list(text.changes.draw_all())
        if access := text.draw_access():
            lines = [*lines, "Access:", *access, ""]
            self._guarded.update(dict.fromkeys(group.names, plan.guardrails is not None))
        if plan.unmanaged:
            lines = [*lines, *text.render_unmanaged(), ""]
        if findings := gather_findings(plan, self.detail):
            lines = [*lines, render_problems(findings, color=self.color, width=self.width), ""]
        return [group.generalize(line) for line in (lines[:-1] if lines and not lines[-1] else lines)]

    def format_access_note(self) -> str:
        """Return the sentence that says what the access drawn so far does not count; "" if it counts guardrails."""
        unguarded = [name for name, is_guarded in self._guarded.items() if not is_guarded]
        if len(unguarded) == len(self._guarded):
            return IAM_ONLY.strip() if unguarded else ""
        if not unguarded:
            return ""
        names = escape_line(format_accounts(unguarded))
        return f"As far as IAM goes in {names}: SCPs and RCPs do not count, because their files have no `guardrails`."

    def format_totals(self) -> str:
        """Return the numbers of accounts by status."""
        verb = "Applied" if self.summary.is_applied else "Plan"
        words = {AccountStatus.CHANGED: "changed" if self.summary.is_applied else "to change"}
        counts = [
            f"{number} {words.get(status, str(status).replace('-', ' '))}"
            for status in (AccountStatus.CHANGED, *(one for one in AccountStatus if one is not AccountStatus.CHANGED))
            if (number := self.summary.count(status)) or status is AccountStatus.CHANGED
        ]
        shards = "; ".join(self.summary.missing_parts)
        missing = f" No results: {shards}." if shards else ""
        number = len(self.summary.results)
        return escape_line(f"{verb}: {number} account{'' if number == 1 else 's'}, {', '.join(counts)}.{missing}")


def format_counts(counts: Mapping[str, int], *, is_made: bool = False) -> str:
    """Return the changes of an account: `1 to create, 2 to delete`; `1 created, 2 deleted` if they were made."""
    words = (
        f"{number} {action.participle if is_made else f'to {action}'}"
        for action in Action
        if (number := counts.get(action))
    )
    return ", ".join(words) or "no changes"

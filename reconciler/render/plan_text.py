"""Render a Plan as text: whose plan, its risk, the changes, who gains and loses access, findings, a summary line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.plan import Action, Change, Plan
from reconciler.model.wrap import wrap_line
from reconciler.plan.digest.access_lines import AccessLine, list_access_lines
from reconciler.plan.digest.detail import Detail, cut_list
from reconciler.plan.digest.gathered_findings import gather_findings
from reconciler.render.plan_changes import ChangeDrawing
from reconciler.render.plan_header import draw_header, draw_risk
from reconciler.render.problems import render_problems as problems_text
from reconciler.render.text_lines import LineWriter

NO_CHANGES = "No changes. Live IAM matches {goal}."

IAM_ONLY = "  As far as IAM goes: SCPs and RCPs do not count, because the file has no `guardrails`."

NO_TARGETED_CHANGES = "No changes to the --target entities. The rest was not compared."


@dataclass(frozen=True)
class PlanText:
    """A renderer of one plan. color: whether to use ANSI colours. width: columns at which every line is wrapped.

    Without a width, the lines of entities are wrapped at `DEFAULT_WIDTH`, and each finding is one line, for programs.
    detail: how much is shown.
    """

    plan: Plan
    color: bool = False
    width: int | None = None
    detail: Detail = Detail.AUTO

    @property
    def writer(self) -> LineWriter:
        return LineWriter(self.color, self.width)

    @property
    def changes(self) -> ChangeDrawing:
        return ChangeDrawing(self.plan, self.writer, self.detail)

    def render(self) -> str:
        """Return the whole plan as text."""
        lines: list[str] = []
        if self.plan.changes:
            lines += [*draw_header(self.plan, self.writer), *self.render_risk()]
        lines += self.changes.draw_all()
        if access := self.draw_access():
            note = self.render_access_note()
            lines += ["Access:", *access, *(wrap_line(note, self.width, "  ") if note else ()), ""]
        if self.plan.unmanaged is not None:
            lines += [*self.render_unmanaged(), ""]
        if self.plan.left_alone:
            lines += [*self.render_left_alone(), ""]
        if findings := gather_findings(self.plan, self.detail):
            lines += [problems_text(findings, color=self.color, width=self.width), ""]
        lines += wrap_line(self.render_summary(), self.width)
        return escape_lines("\n".join(lines), colors=self.color)

    def render_risk(self) -> list[str]:
        """Return the risk with its reasons, and a blank line."""
        return draw_risk(self.plan, self.writer, self.detail)

    def render_change(self, change: Change) -> Iterator[str]:
        """Yield the lines of one entity, in the long form."""
        return self.changes.draw_change(change)

    def draw_access(self) -> list[str]:
        """Return the lines of the access delta."""
        found = list_access_lines(self.plan, self.detail)
        return [
            *self._draw_access(found.roles, found.roles_left_out, "about roles"),
            *self._draw_access(found.permissions, found.permissions_left_out, "about permissions"),
        ]

    def render_access_note(self) -> str:
        """Return the sentence that says what the access delta does not count; "" if it counts guardrails."""
        return "" if self.plan.guardrails else IAM_ONLY

    def _draw_access(self, lines: tuple[AccessLine, ...], left_out: int, topic: str) -> Iterator[str]:
        for line in lines:
            yield self.writer.draw(line.sign, 0, line.text, tone=line.tone)
        if left_out:
            yield f"  … and {left_out} more {topic} (--full)"

    def render_unmanaged(self) -> list[str]:
        """Return a heading, and a line for each entity that no file declares."""
        listed = self.plan.unmanaged or ()
        owners = (f"  (owner {one.owner})" if one.owner else "" for one in listed)
        lines = [
            line
            for one, owner in zip(listed, owners, strict=True)
            for line in wrap_line(escape_line(f"  {one.address}{owner}"), self.width, "      ")
        ]
        return ["Unmanaged, declared by no file:" if lines else "Unmanaged: nothing.", *lines]

    def render_left_alone(self) -> list[str]:
        """Return a heading, and a line for each entity that pruning leaves because an AWS service created it."""
        shown, left_out = cut_list(self.plan.left_alone, self.detail)
        lines = [escape_line(f"  {one.address}  ({one.reason})") for one in shown]
        lines += [f"  … and {left_out} more (--full)"] if left_out else []
        return ["Left alone, because AWS services created them (settings.prune_also deletes them):", *lines]

    def render_summary(self) -> str:
        """Return `Plan: 3 to create, …`, or a sentence that nothing changes."""
        if not self.plan.changes:
            return NO_CHANGES.format(goal=escape_line(self.plan.goal)) if not self.plan.targets else NO_TARGETED_CHANGES
        counts = {action: self.plan.count_changes(action) for action in Action}
        listed = ", ".join(f"{number} to {action}" for action, number in counts.items())
        unsafe = "" if self.plan.is_safe else " An apply refuses it: see the errors above."
        return f"Plan: {listed}.{unsafe}"


def render_plan_text(plan: Plan, *, color: bool = False, width: int | None = None, detail: Detail = Detail.AUTO) -> str:
    """Return the plan as text. See `PlanText`."""
    return PlanText(plan, color, width, detail).render()


def render_plan_summary(plan: Plan) -> str:
    """Return the last line of the text, such as `Plan: 3 to create, …`."""
    return PlanText(plan).render_summary()

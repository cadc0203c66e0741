"""A Plan → text for people: by address, documents by statement, findings, one summary line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.kinds.arns import policy_reference
from reconciler.model.document import Document
from reconciler.model.plan import Action, Change, Field, Plan, Step
from reconciler.model.problem import Level
from reconciler.plan.explain import explained
from reconciler.render.plan_json import plain
from reconciler.render.problems import text as problems_text

NO_CHANGES = "No changes. Live IAM matches the file."

_COLORS = {"+": "32", "-": "31", "~": "33", "@": "36"}


@dataclass(frozen=True)
class PlanText:
    """`color`: ANSI colours on or off."""

    plan: Plan
    color: bool = False

    def render(self) -> str:
        lines: list[str] = []
        for change in self.plan.changes:
            lines += [*self._change(change), ""]
        if self.plan.findings:
            errors = [item for item in self.plan.findings if item.level is Level.ERROR]
            others = [item for item in self.plan.findings if item.level is not Level.ERROR]
            lines += [problems_text([*others, *errors], color=self.color), ""]
        lines.append(self.summary())
        return "\n".join(lines)

    def summary(self) -> str:
        """`Plan: 3 to create, …` or that there is nothing to do."""
        if not self.plan.changes:
            return NO_CHANGES
        counts = {action: self.plan.count(action) for action in Action}
        said = ", ".join(f"{number} to {action}" for action, number in counts.items())
        unsafe = "" if self.plan.safe else " It is refused as it stands: see the errors above."
        return f"Plan: {said}.{unsafe}"

    def _paint(self, sign: str, text: str) -> str:
        code = _COLORS.get(sign)
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and code else text

    def _change(self, change: Change) -> Iterator[str]:
        reason = f"  ({change.reason})" if change.reason else ""
        title = f"{change.action.symbol} {change.address}"
        yield self._paint(change.action.symbol, title) + reason
        if change.action is Action.DELETE:
            for step in change.steps:
                yield self._paint("-", f"    - {self._call(step)}")
            return
        for field in change.fields:
            yield from self._field(field)
        if change.action is Action.ADOPT:
            yield self._paint("@", f"    @ tags.reconcile:owner: {self.plan.owner}")

    def _field(self, field: Field) -> Iterator[str]:
        before, after = field.before, field.after
        sign = "+" if before is None else "-" if after is None else "~"
        if isinstance(before, Document) or isinstance(after, Document):
            yield self._paint(sign, f"    {sign} {field.path}")
            yield from self._document(before, after)
        elif isinstance(before, frozenset) or isinstance(after, frozenset):
            yield from self._set(field)
        elif sign == "~":
            yield self._paint(sign, f"    ~ {field.path}: {self._value(before)} → {self._value(after)}")
        else:
            yield self._paint(sign, f"    {sign} {field.path}: {self._value(after if sign == '+' else before)}")

    def _set(self, field: Field) -> Iterator[str]:
        before = field.before if isinstance(field.before, frozenset) else frozenset()
        after = field.after if isinstance(field.after, frozenset) else frozenset()
        for sign, items in (("-", before - after), ("+", after - before)):
            for shown in sorted(self._value(item) for item in items):
                yield self._paint(sign, f"    {sign} {field.path}: {shown}")

    def _document(self, before: object, after: object) -> Iterator[str]:
        old = before if isinstance(before, Document) else None
        new = after if isinstance(after, Document) else None
        for opaque in (document for document in (old, new) if document and document.opaque):
            yield f"        (not JSON: {opaque.opaque[:60]!r})"
        for change in explained(old, new):
            yield self._paint(change.sign, f"        {change.sign} {change.label}")
            for part in change.parts:
                yield self._paint(part.sign, f"            {part.sign} {part.element}: {part.value}")

    def _value(self, value: object) -> str:
        if isinstance(value, str) and ":policy/" in value:
            return policy_reference(value, self.plan.account)
        shown = plain(value)
        return shown if isinstance(shown, str) and shown else json.dumps(shown, ensure_ascii=False)

    def _call(self, step: Step) -> str:
        values = [
            policy_reference(value, self.plan.account) if isinstance(value, str) else json.dumps(value)
            for value in step.call.parameters.values()
        ]
        return f"{step.call.operation} {' '.join(values)}"


def plan_text(plan: Plan, *, color: bool = False) -> str:
    return PlanText(plan, color).render()

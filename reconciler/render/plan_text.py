"""Render a Plan as text: the changes by address, documents by statement, findings, and a summary line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from reconciler.kinds.facets.tags import OWNER
from reconciler.model.arns import policy_reference_of
from reconciler.model.document import Document
from reconciler.model.durations import annotate_age, format_duration
from reconciler.model.escape import escape_line, escape_lines
from reconciler.model.plan import Action, Change, Field, Plan, RoleAccess, Step
from reconciler.model.problem import Level
from reconciler.model.risk import RiskLevel
from reconciler.model.wrap import columns_of, wrap_line
from reconciler.plan.access.assume_words import describe_terms
from reconciler.plan.access.permission_words import describe_permissions
from reconciler.plan.access.power_words import describe_powers
from reconciler.plan.compare.document_diff import diff_documents
from reconciler.render.json_text import dump_json
from reconciler.render.paint import CYAN, GREEN, RED, YELLOW, paint_escaped
from reconciler.render.plan_json import to_plain_value
from reconciler.render.problems import render_problems as problems_text

NO_CHANGES = "No changes. Live IAM matches {goal}."

NO_TARGETED_CHANGES = "No changes to the --target entities. The rest was not compared."

_DEFAULTS: Mapping[str, object] = {"path": "/", "max_session_duration": 3600, "console": False}
"""Field → the default that is not shown for a new entity."""

_IN_SECONDS, _IN_DAYS = "_duration", ("max_age",)
"""Fields that are durations: the ending of names of fields in seconds, and the fields in days."""

_DEFAULT_WIDTH = 100
"""Columns to wrap at if the width of the terminal is not known."""

_COLORS = {"+": GREEN, "-": RED, "~": YELLOW, "@": CYAN}


_RISK_COLORS = {RiskLevel.HIGH: RED, RiskLevel.LOW: YELLOW, RiskLevel.NONE: GREEN}


@dataclass(frozen=True)
class PlanText:
    """A renderer of one plan. color: whether to use ANSI colours. width: columns at which every line is wrapped.

    Without a width, the lines of entities are wrapped at `_DEFAULT_WIDTH`, and each finding is one line, for programs.
    """

    plan: Plan
    color: bool = False
    width: int | None = None

    def render(self) -> str:
        """Return the whole plan as text."""
        lines: list[str] = self.render_risk() if self.plan.changes else []
        for change in self.plan.changes:
            lines += [*self.render_change(change), ""]
        lines += self.render_access()
        if self.plan.unmanaged is not None:
            lines += [*self.render_unmanaged(), ""]
        if self.plan.left_alone:
            lines += [*self.render_left_alone(), ""]
        if self.plan.findings:
            errors = [item for item in self.plan.findings if item.level is Level.ERROR]
            others = [item for item in self.plan.findings if item.level is not Level.ERROR]
            lines += [problems_text([*others, *errors], color=self.color, width=self.width), ""]
        lines += wrap_line(self.render_summary(), self.width)
        return escape_lines("\n".join(lines), colors=self.color)

    def render_risk(self) -> list[str]:
        """Return the risk of the plan with its reasons; `!` marks those that make it high."""
        risk = self.plan.risk
        lines = [paint_escaped(f"Risk: {risk.level}", _RISK_COLORS[risk.level], self.color)]
        for reason in risk.reasons:
            place = f"  {reason.place.file}:{reason.place.line}" if reason.place else ""
            text = escape_line(f"  {'!' if reason.is_high else ' '} {reason.message}{place}")
            wrapped = "\n".join(map(escape_line, wrap_line(text, max(self.width or _DEFAULT_WIDTH, 40), "        ")))
            color = _RISK_COLORS[RiskLevel.HIGH if reason.is_high else RiskLevel.LOW]
            lines.append(paint_escaped(wrapped, color, self.color))
        return [*lines, ""]

    def render_access(self) -> list[str]:
        """Return the lines of the access delta, with a heading and a blank line at the end; none if it is empty."""
        delta = self.plan.access
        lines = [
            *(
                self._render_line(
                    "+", 0, f"{_describe_principal(one)} may assume {one.role}{_describe_conditions(one)}"
                )
                for one in delta.gained
            ),
            *(
                self._render_line("-", 0, f"{_describe_principal(one)} may no longer assume {one.role}")
                for one in delta.lost
            ),
            *(self._render_line("~", 0, _describe_change(*pair)) for pair in delta.changed),
            *(self._render_line("+", 0, text) for _, text in describe_powers(delta.powers_gained, "gain")),
            *(self._render_line("-", 0, text) for _, text in describe_powers(delta.powers_lost, "lose")),
            *(self._render_line(sign, 0, text) for sign, text in describe_permissions(delta.permissions)),
        ]
        return ["Access:", *lines, ""] if lines else []

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
        lines = [escape_line(f"  {one.address}  ({one.reason})") for one in self.plan.left_alone]
        return ["Left alone, because AWS services created them (settings.prune_also deletes them):", *lines]

    def render_summary(self) -> str:
        """Return `Plan: 3 to create, …`, or a sentence that nothing changes."""
        if not self.plan.changes:
            return NO_CHANGES.format(goal=escape_line(self.plan.goal)) if not self.plan.targets else NO_TARGETED_CHANGES
        counts = {action: self.plan.count_changes(action) for action in Action}
        listed = ", ".join(f"{number} to {action}" for action, number in counts.items())
        unsafe = "" if self.plan.is_safe else " An apply refuses it: see the errors above."
        return f"Plan: {listed}.{unsafe}"

    def _render_line(self, sign: str, depth: int, text: str, note: str = "") -> str:
        """Return one marked line in the colour of its sign, wrapped with a hanging indent. depth: indent levels."""
        margin, width = "    " * depth, max(self.width or _DEFAULT_WIDTH, 40)
        indent = f"{margin}      "
        wrapped = wrap_line(margin + escape_line(f"{sign} {text}"), width, indent)
        output = paint_escaped("\n".join(map(escape_line, wrapped)), _COLORS.get(sign), self.color)
        if not note or columns_of(wrapped[-1]) + columns_of(note) <= width:
            return output + escape_line(note)
        return "\n".join([output, *map(escape_line, wrap_line(indent + escape_line(note.strip()), width, indent))])

    def render_change(self, change: Change) -> Iterator[str]:
        """Yield the lines of one entity."""
        reason = f"  ({change.reason})" if change.reason else ""
        yield self._render_line(change.action.symbol, 0, str(change.address), reason)
        if change.action is Action.DELETE:
            for step in change.steps:
                yield self._render_line("-", 1, self._format_call(step))
            return
        if change.action is Action.ADOPT:
            yield self._render_line("@", 1, f"tags.{OWNER}: {self.plan.owner}")
        for field in sorted(change.fields, key=_reading_rank_of):
            if change.action is not Action.CREATE or _DEFAULTS.get(field.path) != field.after:
                yield from self._render_field(field)

    def _render_field(self, field: Field) -> Iterator[str]:
        before, after = field.before, field.after
        sign = "+" if before is None else "-" if after is None else "~"
        if _is_document(field):
            yield self._render_line(sign, 1, f"{field.path}:")
            yield from self._render_document(before, after)
        elif isinstance(before, frozenset) or isinstance(after, frozenset):
            yield from self._render_set(field)
        elif sign == "~":
            yield self._render_line(
                sign,
                1,
                f"{field.path}: {self._format_field_value(field, before)} → {self._format_field_value(field, after)}",
            )
        else:
            yield self._render_line(
                sign, 1, f"{field.path}: {self._format_field_value(field, after if sign == '+' else before)}"
            )

    def _render_set(self, field: Field) -> Iterator[str]:
        before = field.before if isinstance(field.before, frozenset) else frozenset()
        after = field.after if isinstance(field.after, frozenset) else frozenset()
        for sign, items in (("-", before - after), ("+", after - before)):
            if items:
                yield self._render_line(sign, 1, f"{field.path}: {', '.join(sorted(map(self._format_value, items)))}")

    def _render_document(self, before: object, after: object) -> Iterator[str]:
        old = before if isinstance(before, Document) else None
        new = after if isinstance(after, Document) else None
        for opaque in (document for document in (old, new) if document and document.opaque):
            yield escape_line(f"        (not JSON: {opaque.opaque[:60]!r})")
        for change in diff_documents(old, new):
            yield self._render_line(change.sign, 2, change.label)
            for (sign, element), parts in groupby(change.parts, key=lambda part: (part.sign, part.element)):
                values = ", ".join(part.value for part in parts)
                yield self._render_line(sign, 3, f"{element}: {values}")

    def _format_field_value(self, field: Field, value: object) -> str:
        """Return a value as the file writes it, such as `2h` or `90d`."""
        if type(value) is int and field.path.endswith(_IN_SECONDS):
            return format_duration(value)
        if type(value) is int and field.path in _IN_DAYS:
            return f"{value}d"
        return self._format_value(value)

    def _format_value(self, value: object) -> str:
        if isinstance(value, str) and ":policy/" in value:
            return policy_reference_of(value, self.plan.account)
        plain_value = to_plain_value(value)
        return plain_value if isinstance(plain_value, str) and plain_value else dump_json(plain_value)

    def _format_call(self, step: Step) -> str:
        values = [
            policy_reference_of(value, self.plan.account) if isinstance(value, str) else dump_json(value)
            for value in step.call.parameters.values()
        ]
        return f"{step.call.operation} {' '.join(values)}"


_DELETED = {"AIDA": "a deleted user", "AROA": "a deleted role"}
"""Prefix of a unique id → words for it. IAM shows the id in place of a deleted principal's ARN (IAM identifiers)."""


def _describe_principal(access: RoleAccess) -> str:
    """Return the principal, with a note if it is the unique id of a deleted one."""
    note = _DELETED.get(access.principal[:4]) if access.principal.isalnum() else None
    return f"{access.principal} ({note})" if note else access.principal


def _describe_change(before: RoleAccess, after: RoleAccess) -> str:
    """Return a sentence with the conditions of an access after and before the plan."""
    if (before.mfa, before.conditions) != (after.mfa, after.conditions):
        earlier = _describe_conditions(before).removeprefix(", ") or "without condition"
        return (
            f"{_describe_principal(after)} may assume {after.role} "
            f"now{_describe_conditions(after) or ' without condition'} (before: {earlier})"
        )
    old, new = (
        "; ".join(map(annotate_age, sorted(terms)))
        for terms in (before.terms - after.terms, after.terms - before.terms)
    )
    return (
        f"{_describe_principal(after)} may assume {after.role} under other conditions: "
        f"{new or 'fewer'} (before: {old or 'fewer'})"
    )


def _describe_conditions(access: RoleAccess) -> str:
    """Return `, with MFA, until …, depending on …`, as far as these apply."""
    return describe_terms(access.mfa, access.conditions, access.terms)


def _is_document(field: Field) -> bool:
    return isinstance(field.before, Document) or isinstance(field.after, Document)


def _reading_rank_of(field: Field) -> tuple[int, str]:
    """Return the sort key of a field: short values first, then tags, then lists, then documents."""
    if _is_document(field):
        return 3, field.path
    if isinstance(field.before, frozenset) or isinstance(field.after, frozenset):
        return 2, field.path
    return int(field.path.startswith("tags.")), field.path


def render_plan_text(plan: Plan, *, color: bool = False, width: int | None = None) -> str:
    """Return the plan as text. See `PlanText`."""
    return PlanText(plan, color, width).render()

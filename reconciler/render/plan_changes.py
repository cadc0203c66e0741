"""Draw the changes of a plan: in the long form by field and statement, in the short form a line for each entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from reconciler.kinds.facets.tags import OWNER
from reconciler.model.arns import policy_reference_of
from reconciler.model.document import Document
from reconciler.model.durations import format_duration
from reconciler.model.escape import escape_line
from reconciler.model.plan import Action, Change, Field, Plan, Step
from reconciler.plan.compare.document_diff import diff_documents
from reconciler.plan.digest.detail import Detail, is_compact
from reconciler.plan.digest.entity_lines import list_entity_lines
from reconciler.plan.digest.tones import Tone, judge_changes
from reconciler.policy.trust_words import describe_trust
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import to_plain_value
from reconciler.render.text_lines import LineWriter

_DEFAULTS: Mapping[str, object] = {"path": "/", "max_session_duration": 3600, "console": False}
"""Field → the default that is not shown for a new entity."""

_IN_SECONDS, _IN_DAYS = "_duration", ("max_age",)
"""Fields that are durations: the ending of names of fields in seconds, and the fields in days."""

_TRUST = "trust_policy"


@dataclass(frozen=True)
class ChangeDrawing:
    """The changes of one plan."""

    plan: Plan
    writer: LineWriter
    detail: Detail

    def draw_all(self) -> Iterator[str]:
        """Yield the lines of all changes, with blank lines."""
        if is_compact(self.plan, self.detail):
            yield from self.draw_compact()
            if self.plan.changes:
                yield ""
            return
        for change in self.plan.changes:
            yield from self.draw_change(change)
            yield ""

    def draw_compact(self) -> Iterator[str]:
        """Yield a line for each entity, or for several that are alike."""
        for line in list_entity_lines(self.plan):
            yield self.writer.draw(line.sign, 0, line.text, line.note, line.tone)

    def draw_change(self, change: Change) -> Iterator[str]:
        """Yield the lines of one entity."""
        reason = f"  ({change.reason})" if change.reason else ""
        tone = self._tones.get(str(change.address), Tone.PLAIN)
        yield self.writer.draw(change.action.symbol, 0, str(change.address), reason, tone)
        if change.action is Action.DELETE:
            for step in change.steps:
                yield self.writer.draw("-", 1, self._format_call(step))
            return
        for field in sorted(change.fields, key=_reading_rank_of):
            if self._is_shown(change, field):
                yield from self._draw_field(field)

    @cached_property
    def _tones(self) -> Mapping[str, Tone]:
        return judge_changes(self.plan)

    def _is_shown(self, change: Change, field: Field) -> bool:
        """Return whether a field says something: not the default of a new entity, nor the owner, which the head has."""
        if field.path == f"tags.{OWNER}" and field.before is None and field.after == self.plan.owner:
            return self.detail is Detail.FULL
        return change.action is not Action.CREATE or _DEFAULTS.get(field.path) != field.after

    def _draw_field(self, field: Field) -> Iterator[str]:
        before, after = field.before, field.after
        sign = "+" if before is None else "-" if after is None else "~"
        draw = self.writer.draw
        if rules := self._describe_new_trust(field):
            yield from (draw(sign, 1, f"trust: {rule}") for rule in rules)
        elif _is_document(field):
            yield draw(sign, 1, f"{field.path}:")
            yield from self._draw_document(before, after)
        elif isinstance(before, frozenset) or isinstance(after, frozenset):
            yield from self._draw_set(field)
        elif sign == "~":
            values = f"{self._format_field_value(field, before)} → {self._format_field_value(field, after)}"
            yield draw(sign, 1, f"{field.path}: {values}")
        else:
            yield draw(sign, 1, f"{field.path}: {self._format_field_value(field, after if sign == '+' else before)}")

    def _describe_new_trust(self, field: Field) -> list[str] | None:
        """Return the rules of a new trust in words; None if its document is shown."""
        is_new = field.path == _TRUST and field.before is None and isinstance(field.after, Document)
        if not is_new or self.detail is Detail.FULL or not isinstance(field.after, Document):
            return None
        return describe_trust(field.after, self.plan.account)

    def _draw_set(self, field: Field) -> Iterator[str]:
        before = field.before if isinstance(field.before, frozenset) else frozenset()
        after = field.after if isinstance(field.after, frozenset) else frozenset()
        for sign, items in (("-", before - after), ("+", after - before)):
            if items:
                values = ", ".join(sorted(map(self._format_value, items)))
                yield self.writer.draw(sign, 1, f"{field.path}: {values}")

    def _draw_document(self, before: object, after: object) -> Iterator[str]:
        old = before if isinstance(before, Document) else None
        new = after if isinstance(after, Document) else None
        for opaque in (document for document in (old, new) if document and document.opaque):
            yield escape_line(f"        (not JSON: {opaque.opaque[:60]!r})")
        for change in diff_documents(old, new):
            yield self.writer.draw(change.sign, 2, change.label)
            for (sign, element), parts in groupby(change.parts, key=lambda part: (part.sign, part.element)):
                values = ", ".join(part.value for part in parts)
                yield self.writer.draw(sign, 3, f"{element}: {values}")

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


def _is_document(field: Field) -> bool:
    return isinstance(field.before, Document) or isinstance(field.after, Document)


def _reading_rank_of(field: Field) -> tuple[int, str]:
    """Return the sort key of a field: short values first, then tags, then lists, then documents."""
    if _is_document(field):
        return 3, field.path
    if isinstance(field.before, frozenset) or isinstance(field.after, frozenset):
        return 2, field.path
    return int(field.path.startswith("tags.")), field.path

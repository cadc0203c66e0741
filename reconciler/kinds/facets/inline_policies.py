"""Inline policies of a user, group or role (Put…Policy, Delete…Policy). A put replaces at once: no gap.

The quota is on the sum of their sizes (IAM User Guide, "IAM object quotas"); where old and new do not fit
together, what shrinks or goes is written first, and the step says so. `staged`: the documents that are written in
stages (`policy/stages.py`), where there is room for all that stands between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from reconciler.kinds.steps import chain_stages, make_step, presence_of, removal_of
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.effects import NO_STATEMENTS, WriteDocument
from reconciler.model.plan import Fact, Phase, Step
from reconciler.model.quotas import INLINE_SIZE
from reconciler.policy.permission_delta import diff_statements, phase_of_delta
from reconciler.policy.stages import split_into_stages

Documents = Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class InlineFacet:
    """`kind` as it stands in the operations: User, Group or Role."""

    kind: str

    def plan_changes(
        self,
        holder: Address,
        before: Documents,
        after: Documents,
        staged_documents: Collection[tuple[Address, str]] = (),
    ) -> list[Step]:
        removed = sorted(set(before) - set(after))
        written = sorted(name for name, document in after.items() if before.get(name) != document)
        first = self._find_forced(before, after)
        room = tuple(removal_of(holder, f"inline/{name}") for name in sorted(first))
        spare = self._count_spare(before, after) // max(1, sum((holder, name) in staged_documents for name in written))
        return [
            *(self._make_delete_step(holder, name, before[name], name in first) for name in removed),
            *(
                put
                for name in written
                for put in self._make_put_steps(
                    holder,
                    name,
                    before.get(name),
                    after[name],
                    None if name in first else room,
                    spare if (holder, name) in staged_documents else 0,
                )
            ),
        ]

    def _count_spare(self, before: Documents, after: Documents) -> int:
        """The characters that no document needs, on neither side."""
        largest = (max(_size_of(before.get(name)), _size_of(after.get(name))) for name in {*before, *after})
        return max(0, INLINE_SIZE[self.kind].default - sum(largest))

    def _make_put_steps(
        self,
        holder: Address,
        name: str,
        old: Document | None,
        new: Document,
        room: tuple[Fact, ...] | None,
        spare: int,
    ) -> list[Step]:
        apart = spare and room is not None
        written = split_into_stages(old, new, max(_size_of(old), _size_of(new)) + spare) if apart else (new,)
        pairs = zip((old, *written[:-1]), written, strict=True)
        return chain_stages([self._make_put_step(holder, name, was, then, room) for was, then in pairs], (holder, name))

    def _find_forced(self, before: Documents, after: Documents) -> set[str]:
        """The documents that must shrink or go before others may grow; as few as the quota asks for."""
        growth = {name: _size_of(after.get(name)) - _size_of(before.get(name)) for name in {*before, *after}}
        peak = total_size_of(before) + sum(grown for grown in growth.values() if grown > 0)
        found: set[str] = set()
        for name in sorted(growth, key=lambda name: (growth[name], name)):
            if peak <= INLINE_SIZE[self.kind].default or growth[name] >= 0:
                break
            found.add(name)
            peak += growth[name]
        return found

    def _make_put_step(
        self, holder: Address, name: str, old: Document | None, new: Document, room: tuple[Fact, ...] | None
    ) -> Step:
        """`room`: what must be gone first; None for one that must itself come first."""
        made = (removal_of(holder, f"inline/{name}"),)
        needs = (presence_of(holder), *(room or ()))
        parameters = {**self._parameters_of(holder, name), "PolicyDocument": new.text}
        effect = self._write_effect_of(holder, name, old, new)
        put = make_step(holder, phase_of_delta(effect.delta), effect, parameters, needs, made)
        return self._force(put) if room is None and put.phase > Phase.WIDEN else put

    def _make_delete_step(self, holder: Address, name: str, old: Document, forced: bool) -> Step:
        effect = self._write_effect_of(holder, name, old, None)
        made = (removal_of(holder, f"inline/{name}"),)
        parameters = self._parameters_of(holder, name)
        deletion = make_step(holder, phase_of_delta(effect.delta), effect, parameters, makes=made)
        return self._force(deletion) if forced else deletion

    def _force(self, step: Step) -> Step:
        """Let a step go before the writes that need its room."""
        return replace(step, phase=Phase.WIDEN, forced_by=INLINE_SIZE[self.kind])

    def _parameters_of(self, holder: Address, name: str) -> dict[str, object]:
        return {f"{self.kind}Name": holder.name, "PolicyName": name}

    def _write_effect_of(self, holder: Address, name: str, old: Document | None, new: Document | None) -> WriteDocument:
        put, delete = f"Put{self.kind}Policy", f"Delete{self.kind}Policy"
        sides = (document.statements if document else NO_STATEMENTS for document in (old, new))
        delta = diff_statements(*sides)
        return WriteDocument(holder, put if new else delete, put if old else delete, name, old, new, delta)

    def plan_removal(self, holder: Address, before: Documents) -> list[Step]:
        return [self._make_delete_step(holder, name, before[name], forced=False) for name in sorted(before)]


def total_size_of(documents: Documents) -> int:
    """What AWS's quota counts: the characters of all of them without white space."""
    return sum(map(_size_of, documents.values()))


def _size_of(document: Document | None) -> int:
    return len(document.text) if document else 0

"""Plan the inline policies of a user, group or role (Put…Policy, Delete…Policy). A put replaces at once: no gap.

The quota limits the sum of their sizes (IAM User Guide, "IAM object quotas"). If old and new documents do not fit
together, the steps that shrink or delete a document come first, and name the quota in `forced_by`.
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
    """The inline policies of one kind of entity. kind: as in the operations: User, Group or Role."""

    kind: str

    def plan_changes(
        self,
        holder: Address,
        before: Documents,
        after: Documents,
        staged_documents: Collection[tuple[Address, str]] = (),
    ) -> list[Step]:
        """Return the steps that turn the documents `before` into `after`.

        staged_documents: the documents to write in stages (`policy/stages.py`), if there is room for the longer ones
        in between. Each is a holder and a name.
        """
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
        """Return the number of characters left if every document has the larger one of its two sizes."""
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
        in_stages = spare and room is not None
        stages = split_into_stages(old, new, max(_size_of(old), _size_of(new)) + spare) if in_stages else (new,)
        pairs = zip((old, *stages[:-1]), stages, strict=True)
        steps = [self._make_put_step(holder, name, before, after, room) for before, after in pairs]
        return chain_stages(steps, (holder, name))

    def _find_forced(self, before: Documents, after: Documents) -> set[str]:
        """Return the documents that must shrink or go before others may grow: as few as the quota requires."""
        growth = {name: _size_of(after.get(name)) - _size_of(before.get(name)) for name in {*before, *after}}
        peak = total_size_of(before) + sum(change for change in growth.values() if change > 0)
        forced: set[str] = set()
        for name in sorted(growth, key=lambda name: (growth[name], name)):
            if peak <= INLINE_SIZE[self.kind].default or growth[name] >= 0:
                break
            forced.add(name)
            peak += growth[name]
        return forced

    def _make_put_step(
        self, holder: Address, name: str, old: Document | None, new: Document, room: tuple[Fact, ...] | None
    ) -> Step:
        """Return the step that writes a document. room: the removals to wait for; None if this step makes the room."""
        removal_facts = (removal_of(holder, f"inline/{name}"),)
        needs = (presence_of(holder), *(room or ()))
        parameters = {**self._parameters_of(holder, name), "PolicyDocument": new.text}
        effect = self._write_effect_of(holder, name, old, new)
        put = make_step(holder, phase_of_delta(effect.delta), effect, parameters, needs, removal_facts)
        return self._force(put) if room is None and put.phase > Phase.WIDEN else put

    def _make_delete_step(self, holder: Address, name: str, old: Document, forced: bool) -> Step:
        effect = self._write_effect_of(holder, name, old, None)
        removal_facts = (removal_of(holder, f"inline/{name}"),)
        parameters = self._parameters_of(holder, name)
        deletion = make_step(holder, phase_of_delta(effect.delta), effect, parameters, makes=removal_facts)
        return self._force(deletion) if forced else deletion

    def _force(self, step: Step) -> Step:
        """Move a step to the phase WIDEN, ahead of the writes that need its room."""
        return replace(step, phase=Phase.WIDEN, forced_by=INLINE_SIZE[self.kind])

    def _parameters_of(self, holder: Address, name: str) -> dict[str, object]:
        return {f"{self.kind}Name": holder.name, "PolicyName": name}

    def _write_effect_of(self, holder: Address, name: str, old: Document | None, new: Document | None) -> WriteDocument:
        put, delete = f"Put{self.kind}Policy", f"Delete{self.kind}Policy"
        sides = (document.statements if document else NO_STATEMENTS for document in (old, new))
        delta = diff_statements(*sides)
        return WriteDocument(holder, put if new else delete, put if old else delete, name, old, new, delta)

    def plan_removal(self, holder: Address, before: Documents) -> list[Step]:
        """Return the steps that delete every inline policy of a holder."""
        return [self._make_delete_step(holder, name, before[name], forced=False) for name in sorted(before)]


def total_size_of(documents: Documents) -> int:
    """Return the size that AWS's quota counts: the characters of all documents without white space."""
    return sum(map(_size_of, documents.values()))


def _size_of(document: Document | None) -> int:
    return len(document.text) if document else 0

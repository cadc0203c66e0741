"""Inline policies of a user, group or role (Put…Policy, Delete…Policy). A put replaces at once: no gap.

The quota is on the sum of their sizes (IAM User Guide, "IAM object quotas"); where old and new do not fit
together, what shrinks or goes is written first, and the step says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.kinds.facts import emptied, present, step
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.plan import Fact, Phase, Step
from reconciler.policy.grants import NOTHING, phase_of

Documents = Mapping[str, Document]

SIZE_QUOTA = {"User": 2048, "Group": 5120, "Role": 10240}


@dataclass(frozen=True, slots=True)
class Inline:
    """`kind` as it stands in the operations: User, Group or Role."""

    kind: str

    def steps(self, holder: Address, before: Documents, after: Documents) -> list[Step]:
        removed = sorted(set(before) - set(after))
        written = sorted(name for name, document in after.items() if before.get(name) != document)
        growth = {name: _size(after.get(name)) - _size(before.get(name)) for name in (*removed, *written)}
        peak = sum(map(_size, before.values())) + sum(grown for grown in growth.values() if grown > 0)
        first = [name for name, grown in growth.items() if grown < 0] if peak > SIZE_QUOTA[self.kind] else []
        room = tuple(emptied(holder, f"inline/{name}") for name in first)
        return [
            *(self._delete(holder, name, before[name], name in first) for name in removed),
            *(
                self._put(holder, name, before.get(name), after[name], () if name in first else room)
                for name in written
            ),
        ]

    def _put(self, holder: Address, name: str, old: Document | None, new: Document, room: tuple[Fact, ...]) -> Step:
        return step(
            holder,
            phase_of(old.statements if old else NOTHING, new.statements),
            f"Put{self.kind}Policy",
            {f"{self.kind}Name": holder.name, "PolicyName": name, "PolicyDocument": new.text},
            (present(holder), *room),
            (emptied(holder, f"inline/{name}"),),
        )

    def _delete(self, holder: Address, name: str, old: Document, forced: bool) -> Step:
        note = "the quota of inline policies forces this one off before others are written" if forced else ""
        phase = Phase.WIDEN if forced else phase_of(old.statements, NOTHING)
        return step(
            holder,
            phase,
            f"Delete{self.kind}Policy",
            {f"{self.kind}Name": holder.name, "PolicyName": name},
            makes=(emptied(holder, f"inline/{name}"),),
            note=note,
        )

    def emptying(self, holder: Address, before: Documents) -> list[Step]:
        return [
            step(
                holder,
                Phase.DELETE,
                f"Delete{self.kind}Policy",
                {f"{self.kind}Name": holder.name, "PolicyName": name},
                makes=(emptied(holder, f"inline/{name}"),),
            )
            for name in sorted(before)
        ]


def _size(document: Document | None) -> int:
    return len(document.text) if document else 0

"""Find the Denies that a plan takes off: out of a document, or off a principal that no longer holds the document.

A principal loses a Deny as well if a policy is detached from it, if it leaves a group, or if it gets another boundary.
A Deny that another one of the same principal covers does not come off. A principal that loses its whole boundary has no
sentence for each Deny of it: the risk of the plan names the loss of the boundary itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.access.aws_policies import find_aws_policy, is_unknown_aws_policy, may_deny
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.document import Document, Statement
from reconciler.model.entity import Entity, Policy, User
from reconciler.model.held_policies import HeldPolicy, Hold, Holder, boundary_of, walk_held_policies
from reconciler.model.live import State
from reconciler.model.sentence import format_counted
from reconciler.plan.access.assume_words import shorten_policy
from reconciler.plan.compare.diff import Difference
from reconciler.policy.overlap import is_surely_covered, statements_overlap
from reconciler.policy.permission_delta import diff_statements
from reconciler.policy.statement_words import describe_statement

Statements = frozenset[Statement]


@dataclass(frozen=True)
class LiftedDenies:
    """The account on either side of a plan, and the differences between them."""

    before: State
    after: State
    differences: Iterable[Difference]

    def find(self) -> Iterator[tuple[Address, str]]:
        """Yield an entity that stays, and a sentence, for each Deny that comes off."""
        for difference in self.differences:
            old, new = difference.before, difference.after
            if old is not None and new is not None:
                yield from ((new.address, message) for message in self._describe_changed_documents(old, new))
        by_loss: defaultdict[str, list[Address]] = defaultdict(list)
        for old, new in self._pair_holders():
            for loss in self._describe_lost_policies(old, new):
                by_loss[loss].append(new.address)
        for loss, addresses in by_loss.items():
            yield addresses[0], loss.replace("{who}", format_counted(list(map(str, sorted(addresses)))))

    def _pair_holders(self) -> Iterator[tuple[Holder, Holder]]:
        """Yield both sides of each user, group and role that the plan changes, or may take a policy or group from."""
        changed = {one.after.address: one.before for one in self.differences if one.before and one.after}
        deletes = any(one.after is None and one.address.kind in ("policy", "group") for one in self.differences)
        others = self.after.entities.keys() - changed.keys() if deletes else ()
        before, after = self.before.entities, self.after.entities
        pairs = [*changed.items(), *((address, before[address]) for address in sorted(others) if address in before)]
        for address, old in pairs:
            new = after.get(address)
            if isinstance(old, Holder) and isinstance(new, Holder):
                yield old, new

    def _describe_changed_documents(self, old: Entity, new: Entity) -> Iterator[str]:
        """Yield a sentence for each Deny that a document of an entity loses."""
        before, after = _documents_of(old), _documents_of(new)
        if not any(one.effect == "Deny" for statements in before.values() for one in statements):
            return
        remaining = frozenset(one for statements in after.values() for one in statements) | self._remaining_of(new)
        for name, statements in before.items():
            added = after.get(name, frozenset()) - statements
            label = f"{old.address} inline policy {name}" if name else str(old.address)
            for lifted, was in self._list_lifts(statements, remaining):
                left = _find_what_is_left(lifted, added)
                if left is None:
                    yield f"a Deny comes off {label}: {was}"
                elif (now := describe_statement(left, self.after.account)) != was:
                    yield f"a Deny of {label} is narrowed: {now} (before: {was})"
                else:
                    yield f"a Deny of {label} applies on other conditions: {now}"

    def _describe_lost_policies(self, old: Holder, new: Holder) -> Iterator[str]:
        """Yield a sentence for each Deny of a policy that one no longer holds. `{who}` stands for its name."""
        lost_policies = list(self._list_lost_policies(old, new))
        remaining = self._remaining_of(new) if lost_policies else frozenset()
        for held in lost_policies:
            label = _describe_policy(held, old)
            document = _document_of(held, self.before)
            if document is None:
                if held.arn is not None and is_unknown_aws_policy(held.arn) and may_deny(held.arn):
                    yield f"what {label} denies is no longer denied to {{who}}"
                continue
            for _, was in self._list_lifts(document.statements, remaining):
                yield f"a Deny of {label} no longer holds for {{who}}: {was}"

    def _list_lost_policies(self, old: Holder, new: Holder) -> Iterator[HeldPolicy]:
        """Yield the policies that one held before and holds no more; neither its own inline ones nor a group's.

        Their documents, and the policies of a group of which it is still a member, are differences of their own.
        """
        kept_arns = {held.arn for held in walk_held_policies(new, self.after.entities.get)}
        kept_groups = new.groups & self.after.entities.keys() if isinstance(new, User) else frozenset()
        for held in walk_held_policies(old, self.before.entities.get):
            is_own = held.holder == old.address
            if (is_own and held.hold is Hold.INLINE) or held.holder in kept_groups:
                continue
            if held.hold is Hold.BOUNDARY and not boundary_of(new):
                continue
            if held.arn is None or held.arn not in kept_arns:
                yield held

    def _remaining_of(self, new: Entity) -> Statements:
        """Return the statements of all policies that decide for one after the plan."""
        held = walk_held_policies(new, self.after.entities.get)
        documents = (_document_of(one, self.after) for one in held)
        return frozenset(one for document in documents if document is not None for one in document.statements)

    def _list_lifts(self, statements: Statements, remaining: Statements) -> Iterator[tuple[Statement, str]]:
        """Yield each Deny that no statement that remains covers, with its words."""
        for lifted in sorted(diff_statements(statements, remaining).lifts, key=repr):
            if not is_surely_covered(lifted, remaining, "Deny"):
                yield lifted, describe_statement(lifted, self.after.account)


def _find_what_is_left(lifted: Statement, added: Statements) -> Statement | None:
    """Return the Deny that takes the place of another one and denies a part of it; None if there is none."""
    near = (one for one in added if one.effect == "Deny" and statements_overlap(frozenset([one]), frozenset([lifted])))
    return min(near, key=lambda one: (one.sid != lifted.sid, repr(one)), default=None)


def _documents_of(entity: Entity) -> dict[str, Statements]:
    """Return the statements of an entity's own documents, by the name of an inline policy; "" for a policy's own."""
    if isinstance(entity, Policy):
        return {"": entity.document.statements}
    if isinstance(entity, Holder):
        return {name: document.statements for name, document in sorted(entity.inline_policies.items())}
    return {}


def _document_of(held: HeldPolicy, state: State) -> Document | None:
    """Return the document of a policy; None if its content is not known."""
    if held.arn is None:
        return held.document
    address = address_of(held.arn, state.account)
    entity = state.entities.get(address) if address else None
    if isinstance(entity, Policy):
        return entity.document
    return state.details.external_documents.get(held.arn) or find_aws_policy(held.arn)[0]


def _describe_policy(held: HeldPolicy, holder: Holder) -> str:
    """Return the name of a policy, with the group through which one held it."""
    if held.arn is None:
        return f"{held.holder} inline policy {held.name}"
    name = shorten_policy(held.arn)
    name = f"the boundary {name}" if held.hold is Hold.BOUNDARY else name
    return name if held.holder == holder.address else f"{held.holder} ({name})"

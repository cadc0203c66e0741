"""Make steps, and the facts that order them: one step makes a fact true, another needs it (`plan/order/sort.py`)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.effects import Create, Delete, Effect, SetFields
from reconciler.model.entity import Entity
from reconciler.model.plan import ELSEWHERE_FACT, ORDER_FACT, Call, Fact, Phase, Step
from reconciler.model.quotas import Quota
from reconciler.policy.trust import find_foreign_principals, find_trusted_entities


def presence_of(address: Address) -> Fact:
    return ("present", *address.key)


def presence_elsewhere_of(arn: str) -> Fact:
    """Return the fact that an entity exists, for the trusts of other accounts, which know it by its ARN."""
    return (ELSEWHERE_FACT, arn)


def needs_of_trust(trust: Document, account: str) -> tuple[Fact, ...]:
    """Return the facts that IAM demands before a call of this account writes a trust policy: its principals exist."""
    own = (presence_of(address) for address in sorted(find_trusted_entities(trust, account)))
    return (*own, *(presence_elsewhere_of(arn) for arn in sorted(find_foreign_principals(trust, account))))


def absence_of(address: Address) -> Fact:
    return ("absent", *address.key)


def link_of(holder: Address, attachment: Address | str) -> Fact:
    return ("linked", *holder.key, _text_of(attachment))


def link_removal_of(holder: Address, attachment: Address | str) -> Fact:
    """Return the fact that `attachment` is no longer attached to `holder`, or is no longer its group or role."""
    return ("unlinked", *holder.key, _text_of(attachment))


def boundary_removal_of(holder: Address, boundary: str) -> Fact:
    """Return the fact that a policy (boundary: its ARN) is no longer the permissions boundary of `holder`."""
    return ("unbounded", *holder.key, boundary)


def removal_of(address: Address, item: str) -> Fact:
    """Return the fact that an item no longer blocks a deletion or fills a quota. item: its name, as in `inline/x`."""
    return ("emptied", *address.key, item)


def order_fact_of(index: int) -> Fact:
    """Return the fact that the step with this index is done. It says nothing about IAM: it only makes steps wait."""
    return (ORDER_FACT, str(index))


def _text_of(attachment: Address | str) -> str:
    return attachment if isinstance(attachment, str) else "/".join(attachment.key)


def make_step(
    address: Address,
    phase: Phase,
    effect: Effect,
    parameters: dict[str, object],
    needs: tuple[Fact, ...] = (),
    makes: tuple[Fact, ...] = (),
    forced_by: Quota | None = None,
) -> Step:
    """Return the step that makes one call, of the operation that its effect names."""
    call = Call(effect.operation, parameters)
    return Step(address, call, effect, phase, frozenset(needs), frozenset(makes), forced_by)


def set_fields(before: Entity, after: Entity, operation: str, *fields: str) -> SetFields:
    """Return the effect of a call that sets these fields of an entity, and that the same operation takes back."""
    old, new = ({name: getattr(side, name) for name in fields} for side in (before, after))
    return SetFields(after.address, operation, (operation,), old, new)


def make_create_step(
    entity: Entity,
    noun: str,
    parameters: dict[str, object],
    needs: tuple[Fact, ...] = (),
    makes: tuple[Fact, ...] = (),
) -> Step:
    """Return the step that creates an entity. entity: as this call leaves it. noun: as in `CreateRole`.

    makes: the facts that it makes true beside the presence of the entity.
    """
    address = entity.address
    effect = Create(address, f"Create{noun}", f"Delete{noun}", entity)
    return make_step(address, Phase.CREATE, effect, parameters, needs, (presence_of(address), *makes))


def plan_deletion(
    entity: Entity,
    noun: str,
    removals: list[Step],
    parameters: dict[str, object],
    needs: tuple[Fact, ...] = (),
) -> list[Step]:
    """Return the steps that empty an entity, and the one that deletes it after all of them.

    noun: as in `DeleteRole`. needs: the other facts that the deletion waits for.
    """
    address = entity.address
    removal_facts = {fact for removal in removals for fact in removal.makes}
    effect = Delete(address, f"Delete{noun}", f"Create{noun}", entity)
    last = make_step(address, Phase.DELETE, effect, parameters, tuple({*removal_facts, *needs}), (absence_of(address),))
    return [*removals, last]


def chain_stages(steps: list[Step], document: tuple[Address, str]) -> list[Step]:
    """Make each write of one document wait for the one before it. document: its holder and name."""
    chained: list[Step] = []
    for index, step in enumerate(steps):
        stage_fact = removal_of(document[0], f"stage/{document[1]}/{index}")
        before = {removal_of(document[0], f"stage/{document[1]}/{index - 1}")} if index else set()
        chained.append(replace(step, needs=step.needs | before, makes=step.makes | {stage_fact}))
    return chained

"""Steps for tests of their order and of their execution, without a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.kinds.steps import make_step
from reconciler.model.address import Address
from reconciler.model.effects import Discard, Effect
from reconciler.model.plan import Fact, Phase, Step
from reconciler.plan.order.sort import find_order, mark_deferred


def bare_step(
    address: Address,
    phase: Phase,
    operation: str,
    parameters: dict[str, object] | None = None,
    needs: tuple[Fact, ...] = (),
    makes: tuple[Fact, ...] = (),
    *,
    removes: bool = False,
) -> Step:
    """Return a step whose call changes nothing that decides about access."""
    effect = Discard(address, operation) if removes else Effect(address, operation)
    return make_step(address, phase, effect, parameters or {}, needs, makes)


def in_order(
    steps: Sequence[Step], is_deferred: Callable[[Step, Phase], bool] = lambda step, phase: False
) -> tuple[Step, ...]:
    """Return the steps in the order of an apply."""
    marked = mark_deferred(steps, is_deferred)
    return tuple(marked[index] for index in find_order(marked))

"""Decide whether a principal may assume a role of the account, whatever it sends: its policies and the role's trust.

As in `access/scoped_requests.py`, a principal can choose most keys of a request, but not the facts about itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from reconciler.access import Context, Decision, Principal, Target, Verdict
from reconciler.access.condition_values import list_key_choices
from reconciler.access.conditions import CompiledCondition
from reconciler.access.context import ABSENT
from reconciler.access.request_parts import MAX_CHOICES
from reconciler.access.scoped_requests import is_free_key
from reconciler.access.text_atoms import TooManyAtomsError
from reconciler.plan.access.answer import decide_request


def decide_entry(principal: Principal, target: Target, action: str, known: Context) -> tuple[Verdict, Context]:
    """Return ALLOW and the keys to send, if some request is allowed; DENY if none can be; else DEPENDS.

    known: the keys that every request carries.
    """
    first = decide_request(principal, action, target.arn, known, target)
    if first.decision is not Decision.DEPENDS:
        return first, known
    possible = False
    try:
        for trial, context in enumerate(_list_contexts(principal, target, action, known)):
            if trial >= MAX_CHOICES:
                return first, known
            verdict = decide_request(principal, action, target.arn, known.with_fallbacks(context), target)
            if verdict.allowed:
                return verdict, known.with_fallbacks(context)
            possible = possible or not verdict.denied
    except TooManyAtomsError:
        possible = True
    return first if possible else Verdict(Decision.DENY), known


def decide_plain_entry(principal: Principal, target: Target, action: str, known: Context) -> Verdict:
    """Return the verdict on a request that carries nothing but the known keys."""
    conditions = _list_conditions(principal, target, action)
    keys = {key for condition in conditions for key in (condition.key, *condition.variables) if is_free_key(key)}
    bare = known.with_fallbacks(Context(dict.fromkeys(keys, ABSENT)))
    return decide_request(principal, action, target.arn, bare, target)


def _list_contexts(principal: Principal, target: Target, action: str, known: Context) -> Iterator[Context]:
    """Yield a request for each combination of values that the conditions tell apart. Raises TooManyAtomsError."""
    own = principal.request_context.with_fallbacks(target.resource_context, known)
    free = [one for one in _list_conditions(principal, target, action) if is_free_key(one.key)]
    for choices in product(*list_key_choices(free, own)):
        yield Context({choice.key: (choice.values,) for choice in choices if choice.key})


def _list_conditions(principal: Principal, target: Target, action: str) -> list[CompiledCondition]:
    sides = (principal.compiled_policies, principal.compiled_boundary, target.compiled_trust)
    parts = (side.statements_for(action).statements for side in sides if side is not None)
    return _drop_repeats(condition for part in parts for one in part for condition in one.conditions)


def _drop_repeats(conditions: Iterable[CompiledCondition]) -> list[CompiledCondition]:
    return sorted(set(conditions), key=lambda one: one.sort_key)

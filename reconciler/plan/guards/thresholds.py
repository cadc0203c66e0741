"""Too many deletions at once are unsafe until --allow-deletes: in number, in share of a kind, and in policies
taken off entities that stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.model.plan import Action, Field
from reconciler.model.problem import Problem
from reconciler.plan.guards.draft import Draft
from reconciler.plan.ownership import is_owned

_PERCENT_FROM = 5
_FLAG = "--allow-deletes"


def thresholds(draft: Draft) -> Iterator[Problem]:
    if draft.allowed.deletes:
        return
    settings = draft.desired.settings
    deleted = Counter(item.address.kind for item in draft.of(Action.DELETE))
    total = sum(deleted.values())
    if total > settings.max_deletes:
        yield _refused(draft, "too-many-deletes", f"{total} deletions > max_deletes {settings.max_deletes}")
    for kind, number in deleted.items():
        existing = _existing(draft, kind)
        percent = 100 * number / existing
        if number > _PERCENT_FROM and percent > settings.max_delete_percent:
            limit = f"{settings.max_delete_percent:g} %"
            said = f"{number} of {existing} {_plural(kind)}, {percent:.1f} % > {limit}"
            yield _refused(draft, "too-many-deletes", said)
    swapped = {draft.planning.arn(old): draft.planning.arn(new) for new, old in draft.replaced.items()}
    removed = sum(_removals(field, swapped) for item in draft.differences if item.after for field in item.fields)
    if removed > settings.max_removals:
        said = f"{removed} policies taken off entities that stay > max_removals {settings.max_removals}"
        yield _refused(draft, "too-many-removals", said)


def _existing(draft: Draft, kind: str) -> int:
    owner = draft.desired.owner
    return sum(
        address.kind == kind
        and (address in draft.entities or address in draft.planning.doomed or is_owned(entity, owner))
        for address, entity in draft.live.everything.items()
    )


def _removals(field: Field, swapped: Mapping[str, str]) -> int:
    """How many policies go. One whose replacement (`swapped`, old → new) is attached instead is none of them."""
    if field.path == "policies":
        before = field.before if isinstance(field.before, frozenset) else frozenset()
        after = field.after if isinstance(field.after, frozenset) else frozenset()
        return sum(swapped.get(arn) not in after for arn in before - after)
    return int(field.path.startswith("inline_policies.") and field.after is None)


def _plural(kind: str) -> str:
    return "policies" if kind == "policy" else f"{kind.replace('-', ' ')}s"


def _refused(draft: Draft, code: str, said: str) -> Problem:
    hint = f"If this is meant, pass {_FLAG}; else look for a part of the file that is missing."
    return draft.refusal(code, None, f"Too much would go: {said}.", hint, _FLAG)

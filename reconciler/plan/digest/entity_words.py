"""Put the change of one entity into a few words: `trust 1 rule · 2 policies · 1 inline`."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from reconciler.kinds.facets.tags import OWNER
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.held_policies import boundary_of
from reconciler.model.plan import Action, Change, Field
from reconciler.policy.statements import pair_statements

_LONGEST_VALUE = 24
"""The characters up to which a changed value is shown; longer ones are only named."""

_DOT = " · "


def describe_briefly(change: Change, *, name_groups: bool = True) -> str:
    """Return what an entity gets, what of it changes, or what goes with it. name_groups: name a user's only group."""
    entity = change.before if change.action is Action.DELETE else change.after
    if change.action in (Action.CREATE, Action.DELETE):
        return _DOT.join(_list_counts(entity, name_groups)) if entity else ""
    fields = (field for field in change.fields if field.path != f"tags.{OWNER}")
    return _DOT.join(map(_describe_field, fields))


def _list_counts(entity: Entity, name_groups: bool) -> Iterator[str]:
    if isinstance(entity, Policy):
        yield _count(entity.document.statements, "statement")
    if isinstance(entity, User) and entity.groups:
        only = len(entity.groups) == 1 and name_groups
        yield f"in {next(iter(entity.groups))}" if only else f"in {_count(entity.groups, 'group')}"
    if isinstance(entity, Role):
        yield f"trust {_count(entity.trust_policy.statements, 'rule')}"
    if isinstance(entity, User | Group | Role):
        if entity.policies:
            yield _count(entity.policies, "policy", "policies")
        if entity.inline_policies:
            yield f"{len(entity.inline_policies)} inline"
    if boundary_of(entity):
        yield "boundary"
    if isinstance(entity, User) and entity.console:
        yield "console"


def _count(items: Sized, singular: str, plural: str = "") -> str:
    return f"{len(items)} {singular if len(items) == 1 else plural or f'{singular}s'}"


def _describe_field(field: Field) -> str:
    name = field.path.removeprefix("inline_policies.").removesuffix("_policy")
    before, after = field.before, field.after
    if isinstance(before, Document) or isinstance(after, Document):
        return f"{name} {_describe_documents(before, after)}"
    if isinstance(before, frozenset) or isinstance(after, frozenset):
        old, new = (side if isinstance(side, frozenset) else frozenset() for side in (before, after))
        return f"{name}{f' +{len(new - old)}' if new - old else ''}{f' -{len(old - new)}' if old - new else ''}"
    if before is None or after is None:
        return f"{'+' if before is None else '-'}{name}"
    shown = f"{before} → {after}"
    return f"{name} {shown}" if len(shown) <= _LONGEST_VALUE and "\n" not in shown else name


def _describe_documents(before: object, after: object) -> str:
    """Return how many statements come, go and change: `+1 ~2`."""
    old, new = (side if isinstance(side, Document) else None for side in (before, after))
    pairs = pair_statements(old, new)
    counts = {
        "+": sum(was is None for was, _ in pairs),
        "~": sum(was is not None and now is not None for was, now in pairs),
        "-": sum(now is None for _, now in pairs),
    }
    return " ".join(f"{sign}{number}" for sign, number in counts.items() if number) or "rewritten"

"""Policy documents as values: equal when they mean the same, and still knowing what their author wrote.

`policy/canonical.py` makes them; nothing else should.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.problem import Place

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator applied to one key (lower case) and its set of values."""

    operator: str
    key: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in canonical form. Lists are sets; actions and condition keys are lower case.

    `principals` is None where the element is absent, which differs from every set. A `not_…` flag says that
    the element was NotPrincipal, NotAction or NotResource. `unknown` holds elements that the grammar does not have, as
    JSON. `spelling` keeps the author's letter case for
    display, and takes no part in equality.
    """

    effect: str
    sid: str = ""
    principals: frozenset[tuple[str, str]] | None = None
    not_principal: bool = False
    actions: frozenset[str] = frozenset()
    not_action: bool = False
    resources: frozenset[str] | None = None
    not_resource: bool = False
    conditions: frozenset[Condition] = frozenset()
    unknown: str = ""
    spelling: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False, repr=False)

    def spelling_of(self, text: str) -> str:
        return self.spelling.get(text, text)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole policy. `text` is what the author wrote, as compact JSON, and is what gets sent.

    `opaque` holds a live text that is not JSON: it equals only itself. `places`: of a document of a file, where
    each statement is written, in the order of `text`; `from_rules`: these are trust rules.
    """

    version: str
    statements: frozenset[Statement]
    id: str = ""
    opaque: str = ""
    text: str = field(default="", compare=False, repr=False)
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    from_rules: bool = field(default=False, compare=False, repr=False)

"""Policy documents as values: equal if they mean the same, and with the text that their author wrote.

Only `policy/canonical.py` makes them.
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
    """One statement in canonical form. Lists are sets; actions and condition keys are in lower case.

    principals: pairs of kind and value; None if the element is absent, which differs from every set.
    resources: None if the element is absent.
    not_principal, not_action, not_resource: True if the element is NotPrincipal, NotAction or NotResource.
    empty_operators: operators without keys, such as `StringEquals: {}`, which test nothing.
    unknown: elements that AWS's grammar does not have, as JSON.
    spelling: maps a text in lower case to the author's letter case; it does not count for equality.
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
    empty_operators: frozenset[str] = frozenset()
    unknown: str = ""
    spelling: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False, repr=False)

    def spelling_of(self, text: str) -> str:
        return self.spelling.get(text, text)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole policy document.

    text: the author's document as compact JSON; this text is sent to AWS.
    opaque: a live text that is not JSON; it equals only itself.
    listed: the statements in the order of `text`.
    places: for a document of a file, the line of each statement, in the order of `text`.
    from_rules: True if the places are those of trust rules.
    """

    version: str
    statements: frozenset[Statement]
    id: str = ""
    opaque: str = ""
    text: str = field(default="", compare=False, repr=False)
    listed: tuple[Statement, ...] = field(default=(), compare=False, repr=False)
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    from_rules: bool = field(default=False, compare=False, repr=False)

"""Decide if a statement covers an action, and if it covers a resource.

IAM User Guide: "IAM JSON policy elements: Action" (letter case ignored, `*` and `?`), "…: Resource" (case kept,
variables), "…: NotAction", "…: NotResource".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from reconciler.access.context import Context
from reconciler.access.templates import MANY, ONE, compile_arn_glob, fill_templates, parse_template, widen_template
from reconciler.access.verdicts import NO, YES, Ternary
from reconciler.model.document import Statement
from reconciler.model.globs import Matcher, compile_glob


def covers_action(statement: Statement, action: str) -> bool:
    """Return whether a statement covers an action, which is in lower case; without any action it covers none."""
    if not statement.actions:
        return False
    is_listed = action in statement.actions or any(
        ("*" in pattern or "?" in pattern) and compile_glob(pattern)(action) for pattern in statement.actions
    )
    return is_listed != statement.not_action


def select_covered(statement: Statement, actions: frozenset[str]) -> frozenset[str]:
    """Return those of the actions, which are in lower case, that a statement covers (`covers_action`)."""
    if not statement.actions:
        return frozenset()
    patterns = [compile_glob(text) for text in statement.actions if "*" in text or "?" in text]
    named = actions & statement.actions
    if patterns:
        named |= {action for action in actions if any(matches(action) for matches in patterns)}
    return actions - named if statement.not_action else named


class ResourceMatcher:
    """The Resource or NotResource of one statement. Without either, as in a trust policy, all resources match."""

    def __init__(self, statement: Statement, version: str) -> None:
        templates = tuple(parse_template(text, version) for text in sorted(statement.resources or ()))
        fixed = [item.fixed for item in templates if item.fixed is not None]
        self.negated = statement.not_resource
        self._with_variables = tuple(item for item in templates if item.fixed is None)
        self.matches_all = statement.resources is None or MANY in fixed
        self._literal = frozenset(text for text in fixed if MANY not in text and ONE not in text)
        self._wildcards = tuple(text for text in fixed if text not in self._literal)

    @property
    def variables(self) -> frozenset[str]:
        """Return the keys of its policy variables."""
        return frozenset[str]().union(*(item.variables for item in self._with_variables))

    @cached_property
    def _patterns(self) -> tuple[Matcher, ...]:
        return tuple(compile_arn_glob(text) for text in self._wildcards)

    def resolve_patterns(self, context: Context) -> tuple[str, ...] | None:
        """Return the patterns with their variables filled in; empty if it matches every resource.

        Two resources that match the same patterns get the same answer. Return None if a variable is unknown.

        context: the keys that are known whatever the resource is.
        """
        if self.matches_all:
            return ()
        texts = fill_templates(self._with_variables, context)
        return None if texts.unknown else (*self._literal, *self._wildcards, *texts.texts)

    def list_patterns(self, context: Context) -> Iterator[tuple[frozenset[str] | None, frozenset[str]]]:
        """Yield the patterns of the statement, with the unknown keys on which they depend; None for every resource.

        A text with an unknown variable has `*` in its place: the statement covers what it matches, or less. With
        NotResource, the patterns are those of the resources that the statement does not cover.
        """
        if self.matches_all:
            yield None, frozenset()
            return
        texts = fill_templates(self._with_variables, context)
        known = frozenset([*self._literal, *self._wildcards, *texts.texts])
        if known or not texts.unknown or self.negated:
            yield known, texts.unknown if self.negated else frozenset()
        if texts.unknown and not self.negated:
            wide = (widen_template(item, context) for item in self._with_variables)
            yield frozenset(text for text in wide if text is not None), texts.unknown

    def matches(self, resource: str, context: Context) -> Ternary:
        """Return whether the statement covers a resource; unknown if a variable decides."""
        if self.matches_all or resource in self._literal or any(matches(resource) for matches in self._patterns):
            return NO if self.negated else YES
        if not self._with_variables:
            return YES if self.negated else NO
        texts = fill_templates(self._with_variables, context)
        if any(compile_arn_glob(text)(resource) for text in texts.texts):
            return NO if self.negated else YES
        if texts.unknown:
            return Ternary(None, texts.unknown)
        return YES if self.negated else NO

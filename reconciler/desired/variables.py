"""`{{ name }}` in any string, keys included; `{{{{` is a literal `{{`. AWS's own `${…}` is never touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggestion

_VARIABLE = re.compile(r"\{\{\{\{|\{\{([^{}]*)\}\}|\{\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Variables:
    """Name → text, the built-in `account_id` and `partition` among them."""

    values: Mapping[str, str]

    @classmethod
    def resolved(cls, written: Mapping[str, str]) -> tuple[Variables, list[str]]:
        """Variables whose values may name others; and the names of those that come back to themselves."""
        found: dict[str, str] = {}
        circular: list[str] = []

        def value(name: str, above: tuple[str, ...]) -> str:
            if name in above:
                circular.append(name)
                return name
            if name not in found:
                found[name] = _VARIABLE.sub(lambda match: inner(match, (*above, name)), written[name])
            return found[name]

        def inner(match: re.Match[str], above: tuple[str, ...]) -> str:
            name = (match[1] or "").strip()
            return value(name, above) if name in written else match[0]

        for name in written:
            value(name, ())
        return cls(found), circular

    def substitute(self, text: str, place: Place, problems: list[Problem]) -> str:
        """The text with every variable replaced; an unknown one is a problem and becomes its name."""

        def value(match: re.Match[str]) -> str:
            if match[0] == "{{{{":
                return "{{"
            name = (match[1] or "").strip()
            if match[1] is None or not _NAME.fullmatch(name):
                hint = "Write {{ name }}, or {{{{ for two literal braces."
                summary = f"{match[0]!r} is not a variable."
                problems.append(Problem(Level.ERROR, "bad-variable", summary, "", hint, place))
            elif name in self.values:
                return self.values[name]
            else:
                close = suggestion(name, self.values)
                hint = f"Did you mean {close!r}?" if close else "Set it under `vars:` or with --var."
                summary = f"Unknown variable {name!r}."
                problems.append(Problem(Level.ERROR, "unknown-variable", summary, "", hint, place))
            return name

        return _VARIABLE.sub(value, text)

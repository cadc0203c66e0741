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

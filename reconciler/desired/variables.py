"""Replace `{{ name }}` in any string, keys included. `{{{{` writes a literal `{{`. AWS's own `${…}` stays as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggest_word

MAX_VALUE = 100_000
"""The most characters of one variable, with the variables in it replaced."""

MAX_CHAIN = 100
"""The most variables in a chain in which each one names the next."""

MAX_ADDED = 16 * 1024 * 1024
"""The most characters that variables may add to all files together."""

_VARIABLE = re.compile(r"\{\{\{\{|\{\{([^{}]*)\}\}|\{\{")
_JINJA = re.compile(r"[.|()'\"]")
_ACCOUNT_NAMES = ("awsaccountid", "awsaccount", "account", "accountnumber")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class BadVariable:
    """A variable without a value, and the reason."""

    name: str
    code: str
    summary: str
    hint: str

    def to_problem(self, place: Place) -> Problem:
        return Problem(Level.ERROR, self.code, self.summary, "", self.hint, place)


@dataclass
class _Budget:
    characters: int = 0


@dataclass(frozen=True)
class Variables:
    """Map names to texts, the built-in `account_id` and `partition` included. used: the names that were used so far."""

    values: Mapping[str, str]
    used: set[str] = field(default_factory=set, compare=False)
    _budget: _Budget = field(default_factory=_Budget, compare=False)

    @classmethod
    def resolve(cls, written: Mapping[str, str]) -> tuple[Variables, list[BadVariable]]:
        """Replace variables in the values of other variables. Return the result, and the variables that failed."""
        resolver = _Resolver(written)
        for name in written:
            resolver.resolve_variable(name)
        return cls({name: resolver.values.get(name, name) for name in written}, resolver.used), resolver.bad

    def substitute(self, text: str, place: Place, problems: list[Problem]) -> str:
        """Return the text with every variable replaced. An unknown one is a problem, and its name takes its place."""
        return _VARIABLE.sub(lambda match: self._replace_match(match, place, problems), text)

    def note_variables(self, text: str) -> None:
        """Count the variables of a text as used, although this account has no need of it."""
        self.used.update(match[1].strip() for match in _VARIABLE.finditer(text) if match[1])

    def _replace_match(self, match: re.Match[str], place: Place, problems: list[Problem]) -> str:
        if match[0] == "{{{{":
            return "{{"
        name = (match[1] or "").strip()
        if match[1] is None or not _NAME.fullmatch(name):
            hint = "Write {{ name }}, or {{{{ for two literal braces."
            if _JINJA.search(name):
                hint += " If this is a template for Ansible, Helm or Jinja, run that tool first."
            summary = f"{match[0]!r} is not a variable."
            problems.append(Problem(Level.ERROR, "bad-variable", summary, "", hint, place))
        elif name in self.values:
            self.used.add(name)
            return self._take_value(name, place, problems)
        else:
            close = suggest_word(name, self.values)
            hint = f"Did you mean {close!r}?" if close else f"Set it under `vars:` or with --var {name}=…."
            if name.replace("_", "").replace("-", "").lower() in _ACCOUNT_NAMES:
                hint = "Write {{ account_id }}: it is built in."
            summary = f"Unknown variable {name!r}."
            problems.append(Problem(Level.ERROR, "unknown-variable", summary, "", hint, place))
        return name

    def _take_value(self, name: str, place: Place, problems: list[Problem]) -> str:
        """Return the value of a variable. Return its name, with a single problem, once MAX_ADDED is used up."""
        before, value = self._budget.characters, self.values[name]
        if before > MAX_ADDED:
            return name
        self._budget.characters += len(value)
        if self._budget.characters <= MAX_ADDED:
            return value
        summary = f"Variables add more than {MAX_ADDED:,} characters to the files; {name!r} here exceeds that limit."
        hint = "Use shorter variables, or move long texts into document files."
        problems.append(Problem(Level.ERROR, "variables-too-large", summary, "", hint, place))
        return name


class _Resolver:
    """Replace variables in the values of variables."""

    def __init__(self, written: Mapping[str, str]) -> None:
        self._written = written
        self._ancestors: dict[str, None] = {}
        self._depths: dict[str, int] = {}
        self.values: dict[str, str] = {}
        self.used: set[str] = set()
        self.bad: list[BadVariable] = []

    def resolve_variable(self, name: str) -> tuple[str, int]:
        """Return the value of a variable (its name if that fails), and the length of the chain that begins with it."""
        if name in self.values:
            return self.values[name], self._depths[name]
        if name in self._ancestors:
            return self._refuse_variable(name, "circular-variable", f"The variable {name!r} refers to itself.")
        if len(self._ancestors) >= MAX_CHAIN:
            return self._refuse_chain(name)
        self._ancestors[name] = None
        texts, depth = [], 0
        for text, below in self._expand_parts(self._written[name]):
            texts.append(text)
            depth = max(depth, below)
        del self._ancestors[name]
        length = sum(map(len, texts))
        value, self._depths[name] = name, 1
        if length > MAX_VALUE:
            summary = f"The variable {name!r} expands to {length:,} characters; the limit is {MAX_VALUE:,}."
            hint = "Shorten it. Look for variables that name another one more than once."
            self._refuse_variable(name, "variable-too-long", summary, hint)
        elif depth >= MAX_CHAIN:
            self._refuse_chain(name)
        else:
            value, self._depths[name] = "".join(texts), depth + 1
        self.values[name] = value
        return value, self._depths[name]

    def _expand_parts(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield the parts of a text, each with the length of the chain of variables behind it (0 for plain text)."""
        end = 0
        for match in _VARIABLE.finditer(text):
            yield text[end : match.start()], 0
            name = (match[1] or "").strip()
            self.used.add(name)
            yield self.resolve_variable(name) if name in self._written else (match[0], 0)
            end = match.end()
        yield text[end:], 0

    def _refuse_chain(self, name: str) -> tuple[str, int]:
        summary = f"The variable {name!r} is in a chain of more than {MAX_CHAIN} variables, each naming the next."
        return self._refuse_variable(name, "variable-chain", summary)

    def _refuse_variable(
        self, name: str, code: str, summary: str, hint: str = "Write its value without other variables."
    ) -> tuple[str, int]:
        self.bad.append(BadVariable(name, code, summary, hint))
        return name, 1


@dataclass(frozen=True, slots=True)
class VariableUse:
    """The names of variables in some files. unused: those of --var that no file declares or uses. known: all others."""

    unused: frozenset[str]
    known: frozenset[str]


def find_undeclared(unused: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each --var that no file declares or uses: its name is probably misspelt.

    unused, known: see `VariableUse`, after every text was read.
    """
    for name in sorted(unused):
        close = suggest_word(name, sorted(known))
        hint = f"Did you mean {close!r}?" if close else "Leave it out, or declare it under `vars:`."
        yield Problem(Level.ERROR, "undeclared-variable", f"--var {name}: no file declares or uses it.", "", hint)

"""Fill in the variables of a policy's texts, and compile their wildcards, to compare them with a request.

IAM User Guide, "IAM policy elements: Variables and tags": `${key}`, `${key, 'default'}`, `${*}` `${?}` `${$}`, which
only Version 2012-10-17 reads. From its "Policy variables with no value": a text whose variable is absent matches no
value, so that StringNotEquals and other negated operators hold; in Resource and NotResource it matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.access.context import Context
from reconciler.access.verdicts import NO_KEYS
from reconciler.model.account_caches import cache_for_account
from reconciler.model.globs import Automaton, Matcher, Repeat, Token, accept_any, compile_glob, parse_glob
from reconciler.policy.canonical import CURRENT_VERSION

MANY, ONE = "\ue000", "\ue001"
"""Stand for `*` and `?` as wildcards; in a filled-in text the plain characters mean themselves."""

_VARIABLE = re.compile(r"\$\{([^,{}]*)(?:,\s*'([^']*)'\s*)?\}")
"""No two parts of this expression match the same character, so that it cannot backtrack far."""

_TO_WILDCARDS = str.maketrans({"*": MANY, "?": ONE})
_TO_PLAIN = str.maketrans({MANY: "*", ONE: "?"})
_TO_POLICY = str.maketrans({"*": "${*}", "?": "${?}", MANY: "*", ONE: "?"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable such as `${aws:username, 'nobody'}`. key: in lower case. default: None if it has none."""

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """A text of a policy, split at its variables. fixed: the finished text if it has no variables, else None."""

    parts: tuple[str | Variable, ...]
    fixed: str | None

    @property
    def variables(self) -> frozenset[str]:
        """Return the keys that fill in its variables."""
        return frozenset(part.key for part in self.parts if isinstance(part, Variable))


@dataclass(frozen=True, slots=True)
class FilledTexts:
    """The finished texts, and the unknown keys that others wait for. A text whose variable is absent is dropped."""

    texts: tuple[str, ...]
    unknown: frozenset[str] = NO_KEYS


def parse_template(text: str, version: str, takes_variables: bool = True) -> Template:
    """Return the template of a text.

    version: the Version of the document. takes_variables: False if the element or operator reads no variables.
    """
    if not takes_variables or version != CURRENT_VERSION or "${" not in text:
        fixed = text.translate(_TO_WILDCARDS)
        return Template((fixed,), fixed)
    parts: list[str | Variable] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        parts.append(text[end : match.start()].translate(_TO_WILDCARDS))
        name = match[1].strip()
        parts.append(name if name in ("*", "?", "$") else Variable(name.lower(), match[2]))
        end = match.end()
    parts.append(text[end:].translate(_TO_WILDCARDS))
    if any(isinstance(part, Variable) for part in parts):
        return Template(tuple(parts), None)
    return Template(tuple(parts), "".join(part for part in parts if isinstance(part, str)))


def fill_templates(templates: Iterable[Template], context: Context) -> FilledTexts:
    """Fill in the variables of templates from the known keys of a request."""
    texts: list[str] = []
    unknown: set[str] = set()
    for item in templates:
        if item.fixed is not None:
            texts.append(item.fixed)
            continue
        filled = [part if isinstance(part, str) else _fill_variable(part, context, unknown) for part in item.parts]
        if all(part is not None for part in filled):
            texts.append("".join(part for part in filled if part is not None))
    return FilledTexts(tuple(texts), frozenset(unknown))


def widen_template(template: Template, context: Context) -> str | None:
    """Return a text with `*` for each unknown variable, which matches all that the template can match.

    Return None if a variable is absent and has no default: the text then matches nothing.
    """
    unknown: set[str] = set()
    parts = []
    for part in template.parts:
        filled = part if isinstance(part, str) else _fill_variable(part, context, unknown)
        if filled is None and unknown.isdisjoint(template.variables):
            return None
        parts.append(MANY if filled is None else filled)
    return "".join(parts)


def _fill_variable(variable: Variable, context: Context, unknown: set[str]) -> str | None:
    """Return the value of a variable, else its default; None if it has neither, or has several possible values."""
    alternatives = context.find(variable.key)
    if alternatives == (None,):
        return variable.default
    if len(alternatives) == 1 and alternatives[0] is not None and len(alternatives[0]) == 1:
        return alternatives[0][0]
    unknown.add(variable.key)
    return None


def to_plain_text(text: str) -> str:
    """Return a filled-in text with plain `*` and `?`, for operators that read no wildcards."""
    return text.translate(_TO_PLAIN)


def to_policy_text(text: str) -> str:
    """Return a filled-in text as a policy writes it: wildcards as `*` and `?`, the characters as `${*}` and `${?}`."""
    return text.translate(_TO_POLICY)


def compile_filled_glob(text: str) -> Matcher:
    """Return the function that matches a filled-in text: `*` matches any characters, `?` one."""
    return compile_glob(text, MANY, ONE)


@cache_for_account(maxsize=65536)
def compile_arn_glob(text: str) -> Matcher:
    """Return the function that matches a filled-in ARN (IAM User Guide, "IAM JSON policy elements: Resource").

    A wildcard stays within its segment, but `*` at the end of one may run beyond the colon.
    """
    if not any(ONE in segment or MANY in segment.rstrip(MANY) for segment in text.split(":", 5)[:-1]):
        return compile_filled_glob(text)
    return Automaton(parse_arn_glob(text)).matches


def parse_arn_glob(text: str) -> list[Token]:
    """Return the parts of a filled-in ARN, as `compile_arn_glob` matches it."""
    *segments, last = text.split(":", 5)
    tokens: list[Token] = []
    for segment in segments:
        tokens += parse_glob(segment.removesuffix(MANY), MANY, ONE, accept_all_but_colon)
        tokens += [Repeat(accept_any), ":"] if segment.endswith(MANY) else ":"
    return [*tokens, *parse_glob(last, MANY, ONE)]


def accept_all_but_colon(char: str) -> bool:
    return char != ":"


@cache_for_account(maxsize=65536)
def compile_arn_segments(text: str) -> tuple[Matcher, ...]:
    """Return a function for each of the six parts of a filled-in ARN (IAM User Guide, "ARN condition operators")."""
    parts = text.split(":", 5)
    if len(parts) < 6 and parts[-1].endswith(MANY):
        parts += [MANY] * (6 - len(parts))
    return tuple(map(compile_filled_glob, parts))

"""Explain mistakes that PyYAML's own messages do not: tabs, bare variables, conflicts of git, foreign tags."""

from __future__ import annotations

import re
import shlex

import yaml

from reconciler.desired.yaml_tree import MappingNode, ScalarNode
from reconciler.model.problem import Level, Place, Problem

_CONFLICT = b"<<<<<<< "
_BARE_VARIABLE = re.compile(rb"(?:[:,\[]\s+|-\s+|\[)(\{\{\s*\w+\s*\}\}[^\s,\]}#]*)")
"""A value that begins with a variable, and no quote before it."""
_HINTS = {
    "but found another document": "Write each document into a file of its own, and name it under `include:`.",
    "mapping values are not allowed in this context": "Quote a text that has a colon and a space in it.",
    "found character that cannot start any token": "Quote a text that begins with @, % or a backtick.",
    "did not find expected key": "Check the indentation of this line and of those above it.",
}
"""Message of PyYAML → what to do."""


def explain_syntax_error(data: bytes, file: str, error: yaml.MarkedYAMLError) -> Problem:
    """Return the problem of a file that breaks YAML's syntax: the cause, if it is a frequent one."""
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    lines = data.splitlines()
    return (
        _find_conflict(lines, file)
        or _find_tab(lines, place)
        or _find_bare_variable(lines, place)
        or Problem(Level.ERROR, "bad-yaml", _describe(error, place), "", _HINTS.get(error.problem or "", ""), place)
    )


def _describe(error: yaml.MarkedYAMLError, place: Place) -> str:
    if error.problem == "but found another document":
        return "The file has more than one YAML document: `---` begins another one here."
    start = error.context_mark
    since = f", which begins in line {start.line + 1}" if start and start.line + 1 != place.line else ""
    context = f" ({error.context}{since})" if error.context and error.problem else ""
    return f"Not valid YAML: {error.problem or error.context}{context}."


def _find_conflict(lines: list[bytes], file: str) -> Problem | None:
    """Return a problem if a merge of git has left both sides in the file."""
    number = next((number for number, line in enumerate(lines, 1) if line.startswith(_CONFLICT)), None)
    if number is None:
        return None
    summary = f"Line {number} begins a merge conflict of git, which nobody has resolved."
    hint = "Choose one side, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>."
    return Problem(Level.ERROR, "bad-yaml", summary, "", hint, Place(file, number, 1))


def _find_tab(lines: list[bytes], place: Place) -> Problem | None:
    """Return a problem if a tab stands at the place of a YAML error: tabs must not indent (YAML 1.2.2, section 6.1)."""
    at = place.column - 1
    if place.line > len(lines) or lines[place.line - 1][at : at + 1] != b"\t":
        return None
    others = sum(line.lstrip(b" ").startswith(b"\t") for line in lines) - 1
    more = f", and {others} more {'line begins' if others == 1 else 'lines begin'} with one" if others > 0 else ""
    summary = f"Line {place.line} has a tab{more}: YAML must be indented with spaces."
    hint = f"Replace the tabs by spaces: expand -i -t 2 {shlex.quote(place.file)} > spaces.yaml"
    return Problem(Level.ERROR, "bad-yaml", summary, "", hint, place)


def _find_bare_variable(lines: list[bytes], place: Place) -> Problem | None:
    """Return a problem if the line of a YAML error has a variable without quotes: `{` begins a mapping."""
    if place.line > len(lines) or (match := _BARE_VARIABLE.search(lines[place.line - 1])) is None:
        return None
    at = Place(place.file, place.line, match.start(1) + 1)
    return make_bare_variable_problem(match[1].decode(errors="replace"), at)


def make_bare_variable_problem(text: str, place: Place) -> Problem:
    return Problem(Level.ERROR, "bad-yaml", f"{text} is not quoted.", "", f'Quote it: "{text}".', place)


def make_repeated_key_problem(key: str, first: Place, place: Place, hint: str = "Remove one.") -> Problem:
    summary = f"The key {key!r} is written twice in one mapping; first at {first}."
    return Problem(Level.ERROR, "duplicate-key", summary, "", hint, place)


def find_bare_variable(node: MappingNode) -> str | None:
    """Return the variable that a mapping was meant to be: YAML reads `{{ env }}` as a mapping with a mapping as key."""
    match node.children:
        case [MappingNode(children=[ScalarNode(is_plain=True) as name, nothing]), ScalarNode(value="")]:
            is_variable = isinstance(nothing, ScalarNode) and not nothing.value
            return f"{{{{ {name.value} }}}}" if is_variable else None
    return None


def explain_tag(tag: str) -> str:
    """Return a hint for the tags of CloudFormation (its User Guide, "Intrinsic function reference")."""
    if tag in ("!Sub", "!Ref", "!GetAtt", "!Join", "!ImportValue", "!If", "!Select", "!Split", "!FindInMap"):
        return (
            "This is a CloudFormation function. Write the text itself, with {{ account_id }}, {{ partition }} or "
            "variables of your own (`vars:`)."
        )
    return ""

"""Explain mistakes that PyYAML's own messages do not: tabs, and the tags of other tools."""

from __future__ import annotations

import shlex

from reconciler.model.problem import Level, Place, Problem


def find_tab_problem(data: bytes, place: Place) -> Problem | None:
    """Return a problem if a tab stands at the place of a YAML error: tabs must not indent (YAML 1.2.2, section 6.1)."""
    lines = data.splitlines()
    at = place.column - 1
    if place.line > len(lines) or lines[place.line - 1][at : at + 1] != b"\t":
        return None
    others = sum(line.lstrip(b" ").startswith(b"\t") for line in lines) - 1
    more = f", and {others} more {'line begins' if others == 1 else 'lines begin'} with one" if others > 0 else ""
    summary = f"Line {place.line} has a tab{more}: YAML must be indented with spaces."
    hint = f"Replace the tabs by spaces: expand -i -t 2 {shlex.quote(place.file)} > spaces.yaml"
    return Problem(Level.ERROR, "bad-yaml", summary, "", hint, place)


def explain_tag(tag: str) -> str:
    """Return a hint for the tags of CloudFormation (its User Guide, "Intrinsic function reference")."""
    if tag in ("!Sub", "!Ref", "!GetAtt", "!Join", "!ImportValue", "!If", "!Select", "!Split", "!FindInMap"):
        return (
            "This is a CloudFormation function. Write the text itself, with {{ account_id }}, {{ partition }} or "
            "variables of your own (`vars:`)."
        )
    return ""

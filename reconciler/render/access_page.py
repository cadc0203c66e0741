"""Render who can become whom as one HTML page that needs no network. It decides nothing.

Names, Sids and condition values may be hostile. They stand in the page only as JSON, in which no character can end the
element that holds it, and the script makes text of them, never HTML. The page's own Content-Security-Policy allows just
its one script and its one style, by their hashes (W3C, "Content Security Policy Level 3").
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Mapping
from importlib.resources import files
from string import Template
from typing import Any, Generic, TypeVar

from reconciler.model.access_answers import AccessSource
from reconciler.model.access_graph import AccessGraph, AdminMark
from reconciler.model.admin_ways import AdminWay, WayHop
from reconciler.model.escape import escape_characters
from reconciler.model.role_access import AccessTerms
from reconciler.plan.access.assume_words import describe_dependency
from reconciler.render.access_answer import describe_line
from reconciler.render.access_graph import describe_edge
from reconciler.render.json_text import dump_json

T = TypeVar("T", bound=Hashable)

_MARKS = {mark: number for number, mark in enumerate(AdminMark)}
"""The numbers by which the script knows a mark."""

_IN_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})

_SIDES = {"file": "by the files", "live": "as it is now", "before": "before the plan", "after": "after the plan"}


def render_access_page(source: AccessSource, graph: AccessGraph, side: str) -> str:
    """Return the page of one side of a source. side: its name."""
    style, script = _read_part("access.css"), _read_part("access.js")
    policy = (
        f"default-src 'none'; script-src {_hash_source(script)}; style-src {_hash_source(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    content = _to_dict(graph) | {"about": _describe_source(source, side), "notes": list(map(_show, source.notes))}
    data = dump_json(content, separators=(",", ":")).translate(_IN_HTML)
    page = Template(_read_part("access.html"))
    return page.substitute(policy=policy, style=style, script=script, data=data).rstrip("\n")


def _read_part(name: str) -> str:
    return files("reconciler.render").joinpath("page", name).read_text("utf-8")


def _hash_source(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _describe_source(source: AccessSource, side: str) -> str:
    account = f"Account {source.account}" if source.account else "An account that no file names"
    is_guarded = any(one.name == side and one.state.guardrails for one in source.sides)
    limits = "Guardrails count." if is_guarded else "As far as IAM goes: SCPs and RCPs do not count."
    return f"{account}, {_SIDES[side]}. {limits}"


class _Numbers(Generic[T]):
    """Numbers values in the order in which they come, so that the page has each of them once."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def number_of(self, value: T) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def list_values(self) -> list[T]:
        return list(self._numbers)


def _to_dict(graph: AccessGraph) -> dict[str, Any]:
    names = sorted(graph.principals, key=_sort_key_of)
    numbers = {name: number for number, name in enumerate(names)}
    sets: _Numbers[tuple[str, ...]] = _Numbers()
    terms: _Numbers[AccessTerms] = _Numbers()
    steps: _Numbers[WayHop] = _Numbers()
    lines: _Numbers[str] = _Numbers()
    ways = [
        {
            "who": sets.number_of(group.principals),
            "administrator": graph.mark_of(group.principals[0]) is AdminMark.ADMINISTRATOR,
            "ways": [_way_to_dict(way, steps) for way in group.ways],
        }
        for group in graph.ways.list_groups()
    ]
    content = {
        "names": list(map(_show, names)),
        "marks": [_MARKS[graph.mark_of(name)] for name in names],
        "groups": [
            [sets.number_of(group.principals), sets.number_of(group.roles), terms.number_of(group.terms)]
            for group in graph.groups
        ],
        "terms": [{"label": _show(describe_edge(one)), "lines": _list_values(one)} for one in terms.list_values()],
        "ways": ways,
        "unread": [
            {
                "who": sets.number_of(one.principals),
                "policies": [_show(describe_dependency(f"policy:{label}")) for label in one.policies],
            }
            for one in graph.ways.unread
        ],
        "steps": [_step_to_dict(hop, numbers, lines) for hop in steps.list_values()],
        "lines": list(map(_show, lines.list_values())),
    }
    return content | {"sets": [[numbers[name] for name in one if name in numbers] for one in sets.list_values()]}


def _sort_key_of(name: str) -> tuple[int, str]:
    """Return a key by which users come first, then roles, then principals outside the account."""
    return (0 if name.startswith("user/") else 1 if name.startswith("role/") else 2), name


def _list_values(terms: AccessTerms) -> list[str]:
    """Return the conditions as texts with their values; none if the label says everything: that MFA is needed."""
    return [_show(term) for term in sorted(terms.terms)] if terms.conditions else []


def _way_to_dict(way: AdminWay, steps: _Numbers[WayHop]) -> dict[str, Any]:
    return {
        "reason": _show(way.own_reason),
        "terms": _show(describe_edge(way.terms)),
        "path": way.path,
        "steps": list(map(steps.number_of, way.hops)),
    }


def _step_to_dict(hop: WayHop, numbers: Mapping[str, int], lines: _Numbers[str]) -> dict[str, Any]:
    return {
        "who": numbers.get(hop.principal, _show(hop.principal)),
        "reason": _show(hop.reason),
        "terms": _show(describe_edge(hop.terms)),
        "lines": [lines.number_of(describe_line(one)) for one in hop.statements],
    }


def _show(text: str) -> str:
    """Return a text with the characters that nobody sees written out, such as those that reverse its direction."""
    return escape_characters(text)

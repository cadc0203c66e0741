"""Write and read the part of a plan file that only `reconcile show` needs: words that its other sections join or lack.

An apply does not use it. Files of earlier versions do not have it, and are shown without the distinction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.address import Address
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Place, Problem
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_integer,
    take_list,
    take_mapping,
    take_object,
    take_text,
    take_texts,
)

FINDING_KEYS = ("level", "code", "message")
OPTIONAL_FINDING_KEYS = ("address", "addresses", "calls", "file", "line", "column", "flag")


@dataclass(frozen=True)
class ShownSection:
    """Words of a plan.

    goal: the name of what live IAM must match. sentences: summary, detail and hint of each finding, in order; None if
    the file does not say. owners: the owner of an unmanaged entity that another file claims. users: the number of users
    after the plan; None if the file does not say.
    """

    goal: str = "the file"
    sentences: tuple[tuple[str, ...], ...] | None = None
    owners: Mapping[Address, str] = field(default_factory=dict)
    users: int | None = None


def to_shown_section(plan: Plan) -> dict[str, Any]:
    """Return the `shown` object of a plan file."""
    return {
        "goal": plan.goal,
        "findings": [[finding.summary, finding.detail, finding.hint] for finding in plan.findings],
        "owners": {str(one.address): one.owner for one in plan.unmanaged or () if one.owner},
        **({} if plan.user_count is None else {"users": plan.user_count}),
    }


def read_shown_section(saved: Mapping[str, Any]) -> ShownSection:
    """Return the section of a plan file. Raises MalformedPlan, like every function of this module."""
    if "shown" not in saved:
        return ShownSection()
    path = "saved.shown"
    shown = take_object(saved["shown"], path, ("goal", "findings", "owners"), ("users",))
    owners = take_mapping(shown["owners"], f"{path}.owners")
    return ShownSection(
        take_text(shown["goal"], f"{path}.goal"),
        tuple(take_texts(item, f"{path}.findings") for item in take_list(shown["findings"], f"{path}.findings")),
        {take_address(name, f"{path}.owners"): take_text(owner, f"{path}.owners") for name, owner in owners.items()},
        take_integer(shown["users"], f"{path}.users") if "users" in shown else None,
    )


def read_findings(document: Mapping[str, Any], sentences: tuple[tuple[str, ...], ...] | None = None) -> list[Problem]:
    """Return the findings of a plan file. sentences: see `ShownSection`; None: each message is one sentence."""
    items = take_list(document["findings"], "findings")
    found = [_read_finding(item, f"findings[{index}]") for index, item in enumerate(items)]
    return found if sentences is None else list(_split_messages(found, sentences))


def _read_finding(item: object, path: str) -> Problem:
    finding = take_object(item, path, FINDING_KEYS, OPTIONAL_FINDING_KEYS)
    if take_text(finding["level"], f"{path}.level") not in set(Level):
        raise MalformedPlan(f"{path}.level is not one of {', '.join(Level)}.")
    return Problem(
        Level(finding["level"]),
        take_text(finding["code"], f"{path}.code"),
        take_text(finding["message"], f"{path}.message"),
        place=_read_place(finding, path) if "file" in finding else None,
        address=take_address(finding["address"], f"{path}.address") if "address" in finding else None,
        flag=take_text(finding.get("flag", ""), f"{path}.flag"),
        addresses=tuple(
            take_address(item, f"{path}.addresses")
            for item in take_list(finding.get("addresses", []), f"{path}.addresses")
        ),
        calls=tuple(
            take_integer(item, f"{path}.calls") for item in take_list(finding.get("calls", []), f"{path}.calls")
        ),
    )


def _read_place(finding: Mapping[str, Any], path: str) -> Place:
    line, column = (take_integer(finding.get(key), f"{path}.{key}") for key in ("line", "column"))
    return Place(take_text(finding["file"], f"{path}.file"), line, column)


def _split_messages(found: list[Problem], sentences: tuple[tuple[str, ...], ...]) -> Iterator[Problem]:
    """Yield the findings with their three parts. Raises MalformedPlan if these are not the parts of the messages."""
    if len(found) != len(sentences):
        raise MalformedPlan("saved.shown.findings does not fit findings.")
    for finding, parts in zip(found, sentences, strict=True):
        if len(parts) != 3:
            raise MalformedPlan("saved.shown.findings does not have three parts.")
        summary, detail, hint = parts
        whole = replace(finding, summary=summary, detail=detail, hint=hint)
        if whole.message != finding.message:
            raise MalformedPlan("saved.shown.findings does not fit findings.")
        yield whole

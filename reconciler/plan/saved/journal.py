"""A journal's lines → what an apply touched, and what was before. Pure.

A journal is JSON lines, one object each: `plan` (a whole plan file, its `saved` part with every touched entity
before and after), `starts` and `ends` for each call by its `seq` in that plan, and `end`. A file may hold several
runs, one behind the other: each begins with its plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.address import Address
from reconciler.plan.saved.saved_plan import SavedPlan, read_saved_plan
from reconciler.plan.saved.strict_json import parse_strict_json, take_name

JOURNAL_VERSION = 1


@dataclass(frozen=True)
class ApplyRun:
    """One run: its plan as saved, when it began, and the addresses of which a call was or may have been made.

    unlinked: holder and held (a group's or role's address, a policy's ARN), where what was held was deleted, so that
    its holders lost it without a change of their own in the plan.
    """

    saved: SavedPlan
    time: str
    touched: frozenset[Address] = frozenset()
    unlinked: frozenset[tuple[Address, Address | str]] = frozenset()


def read_runs(lines: Iterable[str]) -> list[ApplyRun]:
    """What a journal records, in order. ValueError, KeyError or TypeError where it is none.

    The last line of a run may be cut off: that of a process which was killed while writing it. A call that failed was
    not made: what it met may be somebody else's, and is not touched.
    """
    found: list[tuple[Mapping[str, Any], dict[int, Address]]] = []
    for record in _parse_records(lines):
        if record["event"] == "plan":
            if record["journal_version"] != JOURNAL_VERSION:
                raise ValueError("another version")
            found.append((record, {}))
        elif record["event"] == "starts":
            found[-1][1][record["seq"]] = Address.parse(record["address"])
        elif record["event"] == "ends" and record["ending"] == "failed":
            del found[-1][1][record["seq"]]
    if not found:
        raise ValueError("no plan in it")
    return [_build_run(begun, made) for begun, made in found]


def _build_run(plan_record: Mapping[str, Any], calls_made: Mapping[int, Address]) -> ApplyRun:
    """plan_record: the line with the plan. calls_made: the calls that were or may have been made, and of what."""
    calls = {call["seq"]: call for change in plan_record["plan"]["changes"] for call in change["calls"]}
    unlinked = (pair for seq, address in calls_made.items() for pair in _find_unlinked(address, calls[seq]))
    saved, touched = read_saved_plan(plan_record["plan"]), frozenset(calls_made.values())
    if not touched <= saved.before.keys():
        raise ValueError("a call of something that the plan does not touch")
    return ApplyRun(saved, str(plan_record["time"]), touched, frozenset(unlinked))


def _find_unlinked(address: Address, call: Mapping[str, Any]) -> Iterator[tuple[Address, Address | str]]:
    """Who lets go of what, by a call that belongs to the change of what is held."""
    asked = call["parameters"]

    def take_parameter(key: str) -> str:
        return take_name(asked[key], f"parameters.{key}")

    match call["operation"], address.kind:
        case "RemoveUserFromGroup", "group":
            yield Address("user", take_parameter("UserName")), address
        case "RemoveRoleFromInstanceProfile", "role":
            yield Address("instance-profile", take_parameter("InstanceProfileName")), address
        case ("DetachUserPolicy" | "DetachGroupPolicy" | "DetachRolePolicy") as operation, "policy":
            noun = operation.removeprefix("Detach").removesuffix("Policy")
            yield Address(noun.lower(), take_parameter(f"{noun}Name")), take_parameter("PolicyArn")


def _parse_records(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    cut: ValueError | None = None
    for line in lines:
        flaws: list[str] = []
        try:
            record = parse_strict_json(line.encode(errors="surrogatepass"), flaws)
        except ValueError as error:
            if cut:
                raise
            cut = error
            continue
        if not isinstance(record, dict) or flaws:
            raise ValueError(flaws[0] if flaws else "a line is no object")
        if cut and record["event"] != "plan":
            raise cut
        cut = None
        yield record

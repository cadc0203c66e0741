"""Read a journal: the entities that an apply touched, and their state before it. Pure.

A journal has one JSON object a line: `plan` (a whole plan file, whose `saved` section has every touched entity before
and after), `starts` and `ends` for each call by its `seq` in that plan, and `end`. A file may hold several runs, one
after the other; each begins with its plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.address import Address
from reconciler.plan.saved.saved_plan import SavedPlan, read_saved_plan
from reconciler.plan.saved.strict_json import parse_strict_json, take_name

JOURNAL_VERSION = 1
FIRST_TEXT = '{"event": "plan", '
"""How every journal begins."""


@dataclass(frozen=True)
class ApplyRun:
    """One run of an apply.

    saved: its plan. time: its beginning.
    touched: the addresses of the calls that were made, or may have been made.
    has_end: True if the journal records that the run is over. False: it was killed, or the journal was cut off.
    unlinked: pairs of an entity and the deleted group, role (address) or policy (ARN) that it lost. The plan has no
        change of the entity itself.
    """

    saved: SavedPlan
    time: str
    touched: frozenset[Address] = frozenset()
    has_end: bool = False
    unlinked: frozenset[tuple[Address, Address | str]] = frozenset()


@dataclass
class RecordedRun:
    """The lines of one run.

    plan_record: the line with its plan. calls: `seq` → address of each call that was, or may have been, made.
    has_end: as in `ApplyRun`.
    """

    plan_record: Mapping[str, Any]
    calls: dict[int, Address] = field(default_factory=dict)
    has_end: bool = False


def read_runs(lines: Iterable[str]) -> list[ApplyRun]:
    """Return the runs of a journal, in order. Raises ValueError, KeyError or TypeError if it is not a journal.

    The last line of a run may be incomplete, if the process was killed while writing it. A call that failed counts as
    not made, because the entity that stopped it may belong to somebody else.
    """
    return [_build_run(recorded) for recorded in find_calls_made(lines)]


def find_calls_made(lines: Iterable[str]) -> list[RecordedRun]:
    """Return each run as it is recorded. Raises as `read_runs` does, which checks the plans as well."""
    runs: list[RecordedRun] = []
    for record in _parse_records(lines):
        if record["event"] == "plan":
            if record["journal_version"] != JOURNAL_VERSION:
                raise ValueError("another version")
            runs.append(RecordedRun(record))
        elif record["event"] == "starts":
            runs[-1].calls[record["seq"]] = Address.parse(record["address"])
        elif record["event"] == "ends" and record["ending"] == "failed":
            del runs[-1].calls[record["seq"]]
        elif record["event"] == "end":
            runs[-1].has_end = True
    if not runs:
        raise ValueError("no plan in it")
    return runs


def _build_run(recorded: RecordedRun) -> ApplyRun:
    """Return a recorded run with its plan decoded."""
    calls = {call["seq"]: call for change in recorded.plan_record["plan"]["changes"] for call in change["calls"]}
    unlinked = (pair for seq, address in recorded.calls.items() for pair in _find_unlinked(address, calls[seq]))
    saved, touched = read_saved_plan(recorded.plan_record["plan"]), frozenset(recorded.calls.values())
    if not touched <= saved.before.keys():
        raise ValueError("a call of something that the plan does not touch")
    return ApplyRun(saved, str(recorded.plan_record["time"]), touched, recorded.has_end, frozenset(unlinked))


def _find_unlinked(address: Address, call: Mapping[str, Any]) -> Iterator[tuple[Address, Address | str]]:
    """Yield the entity that loses a link by a call on the deleted entity, and the deleted entity."""
    parameters = call["parameters"]

    def take_parameter(key: str) -> str:
        return take_name(parameters[key], f"parameters.{key}")

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
            raise ValueError(flaws[0] if flaws else "a line is not an object")
        if cut and record["event"] != "plan":
            raise cut
        cut = None
        yield record

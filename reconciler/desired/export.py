"""A live account → what a file says of it: which entities, their entries, and what no entry can say.

Each kind writes its own entries. What they say is then read as any file would be and compared with the account:
an entity that would not come out as it is, or that a file may not say, is left out with the reason, and what
names it gets its ARN. So a plan on the result has nothing to do, whatever is live.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import Loaded
from reconciler.desired.variables import Variables
from reconciler.kinds.registry import BY_NAME, KINDS, ONE_ENTRY
from reconciler.kinds.writing import Entry, Writing, as_nodes
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import InstanceProfile, Role
from reconciler.model.live import State
from reconciler.model.node import Map, mark
from reconciler.model.plan import Action
from reconciler.model.problem import Place
from reconciler.plan.break_glass import is_marked
from reconciler.plan.diff import Difference, differences_of, effective
from reconciler.plan.ownership import Ignored, owner_of
from reconciler.plan.service_managed import service_of

Sections = Mapping[str, Entry]

_START = mark(1, 1)


@dataclass(frozen=True)
class Exported:
    """What a file says. `sections`: its keys → name → entry. `comments` stand above entries.

    left_out: what is selected and in no entry → why. service: how many entities are AWS's own. partial: the owner
    has more in the account than was selected, so that the file must not prune. files: path → text, further files.
    """

    account: str
    owner: str | None
    settings: Entry
    sections: Sections
    comments: Mapping[Address, Sequence[str]]
    left_out: Mapping[Address, str]
    service: int
    partial: bool
    files: Mapping[str, str]


def selected(live: State, only: Sequence[str]) -> frozenset[Address]:
    """The entities that a file can declare and that a pattern of addresses matches; all of them without one."""
    patterns = Ignored(tuple(only))
    return frozenset(
        address
        for address in live.entities
        if BY_NAME[address.kind].section and (not only or address in patterns) and not _is_service(live, address)
    )


def exported(live: State, owner: str | None, only: Sequence[str] = (), *, split: bool = False) -> Exported:
    """A file's content about the account, which a plan would leave as it is (but for adopting it as `owner`).

    `split`: there may be further files beside it.
    """
    wanted = selected(live, only)
    taken: set[Address] = set(wanted)
    left: dict[Address, str] = {}
    named = {pattern.casefold() for pattern in only}
    while True:
        chosen = taken | set(_profiles(live, taken, roleless=not only))
        left |= {address: reason for address in chosen if (reason := _why_left(live, address, owner, named))}
        files: dict[str, str] | None = {} if split else None
        writing = Writing(live, owner, frozenset(chosen - left.keys()), left_out=dict(left), files=files)
        sections = _sections(writing)
        unwritten = (writing.left_out.keys() - left.keys()) & wanted
        if unwritten:
            left |= {address: writing.left_out[address] for address in unwritten}
            continue
        needed = (writing.needed & live.entities.keys()) - chosen
        if needed:
            taken |= needed
            continue
        differences, wrong = _checked(sections, writing)
        if not wrong.keys() - left.keys():
            break
        left |= wrong
    for address in taken - wanted:
        writing.comment(address, "Taken along: users of this file are in it.")
    surplus = {item.address for item in differences if item.action is Action.DELETE}
    partial = bool(surplus - writing.left_out.keys())
    return Exported(
        account=live.account,
        owner=owner,
        settings=_settings(owner, surplus, partial) | _break_glass(writing),
        sections=sections,
        comments=writing.comments,
        left_out=writing.left_out,
        service=sum(_is_service(live, address) for address in live.entities),
        partial=partial,
        files=writing.files or {},
    )


@dataclass
class _InMemory(Loaded):
    """`further`: the texts of the files that are not written yet."""

    further: Mapping[str, str] = field(default_factory=dict)

    def text(self, written: str, place: Place) -> tuple[str, str] | None:
        return written, self.further[written]


def _settings(owner: str | None, surplus: set[Address], partial: bool) -> Entry:
    if owner is None or partial:
        return {"prune": "none"}
    return {"ignore": [str(address) for address in sorted(surplus)]} if surplus else {}


def _break_glass(writing: Writing) -> Entry:
    """Name who is marked as break_glass, so that a plan on the file leaves the mark on."""
    marked = sorted(address for address in writing.selected if is_marked(writing.live.entities[address]))
    return {"break_glass": [str(address) for address in marked]} if marked else {}


def _is_service(live: State, address: Address) -> bool:
    return live.entities[address].of_aws


def _profiles(live: State, taken: set[Address], *, roleless: bool) -> Iterator[Address]:
    """The instance profiles of the roles that are taken, and perhaps those that have no role."""
    for address, entity in live.entities.items():
        if isinstance(entity, InstanceProfile) and (entity.role in taken if entity.role else roleless):
            yield address


def _why_left(live: State, address: Address, owner: str | None, named: Container[str]) -> str:
    """Why an entity is left out. named: what --only names; its own name takes what a service of AWS put there."""
    role = live.entities[address]
    service = service_of(role, live.account) if isinstance(role, Role) else ""
    if service and str(address).casefold() not in named:
        return f"{service} put it there, and every plan leaves it alone (to have it all the same: --only ADDRESS)"
    return _foreign(live, address, owner)


def _foreign(live: State, address: Address, owner: str | None) -> str:
    """Why the owner tag of an entity keeps it out of a file of `owner`."""
    other = owner_of(live.entities[address])
    return f"it belongs to owner {other}" if owner and other and other != owner else ""


def _sections(writing: Writing) -> Sections:
    found: dict[str, Entry] = {}
    for kind in KINDS:
        for address in sorted(address for address in writing.selected if address.kind == kind.name):
            entity = writing.live.entities[address]
            written = kind.written(entity, writing)
            if written is not None and kind.section:
                entries = written if kind.section in ONE_ENTRY else {entity.name: written}
                found.setdefault(kind.section, {}).update(entries)
    return found


def _checked(sections: Sections, writing: Writing) -> tuple[list[Difference], dict[Address, str]]:
    """What a plan on the entries would do, and the entities that it would change or that it would refuse."""
    desired, live = _read(sections, writing), writing.live
    wrong: dict[Address, str] = {}
    for problem in errors_of(desired):
        if problem.place and "/" in problem.place.file:
            wrong.setdefault(Address.parse(problem.place.file), problem.summary)
    differences = differences_of(desired, effective(desired, live), live, {})
    for item in differences:
        if item.action is not Action.DELETE and item.fields:
            paths = ", ".join(field.path for field in item.fields)
            wrong.setdefault(item.address, f"a file cannot say its {paths}")
    return differences, wrong


def _read(sections: Sections, writing: Writing) -> Desired:
    """The entries as if they were read from a file. An entity's address stands for the file, as its place."""
    live, owner = writing.live, writing.owner
    settings = {"prune": "owned" if owner else "none"} | _break_glass(writing)
    root = cast("Map", as_nodes({"version": 1, "settings": settings}, ""))
    if owner:
        root.put("owner", owner, _START, _START)
    for section, entries in sections.items():
        kind = next(kind.name for kind in KINDS if kind.section == section)
        nodes = Map("", _START)
        for name, entry in entries.items():
            place = str(Address(kind, name))
            nodes.put(name, as_nodes(entry, place), _START, _START, place)
        root.put(section, nodes, _START, _START)
    paths = {address: entity.path for address, entity in live.entities.items()}
    return declare(_InMemory(root, live.account, live.partition, Variables({}), [], further=writing.files or {}), paths)

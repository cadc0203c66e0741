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
from reconciler.desired.load import LoadedFiles
from reconciler.desired.variables import Variables
from reconciler.kinds.export_context import Entry, ExportContext, as_nodes
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME, SINGLE_ENTRY_SECTIONS
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import InstanceProfile, Role
from reconciler.model.live import State
from reconciler.model.node import Map, pack_mark
from reconciler.model.plan import Action
from reconciler.model.problem import Place
from reconciler.plan.compare.break_glass import is_marked
from reconciler.plan.compare.diff import Difference, find_differences, resolve_entities
from reconciler.plan.compare.ownership import AddressPatterns, owner_of
from reconciler.plan.compare.service_managed import service_of

Sections = Mapping[str, Entry]

_START = pack_mark(1, 1)


@dataclass(frozen=True)
class AccountExport:
    """What a file says. `sections`: its keys → name → entry. `comments` stand above entries.

    left_out: what is selected and in no entry → why. service_count: how many entities are AWS's own. is_partial: the
    owner has more in the account than was selected, so that the file must not prune. files: path → text, further files.
    """

    account: str
    owner: str | None
    settings: Entry
    sections: Sections
    comments: Mapping[Address, Sequence[str]]
    left_out: Mapping[Address, str]
    service_count: int
    is_partial: bool
    files: Mapping[str, str]


def select_entities(live: State, only: Sequence[str]) -> frozenset[Address]:
    """The entities that a file can declare and that a pattern of addresses matches; all of them without one."""
    patterns = AddressPatterns(tuple(only))
    return frozenset(
        address
        for address in live.entities
        if KINDS_BY_NAME[address.kind].section and (not only or address in patterns) and not _is_of_aws(live, address)
    )


def export_entities(live: State, owner: str | None, only: Sequence[str] = (), *, split: bool = False) -> AccountExport:
    """A file's content about the account, which a plan would leave as it is (but for adopting it as `owner`).

    `split`: there may be further files beside it.
    """
    wanted = select_entities(live, only)
    taken: set[Address] = set(wanted)
    left: dict[Address, str] = {}
    named = {pattern.casefold() for pattern in only}
    while True:
        chosen = taken | set(_find_profiles(live, taken, roleless=not only))
        left |= {address: reason for address in chosen if (reason := _explain_left_out(live, address, owner, named))}
        files: dict[str, str] | None = {} if split else None
        context = ExportContext(live, owner, frozenset(chosen - left.keys()), omissions=dict(left), files=files)
        sections = _write_sections(context)
        unwritten = (context.omissions.keys() - left.keys()) & wanted
        if unwritten:
            left |= {address: context.omissions[address] for address in unwritten}
            continue
        needed = (context.needed & live.entities.keys()) - chosen
        if needed:
            taken |= needed
            continue
        differences, wrong = _check_sections(sections, context)
        if not wrong.keys() - left.keys():
            break
        left |= wrong
    for address in taken - wanted:
        context.add_comment(address, "Taken along: users of this file are in it.")
    surplus = {item.address for item in differences if item.action is Action.DELETE}
    partial = bool(surplus - context.omissions.keys())
    return AccountExport(
        account=live.account,
        owner=owner,
        settings=_make_settings(owner, surplus, partial) | _make_break_glass(context),
        sections=sections,
        comments=context.comments,
        left_out=context.omissions,
        service_count=sum(_is_of_aws(live, address) for address in live.entities),
        is_partial=partial,
        files=context.files or {},
    )


@dataclass
class _InMemoryFiles(LoadedFiles):
    """`further_texts`: the texts of the files that are not written yet."""

    further_texts: Mapping[str, str] = field(default_factory=dict)

    def load_text(self, written: str, place: Place) -> tuple[str, str] | None:
        return written, self.further_texts[written]


def _make_settings(owner: str | None, surplus: set[Address], partial: bool) -> Entry:
    if owner is None or partial:
        return {"prune": "none"}
    return {"ignore": [str(address) for address in sorted(surplus)]} if surplus else {}


def _make_break_glass(context: ExportContext) -> Entry:
    """Name who is marked as break_glass, so that a plan on the file leaves the mark on."""
    marked = sorted(address for address in context.selected if is_marked(context.live.entities[address]))
    return {"break_glass": [str(address) for address in marked]} if marked else {}


def _is_of_aws(live: State, address: Address) -> bool:
    return live.entities[address].is_aws_owned


def _find_profiles(live: State, taken: set[Address], *, roleless: bool) -> Iterator[Address]:
    """The instance profiles of the roles that are taken, and perhaps those that have no role."""
    for address, entity in live.entities.items():
        if isinstance(entity, InstanceProfile) and (entity.role in taken if entity.role else roleless):
            yield address


def _explain_left_out(live: State, address: Address, owner: str | None, named: Container[str]) -> str:
    """Why an entity is left out. named: what --only names; its own name takes what a service of AWS put there."""
    role = live.entities[address]
    service = service_of(role, live.account) if isinstance(role, Role) else ""
    if service and str(address).casefold() not in named:
        return f"{service} put it there, and every plan leaves it alone (to have it all the same: --only ADDRESS)"
    return _explain_foreign_owner(live, address, owner)


def _explain_foreign_owner(live: State, address: Address, owner: str | None) -> str:
    """Why the owner tag of an entity keeps it out of a file of `owner`."""
    other = owner_of(live.entities[address])
    return f"it belongs to owner {other}" if owner and other and other != owner else ""


def _write_sections(context: ExportContext) -> Sections:
    found: dict[str, Entry] = {}
    for kind in KINDS:
        for address in sorted(address for address in context.selected if address.kind == kind.name):
            entity = context.live.entities[address]
            written = kind.export(entity, context)
            if written is not None and kind.section:
                entries = written if kind.section in SINGLE_ENTRY_SECTIONS else {entity.name: written}
                found.setdefault(kind.section, {}).update(entries)
    return found


def _check_sections(sections: Sections, context: ExportContext) -> tuple[list[Difference], dict[Address, str]]:
    """What a plan on the entries would do, and the entities that it would change or that it would refuse."""
    desired, live = _declare_sections(sections, context), context.live
    wrong: dict[Address, str] = {}
    for problem in errors_of(desired):
        if problem.place and "/" in problem.place.file:
            wrong.setdefault(Address.parse(problem.place.file), problem.summary)
    differences = find_differences(desired, resolve_entities(desired, live), live, {})
    for item in differences:
        if item.action is not Action.DELETE and item.fields:
            paths = ", ".join(field.path for field in item.fields)
            wrong.setdefault(item.address, f"a file cannot say its {paths}")
    return differences, wrong


def _declare_sections(sections: Sections, context: ExportContext) -> Desired:
    """The entries as if they were read from a file. An entity's address stands for the file, as its place."""
    live, owner = context.live, context.owner
    settings = {"prune": "owned" if owner else "none"} | _make_break_glass(context)
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
    return declare(
        _InMemoryFiles(root, live.account, live.partition, Variables({}), [], further_texts=context.files or {}), paths
    )

"""Turn a live account into the content of a file: the entries, and the entities left out with the reason.

Each kind writes its own entries. They are then read back as a file would be, and compared with the account. An entity
that would come out changed, or that a file may not declare, is left out with the reason, and other entries name it by
its ARN. So a plan on the exported file has nothing to do.
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
    """Hold the content of an exported file.

    sections: section → name → entry. comments: comment lines above the entry of an address.
    left_out: selected entities without an entry → the reason. service_count: the number of AWS's own entities.
    is_partial: the owner has more in the account than was selected, so the file must not prune.
    files: further files, path → text.
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
    """Return the entities that a file can declare and that match one of the patterns. No pattern: all of them."""
    patterns = AddressPatterns(tuple(only))
    return frozenset(
        address
        for address in live.entities
        if KINDS_BY_NAME[address.kind].section and (not only or address in patterns) and not _is_of_aws(live, address)
    )


def export_entities(live: State, owner: str | None, only: Sequence[str] = (), *, split: bool = False) -> AccountExport:
    """Return the content of a file that describes the account. A plan on it only adopts entities for `owner`.

    only: address patterns; none: everything. split: further files may be written beside the main one.
    """
    selected = select_entities(live, only)
    included: set[Address] = set(selected)
    left_out: dict[Address, str] = {}
    named_addresses = {pattern.casefold() for pattern in only}
    while True:
        chosen = included | set(_find_profiles(live, included, roleless=not only))
        left_out |= {
            address: reason
            for address in chosen
            if (reason := _explain_left_out(live, address, owner, named_addresses))
        }
        files: dict[str, str] | None = {} if split else None
        context = ExportContext(live, owner, frozenset(chosen - left_out.keys()), omissions=dict(left_out), files=files)
        sections = _write_sections(context)
        unwritten = (context.omissions.keys() - left_out.keys()) & selected
        if unwritten:
            left_out |= {address: context.omissions[address] for address in unwritten}
            continue
        needed = (context.needed & live.entities.keys()) - chosen
        if needed:
            included |= needed
            continue
        differences, unfaithful = _check_sections(sections, context)
        if not unfaithful.keys() - left_out.keys():
            break
        left_out |= unfaithful
    for address in included - selected:
        context.add_comment(address, "Exported too, because users in this file are members of it.")
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
    """Read text files from memory. further_texts: path → text of files that are not written yet."""

    further_texts: Mapping[str, str] = field(default_factory=dict)

    def load_text(self, written: str, place: Place) -> tuple[str, str] | None:
        return written, self.further_texts[written]


def _make_settings(owner: str | None, surplus: set[Address], partial: bool) -> Entry:
    if owner is None or partial:
        return {"prune": "none"}
    return {"ignore": [str(address) for address in sorted(surplus)]} if surplus else {}


def _make_break_glass(context: ExportContext) -> Entry:
    """Return `break_glass` with the entities that carry its tag, so that a plan on the file keeps the tag."""
    marked = sorted(address for address in context.selected if is_marked(context.live.entities[address]))
    return {"break_glass": [str(address) for address in marked]} if marked else {}


def _is_of_aws(live: State, address: Address) -> bool:
    return live.entities[address].is_aws_owned


def _find_profiles(live: State, included: set[Address], *, roleless: bool) -> Iterator[Address]:
    """Yield the instance profiles of the included roles. roleless: yield profiles without a role too."""
    for address, entity in live.entities.items():
        if isinstance(entity, InstanceProfile) and (entity.role in included if entity.role else roleless):
            yield address


def _explain_left_out(live: State, address: Address, owner: str | None, only_addresses: Container[str]) -> str:
    """Return the reason to leave an entity out; "" if there is none.

    only_addresses: the addresses written out in --only, in lower case. Without its address there, a role that an AWS
    service created is left out.
    """
    role = live.entities[address]
    service = service_of(role, live.account) if isinstance(role, Role) else ""
    if service and str(address).casefold() not in only_addresses:
        return f"{service} created it, and every plan leaves it alone (to export it anyway: --only ADDRESS)"
    return _explain_foreign_owner(live, address, owner)


def _explain_foreign_owner(live: State, address: Address, owner: str | None) -> str:
    """Return the reason to leave out an entity that another owner manages; "" if none does."""
    other = owner_of(live.entities[address])
    return f"it belongs to owner {other}" if owner and other and other != owner else ""


def _write_sections(context: ExportContext) -> Sections:
    sections: dict[str, Entry] = {}
    for kind in KINDS:
        for address in sorted(address for address in context.selected if address.kind == kind.name):
            entity = context.live.entities[address]
            entry = kind.export(entity, context)
            if entry is not None and kind.section:
                entries = entry if kind.section in SINGLE_ENTRY_SECTIONS else {entity.name: entry}
                sections.setdefault(kind.section, {}).update(entries)
    return sections


def _check_sections(sections: Sections, context: ExportContext) -> tuple[list[Difference], dict[Address, str]]:
    """Return the differences that a plan on the entries would find, and the entities with a reason to leave them out.

    Those are the entities that the plan would change or refuse.
    """
    desired, live = _declare_sections(sections, context), context.live
    reasons: dict[Address, str] = {}
    for problem in errors_of(desired):
        if problem.place and "/" in problem.place.file:
            reasons.setdefault(Address.parse(problem.place.file), problem.summary)
    differences = find_differences(desired, resolve_entities(desired, live), live, {})
    for item in differences:
        if item.action is not Action.DELETE and item.fields:
            paths = ", ".join(field.path for field in item.fields)
            reasons.setdefault(item.address, f"a file cannot express its {paths}")
    return differences, reasons


def _declare_sections(sections: Sections, context: ExportContext) -> Desired:
    """Declare the entries as if they were read from a file. The place of a problem holds the entity's address."""
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

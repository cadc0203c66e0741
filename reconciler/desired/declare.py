"""The merged tree → Desired: defaults, names and paths, then every kind's own `declare`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.desired.alias_chains import chain_problems
from reconciler.desired.alias_partitions import partition_problems
from reconciler.desired.aliases import AliasReader, cycle_problems, external_id_problems
from reconciler.desired.check import schema_problems
from reconciler.desired.defaults import merge_defaults
from reconciler.desired.load import Loaded
from reconciler.desired.moved import check_moves, moves_written, with_moves
from reconciler.desired.readable import readable
from reconciler.desired.schema import schema
from reconciler.desired.settings import check_marks, read_settings
from reconciler.kinds import limits
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.instance_profile import profile_address
from reconciler.kinds.mfa_guard import guard_address, guard_policy
from reconciler.kinds.registry import BY_NAME, BY_SECTION, ONE_ENTRY
from reconciler.kinds.view import ignorable, ignorable_fields
from reconciler.model.address import Address
from reconciler.model.desired import Alias, Declaration, Desired, Settings
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.node import Map, items, place_of, text
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggestion
from reconciler.policy.names import Names


def declare(
    loaded: Loaded,
    live_paths: Mapping[Address, str] | None = None,
    now: datetime | None = None,
    names: Names | None = None,
    own_partition: str | None = None,
) -> Desired:
    """Return what the file means. `live_paths`: existing entities keep their path where the file has none.

    now: what is over by then is left out; None: nothing is over.
    names: AWS's lists, to warn of what is misspelt; None: nothing is looked up.
    own_partition: the account's, once AWS has said it: ARNs of another one are problems then.

    Every problem is in `problems`; entities that have an error of their own are left out of the state.
    """
    root = loaded.root
    if root is None:
        nothing = State(loaded.account, loaded.partition, {})
        return Desired(nothing, None, Settings(), {}, {}, tuple(loaded.problems))
    written = root
    problems, broken = schema_problems(written)
    if loaded.partial:  # what is missing from a part may stand in the rest
        problems = [one for one in problems if (one.code, one.place) != ("missing-key", written.place())]
    root = readable(written, broken)
    owner = text(root, "owner")
    context = _context(loaded, root, now, names, own_partition)
    defaults, place = root.child("defaults"), root.place("defaults", of_key=True)
    context.problems.extend(limits.written_tag_problems(defaults.child("tags")))
    context.problems.extend(_numbers(root))
    nodes = merge_defaults(_nodes(root), defaults, context.problems, place)
    moves = moves_written(root.child("moved"), context)
    context.paths = _paths(nodes, written, owner, with_moves(live_paths or {}, moves.values()), context)
    found = _entities(nodes, context)
    entities = {address: declared.entity for address, declared in found.items()}
    aliases = _aliases(root, loaded.partial, context, entities)
    settings = read_settings(root, loaded.partial, context)
    check_moves(moves, settings, root.child("moved"), context)
    check_marks(settings, found, context)
    problems += [*loaded.problems, *context.problems, *loaded.variable_problems()]
    return Desired(
        state=State(loaded.account, loaded.partition, entities),
        owner=owner,
        settings=settings,
        declarations={address: declared.declaration for address, declared in found.items()},
        aliases=aliases,
        problems=tuple(sorted(dict.fromkeys(problems), key=_reading_order)),
        now=now,
        moves=tuple(moves.values()),
        setting_places={key: root.child("settings").place(key) for key in root.child("settings")},
    )


def _context(
    loaded: Loaded, root: Map, now: datetime | None, names: Names | None, own_partition: str | None
) -> Declaring:
    """Return the context of one run, with no paths yet."""
    return Declaring(
        account=loaded.account,
        partition=loaded.partition,
        owner=text(root, "owner"),
        paths={},
        load_document=loaded.document,
        load_text=loaded.text,
        now=now,
        names=names,
        unread=_unread_kinds(root, loaded.partial),
        misplaced=_misplaced(root),
        own_partition=own_partition,
    )


def _reading_order(problem: Problem) -> tuple[str, int, int]:
    place = problem.place or Place("", 0, 0)
    return place.file, place.line, place.column


_TOP = frozenset(schema()["properties"])


def _unread_kinds(root: Map, partial: bool) -> frozenset[str]:
    """Return the kinds of which something may be declared where nothing can be read: in a file, or in a section."""
    return frozenset(kind.name for section, kind in BY_SECTION.items() if partial or section in root.unread)


def _misplaced(root: Map) -> frozenset[Address]:
    """Return what is declared in sections whose names are misspelt."""
    meant = {key: suggestion(key, BY_SECTION) for key in root if key not in _TOP}
    return frozenset(
        Address(BY_SECTION[section].name, name) for key, section in meant.items() if section for name in root.child(key)
    )


def _nodes(root: Map) -> dict[Address, Map]:
    """Return every declared node that can be read, by its address."""
    return {
        Address(kind.name, name): _node(root, section, name)
        for section, kind in BY_SECTION.items()
        for name in _names(root, section)
    }


def _names(root: Map, section: str) -> list[str]:
    """The names of a section's entries; that of the section itself where it is one entry."""
    if section in ONE_ENTRY:
        return [section] if root.get(section) is not None else []
    return list(root.child(section))


def _node(root: Map, section: str, name: str) -> Map:
    entries = root.child(section)
    if section in ONE_ENTRY:
        return entries
    return Map(entries.file_of(name), entries.mark(name, of_key=True)) if entries[name] is None else entries.child(name)


def _paths(
    nodes: Mapping[Address, Map],
    root: Map,
    owner: str | None,
    live_paths: Mapping[Address, str],
    context: Declaring,
) -> dict[Address, str]:
    """Every declared address with its path; names that differ in letter case only are one for IAM."""
    paths: dict[Address, str] = {}
    first: dict[Address, Address] = {}
    for address, node in _each_written(nodes, root):
        place = _name_place(root, address)
        context.problems.extend(BY_NAME[address.kind].name_problems(address.name, place))
        other = first.setdefault(address, address)
        if other.name != address.name:
            summary = f"The {address.kind}s {other.name!r} and {address.name!r} are one name for IAM."
            context.problem("name-case", summary, place, f"The other is at {_name_place(root, other)}.")
            continue
        paths[address] = text(node, "path") or live_paths.get(address, "/")
        profile = profile_address(address, node) if address.kind == "role" else None
        if profile:
            paths.setdefault(profile, live_paths.get(profile, "/"))
        if text(node, "mfa") == "required":
            guard = guard_address(owner)
            paths.setdefault(guard, live_paths.get(guard, "/"))
    return paths


def _numbers(root: Map) -> Iterator[Problem]:
    for section, kind in BY_SECTION.items():
        yield from limits.number_problems(kind.name, section, _names(root, section), root)


def _each_written(nodes: Mapping[Address, Map], root: Map) -> list[tuple[Address, Map]]:
    """Every name as written: two that IAM takes for one are both here, with one node."""
    written = [Address(kind.name, name) for section, kind in BY_SECTION.items() for name in _names(root, section)]
    return [(address, nodes[address] if address in nodes else _empty(root, address)) for address in written]


def _empty(root: Map, address: Address) -> Map:
    """Return what stands for an entity of which nothing can be read: it is declared all the same."""
    return Map(_name_place(root, address).file, root.start)


def _name_place(root: Map, address: Address) -> Place:
    section = next(section for section, kind in BY_SECTION.items() if kind.name == address.kind)
    return place_of(root, (section, address.name), of_key=True)


def _entities(nodes: Mapping[Address, Map], context: Declaring) -> dict[Address, Declared]:
    found: dict[Address, Declared] = {}
    guarded: list[Place] = []
    for kind in BY_SECTION.values():
        for address, node in nodes.items():
            if address.kind != kind.name:
                continue
            _check_ignored(kind.entity, node, context)
            for declared in kind.declare(address.name, node, context):
                _add(declared, found, context)
                if declared.declaration.mfa:
                    guarded.append(node.place("mfa"))
    if guarded:
        guard = guard_policy(context.owner, context.partition, context.paths[guard_address(context.owner)])
        _add(Declared(guard, Declaration(guarded[0])), found, context)
    return found


def _add(declared: Declared, found: dict[Address, Declared], context: Declaring) -> None:
    address = declared.entity.address
    other = found.get(address)
    if other is None:
        found[address] = declared
        return
    summary = f"{address} is asked for twice; the other is at {other.declaration.place}."
    context.problem("conflict", summary, declared.declaration.place, "Give one of them another name.")


def _check_ignored(entity: type[Entity], node: Map, context: Declaring) -> None:
    for path, place in items(node, "ignore_changes"):
        if not ignorable(entity, path):
            known = ignorable_fields(entity)
            close = suggestion(path, known)
            hint = f"Did you mean {close!r}?" if close else f"Known: {', '.join(known)}, tags.KEY."
            context.problem("bad-ignore-changes", f"{path!r} is no field that can be ignored.", place, hint)


def _aliases(root: Map, partial: bool, context: Declaring, entities: Mapping[Address, Entity]) -> dict[str, Alias]:
    section = root.child("aliases")
    nodes = {name: section.child(name) for name in section}
    reader = AliasReader(context, section, nodes, entities, partial)
    found = {name: alias for name in nodes if (alias := reader.alias(name))}
    cycle_problems(found, section, context)
    partition_problems(found, nodes, context)
    chain_problems(found, nodes, context)
    external_id_problems(found, nodes, entities, context)
    return found


def errors_of(desired: Desired) -> list[Problem]:
    return [problem for problem in desired.problems if problem.level is Level.ERROR]

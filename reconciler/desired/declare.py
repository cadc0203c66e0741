"""Turn the merged tree into Desired: merge defaults, find names and paths, then let each kind declare its entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.desired.alias_chains import check_chains
from reconciler.desired.alias_partitions import check_partitions
from reconciler.desired.aliases import AliasReader, check_cycles, check_external_ids
from reconciler.desired.assertions import read_assertions
from reconciler.desired.broken_values import remove_broken, remove_refused
from reconciler.desired.defaults import merge_defaults
from reconciler.desired.guardrails import read_guardrails
from reconciler.desired.ignored_guards import check_ignored_guards
from reconciler.desired.load import LoadedFiles
from reconciler.desired.moves import check_moves, move_paths, read_moves
from reconciler.desired.schema import build_schema
from reconciler.desired.schema_check import check_schema
from reconciler.desired.settings import check_break_glass_tags, read_settings
from reconciler.kinds import limits
from reconciler.kinds.base import DeclaredEntity
from reconciler.kinds.comparison import is_ignorable, list_ignorable_fields
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.instance_profile import profile_address_of
from reconciler.kinds.mfa_guard import guard_address_of, make_guard_policy
from reconciler.kinds.registry import KINDS_BY_NAME, KINDS_BY_SECTION, SINGLE_ENTRY_SECTIONS
from reconciler.model.address import Address
from reconciler.model.desired import Alias, Declaration, Desired, Settings
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.node import Map, find_place, get_text, get_texts
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.suggest import suggest_word
from reconciler.policy.name_checks import KnownNames


def declare(
    loaded: LoadedFiles,
    live_paths: Mapping[Address, str] | None = None,
    now: datetime | None = None,
    names: KnownNames | None = None,
    own_partition: str | None = None,
) -> Desired:
    """Return the desired state of the files, with every problem. Entities with an error are left out of the state.

    live_paths: the paths of existing entities, kept if the file gives none.
    now: attachments, memberships and the like whose `expires` is past are left out. None: nothing is past.
    names: AWS's lists of names, to warn of misspelt ones. None: do not look names up.
    own_partition: the account's partition as AWS said; ARNs of another one are problems. None: AWS was not asked.
    """
    root = loaded.root
    if root is None:
        empty = State(loaded.account, loaded.partition, {})
        return Desired(empty, None, Settings(), {}, {}, tuple(loaded.problems))
    unpruned = root
    root = remove_refused(unpruned, loaded.problems)
    problems, broken = check_schema(root)
    if loaded.is_partial:  # what is missing from a part may stand in the rest
        problems = [
            problem for problem in problems if (problem.code, problem.place) != ("missing-key", unpruned.place_of())
        ]
    root = remove_broken(root, broken)
    owner = get_text(root, "owner")
    context = _make_context(loaded, root, now, names, own_partition)
    defaults, place = root.get_map("defaults"), root.place_of("defaults", of_key=True)
    context.problems.extend(limits.check_written_tags(defaults.get_map("tags")))
    context.problems.extend(_check_counts(root))
    nodes = merge_defaults(_find_nodes(root), defaults, context.problems, place)
    moves = read_moves(root.get_map("moved"), context)
    context.paths = _find_paths(nodes, unpruned, owner, move_paths(live_paths or {}, moves.values()), context)
    declared_entities = _declare_entities(nodes, context)
    entities = {address: declared.entity for address, declared in declared_entities.items()}
    aliases = _read_aliases(root, loaded.is_partial, context, entities)
    settings = read_settings(root, loaded.is_partial, context)
    guardrails = read_guardrails(root, context)
    check_moves(moves, settings, root.get_map("moved"), context)
    check_break_glass_tags(settings, declared_entities, context)
    assertions = read_assertions(root, context)
    problems += [*loaded.problems, *context.problems, *loaded.check_variables()]
    return Desired(
        state=State(loaded.account, loaded.partition, entities, guardrails=guardrails),
        owner=owner,
        settings=settings,
        declarations={address: declared.declaration for address, declared in declared_entities.items()},
        aliases=aliases,
        problems=tuple(sorted(dict.fromkeys(problems), key=position_of)),
        now=now,
        moves=tuple(moves.values()),
        sections=frozenset(kind.name for section, kind in KINDS_BY_SECTION.items() if section in root),
        assertions=assertions,
        setting_places={key: root.get_map("settings").place_of(key) for key in root.get_map("settings")},
    )


def _make_context(
    loaded: LoadedFiles, root: Map, now: datetime | None, names: KnownNames | None, own_partition: str | None
) -> DeclareContext:
    """Return the context of one run. Its `paths` are filled in later."""
    return DeclareContext(
        account=loaded.account,
        partition=loaded.partition,
        owner=get_text(root, "owner"),
        paths={},
        load_document=loaded.load_document,
        load_text=loaded.load_text,
        now=now,
        names=names,
        unread_kinds=_find_unread_kinds(root, loaded.is_partial),
        misplaced_addresses=_find_misplaced(root),
        own_partition=own_partition,
    )


def position_of(problem: Problem) -> tuple[str, int, int]:
    """Return the file, line and column by which problems are sorted; those without a place come first."""
    place = problem.place or Place("", 0, 0)
    return place.file, place.line, place.column


_TOP = frozenset(build_schema()["properties"])


def _find_unread_kinds(root: Map, partial: bool) -> frozenset[str]:
    """Return the kinds that may have further declarations, in a file or section that could not be read."""
    return frozenset(kind.name for section, kind in KINDS_BY_SECTION.items() if partial or section in root.unread)


def _find_misplaced(root: Map) -> frozenset[Address]:
    """Return the addresses declared in sections whose names are misspelt."""
    intended_sections = {key: suggest_word(key, KINDS_BY_SECTION) for key in root if key not in _TOP}
    return frozenset(
        Address(KINDS_BY_SECTION[section].name, name)
        for key, section in intended_sections.items()
        if section
        for name in root.get_map(key)
    )


def _find_nodes(root: Map) -> dict[Address, Map]:
    """Return every readable declared node by its address."""
    return {
        Address(kind.name, name): _find_node(root, section, name)
        for section, kind in KINDS_BY_SECTION.items()
        for name in _names_of(root, section)
    }


def _names_of(root: Map, section: str) -> list[str]:
    """Return the names of a section's entries; the section's own name if it is a single entry."""
    if section in SINGLE_ENTRY_SECTIONS:
        return [section] if root.get(section) is not None else []
    return list(root.get_map(section))


def _find_node(root: Map, section: str, name: str) -> Map:
    entries = root.get_map(section)
    if section in SINGLE_ENTRY_SECTIONS:
        return entries
    return (
        Map(entries.file_of(name), entries.mark_of(name, of_key=True))
        if entries[name] is None
        else entries.get_map(name)
    )


def _find_paths(
    nodes: Mapping[Address, Map],
    root: Map,
    owner: str | None,
    live_paths: Mapping[Address, str],
    context: DeclareContext,
) -> dict[Address, str]:
    """Return every declared address with its path, and report names that differ only in letter case."""
    paths: dict[Address, str] = {}
    first: dict[Address, Address] = {}
    for address, node in _list_written(nodes, root):
        place = _name_place_of(root, address)
        context.problems.extend(KINDS_BY_NAME[address.kind].check_name(address.name, place))
        other = first.setdefault(address, address)
        if other.name != address.name:
            summary = (
                f"The {address.kind}s {other.name!r} and {address.name!r} are the same name for IAM, which "
                "ignores letter case."
            )
            hint = f"Rename or remove one; the other is at {_name_place_of(root, other)}."
            context.add_problem("name-case", summary, place, hint)
            continue
        paths[address] = get_text(node, "path") or live_paths.get(address, "/")
        profile = profile_address_of(address, node) if address.kind == "role" else None
        if profile:
            paths.setdefault(profile, live_paths.get(profile, "/"))
        if get_text(node, "mfa") == "required":
            guard = guard_address_of(owner)
            paths.setdefault(guard, live_paths.get(guard, "/"))
    return paths


def _check_counts(root: Map) -> Iterator[Problem]:
    for section, kind in KINDS_BY_SECTION.items():
        yield from limits.check_entity_count(kind.quota, section, _names_of(root, section), root)


def _list_written(nodes: Mapping[Address, Map], root: Map) -> list[tuple[Address, Map]]:
    """Return every name as written, with its node. Two names that IAM takes as one are both listed."""
    written = [
        Address(kind.name, name) for section, kind in KINDS_BY_SECTION.items() for name in _names_of(root, section)
    ]
    return [(address, nodes[address] if address in nodes else _make_empty_node(root, address)) for address in written]


def _make_empty_node(root: Map, address: Address) -> Map:
    """Return an empty node for an entity whose entry cannot be read: it counts as declared."""
    return Map(_name_place_of(root, address).file, root.start)


def _name_place_of(root: Map, address: Address) -> Place:
    section = next(section for section, kind in KINDS_BY_SECTION.items() if kind.name == address.kind)
    return find_place(root, (section, address.name), of_key=True)


def _declare_entities(nodes: Mapping[Address, Map], context: DeclareContext) -> dict[Address, DeclaredEntity]:
    declared_entities: dict[Address, DeclaredEntity] = {}
    mfa_places: list[Place] = []
    for kind in KINDS_BY_SECTION.values():
        for address, node in nodes.items():
            if address.kind != kind.name:
                continue
            _check_ignored(kind.entity, node, context)
            for declared in kind.declare(address.name, node, context):
                _add_entity(declared, declared_entities, context)
                if declared.declaration.mfa:
                    mfa_places.append(node.place_of("mfa"))
    check_ignored_guards(nodes, declared_entities, context)
    if mfa_places:
        guard_policy = make_guard_policy(
            context.owner, context.partition, context.paths[guard_address_of(context.owner)]
        )
        _add_entity(DeclaredEntity(guard_policy, Declaration(mfa_places[0])), declared_entities, context)
    return declared_entities


def _add_entity(
    declared: DeclaredEntity, declared_entities: dict[Address, DeclaredEntity], context: DeclareContext
) -> None:
    address = declared.entity.address
    other = declared_entities.get(address)
    if other is None:
        declared_entities[address] = declared
        return
    summary = f"{address} is declared twice; the other declaration is at {other.declaration.place}."
    context.add_problem("conflict", summary, declared.declaration.place, "Rename one of them.")


def _check_ignored(entity: type[Entity], node: Map, context: DeclareContext) -> None:
    for path, place in get_texts(node, "ignore_changes"):
        if not is_ignorable(entity, path):
            ignorable = list_ignorable_fields(entity)
            close = suggest_word(path, ignorable)
            hint = f"Did you mean {close!r}?" if close else f"Write one of: {', '.join(ignorable)}, tags.KEY."
            context.add_problem("bad-ignore-changes", f"{path!r} is not a field that can be ignored.", place, hint)


def _read_aliases(
    root: Map, partial: bool, context: DeclareContext, entities: Mapping[Address, Entity]
) -> dict[str, Alias]:
    """Return the aliases whose role and `via` are known. The checks are of all of them."""
    section = root.get_map("aliases")
    nodes = {name: section.get_map(name) for name in section}
    reader = AliasReader(context, section, nodes, entities, partial)
    aliases = {name: reader.read_alias(name) for name in nodes}
    check_cycles(aliases, section, context)
    check_partitions(aliases, nodes, context)
    check_chains(aliases, nodes, context)
    check_external_ids(aliases, nodes, entities, context)
    return {name: alias for name, alias in aliases.items() if alias.role_arn and (alias.via or name) in aliases}


def errors_of(desired: Desired) -> list[Problem]:
    """Return the problems that are errors, not warnings."""
    return [problem for problem in desired.problems if problem.level is Level.ERROR]

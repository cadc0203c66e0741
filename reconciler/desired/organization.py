"""Read the section `organization`: accounts that one file describes, and how a run enters them.

Only this section is read here, because the rest of the file may hold variables that each account sets for itself.
`load.py` reads that rest, once for each account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.desired.aliases import ROLE_ARN, AliasReader
from reconciler.desired.broken_values import remove_broken, remove_refused
from reconciler.desired.compose import ParsedFiles, compose_with_includes, find_entry, scalars_of
from reconciler.desired.load import ORGANIZATION, is_verbatim
from reconciler.desired.schema_check import check_schema
from reconciler.desired.source_files import expand_include, read_bytes
from reconciler.desired.variables import Variables
from reconciler.desired.yaml_nodes import Builder
from reconciler.desired.yaml_tree import MappingNode, Node, ScalarNode
from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.desired import Alias
from reconciler.model.member_account import FIRST_WAVE, Discovery, MemberAccount, Organization, is_account_name
from reconciler.model.node import Map, Seq, get_text, get_texts
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Level, Place, Problem

_SECTION = re.compile(rb"""^["']?organization["']?[ \t]*:""", re.MULTILINE)


def may_have_organization(files: Sequence[Path]) -> bool:
    """Return whether the files may have the section, from a look at their bytes, so that most are parsed only once.

    The section must stand in a file that is named, at the first column of a line, or in a file in JSON style.
    """
    for path in files:
        data = read_bytes(path)
        if isinstance(data, Problem):
            continue
        if _SECTION.search(data) or (data.lstrip()[:1] == b"{" and b"organization" in data):
            return True
    return False


def read_organization(
    files: Sequence[Path], variables: Mapping[str, str], parsed: ParsedFiles, problems: list[Problem]
) -> Organization | None:
    """Return the section of the files, as far as it can be read; None if they have none. Add its problems.

    Files that cannot be read have no section here. Reading them for an account reports the problem.
    """
    trees = compose_with_includes(list(files), variables, parsed, [], [])
    holders = [path for path, node in trees.items() if find_entry(node, ORGANIZATION) is not None]
    if not holders:
        return None
    organization = _OrganizationReader(variables, trees, problems).read(holders[0])
    if len(holders) > 1:
        summary = f"`{ORGANIZATION}` is written in {holders[0]} and in {holders[1]}."
        problems.append(Problem(Level.ERROR, "conflict", summary, "", "Keep one of them."))
        organization = replace(organization, is_complete=False)
    return organization


@dataclass
class _OrganizationReader:
    """Read the section of one run, and collect its problems."""

    given_variables: Mapping[str, str]
    trees: Mapping[Path, Node]
    problems: list[Problem]

    def read(self, path: Path) -> Organization:
        root = self._build(path, ORGANIZATION, self.problems)
        root.put("version", 1, root.start, root.start)
        root = remove_refused(root, self.problems)
        schema_problems, broken = check_schema(root)
        self.problems += schema_problems
        root = remove_broken(root, broken)
        node, place = root.get_map(ORGANIZATION), root.place_of(ORGANIZATION, of_key=True)
        is_complete = not root.unread and not node.unread & {"accounts", "discover"}
        is_complete = is_complete and not node.get_map("accounts").unread
        defaults = self._read_defaults(node)
        accounts = tuple(
            self._read_account(node.get_map("accounts"), name, defaults) for name in node.get_map("accounts")
        )
        if not accounts and "discover" not in node and is_complete:
            hint = 'Write `accounts: {NAME: {id: "111111111111"}}`, or `discover: {}` for the whole organization.'
            self._add_problem("no-accounts", "`organization` names no account.", node.place_of(), hint)
        self._check_accounts(accounts)
        session = self._read_session(ORGANIZATION, node, place)
        return Organization(
            place,
            accounts,
            _read_discovery(node),
            defaults,
            self._read_role(node),
            session,
            self._read_hops(session),
            is_complete,
        )

    def _build(self, path: Path, key: str, problems: list[Problem]) -> Map:
        """Return the tree of a file with one of its keys only."""
        node = self.trees[path]
        pairs = node.pairs if isinstance(node, MappingNode) else ()
        kept = [part for pair in pairs if isinstance(pair[0], ScalarNode) and pair[0].value == key for part in pair]
        values: dict[str, str] = {}
        for tree in self.trees.values():
            values |= scalars_of(find_entry(tree, "vars"))
        resolved, _ = Variables.resolve({**values, **self.given_variables, "partition": DEFAULT_PARTITION})
        builder = Builder(str(path), resolved.substitute, is_verbatim)
        root = builder.build(MappingNode(kept, node.mark, "")) or Map(str(path), node.mark)
        problems += builder.problems
        return root

    def _read_defaults(self, section: Map) -> MemberAccount:
        node = section.get_map("defaults")
        files, is_partial, problems = self._expand_files(node)
        variables, wave = _texts_of(node.get_map("vars")), _wave_of(node, FIRST_WAVE)
        is_partial = is_partial or "defaults" in section.unread
        return MemberAccount("", "", files, variables, wave, is_partial=is_partial, problems=problems)

    def _read_account(self, section: Map, name: str, defaults: MemberAccount) -> MemberAccount:
        node = section.get_map(name)
        files, is_partial, problems = self._expand_files(node)
        return MemberAccount(
            name,
            get_text(node, "id") or "",
            tuple(dict.fromkeys((*defaults.files, *files))),
            {**defaults.variables, **_texts_of(node.get_map("vars"))},
            _wave_of(node, defaults.wave),
            node.get("canary") is True,
            section.place_of(name, of_key=True),
            is_partial or defaults.is_partial,
            (*defaults.problems, *problems),
        )

    def _expand_files(self, node: Map) -> tuple[tuple[str, ...], bool, tuple[Problem, ...]]:
        """Return the files of an account or the defaults, whether some cannot be read, and what is wrong with them."""
        paths: list[str] = []
        problems: list[Problem] = []
        written = node.get("files")
        is_partial = bool(node.unread & {"files", "vars"} or node.get_map("vars").unread)
        is_partial = is_partial or (isinstance(written, Seq) and written.is_partial)
        unknown = {problem.place for problem in self.problems if problem.code == "unknown-variable"}
        for pattern, place in get_texts(node, "files"):
            matches = [] if place in unknown else expand_include(pattern, place, "files")
            if isinstance(matches, Problem):
                problems.append(matches)
                matches = []
            is_partial = is_partial or not matches
            paths += map(str, matches)
        return tuple(paths), is_partial, tuple(problems)

    def _check_accounts(self, accounts: Sequence[MemberAccount]) -> None:
        by_id: dict[str, MemberAccount] = {}
        by_name: dict[str, MemberAccount] = {}
        for account in accounts:
            same_id = by_id.setdefault(account.id, account) if account.id else account
            same_name = by_name.setdefault(account.name.casefold(), account)
            if same_id is not account and account.place:
                summary = f"The accounts {same_id.name} and {account.name} have the same id, {account.id}."
                self._add_problem("duplicate-account", summary, account.place, "Remove one of them.")
            if same_name is not account and account.place:
                summary = f"The names {same_name.name} and {account.name} differ in upper and lower case only."
                detail = "They are also names of plan files, and some systems take these for the same file."
                self._add_problem("duplicate-account", summary, account.place, "Rename one of them.", detail)
            elif not is_account_name(account.name) and account.place:
                summary = f"{account.name}.json, the plan file of {account.name}, could replace a file of results."
                self._add_problem("duplicate-account", summary, account.place, "Rename the account.")

    def _read_role(self, node: Map) -> str | None:
        """Return path and name of the role without a leading slash; None if none is written."""
        role = get_text(node, "role")
        if role and role.startswith("arn:"):
            hint = f"Write its path and name, `role: {role.partition(':role/')[2] or 'reconciler'}`."
            summary = f"{role!r} is the ARN of one account's role, and `role` is assumed in every account."
            self._add_problem("bad-arn", summary, node.place_of("role"), hint)
        return role.lstrip("/") if role else None

    def _read_hops(self, entry: Alias) -> dict[str, Alias]:
        """Return the aliases that `via` leads through, by name. Add a problem for one that cannot be used."""
        hops: dict[str, Alias] = {}
        name, place = entry.via, entry.place
        while name is not None and name not in hops:
            found = self._find_alias(name)
            if found is None:
                summary = f"`via` names the alias {name!r}, which no file has."
                self._add_problem("unknown-reference", summary, place, "Declare it under `aliases:`.")
                break
            section, node = found
            place, arn = section.place_of(name, of_key=True), get_text(node, "role") or ""
            if not ROLE_ARN.fullmatch(arn):
                summary = f"The alias {name!r} stands in `via` of `organization`, so its `role` must be an ARN."
                detail = "A name would mean another role in each account."
                self._add_problem("bad-arn", summary, node.place_of("role"), "", detail)
            hop = self._read_session(name, node, place, arn)
            hops[name], name = hop, hop.via
        return hops

    def _read_session(self, name: str, node: Map, place: Place, arn: str = "") -> Alias:
        context = DeclareContext("", DEFAULT_PARTITION, None, {}, lambda *_: None, lambda *_: None)
        session = AliasReader(context, node, {}, {}).read_session(name, node, arn, place)
        self.problems += context.problems
        return session

    def _find_alias(self, name: str) -> tuple[Map, Map] | None:
        """Return the section `aliases` that has an alias, and the alias; None if no file has it."""
        for path in self.trees:
            section = self._build(path, "aliases", []).get_map("aliases")
            if isinstance(section.get(name), Map):
                return section, section.get_map(name)
        return None

    def _add_problem(self, code: str, summary: str, place: Place, hint: str = "", detail: str = "") -> None:
        self.problems.append(Problem(Level.ERROR, code, summary, detail, hint, place))


def _read_discovery(node: Map) -> Discovery | None:
    if "discover" not in node:
        return None
    section = node.get_map("discover")
    units = section.get("ou")
    listed = units if isinstance(units, Seq) else [units] if units else []
    return Discovery(
        tuple(map(str, listed)), _texts_of(section.get_map("tags")), node.place_of("discover", of_key=True)
    )


def _wave_of(node: Map, default: int) -> int:
    wave = node.get("wave")
    return wave if isinstance(wave, int) else default


def _texts_of(node: Map) -> dict[str, str]:
    return {key: str(value) for key, value in node.items()}

"""Read the desired-state files and merge them into one tree: `include`, `vars`, and several FILEs.

`load` is the only way in. It collects every problem and still returns the tree, so that one run reports all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.desired.account_selection import select_entries
from reconciler.desired.broken_values import REFUSALS
from reconciler.desired.compose import ParsedFiles, compose_with_includes, find_entry, places_of_scalars, scalars_of
from reconciler.desired.entry_nodes import reduce_entries
from reconciler.desired.merge import merge_trees
from reconciler.desired.source_files import read_bytes, resolve_path
from reconciler.desired.variables import BadVariable, Variables, VariableUse, find_undeclared
from reconciler.desired.yaml_nodes import Builder
from reconciler.desired.yaml_tree import Node
from reconciler.files.bounded_reads import MEGABYTE
from reconciler.model.member_account import Membership
from reconciler.model.node import Map
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.model.problem import Level, Place, Problem

PLACEHOLDER_ACCOUNT = "000000000000"
"""Stands for the account if no file names one and AWS was not asked."""
BUILT_IN_VARIABLES = frozenset(["account_id", "partition"])
ORGANIZATION = "organization"
"""The section that declares accounts. It belongs to none of them."""
LARGEST_TEXT = 64 * MEGABYTE
"""The most bytes of a file whose text is a value. AWS accepts 10,000,000 characters of SAML metadata."""

CallerLookup = Callable[[], tuple[str, str] | None]
"""Returns the account and the partition of the caller; None if AWS was not asked."""


@dataclass
class LoadedFiles:
    """Hold the files of one run, merged, and read the documents that they name.

    root: the merged tree; None if no file is valid YAML.
    account, partition: the live ones if known, else those that the file names or implies.
    files: the files that were merged. patterns: the globs of their `include` entries.
    given_variables: names set by --var. declared_variables: names under `vars`, and the built-in ones.
    is_partial: a file could not be found or read, so `root` lacks its entries.
    is_of_many: the files are read for one account of an organization; another one may use a variable of --var.
    parsed: holds the nodes of files, if they are kept for other accounts.
    """

    root: Map | None
    account: str
    partition: str
    variables: Variables
    problems: list[Problem]
    files: tuple[Path, ...] = ()
    patterns: tuple[str, ...] = ()
    given_variables: frozenset[str] = frozenset()
    declared_variables: frozenset[str] = frozenset()
    is_partial: bool = False
    is_of_many: bool = False
    parsed: ParsedFiles = field(default_factory=ParsedFiles)
    _documents: dict[Path, Map | None] = field(default_factory=dict)

    @property
    def documents(self) -> tuple[Path, ...]:
        """Return the document files that were read so far."""
        return tuple(self._documents)

    def load_document(self, written: str, place: Place) -> Map | None:
        """Return the document in the file at a path. Each file is read once. None, with a problem, on failure."""
        target = resolve_path(written, place)
        if isinstance(target, Problem):
            self.problems.append(target)
            return None
        if target not in self._documents:
            self._documents[target] = self._parse_document(target, place)
        return self._documents[target]

    def check_variables(self) -> Iterator[Problem]:
        """Yield a problem for each --var that no file uses. Call it after all documents are read.

        Yield nothing if a file could not be read: it may use any variable.
        """
        if not self.is_of_many:
            yield from find_undeclared(self.variable_use.unused, self.variable_use.known)

    @property
    def variable_use(self) -> VariableUse:
        """The names of variables. Complete after all documents are read; if one cannot be read, none is unused."""
        known = self.declared_variables | self.variables.used
        is_whole = not (self.is_partial or None in self._documents.values())
        return VariableUse(self.given_variables - known if is_whole else frozenset(), known)

    def load_text(self, written: str, place: Place) -> tuple[str, str] | None:
        """Return the file at a path and its text; None, with a problem, if it cannot be read."""
        target = resolve_path(written, place)
        data = target if isinstance(target, Problem) else read_bytes(target, place, LARGEST_TEXT)
        if isinstance(data, Problem):
            self.problems.append(data)
            return None
        try:
            return str(target), data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.problems.append(_make_error("not-utf-8", f"{target} is not UTF-8: byte {error.start}.", place))
            return None

    def _parse_document(self, target: Path, place: Place) -> Map | None:
        node, problems = self.parsed.parse_document(target, place)
        self.problems += problems
        if node is None:
            return None
        builder = Builder(str(target), self.variables.substitute)
        value = builder.build(node)
        self.problems += builder.problems
        return None if any(problem.code in REFUSALS for problem in builder.problems) else value


def load(
    files: Iterable[Path],
    variables: Mapping[str, str],
    account: str | None = None,
    partition: str = DEFAULT_PARTITION,
    find_caller: CallerLookup = lambda: None,
    *,
    membership: Membership | None = None,
    parsed: ParsedFiles | None = None,
) -> LoadedFiles:
    """Read and merge files.

    account: the live account; None: use the one that the file names.
    find_caller: called after parsing if neither is known. It can wait for AWS in parallel with the parsing.
    membership: read the files for this account of an organization, with its own files and variables, too.
    parsed: holds the files that were parsed for other accounts.
    """
    member = membership.account if membership else None
    problems = list(member.problems) if member else []
    patterns: list[str] = []
    parsed = parsed or ParsedFiles()
    paths = [*files, *map(Path, member.files if member else ())]
    own_values = {**(member.variables if member else {}), **variables}
    trees = compose_with_includes(paths, own_values, parsed, problems, patterns)
    is_partial = bool(problems) or (member is not None and member.is_partial)
    account = account or (member.id if member else None)
    declared_values: dict[str, str] = {}
    for node in trees.values():
        declared_values.update(scalars_of(find_entry(node, "vars")))
        account = account or next(iter(scalars_of(node, "account").values()), None)
    if account is None and (caller := find_caller()):
        account, partition = caller
    given_values = {**declared_values, **own_values, "partition": partition}
    known_account = Variables.resolve({**given_values, "account": account or PLACEHOLDER_ACCOUNT})[0].values["account"]
    substitution, bad_variables = Variables.resolve({**given_values, "account_id": known_account})
    problems += _place_bad_variables(bad_variables, trees)
    problems += _warn_of_built_in(own_values, trees)
    roots = [
        root for path, node in trees.items() if (root := _build_root(path, node, substitution, membership, problems))
    ]
    refused = [_refuse_organization(root) for root in roots if ORGANIZATION in root] if membership is None else []
    problems += refused
    is_partial = is_partial or len(roots) < len(trees) or bool(refused)  # the files of its accounts are not read
    roots = [select_entries(root, membership, problems) for root in roots]
    root = merge_trees(roots, problems, left_out=(ORGANIZATION,) if membership else ()) if roots else None
    return LoadedFiles(
        root,
        known_account,
        partition,
        substitution,
        problems,
        tuple(trees),
        tuple(patterns),
        given_variables=frozenset(variables),
        declared_variables=frozenset(declared_values) | frozenset(own_values.keys() - variables) | BUILT_IN_VARIABLES,
        is_partial=is_partial,
        is_of_many=membership is not None,
        parsed=parsed,
    )


def _place_bad_variables(bad_variables: Sequence[BadVariable], trees: Mapping[Path, Node]) -> Iterator[Problem]:
    """Yield a problem for each variable without a value, at its line under `vars`."""
    places: dict[str, Place] = {}
    for path, node in trees.items() if bad_variables else ():
        places.update(places_of_scalars(path, find_entry(node, "vars")))
    first = Place(str(next(iter(trees), "")), 1, 1)
    yield from (bad_variable.to_problem(places.get(bad_variable.name) or first) for bad_variable in bad_variables)


def _warn_of_built_in(own_values: Mapping[str, str], trees: Mapping[Path, Node]) -> Iterator[Problem]:
    """Yield a warning for each value that is given for a built-in variable. own_values: --var, `vars` of accounts."""
    for name in sorted(BUILT_IN_VARIABLES):
        places = (places_of_scalars(path, find_entry(node, "vars")).get(name) for path, node in trees.items())
        written: list[Place | None] = [place for place in places if place is not None]
        summary = f"The value that is given for {name!r} has no effect: this variable is built in."
        hint = "Give your variable another name."
        for place in written or ([None] if name in own_values else []):
            yield Problem(Level.WARNING, "built-in-variable", summary, "", hint, place)


def _build_root(
    path: Path, node: Node, substitution: Variables, membership: Membership | None, problems: list[Problem]
) -> Map | None:
    if membership is not None:
        node = reduce_entries(
            node, membership, Builder(str(path), substitution.substitute), substitution.note_variables
        )
    builder = Builder(str(path), substitution.substitute, is_verbatim)
    value = builder.build(node)
    problems += builder.problems
    return value


def _refuse_organization(root: Map) -> Problem:
    return Problem(
        Level.ERROR,
        "organization-file",
        "This file describes the accounts of an organization, and is read here for a single account.",
        "`validate`, `plan`, `apply` and `accounts` take such a file if you name it, not if another file includes it.",
        "Name a file of one account. For `access`, pass --account NAME.",
        root.place_of(ORGANIZATION, of_key=True),
    )


def is_verbatim(path: tuple[str, ...]) -> bool:
    """Return whether plain scalars at this path stay text: numbers and booleans in tags and vars do."""
    if path and path[0] == ORGANIZATION:
        is_of_account = len(path) == 4 and (path[1], path[3]) == ("accounts", "vars")
        return is_of_account or path[1:] in (("session_tags",), ("defaults", "vars"), ("discover", "tags"))
    return path in (("vars",), ("defaults", "tags")) or (
        len(path) == 3 and path[2] in ("tags", "session_tags") and path[0] != "defaults"
    )


def _make_error(code: str, summary: str, place: Place) -> Problem:
    return Problem(Level.ERROR, code, summary, "", "", place)

"""Every problem code that the package can emit, with its levels and places, read from the syntax trees.

A code reaches `Problem` or `Flaw` through helpers, constants, tables and fields. A helper that passes a parameter on as
the code is followed to its callers, a field to those who fill it in. An expression whose values cannot be told is
collected in `unread`: the codes are all there are only if that is empty.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PROBLEM, FLAW = "reconciler.model.problem.Problem", "reconciler.policy.flaw.Flaw"

READERS = frozenset(["reconciler.plan.saved.shown_section"])
"""Modules that only read back the problems that a plan file holds: others emitted these."""

Scope = ast.FunctionDef | None


@dataclass(frozen=True)
class Parameter:
    """A value that the callers of a function give."""

    name: str


@dataclass(frozen=True)
class Attribute:
    """A value that whoever makes an object gives to a field of it."""

    name: str


Value = str | Parameter | Attribute | None
"""A constant, or who gives the value; None for what cannot be told."""


@dataclass(frozen=True)
class Emission:
    """A place that emits a code."""

    code: str
    level: str
    place: str


@dataclass(frozen=True)
class Sink:
    """A callable whose call makes a problem: `code` is the parameter with its code, `level` its level or where from."""

    callee: str
    code: str
    level: str | Parameter


@dataclass(frozen=True)
class Argument:
    """An expression, and the module and function whose names it uses."""

    module: Module
    scope: Scope
    node: ast.expr


@dataclass(eq=False)
class Module:
    """A file of the package, and the names in it."""

    name: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    calls: defaultdict[str, list[ast.Call]] = field(default_factory=lambda: defaultdict(list))
    mentions: defaultdict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._visit(self.tree, None)

    def _visit(self, node: ast.AST, inside: Scope) -> None:
        self.scopes[node] = inside
        if isinstance(node, ast.ImportFrom) and node.module:
            self.imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            self.imports |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.Call):
            self.calls[_last_name_of(node.func)].append(node)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            self.mentions[_last_name_of(node)].append(node)
        for child in ast.iter_child_nodes(node):
            self.parents[child] = node
            self._visit(child, node if isinstance(node, ast.FunctionDef) else inside)

    @cached_property
    def constants(self) -> Mapping[str, ast.expr | None]:
        found: dict[str, ast.expr | None] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    found |= dict(_pair_up(target, node.value))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found[node.target.id] = node.value
        return found

    def qualify(self, name: str) -> str:
        return self.imports.get(name, f"{self.name}.{name}")

    def is_call_of(self, func: ast.expr, callee: str) -> bool:
        """Return whether a call's function is that function or class; a method (`.name`) by its name alone."""
        if isinstance(func, ast.Name):
            return self.qualify(func.id) == callee
        if isinstance(func, ast.Attribute):
            owner = self.imports.get(func.value.id) if isinstance(func.value, ast.Name) else None
            return callee in (f".{func.attr}", f"{owner}.{func.attr}")
        return False

    def place_of(self, node: ast.AST) -> str:
        return f"{self.name.replace('.', '/')}.py:{getattr(node, 'lineno', 0)}"


class Package:
    """The modules, classes and functions below a folder."""

    def __init__(self, root: Path) -> None:
        self.modules: dict[str, Module] = {}
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.modules[name] = Module(name, ast.parse(path.read_text(encoding="utf-8")))
        self.classes: dict[str, tuple[Module, ast.ClassDef]] = {}
        self.functions: dict[str, tuple[Module, ast.FunctionDef]] = {}
        for module in self.modules.values():
            for node in module.scopes:
                if isinstance(node, ast.ClassDef):
                    self.classes[f"{module.name}.{node.name}"] = module, node
                elif isinstance(node, ast.FunctionDef):
                    self.functions.setdefault(self.key_of(module, node), (module, node))

    def key_of(self, module: Module, function: ast.FunctionDef) -> str:
        is_method = isinstance(module.parents[function], ast.ClassDef)
        return f".{function.name}" if is_method else f"{module.name}.{function.name}"

    def iter_calls(self, callee: str) -> Iterator[tuple[Module, ast.Call]]:
        for module in self.modules.values():
            # An import may give another name to it.
            names = {callee.rpartition(".")[2], *(name for name, full in module.imports.items() if full == callee)}
            for call in (call for name in names for call in module.calls[name]):
                if module.is_call_of(call.func, callee):
                    yield module, call

    def bind(self, module: Module, call: ast.Call, callee: str) -> dict[str, Argument]:
        """Return the argument of each parameter, defaults included; without those that are unpacked."""
        names, given = self._parameters_of(callee)
        waiting, arguments = list(names), list(call.args)
        while waiting and arguments:
            node = arguments.pop(0)
            if not isinstance(node, ast.Starred):
                given[waiting.pop(0)] = Argument(module, module.scopes[call], node)
            elif isinstance(node.value, ast.Tuple | ast.List):
                arguments = [*node.value.elts, *arguments]
            else:
                for name in waiting:
                    given.pop(name, None)
                break
        for item in call.keywords:
            if item.arg is None:
                return {}
            given[item.arg] = Argument(module, module.scopes[call], item.value)
        return given

    def _parameters_of(self, callee: str) -> tuple[list[str], dict[str, Argument]]:
        """Return the names of a callable's parameters in order, and the defaults of those that have one."""
        if callee in self.classes:
            home, node = self.classes[callee]
            rows = [(name, value) for name, _, value in _fields_of(node)]
            return [name for name, _ in rows], {name: Argument(home, None, value) for name, value in rows if value}
        home, function = self.functions[callee]
        given = function.args
        names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
        defaults: dict[str, ast.expr | None] = dict(
            zip(names[len(names) - len(given.defaults) :], given.defaults, strict=True)
        )
        defaults |= {one.arg: value for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)}
        known = {name: Argument(home, None, value) for name, value in defaults.items() if value}
        return [name for name in names if name not in ("self", "cls")], known


class Evaluator:
    """Tells the values that an expression may have."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._reading: set[tuple[Scope, str]] = set()

    def list_values(self, argument: Argument | None) -> set[Value]:
        return self._read(argument.module, argument.scope, argument.node) if argument else {None}

    def list_rows(self, level: Argument | None, code: Argument | None) -> set[tuple[str, str]]:
        """Return the rows of LEVELS, code and level, if the level is `LEVELS[code]`: no others can be emitted."""
        if level is None or code is None or not isinstance(level.node, ast.Subscript):
            return set()
        if ast.unparse(level.node.slice) != ast.unparse(code.node) or not isinstance(level.node.value, ast.Name):
            return set()
        table = level.module.constants.get(level.node.value.id)
        if not isinstance(table, ast.Dict):
            return set()
        return {
            (str(name), str(value))
            for key, item in zip(table.keys, table.values, strict=True)
            for name in self._read(level.module, None, key)
            for value in self._read(level.module, None, item)
        }

    def _read(self, module: Module, scope: Scope, node: ast.expr | None) -> set[Value]:
        match node:
            case ast.Constant(value=str() as text):
                return {text}
            case ast.IfExp(body=first, orelse=second):
                return self._read(module, scope, first) | self._read(module, scope, second)
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, default]):
                return self._read_table(module, scope, table) | self._read(module, scope, default)
            case ast.Subscript(value=table):
                return self._read_table(module, scope, table)
            case ast.Name(id=name):
                return self._read_name(module, scope, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return self._read_member(module, owner, name)
            case ast.Attribute(attr=name):
                return {Attribute(name)}
        return {None}

    def _read_table(self, module: Module, scope: Scope, table: ast.expr | None) -> set[Value]:
        if isinstance(table, ast.Dict):
            return {value for one in table.values for value in self._read(module, scope, one)}
        if isinstance(table, ast.Name):
            home, _, name = module.qualify(table.id).rpartition(".")
            if home in self._package.modules and name in self._package.modules[home].constants:
                there = self._package.modules[home]
                return self._read_table(there, None, there.constants[name])
        return {None}

    def _read_member(self, module: Module, owner: str, name: str) -> set[Value]:
        full = module.qualify(owner)
        if full in self._package.modules:
            return self._read_name(self._package.modules[full], None, name)
        if full in self._package.classes:
            home, node = self._package.classes[full]
            for item in node.body:
                if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == name:
                    return self._read(home, None, item.value)
        return {Attribute(name)}

    def _read_name(self, module: Module, scope: Scope, name: str) -> set[Value]:
        if (scope, name) in self._reading:  # an assignment that keeps the value: `kind = OTHER if … else kind`
            return set()
        if scope is not None:
            arguments = (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)
            found: set[Value] = {Parameter(name)} if any(one.arg == name for one in arguments) else set()
            self._reading.add((scope, name))
            for value in _iter_assigned(scope, name):
                found |= self._read(module, scope, value)
            self._reading.remove((scope, name))
            return found or self._read_name(module, module.scopes[scope], name)
        home, _, there = module.qualify(name).rpartition(".")
        if home in self._package.modules and there in self._package.modules[home].constants:
            return self._read(self._package.modules[home], None, self._package.modules[home].constants[there])
        return {None}


class Emissions:
    """What the package below `root` emits: `found`; `unread` names the places whose codes or levels cannot be told."""

    def __init__(self, root: Path) -> None:
        self.found: set[Emission] = set()
        self.unread: set[str] = set()
        self._package = Package(root)
        self._evaluator = Evaluator(self._package)
        waiting = [Sink(name, "code", Parameter("level")) for name in (PROBLEM, FLAW)]
        seen = set(waiting)
        while waiting:
            sink = waiting.pop()
            self._find_references(sink.callee)
            further = {
                found
                for module, call in self._package.iter_calls(sink.callee)
                for found in self._read_call(module, call, sink)
            } - seen
            seen |= further
            waiting += further
        self._find_replacements()

    def _read_call(self, module: Module, call: ast.Call, sink: Sink) -> Iterator[Sink]:
        if module.name in READERS:
            return
        place, given = module.place_of(call), self._package.bind(module, call, sink.callee)
        levels: set[Value] = {sink.level}
        if isinstance(sink.level, Parameter):
            if rows := self._evaluator.list_rows(given.get(sink.level.name), given.get(sink.code)):
                self.found |= {Emission(code, level, place) for code, level in rows}
                return
            levels = self._evaluator.list_values(given.get(sink.level.name))
        for code in self._evaluator.list_values(given.get(sink.code)) - {""}:  # a table's row may have no such code
            for level in levels:
                yield from self._note(module, module.scopes[call], place, code, level)

    def _note(self, module: Module, scope: Scope, place: str, code: Value, level: Value) -> Iterator[Sink]:
        match code, level:
            case str(), str():
                self.found.add(Emission(code, level, place))
            case str(), Parameter(name=name) if scope is not None:
                for value in self._list_given(self._package.key_of(module, scope), name):
                    if isinstance(value, str):
                        self.found.add(Emission(code, value, place))
                    else:
                        self.unread.add(f"{place}: the level of {code}")
            case Parameter(name=name), str() | Parameter() if scope is not None:
                yield Sink(self._package.key_of(module, scope), name, level)
            case Attribute(name=name), str() | Attribute():
                makers = list(self._iter_makers(name, level))
                yield from makers
                if not makers:
                    self.unread.add(f"{place}: no class has a text field {name}")
            case _:
                self.unread.add(f"{place}: the code {code} of level {level}")

    def _list_given(self, callee: str, name: str) -> set[Value]:
        """Return what all callers give to a parameter."""
        return {
            value
            for module, call in self._package.iter_calls(callee)
            for value in self._evaluator.list_values(self._package.bind(module, call, callee).get(name))
        }

    def _iter_makers(self, name: str, level: str | Attribute) -> Iterator[Sink]:
        """Yield the classes with a text field of that name: what they are made with is a code.

        Codes of problems and flaws are known already, wherever they are copied to.
        """
        for full, (_, node) in self._package.classes.items():
            if full in (PROBLEM, FLAW) and isinstance(level, str):
                continue
            fields = {field_name: annotation for field_name, annotation, _ in _fields_of(node)}
            has_level = isinstance(level, str) or level.name in fields
            if fields.get(name) == "str" and has_level:
                yield Sink(full, name, level if isinstance(level, str) else Parameter(level.name))

    def _find_references(self, callee: str) -> None:
        """Note where a helper is handed on and not called: who calls it then cannot be told."""
        name, is_class = callee.rpartition(".")[2], callee in self._package.classes
        for module in self._package.modules.values():
            for node in module.mentions[name]:
                parent = module.parents[node]
                is_called = isinstance(parent, ast.Call) and parent.func is node
                is_handed_on = not is_class or (
                    isinstance(parent, ast.Call) and ast.unparse(parent.func) not in ("isinstance", "cast")
                )
                if not is_called and is_handed_on and module.is_call_of(node, callee):
                    self.unread.add(f"{module.place_of(node)}: {callee} is handed on")

    def _find_replacements(self) -> None:
        """Note where `replace` gives another code or level to a problem."""
        for module in self._package.modules.values():
            for call in module.calls["replace"]:
                for item in call.keywords:
                    is_none = isinstance(item.value, ast.Constant) and item.value.value is None
                    if item.arg in ("code", "level") and not is_none:
                        self.unread.add(f"{module.place_of(call)}: replace({item.arg}=…)")


def _last_name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _fields_of(node: ast.ClassDef) -> Iterator[tuple[str, str, ast.expr | None]]:
    """Yield name, annotation and default of each field of a dataclass or named tuple."""
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, ast.unparse(item.annotation), item.value


def _iter_assigned(scope: ast.FunctionDef, name: str) -> Iterator[ast.expr | None]:
    """Yield what a function assigns to a name of its own; None for what is not written there."""
    for node in ast.walk(scope):
        pairs: Iterator[tuple[str, ast.expr | None]] = iter(())
        if isinstance(node, ast.Assign):
            pairs = (pair for target in node.targets for pair in _pair_up(target, node.value))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            pairs = _pair_up(node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            pairs = _pair_up(node.target, None)
        elif isinstance(node, ast.For | ast.comprehension):
            rows = node.iter.elts if isinstance(node.iter, ast.Tuple | ast.List) else [None]
            pairs = (pair for row in rows for pair in _pair_up(node.target, row))
        yield from (value for assigned, value in pairs if assigned == name)


def _pair_up(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield each name of a target with the expression that it takes; None if that is not written there."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        values = value.elts if isinstance(value, ast.Tuple) else [None] * len(target.elts)
        for one, item in zip(target.elts, values, strict=True):
            yield from _pair_up(one, item)

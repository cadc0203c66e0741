"""List the statements that count for one principal, as far as they decide: two equal statements give equal answers.

The principal's own keys (its ARN, its tags) are filled in. A condition that they decide is dropped, or drops the
statement. So a change of a tag shows as a change of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.access.compiled_policies import CompiledDocument, CompiledPolicies, CompiledStatement
from reconciler.access.conditions import CompiledCondition
from reconciler.access.context import Alternative, Context
from reconciler.access.principal import Principal
from reconciler.access.templates import Template, fill_templates
from reconciler.access.verdicts import StatementSource
from reconciler.model.account_caches import cache_for_account

ALL_ACTIONS = frozenset("*")

IDENTITY, BOUNDARY, FIRST_SERVICE_CONTROL = 0, 1, 2
"""Layers: a request needs an Allow of each. The levels of service control policies have the numbers from 2 on."""

NO_BOUNDARY = StatementSource("no permissions boundary")


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """One statement as it counts for one principal.

    layer: of an Allow; a Deny counts alike in every layer and has IDENTITY.
    actions, not_action: as in `Statement`. resources: filled-in patterns (`templates.py`); None for every resource.
    conditions: those that the principal's own keys do not decide.
    unknown: what is not known of it: keys of variables in its resources, or `policy:LABEL`. It may then not apply.
    source: where it stands; does not count for equality.
    hashed: its hash, computed once: comparing principals looks statements up millions of times.
    """

    layer: int
    allows: bool
    actions: frozenset[str]
    not_action: bool = False
    resources: frozenset[str] | None = None
    not_resource: bool = False
    conditions: tuple[CompiledCondition, ...] = ()
    unknown: frozenset[str] = frozenset()
    source: StatementSource = field(default=NO_BOUNDARY, compare=False)
    hashed: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        decisive = (self.layer, self.allows, self.actions, self.not_action, self.resources, self.not_resource)
        object.__setattr__(self, "hashed", hash((*decisive, self.conditions, self.unknown)))

    def __hash__(self) -> int:
        return self.hashed

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Return a key that sorts statements in the same order in every run."""
        resources = sorted(self.resources or ())
        conditions = [condition.sort_key for condition in self.conditions]
        flags = (self.layer, self.allows, self.not_action, self.resources is None, self.not_resource)
        return flags, sorted(self.actions), resources, conditions, sorted(self.unknown), self.source.label


def list_policy_statements(principal: Principal) -> frozenset[PolicyStatement]:
    """Return every statement that counts for a principal. Without a boundary, that layer allows everything."""
    own = (principal.compiled_policies, principal.compiled_boundary)
    layers = enumerate((*own, *principal.compiled_service_controls))
    return _unite(part for layer, policies in layers for part in _list_layer(layer, policies, principal))


def list_control_statements(principal: Principal) -> tuple[frozenset[PolicyStatement], ...]:
    """Return the statements of each level of service control policies that bind a principal."""
    return tuple(
        _unite(_list_layer(layer, policies, principal))
        for layer, policies in enumerate(principal.compiled_service_controls, FIRST_SERVICE_CONTROL)
    )


def count_layers(principal: Principal) -> int:
    """Return how many layers must allow a request of a principal."""
    return FIRST_SERVICE_CONTROL + len(principal.service_controls)


def list_own_grants(principal: Principal) -> Iterable[PolicyStatement]:
    """Return the Allows of a principal's own policies, each once, in the order of the policies."""
    grants: dict[PolicyStatement, None] = {}
    for document in principal.compiled_policies.documents:
        grants.update(_list_fixed_grants(document))
        grants.update((one, None) for one in _resolve_others(document, IDENTITY, principal) if one.allows)
    return grants


_Listed = Mapping[PolicyStatement, None]
"""Statements, in their order, as the keys of a mapping. Sets and other mappings take their hashes from it."""


def _unite(parts: Iterable[Iterable[PolicyStatement]]) -> frozenset[PolicyStatement]:
    return frozenset[PolicyStatement]().union(*parts)


def _list_layer(
    layer: int, policies: CompiledPolicies | None, principal: Principal
) -> Iterator[Iterable[PolicyStatement]]:
    """Yield the statements of a layer in parts."""
    if policies is None:
        yield (PolicyStatement(layer, True, ALL_ACTIONS),)
        return
    for document in policies.documents:
        yield _split_document(document, layer)[0]
        yield _resolve_others(document, layer, principal)


def _resolve_others(document: CompiledDocument, layer: int, principal: Principal) -> Iterator[PolicyStatement]:
    """Yield the statements of a document that test keys, as they count for a principal."""
    for compiled in _split_document(document, layer)[1]:
        yield from _resolve_for(compiled, layer, _select_keys(compiled, principal.request_context))


@cache_for_account(maxsize=16384)
def _list_fixed_grants(document: CompiledDocument) -> _Listed:
    """Return the Allows of a policy that test no keys."""
    return dict.fromkeys(one for one in _split_document(document, IDENTITY)[0] if one.allows)


@cache_for_account(maxsize=16384)
def _split_document(document: CompiledDocument, layer: int) -> tuple[_Listed, tuple[CompiledStatement, ...]]:
    """Return the statements that test no keys, which are equal for every principal, and the others."""
    unknown = document.unknown_content
    fixed = [
        *_mark_unknown(unknown.unknown_allows, layer, True),
        *_mark_unknown(unknown.unknown_denies, layer, False),
    ]
    others = []
    for compiled in document.statements:
        if compiled.keys:
            others.append(compiled)
        else:
            fixed += _resolve_for(compiled, layer, ())
    return dict.fromkeys(fixed), tuple(others)


def _mark_unknown(sources: Iterable[StatementSource], layer: int, allows: bool) -> Iterator[PolicyStatement]:
    for source in sources:
        unknown = frozenset([f"policy:{source.label}"])
        yield PolicyStatement(layer if allows else IDENTITY, allows, ALL_ACTIONS, unknown=unknown, source=source)


_KnownKeys = tuple[tuple[str, tuple[Alternative, ...]], ...]


def _select_keys(compiled: CompiledStatement, own: Context) -> _KnownKeys:
    """Return the keys that a statement tests and a principal knows, with their values. Most tests are of other keys."""
    return tuple((key, values) for key in sorted(compiled.keys) if (values := own.find(key)))


@cache_for_account(maxsize=65536)
def _resolve_for(compiled: CompiledStatement, layer: int, known: _KnownKeys) -> tuple[PolicyStatement, ...]:
    """Return a statement as it counts for all principals that know these keys."""
    return tuple(_resolve_statement(compiled, layer, Context(dict(known))))


def _resolve_statement(compiled: CompiledStatement, layer: int, own: Context) -> Iterator[PolicyStatement]:
    """Yield a statement with the principal's own keys filled in; nothing if these keys rule it out."""
    statement = compiled.statement
    resources = compiled.resources
    if not statement.actions or (resources.matches_all and statement.not_resource):
        return
    conditions = []
    for condition in compiled.conditions:
        holds = condition.holds(own).value
        if holds is False:
            return
        if holds is None:
            conditions.append(_fill_condition(condition, own))
    ceiling = frozenset([compiled.ceiling]) if compiled.ceiling else frozenset()
    for patterns, unknown in resources.list_patterns(own):
        allows = statement.effect == "Allow"
        yield PolicyStatement(
            layer if allows else IDENTITY,
            allows,
            statement.actions,
            statement.not_action,
            patterns,
            statement.not_resource,
            tuple(conditions),
            unknown | ceiling,
            compiled.source,
        )


def _fill_condition(condition: CompiledCondition, own: Context) -> CompiledCondition:
    if not condition.variables:
        return condition
    filled = fill_templates(condition.templates, own)
    if filled.unknown:
        return condition
    return replace(condition, templates=tuple(Template((text,), text) for text in filled.texts))

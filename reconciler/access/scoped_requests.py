"""Find what the policies of one principal allow, or refuse, within a scope of requests.

The parts of the scope only propose requests. `decide` gives the answer to each, so policies have one reading. A
principal can choose most keys of a request, such as the region or the address that it calls from. It cannot choose
what is a fact about itself, such as its organization, and nobody knows the content of an unread policy: on these an
answer depends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from reconciler.access.context import ABSENT, Context
from reconciler.access.policy_statements import IDENTITY, PolicyStatement, count_layers
from reconciler.access.principal import Principal
from reconciler.access.request_parts import ChoiceSpace, covers_resource_atom, evaluate_statements
from reconciler.access.request_scope import RequestScope, ScopeClass
from reconciler.access.text_atoms import TextAtom, TooManyAtomsError
from reconciler.access.verdicts import Decision, StatementSource, Verdict, VerdictReason

MAX_TRIALS = 64
"""The number of requests of one part that are tried as proof."""
_MAX_PROOFS = 3
"""The number of proofs, each by other statements, that are looked for."""

_MAX_GUESSES = 3
"""The number of actions, of resources and of contexts of one Allow that are tried before a search."""

TOO_MANY_PATTERNS = "more patterns and conditions than reconcile compares"

_CALLER_KEYS = ("aws:principal", "aws:user", "aws:sourceidentity", "aws:federatedprovider", "aws:chatbotsourcearn")
"""Prefixes of keys that are facts about the caller."""

Decide = Callable[[Principal, str, str, Context], Verdict]


@dataclass(frozen=True, slots=True)
class ScopedRequest:
    """A request of a scope, with its verdict. DEPENDS: no request proves an answer.

    action, resource: of the request. action_name, resource_name: the patterns that it stands for.
    context: what the request carries besides the principal's own keys.
    """

    action: str
    resource: str
    context: Context
    verdict: Verdict
    action_name: str
    resource_name: str


def is_free_key(key: str) -> bool:
    """Return whether a principal can choose the value of a key; False for facts about it and for unread policies."""
    prefix = key.partition(":")[0]
    is_fact = prefix in ("policy", "boundary", "session", "principal", "not-principal", "operator", "trust")
    return ":" in key and not is_fact and not key.startswith(_CALLER_KEYS)


@dataclass(frozen=True)
class ScopedPolicies:
    """The policies of a principal, to be asked about a scope.

    statements: those of its statements that cover an action of the scope. decide: answers one request.
    """

    principal: Principal
    statements: frozenset[PolicyStatement]
    scope: RequestScope
    decide: Decide

    def find_allowed(self) -> list[ScopedRequest]:
        """Return requests that are allowed, each by other statements; else one that may be; else none."""
        proofs = list(islice(self._guess_allowed(), _MAX_PROOFS))
        if proofs:
            return proofs
        undecided: list[ScopedRequest] = []
        reported: set[StatementSource] = set()
        try:
            for part in self.scope.list_classes(self.statements, needs_allow=True):
                self._search_class(part, proofs, undecided, reported)
                if len(proofs) >= _MAX_PROOFS:
                    break
        except TooManyAtomsError:
            undecided += self._give_up()
        return proofs or undecided[:1]

    def _guess_allowed(self) -> Iterator[ScopedRequest]:
        """Yield a request for each Allow that meets its own conditions: most breaches need no more search."""
        for allow in sorted(self._list_allows(), key=_sort_key_of):
            try:
                request = next(self._guess_requests(allow), None)
            except TooManyAtomsError:
                continue
            if request is not None:
                yield request

    def _guess_requests(self, allow: PolicyStatement) -> Iterator[ScopedRequest]:
        space = ChoiceSpace([allow], self.principal.request_context.with_fallbacks(self.scope.context))
        own = islice(_list_contexts(space, space.select(allow)), _MAX_GUESSES)
        contexts = list({repr(one): one for one in (Context(), *own)}.values())
        for part in islice(self.scope.list_classes(frozenset([allow]), needs_allow=True), _MAX_GUESSES):
            for atom, name in islice(self.scope.list_resources(part), _MAX_GUESSES):
                for context in contexts if covers_resource_atom(allow, atom) else ():
                    full = self.scope.context.with_fallbacks(context)
                    verdict = self.decide(self.principal, part.action, atom.example, full)
                    if verdict.allowed:
                        yield ScopedRequest(part.action, atom.example, full, verdict, part.name, name)

    def _list_allows(self) -> list[PolicyStatement]:
        """Return the Allows of the principal's own policies."""
        return [one for one in self.statements if one.allows and one.layer == IDENTITY]

    def find_refused(self) -> ScopedRequest | None:
        """Return a request that is refused, even if it carries further keys; else one that may be; else None."""
        undecided: ScopedRequest | None = None
        try:
            for part in self.scope.list_classes(self.statements, needs_allow=False):
                context = self._make_bare_context(part)
                for atom, name in self.scope.list_resources(part):
                    verdict = self.decide(self.principal, part.action, atom.example, context)
                    if verdict.allowed:
                        continue
                    if verdict.denied and not self._find_combinations(part, atom)[1]:
                        return ScopedRequest(part.action, atom.example, context, verdict, part.name, name)
                    undecided = undecided or self._make_undecided(part, atom, name)
        except TooManyAtomsError:
            undecided = undecided or next(iter(self._give_up(is_allow_needed=False)))
        return undecided

    def _search_class(
        self,
        part: ScopeClass,
        proofs: list[ScopedRequest],
        undecided: list[ScopedRequest],
        reported: set[StatementSource],
    ) -> None:
        """Add the proofs of one class of actions, or a part that no request decides."""
        allows = [one for one in part.covering if one.allows and one.layer == IDENTITY]
        if not allows or all(one.source in reported for one in allows):
            return
        try:
            for atom, name in self.scope.list_resources(part):
                active = [one for one in allows if covers_resource_atom(one, atom)]
                if not active or all(one.source in reported for one in active):
                    continue
                space, allowed = self._find_combinations(part, atom)
                if not allowed:
                    continue
                proof = self._prove(part, atom, name, space, allowed)
                if proof is not None:
                    proofs.append(proof)
                    reported.update(proof.verdict.deciding_statements)
                elif not undecided:
                    undecided.append(self._make_undecided(part, atom, name))
        except TooManyAtomsError:
            undecided += self._give_up()

    def _prove(
        self, part: ScopeClass, atom: TextAtom, name: str, space: ChoiceSpace, allowed: int
    ) -> ScopedRequest | None:
        tried: list[Mapping[str, object]] = []
        for context in _list_contexts(space, allowed):
            values = context.alternatives
            if values in tried:
                continue
            if len(tried) >= MAX_TRIALS:
                break
            tried.append(values)
            full = self.scope.context.with_fallbacks(context)
            verdict = self.decide(self.principal, part.action, atom.example, full)
            if verdict.allowed:
                return ScopedRequest(part.action, atom.example, full, verdict, part.name, name)
        return None

    def _make_undecided(self, part: ScopeClass, atom: TextAtom, name: str) -> ScopedRequest:
        verdict = self.decide(self.principal, part.action, atom.example, self.scope.context)
        if verdict.decision is not Decision.DEPENDS:
            facts = frozenset(fact for one in part.covering for fact in one.unknown)
            sources = tuple(one.source for one in sorted(part.covering, key=_sort_key_of) if one.unknown)
            verdict = Verdict(Decision.DEPENDS, facts, sources, VerdictReason.UNKNOWN)
        return ScopedRequest(part.action, atom.example, self.scope.context, verdict, part.name, name)

    def _find_combinations(self, part: ScopeClass, atom: TextAtom) -> tuple[ChoiceSpace, int]:
        """Return the keys that the statements test, and the combinations for which they allow the part."""
        own = self.principal.request_context.with_fallbacks(self.scope.context)
        space = ChoiceSpace(part.covering, own)
        masks = {one: space.select(one) for one in part.covering}
        layers = range(count_layers(self.principal))
        return space, evaluate_statements(part.covering, layers, atom, masks) & space.every

    def _make_bare_context(self, part: ScopeClass) -> Context:
        """Return the keys of a request that carries nothing but what the scope says."""
        conditions = [condition for one in part.covering for condition in one.conditions]
        keys = {key for condition in conditions for key in (condition.key, *condition.variables)}
        keys |= {fact for one in part.covering for fact in one.unknown}
        return self.scope.context.with_fallbacks(Context({key: ABSENT for key in keys if is_free_key(key)}))

    def _give_up(self, is_allow_needed: bool = True) -> Iterator[ScopedRequest]:
        """Yield an answer that depends: the statements divide the scope into too many parts.

        If all Allows are of policies of unknown content, the answer depends on these anyway.
        """
        allows = sorted(self._list_allows(), key=_sort_key_of)
        if allows or not is_allow_needed:
            sources = tuple(dict.fromkeys(one.source for one in allows))
            facts = frozenset[str]().union(*(one.unknown for one in allows))
            is_known = any(not one.unknown for one in allows) or not allows
            keys = frozenset([TOO_MANY_PATTERNS]) if is_known else facts
            verdict = Verdict(Decision.DEPENDS, keys, sources[:_MAX_PROOFS], VerdictReason.UNKNOWN)
            action, resource = min(self.scope.actions), min(self.scope.resources or ("*",))
            yield ScopedRequest(action, resource, self.scope.context, verdict, action, resource)


def _sort_key_of(statement: PolicyStatement) -> tuple[object, ...]:
    return statement.sort_key


def _list_contexts(space: ChoiceSpace, allowed: int) -> Iterator[Context]:
    """Yield the requests of some combinations, without the facts about the caller; known combinations first."""
    for combinations in (allowed & space.known, allowed & ~space.known):
        for context in space.make_contexts(combinations):
            yield Context({key: values for key, values in context.alternatives.items() if is_free_key(key)})

"""Divide the requests of a scope, patterns of actions on patterns of resources, into parts with the same answer.

Actions that AWS's list knows are taken from the list, with the forms of their resources: nobody can call
s3:ListAllMyBuckets on a bucket. Other actions are divided by the patterns of the statements alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.policy_statements import IDENTITY, PolicyStatement
from reconciler.access.request_parts import find_action_classes, find_atoms_within
from reconciler.access.templates import MANY, ONE, to_plain_text, to_policy_text
from reconciler.access.text_atoms import TextAtom, TooManyAtomsError
from reconciler.model.globs import compile_glob, globs_meet
from reconciler.model.permissions import LEVELS, ActionCatalogue
from reconciler.policy.overlap import choose_narrowest, pattern_sets_overlap

ASSUME_ROLE = "sts:assumerole"
ROLE_ACTIONS = {
    ASSUME_ROLE: "sts:AssumeRole",
    "sts:tagsession": "sts:TagSession",
    "sts:setsourceidentity": "sts:SetSourceIdentity",
}
"""Actions on a role that its trust must allow, too: in lower case → as AWS spells them."""

ANY_RESOURCE = ("*",)

_ROLE_FORM = ("arn:{partition}:iam::{account}:role/*",)
_TO_WILDCARDS = str.maketrans({"*": MANY, "?": ONE})


@dataclass(frozen=True)
class RequestScope:
    """All requests that a question is about.

    actions: patterns in lower case. resources: patterns of ARNs with plain `*` and `?`; None: every resource.
    context: the keys that all of them carry. partition, account: those of the principals.
    any_account: requests to resources of other accounts belong to it. catalogue: AWS's list of actions; None: no list.
    """

    actions: frozenset[str]
    resources: frozenset[str] | None
    partition: str
    account: str
    any_account: bool
    context: Context = NOTHING_KNOWN
    catalogue: ActionCatalogue | None = None
    _matching: dict[object, frozenset[str]] = field(default_factory=dict, compare=False)
    _overlaps: dict[object, bool] = field(default_factory=dict, compare=False)

    def overlaps(self, statement: PolicyStatement) -> bool:
        """Return whether a statement may cover a request of the scope."""
        key = statement.actions, statement.not_action, statement.resources, statement.not_resource
        if key not in self._overlaps:
            self._overlaps[key] = pattern_sets_overlap(
                statement.actions, statement.not_action, self.actions, False
            ) and self._shares_resource(statement)
        return self._overlaps[key]

    def _shares_resource(self, statement: PolicyStatement) -> bool:
        if statement.resources is None or statement.not_resource or self.resources is None:
            return True
        patterns = list(map(to_plain_text, statement.resources))
        return any(globs_meet(one, other) for one in patterns for other in self.resources)

    def has_action(self, action: str) -> bool:
        return any(compile_glob(pattern)(action) for pattern in self.actions)

    def list_classes(self, statements: frozenset[PolicyStatement], *, needs_allow: bool) -> Iterator[ScopeClass]:
        """Yield the parts of the scope's actions that the same statements cover. Raises TooManyAtomsError.

        needs_allow: parts that no policy of the principal allows may be left out.
        """
        listed = {pattern for pattern in self.actions if self._names_of(pattern)}
        if listed:
            yield from self._list_known_classes(statements, listed, needs_allow)
        others = self.actions - listed
        if others:
            literals = {action for action in ROLE_ACTIONS if any(compile_glob(one)(action) for one in others)}
            marker = PolicyStatement(IDENTITY, True, frozenset(others | literals), unknown=frozenset(["scope"]))
            for found in find_action_classes([*statements, marker], [marker]):
                covering = found.covering - {marker}
                plain = [atom for atom in found.atoms if atom.example not in ROLE_ACTIONS]
                for atom in plain[:1]:
                    yield ScopeClass(atom.example, self._spell(choose_narrowest(atom.matched)), covering, ANY_RESOURCE)
                for atom in found.atoms:
                    if atom.example in ROLE_ACTIONS:
                        yield ScopeClass(atom.example, self._spell(atom.example), covering, _ROLE_FORM)

    def has_requests(self) -> bool:
        """Return whether one of the actions can name one of the resources."""
        try:
            return any(
                True for part in self.list_classes(frozenset(), needs_allow=False) for _ in self.list_resources(part)
            )
        except TooManyAtomsError:
            return True

    def _list_known_classes(
        self, statements: frozenset[PolicyStatement], patterns: Iterable[str], needs_allow: bool
    ) -> Iterator[ScopeClass]:
        """Yield a class for each set of statements, and each form of resources, of the actions that AWS's list has.

        Classes with the most telling actions come first.
        """
        actions = frozenset[str]().union(*(self._names_of(pattern) for pattern in patterns))
        written = {text for one in statements for text in one.actions if not set("*?") & set(text)}
        actions |= {text for text in written if any(compile_glob(pattern)(text) for pattern in patterns)}
        parts: list[tuple[frozenset[str], frozenset[PolicyStatement]]] = [(actions, frozenset())]
        for one in statements:
            covered = self._select_covered(one, actions)
            split = [(part & covered, covering | {one}) for part, covering in parts]
            split += [(part - covered, covering) for part, covering in parts]
            parts = [item for item in split if item[0]]
        ranked = [
            (sorted(part, key=self._rank), covering)
            for part, covering in parts
            if not needs_allow or any(one.allows and one.layer == IDENTITY for one in covering)
        ]
        for names, covering in sorted(ranked, key=lambda item: self._rank(item[0][0])):
            by_forms: dict[tuple[str, ...], str] = {}
            for action in names:
                by_forms.setdefault(self._forms_of(action), action)
            for forms, action in by_forms.items():
                yield ScopeClass(action, self._spell(action), covering, forms)

    def _select_covered(self, statement: PolicyStatement, actions: frozenset[str]) -> frozenset[str]:
        key = statement.actions, actions
        if key not in self._matching:
            tests = [compile_glob(pattern) for pattern in statement.actions]
            self._matching[key] = frozenset(action for action in actions if any(test(action) for test in tests))
        return actions - self._matching[key] if statement.not_action else self._matching[key]

    def _names_of(self, pattern: str) -> frozenset[str]:
        """Return the actions of AWS's list that match a pattern; none if the list does not have the service."""
        service = pattern.partition(":")[0]
        if self.catalogue is None or "*" in service or "?" in service:
            return frozenset()
        if pattern not in self._matching:
            names = (f"{service}:{name}" for name in self.catalogue.actions_of(service) or ())
            self._matching[pattern] = frozenset(filter(compile_glob(pattern), names))
        return self._matching[pattern]

    def _forms_of(self, action: str) -> tuple[str, ...]:
        service, _, name = action.partition(":")
        if action in ROLE_ACTIONS:
            return _ROLE_FORM
        return self.catalogue.resources_of(service, name) if self.catalogue else ANY_RESOURCE

    def _rank(self, action: str) -> tuple[int, str]:
        """Return a key that sorts the most telling actions first."""
        service, _, name = action.partition(":")
        level = self.catalogue.level_of(service, name) if self.catalogue else LEVELS[0]
        return LEVELS.index(level), action

    def _spell(self, action: str) -> str:
        service, colon, name = action.partition(":")
        names = (self.catalogue.actions_of(service) if self.catalogue else None) or {}
        return f"{service}{colon}{names.get(name, name)}"

    def list_resources(self, part: ScopeClass) -> Iterator[tuple[TextAtom, str]]:
        """Yield each part of the scope's resources, with a name for it. Raises TooManyAtomsError."""
        forms = list(filter(self._may_name, map(self._fill_form, part.forms)))
        if part.forms and not forms:
            return
        wanted = None if self.resources is None else _translate(self.resources)
        shapes = _translate(forms) if part.forms and part.forms != ANY_RESOURCE else None
        own_roles, *_ = _translate([f"arn:{self.partition}:iam::{self.account}:role/*"])
        named = {pattern for one in part.covering if not one.not_resource for pattern in one.resources or ()}
        named |= wanted or frozenset()
        patterns = named.union(*(one.resources or () for one in part.covering))
        patterns |= {own_roles} if part.action in ROLE_ACTIONS else set()
        limits = [limit for limit in (wanted, shapes) if limit is not None]
        near = frozenset(pattern for pattern in patterns if self._may_meet(pattern, limits))
        for atom in find_atoms_within(near, wanted, shapes):
            if not part.forms and atom.example != "*":
                continue
            if part.action in ROLE_ACTIONS and own_roles in atom.matched:
                continue  # the trust of the role decides: `plan/assertions/role_requests.py` asks it
            yield atom, choose_narrowest(map(to_policy_text, atom.matched & named))

    def _may_meet(self, pattern: str, limits: Iterable[frozenset[str]]) -> bool:
        """Return whether a pattern may match a resource within the limits. Other patterns do not divide these."""
        for texts in limits:
            key = pattern, texts
            if key not in self._overlaps:
                plain = to_plain_text(pattern)
                self._overlaps[key] = any(globs_meet(plain, to_plain_text(text)) for text in texts)
            if not self._overlaps[key]:
                return False
        return True

    def _fill_form(self, form: str) -> str:
        account, partition = ("*", "*") if self.any_account else (self.account, self.partition)
        return form.replace("{partition}", partition).replace("{account}", account)

    def _may_name(self, form: str) -> bool:
        """Return whether a resource of the scope may have a form."""
        return self.resources is None or any(_have_common_arn(form, pattern) for pattern in self.resources)


@dataclass(frozen=True, slots=True)
class ScopeClass:
    """Actions that the same statements cover, and that name resources of the same forms.

    action: one of them, in lower case. name: the action or a pattern, as a person reads it.
    forms: the ARNs that it can name (`ActionCatalogue.resources_of`).
    """

    action: str
    name: str
    covering: frozenset[PolicyStatement]
    forms: tuple[str, ...]


def _translate(patterns: Iterable[str]) -> frozenset[str]:
    """Return plain patterns as the statements of a principal have them (`templates.py`)."""
    return frozenset(text.translate(_TO_WILDCARDS) for text in patterns)


def _have_common_arn(form: str, pattern: str) -> bool:
    """Return whether an ARN may have a form and match a pattern. A variable part of a form is never empty."""
    parts, others = form.split(":", 5), pattern.split(":", 5)
    if len(parts) < 6 or len(others) < 6:
        return True
    filled = ("?*" if part == "*" else part for part in parts)
    return all(globs_meet(part, other) for part, other in zip(filled, others, strict=True))

"""Hold the single entities over which a right counts, and the roles that a service can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import Context
from reconciler.access.principal import Principal
from reconciler.access.resource_tags import NO_TAGS_KNOWN, ResourceTags
from reconciler.access.role_assumption import Target, can_assume
from reconciler.access.templates import MANY, ONE
from reconciler.access.verdicts import Decision, Verdict


class NamedResources:
    """Users, roles, groups and policies that count as resources of a named right.

    arns: maps a type (user, role, group, policy) to ARNs.
    administrators: those of them that are administrators, or make somebody one. tags: those of all of them.
    """

    def __init__(
        self,
        arns: Mapping[str, Iterable[str]],
        administrators: frozenset[str] = frozenset(),
        tags: ResourceTags = NO_TAGS_KNOWN,
    ) -> None:
        self._arns = {kind: frozenset(listed) for kind, listed in arns.items()}
        self.administrators = administrators
        self.tags = tags
        self._covered: dict[tuple[str, CompiledStatement], frozenset[str]] = {}

    def list_all(self, kind: str) -> frozenset[str]:
        return self._arns.get(kind, frozenset())

    def find_covered(self, statement: CompiledStatement, kind: str, context: Context) -> frozenset[str]:
        """Return the ARNs of a type that the resources of a statement may match; cached if it has no variables."""
        if statement.resources.variables:
            return self._match_resources(statement, kind, context)
        found = self._covered.get((kind, statement))
        if found is None:
            found = self._covered[kind, statement] = self._match_resources(statement, kind, context)
        return found

    def _match_resources(self, statement: CompiledStatement, kind: str, context: Context) -> frozenset[str]:
        known, resources = self.list_all(kind), statement.resources
        texts = resources.resolve_patterns(context)
        if texts and not resources.negated and not any(MANY in text or ONE in text for text in texts):
            return frozenset(text for text in texts if text in known)
        return frozenset(arn for arn in known if resources.matches(arn, context).value is not False)


class PassableRoles:
    """Tells which roles of an account a service can take, by their trust."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._targets = {target.arn: target for target in targets}
        self._verdicts: dict[tuple[str, str], Verdict] = {}

    def evaluate_trust(self, service: str, role: str) -> Verdict:
        """Return whether the trust of a role lets a service in."""
        found = self._verdicts.get((service, role))
        if found is None:
            target = self._targets.get(role)
            caller = Principal(service, "service", "")
            found = Verdict(Decision.DENY)
            if target is not None:
                found = can_assume(caller, target, Context.of({"aws:SourceAccount": target.account}))
            self._verdicts[service, role] = found
        return found

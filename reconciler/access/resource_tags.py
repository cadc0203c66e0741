"""Tell what is known of a user, role or policy as the resource of a request to IAM: its tags and its account.

IAM User Guide, "Controlling access to and for IAM users and roles using tags". About iam:PassRole it says that a
condition on the tags of the role has no reliable results. So the tags are unknown for that action, and for those that
create the resource, which has none yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context, make_tag_context
from reconciler.access.escalation_paths import PASS_ROLE
from reconciler.access.principal import Principal
from reconciler.access.verdicts import Verdict
from reconciler.model.arns import arn_of
from reconciler.model.entity import Policy, Role, User
from reconciler.model.live import State

_WITHOUT_TAGS = frozenset(
    [PASS_ROLE.lower(), "iam:createuser", "iam:createrole", "iam:createpolicy", "iam:createservicelinkedrole"]
)
_TAG_PREFIXES = ("aws:resourcetag/", "iam:resourcetag/")


@dataclass(frozen=True)
class ResourceTags:
    """The tags of the users, roles and policies of an account, by ARN."""

    by_arn: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _contexts: dict[str, Context] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, state: State) -> ResourceTags:
        """Return the tags of the entities of a state."""
        return cls(
            {
                arn_of(address, entity.path, state.account, state.partition): entity.tags
                for address, entity in state.entities.items()
                if isinstance(entity, User | Role | Policy)
            }
        )

    def find_keys(self, action: str, resource: str) -> Context:
        """Return the keys of a request that describe its resource; none if the resource is not one of the account."""
        lower, tags = action.lower(), self.by_arn.get(resource)
        if tags is None or not lower.startswith("iam:") or lower in _WITHOUT_TAGS:
            return NOTHING_KNOWN
        if resource not in self._contexts:
            _, _, _, _, account, path = resource.split(":", 5)
            account_key = Context.of({"aws:ResourceAccount": account})
            self._contexts[resource] = account_key.with_fallbacks(
                make_tag_context(tags, is_iam=not path.startswith("policy/"))
            )
        return self._contexts[resource]


NO_TAGS_KNOWN = ResourceTags()


def depends_on_tags(verdict: Verdict) -> bool:
    """Return whether a verdict depends on tags of the resource."""
    return any(key.startswith(_TAG_PREFIXES) for key in verdict.keys)


def tests_tags(statement: CompiledStatement) -> bool:
    """Return whether a statement tests tags of the resource."""
    return any(key.startswith(_TAG_PREFIXES) for key in statement.keys)


def may_depend_on_tags(principal: Principal) -> bool:
    """Return whether a policy of the principal, or its boundary, tests tags of resources."""
    sides = (principal.compiled_policies, principal.compiled_boundary)
    documents = (document for side in sides if side is not None for document in side.documents)
    return any(tests_tags(statement) for document in documents for statement in document.statements)

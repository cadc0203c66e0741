"""The caller of a request: a user, a role, a session, a service, a federated caller, another account or a root user.

The keys that its requests always carry (aws:PrincipalArn, aws:username, its tags, no MFA for a role) follow the IAM
User Guide, "AWS global condition context keys". The names by which a trust policy may mean it follow "AWS JSON policy
elements: Principal".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from reconciler.access.compiled_policies import CompiledPolicies, compile_policies
from reconciler.access.context import NO_MFA_POSSIBLE, Context, Value
from reconciler.access.verdicts import PolicySource
from reconciler.model.document import Document
from reconciler.model.partitions import DEFAULT_PARTITION

PRINCIPAL_KINDS = ("user", "role", "session", "root", "account", "service", "oidc", "saml")


class PrincipalMatch(Enum):
    """The way in which a statement names a principal, which decides the other policies that must allow the request."""

    DIRECT = "itself"
    ROLE = "by its role"
    ACCOUNT = "by its account"
    BY_ARN = "among everyone, by aws:PrincipalArn"
    EVERYONE = "among everyone"


PrincipalName = tuple[str, str]
"""Type and value, as `Statement.principals` holds them."""


@dataclass(frozen=True)
class Principal:
    """The caller of a request.

    kind: one of PRINCIPAL_KINDS. `role` means any session of that role, `session` one certain session, `account`
        somebody of that account, `oidc` and `saml` a caller that the provider authenticated.
    arn: its ARN; the provider's for `oidc` and `saml`, the name of the service for `service`.
    account: 12 digits; empty for services.
    policies: its own policies and those of its groups.
    boundary: its permissions boundary, if it has one.
    session: its session policies; None if it has none.
    service_controls: the service control policies that bind it, one tuple for each level of the organization.
    organization: the id of the organization of its account; empty if it is not known.
    unique_id: AIDA… or AROA…; empty if it is not known.
    tags: None if they are not known.
    role_arn: for a session, the ARN of its role with the path.
    groups: the ARNs of its groups.
    """

    arn: str
    kind: str
    account: str
    policies: tuple[PolicySource, ...] = ()
    boundary: PolicySource | None = None
    session: tuple[PolicySource, ...] | None = None
    unique_id: str = ""
    tags: Mapping[str, str] | None = field(default=None, hash=False)
    role_arn: str = ""
    groups: tuple[str, ...] = ()
    service_controls: tuple[tuple[PolicySource, ...], ...] = ()
    organization: str = ""

    @property
    def partition(self) -> str:
        return self.arn.split(":", 2)[1] if self.arn.startswith("arn:") else DEFAULT_PARTITION

    @property
    def is_role(self) -> bool:
        return self.kind in ("role", "session")

    @property
    def has_policies(self) -> bool:
        """Return whether the principal has policies; for services and federated callers the trust alone decides."""
        return self.kind not in ("service", "oidc", "saml")

    @cached_property
    def compiled_policies(self) -> CompiledPolicies:
        return compile_policies(self.policies)

    @cached_property
    def known_part(self) -> Principal:
        """Return the same principal, whose policies of unknown content allow nothing. They may still deny."""
        if not self.compiled_policies.statements_for("iam:PassRole").unknown_allows:
            return self
        copy = replace(self)
        copy.__dict__["compiled_policies"] = CompiledPolicies(self.compiled_policies.documents, True)
        return copy

    @cached_property
    def compiled_boundary(self) -> CompiledPolicies | None:
        return compile_policies([self.boundary]) if self.boundary is not None else None

    @cached_property
    def compiled_session(self) -> CompiledPolicies | None:
        return compile_policies(self.session) if self.session is not None else None

    @cached_property
    def compiled_service_controls(self) -> tuple[CompiledPolicies, ...]:
        return tuple(map(compile_policies, self.service_controls))

    @property
    def policy_sets(self) -> tuple[CompiledPolicies | None, ...]:
        """Return its own policies, boundary, session policies and levels of SCPs; None for a limit that it lacks."""
        limits = (self.compiled_boundary, self.compiled_session)
        return (self.compiled_policies, *limits, *self.compiled_service_controls)

    @property
    def is_limited(self) -> bool:
        """Return whether something besides its own policies must allow its requests."""
        return any(limit is not None for limit in self.policy_sets[1:])

    @cached_property
    def without_guardrails(self) -> Principal:
        """Return the same principal without service control policies."""
        if not self.service_controls and not self.organization:
            return self
        return replace(self, service_controls=(), organization="")

    @cached_property
    def names(self) -> dict[PrincipalName, PrincipalMatch]:
        """Return every name by which a statement can mean this principal; a unique id matches only itself."""
        everyone = {("*", "*"): PrincipalMatch.EVERYONE}
        if self.kind == "service":
            return {("Service", self.arn): PrincipalMatch.DIRECT, **everyone}
        if self.kind in ("oidc", "saml"):
            return {("Federated", self.arn): PrincipalMatch.DIRECT, **everyone}
        matches = {**everyone, ("AWS", "*"): PrincipalMatch.EVERYONE}
        matches["AWS", f"arn:{self.partition}:iam::{self.account}:root"] = PrincipalMatch.ACCOUNT
        if self.kind in ("user", "session"):
            matches["AWS", self.arn] = PrincipalMatch.DIRECT
        if self.is_role:
            matches["AWS", self.role_arn or self.arn] = PrincipalMatch.ROLE
        if self.unique_id:
            matches["AWS", self.unique_id.partition(":")[0]] = (
                PrincipalMatch.ROLE if self.is_role else PrincipalMatch.DIRECT
            )
        return matches

    @cached_property
    def possible_name_prefixes(self) -> tuple[str, ...]:
        """Return the beginnings of names that may mean it: a session of the role, somebody of the account."""
        if self.kind == "role":
            return (f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.arn.rpartition('/')[2]}/",)
        if self.kind == "account":
            return (f"arn:{self.partition}:iam::{self.account}:", f"arn:{self.partition}:sts::{self.account}:")
        return ()

    @cached_property
    def request_context(self) -> Context:
        """Return the keys that every request of this principal carries, and the keys that no request of it carries."""
        values: dict[str, Value] = {"aws:PrincipalIsAWSService": self.kind == "service"}
        absent: list[str] = []
        if self.account:
            values["aws:PrincipalAccount"] = self.account
        if self.organization:
            values["aws:PrincipalOrgID"] = self.organization
        if self.kind == "user":
            values |= {"aws:PrincipalArn": self.arn, "aws:PrincipalType": "User"}
            values["aws:username"] = self.arn.rpartition("/")[2]
            absent += ["aws:SourceIdentity", "aws:FederatedProvider"]
        elif self.is_role:
            values |= {"aws:PrincipalArn": self.role_arn or self.arn, "aws:PrincipalType": "AssumedRole"}
            absent.append("aws:username")
        elif self.kind == "root":
            values |= {"aws:PrincipalArn": self.arn, "aws:PrincipalType": "Account"}
            absent.append("aws:username")
        elif self.kind != "account":
            absent.append("aws:username")
        if self.unique_id and (self.kind == "user" or ":" in self.unique_id):
            values["aws:userid"] = self.unique_id
        if self.tags is not None:
            values |= {f"aws:PrincipalTag/{key}": value for key, value in self.tags.items()}
            absent.append("aws:PrincipalTag/*")
        context = Context.of(values, absent)
        return context if self.kind in ("user", "account", "root") else context.with_fallbacks(NO_MFA_POSSIBLE)


def make_external_principal(arn: str, trust: Document | None = None) -> Principal:
    """Return the principal with an ARN (`…:root` means somebody of that account); its policies are not known.

    trust: the ARN of a session lacks the path of its role; a trust that names a role of that name supplies it.
    """
    _, partition, service, _, account, resource = arn.split(":", 5)
    policies = (PolicySource(arn, None),)
    if resource == "root":
        return Principal(arn, "account", account, policies)
    kind, _, tail = resource.partition("/")
    if service != "sts":
        return Principal(arn, kind, account, policies)
    if trust is None or kind != "assumed-role":
        return Principal(arn, "session", account, policies)
    prefix, name = f"arn:{partition}:iam::{account}:role/", tail.partition("/")[0]
    trusted_arns = (value for statement in trust.statements for _, value in statement.principals or ())
    role_arn = next(
        (value for value in trusted_arns if value.startswith(prefix) and value.endswith(f"/{name}")), prefix + name
    )
    return Principal(arn, "session", account, policies, role_arn=role_arn)

"""Who asks: a user, a role, a session of one, a service, a federated caller, another account or a root user.

What its requests carry by themselves (aws:PrincipalArn, aws:username, its tags, no MFA for a role) follows the
IAM User Guide, "AWS global condition context keys"; how a trust policy may name it, "AWS JSON policy elements:
Principal".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from reconciler.access.compiled_policies import CompiledPolicies, compile_policies
from reconciler.access.context import NO_MFA_POSSIBLE, Context, Value
from reconciler.access.verdicts import PolicySource
from reconciler.model.document import Document
from reconciler.model.partitions import DEFAULT_PARTITION

PRINCIPAL_KINDS = ("user", "role", "session", "root", "account", "service", "oidc", "saml")


class PrincipalMatch(Enum):
    """How a principal is named, from which follows what else it needs (facts of AssumeRole evaluation)."""

    DIRECT = "itself"
    ROLE = "by its role"
    ACCOUNT = "by its account"
    BY_ARN = "among everyone, by aws:PrincipalArn"
    EVERYONE = "among everyone"


PrincipalName = tuple[str, str]
"""Type and value, as `Statement.principals` holds them."""


@dataclass(frozen=True)
class Principal:
    """`policies`: its own and its groups'; `groups`: their ARNs. `session` None: no session policy.

    `tags` None: not known.
    `kind` is one of KINDS: `role` is any session of that role, `session` this one (then `role_arn` is the role's,
    with its path), `account` someone of that account, `oidc` and `saml` a caller that the provider `arn` vouches for;
    of a `service`, `arn` is its name. `account` is empty for services.
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

    @property
    def partition(self) -> str:
        return self.arn.split(":", 2)[1] if self.arn.startswith("arn:") else DEFAULT_PARTITION

    @property
    def is_role(self) -> bool:
        return self.kind in ("role", "session")

    @property
    def has_policies(self) -> bool:
        """Services and federated callers are let in by the trust alone."""
        return self.kind not in ("service", "oidc", "saml")

    @cached_property
    def compiled_policies(self) -> CompiledPolicies:
        return compile_policies(self.policies)

    @cached_property
    def compiled_boundary(self) -> CompiledPolicies | None:
        return compile_policies([self.boundary]) if self.boundary is not None else None

    @cached_property
    def compiled_session(self) -> CompiledPolicies | None:
        return compile_policies(self.session) if self.session is not None else None

    @cached_property
    def names(self) -> dict[PrincipalName, PrincipalMatch]:
        """Every way in which a statement can name this principal; unique ids match only the id."""
        everyone = {("*", "*"): PrincipalMatch.EVERYONE}
        if self.kind == "service":
            return {("Service", self.arn): PrincipalMatch.DIRECT, **everyone}
        if self.kind in ("oidc", "saml"):
            return {("Federated", self.arn): PrincipalMatch.DIRECT, **everyone}
        found = {**everyone, ("AWS", "*"): PrincipalMatch.EVERYONE}
        found["AWS", f"arn:{self.partition}:iam::{self.account}:root"] = PrincipalMatch.ACCOUNT
        if self.kind in ("user", "session"):
            found["AWS", self.arn] = PrincipalMatch.DIRECT
        if self.is_role:
            found["AWS", self.role_arn or self.arn] = PrincipalMatch.ROLE
        if self.unique_id:
            found["AWS", self.unique_id.partition(":")[0]] = (
                PrincipalMatch.ROLE if self.is_role else PrincipalMatch.DIRECT
            )
        return found

    @cached_property
    def possible_name_prefixes(self) -> tuple[str, ...]:
        """How names begin that may mean this principal or may not: a session of the role, someone of the account."""
        if self.kind == "role":
            return (f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.arn.rpartition('/')[2]}/",)
        if self.kind == "account":
            return (f"arn:{self.partition}:iam::{self.account}:", f"arn:{self.partition}:sts::{self.account}:")
        return ()

    @cached_property
    def request_context(self) -> Context:
        """What every request of this principal carries, and what none does."""
        values: dict[str, Value] = {"aws:PrincipalIsAWSService": self.kind == "service"}
        absent: list[str] = []
        if self.account:
            values["aws:PrincipalAccount"] = self.account
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
        found = Context.of(values, absent)
        return found if self.kind in ("user", "account", "root") else found.with_fallbacks(NO_MFA_POSSIBLE)


def make_external_principal(arn: str, trust: Document | None = None) -> Principal:
    """A principal by its ARN (`…:root`: someone of that account); its policies are not known.

    A session does not tell the path of its role; a `trust` that names a role of that name may.
    """
    _, partition, service, _, account, resource = arn.split(":", 5)
    policies = (PolicySource(arn, None),)
    if resource == "root":
        return Principal(arn, "account", account, policies)
    kind, _, rest = resource.partition("/")
    if service != "sts":
        return Principal(arn, kind, account, policies)
    if trust is None or kind != "assumed-role":
        return Principal(arn, "session", account, policies)
    prefix, name = f"arn:{partition}:iam::{account}:role/", rest.partition("/")[0]
    named = (value for statement in trust.statements for _, value in statement.principals or ())
    role_arn = next(
        (value for value in named if value.startswith(prefix) and value.endswith(f"/{name}")), prefix + name
    )
    return Principal(arn, "session", account, policies, role_arn=role_arn)

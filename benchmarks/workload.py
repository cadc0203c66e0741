"""Make the account for all measurements, as values. It is always the same for a size.

Made from it are the desired-state file (`desired`), the account as AWS would show it (`account`), and Terraform's
configuration (`terraform_files`).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.documents import ACCOUNT, Document, draw_document

SEED = 20
OWNER = "bench"
OWNER_TAG = "reconcile:owner"
AWS_POLICIES = (
    "ReadOnlyAccess",
    "IAMReadOnlyAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonEC2ReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "job-function/ViewOnlyAccess",
    "service-role/AWSLambdaBasicExecutionRole",
)
AWS_SHARE, BOUNDARY_SHARE = 0.2, 0.15
TEAMS = ("platform", "payments", "search", "mobile", "data", "risk")
STAGES = ("dev", "test", "prod")
HOSTS = ("ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com", "states.amazonaws.com")
PEOPLE, ACCOUNT_ITSELF, PARTNERS = 0.35, 0.15, 0.12
"""The shares of roles that trust users, the account itself, and other accounts. All other roles trust services."""


@dataclass(frozen=True, slots=True)
class WorkloadSize:
    users: int
    groups: int
    policies: int
    roles: int

    @property
    def entities(self) -> int:
        return self.users + self.groups + self.policies + self.roles


SIZES = {
    "XS": WorkloadSize(4, 2, 4, 6),
    "S": WorkloadSize(20, 10, 30, 50),
    "M": WorkloadSize(200, 40, 300, 500),
    "L": WorkloadSize(1000, 100, 1500, 3000),
    "XL": WorkloadSize(5000, 300, 5000, 10000),
}


@dataclass(frozen=True, slots=True)
class PolicySpec:
    name: str
    path: str
    description: str
    tags: dict[str, str]
    document: Document

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A group. attached: names of policies of the workload, or `aws:NAME`, as in the desired-state file."""

    name: str
    path: str
    attached: tuple[str, ...]
    inline: dict[str, Document]


@dataclass(frozen=True, slots=True)
class UserSpec:
    name: str
    path: str
    groups: tuple[str, ...]
    attached: tuple[str, ...]
    inline: dict[str, Document]
    tags: dict[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class TrustSpec:
    """A trust, as a rule of the desired-state file and as the statement that AWS stores."""

    rule: dict[str, Any]
    statement: Document


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role. max_session: in seconds. boundary: the name of a policy of the workload."""

    name: str
    path: str
    description: str
    max_session: int
    trust: TrustSpec
    attached: tuple[str, ...]
    inline: dict[str, Document]
    boundary: str | None
    tags: dict[str, str]

    @property
    def trust_document(self) -> Document:
        return {"Version": "2012-10-17", "Statement": [self.trust.statement]}


@dataclass(frozen=True, slots=True)
class Workload:
    policies: tuple[PolicySpec, ...]
    groups: tuple[GroupSpec, ...]
    users: tuple[UserSpec, ...]
    roles: tuple[RoleSpec, ...]

    def arns_by_name(self) -> dict[str, str]:
        """Return policy reference, as in `attached` and `boundary` → ARN."""
        own_arns = {policy.name: policy.arn for policy in self.policies}
        return own_arns | {f"aws:{name}": f"arn:aws:iam::aws:policy/{name}" for name in AWS_POLICIES}


def make_workload(size: WorkloadSize, seed: int = SEED) -> Workload:
    """Return the account of a size."""
    return _WorkloadMaker(Random(seed)).make_workload(size)


class _WorkloadMaker:
    """Draw the entities of a workload from a random generator."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names: list[str] = []

    def make_workload(self, size: WorkloadSize) -> Workload:
        policies = tuple(self._make_policy(number) for number in range(size.policies))
        self.names = [policy.name for policy in policies]
        groups = tuple(self._make_group(number) for number in range(size.groups))
        users = tuple(self._make_user(number, groups) for number in range(size.users))
        return Workload(policies, groups, users, tuple(self._make_role(number, users) for number in range(size.roles)))

    def _make_policy(self, number: int) -> PolicySpec:
        name = f"{self._draw_team()}-access-{number:04d}"
        text = draw_document(self.random, name, 3, 10)
        return PolicySpec(name, self._draw_path(), f"What {name} is for", self._draw_tags(), text)

    def _make_group(self, number: int) -> GroupSpec:
        name = f"{self._draw_team()}-people-{number:03d}"
        return GroupSpec(name, self._draw_path(), self._draw_attached(1, 3), self._draw_inline(name, 0.1, 4))

    def _make_user(self, number: int, groups: tuple[GroupSpec, ...]) -> UserSpec:
        name = f"{self._draw_team()}.person{number:04d}"
        chosen = self.random.sample(groups, self.random.randint(0, min(3, len(groups))))
        memberships = tuple(sorted(group.name for group in chosen))
        inline = self._draw_inline(name, 0.05, 2)
        return UserSpec(name, self._draw_path(), memberships, self._draw_attached(0, 2), inline, self._draw_tags())

    def _make_role(self, number: int, users: tuple[UserSpec, ...]) -> RoleSpec:
        name = f"{self._draw_team()}-{self.random.choice(STAGES)}-{number:04d}"
        return RoleSpec(
            name=name,
            path=self._draw_path(),
            description=f"Role {number} of {name}" if self._happens(0.8) else "",
            max_session=self.random.choice((3600, 3600, 7200, 14400, 43200)),
            trust=self._make_trust(users),
            attached=self._draw_attached(0, 4),
            inline=self._draw_inline(name, 0.3, 4),
            boundary=self.names[0] if self._happens(BOUNDARY_SHARE) else None,
            tags=self._draw_tags(),
        )

    def _make_trust(self, users: tuple[UserSpec, ...]) -> TrustSpec:
        number = self.random.random()
        if number < PEOPLE:
            chosen = sorted(self.random.sample(users, self.random.randint(1, min(4, len(users)))), key=lambda u: u.arn)
            arns = [user.arn for user in chosen]
            trust = _build_trust({"users": [user.name for user in chosen]}, {"AWS": arns if len(arns) > 1 else arns[0]})
            return _add_mfa(trust, self._happens(0.4)) if self._happens(0.7) else trust
        if number < PEOPLE + ACCOUNT_ITSELF:
            return _add_mfa(_build_trust({"accounts": [ACCOUNT]}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), False)
        if number < PEOPLE + ACCOUNT_ITSELF + PARTNERS:
            partner_account, key = (
                str(self.random.randint(10**11, 10**12 - 1)),
                f"partner-{self.random.getrandbits(32):08x}",
            )
            trust = _build_trust(
                {"accounts": [partner_account], "external_id": key}, {"AWS": f"arn:aws:iam::{partner_account}:root"}
            )
            trust.statement["Condition"] = {"StringEquals": {"sts:ExternalId": key}}
            return trust
        hosts = sorted(self.random.sample(HOSTS, 2 if self._happens(0.2) else 1))
        return _build_trust({"services": hosts}, {"Service": hosts if len(hosts) > 1 else hosts[0]})

    def _draw_attached(self, least: int, most: int) -> tuple[str, ...]:
        references = (
            f"aws:{self.random.choice(AWS_POLICIES)}" if self._happens(AWS_SHARE) else self.random.choice(self.names)
            for _ in range(self.random.randint(least, most))
        )
        return tuple(dict.fromkeys(references))

    def _draw_inline(self, name: str, share: float, statements: int) -> dict[str, Document]:
        if not self._happens(share):
            return {}
        return {f"own-{n}": draw_document(self.random, name, 1, statements) for n in range(self.random.randint(1, 2))}

    def _draw_tags(self) -> dict[str, str]:
        tags = {
            "team": self._draw_team(),
            "stage": self.random.choice(STAGES),
            "cost-center": str(self.random.randint(1000, 9999)),
            "made-by": "bench",
        }
        return dict(list(tags.items())[: self.random.randint(2, 4)])

    def _draw_path(self) -> str:
        return f"/{self._draw_team()}/" if self._happens(0.2) else "/"

    def _draw_team(self) -> str:
        return self.random.choice(TEAMS)

    def _happens(self, share: float) -> bool:
        return self.random.random() < share


def _build_trust(rule: dict[str, Any], principal: Document) -> TrustSpec:
    return TrustSpec(rule, {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _add_mfa(trust: TrustSpec, recent: bool) -> TrustSpec:
    condition: Document = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    if recent:
        condition["NumericLessThan"] = {"aws:MultiFactorAuthAge": "3600"}
    rule = trust.rule | {"mfa": {"max_age": "1h"} if recent else "required"}
    return TrustSpec(rule, trust.statement | {"Condition": condition})

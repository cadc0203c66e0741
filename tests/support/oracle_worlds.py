"""Draw fully specified requests with the policies that decide them, as raw JSON that any evaluator can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.support.oracle_vocabulary import (
    HOME,
    KEYS,
    KEYS_OF_ACTIONS,
    OPERATORS,
    OTHER,
    SHARED_SUBJECTS,
    SUBJECT_OF_TRUST,
    SUBJECTS,
)

Raw = dict[str, Any]

SESSION_NAME = "work"


@dataclass(frozen=True)
class Caller:
    """A user or the session of a role. kind: `user` or `role`. name: of the user or the role."""

    kind: str
    account: str
    name: str = "alice"
    tags: Raw = field(default_factory=dict)

    @property
    def iam_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:{self.kind}/staff/{self.name}"

    @property
    def arn(self) -> str:
        if self.kind == "user":
            return self.iam_arn
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{SESSION_NAME}"

    @property
    def unique_id(self) -> str:
        return "AIDAEXAMPLEALICE0000" if self.kind == "user" else f"AROAEXAMPLEALICE0000:{SESSION_NAME}"

    @property
    def keys(self) -> Raw:
        """Return the keys of its requests (IAM User Guide, "AWS global condition context keys")."""
        return {
            "aws:PrincipalArn": self.iam_arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalType": "User" if self.kind == "user" else "AssumedRole",
            "aws:PrincipalIsAWSService": "false",
            "aws:userid": self.unique_id,
            **({"aws:username": self.name} if self.kind == "user" else {}),
            **{f"aws:PrincipalTag/{key}": value for key, value in self.tags.items()},
        }


@dataclass(frozen=True)
class Case:
    """One request and everything that decides it.

    form: identity (the principal's policies alone), resource (with a resource policy), or trust (assume a role).
    keys: all keys of the request with their values; every other key is absent.
    boundary, session, resource_policy: None if there is none.
    service_controls, resource_controls: a list of policies for each level of the organization, the root first.
    """

    form: str
    caller: Caller
    action: str
    resource: str
    keys: Raw
    identity: list[Raw]
    boundary: Raw | None = None
    session: Raw | None = None
    service_controls: list[list[Raw]] = field(default_factory=list)
    resource_policy: Raw | None = None
    resource_controls: list[list[Raw]] = field(default_factory=list)

    def find_value(self, key: str) -> Any:
        """Return the value of a key in any letter case; None if the request lacks it."""
        return next((value for name, value in self.keys.items() if name.lower() == key.lower()), None)

    def map_policies(self, change: Callable[[Raw], Raw]) -> Case:
        """Return the case with every policy changed."""

        def change_one(policy: Raw | None) -> Raw | None:
            return None if policy is None else change(policy)

        return replace(
            self,
            identity=[change(policy) for policy in self.identity],
            boundary=change_one(self.boundary),
            session=change_one(self.session),
            service_controls=[[change(policy) for policy in level] for level in self.service_controls],
            resource_policy=change_one(self.resource_policy),
            resource_controls=[[change(policy) for policy in level] for level in self.resource_controls],
        )


def draw_cases(number: int, seed: int) -> list[Case]:
    """Return random cases, the same for the same seed; a third of each form."""
    random = Random(seed)
    return [_Draw(random, form).case() for form in ("identity", "resource", "trust") for _ in range(number // 3)]


class _Draw:
    """Draws one case."""

    def __init__(self, random: Random, form: str) -> None:
        self.random, self.form = random, form
        subjects = {"identity": SUBJECTS, "resource": SHARED_SUBJECTS, "trust": [SUBJECT_OF_TRUST]}[form]
        self.action, self.resource = random.choice(subjects)
        account = HOME if form == "identity" or random.random() < 0.6 else OTHER
        self.keys = KEYS | KEYS_OF_ACTIONS.get(self.action, {})
        values = {key: random.choice(options) for key, (_, _, options) in self.keys.items() if options}
        team = values.pop("aws:PrincipalTag/team")
        self.caller = Caller(random.choice(["user", "role"]), account, tags={"team": team} if team else {})
        if self.caller.kind == "role":  # its sessions lack MFA: AWS does not say if the key is then false or absent
            del values["aws:MultiFactorAuthAge"], values["aws:MultiFactorAuthPresent"]
            self.keys = {key: item for key, item in self.keys.items() if key != "aws:MultiFactorAuthPresent"}
        self.values = {key: value for key, value in values.items() if value is not None} | self.caller.keys

    def case(self) -> Case:
        chance = self.random.random
        shared = self.form != "identity"
        return Case(
            self.form,
            self.caller,
            self.action,
            self.resource,
            self.values,
            identity=[self.policy() for _ in range(self.random.choice([0, 1, 1, 2] if shared else [1, 1, 2]))],
            boundary=self.limit() if chance() < 0.3 else None,
            session=self.limit() if self.caller.kind == "role" and chance() < 0.3 else None,
            service_controls=self.levels() if chance() < 0.3 else [],
            resource_policy=self.resource_policy() if shared else None,
            resource_controls=self.denying_levels() if self.form == "trust" and chance() < 0.3 else [],
        )

    def some_of(self, values: list[Any], most: int = 2) -> list[Any]:
        return self.random.sample(values, self.random.randint(1, min(most, len(values))))

    def policy(self) -> Raw:
        statements = [self.statement() for _ in range(self.random.choice([1, 1, 2, 3]))]
        return {"Version": "2008-10-17" if self.random.random() < 0.08 else "2012-10-17", "Statement": statements}

    def limit(self) -> Raw:
        """Return a boundary, a session policy or an SCP, which often allows everything and denies something."""
        policy = self.policy()
        if self.random.random() < 0.6:
            policy["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
        return policy

    def levels(self) -> list[list[Raw]]:
        return [[self.limit() for _ in range(self.random.choice([1, 1, 2]))] for _ in range(self.random.choice([1, 2]))]

    def denying_levels(self) -> list[list[Raw]]:
        """Return RCPs, which may only deny, and name everyone."""
        service = self.action.partition(":")[0]
        statement = self.statement() | {"Effect": "Deny", "Principal": "*"}
        statement.pop("NotAction", None)
        statement["Action"] = self.random.choice([f"{service}:*", self.action])
        return [[{"Version": "2012-10-17", "Statement": [statement]}]]

    def statement(self) -> Raw:
        rare = self.random.random
        effect = self.random.choice(["Allow", "Allow", "Allow", "Deny"])
        statement: Raw = {"Effect": effect}
        statement["NotAction" if rare() < 0.12 else "Action"] = self.some_of(self.action_patterns())
        statement["NotResource" if rare() < 0.12 else "Resource"] = self.some_of(self.resource_patterns())
        if rare() < (0.4 if effect == "Allow" else 0.8):
            statement["Condition"] = self.condition()
        return statement

    def action_patterns(self) -> list[str]:
        service, _, name = self.action.partition(":")
        return [
            self.action,
            self.action.swapcase(),
            f"{service}:*",
            "*",
            f"{service}:{name[:3]}*",
            f"{service}:?{name[1:]}",
            f"{service}:*{name[-4:]}",
            "cloudtrail:LookupEvents",
        ]

    def resource_patterns(self) -> list[str]:
        if self.resource == "*":
            return ["*"]
        head, _, last = self.resource.rpartition(":")
        service = self.resource.split(":")[2]
        return [
            "*",
            "*",
            self.resource,
            f"{head}:*",
            self.resource[:-2] + "*",
            self.resource[:-1] + "?",
            self.resource.upper(),
            f"arn:*:{service}:*:*:{last}",
            f"arn:aws:{service}:*",
            f"arn:aws:{service}",
            self.resource if head.endswith(":") else f"{head[:-1]}*:{last}",
            self.resource.replace("alice", "${aws:username}"),
            self.resource.replace("alice", "${aws:username, 'alice'}"),
            self.resource.replace("data", "${aws:PrincipalTag/team}"),
            self.resource.replace("+", "${*}"),
        ]

    def condition(self) -> Raw:
        block: Raw = {}
        for key in self.some_of(sorted(self.keys)):
            kind, texts, _ = self.keys[key]
            operator = self.random.choice(OPERATORS[kind])
            if kind == "Strings":
                operator = self.random.choice(["ForAnyValue:", "ForAllValues:"]) + operator
            if self.random.random() < 0.25:
                operator += "IfExists"
            if self.random.random() < 0.1:
                operator, texts = "Null", ["true", "false"]
            written = self.random.choice([key, key.lower()])
            block.setdefault(operator, {})[written] = self.some_of(texts)
        return block

    def resource_policy(self) -> Raw:
        statements = [self.resource_statement() for _ in range(self.random.choice([1, 1, 2, 3]))]
        return {"Version": "2012-10-17", "Statement": statements}

    def resource_statement(self) -> Raw:
        statement = self.statement()
        if self.form == "resource" and statement["Effect"] == "Deny" and self.random.random() < 0.2:
            return statement | {"NotPrincipal": {"AWS": self.some_of(self.names_of_caller(), most=3)}}
        statement["Principal"] = self.principal()
        if statement["Principal"] in ("*", {"AWS": "*"}) and self.random.random() < 0.5:
            operator = self.random.choice(["ArnLike", "ArnEquals", "StringEquals", "StringLike", "ArnNotLike"])
            arns = [self.caller.iam_arn, f"arn:aws:iam::{self.caller.account}:role/*"]
            statement["Condition"] = {operator: {"aws:PrincipalArn": self.some_of(arns, most=1)}}
        if self.form == "trust":
            for element in ("Resource", "NotResource", "NotAction"):
                statement.pop(element, None)
            statement["Action"] = self.random.choice(
                [["sts:AssumeRole"], ["sts:AssumeRole", "sts:TagSession"], "sts:*"]
            )
        return statement

    def names_of_caller(self) -> list[str]:
        return [self.caller.arn, self.caller.iam_arn, f"arn:aws:iam::{self.caller.account}:root"]

    def principal(self) -> Any:
        account = self.caller.account
        return self.random.choice(
            [
                "*",
                {"AWS": "*"},
                {"AWS": f"arn:aws:iam::{account}:root"},
                {"AWS": account},
                {"AWS": self.caller.iam_arn},
                {"AWS": self.caller.iam_arn},
                {"AWS": [self.caller.arn, f"arn:aws:iam::{OTHER}:user/somebody"]},
                {"AWS": [f"arn:aws:iam::{account}:user/somebody"]},
                {"Service": "ec2.amazonaws.com"},
            ]
        )

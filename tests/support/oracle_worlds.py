"""Draw fully specified requests with the policies that decide them, as raw JSON that any evaluator can read.

Actions, resources and keys are real ones, because an evaluator may check them against AWS's lists. KMS is left out: a
key always has a policy, which decides by rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

Raw = dict[str, Any]

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-abcdefghij"
SESSION_NAME = "work"

SUBJECTS = [
    ("s3:GetObject", "arn:aws:s3:::data/alice/report.txt"),
    ("s3:PutObject", "arn:aws:s3:::data/a b+c%20"),
    ("s3:GetObject", "arn:aws:s3:::data/a:b/Ünïcode ☃"),
    ("s3:ListBucket", "arn:aws:s3:::data"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{HOME}:table/orders"),
    ("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{HOME}:instance/i-0123456789abcdef0"),
    ("ec2:DescribeInstances", "*"),
    ("iam:GetUser", f"arn:aws:iam::{HOME}:user/staff/alice"),
    ("iam:PassRole", f"arn:aws:iam::{HOME}:role/app/web"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{HOME}:jobs"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:db/alice-AbCdEf"),
    ("logs:PutLogEvents", f"arn:aws:logs:eu-west-1:{HOME}:log-group:/app/web:log-stream:one"),
]
"""Actions, and resources on which they work."""

SHARED_SUBJECTS = [subject for subject in SUBJECTS if subject[0].partition(":")[0] in ("s3", "sqs", "secretsmanager")]
"""Those whose resources may have a policy."""

ROLE = f"arn:aws:iam::{HOME}:role/team/target"
SUBJECT_OF_TRUST = ("sts:AssumeRole", ROLE)

KEYS: dict[str, tuple[str, list[str], list[str | list[str] | None]]] = {
    "aws:RequestedRegion": ("String", ["eu-west-1", "eu-*", "us-east-?", "EU-WEST-1"], ["eu-west-1", "us-east-1"]),
    "aws:UserAgent": ("String", ["aws-cli/*", "*boto*", "aws-cli/2"], [None, "aws-cli/2", "Boto3", "a*b"]),
    "aws:PrincipalTag/team": ("String", ["red", "r*", "RED", "${aws:PrincipalTag/team}", ""], [None, "red", "Blue"]),
    "aws:PrincipalOrgID": ("String", [ORGANIZATION, "o-*", "o-other"], [None, ORGANIZATION]),
    "aws:username": ("String", ["alice", "a*", "${aws:username}", "${aws:PrincipalTag/team}"], []),
    "aws:userid": ("String", ["AIDA*", "AROA*:work", "*:${aws:PrincipalTag/team, 'work'}"], []),
    "aws:PrincipalType": ("String", ["User", "AssumedRole", "user"], []),
    "aws:PrincipalAccount": ("String", [HOME, OTHER], []),
    "aws:PrincipalArn": (
        "Arn",
        [
            f"arn:aws:iam::{HOME}:*",
            "arn:aws:iam::*:role/*",
            f"arn:aws:iam::{OTHER}:user/al?ce",
            "arn:aws:*:*:*:*/alice",
        ],
        [],
    ),
    "aws:SourceArn": (
        "Arn",
        ["arn:aws:s3:::data", "arn:aws:s3:::*", "arn:aws:sns:*:*:topic", "arn:aws:sns:eu-west-1:*"],
        [None, "arn:aws:s3:::data", f"arn:aws:sns:eu-west-1:{HOME}:topic"],
    ),
    "aws:MultiFactorAuthPresent": ("Bool", ["true", "false", "True"], [None, "true", "false"]),
    "aws:SecureTransport": ("Bool", ["true", "false"], ["true", "false"]),
    "aws:ViaAWSService": ("Bool", ["true", "false"], ["true", "false"]),
    "aws:MultiFactorAuthAge": ("Numeric", ["3600", "300", "300.0", "3.6e3"], [None, "300", "3600", "86400"]),
    "aws:CurrentTime": (
        "Date",
        ["2026-06-01T00:00:00Z", "2026-06-01", "2026-06-01T02:00:00+02:00", "1780272000"],
        ["2026-06-01T00:00:00Z", "2025-12-31T23:59:59Z", "2027-01-01T00:00:00Z"],
    ),
    "aws:TokenIssueTime": ("Date", ["2026-06-01T00:00:00Z", "2026-01"], [None, "2026-05-31T22:00:00Z"]),
    "aws:SourceIp": (
        "IpAddress",
        ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "10.1.2.3/16"],
        [None, "10.1.2.3", "10.2.0.1", "2001:db8::1", "192.0.2.1"],
    ),
    "aws:TagKeys": ("Strings", ["team", "cost", "t*", "Team"], [None, ["team"], ["team", "cost"], ["x", "team"]]),
    "aws:PrincipalOrgPaths": (
        "Strings",
        [f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/*", f"{ORGANIZATION}/*", "o-other/*"],
        [None, [f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"]],
    ),
}
"""Maps each key to its type, texts of policies, and values of requests (none: they follow from the principal)."""

KEYS_OF_ACTIONS = {
    "sts:AssumeRole": {
        "sts:ExternalId": ("String", ["abc", "a*", "ABC"], [None, "abc", "other"]),
        "sts:RoleSessionName": ("String", ["${aws:username}", "work", "w*"], ["alice", "work"]),
        "sts:SourceIdentity": ("String", ["alice", "${aws:username}"], [None, "alice"]),
    },
    "s3:ListBucket": {
        "s3:prefix": ("String", ["home/${aws:username}/*", "", "home/*", "${*}"], [None, "home/alice/x", "", "*"]),
        "s3:max-keys": ("Numeric", ["10", "1e1", "-1"], [None, "10", "1000"]),
    },
}
"""Keys that only one action has."""

OPERATORS = {
    "String": [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringEquals", "StringLike", "StringNotLike"],
    "Bool": ["Bool", "StringEquals"],
    "Numeric": [
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ],
    "Date": [
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ],
    "IpAddress": ["IpAddress", "NotIpAddress"],
    "Strings": ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"],
}


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

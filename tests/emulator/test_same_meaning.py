"""Documents that mean the same are not changes, however they are written; those that only look alike are one.

Every row is a pair of documents. All first ones are applied by one file; then the second ones are planned against
them, once written in the file and once written live, by hand. Each identity row is a managed policy and an inline
policy of a user, a group and a role; each trust row is a role.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.support.account import Account
from tests.support.emulators import StartSandbox

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER = "210987654321"
OTHER_ROOT = f"arn:aws:iam::{OTHER}:root"
ALICE, BOB, ROLE = (f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("user/alice", "user/bob", "role/alice"))

Document = dict[str, Any]


class Row(NamedTuple):
    """`where`: "both", or the one side on which the second form can be written at all."""

    name: str
    one: Document
    other: Document
    where: str = "both"

    @property
    def key(self) -> str:
        return "".join(char if char.isalnum() else "-" for char in self.name)


def document(*statements: Document, **more: Any) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Document:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def when(operator: str, key: str, value: Any) -> Document:
    """A document with one condition."""
    return document(allow(Condition={operator: {key: value}}))


def without(mapping: Document, key: str) -> Document:
    return {name: value for name, value in mapping.items() if name != key}


def trust_document(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> Document:
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def trust_when(operator: str, key: str, value: Any) -> Document:
    return trust_document({"AWS": ROOT}, Condition={operator: {key: value}})


A, B = "arn:aws:s3:::a/*", "arn:aws:s3:::b/*"
TEAM = "aws:PrincipalTag/team"
DENY = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}

SAME = [
    Row("action as a list", document(allow("s3:GetObject")), document(allow(["s3:GetObject"]))),
    Row("resource as a list", document(allow(resource=A)), document(allow(resource=[A]))),
    Row("resource as a scalar", document(allow(resource=[A])), document(allow(resource=A))),
    Row(
        "not action as a list",
        document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        document({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
    ),
    Row(
        "not resource as a list",
        document({"Effect": "Allow", "Action": "s3:*", "NotResource": A}),
        document({"Effect": "Allow", "Action": "s3:*", "NotResource": [A]}),
    ),
    Row("condition value as a list", when("StringEquals", TEAM, "x"), when("StringEquals", TEAM, ["x"])),
    Row(
        "addresses as a scalar",
        when("IpAddress", "aws:SourceIp", ["10.0.0.0/8"]),
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ),
    Row(
        "order of actions",
        document(allow(["s3:GetObject", "s3:PutObject"])),
        document(allow(["s3:PutObject", "s3:GetObject"])),
    ),
    Row("order of resources", document(allow(resource=[A, B])), document(allow(resource=[B, A]))),
    Row("order of condition values", when("StringEquals", TEAM, ["x", "y"]), when("StringEquals", TEAM, ["y", "x"])),
    Row("order of statements", document(allow(), DENY), document(DENY, allow())),
    Row(
        "order of statements with Sids",
        document(allow(Sid="One"), {**DENY, "Sid": "Two"}),
        document({**DENY, "Sid": "Two"}, allow(Sid="One")),
    ),
    Row(
        "order of condition keys",
        document(allow(Condition={"StringEquals": {TEAM: "x", "aws:RequestedRegion": "eu-west-1"}})),
        document(allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1", TEAM: "x"}})),
    ),
    Row(
        "order of condition operators",
        document(allow(Condition={"StringEquals": {TEAM: "x"}, "Bool": {"aws:SecureTransport": "true"}})),
        document(allow(Condition={"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {TEAM: "x"}})),
    ),
    Row(
        "order of elements",
        document({"Sid": "One", **allow(resource=A)}),
        {
            "Statement": [{"Resource": A, "Action": "s3:GetObject", "Effect": "Allow", "Sid": "One"}],
            "Version": "2012-10-17",
        },
    ),
    Row("an action twice", document(allow("s3:GetObject")), document(allow(["s3:GetObject", "s3:GetObject"]))),
    Row(
        "an action twice in two cases",
        document(allow("s3:GetObject")),
        document(allow(["s3:GetObject", "s3:getobject"])),
    ),
    Row("a resource twice", document(allow(resource=[A, B])), document(allow(resource=[A, B, A]))),
    Row("a condition value twice", when("StringEquals", TEAM, ["x", "y"]), when("StringEquals", TEAM, ["x", "y", "x"])),
    Row("a statement twice", document(allow(), DENY), document(allow(), DENY, allow())),
    Row("a statement twice in two forms", document(allow()), document(allow(), allow(["S3:GetObject"], ["*"]))),
    Row("letter case of an action", document(allow("s3:GetObject")), document(allow("s3:getobject"))),
    Row("letter case of a service", document(allow("s3:GetObject")), document(allow("S3:GetObject"))),
    Row("letter case of an action pattern", document(allow("ec2:Describe*")), document(allow("EC2:describe*"))),
    Row(
        "letter case of a not action",
        document({"Effect": "Deny", "NotAction": ["iam:GetUser"], "Resource": "*"}),
        document({"Effect": "Deny", "NotAction": ["IAM:getuser"], "Resource": "*"}),
    ),
    Row(
        "letter case of a global condition key",
        when("Bool", "aws:SecureTransport", "true"),
        when("Bool", "AWS:securetransport", "true"),
    ),
    Row(
        "letter case of a condition key of a service",
        when("StringLike", "s3:prefix", "a/*"),
        when("StringLike", "S3:Prefix", "a/*"),
    ),
    Row(
        "letter case of a tag key in a condition",
        when("StringEquals", "aws:ResourceTag/Team", "x"),
        when("StringEquals", "aws:resourcetag/team", "x"),
    ),
    Row(
        "a boolean without quotes",
        when("Bool", "aws:SecureTransport", "true"),
        when("Bool", "aws:SecureTransport", True),
    ),
    Row(
        "a boolean with quotes",
        when("Bool", "aws:SecureTransport", False),
        when("Bool", "aws:SecureTransport", "false"),
    ),
    Row(
        "a boolean in another case",
        when("Bool", "aws:SecureTransport", "true"),
        when("Bool", "aws:SecureTransport", "True"),
    ),
    Row(
        "a boolean as a list", when("Bool", "aws:SecureTransport", "true"), when("Bool", "aws:SecureTransport", [True])
    ),
    Row(
        "a boolean if it exists",
        when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
        when("BoolIfExists", "aws:MultiFactorAuthPresent", False),
    ),
    Row("a null without quotes", when("Null", TEAM, "true"), when("Null", TEAM, True)),
    Row("a null in another case", when("Null", TEAM, "true"), when("Null", TEAM, "True")),
    # The emulator takes no bare number in a condition of an identity policy, though AWS's grammar has them.
    Row(
        "a number without quotes",
        when("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        when("NumericLessThan", "aws:MultiFactorAuthAge", 3600),
        "file",
    ),
    Row(
        "numbers with and without quotes",
        when("NumericEquals", "s3:max-keys", ["1", "2"]),
        when("NumericEquals", "s3:max-keys", ["2", 1]),
        "file",
    ),
    Row(
        "a fraction without quotes",
        when("NumericEquals", "s3:max-keys", "1.5"),
        when("NumericEquals", "s3:max-keys", 1.5),
        "file",
    ),
    Row("one statement as an object", document(allow()), {"Version": "2012-10-17", "Statement": allow()}),
    Row("one statement as a list", {"Version": "2012-10-17", "Statement": allow()}, document(allow())),
    Row("an empty Condition", document(allow()), document(allow(Condition={}))),
    Row("no Condition instead of an empty one", document(allow(Condition={})), document(allow())),
    Row("no Version in the file", document(allow()), without(document(allow()), "Version"), "file"),
    Row(
        "everything at once",
        document(
            {"Sid": "One", **allow(["s3:GetObject", "s3:PutObject"], [A, B])},
            {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ),
        document(
            {"Condition": {"Bool": {"AWS:SecureTransport": [False]}}, **DENY, "Action": ["S3:deleteobject"]},
            {"Sid": "One", **allow(["s3:putobject", "s3:GetObject", "S3:GETOBJECT"], [B, A]), "Condition": {}},
        ),
    ),
]

SAME_TRUSTS = [
    Row("an account as its root", trust_document({"AWS": OTHER}), trust_document({"AWS": OTHER_ROOT})),
    Row("a root as its account", trust_document({"AWS": OTHER_ROOT}), trust_document({"AWS": OTHER})),
    Row(
        "accounts and roots in a list",
        trust_document({"AWS": [ROOT, OTHER]}),
        trust_document({"AWS": [OTHER_ROOT, ACCOUNT]}),
    ),
    Row("an account in both forms", trust_document({"AWS": OTHER}), trust_document({"AWS": [OTHER, OTHER_ROOT]})),
    Row("a principal as a list", trust_document({"AWS": ROOT}), trust_document({"AWS": [ROOT]})),
    Row("order of users", trust_document({"AWS": [ALICE, BOB]}), trust_document({"AWS": [BOB, ALICE]})),
    Row("a user twice", trust_document({"AWS": [ALICE, BOB]}), trust_document({"AWS": [ALICE, BOB, ALICE]})),
    Row(
        "a service as a list",
        trust_document({"Service": "ec2.amazonaws.com"}),
        trust_document({"Service": ["ec2.amazonaws.com"]}),
    ),
    Row(
        "order of services",
        trust_document({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}),
        trust_document({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}),
    ),
    Row(
        "order of kinds of principals",
        trust_document({"AWS": ROOT, "Service": "ec2.amazonaws.com"}),
        trust_document({"Service": "ec2.amazonaws.com", "AWS": ROOT}),
    ),
    Row("letter case of the action", trust_document({"AWS": ROOT}), trust_document({"AWS": ROOT}, "STS:assumerole")),
    Row("the action as a list", trust_document({"AWS": ROOT}), trust_document({"AWS": ROOT}, ["sts:AssumeRole"])),
    Row(
        "order of actions",
        trust_document({"AWS": ROOT}, ["sts:AssumeRole", "sts:TagSession"]),
        trust_document({"AWS": ROOT}, ["sts:TagSession", "sts:AssumeRole"]),
    ),
    Row(
        "letter case of a condition key",
        trust_when("Bool", "aws:MultiFactorAuthPresent", "true"),
        trust_when("Bool", "aws:multifactorauthpresent", "true"),
    ),
    Row(
        "a boolean without quotes",
        trust_when("Bool", "aws:MultiFactorAuthPresent", "true"),
        trust_when("Bool", "aws:MultiFactorAuthPresent", True),
    ),
    Row(
        "a number without quotes",
        trust_when("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        trust_when("NumericLessThan", "aws:MultiFactorAuthAge", 3600),
    ),
    Row(
        "an external id as a list",
        trust_when("StringEquals", "sts:ExternalId", "abc"),
        trust_when("StringEquals", "sts:ExternalId", ["abc"]),
    ),
    Row("an empty Condition", trust_document({"AWS": ROOT}), trust_document({"AWS": ROOT}, Condition={})),
    Row(
        "one statement as an object",
        trust_document({"AWS": ROOT}),
        {"Version": "2012-10-17", "Statement": trust_document({"AWS": ROOT})["Statement"][0]},
    ),
    Row(
        "order of statements",
        document(
            *trust_document({"AWS": ALICE})["Statement"], *trust_document({"Service": "ec2.amazonaws.com"})["Statement"]
        ),
        document(
            *trust_document({"Service": "ec2.amazonaws.com"})["Statement"], *trust_document({"AWS": ALICE})["Statement"]
        ),
    ),
    Row(
        "no Version in the file",
        trust_document({"AWS": ROOT}),
        without(trust_document({"AWS": ROOT}), "Version"),
        "file",
    ),
]

LOOK_ALIKE = [
    Row(
        "letter case of a resource",
        document(allow(resource=A)),
        document(allow(resource=A.upper().replace("ARN:AWS:S3", "arn:aws:s3"))),
    ),
    Row("another Sid", document(allow(Sid="One")), document(allow(Sid="Two"))),
    Row("no Sid", document(allow(Sid="One")), document(allow())),
    Row("letter case of a Sid", document(allow(Sid="One")), document(allow(Sid="one"))),
    Row("the other Effect", document(allow()), document({**allow(), "Effect": "Deny"})),
    Row("an Id", document(allow()), document(allow(), Id="mine")),
    Row(
        "not action for action",
        document(allow("s3:*")),
        document({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
    ),
    Row(
        "not resource for resource",
        document(allow(resource=A)),
        document({**without(allow(), "Resource"), "NotResource": A}),
    ),
    Row("a pattern for what it matches", document(allow("s3:GetObject")), document(allow("s3:GetObject*"))),
    Row("a pattern beside what it matches", document(allow("s3:Get*")), document(allow(["s3:Get*", "s3:GetObject"]))),
    Row("a star beside a resource", document(allow(resource="*")), document(allow(resource=["*", A]))),
    Row("letter case of a condition value", when("StringEquals", TEAM, "x"), when("StringEquals", TEAM, "X")),
    Row("true in another case as text", when("StringEquals", TEAM, "true"), when("StringEquals", TEAM, "True")),
    Row("one more condition value", when("StringEquals", TEAM, "x"), when("StringEquals", TEAM, ["x", "y"])),
    Row("white space in a condition value", when("StringEquals", TEAM, "x"), when("StringEquals", TEAM, "x ")),
    Row("zeros before a number", when("NumericEquals", "s3:max-keys", "5"), when("NumericEquals", "s3:max-keys", "05")),
    Row("another boolean", when("Bool", "aws:SecureTransport", "true"), when("Bool", "aws:SecureTransport", False)),
    Row("another null", when("Null", TEAM, "true"), when("Null", TEAM, "false")),
    Row("another condition key", when("StringEquals", TEAM, "x"), when("StringEquals", "aws:ResourceTag/team", "x")),
    Row("like for equals", when("StringEquals", TEAM, "x"), when("StringLike", TEAM, "x")),
    Row("equals without case for equals", when("StringEquals", TEAM, "x"), when("StringEqualsIgnoreCase", TEAM, "x")),
    Row("if exists", when("StringEquals", TEAM, "x"), when("StringEqualsIfExists", TEAM, "x")),
    Row(
        "a boolean only if it exists",
        when("Bool", "aws:SecureTransport", "true"),
        when("BoolIfExists", "aws:SecureTransport", "true"),
    ),
    Row(
        "for any value", when("StringEquals", "aws:TagKeys", "x"), when("ForAnyValue:StringEquals", "aws:TagKeys", "x")
    ),
    Row(
        "for all values",
        when("ForAnyValue:StringEquals", "aws:TagKeys", "x"),
        when("ForAllValues:StringEquals", "aws:TagKeys", "x"),
    ),
    Row("no condition", when("StringEquals", TEAM, "x"), document(allow())),
    Row(
        "conditions under one operator for two statements",
        document(allow(Condition={"StringEquals": {TEAM: "x", "aws:RequestedRegion": "eu-west-1"}})),
        document(
            allow(Condition={"StringEquals": {TEAM: "x"}}),
            allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        ),
    ),
]

LOOK_ALIKE_TRUSTS = [
    Row(
        "everyone in two forms",
        trust_document("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        trust_document({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    ),
    Row("a user for its account", trust_document({"AWS": ROOT}), trust_document({"AWS": ALICE})),
    Row("a role for a user of its name", trust_document({"AWS": ALICE}), trust_document({"AWS": ROLE})),
    Row("another account", trust_document({"AWS": OTHER}), trust_document({"AWS": "210987654322"})),
    Row(
        "one more service",
        trust_document({"Service": "ec2.amazonaws.com"}),
        trust_document({"Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}),
    ),
    Row(
        "the other Effect",
        trust_document({"AWS": ROOT}),
        document({"Effect": "Deny", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}),
    ),
    Row(
        "one more action",
        trust_document({"AWS": ROOT}),
        trust_document({"AWS": ROOT}, ["sts:AssumeRole", "sts:TagSession"]),
    ),
    Row("the older Version", trust_document({"AWS": ROOT}), {**trust_document({"AWS": ROOT}), "Version": "2008-10-17"}),
    Row("no Version live", trust_document({"AWS": ROOT}), without(trust_document({"AWS": ROOT}), "Version"), "live"),
    Row("a Sid", trust_document({"AWS": ROOT}), trust_document({"AWS": ROOT}, Sid="One")),
    Row(
        "letter case of an external id",
        trust_when("StringEquals", "sts:ExternalId", "abc"),
        trust_when("StringEquals", "sts:ExternalId", "Abc"),
    ),
    Row(
        "an MFA age",
        trust_when("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        trust_when("NumericLessThan", "aws:MultiFactorAuthAge", "36000"),
    ),
    Row(
        "if exists",
        trust_when("Bool", "aws:MultiFactorAuthPresent", "true"),
        trust_when("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
    ),
    Row("no condition", trust_when("Bool", "aws:MultiFactorAuthPresent", "true"), trust_document({"AWS": ROOT})),
]

RULES: dict[str, tuple[list[Document], Document]] = {
    "users as they are": ([{"users": ["alice", "bob"]}], trust_document({"AWS": [BOB, ALICE]})),
    "one user with a fresh MFA": (
        [{"users": ["alice"], "mfa": {"max_age": "1h"}}],
        trust_document(
            {"AWS": [ALICE]},
            Condition={
                "NumericLessThan": {"aws:multifactorauthage": 3600},
                "Bool": {"AWS:MultiFactorAuthPresent": True},
            },
        ),
    ),
    "an account with an external id": (
        [{"accounts": [OTHER], "external_id": "abc"}],
        trust_document({"AWS": OTHER}, ["sts:assumerole"], Condition={"StringEquals": {"sts:externalid": ["abc"]}}),
    ),
    "two services with session tags": (
        [{"services": ["ec2.amazonaws.com", "ecs.amazonaws.com"], "session_tags": True}],
        trust_document({"Service": ["ecs.amazonaws.com", "ec2.amazonaws.com"]}, ["sts:TagSession", "sts:AssumeRole"]),
    ),
    "two rules": (
        [{"users": ["alice"], "sid": "People"}, {"services": ["ec2.amazonaws.com"]}],
        document(
            *trust_document({"Service": "ec2.amazonaws.com"})["Statement"],
            *trust_document({"AWS": ALICE}, Sid="People")["Statement"],
        ),
    ),
}


def rule_address(name: str) -> str:
    return f"role/rule-{name.replace(' ', '-')}"


PER_HOLDER = 8
"""Inline documents of one holder: a user's are 2048 characters together."""

Found = set[tuple[str, str]]
"""(address, path) of every field that a plan changes."""


def sides(rows: list[Row], where: str) -> list[Document]:
    """The documents of the rows, in the second form where that can be written there."""
    return [row.other if row.where in ("both", where) else row.one for row in rows]


def make_desired(
    rows: list[Row], documents: list[Document], trusts: list[Row], trust_documents: list[Document]
) -> Document:
    """The file: every document in its places."""
    policies, users, groups, roles = {}, {"alice": {}, "bob": {}}, {}, {}
    roles["alice"] = {"trust_policy": trust_document({"AWS": ROOT})}
    for index, (row, written) in enumerate(zip(rows, documents, strict=True)):
        holder = f"holder-{index // PER_HOLDER}"
        policies[row.key] = {"document": written}
        empty_role = {"trust_policy": trust_document({"AWS": ROOT}), "inline_policies": {}}
        users.setdefault(holder, {"inline_policies": {}})["inline_policies"][row.key] = written
        groups.setdefault(holder, {"inline_policies": {}})["inline_policies"][row.key] = written
        roles.setdefault(holder, empty_role)["inline_policies"][row.key] = written
    for row, written in zip(trusts, trust_documents, strict=True):
        roles[f"trust-{row.key}"] = {"trust_policy": written}
    for name, (rules, _) in RULES.items():
        roles[rule_address(name).removeprefix("role/")] = {"trust": rules}
    return {"version": 1, "owner": "same", "policies": policies, "groups": groups, "users": users, "roles": roles}


def write_live(iam: Any, rows: list[Row], trusts: list[Row]) -> None:
    """The second form of every row, put there by hand, with the white space that editors leave."""
    for index, (row, written) in enumerate(zip(rows, sides(rows, "live"), strict=True)):
        if written is row.one:
            continue
        text, holder = json.dumps(written, indent=2), f"holder-{index // PER_HOLDER}"
        arn = f"arn:aws:iam::{ACCOUNT}:policy/{row.key}"
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        for kind in ("User", "Group", "Role"):
            put = getattr(iam, f"put_{kind.lower()}_policy")
            put(**{f"{kind}Name": holder}, PolicyName=row.key, PolicyDocument=text)
    for row, written in zip(trusts, sides(trusts, "live"), strict=True):
        iam.update_assume_role_policy(RoleName=f"trust-{row.key}", PolicyDocument=json.dumps(written, indent=2))
    for name, (_, written) in RULES.items():
        role = rule_address(name).removeprefix("role/")
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(written))


def plan_rows(account: Account) -> dict[str, Found]:
    """What is found with the second forms in the file, and with the second forms live."""
    rows, trusts = [*SAME, *LOOK_ALIKE], [*SAME_TRUSTS, *LOOK_ALIKE_TRUSTS]
    account.write(
        json.dumps(make_desired(rows, [row.one for row in rows], trusts, [row.one for row in trusts]), indent=1)
    )
    account.apply()
    account.write(
        json.dumps(make_desired(rows, sides(rows, "file"), trusts, sides(trusts, "file")), indent=1), "other.yaml"
    )
    found = {"file": fields(account.plan("other.yaml"))}
    write_live(account.iam, rows, trusts)
    return found | {"live": fields(account.plan())}


def fields(plan: Any) -> Found:
    return {(change["address"], field["path"]) for change in plan["changes"] for field in change["fields"]}


def places(row: Row) -> Found:
    """Where an identity row stands: (address, path)."""
    holder = f"holder-{[*SAME, *LOOK_ALIKE].index(row) // PER_HOLDER}"
    inline = {(f"{kind}/{holder}", f"inline_policies.{row.key}") for kind in ("user", "group", "role")}
    return {(f"policy/{row.key}", "document")} | inline


def trust_place(row: Row) -> tuple[str, str]:
    return f"role/trust-{row.key}", "trust_policy"


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory, start: StartSandbox) -> Iterator[dict[str, Found]]:
    with start() as running:
        yield plan_rows(Account(running, tmp_path_factory.mktemp("meaning")))


@pytest.mark.parametrize("where", ["file", "live"])
def test_what_changes_its_meaning_is_found_and_nothing_else(differences: dict[str, Found], where: str) -> None:
    """Each row that has the second form on that side: of `LOOK_ALIKE` all are found, of `SAME` and `RULES` none."""
    identity = [places(row) for row in LOOK_ALIKE if row.where in ("both", where)]
    trusts = {trust_place(row) for row in LOOK_ALIKE_TRUSTS if row.where in ("both", where)}
    assert differences[where] == trusts.union(*identity)

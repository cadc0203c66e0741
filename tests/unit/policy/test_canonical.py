"""Documents are equal if IAM treats them alike, else not (IAM User Guide, "Grammar of the JSON policy language")."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.policy.canonical import as_json, canonical, parse_authored

Json = Any

BASE: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
TRUST: dict[str, Json] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}


def document(*statements: dict[str, Json], **rest: Json) -> dict[str, Json]:
    return {"Version": "2012-10-17", **rest, "Statement": list(statements)}


def a(**changes: Json) -> dict[str, Json]:
    """The base statement with some elements changed; None removes one."""
    return document({key: value for key, value in {**BASE, **changes}.items() if value is not None})


def when(operator: str, key: str, values: Json) -> dict[str, Json]:
    return a(Condition={operator: {key: values}})


def trust_principal(principal: Json) -> dict[str, Json]:
    return document({**TRUST, "Principal": principal})


SAME: dict[str, tuple[Json, Json]] = {
    "one action and a list of one": (a(), a(Action=["s3:GetObject"])),
    "one NotAction and a list of one": (a(Action=None, NotAction="s3:*"), a(Action=None, NotAction=["s3:*"])),
    "one resource and a list of one": (a(), a(Resource=["arn:aws:s3:::b/*"])),
    "one NotResource and a list of one": (
        a(Resource=None, NotResource="arn:aws:s3:::b"),
        a(Resource=None, NotResource=["arn:aws:s3:::b"]),
    ),
    "one principal and a list of one": (
        trust_principal({"AWS": "123456789012"}),
        trust_principal({"AWS": ["123456789012"]}),
    ),
    "one condition value and a list of one": (
        when("StringEquals", "s3:prefix", "x"),
        when("StringEquals", "s3:prefix", ["x"]),
    ),
    "one statement and a list of one": (a(), {"Version": "2012-10-17", "Statement": BASE}),
    "actions in another order": (a(Action=["s3:a", "s3:b"]), a(Action=["s3:b", "s3:a"])),
    "an action twice": (a(Action=["s3:a", "s3:a"]), a(Action="s3:a")),
    "resources in another order": (a(Resource=["arn:aws:s3:::a", "*"]), a(Resource=["*", "arn:aws:s3:::a"])),
    "a resource twice": (a(Resource=["*", "*"]), a(Resource="*")),
    "principals in another order": (
        trust_principal({"AWS": ["1" * 12, "2" * 12]}),
        trust_principal({"AWS": ["2" * 12, "1" * 12]}),
    ),
    "kinds of principals in another order": (
        trust_principal({"AWS": "1" * 12, "Service": "ec2.amazonaws.com"}),
        trust_principal({"Service": "ec2.amazonaws.com", "AWS": "1" * 12}),
    ),
    "condition values in another order": (when("StringLike", "a:b", ["x", "y"]), when("StringLike", "a:b", ["y", "x"])),
    "operators in another order": (
        a(Condition={"Bool": {"a:b": "true"}, "StringLike": {"a:c": "x"}}),
        a(Condition={"StringLike": {"a:c": "x"}, "Bool": {"a:b": "true"}}),
    ),
    "statements in another order": (
        document(BASE, {**BASE, "Effect": "Deny"}),
        document({**BASE, "Effect": "Deny"}, BASE),
    ),
    "a statement twice": (document(BASE, BASE), document(BASE)),
    "an action in another letter case": (a(Action="S3:getobject"), a()),
    "a wildcard action in another letter case": (a(Action="s3:GET*"), a(Action="s3:get*")),
    "the same action in two letter cases": (a(Action=["s3:GetObject", "S3:GETOBJECT"]), a()),
    "a condition key in another letter case": (
        when("Bool", "AWS:securetransport", "true"),
        when("Bool", "aws:SecureTransport", "true"),
    ),
    "a tag name of a condition key in another letter case": (
        when("StringEquals", "aws:ResourceTag/Team", "x"),
        when("StringEquals", "aws:resourcetag/team", "x"),
    ),
    "a boolean without quotes": (
        when("Bool", "aws:SecureTransport", True),
        when("Bool", "aws:SecureTransport", "true"),
    ),
    "false without quotes": (when("Null", "aws:TokenIssueTime", False), when("Null", "aws:TokenIssueTime", "false")),
    "a number without quotes": (when("NumericLessThan", "a:b", 5), when("NumericLessThan", "a:b", "5")),
    "a whole number with a point": (when("NumericLessThan", "a:b", 5.0), when("NumericLessThan", "a:b", 5)),
    "True and true for Bool": (
        when("Bool", "aws:SecureTransport", "True"),
        when("Bool", "aws:SecureTransport", "true"),
    ),
    "TRUE and true for BoolIfExists": (when("BoolIfExists", "a:b", "TRUE"), when("BoolIfExists", "a:b", "true")),
    "FALSE and false for Null": (when("Null", "a:b", "FALSE"), when("Null", "a:b", "false")),
    "True and true under a quantifier": (
        when("ForAnyValue:Bool", "a:b", "True"),
        when("ForAnyValue:Bool", "a:b", "true"),
    ),
    "an account id and its root": (
        trust_principal({"AWS": "123456789012"}),
        trust_principal({"AWS": "arn:aws:iam::123456789012:root"}),
    ),
    "no Version and 2008-10-17": ({"Statement": [BASE]}, document(BASE, Version="2008-10-17")),
    "an empty Condition and none": (a(Condition={}), a()),
    "a short ARN and what IAM completes it to": (a(Resource="arn:aws:sqs"), a(Resource="arn:aws:sqs:*:*:*")),
    "a short ARN under NotResource": (
        a(Resource=None, NotResource="arn:aws:sqs:eu-west-1"),
        a(Resource=None, NotResource="arn:aws:sqs:eu-west-1:*:*"),
    ),
    "an empty Sid and none": (a(Sid=""), a()),
    "elements in another order": (a(), document(dict(reversed(BASE.items())))),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_two_spellings_of_one_meaning_are_equal(one: Json, other: Json) -> None:
    assert canonical(one) == canonical(other)
    assert hash(canonical(one)) == hash(canonical(other))


DIFFERENT: dict[str, tuple[Json, Json]] = {
    "the two versions": (document(BASE), document(BASE, Version="2008-10-17")),
    "no Version and 2012-10-17": ({"Statement": [BASE]}, document(BASE)),
    "Effect in another letter case": (a(Effect="allow"), a()),
    "a resource in another letter case": (a(Resource="arn:aws:s3:::B/*"), a()),
    "a condition value in another letter case": (when("StringEquals", "a:b", "X"), when("StringEquals", "a:b", "x")),
    "a text value that reads True": (when("StringEquals", "a:b", "True"), when("StringEquals", "a:b", "true")),
    "a user in another letter case": (
        trust_principal({"AWS": "arn:aws:iam::123456789012:user/A"}),
        trust_principal({"AWS": "arn:aws:iam::123456789012:user/a"}),
    ),
    "a Sid in another letter case": (a(Sid="A"), a(Sid="a")),
    "a Sid and none": (a(Sid="A"), a()),
    "an Id and none": (document(BASE, Id="x"), document(BASE)),
    "NotAction and Action": (a(Action=None, NotAction="s3:GetObject"), a()),
    "NotResource and Resource": (a(Resource=None, NotResource="*"), a(Resource="*")),
    "NotPrincipal and Principal": (
        document({"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "1" * 12}}),
        document({"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"AWS": "1" * 12}}),
    ),
    "a wildcard and what it stands for today": (a(Action="s3:Get*"), a(Action=["s3:Get*", "s3:GetObject"])),
    "* and *:*": (a(Action="*"), a(Action="*:*")),
    "an ARN that IAM completes and one that it refuses": (a(Resource="arn:aws:s3:*"), a(Resource="arn:aws:s3::*")),
    "every resource and every resource with one named": (a(Resource="*"), a(Resource=["*", "arn:aws:s3:::b"])),
    "IfExists and without": (when("Bool", "a:b", "true"), when("BoolIfExists", "a:b", "true")),
    "ForAllValues and ForAnyValue": (
        when("ForAllValues:StringEquals", "a:b", "x"),
        when("ForAnyValue:StringEquals", "a:b", "x"),
    ),
    "a quantifier and none": (when("ForAnyValue:StringEquals", "a:b", "x"), when("StringEquals", "a:b", "x")),
    "Equals and Like": (when("StringEquals", "a:b", "x"), when("StringLike", "a:b", "x")),
    "no values and no condition": (when("StringEquals", "a:b", []), a()),
    "no values and an empty text": (when("StringEquals", "a:b", []), when("StringEquals", "a:b", "")),
    "an operator without keys and no condition": (a(Condition={"StringEquals": {}}), a()),
    "another key": (when("Bool", "a:b", "true"), when("Bool", "a:c", "true")),
    "no principal and everybody": (document({key: TRUST[key] for key in ("Effect", "Action")}), trust_principal("*")),
    "a bare * and AWS *": (trust_principal("*"), trust_principal({"AWS": "*"})),
    "two bare principals": (
        trust_principal("arn:aws:iam::123456789012:user/a"),
        trust_principal("arn:aws:iam::123456789012:user/b"),
    ),
    "a Service and an AWS principal of one name": (trust_principal({"AWS": "x"}), trust_principal({"Service": "x"})),
    "a unique id and the ARN it was": (
        trust_principal({"AWS": "AIDAIOSFODNN7EXAMPLE1"}),
        trust_principal({"AWS": "arn:aws:iam::123456789012:user/a"}),
    ),
    "an account id in a condition and its root": (
        when("ArnEquals", "aws:PrincipalArn", "123456789012"),
        when("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:root"),
    ),
    "an account id as a Service": (
        trust_principal({"Service": "123456789012"}),
        trust_principal({"Service": "arn:aws:iam::123456789012:root"}),
    ),
    "digits that are not ASCII": (
        trust_principal({"AWS": "１２３４５６７８９０１２"}),
        trust_principal({"AWS": "arn:aws:iam::１２３４５６７８９０１２:root"}),
    ),
    "an element that AWS does not know": (a(Comment="x"), a()),
    "a statement split in two": (
        document({**BASE, "Action": "s3:a"}, {**BASE, "Action": "s3:b"}),
        a(Action=["s3:a", "s3:b"]),
    ),
    "no statement and one": (document(), document(BASE)),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_may_mean_something_else_is_never_equal(one: Json, other: Json) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-eusc"])
def test_an_account_id_is_the_root_of_the_partition_at_hand(partition: str) -> None:
    short, long = (
        trust_principal({"AWS": "123456789012"}),
        trust_principal({"AWS": f"arn:{partition}:iam::123456789012:root"}),
    )
    assert canonical(short, partition) == canonical(long, partition)
    assert canonical(short, "aws-iso") != canonical(long, partition)


def test_a_document_of_the_file_without_version_is_2012() -> None:
    assert parse_authored({"Statement": [BASE]}) == canonical(document(BASE))
    assert json.loads(parse_authored({"Statement": [BASE]}).text)["Version"] == "2012-10-17"


def test_a_written_version_is_sent_as_written() -> None:
    old = document(BASE, Version="2008-10-17")
    assert parse_authored(old) == canonical(old)
    assert json.loads(parse_authored(old).text) == old


def test_a_live_document_that_is_not_json_equals_only_itself() -> None:
    assert canonical("{broken") == canonical("{broken")
    assert canonical("{broken") != canonical("{broken ")
    assert canonical("{broken") != canonical({"Statement": []})
    assert as_json(canonical("{broken")) == "{broken"


def test_the_text_is_compact_and_keeps_the_author_s_order_and_letters() -> None:
    written = {"Statement": [{"Resource": "*", "Action": ["S3:getobject", "ä"], "Effect": "Allow"}]}
    assert canonical(written).text == (
        '{"Statement":[{"Resource":"*","Action":["S3:getobject","ä"],"Effect":"Allow"}]}'
    )


SHOWN: dict[str, tuple[Json, Json]] = {
    "lists are sorted, single values become lists": (
        a(Action=["s3:b", "s3:a"], Resource="*"),
        document({"Effect": "Allow", "Action": ["s3:a", "s3:b"], "Resource": ["*"]}),
    ),
    "the author's letter case stays": (
        a(Action="S3:getObject", Condition={"Bool": {"aws:SecureTransport": True}}),
        document(
            {
                "Effect": "Allow",
                "Action": ["S3:getObject"],
                "Resource": ["arn:aws:s3:::b/*"],
                "Condition": {"Bool": {"aws:SecureTransport": ["true"]}},
            }
        ),
    ),
    "a bare * stays bare": (
        trust_principal("*"),
        document({"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole"]}),
    ),
    "unknown elements are shown": (
        a(Comment=[1, {"b": None}]),
        document(
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::b/*"],
                "Comment": [1, {"b": None}],
            }
        ),
    ),
}


@pytest.mark.parametrize(("written", "shown"), SHOWN.values(), ids=SHOWN.keys())
def test_canonical_json_reads_like_a_policy(written: Json, shown: Json) -> None:
    assert as_json(canonical(written)) == shown


@pytest.mark.parametrize(
    "written",
    [*(one for pair in [*SAME.values(), *DIFFERENT.values()] for one in pair)],
    ids=[f"{name}, {side}" for name in [*SAME, *DIFFERENT] for side in ("one", "other")],
)
def test_canonical_json_means_what_was_written(written: Json) -> None:
    shown = as_json(canonical(written))
    assert canonical(shown) == canonical(written)
    assert as_json(canonical(shown)) == shown


def test_two_spellings_of_one_condition_key_lose_no_value() -> None:
    """AWS takes such a document from elsewhere; the file's grammar refuses it."""
    twice = a(Condition={"StringEquals": {"aws:PrincipalTag/Team": "x", "aws:principaltag/team": "y"}})
    assert canonical(as_json(canonical(twice))) == canonical(twice)


def test_the_same_text_is_one_document_in_each_partition() -> None:
    trust = {"Version": "2012-10-17", "Statement": {"Principal": {"AWS": "123456789012"}}}
    again = {"Version": "2012-10-17", "Statement": {"Principal": {"AWS": "123456789012"}}}
    assert canonical(trust) is canonical(again) is parse_authored(trust)
    assert canonical(trust, "aws-cn") != canonical(trust)

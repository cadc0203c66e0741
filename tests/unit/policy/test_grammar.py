"""The grammar of policy documents: what AWS refuses is an error here, what AWS itself publishes is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.problem import Level
from reconciler.policy.grammar import Flaw, Path, PolicyType, check_document
from tests.support.flaws import at_statement, codes_of
from tests.support.managed_policies import read_managed_documents

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
ABSENT = object()


def statement(**changes: object) -> dict[str, object]:
    """A good statement of an identity policy, changed; ABSENT drops an element."""
    merged = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}
    return {name: value for name, value in merged.items() if value is not ABSENT}


def document(*statements: object, **changes: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements), **changes}


def identity(**changes: object) -> list[Flaw]:
    return check_document(document(statement(**changes)), PolicyType.IDENTITY)


def when(operator: str, key: str, value: object) -> list[Flaw]:
    return identity(Condition={operator: {key: value}})


@pytest.mark.parametrize("use", [PolicyType.IDENTITY, PolicyType.MANAGED, PolicyType.SESSION, PolicyType.BOUNDARY])
def test_a_good_statement_has_no_flaw(use: PolicyType) -> None:
    assert check_document(document(statement()), use) == []


@pytest.mark.parametrize(
    "good",
    [
        {"Statement": [statement()]},
        {"Statement": statement()},
        {"Version": "2008-10-17", "Statement": statement()},
        document(statement(Sid="One"), statement(Sid="Two"), statement(Sid=""), statement(Sid="")),
        document(statement(Action=ABSENT, NotAction=["iam:*"], Resource=ABSENT, NotResource=["*"])),
        document(statement(Condition={})),
    ],
)
def test_every_form_that_aws_takes_is_taken(good: object) -> None:
    assert check_document(good, PolicyType.IDENTITY) == []


@pytest.mark.parametrize(
    ("bad", "code", "path"),
    [
        (None, "not-an-object", ()),
        ("{}", "not-an-object", ()),
        ([], "not-an-object", ()),
        ({}, "missing-statement", ()),
        (document(statement(), Version="2012-10-18"), "invalid-version", ("Version",)),
        (document(statement(), Version=2012), "invalid-version", ("Version",)),
        (document(statement(), Version=["2012-10-17"]), "invalid-version", ("Version",)),
        (document(statement(), Id=7), "invalid-id", ("Id",)),
        ({"Statement": []}, "invalid-statement", ("Statement",)),
        ({"Statement": {}}, "invalid-statement", ("Statement",)),
        ({"Statement": None}, "invalid-statement", ("Statement",)),
        (document("Allow"), "invalid-statement", at_statement()),
        (document([statement()]), "invalid-statement", at_statement()),
    ],
)
def test_a_document_of_the_wrong_shape_is_an_error(bad: object, code: str, path: Path) -> None:
    (flaw,) = check_document(bad, PolicyType.IDENTITY)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, code, path)


@pytest.mark.parametrize(
    ("bad", "path", "meant"),
    [
        ({"version": "2012-10-17", "Statement": statement()}, ("version",), "Version"),
        ({"Statements": [statement()]}, ("Statements",), "Statement"),
        (document(statement(Effect=ABSENT, effect="Allow")), at_statement("effect"), "Effect"),
        (document(statement(Action=ABSENT, Actions="s3:Get*")), at_statement("Actions"), "Action"),
        (document(statement(Resource=ABSENT, Ressource="*")), at_statement("Ressource"), "Resource"),
        (document(statement(Conditions={})), at_statement("Conditions"), "Condition"),
        (document(statement(Action=ABSENT, Notaction="s3:*")), at_statement("Notaction"), "NotAction"),
    ],
)
def test_a_misspelt_element_is_one_error_that_names_the_right_one(bad: object, path: Path, meant: str) -> None:
    (flaw,) = check_document(bad, PolicyType.IDENTITY)
    assert (flaw.code, flaw.path, flaw.at_key) == ("unknown-element", path, True)
    assert flaw.hint == f"Did you mean {meant}?"


def test_what_stands_below_a_misspelt_element_is_checked_all_the_same() -> None:
    found = check_document({"statement": [statement(effect="allow", Effect=ABSENT)]}, PolicyType.IDENTITY)
    assert [(flaw.code, flaw.path) for flaw in found] == [
        ("unknown-element", ("statement",)),
        ("unknown-element", ("statement", 0, "effect")),
        ("invalid-effect", ("statement", 0, "effect")),
    ]


def test_an_element_that_nothing_resembles_lists_the_elements() -> None:
    (flaw,) = identity(Comment="why")
    assert flaw.code == "unknown-element"
    assert "NotResource" in flaw.hint


def test_a_key_that_is_no_text_is_an_unknown_element() -> None:
    numbered: dict[object, object] = {7: 1, "Statement": statement()}
    assert codes_of(check_document(numbered, PolicyType.IDENTITY)) == ["unknown-element"]


def test_all_flaws_of_a_document_come_at_once() -> None:
    bad = document(
        statement(Effect="allow", Action=["GetObject", "s3:Get Object"]),
        statement(Resource="my-bucket", Sid="a b"),
        Version="1",
    )
    assert codes_of(check_document(bad, PolicyType.IDENTITY)) == [
        *("invalid-version", "invalid-effect", "invalid-action", "invalid-action"),
        *("invalid-sid", "invalid-resource"),
    ]


def test_a_single_statement_has_no_index_in_its_path() -> None:
    (flaw,) = check_document({"Statement": statement(Effect="Allowed")}, PolicyType.IDENTITY)
    assert flaw.path == ("Statement", "Effect")


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"Effect": ABSENT}, "missing-effect", at_statement()),
        ({"Effect": "allow"}, "invalid-effect", at_statement("Effect")),
        ({"Effect": ["Allow"]}, "invalid-effect", at_statement("Effect")),
        ({"Effect": True}, "invalid-effect", at_statement("Effect")),
        ({"Action": ABSENT}, "missing-action", at_statement()),
        ({"NotAction": "iam:*"}, "action-and-not-action", at_statement("NotAction")),
        ({"Resource": ABSENT}, "missing-resource", at_statement()),
        ({"NotResource": "*"}, "resource-and-not-resource", at_statement("NotResource")),
        ({"Principal": "*"}, "principal-not-allowed", at_statement("Principal")),
        ({"NotPrincipal": "*"}, "principal-not-allowed", at_statement("NotPrincipal")),
        ({"Sid": "read-only"}, "invalid-sid", at_statement("Sid")),
        ({"Sid": "two words"}, "invalid-sid", at_statement("Sid")),
        ({"Sid": "zwölf"}, "invalid-sid", at_statement("Sid")),
        ({"Sid": "A\n"}, "invalid-sid", at_statement("Sid")),
        ({"Sid": 1}, "invalid-sid", at_statement("Sid")),
        ({"Action": []}, "empty-list", at_statement("Action")),
        ({"Resource": []}, "empty-list", at_statement("Resource")),
        ({"Action": None}, "not-a-string", at_statement("Action")),
        ({"Action": ["s3:*", 5]}, "not-a-string", at_statement("Action", 1)),
        ({"Action": [["s3:*"]]}, "not-a-string", at_statement("Action", 0)),
        ({"Resource": {"Ref": "x"}}, "not-a-string", at_statement("Resource")),
    ],
)
def test_a_statement_that_aws_refuses_is_an_error(changes: dict[str, Any], code: str, path: Path) -> None:
    (flaw,) = identity(**changes)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, code, path)


def test_effect_in_the_wrong_letter_case_is_corrected() -> None:
    (flaw,) = identity(Effect="deny")
    assert flaw.hint == "Did you mean Deny?"
    assert '"deny"' in flaw.summary


def test_a_sid_twice_is_an_error_at_the_second() -> None:
    (flaw,) = check_document(document(statement(Sid="A"), statement(Sid="B"), statement(Sid="A")), PolicyType.IDENTITY)
    assert (flaw.code, flaw.path) == ("duplicate-sid", ("Statement", 2, "Sid"))


def test_sids_that_differ_in_letter_case_are_two() -> None:
    assert check_document(document(statement(Sid="A"), statement(Sid="a")), PolicyType.IDENTITY) == []


@pytest.mark.parametrize(
    "action",
    [
        *("*", "s3:*", "*:*", "S3:getobject", "s3:Get*", "s3:?etObject", "aws-portal:ViewBilling"),
        *("execute-api:Invoke", "a4b:List*", "apigateway:GET", "iam:*Tag*"),
    ],
)
def test_an_action_of_the_right_form_is_taken(action: str) -> None:
    assert identity(Action=action) == []


@pytest.mark.parametrize(
    "action",
    [
        *(
            "",
            "GetObject",
            "s3",
            "s3:",
            ":GetObject",
            "s3*:GetObject",
            "Amazon S3:GetObject",
            "s3:Get Object",
        ),
        *("s3:Get:Object", "s3 :GetObject", " s3:GetObject", "s3:GetObject,s3:PutObject", "**"),
    ],
)
def test_an_action_of_the_wrong_form_is_an_error(action: str) -> None:
    (flaw,) = identity(Action=["s3:ListBucket", action])
    assert (flaw.code, flaw.path) == ("invalid-action", at_statement("Action", 1))
    assert json.dumps(action) in flaw.summary


@pytest.mark.parametrize(
    "resource",
    [
        *("*", "arn:aws:s3:::bucket/*", "arn:*:s3:::bucket", "arn:aws:s3:*", "arn:aws:sqs:*:*:*"),
        *("arn:aws-cn:iam::123456789012:role/a", "arn:aws-us-gov:s3:::b"),
        *(
            "arn:aws:iam::123456789012:user/${aws:username}",
            "arn:aws:logs:eu-west-1:123456789012:log-group:a:*",
        ),
        *("arn:aws-iso-b:s3:::b", "arn:aws-eusc:s3:::b", "arn:aws:sns:*:*:topic with space"),
    ],
)
def test_a_resource_of_the_right_form_is_taken(resource: str) -> None:
    assert identity(Resource=[resource]) == []


@pytest.mark.parametrize(
    "resource",
    [
        *(
            "",
            "my-bucket",
            "bucket/*",
            "s3:::bucket",
            "ARN:aws:s3:::b",
            "arn:aws",
            "arn:aws::",
            "${aws:username}",
        ),
        *("arn:awss:s3:::bucket", "arn::s3:::bucket", "*foo", "arn:${aws:Partition}:s3:::b"),
    ],
)
def test_a_resource_that_is_no_arn_is_an_error(resource: str) -> None:
    (flaw,) = identity(Resource=resource)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, "invalid-resource", at_statement("Resource"))


def test_an_arn_with_too_few_parts_is_a_warning_since_aws_takes_it() -> None:
    (flaw,) = identity(Resource="arn:aws:s3:bucket")
    assert (flaw.level, flaw.code) == (Level.WARNING, "short-arn")


@pytest.mark.parametrize("use", [PolicyType.IDENTITY, PolicyType.MANAGED, PolicyType.SESSION, PolicyType.BOUNDARY])
def test_an_id_is_for_policies_of_resources(use: PolicyType) -> None:
    (flaw,) = check_document({"Version": "2012-10-17", "Id": "mine", "Statement": statement()}, use)
    assert (flaw.level, flaw.code, flaw.path, flaw.at_key) == (
        *(Level.WARNING, "id-in-identity-policy", ("Id",)),
        True,
    )


def test_a_trust_may_have_an_id() -> None:
    trusting = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    assert check_document({"Version": "2012-10-17", "Id": "mine", "Statement": [trusting]}, PolicyType.TRUST) == []


def test_a_managed_policy_has_the_current_version_since_aws_refuses_the_old_one() -> None:
    (flaw,) = check_document({"Version": "2008-10-17", "Statement": statement()}, PolicyType.MANAGED)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, "old-version-in-managed-policy", ("Version",))
    assert flaw.hint == "Write Version: 2012-10-17."


def test_what_the_new_version_changes_is_said_if_the_document_has_something_like_a_variable() -> None:
    old = {"Version": "2008-10-17", "Statement": statement(Resource="arn:aws:s3:::b/${aws:username}")}
    (flaw, _) = check_document(old, PolicyType.MANAGED)
    assert "then becomes a variable" in flaw.hint


def test_a_managed_policy_without_version_is_sent_with_the_current_one() -> None:
    assert check_document({"Statement": statement()}, PolicyType.MANAGED) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("don’t", "U+2019 RIGHT SINGLE QUOTATION MARK"),
        ("a—b", "U+2014 EM DASH"),
        ("a\x00b", "U+0000"),
        ("\U0001f600", "U+1F600 GRINNING FACE"),
        ("\ud800", "U+D800"),
    ],
)
def test_a_character_that_aws_refuses_is_named(text: str, name: str) -> None:
    (flaw,) = when("StringEquals", "aws:PrincipalTag/team", ["a", text])
    assert (flaw.code, flaw.path) == (
        "character-not-allowed",
        at_statement("Condition", "StringEquals", "aws:PrincipalTag/team", 1),
    )
    assert name in flaw.summary
    flaw.summary.encode()


def test_a_refused_character_in_a_key_points_at_the_key() -> None:
    (flaw,) = when("StringEquals", "aws:PrincipalTag/тег", "a")
    assert (flaw.code, flaw.at_key) == ("character-not-allowed", True)


@pytest.mark.parametrize("text", ["tab\tlf\ncr\r", "é ÿ", "\x7f"])
def test_latin_1_and_line_ends_are_taken(text: str) -> None:
    assert when("StringEquals", "aws:PrincipalTag/team", text) == []


def test_a_variable_under_the_old_version_is_a_warning() -> None:
    text = "arn:aws:s3:::home/${aws:username}"
    old = document(statement(Resource=[text]), Version="2008-10-17")
    (flaw,) = check_document(old, PolicyType.IDENTITY)
    assert (flaw.level, flaw.code, flaw.path) == (
        Level.WARNING,
        "variable-in-old-version",
        at_statement("Resource", 0),
    )
    assert identity(Resource=[text]) == []


_WORDS = st.sampled_from(
    [
        *("Version", "Statement", "Effect", "Action", "NotAction", "Resource", "Principal", "NotPrincipal"),
        *("Condition", "Sid", "Allow", "Deny", "*", "s3:*", "sts:AssumeRole", "AWS", "Service", "Federated"),
        *("StringLike", "Bool", "Null", "ForAllValues:StringEquals", "aws:MultiFactorAuthPresent", "true"),
        *("DateLessThan", "IpAddress", "2012-10-17", "2008-10-17", ROOT, GITHUB, "repo:*", "arn:aws:s3:::b"),
        "token.actions.githubusercontent.com:sub",
    ]
)
_TEXT = _WORDS | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition")
_STATEMENTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(_ELEMENTS, JSON),
)


@given(
    JSON | st.fixed_dictionaries({"Statement": _STATEMENTS | st.lists(_STATEMENTS, max_size=3)}),
    st.sampled_from(PolicyType),
)
def test_no_json_value_makes_it_raise(value: object, use: PolicyType) -> None:
    for flaw in check_document(value, use):
        assert flaw.summary.endswith(".")
        assert leads_somewhere(value, flaw.path), flaw
        flaw.summary.encode()


def leads_somewhere(value: Any, path: Path) -> bool:
    for step in path:
        value = value[step]
    return True


def test_a_document_nested_deeper_than_python_recurses_does_not_raise() -> None:
    deep: object = "x"
    for _ in range(5_000):
        deep = [deep]
    assert "not-a-string" in codes_of(identity(Action=deep))


def test_no_policy_that_aws_manages_has_a_flaw() -> None:
    found = {name: check_document(body, PolicyType.IDENTITY) for name, body in read_managed_documents().items()}
    assert len(found) > 1_000
    assert {name: some for name, some in found.items() if some} == {}

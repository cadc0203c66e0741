"""The terms of an access, and the facts that it waits for, in words."""

from __future__ import annotations

import pytest

from reconciler.plan.access.assume_words import describe_dependency, describe_terms


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("aws:sourceip", "aws:SourceIp"),
        ("aws:principaltag/policy", "aws:PrincipalTag/policy"),
        ("policy:arn:aws:iam::aws:policy/ReadOnlyAccess", "the content of aws:ReadOnlyAccess"),
        ("policy:arn:aws:iam::aws:policy/job-function/Billing", "the content of aws:job-function/Billing"),
        ("policy:arn:aws:iam::123456789012:policy/team/reader", "the content of policy/reader"),
        ("iam:passedtoservice", "iam:PassedToService"),
        ("iam:resourcetag/team", "iam:ResourceTag/team"),
        ("policy:arn:aws:iam::210987654321:root", "the policies in account 210987654321"),
        ("policy:group/crew", "the policies of group/crew"),
        ("policy:user/alice inline policy own", "the content of user/alice inline policy own"),
        ("boundary:arn:aws:iam::123456789012:policy/limit", "whether the boundary policy/limit limits it"),
        ("operator:StringLikes", "the operator StringLikes, which is not known here"),
        ("trust:arn:aws:iam::210987654321:role/x", "the trust of arn:aws:iam::210987654321:role/x"),
    ],
)
def test_each_fact_is_named_as_files_name_it(key: str, words: str) -> None:
    assert describe_dependency(key) == words


UNTIL = "DateLessThan aws:currenttime 2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("mfa", "conditions", "terms", "words"),
    [
        (False, (), (), ""),
        (True, (), (), ", with MFA"),
        (False, ("aws:currenttime",), (UNTIL,), ", until 2030-01-01T00:00:00Z"),
        (False, ("aws:CurrentTime",), (UNTIL,), ", until 2030-01-01T00:00:00Z"),
        (
            True,
            ("aws:currenttime", "aws:sourceip"),
            (UNTIL,),
            ", with MFA, until 2030-01-01T00:00:00Z, depending on aws:SourceIp",
        ),
        (
            False,
            ("aws:currenttime",),
            ("DateGreaterThan aws:currenttime 2030-01-01T00:00:00Z",),
            ", depending on aws:CurrentTime",
        ),
        (False, (), (UNTIL,), ""),  # one of two statements ends
    ],
)
def test_an_end_is_told_as_until(mfa: bool, conditions: tuple[str, ...], terms: tuple[str, ...], words: str) -> None:
    assert describe_terms(mfa, conditions, terms) == words

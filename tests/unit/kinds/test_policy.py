"""Versions of a live policy have one order, whichever operation told them."""

from __future__ import annotations

import pytest

from reconciler.kinds.policy import read_policy_versions
from reconciler.kinds.raw_account import RawAccount
from reconciler.model.address import Address
from reconciler.model.live import PolicyVersion

ARN = "arn:aws:iam::123456789012:policy/p"


@pytest.mark.parametrize("order", [["v11", "v10", "v9"], ["v9", "v10", "v11"], ["v10", "v11", "v9"]])
def test_versions_are_oldest_first_in_whatever_order_they_were_told(order: list[str]) -> None:
    told = [{"VersionId": one, "IsDefaultVersion": one == "v10"} for one in order]
    found = read_policy_versions(
        RawAccount("123456789012", "aws", {"Policies": [{"Arn": ARN, "PolicyVersionList": told}]})
    )
    assert [version.id for version in found[Address("policy", "p")]] == ["v9", "v10", "v11"]


@pytest.mark.parametrize(("identifier", "number"), [("v1", 1), ("v12", 12), ("v3.beta-1", 3), ("odd", 0)])
def test_a_version_has_the_number_of_its_id(identifier: str, number: int) -> None:
    assert PolicyVersion(identifier, "", False).number == number

"""How many entities an account may have, and what GetAccountSummary says of it (User Guide, quotas)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from strict_account import ALLOW, EC2, client, refusal

from reconciler.kinds.registry import PER_ACCOUNT
from reconciler.model.quotas import Quota
from reconciler.sandbox.server import Sandbox

CREATE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "user": ("create_user", "UserName", {}),
    "group": ("create_group", "GroupName", {}),
    "role": ("create_role", "RoleName", {"AssumeRolePolicyDocument": EC2}),
    "policy": ("create_policy", "PolicyName", {"PolicyDocument": ALLOW}),
    "instance-profile": ("create_instance_profile", "InstanceProfileName", {}),
    "saml-provider": ("create_saml_provider", "Name", {"SAMLMetadataDocument": f"<a>{'x' * 1000}</a>"}),
}


@pytest.fixture
def fresh() -> Iterator[Any]:
    with Sandbox() as sandbox:
        yield client(sandbox.url)


def test_the_defaults_are_those_that_aws_documents() -> None:
    assert {kind: (quota.default, quota.ceiling) for kind, quota in PER_ACCOUNT.items()} == {
        "user": (5000, 5000),
        "group": (300, 500),
        "role": (1000, 10000),
        "policy": (1500, 10000),
        "instance-profile": (1000, 10000),
        "oidc-provider": (100, 700),
        "saml-provider": (100, 100),
        "server-certificate": (20, 1000),
    }


@pytest.mark.parametrize("kind", CREATE)
def test_one_more_than_the_quota_is_refused_until_one_is_deleted(
    fresh: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, parameter, more = CREATE[kind]
    quota = PER_ACCOUNT[kind]
    monkeypatch.setitem(PER_ACCOUNT, kind, Quota(quota.summary_key, quota.limit_name, 2, usage_key=quota.usage_key))  # type: ignore[arg-type]
    create = getattr(fresh, name)
    for index in range(2):
        create(**{parameter: f"n{index}"}, **more)
    limit = (409, "LimitExceeded", f"Cannot exceed quota for {quota.limit_name}: 2")
    assert refusal(create, **{parameter: "n2"}, **more) == limit
    if quota.usage_key:
        assert fresh.get_account_summary()["SummaryMap"][quota.usage_key] == 2
    if kind == "role":
        fresh.delete_role(RoleName="n0")
        create(**{parameter: "n2"}, **more)


def test_a_provider_more_than_the_quota_is_refused(fresh: Any) -> None:
    for index in range(100):
        fresh.create_open_id_connect_provider(Url=f"https://x{index}.example.com", ThumbprintList=["a" * 40])
    refused = refusal(fresh.create_open_id_connect_provider, Url="https://one.example.com", ThumbprintList=["a" * 40])
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
    assert fresh.get_account_summary()["SummaryMap"]["Providers"] == 100

"""The number of reads is a known function of the account's size, and nothing is lost between pages."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.session import Connection, connect
from reconciler.aws.snapshot import AccountReader
from reconciler.kinds.account import ALIAS, PASSWORD_POLICY
from reconciler.model.address import Address
from reconciler.model.entity import Policy, Role
from reconciler.model.live import State
from tests.support.account import Account
from tests.support.paged_iam import PagedIam, serve_iam
from tests.support.reads import AccountSize, reads_of

SMALL = AccountSize(users=20, groups=10, roles=50, policies=30, tagged=30, expected=110)
MEDIUM = AccountSize(users=200, groups=40, roles=500, policies=300, tagged=300, expected=1040)
LARGE = AccountSize(users=1000, groups=100, roles=3000, policies=1500, tagged=1500, expected=5600)

SIZES = {
    "empty": AccountSize(),
    "S": SMALL,
    "M": MEDIUM,
    "L": LARGE,
    "one page to the last": AccountSize(users=300, groups=200, roles=400, policies=100, tagged=100),
    "one more than a page": AccountSize(users=300, groups=200, roles=400, policies=101, tagged=101),
    "more than the file says": replace(MEDIUM, expected=3),
    "less than the file says": replace(SMALL, expected=1001),
    "a page of each to the last": AccountSize(
        users=1000, groups=1000, roles=1000, policies=1000, tagged=1, expected=4000
    ),
    "lists of pages": AccountSize(instance_profiles=1001, virtual_devices=2001, tagged=1, users=1),
    "providers": AccountSize(oidc_providers=30, saml_providers=20),
    "no tags": AccountSize(policies=7, instance_profiles=3),
    "settings": AccountSize(alias=True, password_policy=True),
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def state_of(iam: PagedIam) -> tuple[State, Connection]:
    connection = connect(None, "us-east-1", iam.url)
    declared = [*([ALIAS] if iam.size.alias else ()), *([PASSWORD_POLICY] if iam.size.password_policy else ())]
    return AccountReader(connection, expected=iam.size.expected).read_state(declared), connection


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_an_account_is_read_in_the_calls_that_its_size_asks_for(size: AccountSize) -> None:
    with serve_iam(PagedIam(size)) as iam:
        state, connection = state_of(iam)
    assert iam.calls == reads_of(size)
    counted = connection.meter.calls
    assert {one.operation: one.requests for one in counted.operations} == iam.calls
    assert all(one.seconds > 0 for one in counted.operations)
    assert 0 < counted.seconds <= sum(one.seconds for one in counted.operations)
    kinds = Counter(address.kind for address in state.entities)
    assert (kinds["user"], kinds["group"], kinds["role"]) == (size.users, size.groups, size.roles)
    assert (kinds["policy"], kinds["instance-profile"]) == (size.policies, size.instance_profiles)
    assert (kinds["oidc-provider"], kinds["saml-provider"]) == (size.oidc_providers, size.saml_providers)
    assert len(state.details.devices) == size.virtual_devices


@pytest.mark.parametrize(("size", "most"), [(SMALL, 10), (MEDIUM, 14), (LARGE, 40)], ids=["S", "M", "L"])
def test_the_sizes_of_the_benchmark_keep_their_limits(size: AccountSize, most: int) -> None:
    assert sum(reads_of(size).values()) <= most


def test_what_pages_and_lists_tell_of_one_entity_is_one_entity() -> None:
    with serve_iam(PagedIam(MEDIUM)) as iam:
        state, _ = state_of(iam)
    for n in (0, 499):
        role = state.entities[Address("role", f"r{n}")]
        assert isinstance(role, Role)
        assert (role.description, role.max_session_duration) == (f"Role {n}", 7200)
    for n in (0, 99, 100, 299):
        policy = state.entities[Address("policy", f"p{n}")]
        assert isinstance(policy, Policy)
        assert policy.tags == {"n": str(n)}
        assert [statement.not_action for statement in policy.document.statements] == [True]


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 8000), st.booleans())
def test_more_users_or_roles_cost_a_call_for_each_thousand_at_most(
    users: int, roles: int, expected: int, bulk: bool
) -> None:
    size = AccountSize(users=users, roles=roles, expected=expected, bulk=bulk)
    calls, more = reads_of(size), reads_of(replace(size, users=users + 1000, roles=roles + 1000))
    assert sum(more.values()) - sum(calls.values()) <= 3 + (4 if expected <= 1000 else 0)


# Tags in bulk, and where they do not come

DENIED = 400, json.dumps({"__type": "AccessDeniedException", "message": "no"})
UNKNOWN = 404, "<html>not here</html>"
NOT_AWS = 200, "<html>a portal</html>"
OTHER = 200, json.dumps({"hello": "world"})
BROKEN = 500, json.dumps({"__type": "InternalServiceException"})
THROTTLED = 400, json.dumps({"__type": "ThrottledException", "message": "Rate exceeded"})

ASKED = AccountSize(policies=5, tagged=5)


@pytest.mark.parametrize(
    "refusal", [DENIED, UNKNOWN, NOT_AWS, OTHER, BROKEN], ids=["denied", "unknown", "no AWS", "other", "broken"]
)
def test_if_tags_do_not_come_in_bulk_each_policy_is_asked_once_and_the_service_too(
    refusal: tuple[int, str],
) -> None:
    with serve_iam(PagedIam(ASKED, [refusal, refusal])) as iam:
        state, _ = state_of(iam)
    assert iam.calls == reads_of(replace(ASKED, bulk=False))
    policies = [entity for entity in state.entities.values() if isinstance(entity, Policy)]
    assert {policy.name: policy.tags for policy in policies} == {f"p{n}": {"n": str(n)} for n in range(5)}
    assert state.details.fully_read == set(state.entities)


def test_what_fails_on_a_later_page_is_not_half_believed() -> None:
    class Failing(PagedIam):
        def _answer_resources(self, asked: dict[str, object]) -> tuple[int, str]:
            return DENIED if asked.get("PaginationToken") else super()._answer_resources(asked)

    size = AccountSize(policies=101, tagged=101)
    with serve_iam(Failing(size)) as iam:
        state, _ = state_of(iam)
    assert iam.calls["GetPolicy"] == 101
    assert state.details.fully_read == set(state.entities)


def test_who_is_told_to_wait_waits_for_the_bulk() -> None:
    """One call for each policy would be throttled all the more."""
    with serve_iam(PagedIam(ASKED, [THROTTLED])) as iam:
        _, connection = state_of(iam)
    assert iam.calls == reads_of(ASKED) | {"GetResources": 2}
    counted = {one.operation: one.requests for one in connection.meter.calls.operations}
    assert counted["GetResources"] == 2, "a repeat is a call"


def test_what_no_list_tells_is_asked_of_the_declared_users_that_it_is_about(account: Account) -> None:
    account.write(
        "version: 1\nowner: platform\ngroups: {people: {mfa: required}}\n"
        "policies: {p: {document: {Statement: [{Effect: Allow, Action: 'a:b', Resource: '*'}]}}}\n"
        "users:\n"
        "  alice: {mfa: required}\n"
        "  bob: {groups: [people], console: true}\n"
        "  carol: {access_keys: {max_count: 1}, console: false}\n"
        "  dave: {access_keys: {max_age: 90d}}\n"
        "  erin: {}\n"
    )
    account.apply()
    for name in ("frank", "grace"):
        account.iam.create_user(UserName=name)
    assert account.plan()["changes"] == []
    policies = len(account.iam.list_policies(Scope="Local")["Policies"])
    account.clear_calls()
    account.plan()
    asked = AccountSize(
        users=7, groups=1, policies=policies, tagged=policies, devices=2, passwords=2, keys=2, expected=8
    )
    assert account.count_calls() == reads_of(asked)

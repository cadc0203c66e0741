"""The accounts of an organization are found below its units, by pages, and each refusal says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.aws.member_discovery import DiscoveredAccount, discover_accounts
from reconciler.aws.session import connect
from reconciler.model.member_account import Discovery
from reconciler.model.problem import Place, Problem, ReconcileError
from tests.support.organization_server import MANAGEMENT, Organization, Parameters, Reply, refuse, serve_organization

PLACE = Place("org.yaml", 5, 3)
ROOT, TOP, LOW, SIDE = "r-ab12", "ou-ab12-top11111", "ou-ab12-low11111", "ou-ab12-side1111"
UNITS = {ROOT: [TOP, SIDE], TOP: [LOW], LOW: [], SIDE: []}
ACCOUNTS = {ROOT: ["root"], TOP: ["a", "b"], LOW: ["c", "closed"], SIDE: ["d"]}
IDS = {name: f"{number:012}" for number, name in enumerate(("root", "a", "b", "c", "d", "closed"), 1)}
TAGS = {"a": {"managed": "true", "team": "x"}, "b": {"managed": "false"}, "c": {"managed": "true"}}

Discover = Callable[..., tuple[DiscoveredAccount, ...]]


def describe(name: str) -> dict[str, Any]:
    return {"Id": IDS[name], "Name": name, "Status": "SUSPENDED" if name == "closed" else "ACTIVE"}


def answer_pages(organization: Organization, key: str, items: list[Any], parameters: Parameters) -> Reply:
    """Return one page; after each full page comes an empty one, as AWS allows."""
    start, _, is_gap = parameters.get("NextToken", "0").partition("-")
    if is_gap:
        return 200, {key: [], "NextToken": start}
    end = int(start) + organization.page_size
    return 200, {key: items[int(start) : end]} | ({"NextToken": f"{end}-gap"} if end < len(items) else {})


@pytest.fixture
def organization() -> Organization:
    company = Organization()

    def answer_list(key: str, find: Callable[[Parameters], list[Any]]) -> Callable[[Parameters], Reply]:
        return lambda parameters: answer_pages(company, key, find(parameters), parameters)

    def tags_of(parameters: Parameters) -> list[Any]:
        name = next(name for name, identifier in IDS.items() if identifier == parameters["ResourceId"])
        return [{"Key": key, "Value": value} for key, value in TAGS.get(name, {}).items()]

    company.answers |= {
        "ListAccounts": answer_list("Accounts", lambda given: [describe(name) for name in IDS]),
        "ListAccountsForParent": answer_list(
            "Accounts", lambda given: [describe(n) for n in ACCOUNTS[given["ParentId"]]]
        ),
        "ListOrganizationalUnitsForParent": answer_list(
            "OrganizationalUnits", lambda given: [{"Id": unit} for unit in UNITS[given["ParentId"]]]
        ),
        "ListTagsForResource": answer_list("Tags", tags_of),
    }
    return company


@pytest.fixture
def discover(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> Iterator[Discover]:
    """Find accounts below units with tags."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with serve_organization(organization) as url:
        yield lambda *units, **tags: discover_accounts(connect(None, None, url), Discovery(units, tags, PLACE))


@pytest.mark.parametrize("page_size", [1, 2, 20])
@pytest.mark.parametrize(
    ("units", "tags", "names"),
    [
        ((), {}, ["root", "a", "b", "c", "d"]),
        ((ROOT,), {}, ["root", "a", "b", "c", "d"]),
        ((TOP,), {}, ["a", "b", "c"]),
        ((LOW,), {}, ["c"]),
        ((SIDE, LOW), {}, ["c", "d"]),
        ((TOP, LOW), {}, ["a", "b", "c"]),
        ((TOP,), {"managed": "true"}, ["a", "c"]),
        ((), {"managed": "true", "team": "x"}, ["a"]),
        ((), {"managed": "maybe"}, []),
    ],
)
def test_active_accounts_anywhere_below_the_units_with_all_tags_are_found(
    units: tuple[str, ...],
    tags: dict[str, str],
    names: list[str],
    page_size: int,
    discover: Discover,
    organization: Organization,
) -> None:
    organization.page_size = page_size
    assert discover(*units, **tags) == tuple(DiscoveredAccount(IDS[name], name) for name in names)


def test_tags_are_read_only_if_they_count(discover: Discover, organization: Organization) -> None:
    discover(TOP)
    assert "ListTagsForResource" not in {operation for operation, _ in organization.calls}


def test_a_unit_is_asked_once_even_in_a_circle(discover: Discover, organization: Organization) -> None:
    """AWS has none; an answer that has one must not make a run hang."""
    organization.answers["ListOrganizationalUnitsForParent"] = lambda parameters: (
        200,
        {"OrganizationalUnits": [{"Id": LOW}, {"Id": TOP}]},
    )
    assert len(discover(TOP)) == 3
    asked = [given["ParentId"] for operation, given in organization.calls if operation == "ListAccountsForParent"]
    assert sorted(asked) == sorted([TOP, LOW])


def test_the_newer_field_of_an_accounts_state_counts(discover: Discover, organization: Organization) -> None:
    accounts = [{**describe("a"), "State": "PENDING_CLOSURE"}, {"Id": IDS["b"], "Name": "b", "State": "ACTIVE"}]
    organization.answers["ListAccounts"] = lambda parameters: (200, {"Accounts": accounts})
    assert [account.name for account in discover()] == ["b"]


def refusal_of(discover: Discover, *units: str, **tags: str) -> Problem:
    with pytest.raises(ReconcileError) as failed:
        discover(*units, **tags)
    (problem,) = failed.value.problems
    return problem


@pytest.mark.parametrize(
    ("operation", "units", "tags"),
    [
        ("ListAccounts", (), {}),
        ("ListAccountsForParent", (TOP,), {}),
        ("ListOrganizationalUnitsForParent", (TOP,), {}),
        ("ListTagsForResource", (), {"managed": "true"}),
    ],
)
def test_a_denied_call_is_named_with_who_may_make_it(
    operation: str, units: tuple[str, ...], tags: dict[str, str], discover: Discover, organization: Organization
) -> None:
    organization.answers[operation] = lambda parameters: refuse("AccessDeniedException")
    problem = refusal_of(discover, *units, **tags)
    assert (problem.code, problem.place) == ("organization-read-denied", PLACE)
    assert problem.summary == f"AWS denied organizations:{operation} to arn:aws:iam::{MANAGEMENT}:user/alice."
    assert "Only the management account and delegated administrators" in problem.detail


@pytest.mark.parametrize(
    ("code", "units", "expected"),
    [
        ("AWSOrganizationsNotInUseException", (), "not-in-organization"),
        ("ParentNotFoundException", (TOP,), "unknown-unit"),
        ("InvalidInputException", (TOP,), "unknown-unit"),
    ],
)
def test_a_refusal_says_what_to_correct(
    code: str, units: tuple[str, ...], expected: str, discover: Discover, organization: Organization
) -> None:
    for operation in ("ListAccounts", "ListAccountsForParent"):
        organization.answers[operation] = lambda parameters: refuse(code)
    problem = refusal_of(discover, *units)
    assert (problem.code, problem.place) == (expected, PLACE)
    assert problem.hint


@pytest.mark.parametrize(
    "accounts", [[{"Name": "a", "Status": "ACTIVE"}], [{"Id": IDS["a"], "Status": "ACTIVE"}], [None], ["a"], "a"]
)
def test_an_answer_that_is_not_of_aws_is_refused(accounts: Any, discover: Discover, organization: Organization) -> None:
    organization.answers["ListAccounts"] = lambda parameters: (200, {"Accounts": accounts})
    assert refusal_of(discover).code == "aws-error"


@pytest.mark.parametrize("identifier", ["../../x", "1", "", "12345678901x"])
def test_an_id_that_is_none_is_refused(identifier: str, discover: Discover, organization: Organization) -> None:
    """It becomes a part of ARNs and of names of files."""
    account = {"Id": identifier, "Name": "a", "Status": "ACTIVE"}
    organization.answers["ListAccounts"] = lambda parameters: (200, {"Accounts": [account]})
    assert refusal_of(discover).code == "aws-error"

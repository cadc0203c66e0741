"""Discovered accounts: a name from AWS becomes a name of its own, which takes none that a file declares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.app.organization.members import add_discovered
from reconciler.aws.member_discovery import DiscoveredAccount
from reconciler.model.desired import Alias
from reconciler.model.member_account import Discovery, MemberAccount, Organization, is_account_name
from reconciler.model.problem import Place
from tests.support.examples import examples
from tests.support.hostile import texts

PLACE = Place("org.yaml", 2, 1)
FOUND = MemberAccount("", "", ("base.yaml",), {"region": "eu"}, 3)


def names_of(discovered: dict[str, str], *declared: MemberAccount) -> list[str]:
    """Return the names of all accounts. discovered: id → name in AWS."""
    organization = Organization(PLACE, declared, Discovery(), FOUND, "r", Alias("", "", None, PLACE))
    accounts = add_discovered(organization, [DiscoveredAccount(*item) for item in discovered.items()])
    assert accounts[: len(declared)] == declared
    return [account.name for account in accounts]


PROD = MemberAccount("prod", "1" * 12, wave=1, place=PLACE)
A, B, C = "2" * 12, "3" * 12, "4" * 12


@pytest.mark.parametrize(
    ("discovered", "names"),
    [
        ({A: "dev"}, ["prod", "dev"]),
        ({A: "Team X (old)"}, ["prod", "Team-X-old"]),
        ({A: "../../etc/passwd"}, ["prod", "etc-passwd"]),
        ({A: "Ünïcode\x1b[2J\n"}, ["prod", "n-code-2J"]),
        ({A: "日本"}, ["prod", f"account-{A}"]),
        ({A: ""}, ["prod", f"account-{A}"]),
        ({A: "plan-results"}, ["prod", f"account-{A}"]),
        ({A: "Apply-Results"}, ["prod", f"account-{A}"]),
        ({A: "x" * 200}, ["prod", "x" * 64]),
        ({A: "dev", B: "dev"}, ["prod", f"dev-{A}", f"dev-{B}"]),
        ({A: "dev", B: "Dev"}, ["prod", f"dev-{A}", f"Dev-{B}"]),
        ({A: "prod"}, ["prod", f"prod-{A}"]),
        ({A: "PROD"}, ["prod", f"PROD-{A}"]),
        ({"1" * 12: "production"}, ["prod"]),
        ({A: "dev", B: "dev", C: f"dev-{A}"}, ["prod", f"dev-{A}-{A}", f"dev-{B}", f"dev-{A}-{C}"]),
    ],
)
def test_each_account_gets_a_name_of_its_own(discovered: dict[str, str], names: list[str]) -> None:
    assert names_of(discovered, PROD) == names


@examples(60)
@given(st.lists(texts | st.sampled_from(["a", "A", "b", f"a-{A}", "plan-results", "PLAN-results"]), max_size=6))
def test_every_name_is_a_file_name_and_no_two_are_one(given_names: list[str]) -> None:
    names = names_of({f"{number:012}": name for number, name in enumerate(given_names)}, PROD)
    assert len({name.casefold() for name in names}) == len(given_names) + 1
    assert all(map(is_account_name, names))


def test_a_discovered_account_has_the_files_and_variables_of_the_defaults() -> None:
    organization = Organization(PLACE, (), Discovery(), FOUND, "r", Alias("", "", None, PLACE))
    (account,) = add_discovered(organization, [DiscoveredAccount(A, "dev")])
    assert account == MemberAccount("dev", A, ("base.yaml",), {"region": "eu"}, 3)

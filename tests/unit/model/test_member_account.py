"""Accounts of an organization: which patterns mean them, and which names they may have."""

from __future__ import annotations

import pytest

from reconciler.model.member_account import MemberAccount
from reconciler.model.text_forms import ACCOUNT_NAME

PROD = MemberAccount("prod-1", "111111111111")


@pytest.mark.parametrize("pattern", ["prod-1", "prod-*", "*", "prod-?", "p[a-z]od-[0-9]", "111111111111"])
def test_a_pattern_means_an_account_by_its_name_or_its_whole_id(pattern: str) -> None:
    assert PROD.matches(pattern)


@pytest.mark.parametrize("pattern", ["", "prod", "PROD-1", "prod-??", "1*", "11111111111", "????????????", "[!p]*"])
def test_an_id_has_no_wildcards_and_a_name_has_upper_and_lower_case(pattern: str) -> None:
    assert not PROD.matches(pattern)


@pytest.mark.parametrize("name", ["a", "Prod", "7", "a.b_c-d", "a" * 64, "plan-result", "my-plan-results"])
def test_a_name_can_be_the_name_of_a_file(name: str) -> None:
    assert ACCOUNT_NAME.accepts(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "-a", "_a", ".a", "a/b", "a\\b", "a b", "a" * 65, "ä", "a\n", "plan-results", "apply-results-x"],
)
def test_a_name_is_neither_a_path_nor_an_option_nor_a_file_of_results(name: str) -> None:
    assert not ACCOUNT_NAME.accepts(name)

"""Documents as a person would have written them: one stable form of the same meaning."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.policy.canonical import canonical, parse_authored
from reconciler.policy.readable_form import to_readable
from tests.support.examples import examples
from tests.support.strategies import documents, equivalent_documents

CURRENT = {"Version": "2012-10-17"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the usual version is left out": ({**CURRENT, "Statement": []}, {"Statement": []}),
    "the old one is written": ({"Version": "2008-10-17", "Statement": []}, {"Version": "2008-10-17", "Statement": []}),
    "none is the old one": ({"Statement": []}, {"Version": "2008-10-17", "Statement": []}),
    "an Id stays, before the statements": (
        {"Statement": [], **CURRENT, "Id": "x"},
        {"Id": "x", "Statement": []},
    ),
    "one statement is a list, a list of one a value": (
        {**CURRENT, "Statement": {"Resource": ["*"], "Action": ["a:B"], "Effect": "Allow"}},
        {"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]},
    ),
    "several keep their order": (
        {**CURRENT, "Statement": [{"Effect": "Allow", "NotAction": ["b:B", "a:A"], "NotResource": ["z", "y"]}]},
        {"Statement": [{"Effect": "Allow", "NotAction": ["b:B", "a:A"], "NotResource": ["z", "y"]}]},
    ),
    "principals are sorted": (
        {**CURRENT, "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ["b", "a"]}}]},
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["a", "b"]}, "Action": "sts:AssumeRole"}]},
    ),
    "what says nothing is left out": (
        {**CURRENT, "Statement": [{"Sid": "", "Effect": "Allow", "Action": "a:B", "Condition": {}}]},
        {"Statement": [{"Effect": "Allow", "Action": "a:B"}]},
    ),
    "booleans stay, numbers that YAML reads otherwise are text": (
        {**CURRENT, "Statement": [{"Condition": {"A": {"k": [True], "n": 1e22, "i": 5}}}]},
        {"Statement": [{"Condition": {"A": {"k": True, "n": "10000000000000000000000", "i": 5}}}]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_has_one_form(name: str) -> None:
    live, written = CASES[name]
    found = to_readable(canonical(live))
    assert found == written
    assert str(found) == str(written), "the order of keys counts"


@examples(100)
@given(documents(), st.data())
def test_it_means_the_same_and_is_stable(raw: dict[str, Any], data: st.DataObject) -> None:
    live = canonical(data.draw(equivalent_documents(raw)))
    written: Any = to_readable(live)
    assert parse_authored(written) == live
    assert to_readable(parse_authored(written)) == written


def test_what_is_no_json_stays_its_text() -> None:
    assert to_readable(canonical("{")) == "{"

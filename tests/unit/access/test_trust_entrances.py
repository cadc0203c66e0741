"""Whom a trust may let in, before any caller is known."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import Target
from reconciler.access.trust_entrances import (
    covers_entrance,
    find_trusted_providers,
    list_entrances,
    list_external_ids,
    list_possible_users,
    may_admit_unnamed,
)
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.policy.canonical import canonical

ACCOUNT, OTHER = "123456789012", "210987654321"
USER, ROLE = f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:role/ci"
ROOT, FOREIGN = f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{OTHER}:root"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"


def trust(*statements: dict[str, Any]) -> Document:
    whole = [{"Effect": "Allow", "Action": "sts:AssumeRole", **statement} for statement in statements]
    return canonical({"Version": "2012-10-17", "Statement": whole})


OPAQUE = Document(version="", statements=frozenset(), opaque="(unreadable)")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (trust({"Principal": {"AWS": [USER, ROLE]}}), False),
        (trust({"Principal": {"AWS": FOREIGN}}), False),
        (trust({"Principal": {"AWS": OTHER}}), False),
        (trust({"Principal": {"Service": "ec2.amazonaws.com"}}), False),
        (trust({"Principal": {"AWS": "*"}, "Effect": "Deny"}), False),
        (trust({"Principal": {"AWS": ROOT}}), True),
        (trust({"Principal": {"AWS": ACCOUNT}}), True),
        (trust({"Principal": {"AWS": "*"}}), True),
        (trust({"Principal": "*"}), True),
        (trust({"NotPrincipal": {"AWS": USER}}), True),
        (trust({"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}}), True),
        (OPAQUE, True),
    ],
)
def test_a_trust_is_open_if_somebody_of_the_account_comes_in_whom_it_does_not_name(
    document: Document, expected: bool
) -> None:
    assert may_admit_unnamed(document, ACCOUNT) is expected


def test_each_name_of_an_allow_is_an_entrance_and_none_of_a_deny_or_a_not_principal() -> None:
    document = trust(
        {"Principal": {"AWS": USER, "Federated": OIDC}},
        {"Principal": {"AWS": ROLE}, "Effect": "Deny"},
        {"NotPrincipal": {"AWS": ROLE}},
    )
    assert {(one.kind, one.value) for one in list_entrances(document)} == {("AWS", USER), ("Federated", OIDC)}


@pytest.mark.parametrize(
    ("principal", "actions"),
    [
        ({"AWS": USER}, {"sts:assumerole"}),
        ({"Federated": OIDC}, {"sts:assumerolewithwebidentity"}),
        ({"Federated": SAML}, {"sts:assumerolewithsaml"}),
        ("*", {"sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"}),
    ],
)
def test_a_principal_assumes_by_the_actions_of_its_kind(principal: Any, actions: set[str]) -> None:
    (found,) = {one.assume_actions for one in list_entrances(trust({"Principal": principal}))}
    assert set(found) == actions


def test_providers_of_this_account_come_with_the_statements_that_let_their_callers_in() -> None:
    document = trust(
        {"Principal": {"Federated": OIDC}, "Action": "sts:AssumeRoleWithWebIdentity"},
        {"Principal": {"Federated": SAML}, "Effect": "Deny"},
        {"Principal": {"Federated": OIDC.replace(ACCOUNT, OTHER)}},
    )
    (found,) = find_trusted_providers(document, ACCOUNT).items()
    assert found[0] == Address("oidc-provider", "token.example")
    assert [one.actions for one in found[1]] == [frozenset(["sts:assumerolewithwebidentity"])]


@pytest.mark.parametrize(
    ("deny", "value", "expected"),
    [
        ({"Principal": {"AWS": FOREIGN}}, FOREIGN, True),
        ({"Principal": {"AWS": FOREIGN}}, f"arn:aws:iam::{OTHER}:role/x", True),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/x"}}, FOREIGN, False),
        ({"Principal": "*"}, FOREIGN, True),
        ({"NotPrincipal": {"AWS": FOREIGN}}, FOREIGN, False),
        ({"NotPrincipal": {"AWS": ROOT}}, FOREIGN, True),
    ],
)
def test_a_deny_covers_a_name_if_it_means_all_that_come_in_by_it(
    deny: dict[str, Any], value: str, expected: bool
) -> None:
    (statement,) = trust({"Effect": "Deny", **deny}).statements
    assert covers_entrance(statement, "AWS", value) is expected


def asks(operator: str, *ids: str) -> dict[str, Any]:
    return {"Condition": {operator: {"sts:ExternalId": list(ids)}}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Principal": {"AWS": FOREIGN}, **asks("StringEquals", "a", "b")}, [frozenset(["a", "b"])]),
        ({"Principal": {"AWS": FOREIGN}, **asks("StringLike", "a*")}, [None]),
        ({"Principal": {"AWS": FOREIGN}, **asks("StringEquals", "${aws:username}")}, [None]),
        ({"Principal": {"AWS": FOREIGN}}, [None]),
        ({"Principal": {"AWS": FOREIGN}, "Action": "sts:Assume*", **asks("StringEquals", "a")}, [frozenset("a")]),
        ({"NotPrincipal": {"AWS": FOREIGN}, **asks("StringEquals", "a")}, [frozenset("a")]),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, []),
        ({"Principal": {"AWS": FOREIGN}, "Action": "sts:TagSession"}, []),
        ({"Principal": {"AWS": FOREIGN}, "Effect": "Deny"}, []),
    ],
)
def test_each_way_in_of_a_user_or_role_tells_the_external_ids_that_it_takes(
    statement: dict[str, Any], expected: list[frozenset[str] | None]
) -> None:
    assert list_external_ids(trust(statement)) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (trust({"Principal": {"AWS": [USER, FOREIGN]}}), [USER, f"arn:aws:iam::{OTHER}:user/anyone"]),
        (trust({"Principal": {"AWS": "*"}}), [f"arn:aws:iam::{ACCOUNT}:user/anyone"]),
        (trust({"Principal": {"AWS": ROLE}}), []),
        (OPAQUE, [f"arn:aws:iam::{ACCOUNT}:user/anyone"]),
    ],
)
def test_the_users_to_ask_about_are_those_named_and_anyone_of_each_account(
    document: Document, expected: list[str]
) -> None:
    assert list_possible_users(Target(f"arn:aws:iam::{ACCOUNT}:role/r", document)) == expected

"""Did-you-mean: obvious slips hit, unrelated words do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.suggest import suggestion

KEYS = (
    *(
        "version",
        "owner",
        "account",
        "vars",
        "include",
        "settings",
        "defaults",
        "policies",
        "groups",
        "users",
    ),
    *("roles", "oidc_providers", "saml_providers", "account_settings", "aliases", "path", "tags", "protect"),
    *("ignore_changes", "inline_policies", "permissions_boundary", "description", "trust", "trust_policy"),
    *("max_session_duration", "instance_profile", "document", "mfa", "console", "access_keys"),
)
ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    "Condition",
)


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("role", KEYS, "roles"),
        ("roels", KEYS, "roles"),
        ("user", KEYS, "users"),
        ("Users", KEYS, "users"),
        ("policy", KEYS, "policies"),
        ("polices", KEYS, "policies"),
        ("inline-policies", KEYS, "inline_policies"),
        ("maxSessionDuration", KEYS, "max_session_duration"),
        ("max_sesion_duration", KEYS, "max_session_duration"),
        ("permission_boundary", KEYS, "permissions_boundary"),
        ("ignorechanges", KEYS, "ignore_changes"),
        ("descripton", KEYS, "description"),
        ("tgas", KEYS, "tags"),
        ("tag", KEYS, "tags"),
        ("alias", KEYS, "aliases"),
        ("trust-policy", KEYS, "trust_policy"),
        ("action", ELEMENTS, "Action"),
        ("Actions", ELEMENTS, "Action"),
        ("Notaction", ELEMENTS, "NotAction"),
        ("Ressource", ELEMENTS, "Resource"),
        ("Resources", ELEMENTS, "Resource"),
        ("Conditions", ELEMENTS, "Condition"),
        ("Principle", ELEMENTS, "Principal"),
        ("sid", ELEMENTS, "Sid"),
        ("Efect", ELEMENTS, "Effect"),
        ("allow", ("Allow", "Deny"), "Allow"),
        ("AmazonS3ReadOnlyAcces", ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess"), "AmazonS3ReadOnlyAccess"),
    ],
)
def test_an_obvious_slip_finds_the_word_that_was_meant(word: str, known: tuple[str, ...], meant: str) -> None:
    assert suggestion(word, known) == meant


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("Comment", ELEMENTS),
        ("Description", ELEMENTS),
        ("Type", ELEMENTS),
        ("Name", ELEMENTS),
        ("lambda", KEYS),
        ("resources", KEYS),
        ("name", KEYS),
        ("email", KEYS),
        ("region", KEYS),
        ("statement", KEYS),
        ("x", KEYS),
        ("", KEYS),
        ("reader", ("writer", "billing")),
        ("demo-user", ("demo-role", "ci")),
        ("Permit", ("Allow", "Deny")),
        ("anything", ()),
    ],
)
def test_an_unrelated_word_finds_nothing(word: str, known: tuple[str, ...]) -> None:
    assert suggestion(word, known) is None


def test_the_nearest_of_several_is_taken() -> None:
    assert suggestion("NotResorce", ELEMENTS) == "NotResource"
    assert suggestion("StringEqualIfExists", ["StringEquals", "StringEqualsIfExists"]) == "StringEqualsIfExists"


def test_the_first_of_two_known_spellings_is_taken() -> None:
    assert suggestion("APP", ["App", "app"]) == "App"


@given(st.text(), st.lists(st.text()))
def test_any_text_gives_a_known_word_or_nothing(word: str, known: list[str]) -> None:
    assert suggestion(word, known) in [None, *known]


@given(st.sampled_from(KEYS))
def test_a_word_in_other_letter_case_always_hits(word: str) -> None:
    assert suggestion(word.upper(), KEYS) == word

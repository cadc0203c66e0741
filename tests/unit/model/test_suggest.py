"""Did-you-mean: obvious slips hit, unrelated words do not."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher, get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import suggest
from reconciler.model.address import Address
from reconciler.model.suggest import suggest_address, suggest_word

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
        ("bbo", ("alice", "bob"), "bob"),
        ("AmazonS3ReadOnlyAcces", ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess"), "AmazonS3ReadOnlyAccess"),
    ],
)
def test_an_obvious_slip_finds_the_word_that_was_meant(word: str, known: tuple[str, ...], meant: str) -> None:
    assert suggest_word(word, known) == meant


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
    assert suggest_word(word, known) is None


def test_the_nearest_of_several_is_taken() -> None:
    assert suggest_word("NotResorce", ELEMENTS) == "NotResource"
    assert suggest_word("StringEqualIfExists", ["StringEquals", "StringEqualsIfExists"]) == "StringEqualsIfExists"


def test_the_first_of_two_known_spellings_is_taken() -> None:
    assert suggest_word("APP", ["App", "app"]) == "App"


@given(st.text(), st.lists(st.text()))
def test_any_text_gives_a_known_word_or_nothing(word: str, known: list[str]) -> None:
    assert suggest_word(word, known) in [None, *known]


@given(st.sampled_from(KEYS))
def test_a_word_in_other_letter_case_always_hits(word: str) -> None:
    assert suggest_word(word.upper(), KEYS) == word


NAMES = tuple(f"team-{index % 37}-role-{index:04}" for index in range(5_000))
SLIPS: dict[str, tuple[str, str | None]] = {
    "a letter less": ("team-10-rol-4783", "team-10-role-4783"),
    "a letter more": ("team-10-rolle-4783", "team-10-role-4783"),
    "another letter": ("team-10-rome-4783", "team-10-role-4783"),
    "two letters swapped": ("team-10-orle-4783", "team-10-role-4783"),
    "letter case and dashes": ("Team_10_Role_4783", "team-10-role-4783"),
    "nothing like it": ("billing", None),
    "nothing": ("", None),
    "a name of 100 KB": ("team" * 25_000, None),
}


@pytest.mark.parametrize(("word", "meant"), SLIPS.values(), ids=SLIPS)
def test_a_slip_finds_its_word_among_thousands(word: str, meant: str | None) -> None:
    assert suggest_word(word, NAMES) == meant


def test_two_slips_find_a_word_that_looks_like_no_other() -> None:
    assert suggest_word("bililng-exprot", (*NAMES, "billing-export")) == "billing-export"


def test_few_of_thousands_of_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counter[str]()

    class Counting(SequenceMatcher[str]):
        def ratio(self) -> float:
            counted[word] += 1
            return super().ratio()

    monkeypatch.setattr(suggest, "SequenceMatcher", Counting)
    few = [f"k{index}{'aeiou'[index % 5]}" for index in range(suggest._SMALL_INDEX)]
    alike = [f"{'a' * 120}{index}" for index in range(5_000)]
    for known in (few, NAMES, alike):
        for word in ("team-1-role-12345", "a" * 119 + "b1", "k1", "zzz", "team-role"):
            suggest_word(word, known)
            assert counted.pop(word, 0) <= suggest._MAX_COMPARED


def reference(word: str, known: list[str]) -> str | None:
    """Return what difflib finds when it looks at every word."""
    folds = {suggest._fold(one): one for one in reversed(known)}
    folded = suggest._fold(word)
    near = get_close_matches(folded, folds, n=1, cutoff=0.75 if len(folded) < 5 else 0.7)
    return folds.get(folded) or (folds[near[0]] if near else None)


_WORDS = st.text(alphabet="abcde", min_size=1, max_size=9)


@given(word=_WORDS, known=st.lists(_WORDS, max_size=suggest._SMALL_INDEX))
def test_of_a_few_words_the_one_is_taken_that_difflib_finds_nearest(word: str, known: list[str]) -> None:
    assert suggest_word(word, known) == reference(word, known)


ADDRESSES = tuple(map(Address.parse, ("user/alice", "user/bob", "role/app-reader", "role/ci", "policy/alice-boundary")))


@pytest.mark.parametrize(
    ("text", "meant"),
    {
        "a slip in the name": ("user/alcie", "user/alice"),
        "a slip in the kind": ("rols/ci", "role/ci"),
        "slips in both": ("Users/bobb", "user/bob"),
        "another kind": ("role/Bob", "user/bob"),
        "no kind": ("ci", "role/ci"),
        "a pattern": ("role/app-raeder*", "role/app-reader"),
        "a name unlike those of its kind": ("user/dave", None),
        "a name like one of another kind": ("user/ap-reader", None),
        "an unknown kind": ("bucket/logs", None),
        "nothing": ("", None),
    }.values(),
)
def test_an_address_is_suggested_if_its_name_is_near(text: str, meant: str | None) -> None:
    assert suggest_address(text, ADDRESSES) == meant

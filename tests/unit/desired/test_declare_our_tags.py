"""Our tags in a file: no spelling of `reconcile:` may be written, and two keys that IAM takes for one are one."""

from __future__ import annotations

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import Policy, Role, User
from reconciler.model.problem import Level
from tests.support.files import HEAD, Folder, require_valid

TRUST = "trust: [{services: [ec2.amazonaws.com]}]"
DOCUMENT = "document: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}"
ENTITIES = {
    "users": "users: {a: {tags: {TAG}}}\n",
    "roles": f"roles: {{a: {{{TRUST}, tags: {{TAG}}}}}}\n",
    "policies": f"policies: {{a: {{{DOCUMENT}, tags: {{TAG}}}}}}\n",
    "oidc_providers": "oidc_providers: {a.example.com: {client_ids: [x], tags: {TAG}}}\n",
    "defaults, used": "defaults: {tags: {TAG}}\nusers: {a: }\n",
    "defaults, unused": "defaults: {tags: {TAG}}\n",
    "an anchor": "x-tags: &t {TAG}\nusers: {a: {tags: *t}}\n",
    "a merge key": "x-tags: &t {TAG}\nusers: {a: {tags: {<<: *t}}}\n",
}
SPELLINGS = {
    "as we write it": "reconcile:owner",
    "capitals": "Reconcile:Owner",
    "all capitals": "RECONCILE:OWNER",
    "one capital": "reconcile:ownEr",
    "the protect tag": "Reconcile:Protect",
    "a tag that we do not keep yet": "Reconcile:Anything",
    "the break-glass tag": "reconcile:BREAK-GLASS",
    "nothing behind the colon": "Reconcile:",
    "full-width letters": "\uff52econcile:owner",
    "a blank in front": " reconcile:owner",
    "a no-break space in front": "\u00a0Reconcile:owner",
    "of AWS, capitals": "AWS:owner",
    "of AWS, one capital": "aWs:owner",
}
PLAIN = {
    "no colon": "reconcile-owner",
    "ours in the middle": "x:reconcile:owner",
    "a longer word": "reconciler:owner",
    "another name": "owner",
    "a plural": "reconciles:owner",
    "aws without a colon": "aws-owner",
    "aws in the middle": "my:aws:owner",
}


@pytest.mark.parametrize("key", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize("text", ENTITIES.values(), ids=ENTITIES.keys())
def test_no_file_may_write_a_reserved_key_in_any_spelling(folder: Folder, text: str, key: str) -> None:
    found = folder.declare_text(HEAD + text.replace("TAG", f"'{key}': evil"))
    (problem,) = found.problems
    assert (problem.code, problem.level) == ("reserved-tag", Level.ERROR)
    assert repr(key) in problem.summary
    assert problem.place and problem.place.line in (3, 4)


@pytest.mark.parametrize("key", PLAIN.values(), ids=PLAIN.keys())
@pytest.mark.parametrize("text", ENTITIES.values(), ids=ENTITIES.keys())
def test_keys_that_only_resemble_ours_are_taken(folder: Folder, text: str, key: str) -> None:
    require_valid(folder.declare_text(HEAD + text.replace("TAG", f"'{key}': fine")))


def test_a_variable_does_not_carry_one_of_our_keys_in(folder: Folder) -> None:
    text = f"{HEAD}vars: {{k: Reconcile, o: Owner}}\nusers: {{a: {{tags: {{'{{{{ k }}}}:{{{{ o }}}}': evil}}}}}}\n"
    assert folder.find_problems(text) == ["roles.yaml:4:20 reserved-tag"]
    given = f"{HEAD}vars: {{k: x}}\nusers: {{a: {{tags: {{'{{{{ k }}}}': evil}}}}}}\n"
    assert folder.find_problems(given, variables={"k": "RECONCILE:protect"}) == ["roles.yaml:4:20 reserved-tag"]


def test_an_included_file_does_not_carry_one_of_our_keys_in(folder: Folder) -> None:
    folder.write("more.yaml", "version: 1\ndefaults: {tags: {'Reconcile:Owner': evil}}\n")
    assert folder.find_problems(f"{HEAD}include: [more.yaml]\nusers: {{a: }}\n") == ["more.yaml:2:19 reserved-tag"]


@pytest.mark.parametrize("key", ["reconcile:owner", "Reconcile:Owner", "reconcile:x", " RECONCILE:protect"])
def test_our_tags_cannot_be_ignored_in_any_spelling(folder: Folder, key: str) -> None:
    for entity in (
        "users: {a: {ignore_changes: ['tags.KEY']}}\n",
        f"roles: {{a: {{{TRUST}, ignore_changes: ['tags.KEY']}}}}\n",
    ):
        (problem,) = folder.declare_text(HEAD + entity.replace("KEY", key)).problems
        assert problem.code == "bad-ignore-changes"


SAME = {
    "letter case": ("Team", "team"),
    "two words": ("cost-Center", "Cost-center"),
    "letters beyond A to Z": ("Größe", "GRÖßE"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_two_spellings_of_one_key_are_an_error_that_names_both_places(folder: Folder, one: str, other: str) -> None:
    tags = f"tags:\n      '{one}': a\n      '{other}': b\n"
    for text in (f"users:\n  a:\n    {tags}", f"roles:\n  a:\n    {TRUST}\n    {tags}"):
        (problem,) = folder.declare_text(HEAD + text).problems
        assert (problem.code, problem.level) == ("tag-case", Level.ERROR)
        assert problem.place
        assert f"roles.yaml:{problem.place.line - 1}:7" in problem.hint


def test_two_spellings_of_one_key_are_two_tags_of_a_policy(folder: Folder) -> None:
    desired = require_valid(folder.declare_text(f"{HEAD}policies: {{a: {{{DOCUMENT}, tags: {{Team: a, team: b}}}}}}\n"))
    policy = desired.state.entities[Address("policy", "a")]
    assert isinstance(policy, Policy)
    assert policy.tags == {"Team": "a", "team": "b"}


def test_a_key_of_an_entity_replaces_the_default_that_iam_takes_for_the_same(folder: Folder) -> None:
    text = (
        f"{HEAD}defaults: {{tags: {{Team: all, left: x}}}}\n"
        f"users: {{u: {{tags: {{team: own}}}}}}\nroles: {{r: {{{TRUST}, tags: {{TEAM: own}}}}}}\n"
        f"policies: {{p: {{{DOCUMENT}, tags: {{team: own}}}}}}\n"
    )
    entities = require_valid(folder.declare_text(text)).state.entities
    tags = {
        str(address): entity.tags for address, entity in entities.items() if isinstance(entity, User | Role | Policy)
    }
    assert tags == {
        "user/u": {"left": "x", "team": "own"},
        "role/r": {"left": "x", "TEAM": "own"},
        "policy/p": {"Team": "all", "left": "x", "team": "own"},
    }


ALIAS = "aliases:\n  dev:\n    role: arn:aws:iam::123456789012:role/r\n    session_tags: {TAGS}\n"
SESSION_TAGS = {
    "two spellings of one key": ("Team: a, team: b", "tag-case"),
    "a key of AWS": ("'Aws:x': a", "reserved-tag"),
    "an empty key": ("'': a", "bad-tag"),
    "a long key": (f"{'k' * 129}: a", "bad-tag"),
    "a character of no tag": ("run: '<a>'", "bad-tag"),
    "a long value": (f"run: {'v' * 257}", "bad-tag"),
}


@pytest.mark.parametrize(("tags", "code"), SESSION_TAGS.values(), ids=SESSION_TAGS.keys())
def test_session_tags_that_sts_refuses_are_an_error(folder: Folder, tags: str, code: str) -> None:
    (problem,) = folder.declare_text(HEAD + ALIAS.replace("TAGS", tags)).problems
    assert problem.code == code


def test_session_tags_are_no_tags_of_an_entity(folder: Folder) -> None:
    require_valid(folder.declare_text(HEAD + ALIAS.replace("TAGS", "'reconcile:owner': a, team: b")))

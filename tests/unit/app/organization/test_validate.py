"""Every mistake of an organization's files at once: the section hides none of the rest, and makes none of its own."""

from __future__ import annotations

import pytest

from reconciler.app.organization.files import read_organization_files
from reconciler.app.organization.validate import ValidOrganization, validate_organization
from tests.support.files import Folder

ENTITIES = "users: {a: {pth: x}}\nrole: {}\n"
OF_ENTITIES = ["unknown-key", "unknown-key"]
DEV = 'dev: {id: "222222222222"}'

SECTIONS = {
    "no mistake": (f"accounts: {{{DEV}}}", []),
    "an id": (f'accounts: {{prod: {{id: "1"}}, {DEV}}}', ["wrong-value"]),
    "the only id": ('accounts: {prod: {id: "1"}}', ["wrong-value"]),
    "no id": ("accounts: {prod: {wave: 2}}", ["missing-key"]),
    "two broken ids are not the same": ('accounts: {prod: {id: "1"}, test: {id: "2"}}', ["wrong-value"] * 2),
    "an account": (f"accounts: {{prod: 5, {DEV}}}", ["wrong-type"]),
    "the only account": ("accounts: {prod: 5}", ["wrong-type"]),
    "a name": (f'accounts: {{a/b: {{id: "111111111111"}}, {DEV}}}', ["wrong-value"]),
    "all accounts": ("accounts: [prod]", ["wrong-type"]),
    "no account": ("role: r", ["no-accounts"]),
    "discover": ("discover: [ou-ab12-cd34ef56]", ["wrong-type"]),
    "the defaults": (f"defaults: [base.yaml]\n  accounts: {{{DEV}}}", ["wrong-type"]),
    "a file": (f"defaults: {{files: [no.yaml]}}\n  accounts: {{{DEV}}}", ["no-file"]),
    "a file's name": (f"defaults: {{files: [5]}}\n  accounts: {{{DEV}}}", ["wrong-type"]),
    "a role": (f"role: 'a b'\n  accounts: {{{DEV}}}", ["wrong-value"]),
    "two of one": (
        f'accounts: {{prod: {{id: "222222222222"}}, {DEV}}}\n  role: "arn:aws:iam::111111111111:role/r"',
        ["duplicate-account", "bad-arn"],
    ),
    "a session": (f"session_name: x\n  external_id: y\n  accounts: {{{DEV}}}", ["bad-alias", "bad-alias"]),
    "an unknown key": (f"rolle: r\n  accounts: {{{DEV}}}", ["unknown-key"]),
}


def validate(folder: Folder, text: str, *patterns: str, **variables: str) -> ValidOrganization:
    files = read_organization_files([str(folder.write("org.yaml", text))], variables)
    assert files is not None
    return validate_organization(files, patterns, frozenset())


def codes_of(folder: Folder, text: str, *patterns: str, **variables: str) -> list[str]:
    return sorted(problem.code for problem in validate(folder, text, *patterns, **variables).problems)


@pytest.mark.parametrize(("section", "codes"), SECTIONS.values(), ids=list(SECTIONS))
def test_a_mistake_of_the_section_hides_none_of_the_entities(section: str, codes: list[str], folder: Folder) -> None:
    text = f"version: 1\nowner: t\norganization:\n  {section}\n"
    assert codes_of(folder, text) == sorted(codes)
    assert codes_of(folder, text + ENTITIES) == sorted([*codes, *OF_ENTITIES])


def test_a_section_that_cannot_be_read_hides_none_of_the_entities(folder: Folder) -> None:
    assert codes_of(folder, f"version: 1\nowner: t\norganization: prod\n{ENTITIES}") == [*OF_ENTITIES, "wrong-type"]


UNREADABLE = {
    "a variable": ('accounts: {prod: {id: "111111111111", vars: {who: [a]}}}', ["wrong-type"]),
    "the variables": ('accounts: {prod: {id: "111111111111", vars: 5}}', ["wrong-type"]),
    "the defaults": (f"defaults: 5\n  accounts: {{{DEV}}}", ["wrong-type"]),
    "all accounts": ("accounts: 5", ["wrong-type"]),
    "a file": (f"defaults: {{files: [no.yaml]}}\n  accounts: {{{DEV}}}", ["no-file"]),
    "another account": (
        'accounts: {prod: 5, dev: {id: "222222222222", vars: {who: a}}}',
        ["unknown-reference", "wrong-type"],
    ),
}
"""What cannot be read → a section, and all that is wrong with it and the entities: dev itself has no group g."""


@pytest.mark.parametrize(("section", "codes"), UNREADABLE.values(), ids=list(UNREADABLE))
def test_what_an_unreadable_part_may_say_is_not_called_missing(section: str, codes: list[str], folder: Folder) -> None:
    rest = "users: {'{{ who }}': {groups: [g]}}\n"
    assert codes_of(folder, f"version: 1\nowner: t\norganization:\n  {section}\n{rest}", used="x") == codes


def test_an_account_that_cannot_be_read_is_not_called_unknown(folder: Folder) -> None:
    for accounts in (f"{{prod: 5, {DEV}}}", "5"):
        text = f"version: 1\nowner: t\norganization: {{accounts: {accounts}}}\nusers: {{a: {{accounts: [prod]}}}}\n"
        assert codes_of(folder, text) == ["wrong-type"]


def test_an_account_that_cannot_be_read_may_be_the_chosen_one(folder: Folder) -> None:
    section = f"version: 1\nowner: t\norganization: {{accounts: {{prod: 5, {DEV}}}}}\n"
    assert codes_of(folder, section, "prod") == ["wrong-type"]
    assert codes_of(folder, section, "tset") == ["wrong-type"]
    section = section.replace("5", "{id: '1'}")
    assert codes_of(folder, section, "tset") == ["unknown-account", "wrong-value"]


def test_the_own_files_of_an_account_with_a_mistake_are_checked(folder: Folder) -> None:
    folder.write("prod.yaml", ENTITIES)
    text = 'version: 1\nowner: t\norganization: {accounts: {prod: {id: "1", files: [prod.yaml]}}}\n'
    assert codes_of(folder, text) == [*OF_ENTITIES, "wrong-value"]


def test_the_problems_stand_in_the_order_of_the_file(folder: Folder) -> None:
    section = "role: 'a b'\n  session_name: x\n  accounts: {prod: {wave: 2}}"
    found = validate(folder, f"version: 1\norganization:\n  {section}\nowner: 5\n{ENTITIES}").problems
    assert [problem.place.line for problem in found if problem.place] == [3, 4, 5, 6, 7, 8]

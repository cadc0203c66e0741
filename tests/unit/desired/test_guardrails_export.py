"""The files of `export --guardrails`: their names, their documents, and the section that names them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.guardrails_export import GUARDRAILS_FILE, format_guardrails
from reconciler.model.organization import AccountLevels, OrganizationLevel, OrganizationPolicy
from reconciler.model.problem import ReconcileError
from tests.support.examples import examples

ACCOUNT, MANAGEMENT, ORGANIZATION = "111122223333", "999988887777", "o-a1b2c3d4e5"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SAFE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*\.json")
WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def policy(identifier: str, name: str, document: Any = DOCUMENT) -> OrganizationPolicy:
    return OrganizationPolicy(identifier, name, json.dumps(document))


def levels_of(*units: OrganizationLevel, account: str = ACCOUNT) -> AccountLevels:
    """The root, some units and the account, with FullAWSAccess at the first and the last."""
    full = policy("p-FullAWSAccess", "FullAWSAccess")
    root, own = OrganizationLevel("r-ab12", scps=(full,)), OrganizationLevel(account, scps=(full,))
    return AccountLevels(account, ORGANIZATION, MANAGEMENT, (root, *units, own))


def unit(name: str, *scps: OrganizationPolicy, number: int = 1) -> OrganizationLevel:
    return OrganizationLevel(f"ou-ab12-{number:08}", name, scps)


def section_of(found: AccountLevels) -> Any:
    return yaml.safe_load(format_guardrails(found)[GUARDRAILS_FILE])["guardrails"]


def paths_of(*units: OrganizationLevel) -> list[str]:
    return [path for level in section_of(levels_of(*units))["scps"][1:-1] for path in level]


def test_the_section_names_the_levels_root_first() -> None:
    rcp = policy("p-rcp00000", "perimeter")
    found = levels_of(replace(unit("Workloads", policy("p-deny0000", "deny regions")), rcps=(rcp,)))
    assert section_of(found) == {
        "organization": ORGANIZATION,
        "scps": [["root/FullAWSAccess.json"], ["Workloads/deny-regions.json"], ["account/FullAWSAccess.json"]],
        "rcps": [["Workloads/perimeter.json"]],
    }
    assert [*format_guardrails(found)] == [
        "root/FullAWSAccess.json",
        "Workloads/deny-regions.json",
        "Workloads/perimeter.json",
        "account/FullAWSAccess.json",
        GUARDRAILS_FILE,
    ]


def test_the_file_is_of_one_account() -> None:
    assert yaml.safe_load(format_guardrails(levels_of())[GUARDRAILS_FILE])["account"] == ACCOUNT


def test_the_management_account_is_marked_and_a_member_is_not() -> None:
    assert section_of(levels_of(account=MANAGEMENT))["management"] is True
    assert "management" not in section_of(levels_of())


def test_a_level_without_policies_has_no_entry() -> None:
    assert paths_of(unit("Workloads")) == []
    bare = AccountLevels(ACCOUNT, ORGANIZATION, MANAGEMENT, (OrganizationLevel("r-ab12"), OrganizationLevel(ACCOUNT)))
    assert section_of(bare) == {"organization": ORGANIZATION}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Workloads", "Workloads"),
        ("Prod (EU) & more", "Prod-EU-more"),
        ("Größe", "Gro-e"),
        ("../../etc", "etc"),
        ("/etc/passwd", "etc-passwd"),
        ("..", "ou-ab12-00000001"),
        ("日本", "ou-ab12-00000001"),
        ("\x1b[31m\n", "31m"),
        (".git", "git"),
        ("root", "root-ou-ab12-00000001"),
        ("Account", "Account-ou-ab12-00000001"),
        ("guardrails.yaml", "guardrails.yaml-ou-ab12-00000001"),
        ("CON", "CON-ou-ab12-00000001"),
        ("nul.txt", "nul.txt-ou-ab12-00000001"),
        ("consul", "consul"),
        ("x" * 128, "x" * 80),
    ],
)
def test_a_folder_has_what_every_file_system_takes_of_the_name(name: str, folder: str) -> None:
    assert paths_of(unit(name, policy("p-deny0000", "deny"))) == [f"{folder}/deny.json"]


def test_names_that_are_equal_but_for_letter_case_get_their_ids() -> None:
    first, second = policy("p-aaaa0000", "Deny"), policy("p-bbbb0000", "deny")
    assert paths_of(unit("a", first, second)) == ["a/Deny-p-aaaa0000.json", "a/deny-p-bbbb0000.json"]
    assert paths_of(unit("A", first), unit("a", first, number=2)) == [
        "A-ou-ab12-00000001/Deny.json",
        "a-ou-ab12-00000002/Deny.json",
    ]


def test_a_name_that_imitates_one_with_an_id_does_not_take_its_file() -> None:
    names = {"p-aaaa0000": "deny", "p-bbbb0000": "deny", "p-cccc0000": "deny-p-aaaa0000"}
    policies = [policy(identifier, name) for identifier, name in names.items()]
    assert paths_of(unit("a", *policies)) == [f"a/{identifier}.json" for identifier in names]


names = st.one_of(
    st.text(max_size=20), st.sampled_from(["root", "ACCOUNT", "con", "a/b", "a b", "a-b", "..", "guardrails.yaml"])
)


@examples(200)
@given(st.lists(st.tuples(names, st.lists(names, min_size=1, max_size=4)), max_size=5))
def test_whatever_the_names_are_each_policy_has_a_file_of_its_own(units: list[tuple[str, list[str]]]) -> None:
    levels = [
        unit(name, *(policy(f"p-{number}{index}0000000", each) for index, each in enumerate(policies)), number=number)
        for number, (name, policies) in enumerate(units)
    ]
    files = format_guardrails(levels_of(*levels))
    section = yaml.safe_load(files[GUARDRAILS_FILE])["guardrails"]
    paths = [path for level in section["scps"] for path in level]
    assert sorted(paths) == sorted(files.keys() - {GUARDRAILS_FILE})
    assert len({path.casefold() for path in paths}) == 2 + sum(len(policies) for _, policies in units)
    assert all(SAFE_PATH.fullmatch(path) for path in paths)
    assert not any(WINDOWS_DEVICE.fullmatch(part) for path in paths for part in path.split("/"))
    assert files[GUARDRAILS_FILE].replace("\n", "").isprintable()


def test_a_document_is_written_as_aws_has_it() -> None:
    document = {**DOCUMENT, "Statement": [{"Sid": "é", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    files = format_guardrails(levels_of(unit("a", policy("p-deny0000", "deny", document))))
    assert json.loads(files["a/deny.json"]) == document
    assert '"é"' in files["a/deny.json"]


def test_control_characters_of_a_document_are_escaped() -> None:
    document = {"Statement": [{"Sid": "\x1b]0;x\x07\u202e</script>"}]}
    text = format_guardrails(levels_of(unit("a", policy("p-deny0000", "deny", document))))["a/deny.json"]
    assert json.loads(text) == document
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '"x"', "1", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, '{"a": ' + "9" * 5_000 + "}"]
)
def test_content_that_is_no_json_object_is_refused(content: str) -> None:
    with pytest.raises(ReconcileError) as failed:
        format_guardrails(levels_of(unit("a", OrganizationPolicy("p-deny0000", "de\x1bny", content))))
    (problem,) = failed.value.problems
    assert problem.code == "policy-not-json"
    assert "(p-deny0000)" in problem.summary
    assert problem.summary.isprintable()

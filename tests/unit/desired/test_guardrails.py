"""The section `guardrails`: levels of files, each read as a policy of the organization."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from tests.support.files import HEAD, Folder

SCP = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
RCP = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": %s, "Action": "sts:*", "Resource": "*"}]}'
)


def test_the_levels_keep_their_order_and_their_files(folder: Folder) -> None:
    for name in ("root", "unit", "account"):
        folder.write(f"org/{name}.json", SCP)
    folder.write("org/rcp.json", RCP % '"*"')
    folder.write(
        "roles.yaml",
        f"{HEAD}guardrails:\n  organization: o-a1b2c3d4e5\n"
        "  scps: [[org/root.json], [org/unit.json, org/account.json]]\n"
        "  rcps: [[org/rcp.json]]\n",
    )
    desired = folder.read_files()
    assert desired.problems == ()
    found = desired.state.guardrails
    assert found is not None
    assert [[policy.name for policy in level] for level in found.scps] == [
        ["org/root.json"],
        ["org/unit.json", "org/account.json"],
    ]
    assert [policy.label for level in found.rcps for policy in level] == ["RCP org/rcp.json"]
    assert (found.management, found.organization) == (False, "o-a1b2c3d4e5")


def test_a_file_without_the_section_has_no_guardrails(folder: Folder) -> None:
    folder.write("roles.yaml", HEAD)
    assert folder.read_files().state.guardrails is None


BROKEN = {
    "a file that is missing": ("scps: [[org/none.json]]", "", "no-file"),
    "a list without levels": ("scps: [org/scp.json]", SCP, "wrong-type"),
    "an empty level": ("scps: [[]]", SCP, "schema"),
    "an unknown key": ("spcs: [[org/scp.json]]", SCP, "unknown-key"),
    "an SCP with a principal": ("scps: [[org/scp.json]]", RCP % '"*"', "principal-not-allowed"),
    "an RCP without a principal": ("rcps: [[org/scp.json]]", SCP, "missing-principal"),
    "an RCP that names somebody": (
        "rcps: [[org/scp.json]]",
        RCP % '{"AWS": "111122223333"}',
        "resource-control-principal",
    ),
    "a broken document": ("scps: [[org/scp.json]]", '{"Statement": []}', "invalid-statement"),
    "the id of no organization": ("organization: acme", SCP, "wrong-value"),
}


@pytest.mark.parametrize(("section", "policy", "code"), BROKEN.values(), ids=list(BROKEN))
def test_a_mistake_is_an_error_with_its_line(folder: Folder, section: str, policy: str, code: str) -> None:
    if policy:
        folder.write("org/scp.json", policy)
    folder.write("roles.yaml", f"{HEAD}guardrails:\n  {section}\n")
    problems = [one for one in folder.read_files().problems if one.level is Level.ERROR]
    assert [one.code for one in problems] == [code]
    assert problems[0].place is not None


def test_a_file_that_several_levels_name_has_each_of_its_flaws_once(folder: Folder) -> None:
    folder.write("org/scp.json", '{"Version": "2012-10-17"}')
    folder.write("roles.yaml", f"{HEAD}guardrails:\n  scps: [[org/scp.json, org/scp.json], [org/scp.json]]\n")
    assert [problem.code for problem in folder.read_files().problems] == ["missing-statement"]

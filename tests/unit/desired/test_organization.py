"""The section `organization`: what it declares, which values count, and where each mistake stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.compose import ParsedFiles
from reconciler.desired.load import load
from reconciler.desired.organization import may_have_organization, read_organization
from reconciler.model.member_account import MemberAccount, Membership, Organization
from reconciler.model.problem import Problem
from tests.support.files import Folder

HEAD = "version: 1\norganization:\n"
ACCOUNTS = '  accounts: {prod: {id: "111111111111"}}\n'


def read(folder: Folder, text: str, **variables: str) -> Organization:
    for name in ("base.yaml", "prod.yaml", "team/a.yaml", "team/b.yaml"):
        folder.write(name, "version: 1\n")
    found, problems = read_with_problems(folder, text, **variables)
    assert found is not None and problems == []
    return found


def read_with_problems(folder: Folder, text: str, **variables: str) -> tuple[Organization | None, list[Problem]]:
    problems: list[Problem] = []
    path = folder.write("org.yaml", text)
    return read_organization([path], variables, ParsedFiles(keep=True), problems), problems


def problems_of(folder: Folder, text: str) -> list[str]:
    return [folder.format_problem(problem) for problem in read_with_problems(folder, text)[1]]


def test_an_account_has_the_defaults_and_its_own_values(folder: Folder) -> None:
    found = read(
        folder,
        f"""{HEAD}  role: /ci/reconciler
  external_id: secret
  defaults: {{files: [base.yaml], vars: {{region: eu, stage: test, number: 007}}, wave: 3}}
  accounts:
    prod:
      id: "111111111111"
      files: [prod.yaml, "team/*.yaml", base.yaml]
      vars: {{stage: live}}
      wave: 9
      canary: true
    dev: {{id: "000000000002"}}
""",
    )
    prod, dev = found.accounts
    assert [Path(file).name for file in prod.files] == ["base.yaml", "prod.yaml", "a.yaml", "b.yaml"]
    assert [Path(file).name for file in dev.files] == ["base.yaml"]
    assert prod.variables == {"region": "eu", "stage": "live", "number": "007"}
    assert dev.variables == {"region": "eu", "stage": "test", "number": "007"}
    assert [(one.name, one.id, one.wave, one.is_canary) for one in found.accounts] == [
        ("prod", "111111111111", 9, True),
        ("dev", "000000000002", 3, False),
    ]
    assert (found.role, found.session.external_id, found.discovery) == ("ci/reconciler", "secret", None)
    assert prod.place is not None and (prod.place.line, prod.label) == (7, "prod (111111111111)")


def test_a_run_may_give_the_section_variables_and_the_section_its_own(folder: Folder) -> None:
    text = f"{HEAD}  role: '{{{{ role }}}}-{{{{ stage }}}}'\n{ACCOUNTS}vars: {{role: reconciler, stage: test}}\n"
    assert read(folder, text).role == "reconciler-test"
    assert read(folder, text, stage="live").role == "reconciler-live"


def test_the_rest_of_the_file_may_need_variables_of_an_account(folder: Folder) -> None:
    found = read(folder, f"{HEAD}{ACCOUNTS}users: {{ann: {{tags: {{a: '{{{{ only_an_account_has_this }}}}'}}}}}}\n")
    assert [account.name for account in found.accounts] == ["prod"]


MISSING = {
    "of the defaults": ("  defaults: {files: [no.yaml]}\n", "", {"prod": ["3:22 no-file"], "dev": ["3:22 no-file"]}),
    "of one account": ("", "files: [no.yaml], ", {"prod": ["4:20 no-file"], "dev": []}),
    "a glob": ("", 'files: ["no/*.yaml"], ', {"prod": ["4:20 no-file"], "dev": []}),
    "outside": ("", "files: [/etc/passwd], ", {"prod": ["4:20 path-outside"], "dev": []}),
}


@pytest.mark.parametrize(("defaults", "files", "problems"), MISSING.values(), ids=MISSING.keys())
def test_a_file_that_is_missing_is_a_problem_of_the_accounts_that_name_it(
    defaults: str, files: str, problems: dict[str, list[str]], folder: Folder
) -> None:
    accounts = f'  accounts:\n    prod: {{{files}id: "111111111111"}}\n    dev: {{id: "222222222222"}}\n'
    found = read(folder, HEAD + defaults + accounts)
    assert {
        one.name: [
            f"{problem.place.line}:{problem.place.column} {problem.code}" for problem in one.problems if problem.place
        ]
        for one in found.accounts
    } == problems


def test_the_callers_variable_outweighs_the_accounts_and_that_outweighs_the_files(folder: Folder) -> None:
    file = folder.write("roles.yaml", "version: 1\nvars: {a: file, b: file, c: file}\n")
    account = MemberAccount("prod", "111111111111", variables={"a": "account", "b": "account"})
    loaded = load([file], {"a": "option"}, membership=Membership(account, (account,)))
    assert {name: loaded.variables.values[name] for name in "abc"} == {"a": "option", "b": "account", "c": "file"}
    assert loaded.variables.values["account_id"] == "111111111111"


def test_accounts_may_be_discovered(folder: Folder) -> None:
    discover = "  discover: {ou: ou-ab12-cd34ef56, tags: {managed: true}}\n"
    found = read(folder, f"{HEAD}  defaults: {{files: [base.yaml], wave: 2}}\n{discover}")
    assert found.discovery is not None
    assert (found.discovery.units, found.discovery.tags) == (("ou-ab12-cd34ef56",), {"managed": "true"})
    assert (found.defaults.wave, [Path(file).name for file in found.defaults.files]) == (2, ["base.yaml"])
    listed = read(folder, f"{HEAD}  discover: {{ou: [ou-a, r-b]}}\n").discovery
    assert listed is not None and listed.units == ("ou-a", "r-b")
    everywhere = read(folder, f"{HEAD}  discover: {{}}\n").discovery
    assert everywhere is not None and (everywhere.units, everywhere.tags) == ((), {})


def test_the_roles_on_the_way_are_found_in_every_file(folder: Folder) -> None:
    hub, gate = "arn:aws:iam::444444444444:role/hub", "arn:aws:iam::555555555555:role/gate"
    folder.write("aliases.yaml", f"version: 1\naliases: {{hub: {{role: '{hub}', via: gate, external_id: external}}}}\n")
    found = read(
        folder,
        f"{HEAD}  role: r\n  via: hub\n{ACCOUNTS}include: [aliases.yaml]\naliases: {{gate: {{role: '{gate}'}}}}\n",
    )
    assert {name: (alias.role_arn, alias.via) for name, alias in found.hops.items()} == {
        "hub": (hub, "gate"),
        "gate": (gate, None),
    }
    assert found.hops["hub"].external_id == "external"


BROKEN = {
    "no account": ("  role: r\n", ["org.yaml:3:3 no-accounts"]),
    "an id that is a number": ("  accounts:\n    prod: {id: 111111111111}\n", ["org.yaml:4:16 wrong-type"]),
    "an id that is too short": ('  accounts:\n    prod: {id: "1111"}\n', ["org.yaml:4:16 wrong-value"]),
    "an account without an id": ("  accounts:\n    prod: {wave: 1}\n", ["org.yaml:4:11 missing-key"]),
    "an id with a tag": ('  accounts:\n    prod: {id: !x "111111111111"}\n', ["org.yaml:4:16 yaml-tag"]),
    "an unknown key": ('  accounts:\n    prod: {id: "111111111111", file: [a]}\n', ["org.yaml:4:32 unknown-key"]),
    "a name that is not a file name": ('  accounts:\n    a/b: {id: "111111111111"}\n', ["org.yaml:4:5 wrong-value"]),
    "a name that begins with a dot": ('  accounts:\n    .a: {id: "111111111111"}\n', ["org.yaml:4:5 wrong-value"]),
    "the name of a file of results": (
        '  accounts:\n    plan-results: {id: "111111111111"}\n',
        ["org.yaml:4:5 wrong-value"],
    ),
    "the name of a file of results on some systems": (
        '  accounts:\n    Plan-Results: {id: "111111111111"}\n',
        ["org.yaml:4:5 duplicate-account"],
    ),
    "wave 0": ('  accounts:\n    prod: {id: "111111111111", wave: 0}\n', ["org.yaml:4:38 schema"]),
    "a second name that is not a file name": (
        '  accounts:\n    prod: {id: "111111111111"}\n    a/b: {id: "222222222222"}\n',
        ["org.yaml:5:5 wrong-value"],
    ),
    "the same id twice, and names that are one file on some systems": (
        '  accounts:\n    prod: {id: "111111111111"}\n    PROD: {id: "111111111111"}\n',
        ["org.yaml:5:5 duplicate-account", "org.yaml:5:5 duplicate-account"],
    ),
    "the same id twice": (
        '  accounts:\n    a: {id: "111111111111"}\n    b: {id: "111111111111"}\n',
        ["org.yaml:5:5 duplicate-account"],
    ),
    "names that are one file on some systems": (
        '  accounts:\n    prod: {id: "111111111111"}\n    PROD: {id: "222222222222"}\n',
        ["org.yaml:5:5 duplicate-account"],
    ),
    "a role's ARN": (f"  role: 'arn:aws:iam::111111111111:role/r'\n{ACCOUNTS}", ["org.yaml:3:9 bad-arn"]),
    "an alias that no file has": (f"  role: r\n  via: hub\n{ACCOUNTS}", ["org.yaml:2:1 unknown-reference"]),
    "an unknown variable in a file's name": (
        f"  defaults: {{files: ['{{{{ x }}}}.yaml']}}\n{ACCOUNTS}",
        ["org.yaml:3:22 unknown-variable"],
    ),
    "an unknown variable": (f"  role: '{{{{ x }}}}'\n{ACCOUNTS}", ["org.yaml:3:9 unknown-variable"]),
    "a text": ("  prod\n", ["org.yaml:3:3 wrong-type"]),
}


@pytest.mark.parametrize(("section", "problems"), BROKEN.values(), ids=list(BROKEN))
def test_a_mistake_stands_at_its_line(section: str, problems: list[str], folder: Folder) -> None:
    assert problems_of(folder, HEAD + section) == problems


def test_a_role_on_the_way_needs_an_arn(folder: Folder) -> None:
    text = f"{HEAD}  role: r\n  via: hub\n{ACCOUNTS}roles: {{hub: {{trust: []}}}}\naliases: {{hub: {{role: hub}}}}\n"
    assert len(problems_of(folder, text)) == 1


def test_one_file_may_have_the_section_and_not_two(folder: Folder) -> None:
    folder.write("other.yaml", f"{HEAD}{ACCOUNTS}")
    problems = read_with_problems(folder, f"{HEAD}{ACCOUNTS}include: [other.yaml]\n")[1]
    assert [problem.code for problem in problems] == ["conflict"]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("version: 1\norganization:\n  role: r\n", True),
        ('version: 1\n"organization" : {}\n', True),
        ('{"version": 1, "organization": {}}', True),
        ("version: 1\r\norganization: {}\r\n", True),
        ("version: 1\nguardrails: {organization: o-abc}\n", False),
        ("version: 1\nguardrails:\n  organization: o-abc\n", False),
        ("version: 1\n# organization:\n", False),
        ("", False),
    ],
)
def test_a_look_at_the_bytes_tells_which_file_may_have_it(text: str, may: bool, folder: Folder) -> None:
    assert may_have_organization([folder.write("a.yaml", text), folder.path / "missing.yaml"]) is may


def test_the_organization_of_guardrails_is_no_section(folder: Folder) -> None:
    path = folder.write("a.yaml", '{"version": 1, "guardrails": {"organization": "o-a1b2c3d4e5", "scps": []}}')
    assert may_have_organization([path])
    assert read_organization([path], {}, ParsedFiles(), []) is None

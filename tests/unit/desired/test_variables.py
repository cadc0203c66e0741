"""`{{ name }}` anywhere in a string, keys included; AWS's own `${…}` is never touched."""

from __future__ import annotations

import json

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import Policy, User
from reconciler.model.problem import Level
from tests.support.files import HEAD, Folder, require_valid

VARS = "vars: {team: infra, n: 007}\n"


def fill_tag(folder: Folder, value: str, **how: object) -> str:
    """What a tag with this value becomes."""
    text = f"{HEAD}{VARS}users:\n  alice:\n    tags:\n      x: {value}\n"
    (user,) = require_valid(folder.declare_text(text, **how)).state.entities.values()  # type: ignore[arg-type]
    assert isinstance(user, User)
    return user.tags["x"]


SUBSTITUTED = {
    "'{{ team }}'": "infra",
    "'{{team}}'": "infra",
    "a-{{ team }}-b": "a-infra-b",
    "'{{ team }}{{ n }}'": "infra007",
    "'{{ account_id }}'": "123456789012",
    "'{{ partition }}'": "aws",
}


@pytest.mark.parametrize(("written", "value"), SUBSTITUTED.items())
def test_a_variable_becomes_its_text(folder: Folder, written: str, value: str) -> None:
    assert fill_tag(folder, written) == value


def resource(folder: Folder, written: str) -> str:
    statement = f"{{Effect: Allow, Action: '*', Resource: 'arn:aws:s3:::{written}'}}"
    (policy,) = require_valid(
        folder.declare_text(f"{HEAD}{VARS}policies: {{p: {{document: {{Statement: {statement}}}}}}}\n")
    ).state.entities.values()
    assert isinstance(policy, Policy)
    found: str = json.loads(policy.document.text)["Statement"]["Resource"]
    return found.removeprefix("arn:aws:s3:::")


UNTOUCHED = {
    "${aws:username}": "${aws:username}",
    "${aws:PrincipalTag/{{ team }}}": "${aws:PrincipalTag/infra}",
    "${*}": "${*}",
    "{{{{ team }}": "{{ team }}",
    "{{{{": "{{",
    "{ team }": "{ team }",
    "}}": "}}",
}


@pytest.mark.parametrize(("written", "value"), UNTOUCHED.items())
def test_what_is_not_ours_is_left_alone(folder: Folder, written: str, value: str) -> None:
    assert resource(folder, written) == value


def test_keys_take_variables_too(folder: Folder) -> None:
    text = (
        f"{HEAD}{VARS}users: {{'{{{{ team }}}}-bot': {{groups: ['{{{{ team }}}}']}}}}\ngroups: {{'{{{{team}}}}': }}\n"
    )
    desired = require_valid(folder.declare_text(text))
    assert set(desired.state.entities) == {Address("user", "infra-bot"), Address("group", "infra")}


def test_two_keys_that_become_one_are_a_duplicate(folder: Folder) -> None:
    text = f"{HEAD}{VARS}users:\n  infra:\n  '{{{{ team }}}}':\n"
    assert folder.find_problems(text) == ["roles.yaml:6:3 duplicate-key"]


def test_the_command_line_wins(folder: Folder) -> None:
    assert fill_tag(folder, "'{{ team }}'", variables={"team": "prod"}) == "prod"


def test_the_command_line_can_name_what_the_file_does_not(folder: Folder) -> None:
    assert fill_tag(folder, "'{{ stage }}'", variables={"stage": "dev"}) == "dev"


def test_the_built_in_names_cannot_be_overridden(folder: Folder) -> None:
    assert fill_tag(folder, "'{{ account_id }}'", variables={"account_id": "1"}) == "123456789012"


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_the_partition_is_that_of_the_account(folder: Folder, partition: str) -> None:
    assert fill_tag(folder, "'{{ partition }}'", partition=partition) == partition


def test_the_account_of_the_file_serves_until_the_live_one_is_known(folder: Folder) -> None:
    text = f'{HEAD}account: "210987654321"\nusers: {{a: {{tags: {{x: "{{{{ account_id }}}}"}}}}}}\n'
    for known, expected in ((None, "210987654321"), ("123456789012", "123456789012")):
        (user,) = require_valid(folder.declare_text(text, account=known)).state.entities.values()
        assert isinstance(user, User)
        assert user.tags["x"] == expected


WRONG: dict[str, tuple[str, str, str]] = {
    "unknown, with a near one": ("'{{ taem }}'", "unknown-variable", "Did you mean 'team'?"),
    "unknown": ("'{{ zzzzz }}'", "unknown-variable", "--var"),
    "empty": ("'{{ }}'", "bad-variable", "{{ name }}"),
    "no name": ("'{{ a.b }}'", "bad-variable", "{{ name }}"),
    "open": ("'{{ team'", "bad-variable", "{{{{"),
    "an expression": ("'{{ team | upper }}'", "bad-variable", "{{ name }}"),
}


@pytest.mark.parametrize(("written", "code", "hint"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_variable_is_an_error_at_its_line(folder: Folder, written: str, code: str, hint: str) -> None:
    desired = folder.declare_text(
        f"{HEAD}{VARS}roles:\n  r:\n    description: {written}\n    trust: [{{services: [ec2.amazonaws.com]}}]\n"
    )
    (problem,) = desired.problems
    assert folder.format_problem(problem) == f"roles.yaml:6:18 {code}"
    assert hint in problem.hint


def test_an_unknown_variable_in_a_key_is_shown_at_the_key(folder: Folder) -> None:
    assert "roles.yaml:3:9 unknown-variable" in folder.find_problems(f"{HEAD}users: {{'{{{{ x }}}}': }}\n")


def test_documents_loaded_from_a_path_take_variables(folder: Folder) -> None:
    folder.write(
        "p.json",
        '{"Statement": {"Effect": "Allow", "Action": "*",'
        ' "Resource": "arn:aws:iam::{{ account_id }}:role/${aws:username}"}}',
    )
    (policy,) = require_valid(
        folder.declare_text(f"{HEAD}policies: {{p: {{document: p.json}}}}\n")
    ).state.entities.values()
    assert isinstance(policy, Policy)
    assert "arn:aws:iam::123456789012:role/${aws:username}" in policy.document.text


def test_an_unknown_variable_of_a_document_is_shown_inside_that_file(folder: Folder) -> None:
    folder.write("p.yaml", "Statement:\n  Effect: Allow\n  Action: '*'\n  Resource: 'arn:aws:s3:::{{ nope }}'\n")
    assert folder.find_problems(f"{HEAD}policies: {{p: {{document: p.yaml}}}}\n") == ["p.yaml:4:13 unknown-variable"]


def test_a_variable_of_one_file_serves_in_all(folder: Folder) -> None:
    folder.write("a.yaml", f"{HEAD}vars: {{team: infra}}\n")
    folder.write("b.yaml", "users: {a: {tags: {x: '{{ team }}'}}}\nversion: 1\n")
    (user,) = require_valid(folder.read_files("a.yaml", "b.yaml")).state.entities.values()
    assert isinstance(user, User)
    assert user.tags["x"] == "infra"


def test_variables_are_not_substituted_twice(folder: Folder) -> None:
    text = HEAD + "vars: {a: '{{{{ b }}', b: secret}\nusers: {u: {ignore_changes: ['tags.{{ a }}']}}\n"
    desired = folder.declare_text(text)
    assert not any("secret" in path for one in desired.declarations.values() for path in one.ignore_changes)


def test_variables_may_name_each_other_and_the_built_in_ones(folder: Folder) -> None:
    named = "vars: {a: 'x{{ b }}', b: '{{ account_id }}'}\nusers: {alice: {tags: {x: '{{ a }}'}}}\n"
    text = HEAD + named
    (user,) = require_valid(folder.declare_text(text)).state.entities.values()
    assert isinstance(user, User)
    assert user.tags["x"] == "x123456789012"


def test_variables_that_go_round_in_a_circle_are_an_error(folder: Folder) -> None:
    found = folder.declare_text(f"{HEAD}vars: {{a: '{{{{ b }}}}', b: '{{{{ a }}}}'}}\n").problems
    assert "circular-variable" in [problem.code for problem in found]


def test_variables_may_come_from_an_anchor(folder: Folder) -> None:
    text = f"{HEAD}x-v: &v {{a: shared}}\nvars: {{<<: *v}}\nusers: {{alice: {{tags: {{x: '{{{{ a }}}}'}}}}}}\n"
    (user,) = require_valid(folder.declare_text(text)).state.entities.values()
    assert isinstance(user, User)
    assert user.tags["x"] == "shared"


DECLARED = f"{HEAD}vars: {{environment: dev}}\nusers: {{a: {{tags: {{x: '{{{{ stage }}}}'}}}}}}\n"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("enviroment", "Did you mean 'environment'?"),
        ("stag", "Did you mean 'stage'?"),
        ("Environment", "Did you mean 'environment'?"),
        ("zzzzz", "Leave it out, or declare it under `vars:`."),
    ],
)
def test_a_variable_that_no_file_declares_or_uses_is_refused(folder: Folder, name: str, hint: str) -> None:
    (problem,) = folder.declare_text(DECLARED, variables={"stage": "x", name: "y"}).problems
    assert (problem.level, problem.code, problem.hint) == (Level.ERROR, "undeclared-variable", hint)
    assert f"--var {name}" in problem.summary


@pytest.mark.parametrize("given", [{}, {"environment": "prod"}, {"more": "x", "stage": "{{ more }}"}])
def test_a_variable_that_is_declared_or_used_is_taken(folder: Folder, given: dict[str, str]) -> None:
    assert folder.find_problems(DECLARED, variables={"stage": "x"} | given) == []


def test_a_variable_may_be_used_in_an_included_file_or_a_document_only(folder: Folder) -> None:
    folder.write("more/a.yaml", "groups: {'{{ one }}': }\n")
    folder.write("d.json", '{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "{{ two }}"}]}')
    text = f"{HEAD}include: ['{{{{ three }}}}/*.yaml']\npolicies: {{p: {{document: d.json}}}}\n"
    assert folder.find_problems(text, variables={"one": "g", "two": "*", "three": "more"}) == []


@pytest.mark.parametrize("broken", ["include: [nowhere.yaml]\n", "policies: {p: {document: nowhere.json}}\n"])
def test_a_file_that_cannot_be_read_may_use_any_variable(folder: Folder, broken: str) -> None:
    assert [one.code for one in folder.declare_text(HEAD + broken, variables={"a": "b"}).problems] == ["no-file"]


@pytest.mark.parametrize(
    ("variables", "given", "columns"),
    [
        ("{account_id: '5', partition: x}", {}, ["20", "36"]),
        ("{}", {"account_id": "5"}, [""]),
        ("{team: a}", {"team": "b"}, []),
    ],
)
def test_a_value_for_a_built_in_variable_is_said_to_have_no_effect(
    folder: Folder, variables: str, given: dict[str, str], columns: list[str]
) -> None:
    text = f"{HEAD}vars: {variables}\nusers: {{'u{{{{ account_id }}}}-{{{{ partition }}}}': {{}}}}\n"
    desired = folder.declare_text(text, variables=given)
    warned = [problem for problem in desired.problems if problem.code == "built-in-variable"]
    assert [str(problem.place.column) if problem.place else "" for problem in warned] == columns
    assert {problem.level for problem in desired.problems} <= {Level.WARNING}
    assert [address.name for address in desired.state.entities] == ["u123456789012-aws"]

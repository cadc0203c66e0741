"""Nothing in a file makes reading it take forever or take all memory: every expansion has a budget, and says it.

Where a test would hang if a promise were broken, the promise is about a number that the test chose large.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml

from reconciler.desired import defaults, variables, yaml_tree
from reconciler.desired.variables import Variables
from reconciler.desired.yaml_nodes import Builder
from reconciler.kinds import documents
from reconciler.model.problem import Problem
from reconciler.policy.flaw import Flaw
from reconciler.policy.grammar import PolicyType, check_document
from tests.support.files import HEAD, Folder

MANY = 5_000


def only_problem(folder: Folder, text: str, code: str, given: Mapping[str, str] | None = None) -> Problem:
    found = [problem for problem in folder.declare_text(text, variables=given).problems if problem.code == code]
    assert len(found) == 1, found
    assert found[0].place
    return found[0]


REPEATED: dict[str, tuple[str, str]] = {
    "users of a trust": ("users: {a: }\nroles: {r: {trust: [{users: [LIST]}]}}", "a"),
    "attached policies": ("users: {a: {policies: [LIST]}}", "aws:X"),
    "attached policies as mappings": ("users: {a: {policies: [LIST]}}", "{policy: aws:X}"),
    "groups": ("groups: {g: }\nusers: {a: {groups: [LIST]}}", "g"),
}


@pytest.mark.parametrize(("text", "item"), REPEATED.values(), ids=REPEATED)
def test_a_list_of_thousands_of_the_same_is_an_error(folder: Folder, text: str, item: str) -> None:
    listed = text.replace("LIST", ", ".join([item] * MANY))
    assert "twice" in only_problem(folder, f"{HEAD}{listed}\n", "schema").summary


def test_defaults_add_no_more_than_their_budget(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "MAX_DEFAULTED", 1_000)
    text = f"{HEAD}defaults: {{tags: {{{', '.join(f'k{index}: v' for index in range(9))}}}}}\nusers:\n"
    assert folder.find_problems(text + "".join(f"  u{index}:\n" for index in range(100))) == []
    said = only_problem(folder, text + "".join(f"  u{index}:\n" for index in range(101)), "defaults-too-large")
    assert "would add 1,010 values" in said.summary
    assert "the limit is 1,000" in said.summary
    assert (said.place and said.place.line) == 3


def chain(length: int) -> str:
    """`a0` names `a1`, and so on, each on a line of its own from the fourth on."""
    lines = [f"  a{index}: '{{{{ a{index + 1} }}}}'\n" for index in range(length - 1)]
    return f"{HEAD}vars:\n{''.join(lines)}  a{length - 1}: end\nusers: {{u: {{tags: {{x: '{{{{ a0 }}}}'}}}}}}\n"


def double_variables(times: int) -> str:
    lines = [f"  a{index}: '{{{{ a{index + 1} }}}}{{{{ a{index + 1} }}}}'\n" for index in range(times)]
    return f"{HEAD}vars:\n{''.join(lines)}  a{times}: word\nusers: {{u: {{tags: {{x: '{{{{ a0 }}}}'}}}}}}\n"


def test_a_chain_of_a_hundred_variables_is_followed(folder: Folder) -> None:
    assert folder.find_problems(chain(variables.MAX_CHAIN)) == []


@pytest.mark.parametrize("length", [variables.MAX_CHAIN + 1, 3_000])
@pytest.mark.parametrize("backwards", [False, True], ids=["first to last", "last to first"])
def test_a_longer_chain_is_an_error_at_a_variable_of_it(folder: Folder, length: int, backwards: bool) -> None:
    head, _, rest = chain(length).partition("vars:\n")
    lines, _, tail = rest.partition("users:")
    listed = lines.splitlines(keepends=True)
    text = f"{head}vars:\n{''.join(reversed(listed) if backwards else listed)}users:{tail}"
    found = [problem for problem in folder.declare_text(text).problems if problem.code == "variable-chain"]
    assert found
    assert all(problem.place and 4 <= problem.place.line < 4 + length for problem in found)
    assert "more than 100 variables" in found[0].summary


@pytest.mark.parametrize("times", [15, 40, 90])
def test_variables_that_double_are_an_error_where_they_grow_too_long(folder: Folder, times: int) -> None:
    found = folder.declare_text(double_variables(times)).problems
    said = next(problem for problem in found if problem.code == "variable-too-long")
    assert "the limit is 100,000" in said.summary
    assert said.place
    assert 4 <= said.place.line < 4 + times


def test_variables_of_the_command_line_have_the_same_budget(folder: Folder) -> None:
    found = folder.declare_text(
        f"{HEAD}vars: {{a: '', b: ''}}\n", variables={"a": "x" * 100_001, "b": "{{ b }}"}
    ).problems
    assert [problem.code for problem in found] == ["variable-too-long", "circular-variable"]


def test_variables_add_no_more_text_than_their_budget(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables, "MAX_ADDED", 1_000)
    text = f"{HEAD}vars: {{a: {'x' * 100}}}\nusers:\n"
    lines = [f"  u{index}: {{tags: {{k: '{{{{ a }}}}'}}}}\n" for index in range(20)]
    assert folder.find_problems(text + "".join(lines[:10])) == []
    said = only_problem(folder, text + "".join(lines), "variables-too-large")
    assert "more than 1,000 characters" in said.summary
    assert (said.place and said.place.line) == 15


def test_a_document_of_many_policies_is_checked_once(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []

    def count(document: object, use: PolicyType, account: str) -> list[Flaw]:
        checked.append(document)
        return check_document(document, use, account)

    monkeypatch.setattr(documents, "check_document", count)
    folder.write("p.yaml", "Statement:\n  Effect: Allow\n  Action: wrong\n  Resource: '*'\n")
    text = f"{HEAD}policies:\n" + "".join(f"  p{index}: {{document: p.yaml}}\n" for index in range(50))
    assert folder.find_problems(text) == ["p.yaml:3:11 invalid-action"]
    assert len(checked) == 1


def merge_bomb(levels: int, times: int) -> str:
    lines = ["x-0: &a0 {k: v}\n"]
    for level in range(1, levels):
        merges = ", ".join([f"*a{level - 1}"] * times)
        lines.append(f"x-{level}: &a{level} {{<<: [{merges}], z{level}: 1}}\n")
    return f"{HEAD}{''.join(lines)}users: {{u: {{tags: *a{levels - 1}}}}}\n"


@pytest.mark.parametrize(("levels", "times"), [(12, 9), (60, 2), (3_000, 1)])
def test_merge_keys_that_multiply_are_an_error_that_says_how_many_values_are_taken(
    folder: Folder, levels: int, times: int
) -> None:
    said = only_problem(folder, merge_bomb(levels, times), "alias-bomb")
    assert "100,000, and 10 for each value written" in said.summary


NO_CHARACTERS: dict[str, tuple[str, dict[str, str]]] = {
    "a value of the command line": ("users: {u: {tags: {x: '{{ a }}'}}}", {"a": "b\udcff"}),
    "a name of the command line": ("users: {'{{ a }}': }", {"a": "\ud800"}),
}


@pytest.mark.parametrize(("text", "given"), NO_CHARACTERS.values(), ids=NO_CHARACTERS)
def test_half_of_a_surrogate_pair_is_an_error_at_its_place(folder: Folder, text: str, given: dict[str, str]) -> None:
    said = only_problem(folder, f"{HEAD}{text}\n", "bad-character", given)
    assert "surrogate" in said.summary
    said.summary.encode()


def test_a_surrogate_that_yaml_lets_pass_is_an_error_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """libyaml refuses the escape; PyYAML's own parser, which stands in for it, does not."""
    monkeypatch.setattr(yaml_tree, "LOADER", yaml.SafeLoader)
    node = yaml_tree.compose_nodes(b'a: "b\\ud800"\n')
    assert node is not None
    builder = Builder("roles.yaml", Variables({}).substitute)
    assert builder.build(node) == {"a": "b?"}
    assert [problem.code for problem in builder.problems] == ["bad-character"]


NUMBERS = {
    "a limit": "settings: {prune: none, max_deletes: NUMBER}",
    "a share": "settings: {prune: none, max_delete_percent: NUMBER}",
    "a session": "roles: {r: {trust: [{services: [ec2.amazonaws.com]}], max_session_duration: NUMBER}}",
    "an age": "roles: {r: {trust: [{services: [ec2.amazonaws.com], mfa: {max_age: NUMBER}}]}}",
    "days of a password": "account_settings: {password_policy: {max_age: NUMBERd}}",
    "an account": "account: NUMBER",
    "a name": "users: {NUMBER: }",
    "a condition": "policies: {p: {document: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*', Condition: "
    "{NumericLessThan: {'aws:MultiFactorAuthAge': NUMBER}, DateLessThan: {'aws:CurrentTime': NUMBER}}}}}}",
    "a principal": "roles: {r: {trust_policy: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', "
    "Principal: {AWS: NUMBER}}}}}",
    "a session of an alias": "aliases: {a: {role_arn: 'arn:aws:iam::123456789012:role/r', duration: NUMBER}}",
    "an end": "roles: {r: {trust: [{services: [ec2.amazonaws.com], expires: NUMBER}]}}",
}


@pytest.mark.parametrize("digits", [999, 5_000, 100_000])
@pytest.mark.parametrize("text", NUMBERS.values(), ids=NUMBERS)
def test_a_number_of_thousands_of_digits_is_read_or_refused(folder: Folder, text: str, digits: int) -> None:
    version = "" if "settings" in text else "settings: {prune: none}\n"
    found = folder.declare_text(f"version: 1\n{version}{text.replace('NUMBER', '9' * digits)}\n").problems
    assert all(problem.place for problem in found)
    assert found or digits == 999

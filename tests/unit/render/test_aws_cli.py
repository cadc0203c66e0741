"""The plan as commands of the AWS CLI: its own names, words that a shell leaves alone, and inert comments."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from itertools import pairwise
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from reconciler.kinds.registry import KINDS
from reconciler.model.plan import Call
from reconciler.model.problem import Level, Problem
from reconciler.render.aws_cli import render_command, render_plan_commands, to_kebab_case
from tests.support.strategies import ACCOUNT
from tests.unit.render.plans import plan, plan_everything

MODEL: Any = botocore.session.Session().get_service_model("iam")
OPERATIONS = sorted({operation for kind in KINDS for operation in kind.operations})
INPUTS = [shape for item in OPERATIONS if (shape := MODEL.operation_model(item).input_shape)]
PARAMETERS = sorted({name for shape in INPUTS for name in shape.members})


@pytest.mark.parametrize("name", [*OPERATIONS, *PARAMETERS])
def test_a_name_is_written_as_the_aws_cli_writes_it(name: str) -> None:
    """The AWS CLI makes its names of the service's model by botocore's `xform_name`."""
    assert to_kebab_case(name) == xform_name(name, "-")


def test_every_operation_of_iam_is_written_as_the_aws_cli_writes_it() -> None:
    wrong = {
        name: to_kebab_case(name) for name in MODEL.operation_names if to_kebab_case(name) != xform_name(name, "-")
    }
    assert wrong == {}


def test_a_call_without_parameters_is_its_name() -> None:
    assert render_command(Call("DeleteAccountPasswordPolicy", {})) == "aws iam delete-account-password-policy"


COMMANDS: dict[str, tuple[dict[str, object], list[str]]] = {
    "a text": ({"UserName": "a"}, ["--user-name", "a"]),
    "an empty text": ({"Description": ""}, ["--description", ""]),
    "a number": ({"MaxSessionDuration": 7200}, ["--max-session-duration", "7200"]),
    "yes": ({"SetAsDefault": True}, ["--set-as-default"]),
    "no": ({"SetAsDefault": False}, ["--no-set-as-default"]),
    "a list": ({"TagKeys": ["a b", "-c"]}, ["--tag-keys", '["a b","-c"]']),
    "tags": ({"Tags": [{"Key": "k", "Value": "é"}]}, ["--tags", '[{"Key":"k","Value":"é"}]']),
    "a document": ({"PolicyDocument": '{"a": "b"}'}, ["--policy-document", '{"a": "b"}']),
    "a leading minus": ({"UserName": "-a"}, ["--user-name=-a"]),
    "two leading minuses": ({"UserName": "--profile"}, ["--user-name=--profile"]),
    "a single quote": ({"Description": "it's"}, ["--description", "it's"]),
    "a substitution": ({"Description": "$(id) `id` $HOME"}, ["--description", "$(id) `id` $HOME"]),
    "a history": ({"Description": 'a!b "c" \\ ; & | > <'}, ["--description", 'a!b "c" \\ ; & | > <']),
    "a comment": ({"Description": "# no"}, ["--description", "# no"]),
    "a glob": ({"Description": "*?[a]{b,c}~"}, ["--description", "*?[a]{b,c}~"]),
    "an equals sign": ({"UserName": "a=b"}, ["--user-name", "a=b"]),
}


@pytest.mark.parametrize(("parameters", "expected"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_value_reaches_the_aws_cli_as_one_word(parameters: dict[str, object], expected: list[str]) -> None:
    assert shlex.split(render_command(Call("UpdateRole", parameters))) == ["aws", "iam", "update-role", *expected]


OBEYED = ["a\n# b\n\tc", "a\x1b]0;x\x07", "a\u202eb", "\u2028", "\x85", "::warning::x", "a ##[add-mask]b", "\U000e0001"]


@pytest.mark.parametrize("value", OBEYED)
def test_a_value_that_a_terminal_or_a_log_would_obey_is_passed_as_json_and_means_the_same(value: str) -> None:
    parameters = {"RoleName": "r", "Description": value, "MaxSessionDuration": 3600}
    line = render_command(Call("UpdateRole", parameters))
    assert line.isprintable()
    assert "##[" not in line
    *words, option, given = shlex.split(line)
    assert (words, option) == (["aws", "iam", "update-role"], "--cli-input-json")
    assert json.loads(given) == parameters


@pytest.mark.parametrize("start", ["file://", "fileb://", "http://", "https://"])
def test_a_value_that_the_aws_cli_would_fetch_is_passed_as_json(start: str) -> None:
    parameters = {"RoleName": "-r", "Description": f"{start}example.com/it's", "MaxSessionDuration": 3600}
    *words, option, value = shlex.split(render_command(Call("UpdateRole", parameters)))
    assert (words, option) == (["aws", "iam", "update-role"], "--cli-input-json")
    assert json.loads(value) == parameters


def test_each_run_of_commands_of_an_entity_has_one_heading_and_all_calls_are_there_in_order() -> None:
    made = plan_everything()
    lines = render_plan_commands(made).splitlines()
    assert lines[0] == f"# account {ACCOUNT}: {len(made.steps)} calls, as `reconcile apply` makes them"
    assert [line for line in lines if line.startswith("aws ")] == [render_command(step.call) for step in made.steps]
    headings = [line for line in lines[1:] if line.startswith("# ")]
    assert "# delete user/old" in headings
    assert all(one != other for one, other in pairwise(headings))


def test_a_plan_without_changes_has_no_command() -> None:
    assert [line for line in render_plan_commands(plan([], [])).splitlines() if not line.startswith("#")] == []


REFUSALS = {
    "with a flag": Problem(Level.ERROR, "x", "Too much would go.", flag="--allow-deletes"),
    "without a flag": Problem(Level.ERROR, "x", "Too much would go."),
}


@pytest.mark.parametrize("problem", REFUSALS.values(), ids=REFUSALS.keys())
def test_an_unsafe_plan_says_so_before_the_first_command(problem: Problem) -> None:
    lines = render_plan_commands(replace(plan_everything(), findings=(problem,))).splitlines()
    assert lines[1] == "# NOT SAFE: Too much would go."


def test_what_is_said_of_the_order_stands_first_and_its_calls_are_numbered() -> None:
    note = Problem(Level.WARNING, "order-excess", "From call 2 until call 3.", "", "No order avoids it.", calls=(2, 3))
    lines = render_plan_commands(replace(plan_everything(), findings=(note,))).splitlines()
    assert lines[1] == "# warning: From call 2 until call 3. No order avoids it."
    numbers = [line.rpartition("(")[2] for line in lines[2:] if line.startswith("# ")]
    told = [range(int(found[0]), int(found[-1]) + 1) for text in numbers if (found := re.findall(r"\d+", text))]
    assert [number for some in told for number in some] == list(range(1, len(plan_everything().steps) + 1))
    commands = [line.startswith("# ") for line in lines[2:]] + [True]
    heads = [index for index, head in enumerate(commands) if head]
    assert [end - begin - 1 for begin, end in pairwise(heads)] == list(map(len, told))


def test_calls_are_not_numbered_if_nothing_speaks_of_them() -> None:
    assert not [line for line in render_plan_commands(plan_everything()).splitlines()[1:] if "(call" in line]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_no_text_leaves_its_comment(end: str) -> None:
    problem = Problem(
        Level.ERROR, "x", f"role/x asks for 'a{end}touch /tmp/x'{end}touch /tmp/y", flag="--allow-lockout"
    )
    said = render_plan_commands(replace(plan_everything(), findings=(problem,)))
    assert [line for line in said.splitlines() if not line.startswith(("# ", "aws iam "))] == []

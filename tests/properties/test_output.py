"""No line of its own in a log: whatever stands in a file or an account, no format hands it on to be obeyed.

Every text of every value that a renderer takes is spoilt, with texts drawn from all of Unicode.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import yaml
from hypothesis import given

from reconciler.desired.export import AccountExport
from reconciler.desired.export_yaml import as_yaml, format_file
from reconciler.model.access_answers import (
    AccessAnswer,
    AccessSide,
    AccessSource,
    AnswerSteps,
    CapableChains,
    CapablePrincipals,
    DecidingStatement,
    Entrants,
    EvaluationStep,
    ExplainedStatement,
    HeldPermission,
    Limit,
    Outcome,
    PrincipalPermissions,
    RoleChain,
    RoleEntrants,
    StepName,
    WhoCan,
)
from reconciler.model.access_graph import AccessGraph, AdminMark, GatheredGraph, GraphEdge, GraphNode
from reconciler.model.address import Address
from reconciler.model.admin_ways import AdminWay, AdminWays, PrincipalWays, UnreadPower, WayHop
from reconciler.model.call_stats import CallStats, OperationStats
from reconciler.model.escape import escape_json, escape_line, escape_lines
from reconciler.model.listed_alias import ListedAlias
from reconciler.model.listed_journal import ListedJournal
from reconciler.model.live import State
from reconciler.model.mfa_readiness import MfaStatus, MfaUser
from reconciler.model.permissions import ActionPattern, Direction, PermissionRow
from reconciler.model.plan import AccessDelta, Action, Call, PrincipalPower, UnmanagedEntity
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.role_access import AccessGroup, AccessTerms, RoleAccess
from reconciler.render import (
    access_answer,
    access_graph,
    access_page,
    access_roles,
    access_show,
    access_steps,
    access_ways,
    access_who_can,
    account_list,
    aliases,
    aws_cli,
    explanation,
    journals,
    mfa_status,
    problems,
    rules,
)
from reconciler.render.calls import render_calls
from reconciler.render.file_diff import render_file_diff
from reconciler.render.json_text import dump_json
from reconciler.render.organization_json import iter_summary_json
from reconciler.render.organization_markdown import render_summary_markdown
from reconciler.render.organization_text import OrganizationText
from reconciler.render.plan_json import plan_to_dict, render_plan_json
from reconciler.render.plan_markdown import render_plan_markdown
from reconciler.render.plan_text import render_plan_text
from reconciler.rules.rule import Rule
from reconciler.shell import streams
from tests.support.account_results import SUMMARY
from tests.support.examples import examples
from tests.support.hostile import BREAKS, COMMANDS, spoil, texts
from tests.unit.render.plans import plan_everything
from tests.unit.render.test_explanation import REFUSED
from tests.unit.render.test_mfa_status import PASSKEY, VIRTUAL

some = examples(30)
PLACE = Place("roles.yaml", 3, 1)
FINDINGS = tuple(
    Problem(level, "code", "Something is wrong.", "This is why.", "Do this.", place, address, "--flag")
    for level, place, address in ((Level.ERROR, PLACE, None), (Level.INFO, None, Address("role", "r")))
)
GAINED = RoleAccess("user/a", "role/r", True, ("aws:sourceip",))
DELTA = AccessDelta.of_pairs(
    (GAINED,),
    (GAINED,),
    ((GAINED, replace(GAINED, mfa=False)),),
    (PrincipalPower("user/a", "administrator", "Everything."),),
    (PrincipalPower("user/a", "way", "A way."),),
)
PLAN = replace(
    plan_everything(),
    findings=FINDINGS,
    access=DELTA,
    unmanaged=(UnmanagedEntity(Address("role", "left"), "somebody"),),
)
UNCHANGED = replace(PLAN, changes=(), steps=())
ALIASES = [ListedAlias("ro", "r", "123456789012", ("hop",), None, 3600, "2030-01-01T00:00:00Z")]
JOURNALS = [
    ListedJournal("/x/1-2.jsonl", "2026-01-01T12:00:00", "123456789012", "alias", "me", {Action.CREATE: 2}, 3, 4),
]
STATUS = MfaStatus(
    "123456789012", (MfaUser("a", (VIRTUAL,), ("mfa",)), MfaUser("b", (PASSKEY,), ("x",))), ("l",), FINDINGS
)
ACCESS = (
    AccessSource(
        (AccessSide("before", State("1", "aws", {})), AccessSide("after", State("1", "aws", {}))), "1", ("a",)
    ),
    ((RoleEntrants(("role/r",), (Entrants(("user/a",), True, ("aws:sourceip",), frozenset(["x"])),)),),) * 2,
)
ANSWER = AccessAnswer(
    "user/a", "s3:GetObject", "*", Outcome.DEPENDS, "why", ("policy:p",),
    (DecidingStatement("policy/p", "Allow", "Sid", "s3:* on *", ("Bool x y",), PLACE), DecidingStatement("q", "")),
    ("arn:a",), ("arn:b",), ("aws:username",),
)  # fmt: skip
ANSWERS = (ACCESS[0], (ANSWER, replace(ANSWER, outcome=Outcome.DENIED)))
HELD = HeldPermission(
    PermissionRow(("user/a",), "s3", (ActionPattern("s3:*", ("s3:x",)),), ("*",), ("arn:b",), None, ("Bool x y",),
                  Direction.WIDER, False, ("s3:GetObject",), (("read", 1),), True, (), ("policy/p",), PLACE),
    ANSWER.statements[0], Limit.PART,
)  # fmt: skip
CHAIN = RoleChain(("role/a", "role/b"), True, ("policy:p",), frozenset(["x"]))
HOLDINGS = (ACCESS[0], (PrincipalPermissions("user/a", (HELD,), (HELD,), "policy/l", (HELD,), (CHAIN,)), None))
CAPABLE = CapablePrincipals(("user/a",), Outcome.DEPENDS, ("arn:a",), ("policy:p",), ANSWER.statements)
WHO = (ACCESS[0], (WhoCan("s3:GetObject", None, (CAPABLE,), (CapableChains(("user/b",), CHAIN),)), WhoCan("a:b", "c")))
EXPLAINED = tuple(ExplainedStatement(ANSWER.statements[0], applies, ("why",)) for applies in (True, None, False))
STEPS = (ACCESS[0], (AnswerSteps(ANSWER, (EvaluationStep(StepName.TRUST, None, "maybe", EXPLAINED),)), None))
TERMS = AccessTerms(True, ("policy:p",), frozenset(["x"]))
HOP = WayHop("user/a", "role/r", "sts-001", "why", TERMS, ANSWER.statements)
WAY = AdminWay("sts-001", "sts:AssumeRole on role/r", ("a:b",), ("role/r",), "why", TERMS, (HOP, HOP), 1)
GROUP = PrincipalWays(("user/a",), (WAY,))
ALL_WAYS = AdminWays((GROUP,), (GROUP,), (UnreadPower(("user/b",), ("p",)),))
WAYS = (ACCESS[0], (ALL_WAYS, None))
OWN_WAYS = (ACCESS[0], (replace(ALL_WAYS, principal="user/a"),) * 2)
DRAWING = GatheredGraph(
    (GraphNode(("user/a", "user/b"), AdminMark.WAY), GraphNode(("role/r",), AdminMark.ADMINISTRATOR)),
    (GraphEdge((0, 1), (0, 1), TERMS), GraphEdge((0,), (1,), TERMS)),
)
ACCESS_GRAPH = AccessGraph(
    ("user/a", "role/r"), (AccessGroup(("user/a",), ("role/r",), TERMS),), {"user/a": AdminMark.WAY}, ALL_WAYS
)
GRAPHS = (ACCESS[0], (ACCESS_GRAPH,) * 2)
CALLS = CallStats((OperationStats("ListRoles", 1, 0.1),), 0.1)
RULE = Rule("code", (Level.ERROR, Level.INFO), "A title", "This is why.", "Do this.", "https://example.com")
CONFIG = ("[profile a]", "region = us-east-1", "other = value", "  goes on")

MANY = (replace(SUMMARY, results=SUMMARY.results[2:]), replace(UNCHANGED, access=AccessDelta(), findings=FINDINGS[:1]))
MEMBERS = (replace(SUMMARY.results[0].account, files=("a.yaml",), variables={"a": "b"}),)

Render = Callable[[Any], str]


def diff(lines: tuple[str, ...], color: bool = False) -> str:
    return render_file_diff(lines[0], lines, lines[:2], 3, color=color)


def many_accounts(found: Any, **given: Any) -> str:
    return "\n".join(OrganizationText(found[0], lambda facts: found[1], **given).render())


PAINTED: dict[str, tuple[Any, Callable[..., str]]] = {
    "many accounts": (MANY, many_accounts),
    "plan text": (PLAN, render_plan_text),
    "plan without changes": (UNCHANGED, render_plan_text),
    "problems": (FINDINGS, problems.render_problems),
    "explanation": (REFUSED, explanation.render_explanation),
    "mfa": (STATUS, mfa_status.render_status_text),
    "file diff": (CONFIG, diff),
    "access paths": (WAYS, lambda found, **given: access_ways.render_ways_text(*found, **given)),
    "access paths of one": (OWN_WAYS, lambda found, **given: access_ways.render_ways_text(*found, **given)),
    "access who-can": (WHO, lambda found, **given: access_who_can.render_capable_text(*found, **given)),
    "access explain": (STEPS, lambda found, **given: access_steps.render_steps_text(*found, **given)),
    "access show": (HOLDINGS, lambda found, **given: access_show.render_permissions_text(*found, **given)),
    "access can": (ANSWERS, lambda found, **given: access_answer.render_answer_text(*found, **given)),
    "access": (ACCESS, lambda found, **given: access_roles.render_roles_text(*found, **given)),
}
PLAIN: dict[str, tuple[Any, Render]] = {
    "plan markdown": (PLAN, render_plan_markdown),
    "plan aws-cli": (PLAN, aws_cli.render_plan_commands),
    "plan narrow": (PLAN, partial(render_plan_text, width=40)),
    "many accounts narrow": (MANY, partial(many_accounts, width=40)),
    "many accounts markdown": (MANY, lambda found: render_summary_markdown(found[0], lambda facts: found[1])),
    "accounts": (MEMBERS, account_list.render_account_table),
    "aliases": (ALIASES, lambda found: aliases.render_alias_table(found, str)),
    "access graph mermaid": (DRAWING, access_graph.render_mermaid),
    "access graph dot": (DRAWING, access_graph.render_dot),
    "access graph page": (GRAPHS, lambda found: access_page.render_access_page(found[0], found[1][0], "file")),
    "calls": (CALLS, render_calls),
    "journals": (JOURNALS, journals.render_journals_text),
    "journals narrow": (JOURNALS, partial(journals.render_journals_text, columns=40)),
    "rules": ([RULE], rules.render_rule_table),
    "rules narrow": ([RULE], partial(rules.render_rule_table, columns=40)),
    "rule": (RULE, rules.render_rule),
    "rule page": ([RULE], lambda found: rules.render_rule_page({"Topic": found})),
    **{name: (value, render) for name, (value, render) in PAINTED.items()},
}
JSON: dict[str, tuple[Any, Render]] = {
    "plan json": (PLAN, render_plan_json),
    "many accounts json": (
        MANY,
        lambda found: "\n".join(iter_summary_json(found[0], lambda facts: plan_to_dict(found[1]))),
    ),
    "accounts json": (MEMBERS, account_list.render_account_json),
    "accounts github": (MEMBERS, account_list.render_github_matrix),
    "problems json": (FINDINGS, problems.problems_to_json),
    "problems sarif": (FINDINGS, problems.render_sarif),
    "explanation json": (REFUSED, lambda found: dump_json(explanation.explanation_to_dict(found), indent=2)),
    "journals json": (JOURNALS, journals.render_journals_json),
    "aliases json": (ALIASES, aliases.render_alias_json),
    "rules json": ([RULE], rules.rules_to_json),
    "access graph json": (GRAPHS, lambda found: access_graph.render_graph_json(*found)),
    "access paths json": (WAYS, lambda found: access_ways.render_ways_json(*found)),
    "access who-can json": (WHO, lambda found: access_who_can.render_capable_json(*found)),
    "access explain json": (STEPS, lambda found: access_steps.render_steps_json(*found)),
    "access show json": (HOLDINGS, lambda found: access_show.render_permissions_json(*found)),
    "access can json": (ANSWERS, lambda found: access_answer.render_answer_json(*found)),
    "access json": (ACCESS, lambda found: access_roles.render_roles_json(*found)),
    "mfa json": (STATUS, mfa_status.render_status_json),
}
ALL = PLAIN | JSON
ENDS: tuple[Callable[[str, str], str], ...] = (lambda own, bad: own + bad, lambda own, bad: bad + own)
OPENING = re.compile(r"##[A-Za-z]*\[")
COLOURS = re.compile("\x1b\\[[0-9;]*m")


def check_harmless(text: str) -> None:
    for line in text.split("\n"):
        assert line.isprintable(), repr(line)
        assert not line.lstrip().startswith("::"), line
        assert not OPENING.search(line), line


def spoil_ends(value: Any, bad: str) -> list[Any]:
    return [spoil(value, lambda own, end=end: end(own, bad)) for end in ENDS]  # type: ignore[misc]


@pytest.mark.parametrize("name", ALL)
@some
@given(texts)
def test_no_format_hands_on_what_a_terminal_or_a_log_obeys(name: str, bad: str) -> None:
    value, render = ALL[name]
    for hostile in spoil_ends(value, bad):
        check_harmless(render(hostile))


@pytest.mark.parametrize("end", BREAKS, ids=ascii)
@pytest.mark.parametrize("name", ALL)
def test_no_value_begins_a_line_of_its_own(name: str, end: str) -> None:
    value, render = ALL[name]
    text = render(spoil(value, lambda own: f"{own}{end}INJECTED"))
    assert "INJECTED" in text
    assert [line for line in text.splitlines() if line.strip().startswith("INJECTED")] == []


@pytest.mark.parametrize("name", PAINTED)
@some
@given(texts)
def test_the_only_sequences_of_a_coloured_text_are_its_own_colours(name: str, bad: str) -> None:
    value, render = PAINTED[name]
    for hostile in spoil_ends(value, bad):
        plain, painted = render(hostile), render(hostile, color=True)
        assert COLOURS.sub("", painted).replace("\\x3a", ":") == plain.replace("\\x3a", ":")
        for piece in COLOURS.split(painted):
            check_harmless(piece)


@pytest.mark.parametrize("name", JSON)
@some
@given(texts)
def test_json_stays_valid_and_says_the_same(name: str, bad: str) -> None:
    value, render = JSON[name]
    for hostile in spoil_ends(value, bad):
        json.loads(render(hostile))
    assert json.loads(dump_json({bad: [bad]})) == json.loads(json.dumps({bad: [bad]}))


@some
@given(texts)
def test_only_annotations_begin_with_colons_and_each_is_one_line(bad: str) -> None:
    for hostile in spoil_ends(FINDINGS, bad):
        lines = problems.render_github(hostile).split("\n")
        assert [line.partition(" ")[0] for line in lines] == ["::error", "::notice"]
        for line in lines:
            assert line.isprintable()
            properties = line.split("::")[1]
            assert len(properties.split(",")) == (4 if "file=" in properties else 1)


@some
@given(texts)
def test_a_pasted_command_means_what_the_plan_means(bad: str) -> None:
    parameters = {"RoleName": bad, "Description": f"a{bad}", "Tags": [{"Key": bad, "Value": bad}]}
    line = aws_cli.render_command(Call("CreateRole", parameters))
    words = shlex.split(line)
    assert words[:3] == ["aws", "iam", "create-role"]
    if words[3] == "--cli-input-json":
        assert json.loads(words[4]) == json.loads(json.dumps(parameters))
    else:
        assert words[-1] == json.dumps(parameters["Tags"], separators=(",", ":"), ensure_ascii=False)


@some
@given(texts)
def test_an_export_reads_back_as_it_was_and_its_comments_stay_comments(bad: str) -> None:
    value = {f"a{bad}": {"x": bad, f"{bad}y": [bad, f"z{bad}"], "document": {"Sid": f"{bad} {bad}"}}}
    text = as_yaml(value, 3)
    check_harmless(text)
    assert yaml.safe_load(text) == spoil(value, lambda own: own.replace("{{", "{{{{"))
    head = format_file(
        AccountExport("1", None, {}, {}, {}, {Address("role", bad): bad}, 0, False, {}), f"reconcile {bad}"
    )
    check_harmless(head)
    assert yaml.safe_load(head) == {"version": 1, "account": "1"}


@some
@given(texts)
def test_what_is_written_past_every_renderer_is_harmless_too(bad: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        streams.write_line(bad)
        streams.write_text(bad, err=True)
        streams.write_text(bad)
        streams.write_commands(bad)
    assert out.getvalue().split("\n", 1)[0] == escape_line(bad)
    check_harmless(err.getvalue())
    check_harmless(out.getvalue())


@some
@given(texts)
def test_to_escape_twice_is_to_escape_once(bad: str) -> None:
    assert escape_line(escape_line(bad)) == escape_line(bad)
    assert escape_lines(escape_lines(bad)) == escape_lines(bad)
    assert escape_json(escape_json(bad)) == escape_json(bad)


@pytest.mark.parametrize("char", [chr(code) for code in range(0x20, 0x7F)])
def test_plain_text_stays_as_it_is(char: str) -> None:
    assert escape_line(f"a{char}b") == f"a{char}b"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_still_readable(command: str) -> None:
    said = escape_line(command)
    assert said != command
    assert said.replace("\\x3a", ":").replace("\\x23", "#") == command

"""The graph in each syntax: who is drawn, and that no name can leave its text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from reconciler.model.access_answers import AccessSide, AccessSource
from reconciler.model.entity import Entity, Role, User
from reconciler.plan.access.access_graph import find_access_graph, gather_graph
from reconciler.render.access_graph import count_lines, render_dot, render_graph_json, render_mermaid
from tests.support.strategies import ACCOUNT
from tests.unit.plan.access.test_admin_powers import FULL
from tests.unit.plan.access.test_delta import MFA, OTHER_ROOT, trust
from tests.unit.render.plans import document, state

HOSTILE = [
    'a"b',
    "a]b",
    'a"]; n1 --> n2',
    "a --> b",
    "</script><script>alert(1)</script>",
    "a\nb\n%% c",
    "`a`",
    "a|b|c",
    "a\\",
    'a\\"',
    "a#quot;b",
    "a&lt;b",
    "::warning::x",
    "##[error]x",
    "\x1b[31mred",
    "\u202eabc",
    "end",
    "}",
]
ADMIN = Role("admin", document(trust("user/ann", "user/bea", **MFA), trust(OTHER_ROOT)), policies=FULL)
WORLD: list[Entity] = [User("ann"), User("bea"), *(User(f"c{number}") for number in range(9)), ADMIN]

MERMAID_LINES = [
    r'n\d+(\[|\(\[)"(?P<text>[^"]*)"(\]|\]\))(:::(administrator|way))?',
    r'j\d+\(\(" "\)\)',
    r'[nj]\d+ -->(\|"(?P<text>[^"|]*)"\|)? [nj]\d+',
    r"classDef (administrator|way) [a-z0-9:#,-]+",
]
DOT_LINES = [
    r"rankdir=LR;",
    r'node \[shape=box, style="rounded,filled", fillcolor="#ffffff"\];',
    r'n\d+ \[label="(?P<text>(?:[^"\\]|\\["\\n])*)"(, style="filled")?(, fillcolor="#[0-9a-f]{6}")?\];',
    r"j\d+ \[shape=point\];",
    r'[nj]\d+ -> [nj]\d+( \[label="(?P<text>(?:[^"\\]|\\["\\])*)"\])?;',
]


def check_lines(lines: list[str], grammar: list[str]) -> list[str]:
    """Return the texts of the lines, each of which must be one of the grammar."""
    texts = []
    for line in lines:
        found = next((match for form in grammar if (match := re.fullmatch(form, line.strip()))), None)
        assert found, line
        texts.append(found.groupdict().get("text") or "")
    return texts


def draw_graph(entities: list[Entity]) -> tuple[str, str]:
    graph = gather_graph(find_access_graph(AccessSide("file", state(entities))))
    return render_mermaid(graph), render_dot(graph)


def test_equal_principals_are_one_node_and_lines_have_their_terms() -> None:
    mermaid, dot = draw_graph(WORLD)
    assert mermaid.splitlines()[:7] == [
        "flowchart LR",
        f'  n0(["{OTHER_ROOT}<br/>way to administrator power"]):::way',
        '  n1["role/admin<br/>administrator"]:::administrator',
        '  n2(["user/ann, user/bea<br/>way to administrator power"]):::way',
        '  n3(["9 users (c0, c1, c2 …)"])',
        "  n0 --> n1",
        '  n2 -->|"with MFA"| n1',
    ]
    assert '  n1 [label="role/admin\\nadministrator", style="filled", fillcolor="#f8d0d0"];' in dot.splitlines()
    assert '  n2 -> n1 [label="with MFA"];' in dot.splitlines()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_its_text(name: str) -> None:
    who = f"arn:aws:iam::210987654321:role/{name}"
    role = replace(ADMIN, name=name, trust_policy=document(trust(who), trust("user/ann", **condition_of(name))))
    mermaid, dot = draw_graph([User("ann"), User(f"u{name}"), role])
    first, *lines = mermaid.split("\n")
    assert first == "flowchart LR"
    texts = check_lines(lines, MERMAID_LINES)
    assert all(re.fullmatch(r"(?:[\w ./:@=,+()→…-]|#\d+;|<br/>)*", text) for text in texts), texts
    head, *lines, last = dot.split("\n")
    assert (head, last) == ("digraph access {", "}")
    check_lines(lines, DOT_LINES)


def condition_of(value: str) -> dict[str, object]:
    return {"Condition": {"StringEquals": {"aws:SourceVpc": value}}}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_hostile_names() -> None:
    _, dot = draw_graph([User(name) for name in HOSTILE] + [replace(ADMIN, name=name) for name in HOSTILE])
    done = subprocess.run(["dot", "-Tplain"], input=dot, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "stop"


def test_the_graph_does_not_grow_with_the_product_of_users_and_roles() -> None:
    users = [User(f"u{number}") for number in range(60)]
    everybody = trust(f"arn:aws:iam::{ACCOUNT}:root")
    roles = [
        Role(
            f"r{number}",
            document(trust(*(f"user/u{one}" for one in range(number % 3, 60, 3)))),
        )
        for number in range(60)
    ]
    graph = gather_graph(find_access_graph(AccessSide("file", state([*users, *roles, Role("x", document(everybody))]))))
    assert len(graph.nodes) <= 8
    assert count_lines(graph) <= 12


def test_the_json_names_everybody_once() -> None:
    side = AccessSide("file", state(WORLD))
    shown = json.loads(render_graph_json(AccessSource((side,), ACCOUNT), [find_access_graph(side)]))
    assert {one["name"]: one["mark"] for one in shown["nodes"]} == {
        OTHER_ROOT: "way",
        "role/admin": "administrator",
        "user/ann": "way",
        "user/bea": "way",
        **{f"user/c{number}": "none" for number in range(9)},
    }
    assert [(edge["principals"], edge["roles"], edge["mfa"]) for edge in shown["edges"]] == [
        ([OTHER_ROOT], ["role/admin"], False),
        (["user/ann", "user/bea"], ["role/admin"], True),
    ]

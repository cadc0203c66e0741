"""The plan as a pull-request comment: what matters on top, below GitHub's limit, and inert whatever a document says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Policy, Role, User
from reconciler.model.plan import AccessDelta, Plan, PrincipalPower
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.role_access import RoleAccess
from reconciler.plan.digest.detail import Detail
from reconciler.render.plan_markdown import MAX_COMMENT_LENGTH, render_plan_markdown
from tests.support.strategies import ACCOUNT
from tests.unit.render.plans import MINE, TRUST, allow, document, plan, plan_everything

GITHUB_LIMIT = 65_536


def outside_code(text: str) -> str:
    """What GitHub reads as Markdown: fences and code spans taken out (CommonMark, "Fenced code blocks")."""
    kept, fence = [], ""
    for line in text.splitlines():
        marks = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif marks:
            fence = marks[0]
        else:
            kept.append(line)
    assert not fence, "a fence is left open"
    return re.sub(r"<code>.*?</code>|(?<!\\)`[^`]*`", "", "\n".join(kept))


def folds(text: str) -> list[str]:
    return re.findall(r"<details><summary><code>. (.*?)</code>", text)


def policy(name: str, *statements: dict[str, Any]) -> Policy:
    return Policy(name, document(*statements), description="", tags=MINE)


# What comes first


def test_the_summary_is_the_first_line() -> None:
    assert (
        render_plan_markdown(plan_everything()).splitlines()[0]
        == "**Plan: 1 to create, 2 to update, 1 to delete, 1 to adopt.**"
    )


def test_deletions_access_findings_and_folds_follow_in_this_order() -> None:
    findings = (Problem(Level.ERROR, "x", "Something is wrong."),)
    said = render_plan_markdown(replace(plan_everything(), findings=findings))
    marks = ["**Plan:", "**Deletes** `user/old`", "**Access**", "Something is wrong.", "<details>"]
    assert sorted(marks, key=said.index) == marks


def test_what_is_deleted_folds_first_and_the_rest_keeps_its_order() -> None:
    assert folds(render_plan_markdown(plan_everything())) == [
        "user/old",
        "policy/reader",
        "user/alice",
        "role/app",
        "role/new",
    ]


def test_each_entity_has_one_fold() -> None:
    said = render_plan_markdown(plan_everything())
    assert said.count("<details>") == said.count("</details>") == len(plan_everything().changes)


def test_a_plan_without_changes_is_one_line() -> None:
    assert render_plan_markdown(plan([], [])) == "**No changes. Live IAM matches the file.**"


def test_errors_stand_before_warnings_and_the_summary_says_where() -> None:
    findings = (
        Problem(Level.INFO, "i", "Info."),
        Problem(Level.WARNING, "w", "Careful."),
        Problem(Level.ERROR, "e", "No."),
    )
    said = render_plan_markdown(replace(plan_everything(), findings=findings))
    assert said.index("❌ No.") < said.index("⚠️ Careful.") < said.index("Info.")
    assert "see the errors below" in said.splitlines()[0]


# Access


DELTA: dict[str, tuple[AccessDelta, list[str]]] = {
    "nothing": (AccessDelta(), []),
    "who gains a role": (
        AccessDelta.of_pairs(gained=(RoleAccess("user/alice", "role/app"),)),
        ["+ user/alice may assume role/app"],
    ),
    "with MFA and under conditions": (
        AccessDelta.of_pairs(gained=(RoleAccess("user/alice", "role/app", True, ("aws:sourceip",)),)),
        ["+ user/alice may assume role/app, with MFA, depending on aws:SourceIp"],
    ),
    "who loses a role": (
        AccessDelta.of_pairs(lost=(RoleAccess("user/alice", "role/app"),)),
        ["- user/alice may no longer assume role/app"],
    ),
    "who gains power": (
        AccessDelta.of_pairs(powers_gained=(PrincipalPower("user/alice", "* on *", "administrator"),)),
        ["+ user/alice gains administrator power: * on *"],
    ),
    "who loses power": (
        AccessDelta.of_pairs(powers_lost=(PrincipalPower("user/alice", "iam:PutUserPolicy", "escalation"),)),
        ["- user/alice loses ways to administrator power: iam:PutUserPolicy"],
    ),
}


@pytest.mark.parametrize(("delta", "expected"), DELTA.values(), ids=DELTA.keys())
def test_who_gains_and_who_loses_what_is_said_in_colours_on_top(delta: AccessDelta, expected: list[str]) -> None:
    said = render_plan_markdown(replace(plan_everything(), access=delta))
    top = said.partition("<details>")[0]
    assert ("**Access**" in top) is bool(expected)
    lines = [line[:1] + line[2:] for line in top.splitlines() if line[:3] in ("+  ", "-  ")]
    assert lines == expected


# The limit


def big(index: int) -> Policy:
    wide = [f"service{index:03}:Action{number:03}" for number in range(60)]
    return policy(f"policy-{index:03}", allow(*wide))


HUGE: dict[str, Plan] = {
    "many entities": plan([], [big(index) for index in range(150)]),
    "many deletions": plan([big(index) for index in range(150)], []),
    "one entity past the limit": plan(
        [], [policy("p", *(allow(f"a:{n}", Sid=f"S{n}" + "x" * 90) for n in range(900)))]
    ),
    "many findings": replace(
        plan_everything(),
        findings=tuple(Problem(Level.WARNING, "w", f"{n}: " + "*" * 2000) for n in range(500)),
    ),
    "much access": replace(
        plan_everything(),
        access=AccessDelta.of_pairs(
            gained=tuple(RoleAccess(f"user/{n:04}" + "x" * 40, f"role/{n:04}" + "y" * 60) for n in range(5000))
        ),
    ),
}
HUGE["everything at once"] = replace(
    HUGE["many deletions"], findings=HUGE["many findings"].findings, access=HUGE["much access"].access
)


@pytest.mark.parametrize("made", HUGE.values(), ids=HUGE.keys())
def test_a_comment_stays_below_the_limit_and_counts_what_it_leaves_out(made: Plan) -> None:
    said = render_plan_markdown(made, Detail.FULL)
    assert len(said) < MAX_COMMENT_LENGTH < GITHUB_LIMIT
    outside_code(said)
    shown = len(folds(said))
    assert said.count("</details>") == shown
    left_out = len(made.changes) - shown
    told = f"_{left_out} of {len(made.changes)} entities are left out here; run `reconcile plan --full` for all._"
    assert (told in said) is (left_out > 0)
    findings = len(re.findall(r"^- (?:❌|⚠️|ℹ️) ", said, re.MULTILINE))
    assert (f"and {len(made.findings) - findings} more findings" in said) is (findings < len(made.findings))
    access = len(re.findall(r"^\+ .* may assume", said.replace("+  ", "+ "), re.MULTILINE))
    gained = len(made.access.gained)
    assert access == gained or f"and {gained - access} more changes of access" in said


def test_a_plan_that_is_shown_in_full_by_itself_needs_no_option_to_show_the_rest() -> None:
    assert "run `reconcile plan` for all._" in render_plan_markdown(HUGE["one entity past the limit"])


def test_the_room_is_used() -> None:
    assert len(render_plan_markdown(HUGE["many entities"], Detail.FULL)) > MAX_COMMENT_LENGTH * 0.9


@pytest.mark.parametrize("made", HUGE.values(), ids=HUGE.keys())
def test_risk_deletions_and_access_come_first_and_a_large_plan_is_short(made: Plan) -> None:
    said = render_plan_markdown(made)
    assert len(said) < MAX_COMMENT_LENGTH
    outside_code(said)
    order = [
        said.find(mark) for mark in ("Account 123456789012", "**Risk: ", "🗑️", "🔑", "```diff\n-  policy/", "<details>")
    ]
    present = [position for position in order if position >= 0]
    assert present == sorted(present)
    assert said.count("```diff") <= 2 + len(folds(said))
    if len(made.changes) > 40:
        assert not folds(said)


def test_of_many_deletions_some_are_named_and_the_rest_counted() -> None:
    assert "`policy/policy-049` and 100 more" in render_plan_markdown(HUGE["many deletions"])


# Whatever a document says


def describe_role(text: str) -> list[Entity]:
    return [Role("r", TRUST, description=text, tags=MINE)]


NASTY: dict[str, list[Entity]] = {
    "a fence in a description": describe_role("a\n```\n</details>\n@everyone\n```"),
    "a longer fence": describe_role("`````\n# Approved by @boss\n`````"),
    "a fence in a resource": [policy("p", {**allow("a:b"), "Resource": "arn:aws:s3:::```\n</details> @team"})],
    "tildes": describe_role("~~~\n@team\n~~~"),
    "HTML": describe_role("</details></summary><img src=https://example.com/x.png>"),
    "a link": describe_role("[click](https://example.com) ![x](https://example.com/y.png)"),
    "a terminal's controls": describe_role("\x1b[2J\x9b2J\r@team"),
    "other line ends": describe_role("a\u2028```\u2028@team\x0b```\x0c@team"),
    "a name with an at sign": [User("alice@example.com", tags=MINE)],
    "a tag": [User("u", tags={**MINE, "who": "@octocat"})],
}


@pytest.mark.parametrize("entities", NASTY.values(), ids=NASTY.keys())
@pytest.mark.parametrize("gone", [False, True])
def test_a_document_breaks_no_fence_and_calls_nobody(entities: list[Entity], gone: bool) -> None:
    made = plan(entities, []) if gone else plan([], entities)
    said = render_plan_markdown(made)
    plain = outside_code(said)
    assert "@" not in plain
    assert "](" not in plain
    assert re.findall(r"<(?!/?(?:details|summary)>)", plain) == []
    assert said.count("\x1b") == said.count("\x9b") == 0
    assert plain.count("<details>") == plain.count("</details>") == len(made.changes)


FINDINGS = {
    "a mention": "role/x trusts @octocat and @org/team.",
    "HTML": "role/x: <img src=x> </details> <!-- x",
    "a link": "role/x: [click](https://example.com) ![i](https://example.com/y.png)",
    "code": "role/x: `code` and ``` and `",
    "a new line": "role/x:\n\n# Approved\n- [x] done",
    "an entity": "role/x: &lt;b&gt;",
    "a control": "role/x: \x1b[2J\x9b",
    "emphasis": "role/x: **bold** ~~gone~~ \\*",
}


@pytest.mark.parametrize("summary", FINDINGS.values(), ids=FINDINGS.keys())
def test_a_finding_is_one_line_of_plain_text(summary: str) -> None:
    made = replace(plan([], []), findings=(Problem(Level.WARNING, "w", summary),))
    (line,) = [line for line in render_plan_markdown(made).splitlines() if line.startswith("- ")]
    text = line.removeprefix("- ⚠️ ")
    assert re.findall(r"(?<!\\)(?:\\\\)*[`*\[\]~]", text) == []
    assert re.search(r"@(?!&#8203;)|<|[\x1b\x9b]|&(?!amp;|lt;|#8203;)", text) is None


SUBJECTS: dict[str, tuple[Problem, str]] = {
    "a line": (Problem(Level.ERROR, "x", "No.", place=Place("a.yaml", 3, 13)), "- ❌ `a.yaml:3:13`: No."),
    "a line before an entity": (
        Problem(Level.ERROR, "x", "No.", place=Place("a.yaml", 3, 13), address=Address("role", "r")),
        "- ❌ `a.yaml:3:13`: No.",
    ),
    "an entity": (Problem(Level.WARNING, "x", "Old.", address=Address("role", "r")), "- ⚠️ `role/r`: Old."),
    "an entity that is named": (
        Problem(Level.INFO, "x", "role/r is old.", address=Address("role", "r")),
        "- ℹ️ role/r is old.",
    ),
    "a file whose name has marks": (
        Problem(Level.ERROR, "x", "No.", place=Place("`@all`\n<b>.yaml", 1, 1)),
        "- ❌ `` `@all`\\n<b>.yaml:1:1 ``: No.",
    ),
}


@pytest.mark.parametrize(("finding", "line"), SUBJECTS.values(), ids=SUBJECTS.keys())
def test_a_finding_begins_with_its_place_as_in_the_text(finding: Problem, line: str) -> None:
    assert line in render_plan_markdown(replace(plan([], []), findings=(finding,))).splitlines()


@pytest.mark.parametrize("word", ["policy/reader ", "x" * 1200], ids=["words", "one long word"])
def test_a_long_finding_ends_with_a_whole_word_and_says_that_it_goes_on(word: str) -> None:
    made = replace(plan([], []), findings=(Problem(Level.INFO, "w", word * 200),))
    (line,) = [line for line in render_plan_markdown(made).splitlines() if line.startswith("- ")]
    assert re.fullmatch(r"- ℹ️ (policy/reader )+…|- ℹ️ x{1000} …", line)
    assert 900 < len(line) < 1020


def test_the_name_of_a_provider_ends_no_code() -> None:
    name = "a.example.com/</code><b>`@everyone"
    comment = render_plan_markdown(plan([OidcProvider(name, tags=MINE)], []))
    assert f"**Deletes** `` oidc-provider/{name} ``" in comment
    assert "<code>- oidc-provider/a.example.com/&lt;/code&gt;&lt;b&gt;`@everyone</code>" in comment


def test_marks_of_a_diff_stand_in_the_first_column() -> None:
    body = render_plan_markdown(plan_everything()).partition("user/alice</code>")[2].partition("</details>")[0]
    assert re.search(r"^- +policies: aws:ReadOnlyAccess$", body, re.MULTILINE)
    assert re.search(r"^\+ +policies: reader$", body, re.MULTILINE)
    assert re.search(r"^! +tags\.team: a → b$", body, re.MULTILINE)


def test_policies_are_named_as_a_file_names_them() -> None:
    made = plan([], [User("u", policies=frozenset([f"arn:aws:iam::{ACCOUNT}:policy/x/mine"]), tags=MINE)])
    assert "policies: mine" in render_plan_markdown(made)


def test_an_opaque_document_breaks_nothing() -> None:
    live = Policy("p", Document("", frozenset(), opaque="```\n@team", text="```\n@team"), tags=MINE)
    assert "@" not in outside_code(render_plan_markdown(plan([live], [policy("p", allow("a:b"))])))

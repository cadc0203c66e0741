"""The text plan: symbols, statements instead of whole documents, one summary line, colours only where wanted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.model.desired import Settings
from reconciler.model.entity import Policy, Role, User
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem
from reconciler.policy.canonical import canonical
from reconciler.render.plan_text import render_plan_text
from tests.support.strategies import ACCOUNT
from tests.unit.render.plans import MINE, READ_ONLY, TRUST, allow, document, plan, plan_everything

GOLDEN = """\
Account 123456789012 · owner me

Risk: low
    service:ec2.amazonaws.com may newly assume role/new  roles.yaml:1
    user/alice gains s3:getobject and s3:listbucket on *  roles.yaml:1

~ policy/reader
    ~ document:
        ~ Allow 'Read'
            + Action: s3:ListBucket
        - Allow a:b and 1 more
            - Action: a:b, a:c
            - Resource: *

~ user/alice
    ~ tags.team: a → b
    - policies: aws:ReadOnlyAccess
    + policies: reader

- user/old  (owned by me, and no longer in the file)
    - DetachUserPolicy old aws:ReadOnlyAccess
    - DeleteUser old

@ role/app  (exists without an owner)
    - description: Old
    ~ max_session_duration: 1h → 2h

+ role/new
    + trust: service:ec2.amazonaws.com

Access:
+ service:ec2.amazonaws.com may assume role/new
+ user/alice  s3:getobject and s3:listbucket on *  [at most]
- 2 users (alice, old)  what aws:ReadOnlyAccess allows, whose content is not known  [at most]
  As far as IAM goes: SCPs and RCPs do not count, because the file has no `guardrails`.

Plan: 1 to create, 2 to update, 1 to delete, 1 to adopt."""


def test_a_plan_reads_by_address_and_statement() -> None:
    assert render_plan_text(plan_everything()) == GOLDEN


def test_colours_add_nothing_but_colours() -> None:
    colored = render_plan_text(plan_everything(), color=True)
    assert colored != GOLDEN
    assert re.sub(r"\x1b\[\d*m", "", colored) == GOLDEN
    assert colored.count("\x1b[0m") == len(re.findall(r"\x1b\[[39]\dm", colored))


@pytest.mark.parametrize(("symbol", "color"), [("+", "36"), ("-", "35"), ("~", "34"), ("@", "90")])
def test_each_symbol_has_a_quiet_colour_of_its_own(symbol: str, color: str) -> None:
    assert f"\x1b[{color}m{symbol}\x1b[0m" in render_plan_text(plan_everything(), color=True)


def test_losing_access_is_never_red() -> None:
    everyone = document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    role = Role("r", everyone, inline_policies={"all": document(allow("*"))}, tags=MINE)
    assert "\x1b[31m" not in render_plan_text(plan([role, User("old", tags=MINE)], []), color=True)
    gaining = render_plan_text(plan([], [role]), color=True)
    assert "\x1b[31mRisk: high" in gaining
    assert "\x1b[31m role/r" in gaining


def test_nothing_to_do_is_one_line() -> None:
    assert render_plan_text(Plan(ACCOUNT, "aws", "me", Settings())) == "No changes. Live IAM matches the file."


def test_an_unsafe_plan_says_so_last_and_its_errors_stand_above() -> None:
    findings = (
        Problem(Level.ERROR, "too-many-deletes", "Too much would go.", hint="Pass --allow-deletes."),
        Problem(Level.WARNING, "protected", "user/x is protected."),
    )
    text = render_plan_text(replace(plan_everything(), findings=findings))
    assert text.endswith(" An apply refuses it: see the errors above.")
    assert text.index("warning: user/x") < text.index("error: Too much would go.") < text.index("Plan: ")
    assert "    Pass --allow-deletes." in text


def test_long_lists_wrap_with_a_hanging_indent() -> None:
    actions = [f"service:ActionNumber{index:02}" for index in range(30)]
    text = render_plan_text(plan([], [Policy("p", document(allow(*actions)), tags=MINE)]), width=60)
    lines = text.splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert all(any(action in line for line in lines) for action in actions)


def test_a_value_wider_than_the_terminal_is_never_broken() -> None:
    arn = "arn:aws:s3:::" + "x" * 200
    text = render_plan_text(plan([], [Policy("p", document({**allow("a:b"), "Resource": arn}), tags=MINE)]), width=60)
    assert arn in text


def test_a_live_document_that_is_not_json_is_shown_as_it_is() -> None:
    live = Policy("p", canonical("{broken"), tags=MINE)
    text = render_plan_text(plan([live], [Policy("p", document(allow("a:b")), tags=MINE)]))
    assert "(not JSON: '{broken')" in text


def test_policies_are_named_as_a_file_names_them() -> None:
    foreign = "arn:aws:iam::210987654321:policy/theirs"
    live = User("u", policies=frozenset([READ_ONLY, f"arn:aws:iam::{ACCOUNT}:policy/x/mine", foreign]), tags=MINE)
    text = render_plan_text(plan([live], [User("u", tags=MINE)]))
    assert f"    - policies: {foreign}, aws:ReadOnlyAccess, mine" in text


def test_only_the_part_of_a_trust_that_changed_is_shown() -> None:
    other = document(
        {"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "b.c"]}, "Action": "sts:AssumeRole"}
    )
    text = render_plan_text(plan([Role("r", TRUST, tags=MINE)], [Role("r", other, tags=MINE)]))
    assert "            + Principal: Service b.c" in text
    assert "ec2.amazonaws.com" not in text.partition("trust_policy")[2].partition("\n")[2].partition("\n")[2]


def test_a_terminal_is_not_steered_by_what_live_iam_says() -> None:
    """U+009B begins a control sequence, and AWS takes it in documents."""
    live = Policy("p", document({**allow("a:b"), "Resource": "arn:aws:s3:::\x9b2Jx"}), tags=MINE)
    assert "\x9b" not in render_plan_text(plan([live], [Policy("p", document(allow("a:b")), tags=MINE)]))


def test_access_says_of_a_unique_id_that_it_is_what_is_left_of_a_deleted_principal() -> None:
    def trust_principals(*principals: str) -> Role:
        rule = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"}
        return Role("r", document(rule), tags=MINE)

    foreign = "arn:aws:iam::210987654321:user/AIDAEXAMPLE"
    live = trust_principals("AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123", foreign)
    text = render_plan_text(plan([live], [Role("r", TRUST, tags=MINE)]))
    assert "- AIDAEXAMPLEEXAMPLE123 (a deleted user) may no longer assume role/r\n" in text
    assert "- AROAEXAMPLEEXAMPLE123 (a deleted role) may no longer assume role/r\n" in text
    assert f"- {foreign} may no longer assume role/r\n" in text

"""A trust in a principal of another declared account: both sides must fit, as they are after their own plans.

Verdicts follow AWS's documents (IAM User Guide: "Cross-account policy evaluation logic", "AWS JSON policy elements:
Principal", "Permissions boundaries for IAM entities"), never the code.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Level
from reconciler.plan.cross_account.external_ids import RoleEntry
from tests.support.cross_account import PROD, TOOLS, PlannedAccounts
from tests.support.files import Folder

DEPLOYER = "arn:aws:iam::111111111111:role/deployer"
CI, CI_AT_PATH = "arn:aws:iam::222222222222:role/ci", "arn:aws:iam::222222222222:role/build/ci"
EC2 = "[{services: [ec2.amazonaws.com]}]"
TRUSTS_CI = f"roles:\n  deployer:\n    trust: [{{roles: ['{CI}']}}]\n"


def allow(action: str = "sts:AssumeRole", resource: str = DEPLOYER, more: str = "") -> str:
    return f"{{Statement: {{Effect: Allow, Action: '{action}', Resource: '{resource}'{more}}}}}"


def ci_role(policy: str = "", more: str = "", name: str = "ci") -> str:
    inline = f"    inline_policies: {{assume: {policy}}}\n" if policy else ""
    return f"roles:\n  {name}:\n    trust: {EC2}\n{inline}{more}"


@pytest.fixture
def accounts(tmp_path: Path) -> PlannedAccounts:
    return PlannedAccounts(Folder(tmp_path))


DENY = "{Statement: [{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, Action: 'sts:*', Resource: '*'}]}"
BOUNDARY = "policies:\n  edge:\n    document: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}\n"

SIDES: dict[str, tuple[str, str, str | None]] = {
    "its own policy allows exactly that role": (ci_role(allow()), TRUSTS_CI, None),
    "its own policy allows every role": (ci_role(allow(resource="*")), TRUSTS_CI, None),
    "its own policy allows all of STS": (ci_role(allow("sts:*", "*")), TRUSTS_CI, None),
    "a policy of AWS allows everything": (
        ci_role(more="    policies: ['aws:AdministratorAccess']\n"),
        TRUSTS_CI,
        None,
    ),
    "a policy of AWS whose content is not known here may allow it": (
        ci_role(more="    policies: ['aws:AWSDirectConnectFullAccess']\n"),
        TRUSTS_CI,
        None,
    ),
    "on a condition that is not known": (
        ci_role(allow(more=", Condition: {IpAddress: {aws:SourceIp: 203.0.113.0/24}}")),
        TRUSTS_CI,
        None,
    ),
    "it has no policy": (ci_role(), TRUSTS_CI, "none of its own policies allows it"),
    "its own policy allows other roles": (
        ci_role(allow(resource="arn:aws:iam::111111111111:role/other")),
        TRUSTS_CI,
        "none of its own policies allows it",
    ),
    "its own policy allows roles of its own account": (
        ci_role(allow(resource="arn:aws:iam::222222222222:role/*")),
        TRUSTS_CI,
        "none of its own policies allows it",
    ),
    "a Deny of its own": (ci_role(DENY), TRUSTS_CI, "role/ci inline policy assume denies it"),
    "its boundary lacks it": (
        ci_role(allow(), "    permissions_boundary: edge\n") + BOUNDARY,
        TRUSTS_CI,
        "the permissions boundary does not allow it",
    ),
    "a user by its group": (
        "groups:\n  builders:\n    inline_policies: {assume: " + allow() + "}\nusers:\n  bot: {groups: [builders]}\n",
        TRUSTS_CI.replace("roles: [", "users: [").replace(CI, "arn:aws:iam::222222222222:user/bot"),
        None,
    ),
    "a user without a policy": (
        "users:\n  bot: {}\n",
        TRUSTS_CI.replace("roles: [", "users: [").replace(CI, "arn:aws:iam::222222222222:user/bot"),
        "none of its own policies allows it",
    ),
}


@pytest.mark.parametrize(("tools", "prod", "reason"), SIDES.values(), ids=SIDES.keys())
def test_the_side_of_the_principal_must_allow_it(
    accounts: PlannedAccounts, tools: str, prod: str, reason: str | None
) -> None:
    accounts.plan(TOOLS, tools)
    accounts.plan(PROD, prod)
    found = accounts.find_trust_problems()
    if reason is None:
        assert found == []
        return
    ((name, problem),) = found
    assert (name, problem.level, problem.code) == ("prod", Level.ERROR, "cross-account-trust")
    assert reason in problem.summary
    assert PROD.label in problem.summary
    assert TOOLS.name in problem.summary
    assert (problem.place and problem.place.line, str(problem.address)) == (5, "role/deployer")


def test_the_accounts_are_judged_as_they_are_after_their_own_plans(accounts: PlannedAccounts) -> None:
    accounts.plan(TOOLS, ci_role(allow()), live=ci_role())
    accounts.plan(PROD, TRUSTS_CI, live=TRUSTS_CI)
    assert accounts.find_trust_problems() == []
    accounts.plan(TOOLS, ci_role(), live=ci_role(allow()))
    assert len(accounts.find_trust_problems()) == 1, "the other account takes the right away"


NAMES: dict[str, tuple[str, str, str]] = {
    "nobody of that name": (ci_role(allow(), name="build"), CI, "which tools (222222222222) lacks after its plan"),
    "another path": (ci_role(allow(), "    path: /build/\n"), CI, f"but in tools (222222222222) it is {CI_AT_PATH}"),
    "a path that it does not have": (ci_role(allow()), CI_AT_PATH, f"but in tools (222222222222) it is {CI}"),
    "another letter case": (ci_role(allow()), CI.replace("ci", "CI"), f"it is {CI}"),
    "a user of that name": ("users:\n  ci: {}\n", CI, "lacks after its plan"),
}


@pytest.mark.parametrize(("tools", "arn", "summary"), NAMES.values(), ids=NAMES.keys())
def test_the_arn_must_be_exactly_that_of_the_principal(
    accounts: PlannedAccounts, tools: str, arn: str, summary: str
) -> None:
    accounts.plan(TOOLS, tools)
    accounts.plan(PROD, TRUSTS_CI.replace(CI, arn))
    ((name, problem),) = accounts.find_trust_problems()
    assert (name, problem.level) == ("prod", Level.ERROR)
    assert summary in problem.summary


def test_a_name_that_is_nearly_right_is_suggested(accounts: PlannedAccounts) -> None:
    accounts.plan(TOOLS, ci_role(allow(), name="build-runner"))
    accounts.plan(PROD, TRUSTS_CI.replace("role/ci", "role/build-runer"))
    ((_, problem),) = accounts.find_trust_problems()
    assert problem.hint == "Did you mean arn:aws:iam::222222222222:role/build-runner?"


def test_the_ends_of_a_deny_must_exist_and_need_no_permission(accounts: PlannedAccounts) -> None:
    trust = {"Statement": [{"Effect": "Deny", "Principal": {"AWS": CI}, "Action": "sts:AssumeRole"}]}
    prod = f"roles:\n  deployer:\n    trust_policy: {json.dumps(trust)}\n"
    accounts.plan(TOOLS, ci_role())
    accounts.plan(PROD, prod)
    assert accounts.find_trust_problems() == []
    accounts.plan(TOOLS, "")
    assert len(accounts.find_trust_problems()) == 1


def test_an_account_that_is_not_declared_says_nothing(accounts: PlannedAccounts) -> None:
    accounts.plan(PROD, TRUSTS_CI.replace("222222222222", "333333333333"))
    assert accounts.find_trust_problems() == []


def test_a_live_trust_of_somebody_else_says_nothing(accounts: PlannedAccounts) -> None:
    accounts.plan(TOOLS, "")
    accounts.plan(PROD, "settings: {prune: none}\n", live=TRUSTS_CI)
    assert accounts.facts[PROD.id].trusts == ()
    assert accounts.find_trust_problems() == []


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        (allow(), Level.WARNING),
        ("{Statement: {Effect: Allow, Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: '*'}}", None),
        (allow("sts:TagSession"), Level.ERROR),
    ],
    ids=["only AssumeRole", "both", "only TagSession"],
)
def test_session_tags_that_a_trust_allows_need_the_right_to_send_them(
    accounts: PlannedAccounts, policy: str, level: Level | None
) -> None:
    accounts.plan(TOOLS, ci_role(policy))
    accounts.plan(PROD, TRUSTS_CI.replace("]}]", "], session_tags: true}]"))
    assert [problem.level for _, problem in accounts.find_trust_problems()] == ([level] if level else [])


def test_guardrails_count_on_both_sides(accounts: PlannedAccounts) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
    accounts.folder.write("scp.json", json.dumps({"Version": "2012-10-17", "Statement": [everything, deny]}))
    accounts.folder.write("rcp.json", json.dumps({"Version": "2012-10-17", "Statement": {**deny, "Principal": "*"}}))
    accounts.plan(TOOLS, ci_role(allow()) + "guardrails: {scps: [[scp.json]]}\n")
    accounts.plan(PROD, TRUSTS_CI)
    ((_, problem),) = accounts.find_trust_problems()
    assert "SCP scp.json denies it" in problem.summary
    accounts.plan(TOOLS, ci_role(allow()))
    accounts.plan(PROD, TRUSTS_CI + "guardrails: {rcps: [[rcp.json]]}\n")
    ((name, problem),) = accounts.find_trust_problems()
    assert name == "prod"
    assert "the resource control policy rcp.json denies it" in problem.summary


def test_a_plan_that_deletes_or_moves_the_principal_is_named_at_the_trust(accounts: PlannedAccounts) -> None:
    accounts.plan(TOOLS, "", live=ci_role(allow()))
    accounts.plan(PROD, TRUSTS_CI, live=TRUSTS_CI)
    ((name, problem),) = accounts.find_trust_problems()
    assert name == "prod"
    assert f"names {CI}, which the plan of {TOOLS.label} deletes" in problem.summary


def test_a_role_that_is_replaced_under_a_new_name_is_named_with_its_new_arn(accounts: PlannedAccounts) -> None:
    accounts.plan(TOOLS, ci_role(allow(), name="build") + "moved: {role/ci: role/build}\n", live=ci_role(allow()))
    accounts.plan(PROD, TRUSTS_CI, live=TRUSTS_CI)
    ((_, problem),) = accounts.find_trust_problems()
    assert f"the plan of {TOOLS.label} moves to {CI.replace('ci', 'build')}" in problem.summary
    assert "a dead id" in problem.detail


USER = "arn:aws:iam::222222222222:user/bot"
REMOVALS: dict[str, tuple[str, str, str]] = {
    "deleted": ("", "users:\n  bot: {}\n", f"The plan of {TOOLS.label} deletes {USER}"),
    "renamed": (
        "users:\n  robot: {}\nmoved: {user/bot: user/robot}\n",
        "users:\n  bot: {}\n",
        f"The plan of {TOOLS.label} moves {USER}",
    ),
    "another path": (
        "users:\n  bot: {path: /robots/}\n",
        "users:\n  bot: {}\n",
        f"The plan of {TOOLS.label} moves {USER}",
    ),
}


@pytest.mark.parametrize(("tools", "live", "summary"), REMOVALS.values(), ids=REMOVALS.keys())
def test_a_principal_that_an_unplanned_account_trusts_is_missed_there(
    accounts: PlannedAccounts, tools: str, live: str, summary: str
) -> None:
    trusting = TRUSTS_CI.replace("roles: [", "users: [").replace(CI, USER)
    accounts.leave_out(PROD, trusting)
    accounts.plan(TOOLS, tools, live)
    ((name, problem),) = accounts.find_trust_problems()
    assert (name, problem.level) == ("tools", Level.ERROR), "the only account that is planned"
    assert summary in problem.summary
    assert PROD.label in problem.summary


UNPLANNED: dict[str, tuple[str | None, str, list[Level]]] = {
    "declared, and allowed": (ci_role(allow()), CI, []),
    "declared, and not allowed": (ci_role(), CI, [Level.ERROR]),
    "declared, at another path": (ci_role(allow(), "    path: /build/\n"), CI, [Level.ERROR]),
    "declared without a path, which may be another one live": (ci_role(allow()), CI_AT_PATH, [Level.INFO]),
    "not declared": (ci_role(allow(), name="other"), CI, [Level.INFO]),
    "declared, with policies that the file leaves alone": (
        ci_role(more="    ignore_changes: [inline_policies]\n"),
        CI,
        [],
    ),
    "files that are not valid": (None, CI, [Level.INFO]),
}


@pytest.mark.parametrize(("tools", "arn", "levels"), UNPLANNED.values(), ids=UNPLANNED.keys())
def test_an_account_that_is_not_planned_is_judged_by_its_files_as_far_as_they_tell(
    accounts: PlannedAccounts, tools: str | None, arn: str, levels: list[Level]
) -> None:
    if tools is not None:
        accounts.leave_out(TOOLS, tools)
    accounts.plan(PROD, TRUSTS_CI.replace(CI, arn))
    assert [problem.level for _, problem in accounts.find_trust_problems()] == levels


EXTERNAL: dict[str, tuple[str | None, str, bool]] = {
    "the same one": ("example-1", "external_id: example-1", True),
    "one of several": ("example-1", "external_id: [example-0, example-1]", True),
    "none is demanded": (None, "conditions: {}", True),
    "another one": ("example-2", "external_id: example-1", False),
    "none": (None, "external_id: example-1", False),
}


@pytest.mark.parametrize(("sent", "rule", "fits"), EXTERNAL.values(), ids=EXTERNAL.keys())
@pytest.mark.parametrize("by_alias", [True, False], ids=["alias", "organization"])
def test_the_external_id_that_the_files_send_is_one_that_the_trust_accepts(
    accounts: PlannedAccounts, sent: str | None, rule: str, fits: bool, by_alias: bool
) -> None:
    external_id = f", external_id: {sent}" if sent else ""
    accounts.plan(TOOLS, f"aliases:\n  prod: {{role: '{DEPLOYER}'{external_id}}}\n" if by_alias else "")
    accounts.plan(PROD, f"roles:\n  deployer:\n    trust: [{{accounts: ['{TOOLS.id}'], {rule}}}]\n")
    entries = [] if by_alias else [RoleEntry("`organization`", DEPLOYER, sent, None)]
    found = accounts.find_trust_problems(entries)
    assert [(name, problem.level) for name, problem in found] == ([] if fits else [("prod", Level.ERROR)])
    if found:
        assert ("The alias prod of tools" if by_alias else "`organization`") in found[0][1].summary
        assert found[0][1].place
        assert found[0][1].place.file.endswith("prod.yaml")


def test_an_alias_of_a_file_that_accounts_share_is_told_once(accounts: PlannedAccounts) -> None:
    third = MemberAccount("dev", "333333333333")
    accounts.all_accounts = (PROD, TOOLS, third)
    shared = accounts.folder.write("shared.yaml", f"version: 1\naliases:\n  prod: {{role: '{DEPLOYER}'}}\n")
    for account in (TOOLS, third):
        accounts.plan(account, f"include: [{shared.name}]\n")
    accounts.plan(PROD, f"roles:\n  deployer:\n    trust: [{{accounts: ['{TOOLS.id}'], external_id: example-1}}]\n")
    assert len(accounts.find_trust_problems()) == 1


def test_the_facts_of_an_account_are_small(accounts: PlannedAccounts) -> None:
    """Only principals that may assume roles elsewhere keep policies, and of these only what is about assuming roles."""
    big = (
        "{Statement: ["
        + ", ".join(f"{{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b{n}/*'}}" for n in range(50))
        + "]}"
    )
    local = allow(resource="arn:aws:iam::222222222222:role/*")
    roles = "".join(f"  r{n}:\n    trust: {EC2}\n    inline_policies: {{a: {local}}}\n" for n in range(20))
    accounts.plan(TOOLS, f"roles:\n{roles}  ci:\n    trust: {EC2}\n    inline_policies: {{a: {allow()}, b: {big}}}\n")
    facts = accounts.facts[TOOLS.id]
    assert list(facts.callers) == [CI]
    documents = [source.document for source in facts.callers[CI].policies if source.document]
    assert sum(len(document.statements) for document in documents) == 1
    assert all(not document.text and not document.listed for document in documents)
    assert len(facts.listing) < 250

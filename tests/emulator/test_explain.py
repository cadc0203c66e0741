"""Explaining an AssumeRole against an emulated AWS: what is read, what stands in for it, and what follows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from reconciler.app.desired_files import load_desired, read_files
from reconciler.app.diagnosis import IamCredentials, explain_chain
from reconciler.assume import chain
from reconciler.desired.declare import declare
from reconciler.diagnose.request_context import WITH_CODE, Mfa
from reconciler.files.user_dirs import find_cache_folder
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, SideVerdict
from reconciler.model.problem import ReconcileError, make_error
from tests.support.account import Account
from tests.support.denying import deny_operations

ACCOUNT = "123456789012"
FILE = """\
version: 1
owner: t
policies:
  assumer:
    document:
      Statement:
        - {Sid: Any, Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::*:role/*"}
groups:
  eng: {policies: [assumer]}
users:
  demo: {groups: [eng]}
  alice: {}
roles:
  open: {trust: [{accounts: ["{{ account_id }}"]}], policies: [assumer]}
  named: {trust: [{users: [demo], mfa: required}]}
  far: {trust: [{roles: [open]}]}
  farther: {trust: [{users: [alice]}]}
aliases:
  open: {role: open}
  named: {role: named}
  far: {role: far, via: open}
  farther: {role: farther, via: open}
"""
LISTS = ("GetAccountAuthorizationDetails",)
GONE = (*LISTS, "*Role", "*User", "*Policies", "*Policy")


def explain_alias(
    account: Account, alias: str, user: str = "demo", mfa: Mfa = WITH_CODE, denied: tuple[str, ...] = (), **more: Any
) -> Explanation:
    """`denied`: operations of IAM that the caller may not call."""
    caller = user if user.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:user/{user}"
    path = str(account.folder / "roles.yaml")
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, account.environment, clear=True))
        url = stack.enter_context(deny_operations(account.sandbox.url, denied)) if denied else account.sandbox.url
        desired = load_desired([path], {}, ACCOUNT)
        requests = chain.build_calls(chain.resolve_role_chain(alias, desired.aliases), caller, desired.state.entities)
        loaded = read_files([path], {}, ACCOUNT)
        access = IamCredentials(None, None, url)

        def again(paths: Mapping[Address, str]) -> Desired:
            return declare(loaded, paths)

        return explain_chain(desired, requests, caller, mfa, access, account.environment, redeclare=again, **more)


def evidence(found: Explanation) -> list[Evidence]:
    return [side.evidence for side in found.sides]


@pytest.fixture
def applied_account(account: Account) -> Account:
    account.write(FILE)
    account.apply()
    forget(account)
    return account


def forget(account: Account) -> None:
    """As if the apply had been long ago, or from another machine."""
    Path(str(find_cache_folder(account.environment)), "applied.json").unlink()


ALL_LIVE = [Evidence.LIVE, Evidence.LIVE]


def test_one_call_shows_a_small_account(applied_account: Account) -> None:
    applied_account.clear_calls()
    found = explain_alias(applied_account, "open")
    assert (found.outcome, evidence(found)) == (AssumeOutcome.ALLOWED, ALL_LIVE)
    assert applied_account.count_calls() == {"GetAccountAuthorizationDetails": 1}


def test_single_reads_show_the_same(applied_account: Account) -> None:
    at_once, one_by_one = explain_alias(applied_account, "open"), explain_alias(applied_account, "open", denied=LISTS)
    assert one_by_one == at_once
    assert explain_alias(applied_account, "open", "alice", denied=LISTS) == explain_alias(
        applied_account, "open", "alice"
    )


def test_what_may_not_be_read_is_taken_from_the_file_and_said_so(applied_account: Account) -> None:
    found = explain_alias(applied_account, "open", denied=GONE)
    assert (found.outcome, evidence(found)) == (AssumeOutcome.ALLOWED, [Evidence.FILE, Evidence.FILE])
    found = explain_alias(applied_account, "open", denied=(*LISTS, "GetRole"))
    assert evidence(found) == [Evidence.FILE, Evidence.LIVE]


@pytest.mark.parametrize("denied", ["ListGroupsForUser", "ListAttachedGroupPolicies", "ListUserPolicies"])
def test_a_caller_that_is_read_in_part_is_taken_from_the_file(applied_account: Account, denied: str) -> None:
    found = explain_alias(applied_account, "open", denied=(*LISTS, denied))
    assert found.outcome is AssumeOutcome.ALLOWED
    assert evidence(found)[0] is Evidence.LIVE


@pytest.mark.parametrize("denied", ["GetUser", "ListGroupsForUser", "ListAttachedUserPolicies", "GetUserPolicy"])
def test_a_caller_that_neither_shows_is_unseen_and_never_refused(applied_account: Account, denied: str) -> None:
    applied_account.iam.create_user(UserName="stranger")
    applied_account.iam.put_user_policy(UserName="stranger", PolicyName="x", PolicyDocument=json.dumps(NOTHING))
    found = explain_alias(applied_account, "open", "stranger", denied=(*LISTS, denied))
    assert found.outcome is AssumeOutcome.UNSEEN
    assert found.sides[1].evidence is Evidence.UNSEEN
    whole = explain_alias(applied_account, "open", "stranger", denied=LISTS)
    assert (whole.outcome, whole.sides[1].evidence) == (AssumeOutcome.CALLER_REFUSES, Evidence.LIVE)


NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def close(account: Account, role: str) -> None:
    """Someone changes the trust of a role by hand."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    account.iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)


@pytest.mark.parametrize("denied", [(), LISTS], ids=["at once", "one by one"])
def test_drift_is_not_applied(applied_account: Account, denied: tuple[str, ...]) -> None:
    close(applied_account, "open")
    found = explain_alias(applied_account, "open", denied=denied)
    assert found.outcome is AssumeOutcome.NOT_APPLIED
    assert [side.verdict for side in found.sides] == [SideVerdict.REFUSES, SideVerdict.ALLOWS]
    assert found.place is not None
    applied_account.apply()
    forget(applied_account)
    assert explain_alias(applied_account, "open", denied=denied).may_assume


def test_a_membership_that_is_not_applied(applied_account: Account) -> None:
    applied_account.iam.remove_user_from_group(UserName="demo", GroupName="eng")
    found = explain_alias(applied_account, "open")
    assert found.outcome is AssumeOutcome.NOT_APPLIED
    assert [side.verdict for side in found.sides] == [SideVerdict.ALLOWS, SideVerdict.REFUSES]


@pytest.mark.parametrize("denied", [(), LISTS], ids=["at once", "one by one"])
def test_a_role_that_is_not_there(applied_account: Account, denied: tuple[str, ...]) -> None:
    applied_account.iam.delete_role(RoleName="named")
    assert explain_alias(applied_account, "named", denied=denied).outcome is AssumeOutcome.NOT_APPLIED
    applied_account.write(FILE.replace("open: {role: open}", f'open: {{role: "arn:aws:iam::{ACCOUNT}:role/oben"}}'))
    found = explain_alias(applied_account, "open", denied=denied)
    assert (found.outcome, found.hint) == (AssumeOutcome.NO_ROLE, "Did you mean 'open'?")


def test_what_was_applied_just_now_may_not_be_known_everywhere(account: Account) -> None:
    account.write(FILE)
    account.apply()
    refusal = make_error("assume-refused", "AWS does not let you.")
    assert explain_alias(account, "open", refusal=refusal).outcome is AssumeOutcome.PROPAGATING
    assert explain_alias(account, "open").outcome is AssumeOutcome.ALLOWED
    forget(account)
    found = explain_alias(account, "open", refusal=refusal)
    assert found.outcome is AssumeOutcome.UNSEEN
    assert "SCP" in " ".join(found.details)


def test_the_wrong_device_is_told_apart(applied_account: Account) -> None:
    refusal = make_error(
        "mfa-device-refused", "AWS cannot check a code of the MFA device x.", "Not yours.", "Correct it."
    )
    found = explain_alias(applied_account, "named", refusal=refusal)
    assert (found.outcome, found.hint) == (AssumeOutcome.WRONG_MFA_DEVICE, "Correct it.")
    other = ReconcileError([*make_error("assume-refused", "No.").problems])
    assert explain_alias(applied_account, "named", refusal=other).outcome is AssumeOutcome.UNSEEN


def test_mfa_is_wanted_live(applied_account: Account) -> None:
    assert explain_alias(applied_account, "named", mfa=Mfa()).outcome is AssumeOutcome.NEEDS_MFA
    assert explain_alias(applied_account, "named", mfa=WITH_CODE).may_assume


def test_the_caller_of_a_later_hop_is_the_role_before_it(applied_account: Account) -> None:
    found = explain_alias(applied_account, "far", mfa=Mfa())
    assert found.may_assume
    assert found.caller_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/open/demo"
    refused = explain_alias(applied_account, "farther")
    assert (refused.outcome, refused.role_arn) == (AssumeOutcome.TRUST_REFUSES, f"arn:aws:iam::{ACCOUNT}:role/farther")
    close(applied_account, "open")
    assert explain_alias(applied_account, "farther").role_arn == f"arn:aws:iam::{ACCOUNT}:role/open"
    refusal = make_error("assume-refused", "No.")
    assert (
        explain_alias(applied_account, "farther", refusal=refusal, refused_hop=1).role_arn
        == f"arn:aws:iam::{ACCOUNT}:role/farther"
    )


def test_a_session_is_its_role_whatever_path_that_has(account: Account) -> None:
    account.write(FILE.replace("open: {trust", "open: {path: /team/, trust"))
    account.apply()
    desired = FILE.replace("far, via: open", "far")
    account.write(desired.replace("open: {trust", "open: {path: /team/, trust"))
    found = explain_alias(account, "far", f"arn:aws:sts::{ACCOUNT}:assumed-role/open/me", mfa=Mfa())
    assert (found.outcome, evidence(found)) == (AssumeOutcome.ALLOWED, ALL_LIVE)
    found = explain_alias(account, "farther", f"arn:aws:sts::{ACCOUNT}:assumed-role/open/me", mfa=Mfa())
    assert found.outcome is AssumeOutcome.TRUST_REFUSES


def test_a_user_of_another_path_than_the_file_says_is_the_same_user(applied_account: Account) -> None:
    applied_account.iam.update_user(UserName="demo", NewPath="/team/")
    user = f"arn:aws:iam::{ACCOUNT}:user/team/demo"
    found = explain_alias(applied_account, "named", user, denied=(*LISTS, "GetRole"))
    assert (found.outcome, evidence(found)) == (AssumeOutcome.ALLOWED, [Evidence.FILE, Evidence.LIVE])


def test_a_role_below_another_path_is_another_arn(applied_account: Account) -> None:
    applied_account.iam.delete_role(RoleName="named")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    applied_account.iam.create_role(RoleName="named", Path="/x/", AssumeRolePolicyDocument=document)
    found = explain_alias(applied_account, "named")
    assert found.outcome is AssumeOutcome.NO_ROLE
    assert f"arn:aws:iam::{ACCOUNT}:role/x/named" in " ".join(found.details)


def test_a_policy_of_aws_is_read_if_its_content_is_not_known_already(applied_account: Account) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    applied_account.iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    applied_account.clear_calls()
    found = explain_alias(applied_account, "open", "alice")
    assert found.outcome is AssumeOutcome.CALLER_REFUSES
    assert applied_account.count_calls() == {"GetAccountAuthorizationDetails": 1, "GetPolicy": 1, "GetPolicyVersion": 1}
    unread = explain_alias(applied_account, "open", "alice", denied=("GetPolicyVersion",))
    assert unread.outcome is AssumeOutcome.UNSEEN


def test_without_any_access_the_file_speaks(applied_account: Account) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/alice"
    desired = load_desired([str(applied_account.folder / "roles.yaml")], {}, ACCOUNT)
    requests = chain.build_calls(chain.resolve_role_chain("open", desired.aliases), caller, desired.state.entities)
    found = explain_chain(desired, requests, caller, Mfa(), None, {})
    assert (found.outcome, evidence(found)) == (AssumeOutcome.CALLER_REFUSES, [Evidence.FILE, Evidence.FILE])


def test_a_caller_of_another_account_is_not_looked_up_in_this_one(applied_account: Account) -> None:
    found = explain_alias(applied_account, "open", "arn:aws:iam::210987654321:user/demo")
    assert found.outcome is AssumeOutcome.TRUST_REFUSES
    assert found.sides[0].evidence is Evidence.FILE


@pytest.mark.parametrize(("role", "outcome"), [("SSO_a", AssumeOutcome.UNSEEN), ("SSO_b", AssumeOutcome.TRUST_REFUSES)])
def test_a_session_of_a_role_that_nobody_shows_may_be_the_one_that_the_trust_names(
    account: Account, role: str, outcome: AssumeOutcome
) -> None:
    """A session's ARN leaves out the path of its role (IAM identifiers)."""
    named = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/SSO_a"
    account.write(FILE.replace("farther: {trust: [{users: [alice]}]}", f'farther: {{trust: [{{roles: ["{named}"]}}]}}'))
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/me"
    found = explain_alias(account, "farther", caller, mfa=Mfa(), denied=GONE, refused_hop=1, refusal=None)
    assert found.alias == "open"
    account.write((account.folder / "roles.yaml").read_text().replace("farther, via: open", "farther"))
    assert explain_alias(account, "farther", caller, mfa=Mfa(), denied=GONE).outcome is outcome


def test_an_endpoint_that_does_not_answer_is_only_not_seen(applied_account: Account) -> None:
    with deny_operations(applied_account.sandbox.url, ()) as gone:
        pass
    caller = f"arn:aws:iam::{ACCOUNT}:user/demo"
    desired = load_desired([str(applied_account.folder / "roles.yaml")], {}, ACCOUNT)
    requests = chain.build_calls(chain.resolve_role_chain("open", desired.aliases), caller, desired.state.entities)
    with patch.dict(os.environ, applied_account.environment | {"AWS_MAX_ATTEMPTS": "1"}, clear=True):
        found = explain_chain(desired, requests, caller, Mfa(), IamCredentials(None, None, gone), {})
    assert (found.outcome, evidence(found)) == (AssumeOutcome.ALLOWED, [Evidence.FILE, Evidence.FILE])


NARROW = "open: {role: open, policy: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}"
TAGGED = "open: {role: open, session_tags: {team: blue}}"


def test_a_session_policy_of_the_hop_before_narrows_the_next(applied_account: Account) -> None:
    applied_account.write(FILE.replace("open: {role: open}", NARROW))
    found = explain_alias(applied_account, "far")
    assert (found.outcome, found.sides[1].verdict) == (AssumeOutcome.CALLER_REFUSES, SideVerdict.REFUSES)


def test_session_tags_of_the_hop_before_are_tags_of_the_caller(account: Account) -> None:
    condition = "{StringEquals: {'aws:PrincipalTag/team': blue}}"
    text = FILE.replace("{roles: [open]}", f"{{roles: [open], conditions: {condition}}}")
    account.write(text.replace('["{{ account_id }}"]', '["{{ account_id }}"], session_tags: true'))
    account.apply()
    assert explain_alias(account, "far").outcome is AssumeOutcome.TRUST_REFUSES
    assumer = '"sts:AssumeRole", Resource'
    tagged = (account.folder / "roles.yaml").read_text().replace("open: {role: open}", TAGGED)
    account.write(tagged.replace(assumer, '["sts:AssumeRole", "sts:TagSession"], Resource'))
    account.apply()
    assert explain_alias(account, "far").outcome is AssumeOutcome.ALLOWED


def test_what_the_file_ignores_is_no_reason_to_apply(applied_account: Account) -> None:
    close(applied_account, "open")
    applied_account.write(FILE.replace("open: {trust", "open: {ignore_changes: [trust], trust"))
    assert explain_alias(applied_account, "open").outcome is AssumeOutcome.TRUST_REFUSES


CHAINED = """\
version: 1
owner: t
users:
  demo: {{}}
roles:
  first: {{trust: [{{users: [demo], session_tags: true, source_identity: true}}], {may}}}
  second: {{trust: [{{{trusted}{takes}}}]}}
aliases:
  first: {{role: first, {sets}}}
  second: {{role: second, via: first}}
"""
SETS = {
    "tags": "session_tags: {team: x, once: y}, transitive_tags: [team]",
    "a source identity": "source_identity: ann",
    "both": "session_tags: {team: x}, transitive_tags: [team], source_identity: ann",
    "no transitive tags": "session_tags: {team: x}",
}
TAKES = {
    "nothing": "",
    "tags": ", session_tags: true",
    "a source identity": ", source_identity: true",
    "both": ", session_tags: true, source_identity: true",
    "tags of that value": ', session_tags: true, conditions: {StringEquals: {"aws:RequestTag/team": x}}',
    "tags of another value": ', session_tags: true, conditions: {StringEquals: {"aws:RequestTag/team": z}}',
}
MAY = "inline_policies: {{p: {{Statement: {{Effect: Allow, Action: {}, Resource: '*'}}}}}}"
CALLERS = {
    "a role that is named": ("roles: [first]", "path: /"),
    "a role of the account, with AssumeRole": ('accounts: ["{{ account_id }}"]', MAY.format("'sts:AssumeRole'")),
    "a role of the account, with all of it": ('accounts: ["{{ account_id }}"]', MAY.format("'sts:*'")),
}


@pytest.mark.parametrize("caller", CALLERS)
def test_what_is_said_of_a_chain_is_what_the_sandbox_does(account: Account, caller: str) -> None:
    trusted, may = CALLERS[caller]
    account.write(CHAINED.format(trusted=trusted, may=may, takes="", sets="session_name: me"))
    account.apply()
    made = account.iam.create_access_key(UserName="demo")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    for sets, takes in product(SETS.values(), TAKES.values()):
        account.write(CHAINED.format(trusted=trusted, may=may, takes=takes, sets=sets))
        account.apply()
        forget(account)
        done = account.run_cli("assume", "second", "--format", "json", "--no-cache", "--file", "roles.yaml", **keys)
        found = explain_alias(account, "second", mfa=Mfa())
        assert (done.code == 0) is (found.outcome is AssumeOutcome.ALLOWED), (sets, takes, done.err, found)
        if found.outcome in (AssumeOutcome.TAG_SESSION, AssumeOutcome.SOURCE_IDENTITY):
            for said in (" ".join(found.details), " ".join(done.err.split())):
                assert "An earlier alias of the chain" in said

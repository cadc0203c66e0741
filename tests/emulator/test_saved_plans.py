"""A saved plan is applied as it was approved, or not at all: stale, edited, foreign or unsafe ones write nothing."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.files import atomic
from reconciler.plan.saved.codec import decode_entity
from reconciler.plan.saved.fingerprint import compute_digest, fingerprint_of
from tests.support.account import Account
from tests.support.emulators import StartSandbox
from tests.support.plans import changes_of, list_writes, operations_of
from tests.support.shared import SharedAccount

ACCOUNT = "123456789012"
HEAD = "version: 1\nowner: platform\n"
SERVICE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(action: str) -> str:
    return f'{{Statement: [{{Effect: Allow, Action: "{action}", Resource: "*"}}]}}'


def as_json(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def text(action: str, tag: str, duration: int) -> str:
    return f"""\
{HEAD}policies: {{p: {{document: {document(action)}, tags: {{t: {tag}}}}}}}
groups: {{g: {{inline_policies: {{own: {document(action)}}}}}}}
users: {{u: {{tags: {{t: {tag}}}}}, untouched: {{}}}}
roles:
  r: {{trust: [{{services: [ec2.amazonaws.com]}}], max_session_duration: {duration}, instance_profile: true}}
"""


BEFORE, AFTER = text("s3:GetObject", "a", 3600), text("s3:PutObject", "b", 7200)


def save(account: Account, *options: str, code: int = 0) -> Path:
    """`plan --out plan.json` of what is in `roles.yaml`."""
    result = account.run_cli("plan", "roles.yaml", "--out", "plan.json", *options)
    assert result.code == code, result.err
    return account.folder / "plan.json"


@pytest.fixture
def changed_account(account: Account) -> Account:
    """An account with one entity of each kind, and a saved plan that changes each."""
    account.write(BEFORE)
    account.apply()
    account.write(AFTER)
    save(account)
    return account


@pytest.fixture(scope="module")
def _shared_account(tmp_path_factory: pytest.TempPathFactory, start: StartSandbox) -> Iterator[SharedAccount]:
    def prepare(account: Account) -> None:
        account.write(BEFORE)
        account.apply()
        account.write(AFTER)
        save(account)

    shared = SharedAccount(tmp_path_factory.mktemp("saved"), prepare, start)
    yield shared
    shared.close()


@pytest.fixture
def saved_account(_shared_account: SharedAccount) -> Iterator[Account]:
    """The same, for tests that write nothing to the account: the plan file is theirs."""
    with _shared_account.lend() as account:
        path = account.folder / "plan.json"
        content = path.read_bytes()
        yield account
        path.write_bytes(content)


STALE = ("The account has changed since this plan was made; nothing was written", "Run `reconcile plan` again")


def refusal_of(account: Account, *words: str, arguments: tuple[str, ...] = ()) -> str:
    """`apply plan.json` exits 1 and writes nothing; what it said on stderr."""
    account.clear_calls()
    result = account.run_cli("apply", "plan.json", *arguments)
    assert result.code == 1, result.out
    assert list_writes(account) == []
    assert "Traceback" not in result.err
    assert [word for word in words if word not in result.out + result.err] == [], result.err
    return result.err


def edit(account: Account, change: Callable[[Any], object], *, recomputed: bool = True) -> None:
    path = account.folder / "plan.json"
    content = json.loads(path.read_text())
    change(content)
    if recomputed:
        content["integrity"] = compute_digest({key: value for key, value in content.items() if key != "integrity"})
    path.write_text(json.dumps(content))


# As approved


def test_a_saved_plan_is_applied_without_asking_and_leaves_nothing_to_do(changed_account: Account) -> None:
    planned = json.loads((changed_account.folder / "plan.json").read_text())
    changed_account.clear_calls()
    result = changed_account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert "Live IAM matches the " in result.out
    assert sorted(line.split()[0] for line in list_writes(changed_account)) == sorted(operations_of(planned))
    assert changes_of(changed_account.plan()) == {}


def test_a_plan_that_creates_and_one_that_deletes_are_applied(account: Account) -> None:
    account.write(BEFORE)
    save(account)
    assert account.run_cli("apply", "plan.json").code == 0
    assert changes_of(account.plan()) == {}
    account.write(HEAD)
    save(account)
    assert account.run_cli("apply", "plan.json").code == 0
    assert account.iam.list_users()["Users"] == []


def test_an_empty_plan_is_applied_by_doing_nothing(account: Account) -> None:
    account.write(HEAD)
    save(account)
    account.clear_calls()
    assert account.run_cli("apply", "plan.json").code == 0
    assert list_writes(account) == []


def test_a_saved_plan_needs_neither_the_file_it_came_from_nor_its_folder(changed_account: Account) -> None:
    (changed_account.folder / "roles.yaml").unlink()
    moved = changed_account.folder / "elsewhere" / "other name.json"
    moved.parent.mkdir()
    (changed_account.folder / "plan.json").rename(moved)
    assert changed_account.run_cli("apply", moved).code == 0


def test_what_the_file_says_since_does_not_count(changed_account: Account) -> None:
    changed_account.write(HEAD + "users: {somebody-else: {}}\n")
    assert changed_account.run_cli("apply", "plan.json").code == 0
    assert changed_account.iam.get_role(RoleName="r")["Role"]["MaxSessionDuration"] == 7200


def reverse_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reverse_keys(item) for key, item in reversed(value.items())}
    return [reverse_keys(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("indent", [None, 8])
def test_neither_white_space_nor_the_order_of_keys_counts(changed_account: Account, indent: int | None) -> None:
    path = changed_account.folder / "plan.json"
    path.write_text(json.dumps(reverse_keys(json.loads(path.read_text())), indent=indent))
    assert changed_account.run_cli("apply", "plan.json").code == 0


def test_a_plan_is_applied_once(changed_account: Account) -> None:
    assert changed_account.run_cli("apply", "plan.json").code == 0
    refusal_of(changed_account, "has changed since the plan was made", *STALE)


def test_two_plans_of_the_same_thing_are_the_same_file(saved_account: Account) -> None:
    first = (saved_account.folder / "plan.json").read_bytes()
    file = saved_account.folder / "roles.yaml"
    written = file.read_text()
    saved_account.write(AFTER.replace("users:", "# a comment\nusers:"))
    result = saved_account.run_cli("plan", "roles.yaml", "--out", "again.json")
    file.write_text(written)
    assert result.code == 0, result.err
    assert (saved_account.folder / "again.json").read_bytes() == first


def test_only_what_target_named_is_applied(changed_account: Account) -> None:
    save(changed_account, "--target", "user/u")
    changed_account.clear_calls()
    assert changed_account.run_cli("apply", "plan.json").code == 0
    assert [line.split()[0] for line in list_writes(changed_account)] == ["TagUser"]


# Stale


def new_version(iam: Any) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=as_json("s3:*"), SetAsDefault=True)


DRIFT: dict[str, tuple[Callable[[Any], object], str, str]] = {
    "a policy's document": (new_version, "policy/p", "document"),
    "a policy's tag": (
        lambda iam: iam.tag_policy(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/p", Tags=[{"Key": "t", "Value": "z"}]),
        "policy/p",
        "tags.t",
    ),
    "a group's document": (
        lambda iam: iam.put_group_policy(GroupName="g", PolicyName="own", PolicyDocument=as_json("s3:*")),
        "group/g",
        "inline_policies.own",
    ),
    "a group's policy": (
        lambda iam: iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        "group/g",
        "policies",
    ),
    "a user's tag": (
        lambda iam: iam.tag_user(UserName="u", Tags=[{"Key": "t", "Value": "z"}]),
        "user/u",
        "tags.t",
    ),
    "a user's group": (lambda iam: iam.add_user_to_group(UserName="u", GroupName="g"), "user/u", "groups"),
    "a user's boundary": (
        lambda iam: iam.put_user_permissions_boundary(
            UserName="u", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
        "user/u",
        "permissions_boundary",
    ),
    "what the plan would do was done": (
        lambda iam: iam.tag_user(UserName="u", Tags=[{"Key": "t", "Value": "b"}]),
        "user/u",
        "tags.t",
    ),
    "a role's session": (
        lambda iam: iam.update_role(RoleName="r", Description="", MaxSessionDuration=4000),
        "role/r",
        "max_session_duration",
    ),
    "a role's trust": (
        lambda iam: iam.update_assume_role_policy(
            RoleName="r",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{**SERVICE, "Principal": {"Service": "lambda.amazonaws.com"}}],
                }
            ),
        ),
        "role/r",
        "trust_policy",
    ),
    "a user is gone": (lambda iam: iam.delete_user(UserName="u"), "user/u", "does not"),
}


@pytest.mark.parametrize(("drift", "address", "path"), DRIFT.values(), ids=DRIFT.keys())
def test_a_plan_is_stale_once_what_it_touches_has_changed(
    changed_account: Account, drift: Callable[[Any], object], address: str, path: str
) -> None:
    drift(changed_account.iam)
    said = refusal_of(
        changed_account, "has changed since this plan was made", "Run `reconcile plan` again", address, path
    )
    stale = [
        line for line in said.splitlines() if "when the plan was made" in line or "since the plan was made" in line
    ]
    assert len(stale) == 1


def test_what_a_plan_would_create_must_not_exist_by_now(account: Account) -> None:
    account.write(BEFORE)
    save(account)
    account.iam.create_user(UserName="u")
    refusal_of(account, "user/u did not exist", "now it does", *STALE)


def test_what_a_plan_would_delete_must_still_be_there(changed_account: Account) -> None:
    changed_account.write(HEAD)
    save(changed_account)
    changed_account.iam.delete_user(UserName="untouched")
    refusal_of(changed_account, "user/untouched existed", "now it does not", *STALE)


UNTOUCHED: dict[str, Callable[[Any], object]] = {
    "another entity's tag": lambda iam: iam.tag_user(UserName="untouched", Tags=[{"Key": "t", "Value": "z"}]),
    "another entity goes": lambda iam: iam.delete_user(UserName="untouched"),
    "another entity comes": lambda iam: iam.create_role(
        RoleName="new", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [SERVICE]})
    ),
    "the same document, written another way": lambda iam: iam.put_group_policy(
        GroupName="g",
        PolicyName="own",
        PolicyDocument=json.dumps(
            {
                "Statement": {"Resource": ["*"], "Action": ["S3:getobject"], "Effect": "Allow"},
                "Version": "2012-10-17",
            },
            indent=3,
        ),
    ),
    "the same tag again": lambda iam: iam.tag_user(UserName="u", Tags=[{"Key": "t", "Value": "a"}]),
    "a key of a user that stays": lambda iam: iam.create_access_key(UserName="u"),
}


@pytest.mark.parametrize("drift", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_a_plan_is_not_stale_by_what_it_does_not_touch(
    changed_account: Account, drift: Callable[[Any], object]
) -> None:
    drift(changed_account.iam)
    result = changed_account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err


def test_a_deletion_is_refused_if_the_user_has_got_a_key_since(account: Account) -> None:
    account.write(HEAD + "users: {u: {}}\n")
    account.apply()
    account.write(HEAD)
    save(account)
    account.iam.create_access_key(UserName="u")
    refusal_of(
        account,
        "user/u has gained 1 access key since the plan was made.",
        "no longer fits",
        "Run `reconcile plan` again",
    )


def attach_to_untouched(iam: Any) -> None:
    iam.attach_user_policy(UserName="stays", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/old")


GAINS: dict[str, tuple[Callable[[Any], object], str]] = {
    "a password": (
        lambda iam: iam.create_login_profile(UserName="u", Password="x-Y-9-long-enough"),
        "user/u has gained 1 password",
    ),
    "a service credential": (
        lambda iam: iam.create_service_specific_credential(UserName="u", ServiceName="codecommit.amazonaws.com"),
        "user/u has gained 1 service-specific credential",
    ),
    "two keys": (
        lambda iam: [iam.create_access_key(UserName="u") for _ in range(2)],
        "user/u has gained 2 access keys",
    ),
    "a version": (
        lambda iam: iam.create_policy_version(
            PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/old", PolicyDocument=as_json("s3:List*")
        ),
        "policy/old has gained 1 version",
    ),
    "a member": (
        lambda iam: iam.add_user_to_group(UserName="stays", GroupName="crew"),
        "group/crew has gained 1 member",
    ),
    "an attachment": (attach_to_untouched, "policy/old has gained 1 attached user"),
    "a key less": (
        lambda iam: [
            iam.delete_access_key(UserName="keyed", AccessKeyId=key["AccessKeyId"])
            for key in iam.list_access_keys(UserName="keyed")["AccessKeyMetadata"]
        ],
        "user/keyed has lost 1 access key",
    ),
}


@pytest.mark.parametrize(("drift", "said"), GAINS.values(), ids=GAINS)
def test_a_deletion_names_what_its_entity_has_gained_or_lost_since(
    account: Account, drift: Callable[[Any], object], said: str
) -> None:
    document = '{document: {Statement: {Effect: Allow, Action: "s3:Get*", Resource: "*"}}}'
    entities = f"users: {{u: , keyed: }}\ngroups: {{crew: {{path: /platform/}}}}\npolicies: {{old: {document}}}\n"
    account.write(HEAD + entities)
    account.apply()
    account.iam.create_user(UserName="stays")
    account.iam.create_access_key(UserName="keyed")
    account.write(HEAD)
    save(account)
    drift(account.iam)
    refusal_of(account, f"{said} since the plan was made.", "no longer fits", "Run `reconcile plan` again")


def test_a_document_that_has_versions_since_is_still_written(changed_account: Account) -> None:
    """Each version was there and gone: the oldest spare one is what the plan would delete."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    version = changed_account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=as_json("s3:*"))["PolicyVersion"]
    changed_account.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    assert changed_account.run_cli("apply", "plan.json").code == 0


# Edited by hand


def test_one_changed_byte_is_refused(saved_account: Account) -> None:
    path = saved_account.folder / "plan.json"
    path.write_bytes(path.read_bytes().replace(b"7200", b"7201", 1))
    refusal_of(saved_account, "was edited or damaged after it was saved", "Run `reconcile plan` again")


@pytest.mark.parametrize("integrity", [None, "", 5, "sha256:0", {}])
def test_another_integrity_is_refused(saved_account: Account, integrity: Any) -> None:
    edit(saved_account, lambda content: content.update(integrity=integrity), recomputed=False)
    refusal_of(saved_account, "was edited or damaged after it was saved")


def test_a_missing_integrity_is_refused(saved_account: Account) -> None:
    edit(saved_account, lambda content: content.pop("integrity"), recomputed=False)
    refusal_of(saved_account, "was edited or damaged after it was saved")


def test_half_a_plan_is_refused_as_the_plan_that_it_was(saved_account: Account) -> None:
    path = saved_account.folder / "plan.json"
    path.write_bytes(path.read_bytes()[:-100])
    refusal_of(saved_account, "was edited or damaged after it was saved", "Run `reconcile plan` again")


def test_a_plan_is_not_planned_but_told_from_a_file(saved_account: Account) -> None:
    result = saved_account.run_cli("plan", "roles.yaml", "plan.json")
    assert result.code == 1
    assert "plan.json is a plan, not" in result.err
    assert "`reconcile apply plan.json`" in result.err


def test_a_journal_is_told_from_a_file(changed_account: Account) -> None:
    assert changed_account.run_cli("apply", "roles.yaml", "--yes", "--journal", "record").code == 0
    for command in ("plan", "apply", "validate"):
        result = changed_account.run_cli(command, "record")
        assert result.code == 1
        assert "record is a journal of `apply`, not" in result.out + result.err
        assert "`reconcile undo record`" in result.out + result.err


def change(content: Any, address: str) -> Any:
    return next(item for item in content["changes"] if item["address"] == address)


def entity(content: Any, address: str) -> Any:
    return content["saved"]["entities"][address]


ATTACH = {
    "operation": "AttachUserPolicy",
    "parameters": {"UserName": "u", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "seq": 99,
}


def more_calls(content: Any) -> None:
    change(content, "user/u")["calls"].append(ATTACH)


def other_operation(content: Any) -> None:
    change(content, "user/u")["calls"][0]["operation"] = "DeleteUser"


def other_parameter(content: Any) -> None:
    change(content, "user/u")["calls"][0]["parameters"]["UserName"] = "untouched"


def other_order(content: Any) -> None:
    first, second = (change(content, name)["calls"][0] for name in ("user/u", "role/r"))
    first["seq"], second["seq"] = second["seq"], first["seq"]


def mark(kind: str, entity: Any) -> str:
    return fingerprint_of(decode_entity(kind, entity, "aws"))


def with_entity(content: Any, tags: dict[str, str]) -> None:
    """`user/untouched`, as it is live, among what the plan touches; `tags`: what it gets."""
    owner = {"reconcile:owner": "platform"}
    before, after = (
        {**entity(content, "user/u")["before"], "name": "untouched", "tags": owner | more} for more in ({}, tags)
    )
    content["saved"]["entities"]["user/untouched"] = {
        "reason": "",
        "before": before,
        "after": after,
        "fingerprint": {"before": mark("user", before), "after": mark("user", after)},
    }


def other_goal(content: Any) -> None:
    entity(content, "user/u")["after"]["policies"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]


def other_goal_with_its_fingerprint(content: Any) -> None:
    other_goal(content)
    found = entity(content, "user/u")
    found["fingerprint"]["after"] = mark("user", found["after"])


def no_start(content: Any) -> None:
    entity(content, "user/u").update(before=None)


EDITS: dict[str, Callable[[Any], object]] = {
    "a call more": more_calls,
    "a call less": lambda content: change(content, "user/u")["calls"].pop(),
    "another operation": other_operation,
    "another parameter": other_parameter,
    "another order": other_order,
    "a change less": lambda content: content["changes"].pop(),
    "all changes less": lambda content: content.update(changes=[]),
    "no changes": lambda content: content.pop("changes"),
    "a change twice": lambda content: content["changes"].append(content["changes"][0]),
    "another action": lambda content: change(content, "user/u").update(action="delete"),
    "other fields": lambda content: change(content, "user/u").update(fields=[]),
    "an entity more": lambda content: with_entity(content, {"t": "z"}),
    "an entity more, which stays as it is": lambda content: with_entity(content, {}),
    "an entity less": lambda content: content["saved"]["entities"].pop("user/u"),
    "an entity of another name": lambda content: entity(content, "user/u")["after"].update(name="v"),
    "an entity of no kind": lambda content: content["saved"]["entities"].update({"cat/x": {}}),
    "another goal": other_goal,
    "another goal with its fingerprint": other_goal_with_its_fingerprint,
    "no start": no_start,
    "a field more": lambda content: entity(content, "user/u")["after"].update(extra=1),
    "a field less": lambda content: entity(content, "user/u")["after"].pop("tags"),
    "another owner": lambda content: content.update(owner="others"),
    "no owner": lambda content: content.pop("owner"),
    "other totals": lambda content: content["summary"].update(update=0),
    "no totals": lambda content: content.pop("summary"),
    "unsafe, and nothing is found": lambda content: content.update(safe=False),
    "another partition": lambda content: content["saved"].update(partition="aws-cn"),
    "no entities": lambda content: content["saved"].update(entities={}),
    "entities that are a list": lambda content: content["saved"].update(entities=[]),
    "a saved part that is a text": lambda content: content.update(saved="x"),
    "no settings": lambda content: content["saved"].pop("settings"),
    "a setting nobody knows": lambda content: content["saved"]["settings"].update(extra=1),
    "a threshold that is a text": lambda content: content["saved"]["settings"].update(max_deletes="many"),
    "break_glass that is not an address": lambda content: content["saved"]["settings"].update(break_glass=["x"]),
    "no findings": lambda content: content.pop("findings"),
    "findings that are texts": lambda content: content.update(findings=["x"]),
}


RAW: dict[str, tuple[str, str, str]] = {
    # a text of the file, what stands there instead → what is told
    "NaN": ('"max_delete_percent": 30', '"max_delete_percent": NaN', "NaN is not a number."),
    "Infinity": ('"max_deletes": 10', '"max_deletes": Infinity', "Infinity is not a number."),
    "a number past every float": ('"max_deletes": 10', '"max_deletes": 1e999', "A number is too large."),
    "a key twice": ('"max_deletes": 10', '"max_deletes": 10, "max_deletes": 99', "An object has the same key twice."),
    "null for a threshold": ('"max_deletes": 10', '"max_deletes": null', "saved.settings.max_deletes is not a number."),
    "below nothing": ('"max_removals": 50', '"max_removals": -1', "saved.settings.max_removals is not between"),
    "everything ignored": ('"ignore": []', '"ignore": ["*/*"]', "saved.settings.ignore matches every address."),
    "a key that nobody knows": ('"moves"', '"vouched": true, "moves"', "saved has the unknown key 'vouched'"),
    "a number of 5000 digits": ('"max_deletes": 10', f'"max_deletes": {"9" * 5000}', ""),
    "half a character": ('"renamed": null', '"renamed": "\\ud800"', ""),
    "a summary of true": ('"update": 4', '"update": true', ""),
}


@pytest.mark.parametrize(("text", "instead", "told"), RAW.values(), ids=RAW.keys())
def test_what_json_takes_and_no_plan_has_is_refused_and_named(
    saved_account: Account, text: str, instead: str, told: str
) -> None:
    path = saved_account.folder / "plan.json"
    content = path.read_text()
    assert text in content
    edited = content.replace(text, instead, 1)
    try:
        body = json.loads(edited)
        mark = compute_digest({key: value for key, value in body.items() if key != "integrity"})
    except ValueError:
        mark = ""
    path.write_text(edited.replace(json.loads(content)["integrity"], mark or "x"))
    refusal_of(saved_account, "Run `reconcile plan` again.", told)


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS.keys())
def test_a_plan_edited_by_hand_is_refused_even_with_its_integrity_made_right(
    saved_account: Account, change: Callable[[Any], object]
) -> None:
    edit(saved_account, change)
    refusal_of(saved_account, "Run `reconcile plan` again.")


def test_the_owner_of_a_plan_is_the_one_that_its_adoptions_tag(account: Account) -> None:
    account.iam.create_user(UserName="u")
    account.write(HEAD + "users: {u: {}}\n")
    save(account)
    edit(account, lambda content: content.update(owner="others"))
    refusal_of(account, "Run `reconcile plan` again.")


# Unsafe


@pytest.mark.parametrize("shared", ["", "groups: {g: {policies: ['aws:ReadOnlyAccess']}}\n"], ids=["role", "group"])
def test_refuse_widening_is_a_flag_of_each_run(account: Account, shared: str) -> None:
    """A plan saved with it is unsafe only for an apply that has it, too."""
    account.write(HEAD + "roles: {app: {trust: [{accounts: ['222222222222']}]}}\n" + shared)
    save(account, "--refuse-widening", code=3)
    refusal_of(account, "The plan widens access", arguments=("--refuse-widening",))
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert changes_of(account.plan()) == {}


def test_what_only_the_maker_of_a_plan_may_not_read_does_not_hinder_another_caller(
    account: Account, denied_operations: set[str]
) -> None:
    account.write(HEAD + "account_settings: {password_policy: {minimum_length: 14}}\n")
    denied_operations.add("GetAccountPasswordPolicy")
    save(account, code=3)
    refusal_of(account, "account/password-policy cannot be compared")
    denied_operations.clear()
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert changes_of(account.plan()) == {}


@pytest.fixture
def pruned_account(account: Account) -> Account:
    """A saved plan that deletes more than its settings allow."""
    account.write(HEAD + "users: {a: {}, b: {}}\n")
    account.apply()
    account.write(HEAD + "settings: {max_deletes: 1}\n")
    assert save(account, code=3)
    return account


def test_what_is_unsafe_still_needs_its_flag(pruned_account: Account) -> None:
    refusal_of(pruned_account, "2 deletions exceed max_deletes (1)", "--allow-deletes")
    assert pruned_account.run_cli("apply", "plan.json", "--allow-deletes").code == 0
    assert pruned_account.iam.list_users()["Users"] == []


def test_a_flag_of_plan_is_no_flag_of_apply(pruned_account: Account) -> None:
    save(pruned_account, "--allow-deletes")
    refusal_of(pruned_account, "max_deletes (1)", "--allow-deletes")


def test_yes_does_not_make_it_safe(pruned_account: Account) -> None:
    refusal_of(pruned_account, "max_deletes (1)", arguments=("--yes",))


LOOSENED: dict[str, Callable[[Any], object]] = {
    "a threshold": lambda content: content["saved"]["settings"].update(max_deletes=1000),
    "a threshold, and what is said of it": lambda content: (
        content.update(safe=True),
        content["saved"]["settings"].update(max_deletes=1000),
    ),
}


@pytest.mark.parametrize("change", LOOSENED.values(), ids=LOOSENED.keys())
def test_settings_cannot_be_loosened_by_hand(pruned_account: Account, change: Callable[[Any], object]) -> None:
    edit(pruned_account, change)
    refusal_of(pruned_account, "Run `reconcile plan` again.")


def test_calling_a_plan_safe_does_not_make_it_safe(pruned_account: Account) -> None:
    edit(pruned_account, lambda content: content.update(safe=True, findings=[]))
    refusal_of(pruned_account, "max_deletes (1)", "--allow-deletes")


def test_what_outside_uses_since_is_refused_like_in_any_plan(account: Account) -> None:
    account.write(HEAD + f"policies: {{p: {{document: {document('s3:GetObject')}}}}}\n")
    account.apply()
    account.write(HEAD)
    save(account)
    account.iam.create_user(UserName="stranger")
    account.iam.attach_user_policy(UserName="stranger", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/p")
    refusal_of(account)


# Not a saved plan, or not for here


def test_a_plan_for_another_account_is_refused(saved_account: Account) -> None:
    edit(saved_account, lambda content: content.update(account="210987654321"))
    refusal_of(saved_account, "210987654321", "123456789012")


@pytest.mark.parametrize("version", [0, 2, "1", None, 1.5])
def test_another_format_version_is_refused(saved_account: Account, version: Any) -> None:
    edit(saved_account, lambda content: content.update(format_version=version))
    refusal_of(saved_account, "format_version", "Run `reconcile plan` again with this version.")


def test_a_printed_plan_is_not_a_saved_one(saved_account: Account) -> None:
    printed = saved_account.run_cli("plan", "roles.yaml", "--format", "json").out
    (saved_account.folder / "plan.json").write_text(printed)
    refusal_of(saved_account, "is the printed form of a plan", "reconcile plan --out")


NOT_PLANS = {
    "not JSON": b"{not json",
    "empty": b"",
    "a cut file": None,
    "a list": b"[1]",
    "a text": b'"plan"',
    "null": b"null",
    "another JSON": b'{"a": 1}',
    "not UTF-8": b'{"format_version": "\xff\xfe"}',
    "deep": b"[" * 3000,
    "half a character": b'{\n  "format_version": 1, "saved": {}, "owner": "\\ud800"}',
}


@pytest.mark.parametrize("content", NOT_PLANS.values(), ids=NOT_PLANS.keys())
def test_what_is_no_plan_is_refused_and_named(saved_account: Account, content: bytes | None) -> None:
    path = saved_account.folder / "plan.json"
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    refusal_of(saved_account, "plan.json", arguments=("--yes",))


@pytest.mark.parametrize("old", ["user/u", "123456789012", "platform"])
def test_half_a_character_in_a_plan_that_was_signed_anew_is_refused(saved_account: Account, old: str) -> None:
    path = saved_account.folder / "plan.json"
    content = json.loads(path.read_text().replace(old, old + "\\ud800"))
    del content["integrity"]
    content["integrity"] = compute_digest(content, allow_surrogates=True)
    path.write_text(json.dumps(content))
    refusal_of(saved_account, arguments=("--yes",))


@pytest.mark.parametrize("option", [("--var", "a=b"), ("--target", "user/u")])
def test_what_belongs_to_plan_is_a_usage_error(saved_account: Account, option: tuple[str, str]) -> None:
    refusal_of(saved_account, "saved plan", option[0], arguments=option)


# The file


def test_a_plan_file_holds_no_secret_and_only_its_owner_reads_it(account: Account) -> None:
    account.write(HEAD + "users: {u: {}}\n")
    account.apply()
    key = account.iam.create_access_key(UserName="u")["AccessKey"]
    account.write(HEAD)
    path = save(account)
    said = path.read_text()
    assert key["AccessKeyId"] in said  # the call that deletes it names it
    assert key["SecretAccessKey"] not in said
    assert account.environment["AWS_SECRET_ACCESS_KEY"] not in json.loads(said)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert account.run_cli("apply", "plan.json").code == 0


def test_a_plan_file_is_written_whole_or_not_at_all(saved_account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved_account.folder / "plan.json"
    before, listed = path.read_bytes(), sorted(item.name for item in saved_account.folder.iterdir())

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    result = saved_account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    assert result.code == 1
    assert "No space left on device" in result.err
    assert path.read_bytes() == before
    assert sorted(item.name for item in saved_account.folder.iterdir()) == listed


@pytest.mark.parametrize("target", ["bashrc", "absent"])
def test_out_follows_no_link(saved_account: Account, target: str) -> None:
    saved_account.write("precious", "bashrc")
    (saved_account.folder / f"to-{target}.json").symlink_to(target)
    result = saved_account.run_cli("plan", "roles.yaml", "--out", f"to-{target}.json")
    assert (result.code, f"to-{target}.json: it is a symbolic link" in result.err) == (1, True), result.err
    assert (saved_account.folder / "bashrc").read_text() == "precious"
    assert not (saved_account.folder / "absent").exists()


def test_a_plan_file_that_others_could_read_is_one_no_more(saved_account: Account) -> None:
    path = saved_account.folder / "plan.json"
    path.chmod(0o666)
    assert save(saved_account).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_a_plan_file_of_another_user_becomes_ones_own(saved_account: Account) -> None:
    path = saved_account.folder / "plan.json"
    os.chown(path, 54_321, 54_321)
    found = save(saved_account).stat()
    assert (found.st_uid, found.st_mode & 0o777) == (0, 0o600)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives folders away")
def test_out_goes_into_no_folder_of_another_user(saved_account: Account) -> None:
    (saved_account.folder / "theirs").mkdir()
    os.chown(saved_account.folder / "theirs", 54_321, 54_321)
    result = saved_account.run_cli("plan", "roles.yaml", "--out", "theirs/plan.json", SUDO_UID="1000")
    assert (result.code, "its folder belongs to uid 54321" in result.err) == (1, True), result.err
    assert list((saved_account.folder / "theirs").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only there any bytes are a file name")
def test_a_plan_of_a_file_whose_name_is_no_text_is_saved_and_applied(account: Account) -> None:
    name = os.fsdecode(b"r\xff.yaml")
    account.write(f"{HEAD}users: {{old: {{}}}}\n")
    account.apply()
    account.write(f"{HEAD}users: {{new: {{}}}}\nmoved: {{user/old: user/new}}\n", name)
    result = account.run_cli("plan", name, "--out", "plan.json")
    assert result.code == 0, result.err
    assert account.run_cli("apply", "plan.json", "--yes").code == 0


def test_a_plan_goes_into_what_the_shell_redirects(saved_account: Account) -> None:
    for target in ("/dev/stdout > out.json", ">(cat > piped.json)", "/dev/fd/3 3> third.json"):
        line = f"{sys.executable} -m reconciler plan roles.yaml --format github --out {target}; sleep 0.1"
        subprocess.run(["bash", "-c", line], cwd=saved_account.folder, env=saved_account.environment, check=True)
    for name in ("out.json", "piped.json", "third.json"):
        assert "integrity" in json.loads((saved_account.folder / name).read_text())


@pytest.mark.parametrize("name", ["no/such/folder/plan.json", ".", "x" * 5000])
def test_a_place_that_cannot_be_written_is_named(account: Account, name: str) -> None:
    account.write(HEAD)
    result = account.run_cli("plan", "roles.yaml", "--out", name)
    assert result.code == 1
    assert name in result.err
    assert "Traceback" not in result.err


def test_a_saved_plan_is_the_printed_one_and_what_vouches_for_it(saved_account: Account) -> None:
    printed = saved_account.plan()
    content = json.loads((saved_account.folder / "plan.json").read_text())
    assert {key: content[key] for key in printed} == printed
    assert set(content) - set(printed) == {"saved", "integrity"}
    assert set(content["saved"]["entities"]) == set(changes_of(printed))


def test_a_saved_plan_says_whose_plan_it_is(saved_account: Account) -> None:
    content = json.loads((saved_account.folder / "plan.json").read_text())
    assert (content["files"], content["account_alias"]) == (["roles.yaml"], None)
    assert content["caller"]

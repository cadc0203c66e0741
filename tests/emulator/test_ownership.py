"""Whose an entity is: the owner tag, adoption, other owners, pruning and its exceptions, protection, ignoring,
and how much may go at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.people import create_person
from tests.support.plans import changes_of, codes_of, findings_of, list_writes, operations_of

ACCOUNT = "123456789012"
OWNER = "reconcile:owner"
HEAD = "version: 1\nowner: platform\n"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
DOCUMENT = '{Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}'
SERVICE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [SERVICE]})
TRUSTED = "trust: [{services: [ec2.amazonaws.com]}]"
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

Tags = dict[str, str]


def tag_list(tags: Tags | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def make(iam: Any, kind: str, name: str, tags: Tags | None = None, **more: Any) -> None:
    """An entity made by hand: a user, group, role, policy or instance profile."""
    tagged = {} if kind == "group" else {"Tags": tag_list(tags)}
    match kind:
        case "user":
            iam.create_user(UserName=name, **tagged, **more)
        case "group":
            iam.create_group(GroupName=name, **more)
        case "role":
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **tagged, **more)
        case "policy":
            iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(ALLOW), **tagged, **more)
        case "instance-profile":
            iam.create_instance_profile(InstanceProfileName=name, **tagged, **more)


def tags_of(iam: Any, kind: str, name: str) -> Tags:
    answers = {
        "user": lambda: iam.list_user_tags(UserName=name),
        "role": lambda: iam.list_role_tags(RoleName=name),
        "policy": lambda: iam.list_policy_tags(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{name}"),
        "instance-profile": lambda: iam.list_instance_profile_tags(InstanceProfileName=name),
    }
    return {tag["Key"]: tag["Value"] for tag in answers[kind]()["Tags"]}


def names(iam: Any) -> set[str]:
    """Every address of the account."""
    found = {f"user/{item['UserName']}" for item in iam.list_users()["Users"]}
    found |= {f"group/{item['GroupName']}" for item in iam.list_groups()["Groups"]}
    found |= {f"role/{item['RoleName']}" for item in iam.list_roles()["Roles"]}
    own = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    found |= {f"policy/{item['PolicyName']}" for item in own}
    profiles = iam.list_instance_profiles()["InstanceProfiles"]
    return found | {f"instance-profile/{item['InstanceProfileName']}" for item in profiles}


def refused_without_a_write(account: Account, *flags: str) -> str:
    """`apply` exits 1 and writes nothing; what it said."""
    account.clear_calls()
    result = account.run_cli("apply", "roles.yaml", "--yes", *flags)
    assert result.code == 1
    assert list_writes(account) == []
    assert "Traceback" not in result.err
    return result.out + result.err


ONE_OF_EACH = f"""\
policies: {{app: {{document: {DOCUMENT}}}}}
groups: {{app: {{}}}}
users: {{app: {{}}}}
roles: {{app: {{{TRUSTED}, instance_profile: true}}}}
"""
TAGGABLE = ("policy", "user", "role", "instance-profile")


# The owner tag and adoption


def all_tags(iam: Any) -> dict[str, Tags]:
    return {kind: tags_of(iam, kind, "app") for kind in TAGGABLE}


def test_what_is_created_carries_its_owner(account: Account) -> None:
    account.write(HEAD + ONE_OF_EACH)
    account.apply()
    assert all_tags(account.iam) == {kind: {OWNER: "platform"} for kind in TAGGABLE}


def test_without_an_owner_nothing_is_tagged(account: Account) -> None:
    account.write("version: 1\nsettings: {prune: none}\n" + ONE_OF_EACH)
    account.apply()
    assert all_tags(account.iam) == {kind: {} for kind in TAGGABLE}
    assert changes_of(account.plan()) == {}


def test_what_exists_is_adopted_and_only_tagged(account: Account) -> None:
    iam = account.iam
    for kind in (*TAGGABLE, "group"):
        make(iam, kind, "app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    account.write(HEAD + ONE_OF_EACH)
    plan = account.plan()
    assert changes_of(plan) == {f"{kind}/app": ("adopt", []) for kind in TAGGABLE}
    assert plan["summary"]["adopt"] == 4
    assert sorted(operations_of(plan)) == ["TagInstanceProfile", "TagPolicy", "TagRole", "TagUser"]
    assert account.run_cli("plan", "roles.yaml", "--detailed-exitcode").code == 2
    account.apply()
    assert changes_of(account.plan()) == {}
    assert all_tags(iam) == {kind: {OWNER: "platform"} for kind in TAGGABLE}


def test_an_adoption_tells_what_it_changes_as_well(account: Account) -> None:
    iam = account.iam
    make(iam, "role", "app", {"team": "old", "stray": "x"}, Description="old")
    iam.attach_role_policy(RoleName="app", PolicyArn=AWS_POLICY)
    iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}, description: new, tags: {{team: new}}}}}}\n")
    plan = account.apply_and_read_plan()
    paths = ["description", "inline_policies.own", "policies", "tags.stray", "tags.team"]
    assert changes_of(plan) == {"role/app": ("adopt", paths)}
    assert changes_of(account.plan()) == {}


def test_a_group_is_never_adopted_but_managed_while_it_is_declared(account: Account) -> None:
    iam = account.iam
    make(iam, "group", "app")
    account.write(HEAD + f"policies: {{p: {{document: {DOCUMENT}}}}}\ngroups: {{app: {{policies: [p]}}}}\n")
    assert changes_of(account.apply_and_read_plan())["group/app"] == ("update", ["policies"])
    account.write(HEAD)
    assert set(changes_of(account.plan())) == {"policy/p"}


# Another owner's


@pytest.mark.parametrize("kind", TAGGABLE)
def test_what_another_owner_has_is_refused_until_it_is_taken_over(account: Account, kind: str) -> None:
    iam = account.iam
    make(iam, kind, "app", {OWNER: "others"})
    if kind == "instance-profile":
        make(iam, "role", "app", {OWNER: "platform"})
        iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    text = {
        "policy": f"policies: {{app: {{document: {DOCUMENT}}}}}\n",
        "user": "users: {app: {}}\n",
        "role": f"roles: {{app: {{{TRUSTED}}}}}\n",
        "instance-profile": f"roles: {{app: {{{TRUSTED}, instance_profile: true}}}}\n",
    }
    account.write(HEAD + text[kind])
    plan = account.plan()
    (finding,) = findings_of(plan)
    assert (plan["safe"], finding["code"], finding["address"]) == (False, "other-owner", f"{kind}/app")
    assert "others" in finding["message"]
    assert "--take-over" in finding["message"]
    assert "others" in refused_without_a_write(account)

    taken = account.apply_and_read_plan("roles.yaml", "--take-over")
    assert changes_of(taken) == {f"{kind}/app": ("adopt", [])}
    assert tags_of(iam, kind, "app") == {OWNER: "platform"}
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize("kind", ["user", "role"])
def test_the_owner_tag_of_a_user_or_role_counts_in_any_letter_case(account: Account, kind: str) -> None:
    iam = account.iam
    make(iam, kind, "app", {"Reconcile:Owner": "others", "Team": "a"})
    account.write(HEAD + {"user": "users: {app: {}}\n", "role": f"roles: {{app: {{{TRUSTED}}}}}\n"}[kind])
    (finding,) = findings_of(account.plan())
    assert (finding["code"], finding["address"]) == ("other-owner", f"{kind}/app")
    refused_without_a_write(account)

    account.apply_and_read_plan("roles.yaml", "--take-over")
    assert tags_of(iam, kind, "app") == {"Reconcile:Owner": "platform"}
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_file_does_not_take_the_tags_of_another_s_entity_by_another_spelling(account: Account, kind: str) -> None:
    make(account.iam, kind, "app", {OWNER: "others", "reconcile:protect": "true"})
    entry = "tags: {'Reconcile:Owner': platform, 'Reconcile:Protect': 'false'}"
    account.write(
        HEAD + {"user": f"users: {{app: {{{entry}}}}}\n", "role": f"roles: {{app: {{{TRUSTED}, {entry}}}}}\n"}[kind]
    )
    result = account.run_cli("validate", "roles.yaml")
    assert result.code == 1
    assert "'Reconcile:Owner' is reserved for reconcile, in any letter case" in result.out + result.err
    refused_without_a_write(account)
    assert tags_of(account.iam, kind, "app") == {OWNER: "others", "reconcile:protect": "true"}


def test_a_group_below_another_owner_s_path_is_refused_until_it_is_taken_over(account: Account) -> None:
    iam = account.iam
    make(iam, "group", "crew", Path="/others/")
    account.write(HEAD + f"groups: {{crew: {{policies: ['{AWS_POLICY}']}}}}\n")
    assert findings_of(account.plan()) == []

    make(iam, "policy", "app", {OWNER: "others"})
    (finding,) = findings_of(account.plan())
    assert (finding["code"], finding["address"]) == ("other-owner", "group/crew")
    assert "policy/app has its tag" in refused_without_a_write(account)
    account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    account.clear_calls()
    assert account.run_cli("apply", "plan.json", "--yes").code == 1
    assert list_writes(account) == []

    assert account.run_cli("apply", "plan.json", "--yes", "--take-over").code == 0
    assert changes_of(account.plan()) == {}


def test_two_stacks_in_one_account_leave_each_other_alone(account: Account) -> None:
    account.write(HEAD + "users: {a: {}}\n", "one.yaml")
    account.write("version: 1\nowner: data\nusers: {b: {}}\n", "two.yaml")
    account.apply("one.yaml")
    account.apply("two.yaml")
    assert changes_of(account.plan("one.yaml")) == {}
    assert changes_of(account.plan("two.yaml")) == {}


# Pruning


def populate(iam: Any) -> None:
    """Of each kind: ours, another owner's and nobody's; and what pruning must never touch."""
    for kind in TAGGABLE:
        make(iam, kind, f"{kind}-ours", {OWNER: "platform"})
        make(iam, kind, f"{kind}-others", {OWNER: "others"})
        make(iam, kind, f"{kind}-nobodys")
    make(iam, "group", "group-ours", Path="/platform/")
    make(iam, "group", "group-below", Path="/platform/deep/")
    make(iam, "group", "group-others", Path="/others/")
    make(iam, "group", "group-plain", Path="/people/")
    make(iam, "group", "group-nobodys")
    make(iam, "group", "group-alike", Path="/platform-two/")
    make(iam, "role", "kept-by-path", Path="/aws-reserved/sso.amazonaws.com/")
    make(iam, "user", "protected", {OWNER: "platform", "reconcile:protect": "true"})
    make(iam, "role", "ignored-one")


OURS = {f"{kind}/{kind}-ours" for kind in TAGGABLE} | {"group/group-ours", "group/group-below"}
NOBODYS = {f"{kind}/{kind}-nobodys" for kind in TAGGABLE} | {
    "group/group-nobodys",
    "group/group-plain",
    "group/group-alike",
}
PRUNE = {
    "owned": OURS,
    "none": set(),
    "all": OURS | NOBODYS,
}


@pytest.mark.parametrize("mode", PRUNE)
def test_pruning_takes_exactly_what_its_mode_says(account: Account, mode: str) -> None:
    iam = account.iam
    populate(iam)
    if mode == "all":
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    before = names(iam)
    account.write(
        HEAD + f'settings: {{prune: {mode}, ignore: ["role/ignored-*"], max_deletes: 50, max_delete_percent: 100}}\n'
    )
    plan = account.plan()
    assert plan["safe"], plan["findings"]
    assert {address: action for address, (action, _) in changes_of(plan).items()} == dict.fromkeys(
        PRUNE[mode], "delete"
    )
    account.apply()
    assert names(iam) == before - PRUNE[mode]


def test_prune_none_deletes_nothing_even_of_ours(account: Account) -> None:
    account.write(HEAD + "users: {alice: {}}\n")
    account.apply()
    account.write(HEAD + "settings: {prune: none}\n")
    assert changes_of(account.plan()) == {}


def test_the_caller_is_never_pruned(account: Account) -> None:
    make(account.iam, "user", "runner")
    make(account.iam, "user", "other")
    key = account.iam.create_access_key(UserName="runner")["AccessKey"]
    account.write(HEAD + "settings: {prune: all}\n")
    result = account.run_cli(
        "plan",
        "roles.yaml",
        "--format",
        "json",
        AWS_ACCESS_KEY_ID=key["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
    )
    assert result.code == 0, result.err
    assert set(changes_of(result.json)) == {"user/other"}


def test_the_role_of_the_caller_is_never_pruned(account: Account) -> None:
    make(account.iam, "role", "runner", Path="/ci/")
    make(account.iam, "role", "other")
    ci = create_person(account.iam, "ci")
    trusted = {"Effect": "Allow", "Principal": {"AWS": ci.arn}, "Action": "sts:AssumeRole"}
    account.iam.update_assume_role_policy(
        RoleName="runner", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    )
    sts = ci.make_client("sts", account.sandbox.url)
    session = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/ci/runner", RoleSessionName="ci")["Credentials"]
    account.write(HEAD + "settings: {prune: all}\n")
    result = account.run_cli(
        "plan",
        "roles.yaml",
        "--format",
        "json",
        AWS_ACCESS_KEY_ID=session["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=session["SecretAccessKey"],
        AWS_SESSION_TOKEN=session["SessionToken"],
    )
    assert result.code == 3, result.err  # without user/ci nobody could enter the role again
    assert set(changes_of(result.json)) == {"role/other", "user/ci"}


def test_what_break_glass_names_is_never_pruned(account: Account) -> None:
    make(account.iam, "role", "emergency")
    make(account.iam, "role", "other")
    account.write(HEAD + "settings: {prune: all, break_glass: [role/emergency]}\n")
    assert set(changes_of(account.plan())) == {"role/other"}


def test_a_break_glass_that_does_not_exist_is_an_error(account: Account) -> None:
    account.write(HEAD + "settings: {break_glass: [role/emergency]}\n")
    result = account.run_cli("plan", "roles.yaml", "--format", "json")
    assert "role/emergency" in result.out + result.err
    assert result.code == 1 or not result.json["safe"]


# Protection


PROTECTED = {
    "user": ("users: {{app: {{{line}}}}}\n", {}),
    "role": ("roles: {{app: {{trust: [{{services: [ec2.amazonaws.com]}}], {line}}}}}\n", {}),
    "policy": ("policies: {{app: {{document: {document}, {line}}}}}\n", {"document": DOCUMENT}),
}


@pytest.mark.parametrize("kind", PROTECTED)
def test_protection_outlives_its_line_until_it_is_taken_off(account: Account, kind: str) -> None:
    iam, (text, more) = account.iam, PROTECTED[kind]

    def write(line: str) -> None:
        account.write(HEAD + text.format(line=line, **more))

    write("protect: true")
    account.apply()
    assert tags_of(iam, kind, "app") == {OWNER: "platform", "reconcile:protect": "true"}

    account.write(HEAD)
    plan = account.plan()
    assert (changes_of(plan), plan["safe"], codes_of(plan, "warning")) == ({}, True, ["protected"])

    write("tags: {}")
    assert changes_of(account.plan()) == {}

    write("protect: false")
    assert changes_of(account.apply_and_read_plan()) == {f"{kind}/app": ("update", ["tags.reconcile:protect"])}
    assert tags_of(iam, kind, "app") == {OWNER: "platform"}

    account.write(HEAD)
    assert {address: action for address, (action, _) in changes_of(account.apply_and_read_plan()).items()} == {
        f"{kind}/app": "delete"
    }
    assert names(iam) == set()


def test_the_instance_profile_of_a_protected_role_stays_with_it(account: Account) -> None:
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}, protect: true, instance_profile: true}}}}\n")
    account.apply()
    account.write(HEAD)
    assert changes_of(account.plan()) == {}


def test_a_protected_user_stays_under_prune_all(account: Account) -> None:
    make(account.iam, "user", "precious", {"reconcile:protect": "true"})
    account.write(HEAD + "settings: {prune: all}\n")
    plan = account.plan()
    assert (changes_of(plan), codes_of(plan, "warning")) == ({}, ["protected"])


# Ignoring


def test_what_ignore_matches_is_neither_changed_nor_created_nor_deleted(account: Account) -> None:
    iam = account.iam
    make(iam, "role", "AWSReservedSSO_admin", {OWNER: "platform"})
    make(iam, "user", "app", {"team": "live"})
    account.write(
        HEAD + 'settings: {ignore: ["role/awsreservedsso_*", "user/app", "user/new"]}\nusers: {app: {}, new: {}}\n'
    )
    plan = account.plan()
    assert changes_of(plan) == {}
    assert codes_of(plan, "warning") == ["ignored", "ignored"]


IGNORED: dict[str, str] = {
    "tags.last-used": "tags.last-used",
    "tags": "tags.last-used",
    "inline_policies.by-hand": "inline_policies.by-hand",
    "inline_policies": "inline_policies.by-hand",
    "description": "description",
    "max_session_duration": "max_session_duration",
    "policies": "policies",
    "permissions_boundary": "permissions_boundary",
    "trust": "trust_policy",
    "trust_policy": "trust_policy",
}


def drift_everywhere(iam: Any) -> None:
    other = {**SERVICE, "Principal": {"Service": "lambda.amazonaws.com"}}
    iam.tag_role(RoleName="app", Tags=[{"Key": "last-used", "Value": "now"}])
    iam.put_role_policy(RoleName="app", PolicyName="by-hand", PolicyDocument=json.dumps(ALLOW))
    iam.update_role(RoleName="app", Description="by hand", MaxSessionDuration=7200)
    iam.attach_role_policy(RoleName="app", PolicyArn=AWS_POLICY)
    iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=AWS_POLICY)
    iam.update_assume_role_policy(
        RoleName="app", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [other]})
    )


EVERYWHERE = {
    "tags.last-used",
    "inline_policies.by-hand",
    "description",
    "max_session_duration",
    "policies",
    "permissions_boundary",
    "trust_policy",
}


def test_each_ignored_change_is_left_as_it_is_live_and_no_other(account: Account) -> None:
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}}}}}\n")
    account.apply()
    drift_everywhere(account.iam)
    assert set(changes_of(account.plan())["role/app"][1]) == EVERYWHERE
    for written, path in IGNORED.items():
        account.write(HEAD + f"roles: {{app: {{{TRUSTED}, ignore_changes: [{written}]}}}}\n")
        assert set(changes_of(account.plan())["role/app"][1]) == EVERYWHERE - {path}, written
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}, ignore_changes: [{', '.join(EVERYWHERE)}]}}}}\n")
    assert changes_of(account.plan()) == {}


def test_an_apply_of_other_changes_leaves_what_is_ignored(account: Account) -> None:
    iam = account.iam
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}}}}}\n")
    account.apply()
    drift_everywhere(iam)
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}, ignore_changes: [description, tags.last-used]}}}}\n")
    account.apply()
    role = iam.get_role(RoleName="app")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("by hand", 3600)
    assert tags_of(iam, "role", "app") == {OWNER: "platform", "last-used": "now"}


def test_ignored_memberships_and_paths_of_a_user_are_left(account: Account) -> None:
    iam = account.iam
    make(iam, "group", "hand")
    account.write(HEAD + "users: {alice: {path: /a/, ignore_changes: [groups, path]}}\n")
    account.apply()
    iam.add_user_to_group(GroupName="hand", UserName="alice")
    iam.update_user(UserName="alice", NewPath="/b/")
    assert changes_of(account.plan()) == {}


def test_an_ignored_document_of_a_policy_is_left(account: Account) -> None:
    account.write(HEAD + f"policies: {{p: {{document: {DOCUMENT}, ignore_changes: [document]}}}}\n")
    account.apply()
    account.iam.create_policy_version(
        PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/p",
        PolicyDocument=json.dumps(ALLOW).replace("Publish", "Subscribe"),
        SetAsDefault=True,
    )
    assert changes_of(account.plan()) == {}


def test_a_new_entity_has_what_its_ignored_fields_say(account: Account) -> None:
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}, description: first, ignore_changes: [description]}}}}\n")
    account.apply()
    assert account.iam.get_role(RoleName="app")["Role"]["Description"] == "first"


# Thresholds


def users(count: int) -> str:
    return "users: {" + ", ".join(f"u{index}: {{}}" for index in range(count)) + "}\n"


LIMITS: dict[str, tuple[str, int, int, list[str]]] = {
    # settings, users before, users after → refusals
    "as many as max_deletes": ("max_deletes: 3, max_delete_percent: 100", 10, 7, []),
    "one more than max_deletes": ("max_deletes: 3, max_delete_percent: 100", 10, 6, ["too-many-deletes"]),
    "no deletion at all allowed": ("max_deletes: 0", 10, 9, ["too-many-deletes"]),
    "the default of max_deletes": ("max_delete_percent: 100", 12, 1, ["too-many-deletes"]),
    "up to the default of max_deletes": ("max_delete_percent: 100", 12, 2, []),
    "five are past no percentage": ("max_deletes: 100, max_delete_percent: 1", 6, 1, []),
    "six are past the default percentage": ("max_deletes: 100", 12, 6, ["too-many-deletes"]),
    "six are within the percentage": ("max_deletes: 100, max_delete_percent: 50", 12, 6, []),
    "past both": ("max_deletes: 1", 8, 1, ["too-many-deletes", "too-many-deletes"]),
}


@pytest.mark.parametrize("what", LIMITS)
def test_deletions_past_a_threshold_are_unsafe_until_they_are_allowed(account: Account, what: str) -> None:
    settings, before, after, refusals = LIMITS[what]
    for index in range(before):
        make(account.iam, "user", f"u{index}", {OWNER: "platform"})
    account.write(HEAD + f"settings: {{{settings}}}\n" + users(after))
    plan = account.plan()
    assert (codes_of(plan), plan["safe"]) == (refusals, not refusals)
    assert plan["summary"]["delete"] == before - after
    assert not refusals or account.plan("roles.yaml", "--allow-deletes")["safe"]


def test_an_apply_past_a_threshold_needs_the_flag(account: Account) -> None:
    make(account.iam, "user", "leaver", {OWNER: "platform"})
    account.write(HEAD + "settings: {max_deletes: 0}\n")
    assert "--allow-deletes" in refused_without_a_write(account)
    account.apply("roles.yaml", "--allow-deletes")
    assert names(account.iam) == set()


def test_the_percentage_counts_only_what_is_owned_or_declared(account: Account) -> None:
    """Six of twelve users of ours, though twenty others would make it a small share."""
    for index in range(12):
        make(account.iam, "user", f"u{index}", {OWNER: "platform"})
    for index in range(20):
        make(account.iam, "user", f"stranger{index}")
    account.write(HEAD + "settings: {max_deletes: 100}\n" + users(6))
    plan = account.plan()
    assert codes_of(plan) == ["too-many-deletes"]
    assert "6 of 12" in findings_of(plan)[0]["message"]


@pytest.mark.parametrize(("most", "refusals"), [(3, []), (2, ["too-many-removals"])])
def test_policies_taken_off_entities_that_stay_count_apart(account: Account, most: int, refusals: list[str]) -> None:
    iam = account.iam
    account.write(HEAD + f"users: {{alice: {{}}}}\nroles: {{app: {{{TRUSTED}}}}}\n")
    account.apply()
    iam.attach_user_policy(UserName="alice", PolicyArn=AWS_POLICY)
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    iam.attach_role_policy(RoleName="app", PolicyArn=AWS_POLICY)
    account.write(HEAD + f"settings: {{max_removals: {most}}}\nusers: {{alice: {{}}}}\nroles: {{app: {{{TRUSTED}}}}}\n")
    plan = account.plan()
    assert (codes_of(plan), plan["safe"]) == (refusals, not refusals)


def test_removals_by_an_adoption_count(account: Account) -> None:
    make(account.iam, "user", "alice")
    account.iam.attach_user_policy(UserName="alice", PolicyArn=AWS_POLICY)
    account.iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    account.write(HEAD + "settings: {max_removals: 1}\nusers: {alice: {}}\n")
    plan = account.plan()
    assert codes_of(plan) == ["too-many-removals"]
    assert account.plan("roles.yaml", "--allow-deletes")["safe"]


def test_policies_of_entities_that_go_do_not_count_as_removals(account: Account) -> None:
    make(account.iam, "user", "alice", {OWNER: "platform"})
    account.iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    account.write(HEAD + "settings: {max_removals: 0}\n")
    assert account.plan()["safe"]


# What IAM never changes


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        ("policy", f"policies: {{app: {{document: {DOCUMENT}, description: new}}}}\n", "description"),
        ("policy", f"policies: {{app: {{document: {DOCUMENT}, path: /new/}}}}\n", "path"),
        ("role", f"roles: {{app: {{{TRUSTED}, path: /new/}}}}\n", "path"),
    ],
)
def test_what_iam_never_changes_is_refused_with_the_reason(account: Account, kind: str, text: str, field: str) -> None:
    make(account.iam, kind, "app", {OWNER: "platform"}, Description="old", Path="/old/")
    account.write(HEAD + text)
    plan = account.plan()
    assert codes_of(plan) == ["immutable-field"]
    assert findings_of(plan)[0]["address"] == f"{kind}/app"
    assert "never changes" in findings_of(plan)[0]["message"]
    assert field in refused_without_a_write(account)


def test_an_absent_description_of_a_policy_and_an_absent_path_are_left_as_they_are(account: Account) -> None:
    ours = {OWNER: "platform"}
    make(account.iam, "policy", "app", ours, Description="old", Path="/old/")
    make(account.iam, "user", "app", ours, Path="/old/")
    make(account.iam, "role", "app", ours, Path="/old/")
    make(account.iam, "group", "app", Path="/old/")
    account.write(
        HEAD
        + f"policies: {{app: {{document: {DOCUMENT}}}}}\ngroups: {{app: {{}}}}\nusers: {{app: {{policies: [app]}}}}\n"
        + f"roles: {{app: {{{TRUSTED}, policies: [app]}}}}\n"
    )
    assert changes_of(account.apply_and_read_plan()) == {
        "user/app": ("update", ["policies"]),
        "role/app": ("update", ["policies"]),
    }
    assert changes_of(account.plan()) == {}


def test_a_name_in_another_letter_case_is_refused(account: Account) -> None:
    make(account.iam, "role", "App", {OWNER: "platform"})
    account.write(HEAD + f"roles: {{app: {{{TRUSTED}}}}}\n")
    plan = account.plan()
    assert codes_of(plan) == ["name-case"]
    assert "App" in refused_without_a_write(account)

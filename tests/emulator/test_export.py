"""`reconcile export`: what it writes of an account, and that a plan on it has nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.account import Account
from tests.support.examples import examples
from tests.support.plans import changes_of, codes_of, read_log

EXAMPLES = Path(__file__).parents[2] / "examples"
ACCOUNT = "123456789012"
READ_WHOLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


def trust(principal: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tags(**found: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in found.items()]


def example(account: Account) -> None:
    """The company of examples/, applied."""
    for source in (EXAMPLES / "company").rglob("*"):
        if source.is_file():
            account.write(source.read_text(), f"company/{source.relative_to(EXAMPLES / 'company')}")
    account.apply(account.write((EXAMPLES / "company.yaml").read_text(), "company.yaml"))


def export_file(account: Account, *options: str) -> str:
    """What export prints, put into roles.yaml."""
    result = account.run_cli("export", *options)
    assert result.code == 0, result.err
    account.write(result.out)
    return result.out


def nothing_to_do(account: Account) -> bool:
    plan = account.plan()
    assert plan["safe"], plan["findings"]
    return changes_of(plan) == {}


@pytest.mark.parametrize("options", [(), ("--owner", "company")], ids=["no owner", "its owner"])
def test_a_plan_on_an_export_is_empty(account: Account, options: tuple[str, ...]) -> None:
    example(account)
    export_file(account, *options)
    assert nothing_to_do(account)


def test_an_export_wiped_and_applied_again_is_exported_alike(account: Account) -> None:
    example(account)
    first = export_file(account, "--owner", "company")
    account.reset()
    account.apply()
    assert export_file(account, "--owner", "company") == first


def test_an_export_reads_as_the_file_that_was_applied(account: Account) -> None:
    """References by name, trust rules, `mfa`, paths; no ARN where a name will do."""
    example(account)
    found = yaml.safe_load(export_file(account, "--owner", "company"))
    written = yaml.safe_load((EXAMPLES / "company.yaml").read_text())
    assert (found["owner"], found["account"]) == ("company", ACCOUNT)
    assert found["groups"]["people"]["mfa"] == "required"
    assert "reconcile-require-mfa-company" not in found["policies"]
    assert sorted(found["roles"]) == sorted(written["roles"])
    assert found["roles"]["developer"]["trust"] == [
        {"users": ["alice", "bob"], "mfa": "required", "source_identity": True}
    ]
    assert found["roles"]["web-server"]["instance_profile"] is True
    assert f"{ACCOUNT}:policy/" not in json.dumps(found)


def test_export_reads_what_plan_reads_and_what_only_sections_ask_for_and_nothing_for_each_entity(
    account: Account,
) -> None:
    account.iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(READ_WHOLE))
    counted = []
    for count in (1, 4):
        for number in range(count):
            account.iam.create_user(UserName=f"u{count}-{number}")
            account.iam.create_group(GroupName=f"g{count}-{number}")
            account.iam.create_role(
                RoleName=f"r{count}-{number}", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
            )
        account.clear_calls()
        export_file(account)
        counted.append(account.count_calls())
        assert all(line.startswith(("Get", "List")) for line in read_log(account))
    account.clear_calls()
    assert nothing_to_do(account)
    without_section = {"ListAccountAliases": 1, "GetAccountPasswordPolicy": 1, "ListServerCertificates": 1}
    assert counted[0] == counted[1] == account.count_calls() | without_section


def test_policies_are_asked_for_descriptions_only_if_the_list_tells_none(account: Account) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    asked = []
    for name, more in (("untold", {}), ("told", {"Description": "Told"})):
        account.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READ_WHOLE), Tags=tags, **more)
        account.clear_calls()
        policies = yaml.safe_load(export_file(account))["policies"]
        asked.append([line for line in read_log(account) if line.startswith("GetPolicy ")])
    assert (policies["told"]["description"], "description" in policies["untold"]) == ("Told", False)
    assert asked == [[f"GetPolicy arn:aws:iam::{ACCOUNT}:policy/untold"], []]


def by_hand(iam: Any) -> None:
    """An account with one of everything odd, as consoles and scripts leave it."""
    iam.create_group(GroupName="ops", Path="/teams/")
    iam.attach_group_policy(GroupName="ops", PolicyArn="arn:aws:iam::aws:policy/job-function/Billing")
    odd = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Resource": ["arn:aws:s3:::b/{{x}}", "arn:aws:s3:::${aws:username}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": True}, "StringLike": {"s3:prefix": ["", "yes", "é: #"]}},
                "Action": ["s3:GetObject", "S3:putobject"],
                "Effect": "Allow",
                "Sid": "",
            }
        ],
    }
    arn = iam.create_policy(
        PolicyName="old", PolicyDocument=json.dumps(READ_WHOLE), Description="it's {{ old }}", Path="/x/"
    )["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(odd), SetAsDefault=True)
    iam.tag_policy(PolicyArn=arn, Tags=tags(cost="007", when="2026-01-01", on="yes", note="a: b", empty=""))
    iam.create_policy(PolicyName="older", PolicyDocument=json.dumps({**READ_WHOLE, "Id": "an-id"}))
    iam.create_user(UserName="alice", Path="/eng/", Tags=tags(Team="a"), PermissionsBoundary=arn)
    iam.add_user_to_group(GroupName="ops", UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=json.dumps(odd))
    iam.create_access_key(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="Secret-1234-secret")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")
    iam.create_user(UserName="leaver")
    app = {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/leaver", f"arn:aws:iam::{ACCOUNT}:user/eng/alice"]}
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(app), Description="one\ntwo\tthree", Path="/app/")
    iam.attach_role_policy(RoleName="app", PolicyArn=arn)
    deny = trust({"AWS": "*"}).replace("Allow", "Deny")
    iam.create_role(RoleName="closed", AssumeRolePolicyDocument=deny, MaxSessionDuration=5400, Tags=tags(a="b"))
    iam.delete_user(UserName="leaver")
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    for name, held in (("app", "app"), ("app-2", "app"), ("closed-own", "closed"), ("empty", None)):
        iam.create_instance_profile(InstanceProfileName=name)
        if held:
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=held)
    iam.create_role(RoleName="tagged", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    iam.create_instance_profile(InstanceProfileName="tagged", Tags=tags(team="a"))
    iam.add_role_to_instance_profile(InstanceProfileName="tagged", RoleName="tagged")
    theirs = [{"Key": "reconcile:owner", "Value": "others"}, {"Key": "reconcile:protect", "Value": "true"}]
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}), Tags=theirs)


def test_an_account_made_by_hand_exports_and_plans_empty(account: Account) -> None:
    by_hand(account.iam)
    text = export_file(account)
    found = yaml.safe_load(text.replace("{{{{", "{{"))
    assert nothing_to_do(account)
    assert found["settings"] == {"prune": "none"}
    assert "owner" not in found
    assert found["policies"]["old"]["tags"] == {
        "cost": "007",
        "empty": "",
        "note": "a: b",
        "on": "yes",
        "when": "2026-01-01",
    }
    assert found["policies"]["old"]["description"] == "it's {{ old }}"
    assert found["policies"]["older"]["document"]["Id"] == "an-id"
    assert found["users"]["alice"] == {
        "path": "/eng/",
        "groups": ["ops"],
        "inline_policies": {"inline": found["policies"]["old"]["document"]},
        "permissions_boundary": "old",
        "tags": {"Team": "a"},
    }
    assert found["roles"]["theirs"]["protect"] is True
    assert found["roles"]["closed"]["instance_profile"] == "closed-own"
    assert found["roles"]["closed"]["max_session_duration"] == "90m"
    assert "tags" not in found["roles"]["theirs"]


def test_comments_say_what_is_not_in_the_file(account: Account) -> None:
    by_hand(account.iam)
    head = export_file(account).partition("version: 1")[0]
    for said in (
        f"account {ACCOUNT}, written by `reconcile export`.",
        "AWS's own or service-linked: 1 entity.",
        "instance-profile/app-2: role/app has another instance profile in this file.",
        "instance-profile/empty: it holds no role.",
        "instance-profile/tagged: a file cannot express its tags.team.",
    ):
        assert f"# {said}" in head.replace("# Live IAM of ", "# ")
    assert "role/theirs" not in head


def test_with_an_owner_a_plan_only_adopts_and_what_others_own_is_left_out(account: Account) -> None:
    by_hand(account.iam)
    text = export_file(account, "--owner", "platform")
    assert "# role/theirs: it belongs to owner others." in text
    plan = account.apply_and_read_plan()
    adopted = {address: ("adopt", []) for address in changes_of(plan)}
    assert changes_of(plan) == adopted
    assert sorted(adopted) == [
        *("instance-profile/app", "instance-profile/closed-own", "policy/old", "policy/older"),
        *("role/app", "role/closed", "role/tagged", "user/alice"),
    ]
    assert nothing_to_do(account)
    export_file(account, "--owner", "platform")
    assert nothing_to_do(account)


def test_only_what_is_asked_for_is_written_and_the_rest_named_by_arn(account: Account) -> None:
    by_hand(account.iam)
    found = yaml.safe_load(export_file(account, "--only", "role/app", "--only", "USER/*").replace("{{{{", "{{"))
    assert {name for name in found if isinstance(found[name], dict)} == {"settings", "groups", "users", "roles"}
    assert found["roles"]["app"]["policies"] == [f"arn:aws:iam::{ACCOUNT}:policy/x/old"]
    assert found["users"]["alice"]["permissions_boundary"] == f"arn:aws:iam::{ACCOUNT}:policy/x/old"
    assert list(found["groups"]) == ["ops"]
    assert nothing_to_do(account)


def test_a_part_of_what_an_owner_has_is_exported_without_pruning(account: Account) -> None:
    example(account)
    text = export_file(account, "--owner", "company", "--only", "role/auditor")
    assert yaml.safe_load(text)["settings"] == {"prune": "none"}
    assert nothing_to_do(account)


def test_a_folder_gets_a_file_for_each_kind(account: Account) -> None:
    example(account)
    result = account.run_cli("export", "--split", "live", "--owner", "company")
    assert result.out.split() == [
        f"live/{name}.yaml" for name in ("roles", "oidc_providers", "policies", "groups", "users")
    ]
    for files in ("live", "live/roles.yaml"):
        assert changes_of(account.plan(files)) == {}
    one = yaml.safe_load(export_file(account, "--owner", "company"))
    several: dict[str, Any] = {}
    for name in result.out.split():
        several |= yaml.safe_load((account.folder / name).read_text())
    assert {key: value for key, value in several.items() if key != "include"} == one


def test_a_folder_with_files_is_left_alone(account: Account) -> None:
    kept = account.write("version: 1\n", "live/mine.yml")
    result = account.run_cli("export", "--split", "live")
    assert (result.code, [*kept.parent.iterdir()]) == (1, [kept])
    assert "live already has mine.yml: nothing was written." in result.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only", "role/ap"), "--only role/ap matches nothing in the account.\n    Did you mean 'role/app'?"),
        (("--only", "role/zz"), "Check the pattern and the account."),
        (("--only", "instance-profile/*"), "Instance profiles are exported with their role"),
        (("--only", "app"), "write kind/name, as in role/app."),
        (("--owner", "a b"), "'a b' is not an owner: use 1 to 64 letters, digits and . _ -."),
        (("--split", "roles.txt"), "is a file"),
        (("--split", "roles.txt/x"), "Cannot write roles.txt/x: not a directory."),
        (("roles.yaml",), "unexpected extra argument"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_printed(account: Account, options: tuple[str, ...], said: str) -> None:
    account.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    account.write("", "roles.txt")
    result = account.run_cli("export", *options)
    assert (result.code, result.out) == (1, "")
    assert said in result.err


def test_an_owner_of_an_entity_stays_if_a_file_names_none(account: Account) -> None:
    """What an export without --owner relies on."""
    owned = [{"Key": "reconcile:owner", "Value": "others"}, {"Key": "team", "Value": "a"}]
    account.iam.create_user(UserName="alice", Tags=owned)
    account.write("version: 1\nsettings: {prune: none}\nusers:\n  alice: {}\n")
    plan = account.apply_and_read_plan()
    assert (changes_of(plan), codes_of(plan)) == ({"user/alice": ("update", ["tags.team"])}, [])
    assert account.iam.list_user_tags(UserName="alice")["Tags"] == owned[:1]


names = st.sampled_from(["a", "b", "c"])
texts = st.text(st.sampled_from("aZ0 {}:#'\"-,é_/=.@\t\n"), max_size=8).map(str.strip)


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """A file of odd texts, which is applied so that there is an account like it."""
    pattern = st.sampled_from(["*", "arn:aws:s3:::b/{{{{x}}", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::é/*"])
    statement = st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": st.sampled_from(["s3:Get*", ["s3:GetObject"], ["s3:*", "ec2:*"]]),
            "Resource": pattern | st.lists(pattern, min_size=1, max_size=2, unique=True),
        },
        optional={"Condition": st.sampled_from([{"Bool": {"aws:SecureTransport": True}}, {"Null": {"aws:a": "true"}}])},
    )
    document = st.fixed_dictionaries(
        {"Statement": st.lists(statement, min_size=1, max_size=2)},
        optional={"Version": st.just("2012-10-17"), "Id": texts.filter(str.isascii)},
    )
    tag = st.sampled_from(["007", "yes", "a: b", "é", "", "2026-01-01", "@x", "- a"])
    common = {"tags": st.dictionaries(st.sampled_from(["a", "On", "1"]), tag, max_size=2), "protect": st.booleans()}
    rule = st.sampled_from(
        [
            {"users": ["a"], "mfa": {"max_age": "90m"}},
            {"accounts": ["210987654321"], "external_id": ["ab", "cd"]},
            {"services": ["ec2.amazonaws.com", "lambda.amazonaws.com"], "sid": "Machines"},
            {"users": ["a"], "conditions": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}},
        ]
    )
    policies = draw(st.dictionaries(names, st.fixed_dictionaries({"document": document}, optional=common), max_size=2))
    attached = {"policies": st.lists(st.sampled_from([*policies, "aws:ReadOnlyAccess"]), unique=True, max_size=2)}
    inline = {"inline_policies": st.dictionaries(names, document, max_size=1)}
    groups = draw(st.dictionaries(names, st.fixed_dictionaries({}, optional={**attached, **inline}), max_size=2))
    member = {"groups": st.lists(st.sampled_from(sorted(groups)), unique=True, max_size=2)} if groups else {}
    user = st.fixed_dictionaries({}, optional={**common, **attached, **inline, **member, "mfa": st.just("required")})
    role = st.fixed_dictionaries(
        {"trust": st.lists(rule, min_size=1, max_size=2, unique_by=str)},
        optional={
            **common,
            **attached,
            **inline,
            "description": texts.map(lambda text: text.replace("{{", "{{{{")),
            "max_session_duration": st.sampled_from(["1h", "5400s", "12h"]),
            "instance_profile": st.sampled_from([True, "box"]),
        },
    )
    return {
        "version": 1,
        "owner": "platform",
        "policies": policies,
        "groups": groups,
        "users": {"a": draw(user)} | ({"b": draw(user)} if draw(st.booleans()) else {}),
        "roles": draw(st.dictionaries(names, role, max_size=1)),
    }


@settings(examples(6), phases=[Phase.explicit, Phase.generate])
@given(accounts())
def test_random_accounts_come_back_as_they_were(account: Account, file: dict[str, Any]) -> None:
    """export → plan is empty, with and without owner; export → wipe → apply → export is the same file."""
    account.reset()
    account.write(json.dumps(file))
    account.apply()
    export_file(account)
    assert nothing_to_do(account)
    first = export_file(account, "--owner", "platform")
    assert nothing_to_do(account)
    account.reset()
    account.apply()
    assert export_file(account, "--owner", "platform") == first

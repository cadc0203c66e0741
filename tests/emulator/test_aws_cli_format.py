"""`--format aws-cli`, pasted into a shell: the commands leave nothing to do, whatever the texts in them.

A shell function `aws` writes down its words, which are then read by the AWS CLI's rules (its names are botocore's
`xform_name`, a word that begins with a minus is an option, texts that begin with file:// or http:// are fetched)
and called through boto3. DOCS_AWS_CLI=1 runs the AWS CLI on the PATH instead.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from tests.support.account import Account
from tests.support.people import enable_device
from tests.support.plans import changes_of, operations_of

HEAD = "version: 1\nowner: platform\n"
FETCHED = ("file://", "fileb://", "http://", "https://")
REAL = os.environ.get("DOCS_AWS_CLI") == "1"


class Strict(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise AssertionError(message)


def words_of(script: str, folder: Path) -> list[list[str]]:
    """The words of each command, as bash hands them to `aws`."""
    log = folder / "words"
    log.write_bytes(b"")
    function = f"""set -eu; aws() {{ printf '%s\\0' "$@" '\001' >> {log}; }}\n"""
    done = subprocess.run(["bash"], input=function + script, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    commands = log.read_text().split("\001\0")
    return [command.removesuffix("\0").split("\0") for command in commands[:-1]]


def call(iam: Any, words: list[str]) -> None:
    """One command as the AWS CLI would make its call."""
    service, operation, *rest = words
    assert service == "iam"
    method = operation.replace("-", "_")
    assert method in iam.meta.method_to_api_mapping, operation
    members = iam.meta.service_model.operation_model(iam.meta.method_to_api_mapping[method]).input_shape.members
    parser = Strict(allow_abbrev=False, add_help=False)
    parser.add_argument("--cli-input-json", default=None)
    for name, shape in members.items():
        option = f"--{xform_name(name, '-')}"
        if shape.type_name == "boolean":
            parser.add_argument(option, dest=name, action="store_true", default=None)
            parser.add_argument(f"--no-{xform_name(name, '-')}", dest=name, action="store_false")
        else:
            parser.add_argument(option, dest=name)
    given = {name: value for name, value in vars(parser.parse_args(rest)).items() if value is not None}
    parameters = json.loads(given.pop("cli_input_json", "{}"))
    for name, value in given.items():
        assert not isinstance(value, str) or not value.startswith(FETCHED), f"{name} would be fetched"
        kind = members[name].type_name
        parameters[name] = json.loads(value) if kind in ("list", "structure", "integer") else value
    getattr(iam, method)(**parameters)


def run(account: Account, script: str) -> None:
    if REAL:
        environment = account.environment | {"PATH": os.environ["PATH"], "AWS_PAGER": "", "PYTHONUTF8": "1"}
        done = subprocess.run(
            ["bash", "-eu"], input=script, env=environment, cwd=account.folder, text=True, timeout=300
        )
        assert done.returncode == 0
        return
    for words in words_of(script, account.folder):
        call(account.iam, words)


def paste_commands(account: Account, text: str) -> Any:
    """The commands of a plan, run; the plan as it was before."""
    account.write(text)
    planned = account.plan()
    printed = account.run_cli("plan", "roles.yaml", "--format", "aws-cli")
    assert printed.code == (0 if planned["safe"] else 3), printed.err
    run(account, printed.out)
    return planned


NASTY = [
    "it's",
    'say "so"',
    "$HOME $(touch pwned) `touch pwned`",
    "line one\nline two\n",
    "\ttab",
    "-dash",
    "--profile other",
    "http://example.com/it's?a=b&c=$d",
    "https://example.com",
    "file:///etc/passwd",
    "fileb://x",
    "# no comment",
    "a; touch pwned; b",
    "a && touch pwned | cat > pwned",
    "back\\slash \\n \\' end\\",
    "history! !! !$",
    "*?[a-z]{b,c} ~ ~root",
    "100 % & 50 % <off>",
    "èé ñ ü ß ÿ ¿¡",
    "{}",
    '{"a": 1}',
    "[1]",
    "a=b,c=d",
    "@file",
    "'",
    '"',
    "''\"'\"''",
]
NAMES = ["-dash", "--help", "plus+comma,at@equals=dot.", "=x", "@x", ".x", "a_b"]


def as_yaml(value: object) -> str:
    """JSON is YAML, but for surrogates."""
    return json.dumps(value, ensure_ascii=False)


def document(*resources: str) -> dict[str, Any]:
    return {"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": list(resources)}]}


def text(shift: int = 0) -> str:
    """An account in which every nasty text stands where AWS takes it; `shift` puts each one elsewhere."""
    turned = NASTY[shift:] + NASTY[:shift]
    trusted = [{"services": ["ec2.amazonaws.com"]}]
    arns = [f"arn:aws:s3:::bucket/{value.strip()}/éÿ" for value in turned]
    roles = {
        f"r{index}": {"trust": trusted, "description": value, "max_session_duration": 3600 + shift}
        for index, value in enumerate(turned)
    }
    tagged = {"-k": "-v", "http://k": f"http://v/{shift}", "a = b": "a=b/c:d @ é +", "Key": "", "中": "文"}
    users = {name: {"tags": tagged, "inline_policies": {name: document(*arns[:8])}} for name in NAMES}
    policies = {
        name: {"document": document(*arns[:15]), "description": NASTY[index + 4], "tags": tagged}
        for index, name in enumerate(NAMES)
    }
    groups = {name: {"inline_policies": {name: document(*arns[:5])}, "policies": [name]} for name in NAMES}
    users["-dash"] |= {"groups": NAMES, "policies": NAMES, "permissions_boundary": "--help"}
    roles["r0"] |= {"instance_profile": True, "permissions_boundary": "-dash", "path": "/a/-b/"}
    found = {"policies": policies, "groups": groups, "users": users, "roles": roles}
    return HEAD + "".join(f"{section}: {as_yaml(entries)}\n" for section, entries in found.items())


LIMITS = "settings: {max_deletes: 1000, max_delete_percent: 100, max_removals: 1000}\n"


def test_commands_that_create_update_and_delete_leave_an_empty_plan(account: Account) -> None:
    created = paste_commands(account, text() + LIMITS)
    assert changes_of(account.plan()) == {}
    assert {item["action"] for item in created["changes"]} == {"create"}
    described = {role["RoleName"]: role for role in account.iam.list_roles()["Roles"]}
    for index, value in enumerate(NASTY):
        assert account.iam.get_role(RoleName=f"r{index}")["Role"]["Description"] == value, described

    updated = paste_commands(account, text(3) + LIMITS)
    assert changes_of(account.plan()) == {}
    assert {"UpdateRole", "CreatePolicyVersion", "PutUserPolicy", "TagUser"} <= set(operations_of(updated))

    deleted = paste_commands(account, HEAD + LIMITS)
    assert changes_of(account.plan()) == {}
    assert {item["action"] for item in deleted["changes"]} >= {"delete"}
    assert account.iam.list_users()["Users"] == account.iam.list_roles()["Roles"] == []
    assert not list(account.folder.glob("**/pwned"))


def test_commands_that_move_adopt_and_release_leave_an_empty_plan(account: Account) -> None:
    iam = account.iam
    iam.create_user(UserName="-dash", Path="/old/")
    iam.create_user(UserName="gone", Tags=[{"Key": "reconcile:owner", "Value": "platform"}])
    iam.create_access_key(UserName="gone")
    iam.create_login_profile(UserName="gone", Password="aB3$aB3$aB3$")
    enable_device(iam, "gone")
    moved = {
        "path": "/new/",
        "permissions_boundary": "aws:ReadOnlyAccess",
        "policies": ["aws:job-function/ViewOnlyAccess"],
    }
    planned = paste_commands(account, HEAD + LIMITS + f"users: {as_yaml({'-dash': moved})}\n")
    assert {item["action"] for item in planned["changes"]} == {"adopt", "delete"}
    assert {"UpdateUser", "DeleteAccessKey", "DeleteLoginProfile", "DeactivateMFADevice"} <= set(operations_of(planned))
    assert changes_of(account.plan()) == {}
    paste_commands(account, HEAD + LIMITS + f"users: {as_yaml({'-dash': {'path': '/new/'}})}\n")
    assert changes_of(account.plan()) == {}


@pytest.mark.skipif(REAL, reason="of the stand-in")
@pytest.mark.parametrize(
    "words",
    [
        ["iam", "create-user", "--user-name", "-dash"],
        ["iam", "update-role", "--role-name", "r", "--description", "http://example.com"],
        ["iam", "create-user", "--username", "x"],
        ["iam", "create-users", "--user-name", "x"],
        ["iam", "create-user", "--user-name", "a", "b"],
    ],
)
def test_the_stand_in_is_as_strict_as_the_aws_cli(account: Account, words: list[str]) -> None:
    with pytest.raises(AssertionError):
        call(account.iam, words)

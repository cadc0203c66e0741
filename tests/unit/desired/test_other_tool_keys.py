"""Text pasted from other tools: keys, placeholders and account ids, and the text that the hint says to write."""

from __future__ import annotations

import pytest

from tests.support.files import HEAD, Folder

TRUST = "trust: [{services: [ec2.amazonaws.com]}]"
ALLOW = "{Statement: {Effect: Allow, Action: 's3:Get*', Resource: '*'}}"


def role(line: str) -> str:
    return f"roles:\n  app:\n    {TRUST}\n    {line}\n"


def policy(resource: str, version: str = "") -> str:
    return (
        f"policies:\n  p:\n    document:\n      {version or 'Version: 2012-10-17'}\n"
        f"      Statement: {{Effect: Allow, Action: 's3:Get*', Resource: {resource}}}\n"
    )


PASTED: dict[str, tuple[str, str, str]] = {
    "AssumeRolePolicyDocument": (role("AssumeRolePolicyDocument: {}"), "unknown-key", "write `trust_policy`"),
    "ManagedPolicyArns": (role("ManagedPolicyArns: []"), "unknown-key", "write `policies`"),
    "PermissionsBoundary": (role("PermissionsBoundary: x"), "unknown-key", "write `permissions_boundary`"),
    "Policies": (role("Policies: []"), "unknown-key", "write `inline_policies: {NAME: document}`"),
    "MaxSessionDuration": (role("MaxSessionDuration: 3600"), "unknown-key", "write `max_session_duration`"),
    "Path": (role("Path: /"), "unknown-key", "write `path`"),
    "Tags": (role("Tags: []"), "unknown-key", "write `tags: {KEY: VALUE}`"),
    "RoleName": (role("RoleName: app"), "unknown-key", "the name is the key above: `roles: {NAME: …}`"),
    "name": (role("name: app"), "unknown-key", "the name is the key above"),
    "Type": (role("Type: AWS::IAM::Role"), "unknown-key", "the entries of Properties"),
    "assume_role_policy": (role("assume_role_policy: {}"), "unknown-key", "belongs to Terraform: write `trust_policy`"),
    "policy of Terraform": (
        *(f"policies: {{p: {{document: {ALLOW}, policy: x}}}}\n", "unknown-key"),
        "belongs to Terraform: write `document`",
    ),
    "PolicyDocument": (
        *(f"policies: {{p: {{document: {ALLOW}, PolicyDocument: x}}}}\n", "unknown-key"),
        "write `document`",
    ),
    "a template": ("Resources: {}\n", "unknown-key", "belongs to CloudFormation. Write `users`, `groups`"),
    "an account with dashes": ("account: 1234-5678-9012\n", "wrong-value", 'Write "123456789012", quoted.'),
    "an account of 11 digits": ("account: '12345678901'\n", "wrong-value", "has 11 digits; an account id has 12"),
    "an account of 13 digits, not quoted": ("account: 1234567890123\n", "wrong-type", "has 13 digits"),
    "an account to fill in": ("account: '<account-id>'\n", "wrong-value", "placeholder of a template"),
    "!Sub": (policy("!Sub 'arn:aws:s3:::b'"), "yaml-tag", "This is a CloudFormation function"),
    "Fn::Sub": (policy("{'Fn::Sub': x}"), "not-a-string", "Fn::Sub is a function of CloudFormation"),
    "Ref": (policy("[{Ref: Bucket}]"), "not-a-string", "Ref is a function of CloudFormation"),
    "Jinja": (policy("'arn:aws:s3:::{{ item.name }}'"), "bad-variable", "Ansible, Helm or Jinja"),
    "another name of the account": (
        *(policy("'arn:aws:sqs:*:{{ aws_account_id }}:q'"), "unknown-variable"),
        "Write {{ account_id }}",
    ),
    "a variable that is not set": (
        policy("'arn:aws:s3:::{{ bucket }}'"),
        "unknown-variable",
        "or with --var bucket=….",
    ),
    "a policy's ARN": (
        *(role("policies: ['arn:aws:iam::${AWS::AccountId}:policy/x']"), "bad-arn"),
        "${AWS::AccountId} is a placeholder of CloudFormation; neither AWS nor reconcile fills it in. Write {{ account",
    ),
    "a policy's name": (role("policies: ['${var.policy}']"), "unknown-reference", "of Terraform"),
    "a boundary": (role("permissions_boundary: arn:aws:iam::123:policy/x"), "bad-arn", ""),
    "an account in a trust": (
        *("roles:\n  app:\n    trust: [{accounts: ['12345678901']}]\n", "bad-principal"),
        "has 11 digits",
    ),
    "a user in a trust": (
        *("roles:\n  app:\n    trust: [{users: ['arn:aws:iam::1234-5678-9012:user/x']}]\n", "bad-principal"),
        'Write "123456789012", quoted.',
    ),
    "the role of an alias": (
        *("aliases:\n  dev:\n    role: 'arn:aws:iam::<ACCOUNT_ID>:role/x'\n", "bad-arn"),
        "Write {{ account_id }}.",
    ),
    "the old Version in a managed policy": (
        *(policy("'*'", "Version: 2008-10-17"), "old-version-in-managed-policy"),
        "Write Version: 2012-10-17.",
    ),
    "a short ARN in a session policy": (
        "aliases:\n  dev:\n    role: arn:aws:iam::123456789012:role/x\n"
        "    policy: {Statement: {Effect: Allow, Action: 'sqs:*', Resource: 'arn:aws:sqs'}}\n",
        *("short-arn-in-session", "Write arn:aws:sqs:*:*:*."),
    ),
}


@pytest.mark.parametrize(("text", "code", "hint"), PASTED.values(), ids=PASTED.keys())
def test_what_is_pasted_from_another_tool_says_what_to_write(folder: Folder, text: str, code: str, hint: str) -> None:
    problems = folder.declare_text(HEAD + text, account=None).problems
    assert any(problem.code == code and hint in problem.hint for problem in problems), problems


@pytest.mark.parametrize(
    "text",
    [
        role("inline_policies: {p: {Version: 2008-10-17, Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}"),
        role(f"inline_policies: {{p: {ALLOW}}}"),
        f"policies: {{p: {{document: {ALLOW}}}}}\n",
        policy("'arn:aws:iam::{{ account_id }}:role/x'"),
        policy("'arn:{{ partition }}:s3:::b/${aws:username}'"),
        "users: {name: }\n",
    ],
)
def test_what_is_ours_has_no_problem(folder: Folder, text: str) -> None:
    assert folder.declare_text(HEAD + text).problems == ()

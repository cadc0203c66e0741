"""Limits of AWS, met to the character: past what no account can have an error, past a default quota a warning."""

from __future__ import annotations

import pytest

from tests.support.files import HEAD, Folder

ARN = "arn:aws:iam::123456789012:role/r"
POLICY = "{document: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}"


def user(line: str) -> str:
    return f"users:\n  alice:\n    {line}\n"


def role(line: str) -> str:
    return f"roles:\n  app:\n    trust: [{{services: [ec2.amazonaws.com]}}]\n    {line}\n"


def alias(line: str) -> str:
    return f"aliases:\n  dev:\n    role: {ARN}\n    {line}\n"


def list_keys(count: int) -> str:
    return ", ".join(f"'aws:P{index}'" for index in range(count))


def member(count: int) -> str:
    """A user in so many groups."""
    names = [f"g{index}" for index in range(count)]
    return f"users: {{u: {{groups: [{', '.join(names)}]}}}}\ngroups: {{{': , '.join(names)}: }}\n"


def pad_policy(size: int) -> str:
    """A document of exactly so many characters as compact JSON."""
    frame = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::"}}'
    resource = "arn:aws:s3:::" + "x" * (size - len(frame))
    return f"{{Version: 2012-10-17, Statement: {{Effect: Allow, Action: '*', Resource: '{resource}'}}}}"


def pad_trust(size: int) -> str:
    frame = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",'
        '"Condition":{"StringEquals":{"aws:SourceVpc":""}}}}'
    )
    value = "x" * (size - len(frame))
    return (
        "{Version: 2012-10-17, Statement: {Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole', "
        f"Condition: {{StringEquals: {{'aws:SourceVpc': '{value}'}}}}}}}}"
    )


LIMITS: dict[str, tuple[str, list[str]]] = {
    "10 policies of a user": (user(f"policies: [{list_keys(10)}]"), []),
    "11 policies of a user": (user(f"policies: [{list_keys(11)}]"), ["warning past-default-quota"]),
    "20 policies of a user": (user(f"policies: [{list_keys(20)}]"), ["warning past-default-quota"]),
    "21 policies of a user": (user(f"policies: [{list_keys(21)}]"), ["error too-many-policies"]),
    "10 policies of a group": (f"groups: {{g: {{policies: [{list_keys(10)}]}}}}\n", []),
    "11 policies of a group": (f"groups: {{g: {{policies: [{list_keys(11)}]}}}}\n", ["error too-many-policies"]),
    "20 policies of a role": (role(f"policies: [{list_keys(20)}]"), []),
    "21 policies of a role": (role(f"policies: [{list_keys(21)}]"), ["warning past-default-quota"]),
    "25 policies of a role": (role(f"policies: [{list_keys(25)}]"), ["warning past-default-quota"]),
    "26 policies of a role": (role(f"policies: [{list_keys(26)}]"), ["error too-many-policies"]),
    "10 policies and the guard": (
        user(f"policies: [{list_keys(10)}]\n    mfa: required"),
        ["warning past-default-quota"],
    ),
    "10 groups": (
        member(10),
        [],
    ),
    "11 groups": (
        member(11),
        ["error too-many-groups"],
    ),
    "50 tags": (user(f"tags: {{{', '.join(f'k{i}: v' for i in range(50))}}}"), []),
    "50 tags and our own": (
        user(f"tags: {{{', '.join(f'k{i}: v' for i in range(50))}}}\n    protect: true"),
        ["error too-many-tags"],
    ),
    "a policy of 6144": (f"policies: {{p: {{document: {pad_policy(6144)}}}}}\n", []),
    "a policy of 6145": (f"policies: {{p: {{document: {pad_policy(6145)}}}}}\n", ["error document-too-large"]),
    "inline of a user, 2048": (user(f"inline_policies: {{a: {pad_policy(1000)}, b: {pad_policy(1048)}}}"), []),
    "inline of a user, 2049": (
        user(f"inline_policies: {{a: {pad_policy(1000)}, b: {pad_policy(1049)}}}"),
        ["error document-too-large"],
    ),
    "inline of a group, 5120": (f"groups: {{g: {{inline_policies: {{a: {pad_policy(5120)}}}}}}}\n", []),
    "inline of a group, 5121": (
        f"groups: {{g: {{inline_policies: {{a: {pad_policy(5121)}}}}}}}\n",
        ["error document-too-large"],
    ),
    "inline of a role, 10240": (role(f"inline_policies: {{a: {pad_policy(10240)}}}"), []),
    "inline of a role, 10241": (role(f"inline_policies: {{a: {pad_policy(10241)}}}"), ["error document-too-large"]),
    "a trust of 2048": (f"roles: {{r: {{trust_policy: {pad_trust(2048)}}}}}\n", []),
    "a trust of 2049": (f"roles: {{r: {{trust_policy: {pad_trust(2049)}}}}}\n", ["warning past-default-quota"]),
    "a trust of 8192": (f"roles: {{r: {{trust_policy: {pad_trust(8192)}}}}}\n", ["warning past-default-quota"]),
    "a trust of 8193": (f"roles: {{r: {{trust_policy: {pad_trust(8193)}}}}}\n", ["error document-too-large"]),
    "a user name of 64": (f"users: {{{'u' * 64}: }}\n", []),
    "a group name of 128": (f"groups: {{{'g' * 128}: }}\n", []),
    "a description of 1000": (role(f"description: {'é' * 1000}"), []),
    "a session of 1h": (role("max_session_duration: 1h"), []),
    "a session of 12h": (role("max_session_duration: 12h"), []),
    "a session in seconds": (role("max_session_duration: 43200"), []),
    "a session in seconds as text": (role("max_session_duration: '43200'"), []),
    "an alias of 15 minutes": (alias("duration: 15m"), []),
    "a tag key of 128 and a value of 256": (user(f"tags: {{{'k' * 128}: {'v' * 256}}}"), []),
    "a tag in Greek": (user("tags: {ομάδα: πρώτη ομάδα}"), []),
    "tags that differ in letter case on a policy": (
        f"policies: {{p: {{tags: {{Team: a, team: b}}, {POLICY[1:]}}}\n",
        [],
    ),
    "every character of a name": ("users: {'aZ09+=,.@_-': }\n", []),
}


@pytest.mark.parametrize(("snippet", "expected"), LIMITS.values(), ids=LIMITS.keys())
def test_limits_of_aws_are_met_to_the_character(folder: Folder, snippet: str, expected: list[str]) -> None:
    assert [f"{problem.level} {problem.code}" for problem in folder.declare_text(HEAD + snippet).problems] == expected

"""Broken files: what each mistake is called, where it is shown, and what the hint says. All of one run together."""

from __future__ import annotations

import pytest

from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.problem import Level
from tests.support.files import HEAD, Folder

POLICY = "{document: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}"
ARN = "arn:aws:iam::123456789012:role/r"
OIDC = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
SAML = "arn:aws:iam::123456789012:saml-provider/corp"


def user(line: str) -> str:
    """A user on line 4; the line is line 5, from column 5."""
    return f"users:\n  alice:\n    {line}\n"


def make_setting(line: str) -> str:
    """A setting of the account on line 4, from column 3."""
    return f"account_settings:\n  {line}\n"


def role(line: str) -> str:
    return f"roles:\n  app:\n    trust: [{{services: [ec2.amazonaws.com]}}]\n    {line}\n"


def trust(rule: str) -> str:
    """A role whose one trust rule is on line 5, from column 13; there is a user `alice`."""
    return f"roles:\n  app:\n    trust: [{rule}]\nusers: {{alice: }}\n"


def alias(line: str) -> str:
    return f"aliases:\n  dev:\n    role: {ARN}\n    {line}\n"


def document(statement: str) -> str:
    """A policy whose statement is on line 7, from column 11."""
    return f"policies:\n  p:\n    document:\n      Statement:\n        - {statement}\n"


BROKEN: dict[str, tuple[str, str, str, str]] = {
    # Keys
    "an unknown top-level key": ("usres: {}\n", "3:1", "unknown-key", "Did you mean 'users'?"),
    "a key that is like no other": (
        "zzzzzz: {}\n",
        "3:1",
        "unknown-key",
        "Write one of: account, account_settings, aliases",
    ),
    "an unknown key of a user": (user("group: [g]"), "5:5", "unknown-key", "Did you mean 'groups'?"),
    "camel case": (user("permissionsBoundary: x"), "5:5", "unknown-key", "Did you mean 'permissions_boundary'?"),
    "an unknown key of a role": (
        role("instance-profile: true"),
        "6:5",
        "unknown-key",
        "Did you mean 'instance_profile'?",
    ),
    "an unknown key of a rule": (trust("{user: [alice]}"), "5:14", "unknown-key", "Did you mean 'users'?"),
    "an unknown key of an alias": (alias("source-profile: x"), "6:5", "unknown-key", "Did you mean 'source_profile'?"),
    "an unknown setting": ("defaults: {tag: {a: b}}\n", "3:12", "unknown-key", "Did you mean 'tags'?"),
    "an x- key below the top": (user("x-note: hi"), "5:5", "unknown-key", "Write one of: "),
    "tags of a group": ("groups:\n  g: {tags: {a: b}}\n", "4:7", "unknown-key", "Write one of: "),
    "a password": (user("password: secret"), "5:5", "unknown-key", "Write one of: "),
    # Types
    "users as a list": ("users: [alice]\n", "3:8", "wrong-type", ""),
    "a user as a text": ("users: {alice: x}\n", "3:16", "wrong-type", ""),
    "groups as a text": (user("groups: engineers"), "5:13", "wrong-type", ""),
    "groups as a mapping": (user("groups: {engineers: }"), "5:13", "wrong-type", ""),
    "a number in a list": (user("policies: [12]"), "5:16", "wrong-type", "Quote it."),
    "a number as owner": ("owner: 12\n", "3:8", "wrong-type", "Quote it."),
    "protect as a text": (user("protect: 'yes'"), "5:14", "wrong-type", ""),
    "protect: yes": (user("protect: yes"), "5:14", "wrong-type", ""),
    "a list as a tag": (user("tags: {a: [b]}"), "5:15", "wrong-type", ""),
    "an empty list of rules": ("roles:\n  r: {trust: []}\n", "4:14", "schema", ""),
    "one thing twice in a list": (user("policies: ['aws:A', 'aws:A']"), "5:15", "schema", "Remove one."),
    "another mfa": (user("mfa: true"), "5:10", "wrong-value", "required"),
    "a misspelt mfa": (user("mfa: requird"), "5:10", "wrong-value", "Did you mean 'required'?"),
    # Values
    "an owner with a space": ("owner: my team\n", "3:8", "wrong-value", "1 to 64 letters"),
    "an account of letters": ("account: prod\n", "3:10", "wrong-value", "Write the 12 digits of the account, quoted."),
    "an account of 11 digits": ('account: "12345678901"\n', "3:10", "wrong-value", "has 11 digits; an account id"),
    "a region": (alias("region: Frankfurt"), "6:13", "wrong-value", ""),
    "a sid with a dash": (trust("{users: [alice], sid: a-b}"), "5:35", "wrong-value", ""),
    # Names
    "a name with a space": ("users: {'a b': }\n", "3:9", "bad-name", "letters, digits"),
    "a name with a slash": ("users: {eng/alice: }\n", "3:9", "bad-name", "letters, digits"),
    "an umlaut in a name": ("groups: {Büro: }\n", "3:10", "bad-name", "letters, digits"),
    "an empty name": ("users: {'': }\n", "3:9", "bad-name", ""),
    "a user name of 65": (f"users: {{{'u' * 65}: }}\n", "3:9", "bad-name", ""),
    "a role name of 65": (
        f"roles:\n  {'r' * 65}: {{trust: [{{services: [ec2.amazonaws.com]}}]}}\n",
        *("4:3", "bad-name", ""),
    ),
    "a group name of 129": (f"groups: {{{'g' * 129}: }}\n", "3:10", "bad-name", ""),
    "a policy name of 129": (f"policies: {{{'p' * 129}: {POLICY}}}\n", "3:12", "bad-name", ""),
    "an inline policy name": (
        user("inline_policies: {a/b: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}"),
        "5:23",
        "bad-name",
        "",
    ),
    "a profile name": (role("instance_profile: a/b"), "6:23", "bad-name", ""),
    "an alias with a space": (f"aliases: {{'a b': {{role: '{ARN}'}}}}\n", "3:11", "bad-name", "letters, digits"),
    "an alias that reads like an option": (
        f"aliases: {{-a: {{role: '{ARN}'}}}}\n",
        "3:11",
        "bad-name",
        "no - at the beginning",
    ),
    "names that differ in letter case": ("users:\n  alice:\n  Alice:\n", "5:3", "name-case", "4:3"),
    "paths without slashes": (user("path: eng"), "5:11", "bad-path", "begins and ends with /"),
    "a path of a policy with a star": (
        f"policies:\n  p:\n    path: /a*/\n    document: {POLICY[11:-1]}\n",
        "5:11",
        "bad-path",
        "",
    ),
    "a description with an em dash": (role("description: a — b"), "6:18", "bad-description", ""),
    "a description of 1001": (role(f"description: {'d' * 1001}"), "6:18", "too-long", ""),
    # Tags
    "a tag of AWS": (user("tags: {'aws:x': a}"), "5:12", "reserved-tag", "Rename it."),
    "a tag of ours": (user("tags: {'reconcile:owner': a}"), "5:12", "reserved-tag", "`owner:`"),
    "a tag key with a comma": (user("tags: {'a,b': a}"), "5:12", "bad-tag", ""),
    "a tag value with a comma": (user("tags: {a: 'a,b'}"), "5:15", "bad-tag", ""),
    "a tag key of 129": (user(f"tags: {{{'k' * 129}: a}}"), "5:12", "bad-tag", ""),
    "a tag value of 257": (user(f"tags: {{a: {'v' * 257}}}"), "5:15", "bad-tag", ""),
    "51 tags": (user(f"tags: {{{', '.join(f'k{i}: v' for i in range(51))}}}"), "5:11", "too-many-tags", ""),
    "tags that differ in letter case": (user("tags: {Team: a, team: b}"), "5:21", "tag-case", ""),
    # References
    "an unknown group": (
        user("groups: [engineer]") + "groups: {engineers: }\n",
        "5:14",
        "unknown-reference",
        "Did you mean 'engineers'?",
    ),
    "a group in another letter case": (
        user("groups: [Engineers]") + "groups: {engineers: }\n",
        "5:14",
        "reference-case",
        "Write 'engineers'",
    ),
    "an unknown policy": (
        user("policies: [reader]") + f"policies: {{readers: {POLICY}}}\n",
        "5:16",
        "unknown-reference",
        "Did you mean 'readers'?",
    ),
    "a policy of AWS without aws:": (
        user("policies: [ReadOnlyAccess]"),
        "5:16",
        "unknown-reference",
        "For a policy of AWS, write aws:NAME",
    ),
    "an unknown boundary": (
        user("permissions_boundary: Limits"),
        "5:27",
        "unknown-reference",
        "arn:aws:iam::123456789012:policy/Limits",
    ),
    "an ARN that is not a policy": (user("policies: ['arn:aws:iam::123456789012:role/r']"), "5:16", "bad-arn", ""),
    "a policy twice, by name and by ARN": (
        user("policies: [p, 'arn:aws:iam::123456789012:policy/p']") + f"policies: {{p: {POLICY}}}\n",
        "5:19",
        "duplicate-reference",
        "Remove one.",
    ),
    "an unknown role of an alias": (
        "aliases: {dev: {role: ap}}\nroles: {app: {trust: [{services: [ec2.amazonaws.com]}]}}\n",
        "3:23",
        "unknown-reference",
        "Did you mean 'app'?",
    ),
    "an alias of a user's ARN": ("aliases: {dev: {role: 'arn:aws:iam::123456789012:user/u'}}\n", "3:23", "bad-arn", ""),
    "an unknown via": (alias("via: devv"), "6:10", "unknown-reference", "Did you mean 'dev'?"),
    "an alias via itself": (alias("via: dev"), "6:10", "alias-cycle", "Remove one of these `via`."),
    "an alias without role": ("aliases: {dev: {region: eu-central-1}}\n", "3:16", "missing-key", ""),
    "an unknown transitive tag": (alias("transitive_tags: [a]"), "6:23", "unknown-reference", ""),
    "a profile that two roles ask for": (
        "roles:\n  a: {trust: [{services: [ec2.amazonaws.com]}], instance_profile: b}\n"
        "  b: {trust: [{services: [ec2.amazonaws.com]}], instance_profile: true}\n",
        "5:67",
        "conflict",
        "Rename one",
    ),
    "an unknown field to ignore": (
        user("ignore_changes: [policy]"),
        "5:22",
        "bad-ignore-changes",
        "Did you mean 'policies'?",
    ),
    # Durations
    "a session of 13 hours": (role("max_session_duration: 13h"), "6:27", "bad-duration", ""),
    "a session of a minute": (role("max_session_duration: 1m"), "6:27", "bad-duration", ""),
    "a duration in words": (role("max_session_duration: one hour"), "6:27", "wrong-value", "45m"),
    "a duration in weeks": (role("max_session_duration: 1w"), "6:27", "wrong-value", "45m"),
    "a negative duration": (role("max_session_duration: -3600"), "6:27", "schema", ""),
    "an alias of a minute": (alias("duration: 60"), "6:15", "bad-duration", ""),
    "a chained alias of two hours": (
        alias("duration: 2h\n    via: two\n  two: {role: '" + ARN + "'}"),
        "6:15",
        "bad-duration",
        "at most 1h",
    ),
    "an alias longer than its role": (
        "aliases: {dev: {role: app, duration: 2h}}\nroles: {app: {trust: [{services: [ec2.amazonaws.com]}]}}\n",
        "3:38",
        "bad-duration",
        "raise max_session_duration",
    ),
    "a session name with a space": (
        alias("session_name: a b"),
        "6:19",
        "bad-alias",
        "Write 2 to 64 letters, digits and + = , . @ _ -.",
    ),
    "a source identity with a space": (
        alias("source_identity: a b"),
        "6:22",
        "bad-alias",
        "Write 2 to 64 letters, digits and + = , . @ _ -.",
    ),
    "an external id of an alias with a space": (
        alias("external_id: a b"),
        "6:18",
        "bad-alias",
        "Write 2 to 1224 letters, digits and + = , . @ : / _ -.",
    ),
    "an MFA serial that is too short": (
        alias("mfa_serial: GA1"),
        "6:17",
        "bad-alias",
        "Write the serial number or ARN of the device: 9 to 256 letters, digits and + = / : , . @ _ -.",
    ),
    # Trust
    "no trust": ("roles:\n  app: {description: x}\n", "4:8", "trust-missing", "`trust:`"),
    "both trusts": (
        role("trust_policy: {Statement: {Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'sts:AssumeRole'}}"),
        "5:5",
        "trust-missing",
        "",
    ),
    "two kinds of principals": (
        trust("{users: [alice], services: [ec2.amazonaws.com]}"),
        "5:13",
        "trust-principal",
        "one rule for each",
    ),
    "no principal": (trust("{mfa: required}"), "5:13", "trust-principal", "Write one of"),
    "an unknown user": (trust("{users: [alise]}"), "5:22", "unknown-reference", "Did you mean 'alice'?"),
    "a role's ARN as a user": (trust(f"{{users: ['{ARN}']}}"), "5:22", "bad-principal", ""),
    "an account of 5 digits": (
        trust("{accounts: ['12345']}"),
        "5:25",
        "bad-principal",
        "Write the 12 digits of the account, quoted.",
    ),
    "an account in digits of another script": (
        trust("{accounts: ['١٢٣٤٥٦٧٨٩٠١٢']}"),
        "5:25",
        "bad-principal",
        "Write the 12 digits of the account, quoted.",
    ),
    "a service without a host": (trust("{services: [ec2]}"), "5:25", "bad-principal", ""),
    "an unknown provider": (trust("{oidc: github, subjects: [a]}"), "5:20", "unknown-reference", "by its ARN"),
    "mfa of roles": (trust("{roles: [app], mfa: required}"), "5:28", "trust-rule", "first role"),
    "mfa of services": (trust("{services: [ec2.amazonaws.com], mfa: required}"), "5:45", "trust-rule", ""),
    "mfa of a provider": (
        trust(f"{{oidc: '{OIDC}', subjects: ['repo:a/b:*'], mfa: required}}"),
        "5:125",
        "trust-rule",
        "",
    ),
    "a misspelt mfa of a rule": (trust("{users: [alice], mfa: requierd}"), "5:35", "wrong-value", "`required`"),
    "an mfa without age": (trust("{users: [alice], mfa: {}}"), "5:35", "missing-key", ""),
    "oidc without subjects": (trust(f"{{oidc: '{OIDC}'}}"), "5:13", "trust-rule", "subjects"),
    "subjects of users": (trust("{users: [alice], subjects: [a]}"), "5:30", "trust-rule", ""),
    "audiences of saml": (trust(f"{{saml: '{SAML}', audiences: [a]}}"), "5:68", "trust-rule", ""),
    "an external id of a service": (
        trust("{services: [ec2.amazonaws.com], external_id: abc}"),
        *("5:45", "trust-rule", ""),
    ),
    "an external id with a space": (
        trust("{users: [alice], external_id: 'a b'}"),
        "5:43",
        "bad-external-id",
        "2 to 1224",
    ),
    "anyone without conditions": (trust("{anyone: true}"), "5:22", "trust-rule", "Add a condition"),
    "anyone with no conditions": (trust("{anyone: true, conditions: {}}"), "5:22", "trust-rule", "Add a condition"),
    "anyone with an operator that tests nothing": (
        trust("{anyone: true, conditions: {StringEquals: {}}}"),
        "5:22",
        "trust-rule",
        "Add a condition",
    ),
    "anyone: false": (trust("{anyone: false}"), "5:22", "wrong-value", ""),
    "a clash with mfa": (
        trust("{users: [alice], mfa: required, conditions: {Bool: {'aws:MultiFactorAuthPresent': 'false'}}}"),
        "5:57",
        "trust-rule",
        "one of the two",
    ),
    "a clash in another letter case": (
        trust("{users: [alice], external_id: abc, conditions: {StringEquals: {'STS:externalid': x}}}"),
        "5:60",
        "trust-rule",
        "one of the two",
    ),
    "an unknown operator in conditions": (
        trust("{users: [alice], conditions: {StringEqual: {'aws:PrincipalOrgID': x}}}"),
        "5:43",
        "unknown-operator",
        "Did you mean StringEquals?",
    ),
    "the same user twice": (
        trust("{users: [alice, 'arn:aws:iam::123456789012:user/alice']}"),
        "5:29",
        "duplicate-reference",
        "",
    ),
    # Documents
    "an unknown element": (
        document("{Efect: Allow, Action: '*', Resource: '*'}"),
        "7:12",
        "unknown-element",
        "Did you mean Effect?",
    ),
    "an Effect in lower case": (
        document("{Effect: allow, Action: '*', Resource: '*'}"),
        "7:20",
        "invalid-effect",
        "Did you mean Allow?",
    ),
    "an action without a service": (
        document("{Effect: Allow, Action: GetObject, Resource: '*'}"),
        "7:35",
        "invalid-action",
        "service:Action",
    ),
    "a resource that is not an ARN": (
        document("{Effect: Allow, Action: '*', Resource: bucket}"),
        "7:50",
        "invalid-resource",
        "ARN",
    ),
    "no Resource": (document("{Effect: Allow, Action: '*'}"), "7:11", "missing-resource", ""),
    "a Principal in an identity policy": (
        document("{Effect: Allow, Action: '*', Resource: '*', Principal: '*'}"),
        "7:55",
        "principal-not-allowed",
        "trust",
    ),
    "no Statement": ("policies:\n  p: {document: {Version: 2012-10-17}}\n", "4:17", "missing-statement", ""),
    "no document": ("policies:\n  p: {description: x}\n", "4:6", "missing-key", ""),
    "a wrong Version": (
        "policies:\n  p: {document: {Version: 2012-10-18, Statement: {Effect: Deny, Action: '*', Resource: '*'}}}\n",
        "4:27",
        "wrong-value",
        "2012-10-17",
    ),
    "an action of a trust that is none": (
        "roles:\n  r: {trust_policy: {Statement: {Effect: Allow, Principal: {AWS: '*'}, Action: 's3:Get'}}}\n",
        "4:80",
        "action-not-for-trust",
        "",
    ),
    "a session policy with a Principal": (
        alias("policy: {Statement: {Effect: Allow, Action: '*', Resource: '*', Principal: '*'}}"),
        "6:69",
        "principal-not-allowed",
        "",
    ),
    # Passwords and keys
    "console as a text": (user("console: required"), "5:14", "wrong-type", ""),
    "three access keys": (user("access_keys: {max_count: 3}"), "5:30", "schema", ""),
    "a rule for keys that is a number": (user("access_keys: 1"), "5:18", "wrong-type", ""),
    "an unknown rule for keys": (user("access_keys: {maxage: 90d}"), "5:19", "unknown-key", "'max_age'"),
    "an age that is not a duration": (user("access_keys: {max_age: 90 days}"), "5:28", "wrong-value", "90d"),
    # Account settings
    "settings as a list": ("account_settings: []\n", "3:19", "wrong-type", ""),
    "an unknown account setting": (make_setting("aliases: x"), "4:3", "unknown-key", "Did you mean 'alias'?"),
    "an alias in capitals": (make_setting("alias: Example"), "4:10", "wrong-value", "lower-case letters"),
    "an alias with two dashes": (make_setting("alias: a--b"), "4:10", "wrong-value", "single dashes"),
    "an alias of two letters": (make_setting("alias: ab"), "4:10", "wrong-value", "3 to 63"),
    "an alias like an account": (make_setting('alias: "123456789012"'), "4:10", "bad-name", "not a digit"),
    "an alias with an end of line": (make_setting('alias: "abc\\n"'), "4:10", "wrong-value", "3 to 63"),
    "an empty password policy": (make_setting("password_policy:"), "4:19", "wrong-type", ""),
    "an unknown key of a policy": (
        make_setting("password_policy: {length: 8}"),
        "4:21",
        "unknown-key",
        "Write one of: ",
    ),
    "a short minimum": (make_setting("password_policy: {minimum_length: 5}"), "4:37", "schema", ""),
    "a long minimum": (make_setting("password_policy: {minimum_length: 129}"), "4:37", "schema", ""),
    "no reuse prevented": (make_setting("password_policy: {reuse_prevention: 0}"), "4:39", "schema", ""),
    "an age in seconds that was meant in days": (
        make_setting("password_policy: {max_age: 90}"),
        "4:30",
        "bad-duration",
        "Did you mean '90d'?",
    ),
    "an age of hours": (make_setting("password_policy: {max_age: 36h}"), "4:30", "bad-duration", ""),
    "an age of nothing": (make_setting("password_policy: {max_age: 0d}"), "4:30", "bad-duration", ""),
    "an age of four years": (make_setting("password_policy: {max_age: 1096d}"), "4:30", "bad-duration", ""),
    "an alias by default": ("defaults: {alias: abc}\n", "3:12", "unknown-key", ""),
    "tags that are not a mapping, beside default tags": (
        "defaults: {tags: {a: b}}\nusers: {u: {tags: text}}\n",
        "4:19",
        "wrong-type",
        "",
    ),
    # Settings
    "an unknown prune": ("defaults: {protect: 1}\n", "3:21", "wrong-type", ""),
}


@pytest.mark.parametrize(("snippet", "where", "code", "hint"), BROKEN.values(), ids=BROKEN.keys())
def test_a_mistake_is_shown_where_it_is_with_a_way_out(
    folder: Folder, snippet: str, where: str, code: str, hint: str
) -> None:
    problems = [problem for problem in folder.declare_text(HEAD + snippet).problems if problem.level is Level.ERROR]
    found = {folder.format_problem(problem): problem for problem in problems}
    assert list(found) == [f"roles.yaml:{where} {code}"], [problem.message for problem in problems]
    (problem,) = problems
    assert hint in problem.hint
    assert problem.summary.endswith((".", ")"))


HEADS: dict[str, tuple[str, str, str]] = {
    "no version": ("settings: {prune: none}\n", "roles.yaml:1:1 missing-key", "version: 1"),
    "version 2": ("version: 2\nsettings: {prune: none}\n", "roles.yaml:2:10", "Write `version: 1`."),
    "no owner": ("version: 1\n", "roles.yaml:1:1 missing-owner", "owner: NAME"),
    "an unknown prune": ("version: 1\nsettings: {prune: own}\n", "roles.yaml:2:19 wrong-value", "owned"),
    "an unknown setting": (
        "version: 1\nowner: a\nsettings: {max_delete: 1}\n",
        "roles.yaml:3:12 unknown-key",
        "max_deletes",
    ),
    "a percentage past 100": (
        "version: 1\nowner: a\nsettings: {max_delete_percent: 101}\n",
        "roles.yaml:3:32 schema",
        "",
    ),
    "an ignore without a kind": (
        "version: 1\nowner: a\nsettings: {ignore: [AWS*]}\n",
        "roles.yaml:3:21 bad-address",
        "role/AWS*",
    ),
    "an ignore of every address": (
        'version: 1\nowner: a\nsettings: {ignore: ["*/*"]}\n',
        "roles.yaml:3:20 ignores-everything",
        "prune: none",
    ),
    "an ignore of every address, in parts": (
        'version: 1\nowner: a\nsettings: {ignore: ["[a-p]*/?*", "user/*", "role/**", "s*/????*"]}\n',
        "roles.yaml:3:20 ignores-everything",
        "prune: none",
    ),
}


@pytest.mark.parametrize("kept", ["user", "role", "policy", "account"])
def test_an_ignore_that_leaves_one_kind_to_manage_is_fine(folder: Folder, kept: str) -> None:
    patterns = ", ".join(f'"{kind}/*"' for kind in KINDS_BY_NAME if kind != kept)
    assert folder.declare_text(f"version: 1\nowner: a\nsettings: {{ignore: [{patterns}]}}\n").problems == ()


@pytest.mark.parametrize(("text", "said", "hint"), HEADS.values(), ids=HEADS.keys())
def test_a_mistake_at_the_head_of_a_file(folder: Folder, text: str, said: str, hint: str) -> None:
    (problem,) = folder.declare_text(text).problems
    if text.startswith("version: 2"):
        assert folder.format_problem(problem).startswith("roles.yaml:1:10")
        assert problem.summary == "Unsupported version 2."
    else:
        assert folder.format_problem(problem) == said
    assert hint in problem.hint


def test_every_mistake_of_a_file_is_reported_in_one_run_in_reading_order(folder: Folder) -> None:
    text = (
        "version: 1\n"
        "settings: {prune: none}\n"
        "usres: {}\n"
        "users:\n"
        "  alice: {groups: [nobody], tags: {'aws:x': a}, path: '/{{unknown}}/'}\n"
        "  b b:\n"
        "roles:\n"
        "  app: {trust: [{users: [alise]}], max_session_duration: 13h}\n"
        "policies:\n"
        "  p: {document: {Statement: {Effect: allow, Action: s3, Resource: x}}}\n"
        "aliases: {dev: {role: nope}}\n"
    )
    assert folder.find_problems(text) == [
        "roles.yaml:3:1 unknown-key",
        "roles.yaml:5:20 unknown-reference",
        "roles.yaml:5:36 reserved-tag",
        "roles.yaml:5:55 unknown-variable",
        "roles.yaml:6:3 bad-name",
        "roles.yaml:8:26 unknown-reference",
        "roles.yaml:8:58 bad-duration",
        "roles.yaml:10:38 invalid-effect",
        "roles.yaml:10:53 invalid-action",
        "roles.yaml:10:67 invalid-resource",
        "roles.yaml:11:23 unknown-reference",
    ]


def test_one_mistake_is_reported_once_however_often_it_is_used(folder: Folder) -> None:
    text = f"{HEAD}x-tags: &t {{'aws:x': a}}\nusers:\n  a: {{tags: *t}}\n  b: {{tags: *t}}\n"
    assert folder.find_problems(text) == ["roles.yaml:3:13 reserved-tag"]


def test_a_broken_entity_does_not_make_the_others_look_broken(folder: Folder) -> None:
    rest = "roles: {app: {trust: [{users: [alice]}]}}\naliases: {dev: {role: app}}\n"
    text = f"{HEAD}users:\n  alice: {{group: x}}\n{rest}"
    assert folder.find_problems(text) == ["roles.yaml:4:11 unknown-key"]


CYCLE = f"{HEAD}aliases:\n" + "".join(
    f"  {name}: {{role: '{ARN}', via: {via}}}\n" for name, via in (("aa", "bb"), ("bb", "cc"), ("cc", "aa"))
)


def test_a_cycle_of_aliases_is_reported_once_with_its_way(folder: Folder) -> None:
    (problem,) = folder.declare_text(CYCLE).problems
    assert problem.code == "alias-cycle"
    assert "aa → bb → cc → aa" in problem.summary


OPEN_TO_ALL = [
    "{Bool: {'aws:SecureTransport': 'true'}}",
    "{StringLike: {'aws:PrincipalArn': '*'}}",
    "{StringNotEquals: {'aws:PrincipalOrgID': o-x}}",
    "{StringEqualsIfExists: {'aws:PrincipalOrgID': o-x}}",
    "{IpAddress: {'aws:SourceIp': '0.0.0.0/0'}}",
    "{StringEquals: {}}",
]
NARROWED = [
    "{StringEquals: {'aws:PrincipalOrgID': o-x}}",
    "{ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/app-*'}}",
    "{StringEquals: {'sts:ExternalId': x1}}",
    "{IpAddress: {'aws:SourceIp': '203.0.113.0/24'}}",
]


@pytest.mark.parametrize("conditions", OPEN_TO_ALL)
def test_anyone_is_refused_if_the_conditions_let_everybody_in(folder: Folder, conditions: str) -> None:
    found = folder.declare_text(
        f"{HEAD}roles: {{r: {{trust: [{{anyone: true, conditions: {conditions}}}]}}}}\n"
    ).problems
    assert [problem.code for problem in found if problem.level == "error"] == ["trust-rule"]


@pytest.mark.parametrize("conditions", NARROWED)
def test_anyone_is_taken_if_a_condition_says_who(folder: Folder, conditions: str) -> None:
    assert not folder.declare_text(
        f"{HEAD}roles: {{r: {{trust: [{{anyone: true, conditions: {conditions}}}]}}}}\n"
    ).problems


def test_anyone_on_conditions_that_strangers_meet_is_a_warning_not_an_error(folder: Folder) -> None:
    conditions = "{StringLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/ci'}}"
    (found,) = folder.declare_text(
        f"{HEAD}roles: {{r: {{trust: [{{anyone: true, conditions: {conditions}}}]}}}}\n"
    ).problems
    assert (found.code, found.level) == ("trust-to-anyone", "warning")


def test_a_misspelt_key_does_not_hide_what_else_is_wrong_with_an_entity(folder: Folder) -> None:
    wrong = "descripton: x, max_session_duration: 20h, policies: [nope], trust: [{users: [bbo]}]"
    text = f"{HEAD}roles: {{r: {{{wrong}}}}}\n"
    found = {problem.code for problem in folder.declare_text(text).problems}
    assert found == {"unknown-key", "bad-duration", "unknown-reference"}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("profile", "source_profile"),
        ("role_arn", "role"),
        ("role_session_name", "session_name"),
        ("duration_seconds", "duration"),
        ("regoin", "region"),
    ],
)
def test_a_key_of_the_aws_cli_is_told_what_it_is_called_here(folder: Folder, key: str, meant: str) -> None:
    (problem,) = folder.declare_text(f"{HEAD}aliases: {{a: {{role: '{ARN}', {key}: x}}}}\n").problems
    assert (problem.code, problem.hint) == ("unknown-key", f"Did you mean {meant!r}?")


def test_a_profile_is_no_key_of_a_user(folder: Folder) -> None:
    (problem,) = folder.declare_text(f"{HEAD}users: {{a: {{profile: x}}}}\n").problems
    assert "source_profile" not in problem.hint

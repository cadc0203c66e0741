"""Drift, changed by hand: found as exactly one change, and mended by one apply.

One rich file is applied once; every row of the table makes one kind of drift through boto3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.support.account import Account
from tests.support.emulators import StartSandbox
from tests.support.plans import changes_of
from tests.support.shared import SharedAccount

ACCOUNT = "123456789012"
GUARD = f"arn:aws:iam::{ACCOUNT}:policy/reconcile-require-mfa-platform"
READER = f"arn:aws:iam::{ACCOUNT}:policy/team/reader"
WRITER = f"arn:aws:iam::{ACCOUNT}:policy/writer"
LOOSE = f"arn:aws:iam::{ACCOUNT}:policy/loose"
FENCE = f"arn:aws:iam::{ACCOUNT}:policy/fence"
AWS_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
AWS_EC2 = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
OWNER = "reconcile:owner"

FILE = """\
version: 1
owner: platform
account: "123456789012"
account_settings:
  alias: example-corp
  password_policy: {minimum_length: 14, require_symbols: true, max_age: 90d, hard_expiry: true}
oidc_providers:
  token.example.com:
    client_ids: [sts.amazonaws.com, shop]
    thumbprints: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
    tags: {team: data, Team: web}
  issuer.example.com/id/X1: {client_ids: [sts.amazonaws.com]}
policies:
  reader:
    path: /team/
    description: Reads buckets
    tags: {team: data, tier: "1"}
    document:
      Statement:
        - {Sid: Read, Effect: Allow, Action: ["s3:GetObject", "s3:ListBucket"], Resource: "*"}
        - {Sid: NoSecrets, Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::secrets/*"}
  writer:
    document: {Statement: {Effect: Allow, Action: "s3:PutObject", Resource: "*"}}
  loose:
    tags: {team: data}
    document:
      Version: 2012-10-17
      Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*", Condition: {Bool: {aws:SecureTransport: "true"}}}]
  fence:
    document: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
groups:
  engineers:
    path: /eng/
    policies: [reader, "aws:AmazonS3ReadOnlyAccess"]
    inline_policies:
      notes: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}
  admins:
    mfa: required
    policies: [writer]
users:
  alice:
    path: /people/
    groups: [engineers]
    mfa: required
    console: false
    policies: [reader]
    permissions_boundary: fence
    tags: {team: data, cost: 007}
    inline_policies:
      own: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}
  bob: {}
roles:
  app:
    description: The application
    max_session_duration: 2h
    permissions_boundary: fence
    tags: {team: data, Stage: live}
    policies: [reader, "aws:AmazonS3ReadOnlyAccess"]
    inline_policies:
      own: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "*"}]}
    trust:
      - users: [alice]
        mfa: {max_age: 1h}
      - services: [ec2.amazonaws.com]
    instance_profile: true
  raw:
    path: /svc/
    trust_policy:
      Statement:
        - Effect: Allow
          Principal: {AWS: ["210987654321", "arn:aws:iam::123456789012:root"], Service: lambda.amazonaws.com}
          Action: ["sts:AssumeRole", "sts:TagSession"]
          Condition: {StringEquals: {"aws:PrincipalTag/team": [data, web]}}
    instance_profile: raw-machines
  plain:
    trust: [{services: [lambda.amazonaws.com]}]
"""

INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Subscribe", "Resource": "*"}]}
TRUST_OF_RAW = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "AWS": ["210987654321", "arn:aws:iam::123456789012:root"],
                "Service": "lambda.amazonaws.com",
            },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["data", "web"]}},
        }
    ],
}
PLAIN = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

Hand = Callable[[Any], object]


class Drift(NamedTuple):
    """`by_hand` gets an IAM client; `paths` are those of the one change that it must cause."""

    name: str
    by_hand: Hand
    address: str
    paths: tuple[str, ...]
    action: str = "update"


def call(operation: str, **parameters: Any) -> Hand:
    """One call; a document may be given as an object."""
    given = {
        k: json.dumps(v) if k.endswith("Document") and not isinstance(v, str) else v for k, v in parameters.items()
    }
    return lambda iam: getattr(iam, operation)(**given)


def all_of(*hands: Hand) -> Hand:
    return lambda iam: [hand(iam) for hand in hands]


def tag(kind: str, values: dict[str, str], **target: str) -> Hand:
    return call(f"tag_{kind}", Tags=[{"Key": key, "Value": value} for key, value in values.items()], **target)


def untag(kind: str, *keys: str, **target: str) -> Hand:
    return call(f"untag_{kind}", TagKeys=list(keys), **target)


def document_of(iam: Any, arn: str) -> dict[str, Any]:
    default = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found: dict[str, Any] = iam.get_policy_version(PolicyArn=arn, VersionId=default)["PolicyVersion"]["Document"]
    return found


def add_version(arn: str, edit: Callable[[dict[str, Any]], object]) -> Hand:
    """A new default version: the live document, edited."""

    def hand(iam: Any) -> None:
        document = document_of(iam, arn)
        edit(document)
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        if len(versions) == 5:
            spare = next(version for version in versions if not version["IsDefaultVersion"])
            iam.delete_policy_version(PolicyArn=arn, VersionId=spare["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)

    return hand


def set_default(arn: str, document: dict[str, Any]) -> Hand:
    """A version that was there, but not in force, made the default."""

    def hand(iam: Any) -> None:
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=False)
        iam.set_default_policy_version(PolicyArn=arn, VersionId=made["PolicyVersion"]["VersionId"])

    return hand


def trust_of_app(edit: Callable[[list[dict[str, Any]]], object]) -> Hand:
    def hand(iam: Any) -> None:
        document = iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]
        edit(document["Statement"])
        iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(document))

    return hand


def by_user(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return next(statement for statement in statements if "AWS" in statement["Principal"])


def raw_trust(**edits: Any) -> Hand:
    """The trust of `raw` with elements replaced (or left out, where None)."""
    edited = {**TRUST_OF_RAW["Statement"][0], **edits}  # type: ignore[dict-item]
    statement = {key: value for key, value in edited.items() if value is not None}
    return call("update_assume_role_policy", RoleName="raw", PolicyDocument={**TRUST_OF_RAW, "Statement": [statement]})


def on_each(operation: str, what: str, cases: list[tuple[str, str, dict[str, str]]], **parameters: Any) -> list[Drift]:
    """The same drift on several kinds: (noun of the operation, address, target)."""
    paths = (parameters.pop("path"),)
    return [
        Drift(f"{address} {what}", call(operation.format(noun), **target, **parameters), address, paths)
        for noun, address, target in cases
    ]


HOLDERS = [
    ("user", "user/alice", {"UserName": "alice"}),
    ("group", "group/engineers", {"GroupName": "engineers"}),
    ("role", "role/app", {"RoleName": "app"}),
]
BOUNDED = [("user", "user/alice", {"UserName": "alice"}), ("role", "role/app", {"RoleName": "app"})]
UNBOUNDED = [("user", "user/bob", {"UserName": "bob"}), ("role", "role/plain", {"RoleName": "plain"})]
PROFILE = {"InstanceProfileName": "app"}
TAGGED: list[tuple[str, str, dict[str, str]]] = [
    ("policy", "policy/reader", {"PolicyArn": READER}),
    ("user", "user/alice", {"UserName": "alice"}),
    ("role", "role/app", {"RoleName": "app"}),
]

POLICIES = [
    Drift(
        "an action added to a policy",
        add_version(READER, lambda document: document["Statement"][0]["Action"].append("s3:DeleteObject")),
        "policy/reader",
        ("document",),
    ),
    Drift(
        "an action taken from a policy",
        add_version(READER, lambda document: document["Statement"][0]["Action"].pop()),
        "policy/reader",
        ("document",),
    ),
    Drift(
        "a deny taken from a policy",
        add_version(READER, lambda document: document["Statement"].pop()),
        "policy/reader",
        ("document",),
    ),
    Drift(
        "a statement added to a policy",
        add_version(
            READER, lambda document: document["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
        ),
        "policy/reader",
        ("document",),
    ),
    Drift(
        "a condition taken from a policy",
        add_version(LOOSE, lambda document: document["Statement"][0].pop("Condition")),
        "policy/loose",
        ("document",),
    ),
    Drift(
        "the Sid of a statement changed",
        add_version(READER, lambda document: document["Statement"][0].update(Sid="Other")),
        "policy/reader",
        ("document",),
    ),
    Drift(
        "another version made the default",
        set_default(WRITER, INLINE),
        "policy/writer",
        ("document",),
    ),
    Drift(
        "a policy deleted",
        lambda iam: [
            *(
                iam.delete_policy_version(PolicyArn=LOOSE, VersionId=version["VersionId"])
                for version in iam.list_policy_versions(PolicyArn=LOOSE)["Versions"]
                if not version["IsDefaultVersion"]
            ),
            iam.delete_policy(PolicyArn=LOOSE),
        ],
        "policy/loose",
        ("document", "path", f"tags.{OWNER}", "tags.team"),
        "create",
    ),
    Drift(
        "the document of the MFA guard weakened",
        add_version(GUARD, lambda document: document["Statement"].pop()),
        "policy/reconcile-require-mfa-platform",
        ("document",),
    ),
]

ATTACHED = [
    *on_each("attach_{}_policy", "gained an attached policy", HOLDERS, PolicyArn=LOOSE, path="policies"),
    *on_each("attach_{}_policy", "gained a policy of AWS's", HOLDERS, PolicyArn=AWS_EC2, path="policies"),
    *on_each("detach_{}_policy", "lost an attached policy", HOLDERS, PolicyArn=READER, path="policies"),
    Drift(
        "an attached policy replaced",
        all_of(
            call("detach_role_policy", RoleName="app", PolicyArn=AWS_S3),
            call("attach_role_policy", RoleName="app", PolicyArn=WRITER),
        ),
        "role/app",
        ("policies",),
    ),
    Drift(
        "the MFA guard taken from a user",
        call("detach_user_policy", UserName="alice", PolicyArn=GUARD),
        "user/alice",
        ("policies",),
    ),
    Drift(
        "the MFA guard taken from a group",
        call("detach_group_policy", GroupName="admins", PolicyArn=GUARD),
        "group/admins",
        ("policies",),
    ),
]

INLINE_POLICIES = [
    *on_each(
        "put_{}_policy",
        "has an inline policy changed",
        HOLDERS[::2],
        PolicyName="own",
        PolicyDocument=INLINE,
        path="inline_policies.own",
    ),
    *on_each(
        "put_{}_policy",
        "has an inline policy changed",
        HOLDERS[1:2],
        PolicyName="notes",
        PolicyDocument=INLINE,
        path="inline_policies.notes",
    ),
    *on_each(
        "put_{}_policy",
        "gained an inline policy",
        HOLDERS,
        PolicyName="backdoor",
        PolicyDocument=INLINE,
        path="inline_policies.backdoor",
    ),
    *on_each("delete_{}_policy", "lost an inline policy", HOLDERS[::2], PolicyName="own", path="inline_policies.own"),
    *on_each(
        "delete_{}_policy", "lost an inline policy", HOLDERS[1:2], PolicyName="notes", path="inline_policies.notes"
    ),
]

BOUNDARIES = [
    *on_each(
        "put_{}_permissions_boundary",
        "has another boundary",
        BOUNDED,
        PermissionsBoundary=LOOSE,
        path="permissions_boundary",
    ),
    *on_each("delete_{}_permissions_boundary", "lost its boundary", BOUNDED, path="permissions_boundary"),
    *on_each(
        "put_{}_permissions_boundary",
        "gained a boundary",
        UNBOUNDED,
        PermissionsBoundary=AWS_S3,
        path="permissions_boundary",
    ),
]

TAGS = [
    drift
    for kind, address, target in TAGGED
    for drift in (
        Drift(f"a tag of {address} changed", tag(kind, {"team": "web"}, **target), address, ("tags.team",)),
        Drift(f"a tag of {address} removed", untag(kind, "team", **target), address, ("tags.team",)),
        Drift(f"a tag of {address} added", tag(kind, {"new": ""}, **target), address, ("tags.new",)),
        Drift(f"the owner of {address} removed", untag(kind, OWNER, **target), address, (), "adopt"),
    )
] + [
    Drift(
        "the letter case of a role's tag key changed",
        all_of(untag("role", "Stage", RoleName="app"), tag("role", {"stage": "live"}, RoleName="app")),
        "role/app",
        ("tags.Stage", "tags.stage"),
    ),
    Drift(
        "the letter case of a policy's tag key changed",
        all_of(untag("policy", "tier", PolicyArn=READER), tag("policy", {"Tier": "1"}, PolicyArn=READER)),
        "policy/reader",
        ("tags.Tier", "tags.tier"),
    ),
]

USERS_AND_GROUPS = [
    Drift("a user moved", call("update_user", UserName="alice", NewPath="/x/"), "user/alice", ("path",)),
    Drift(
        "a user added to a group",
        call("add_user_to_group", UserName="bob", GroupName="engineers"),
        "user/bob",
        ("groups",),
    ),
    Drift(
        "a user taken from a group",
        call("remove_user_from_group", UserName="alice", GroupName="engineers"),
        "user/alice",
        ("groups",),
    ),
    Drift(
        "a user put into another group instead",
        all_of(
            call("remove_user_from_group", UserName="alice", GroupName="engineers"),
            call("add_user_to_group", UserName="alice", GroupName="admins"),
        ),
        "user/alice",
        ("groups",),
    ),
    Drift("a user deleted", call("delete_user", UserName="bob"), "user/bob", ("path", f"tags.{OWNER}"), "create"),
    Drift(
        "a group moved",
        call("update_group", GroupName="engineers", NewPath="/elsewhere/"),
        "group/engineers",
        ("path",),
    ),
    Drift(
        "a group deleted",
        all_of(
            call("detach_group_policy", GroupName="admins", PolicyArn=GUARD),
            call("detach_group_policy", GroupName="admins", PolicyArn=WRITER),
            call("delete_group", GroupName="admins"),
        ),
        "group/admins",
        ("path", "policies"),
        "create",
    ),
    Drift(
        "several things of a user at once",
        all_of(
            tag("user", {"team": "web"}, UserName="alice"),
            call("update_user", UserName="alice", NewPath="/x/"),
            call("delete_user_policy", UserName="alice", PolicyName="own"),
            call("delete_user_permissions_boundary", UserName="alice"),
        ),
        "user/alice",
        ("inline_policies.own", "path", "permissions_boundary", "tags.team"),
    ),
]

ROLES = [
    Drift(
        "the description of a role changed",
        call("update_role", RoleName="app", Description="x", MaxSessionDuration=7200),
        "role/app",
        ("description",),
    ),
    Drift(
        "the description of a role emptied",
        call("update_role", RoleName="app", Description="", MaxSessionDuration=7200),
        "role/app",
        ("description",),
    ),
    Drift(
        "a role given a description",
        call("update_role", RoleName="plain", Description="by hand"),
        "role/plain",
        ("description",),
    ),
    Drift(
        "sessions of a role made longer",
        call("update_role", RoleName="app", Description="The application", MaxSessionDuration=43200),
        "role/app",
        ("max_session_duration",),
    ),
    Drift(
        "sessions of a role without a length made longer",
        call("update_role", RoleName="plain", MaxSessionDuration=7200),
        "role/plain",
        ("max_session_duration",),
    ),
    Drift(
        "the description and session length of a role changed",
        call("update_role", RoleName="app", Description="x", MaxSessionDuration=3600),
        "role/app",
        ("description", "max_session_duration"),
    ),
    Drift(
        "the MFA condition taken from a trust",
        trust_of_app(lambda statements: by_user(statements).pop("Condition")),
        "role/app",
        ("trust_policy",),
    ),
    Drift(
        "the MFA age in a trust changed",
        trust_of_app(
            lambda statements: by_user(statements)["Condition"]["NumericLessThan"].update(
                {"aws:MultiFactorAuthAge": "86400"}
            )
        ),
        "role/app",
        ("trust_policy",),
    ),
    Drift(
        "a principal added to a trust",
        trust_of_app(
            lambda statements: by_user(statements).update(
                Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:user/people/alice", f"arn:aws:iam::{ACCOUNT}:user/bob"]}
            )
        ),
        "role/app",
        ("trust_policy",),
    ),
    Drift(
        "a principal of a trust replaced",
        trust_of_app(
            lambda statements: by_user(statements).update(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})
        ),
        "role/app",
        ("trust_policy",),
    ),
    Drift(
        "a statement taken from a trust",
        trust_of_app(lambda statements: statements.remove(by_user(statements))),
        "role/app",
        ("trust_policy",),
    ),
    Drift(
        "a statement added to a trust",
        trust_of_app(lambda statements: statements.append(PLAIN)),
        "role/app",
        ("trust_policy",),
    ),
    Drift(
        "an account taken from a raw trust",
        raw_trust(Principal={"AWS": "210987654321", "Service": "lambda.amazonaws.com"}),
        "role/raw",
        ("trust_policy",),
    ),
    Drift(
        "another account added to a raw trust",
        raw_trust(
            Principal={"AWS": ["210987654321", "111111111111", ACCOUNT], "Service": "lambda.amazonaws.com"},
        ),
        "role/raw",
        ("trust_policy",),
    ),
    Drift("the actions of a raw trust changed", raw_trust(Action="sts:AssumeRole"), "role/raw", ("trust_policy",)),
    Drift("the condition of a raw trust removed", raw_trust(Condition=None), "role/raw", ("trust_policy",)),
    Drift(
        "a condition value of a raw trust removed",
        raw_trust(Condition={"StringEquals": {"aws:PrincipalTag/team": "data"}}),
        "role/raw",
        ("trust_policy",),
    ),
    Drift("a raw trust turned into a deny", raw_trust(Effect="Deny"), "role/raw", ("trust_policy",)),
    Drift(
        "a role deleted",
        call("delete_role", RoleName="plain"),
        "role/plain",
        ("max_session_duration", "path", f"tags.{OWNER}", "trust_policy"),
        "create",
    ),
]

PROFILES = [
    Drift(
        "the role taken from an instance profile",
        call("remove_role_from_instance_profile", **PROFILE, RoleName="app"),
        "instance-profile/app",
        ("role",),
    ),
    Drift(
        "another role put into an instance profile",
        all_of(
            call("remove_role_from_instance_profile", **PROFILE, RoleName="app"),
            call("add_role_to_instance_profile", **PROFILE, RoleName="plain"),
        ),
        "instance-profile/app",
        ("role",),
    ),
    Drift(
        "an instance profile deleted",
        all_of(
            call("remove_role_from_instance_profile", InstanceProfileName="raw-machines", RoleName="raw"),
            call("delete_instance_profile", InstanceProfileName="raw-machines"),
        ),
        "instance-profile/raw-machines",
        ("path", "role", f"tags.{OWNER}"),
        "create",
    ),
    Drift(
        "a tag added to an instance profile",
        tag("instance_profile", {"x": "y"}, **PROFILE),
        "instance-profile/app",
        ("tags.x",),
    ),
    Drift(
        "the owner of an instance profile removed",
        untag("instance_profile", OWNER, **PROFILE),
        "instance-profile/app",
        (),
        "adopt",
    ),
]

OIDC = {"OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"}
OTHER_OIDC = {"OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example.com/id/X1"}
PROVIDERS = [
    Drift(
        "a client id added to an OIDC provider",
        call("add_client_id_to_open_id_connect_provider", **OIDC, ClientID="stray"),
        "oidc-provider/token.example.com",
        ("client_ids",),
    ),
    Drift(
        "a client id removed from an OIDC provider",
        call("remove_client_id_from_open_id_connect_provider", **OIDC, ClientID="shop"),
        "oidc-provider/token.example.com",
        ("client_ids",),
    ),
    Drift(
        "a client id in another letter case",
        all_of(
            call("remove_client_id_from_open_id_connect_provider", **OIDC, ClientID="shop"),
            call("add_client_id_to_open_id_connect_provider", **OIDC, ClientID="Shop"),
        ),
        "oidc-provider/token.example.com",
        ("client_ids",),
    ),
    Drift(
        "another thumbprint of an OIDC provider",
        call("update_open_id_connect_provider_thumbprint", **OIDC, ThumbprintList=["b" * 40]),
        "oidc-provider/token.example.com",
        ("thumbprints",),
    ),
    Drift(
        "a tag of an OIDC provider changed",
        tag("open_id_connect_provider", {"Team": "ops"}, **OIDC),
        "oidc-provider/token.example.com",
        ("tags.Team",),
    ),
    Drift(
        "a tag of an OIDC provider removed",
        untag("open_id_connect_provider", "team", **OIDC),
        "oidc-provider/token.example.com",
        ("tags.team",),
    ),
    Drift(
        "the owner of an OIDC provider removed",
        untag("open_id_connect_provider", OWNER, **OIDC),
        "oidc-provider/token.example.com",
        (),
        "adopt",
    ),
    Drift(
        "an OIDC provider deleted",
        call("delete_open_id_connect_provider", **OTHER_OIDC),
        "oidc-provider/issuer.example.com/id/X1",
        ("client_ids", f"tags.{OWNER}"),
        "create",
    ),
]

OWNED_NEWCOMERS = [
    Drift(
        "an OIDC provider of ours made by hand",
        call(
            "create_open_id_connect_provider",
            Url="https://rogue.example.com",
            ThumbprintList=["c" * 40],
            Tags=[{"Key": OWNER, "Value": "platform"}],
        ),
        "oidc-provider/rogue.example.com",
        (f"tags.{OWNER}", "thumbprints"),
        "delete",
    ),
    Drift(
        "a user of ours made by hand",
        all_of(call("create_user", UserName="eve"), tag("user", {OWNER: "platform"}, UserName="eve")),
        "user/eve",
        ("path", f"tags.{OWNER}"),
        "delete",
    ),
    Drift(
        "a group under our path made by hand",
        call("create_group", GroupName="rogue", Path="/platform/"),
        "group/rogue",
        ("path",),
        "delete",
    ),
]

SETTINGS = [
    Drift(
        "a user given a password",
        call("create_login_profile", UserName="alice", Password="Pass-w0rd!"),
        "user/alice",
        ("console",),
    ),
    Drift(
        "the alias of the account changed",
        call("create_account_alias", AccountAlias="elsewhere"),
        "account/alias",
        ("alias",),
    ),
    Drift(
        "the alias of the account deleted",
        call("delete_account_alias", AccountAlias="example-corp"),
        "account/alias",
        ("alias",),
        "create",
    ),
    Drift(
        "one line of the password policy changed",
        call(
            "update_account_password_policy",
            MinimumPasswordLength=13,
            RequireSymbols=True,
            MaxPasswordAge=90,
            HardExpiry=True,
        ),
        "account/password-policy",
        ("minimum_length",),
    ),
    Drift(
        "the password policy weakened by a call that names little",
        call("update_account_password_policy", MinimumPasswordLength=14, PasswordReusePrevention=3),
        "account/password-policy",
        ("hard_expiry", "max_age", "require_symbols", "reuse_prevention"),
    ),
    Drift(
        "the password policy deleted",
        call("delete_account_password_policy"),
        "account/password-policy",
        (
            "allow_users_to_change",
            "hard_expiry",
            "max_age",
            "minimum_length",
            "require_lowercase",
            "require_numbers",
            "require_symbols",
            "require_uppercase",
        ),
        "create",
    ),
]

DRIFTS = [
    *POLICIES,
    *ATTACHED,
    *INLINE_POLICIES,
    *BOUNDARIES,
    *TAGS,
    *USERS_AND_GROUPS,
    *ROLES,
    *PROFILES,
    *PROVIDERS,
    *SETTINGS,
    *OWNED_NEWCOMERS,
]


@pytest.fixture(scope="module")
def shared_account(tmp_path_factory: pytest.TempPathFactory, start: StartSandbox) -> Iterator[SharedAccount]:
    def prepare(account: Account) -> None:
        account.write(FILE)
        account.apply()

    lent = SharedAccount(tmp_path_factory.mktemp("drift"), prepare, start)
    yield lent
    lent.close()


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.name.replace(" ", "_"))
def test_drift_is_one_change_and_one_apply_mends_it(shared_account: SharedAccount, drift: Drift) -> None:
    with shared_account.lend() as account:
        drift.by_hand(account.iam)
        # An apply plans again what it has made; that this is worth its word, the next row's plan would show.
        assert changes_of(account.apply_and_read_plan()) == {drift.address: (drift.action, list(drift.paths))}


def test_an_untouched_account_has_no_drift(shared_account: SharedAccount) -> None:
    with shared_account.lend() as account:
        result = account.run_cli("plan", "roles.yaml", "--detailed-exitcode")
        assert result.code == 0
        assert result.out.endswith("No changes. Live IAM matches the file.\n")


def test_a_thumbprint_that_the_file_does_not_name_is_no_drift(shared_account: SharedAccount) -> None:
    with shared_account.lend() as account:
        account.iam.update_open_id_connect_provider_thumbprint(**OTHER_OIDC, ThumbprintList=["d" * 40, "E" * 40])
        assert changes_of(account.plan()) == {}


def test_a_version_that_is_not_the_default_is_no_drift(shared_account: SharedAccount) -> None:
    with shared_account.lend() as account:
        iam = account.iam
        made = iam.create_policy_version(PolicyArn=FENCE, PolicyDocument=json.dumps(INLINE), SetAsDefault=False)
        assert changes_of(account.plan()) == {}
        iam.delete_policy_version(PolicyArn=FENCE, VersionId=made["PolicyVersion"]["VersionId"])


def test_attachments_to_entities_outside_the_file_are_no_drift(shared_account: SharedAccount) -> None:
    with shared_account.lend() as account:
        iam = account.iam
        iam.create_user(UserName="stranger")
        iam.attach_user_policy(UserName="stranger", PolicyArn=READER)
        iam.add_user_to_group(UserName="stranger", GroupName="engineers")
        assert changes_of(account.plan()) == {}
        iam.remove_user_from_group(UserName="stranger", GroupName="engineers")
        iam.detach_user_policy(UserName="stranger", PolicyArn=READER)
        iam.delete_user(UserName="stranger")


def test_a_trusted_user_that_was_recreated_by_hand_is_trusted_again(shared_account: SharedAccount) -> None:
    """Live, the trust names the unique id of a user that is gone, though the name exists again."""
    with shared_account.lend() as account:
        iam = account.iam
        trust_of_app(
            lambda statements: by_user(statements).update(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})
        )(iam)
        account.write(FILE.replace("users: [alice]", "users: [bob]"), "bob.yaml")
        assert changes_of(account.plan("bob.yaml")) == {}
        iam.delete_user(UserName="bob")
        iam.create_user(UserName="bob", Tags=[{"Key": OWNER, "Value": "platform"}])
        assert changes_of(account.apply_and_read_plan("bob.yaml")) == {"role/app": ("update", ["trust_policy"])}
        assert changes_of(account.plan("bob.yaml")) == {}
        account.apply()


def test_a_renamed_user_is_a_new_name_and_one_of_ours_that_is_gone(shared_account: SharedAccount) -> None:
    with shared_account.lend() as account:
        account.iam.update_user(UserName="bob", NewUserName="robert")
        found = changes_of(account.apply_and_read_plan())
        assert {address: action for address, (action, _) in found.items()} == {
            "user/bob": "create",
            "user/robert": "delete",
        }
        assert changes_of(account.plan()) == {}


def test_all_drifts_at_once_are_mended_by_one_apply(shared_account: SharedAccount) -> None:
    together = [
        *POLICIES[:1],
        *ATTACHED[:3],
        *INLINE_POLICIES[-3:],
        *BOUNDARIES,
        *USERS_AND_GROUPS[1:2],
        *ROLES[:1],
        *ROLES[-2:-1],
        *PROFILES[:1],
        *PROVIDERS[3:4],
    ]
    with shared_account.lend() as account:
        for drift in together:
            drift.by_hand(account.iam)
        assert set(changes_of(account.apply_and_read_plan())) == {drift.address for drift in together}
        assert changes_of(account.plan()) == {}

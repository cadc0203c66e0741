"""Plans that may lock somebody out, as rows of a table: the changes, the ways to sign in, and the verdict.

Verdicts follow AWS's documents alone (IAM User Guide: "Policy evaluation logic", "AWS JSON policy elements:
Principal", "Permissions boundaries for IAM entities", "Configuring MFA-protected API access"), never the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Expiry, Move, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import AccessKey, LiveDetails, MfaDevice, OwnedCredentials, PolicyVersion, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.model.xml_document import parse_xml
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE

OWNER_TAGS = {"reconcile:owner": "team"}
GLASS = "reconcile:break-glass"
ME = f"arn:aws:iam::{ACCOUNT}:user/me"
OPS = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
AWS_POLICIES = [
    f"arn:aws:iam::aws:policy/{name}"
    for name in ("AdministratorAccess", "AWSDenyAll", "ReadOnlyAccess", "AmazonS3FullAccess")
]
HOST = "token.actions.githubusercontent.com"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
SUB = f"{HOST}:sub"
PARTNER_ROOT, PARTNER_ROLE = "arn:aws:iam::210987654321:root", "arn:aws:iam::210987654321:role/ci"
MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
OFFICE = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
PROVIDER = OidcProvider(HOST, frozenset(["sts.amazonaws.com", "other"]), frozenset(["a" * 40, "b" * 40]), OWNER_TAGS)
OKTA = SamlProvider("okta", parse_xml("<a/>"), OWNER_TAGS)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)

Statement = dict[str, Any]


def document(*statements: Statement) -> Document:
    return canonical({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "iam:*", resource: Any = "*", sid: str = "Admin", **more: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "iam:*", sid: str = "Stop", **more: Any) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Action": action, "Resource": "*", **more}


def trust(*principals: str, **more: Any) -> Statement:
    named = [arn(name) if name.startswith(("user/", "role/")) else name for name in principals]
    return {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole", **more}


def federated_trust(provider: str, action: str, **condition: Any) -> Statement:
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}
    return statement | ({"Condition": condition} if condition else {})


def github_trust(*subjects: str, operator: str = "StringLike") -> Statement:
    return federated_trust(GITHUB, "sts:AssumeRoleWithWebIdentity", **{operator: {SUB: list(subjects)}})


def audience_trust(client: str) -> Statement:
    """Return a trust in GitHub's provider that accepts one audience."""
    action = "sts:AssumeRoleWithWebIdentity"
    return federated_trust(GITHUB, action, StringEquals={f"{HOST}:aud": client}, StringLike={SUB: "repo:a/b:*"})


def okta_trust() -> Statement:
    return federated_trust(
        SAML, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"}
    )


def deny_trust_except(*principals: str) -> Statement:
    """Return a Deny with NotPrincipal."""
    statement = deny_trust(*principals)
    return {
        **{key: value for key, value in statement.items() if key != "Principal"},
        "NotPrincipal": statement["Principal"],
    }


def service_trust(host: str = "ec2.amazonaws.com") -> Statement:
    return {"Effect": "Allow", "Principal": {"Service": host}, "Action": "sts:AssumeRole"}


def deny_trust(*principals: str, **more: Any) -> Statement:
    """Return a Deny of a trust policy."""
    return {**trust(*principals), "Effect": "Deny", "Sid": "Stop", **more}


def condition_on(operator: str, **keys: Any) -> dict[str, Any]:
    """Return a condition of one operator; `aws__PrincipalArn` stands for `aws:PrincipalArn`."""
    return {"Condition": {operator: {key.replace("__", ":"): value for key, value in keys.items()}}}


def tag_condition(key: str, value: str, operator: str = "StringEquals") -> dict[str, Any]:
    """Return a condition on one key whose name contains a tag, such as `aws:PrincipalTag/team`."""
    return {"Condition": {operator: {key: value}}}


def arn(address: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{address}"


def allow_assume(*roles: str, **more: Any) -> Statement:
    """Return the statement of an identity policy that allows assuming these roles."""
    return allow("sts:AssumeRole", [arn(f"role/{name}") for name in roles], sid="Assume", **more)


IAM, ALL = document(allow()), document(allow("*"))


# Entities


def user(name: str, *statements: Statement, **more: Any) -> User:
    """Return a user with one inline policy of these statements."""
    inline = {"own": document(*statements)} if statements else {}
    return User(name, **{"inline_policies": inline, "tags": OWNER_TAGS, **more})


def role(name: str, *statements: Statement, can: Sequence[Statement] = (), **more: Any) -> Role:
    """Return a role with a trust of these statements. can: the statements of its inline policy."""
    inline = {"own": document(*can)} if can else {}
    return Role(name, document(*statements), **{"inline_policies": inline, "tags": OWNER_TAGS, **more})


def emergency_role(*statements: Statement, **more: Any) -> Role:
    """Return the default `break_glass` role of the rows: an administrator, with this trust."""
    return role("emergency", *statements, **{"policies": frozenset([ADMINISTRATOR]), **more})


def group(name: str, *statements: Statement, **more: Any) -> Group:
    return Group(name, **{"path": "/team/", "inline_policies": {"own": document(*statements)}, **more})


def policy(name: str, *statements: Statement, **more: Any) -> Policy:
    return Policy(name, document(*statements), **{"description": "", "tags": OWNER_TAGS, **more})


def policy_arns(*names: str) -> frozenset[str]:
    return frozenset(arn(f"policy/{name}") for name in names)


def group_addresses(*names: str) -> frozenset[Address]:
    return frozenset(Address("group", name) for name in names)


# Credentials

VIRTUAL = arn("mfa/phone")
PASSKEY = arn("u2f/user/somebody/security-key")
TOKEN = "GAHT12345678"


@dataclass(frozen=True, slots=True)
class SignInMethods:
    """The ways a user can sign in. keys: whether each access key is active. devices: serial numbers of MFA devices.

    None: nobody may read it.
    """

    password: bool | None = False
    keys: tuple[bool, ...] | None = ()
    devices: tuple[str, ...] | None = ()


NO_CREDENTIALS = SignInMethods()
PASSWORD = SignInMethods(password=True)
KEY = SignInMethods(keys=(True,))
INACTIVE = SignInMethods(keys=(False,))
UNREADABLE = SignInMethods(None, None)


def with_device(credentials: SignInMethods, *serials: str) -> SignInMethods:
    return replace(credentials, devices=serials or (VIRTUAL,))


ALICE_ONLY = {"alice": PASSWORD, "bob": NO_CREDENTIALS}
ALICE_AND_BOB = {"alice": PASSWORD, "bob": KEY}
ALLOW_EMERGENCY = allow_assume("emergency")
OPEN_TO_ACCOUNT = emergency_role(trust(ROOT))
CLOSED_TO_ALL = emergency_role(trust("user/bob"))
"""Nobody can enter this role under ALICE_ONLY: it trusts bob, who has no credentials."""


# Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutCase:
    """A plan and its verdict. why: the reason for the verdict, in AWS's terms.

    before, after: the entities that the plan changes, live and desired. both: entities that it leaves alone.
    undeclared: live entities that are not in the file. people: how users sign in; users in no list are on both sides.
    locked_out: the entity that the plan locks out; none if it is allowed. moves: old → new address.
    versions: policy → the number of its versions. ends: for declared entities, the moments at which a trust rule or an
    attachment (by its policy) ends.
    """

    why: str
    locked_out: tuple[str, ...] = ()
    before: Sequence[Entity] = ()
    after: Sequence[Entity] = ()
    both: Sequence[Entity] = ()
    undeclared: Sequence[Entity] = ()
    people: Mapping[str, SignInMethods] = field(default_factory=dict)
    break_glass: tuple[str, ...] = ("role/emergency",)
    caller: str = ROOT
    moves: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    prune: str = "owned"


def lockout_case(why: str, *, locked_out: str = "role/emergency", **parts: Any) -> LockoutCase:
    return LockoutCase(why=why, locked_out=(locked_out,), **parts)


def allowed_case(why: str, **parts: Any) -> LockoutCase:
    return LockoutCase(why=why, **parts)


def facts_of(row: LockoutCase) -> LiveDetails:
    """Return the details of the live account beside its entities."""
    people = {Address("user", name): credentials for name, credentials in row.people.items()}
    keys = {address: _keys_of(address, one) for address, one in people.items()}
    devices = {address: one.devices for address, one in people.items() if one.devices is not None}
    return LiveDetails(
        caller=row.caller,
        read_at=NOW,
        external_policies=dict.fromkeys(AWS_POLICIES, True),
        console_passwords={address: one.password for address, one in people.items()},
        access_keys=keys,
        devices={address: tuple(map(MfaDevice, serials)) for address, serials in devices.items()},
        devices_unread=frozenset(address for address, one in people.items() if one.devices is None),
        owned_credentials={
            address: OwnedCredentials(
                login_profile=bool(one.password),
                access_keys=tuple(key.id for key in keys[address] or ()),
                mfa_devices=tuple(map(MfaDevice, one.devices or ())),
            )
            for address, one in people.items()
        },
        versions={Address("policy", name): _make_versions(number) for name, number in row.versions.items()},
    )


def _keys_of(address: Address, credentials: SignInMethods) -> tuple[AccessKey, ...] | None:
    if credentials.keys is None:
        return None
    return tuple(
        AccessKey(f"AKIA{address.name.upper()}{index}", NOW, active) for index, active in enumerate(credentials.keys)
    )


def _make_versions(number: int) -> tuple[PolicyVersion, ...]:
    """Return that many versions; the newest is the default."""
    return tuple(PolicyVersion(f"v{one}", f"2026-01-0{one}T00:00:00Z", one == number) for one in range(1, number + 1))


def sides_of(row: LockoutCase) -> tuple[Desired, State]:
    """Return the desired and the live state of a row."""
    named = {entity.address for entity in (*row.before, *row.after, *row.both, *row.undeclared)}
    plain = [User(name, tags=OWNER_TAGS) for name in row.people if Address("user", name) not in named]
    facts = facts_of(row)

    def state(entities: Iterable[Entity]) -> State:
        return State(ACCOUNT, "aws", {entity.address: entity for entity in entities}, facts)

    wanted = state([*row.both, *row.after, *plain])
    settings = Settings(prune=row.prune, break_glass=tuple(map(Address.parse, row.break_glass)))
    moves = tuple(Move(Address.parse(old), Address.parse(new), PLACE) for old, new in row.moves.items())
    declarations = {address: _make_declaration(row.ends.get(str(address), {})) for address in wanted.entities}
    desired = Desired(wanted, "team", settings, declarations, {}, now=NOW, moves=moves)
    return desired, state([*row.both, *row.before, *row.undeclared, *plain])


def _make_declaration(ends: Mapping[str, datetime]) -> Declaration:
    return Declaration(PLACE, expiries=tuple(Expiry(at, PLACE, policy) for policy, at in ends.items()))


def plan_of(row: LockoutCase, options: PlanOptions | None = None) -> Plan:
    return build_plan(*sides_of(row), options or PlanOptions(allow_foreign_detach=True))


def find_lockouts(plan: Plan) -> list[Problem]:
    return [finding for finding in plan.findings if finding.code == "lockout"]


def assert_verdict(row: LockoutCase) -> None:
    """Check that the plan changes something, locks out exactly the row's entity, and is allowed with the flag."""
    made = plan_of(row)
    assert made.steps, "the row changes nothing"
    lockouts = find_lockouts(made)
    assert [str(finding.address) for finding in lockouts] == list(row.locked_out), (row.why, made.findings)
    if row.locked_out:
        assert {finding.flag for finding in lockouts} == {"--allow-lockout"}
        assert not made.is_safe
    anyway = plan_of(row, PlanOptions(allow_foreign_detach=True, allow_lockout=True))
    assert anyway.is_safe, anyway.findings


# Rows of a caller who loses a right


def caller_with(*statements: Statement) -> User:
    """Return the caller of the rows below, with one inline policy."""
    return user("me", inline_policies={"admin": document(*statements)})


def caller_without(*calls: str) -> User:
    """Return the caller, allowed all of IAM except these calls."""
    return caller_with(allow(), deny(list(calls)))


def rights_loss_of(
    calls: str | Entity, before: Sequence[Entity], after: Sequence[Entity], **more: Any
) -> dict[str, Any]:
    """Return the parts of a plan that takes these calls from the caller, who had all of IAM, and changes something."""
    left = calls if isinstance(calls, Entity) else caller_without(*calls.split())
    people = {"me": KEY}
    return {
        "caller": ME,
        "break_glass": (),
        "before": [caller_with(allow()), *before],
        "after": [left, *after],
        "people": people,
        **more,
    }


def lost_rights_case(
    why: str, calls: str | Entity, before: Sequence[Entity], after: Sequence[Entity], **more: Any
) -> LockoutCase:
    return lockout_case(why, locked_out="user/me", **rights_loss_of(calls, before, after, **more))


def kept_rights_case(
    why: str, calls: str | Entity, before: Sequence[Entity], after: Sequence[Entity], **more: Any
) -> LockoutCase:
    return allowed_case(why, **rights_loss_of(calls, before, after, **more))

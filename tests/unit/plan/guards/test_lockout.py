"""Nobody saws off the branch he sits on: ways to lock oneself out, each refused, and look-alikes, each allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.live import AccessKey, LiveDetails, MfaDevice, State
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem
from reconciler.model.xml_document import XmlDocument
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.saved_plan import read_saved_plan, rebuild_plan, to_saved_section
from reconciler.render.plan_json import plan_to_dict
from tests.support.lockouts import (
    ADMINISTRATOR,
    ALL,
    AWS_POLICIES,
    GITHUB,
    HOST,
    IAM,
    ME,
    MFA,
    OFFICE,
    OPS,
    OWNER_TAGS,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PROVIDER,
    ROOT,
    SAML,
    Statement,
    allow,
    deny,
    document,
    federated_trust,
    github_trust,
    trust,
)
from tests.support.strategies import ACCOUNT, PLACE, policy_arn

SSO = "AWSReservedSSO_Admin_0123456789abcdef"
UNDO_READS = ["iam:GetAccountAuthorizationDetails", "iam:ListInstanceProfiles", "iam:ListRoles"]
READS = document(allow("iam:Get*"))
S3 = document(allow("s3:*", sid="Storage"))

ELSEWHERE = "arn:aws:iam::210987654321:root"


def me(document: Document | None = None, *policies: str, **more: Any) -> User:
    """The caller, with an inline policy `admin` where a document is given."""
    inline = {"inline_policies": {"admin": document}} if document else {}
    return User("me", **{"policies": frozenset(policies), "tags": OWNER_TAGS, **inline, **more})


def ops(*statements: Statement, **more: Any) -> Role:
    inline = {"inline_policies": {"admin": IAM}}
    return Role("ops", document(*statements), **{"tags": OWNER_TAGS, **inline, **more})


def policy(name: str, content: Document) -> Policy:
    return Policy(name, content, description="", tags=OWNER_TAGS)


def arns_of(name: str = "admin") -> frozenset[str]:
    return frozenset([policy_arn(name)])


def within(*names: str) -> frozenset[Address]:
    return frozenset(Address("group", name) for name in names)


ADMINS = Group("admins", "/team/", arns_of())
PLAIN_ADMINS = Group("admins", "/team/")
INLINE_ADMINS = Group("admins", "/team/", inline_policies={"own": IAM})
MEMBER = me(groups=within("admins"))
HOLDER = me(None, policy_arn("admin"))
OKTA = SamlProvider("okta", XmlDocument("sha256:00", "<EntityDescriptor/>"))
ALICE, BOB = User("alice", tags=OWNER_TAGS), User("bob", tags=OWNER_TAGS)


@dataclass(frozen=True)
class Case:
    """`words`: what the refusal must say beside the name of the caller.

    keys: of `user/me`, whether each is active; None: nobody may read them.
    """

    live: list[Entity]
    wanted: list[Entity]
    words: tuple[str, ...] = ()
    caller: str = ME
    subject: str = "user/me"
    devices: tuple[str, ...] = ()
    keys: tuple[bool, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def sides(case: Case) -> tuple[Desired, State]:
    """What the file asks for, and what is live."""
    devices = {Address("user", name): (MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/{name}"),) for name in case.devices}
    keys = None if case.keys is None else tuple(AccessKey("AKIA", datetime.now(UTC), active) for active in case.keys)
    facts = LiveDetails(
        caller=case.caller,
        devices=devices,
        external_policies=dict.fromkeys(AWS_POLICIES, True),
        access_keys={Address("user", "me"): keys},
    )
    declarations = {entity.address: Declaration(PLACE) for entity in case.wanted}

    def state(entities: list[Entity]) -> State:
        return State(ACCOUNT, "aws", {entity.address: entity for entity in entities}, facts)

    issuer: list[Entity] = [] if case.settings.get("prune") == "all" else [replace(PROVIDER, tags={}), OKTA]
    desired = Desired(state(case.wanted), "team", Settings(**case.settings), declarations, {})
    return desired, state([*issuer, *case.live])


def plan(case: Case, allowed: PlanOptions | None = None) -> Plan:
    return build_plan(*sides(case), allowed or PlanOptions(allow_foreign_detach=True))


def of_code(made: Plan, code: str) -> list[Problem]:
    return [finding for finding in made.findings if finding.code == code]


def own(live: User, wanted: User | None, *words: str, others: tuple[Entity, ...] = (), **more: Any) -> Case:
    """A change of the caller alone."""
    return Case([live, *others], [*([wanted] if wanted else []), *others], words, **more)


def things(rights: Document, live: list[Entity], wanted: list[Entity], *words: str) -> Case:
    """A change of something that the caller has rights on."""
    return Case([me(rights), *live], [me(rights), *wanted], words)


def around(live: Entity, wanted: Entity | None, holder: User, *words: str, others: tuple[Entity, ...] = ()) -> Case:
    """A change of what the caller's rights hang on."""
    return Case([live, holder, *others], [*([wanted] if wanted else []), holder, *others], words)


def role(live: Role, wanted: Role | None, *words: str, session: str = "run-1", **more: Any) -> Case:
    others = [ALICE, BOB]
    listed = [wanted] if wanted else []
    return Case([live, *others], [*listed, *others], words, OPS + session, "role/ops", **more)


def audience(value: Any, operator: str = "StringEquals") -> Statement:
    return federated_trust(GITHUB, "sts:AssumeRoleWithWebIdentity", **{operator: {f"{HOST}:aud": value}})


def change_provider(wanted: OidcProvider | None, *words: str, how: Statement | None = None, **more: Any) -> Case:
    """The caller came through a provider, by a role that the file does not have; the provider changes."""
    stranger = ops(how or github_trust("repo:a/b:*"), tags={})
    return Case(
        [stranger, PROVIDER, ALICE], [*([wanted] if wanted else []), BOB], words, OPS + "run-1", "role/ops", **more
    )


def clients(*names: str) -> OidcProvider:
    return replace(PROVIDER, client_ids=frozenset(names))


def glass(live: list[Entity], wanted: list[Entity], subject: str, *words: str, **more: Any) -> Case:
    """Root runs the plan, and somebody named in `break_glass` would be locked out."""
    named = {"break_glass": (Address.parse(subject),)}
    return Case(live, wanted, ("break_glass", *words), ROOT, subject, settings=named, **more)


ADMIN = policy("admin", IAM)
BOUND = policy("bound", ALL)
ALICE_ONLY = ops(trust("user/alice"))
BOTH = ops(trust("user/alice", "user/bob"))
TEAM_PATH = document(allow(resource=f"arn:aws:iam::{ACCOUNT}:user/admins/*"))
SELF_PATH = document(allow(Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/admins/*"}}))
SSO_TRUST = document(federated_trust(SAML, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": "x"}))
SSO_ROLE = Role(SSO, SSO_TRUST, "/aws-reserved/sso.amazonaws.com/", policies=arns_of())
EMERGENCY = Role("emergency", document(trust("user/alice")), policies=frozenset([ADMINISTRATOR]), tags=OWNER_TAGS)

BY_TAG, BY_IAM_TAG = (
    document(allow(Condition={"StringEquals": {f"{prefix}:ResourceTag/managed": "yes"}})) for prefix in ("aws", "iam")
)
BUT_TAGGED = document(allow(), deny(Condition={"StringEquals": {"aws:ResourceTag/Managed": "yes"}}))
APP = Role("app", document(trust("user/me")), tags={**OWNER_TAGS, "managed": "yes"})
LONE = document({**trust(ACCOUNT), "Sid": "Account"})

LOCKOUTS: dict[str, Case] = {
    # By oneself
    "the own inline policy is removed": own(me(IAM), me(), "PutUserPolicy", "inline policy admin statement Admin"),
    "the own inline policy is narrowed": own(me(IAM), me(READS), "PutUserPolicy", "statement Admin"),
    "the own inline policy allows other things": own(me(IAM), me(S3), "PutUserPolicy", "statement Admin"),
    "the own managed policy is detached": own(
        HOLDER, me(), "AttachUserPolicy", "policy/admin statement Admin", others=(ADMIN,)
    ),
    "AdministratorAccess is detached": own(me(None, ADMINISTRATOR), me(), "AttachUserPolicy", ADMINISTRATOR),
    "a policy of which one statement made the administrator": own(
        me(document(allow(sid="One"), allow("s3:*", sid="Two"))),
        me(document(allow("s3:*", sid="Two"))),
        "statement One",
    ),
    "what is left is only reading": own(
        me(IAM, inline_policies={"admin": IAM, "reads": READS}), me(inline_policies={"reads": READS}), "PutUserPolicy"
    ),
    "what is left lacks the one call that brings it back": own(
        me(IAM), me(document(allow(["iam:*User", "iam:*Role", "iam:List*"]))), "PutUserPolicy"
    ),
    "what is left is for other users only": own(
        me(IAM), me(document(allow(resource=f"arn:aws:iam::{ACCOUNT}:user/others/*"))), "PutUserPolicy"
    ),
    "what is left is everything but IAM": own(
        me(IAM),
        me(document({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})),
        "PutUserPolicy",
    ),
    "what is left is everywhere but on oneself": own(
        me(IAM), me(document({"Effect": "Allow", "Action": "iam:*", "NotResource": ME})), "PutUserPolicy"
    ),
    # By a managed policy
    "the own policy is narrowed": around(ADMIN, policy("admin", READS), HOLDER, "CreatePolicyVersion", "Admin"),
    "the own policy is emptied of IAM": around(ADMIN, policy("admin", S3), HOLDER, "CreatePolicyVersion"),
    "the own policy is deleted": Case([ADMIN, HOLDER], [me()], ("AttachUserPolicy",)),
    # By a group
    "the admin group is left": own(
        MEMBER, me(), "AddUserToGroup", "group/team/admins", "policy/admin statement Admin", others=(ADMIN, ADMINS)
    ),
    "the group's policy is detached": around(ADMINS, PLAIN_ADMINS, MEMBER, "AttachGroupPolicy", others=(ADMIN,)),
    "the group's policy is narrowed": Case(
        [ADMIN, ADMINS, MEMBER], [policy("admin", READS), ADMINS, MEMBER], ("CreatePolicyVersion",)
    ),
    "the group's inline policy is removed": around(INLINE_ADMINS, PLAIN_ADMINS, MEMBER, "PutGroupPolicy"),
    "the group is deleted": Case([ADMIN, ADMINS, MEMBER], [ADMIN, me()], ("CreateGroup", "AddUserToGroup")),
    # By a boundary
    "a boundary without IAM is put on": own(
        me(ALL), me(ALL, permissions_boundary=policy_arn("s3")), "Boundary", others=(policy("s3", S3),)
    ),
    "a boundary of AWS's without IAM is put on": own(
        me(ALL, "arn:aws:iam::aws:policy/AmazonS3FullAccess"),
        me(
            ALL,
            "arn:aws:iam::aws:policy/AmazonS3FullAccess",
            permissions_boundary="arn:aws:iam::aws:policy/AmazonS3FullAccess",
        ),
        "Boundary",
    ),
    "the boundary is narrowed": around(
        BOUND, policy("bound", S3), me(ALL, permissions_boundary=policy_arn("bound")), "CreatePolicyVersion"
    ),
    # By a Deny
    "an inline Deny is added": own(
        me(IAM), me(inline_policies={"admin": IAM, "stop": document(deny())}), "inline policy stop statement Stop"
    ),
    "a Deny of one call that matters is added": own(
        me(IAM), me(inline_policies={"admin": IAM, "stop": document(deny("iam:DeleteUserPolicy"))}), "statement Stop"
    ),
    "a managed Deny is attached": own(
        me(IAM), me(IAM, policy_arn("stop")), "policy/stop statement Stop", others=(policy("stop", document(deny())),)
    ),
    "AWSDenyAll is attached": own(
        me(IAM, ADMINISTRATOR), me(IAM, ADMINISTRATOR, "arn:aws:iam::aws:policy/AWSDenyAll"), "AWSDenyAll"
    ),
    "a Deny comes through a group": around(
        PLAIN_ADMINS,
        replace(PLAIN_ADMINS, inline_policies={"stop": document(deny())}),
        me(IAM, groups=within("admins")),
        "group/admins inline policy stop statement Stop",
    ),
    "a group with a Deny is joined": own(
        me(IAM),
        me(IAM, groups=within("stopped")),
        "group/stopped inline policy stop",
        others=(Group("stopped", "/team/", inline_policies={"stop": document(deny())}),),
    ),
    "a Deny of all but some": own(
        me(ALL),
        me(
            inline_policies={
                "admin": ALL,
                "stop": document({"Sid": "Stop", "Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),
            }
        ),
        "statement Stop",
    ),
    "a Deny of everything outside the office": own(
        me(IAM),
        me(
            inline_policies={
                "admin": IAM,
                "stop": document(deny("*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
            }
        ),
        "depends on aws:SourceIp",
    ),
    "the boundary gets a Deny": around(
        BOUND,
        policy("bound", document(allow("*"), deny())),
        me(ALL, permissions_boundary=policy_arn("bound")),
        "policy/bound statement Stop",
    ),
    # By a condition
    "an address is asked for": own(me(IAM), me(document(allow(**OFFICE))), "depends on aws:SourceIp"),
    "MFA is asked for, and there is no device": own(me(IAM), me(document(allow(**MFA))), "PutUserPolicy"),
    "a Deny without MFA, and there is no device": own(
        me(IAM),
        me(
            inline_policies={
                "admin": IAM,
                "guard": document(deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
            }
        ),
        "inline policy guard statement Stop",
    ),
    "somebody else has the device": own(
        me(IAM), me(document(allow(**MFA))), "PutUserPolicy", others=(BOB,), devices=("bob",)
    ),
    "a tag that the caller has not": own(
        me(IAM), me(document(allow(Condition={"StringEquals": {"aws:PrincipalTag/admin": "yes"}}))), "PutUserPolicy"
    ),
    "the tag that the own Allow asks for is removed": own(
        me(
            document(allow(Condition={"StringEquals": {"aws:PrincipalTag/admin": "yes"}})),
            tags={**OWNER_TAGS, "admin": "yes"},
        ),
        me(document(allow(Condition={"StringEquals": {"aws:PrincipalTag/admin": "yes"}}))),
        "TagUser",
    ),
    # By a path
    "the own path moves away from the own rights": own(
        me(TEAM_PATH, path="/admins/"),
        me(TEAM_PATH, path="/people/"),
        "UpdateUser",
        caller=f"arn:aws:iam::{ACCOUNT}:user/admins/me",
    ),
    "the own path moves away from a condition": own(
        me(SELF_PATH, path="/admins/"),
        me(SELF_PATH, path="/people/"),
        "UpdateUser",
        caller=f"arn:aws:iam::{ACCOUNT}:user/admins/me",
    ),
    "the own inline policy is removed, below a path": own(
        me(IAM, path="/a/b/"), me(path="/a/b/"), "PutUserPolicy", caller=f"arn:aws:iam::{ACCOUNT}:user/a/b/me"
    ),
    # In a session of a role
    "the role's policy is narrowed": role(
        ALICE_ONLY, ops(trust("user/alice"), inline_policies={"admin": READS}), "PutRolePolicy", "statement Admin"
    ),
    "the role's policy is detached": role(
        ops(trust("user/alice"), inline_policies={}, policies=frozenset([ADMINISTRATOR])),
        ops(trust("user/alice"), inline_policies={}),
        "AttachRolePolicy",
    ),
    "the role gets a boundary": role(
        ALICE_ONLY,
        ops(trust("user/alice"), permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        "RolePermissionsBoundary",
    ),
    "the role asks for MFA, which no session of a role carries": role(
        ALICE_ONLY, ops(trust("user/alice"), inline_policies={"admin": document(allow(**MFA))}), "PutRolePolicy"
    ),
    "the trust drops the user it came through": role(BOTH, ops(trust("user/bob")), "user/alice", session="alice"),
    "the trust drops one through whom it may have come": role(BOTH, ops(trust("user/bob")), "user/alice assuming"),
    "the trust gets a Deny": role(
        ALICE_ONLY,
        ops(trust("user/alice"), {**trust("user/alice"), "Effect": "Deny", "Sid": "Stop"}),
        "user/alice assuming",
    ),
    "the trust asks for MFA of a user without a device": role(
        ALICE_ONLY, ops(trust("user/alice", **MFA)), "user/alice assuming"
    ),
    "the trust asks for an external id": role(
        ALICE_ONLY,
        ops(trust("user/alice", Condition={"StringEquals": {"sts:ExternalId": "x"}})),
        "user/alice assuming",
    ),
    "the trust asks for an address": role(ALICE_ONLY, ops(trust("user/alice", **OFFICE)), "user/alice assuming"),
    "the trust denies the account of the role it may have come through": role(
        ops(trust(PARTNER_ROLE)), ops(trust(PARTNER_ROLE), {**trust(PARTNER_ROOT), "Effect": "Deny"}), PARTNER_ROLE
    ),
    "the trust denies one role of an account that it lets in": role(
        ops(trust(PARTNER_ROOT)), ops(trust(PARTNER_ROOT), {**trust(PARTNER_ROLE), "Effect": "Deny"}), PARTNER_ROOT
    ),
    "the trust denies a session of the role it may have come through": role(
        ops(trust(PARTNER_ROLE)),
        ops(trust(PARTNER_ROLE), {**trust("arn:aws:sts::210987654321:assumed-role/ci/run"), "Effect": "Deny"}),
        PARTNER_ROLE,
    ),
    "the trust drops another account": role(
        ops(trust("arn:aws:iam::210987654321:root")), ALICE_ONLY, "arn:aws:iam::210987654321:root"
    ),
    "the trust drops the account, and the user is trusted by nothing else": Case(
        [
            ops(trust(ROOT)),
            User("alice", inline_policies={"a": document(allow("sts:AssumeRole"))}, tags=OWNER_TAGS),
            BOB,
        ],
        [
            ops(trust("user/bob")),
            User("alice", inline_policies={"a": document(allow("sts:AssumeRole"))}, tags=OWNER_TAGS),
            BOB,
        ],
        ("user/alice assuming",),
        OPS + "alice",
        "role/ops",
    ),
    "the user it came through loses sts:AssumeRole": Case(
        [ops(trust(ROOT)), User("alice", inline_policies={"a": document(allow("sts:AssumeRole"))}, tags=OWNER_TAGS)],
        [ops(trust(ROOT)), ALICE],
        ("user/alice assuming",),
        OPS + "alice",
        "role/ops",
    ),
    "the user it came through is deleted": Case(
        [ops(trust(ROOT)), User("alice", inline_policies={"a": document(allow("sts:AssumeRole"))}, tags=OWNER_TAGS)],
        [ops(trust(ROOT))],
        ("user/alice assuming",),
        OPS + "alice",
        "role/ops",
    ),
    # In a federated session
    "the trust drops the OIDC provider": role(ops(github_trust("repo:a/b:*")), ALICE_ONLY, GITHUB),
    "the trust narrows the OIDC subject": role(
        ops(github_trust("repo:a/b:*")), ops(github_trust("repo:a/b:ref:refs/heads/release")), GITHUB
    ),
    "the trust drops one of two OIDC subjects": role(
        ops(github_trust("repo:a/b:*", "repo:a/c:*")), ops(github_trust("repo:a/b:*")), GITHUB
    ),
    "the trust denies the OIDC provider": role(
        ops(github_trust("repo:a/b:*")),
        ops(github_trust("repo:a/b:*"), {**github_trust("repo:a/b:*"), "Effect": "Deny"}),
        GITHUB,
    ),
    "the trust drops the SAML provider": role(
        ops(federated_trust(SAML, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": "x"})), ALICE_ONLY, SAML
    ),
    "the OIDC provider goes": change_provider(None, f"oidc-provider/{HOST} assuming role/ops", "deletes it"),
    "the OIDC provider goes, and the trust has no condition": change_provider(
        None, "deletes it", how=federated_trust(GITHUB, "sts:AssumeRoleWithWebIdentity")
    ),
    "the OIDC provider loses a client id": change_provider(clients("sts.amazonaws.com"), "the client id 'other'"),
    "the OIDC provider loses the client id that the trust takes": change_provider(
        clients("other"), "the client id 'sts.amazonaws.com'", how=audience("sts.amazonaws.com")
    ),
    "the OIDC provider loses a client id that the trust takes by a pattern": change_provider(
        clients("other"), "the client id 'sts.amazonaws.com'", how=audience("sts.*", "StringLike")
    ),
    "the OIDC provider loses a client id, and the trust tests another provider's": change_provider(
        clients("other"),
        "the client id 'sts.amazonaws.com'",
        how=federated_trust(GITHUB, "sts:AssumeRoleWithWebIdentity", StringEquals={"gitlab.com:aud": "other"}),
    ),
    "the OIDC provider loses a client id, and the trust excludes another": change_provider(
        clients("other"), "the client id 'sts.amazonaws.com'", how=audience("other", "StringNotEquals")
    ),
    "the OIDC provider loses a thumbprint": change_provider(
        replace(PROVIDER, thumbprints=frozenset(["a" * 40])), f"a thumbprint from oidc-provider/{HOST}"
    ),
    "the emergency role is trusted to another account, and now asks for an external id": glass(
        [Role("emergency", document(trust(ELSEWHERE)), policies=frozenset([ADMINISTRATOR]))],
        [
            Role(
                "emergency",
                document(trust(ELSEWHERE, Condition={"StringEquals": {"sts:ExternalId": "zzz"}})),
                policies=frozenset([ADMINISTRATOR]),
            )
        ],
        "role/emergency",
        "depends on sts:ExternalId, the policies in account 210987654321",
    ),
    "the emergency role's provider goes": glass(
        [Role("emergency", document(github_trust("repo:a/b:*")), policies=frozenset([ADMINISTRATOR])), PROVIDER],
        [],
        "role/emergency",
        "deletes it",
    ),
    "the policy of a permission set is narrowed": Case(
        [ADMIN, SSO_ROLE],
        [policy("admin", READS)],
        ("CreatePolicyVersion", "policy/admin statement Admin"),
        f"arn:aws:sts::{ACCOUNT}:assumed-role/{SSO}/alice@example.com",
        f"role/{SSO}",
    ),
    # By the tags of what the rights are on
    "a role loses the tag by which the caller may write it": things(
        BY_TAG, [APP], [replace(APP, tags=OWNER_TAGS)], "TagRole", "inline policy admin"
    ),
    "a role gets another value of the tag, by a key of IAM's own": things(
        BY_IAM_TAG, [APP], [replace(APP, tags={**OWNER_TAGS, "managed": "no"})], "TagRole"
    ),
    "a policy loses the tag by which the caller may write it": things(
        BY_TAG, [replace(ADMIN, tags={**OWNER_TAGS, "managed": "yes"})], [ADMIN], "TagPolicy"
    ),
    "a role gets a tag that shuts the caller out": things(
        BUT_TAGGED, [replace(APP, tags=OWNER_TAGS)], [APP], "UntagRole", "statement Stop"
    ),
    # Whom `break_glass` names
    "the emergency role loses its policy": glass(
        [ALICE, EMERGENCY], [ALICE, replace(EMERGENCY, policies=frozenset())], "role/emergency", "AttachRolePolicy"
    ),
    "the emergency role can be assumed no more": glass(
        [ALICE, BOB, EMERGENCY],
        [ALICE, BOB, replace(EMERGENCY, trust_policy=document(trust("user/bob")))],
        "role/emergency",
        "user/alice assuming",
    ),
    "the user who may assume the emergency role goes": glass(
        [ALICE, BOB, replace(EMERGENCY, trust_policy=document(trust("user/alice", "user/bob")))],
        [BOB, replace(EMERGENCY, trust_policy=document(trust("user/bob")))],
        "role/emergency",
        "user/alice assuming",
    ),
    "the emergency user loses its policy": glass([me(IAM)], [me()], "user/me", "PutUserPolicy"),
    "the emergency user loses its password, and has no key": glass(
        [me(IAM, console=True)], [me(IAM, console=False)], "user/me", "signing in as user/me", "active", keys=()
    ),
    "the emergency user loses its password, and its key is off": glass(
        [me(IAM, console=True)], [me(IAM, console=False)], "user/me", "signing in as user/me", keys=(False,)
    ),
    "the emergency user loses its password, and nobody knows of a key": glass(
        [me(IAM, console=True)], [me(IAM, console=False)], "user/me", "may have no access key"
    ),
    "the emergency user is moved away from its own rights": glass(
        [me(TEAM_PATH, path="/admins/")], [me(TEAM_PATH, path="/people/")], "user/me", "UpdateUser"
    ),
}


@pytest.mark.parametrize("case", LOCKOUTS.values(), ids=LOCKOUTS.keys())
def test_a_plan_that_locks_out_its_author_is_refused_and_says_who_and_why(case: Case) -> None:
    made = plan(case)
    refused = of_code(made, "lockout")
    assert [str(finding.address) for finding in refused] == [case.subject], made.findings
    (finding,) = refused
    said = finding.message
    assert not made.is_safe
    assert finding.flag == "--allow-lockout"
    assert "--allow-lockout" in finding.hint
    assert (case.caller if case.caller != ROOT else case.subject) in said
    assert [word for word in case.words if word not in said] == [], said
    assert len(said) < 1000


@pytest.mark.parametrize("case", LOCKOUTS.values(), ids=LOCKOUTS.keys())
def test_what_would_lock_out_is_allowed_by_its_flag_and_changes_nothing_else(case: Case) -> None:
    refused, allowed = plan(case), plan(case, PlanOptions(allow_lockout=True, allow_foreign_detach=True))
    assert of_code(allowed, "lockout") == []
    assert allowed.is_safe, allowed.findings
    assert (allowed.steps, allowed.changes) == (refused.steps, refused.changes)


@pytest.mark.parametrize("case", LOCKOUTS.values(), ids=LOCKOUTS.keys())
def test_root_is_never_locked_out(case: Case) -> None:
    made = plan(replace(case, caller=ROOT, settings={}))
    assert [finding.code for finding in made.findings if finding.code in ("lockout", "caller-unknown")] == []


WIDE_BOUND = policy("bound", document(allow(["iam:*", "s3:*"])))
S3_BOUND = policy_arn("only-s3")
OTHER = User("other", inline_policies={"admin": IAM}, tags=OWNER_TAGS)

ALIKE: dict[str, Case] = {
    "the policy is replaced by an equal one": own(
        HOLDER, me(None, policy_arn("same")), others=(ADMIN, policy("same", IAM))
    ),
    "the policy is replaced by a wider one": own(me(IAM), me(ALL)),
    "the policy is replaced by AdministratorAccess": own(me(IAM), me(None, ADMINISTRATOR)),
    "the document is written another way": own(
        me(IAM), me(document(allow("iam:Get*", sid="A"), allow(["iam:G*", "iam:*"], sid="B")))
    ),
    "from inline to managed": own(me(IAM), HOLDER, others=(ADMIN,)),
    "from managed to inline": own(HOLDER, me(IAM), others=(ADMIN,)),
    "from the own policy to the group's": own(HOLDER, MEMBER, others=(ADMIN, ADMINS)),
    "from the group's policy to the own": own(MEMBER, HOLDER, others=(ADMIN, ADMINS)),
    "from one group to another": own(
        MEMBER,
        me(groups=within("others")),
        others=(ADMIN, ADMINS, Group("others", "/team/", inline_policies={"own": IAM})),
    ),
    "the policy of the group moves inline": around(ADMINS, INLINE_ADMINS, MEMBER, others=(ADMIN,)),
    "the policy is renamed": Case([ADMIN, HOLDER], [policy("new", IAM), me(None, policy_arn("new"))]),
    "a second policy goes": own(
        me(inline_policies={"admin": IAM, "too": IAM}),
        me(IAM),
    ),
    "rights other than IAM's are narrowed": own(
        me(inline_policies={"admin": IAM, "s3": S3}), me(inline_policies={"admin": IAM, "s3": READS})
    ),
    "the policy is narrowed to what brings it back, and the reads of undo": own(
        me(IAM), me(document(allow("iam:PutUserPolicy", ME), allow(UNDO_READS, sid="Reads")))
    ),
    "MFA is asked for, and there is a device": own(me(IAM), me(document(allow(**MFA))), devices=("me",)),
    "a Deny without MFA, and there is a device": own(
        me(IAM),
        me(
            inline_policies={
                "admin": IAM,
                "guard": document(deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
            }
        ),
        devices=("me",),
    ),
    "a condition that was there before": own(
        me(document(allow(**OFFICE))), me(document(allow(**OFFICE)), tags={**OWNER_TAGS, "team": "b"})
    ),
    "a condition is taken off": own(me(document(allow(**OFFICE))), me(IAM)),
    "a condition that the caller fulfils": own(
        me(IAM), me(document(allow(Condition={"ArnEquals": {"aws:PrincipalArn": ME}})))
    ),
    "a Deny that has nothing to do with it": own(
        me(IAM), me(inline_policies={"admin": IAM, "stop": document(deny("s3:*"))})
    ),
    "a Deny of IAM on others": own(
        me(IAM),
        me(
            inline_policies={
                "admin": IAM,
                "stop": document({**deny(), "Resource": f"arn:aws:iam::{ACCOUNT}:user/vip/*"}),
            }
        ),
    ),
    "a Deny that excepts the caller": own(
        me(IAM),
        me(
            inline_policies={
                "admin": IAM,
                "stop": document(deny(Condition={"StringNotEquals": {"aws:username": "me"}})),
            }
        ),
    ),
    "a Deny is taken off": own(me(inline_policies={"admin": IAM, "stop": document(deny("iam:Tag*"))}), me(IAM)),
    "a boundary that allows IAM is put on": own(
        me(ALL), me(ALL, permissions_boundary=policy_arn("bound")), others=(WIDE_BOUND,)
    ),
    "the boundary is narrowed, but not in IAM": around(
        BOUND, WIDE_BOUND, me(ALL, permissions_boundary=policy_arn("bound"))
    ),
    "a boundary is taken off": own(me(ALL, permissions_boundary=policy_arn("bound")), me(ALL), others=(WIDE_BOUND,)),
    "the own tags change": own(me(IAM), me(IAM, tags={**OWNER_TAGS, "team": "b"})),
    "the caller is adopted": own(me(IAM, tags={}), me(IAM)),
    "the own path changes, and the rights are anywhere": own(
        me(IAM, path="/a/"), me(IAM, path="/b/"), caller=f"arn:aws:iam::{ACCOUNT}:user/a/me"
    ),
    "the rights of another are removed": Case([me(IAM), OTHER], [me(IAM), User("other", tags=OWNER_TAGS)]),
    "another is deleted": Case([me(IAM), OTHER], [me(IAM)]),
    "another of almost the same name is deleted": Case([me(IAM), User("me2", tags=OWNER_TAGS)], [me(IAM)]),
    "a role of the caller's name is deleted": Case(
        [me(IAM), Role("me", document(trust("user/me")), tags=OWNER_TAGS)], [me(IAM)]
    ),
    "a policy that nobody holds is narrowed": Case([me(IAM), ADMIN], [me(IAM), policy("admin", READS)]),
    "there was nothing to lose": own(me(S3), me()),
    "the caller's role alias is another role": Case(
        [ops(trust("user/alice")), Role("other", document(trust("user/alice")), tags=OWNER_TAGS), ALICE],
        [ops(trust("user/alice")), ALICE],
        caller=OPS + "run-1",
    ),
    "the session came through another user": role(BOTH, ops(trust("user/bob")), session="bob"),
    "the trust gains a principal": role(ALICE_ONLY, BOTH),
    "the trust gains a provider": role(ALICE_ONLY, ops(trust("user/alice"), github_trust("repo:a/b:*"))),
    "the trust is written as two statements": role(BOTH, ops(trust("user/alice"), {**trust("user/bob"), "Sid": "B"})),
    "the trust asks for MFA of a user with a device": role(
        ALICE_ONLY, ops(trust("user/alice", **MFA)), devices=("alice",)
    ),
    "the trust denies somebody else": role(
        ALICE_ONLY, ops(trust("user/alice"), {**trust("user/bob"), "Effect": "Deny"})
    ),
    "the trust denies another role of the same account": role(
        ops(trust(PARTNER_ROLE)), ops(trust(PARTNER_ROLE), {**trust(f"{PARTNER_ROLE}2"), "Effect": "Deny"})
    ),
    "the trust denies another account": role(
        ops(trust(PARTNER_ROOT)),
        ops(trust(PARTNER_ROOT), {**trust("arn:aws:iam::345678901234:root"), "Effect": "Deny"}),
    ),
    "the trust gains an OIDC subject": role(
        ops(github_trust("repo:a/b:*")), ops(github_trust("repo:a/b:*", "repo:a/c:*"))
    ),
    "the trust gains an OIDC subject, exactly": role(
        ops(github_trust("repo:a/b", operator="StringEquals")),
        ops(github_trust("repo:a/b", "repo:a/c", operator="StringEquals")),
    ),
    "the trust of the provider gets a Sid": role(
        ops(github_trust("repo:a/b:*")), ops({**github_trust("repo:a/b:*"), "Sid": "Pipeline"})
    ),
    "the OIDC provider gains a client id": change_provider(clients("sts.amazonaws.com", "other", "third")),
    "the OIDC provider gains a thumbprint": change_provider(
        replace(PROVIDER, thumbprints=frozenset(["a" * 40, "b" * 40, "c" * 40]))
    ),
    "the OIDC provider leaves its thumbprints alone": change_provider(replace(PROVIDER, thumbprints=None)),
    "the OIDC provider loses a client id that the trust does not take": change_provider(
        clients("sts.amazonaws.com"), how=audience("sts.amazonaws.com")
    ),
    "the OIDC provider loses a client id that only looks like a pattern": change_provider(
        clients("sts.amazonaws.com"), how=audience("oth*r")
    ),
    "the OIDC provider loses a client id that no pattern of the trust fits": change_provider(
        clients("sts.amazonaws.com"), how=audience("sts.*", "StringLike")
    ),
    "another OIDC provider goes": Case(
        [ops(github_trust("repo:a/b:*"), tags={}), OidcProvider(f"{HOST}/acme", tags=OWNER_TAGS)],
        [],
        caller=OPS + "run-1",
    ),
    "the OIDC provider goes, and the trust only denies it": change_provider(
        None, how={**github_trust("*"), "Effect": "Deny"}
    ),
    "the session gets longer": role(ALICE_ONLY, ops(trust("user/alice"), max_session_duration=7200)),
    "the user it came through moves, and the trust follows": Case(
        [ALICE_ONLY, ALICE],
        [ops(trust("user/x/alice")), replace(ALICE, path="/x/")],
        caller=OPS + "alice",
        subject="role/ops",
    ),
    "a role keeps the tag by which the caller may write it": things(
        BY_TAG, [APP], [replace(APP, tags={**APP.tags, "team": "b"})]
    ),
    "a role is tagged, and the caller's rights hang on another tag": things(
        BUT_TAGGED, [replace(APP, tags=OWNER_TAGS)], [replace(APP, tags={**OWNER_TAGS, "a": "b"})]
    ),
    "what is created lacks the tag by which the caller may write": things(BY_TAG, [], [replace(APP, tags=OWNER_TAGS)]),
    "what is deleted had the tag by which the caller may write": things(BY_TAG, [APP], []),
    "a session of the role may no longer assume the role itself": Case(
        [Role("ops", LONE, inline_policies={"admin": ALL}, tags=OWNER_TAGS)],
        [Role("ops", LONE, inline_policies={"admin": IAM}, tags=OWNER_TAGS)],
        caller=OPS + "run-1",
    ),
    "break_glass loses its password, and has a key": glass(
        [me(IAM, console=True)], [me(IAM, console=False)], "user/me", keys=(False, True)
    ),
    "the caller loses its password": own(me(IAM, console=True), me(IAM, console=False)),
    "break_glass may no longer assume itself": glass(
        [replace(EMERGENCY, trust_policy=LONE, policies=frozenset(), inline_policies={"admin": ALL})],
        [replace(EMERGENCY, trust_policy=LONE, policies=frozenset(), inline_policies={"admin": IAM})],
        "role/emergency",
    ),
    "break_glass is left alone": glass([ALICE, EMERGENCY, OTHER], [ALICE, EMERGENCY], "role/emergency"),
    "break_glass is not touched, and another loses the same policy": glass(
        [ALICE, EMERGENCY, User("x", policies=frozenset([ADMINISTRATOR]), tags=OWNER_TAGS)],
        [ALICE, EMERGENCY, User("x", tags=OWNER_TAGS)],
        "role/emergency",
    ),
    "break_glass gains a principal": glass(
        [ALICE, BOB, EMERGENCY],
        [ALICE, BOB, replace(EMERGENCY, trust_policy=document(trust("user/alice", "user/bob")))],
        "role/emergency",
    ),
}


@pytest.mark.parametrize("case", ALIKE.values(), ids=ALIKE.keys())
def test_what_only_looks_like_a_lockout_is_allowed(case: Case) -> None:
    made = plan(case)
    assert made.steps
    assert of_code(made, "lockout") == []
    assert made.is_safe, made.findings


UNKNOWN: dict[str, tuple[str, list[str]]] = {
    "a user that live IAM does not show": (f"arn:aws:iam::{ACCOUNT}:user/ghost", ["caller-unknown"]),
    "a role that live IAM does not show": (f"arn:aws:sts::{ACCOUNT}:assumed-role/ghost/x", ["caller-unknown"]),
    "a federated user": (f"arn:aws:sts::{ACCOUNT}:federated-user/me", ["caller-unknown"]),
    "the caller, live": (ME, []),
    "root": (ROOT, []),
}


@pytest.mark.parametrize(("caller", "expected"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_caller_that_live_iam_does_not_show_is_a_warning_and_no_refusal(caller: str, expected: list[str]) -> None:
    made = plan(Case([me(IAM), OTHER], [me(IAM)], caller=caller))
    found = [finding for finding in made.findings if finding.code in ("caller-unknown", "lockout")]
    assert [(finding.code, finding.level) for finding in found] == [(code, Level.WARNING) for code in expected]
    assert all(caller in finding.message for finding in found)
    assert made.is_safe


def test_a_plan_without_a_change_asks_for_no_caller() -> None:
    made = plan(Case([me(IAM)], [me(IAM)], caller=f"arn:aws:iam::{ACCOUNT}:user/ghost"))
    assert made.findings == ()


def test_a_caller_and_break_glass_are_each_refused_by_name() -> None:
    named = {"break_glass": (Address("role", "emergency"),)}
    live: list[Entity] = [me(IAM), ALICE, EMERGENCY]
    made = plan(Case(live, [me(), ALICE, replace(EMERGENCY, policies=frozenset())], settings=named))
    assert [str(item.address) for item in of_code(made, "lockout")] == ["role/emergency", "user/me"]


def test_of_many_lost_rights_some_are_named_and_the_rest_counted() -> None:
    many = [User(f"u{index}", tags=OWNER_TAGS) for index in range(20)]
    retagged: list[Entity] = [replace(user, tags={**OWNER_TAGS, "team": "b"}) for user in many]
    (finding,) = of_code(plan(Case([me(IAM), *many], [me(), *retagged])), "lockout")
    assert "more" in finding.message
    assert len(finding.message) < 1000


# The caller itself goes: pruning keeps it, but somebody else's saved plan may not


ITSELF: dict[str, tuple[list[Entity], list[Entity], str, str]] = {
    "a user": ([me(IAM), OTHER], [OTHER], ME, "user/me"),
    "a user, by a long-lived session": ([me(IAM, path="/a/"), OTHER], [OTHER], ME.replace("me", "a/me"), "user/me"),
    "a role": ([ALICE_ONLY, ALICE], [ALICE], OPS + "run-1", "role/ops"),
}


@pytest.mark.parametrize(("live", "wanted", "caller", "subject"), ITSELF.values(), ids=ITSELF.keys())
@pytest.mark.parametrize("prune", ["owned", "all"])
def test_the_caller_is_never_pruned(
    live: list[Entity], wanted: list[Entity], caller: str, subject: str, prune: str
) -> None:
    assert plan(Case(live, wanted, caller=caller, settings={"prune": prune})).changes == ()


@pytest.mark.parametrize(("live", "wanted", "caller", "subject"), ITSELF.values(), ids=ITSELF.keys())
def test_a_saved_plan_that_deletes_who_applies_it_is_refused(
    live: list[Entity], wanted: list[Entity], caller: str, subject: str
) -> None:
    made = plan(Case(live, wanted, caller=ROOT))
    assert [str(change.address) for change in made.changes] == [subject]
    saved = read_saved_plan(plan_to_dict(made) | {"saved": to_saved_section(made)})
    state = State(ACCOUNT, "aws", {entity.address: entity for entity in live}, LiveDetails(caller=caller))
    (finding,) = of_code(rebuild_plan(saved, state, PlanOptions()), "lockout")
    assert str(finding.address) == subject
    assert caller in finding.message
    assert "the plan deletes it" in finding.message
    assert of_code(rebuild_plan(saved, state, PlanOptions(allow_lockout=True)), "lockout") == []


# Order


def order(case: Case) -> list[str]:
    made = plan(case, PlanOptions(allow_lockout=True, allow_foreign_detach=True, allow_deletes=True))
    assert made.is_safe, made.findings
    return [str(step.address) for step in made.steps]


LAST: dict[str, tuple[Case, int]] = {
    "the own policy comes off": (Case([HOLDER, ADMIN, OTHER, ALICE], [me(), ADMIN, BOB]), 1),
    "the own inline policy is narrowed": (Case([me(IAM), OTHER, ALICE], [me(READS), BOB]), 1),
    "the group is left": (Case([MEMBER, ADMIN, ADMINS, OTHER], [me(), ADMIN, ADMINS, BOB]), 1),
    "the own policy is narrowed": (Case([HOLDER, ADMIN, OTHER], [HOLDER, policy("admin", READS), BOB]), 1),
    "the group's policy comes off": (Case([MEMBER, ADMIN, ADMINS, OTHER], [MEMBER, ADMIN, PLAIN_ADMINS, BOB]), 1),
    "the role's policy is narrowed": (
        Case(
            [ALICE_ONLY, ALICE, OTHER],
            [ops(trust("user/alice"), inline_policies={"admin": READS}), ALICE, BOB],
            caller=OPS + "x",
        ),
        1,
    ),
    "the boundary is narrowed": (
        Case(
            [me(ALL, permissions_boundary=policy_arn("bound")), BOUND, OTHER],
            [me(ALL, permissions_boundary=policy_arn("bound")), policy("bound", S3), BOB],
        ),
        1,
    ),
    "a Deny is put on the caller": (
        Case([me(IAM), OTHER, ALICE], [me(document(allow(), deny())), BOB]),
        1,
    ),
    "a Deny comes into the group's policy": (
        Case(
            [MEMBER, ADMIN, ADMINS, OTHER],
            [MEMBER, policy("admin", document(allow(), deny())), ADMINS, BOB],
        ),
        1,
    ),
    "a boundary is put on the caller": (
        Case([me(ALL), BOUND, OTHER], [me(ALL, permissions_boundary=S3_BOUND), BOUND, policy("only-s3", S3), BOB]),
        1,
    ),
}
OF_THE_CALLER = {"user/me", "policy/admin", "policy/bound", "group/admins", "role/ops"}


@pytest.mark.parametrize(("case", "count"), LAST.values(), ids=LAST.keys())
def test_what_takes_the_caller_s_own_rights_comes_last(case: Case, count: int) -> None:
    made = order(case)
    assert len(made) > count
    assert set(made[-count:]) <= OF_THE_CALLER
    assert not set(made[:-count]) & OF_THE_CALLER


def test_a_deny_on_the_caller_that_locks_nobody_out_need_not_wait() -> None:
    zoe = User("zoe")
    made = order(Case([me(IAM), zoe], [me(document(allow(), deny("s3:*"))), replace(zoe, inline_policies={"a": S3})]))
    assert made == ["user/me", "user/zoe"]


def test_what_gives_the_caller_rights_need_not_wait() -> None:
    made = order(Case([me(IAM), OTHER], [me(ALL), BOB]))
    assert set(made) == {"user/me", "user/bob", "user/other"}

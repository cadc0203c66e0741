"""AssumeRole: who may, by trust and policies; what a session carries, and how long it lasts."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from strict_account import EntityMaker, client, refusal, trust

from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.strict import clock
from tests.support.people import Person, create_person

ACCOUNT = "123456789012"
ELSEWHERE = "210987654321"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ANYONE = {"AWS": "*"}
MAY = "sts:AssumeRole"


def policy(action: object, effect: str = "Allow", resource: str = "*", **more: object) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def if_(operator: str, key: str, value: object) -> dict[str, object]:
    return {"Condition": {operator: {key: value}}}


MFA = if_("Bool", "aws:MultiFactorAuthPresent", "true")


@dataclass
class World:
    """`assume` as a user, or in a session; what comes back is the answer, or the refusal as a test expects it."""

    url: str
    iam: Any
    maker: EntityMaker
    who: Person

    def sts(self, session: Any = None) -> Any:
        if session is None:
            return client(self.url, "sts", self.who.access_key)
        return client(self.url, "sts", session["AccessKeyId"], session["SessionToken"])

    def role(self, document: str, **more: object) -> str:
        return role_arn(self.maker.role(document, **more))

    def assume(self, role: str, session: Any = None, **more: object) -> Any:
        return self.sts(session).assume_role(RoleArn=role, **{"RoleSessionName": "me"} | more)

    def refusal_of(self, role: str, session: Any = None, **more: object) -> tuple[int, str, str]:
        return refusal(self.sts(session).assume_role, RoleArn=role, **{"RoleSessionName": "me"} | more)

    def may(self, role: str, session: Any = None, **more: object) -> bool:
        """Assumed, or refused in the words of AWS."""
        who = self.who.arn if session is None else self.sts(session).get_caller_identity()["Arn"]
        try:
            self.assume(role, session, **more)
        except self.sts().exceptions.ClientError:
            assert self.refusal_of(role, session, **more) == denial_of(who, role)
            return False
        return True

    def allow(self, action: object, *more: Any, **rest: Any) -> None:
        """Another inline policy of the user."""
        self.iam.put_user_policy(
            UserName=self.who.name, PolicyName=self.maker.name("p"), PolicyDocument=policy(action, *more, **rest)
        )


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def denial_of(who: str, role: str, action: str = MAY) -> tuple[int, str, str]:
    return (403, "AccessDenied", f"User: {who} is not authorized to perform: {action} on resource: {role}")


@pytest.fixture
def world(sandbox: Sandbox, iam: Any, maker: EntityMaker, name: Any) -> World:
    return World(sandbox.url, iam, maker, create_person(iam, name("someone")))


@pytest.fixture
def mfa_world(sandbox: Sandbox, iam: Any, maker: EntityMaker, name: Any) -> World:
    """With an MFA device."""
    return World(sandbox.url, iam, maker, create_person(iam, name("someone"), mfa=True))


def code(world: World) -> dict[str, str]:
    return {"SerialNumber": world.who.device.serial, "TokenCode": world.who.device.next_code()}


# Who may.


def test_a_trust_that_names_the_user_is_enough(world: World) -> None:
    role = world.role(trust({"AWS": world.who.arn}))
    told = world.assume(role)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/me"
    role_id = world.iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["RoleId"]
    assert told["AssumedRoleUser"] == {"AssumedRoleId": f"{role_id}:me", "Arn": arn}
    who = world.sts(told["Credentials"]).get_caller_identity()
    assert (who["Arn"], who["UserId"], who["Account"]) == (arn, f"{role_id}:me", ACCOUNT)


@pytest.mark.parametrize("principal", [ROOT, {"AWS": ACCOUNT}])
def test_a_trust_that_names_the_account_needs_the_users_policy_as_well(world: World, principal: object) -> None:
    role = world.role(trust(principal))
    assert not world.may(role)
    world.allow(MAY, resource=f"{role}x")
    assert not world.may(role)
    world.allow(MAY, resource=role)
    assert world.may(role)


def test_everyone_in_the_account_is_let_in_by_a_star(world: World) -> None:
    assert world.may(world.role(trust(ANYONE)))


@pytest.mark.parametrize("principal", [{"Service": "ec2.amazonaws.com"}, {"AWS": f"arn:aws:iam::{ELSEWHERE}:root"}])
def test_who_is_not_named_is_refused_whatever_policies_it_has(world: World, principal: object) -> None:
    world.allow("*")
    assert not world.may(world.role(trust(principal)))


def test_a_trust_for_another_action_lets_nobody_in(world: World) -> None:
    assert not world.may(world.role(trust({"AWS": world.who.arn}, action="sts:TagSession")))


def test_a_missing_role_looks_like_a_refused_one(world: World) -> None:
    world.allow("*")
    assert not world.may(role_arn("nothing"))
    inside_a_path = world.role(trust({"AWS": world.who.arn}), Path="/ops/")
    assert not world.may(inside_a_path)
    assert world.may(inside_a_path.replace(":role/", ":role/ops/"))


def test_a_policy_of_a_group_counts(world: World) -> None:
    role, group = world.role(trust(ROOT)), world.maker.group()
    world.iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy(MAY, resource=role))
    assert not world.may(role)
    world.iam.add_user_to_group(GroupName=group, UserName=world.who.name)
    assert world.may(role)


@pytest.mark.parametrize("arn", ["arn:aws:iam::aws:policy/AdministratorAccess", ""])
def test_a_managed_policy_counts(world: World, arn: str) -> None:
    role = world.role(trust(ROOT))
    own = world.maker.policy()
    world.iam.attach_user_policy(UserName=world.who.name, PolicyArn=arn or own)
    if not arn:
        assert not world.may(role)
        world.iam.create_policy_version(PolicyArn=own, PolicyDocument=policy(MAY), SetAsDefault=True)
    assert world.may(role)


def test_a_deny_wins_on_either_side(world: World) -> None:
    role = world.role(trust({"AWS": world.who.arn}))
    world.allow(MAY, "Deny", resource=role)
    assert not world.may(role)
    both = json.loads(trust({"AWS": world.who.arn}))
    both["Statement"] += json.loads(trust(ANYONE, Effect="Deny"))["Statement"]
    assert not world.may(world.role(json.dumps(both)))


def test_a_boundary_limits_what_a_policy_allows(world: World) -> None:
    role, boundary = world.role(trust(ROOT)), world.maker.policy()
    world.allow(MAY)
    world.iam.put_user_permissions_boundary(UserName=world.who.name, PermissionsBoundary=boundary)
    assert not world.may(role)
    world.iam.create_policy_version(PolicyArn=boundary, PolicyDocument=policy("sts:*"), SetAsDefault=True)
    assert world.may(role)


def test_a_user_made_anew_is_not_the_one_that_was_trusted(world: World) -> None:
    role = world.role(trust({"AWS": world.who.arn}))
    world.iam.delete_access_key(UserName=world.who.name, AccessKeyId=world.who.access_key)
    world.iam.delete_user(UserName=world.who.name)
    world.who = create_person(world.iam, world.who.name)
    assert not world.may(role)


def test_a_user_that_is_renamed_is(world: World) -> None:
    role, new = world.role(trust({"AWS": world.who.arn})), f"{world.who.name}-new"
    world.iam.update_user(UserName=world.who.name, NewUserName=new)
    assert world.may(role)


def test_the_root_user_assumes_nothing(sandbox: Sandbox, world: World) -> None:
    role = world.role(trust(ANYONE))
    refused = (403, "AccessDenied", "Roles may not be assumed by root accounts.")
    root = client(sandbox.url, "sts", "testing")
    assert refusal(root.assume_role, RoleArn=role, RoleSessionName="me") == refused
    assert world.refusal_of(role, root.get_session_token()["Credentials"]) == refused


# Conditions.


@pytest.mark.parametrize(
    ("condition", "given", "may"),
    [
        (if_("StringEquals", "sts:ExternalId", "abc"), {"ExternalId": "abc"}, True),
        (if_("StringEquals", "sts:ExternalId", "abc"), {"ExternalId": "abd"}, False),
        (if_("StringEquals", "sts:ExternalId", "abc"), {}, False),
        (if_("Null", "sts:ExternalId", "true"), {}, True),
        (if_("StringLike", "sts:RoleSessionName", "m*"), {}, True),
        (if_("StringLike", "sts:RoleSessionName", "${aws:username}"), {}, False),
        (if_("IpAddress", "aws:SourceIp", "127.0.0.0/8"), {}, True),
        (if_("IpAddress", "aws:SourceIp", "10.0.0.0/8"), {}, False),
        (if_("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"), {}, True),
        (if_("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"), {}, False),
        (if_("StringEquals", "aws:PrincipalAccount", ACCOUNT), {}, True),
        (if_("StringEquals", "aws:PrincipalOrgID", "o-1234567890"), {}, False),
        (if_("StringNotEquals", "aws:PrincipalOrgID", "o-1234567890"), {}, True),
        (if_("StringEquals", "aws:PrincipalTag/team", "x"), {}, True),
        (if_("StringEquals", "aws:PrincipalTag/team", "y"), {}, False),
        (if_("StringEquals", "aws:RequestedRegion", "us-east-1"), {}, True),
        (if_("StringEquals", "aws:MultiFactorAuthPresent", "false"), {}, False),
        (if_("BoolIfExists", "aws:MultiFactorAuthPresent", "true"), {}, True),
        (MFA, {}, False),
    ],
)
def test_conditions_of_a_trust_are_held_against_the_request(
    world: World, condition: dict[str, object], given: dict[str, str], may: bool
) -> None:
    world.iam.tag_user(UserName=world.who.name, Tags=[{"Key": "team", "Value": "x"}])
    assert world.may(world.role(trust({"AWS": world.who.arn}, **condition)), **given) is may


def test_a_session_name_may_have_to_be_the_users(world: World) -> None:
    document = trust(ROOT, **if_("StringEquals", "sts:RoleSessionName", "${aws:username}"))
    role = world.role(document)
    world.allow(MAY)
    assert world.may(role, RoleSessionName=world.who.name)
    assert not world.may(role, RoleSessionName=f"{world.who.name}x")


# MFA.


def test_a_code_with_the_call_is_mfa(mfa_world: World) -> None:
    role = mfa_world.role(trust({"AWS": mfa_world.who.arn}, **MFA))
    assert not mfa_world.may(role)
    given = code(mfa_world)
    mfa_world.assume(role, **given)
    assert mfa_world.refusal_of(role, **given) == (
        403,
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
    )


def test_a_session_with_mfa_is_mfa_of_some_age(mfa_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    role = mfa_world.role(trust({"AWS": mfa_world.who.arn}, **MFA))
    fresh = mfa_world.role(
        trust({"AWS": mfa_world.who.arn}, **if_("NumericLessThan", "aws:MultiFactorAuthAge", "600")),
    )
    session = mfa_world.sts().get_session_token(**code(mfa_world))["Credentials"]
    assert mfa_world.may(role, session) and mfa_world.may(fresh, session)
    now = time.time()
    monkeypatch.setattr(clock, "now", lambda: now + 700)
    assert mfa_world.may(role, session) and not mfa_world.may(fresh, session)


def test_a_session_without_mfa_says_so(world: World) -> None:
    session = world.sts().get_session_token()["Credentials"]
    said = world.role(trust({"AWS": world.who.arn}, **if_("Bool", "aws:MultiFactorAuthPresent", "false")))
    assert world.may(said, session) and not world.may(said)
    assert not world.may(world.role(trust({"AWS": world.who.arn}, **MFA)), session)


def test_a_role_session_carries_no_mfa_and_has_no_device(mfa_world: World) -> None:
    first = mfa_world.role(trust({"AWS": mfa_world.who.arn}, **MFA))
    second = mfa_world.role(trust({"AWS": first}, **MFA))
    session = mfa_world.assume(first, **code(mfa_world))["Credentials"]
    assert not mfa_world.may(second, session)
    refused = mfa_world.refusal_of(second, session, **code(mfa_world))
    assert refused[:2] == (403, "AccessDenied") and "unable to validate MFA code" in refused[2]


# Chains of roles.


@dataclass
class Chain:
    world: World
    first: str
    second: str
    session: Any


def chain(world: World, principal: object = None, **more: object) -> Chain:
    """A session of a first role, and a second one that trusts it, or `principal`."""
    first = world.role(trust({"AWS": world.who.arn}, action="sts:*"))
    second = world.role(trust(principal or {"AWS": first}, action="sts:*"))
    return Chain(world, first, second, world.assume(first, **more)["Credentials"])


def test_a_session_is_its_role(world: World) -> None:
    given = chain(world)
    assert world.may(given.second, given.session) and not world.may(given.second)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{given.first.rpartition('/')[2]}/"
    assert world.may(world.role(trust({"AWS": f"{session}me"})), given.session)
    assert not world.may(world.role(trust({"AWS": f"{session}you"})), given.session)


def test_a_role_named_by_its_account_needs_its_policies(world: World) -> None:
    given = chain(world, ROOT)
    assert not world.may(given.second, given.session)
    world.iam.put_role_policy(
        RoleName=given.first.rpartition("/")[2], PolicyName="p", PolicyDocument=policy(MAY, resource=given.second)
    )
    assert world.may(given.second, given.session)


def test_a_session_policy_limits_the_session(world: World) -> None:
    given = chain(world, Policy=policy("s3:*"))
    assert not world.may(given.second, given.session)
    assert world.may(given.second, world.assume(given.first, Policy=policy("sts:*"))["Credentials"])
    arns = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    assert not world.may(given.second, world.assume(given.first, PolicyArns=arns)["Credentials"])
    arns = [{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}]
    assert world.may(given.second, world.assume(given.first, PolicyArns=arns)["Credentials"])


def test_a_session_that_the_trust_names_is_not_limited_by_its_session_policy(world: World) -> None:
    given = chain(world, Policy=policy("s3:*"))
    itself = world.sts(given.session).get_caller_identity()["Arn"]
    assert world.may(world.role(trust({"AWS": itself})), given.session)
    denied = world.assume(given.first, Policy=policy("sts:*", "Deny"))["Credentials"]
    assert not world.may(world.role(trust({"AWS": itself})), denied)


def test_who_is_picked_by_arn_among_everyone_is_not_limited_by_boundary_or_session_policy(world: World) -> None:
    given = chain(world, Policy=policy("s3:*"))
    by_arn = world.role(trust(ANYONE, **if_("ArnLike", "aws:PrincipalArn", [given.first, world.who.arn])))
    assert world.may(by_arn, given.session)
    assert not world.may(by_arn, world.assume(given.first, Policy=policy("sts:*", "Deny"))["Credentials"])
    # Without the key AWS says nothing, and the sandbox takes that for a no.
    assert not world.may(world.role(trust(ANYONE)), given.session)
    world.iam.put_user_permissions_boundary(
        UserName=world.who.name, PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    assert world.may(by_arn)
    assert not world.may(world.role(trust(ANYONE)))


def test_a_role_that_is_gone_may_nothing(world: World) -> None:
    given = chain(world, ROOT)
    name = given.first.rpartition("/")[2]
    world.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy("*"))
    assert world.may(given.second, given.session)
    world.iam.delete_role_policy(RoleName=name, PolicyName="p")
    world.iam.delete_role(RoleName=name)
    assert not world.may(given.second, given.session)


def test_a_role_may_assume_itself_only_if_its_trust_says_so(world: World) -> None:
    given = chain(world)
    assert not world.may(given.first, given.session)
    world.iam.update_assume_role_policy(
        RoleName=given.first.rpartition("/")[2], PolicyDocument=trust({"AWS": [world.who.arn, given.first]})
    )
    assert world.may(given.first, given.session)


# How long.


@pytest.mark.parametrize("seconds", [None, 900, 3600])
def test_a_session_ends_when_it_says(world: World, monkeypatch: pytest.MonkeyPatch, seconds: int | None) -> None:
    role = world.role(trust({"AWS": world.who.arn}))
    session = world.assume(role, **({"DurationSeconds": seconds} if seconds else {}))["Credentials"]
    ends = session["Expiration"].timestamp()
    assert abs(ends - time.time() - (seconds or 3600)) < 10
    monkeypatch.setattr(clock, "now", lambda: ends + 1)
    expired = (403, "ExpiredToken", "The security token included in the request is expired")
    assert world.refusal_of(role, session) == expired
    iam = client(world.url, "iam", session["AccessKeyId"], session["SessionToken"])
    assert refusal(iam.list_users) == expired


@pytest.mark.parametrize(("seconds", "bound"), [(899, "greater than or equal to 900"), (43201, "equal to 43200")])
def test_the_length_of_a_session_is_limited(world: World, seconds: int, bound: str) -> None:
    role = world.role(trust({"AWS": world.who.arn}), MaxSessionDuration=43200)
    refused = world.refusal_of(role, DurationSeconds=seconds)
    assert refused[:2] == (400, "ValidationError") and bound in refused[2]
    assert world.may(role, DurationSeconds=43200)


def test_the_role_sets_the_limit(world: World) -> None:
    role = world.role(trust({"AWS": world.who.arn}))
    too_long = (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    assert world.refusal_of(role, DurationSeconds=3601) == too_long
    world.iam.update_role(RoleName=role.rpartition("/")[2], MaxSessionDuration=7200)
    assert world.may(role, DurationSeconds=7200)
    assert world.refusal_of(role, DurationSeconds=7201) == too_long
    world.iam.update_role(RoleName=role.rpartition("/")[2], Description="without the other")
    assert world.refusal_of(role, DurationSeconds=3601) == too_long


def test_a_chain_is_limited_to_an_hour(world: World) -> None:
    given = chain(world)
    long = world.role(trust({"AWS": [given.first, world.who.arn]}), MaxSessionDuration=7200)
    refused = (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    )
    assert world.may(long, DurationSeconds=7200)
    for session in (given.session, world.sts().get_session_token()["Credentials"]):
        assert world.refusal_of(long, session, DurationSeconds=3601) == refused
        assert world.may(long, session, DurationSeconds=3600)


# Tags and source identity.


def test_session_tags_need_their_permission_on_both_sides(world: World) -> None:
    given = {"Tags": [{"Key": "team", "Value": "x"}]}
    refused = world.role(trust({"AWS": world.who.arn}))
    assert world.refusal_of(refused, **given) == denial_of(world.who.arn, refused, "sts:TagSession")
    both = ["sts:AssumeRole", "sts:TagSession"]
    assert world.may(world.role(trust({"AWS": world.who.arn}, action=both)), **given)  # type: ignore[arg-type]
    delegated = world.role(trust(ROOT, action=both))  # type: ignore[arg-type]
    world.allow(MAY)
    assert world.refusal_of(delegated, **given) == denial_of(world.who.arn, delegated, "sts:TagSession")
    world.allow("sts:TagSession")
    assert world.may(delegated, **given)


@pytest.mark.parametrize(
    ("condition", "may"),
    [
        (if_("StringEquals", "aws:RequestTag/team", "x"), True),
        (if_("StringEquals", "aws:RequestTag/team", "y"), False),
        (if_("ForAllValues:StringEquals", "aws:TagKeys", ["team"]), True),
        (if_("ForAllValues:StringEquals", "aws:TagKeys", ["other"]), False),
        (if_("StringEquals", "sts:TransitiveTagKeys", "team"), True),
    ],
)
def test_conditions_see_session_tags(world: World, condition: dict[str, object], may: bool) -> None:
    role = world.role(trust({"AWS": world.who.arn}, action="sts:*", **condition))
    assert world.may(role, Tags=[{"Key": "team", "Value": "x"}], TransitiveTagKeys=["team"]) is may


def test_session_tags_are_the_sessions_and_transitive_ones_go_along(world: World) -> None:
    tags = [{"Key": "team", "Value": "x"}, {"Key": "one", "Value": "1"}]
    given = chain(world, Tags=tags, TransitiveTagKeys=["team"])
    for key, value in (("team", "x"), ("one", "1")):
        condition = if_("StringEquals", f"aws:PrincipalTag/{key}", value)
        assert world.may(world.role(trust({"AWS": given.first}, action="sts:*", **condition)), given.session)
    further = world.assume(given.second, given.session)["Credentials"]
    for key, value, may in (("team", "x", True), ("one", "1", False)):
        condition = if_("StringEquals", f"aws:PrincipalTag/{key}", value)
        assert world.may(world.role(trust({"AWS": given.second}, action="sts:*", **condition)), further) is may
    conflict = world.refusal_of(given.second, given.session, Tags=[{"Key": "TEAM", "Value": "y"}])
    assert conflict[:2] == (400, "InvalidParameterValue") and "conflicts with a transitive tag key" in conflict[2]
    untagged = world.role(trust({"AWS": given.first}))
    who = world.sts(given.session).get_caller_identity()["Arn"]
    assert world.refusal_of(untagged, given.session) == denial_of(who, untagged, "sts:TagSession")


def test_a_session_tag_hides_the_roles_own(world: World) -> None:
    given = chain(world)
    name = given.first.rpartition("/")[2]
    world.iam.tag_role(RoleName=name, Tags=[{"Key": "Team", "Value": "own"}])
    own = world.role(trust({"AWS": given.first}, **if_("StringEquals", "aws:PrincipalTag/team", "own")))
    assert world.may(own, given.session)
    tagged = world.assume(given.first, Tags=[{"Key": "team", "Value": "other"}])["Credentials"]
    assert not world.may(own, tagged)


def test_a_source_identity_needs_its_permission_and_stays(world: World) -> None:
    refused = world.role(trust({"AWS": world.who.arn}))
    assert world.refusal_of(refused, SourceIdentity="ann") == denial_of(world.who.arn, refused, "sts:SetSourceIdentity")
    given = chain(world, SourceIdentity="ann")
    who = world.sts(given.session).get_caller_identity()["Arn"]
    # Named by the trust, a role needs a policy of its own all the same: both sides must allow this action.
    assert world.refusal_of(given.second, given.session) == denial_of(who, given.second, "sts:SetSourceIdentity")
    for arn in (given.first, given.second):
        allowing = policy("sts:SetSourceIdentity")
        world.iam.put_role_policy(RoleName=arn.rpartition("/")[2], PolicyName="p", PolicyDocument=allowing)
    told = world.assume(given.second, given.session)
    assert told["SourceIdentity"] == "ann"
    assert world.may(given.second, given.session, SourceIdentity="ann")
    changed = world.refusal_of(given.second, given.session, SourceIdentity="bob")
    assert changed == denial_of(who, given.second, "sts:SetSourceIdentity")
    seen = trust({"AWS": given.second}, action="sts:*", Condition={"StringEquals": {"aws:SourceIdentity": "ann"}})
    assert world.may(world.role(seen), told["Credentials"])
    silent = world.role(trust({"AWS": given.first}))
    assert world.refusal_of(silent, given.session) == denial_of(who, silent, "sts:SetSourceIdentity")


# The grammar.

MANY = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"RoleSessionName": "a"}, "ValidationError", "'roleSessionName'"),
        ({"RoleSessionName": "a b"}, "ValidationError", "'roleSessionName'"),
        ({"RoleSessionName": "a" * 65}, "ValidationError", "'roleSessionName'"),
        ({"RoleSessionName": "añb"}, "ValidationError", "'roleSessionName'"),
        ({"ExternalId": "a"}, "ValidationError", "'externalId'"),
        ({"ExternalId": "a b"}, "ValidationError", "'externalId'"),
        ({"ExternalId": "a" * 1225}, "ValidationError", "'externalId'"),
        ({"SourceIdentity": "aws:me"}, "ValidationError", "'sourceIdentity'"),
        ({"SourceIdentity": "a"}, "ValidationError", "'sourceIdentity'"),
        ({"SerialNumber": "short", "TokenCode": "123456"}, "ValidationError", "'serialNumber'"),
        ({"SerialNumber": "GAHT12345678", "TokenCode": "12345"}, "ValidationError", "'tokenCode'"),
        ({"RoleArn": "not-an-arn-of-a-role-at-all"}, "ValidationError", "is invalid"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:user/someone"}, "ValidationError", "is invalid"),
        ({"Tags": MANY}, "ValidationError", "'tags'"),
        ({"Tags": [{"Key": "k" * 129, "Value": "v"}]}, "ValidationError", "128"),
        ({"Tags": [{"Key": "k", "Value": "v" * 257}]}, "ValidationError", "256"),
        ({"Tags": [{"Key": "aws:k", "Value": "v"}]}, "InvalidParameterValue", "aws:"),
        ({"Tags": [{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}]}, "InvalidParameterValue", "Duplicate"),
        ({"TransitiveTagKeys": ["k"]}, "InvalidParameterValue", "must be included in the requested tags"),
        (
            {"PolicyArns": [{"arn": f"arn:aws:iam::aws:policy/p{n}"} for n in range(11)]},
            "ValidationError",
            "'policyArns'",
        ),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{ELSEWHERE}:policy/p"}]}, "ValidationError", "account of the role"),
        ({"Policy": policy("s3:Get*", resource="x" * 2048)}, "PackedPolicyTooLarge", "allotted space"),
        ({"Policy": "{"}, "MalformedPolicyDocument", "invalid Json"),
        ({"Policy": trust(ANYONE)}, "MalformedPolicyDocument", "principal"),
    ],
)
def test_parameters_have_a_grammar(world: World, given: dict[str, Any], code: str, words: str) -> None:
    role = world.role(trust({"AWS": world.who.arn}, action="sts:*"))
    status, told, message = refusal(world.sts().assume_role, **{"RoleArn": role, "RoleSessionName": "me"} | given)
    assert (status, told) == (400, code) and words in message


@pytest.mark.parametrize("missing", ["RoleArn", "RoleSessionName"])
def test_role_and_session_name_are_required(world: World, missing: str) -> None:
    given = {"RoleArn": role_arn("any"), "RoleSessionName": "me"}
    del given[missing]
    assert refusal(world.sts().assume_role, **given)[:2] == (400, "ValidationError")


def test_policy_and_arns_count_together(world: World) -> None:
    role = world.role(trust({"AWS": world.who.arn}))
    arns = [{"arn": "arn:aws:iam::aws:policy/" + "p" * 128}]
    half = policy("s3:Get*", resource="x" * 1800)
    assert len(half) <= 2048 < len(half) + len(arns[0]["arn"])
    assert world.may(role, Policy=half)
    assert world.refusal_of(role, Policy=half, PolicyArns=arns)[1] == "PackedPolicyTooLarge"


# Other accounts.


def test_a_role_of_another_account_that_nobody_made_is_the_way_in(sandbox: Sandbox, world: World) -> None:
    far = f"arn:aws:iam::{ELSEWHERE}:role/way-in"
    for sts in (client(sandbox.url, "sts", "testing"), world.sts()):
        told = sts.assume_role(RoleArn=far, RoleSessionName="me")
        who = world.sts(told["Credentials"]).get_caller_identity()
        assert (who["Account"], who["Arn"]) == (ELSEWHERE, f"arn:aws:sts::{ELSEWHERE}:assumed-role/way-in/me")


def test_a_role_of_another_account_that_was_made_here_needs_both_sides(world: World) -> None:
    way_in = world.assume(f"arn:aws:iam::{ELSEWHERE}:role/way-in")["Credentials"]
    there = client(world.url, "iam", way_in["AccessKeyId"], way_in["SessionToken"])
    open_, shut = world.maker.name("open"), world.maker.name("shut")
    there.create_role(RoleName=open_, AssumeRolePolicyDocument=trust(ROOT), MaxSessionDuration=7200)
    there.create_role(RoleName=shut, AssumeRolePolicyDocument=trust({"AWS": ELSEWHERE}))
    role = f"arn:aws:iam::{ELSEWHERE}:role/{open_}"
    assert not world.may(role)
    world.allow(MAY)
    assert world.may(role, DurationSeconds=7200)
    assert world.refusal_of(role, DurationSeconds=7201)[1] == "ValidationError"
    assert not world.may(f"arn:aws:iam::{ELSEWHERE}:role/{shut}")
    # Whoever came in by a role that the sandbox made up is an administrator there.
    assert world.may(f"arn:aws:iam::{ELSEWHERE}:role/{shut}", way_in)
    assert not world.may(f"arn:aws:iam::{ELSEWHERE}:role/nothing", way_in)

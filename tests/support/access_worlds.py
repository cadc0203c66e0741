"""Hypothesis strategies for accounts whose access depends on every kind of policy, and for plans that change them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from reconciler.model.address import Address
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.guardrails import GuardrailPolicy, Guardrails
from reconciler.model.live import LiveDetails, State
from reconciler.plan.compare.renames import apply_renames
from reconciler.policy.canonical import canonical
from tests.support.draws import sampled_from
from tests.support.strategies import ACCOUNT, policy_arn

Raw = dict[str, Any]
IAM = f"arn:aws:iam::{ACCOUNT}"
USERS, GROUPS, ROLES, POLICIES = ("r1", "u1", "u2", "u3"), ("g1", "g2"), ("r1", "r2", "r3", "r4"), ("p1", "p2", "p3")
IDS = {f"AIDA{name}": Address("user", name) for name in USERS} | {
    f"AROA{name}": Address("role", name) for name in ROLES
}
UNKNOWN = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
AWS_POLICIES = [
    *(f"arn:aws:iam::aws:policy/{name}" for name in ("AdministratorAccess", "ReadOnlyAccess", "AWSDenyAll")),
    "arn:aws:iam::aws:policy/IAMUserChangePassword",
    "arn:aws:iam::aws:policy/S3UnlockBucketPolicy",
    UNKNOWN,
]
TRUSTED_PRINCIPALS = [
    *(f"{IAM}:{name}" for name in ("root", "root", "user/u1", "user/eng/u2", "user/r1", "role/r1", "role/eng/r2")),
    *("*", "*", "arn:aws:iam::210987654321:root", "AIDAu1", "AROAr1", "AIDAgone"),
    *(f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}" for name in ("r1/s", "r2/s")),
]
CONDITIONS: list[Raw] = [
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}},
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": "r1"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "r1"}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"StringLike": {"iam:ResourceTag/team": "r*"}},
    {"StringNotEquals": {"aws:ResourceTag/team": "${aws:username}"}},
    {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team, 'r1'}"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
    {"StringEquals": {"aws:ResourceAccount": "210987654321"}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
    {"StringLike": {"aws:username": "u*"}},
    {"StringEquals": {"aws:userid": "AIDAu1"}},
    {"ArnLike": {"aws:PrincipalArn": f"{IAM}:user/eng/*"}},
    {"ArnEquals": {"aws:PrincipalArn": f"{IAM}:role/${{aws:PrincipalTag/team}}"}},
    {"StringEquals": {"sts:ExternalId": ["a", "b"]}},
    {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"MadeUp": {"aws:x": "y"}},
]
RESOURCES = [
    "*",
    *(f"{IAM}:role/{name}" for name in ("*", "r1", "eng/r2", "r?", "eng/*", "${aws:username}", "nobody")),
    *(f"{IAM}:role/${{aws:{key}}}" for key in ("PrincipalTag/team", "ResourceTag/team", "username, 'r2'")),
    f"{IAM}:user/${{aws:username}}",
    f"{IAM}:user/u1",
    f"{IAM}:group/*",
    policy_arn("p1"),
    "arn:aws:iam::*:role/r*",
]
ACTIONS = [
    *("sts:AssumeRole", "sts:AssumeRole", "sts:*", "*", "iam:*", "iam:Put*", "iam:AttachGroupPolicy", "s3:*"),
    *("iam:CreatePolicyVersion", "iam:PassRole", "ec2:RunInstances", "lambda:*", "iam:PutRolePolicy", "?ts:AssumeRole"),
]


def sample_lists(values: list[Any] | tuple[Any, ...], least: int = 0, most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique_by=str)


condition_lists, resource_lists = sample_lists(CONDITIONS, 1, 3), sample_lists(RESOURCES, 1, 3)
action_lists, named_lists = sample_lists(ACTIONS, 0, 2), sample_lists(TRUSTED_PRINCIPALS, 0, 3)
versions = st.sampled_from(["2012-10-17"] * 5 + ["2008-10-17"])
BROKEN = canonical("{broken")
EVERYTHING = canonical({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
scp_levels, rcp_levels = st.integers(0, 2), st.integers(0, 1)
managements, organizations = sampled_from([False] * 5 + [True]), st.sampled_from(["", "o-1"])
effects = st.sampled_from(["Allow", "Allow", "Allow", "Deny"])
assume_actions = st.sampled_from(["sts:AssumeRole", "sts:*", ["sts:AssumeRole", "sts:TagSession"]])
path_lists = st.sampled_from([["/"], ["/", "/eng/"]])
id_maps = st.sampled_from([IDS, {}])


@dataclass(frozen=True)
class Pool:
    """The parts that an account is drawn from. They are few, so that many principals and roles share the same ones."""

    rights: st.SearchStrategy[Document]
    trusts: st.SearchStrategy[Document]
    attached: st.SearchStrategy[frozenset[str]]
    boundaries: st.SearchStrategy[str | None]
    tags: st.SearchStrategy[dict[str, str]]
    paths: st.SearchStrategy[str]
    limits: st.SearchStrategy[list[Document]]
    """The documents of one level of guardrails. A guardrail can always be read, other than a policy of the account."""


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    condition = st.sampled_from([{}, *({"Condition": one} for one in draw(condition_lists))])
    resources, actions = draw(resource_lists), draw(action_lists)
    named = draw(named_lists)
    some_named = sample_lists([f"{IAM}:root", *named], 1, 2)
    some_resources, some_actions = sample_lists(resources, 1), sample_lists(["sts:AssumeRole", *actions], 1)

    def statement(trust: bool) -> Raw:
        who = {"AWS": draw(some_named)}
        acting = draw(assume_actions)
        if trust:
            own: Raw = {draw(sampled_from(["Principal"] * 6 + ["NotPrincipal"])): who, "Action": acting}
        else:
            own = {draw(sampled_from(["Action"] * 5 + ["NotAction"])): draw(some_actions)}
            own[draw(sampled_from(["Resource"] * 5 + ["NotResource"]))] = draw(some_resources)
        return {"Effect": draw(effects), **own, **draw(condition)}

    def documents(trust: bool) -> list[Document]:
        made = [[statement(trust) for _ in range(draw(st.integers(1, 2)))] for _ in range(draw(st.integers(1, 3)))]
        written = [canonical({"Version": draw(versions), "Statement": statements}) for statements in made]
        return [*written, *written, BROKEN] if draw(st.integers(0, 4)) == 0 else written

    rights = documents(False)
    parts: list[Any] = [
        rights,
        documents(True),
        draw(attachment_lists),
        [None, *draw(boundary_lists)],
        draw(tag_lists),
        draw(path_lists),
    ]
    readable = [one for one in rights if one is not BROKEN]
    limits = st.lists(st.sampled_from([*readable, EVERYTHING]), min_size=1, max_size=2)
    return Pool(*map(st.sampled_from, parts), limits=limits)


REFERENCES = [*map(policy_arn, [*POLICIES] * 4), *AWS_POLICIES, "arn:aws:iam::210987654321:policy/p1"]
TAGS: list[dict[str, str]] = [{}, {"team": "r1"}, {"team": "u1"}, {"x": "r1"}, {"team": "r1", "x": "u1"}]
some_tags = st.sampled_from(TAGS)
tag_lists = sample_lists(TAGS, 1, 3)
attachment_lists = st.lists(sample_lists(REFERENCES, 1).map(frozenset), min_size=1, max_size=2)
boundary_lists = st.lists(st.none() | st.sampled_from(REFERENCES), max_size=2)
some_groups = sample_lists([Address("group", group) for group in GROUPS], 0, 1)
ADDRESSES = [
    Address(kind, name)
    for kind, names in (("policy", POLICIES), ("group", GROUPS), ("user", USERS), ("role", ROLES))
    for name in names
]
missing_lists, renamed_lists = sample_lists(ADDRESSES, 0, 4), sample_lists(ADDRESSES, 0, 1)


@st.composite
def entities(draw: st.DrawFn, address: Address, pool: Pool) -> Entity:
    path, tags = draw(pool.paths), draw(pool.tags)
    if address.kind == "policy":
        return Policy(address.name, draw(pool.rights), tags=tags)
    inline = {"n": draw(pool.rights)} if draw(st.integers(0, 2)) == 0 else {}
    if address.kind == "group":
        return Group(address.name, path, draw(pool.attached), inline)
    if address.kind == "user":
        groups = frozenset(draw(some_groups))
        return User(address.name, path, groups, draw(pool.attached), inline, draw(pool.boundaries), tags)
    return Role(
        address.name, draw(pool.trusts), path, "", 3600, draw(pool.attached), inline, draw(pool.boundaries), tags
    )


@st.composite
def accounts(draw: st.DrawFn) -> State:
    pool = draw(pools())
    missing = draw(missing_lists)
    return _draw_account(draw, pool, missing)


@st.composite
def guarded_accounts(draw: st.DrawFn) -> State:
    """Draw an account with guardrails over it, in half of the cases."""
    pool = draw(pools())
    state = _draw_account(draw, pool, draw(missing_lists))
    return replace(state, guardrails=draw(st.none() | guardrails(pool)))


@st.composite
def guardrails(draw: st.DrawFn, pool: Pool) -> Guardrails:
    def level(kind: str) -> tuple[GuardrailPolicy, ...]:
        drawn = draw(pool.limits)
        return tuple(GuardrailPolicy(kind, f"{number}.json", one) for number, one in enumerate(drawn))

    return Guardrails(
        tuple(level("SCP") for _ in range(draw(scp_levels))),
        tuple(level("RCP") for _ in range(draw(rcp_levels))),
        draw(managements),
        draw(organizations),
    )


def _draw_account(draw: st.DrawFn, pool: Pool, missing: list[Address]) -> State:
    made = {address: draw(entities(address, pool)) for address in ADDRESSES if address not in missing}
    return State(ACCOUNT, "aws", made, LiveDetails(unique_ids=draw(id_maps)))


@st.composite
def plans(draw: st.DrawFn) -> tuple[State, State, dict[Address, Address]]:
    """Draw the live state, the planned one, and new → old address of renamed entities.

    The plan changes a few entities, or all of them.
    """
    pool = draw(pools())
    missing = draw(missing_lists)
    live = _draw_account(draw, pool, missing)
    old = [address for address in draw(renamed_lists) if address in live.entities and address.kind in ("user", "group")]
    renames = {Address(address.kind, f"{address.name}-new"): address for address in old}
    base = apply_renames(live, renames)
    planned = dict(base.entities)
    for address in draw(sample_lists([*base.entities, *missing], 0, draw(sampled_from([1, 3, 12])))):
        other = draw(entities(address, pool))
        fates = ["another", "gone", "tags"] if address in planned and hasattr(other, "tags") else ["another"]
        fate = draw(sampled_from(fates))
        was = planned.pop(address, other)
        if fate != "gone":
            planned[address] = replace(was, tags=draw(some_tags)) if fate == "tags" else other
    return live, replace(base, entities=planned), {new: was for new, was in renames.items() if new in planned}

"""Pairs of principals and roles are put together only where nothing can tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.access import (
    NOTHING_KNOWN,
    WITHOUT_MFA,
    Decision,
    PolicySource,
    Principal,
    Target,
    Verdict,
    can_assume,
    collect_trust_keys,
    find_powers,
    find_powers_of_all,
    group_equivalent_pairs,
    make_mfa_context,
    principal_key_of,
)
from reconciler.policy.canonical import canonical
from tests.support.plain_powers import every_path_evaluated

A = "111122223333"
IAM = f"arn:aws:iam::{A}"
ROOT = {"AWS": f"{IAM}:root"}
Raw = dict[str, Any]


def document(*statements: Raw, version: str = "2012-10-17") -> Any:
    return canonical({"Version": version, "Statement": list(statements)})


def says(effect: str = "Allow", resource: str = "*", action: str = "sts:AssumeRole", **condition: Any) -> Raw:
    return {"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}


def trust(who: Any = ROOT, effect: str = "Allow", **condition: Any) -> Raw:
    return {"Effect": effect, "Principal": who, "Action": "sts:AssumeRole", "Condition": condition}


def user(name: str, *statements: Raw, version: str = "2012-10-17", **more: Any) -> Principal:
    policies = (PolicySource(f"user/{name} inline policy own", document(*statements, version=version)),)
    return Principal(f"{IAM}:user/{name}", "user", A, **{"policies": policies if statements else (), **more})


def target(name: str, *statements: Raw, **tags: str) -> Target:
    return Target(f"{IAM}:role/{name}", document(*(statements or (trust(),))), tags)


def limit(name: str) -> PolicySource:
    return PolicySource(f"{IAM}:policy/{name}", document(says(action="s3:*")))


TAG, RESOURCE_TAG = "aws:PrincipalTag/team", "aws:ResourceTag/team"
BOTH = [target("a"), target("b")]
TOLD_APART: dict[str, tuple[list[Principal], list[Target]]] = {
    "a tag that their policy asks for": (
        [user(name, says(StringEquals={TAG: "a"}), tags={"team": name}) for name in "ab"],
        BOTH,
    ),
    "a tag that one trust asks for": (
        [user(name, says(), tags={"team": name}) for name in "ab"],
        [target("a", trust(StringEquals={TAG: "a"})), target("b")],
    ),
    "a tag of the roles that the policy asks for": (
        [user("a", says(StringEquals={RESOURCE_TAG: "a"}))],
        [target("a", team="a"), target("b", team="b"), target("c")],
    ),
    "a tag of the roles that their trust asks for": (
        [user("a", says())],
        [target(name, trust(StringEquals={RESOURCE_TAG: "a"}), team=name) for name in "ab"],
    ),
    "tags of both that must agree": (
        [user(name, says(StringEquals={RESOURCE_TAG: f"${{{TAG}}}"}), tags={"team": name}) for name in "ab"],
        [target("a", team="a"), target("b", team="b")],
    ),
    "their names, by a variable": ([user(name, says(resource=f"{IAM}:role/${{aws:username}}")) for name in "ab"], BOTH),
    "a tag of theirs, by a variable": (
        [user(name, says(resource=f"{IAM}:role/${{{TAG}}}"), tags={"team": name}) for name in "ab"],
        BOTH,
    ),
    "a tag of the role, by a variable": (
        [user("a", says(resource=f"{IAM}:role/${{{RESOURCE_TAG}}}"))],
        [target("a", team="a"), target("b", team="a")],
    ),
    "a variable where the version has none": (
        [
            user("a", says(resource=f"{IAM}:role/${{aws:username}}")),
            user("a", says(resource=f"{IAM}:role/${{aws:username}}"), version="2008-10-17"),
        ],
        BOTH,
    ),
    "a condition of a Deny": (
        [user(name, says(), says("Deny", StringNotEquals={TAG: "a"}), tags={"team": name}) for name in "ab"],
        BOTH,
    ),
    "the path that a trust asks for": (
        [user(name, says()) for name in ("eng/a", "ops/a")],
        [target("a", trust(ArnLike={"aws:PrincipalArn": f"{IAM}:user/eng/*"}))],
    ),
    "the name of a boundary of which it is not sure that it counts": (
        [user(name, boundary=limit(name)) for name in "ab"],
        [target("a", trust("*"))],
    ),
    "the name of a policy that nobody read": (
        [user(name, policies=(PolicySource(f"{IAM}:policy/{name}", None),)) for name in "ab"],
        BOTH,
    ),
    "the name of a policy of AWS that nobody read": (
        [user("a", policies=(PolicySource(f"arn:aws:iam::aws:policy/{name}", None),)) for name in ("X", "Y")],
        BOTH,
    ),
    "one of them is kept out": (
        [user(name, says()) for name in "ab"],
        [target("a", trust(), trust({"AWS": f"{IAM}:user/a"}, "Deny"))],
    ),
    "all but one are kept out": (
        [user(name, says()) for name in "ab"],
        [target("a", trust(), {"Effect": "Deny", "NotPrincipal": {"AWS": f"{IAM}:user/a"}, "Action": "*"})],
    ),
    "NotResource": ([user("a", {"Effect": "Allow", "Action": "sts:*", "NotResource": f"{IAM}:role/a"})], BOTH),
    "a trust that is not JSON": ([user("a", says())], [Target(f"{IAM}:role/{name}", canonical("{")) for name in "ab"]),
    "a user and a role of one policy": (
        [user("a", says()), Principal(f"{IAM}:role/x", "role", A, (PolicySource("x", document(says())),))],
        [target("a", trust(Bool={"aws:MultiFactorAuthPresent": "true"}))],
    ),
    "the unique id of one": (
        [user("a", unique_id="AIDAONE"), user("b", unique_id="AIDATWO")],
        [target("a", trust({"AWS": "AIDAONE"}))],
    ),
    "one statement to some roles, another to others": (
        [user("a", says(resource=f"{IAM}:role/a"), says(resource=f"{IAM}:role/b", IpAddress={"aws:SourceIp": "::/0"}))],
        [*BOTH, target("c")],
    ),
}

DENIED = Verdict(Decision.DENY)


@pytest.mark.parametrize("name", TOLD_APART)
def test_what_tells_two_pairs_apart_keeps_them_apart(name: str) -> None:
    principals, targets = TOLD_APART[name]
    for context in (NOTHING_KNOWN, WITHOUT_MFA, make_mfa_context()):
        given = {
            (id(principal), role.arn): can_assume(one.principals[0], one.roles[0], context)
            for one in group_equivalent_pairs(principals, targets)
            for principal in one.principals
            for role in one.roles
        }
        for principal in principals:
            for role in targets:
                asked = can_assume(principal, role, context)
                found = given.get((id(principal), role.arn), DENIED)
                assert (found.decision, found.keys) == (asked.decision, asked.keys)


TOGETHER: dict[str, tuple[Sequence[Principal], Sequence[Target]]] = {
    "the same rights, each in a policy of its own": ([user(name, says()) for name in "abc"], BOTH),
    "tags that nobody asks for": ([user(name, says(), tags={"team": name}) for name in "abc"], BOTH),
    "tags of roles that nobody asks for": ([user("a", says())], [target("a", team="a"), target("b", team="b")]),
    "rights to roles that are not there": (
        [user(name, says(), says(resource=f"{IAM}:role/x{name}")) for name in "abc"],
        BOTH,
    ),
    "statements of other names and with other actions beside": (
        [user("a", says()), user("b", {**says(), "Sid": "B", "Action": ["sts:AssumeRole", "s3:GetObject"]})],
        BOTH,
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_what_nothing_tells_apart_is_asked_once(name: str) -> None:
    principals, targets = TOGETHER[name]
    (one,) = group_equivalent_pairs(principals, targets)
    assert (len(one.principals), len(one.roles)) == (len(principals), len(targets))


OTHER: dict[str, tuple[Principal, Principal]] = {
    "a path": (user("eng/a"), user("ops/a")),
    "a unique id": (user("a", unique_id="AIDAONE"), user("a", unique_id="AIDATWO")),
    "another right": (user("a"), user("a", says())),
    "a boundary": (user("a", says()), user("a", says(), boundary=limit("a"))),
    "a boundary of another name": (user("a", boundary=limit("a")), user("a", boundary=limit("b"))),
    "a tag that a trust asks for": (user("a", tags={"team": "a"}), user("a", tags={"team": "b"})),
    "a tag that is not known": (user("a", tags={}), user("a")),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_principal_that_a_trust_can_tell_from_what_it_was_is_not_the_same(name: str) -> None:
    one, other = OTHER[name]
    keys = collect_trust_keys([target("a", trust(StringEquals={TAG: "a"}))], [one, other])
    assert principal_key_of(one, keys) != principal_key_of(other, keys)
    assert principal_key_of(one, keys) == principal_key_of(replace(one), keys)


OWN_POLICY, OWN_GROUP = f"{IAM}:policy/own", f"{IAM}:group/own"
SPARING = {"Effect": "Deny", "Action": "iam:*", "NotResource": f"{IAM}:role/x"}
POWERS: dict[str, list[Principal]] = {
    "a policy of one's own": [
        user("a", policies=(PolicySource(label, document(says("Allow", OWN_POLICY, "iam:CreatePolicyVersion"))),))
        for label in (OWN_POLICY, f"{IAM}:policy/other")
    ],
    "a group of one's own": [
        user("a", says(resource=OWN_GROUP, action="iam:PutGroupPolicy"), groups=groups)
        for groups in ((OWN_GROUP,), (f"{IAM}:group/other",), ())
    ],
    "one and the same group, its own for a right to another": [
        user("a", says(resource=group, action="iam:PutGroupPolicy"), groups=(OWN_GROUP,))
        for group in (f"{IAM}:group/other", OWN_GROUP)
    ],
    "oneself, by name": [user(name, says(resource=f"{IAM}:user/a", action="iam:PutUserPolicy")) for name in "ab"],
    "a Deny on oneself": [
        user(name, says(action="iam:PutUserPolicy"), says("Deny", f"{IAM}:user/a", "iam:*")) for name in "ab"
    ],
    "tags": [user(name, says(action="*", StringEquals={TAG: "a"}), tags={"team": name}) for name in "ab"],
    "one or the other action": [
        user("a", says(action="iam:PassRole"), says(action=action)) for action in ("glue:UpdateJob", "ecs:RunTask")
    ],
    "a Deny that nobody read": [
        user("a", says(action="*"), boundary=boundary)
        for boundary in (None, PolicySource(f"{IAM}:policy/b", None), limit("b"))
    ],
    "a Deny that spares a role, and one on that role": [
        user("a", says(action="*"), SPARING, *more) for more in ((), (says("Deny", f"{IAM}:role/x", "iam:*"),))
    ],
    "a Deny on longer names, and one on names of one character": [
        user("a", says(action="iam:PutUserPolicy"), says("Deny", f"{IAM}:user/??*", "iam:*"), *more)
        for more in ((), (says("Deny", f"{IAM}:user/?", "iam:*"),))
    ],
    "an Allow that leaves out what a Deny spares": [
        user("a", says(action="*"), SPARING),
        user("a", {"Effect": "Allow", "Action": "*", "NotResource": f"{IAM}:role/x"}, SPARING),
    ],
    "what may deny and nobody read": [
        user("a", policies=(PolicySource("own", document(says(action="*"))), PolicySource(label, None)))
        for label in (f"{IAM}:policy/b", "arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    ],
}


@pytest.mark.parametrize("name", POWERS)
def test_powers_of_many_are_those_of_each(name: str) -> None:
    def list_decisions(found: Any) -> set[tuple[str, str]]:
        return {(power.name, power.verdict.decision) for power in found}

    found = [list_decisions(item) for _, item in find_powers_of_all(POWERS[name])]
    with every_path_evaluated():
        assert found == [list_decisions(find_powers(principal)) for principal in POWERS[name]]

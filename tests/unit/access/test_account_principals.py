"""From an account's State to principals with all that counts for them."""

from __future__ import annotations

from reconciler.access import can_assume, principals_of, targets_of
from reconciler.model.address import Address
from reconciler.model.entity import Group, Policy, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.policy.canonical import canonical

A = "111122223333"
OWN = f"arn:aws:iam::{A}:policy/team/assume"
ALLOW = canonical(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}
)


def trust(action: object = "sts:AssumeRole", principal: str = A) -> object:
    return {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action},
    }


def state(*entities: Policy | Group | User | Role) -> State:
    facts = LiveDetails(unique_ids={"AIDAALICE": Address("user", "alice")})
    return State(A, "aws", {entity.address: entity for entity in entities}, facts)


def test_a_user_has_what_its_groups_have_within_its_boundary() -> None:
    made = state(
        Policy("assume", ALLOW, path="/team/"),
        Group("ops", policies=frozenset([OWN])),
        User("alice", path="/staff/", groups=frozenset([Address("group", "OPS")])),
        User(
            "bob",
            groups=frozenset([Address("group", "ops")]),
            permissions_boundary="arn:aws:iam::aws:policy/AWSDenyAll",
        ),
        Role("app", canonical(trust())),  # type: ignore[arg-type]
    )
    principals, target = principals_of(made), targets_of(made)[Address("role", "app")]
    alice = principals[Address("user", "alice")]
    assert (alice.arn, alice.unique_id) == (f"arn:aws:iam::{A}:user/staff/alice", "AIDAALICE")
    assert alice.groups == (f"arn:aws:iam::{A}:group/ops",)
    assert can_assume(alice, target).allowed
    assert can_assume(principals[Address("user", "bob")], target).denied
    assert can_assume(principals[Address("role", "app")], target).denied


def test_session_tags_make_the_tags_of_a_role_uncertain() -> None:
    plain = Role("a", canonical(trust()), tags={"x": "1"})  # type: ignore[arg-type]
    tagged = Role("b", canonical(trust(["sts:AssumeRole", "sts:TagSession"])), tags={"x": "1"})  # type: ignore[arg-type]
    found = principals_of(state(plain, tagged))
    assert found[plain.address].tags == {"x": "1"}
    assert found[tagged.address].tags is None

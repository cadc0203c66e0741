"""Ways are followed through the account to any depth, over cycles, each right once."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.access import AccountResources, PolicySource, PowerFinder, PowerGraph, Principal, Target
from reconciler.access import power_graph as module
from reconciler.policy.canonical import canonical
from tests.unit.access.test_powers import IAM, A, deny, says, source

BOB = f"{IAM}:user/bob"
EVERYTHING = says("Allow")


def role_arn(name: str) -> str:
    return f"{IAM}:role/{name}"


def trust_of(*callers: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(callers)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}


class World:
    """An account that a test puts together."""

    def __init__(self) -> None:
        self.principals: dict[str, Principal] = {}
        self.targets: dict[str, Target] = {}

    def add_user(self, arn: str, *statements: dict[str, Any], **more: Any) -> None:
        self.principals[arn] = Principal(
            arn, "user", A, (source(*statements, label=arn),) if statements else (), **more
        )

    def add_role(self, name: str, trust: dict[str, Any], *statements: dict[str, Any]) -> None:
        arn = role_arn(name)
        policies = (PolicySource(arn, canonical({"Version": "2012-10-17", "Statement": list(statements)})),)
        self.principals[arn] = Principal(arn, "role", A, policies if statements else ())
        self.targets[arn] = Target(arn, canonical(trust))

    def add_chain(self, length: int) -> None:
        """Add roles r1 … rN, each trusted by the one before; bob may assume the first, and the last is everything."""
        for number in range(1, length + 1):
            before = BOB if number == 1 else role_arn(f"r{number - 1}")
            self.add_role(f"r{number}", trust_of(before), *([EVERYTHING] if number == length else []))

    def follow(self) -> PowerGraph:
        positions = {arn: index for index, arn in enumerate(self.targets)}
        return PowerGraph(AccountResources(self.principals, {}, self.targets, positions), PowerFinder())


def chain_of(graph: PowerGraph, arn: str) -> list[str]:
    return [name.rpartition("/")[2] for name in graph.chain_of(arn)[0]]


@pytest.mark.parametrize("length", [1, 2, 5, 300])
def test_a_chain_is_followed_to_any_depth(length: int) -> None:
    world = World()
    world.add_user(BOB)
    world.add_chain(length)
    graph = world.follow()
    assert chain_of(graph, BOB) == ["bob", *(f"r{number}" for number in range(1, length + 1))]
    assert [target.arn for target in graph.list_roles(graph.assumable[BOB])] == [role_arn("r1")]


@pytest.mark.parametrize("length", [2, 5, 300])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_chain_that_is_cut_leads_nowhere(length: int, cut: int) -> None:
    world = World()
    world.add_user(BOB)
    world.add_chain(length)
    world.add_role(f"r{cut}", trust_of("arn:aws:iam::999988887777:root"), *([EVERYTHING] if cut == length else []))
    graph = world.follow()
    assert BOB not in graph.leads and BOB not in graph.assumable


def test_roles_that_assume_each_other_lead_nowhere_without_an_administrator() -> None:
    world = World()
    world.add_user(BOB)
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        world.add_role(one, trust_of(role_arn(other), role_arn(one), BOB))
    assert world.follow().leads == {}


def test_a_cycle_before_an_administrator_is_followed_once() -> None:
    world = World()
    world.add_user(BOB)
    for one, other in (("b", "a"), ("c", "b"), ("a", "c")):
        world.add_role(one, trust_of(role_arn(other), BOB) if one == "a" else trust_of(role_arn(other)))
    world.add_role("admin", trust_of(role_arn("c"), role_arn("admin")), EVERYTHING)
    graph = world.follow()
    assert chain_of(graph, role_arn("c")) == ["c", "admin"]
    assert chain_of(graph, BOB) == ["bob", "a", "b", "c", "admin"]
    assert graph.leads[role_arn("admin")].next == ""


def test_the_shortest_chain_is_told() -> None:
    world = World()
    world.add_user(BOB)
    world.add_chain(5)
    world.add_role("short", trust_of(BOB))
    world.add_role("r5", trust_of(role_arn("r4"), role_arn("short")), EVERYTHING)
    graph = world.follow()
    assert chain_of(graph, BOB) == ["bob", "short", "r5"]
    assert {target.arn for target in graph.list_roles(graph.assumable[BOB])} == {role_arn("r1"), role_arn("short")}


def test_a_chain_to_an_administrator_is_told_before_one_to_a_way() -> None:
    world = World()
    world.add_user(BOB)
    world.add_role("near", trust_of(BOB), says("Allow", "iam:CreateAccessKey"))
    world.add_chain(3)
    graph = world.follow()
    assert chain_of(graph, BOB) == ["bob", "r1", "r2", "r3"]
    assert graph.chain_of(role_arn("near")) == ([role_arn("near")], "iam-002")


def test_a_chain_ends_at_a_role_with_a_way_of_its_own() -> None:
    world = World()
    world.add_user(BOB)
    world.add_role("near", trust_of(BOB), says("Allow", "iam:CreateAccessKey"))
    assert world.follow().chain_of(BOB) == ([BOB, role_arn("near")], "iam-002")


REFUSED: dict[str, World] = {}
for _name, _statements, _trust in (
    ("a Deny of the caller", [deny("sts:AssumeRole", role_arn("admin"))], trust_of(BOB)),
    ("no right where the trust names the account", [], trust_of(f"{IAM}:root")),
    ("a right over another role", [says("Allow", "sts:AssumeRole", role_arn("other"))], trust_of(f"{IAM}:root")),
):
    _world = World()
    _world.add_user(BOB, *_statements)
    _world.add_role("admin", _trust, EVERYTHING)
    REFUSED[_name] = _world


@pytest.mark.parametrize("world", REFUSED.values(), ids=REFUSED.keys())
def test_a_role_that_one_may_not_assume_is_no_way(world: World) -> None:
    assert BOB not in world.follow().leads


def test_mfa_makes_a_way_of_a_user_depend_and_ends_one_of_a_role() -> None:
    world = World()
    world.add_user(BOB)
    world.add_role("ci", trust_of(BOB))
    world.add_role("admin", trust_of(BOB, role_arn("ci"), Bool={"aws:MultiFactorAuthPresent": "true"}), EVERYTHING)
    assert set(world.follow().leads) == {role_arn("admin"), BOB}


def test_each_right_is_asked_for_once_however_long_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    group = module.group_equivalent_pairs

    def count(principals: Any, roles: Any) -> Any:
        listed = list(roles)
        asked.append(len(listed))
        return group(principals, listed)

    monkeypatch.setattr(module, "group_equivalent_pairs", count)
    world = World()
    world.add_user(BOB)
    world.add_chain(300)
    world.follow()
    assert sum(asked) == 300
    assert len(asked) <= 6

"""A plan file is read strictly: each value of the wrong type, bound or name is refused by its path."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Move, Settings
from reconciler.model.entity import Entity, Role, User
from reconciler.model.live import LiveDetails, State
from reconciler.model.problem import Place
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.codec import decode_entity
from reconciler.plan.saved.fingerprint import fingerprint_of
from reconciler.plan.saved.saved_plan import read_saved_plan, to_saved_section
from reconciler.plan.saved.strict_json import MAX_INTEGER, MalformedPlan, parse_strict_json
from reconciler.policy.canonical import canonical
from reconciler.render.plan_json import plan_to_dict

ACCOUNT = "123456789012"
READ = canonical({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
ENTERS = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/u"}}
TRUST = canonical({"Statement": [ENTERS]})


def document() -> dict[str, Any]:
    """A saved plan that creates a user and a role, with a finding, an access line and a move in it."""
    wanted: list[Entity] = [
        User("u", groups=frozenset([Address("group", "g")]), inline_policies={"own": READ}, tags={"a": "b"}),
        Role("r", TRUST),
    ]
    desired = Desired(
        State(ACCOUNT, "aws", {entity.address: entity for entity in wanted}),
        "me",
        Settings(ignore=("role/x*",), break_glass=(Address("role", "r"),)),
        {entity.address: Declaration(Place("f", 1, 1)) for entity in wanted},
        {},
        moves=(Move(Address("user", "old"), Address("user", "u"), Place("f", 1, 1)),),
    )
    plan = build_plan(
        desired, State(ACCOUNT, "aws", {}, LiveDetails(caller=f"arn:aws:iam::{ACCOUNT}:root")), PlanOptions()
    )
    found: dict[str, Any] = json.loads(json.dumps(plan_to_dict(plan) | {"saved": to_saved_section(plan)}))
    assert found["findings"] and found["access"]["gained"]
    return found


DOCUMENT = document()


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    """Set one value of the document; an entity's fingerprint is put right as an attacker would."""

    def edit(content: Any) -> None:
        holder = content
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value
        for name, entry in content["saved"]["entities"].items() if "after" in path else ():
            try:
                entity = decode_entity(Address.parse(name).kind, entry["after"], "aws")
            except (ValueError, TypeError, AttributeError, KeyError):
                continue
            entry["fingerprint"]["after"] = fingerprint_of(entity)

    return edit


SETTINGS, USER, ROLE = ("saved", "settings"), ("saved", "entities", "user/u"), ("saved", "entities", "role/r")
NAN, INFINITY = float("nan"), float("inf")
WRONG: dict[str, tuple[Callable[[Any], None], str]] = {
    # what is edited → the path that is named
    **{
        f"{name} {value!r}": (put(*SETTINGS, name, value=value), f"saved.settings.{name}")
        for name in ("max_deletes", "max_delete_percent", "max_removals")
        for value in (NAN, INFINITY, -INFINITY, -1, None, True, "10", [], {}, MAX_INTEGER + 2, 1e300, 10**400)
    },
    "a share past 100": (put(*SETTINGS, "max_delete_percent", value=100.5), "max_delete_percent"),
    "part of a deletion": (put(*SETTINGS, "max_deletes", value=0.5), "max_deletes"),
    "prune of no mode": (put(*SETTINGS, "prune", value="everything"), "prune"),
    "prune that is a list": (put(*SETTINGS, "prune", value=["none"]), "prune"),
    "ignore *": (put(*SETTINGS, "ignore", value=["*"]), "ignore"),
    "ignore */*": (put(*SETTINGS, "ignore", value=["*/*"]), "ignore"),
    "ignore every kind": (put(*SETTINGS, "ignore", value=["role/?*", "[!r]*/*"]), "ignore"),
    "ignore of numbers": (put(*SETTINGS, "ignore", value=[1]), "ignore"),
    "ignore that is a text": (put(*SETTINGS, "ignore", value="role/*"), "ignore"),
    "break_glass of a group": (put(*SETTINGS, "break_glass", value=["group/g"]), "break_glass"),
    "break_glass that is null": (put(*SETTINGS, "break_glass", value=None), "break_glass"),
    "a setting more": (put(*SETTINGS, "more", value=1), "the unknown key 'more'"),
    "a key more": (put("more", value=1), "the unknown key 'more'"),
    "a key more of what is saved": (put("saved", "more", value=1), "the unknown key 'more'"),
    "a key more of an entity": (put(*USER, "more", value=1), "the unknown key 'more'"),
    "a field more": (put(*USER, "after", "more", value=1), "the unknown key 'more'"),
    "a fingerprint more": (put(*USER, "fingerprint", "more", value=1), "the unknown key 'more'"),
    "a key more of a finding": (put("findings", 0, "more", value=1), "the unknown key 'more'"),
    "a key more of an access": (put("access", "gained", 0, "more", value=1), "the unknown key 'more'"),
    "a section more of access": (put("access", "more", value=[]), "the unknown key 'more'"),
    "a document with a key more": (put(*ROLE, "after", "trust_policy", "more", value=1), "the unknown key 'more'"),
    "an account with a line break": (put("account", value=f"{ACCOUNT}\n"), "account"),
    "an account that is a number": (put("account", value=123456789012), "account"),
    "an owner with a line break": (put("owner", value="me\n"), "owner"),
    "an owner with a space": (put("owner", value="a b"), "owner"),
    "an owner that is a number": (put("owner", value=5), "owner"),
    "undone owners of a plan with an owner": (put("saved", "undone_owners", value=["web"]), "undone_owners"),
    "an undone owner with a space": (put("saved", "undone_owners", value=["a b"]), "undone_owners"),
    "an undone owner that is a text": (put("saved", "undone_owners", value="web"), "undone_owners"),
    "places that are a list": (put("saved", "places", value=[]), "saved.places"),
    "a place without a line": (put("saved", "places", value={"user/u": ["roles.yaml"]}), "saved.places"),
    "a place of no entity": (put("saved", "places", value={"u": ["roles.yaml", 1, 1]}), "saved.places"),
    "a statement in a line of text": (
        put(*ROLE, "after", "trust_policy", "places", value=[["roles.yaml", "1", 1]]),
        "trust_policy.places",
    ),
    "safe that is 1": (put("safe", value=1), "safe"),
    "a partition of nowhere": (put("saved", "partition", value="aws\n"), "partition"),
    "reads that are NaN": (put("saved", "reads", value=NAN), "reads"),
    "reads below nothing": (put("saved", "reads", value=-1), "reads"),
    "valid for a number": (put("saved", "valid_until", value=5), "valid_until"),
    "a move of two kinds": (put("saved", "moves", value=[["user/a", "role/a", "f", 1, 1]]), "moves[0]"),
    "a move without a place": (put("saved", "moves", value=[["user/a", "user/b"]]), "moves[0]"),
    "moves that are a text": (put("saved", "moves", value="abc"), "saved.moves is not a list"),
    "a move that is a text": (put("saved", "moves", value=["abcde"]), "moves[0]"),
    "entities twice": (put("saved", "entities", "USER/u", value=DOCUMENT["saved"]["entities"]["user/u"]), "USER/u"),
    "an entity in two spellings": (
        put("saved", "entities", "user/U", value=DOCUMENT["saved"]["entities"]["user/u"]),
        "U",
    ),
    "an entity that is a list": (put("saved", "entities", "user/u", value=[]), "user/u"),
    "a session that is true": (put(*ROLE, "after", "max_session_duration", value=True), "max_session_duration"),
    "a session that is a fraction": (put(*ROLE, "after", "max_session_duration", value=3600.5), "max_session_duration"),
    "a session without end": (put(*ROLE, "after", "max_session_duration", value=INFINITY), "max_session_duration"),
    "a description that is null": (put(*ROLE, "after", "description", value=None), "description"),
    "policies that are a text": (put(*ROLE, "after", "policies", value="abc"), "policies"),
    "policies that are numbers": (put(*ROLE, "after", "policies", value=[1]), "policies"),
    "tags that are a list": (put(*USER, "after", "tags", value=[]), "tags"),
    "a tag that is a number": (put(*USER, "after", "tags", "a", value=1), "tags"),
    "a group that is a role": (put(*USER, "after", "groups", value=["role/r"]), "groups"),
    "a password that is 1": (put(*USER, "after", "console", value=1), "console"),
    "a boundary that is false": (put(*USER, "after", "permissions_boundary", value=False), "permissions_boundary"),
    "a name that is a number": (put(*USER, "after", "name", value=1), "name"),
    "a trust that hides its content": (
        put(*ROLE, "after", "trust_policy", value={"document": TRUST.text, "opaque": True}),
        "trust_policy",
    ),
    "a trust that is not a document": (
        put(*ROLE, "after", "trust_policy", value={"document": "[1]", "opaque": False}),
        "trust_policy",
    ),
    "a reason that is null": (put(*USER, "reason", value=None), "reason"),
    "a name before that is a number": (put(*USER, "renamed", value=1), "renamed"),
    "a level that is none": (put("findings", 0, "level", value="fatal"), "level"),
    "a level that is null": (put("findings", 0, "level", value=None), "level"),
    "findings that are null": (put("findings", value=None), "findings"),
    "addresses of a finding that are a text": (
        put("findings", 0, "addresses", value="user/u"),
        "findings[0].addresses is not a list",
    ),
    "calls of a finding that are a number": (put("findings", 0, "calls", value=1), "findings[0].calls is not a list"),
    "access with MFA for 1": (put("access", "gained", 0, "mfa", value=1), "mfa"),
    "access of a number": (put("access", "gained", 0, "principal", value=1), "principal"),
    "access under one text": (put("access", "gained", 0, "conditions", value="aws:sourceip"), "conditions"),
    "a power without a grade": (put("access", "powers_gained", value=[{"principal": "a", "power": "b"}]), "grade"),
    "a power whose actions are a text": (
        put("access", "powers_gained", value=[{"principal": "a", "power": "b", "grade": "c", "actions": "iam:*"}]),
        "actions",
    ),
    "targets that are texts": (put("targets", value=["u"]), "targets"),
    "targets that are null": (put("targets", value=None), "targets"),
    "unmanaged of numbers": (put("unmanaged", value=[1]), "unmanaged"),
    "something left alone without a reason": (put("left_alone", value=[{"address": "role/r"}]), "left_alone[0]"),
    "something left alone without an address": (
        put("left_alone", value=[{"address": "r", "reason": "x"}]),
        "left_alone[0].address",
    ),
}


@pytest.mark.parametrize(("edit", "path"), WRONG.values(), ids=WRONG.keys())
def test_a_value_that_no_plan_has_is_refused_by_its_path(edit: Callable[[Any], None], path: str) -> None:
    content = deepcopy(DOCUMENT)
    edit(content)
    with pytest.raises(MalformedPlan) as caught:
        read_saved_plan(content)
    assert path in str(caught.value)


def test_a_plan_reads_as_it_was_saved() -> None:
    saved = read_saved_plan(deepcopy(DOCUMENT))
    assert (saved.account, saved.owner, saved.settings.ignore) == (ACCOUNT, "me", ("role/x*",))
    assert set(saved.desired_entities) == {Address("user", "u"), Address("role", "r")}


LATE = ("account_alias", "targets", "risk", "reversible", "permissions", "caller", "files")
"""Keys that plans of earlier versions lack."""


@pytest.mark.parametrize("missing", [*sorted(DOCUMENT.keys() - {*LATE}), "settings", "entities", "moves"])
def test_a_key_less_is_refused(missing: str) -> None:
    content = deepcopy(DOCUMENT)
    del (content if missing in content else content["saved"])[missing]
    with pytest.raises(MalformedPlan, match=f"lacks '{missing}'"):
        read_saved_plan(content)


@pytest.mark.parametrize("key", LATE)
def test_a_plan_that_was_saved_before_there_was_a_key_is_read(key: str) -> None:
    content = deepcopy(DOCUMENT)
    content.pop(key, None)
    assert read_saved_plan(content).account == ACCOUNT


def test_a_plan_that_was_saved_before_there_were_reads_is_read() -> None:
    content = deepcopy(DOCUMENT)
    del content["saved"]["reads"]
    assert read_saved_plan(content).reads == 0


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ('{"a": NaN}', "NaN is not a number."),
        ('{"a": [-Infinity]}', "-Infinity is not a number."),
        ('{"a": 1e999}', "A number is too large."),
        ('{"a": {"b": 1, "b": 1}}', "An object has the same key twice."),
        ('{"a": 1, "\\u0061": 2}', "An object has the same key twice."),
    ],
)
def test_what_json_does_not_have_and_python_takes_is_a_flaw(text: str, flaw: str) -> None:
    flaws: list[str] = []
    parse_strict_json(text.encode(), flaws)
    assert flaws == [flaw]


def test_json_as_it_is_written_has_no_flaw() -> None:
    flaws: list[str] = []
    text = '{"a": 1.5, "b": {"a": -1e3}, "c": [true, null, "NaN"]}'
    assert (parse_strict_json(text.encode(), flaws), flaws) == (json.loads(text), [])

"""One answer about MFA, everywhere: whoever demands it and however, five places say the same.

The plan's access, `assume --list`, `profiles`, `assume --explain` and `assume` itself, against the sandbox, which
judges AssumeRole and the codes as AWS does.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.account import Account, Result
from tests.support.people import Person, create_person

ID = "123456789012"
ROOT = f"arn:aws:iam::{ID}:root"
PRESENT, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"


def says(effect: str, condition: Any = None, action: Any = "sts:AssumeRole") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **({"Condition": condition} if condition else {})}


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def lets(condition: Any = None) -> dict[str, Any]:
    """A trust statement for the world's user."""
    made = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ID}:user/USER"}}
    return {**made, **({"Condition": condition} if condition else {})}


def shuts(condition: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*", "Condition": condition}


@dataclass(frozen=True)
class World:
    """Whether MFA is demanded; the trust (rules or statements), and what the user, its group and its boundary are.

    lets_session_in: a session of the user that was made without MFA gets in, so the plan does not say `with MFA`.
    """

    demanded: bool
    trust: tuple[Any, ...] = ({"users": ["USER"]},)
    user: dict[str, Any] = field(default_factory=dict)
    group: dict[str, Any] = field(default_factory=dict)
    boundary: dict[str, Any] | None = None
    lets_session_in: bool = False


ACCOUNT = ({"accounts": [ID]},)
ASSUMES = says("Allow")
NO_MFA = {"BoolIfExists": {PRESENT: "false"}}


def own(*statements: Any) -> dict[str, Any]:
    return {"inline_policies": {"own": document(*statements)}}


WORLDS = {
    "a rule of the trust": World(True, ({"users": ["USER"], "mfa": "required"},)),
    "a rule with an age": World(True, ({"users": ["USER"], "mfa": {"max_age": "1h"}},)),
    "the age alone": World(True, (lets({"NumericLessThan": {AGE: "600"}}),)),
    "Null of the age": World(True, (lets({"Null": {AGE: "false"}}),)),
    "Null of the presence": World(True, (lets({"Null": {PRESENT: "false"}}),), lets_session_in=True),
    "a Deny of the trust": World(True, (lets(), shuts(NO_MFA))),
    "a Deny of the trust by Null": World(True, (lets(), shuts({"Null": {AGE: "true"}}))),
    "a Deny of the trust for old MFA": World(True, (lets(), shuts({"NumericGreaterThanIfExists": {AGE: "3600"}}))),
    "the user's own Allow": World(True, ACCOUNT, own(says("Allow", {"Bool": {PRESENT: "true"}}))),
    "the user's own Allow by Null": World(True, ACCOUNT, own(says("Allow", {"Null": {AGE: "false"}}))),
    "the user's own Deny": World(True, user=own(says("Deny", NO_MFA))),
    "the user's own Deny by Null": World(True, user=own(says("Deny", {"Null": {AGE: "true"}}))),
    "the guard": World(True, user={"mfa": "required"}),
    "the guard and the account": World(True, ACCOUNT, {"mfa": "required", **own(ASSUMES)}),
    "the guard of a group": World(True, group={"mfa": "required"}),
    "a Deny of a group": World(True, group=own(says("Deny", NO_MFA))),
    "an Allow of a group": World(True, ACCOUNT, group=own(says("Allow", {"Bool": {PRESENT: "true"}}))),
    "a Deny of the boundary": World(True, boundary=document(says("Allow", action="*"), says("Deny", NO_MFA))),
    "an Allow of the boundary": World(
        True, ACCOUNT, own(ASSUMES), boundary=document(says("Allow", {"Bool": {PRESENT: "true"}}, "*"))
    ),
    "nobody": World(False),
    "nobody, with the account": World(False, ACCOUNT, own(ASSUMES)),
    "IfExists in the trust": World(False, (lets({"BoolIfExists": {PRESENT: "true"}}),)),
    "Null that wants no MFA": World(False, (lets({"Null": {AGE: "true"}}),)),
    "a Deny that spares long-term keys": World(False, user=own(says("Deny", {"Bool": {PRESENT: "false"}}))),
    "a Deny of something else": World(False, user=own(says("Deny", NO_MFA, "s3:*"))),
    "a second rule without": World(False, ({"users": ["USER"], "mfa": "required"}, {"users": ["USER"]})),
}


def content() -> dict[str, Any]:
    """The file of all worlds: each has its user, group, role, policy and alias, all of one name."""
    made: dict[str, Any] = {"version": 1, "owner": "one-mfa", "account": ID}
    for section in ("users", "groups", "roles", "policies", "aliases"):
        made[section] = {}
    for name, world in zip(NAMES.values(), WORLDS.values(), strict=True):
        raw = any("Effect" in one for one in world.trust)
        trust = json.loads(json.dumps(world.trust).replace("USER", name))
        made["roles"][name] = {"trust_policy": document(*trust)} if raw else {"trust": trust}
        made["users"][name] = {**world.user, **({"groups": [name]} if world.group else {})}
        if world.group:
            made["groups"][name] = world.group
        if world.boundary:
            made["policies"][name] = {"document": world.boundary}
            made["users"][name]["permissions_boundary"] = name
        made["aliases"][name] = {"role": name, "source_profile": f"own-{name}"}
    return made


NAMES = {world: f"one-{number}" for number, world in enumerate(WORLDS)}


@dataclass
class Place:
    """The worlds, applied; `planned` is what the plan said of access before."""

    account: Account
    planned: dict[str, bool]
    people: dict[str, Person] = field(default_factory=dict)

    def someone(self, world: str) -> Person:
        name = NAMES[world]
        if name not in self.people:
            self.people[name] = create_person(self.account.iam, name, mfa=True)
        return self.people[name]

    def run(self, world: str, home: Path, *words: str) -> Result:
        """With the keys in a profile of the user's name, and a cache of the test's own."""
        who, credentials = self.someone(world), home / "credentials"
        home.mkdir(exist_ok=True)
        keys = f"aws_access_key_id = {who.access_key}\naws_secret_access_key = {who.secret_key}\n"
        credentials.write_text(f"[own-{who.name}]\n{keys}")
        own = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "AWS_SHARED_CREDENTIALS_FILE": credentials}
        return self.account.run_cli(*words, **{name: str(path) for name, path in own.items()})

    def assume(self, world: str, home: Path, file: str, *words: str) -> tuple[bool, Result]:
        """Whether a code was asked for, and what came of it."""
        log, code = home / "asked", self.someone(world).device.next_code()
        command = shlex.join(["sh", "-c", f"echo >>{shlex.quote(str(log))}; echo {code}"])
        done = self.run(world, home, "assume", NAMES[world], "--file", file, "--token-command", command, *words)
        times = len(log.read_text()) if log.exists() else 0
        assert times < 2, "a code was asked for twice"
        return bool(times), done


@pytest.fixture(scope="module")
def place(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    account = Account(sandbox, tmp_path_factory.mktemp("one"))
    account.write(yaml.safe_dump(content()))
    arn = f"arn:aws:iam::{ID}:role/"
    strangers = {name: {"role": arn + name, "source_profile": f"own-{name}"} for name in NAMES.values()}
    account.write(yaml.safe_dump({"version": 1, "owner": "x", "account": ID, "aliases": strangers}), "strange.yaml")
    gained = account.plan()["access"]["gained"]
    planned = {
        one["principal"]: one["mfa"] for one in gained if one["role"] == one["principal"].replace("user", "role")
    }
    account.apply()
    yield Place(account, planned)


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.assume.tty.make_prompt", lambda: None)


@pytest.mark.parametrize("world", WORLDS)
def test_five_places_say_the_same(place: Place, world: str, tmp_path: Path) -> None:
    demanded, name, home = WORLDS[world].demanded, NAMES[world], tmp_path / "home"
    explained = place.run(world, home, "assume", name, "--explain", "--format", "json")
    listed = place.run(world, home, "assume", name, "--list", "--format", "json")
    profiles = place.run(world, home, "profiles", "roles.yaml")
    asked, done = place.assume(world, home, "roles.yaml", "--print")
    assert done.code == 0 and "AWS_SESSION_TOKEN" in done.out, done.err
    assert place.planned[f"user/{name}"] == (demanded and not WORLDS[world].lets_session_in)
    answers = {
        "explain": "with an MFA code" in explained.json["message"],
        "list": listed.json[0]["mfa"],
        "profiles": f"{name} needs MFA" in profiles.err,
        "assume": asked,
    }
    assert answers == dict.fromkeys(answers, demanded), profiles.err
    assert explained.code == 0 and "AWS refused" not in done.err


UNDECLARED = (
    "Null of the age",
    "a Deny of the trust by Null",
    "the user's own Allow",
    "the user's own Deny by Null",
    "the guard of a group",
    "a Deny of the boundary",
    "nobody",
    "a Deny that spares long-term keys",
)


@pytest.mark.parametrize("world", UNDECLARED)
def test_a_caller_whom_the_file_does_not_declare_is_asked_once_aws_has_refused(
    place: Place, world: str, tmp_path: Path
) -> None:
    """The file has the alias alone: what decides is read after the refusal, and the call made once more."""
    demanded, name, home = WORLDS[world].demanded, NAMES[world], tmp_path / "home"
    explained = place.run(world, home, "assume", name, "--explain", "--format", "json", "--file", "strange.yaml")
    listed = place.run(world, home, "assume", name, "--list", "--format", "json", "--file", "strange.yaml")
    asked, done = place.assume(world, home, "strange.yaml", "--print")
    assert done.code == 0 and "AWS_SESSION_TOKEN" in done.out, done.err
    assert (asked, "with an MFA code" in explained.json["message"]) == (demanded, demanded), explained.out
    assert listed.json[0]["mfa"] is None
    assert ("AWS refused the call without an MFA code" in done.err) is demanded


@pytest.mark.parametrize("file", ["roles.yaml", "strange.yaml"])
def test_without_any_code_the_refusal_names_mfa(place: Place, tmp_path: Path, file: str) -> None:
    world = "the user's own Deny by Null"
    done = place.run(world, tmp_path, "assume", NAMES[world], "--file", file, "--print")
    assert done.code == 1 and done.out == "" and "--token-code" in done.err and "MFA" in done.err

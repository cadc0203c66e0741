"""The use case `assume`, with AWS and the file handed in: who is asked what, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.app import alias_catalog, assume_request
from reconciler.app import assume as use_case
from reconciler.app.assume import assume_alias
from reconciler.app.assume_request import AssumeRequest
from reconciler.assume.mfa_codes import CodeSources
from reconciler.aws import sts
from reconciler.desired.load import PLACEHOLDER_ACCOUNT
from reconciler.kinds.mfa_guard import make_guard_policy
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.desired import Alias, Desired, Settings
from reconciler.model.entity import Entity, Role, User
from reconciler.model.live import MfaDevice, State
from reconciler.model.problem import Place, ReconcileError, make_error
from reconciler.model.sts_limits import ROLE_REFUSED
from reconciler.policy.canonical import canonical

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/demo-user"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run-7"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
KEYS = ("ASIA", "secret", "token", "2030-01-02T03:04:05Z")
ALIASES: dict[str, dict[str, Any]] = {
    "s3": {"role": "open"},
    "profiled": {"role": "open", "source_profile": "demo", "region": "eu-west-1"},
    "admin": {"role": "guarded"},
    "trusting": {"role": "guarded", "mfa": False},
    "far": {"role": "open", "via": "admin"},
    "strict": {"role": "open", "via": "s3", "mfa": True, "mfa_serial": "GAHT12345678"},
}


GUARDED = "arn:aws:iam::123456789012:user/team/guarded-user"


def make_desired(account: str, partition: str = "aws") -> Desired:
    user = {"AWS": USER}
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": user}
    allow["Principal"] = {"AWS": [USER, GUARDED]} if partition == "aws" else user
    trusts = {"open": allow, "guarded": allow | {"Condition": condition}}
    entities = {
        Address("role", name): Role(name, canonical({"Version": "2012-10-17", "Statement": trust}))
        for name, trust in trusts.items()
    }
    aliases = {
        name: Alias(
            name,
            f"arn:{partition}:iam::{account}:role/{fields['role']}",
            Address("role", fields["role"]),
            Place("roles.yaml", 1, 1),
            **{key: value for key, value in fields.items() if key != "role"},
        )
        for name, fields in ALIASES.items()
    }
    people = guarded_user(account, partition)
    return Desired(State(account, partition, entities | people), None, Settings(), {}, aliases)


def guarded_user(account: str, partition: str) -> dict[Address, Entity]:
    """A user of whom the file demands MFA, and the guard that demands it."""
    guard = make_guard_policy("t", partition, "/")
    arn = arn_of(guard.address, "/", account, partition)
    user = User("guarded-user", path="/team/", policies=frozenset({arn}))
    return {guard.address: guard, user.address: user}


@dataclass
class World:
    """What was asked of AWS, and what AWS knows."""

    account: str = ACCOUNT
    caller: str = USER
    temporary: bool = False
    devices: tuple[MfaDevice, ...] = (MfaDevice(SERIAL),)
    refuse: tuple[str, ...] = ()
    sources: list[tuple[Any, ...]] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def run(self, alias: str, environ: Mapping[str, str] | None = None, **more: Any) -> use_case.AssumedRole:
        return assume_alias(AssumeRequest(alias, use_cache=False, **more), environ or {}, self.said.append)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()

    class Source:
        def __init__(self, *arguments: Any) -> None:
            made.sources.append(arguments)
            self.caller = sts.Caller(made.caller, ACCOUNT)
            self.is_temporary = made.temporary
            self.access_key_id = "AKIAEXAMPLE"

        def make_sts_client(self, keys: Any = None) -> Any:
            return "first" if keys is None else "later"

        def make_unretried_sts(self) -> Any:
            return "first"

        def list_mfa_devices(self) -> tuple[MfaDevice, ...]:
            return made.devices

    def assume_role(client: Any, parameters: Any, caller: str, serial: str = "", code: str = "") -> tuple[str, ...]:
        made.calls.append((parameters["RoleArn"].rpartition("/")[2], serial, code))
        if code in made.refuse:
            raise make_error("mfa-code-refused" if code else ROLE_REFUSED, "no")
        assert client == ("first" if len({role for role, *_ in made.calls}) == 1 else "later")
        return KEYS

    def build_known_catalog(
        files: Any, variables: Any, cache: Any, account: str | None = None, partition: str = "aws"
    ) -> Any:
        known = None if made.account == PLACEHOLDER_ACCOUNT else made.account
        return alias_catalog.build_catalog(make_desired(account or made.account, partition), account or known)

    monkeypatch.setattr(sts, "SourceCredentials", Source)
    monkeypatch.setattr(sts, "assume_role", assume_role)
    monkeypatch.setattr(assume_request, "read_catalog", build_known_catalog)
    return made


def test_a_plain_role_takes_one_call_without_mfa(world: World) -> None:
    result = world.run("s3")
    assert world.calls == [("open", "", "")]
    assert result.variables["AWS_SESSION_TOKEN"] == "token" and world.said == []
    assert "secret" not in repr(result) and "token" not in repr(result)


@pytest.mark.parametrize(
    ("alias", "environ", "more", "profile", "kept"),
    [
        ("s3", {}, {}, None, None),
        ("s3", {"AWS_PROFILE": "work"}, {}, None, "work"),
        ("profiled", {}, {}, "demo", None),
        ("profiled", {"AWS_PROFILE": "work"}, {}, "demo", "work"),
        ("profiled", {"RECONCILE_SOURCE_PROFILE": "first"}, {}, "demo", "first"),
        ("s3", {"RECONCILE_SOURCE_PROFILE": "first"}, {}, "first", "first"),
        ("profiled", {}, {"profile": "mine"}, "mine", None),
    ],
)
def test_the_source_profile_is_used_and_who_the_person_was_is_kept(
    world: World,
    alias: str,
    environ: dict[str, str],
    more: dict[str, Any],
    profile: str | None,
    kept: str | None,
) -> None:
    result = world.run(alias, environ, **more)
    assert world.sources[0][0] == profile
    assert result.variables.get("RECONCILE_SOURCE_PROFILE") == kept


def test_the_region_is_the_options_then_the_aliass(world: World) -> None:
    assert world.run("profiled").variables["AWS_REGION"] == "eu-west-1"
    assert world.run("profiled", region="eu-north-1").variables["AWS_REGION"] == "eu-north-1"
    assert "AWS_REGION" not in world.run("s3").variables


def test_a_file_without_an_account_means_the_callers(world: World) -> None:
    world.account = PLACEHOLDER_ACCOUNT
    assert f"::{ACCOUNT}:role/open" in world.run("s3").role_arn


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
@pytest.mark.parametrize("account", [PLACEHOLDER_ACCOUNT, "999999999999"])
def test_a_role_is_in_the_callers_partition(world: World, partition: str, account: str) -> None:
    world.account, world.caller = account, f"arn:{partition}:iam::{ACCOUNT}:user/demo-user"
    expected = ACCOUNT if account == PLACEHOLDER_ACCOUNT else account
    assert world.run("s3").role_arn == f"arn:{partition}:iam::{expected}:role/open"


@pytest.mark.parametrize("account", ["", f'account: "{ACCOUNT}"'])
def test_the_file_itself_is_read_for_the_callers_partition(
    world: World, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assume_request, "read_catalog", alias_catalog.read_catalog)
    world.caller = f"arn:aws-cn:iam::{ACCOUNT}:user/demo-user"
    file = tmp_path / "roles.yaml"
    file.write_text(
        f"version: 1\nowner: t\n{account}\nusers: {{demo-user: {{}}}}\n"
        "roles: {app: {trust: [{users: [demo-user]}]}}\naliases: {x: {role: app}}\n"
    )
    assert world.run("x", files=[str(file)]).role_arn == f"arn:aws-cn:iam::{ACCOUNT}:role/app"


def test_a_file_of_another_account_keeps_its_own(world: World) -> None:
    world.account = "999999999999"
    assert "::999999999999:role/open" in world.run("s3").role_arn


@pytest.mark.parametrize(
    ("alias", "calls"),
    [
        ("admin", [("guarded", SERIAL, "111111")]),
        ("trusting", [("guarded", "", "")]),
        ("far", [("guarded", SERIAL, "111111"), ("open", "", "")]),
        ("strict", [("open", "GAHT12345678", "111111"), ("open", "", "")]),
    ],
)
def test_the_code_goes_with_the_first_hop_and_only_if_needed(
    world: World, alias: str, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sts, "assume_role", _recorder(world))
    world.run(alias, codes=CodeSources(variable="111111"))
    assert world.calls == calls


def _recorder(world: World) -> Any:
    def assume_role(client: Any, parameters: Any, caller: str, serial: str = "", code: str = "") -> Any:
        world.calls.append((parameters["RoleArn"].rpartition("/")[2], serial, code))
        return KEYS

    return assume_role


def test_a_code_that_is_passed_is_sent_though_the_file_does_not_ask(world: World) -> None:
    world.run("s3", codes=CodeSources(code="111111"))
    assert world.calls == [("open", SERIAL, "111111")]


def test_a_refused_code_is_followed_by_a_question(world: World) -> None:
    world.refuse = ("111111",)
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "222222"

    world.run("admin", codes=CodeSources(variable="111111", ask=ask))
    assert [code for *_, code in world.calls] == ["111111", "222222"]
    assert asked == [f"AWS refused that code. Wait for the next one. MFA code for admin ({SERIAL}): "]


def test_a_session_that_may_carry_mfa_already_is_tried_before_a_code_is_asked_for(world: World) -> None:
    world.temporary = True
    world.run("admin")
    assert world.calls == [("guarded", "", "")]
    world.calls.clear()
    world.refuse = ("",)
    world.run("admin", codes=CodeSources(variable="111111"))
    assert world.calls == [("guarded", "", ""), ("guarded", SERIAL, "111111")]


def test_a_role_session_cannot_give_mfa(world: World) -> None:
    world.caller = SESSION
    with pytest.raises(ReconcileError) as caught:
        world.run("strict", codes=CodeSources(variable="111111"))
    assert "only from users" in caught.value.problems[0].message and world.calls == []


def test_being_someone_already_is_said(world: World) -> None:
    world.run("s3", {"RECONCILE_ALIAS": "admin"})
    world.run("s3", {"RECONCILE_ALIAS": "admin", "RECONCILE_SOURCE_PROFILE": "work"})
    assert "already in `admin`" in world.said[0] and "no profile was set before" in world.said[0]
    assert "already in `admin`" in world.said[1] and "profile work" in world.said[1]


def test_keys_of_another_tool_that_are_over_are_not_told_to_be_unset(world: World) -> None:
    with pytest.raises(ReconcileError) as caught:
        world.run("s3", {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"})
    assert "--unset" not in caught.value.problems[0].message


def test_a_session_that_is_over_is_said_before_aws_is_asked(world: World) -> None:
    past = {
        "AWS_ACCESS_KEY_ID": "ASIA",
        "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
        "RECONCILE_ALIAS": "admin",
    }
    with pytest.raises(ReconcileError) as caught:
        world.run("s3", past)
    assert "--unset" in caught.value.problems[0].message and world.sources == []
    world.run("profiled", past)
    assert world.calls == [("open", "", "")]


def test_a_user_of_whom_the_file_demands_mfa_gives_a_code_for_every_role(world: World) -> None:
    """The guard denies AssumeRole without MFA, whatever the role's trust asks for."""
    world.caller = GUARDED
    world.run("s3", codes=CodeSources(variable="111111"))
    assert world.calls == [("open", SERIAL, "111111")]

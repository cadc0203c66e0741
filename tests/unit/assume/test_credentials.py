"""The environment contract of `assume`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.assume import credentials as room
from reconciler.assume.credentials import Credentials
from reconciler.shell.variables import apply_variables

GIVEN = Credentials("ASIAEXAMPLE", "very/secret+key", "token==", "2030-01-02T03:04:05Z")


def test_no_secret_shows_in_a_repr() -> None:
    shown = f"{GIVEN!r} {GIVEN} {[GIVEN]}"
    assert "very" not in shown and "token" not in shown
    assert "ASIAEXAMPLE" in shown and "2030" in shown


def test_the_environment_is_the_contract_and_nothing_more() -> None:
    assert room.build_variables(GIVEN, "s3", "eu-west-1", "demo") == {
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "very/secret+key",
        "AWS_SESSION_TOKEN": "token==",
        "AWS_CREDENTIAL_EXPIRATION": "2030-01-02T03:04:05Z",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "RECONCILE_ALIAS": "s3",
        "RECONCILE_SOURCE_PROFILE": "demo",
        "AWS_PROFILE": None,
        "AWS_DEFAULT_PROFILE": None,
        "AWS_SECURITY_TOKEN": None,
    }


def test_without_a_region_or_a_profile_those_variables_are_left_alone() -> None:
    variables = room.build_variables(GIVEN, "s3", None)
    assert not {"AWS_REGION", "AWS_DEFAULT_REGION", "RECONCILE_SOURCE_PROFILE"} & set(variables)


def test_credentials_without_an_end_leave_no_expiry_of_earlier_ones_behind() -> None:
    endless = Credentials("ASIA", "s", "t", "")
    assert room.build_variables(endless, "s3", None)["AWS_CREDENTIAL_EXPIRATION"] is None


@pytest.mark.parametrize(
    "before",
    [
        {"AWS_PROFILE": "work", "PATH": "/bin"},
        {"AWS_PROFILE": "work", "AWS_REGION": "eu-north-1"},
        {"PATH": "/bin"},
        {"AWS_SECURITY_TOKEN": "old", "PATH": "/bin"},
        {},
    ],
)
def test_undoing_takes_the_environment_back(before: dict[str, str]) -> None:
    variables = room.build_variables(GIVEN, "s3", None, room.find_previous_profile(before))
    after = apply_variables(variables, before)
    back = apply_variables(room.build_unset_variables(after), after)
    # `assume` drops AWS_SECURITY_TOKEN, which nothing stores.
    assert back == {name: value for name, value in before.items() if name != "AWS_SECURITY_TOKEN"}


def test_undoing_clears_the_region_that_assume_set_and_no_other() -> None:
    active = {"RECONCILE_ALIAS": "s3"}
    assert room.build_unset_variables(active | {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "a"})["AWS_REGION"] is None
    assert "AWS_REGION" not in room.build_unset_variables(active | {"AWS_REGION": "a"})


def test_undoing_when_nothing_is_assumed_touches_nothing() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "mine", "RECONCILE_SOURCE_PROFILE": "work"}
    assert room.build_unset_variables(keys) == {}


def test_undoing_twice_keeps_the_profile_of_before() -> None:
    assumed = {"RECONCILE_ALIAS": "s3", "RECONCILE_SOURCE_PROFILE": "work"}
    once = apply_variables(room.build_unset_variables(assumed), assumed)
    assert once == {"AWS_PROFILE": "work"}
    assert apply_variables(room.build_unset_variables(once), once) == once


@pytest.mark.parametrize(
    ("option", "declared", "environ", "expected"),
    [
        ("cli", "file", {"RECONCILE_SOURCE_PROFILE": "kept"}, "cli"),
        (None, "file", {"RECONCILE_SOURCE_PROFILE": "kept"}, "file"),
        (None, None, {"RECONCILE_SOURCE_PROFILE": "kept", "AWS_PROFILE": "x"}, "kept"),
        (None, None, {"AWS_PROFILE": "x"}, None),
        (None, None, {}, None),
    ],
)
def test_the_source_is_the_option_then_the_file_then_what_was_kept(
    option: str | None, declared: str | None, environ: dict[str, str], expected: str | None
) -> None:
    assert room.choose_source_profile(option, declared, environ) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"AWS_PROFILE": "work"}, "work"),
        ({"RECONCILE_SOURCE_PROFILE": "first", "AWS_PROFILE": "work"}, "first"),
        ({"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKIA"}, "work"),
        ({"AWS_DEFAULT_PROFILE": "work"}, "work"),
        ({"AWS_DEFAULT_PROFILE": "first", "AWS_PROFILE": "work"}, "first"),
        ({"RECONCILE_SOURCE_PROFILE": "kept", "AWS_DEFAULT_PROFILE": "work"}, "kept"),
        ({"AWS_PROFILE": ""}, None),
        ({}, None),
    ],
)
def test_what_is_kept_is_the_profile_of_before_any_assume(environ: dict[str, str], expected: str | None) -> None:
    assert room.find_previous_profile(environ) == expected


def test_past_keys_in_the_environment_are_known_to_be_past() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    ends = (now - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert room.has_expired_keys({"AWS_ACCESS_KEY_ID": "A", "AWS_CREDENTIAL_EXPIRATION": ends}, now.timestamp())
    assert not room.has_expired_keys({"AWS_CREDENTIAL_EXPIRATION": ends}, now.timestamp())
    assert not room.has_expired_keys({"AWS_ACCESS_KEY_ID": "A", "AWS_CREDENTIAL_EXPIRATION": "soon"}, now.timestamp())
    assert not room.has_expired_keys({"AWS_ACCESS_KEY_ID": "A"}, now.timestamp())


@pytest.mark.parametrize(
    ("before", "region", "kept"),
    [
        ({}, "eu-west-1", {}),
        ({"AWS_REGION": "r", "AWS_DEFAULT_REGION": "r"}, None, {"AWS_REGION": "r", "AWS_DEFAULT_REGION": "r"}),
        ({"AWS_REGION": "r", "AWS_DEFAULT_REGION": "r"}, "eu-west-1", {"AWS_REGION": "r", "AWS_DEFAULT_REGION": "r"}),
        ({"AWS_REGION": "r", "AWS_DEFAULT_REGION": "s"}, None, {"AWS_REGION": "r", "AWS_DEFAULT_REGION": "s"}),
        ({"AWS_REGION": "r"}, None, {"AWS_REGION": "r"}),
    ],
)
def test_the_region_of_before_comes_back(before: dict[str, str], region: str | None, kept: dict[str, str]) -> None:
    made = room.build_variables(GIVEN, "s3", region, None, room.find_previous_region(region, before))
    inside = apply_variables(made, before)
    assert inside.get("AWS_REGION") == (region or before.get("AWS_REGION"))
    nested = apply_variables(
        room.build_variables(GIVEN, "x", "ap-1", None, room.find_previous_region("ap-1", inside)), inside
    )
    for shell in (inside, nested if region else inside):
        assert apply_variables(room.build_unset_variables(shell), shell) == kept


ROLE_IN_CHINA = "arn:aws-cn:iam::123456789012:role/r"
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.mark.parametrize(
    ("declared", "role_arn", "environ", "expected"),
    [
        ("eu-west-1", ROLE, {}, "eu-west-1"),
        (None, ROLE, {}, None),
        (None, ROLE, {"AWS_REGION": "eu-west-1"}, None),
        (None, ROLE, {"AWS_REGION": "local"}, None),
        (None, ROLE, {"AWS_REGION": "cn-north-1"}, "us-east-1"),
        (None, ROLE, {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "cn-north-1"}, "us-east-1"),
        (None, ROLE, {"AWS_REGION": "cn-north-1", "RECONCILE_SOURCE_REGION": "eu-west-1"}, "eu-west-1"),
        (None, ROLE_IN_CHINA, {}, "cn-north-1"),
        (None, ROLE_IN_CHINA, {"AWS_REGION": "cn-northwest-1"}, None),
        (None, ROLE_IN_CHINA, {"AWS_DEFAULT_REGION": "us-east-1"}, "cn-north-1"),
        (None, ROLE_IN_CHINA, {"AWS_CONFIG_FILE": "default"}, None),
        (None, ROLE_IN_CHINA, {"AWS_CONFIG_FILE": "china"}, "cn-northwest-1"),
        (None, ROLE.replace("aws:", "aws-eusc:", 1), {"AWS_REGION": "eu-central-1"}, "eusc-de-east-1"),
        (None, ROLE.replace("aws:", "aws-new:", 1), {"AWS_REGION": "eu-central-1"}, None),
    ],
)
def test_credentials_come_with_a_region_of_their_partition_if_the_shell_has_none(
    declared: str | None, role_arn: str, environ: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    (tmp_path / "default").write_text("[default]\nregion = cn-northwest-1\n")
    (tmp_path / "china").write_text("[default]\nregion = eu-west-1\n[profile china]\nregion = cn-northwest-1\n")
    config = tmp_path / environ.get("AWS_CONFIG_FILE", "none")
    shell = environ | {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    assert room.choose_region(declared, role_arn, "china", shell) == expected

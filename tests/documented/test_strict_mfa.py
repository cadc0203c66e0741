"""Virtual MFA devices: real secrets, codes that are checked, and one owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from strict_account import EntityMaker, refusal

from reconciler.sandbox.strict import authenticator, clock
from tests.support.people import enable_device

BAD_CODES = (403, "InvalidAuthenticationCode", "Authentication code for device is not valid")
NOW = 1_800_000_015.0


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of the sandbox to so many seconds after NOW, the middle of a step."""

    def move(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + seconds)

    move(0)
    return move


def device(iam: Any, name: str) -> tuple[str, Callable[[int], str]]:
    """Serial number, and the code of so many steps after NOW."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    codes = pyotp.TOTP(made["Base32StringSeed"].decode())
    return made["SerialNumber"], lambda step: codes.at(int(NOW) + 30 * step)


def pair(first: str, second: str) -> dict[str, str]:
    return {"AuthenticationCode1": first, "AuthenticationCode2": second}


@pytest.mark.parametrize(
    ("second", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_rfc(second: int, digits: str) -> None:
    """RFC 6238, appendix B, the last six digits of SHA-1."""
    assert authenticator.code_at(b"12345678901234567890", second // 30) == digits


@pytest.mark.parametrize("step", [-2, -1, 0])
def test_two_consecutive_codes_of_the_moment_enable_a_device(
    iam: Any, maker: EntityMaker, name: Any, at: object, step: int
) -> None:
    user, (serial, code) = maker.user(), device(iam, name("device"))
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **pair(code(step), code(step + 1)))
    (listed,) = iam.list_mfa_devices(UserName=user)["MFADevices"]
    assert (listed["UserName"], listed["SerialNumber"]) == (user, serial)


@pytest.mark.parametrize("steps", [(0, 0), (1, 0), (0, 2), (-1, 1), (-3, -2), (1, 2), (100, 101)])
def test_other_pairs_do_not(iam: Any, maker: EntityMaker, name: Any, at: object, steps: tuple[int, int]) -> None:
    user, (serial, code) = maker.user(), device(iam, name("device"))
    refused = refusal(iam.enable_mfa_device, UserName=user, SerialNumber=serial, **pair(*map(code, steps)))
    assert refused == BAD_CODES
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **pair(code(-1), code(0)))


def test_codes_of_another_device_do_not_enable_it(iam: Any, maker: EntityMaker, name: Any, at: object) -> None:
    user, (serial, _), (_, code) = maker.user(), device(iam, name("device")), device(iam, name("device"))
    assert refusal(iam.enable_mfa_device, UserName=user, SerialNumber=serial, **pair(code(-1), code(0))) == BAD_CODES


@pytest.mark.parametrize(("code", "constraint"), [("1234567", "less than or equal to 6"), ("12345x", "pattern")])
def test_a_code_has_six_digits(iam: Any, maker: EntityMaker, name: Any, code: str, constraint: str) -> None:
    user, (serial, _) = maker.user(), device(iam, name("device"))
    refused = refusal(iam.enable_mfa_device, UserName=user, SerialNumber=serial, **pair("123456", code))
    assert (
        refused[:2] == (400, "ValidationError") and "'authenticationCode2'" in refused[2] and constraint in refused[2]
    )


def test_user_and_device_must_exist(iam: Any, maker: EntityMaker, name: Any) -> None:
    user, (serial, _) = maker.user(), device(iam, name("device"))
    missing = "arn:aws:iam::123456789012:mfa/nothing"
    assert refusal(iam.enable_mfa_device, UserName="nobody", SerialNumber=serial, **pair("000000", "000000")) == (
        404,
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    )
    refused = refusal(iam.enable_mfa_device, UserName=user, SerialNumber=missing, **pair("000000", "000000"))
    assert refused[:2] == (404, "NoSuchEntity") and missing in refused[2]


def test_a_device_has_one_owner_until_it_is_deactivated(iam: Any, maker: EntityMaker, name: Any, at: Any) -> None:
    user, other, (serial, code) = maker.user(), maker.user(), device(iam, name("device"))
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **pair(code(-1), code(0)))
    at(60)
    codes = pair(code(1), code(2))
    for taker in (user, other):
        refused = refusal(iam.enable_mfa_device, UserName=taker, SerialNumber=serial, **codes)
        assert refused[:2] == (409, "EntityAlreadyExists")
    assert refusal(iam.deactivate_mfa_device, UserName=other, SerialNumber=serial)[:2] == (404, "NoSuchEntity")
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=serial)[:2] == (409, "DeleteConflict")
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    iam.enable_mfa_device(UserName=other, SerialNumber=serial, **codes)


def test_the_codes_that_enabled_a_device_are_used(iam: Any, maker: EntityMaker, name: Any, at: object) -> None:
    user, (serial, code) = maker.user(), device(iam, name("device"))
    codes = pair(code(-1), code(0))
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    assert refusal(iam.enable_mfa_device, UserName=user, SerialNumber=serial, **codes) == BAD_CODES


def test_a_user_has_eight_devices_at_most(iam: Any, maker: EntityMaker) -> None:
    user = maker.user()
    for number in range(8):
        enable_device(iam, user, f"{user}-{number}")
    serial, code = device(iam, f"{user}-ninth")
    refused = refusal(iam.enable_mfa_device, UserName=user, SerialNumber=serial, **pair(code(-1), code(0)))
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8")


def test_a_clock_that_is_wrong_is_brought_into_step(iam: Any, maker: EntityMaker, name: Any, at: Any) -> None:
    user, other, (serial, code) = maker.user(), maker.user(), device(iam, name("device"))
    assert refusal(iam.resync_mfa_device, UserName=user, SerialNumber=serial, **pair(code(9), code(10)))[1] == (
        "NoSuchEntity"
    )
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **pair(code(-1), code(0)))
    for steps in [(9, 11), (10, 9), (-1, 0)]:
        refused = refusal(iam.resync_mfa_device, UserName=user, SerialNumber=serial, **pair(*map(code, steps)))
        assert refused == BAD_CODES
    assert refusal(iam.resync_mfa_device, UserName=other, SerialNumber=serial, **pair(code(9), code(10)))[1] == (
        "NoSuchEntity"
    )
    iam.resync_mfa_device(UserName=user, SerialNumber=serial, **pair(code(9), code(10)))
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    at(60)
    assert refusal(iam.enable_mfa_device, UserName=user, SerialNumber=serial, **pair(code(1), code(2))) == BAD_CODES
    iam.enable_mfa_device(UserName=user, SerialNumber=serial, **pair(code(11), code(12)))


def test_lists_tell_who_has_a_device_and_no_secret(iam: Any, maker: EntityMaker, name: Any) -> None:
    user, (free, _) = maker.user(), device(iam, name("device"))
    taken = enable_device(iam, user).serial
    iam.update_user(UserName=user, NewUserName=f"{user}-new", NewPath="/ops/")
    listed = {
        status: {
            one["SerialNumber"]: one
            for page in iam.get_paginator("list_virtual_mfa_devices").paginate(AssignmentStatus=status)
            for one in page["VirtualMFADevices"]
        }
        for status in ("Any", "Assigned", "Unassigned")
    }
    assert {taken, free} <= listed["Any"].keys()
    assert taken in listed["Assigned"] and free not in listed["Assigned"]
    assert free in listed["Unassigned"] and taken not in listed["Unassigned"]
    assert listed["Any"][taken]["User"]["Arn"] == f"arn:aws:iam::123456789012:user/ops/{user}-new"
    assert not {"Base32StringSeed", "QRCodePNG"} & {key for one in listed["Any"].values() for key in one}
    assert [one["UserName"] for one in iam.list_mfa_devices(UserName=f"{user}-new")["MFADevices"]] == [f"{user}-new"]


def test_a_name_is_given_once_per_path(iam: Any, name: Any) -> None:
    given = name("device")
    device(iam, given)
    assert refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName=given)[:2] == (409, "EntityAlreadyExists")
    iam.create_virtual_mfa_device(VirtualMFADeviceName=given, Path="/ops/")

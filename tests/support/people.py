"""Users with access keys, and with a virtual MFA device whose codes a test can read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import pyotp
import pytest

from reconciler.sandbox.strict import clock

STEP = 30


@dataclass
class Device:
    """An enabled virtual device. last_step: the last step whose code was used."""

    serial: str
    seed: str = field(repr=False)
    last_step: int = 0

    def code_at(self, step: int) -> str:
        return pyotp.TOTP(self.seed).at(step * STEP)

    def next_code(self) -> str:
        """Return a code that IAM accepts now, never the same twice. After two in 30 seconds, wait for the next."""
        step = max(self.last_step + 1, int(time.time()) // STEP)
        while step > int(time.time()) // STEP + 1:
            time.sleep(0.2)
        self.last_step = step
        return self.code_at(step)


@dataclass
class Person:
    """A user with an access key, and perhaps an MFA device."""

    name: str
    arn: str
    access_key: str
    secret_key: str = field(repr=False)
    _device: Device | None = None

    @property
    def key_variables(self) -> dict[str, str]:
        """Return the environment variables of the access key."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def make_client(self, service: str, url: str) -> Any:
        """Return a boto3 client that uses the access key."""
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )

    @property
    def device(self) -> Device:
        assert self._device is not None, f"{self.name} has no MFA device"
        return self._device


def create_person(iam: Any, name: str, mfa: bool = False) -> Person:
    """Create a user with an access key, and with an enabled device if `mfa`. An existing user gets another key."""
    try:
        arn = iam.create_user(UserName=name)["User"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Person(name, arn, key["AccessKeyId"], key["SecretAccessKey"], enable_device(iam, name) if mfa else None)


def enable_device(iam: Any, user: str, name: str = "") -> Device:
    """Create and enable a virtual device. name: default: the user's."""
    created = iam.create_virtual_mfa_device(VirtualMFADeviceName=name or user)["VirtualMFADevice"]
    # Use the two codes before the current one, so that the current one is unused. Near the end of a step, use the two
    # before those.
    last = int(time.time() + 2) // STEP - 1
    device = Device(created["SerialNumber"], created["Base32StringSeed"].decode(), last)
    codes = {"AuthenticationCode1": device.code_at(last - 1), "AuthenticationCode2": device.code_at(last)}
    iam.enable_mfa_device(UserName=user, SerialNumber=device.serial, **codes)
    return device


def speed_up_codes(device: Device, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Return a function that gives codes without waiting: each one moves the sandbox's clock a step forward.

    It works only for a sandbox in this process, and for commands that do not read the clock themselves.
    """

    def next_code() -> str:
        device.last_step = max(device.last_step + 1, int(time.time()) // STEP)
        moment = float(device.last_step * STEP)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return device.code_at(device.last_step)

    return next_code

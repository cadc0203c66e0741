"""The devices of each user, in words: users that must use MFA and cannot are marked, and only they."""

from __future__ import annotations

import json

import pytest

from reconciler.model.live import MfaDevice
from reconciler.model.mfa_readiness import MfaReadiness, MfaStatus, MfaUser
from reconciler.render.mfa_status import render_status_json, render_status_text

VIRTUAL = MfaDevice("arn:aws:iam::123456789012:mfa/phone")
PASSKEY = MfaDevice("arn:aws:iam::123456789012:u2f/user/a/key-ABC")
HARDWARE = MfaDevice("GAHT12345678")
TEXTS = MfaDevice("arn:aws:iam::123456789012:sms-mfa/a")
WHY = ("mfa: required",)


@pytest.mark.parametrize(
    ("device", "kind", "codes"),
    [(VIRTUAL, "virtual", True), (PASSKEY, "passkey", False), (HARDWARE, "hardware", True), (TEXTS, "other", False)],
)
def test_the_serial_tells_the_kind(device: MfaDevice, kind: str, codes: bool) -> None:
    assert (device.kind, device.gives_codes) == (kind, codes)


CASES = [
    (MfaUser("a", (VIRTUAL,), WHY), MfaReadiness.READY, f"  a  virtual {VIRTUAL.serial} (mfa: required)"),
    (
        MfaUser("a", (PASSKEY, HARDWARE), WHY),
        MfaReadiness.READY,
        f"  a  passkey {PASSKEY.serial}, hardware {HARDWARE.serial} (mfa: required)",
    ),
    (MfaUser("a", (PASSKEY,), WHY), MfaReadiness.PASSKEY, f"! a  passkey {PASSKEY.serial} (mfa: required)"),
    (MfaUser("a", (PASSKEY,)), MfaReadiness.PASSKEY, f"  a  passkey {PASSKEY.serial}"),
    (MfaUser("a", (), WHY), MfaReadiness.MISSING, "! a  no device (mfa: required)"),
    (MfaUser("a"), MfaReadiness.MISSING, "  a  no device"),
    (MfaUser("a", complete=False), MfaReadiness.UNKNOWN, "  a  no virtual device"),
    (MfaUser("a", (VIRTUAL,), complete=False), MfaReadiness.READY, f"  a  virtual {VIRTUAL.serial}"),
    (MfaUser("a", (), WHY, exists=False), MfaReadiness.ABSENT, "! a  not created yet (mfa: required)"),
]


@pytest.mark.parametrize(("holder", "standing", "line"), CASES, ids=[line.strip() for _, _, line in CASES])
def test_each_user_is_a_line(holder: MfaUser, standing: MfaReadiness, line: str) -> None:
    status = MfaStatus("123456789012", (holder,))
    assert holder.readiness is standing
    text = render_status_text(status)
    assert text.splitlines()[0] == line
    assert ("marked with !" in text) == line.startswith("!")
    assert ("mfa enroll" in text) == (standing in (MfaReadiness.MISSING, MfaReadiness.PASSKEY))
    told = json.loads(render_status_json(status))["users"][0]
    assert (told["standing"], told["must_use_mfa"]) == (str(standing), bool(holder.reasons))


def test_names_are_aligned_and_counted() -> None:
    status = MfaStatus("123456789012", (MfaUser("a"), MfaUser("longer", (VIRTUAL,))), ("arn:left",))
    assert render_status_text(status).splitlines()[:6] == [
        "  a       no device",
        f"  longer  virtual {VIRTUAL.serial}",
        "",
        "Not assigned to any user: arn:left",
        "",
        "2 users: 1 with a device that gives codes, 1 without a device.",
    ]


def test_only_marked_lines_are_coloured() -> None:
    status = MfaStatus("123456789012", (MfaUser("a"), MfaUser("b", (), WHY)))
    first, second = render_status_text(status, color=True).splitlines()[:2]
    assert "\x1b" not in first and second.startswith("\x1b[33m! b")


def test_nothing_from_aws_steers_the_terminal() -> None:
    status = MfaStatus("123456789012", (MfaUser("a", (MfaDevice("X\x1b[2J"),)),), ("Y\x1b[2J",))
    assert "\x1b" not in render_status_text(status)

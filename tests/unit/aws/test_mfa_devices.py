"""The calls that enrol a device: what AWS's answers mean, and which are worth another try."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from reconciler.aws import mfa_devices, timing
from reconciler.model.problem import ReconcileError

SERIAL = "arn:aws:iam::123456789012:mfa/alice"
MADE = {"VirtualMFADevice": {"SerialNumber": SERIAL, "Base32StringSeed": b"ABCD"}}


def make_refusal(code: str, status: int = 400, message: str = "no") -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Call")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "DEVICE_PAUSES", (0.0, 0.0))


def connection(**answers: Any) -> Any:
    """Answers of the calls that are never repeated by themselves: a value, an error, or several in turn."""
    iam = Mock()
    for method, answer in answers.items():
        getattr(iam, method).side_effect = answer if isinstance(answer, list) else [answer]
    return SimpleNamespace(iam_once=iam, account="123456789012")


def code_of(call: Any) -> str:
    with pytest.raises(ReconcileError) as failed:
        call()
    assert len(failed.value.problems) == 1
    return failed.value.problems[0].code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (make_refusal("InvalidAuthenticationCode", 403), "mfa-code-refused"),
        (make_refusal("AccessDenied", 403), "access-denied"),
        (make_refusal("LimitExceeded", 409), "mfa-device-limit"),
        (make_refusal("ServiceFailure", 500), mfa_devices.ANSWER_LOST),
        (ConnectTimeoutError(endpoint_url="https://iam.amazonaws.com"), mfa_devices.ANSWER_LOST),
        (make_refusal("ValidationError"), "aws-error"),
        (make_refusal("EntityAlreadyExists", 409), "aws-error"),
    ],
)
def test_each_refusal_of_codes_has_its_meaning(error: Exception, code: str) -> None:
    made = connection(enable_mfa_device=error)
    assert code_of(lambda: mfa_devices.enable_device(made, "alice", SERIAL, "111111", "222222")) == code
    assert made.iam_once.enable_mfa_device.call_count == 1


def test_codes_are_not_in_what_is_said() -> None:
    made = connection(enable_mfa_device=make_refusal("InvalidAuthenticationCode", 403))
    with pytest.raises(ReconcileError) as failed:
        mfa_devices.enable_device(made, "alice", SERIAL, "111111", "222222")
    assert "111111" not in str(failed.value.problems) and failed.value.__cause__ is None


def test_a_device_that_iam_does_not_see_yet_is_waited_for() -> None:
    made = connection(
        enable_mfa_device=[make_refusal("NoSuchEntity", 404), make_refusal("EntityTemporarilyUnmodifiable"), {}]
    )
    mfa_devices.enable_device(made, "alice", SERIAL, "111111", "222222")
    never = connection(enable_mfa_device=[make_refusal("NoSuchEntity", 404)] * 3)
    assert code_of(lambda: mfa_devices.enable_device(never, "alice", SERIAL, "111111", "222222")) == "aws-error"


def test_a_name_is_waited_for_only_if_it_was_just_freed() -> None:
    taken = make_refusal("EntityAlreadyExists", 409)
    assert (
        code_of(lambda: mfa_devices.create_device(connection(create_virtual_mfa_device=taken), "alice"))
        == mfa_devices.DEVICE_TAKEN
    )
    made = connection(create_virtual_mfa_device=[taken, MADE])
    assert mfa_devices.create_device(made, "alice", just_deleted=True) == mfa_devices.NewDevice(SERIAL, "ABCD")


def test_a_creation_whose_answer_is_lost_is_not_made_again() -> None:
    made = connection(create_virtual_mfa_device=ConnectTimeoutError(endpoint_url="https://iam.amazonaws.com"))
    assert code_of(lambda: mfa_devices.create_device(made, "alice", just_deleted=True)) == mfa_devices.ANSWER_LOST
    assert made.iam_once.create_virtual_mfa_device.call_count == 1


def test_what_is_gone_is_deleted() -> None:
    mfa_devices.delete_device(connection(delete_virtual_mfa_device=make_refusal("NoSuchEntity", 404)), SERIAL)
    held = connection(delete_virtual_mfa_device=make_refusal("DeleteConflict", 409))
    assert code_of(lambda: mfa_devices.delete_device(held, SERIAL)) == "aws-error"


def test_the_device_of_root_is_told_from_one_that_nobody_has() -> None:
    root = f"{SERIAL[:-5]}root-account-mfa-device"
    pages = {
        "Unassigned": {"VirtualMFADevices": [{"SerialNumber": "left"}]},
        "Assigned": {
            "VirtualMFADevices": [
                {"SerialNumber": root, "User": {"Arn": "arn:aws:iam::123456789012:root"}},
                {"SerialNumber": SERIAL, "User": {"UserName": "alice"}},
            ]
        },
    }
    iam = Mock()
    iam.list_virtual_mfa_devices.side_effect = lambda AssignmentStatus, **_: pages[AssignmentStatus]
    assert mfa_devices.list_virtual_devices(SimpleNamespace(iam=iam)) == {  # type: ignore[arg-type]
        "left": None,
        root: mfa_devices.ROOT_USER,
        SERIAL: "alice",
    }

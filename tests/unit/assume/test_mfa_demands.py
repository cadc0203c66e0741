"""Which device gives the codes, and what is kept of a file's demands."""

from __future__ import annotations

import pytest

from reconciler.assume.mfa_demands import AliasDemands, FileDemands, MfaDemand, caller_name_of, choose_device
from reconciler.model.live import MfaDevice
from reconciler.model.problem import ReconcileError

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/demo-user"
VIRTUAL = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
FIDO = f"arn:aws:iam::{ACCOUNT}:u2f/user/demo-user/key"


@pytest.mark.parametrize(
    ("serials", "expected"),
    [
        ([VIRTUAL], VIRTUAL),
        ([FIDO, VIRTUAL], VIRTUAL),
        (["GAHT12345678", VIRTUAL], VIRTUAL),
        ([FIDO, "GAHT12345678"], "GAHT12345678"),
    ],
)
def test_the_device_is_one_that_gives_codes(serials: list[str], expected: str) -> None:
    assert choose_device([MfaDevice(serial) for serial in serials], USER) == expected


@pytest.mark.parametrize(("serials", "said"), [([FIDO], "security keys"), ([], "no MFA device")])
def test_a_caller_without_codes_is_told_why(serials: list[str], said: str) -> None:
    with pytest.raises(ReconcileError) as caught:
        choose_device([MfaDevice(serial) for serial in serials], USER)
    message = caught.value.problems[0].message
    assert said in message and USER in message and "Enrol" in message


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (USER, "user/demo-user"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run-7", "role/ci"),
        (f"arn:aws:iam::{ACCOUNT}:root", ""),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ann", ""),
    ],
)
def test_a_caller_is_named_without_its_path(arn: str, expected: str) -> None:
    assert caller_name_of(arn) == expected


def test_whom_the_file_declares_and_says_nothing_of_needs_no_mfa() -> None:
    groups = (frozenset({"user/ann"}), frozenset({"user/bob"}))
    demanded = AliasDemands(((1, MfaDemand(True, 900)), (0, MfaDemand(None))), None, True)
    file = FileDemands(frozenset({"user/ann", "user/bob", "user/eve"}), groups, {"s3": demanded})
    assert file.demand_of("s3", "user/bob") == MfaDemand(True, 900)
    assert file.demand_of("s3", "user/ann") == MfaDemand(None)
    assert file.demand_of("s3", "user/eve") == file.demand_of("other", "user/bob") == MfaDemand(False)
    assert file.demand_of("s3", "user/stranger") is None
    assert (
        file.is_required_for_all("s3") is None
        and file.is_required_for_some("s3")
        and not file.is_required_for_some("other")
    )

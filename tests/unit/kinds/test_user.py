"""The deletion of a user, and all that must go before it."""

from __future__ import annotations

from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.user import UserKind
from reconciler.model.address import Address
from reconciler.model.entity import User
from reconciler.model.live import LiveDetails, MfaDevice, OwnedCredentials, State
from tests.support.steps import in_order
from tests.support.strategies import ACCOUNT


def test_all_that_a_user_owns_goes_before_the_user() -> None:
    virtual, hardware = MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/u"), MfaDevice("GAHT12345678")
    owned = OwnedCredentials(True, ("A1", "A2"), ("C1",), ("K1",), ("S1",), (virtual, hardware))
    user = User("u", groups=frozenset([Address("group", "g")]), policies=frozenset(["arn:x"]))
    live = State(ACCOUNT, "aws", {}, LiveDetails(owned_credentials={Address("user", "u"): owned}))
    steps = in_order(UserKind().delete(user, PlanContext(live, live)))
    found = [step.call.operation for step in steps]
    assert found[-1] == "DeleteUser"
    assert sorted(found) == sorted(
        "DeleteAccessKey DeleteAccessKey DeleteLoginProfile DeleteSigningCertificate DeleteSSHPublicKey "
        "DeleteServiceSpecificCredential DeactivateMFADevice DeactivateMFADevice DeleteVirtualMFADevice "
        "DetachUserPolicy RemoveUserFromGroup DeleteUser".split()
    )
    assert found.index("DeactivateMFADevice") < found.index("DeleteVirtualMFADevice")

"""The MFA guard: one managed policy of the stack that `mfa: required` attaches to users and groups.

It lets a person see and enrol their own device, and denies everything else while no MFA is present. The
statements follow AWS's own example (IAM User Guide, "Allows MFA-authenticated IAM users to manage their own
MFA device"); users with a path are matched by the second resource. Deactivating needs MFA, and deleting a
device is never excepted.
"""

from __future__ import annotations

from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.facets.tags import OWNER
from reconciler.model.address import Address
from reconciler.model.document import Json
from reconciler.model.entity import Policy
from reconciler.policy.canonical import parse_authored

_PREFIX = "reconcile-require-mfa"

_SEE = ["iam:ListVirtualMFADevices"]
_OWN = ["iam:EnableMFADevice", "iam:GetMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice"]
_CREATE = ["iam:CreateVirtualMFADevice"]


def guard_address_of(owner: str | None) -> Address:
    return Address("policy", f"{_PREFIX}-{owner}" if owner else _PREFIX)


def add_guard(policies: frozenset[str], context: DeclareContext, mfa: bool) -> frozenset[str]:
    """The attached policies of a user or group, with the guard where MFA is required."""
    return policies | {context.arn_of(guard_address_of(context.owner))} if mfa else policies


def make_guard_policy(owner: str | None, partition: str, path: str) -> Policy:
    """The guard as an entity like any other."""
    address = guard_address_of(owner)
    return Policy(
        name=address.name,
        path=path,
        document=parse_authored(_make_document(partition), partition),
        description="Denies everything but enrolling an MFA device until MFA is used (managed by reconcile)",
        tags={OWNER: owner} if owner else {},
    )


def _make_document(partition: str) -> dict[str, Json]:
    users = [
        f"arn:{partition}:iam::*:user/${{aws:username}}",
        f"arn:{partition}:iam::*:user/*/${{aws:username}}",
    ]
    excepted = sorted([*_SEE, *_OWN, *_CREATE, "sts:GetSessionToken"])
    return {
        "Version": "2012-10-17",
        "Statement": [
            _make_allow("SeeDevices", _SEE, "*"),
            _make_allow("CreateDevice", _CREATE, f"arn:{partition}:iam::*:mfa/*"),
            _make_allow("EnrolOwnDevice", _OWN, list(users)),
            {
                **_make_allow("DeactivateOwnDeviceWithMfa", ["iam:DeactivateMFADevice"], list(users)),
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            },
            {
                "Sid": "DenyAllElseWithoutMfa",
                "Effect": "Deny",
                "NotAction": list(excepted),
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ],
    }


def _make_allow(sid: str, actions: list[str], resource: Json) -> dict[str, Json]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}

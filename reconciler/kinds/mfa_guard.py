"""Make the MFA guard: the managed policy that `mfa: required` attaches to users and groups, one for each owner.

Without MFA, it lets users see and enrol their own device, and denies everything else, such as deactivating or deleting
a device. The second user resource matches users with a path.
Source: IAM User Guide, "Allows MFA-authenticated IAM users to manage their own MFA device".
"""

from __future__ import annotations

from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.facets.tags import OWNER
from reconciler.model.address import Address
from reconciler.model.document import Json
from reconciler.model.entity import Policy
from reconciler.policy.canonical import parse_authored

_PREFIX = "reconcile-require-mfa"

_LIST_ACTIONS = ["iam:ListVirtualMFADevices"]
_OWN_DEVICE_ACTIONS = [
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
]
_CREATE_ACTIONS = ["iam:CreateVirtualMFADevice"]


def guard_address_of(owner: str | None) -> Address:
    """Return the address of the guard policy of an owner."""
    return Address("policy", f"{_PREFIX}-{owner}" if owner else _PREFIX)


def add_guard(policies: frozenset[str], context: DeclareContext, mfa: bool) -> frozenset[str]:
    """Return the attached policies of a user or group, with the guard policy if `mfa` is true."""
    return policies | {context.arn_of(guard_address_of(context.owner))} if mfa else policies


def make_guard_policy(owner: str | None, partition: str, path: str) -> Policy:
    """Return the guard policy as an entity."""
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
    allowed_without_mfa = sorted([*_LIST_ACTIONS, *_OWN_DEVICE_ACTIONS, *_CREATE_ACTIONS, "sts:GetSessionToken"])
    return {
        "Version": "2012-10-17",
        "Statement": [
            _make_allow("SeeDevices", _LIST_ACTIONS, "*"),
            _make_allow("CreateDevice", _CREATE_ACTIONS, f"arn:{partition}:iam::*:mfa/*"),
            _make_allow("EnrolOwnDevice", _OWN_DEVICE_ACTIONS, list(users)),
            {
                **_make_allow("DeactivateOwnDeviceWithMfa", ["iam:DeactivateMFADevice"], list(users)),
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            },
            {
                "Sid": "DenyAllElseWithoutMfa",
                "Effect": "Deny",
                "NotAction": list(allowed_without_mfa),
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ],
    }


def _make_allow(sid: str, actions: list[str], resource: Json) -> dict[str, Json]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}

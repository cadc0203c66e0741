"""Keep virtual MFA devices and check their codes.

The secret of a hardware device is unknown here: enabling it accepts any codes, and no code of it is valid afterwards.
Sources: IAM API Reference, CreateVirtualMFADevice, EnableMFADevice (two consecutive codes, else
InvalidAuthenticationCode; EntityAlreadyExists), ResyncMFADevice, DeactivateMFADevice, ListVirtualMFADevices (no
secrets in lists); User Guide, "IAM and AWS STS quotas" (8 devices for a user) and "AWS Multi-factor
authentication in IAM"; STS API Reference, AssumeRole and GetSessionToken (SerialNumber, TokenCode). The texts for
refused codes are quoted in public issues (aws-vault#164).
"""

from __future__ import annotations

import secrets
from base64 import b32encode, b64encode

from reconciler.model.quotas import MFA_DEVICES
from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply, list_members, put_child, read_child_text
from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.api_call import (
    ActionRules,
    ApiCall,
    access_denied_error,
    no_such_entity_error,
    quota_error,
)
from reconciler.sandbox.strict.authenticator import Authenticator
from reconciler.sandbox.strict.ledger import MFA, USER, IamEntity
from reconciler.sandbox.strict.paging import page_list
from reconciler.sandbox.strict.parameters import refuse_bad_texts

SECRET_SIZE = 40
CODES = ("AuthenticationCode1", "AuthenticationCode2")


def issue_secret(call: ApiCall, reply: Reply) -> None:
    """Replace the emulator's secret of a new device by one of the layer."""
    element = reply.result.find("VirtualMFADevice")
    device = call.ledger.find_by_arn(read_child_text(element, "SerialNumber")) if element is not None else None
    if element is not None and device is not None:
        # Make a secret as long as AWS's: the seed of an emulator may be invalid.
        secret = secrets.token_bytes(SECRET_SIZE)
        device.authenticator = Authenticator(secret)
        # The protocol encodes a blob in base64; its content is the Base32 text that the user gets.
        put_child(element, "Base32StringSeed", b64encode(b32encode(secret)).decode())


def enable_device(call: ApiCall) -> Reply:
    refuse_bad_texts(call, "SerialNumber", *CODES)
    user, serial = call.require_entity(USER), call.get("SerialNumber")
    device = call.find_entity(MFA)
    if device is None and serial.startswith("arn:"):
        raise no_such_entity_error(MFA, serial)
    if device is not None and device.holder is not None:
        raise AwsError("EntityAlreadyExists", "MFA device is already in use.", status=409)
    if (
        len(list(list_members(call.invoke("ListMFADevices", UserName=user.name).result, "MFADevices")))
        >= MFA_DEVICES.default
    ):
        raise quota_error(MFA_DEVICES)
    if device is not None and not _authenticator_of(device).accept_code_pair(*_read_codes(call), clock.now()):
        raise _invalid_code_error()
    reply = call.forward()
    if reply.ok and device is not None:
        device.holder = user
    return reply


def resync_device(call: ApiCall) -> Reply:
    refuse_bad_texts(call, "SerialNumber", *CODES)
    user, device = call.require_entity(USER), call.find_entity(MFA)
    if device is None or device.holder is not user:
        raise no_such_entity_error(MFA, call.get("SerialNumber"))
    if not _authenticator_of(device).resynchronise(*_read_codes(call), clock.now()):
        raise _invalid_code_error()
    return build_reply(call.action)


def _read_codes(call: ApiCall) -> tuple[str, str]:
    return call.get(CODES[0]), call.get(CODES[1])


def _authenticator_of(device: IamEntity) -> Authenticator:
    assert device.authenticator is not None
    return device.authenticator


def _invalid_code_error() -> AwsError:
    return AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid", status=403)


def unassign_device(call: ApiCall, reply: Reply) -> None:
    device = call.find_entity(MFA)
    if device is not None:
        device.holder = None


def list_devices(call: ApiCall) -> Reply:
    """List devices: "If you do not specify an assignment status, the operation defaults to Any"."""
    reply = call.invoke(call.action, **{"AssignmentStatus": "Any"} | call.parameters)
    return page_list(call, reply, "VirtualMFADevices")


def hide_secrets(call: ApiCall, reply: Reply) -> None:
    for element in list_members(reply.result, "VirtualMFADevices"):
        for secret in ("Base32StringSeed", "QRCodePNG"):
            put_child(element, secret, None)
        device, user = call.ledger.find_by_arn(read_child_text(element, "SerialNumber")), element.find("User")
        if user is not None and device is not None and device.holder is not None:
            # The user may have been renamed since.
            holder = device.holder
            for name, value in {"UserName": holder.name, "Path": holder.path, "Arn": holder.arn}.items():
                put_child(user, name, value)


def verify_mfa(call: ApiCall) -> bool:
    """Return whether the request has a valid MFA code, and use it up. Raises AwsError if the code is invalid."""
    serial, code = call.get("SerialNumber"), call.get("TokenCode")
    if not serial and not code:
        return False
    if not serial or not code:
        raise _mfa_failed_error(", must provide both MFA serial number and one time pass code.")
    device, user = call.find_entity(MFA), call.caller.user
    if device is None or user is None or device.holder is not user:
        raise _mfa_failed_error(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with "
            "this user."
        )
    if not _authenticator_of(device).accept_code(code, clock.now()):
        raise _mfa_failed_error(" with invalid MFA one time pass code.")
    return True


def _mfa_failed_error(reason: str) -> AwsError:
    return access_denied_error(f"MultiFactorAuthentication failed{reason}")


RULES = ActionRules(
    answers={"EnableMFADevice": enable_device, "ListVirtualMFADevices": list_devices, "ResyncMFADevice": resync_device},
    edits={
        "CreateVirtualMFADevice": issue_secret,
        "DeactivateMFADevice": unassign_device,
        "ListVirtualMFADevices": hide_secrets,
    },
)

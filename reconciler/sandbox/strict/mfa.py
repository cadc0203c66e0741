"""Virtual MFA devices whose codes are really checked.

Sources: IAM API Reference, CreateVirtualMFADevice, EnableMFADevice (two consecutive codes, else
InvalidAuthenticationCode; EntityAlreadyExists), ResyncMFADevice, DeactivateMFADevice, ListVirtualMFADevices (no
secrets in lists); User Guide, "IAM and AWS STS quotas" (8 devices for a user) and "AWS Multi-factor
authentication in IAM"; STS API Reference, AssumeRole and GetSessionToken (SerialNumber, TokenCode). The texts of
refused codes are those that people quote in issues (aws-vault#164). Nobody has the secret of a
hardware device here: it is enabled with any codes, and no code of it is valid.
"""

from __future__ import annotations

import secrets
from base64 import b32encode, b64encode

from reconciler.model.quotas import MFA_DEVICES
from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.call import Call, Rules, denied, no_such, past
from reconciler.sandbox.strict.ledger import MFA, USER, Entity
from reconciler.sandbox.strict.paging import paged
from reconciler.sandbox.strict.parameters import refuse_bad
from reconciler.sandbox.strict.totp import Authenticator
from reconciler.sandbox.wire import Refusal, Reply, answer, members, put, text

SECRET_SIZE = 40
CODES = ("AuthenticationCode1", "AuthenticationCode2")


def created(call: Call, reply: Reply) -> None:
    told = reply.result.find("VirtualMFADevice")
    device = call.ledger.by_arn(text(told, "SerialNumber")) if told is not None else None
    if told is not None and device is not None:
        # A secret of the layer's own, as long as AWS's: what emulators call a seed need not be one.
        secret = secrets.token_bytes(SECRET_SIZE)
        device.authenticator = Authenticator(secret)
        # A blob on the wire: base64 of what the person gets, which is Base32 again.
        put(told, "Base32StringSeed", b64encode(b32encode(secret)).decode())


def enable(call: Call) -> Reply:
    refuse_bad(call, "SerialNumber", *CODES)
    user, serial = call.need(USER), call.given("SerialNumber")
    device = call.subject(MFA)
    if device is None and serial.startswith("arn:"):
        raise no_such(MFA, serial)
    if device is not None and device.holder is not None:
        raise Refusal("EntityAlreadyExists", "MFA device is already in use.", status=409)
    if len(list(members(call.ask("ListMFADevices", UserName=user.name).result, "MFADevices"))) >= MFA_DEVICES.default:
        raise past(MFA_DEVICES)
    if device is not None and not _authenticator(device).takes_pair(*_codes(call), clock.now()):
        raise _bad_codes()
    told = call.forward()
    if told.ok and device is not None:
        device.holder = user
    return told


def resync(call: Call) -> Reply:
    refuse_bad(call, "SerialNumber", *CODES)
    user, device = call.need(USER), call.subject(MFA)
    if device is None or device.holder is not user:
        raise no_such(MFA, call.given("SerialNumber"))
    if not _authenticator(device).resynchronised(*_codes(call), clock.now()):
        raise _bad_codes()
    return answer(call.action)


def _codes(call: Call) -> tuple[str, str]:
    return call.given(CODES[0]), call.given(CODES[1])


def _authenticator(device: Entity) -> Authenticator:
    assert device.authenticator is not None
    return device.authenticator


def _bad_codes() -> Refusal:
    return Refusal("InvalidAuthenticationCode", "Authentication code for device is not valid", status=403)


def deactivated(call: Call, reply: Reply) -> None:
    device = call.subject(MFA)
    if device is not None:
        device.holder = None


def list_devices(call: Call) -> Reply:
    """Without a status, any: "If you do not specify an assignment status, the operation defaults to Any"."""
    told = call.ask(call.action, **{"AssignmentStatus": "Any"} | call.parameters)
    return paged(call, told, "VirtualMFADevices")


def listed(call: Call, reply: Reply) -> None:
    for told in members(reply.result, "VirtualMFADevices"):
        for secret in ("Base32StringSeed", "QRCodePNG"):
            put(told, secret, None)
        device, user = call.ledger.by_arn(text(told, "SerialNumber")), told.find("User")
        if user is not None and device is not None and device.holder is not None:
            # Since then it may have been renamed.
            holder = device.holder
            for name, value in {"UserName": holder.name, "Path": holder.path, "Arn": holder.arn}.items():
                put(user, name, value)


def proven(call: Call) -> bool:
    """Whether the request carries MFA: no, yes, or a refusal. The code is used up."""
    serial, code = call.given("SerialNumber"), call.given("TokenCode")
    if not serial and not code:
        return False
    if not serial or not code:
        raise _failed(", must provide both MFA serial number and one time pass code.")
    device, user = call.subject(MFA), call.caller.user
    if device is None or user is None or device.holder is not user:
        raise _failed(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with "
            "this user."
        )
    if not _authenticator(device).takes(code, clock.now()):
        raise _failed(" with invalid MFA one time pass code.")
    return True


def _failed(why: str) -> Refusal:
    return denied(f"MultiFactorAuthentication failed{why}")


RULES = Rules(
    answers={"EnableMFADevice": enable, "ListVirtualMFADevices": list_devices, "ResyncMFADevice": resync},
    edits={
        "CreateVirtualMFADevice": created,
        "DeactivateMFADevice": deactivated,
        "ListVirtualMFADevices": listed,
    },
)

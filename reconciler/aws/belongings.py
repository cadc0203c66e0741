"""Single reads, for the few entities a plan touches: what a doomed user owns, devices, policies of AWS."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.faults import DENIED, code_of
from reconciler.aws.session import Connection
from reconciler.model.address import Address
from reconciler.model.state import Belongings, MfaDevice


def belongings_of(connection: Connection, user: Address) -> Belongings:
    """What must go before DeleteUser is taken (IAM API, DeleteUser)."""
    iam, name = connection.iam, user.name

    def ids(method: str, key: str, item: str) -> tuple[str, ...]:
        return tuple(entry[item] for entry in getattr(iam, method)(UserName=name)[key])

    return Belongings(
        login_profile=_exists(iam.get_login_profile, UserName=name),
        access_keys=ids("list_access_keys", "AccessKeyMetadata", "AccessKeyId"),
        signing_certificates=ids("list_signing_certificates", "Certificates", "CertificateId"),
        ssh_public_keys=ids("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId"),
        service_credentials=ids(
            "list_service_specific_credentials", "ServiceSpecificCredentials", "ServiceSpecificCredentialId"
        ),
        mfa_devices=tuple(MfaDevice(serial) for serial in ids("list_mfa_devices", "MFADevices", "SerialNumber")),
    )


def devices_of(connection: Connection, user: Address) -> tuple[MfaDevice, ...] | None:
    """Every MFA device of a user, FIDO and hardware too; None where it may not be read."""
    try:
        answer = connection.iam.list_mfa_devices(UserName=user.name)
    except ClientError as error:
        if code_of(error) in DENIED:
            return None
        raise
    return tuple(MfaDevice(device["SerialNumber"]) for device in answer["MFADevices"])


def policy_exists(connection: Connection, arn: str) -> bool:
    """Whether a policy of AWS or of another account can be attached; one that may not be read is assumed to be."""
    try:
        return _exists(connection.iam.get_policy, PolicyArn=arn)
    except ClientError as error:
        if code_of(error) in DENIED:
            return True
        raise


def _exists(call: Any, **parameters: str) -> bool:
    try:
        call(**parameters)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return False
        raise
    return True

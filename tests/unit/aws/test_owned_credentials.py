"""The credentials that a doomed user owns: a rare kind that is not answered is named, a common one is a failure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from reconciler.aws.concurrency import DaemonExecutor
from reconciler.aws.owned_credentials import call_or_empty, read_mfa_devices, read_owned_credentials
from reconciler.model.address import Address
from reconciler.model.live import OwnedCredentials


def make_refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "List")


def connection(**failing: Exception) -> Any:
    iam = Mock()
    iam.get_login_profile.side_effect = make_refusal("NoSuchEntity")
    iam.list_access_keys.return_value = {"AccessKeyMetadata": [{"AccessKeyId": "AKIAEXAMPLE"}]}
    iam.list_signing_certificates.return_value = {"Certificates": []}
    iam.list_ssh_public_keys.return_value = {"SSHPublicKeys": []}
    iam.list_service_specific_credentials.return_value = {"ServiceSpecificCredentials": []}
    iam.list_mfa_devices.return_value = {"MFADevices": []}
    for method, error in failing.items():
        getattr(iam, method).side_effect = error
    return SimpleNamespace(iam=iam)


def found_for(connection: Any) -> OwnedCredentials:
    with DaemonExecutor(3) as pool:
        return read_owned_credentials(connection, Address("user", "u"), pool)


@pytest.mark.parametrize(
    "error", [make_refusal("AccessDenied"), make_refusal("InvalidAction"), ResponseParserError("<html>")]
)
def test_a_rare_kind_that_is_not_told_is_named_and_the_rest_is_known(error: Exception) -> None:
    found = found_for(connection(list_service_specific_credentials=error))
    assert found.unread == ("ListServiceSpecificCredentials",)
    assert found.access_keys == ("AKIAEXAMPLE",)


@pytest.mark.parametrize("method", ["list_access_keys", "list_mfa_devices"])
def test_a_common_kind_that_is_not_told_is_a_failure(method: str) -> None:
    with pytest.raises(ClientError):
        found_for(connection(**{method: make_refusal("AccessDenied")}))


def test_a_throttled_read_is_a_failure_whatever_it_reads() -> None:
    with pytest.raises(ClientError):
        found_for(connection(list_signing_certificates=make_refusal("Throttling")))


def test_a_user_that_is_not_there_yet_or_no_more_has_no_device() -> None:
    """IAM may list a new user before it answers for it ("eventual consistency", IAM User Guide)."""
    user = Address("user", "u")
    unknown, denied = (connection(list_mfa_devices=make_refusal(code)) for code in ("NoSuchEntity", "AccessDenied"))
    assert call_or_empty(lambda: read_mfa_devices(unknown, user)) == ()
    assert call_or_empty(lambda: read_mfa_devices(denied, user)) is None
    with pytest.raises(ClientError):
        read_mfa_devices(unknown, user)  # where a person named the user, that it is not there must be told

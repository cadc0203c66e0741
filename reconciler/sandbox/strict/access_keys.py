"""Record the access keys of users, and find the user if a request names none.

Sources: IAM API Reference, CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys: "If the UserName is
not specified, the user name is determined implicitly based on the AWS access key ID used to sign the request";
UpdateAccessKey: "If a temporary access key is used, then UserName is required". The emulator checks the quota of two
keys.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.keyring import IssuedKey
from reconciler.sandbox.strict.ledger import USER
from reconciler.sandbox.strict.paging import build_page

IMPLICIT_USER_ACTIONS = (
    "CreateAccessKey",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteServiceSpecificCredential",
    "DeleteSigningCertificate",
    "GetLoginProfile",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSSHPublicKeys",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "ResetServiceSpecificCredential",
    "UpdateAccessKey",
    "UpdateServiceSpecificCredential",
    "UpdateSigningCertificate",
    "UploadSigningCertificate",
)
STATUS = {True: "Active", False: "Inactive"}


def add_implied_user(request: HttpRequest, caller: IssuedKey) -> HttpRequest:
    """Return the request with the user name of the caller added, if the action implies it.

    The emulator answers for the root user.
    """
    parameters = request.parameters
    names_users = parameters.get("UserName") or parameters.get("AllUsers") == "true"
    if request.action not in IMPLICIT_USER_ACTIONS or names_users:
        return request
    if caller.session is not None or (caller.is_temporary and request.action == "UpdateAccessKey"):
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    if caller.user is None:
        return request
    added = f"UserName={quote(caller.user.name, safe='')}"
    if request.body:
        return replace(request, body=request.body + f"&{added}".encode())
    return replace(request, target=f"{request.target}&{added}")


def record_key(call: ApiCall, reply: Reply) -> None:
    key, user = reply.result.find("AccessKey"), call.find_entity(USER)
    if key is not None and user is not None:
        call.keyring.add(
            IssuedKey(
                read_child_text(key, "AccessKeyId"),
                call.ledger.account,
                user,
                created=read_child_text(key, "CreateDate"),
            )
        )


def record_key_status(call: ApiCall, reply: Reply) -> None:
    key = call.keyring.find(call.get("AccessKeyId"))
    if key is not None:
        key.is_active = call.get("Status") == STATUS[True]


def remove_key(call: ApiCall, reply: Reply) -> None:
    call.keyring.remove(call.get("AccessKeyId"))


def list_keys(call: ApiCall) -> Reply:
    if not call.get("UserName"):
        return call.forward()
    user = call.require_entity(USER)
    keys = [
        {"UserName": user.name, "AccessKeyId": key.id, "Status": STATUS[key.is_active], "CreateDate": key.created}
        for key in call.keyring.keys_of(user)
    ]
    return build_page(call, {"AccessKeyMetadata": keys})


def forget_user_keys(call: ApiCall, reply: Reply) -> None:
    user = call.find_entity(USER)
    if user is not None:
        call.keyring.forget_user(user)


RULES = ActionRules(
    answers={"ListAccessKeys": list_keys},
    edits={
        "CreateAccessKey": record_key,
        "UpdateAccessKey": record_key_status,
        "DeleteAccessKey": remove_key,
        "DeleteUser": forget_user_keys,
    },
)

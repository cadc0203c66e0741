"""Access keys of users: who has which, and who is meant where a request names no user.

Sources: IAM API Reference, CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys: "If the UserName is
not specified, the user name is determined implicitly based on the AWS access key ID used to sign the request";
UpdateAccessKey: "If a temporary access key is used, then UserName is required". The quota of two keys is the
emulator's.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.keyring import Key
from reconciler.sandbox.strict.ledger import USER
from reconciler.sandbox.strict.paging import page_of
from reconciler.sandbox.wire import Refusal, Reply, Request, text

IMPLIED = (
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


def spelled_out(request: Request, caller: Key) -> Request:
    """The request with the user that it implies; the root user's own are left to the emulator."""
    given = request.parameters
    if request.action not in IMPLIED or given.get("UserName") or given.get("AllUsers") == "true":
        return request
    if caller.session is not None or (caller.temporary and request.action == "UpdateAccessKey"):
        raise Refusal("ValidationError", "Must specify userName when calling with non-User credentials")
    if caller.user is None:
        return request
    added = f"UserName={quote(caller.user.name, safe='')}"
    if request.body:
        return replace(request, body=request.body + f"&{added}".encode())
    return replace(request, target=f"{request.target}&{added}")


def created(call: Call, reply: Reply) -> None:
    told, user = reply.result.find("AccessKey"), call.subject(USER)
    if told is not None and user is not None:
        call.keyring.add(Key(text(told, "AccessKeyId"), call.ledger.account, user, created=text(told, "CreateDate")))


def updated(call: Call, reply: Reply) -> None:
    key = call.keyring.find(call.given("AccessKeyId"))
    if key is not None:
        key.active = call.given("Status") == STATUS[True]


def deleted(call: Call, reply: Reply) -> None:
    call.keyring.remove(call.given("AccessKeyId"))


def listed(call: Call) -> Reply:
    if not call.given("UserName"):
        return call.forward()
    user = call.need(USER)
    shown = [
        {"UserName": user.name, "AccessKeyId": key.id, "Status": STATUS[key.active], "CreateDate": key.created}
        for key in call.keyring.of_user(user)
    ]
    return page_of(call, {"AccessKeyMetadata": shown})


def user_going(call: Call, reply: Reply) -> None:
    user = call.subject(USER)
    if user is not None:
        call.keyring.forget(user)


RULES = Rules(
    answers={"ListAccessKeys": listed},
    edits={
        "CreateAccessKey": created,
        "UpdateAccessKey": updated,
        "DeleteAccessKey": deleted,
        "DeleteUser": user_going,
    },
)

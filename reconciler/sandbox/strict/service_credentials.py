"""Service-specific credentials: passwords and API keys with which a user enters one service, such as CodeCommit.

Sources: IAM API Reference, Create, List, Update, Reset and DeleteServiceSpecificCredential (two for each service and
user; only API keys take CredentialAgeDays; an alias and a secret in place of user name and password); IAM User Guide,
"API keys for AWS services" (Bedrock and CloudWatch Logs). The refusals, ids and user names as LocalStack's verified
tests recorded them (test_iam.py, TestIAMServiceSpecificCredentials; test_iam_users.py, TestUserRename: a user that is
renamed keeps the user names of its credentials). How AWS makes an alias and a secret of an API key is not documented.
"""

from __future__ import annotations

import base64
import re
import secrets
import string

from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.call import Call, Rules, over_quota
from reconciler.sandbox.strict.ledger import USER, Entity, ServiceCredential
from reconciler.sandbox.strict.paging import page_of
from reconciler.sandbox.strict.parameters import required
from reconciler.sandbox.wire import Content, Refusal, Reply, answer, stamp

PASSWORDS = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
API_KEYS = {"bedrock.amazonaws.com": "ABSK", "logs.amazonaws.com": "ACWL"}
"""Service → how the secret of its API keys begins."""

QUOTA = 2
OLDEST = 36600
DAY = 86400
STATUSES = ("Active", "Inactive")
ALPHABET = string.ascii_uppercase + string.digits
SECRET = string.ascii_letters + string.digits + "+/"


def _detected(where: str, constraint: str) -> Refusal:
    told = f"Value at '{where}' failed to satisfy constraint: Member must {constraint}"
    return Refusal("ValidationError", f"1 validation error detected: {told}")


def _refuse_service(service: str) -> None:
    if service not in PASSWORDS and service not in API_KEYS:
        message = f"No such service {service} is supported for Service Specific Credentials"
        raise Refusal("NoSuchEntity", message, status=404)


def create(call: Call) -> Reply:
    required(call, "UserName", "ServiceName")
    user, service = call.need(USER), call.given("ServiceName")
    _refuse_service(service)
    expires = _expiry(call, service)
    held = [one for one in user.service_credentials if one.service == service]
    if len(held) >= QUOTA:
        raise over_quota(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {QUOTA}")
    identifier = "ACCA" + "".join(secrets.choice(ALPHABET) for _ in range(17))
    alias = _free_alias(user, service, call.ledger.account)
    made = ServiceCredential(identifier, service, alias, stamp(clock.now()), expires)
    user.service_credentials.append(made)
    return answer(call.action, {"ServiceSpecificCredential": _with_secret(user, made)})


def _expiry(call: Call, service: str) -> float | None:
    given = call.given("CredentialAgeDays")
    if not given:
        return None
    if service not in API_KEYS:
        raise Refusal("ValidationError", f"CredentialAgeDays is not valid for {service}.")
    if not given.isdigit() or int(given) < 1:
        raise _detected("credentialAgeDays", "have value greater than or equal to 1")
    if int(given) > OLDEST:
        raise _detected("credentialAgeDays", f"have value less than or equal to {OLDEST}")
    return clock.now() + int(given) * DAY


def _free_alias(user: Entity, service: str, account: str) -> str:
    """`jane-at-123456789012`, or `jane+1-at-123456789012` for the second one (IAM User Guide, "Git credentials")."""
    taken = {one.alias for one in user.service_credentials if one.service == service}
    names = (f"{user.name}{f'+{number}' if number else ''}-at-{account}" for number in range(QUOTA + 1))
    return next(name for name in names if name not in taken)


def _with_secret(user: Entity, made: ServiceCredential) -> dict[str, Content]:
    """Return the credential with a secret of its own: a new one each time, since nothing here ever asks for it."""
    password = "".join(secrets.choice(SECRET) for _ in range(59)) + "="
    if made.service not in API_KEYS:
        return {**_told(user, made), "ServicePassword": password}
    key = API_KEYS[made.service] + base64.b64encode(f"{made.alias}:{password}".encode()).decode()
    return {**_told(user, made), "ServiceCredentialSecret": key}


def _told(user: Entity, held: ServiceCredential) -> dict[str, Content]:
    expired = held.expires is not None and clock.now() >= held.expires
    return {
        "CreateDate": held.created,
        **({} if held.expires is None else {"ExpirationDate": stamp(held.expires)}),
        "ServiceName": held.service,
        "ServiceCredentialAlias" if held.service in API_KEYS else "ServiceUserName": held.alias,
        "ServiceSpecificCredentialId": held.id,
        "UserName": user.name,
        "Status": "Expired" if expired else held.status,
    }


def list_credentials(call: Call) -> Reply:
    service, all_users = call.given("ServiceName"), call.given("AllUsers") == "true"
    if all_users and call.has("UserName"):
        raise Refusal("ValidationError", "AllUsers cannot be specified together with UserName.")
    users = list(call.ledger.of_kind(USER)) if all_users else [call.need(USER)] if call.given("UserName") else []
    if call.has("ServiceName"):
        _refuse_service(service)
    listed = [_told(user, one) for user in users for one in user.service_credentials if service in ("", one.service)]
    return page_of(call, {"ServiceSpecificCredentials": listed})


def update(call: Call) -> Reply:
    if call.given("Status") not in STATUSES:
        raise _detected("status", "satisfy enum value set")
    _, held = _find(call)
    held.status = call.given("Status")
    return answer(call.action)


def reset(call: Call) -> Reply:
    return answer(call.action, {"ServiceSpecificCredential": _with_secret(*_find(call))})


def delete(call: Call) -> Reply:
    user, held = _find(call)
    user.service_credentials.remove(held)
    return answer(call.action)


def _find(call: Call) -> tuple[Entity, ServiceCredential]:
    """Return the user and the credential that the call names; the root user has none."""
    identifier = call.given("ServiceSpecificCredentialId")
    user = call.need(USER) if call.given("UserName") else None
    if not re.fullmatch(r"\w+", identifier, re.ASCII):
        raise _detected("serviceSpecificCredentialId", r"satisfy regular expression pattern: [\w]+")
    for held in user.service_credentials if user is not None else ():
        if user is not None and held.id == identifier:
            return user, held
    raise Refusal("NoSuchEntity", f"No such credential {identifier} exists", status=404)


RULES = Rules(
    answers={
        "CreateServiceSpecificCredential": create,
        "ListServiceSpecificCredentials": list_credentials,
        "UpdateServiceSpecificCredential": update,
        "ResetServiceSpecificCredential": reset,
        "DeleteServiceSpecificCredential": delete,
    }
)

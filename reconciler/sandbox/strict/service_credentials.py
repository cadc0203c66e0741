"""Keep service-specific credentials: passwords and API keys of a user for one service, such as CodeCommit.

Sources: IAM API Reference, Create, List, Update, Reset and DeleteServiceSpecificCredential (two for each service and
user; only API keys take CredentialAgeDays; an alias and a secret in place of user name and password); IAM User Guide,
"API keys for AWS services" (Bedrock and CloudWatch Logs). The refusals, ids and user names as LocalStack's verified
tests recorded them (test_iam.py, TestIAMServiceSpecificCredentials; test_iam_users.py, TestUserRename: a user that is
renamed keeps the user names of its credentials). AWS does not document how it makes alias and secret of an API key.
"""

from __future__ import annotations

import base64
import re
import secrets
import string

from reconciler.sandbox.query_protocol import AwsError, Content, Reply, build_reply, format_timestamp
from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, limit_exceeded_error
from reconciler.sandbox.strict.ledger import USER, IamEntity, ServiceCredential
from reconciler.sandbox.strict.paging import build_page
from reconciler.sandbox.strict.parameters import require_parameters

PASSWORD_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
API_KEY_PREFIXES = {"bedrock.amazonaws.com": "ABSK", "logs.amazonaws.com": "ACWL"}
"""Service → the prefix of the secret of its API keys."""

QUOTA = 2
MAX_AGE_DAYS = 36600
DAY = 86400
STATUSES = ("Active", "Inactive")
ALPHABET = string.ascii_uppercase + string.digits
SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


def _validation_error(member: str, constraint: str) -> AwsError:
    violation = f"Value at '{member}' failed to satisfy constraint: Member must {constraint}"
    return AwsError("ValidationError", f"1 validation error detected: {violation}")


def _refuse_service(service: str) -> None:
    if service not in PASSWORD_SERVICES and service not in API_KEY_PREFIXES:
        message = f"No such service {service} is supported for Service Specific Credentials"
        raise AwsError("NoSuchEntity", message, status=404)


def create_credential(call: ApiCall) -> Reply:
    require_parameters(call, "UserName", "ServiceName")
    user, service = call.require_entity(USER), call.get("ServiceName")
    _refuse_service(service)
    expires = _read_expiry(call, service)
    existing = [credential for credential in user.service_credentials if credential.service == service]
    if len(existing) >= QUOTA:
        raise limit_exceeded_error(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {QUOTA}")
    identifier = "ACCA" + "".join(secrets.choice(ALPHABET) for _ in range(17))
    alias = _find_free_alias(user, service, call.ledger.account)
    credential = ServiceCredential(identifier, service, alias, format_timestamp(clock.now()), expires)
    user.service_credentials.append(credential)
    return build_reply(call.action, {"ServiceSpecificCredential": _show_with_secret(user, credential)})


def _read_expiry(call: ApiCall, service: str) -> float | None:
    text = call.get("CredentialAgeDays")
    if not text:
        return None
    if service not in API_KEY_PREFIXES:
        raise AwsError("ValidationError", f"CredentialAgeDays is not valid for {service}.")
    if not text.isdigit() or int(text) < 1:
        raise _validation_error("credentialAgeDays", "have value greater than or equal to 1")
    if int(text) > MAX_AGE_DAYS:
        raise _validation_error("credentialAgeDays", f"have value less than or equal to {MAX_AGE_DAYS}")
    return clock.now() + int(text) * DAY


def _find_free_alias(user: IamEntity, service: str, account: str) -> str:
    """Return `jane-at-123456789012`, or `jane+1-at-123456789012` for the second (IAM User Guide, "Git credentials")."""
    used_aliases = {credential.alias for credential in user.service_credentials if credential.service == service}
    names = (f"{user.name}{f'+{number}' if number else ''}-at-{account}" for number in range(QUOTA + 1))
    return next(name for name in names if name not in used_aliases)


def _show_with_secret(user: IamEntity, credential: ServiceCredential) -> dict[str, Content]:
    """Return the credential with a new secret. Secrets are not kept: nothing in the sandbox checks them."""
    password = "".join(secrets.choice(SECRET_ALPHABET) for _ in range(59)) + "="
    if credential.service not in API_KEY_PREFIXES:
        return {**_show_credential(user, credential), "ServicePassword": password}
    key = API_KEY_PREFIXES[credential.service] + base64.b64encode(f"{credential.alias}:{password}".encode()).decode()
    return {**_show_credential(user, credential), "ServiceCredentialSecret": key}


def _show_credential(user: IamEntity, credential: ServiceCredential) -> dict[str, Content]:
    expired = credential.expires is not None and clock.now() >= credential.expires
    return {
        "CreateDate": credential.created,
        **({} if credential.expires is None else {"ExpirationDate": format_timestamp(credential.expires)}),
        "ServiceName": credential.service,
        "ServiceCredentialAlias" if credential.service in API_KEY_PREFIXES else "ServiceUserName": credential.alias,
        "ServiceSpecificCredentialId": credential.id,
        "UserName": user.name,
        "Status": "Expired" if expired else credential.status,
    }


def list_credentials(call: ApiCall) -> Reply:
    service, all_users = call.get("ServiceName"), call.get("AllUsers") == "true"
    if all_users and call.has("UserName"):
        raise AwsError("ValidationError", "AllUsers cannot be specified together with UserName.")
    users = (
        list(call.ledger.list_kind(USER)) if all_users else [call.require_entity(USER)] if call.get("UserName") else []
    )
    if call.has("ServiceName"):
        _refuse_service(service)
    entries = [
        _show_credential(user, credential)
        for user in users
        for credential in user.service_credentials
        if service in ("", credential.service)
    ]
    return build_page(call, {"ServiceSpecificCredentials": entries})


def update_status(call: ApiCall) -> Reply:
    if call.get("Status") not in STATUSES:
        raise _validation_error("status", "satisfy enum value set")
    _, credential = _find_credential(call)
    credential.status = call.get("Status")
    return build_reply(call.action)


def reset_secret(call: ApiCall) -> Reply:
    return build_reply(call.action, {"ServiceSpecificCredential": _show_with_secret(*_find_credential(call))})


def delete_credential(call: ApiCall) -> Reply:
    user, credential = _find_credential(call)
    user.service_credentials.remove(credential)
    return build_reply(call.action)


def _find_credential(call: ApiCall) -> tuple[IamEntity, ServiceCredential]:
    """Return the user and the credential that the call names. Raises AwsError (NoSuchEntity)."""
    identifier = call.get("ServiceSpecificCredentialId")
    user = call.require_entity(USER) if call.get("UserName") else None
    if not re.fullmatch(r"\w+", identifier, re.ASCII):
        raise _validation_error("serviceSpecificCredentialId", r"satisfy regular expression pattern: [\w]+")
    for credential in user.service_credentials if user is not None else ():
        if user is not None and credential.id == identifier:
            return user, credential
    raise AwsError("NoSuchEntity", f"No such credential {identifier} exists", status=404)


RULES = ActionRules(
    answers={
        "CreateServiceSpecificCredential": create_credential,
        "ListServiceSpecificCredentials": list_credentials,
        "UpdateServiceSpecificCredential": update_status,
        "ResetServiceSpecificCredential": reset_secret,
        "DeleteServiceSpecificCredential": delete_credential,
    }
)

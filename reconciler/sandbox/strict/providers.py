"""Check identity providers and keep their client ids and thumbprints, which emulators do not change one by one.

Sources: IAM API Reference, CreateOpenIDConnectProvider (EntityAlreadyExists; thumbprints of 40 characters, five at
most, fetched by IAM if none are given), AddClientIDToOpenIDConnectProvider ("This operation is idempotent"; 100
at most), RemoveClientIDFromOpenIDConnectProvider ("idempotent; it does not fail or return an error if you try to
remove a client ID that does not exist"), UpdateOpenIDConnectProviderThumbprint, DeleteOpenIDConnectProvider ("This
operation is idempotent; it does not fail or return an error if you call the operation for a provider that does not
exist"), CreateSAMLProvider (names, 1,000 to 10,000,000 characters of metadata), UpdateSAMLProvider and
DeleteSAMLProvider (NoSuchEntity).
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply, put_child
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, limit_exceeded_error
from reconciler.sandbox.strict.ledger import OIDC, SAML

MAX_CLIENTS, MAX_THUMBPRINTS = 100, 5
SAML_NAME, SAML_SIZE = re.compile(r"[A-Za-z0-9_.-]{1,128}"), (1000, 10_000_000)


def check_oidc_creation(call: ApiCall) -> None:
    url = urlsplit(call.get("Url"))
    if url.scheme != "https" or not url.hostname or url.query or url.port:
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    arn = f"arn:{call.ledger.partition}:iam::{call.ledger.account}:oidc-provider/{url.netloc}{url.path}"
    if call.ledger.find_by_arn(arn) is not None:
        raise AwsError("EntityAlreadyExists", f"Provider with url {call.get('Url')} already exists.", status=409)
    if len(call.get_list("ClientIDList")) > MAX_CLIENTS:
        raise limit_exceeded_error(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MAX_CLIENTS}")
    check_thumbprints(call)


def check_thumbprints(call: ApiCall) -> None:
    thumbprints = call.get_list("ThumbprintList")
    if len(thumbprints) > MAX_THUMBPRINTS:
        raise AwsError("InvalidInput", f"Thumbprint list must contain fewer than {MAX_THUMBPRINTS} entries.")
    for text in thumbprints:
        if len(text) != 40:
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '[{text}]' at 'thumbprintList' failed to satisfy constraint: "
                "Member must satisfy constraint: [Member must have length of 40]",
            )


def check_saml_creation(call: ApiCall) -> None:
    name = call.get("Name")
    if not SAML_NAME.fullmatch(name):
        raise AwsError("ValidationError", f"Value '{name}' at 'name' failed to satisfy constraint: [\\w._-]{{1,128}}")
    arn = f"arn:{call.ledger.partition}:iam::{call.ledger.account}:saml-provider/{name}"
    if call.ledger.find_same_name(SAML, arn) is not None:
        raise AwsError("EntityAlreadyExists", f"SAMLProvider {name} already exists.", status=409)
    check_metadata(call)


def check_saml_update(call: ApiCall) -> None:
    call.require_entity(SAML)
    if call.has("SAMLMetadataDocument"):
        check_metadata(call)


def check_metadata(call: ApiCall) -> None:
    text, (low, high) = call.get("SAMLMetadataDocument"), SAML_SIZE
    if not low <= len(text) <= high:
        raise AwsError(
            "ValidationError",
            "1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must "
            f"have length between {low} and {high}",
        )
    try:
        ET.fromstring(text)
    except ET.ParseError:
        raise AwsError("InvalidInput", "Could not parse metadata") from None


def check_saml_deletion(call: ApiCall) -> None:
    call.require_entity(SAML)


def create_oidc(call: ApiCall) -> Reply:
    """Create a provider without its tags, which the layer keeps. Emulators ignore letter case in their keys."""
    return call.invoke(call.action, **{k: v for k, v in call.parameters.items() if not k.startswith("Tags.")})


def record_oidc(call: ApiCall, reply: Reply) -> None:
    provider = call.ledger.find_by_arn(reply.result.findtext("OpenIDConnectProviderArn") or "")
    if provider is not None:
        fetched = hashlib.sha1(call.get("Url").encode(), usedforsecurity=False).hexdigest()
        provider.client_ids = call.get_list("ClientIDList")
        provider.thumbprints = call.get_list("ThumbprintList") or [fetched]


def add_client(call: ApiCall) -> Reply:
    provider, client = call.require_entity(OIDC), call.get("ClientID")
    if client not in provider.client_ids:
        if len(provider.client_ids) >= MAX_CLIENTS:
            raise limit_exceeded_error(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MAX_CLIENTS}")
        provider.client_ids.append(client)
    return build_reply(call.action)


def remove_client(call: ApiCall) -> Reply:
    provider = call.require_entity(OIDC)
    provider.client_ids = [client for client in provider.client_ids if client != call.get("ClientID")]
    return build_reply(call.action)


def replace_thumbprints(call: ApiCall) -> Reply:
    call.require_entity(OIDC).thumbprints = call.get_list("ThumbprintList")
    return build_reply(call.action)


def show_provider(call: ApiCall, reply: Reply) -> None:
    provider = call.find_entity(OIDC)
    if provider is not None:
        put_child(reply.result, "ClientIDList", provider.client_ids)
        put_child(reply.result, "ThumbprintList", provider.thumbprints)


RULES = ActionRules(
    checks={
        "CreateOpenIDConnectProvider": check_oidc_creation,
        "UpdateOpenIDConnectProviderThumbprint": check_thumbprints,
        "CreateSAMLProvider": check_saml_creation,
        "UpdateSAMLProvider": check_saml_update,
        "DeleteSAMLProvider": check_saml_deletion,
    },
    answers={
        "CreateOpenIDConnectProvider": create_oidc,
        "AddClientIDToOpenIDConnectProvider": add_client,
        "RemoveClientIDFromOpenIDConnectProvider": remove_client,
        "UpdateOpenIDConnectProviderThumbprint": replace_thumbprints,
    },
    edits={
        "CreateOpenIDConnectProvider": record_oidc,
        "GetOpenIDConnectProvider": show_provider,
    },
)

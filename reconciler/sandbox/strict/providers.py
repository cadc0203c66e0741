"""Identity providers: client ids, which no emulator changes one by one, thumbprints, and who exists already.

Sources: IAM API Reference, CreateOpenIDConnectProvider (EntityAlreadyExists; thumbprints of 40 characters, five at
most, fetched by IAM where none are given), AddClientIDToOpenIDConnectProvider ("This operation is idempotent"; 100
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

from reconciler.sandbox.strict.call import Call, Rules, over_quota
from reconciler.sandbox.strict.ledger import OIDC, SAML
from reconciler.sandbox.wire import Refusal, Reply, answer, put

CLIENTS, THUMBPRINTS = 100, 5
SAML_NAME, SAML_SIZE = re.compile(r"[A-Za-z0-9_.-]{1,128}"), (1000, 10_000_000)


def may_create_oidc(call: Call) -> None:
    url = urlsplit(call.given("Url"))
    if url.scheme != "https" or not url.hostname or url.query or url.port:
        raise Refusal("ValidationError", "Invalid Open ID Connect Provider URL")
    arn = f"arn:{call.ledger.partition}:iam::{call.ledger.account}:oidc-provider/{url.netloc}{url.path}"
    if call.ledger.by_arn(arn) is not None:
        raise Refusal("EntityAlreadyExists", f"Provider with url {call.given('Url')} already exists.", status=409)
    if len(call.items("ClientIDList")) > CLIENTS:
        raise over_quota(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENTS}")
    thumbprints(call)


def thumbprints(call: Call) -> None:
    given = call.items("ThumbprintList")
    if len(given) > THUMBPRINTS:
        raise Refusal("InvalidInput", f"Thumbprint list must contain fewer than {THUMBPRINTS} entries.")
    for text in given:
        if len(text) != 40:
            raise Refusal(
                "ValidationError",
                f"1 validation error detected: Value '[{text}]' at 'thumbprintList' failed to satisfy constraint: "
                "Member must satisfy constraint: [Member must have length of 40]",
            )


def may_create_saml(call: Call) -> None:
    name = call.given("Name")
    if not SAML_NAME.fullmatch(name):
        raise Refusal("ValidationError", f"Value '{name}' at 'name' failed to satisfy constraint: [\\w._-]{{1,128}}")
    arn = f"arn:{call.ledger.partition}:iam::{call.ledger.account}:saml-provider/{name}"
    if call.ledger.rival(SAML, arn) is not None:
        raise Refusal("EntityAlreadyExists", f"SAMLProvider {name} already exists.", status=409)
    metadata(call)


def may_update_saml(call: Call) -> None:
    call.need(SAML)
    if call.has("SAMLMetadataDocument"):
        metadata(call)


def metadata(call: Call) -> None:
    text, (low, high) = call.given("SAMLMetadataDocument"), SAML_SIZE
    if not low <= len(text) <= high:
        raise Refusal(
            "ValidationError",
            "1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must "
            f"have length between {low} and {high}",
        )
    try:
        ET.fromstring(text)
    except ET.ParseError:
        raise Refusal("InvalidInput", "Could not parse metadata") from None


def delete_saml(call: Call) -> None:
    call.need(SAML)


def create(call: Call) -> Reply:
    """Without its tags, which the layer keeps: emulators take two keys that differ in letter case for one."""
    return call.ask(call.action, **{k: v for k, v in call.parameters.items() if not k.startswith("Tags.")})


def created(call: Call, reply: Reply) -> None:
    provider = call.ledger.by_arn(reply.result.findtext("OpenIDConnectProviderArn") or "")
    if provider is not None:
        fetched = hashlib.sha1(call.given("Url").encode(), usedforsecurity=False).hexdigest()
        provider.clients = call.items("ClientIDList")
        provider.thumbprints = call.items("ThumbprintList") or [fetched]


def add(call: Call) -> Reply:
    provider, client = call.need(OIDC), call.given("ClientID")
    if client not in provider.clients:
        if len(provider.clients) >= CLIENTS:
            raise over_quota(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENTS}")
        provider.clients.append(client)
    return answer(call.action)


def remove(call: Call) -> Reply:
    provider = call.need(OIDC)
    provider.clients = [client for client in provider.clients if client != call.given("ClientID")]
    return answer(call.action)


def replaced(call: Call) -> Reply:
    call.need(OIDC).thumbprints = call.items("ThumbprintList")
    return answer(call.action)


def shown(call: Call, reply: Reply) -> None:
    provider = call.subject(OIDC)
    if provider is not None:
        put(reply.result, "ClientIDList", provider.clients)
        put(reply.result, "ThumbprintList", provider.thumbprints)


RULES = Rules(
    checks={
        "CreateOpenIDConnectProvider": may_create_oidc,
        "UpdateOpenIDConnectProviderThumbprint": thumbprints,
        "CreateSAMLProvider": may_create_saml,
        "UpdateSAMLProvider": may_update_saml,
        "DeleteSAMLProvider": delete_saml,
    },
    answers={
        "CreateOpenIDConnectProvider": create,
        "AddClientIDToOpenIDConnectProvider": add,
        "RemoveClientIDFromOpenIDConnectProvider": remove,
        "UpdateOpenIDConnectProviderThumbprint": replaced,
    },
    edits={
        "CreateOpenIDConnectProvider": created,
        "GetOpenIDConnectProvider": shown,
    },
)

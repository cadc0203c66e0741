"""Client ids of an OIDC provider, which can be changed one by one on AWS and not at all on emulators.

Sources: IAM API Reference, AddClientIDToOpenIDConnectProvider ("This operation is idempotent"; 100 at most)
and RemoveClientIDFromOpenIDConnectProvider ("idempotent; it does not fail or return an error if you try to
remove a client ID that does not exist").
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Rules, over_quota
from reconciler.sandbox.strict.ledger import OIDC
from reconciler.sandbox.wire import Reply, answer, put

QUOTA = 100


def created(call: Call, reply: Reply) -> None:
    provider = call.ledger.by_arn(reply.result.findtext("OpenIDConnectProviderArn") or "")
    if provider is not None:
        provider.clients = call.items("ClientIDList")


def add(call: Call) -> Reply:
    provider, client = call.need(OIDC), call.given("ClientID")
    if client not in provider.clients:
        if len(provider.clients) >= QUOTA:
            raise over_quota(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {QUOTA}")
        provider.clients.append(client)
    return answer(call.action)


def remove(call: Call) -> Reply:
    provider = call.need(OIDC)
    provider.clients = [client for client in provider.clients if client != call.given("ClientID")]
    return answer(call.action)


def shown(call: Call, reply: Reply) -> None:
    provider = call.subject(OIDC)
    if provider is not None:
        put(reply.result, "ClientIDList", provider.clients)


RULES = Rules(
    answers={
        "AddClientIDToOpenIDConnectProvider": add,
        "RemoveClientIDFromOpenIDConnectProvider": remove,
    },
    edits={"CreateOpenIDConnectProvider": created, "GetOpenIDConnectProvider": shown},
)

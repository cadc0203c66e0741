"""Trusted identity propagation of providers, which no emulator has: the layer keeps it, and GetX shows it.

Sources: IAM API Reference, CreateOpenIDConnectProvider and CreateSAMLProvider (an instance needs a context provider),
UpdateOpenIDConnectProvider and UpdateSAMLProvider (one change in one request; an instance is removed before its
context provider), GetOpenIDConnectProvider and GetSAMLProvider (what is not set is left out); botocore 1.44.7.
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.ledger import OIDC, SAML, Entity
from reconciler.sandbox.wire import Content, Refusal, Reply, answer, put

PREFIX, KEYS, INSTANCE = "ContextProvider.", "ContextProvider.KeyDefinitionList", "IdentityCenterInstanceArn"
KINDS = {
    "CreateOpenIDConnectProvider": OIDC,
    "UpdateOpenIDConnectProvider": OIDC,
    "GetOpenIDConnectProvider": OIDC,
    "CreateSAMLProvider": SAML,
    "UpdateSAMLProvider": SAML,
    "GetSAMLProvider": SAML,
}
ARNS = {OIDC: "OpenIDConnectProviderArn", SAML: "SAMLProviderArn"}
METADATA = ("SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey")


def _context(call: Call) -> dict[str, str]:
    return {name: value for name, value in call.parameters.items() if name.startswith(PREFIX)}


def _removes(call: Call, what: str) -> bool:
    return call.given(f"Remove{what}") == "true"


def check_creation(call: Call) -> None:
    _check_context(call)
    if call.has(INSTANCE) and not _context(call):
        raise Refusal("InvalidInput", "IdentityCenterInstanceArn needs ContextProvider.")


def _check_context(call: Call) -> None:
    context = _context(call)
    if context and f"{PREFIX}SubjectSourceKey" not in context:
        raise Refusal("ValidationError", "ContextProvider lacks SubjectSourceKey.")
    if {f"{PREFIX}SubjectTypeValue", f"{PREFIX}SubjectTypeSourceKey"} <= context.keys():
        raise Refusal("InvalidInput", "SubjectTypeValue and SubjectTypeSourceKey exclude each other.")


def check_update(call: Call) -> None:
    provider = call.need(KINDS[call.action])
    _check_context(call)
    context, removal = bool(_context(call)), _removes(call, "ContextProvider")
    instance, parting = call.has(INSTANCE), _removes(call, "IdentityCenterInstance")
    metadata = any(map(call.has, METADATA))
    if (context and removal) or (instance and parting):
        raise Refusal("InvalidInput", "A new value and its removal exclude each other.")
    if (context or removal) and (instance or parting or metadata):
        raise Refusal("InvalidInput", "One request changes the context provider or something else, not both.")
    if instance and not provider.context:
        raise Refusal("InvalidInput", "IdentityCenterInstanceArn needs a context provider.")
    if removal and provider.instance:
        raise Refusal("InvalidInput", "Remove the Identity Center instance first.")


def update_oidc(call: Call) -> Reply:
    _keep(call, call.need(OIDC))
    return answer(call.action, {})


def update_saml(call: Call) -> Reply:
    """The emulator takes metadata alone, and would lose it in a request without."""
    provider = call.need(SAML)
    reply = call.forward() if call.has("SAMLMetadataDocument") else answer(call.action, {ARNS[SAML]: provider.arn})
    if reply.ok:
        _keep(call, provider)
    return reply


def created(call: Call, reply: Reply) -> None:
    provider = call.ledger.by_arn(reply.result.findtext(ARNS[KINDS[call.action]]) or "")
    if provider is not None:
        _keep(call, provider)


def _keep(call: Call, provider: Entity) -> None:
    provider.context = {} if _removes(call, "ContextProvider") else _context(call) or provider.context
    provider.instance = "" if _removes(call, "IdentityCenterInstance") else call.given(INSTANCE) or provider.instance


def shown(call: Call, reply: Reply) -> None:
    provider = call.subject(KINDS[call.action])
    if provider is not None:
        put(reply.result, "ContextProvider", _content(provider.context) if provider.context else None)
        put(reply.result, INSTANCE, provider.instance or None)


def _content(context: dict[str, str]) -> dict[str, Content]:
    """Return parameters as the structure of an answer."""
    found: dict[str, Content] = {
        name.removeprefix(PREFIX): value for name, value in context.items() if not name.startswith(KEYS)
    }
    keys: dict[str, dict[str, Content]] = {}
    for name, value in context.items():
        if name.startswith(f"{KEYS}.member."):
            number, _, member = name.removeprefix(f"{KEYS}.member.").partition(".")
            keys.setdefault(number, {})[member] = value
    return found | ({"KeyDefinitionList": list(keys.values())} if keys else {})


RULES = Rules(
    checks={
        "CreateOpenIDConnectProvider": check_creation,
        "CreateSAMLProvider": check_creation,
        "UpdateOpenIDConnectProvider": check_update,
        "UpdateSAMLProvider": check_update,
    },
    answers={"UpdateOpenIDConnectProvider": update_oidc, "UpdateSAMLProvider": update_saml},
    edits={
        "CreateOpenIDConnectProvider": created,
        "CreateSAMLProvider": created,
        "GetOpenIDConnectProvider": shown,
        "GetSAMLProvider": shown,
    },
)

"""Keep and show the trusted identity propagation of identity providers, which no emulator has.

Sources: IAM API Reference, CreateOpenIDConnectProvider and CreateSAMLProvider (an instance needs a context provider),
UpdateOpenIDConnectProvider and UpdateSAMLProvider (one change in one request; an instance is removed before its
context provider), GetOpenIDConnectProvider and GetSAMLProvider (fields that are not set are omitted); botocore 1.44.7.
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import AwsError, Content, Reply, build_reply, put_child
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.ledger import OIDC, SAML, IamEntity

PREFIX, KEYS, INSTANCE = "ContextProvider.", "ContextProvider.KeyDefinitionList", "IdentityCenterInstanceArn"
KINDS = {
    "CreateOpenIDConnectProvider": OIDC,
    "UpdateOpenIDConnectProvider": OIDC,
    "GetOpenIDConnectProvider": OIDC,
    "CreateSAMLProvider": SAML,
    "UpdateSAMLProvider": SAML,
    "GetSAMLProvider": SAML,
}
ARN_PARAMETERS = {OIDC: "OpenIDConnectProviderArn", SAML: "SAMLProviderArn"}
METADATA = ("SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey")


def _context_of(call: ApiCall) -> dict[str, str]:
    return {name: value for name, value in call.parameters.items() if name.startswith(PREFIX)}


def _removes(call: ApiCall, field: str) -> bool:
    return call.get(f"Remove{field}") == "true"


def check_creation(call: ApiCall) -> None:
    _check_context(call)
    if call.has(INSTANCE) and not _context_of(call):
        raise AwsError("InvalidInput", "IdentityCenterInstanceArn needs ContextProvider.")


def _check_context(call: ApiCall) -> None:
    context = _context_of(call)
    if context and f"{PREFIX}SubjectSourceKey" not in context:
        raise AwsError("ValidationError", "ContextProvider lacks SubjectSourceKey.")
    if {f"{PREFIX}SubjectTypeValue", f"{PREFIX}SubjectTypeSourceKey"} <= context.keys():
        raise AwsError("InvalidInput", "SubjectTypeValue and SubjectTypeSourceKey exclude each other.")


def check_update(call: ApiCall) -> None:
    provider = call.require_entity(KINDS[call.action])
    _check_context(call)
    sets_context, context_removal = bool(_context_of(call)), _removes(call, "ContextProvider")
    sets_instance, instance_removal = call.has(INSTANCE), _removes(call, "IdentityCenterInstance")
    sets_metadata = any(map(call.has, METADATA))
    if (sets_context and context_removal) or (sets_instance and instance_removal):
        raise AwsError("InvalidInput", "A new value and its removal exclude each other.")
    if (sets_context or context_removal) and (sets_instance or instance_removal or sets_metadata):
        raise AwsError("InvalidInput", "One request changes the context provider or something else, not both.")
    if sets_instance and not provider.context_provider:
        raise AwsError("InvalidInput", "IdentityCenterInstanceArn needs a context provider.")
    if context_removal and provider.identity_center_arn:
        raise AwsError("InvalidInput", "Remove the Identity Center instance first.")


def update_oidc(call: ApiCall) -> Reply:
    _record_propagation(call, call.require_entity(OIDC))
    return build_reply(call.action, {})


def update_saml(call: ApiCall) -> Reply:
    """Update a SAML provider. Forward only requests with metadata: without it, the emulator would lose the old one."""
    provider = call.require_entity(SAML)
    reply = (
        call.forward()
        if call.has("SAMLMetadataDocument")
        else build_reply(call.action, {ARN_PARAMETERS[SAML]: provider.arn})
    )
    if reply.ok:
        _record_propagation(call, provider)
    return reply


def record_creation(call: ApiCall, reply: Reply) -> None:
    provider = call.ledger.find_by_arn(reply.result.findtext(ARN_PARAMETERS[KINDS[call.action]]) or "")
    if provider is not None:
        _record_propagation(call, provider)


def _record_propagation(call: ApiCall, provider: IamEntity) -> None:
    provider.context_provider = (
        {} if _removes(call, "ContextProvider") else _context_of(call) or provider.context_provider
    )
    provider.identity_center_arn = (
        "" if _removes(call, "IdentityCenterInstance") else call.get(INSTANCE) or provider.identity_center_arn
    )


def show_propagation(call: ApiCall, reply: Reply) -> None:
    provider = call.find_entity(KINDS[call.action])
    if provider is not None:
        put_child(
            reply.result,
            "ContextProvider",
            _build_content(provider.context_provider) if provider.context_provider else None,
        )
        put_child(reply.result, INSTANCE, provider.identity_center_arn or None)


def _build_content(context: dict[str, str]) -> dict[str, Content]:
    """Return request parameters as the structure of an answer."""
    content: dict[str, Content] = {
        name.removeprefix(PREFIX): value for name, value in context.items() if not name.startswith(KEYS)
    }
    keys: dict[str, dict[str, Content]] = {}
    for name, value in context.items():
        if name.startswith(f"{KEYS}.member."):
            number, _, member = name.removeprefix(f"{KEYS}.member.").partition(".")
            keys.setdefault(number, {})[member] = value
    return content | ({"KeyDefinitionList": list(keys.values())} if keys else {})


RULES = ActionRules(
    checks={
        "CreateOpenIDConnectProvider": check_creation,
        "CreateSAMLProvider": check_creation,
        "UpdateOpenIDConnectProvider": check_update,
        "UpdateSAMLProvider": check_update,
    },
    answers={"UpdateOpenIDConnectProvider": update_oidc, "UpdateSAMLProvider": update_saml},
    edits={
        "CreateOpenIDConnectProvider": record_creation,
        "CreateSAMLProvider": record_creation,
        "GetOpenIDConnectProvider": show_propagation,
        "GetSAMLProvider": show_propagation,
    },
)

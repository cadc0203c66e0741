"""Keep all tags in the layer: their rules depend on the kind, and they stay with an entity that moves.

Sources: IAM User Guide, "Tagging IAM resources: rules" (50 each; 128 and 256 characters; `aws:` is reserved;
keys of users and roles ignore letter case, others do not); API Reference, Tag* (adds or overwrites) and Untag*.
LocalStack's verified tests recorded the texts of refusals (test_iam_roles, test_iam_policies).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from reconciler.model.quotas import TAGS
from reconciler.sandbox.query_protocol import AwsError, Reply, build_reply
from reconciler.sandbox.strict.api_call import ActionRules, Answer, ApiCall, Check, Edit, limit_exceeded_error
from reconciler.sandbox.strict.ledger import CERTIFICATE, MFA, OIDC, POLICY, PROFILE, ROLE, SAML, USER, IamEntity, Tags
from reconciler.sandbox.strict.paging import build_page

NOUN = {
    USER: "User",
    ROLE: "Role",
    POLICY: "Policy",
    PROFILE: "InstanceProfile",
    OIDC: "OpenIDConnectProvider",
    SAML: "SAMLProvider",
    MFA: "MFADevice",
    CERTIFICATE: "ServerCertificate",
}
CREATE_ACTIONS = {kind: f"Create{noun}" for kind, noun in NOUN.items()} | {
    MFA: "CreateVirtualMFADevice",
    CERTIFICATE: "UploadServerCertificate",
}
CASELESS_KINDS = (USER, ROLE)
DUPLICATE_KEYS = "Duplicate tag keys found."
CASELESS_NOTE = " Please note that Tag keys are case insensitive."
PATTERN = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"


def as_content(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def fold_key(kind: str, key: str) -> str:
    return key.casefold() if kind in CASELESS_KINDS else key


def refuse_bad_tags(kind: str, pairs: Sequence[tuple[str, str]]) -> None:
    if len(pairs) > TAGS.default:
        raise _validation_error("tags", f"Member must have length less than or equal to {TAGS.default}")
    seen = set()
    for number, (key, value) in enumerate(pairs, 1):
        _refuse_member(f"tags.{number}.member.key", key, 1, 128)
        _refuse_member(f"tags.{number}.member.value", value, 0, 256)
        _refuse_reserved(key)
        if fold_key(kind, key) in seen:
            raise AwsError("InvalidInput", DUPLICATE_KEYS + (CASELESS_NOTE if kind in CASELESS_KINDS else ""))
        seen.add(fold_key(kind, key))


def _refuse_member(member: str, text: str, shortest: int, longest: int) -> None:
    if len(text) > longest:
        raise _validation_error(member, f"Member must have length less than or equal to {longest}")
    if len(text) < shortest:
        raise _validation_error(member, f"Member must have length greater than or equal to {shortest}")
    if not _is_allowed(text):
        raise _validation_error(member, PATTERN)


def _refuse_bad_keys(keys: Sequence[str]) -> None:
    if len(keys) > TAGS.default:
        raise _validation_error("tagKeys", f"Member must have length less than or equal to {TAGS.default}")
    if not all(1 <= len(key) <= 128 and _is_allowed(key) for key in keys):
        lengths = (
            "Member must have length less than or equal to 128, Member must have length greater than or equal to 1"
        )
        raise _validation_error(
            "tagKeys", f"Member must satisfy constraint: [{lengths}, {PATTERN}, Member must not be null]"
        )
    for key in keys:
        _refuse_reserved(key)


def _refuse_reserved(key: str) -> None:
    if key.casefold().startswith("aws:"):
        raise AwsError("InvalidInput", f"Tag keys that begin with 'aws:' are reserved for AWS: {key}")


def _is_allowed(text: str) -> bool:
    return all(char in "_.:/=+-@" or unicodedata.category(char)[0] in "LZN" for char in text)


def _validation_error(member: str, constraint: str) -> AwsError:
    detected = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
    return AwsError("ValidationError", detected)


def _describe_quota(kind: str) -> str:
    """Return AWS's text for too many tags on an entity. It is recorded only for providers."""
    if kind == OIDC:
        return "The number of tags has reached the maximum limit."
    return f"Cannot exceed quota for TagsPer{NOUN[kind]}: {TAGS.default}"


def merge_tags(entity: IamEntity, pairs: Iterable[tuple[str, str]]) -> Tags:
    """Return the tags of an entity with others added. A key that it already has keeps its spelling."""
    result = dict(entity.tags)
    spellings = {fold_key(entity.kind, key): key for key in result}
    for key, value in pairs:
        result[spellings.setdefault(fold_key(entity.kind, key), key)] = value
    return result


def _tag_entity(kind: str) -> Answer:
    def handle(call: ApiCall) -> Reply:
        entity, pairs = call.require_entity(kind), call.get_tags("Tags")
        refuse_bad_tags(kind, pairs)
        tags = merge_tags(entity, pairs)
        if len(tags) > TAGS.default:
            raise limit_exceeded_error(_describe_quota(kind))
        entity.tags = tags
        return build_reply(call.action)

    return handle


def _untag_entity(kind: str) -> Answer:
    def handle(call: ApiCall) -> Reply:
        entity, keys = call.require_entity(kind), call.get_list("TagKeys")
        _refuse_bad_keys(keys)
        removed_keys = {fold_key(kind, key) for key in keys}
        entity.tags = {k: v for k, v in entity.tags.items() if fold_key(kind, k) not in removed_keys}
        return build_reply(call.action)

    return handle


def _list_tags(kind: str) -> Answer:
    return lambda call: build_page(call, {"Tags": as_content(call.require_entity(kind).tags)})


def _check_creation(kind: str) -> Check:
    def check(call: ApiCall) -> None:
        refuse_bad_tags(kind, call.get_tags("Tags"))

    return check


def _record_tags(kind: str) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        result = reply.result
        arn_paths = {
            MFA: "VirtualMFADevice/SerialNumber",
            OIDC: "OpenIDConnectProviderArn",
            SAML: "SAMLProviderArn",
            CERTIFICATE: "ServerCertificateMetadata/Arn",
        }
        arn = result.findtext(arn_paths.get(kind, f"{NOUN[kind]}/Arn")) or ""
        entity = call.ledger.find_by_arn(arn)
        if entity is not None:
            entity.tags = dict(call.get_tags("Tags"))

    return edit


RULES = ActionRules(
    checks={CREATE_ACTIONS[kind]: _check_creation(kind) for kind in NOUN},
    answers={
        **{f"Tag{noun}": _tag_entity(kind) for kind, noun in NOUN.items()},
        **{f"Untag{noun}": _untag_entity(kind) for kind, noun in NOUN.items()},
        **{f"List{noun}Tags": _list_tags(kind) for kind, noun in NOUN.items()},
    },
    edits={CREATE_ACTIONS[kind]: _record_tags(kind) for kind in NOUN},
)

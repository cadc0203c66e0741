"""Tags, kept by the layer altogether: their rules depend on the kind, and they follow an entity that moves.

Sources: IAM User Guide, "Tagging IAM resources: rules" (50 each; 128 and 256 characters; `aws:` is reserved;
keys ignore case on users and roles, and on nothing else); API Reference, Tag* (adds or overwrites) and Untag*. The
words of the refusals as LocalStack's verified tests recorded them (test_iam_roles, test_iam_policies).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from reconciler.model.quotas import TAGS
from reconciler.sandbox.strict.call import Answer, Call, Check, Edit, Rules, over_quota
from reconciler.sandbox.strict.ledger import MFA, OIDC, POLICY, PROFILE, ROLE, SAML, USER, Entity, Tags
from reconciler.sandbox.strict.paging import page_of
from reconciler.sandbox.wire import Refusal, Reply, answer

NOUN = {
    USER: "User",
    ROLE: "Role",
    POLICY: "Policy",
    PROFILE: "InstanceProfile",
    OIDC: "OpenIDConnectProvider",
    SAML: "SAMLProvider",
    MFA: "MFADevice",
}
CREATE = {kind: f"Create{noun}" for kind, noun in NOUN.items()} | {MFA: "CreateVirtualMFADevice"}
IGNORE_CASE = (USER, ROLE)
DUPLICATE = "Duplicate tag keys found."
CASELESS = " Please note that Tag keys are case insensitive."
PATTERN = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"


def as_content(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def folded(kind: str, key: str) -> str:
    return key.casefold() if kind in IGNORE_CASE else key


def refuse_bad(kind: str, pairs: Sequence[tuple[str, str]]) -> None:
    if len(pairs) > TAGS.default:
        raise _invalid("tags", f"Member must have length less than or equal to {TAGS.default}")
    seen = set()
    for number, (key, value) in enumerate(pairs, 1):
        _refuse_member(f"tags.{number}.member.key", key, 1, 128)
        _refuse_member(f"tags.{number}.member.value", value, 0, 256)
        _refuse_reserved(key)
        if folded(kind, key) in seen:
            raise Refusal("InvalidInput", DUPLICATE + (CASELESS if kind in IGNORE_CASE else ""))
        seen.add(folded(kind, key))


def _refuse_member(where: str, text: str, least: int, most: int) -> None:
    if len(text) > most:
        raise _invalid(where, f"Member must have length less than or equal to {most}")
    if len(text) < least:
        raise _invalid(where, f"Member must have length greater than or equal to {least}")
    if not _allowed(text):
        raise _invalid(where, PATTERN)


def _refuse_bad_keys(keys: Sequence[str]) -> None:
    if len(keys) > TAGS.default:
        raise _invalid("tagKeys", f"Member must have length less than or equal to {TAGS.default}")
    if not all(1 <= len(key) <= 128 and _allowed(key) for key in keys):
        lengths = (
            "Member must have length less than or equal to 128, Member must have length greater than or equal to 1"
        )
        raise _invalid("tagKeys", f"Member must satisfy constraint: [{lengths}, {PATTERN}, Member must not be null]")
    for key in keys:
        _refuse_reserved(key)


def _refuse_reserved(key: str) -> None:
    if key.casefold().startswith("aws:"):
        raise Refusal("InvalidInput", f"Tag keys that begin with 'aws:' are reserved for AWS: {key}")


def _allowed(text: str) -> bool:
    return all(char in "_.:/=+-@" or unicodedata.category(char)[0] in "LZN" for char in text)


def _invalid(where: str, constraint: str) -> Refusal:
    detected = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {constraint}"
    return Refusal("ValidationError", detected)


def _too_many(kind: str) -> str:
    """Return what AWS says to more tags than an entity can have; recorded for providers alone."""
    if kind == OIDC:
        return "The number of tags has reached the maximum limit."
    return f"Cannot exceed quota for TagsPer{NOUN[kind]}: {TAGS.default}"


def merged(entity: Entity, pairs: Iterable[tuple[str, str]]) -> Tags:
    """A key that is there already, in whatever case counts as the same, keeps its spelling."""
    result = dict(entity.tags)
    spelled = {folded(entity.kind, key): key for key in result}
    for key, value in pairs:
        result[spelled.setdefault(folded(entity.kind, key), key)] = value
    return result


def _tag(kind: str) -> Answer:
    def reply(call: Call) -> Reply:
        entity, pairs = call.need(kind), call.pairs("Tags")
        refuse_bad(kind, pairs)
        tags = merged(entity, pairs)
        if len(tags) > TAGS.default:
            raise over_quota(_too_many(kind))
        entity.tags = tags
        return answer(call.action)

    return reply


def _untag(kind: str) -> Answer:
    def reply(call: Call) -> Reply:
        entity, keys = call.need(kind), call.items("TagKeys")
        _refuse_bad_keys(keys)
        gone = {folded(kind, key) for key in keys}
        entity.tags = {k: v for k, v in entity.tags.items() if folded(kind, k) not in gone}
        return answer(call.action)

    return reply


def _list(kind: str) -> Answer:
    return lambda call: page_of(call, {"Tags": as_content(call.need(kind).tags)})


def _may_create(kind: str) -> Check:
    def check(call: Call) -> None:
        refuse_bad(kind, call.pairs("Tags"))

    return check


def _created(kind: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        result = reply.result
        where = {
            MFA: "VirtualMFADevice/SerialNumber",
            OIDC: "OpenIDConnectProviderArn",
            SAML: "SAMLProviderArn",
        }
        arn = result.findtext(where.get(kind, f"{NOUN[kind]}/Arn")) or ""
        entity = call.ledger.by_arn(arn)
        if entity is not None:
            entity.tags = dict(call.pairs("Tags"))

    return edit


RULES = Rules(
    checks={CREATE[kind]: _may_create(kind) for kind in NOUN},
    answers={
        **{f"Tag{noun}": _tag(kind) for kind, noun in NOUN.items()},
        **{f"Untag{noun}": _untag(kind) for kind, noun in NOUN.items()},
        **{f"List{noun}Tags": _list(kind) for kind, noun in NOUN.items()},
    },
    edits={CREATE[kind]: _created(kind) for kind in NOUN},
)

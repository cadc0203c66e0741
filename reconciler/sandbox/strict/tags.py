"""Tags, kept by the layer altogether: their rules depend on the kind, and they follow an entity that moves.

Sources: IAM User Guide, "Tagging IAM resources: rules" (50 each; 128 and 256 characters; `aws:` is reserved;
keys ignore case on users and roles, and on nothing else); API Reference, Tag* (adds or overwrites) and
Untag*.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

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
DUPLICATE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."


def as_content(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def folded(kind: str, key: str) -> str:
    return key.casefold() if kind in IGNORE_CASE else key


def refuse_bad(kind: str, pairs: Iterable[tuple[str, str]]) -> None:
    seen = set()
    for key, value in pairs:
        _refuse_bad_key(key)
        if len(value) > 256 or not _allowed(value):
            raise _invalid(value, "tags.1.member.value", 256)
        if folded(kind, key) in seen:
            raise Refusal("InvalidInput", DUPLICATE)
        seen.add(folded(kind, key))


def _refuse_bad_key(key: str) -> None:
    if not 1 <= len(key) <= 128 or not _allowed(key):
        raise _invalid(key, "tags.1.member.key", 128)
    if key.casefold().startswith("aws:"):
        raise Refusal("InvalidInput", f"Tag keys that begin with 'aws:' are reserved for AWS: {key}")


def _allowed(text: str) -> bool:
    return all(char in "_.:/=+-@" or unicodedata.category(char)[0] in "LZN" for char in text)


def _invalid(value: str, where: str, most: int) -> Refusal:
    return Refusal(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: Member "
        rf"must have length less than or equal to {most} and match [\p{{L}}\p{{Z}}\p{{N}}_.:/=+\-@]*",
    )


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
            raise over_quota(f"Cannot exceed quota for TagsPer{NOUN[kind]}: {TAGS.default}")
        entity.tags = tags
        return answer(call.action)

    return reply


def _untag(kind: str) -> Answer:
    def reply(call: Call) -> Reply:
        entity, keys = call.need(kind), call.items("TagKeys")
        for key in keys:
            _refuse_bad_key(key)
        gone = {folded(kind, key) for key in keys}
        entity.tags = {k: v for k, v in entity.tags.items() if folded(kind, k) not in gone}
        return answer(call.action)

    return reply


def _list(kind: str) -> Answer:
    return lambda call: page_of(call, {"Tags": as_content(call.need(kind).tags)})


def _may_create(kind: str) -> Check:
    def check(call: Call) -> None:
        pairs = call.pairs("Tags")
        refuse_bad(kind, pairs)
        if len(pairs) > TAGS.default:
            raise over_quota(f"Cannot exceed quota for TagsPer{NOUN[kind]}: {TAGS.default}")

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

"""A live trust policy → trust rules of a file, where a list of rules says exactly the same.

Each statement is read as the rule that would compile to it, with what is left of its conditions under
`conditions`; then the rules are compiled (`trust_rules`) and must give the same document by meaning. A statement
that no rule says makes the whole policy one for `trust_policy`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, cast

from reconciler.kinds.trust_rules import trust_document
from reconciler.kinds.writing import Entry, Writing, as_nodes, duration, entry
from reconciler.model.document import Document, Json
from reconciler.model.node import Map
from reconciler.model.sts import EXTERNAL_ID
from reconciler.policy.readable import conditions
from reconciler.policy.trust import SAML_AUDIENCE, WEB_IDENTITY_AUDIENCE, needed_actions

_ROOT = re.compile(r"(?:arn:[a-z0-9-]+:iam::)?(\d{12})(?::root)?")
_ACTIONS = {"oidc": "sts:assumerolewithwebidentity", "saml": "sts:assumerolewithsaml"}
_ADDED = {"session_tags": "sts:tagsession", "source_identity": "sts:setsourceidentity"}
_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Condition"}


def trust_rules(document: Document, writing: Writing) -> list[Entry] | None:
    """The rules of `trust:`; None where they cannot say what the document says."""
    if document.opaque:
        return None
    written = json.loads(document.text).get("Statement")
    statements = written if isinstance(written, list) else [written]
    rules = [_rule(item, writing) if isinstance(item, dict) else None for item in statements]
    found = [rule for rule in rules if rule]
    if not found or len(found) != len(rules):
        return None
    compiled = trust_document(cast("Map", as_nodes({"trust": found}, "")), writing.reading)
    return found if compiled == document else None


def _rule(statement: dict[str, Any], writing: Writing) -> Entry | None:
    who = _principals(statement.get("Principal"))
    actions = {action.lower() for action in _texts(statement.get("Action"))}
    if not who or statement.get("Effect") != "Allow" or set(statement) - _ELEMENTS:
        return None
    kind, names = who
    assumes = _ACTIONS.get(kind, "sts:assumerole")
    implied = {action.lower() for action in needed_actions(kind, names)} - {assumes}
    added = {key: action in actions - implied for key, action in _ADDED.items()}
    if actions - set(_ADDED.values()) - implied != {assumes}:
        return None
    left = _Conditions(statement.get("Condition"))
    rule: Entry = {kind: _named(kind, names, writing)}
    if kind in ("users", "accounts"):
        rule |= entry(mfa=_mfa(left))
    if kind in ("users", "roles", "accounts", "anyone"):
        rule |= entry(external_id=_external_id(left))
    if kind == "oidc":
        rule |= _token(names[0].partition(":oidc-provider/")[2], left)
    if kind == "saml" and left.values("StringEquals", "SAML:aud") == [SAML_AUDIENCE]:
        left.take("StringEquals", "SAML:aud")
    return rule | entry(**added, conditions=left.left, sid=statement.get("Sid"))


def _principals(raw: Json) -> tuple[str, list[str]] | None:
    """The one kind of principal and its ARNs, accounts or hosts; None for a mixture, or what no rule names."""
    if not isinstance(raw, dict) or len(raw) != 1:
        return None
    [(sort, values)] = raw.items()
    names = sorted(set(_texts(values)))
    if sort == "Service":
        return "services", names
    if sort == "Federated" and len(names) == 1:
        kind = next((kind for kind in ("oidc", "saml") if f":{kind}-provider/" in names[0]), None)
        return (kind, names) if kind else None
    if sort != "AWS":
        return None
    if names == ["*"]:
        return "anyone", names
    roots = [match[1] for name in names if (match := _ROOT.fullmatch(name))]
    if len(roots) == len(names):
        return "accounts", sorted(set(roots))
    for kind in ("users", "roles"):
        if all(f":{kind.removesuffix('s')}/" in name for name in names):
            return kind, names
    return None


def _named(kind: str, names: list[str], writing: Writing) -> object:
    if kind == "anyone":
        return True
    found = sorted((writing.name(name) for name in names), key=lambda name: (":" in name, name))
    return found[0] if kind in ("oidc", "saml") else found


def _mfa(left: _Conditions) -> object:
    if left.values("Bool", "aws:MultiFactorAuthPresent") not in (["true"], ["True"], ["TRUE"]):
        return None
    left.take("Bool", "aws:MultiFactorAuthPresent")
    age = left.values("NumericLessThan", "aws:MultiFactorAuthAge")
    if not age or len(age) > 1 or not re.fullmatch("[1-9][0-9]{0,8}", age[0]):
        return "required"
    left.take("NumericLessThan", "aws:MultiFactorAuthAge")
    return {"max_age": duration(int(age[0]))}


def _external_id(left: _Conditions) -> object:
    found = left.values("StringEquals", "sts:ExternalId")
    if not found or not all(map(EXTERNAL_ID.fullmatch, found)):
        return None
    left.take("StringEquals", "sts:ExternalId")
    return found[0] if len(found) == 1 else sorted(set(found))


def _token(provider: str, left: _Conditions) -> Entry:
    """`subjects` and `audiences`, which a rule tests by one operator."""
    for operator in ("StringEquals", "StringLike"):
        subjects, audiences = (left.values(operator, f"{provider}:{claim}") for claim in ("sub", "aud"))
        if subjects and audiences:
            left.take(operator, f"{provider}:sub")
            left.take(operator, f"{provider}:aud")
            usual = audiences == [WEB_IDENTITY_AUDIENCE]
            return entry(subjects=sorted(set(subjects)), audiences=[] if usual else sorted(set(audiences)))
    return {}


class _Conditions:
    """What is left of a Condition block while parts of it are taken out. Keys ignore letter case."""

    def __init__(self, raw: Json) -> None:
        self.left = cast("dict[str, Any]", conditions(raw))

    def values(self, operator: str, key: str) -> list[str]:
        block = self.left.get(operator)
        found = [block[name] for name in block if name.lower() == key.lower()] if isinstance(block, dict) else []
        return _texts(found[0]) if len(found) == 1 else []

    def take(self, operator: str, key: str) -> None:
        kept = {name: value for name, value in self.left[operator].items() if name.lower() != key.lower()}
        self.left = {name: kept if name == operator else block for name, block in self.left.items()}
        if not kept:
            del self.left[operator]


def _texts(raw: Json) -> list[str]:
    values: Iterable[Json] = raw if isinstance(raw, list) else [raw]
    return [("true" if value else "false") if isinstance(value, bool) else str(value) for value in values]

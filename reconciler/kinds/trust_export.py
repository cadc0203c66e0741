"""A live trust policy → trust rules of a file, where a list of rules says exactly the same.

Each statement is read as the rule that would compile to it, with what is left of its conditions under
`conditions`; then the rules are compiled (`export_trust_rules`) and must give the same document by meaning. A statement
that no rule says makes the whole policy one for `trust_policy`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, cast

from reconciler.kinds.export_context import Entry, ExportContext, as_nodes, export_duration, make_entry
from reconciler.kinds.trust_rules import read_trust
from reconciler.model.document import Document, Json
from reconciler.model.node import Map
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.sts_limits import EXTERNAL_ID
from reconciler.policy.readable_form import format_conditions
from reconciler.policy.trust import SAML_AUDIENCE, WEB_IDENTITY_AUDIENCE, needed_actions_of

_ROOT = re.compile(rf"(?:arn:{ARN_PARTITION}:iam::)?(\d{{12}})(?::root)?")
_ACTIONS = {"oidc": "sts:assumerolewithwebidentity", "saml": "sts:assumerolewithsaml"}
_ADDED = {"session_tags": "sts:tagsession", "source_identity": "sts:setsourceidentity"}
_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Condition"}


def export_trust_rules(document: Document, context: ExportContext) -> list[Entry] | None:
    """The rules of `trust:`; None where they cannot say what the document says."""
    if document.opaque:
        return None
    written = json.loads(document.text).get("Statement")
    statements = written if isinstance(written, list) else [written]
    rules = [_export_rule(item, context) if isinstance(item, dict) else None for item in statements]
    found = [rule for rule in rules if rule]
    if not found or len(found) != len(rules):
        return None
    compiled = read_trust(cast("Map", as_nodes({"trust": found}, "")), context.declare_context)
    return found if compiled == document else None


def _export_rule(statement: dict[str, Any], context: ExportContext) -> Entry | None:
    who = _parse_principals(statement.get("Principal"))
    actions = {action.lower() for action in _texts_of(statement.get("Action"))}
    if not who or statement.get("Effect") != "Allow" or set(statement) - _ELEMENTS:
        return None
    kind, names = who
    assumes = _ACTIONS.get(kind, "sts:assumerole")
    implied = {action.lower() for action in needed_actions_of(kind, names)} - {assumes}
    added = {key: action in actions - implied for key, action in _ADDED.items()}
    if actions - set(_ADDED.values()) - implied != {assumes}:
        return None
    left = _RemainingConditions(statement.get("Condition"))
    rule: Entry = {kind: _export_principals(kind, names, context)}
    if kind in ("users", "accounts"):
        rule |= make_entry(mfa=_take_mfa(left))
    if kind in ("users", "roles", "accounts", "anyone"):
        rule |= make_entry(external_id=_take_external_id(left))
    if kind == "oidc":
        rule |= _take_token_claims(names[0].partition(":oidc-provider/")[2], left)
    if kind == "saml" and left.values_of("StringEquals", "SAML:aud") == [SAML_AUDIENCE]:
        left.take("StringEquals", "SAML:aud")
    return rule | make_entry(**added, conditions=left.remaining, sid=statement.get("Sid"))


def _parse_principals(raw: Json) -> tuple[str, list[str]] | None:
    """The one kind of principal and its ARNs, accounts or hosts; None for a mixture, or what no rule names."""
    if not isinstance(raw, dict) or len(raw) != 1:
        return None
    [(sort, values)] = raw.items()
    names = sorted(set(_texts_of(values)))
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


def _export_principals(kind: str, names: list[str], context: ExportContext) -> object:
    if kind == "anyone":
        return True
    found = sorted((context.name_of(name) for name in names), key=lambda name: (":" in name, name))
    return found[0] if kind in ("oidc", "saml") else found


def _take_mfa(left: _RemainingConditions) -> object:
    if left.values_of("Bool", "aws:MultiFactorAuthPresent") not in (["true"], ["True"], ["TRUE"]):
        return None
    left.take("Bool", "aws:MultiFactorAuthPresent")
    age = left.values_of("NumericLessThan", "aws:MultiFactorAuthAge")
    if not age or len(age) > 1 or not re.fullmatch("[1-9][0-9]{0,8}", age[0]):
        return "required"
    left.take("NumericLessThan", "aws:MultiFactorAuthAge")
    return {"max_age": export_duration(int(age[0]))}


def _take_external_id(left: _RemainingConditions) -> object:
    found = left.values_of("StringEquals", "sts:ExternalId")
    if not found or not all(map(EXTERNAL_ID.fullmatch, found)):
        return None
    left.take("StringEquals", "sts:ExternalId")
    return found[0] if len(found) == 1 else sorted(set(found))


def _take_token_claims(provider: str, left: _RemainingConditions) -> Entry:
    """`subjects` and `audiences`, which a rule tests by one operator."""
    for operator in ("StringEquals", "StringLike"):
        subjects, audiences = (left.values_of(operator, f"{provider}:{claim}") for claim in ("sub", "aud"))
        if subjects and audiences:
            left.take(operator, f"{provider}:sub")
            left.take(operator, f"{provider}:aud")
            usual = audiences == [WEB_IDENTITY_AUDIENCE]
            return make_entry(subjects=sorted(set(subjects)), audiences=[] if usual else sorted(set(audiences)))
    return {}


class _RemainingConditions:
    """What is left of a Condition block while parts of it are taken out. Keys ignore letter case."""

    def __init__(self, raw: Json) -> None:
        self.remaining = cast("dict[str, Any]", format_conditions(raw))

    def values_of(self, operator: str, key: str) -> list[str]:
        block = self.remaining.get(operator)
        found = [block[name] for name in block if name.lower() == key.lower()] if isinstance(block, dict) else []
        return _texts_of(found[0]) if len(found) == 1 else []

    def take(self, operator: str, key: str) -> None:
        kept = {name: value for name, value in self.remaining[operator].items() if name.lower() != key.lower()}
        self.remaining = {name: kept if name == operator else block for name, block in self.remaining.items()}
        if not kept:
            del self.remaining[operator]


def _texts_of(raw: Json) -> list[str]:
    values: Iterable[Json] = raw if isinstance(raw, list) else [raw]
    return [("true" if value else "false") if isinstance(value, bool) else str(value) for value in values]

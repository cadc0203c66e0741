"""Write a live trust policy as trust rules of a file, if a list of rules means exactly the same.

Each statement becomes the rule that would compile to it; conditions that no field expresses stay under `conditions`.
Then the rules are compiled, and must give a document of the same meaning. If one statement cannot be a rule, the file
holds the whole policy as `trust_policy`.
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
from reconciler.model.text_forms import EXTERNAL_ID
from reconciler.policy.readable_form import format_conditions
from reconciler.policy.trust import SAML_AUDIENCE, WEB_IDENTITY_AUDIENCE, needed_actions_of

_ROOT = re.compile(rf"(?:arn:{ARN_PARTITION}:iam::)?(\d{{12}})(?::root)?")
_ACTIONS = {"oidc": "sts:assumerolewithwebidentity", "saml": "sts:assumerolewithsaml"}
_ADDED = {"session_tags": "sts:tagsession", "source_identity": "sts:setsourceidentity"}
_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Condition"}


def export_trust_rules(document: Document, context: ExportContext) -> list[Entry] | None:
    """Return the rules of `trust:`; None if rules cannot express the document."""
    if document.opaque:
        return None
    written = json.loads(document.text).get("Statement")
    statements = written if isinstance(written, list) else [written]
    rules = [_export_rule(item, context) if isinstance(item, dict) else None for item in statements]
    rules_found = [rule for rule in rules if rule]
    if not rules_found or len(rules_found) != len(rules):
        return None
    compiled = read_trust(cast("Map", as_nodes({"trust": rules_found}, "")), context.declare_context)
    return rules_found if compiled == document else None


def _export_rule(statement: dict[str, Any], context: ExportContext) -> Entry | None:
    principals = _parse_principals(statement.get("Principal"))
    actions = {action.lower() for action in _texts_of(statement.get("Action"))}
    if not principals or statement.get("Effect") != "Allow" or set(statement) - _ELEMENTS:
        return None
    kind, names = principals
    assume_action = _ACTIONS.get(kind, "sts:assumerole")
    implied = {action.lower() for action in needed_actions_of(kind, names)} - {assume_action}
    added = {key: action in actions - implied for key, action in _ADDED.items()}
    if actions - set(_ADDED.values()) - implied != {assume_action}:
        return None
    remaining = _RemainingConditions(statement.get("Condition"))
    rule: Entry = {kind: _export_principals(kind, names, context)}
    if kind in ("users", "accounts"):
        rule |= make_entry(mfa=_take_mfa(remaining))
    if kind in ("users", "roles", "accounts", "anyone"):
        rule |= make_entry(external_id=_take_external_id(remaining))
    if kind == "oidc":
        rule |= _take_token_claims(names[0].partition(":oidc-provider/")[2], remaining)
    if kind == "saml" and remaining.values_of("StringEquals", "SAML:aud") == [SAML_AUDIENCE]:
        remaining.take("StringEquals", "SAML:aud")
    return rule | make_entry(**added, conditions=remaining.blocks, sid=statement.get("Sid"))


def _parse_principals(raw: Json) -> tuple[str, list[str]] | None:
    """Return the kind of principal, and the ARNs, accounts or services; None if no rule can name them together."""
    if not isinstance(raw, dict) or len(raw) != 1:
        return None
    [(principal_type, values)] = raw.items()
    names = sorted(set(_texts_of(values)))
    if principal_type == "Service":
        return "services", names
    if principal_type == "Federated" and len(names) == 1:
        kind = next((kind for kind in ("oidc", "saml") if f":{kind}-provider/" in names[0]), None)
        return (kind, names) if kind else None
    if principal_type != "AWS":
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
    ordered = sorted((context.name_of(name) for name in names), key=lambda name: (":" in name, name))
    return ordered[0] if kind in ("oidc", "saml") else ordered


def _take_mfa(remaining: _RemainingConditions) -> object:
    if remaining.values_of("Bool", "aws:MultiFactorAuthPresent") not in (["true"], ["True"], ["TRUE"]):
        return None
    remaining.take("Bool", "aws:MultiFactorAuthPresent")
    age = remaining.values_of("NumericLessThan", "aws:MultiFactorAuthAge")
    if not age or len(age) > 1 or not re.fullmatch("[1-9][0-9]{0,8}", age[0]):
        return "required"
    remaining.take("NumericLessThan", "aws:MultiFactorAuthAge")
    return {"max_age": export_duration(int(age[0]))}


def _take_external_id(remaining: _RemainingConditions) -> object:
    values = remaining.values_of("StringEquals", "sts:ExternalId")
    if not values or not all(map(EXTERNAL_ID.accepts, values)):
        return None
    remaining.take("StringEquals", "sts:ExternalId")
    return values[0] if len(values) == 1 else sorted(set(values))


def _take_token_claims(provider: str, remaining: _RemainingConditions) -> Entry:
    """Return `subjects` and `audiences` if the statement tests both by the same operator, as a rule does."""
    for operator in ("StringEquals", "StringLike"):
        subjects, audiences = (remaining.values_of(operator, f"{provider}:{claim}") for claim in ("sub", "aud"))
        if subjects and audiences:
            remaining.take(operator, f"{provider}:sub")
            remaining.take(operator, f"{provider}:aud")
            is_default = audiences == [WEB_IDENTITY_AUDIENCE]
            return make_entry(subjects=sorted(set(subjects)), audiences=[] if is_default else sorted(set(audiences)))
    return {}


class _RemainingConditions:
    """Hold the conditions of a statement that no field of the rule expresses yet. Keys ignore letter case.

    blocks: operator → key → value or values.
    """

    def __init__(self, raw: Json) -> None:
        self.blocks = cast("dict[str, Any]", format_conditions(raw))

    def values_of(self, operator: str, key: str) -> list[str]:
        """Return the values of a condition; none if it is absent, or written twice."""
        block = self.blocks.get(operator)
        matches = [block[name] for name in block if name.lower() == key.lower()] if isinstance(block, dict) else []
        return _texts_of(matches[0]) if len(matches) == 1 else []

    def take(self, operator: str, key: str) -> None:
        """Remove a condition."""
        others = {name: value for name, value in self.blocks[operator].items() if name.lower() != key.lower()}
        self.blocks = {name: others if name == operator else block for name, block in self.blocks.items()}
        if not others:
            del self.blocks[operator]


def _texts_of(raw: Json) -> list[str]:
    values: Iterable[Json] = raw if isinstance(raw, list) else [raw]
    return [("true" if value else "false") if isinstance(value, bool) else str(value) for value in values]

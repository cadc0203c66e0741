"""All that is wrong with a policy document as its author wrote it, before it becomes a canonical value.

Errors are what AWS would refuse; warnings (`policy/lint.py`) what it takes, and what then does not mean what
it seems to. Rules come from the IAM User Guide: "Grammar of the IAM JSON policy language", "IAM JSON policy
element reference". The weak point: AWS checks more than it documents, and may refuse what is clean here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from reconciler.model.problem import Level
from reconciler.model.suggest import suggest_word
from reconciler.policy import condition_checks, element_checks, principal_checks
from reconciler.policy.canonical import CURRENT_VERSION
from reconciler.policy.flaw import Flaw, Path, PolicyType, error, format_value, warning
from reconciler.policy.lint import lint_document
from reconciler.policy.placeholders import PLACEHOLDER_CODE, check_placeholders, has_placeholder
from reconciler.policy.variable_checks import VERSION_WITHOUT_VARIABLES, check_variables
from reconciler.policy.walk import (
    DocumentPart,
    JsonObject,
    all_strings_pass,
    is_printable_ascii,
    items_of,
    iter_strings,
    texts_of,
)

__all__ = ["Flaw", "Path", "PolicyType", "check_document"]

DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    "Condition",
)
VERSIONS = (CURRENT_VERSION, VERSION_WITHOUT_VARIABLES)

_REFUSED_CHARACTERS = re.compile(r"[^\t\n\r\x20-\xff]")


class _ElementRule(NamedTuple):
    """An element and its negation, of which a statement has exactly one, or neither: codes, and why neither."""

    missing: str
    both: str
    refused: str
    reason: str


_ELEMENT_RULES = {
    "Action": _ElementRule("missing-action", "action-and-not-action", "", ""),
    "Resource": _ElementRule(
        *("missing-resource", "resource-and-not-resource", "resource-not-allowed"),
        "A trust policy belongs to its role, which is its only resource.",
    ),
    "Principal": _ElementRule(
        *("", "", "principal-not-allowed"),
        "It holds for whoever it is attached to; who may assume a role goes into the role's trust.",
    ),
}


def check_document(document: object, policy_type: PolicyType, account: str = "") -> list[Flaw]:
    """Every flaw of a parsed document, whatever JSON value it is; never raises.

    account: that of the role whose trust it is; empty if it is not known.

    A misspelt element is reported, then read as the element it was meant to be, so that one slip does not
    hide the rest or count twice. A missing Version is fine: the caller inserts 2012-10-17.
    """
    if not isinstance(document, dict):
        return [error("not-an-object", (), f"The policy document is {format_value(document)}, not an object.")]
    found = list(_check_top_level(document, policy_type))
    if not all_strings_pass(document, _is_ordinary):
        found += [
            *_check_characters(document),
            *_check_dead_variables(document),
            *_check_substitutions(document, found),
        ]
    return found + lint_document(document, policy_type, account)


@lru_cache(maxsize=65536)
def _is_ordinary(text: str) -> bool:
    """Say whether a text has no unusual character, no variable and no placeholder: nearly all texts of an account."""
    return is_printable_ascii(text) and "${" not in text and not has_placeholder(text)


def _check_substitutions(document: JsonObject, found: list[Flaw]) -> Iterator[Flaw]:
    """Yield the flaws of variables and placeholders, less those that the given ones report already."""
    reported = frozenset(flaw.path for flaw in found if flaw.code == PLACEHOLDER_CODE)
    refused = frozenset(flaw.path for flaw in found if flaw.level is Level.ERROR)
    yield from check_placeholders(document, reported)
    yield from check_variables(document, refused)


def _check_top_level(document: JsonObject, policy_type: PolicyType) -> Iterator[Flaw]:
    parts, unknown = _read_elements(document, (), DOCUMENT_ELEMENTS, "policy document")
    yield from unknown
    version, identifier = parts.get("Version"), parts.get("Id")
    if version and version.value not in VERSIONS:
        summary = f"Version is {format_value(version.value)}; it is the version of AWS's grammar, not of your policy."
        yield error("invalid-version", version.path, summary, f"Write {CURRENT_VERSION}.")
    elif version and version.value != CURRENT_VERSION and policy_type is PolicyType.MANAGED:
        yield _build_version_flaw(document, version)
    if identifier and not isinstance(identifier.value, str):
        yield error("invalid-id", identifier.path, f"Id is {format_value(identifier.value)}, not a text.")
    elif identifier and policy_type is not PolicyType.TRUST:
        summary = "Id does not belong in an identity policy: only policies of resources have one."
        yield warning("id-in-identity-policy", identifier.path, summary, "Remove the line.", at_key=True)
    if "Statement" in parts:
        yield from _check_statements(parts["Statement"], policy_type)
    else:
        yield error("missing-statement", (), "The policy document has no Statement.")


def _build_version_flaw(document: JsonObject, version: DocumentPart) -> Flaw:
    """Return the error for a managed policy in the old grammar, which CreatePolicy and CreatePolicyVersion refuse."""
    summary = f"Version is {format_value(version.value)}; AWS takes only {CURRENT_VERSION} in a managed policy."
    hint = f"Write Version: {CURRENT_VERSION}."
    if not all_strings_pass(document, lambda text: "${" not in text):
        hint += " Each ${…} then is a variable; write ${$}{…} where it must stay a plain text."
    return error("old-version-in-managed-policy", version.path, summary, hint)


def _read_elements(
    mapping: JsonObject, path: Path, known: tuple[str, ...], what: str
) -> tuple[dict[str, DocumentPart], list[Flaw]]:
    """The elements by their right names, and a flaw for each name that is not right."""
    parts = {name: DocumentPart((*path, name), mapping[name]) for name in known if name in mapping}
    unknown = []
    for key, value in mapping.items():
        if key in known:
            continue
        part = DocumentPart((*path, str(key)), value)
        meant = suggest_word(str(key), known)
        hint = f"Did you mean {meant}?" if meant else f"The elements are {', '.join(known)}."
        summary = f"{format_value(key)} is not an element of a {what}."
        unknown.append(error("unknown-element", part.path, summary, hint, at_key=True))
        if meant:
            parts.setdefault(meant, part)
    return parts, unknown


def _check_statements(part: DocumentPart, policy_type: PolicyType) -> Iterator[Flaw]:
    if not isinstance(part.value, (dict, list)):
        summary = f"Statement is {format_value(part.value)}, neither an object nor a list of objects."
        yield error("invalid-statement", part.path, summary)
        return
    if not part.value:
        yield error("invalid-statement", part.path, f"Statement is {format_value(part.value)}: it says nothing.")
        return
    sids: list[tuple[Path, str]] = []
    for statement in items_of(part):
        if isinstance(statement.value, dict):
            parts, unknown = _read_elements(statement.value, statement.path, STATEMENT_ELEMENTS, "statement")
            yield from unknown
            yield from _check_statement(parts, statement.path, policy_type)
            sids += texts_of(parts.get("Sid"))
        else:
            summary = f"A statement is {format_value(statement.value)}, not an object."
            yield error("invalid-statement", statement.path, summary)
    yield from element_checks.check_unique_sids(sids)


def _check_statement(parts: dict[str, DocumentPart], path: Path, policy_type: PolicyType) -> Iterator[Flaw]:
    trust = policy_type is PolicyType.TRUST
    yield from element_checks.check_sid(parts.get("Sid"))
    yield from element_checks.check_effect(parts.get("Effect"), path)
    yield from _require_exactly_one(parts, path, "Action")
    yield from _require_principal(parts, path) if trust else _forbid_element(parts, path, "Principal")
    yield from (_forbid_element if trust else _require_exactly_one)(parts, path, "Resource")
    yield from _check_both_forms(parts, "Action", element_checks.check_actions)
    if trust:
        yield from _check_trust(parts)
    else:
        session = policy_type is PolicyType.SESSION
        yield from _check_both_forms(
            parts, "Resource", element_checks.check_session_resources if session else element_checks.check_resources
        )
    if "Condition" in parts:
        yield from condition_checks.check_condition(parts["Condition"])


def _check_trust(parts: dict[str, DocumentPart]) -> Iterator[Flaw]:
    yield from _check_both_forms(parts, "Action", lambda part, _: element_checks.check_trust_actions(part))
    if "Principal" in parts:
        yield from principal_checks.check_principal(parts["Principal"])
    yield from principal_checks.check_callable_actions(parts.get("Action"), parts.get("Principal"))


def _require_principal(parts: dict[str, DocumentPart], path: Path) -> Iterator[Flaw]:
    """Required in a trust, where IAM takes no NotPrincipal ("AWS JSON policy elements: NotPrincipal")."""
    if "NotPrincipal" in parts:
        summary = "NotPrincipal does not belong in a trust policy: IAM refuses it there."
        hint = "Name who is meant under Principal; a Deny for all but some has a condition on aws:PrincipalArn."
        yield error("not-principal-in-trust", parts["NotPrincipal"].path, summary, hint, at_key=True)
    elif "Principal" not in parts:
        yield error("missing-principal", path, "The statement has no Principal.")


def _check_both_forms(
    parts: dict[str, DocumentPart], name: str, check: Callable[[DocumentPart, str], Iterator[Flaw]]
) -> Iterator[Flaw]:
    """A check of an element and of its negation, as far as they are there."""
    for form in (name, f"Not{name}"):
        if form in parts:
            yield from check(parts[form], form)


def _require_exactly_one(parts: dict[str, DocumentPart], path: Path, name: str) -> Iterator[Flaw]:
    negation = f"Not{name}"
    if name in parts and negation in parts:
        summary = f"The statement has both {name} and {negation}."
        yield error(_ELEMENT_RULES[name].both, parts[negation].path, summary, "Keep one of them.", at_key=True)
    elif name not in parts and negation not in parts:
        yield error(_ELEMENT_RULES[name].missing, path, f"The statement has neither {name} nor {negation}.")


def _forbid_element(parts: dict[str, DocumentPart], path: Path, name: str) -> Iterator[Flaw]:
    for form in (name, f"Not{name}"):
        if form in parts:
            where = "a trust policy" if name == "Resource" else "this kind of policy"
            summary = f"{form} does not belong in {where}."
            yield error(
                _ELEMENT_RULES[name].refused, parts[form].path, summary, _ELEMENT_RULES[name].reason, at_key=True
            )


def _check_characters(document: JsonObject) -> Iterator[Flaw]:
    """AWS takes tab, line feed, carriage return and U+0020 to U+00FF (IAM API, PolicyDocument)."""
    for path, text, at_key in iter_strings(document):
        match = _REFUSED_CHARACTERS.search(text)
        if match:
            name = f"U+{ord(match[0]):04X} {unicodedata.name(match[0], '')}".strip()
            summary = f"{format_value(text)} has the character {name}, which AWS refuses in policies."
            hint = "Often a quote or dash that an editor or a chat has made typographic."
            yield error("character-not-allowed", path, summary, hint, at_key)


def _check_dead_variables(document: JsonObject) -> Iterator[Flaw]:
    """Under the old version AWS takes `${aws:username}` for plain text."""
    if document.get("Version") != VERSION_WITHOUT_VARIABLES:
        return
    for path, text, at_key in iter_strings(document.get("Statement")):
        if "${" in text and not at_key:
            summary = f"{format_value(text)} has a variable, which Version 2008-10-17 takes for plain text."
            yield warning("variable-in-old-version", ("Statement", *path), summary, "Write Version 2012-10-17.")

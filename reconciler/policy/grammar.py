"""Find everything that is wrong with a policy document as its author wrote it.

An error is a fault for which AWS would refuse the document. A warning (`policy/lint.py`) is a fault that AWS accepts,
but that does something else than it seems to. Rules come from the IAM User Guide: "Grammar of the IAM JSON policy
language", "IAM JSON policy element reference". The weak point: AWS checks more than it documents, and may refuse a
document without flaws.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from reconciler.model.account_caches import cache_for_account
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
    PlacedText,
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
    """The problem codes of an element and its negation, such as Action and NotAction.

    missing: the code if a statement has neither. both: the code if it has both.
    refused: the code if the document may have neither. reason: why it may not.
    """

    missing: str
    both: str
    refused: str
    reason: str


_ELEMENT_RULES = {
    "Action": _ElementRule("missing-action", "action-and-not-action", "", ""),
    "Resource": _ElementRule(
        *("missing-resource", "resource-and-not-resource", "resource-not-allowed"),
        "Remove it: the only resource of a trust policy is its role.",
    ),
    "Principal": _ElementRule(
        *("", "", "principal-not-allowed"),
        "Remove it: the policy applies to whoever it is attached to. The role's trust says who may assume the role.",
    ),
}


def check_document(document: object, policy_type: PolicyType, account: str = "") -> list[Flaw]:
    """Return every flaw of a parsed document.

    Accepts any JSON value and never raises. A misspelt element is reported, then read as the element it probably means,
    so that one slip neither hides other flaws nor counts twice. A missing Version is fine: the caller inserts
    2012-10-17.

    account: the account of the role, if the document is its trust; empty if it is not known.
    """
    if not isinstance(document, dict):
        return [error("not-an-object", (), f"The policy document is {format_value(document)}, not an object.")]
    flaws = list(_check_top_level(document, policy_type))
    if not all_strings_pass(document, _is_ordinary):
        unusual = [one for one in iter_strings(document) if not _is_ordinary(one[1])]
        flaws += [
            *_check_characters(unusual),
            *_check_dead_variables(document, unusual),
            *_check_substitutions(document, unusual, flaws),
        ]
    return flaws + lint_document(document, policy_type, account)


@cache_for_account(maxsize=65536)
def _is_ordinary(text: str) -> bool:
    """Return whether a text has no unusual character, variable or placeholder, like nearly all texts of an account."""
    return is_printable_ascii(text) and "${" not in text and not has_placeholder(text)


def _check_substitutions(document: JsonObject, unusual: list[PlacedText], flaws: list[Flaw]) -> Iterator[Flaw]:
    """Yield the flaws of variables and placeholders, except those that `flaws` already reports.

    unusual: the texts that are not ordinary.
    """
    reported = frozenset(flaw.path for flaw in flaws if flaw.code == PLACEHOLDER_CODE)
    refused = frozenset(flaw.path for flaw in flaws if flaw.level is Level.ERROR)
    yield from check_placeholders(unusual, reported)
    yield from check_variables(document, unusual, refused)


def _check_top_level(document: JsonObject, policy_type: PolicyType) -> Iterator[Flaw]:
    parts, unknown = _read_elements(document, (), DOCUMENT_ELEMENTS, "policy document")
    yield from unknown
    version, identifier = parts.get("Version"), parts.get("Id")
    if version and version.value not in VERSIONS:
        summary = f"Version is {format_value(version.value)}; this is the version of AWS's grammar, not of your policy."
        yield error("invalid-version", version.path, summary, f"Write {CURRENT_VERSION}.")
    elif version and version.value != CURRENT_VERSION and policy_type is PolicyType.MANAGED:
        yield _build_version_flaw(document, version)
    if identifier and not isinstance(identifier.value, str):
        yield error("invalid-id", identifier.path, f"Id is {format_value(identifier.value)}, not a text.")
    elif identifier and policy_type is not PolicyType.TRUST:
        summary = "Id does not belong in an identity policy: only policies of resources have an Id."
        yield warning("id-in-identity-policy", identifier.path, summary, "Remove the line.", at_key=True)
    if "Statement" in parts:
        yield from _check_statements(parts["Statement"], policy_type)
    else:
        yield error("missing-statement", (), "The policy document has no Statement.")


def _build_version_flaw(document: JsonObject, version: DocumentPart) -> Flaw:
    """Return the error for a managed policy in the old grammar, which CreatePolicy and CreatePolicyVersion refuse."""
    summary = f"Version is {format_value(version.value)}; AWS accepts only {CURRENT_VERSION} in a managed policy."
    hint = f"Write Version: {CURRENT_VERSION}."
    if not all_strings_pass(document, lambda text: "${" not in text):
        hint += " Each ${…} then becomes a variable; to keep one as plain text, write ${$}{…}."
    return error("old-version-in-managed-policy", version.path, summary, hint)


def _read_elements(
    mapping: JsonObject, path: Path, names: tuple[str, ...], parent: str
) -> tuple[dict[str, DocumentPart], list[Flaw]]:
    """Return the elements by their right names, and a flaw for each wrong name.

    names: the right names. parent: the object with the elements, such as "statement".
    """
    parts = {key: DocumentPart((*path, key), value) for key, value in mapping.items() if key in names}
    unknown = []
    for key, value in mapping.items() if len(parts) < len(mapping) else ():
        if key in names:
            continue
        part = DocumentPart((*path, str(key)), value)
        suggestion = suggest_word(str(key), names)
        hint = f"Did you mean {suggestion}?" if suggestion else f"The elements are {', '.join(names)}."
        summary = f"{format_value(key)} is not an element of a {parent}."
        unknown.append(error("unknown-element", part.path, summary, hint, at_key=True))
        if suggestion:
            parts.setdefault(suggestion, part)
    return parts, unknown


def _check_statements(part: DocumentPart, policy_type: PolicyType) -> Iterator[Flaw]:
    if not isinstance(part.value, (dict, list)):
        summary = f"Statement is {format_value(part.value)}, neither an object nor a list of objects."
        yield error("invalid-statement", part.path, summary)
        return
    if not part.value:
        yield error("invalid-statement", part.path, f"Statement is {format_value(part.value)}; AWS needs at least one.")
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
    control = policy_type is PolicyType.RESOURCE_CONTROL
    yield from element_checks.check_sid(parts.get("Sid"))
    yield from element_checks.check_effect(parts.get("Effect"), path)
    yield from _require_exactly_one(parts, path, "Action")
    if control:
        yield from _check_control_principal(parts, path)
    else:
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


def _check_control_principal(parts: dict[str, DocumentPart], path: Path) -> Iterator[Flaw]:
    """Yield a flaw unless an RCP is for everybody (AWS Organizations User Guide, "RCP syntax")."""
    hint = 'Write Principal: "*", and a condition on aws:PrincipalArn or aws:PrincipalAccount.'
    part = parts.get("NotPrincipal") or parts.get("Principal")
    if part is None:
        yield error("missing-principal", path, "The statement has no Principal.", 'Write Principal: "*".')
    elif "NotPrincipal" in parts or part.value not in ("*", {"AWS": "*"}):
        summary = f"A resource control policy applies to everybody; this one names {format_value(part.value)}."
        yield error("resource-control-principal", part.path, summary, hint)


def _check_trust(parts: dict[str, DocumentPart]) -> Iterator[Flaw]:
    yield from _check_both_forms(parts, "Action", lambda part, _: element_checks.check_trust_actions(part))
    if "Principal" in parts:
        yield from principal_checks.check_principal(parts["Principal"])
    yield from principal_checks.check_callable_actions(parts.get("Action"), parts.get("Principal"))


def _require_principal(parts: dict[str, DocumentPart], path: Path) -> Iterator[Flaw]:
    """Yield a flaw if a trust has no Principal, or has NotPrincipal ("AWS JSON policy elements: NotPrincipal")."""
    if "NotPrincipal" in parts:
        summary = "NotPrincipal does not belong in a trust policy: IAM refuses it there."
        hint = "Write Principal. To deny all but some callers, add a condition on aws:PrincipalArn."
        yield error("not-principal-in-trust", parts["NotPrincipal"].path, summary, hint, at_key=True)
    elif "Principal" not in parts:
        yield error("missing-principal", path, "The statement has no Principal.")


def _check_both_forms(
    parts: dict[str, DocumentPart], name: str, check: Callable[[DocumentPart, str], Iterator[Flaw]]
) -> Iterator[Flaw]:
    """Yield the flaws that `check` finds in an element and in its negation, if the statement has them."""
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
            policy = "a trust policy" if name == "Resource" else "this kind of policy"
            summary = f"{form} does not belong in {policy}."
            yield error(
                _ELEMENT_RULES[name].refused, parts[form].path, summary, _ELEMENT_RULES[name].reason, at_key=True
            )


def _check_characters(unusual: list[PlacedText]) -> Iterator[Flaw]:
    """Yield a flaw for each other character than tab, line feed, carriage return and U+0020 to U+00FF.

    Source: IAM API, PolicyDocument.
    """
    for path, text, at_key in unusual:
        match = _REFUSED_CHARACTERS.search(text)
        if match:
            name = f"U+{ord(match[0]):04X} {unicodedata.name(match[0], '')}".strip()
            summary = f"{format_value(text)} has the character {name}, which AWS refuses in policies."
            hint = "Replace it. It is often a typographic quote or dash that an editor or a chat inserted."
            yield error("character-not-allowed", path, summary, hint, at_key)


def _check_dead_variables(document: JsonObject, unusual: list[PlacedText]) -> Iterator[Flaw]:
    """Warn about variables under the old version, in which AWS reads `${aws:username}` as plain text."""
    if document.get("Version") != VERSION_WITHOUT_VARIABLES:
        return
    for path, text, at_key in unusual:
        if path[:1] == ("Statement",) and "${" in text and not at_key:
            summary = f"{format_value(text)} has a variable, but Version 2008-10-17 reads it as plain text."
            yield warning("variable-in-old-version", path, summary, "Write Version 2012-10-17.")

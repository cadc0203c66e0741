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
from reconciler.model.suggest import suggestion
from reconciler.policy import condition_checks, element_checks, principal_checks
from reconciler.policy.canonical import CURRENT_VERSION
from reconciler.policy.flaw import Flaw, Path, Use, error, shown, warning
from reconciler.policy.lint import lint
from reconciler.policy.placeholders import CODE, has_placeholder, placeholders
from reconciler.policy.variable_checks import VERSION_WITHOUT, variables
from reconciler.policy.walk import Object, Part, all_strings, is_printable_ascii, items, strings, texts

__all__ = ["Flaw", "Path", "Use", "flaws"]

DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    "Condition",
)
VERSIONS = (CURRENT_VERSION, VERSION_WITHOUT)

_REFUSED = re.compile(r"[^\t\n\r\x20-\xff]")


class _Pair(NamedTuple):
    """An element and its negation, of which a statement has exactly one, or neither: codes, and why neither."""

    missing: str
    both: str
    refused: str
    reason: str


_PAIRS = {
    "Action": _Pair("missing-action", "action-and-not-action", "", ""),
    "Resource": _Pair(
        *("missing-resource", "resource-and-not-resource", "resource-not-allowed"),
        "A trust policy belongs to its role, which is its only resource.",
    ),
    "Principal": _Pair(
        *("", "", "principal-not-allowed"),
        "It holds for whoever it is attached to; who may assume a role goes into the role's trust.",
    ),
}


def flaws(document: object, use: Use, account: str = "") -> list[Flaw]:
    """Every flaw of a parsed document, whatever JSON value it is; never raises.

    account: that of the role whose trust it is; empty if it is not known.

    A misspelt element is reported, then read as the element it was meant to be, so that one slip does not
    hide the rest or count twice. A missing Version is fine: the caller inserts 2012-10-17.
    """
    if not isinstance(document, dict):
        return [error("not-an-object", (), f"The policy document is {shown(document)}, not an object.")]
    found = list(_document(document, use))
    if not all_strings(document, _is_ordinary):
        found += [*_characters(document), *_dead_variables(document), *_filled_in(document, found)]
    return found + lint(document, use, account)


@lru_cache(maxsize=65536)
def _is_ordinary(text: str) -> bool:
    """Say whether a text has no unusual character, no variable and no placeholder: nearly all texts of an account."""
    return is_printable_ascii(text) and "${" not in text and not has_placeholder(text)


def _filled_in(document: Object, found: list[Flaw]) -> Iterator[Flaw]:
    """Yield the flaws of variables and placeholders, less those that the given ones report already."""
    reported = frozenset(flaw.path for flaw in found if flaw.code == CODE)
    refused = frozenset(flaw.path for flaw in found if flaw.level is Level.ERROR)
    yield from placeholders(document, reported)
    yield from variables(document, refused)


def _document(document: Object, use: Use) -> Iterator[Flaw]:
    parts, unknown = _elements(document, (), DOCUMENT_ELEMENTS, "policy document")
    yield from unknown
    version, identifier = parts.get("Version"), parts.get("Id")
    if version and version.value not in VERSIONS:
        summary = f"Version is {shown(version.value)}; it is the version of AWS's grammar, not of your policy."
        yield error("invalid-version", version.path, summary, f"Write {CURRENT_VERSION}.")
    elif version and version.value != CURRENT_VERSION and use is Use.MANAGED:
        yield _old_version(document, version)
    if identifier and not isinstance(identifier.value, str):
        yield error("invalid-id", identifier.path, f"Id is {shown(identifier.value)}, not a text.")
    elif identifier and use is not Use.TRUST:
        summary = "Id does not belong in an identity policy: only policies of resources have one."
        yield warning("id-in-identity-policy", identifier.path, summary, "Remove the line.", at_key=True)
    if "Statement" in parts:
        yield from _statements(parts["Statement"], use)
    else:
        yield error("missing-statement", (), "The policy document has no Statement.")


def _old_version(document: Object, version: Part) -> Flaw:
    """Return the error for a managed policy in the old grammar, which CreatePolicy and CreatePolicyVersion refuse."""
    summary = f"Version is {shown(version.value)}; AWS takes only {CURRENT_VERSION} in a managed policy."
    hint = f"Write Version: {CURRENT_VERSION}."
    if not all_strings(document, lambda text: "${" not in text):
        hint += " Each ${…} then is a variable; write ${$}{…} where it must stay a plain text."
    return error("old-version-in-managed-policy", version.path, summary, hint)


def _elements(mapping: Object, path: Path, known: tuple[str, ...], what: str) -> tuple[dict[str, Part], list[Flaw]]:
    """The elements by their right names, and a flaw for each name that is not right."""
    parts = {name: Part((*path, name), mapping[name]) for name in known if name in mapping}
    unknown = []
    for key, value in mapping.items():
        if key in known:
            continue
        part = Part((*path, str(key)), value)
        meant = suggestion(str(key), known)
        hint = f"Did you mean {meant}?" if meant else f"The elements are {', '.join(known)}."
        summary = f"{shown(key)} is not an element of a {what}."
        unknown.append(error("unknown-element", part.path, summary, hint, at_key=True))
        if meant:
            parts.setdefault(meant, part)
    return parts, unknown


def _statements(part: Part, use: Use) -> Iterator[Flaw]:
    if not isinstance(part.value, (dict, list)):
        summary = f"Statement is {shown(part.value)}, neither an object nor a list of objects."
        yield error("invalid-statement", part.path, summary)
        return
    if not part.value:
        yield error("invalid-statement", part.path, f"Statement is {shown(part.value)}: it says nothing.")
        return
    sids: list[tuple[Path, str]] = []
    for statement in items(part):
        if isinstance(statement.value, dict):
            parts, unknown = _elements(statement.value, statement.path, STATEMENT_ELEMENTS, "statement")
            yield from unknown
            yield from _statement(parts, statement.path, use)
            sids += texts(parts.get("Sid"))
        else:
            summary = f"A statement is {shown(statement.value)}, not an object."
            yield error("invalid-statement", statement.path, summary)
    yield from element_checks.repeated_sids(sids)


def _statement(parts: dict[str, Part], path: Path, use: Use) -> Iterator[Flaw]:
    trust = use is Use.TRUST
    yield from element_checks.sid(parts.get("Sid"))
    yield from element_checks.effect(parts.get("Effect"), path)
    yield from _exactly_one(parts, path, "Action")
    yield from _principal(parts, path) if trust else _neither(parts, path, "Principal")
    yield from (_neither if trust else _exactly_one)(parts, path, "Resource")
    yield from _each(parts, "Action", element_checks.actions)
    if trust:
        yield from _trust(parts)
    else:
        session = use is Use.SESSION
        yield from _each(parts, "Resource", element_checks.session_resources if session else element_checks.resources)
    if "Condition" in parts:
        yield from condition_checks.condition(parts["Condition"])


def _trust(parts: dict[str, Part]) -> Iterator[Flaw]:
    yield from _each(parts, "Action", lambda part, _: element_checks.trust_actions(part))
    if "Principal" in parts:
        yield from principal_checks.principal(parts["Principal"])
    yield from principal_checks.mismatches(parts.get("Action"), parts.get("Principal"))


def _principal(parts: dict[str, Part], path: Path) -> Iterator[Flaw]:
    """Required in a trust, where IAM takes no NotPrincipal ("AWS JSON policy elements: NotPrincipal")."""
    if "NotPrincipal" in parts:
        summary = "NotPrincipal does not belong in a trust policy: IAM refuses it there."
        hint = "Name who is meant under Principal; a Deny for all but some has a condition on aws:PrincipalArn."
        yield error("not-principal-in-trust", parts["NotPrincipal"].path, summary, hint, at_key=True)
    elif "Principal" not in parts:
        yield error("missing-principal", path, "The statement has no Principal.")


def _each(parts: dict[str, Part], name: str, check: Callable[[Part, str], Iterator[Flaw]]) -> Iterator[Flaw]:
    """A check of an element and of its negation, as far as they are there."""
    for form in (name, f"Not{name}"):
        if form in parts:
            yield from check(parts[form], form)


def _exactly_one(parts: dict[str, Part], path: Path, name: str) -> Iterator[Flaw]:
    negation = f"Not{name}"
    if name in parts and negation in parts:
        summary = f"The statement has both {name} and {negation}."
        yield error(_PAIRS[name].both, parts[negation].path, summary, "Keep one of them.", at_key=True)
    elif name not in parts and negation not in parts:
        yield error(_PAIRS[name].missing, path, f"The statement has neither {name} nor {negation}.")


def _neither(parts: dict[str, Part], path: Path, name: str) -> Iterator[Flaw]:
    for form in (name, f"Not{name}"):
        if form in parts:
            where = "a trust policy" if name == "Resource" else "this kind of policy"
            summary = f"{form} does not belong in {where}."
            yield error(_PAIRS[name].refused, parts[form].path, summary, _PAIRS[name].reason, at_key=True)


def _characters(document: Object) -> Iterator[Flaw]:
    """AWS takes tab, line feed, carriage return and U+0020 to U+00FF (IAM API, PolicyDocument)."""
    for path, text, at_key in strings(document):
        match = _REFUSED.search(text)
        if match:
            name = f"U+{ord(match[0]):04X} {unicodedata.name(match[0], '')}".strip()
            summary = f"{shown(text)} has the character {name}, which AWS refuses in policies."
            hint = "Often a quote or dash that an editor or a chat has made typographic."
            yield error("character-not-allowed", path, summary, hint, at_key)


def _dead_variables(document: Object) -> Iterator[Flaw]:
    """Under the old version AWS takes `${aws:username}` for plain text."""
    if document.get("Version") != VERSION_WITHOUT:
        return
    for path, text, at_key in strings(document.get("Statement")):
        if "${" in text and not at_key:
            summary = f"{shown(text)} has a variable, which Version 2008-10-17 takes for plain text."
            yield warning("variable-in-old-version", ("Statement", *path), summary, "Write Version 2012-10-17.")

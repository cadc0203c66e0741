"""Grammar of the plain elements: Effect, Sid, and the strings of Action and Resource.

From the IAM User Guide: "Grammar of the IAM JSON policy language", the pages of the elements, and "IAM
Access Analyzer policy check reference". No list of services or actions: whatever has the form will do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial

from reconciler.model.suggest import suggest_word
from reconciler.policy.flaw import Flaw, Path, did_you_mean, error, format_value
from reconciler.policy.placeholders import explain_value
from reconciler.policy.resource_arns import check_resource
from reconciler.policy.sts_actions import TRUST_ACTIONS, match_sts_actions
from reconciler.policy.walk import DocumentPart, items_of, texts_of

EFFECTS = ("Allow", "Deny")

_SID = re.compile(r"[A-Za-z0-9]*")
_SERVICE = re.compile(r"[A-Za-z0-9.-]+|\*")
_ACTION_NAME = re.compile(r"[A-Za-z0-9_.*?-]+")


def check_effect(part: DocumentPart | None, statement: Path) -> Iterator[Flaw]:
    """Required, and one of two words in exactly this letter case."""
    if part is None:
        yield error("missing-effect", statement, "The statement has no Effect.", "Write Allow or Deny.")
    elif part.value not in EFFECTS:
        yield error(
            "invalid-effect",
            part.path,
            f"Effect is {format_value(part.value)}; AWS knows only Allow and Deny, in this letter case.",
            did_you_mean(part.value, EFFECTS) if isinstance(part.value, str) else "",
        )


def check_sid(part: DocumentPart | None) -> Iterator[Flaw]:
    """IAM takes only letters and digits in a Sid, in identity policies and trusts alike."""
    if part is None:
        return
    if not isinstance(part.value, str):
        yield error("invalid-sid", part.path, f"Sid is {format_value(part.value)}, not a text.", "Quote it.")
    elif not _SID.fullmatch(part.value):
        bare = re.sub(r"[^A-Za-z0-9]", "", part.value)
        hint = f"{bare} would do." if bare else ""
        yield error(
            "invalid-sid",
            part.path,
            f"Sid {format_value(part.value)} may have only letters and digits in IAM.",
            hint,
        )


def check_unique_sids(sids: list[tuple[Path, str]]) -> Iterator[Flaw]:
    """Sids are unique within a document; an empty one counts as none."""
    first: dict[str, Path] = {}
    for path, text in sids:
        if text and first.setdefault(text, path) != path:
            yield error("duplicate-sid", path, f"Sid {format_value(text)} is used twice in the document.")


def check_strings(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """One string or a non-empty list of strings."""
    if isinstance(part.value, list) and not part.value:
        yield error("empty-list", part.path, f"{name} is an empty list; AWS refuses that.")
    for path, value in items_of(part):
        if not isinstance(value, str):
            summary = f"{name} has {format_value(value)} where a text must stand."
            yield error("not-a-string", path, summary, explain_value(value))


def check_actions(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """`*` or `service:Action`. AWS checks only the form of the service, and refuses wildcards in it."""
    yield from _check_each(part, name, _check_action)


def _check_each(part: DocumentPart, name: str, flaw_of: Callable[[str], Flaw | None]) -> Iterator[Flaw]:
    """What `check_strings` finds, then the flaw of each string, which `flaw_of` gives without a path.

    Of a big account nearly all is right, and seen to be so before any path is made.
    """
    listed = part.value if isinstance(part.value, list) else [part.value]
    if listed and all(isinstance(value, str) and flaw_of(value) is None for value in listed):
        return
    yield from check_strings(part, name)
    for path, text in texts_of(part):
        flaw = flaw_of(text)
        if flaw:
            yield replace(flaw, path=path)


@lru_cache(maxsize=4096)
def _check_action(text: str) -> Flaw | None:
    if text == "*":
        return None
    service, colon, verb = text.partition(":")
    if not colon:
        example = suggest_word(f"sts:{text}", TRUST_ACTIONS) or "s3:GetObject"
        hint = f"Actions read service:Action, such as {example}."
        return error("invalid-action", (), f"Action {format_value(text)} names no service.", hint)
    if not _SERVICE.fullmatch(service):
        return error(
            "invalid-action",
            (),
            f"Action {format_value(text)} has {format_value(service)} where the prefix of a service must stand.",
            "A prefix has only letters, digits and dashes, and no wildcard.",
        )
    if not _ACTION_NAME.fullmatch(verb):
        return error(
            "invalid-action", (), f"Action {format_value(text)} has {format_value(verb)} where an action must stand."
        )
    return None


def check_trust_actions(part: DocumentPart) -> Iterator[Flaw]:
    """In a trust policy IAM takes only actions of STS, by a list (`sts_actions`), or a pattern that matches one."""
    for path, text in texts_of(part):
        if not match_sts_actions(text) and _check_action(text) is None:
            near = suggest_word(text, TRUST_ACTIONS)
            hint = f"Did you mean {near}?" if near else "What the role may do goes into its policies."
            yield error("action-not-for-trust", path, _describe_trust_action(text), hint)


def _describe_trust_action(text: str) -> str:
    if text.casefold().startswith("sts:"):
        return f"Action {format_value(text)} is no action of STS: IAM refuses the trust."
    return f"Action {format_value(text)} does not belong in a trust policy, which says who may assume a role."


def check_resources(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """`*` or an ARN, with wildcards and variables."""
    yield from _check_each(part, name, check_resource)


def check_session_resources(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """The same in a session policy, where AWS completes no ARN that is too short."""
    yield from _check_each(part, name, partial(check_resource, in_session=True))

"""Check the grammar of Effect, Sid, Action and Resource.

From the IAM User Guide: "Grammar of the IAM JSON policy language", the pages of the elements, and "IAM
Access Analyzer policy check reference". Only the form counts here; `name_checks` knows services and actions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from reconciler.model.account_caches import cache_for_account
from reconciler.model.suggest import suggest_word
from reconciler.policy.flaw import Flaw, Path, did_you_mean, error, format_value
from reconciler.policy.placeholders import explain_value
from reconciler.policy.resource_arns import check_resource
from reconciler.policy.sts_actions import TRUST_ACTIONS, match_sts_actions
from reconciler.policy.walk import DocumentPart, check_texts, items_of, texts_of

EFFECTS = ("Allow", "Deny")

_SID = re.compile(r"[A-Za-z0-9]*")
_SERVICE = re.compile(r"[A-Za-z0-9.-]+|\*")
_ACTION_NAME = re.compile(r"[A-Za-z0-9_.*?-]+")


def check_effect(part: DocumentPart | None, statement: Path) -> Iterator[Flaw]:
    """Yield a flaw if Effect is missing, or is not exactly "Allow" or "Deny"."""
    if part is None:
        hint = "Write Effect: Allow or Effect: Deny."
        yield error("missing-effect", statement, "The statement has no Effect.", hint)
    elif part.value not in EFFECTS:
        yield error(
            "invalid-effect",
            part.path,
            f"Effect is {format_value(part.value)}; AWS knows only Allow and Deny, in this letter case.",
            did_you_mean(part.value, EFFECTS) if isinstance(part.value, str) else "",
        )


def check_sid(part: DocumentPart | None) -> Iterator[Flaw]:
    """Yield a flaw if a Sid has characters other than letters and digits; IAM refuses it in every policy."""
    if part is None:
        return
    if not isinstance(part.value, str):
        yield error("invalid-sid", part.path, f"Sid is {format_value(part.value)}, not a text.", "Quote it.")
    elif not _SID.fullmatch(part.value):
        bare = re.sub(r"[^A-Za-z0-9]", "", part.value)
        hint = f"Write Sid: {bare}." if bare else "Remove it."
        summary = f"Sid {format_value(part.value)} has characters other than letters and digits; IAM refuses it."
        yield error("invalid-sid", part.path, summary, hint)


def check_unique_sids(sids: list[tuple[Path, str]]) -> Iterator[Flaw]:
    """Yield a flaw for each Sid that the document uses twice; an empty Sid counts as none."""
    first: dict[str, Path] = {}
    for path, text in sids:
        if text and first.setdefault(text, path) != path:
            yield error("duplicate-sid", path, f"Sid {format_value(text)} is used twice in the document.")


def check_strings(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """Yield a flaw unless the element is a string, or a list of strings that is not empty."""
    if isinstance(part.value, list) and not part.value:
        yield error("empty-list", part.path, f"{name} is an empty list; AWS refuses that.")
    if _has_only_strings(part.value):
        return
    for path, value in items_of(part):
        if not isinstance(value, str):
            summary = f"{name} has {format_value(value)} in place of a text."
            yield error("not-a-string", path, summary, explain_value(value))


def _has_only_strings(value: object) -> bool:
    return all(isinstance(item, str) for item in (value if isinstance(value, list) else [value]))


def check_actions(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """Yield a flaw for each action that is neither `*` nor `service:Action`.

    AWS checks only the form of the service, and refuses wildcards in it.
    """
    yield from _check_each(part, name, _check_action)


def _check_each(part: DocumentPart, name: str, flaw_of: Callable[[str], Flaw | None]) -> Iterator[Flaw]:
    """Yield the flaws of `check_strings`, then the flaw of each string."""
    yield from check_strings(part, name)
    yield from check_texts(part, flaw_of)


@cache_for_account(maxsize=4096)
def _check_action(text: str) -> Flaw | None:
    if text == "*":
        return None
    service, colon, verb = text.partition(":")
    if not colon:
        example = suggest_word(f"sts:{text}", TRUST_ACTIONS) or "s3:GetObject"
        hint = f"An action is written service:Action, such as {example}."
        return error("invalid-action", (), f"Action {format_value(text)} names no service.", hint)
    if not _SERVICE.fullmatch(service):
        return error(
            "invalid-action",
            (),
            f"Action {format_value(text)} begins with {format_value(service)}, which cannot be a service.",
            "A prefix has only letters, digits and dashes, and no wildcard.",
        )
    if not _ACTION_NAME.fullmatch(verb):
        summary = f"Action {format_value(text)} has {format_value(verb)} after the colon, which cannot be an action."
        return error("invalid-action", (), summary)
    return None


def check_trust_actions(part: DocumentPart) -> Iterator[Flaw]:
    """Yield a flaw for each action that IAM refuses in a trust policy.

    IAM accepts the actions of STS that are on its list (`sts_actions`), and patterns that match one of them.
    """
    for path, text in texts_of(part):
        if not match_sts_actions(text) and _check_action(text) is None:
            near = suggest_word(text, TRUST_ACTIONS)
            hint = (
                f"Did you mean {near}?" if near else "Move it to the role's policies, which say what the role may do."
            )
            yield error("action-not-for-trust", path, _describe_trust_action(text), hint)


def _describe_trust_action(text: str) -> str:
    if text.casefold().startswith("sts:"):
        return f"Action {format_value(text)} is not an action of STS; IAM refuses the trust."
    return f"Action {format_value(text)} does not belong in a trust policy, which says who may assume a role."


def check_resources(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """Yield a flaw for each resource that is neither `*` nor an ARN; both may have wildcards and variables."""
    yield from _check_each(part, name, check_resource)


def check_session_resources(part: DocumentPart, name: str) -> Iterator[Flaw]:
    """Do the same as `check_resources` for a session policy, in which AWS does not complete a short ARN."""
    yield from _check_each(part, name, partial(check_resource, in_session=True))

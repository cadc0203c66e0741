"""Grammar of the plain elements: Effect, Sid, and the strings of Action and Resource.

From the IAM User Guide: "Grammar of the IAM JSON policy language", the pages of the elements, and "IAM
Access Analyzer policy check reference". No list of services or actions: whatever has the form will do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from reconciler.model.globs import compile_glob
from reconciler.model.partitions import PARTITIONS
from reconciler.model.suggest import suggestion
from reconciler.policy.flaw import Flaw, Path, did_you_mean, error, shown, warning
from reconciler.policy.walk import Part, items, texts

EFFECTS = ("Allow", "Deny")

TRUST_ACTIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
)

_SID = re.compile(r"[A-Za-z0-9]*")
_SERVICE = re.compile(r"[A-Za-z0-9.-]+|\*")
_NAME = re.compile(r"[A-Za-z0-9_.*?-]+")
_PARTITION = re.compile(r"aws(-[a-z0-9]+)*")


def effect(part: Part | None, statement: Path) -> Iterator[Flaw]:
    """Required, and one of two words in exactly this letter case."""
    if part is None:
        yield error("missing-effect", statement, "The statement has no Effect.", "Write Allow or Deny.")
    elif part.value not in EFFECTS:
        yield error(
            "invalid-effect",
            part.path,
            f"Effect is {shown(part.value)}; AWS knows only Allow and Deny, in this letter case.",
            did_you_mean(part.value, EFFECTS) if isinstance(part.value, str) else "",
        )


def sid(part: Part | None) -> Iterator[Flaw]:
    """IAM takes only letters and digits in a Sid, in identity policies and trusts alike."""
    if part is None:
        return
    if not isinstance(part.value, str):
        yield error("invalid-sid", part.path, f"Sid is {shown(part.value)}, not a text.", "Quote it.")
    elif not _SID.fullmatch(part.value):
        bare = re.sub(r"[^A-Za-z0-9]", "", part.value)
        hint = f"{bare} would do." if bare else ""
        yield error(
            "invalid-sid",
            part.path,
            f"Sid {shown(part.value)} may have only letters and digits in IAM.",
            hint,
        )


def repeated_sids(sids: list[tuple[Path, str]]) -> Iterator[Flaw]:
    """Sids are unique within a document; an empty one counts as none."""
    first: dict[str, Path] = {}
    for path, text in sids:
        if text and first.setdefault(text, path) != path:
            yield error("duplicate-sid", path, f"Sid {shown(text)} is used twice in the document.")


def strings(part: Part, name: str) -> Iterator[Flaw]:
    """One string or a non-empty list of strings."""
    if isinstance(part.value, list) and not part.value:
        yield error("empty-list", part.path, f"{name} is an empty list; AWS refuses that.")
    for path, value in items(part):
        if not isinstance(value, str):
            yield error("not-a-string", path, f"{name} has {shown(value)} where a text must stand.")


def actions(part: Part, name: str) -> Iterator[Flaw]:
    """`*` or `service:Action`. AWS checks only the form of the service, and refuses wildcards in it."""
    yield from _each(part, name, _action)


def _each(part: Part, name: str, flaw_of: Callable[[str], Flaw | None]) -> Iterator[Flaw]:
    """What `strings` finds, then the flaw of each string, which `flaw_of` gives without a path.

    Of a big account nearly all is right, and seen to be so before any path is made.
    """
    listed = part.value if isinstance(part.value, list) else [part.value]
    if listed and all(isinstance(value, str) and flaw_of(value) is None for value in listed):
        return
    yield from strings(part, name)
    for path, text in texts(part):
        flaw = flaw_of(text)
        if flaw:
            yield replace(flaw, path=path)


@lru_cache(maxsize=4096)
def _action(text: str) -> Flaw | None:
    if text == "*":
        return None
    service, colon, verb = text.partition(":")
    if not colon:
        example = suggestion(f"sts:{text}", TRUST_ACTIONS) or "s3:GetObject"
        hint = f"Actions read service:Action, such as {example}."
        return error("invalid-action", (), f"Action {shown(text)} names no service.", hint)
    if not _SERVICE.fullmatch(service):
        return error(
            "invalid-action",
            (),
            f"Action {shown(text)} has {shown(service)} where the prefix of a service must stand.",
            "A prefix has only letters, digits and dashes, and no wildcard.",
        )
    if not _NAME.fullmatch(verb):
        return error("invalid-action", (), f"Action {shown(text)} has {shown(verb)} where an action must stand.")
    return None


def trust_actions(part: Part) -> Iterator[Flaw]:
    """In a trust policy AWS takes only the actions that assume a role, or a pattern that matches one."""
    for path, text in texts(part):
        if not matching_trust_actions(text) and _action(text) is None:
            yield error(
                "action-not-for-trust",
                path,
                f"Action {shown(text)} does not belong in a trust policy, which says who may assume a role.",
                did_you_mean(text, TRUST_ACTIONS, "What the role may do goes into its policies."),
            )


@lru_cache(maxsize=1024)
def matching_trust_actions(pattern: str) -> tuple[str, ...]:
    """The actions of a trust policy that an Action string matches, ignoring letter case."""
    matches = compile_glob(pattern.casefold())
    return tuple(action for action in TRUST_ACTIONS if matches(action.casefold()))


def resources(part: Part, name: str) -> Iterator[Flaw]:
    """`*` or an ARN, with wildcards and variables. Lenient: AWS itself completes an ARN that is too short."""
    yield from _each(part, name, _resource)


def _resource(text: str) -> Flaw | None:
    if text and not text.strip("*"):
        return None
    fields = text.split(":", 5)
    if fields[0] != "arn":
        return error(
            "invalid-resource",
            (),
            f"Resource {shown(text)} is neither an ARN nor *.",
            "An ARN reads arn:partition:service:region:account:resource.",
        )
    if len(fields) < 3 or not fields[2]:
        return error("invalid-resource", (), f"Resource {shown(text)} names no service.")
    if not (_PARTITION.fullmatch(fields[1]) or any(mark in fields[1] for mark in ("*", "?", "${"))):
        return error(
            "invalid-resource",
            (),
            f"Resource {shown(text)} has {shown(fields[1])} where a partition must stand.",
            did_you_mean(fields[1], PARTITIONS, "It is aws in most accounts."),
        )
    if len(fields) < 6 and not text.endswith("*"):
        return warning(
            "short-arn",
            (),
            f"Resource {shown(text)} has {len(fields)} of the 6 parts of an ARN.",
            "An ARN reads arn:partition:service:region:account:resource; empty parts keep their colon.",
        )
    return None

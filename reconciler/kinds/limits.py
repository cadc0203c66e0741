"""AWS's limits on entities, checked offline (IAM User Guide, "IAM and AWS STS quotas").

Past what no account can have is an error; past the default of a quota that can be raised, a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sized
from functools import lru_cache

from reconciler.kinds.facets.inline_policies import total_size_of
from reconciler.kinds.facets.tags import fold_key, is_of_aws, may_be_ours
from reconciler.model.document import Document
from reconciler.model.node import Map
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER, INLINE_SIZE, TAGS, TRUST_SIZE, Quota

SESSION = (3600, 43200)
SIGNIN_SESSION = (3600, 7_776_000)

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_POLICY_PATH = re.compile(r"/(?:[A-Za-z0-9.,+@=_-]+/)*")
_DESCRIPTION = re.compile(r"[\t\n\r\x20-\x7e\xa1-\xff]*")
_TAG_PUNCTUATION = frozenset("_.:/=+-@ ")


def _make_problem(code: str, summary: str, place: Place, hint: str = "", level: Level = Level.ERROR) -> Problem:
    return Problem(level, code, summary, "", hint, place)


def check_name(kind: str, name: str, longest: int, place: Place) -> Iterator[Problem]:
    """IAM's grammar of names (IAM API, parameter `UserName` and its like)."""
    if len(name) > longest:
        summary = f"The {kind} name {name!r} has {len(name)} characters; IAM allows {longest}."
        yield _make_problem("bad-name", summary, place)
    elif not _NAME.fullmatch(name):
        listed = " ".join(sorted({repr(char) for char in name if not _NAME.fullmatch(char)})) or "nothing"
        yield _make_problem(
            "bad-name",
            f"The {kind} name {name!r} contains {listed}.",
            place,
            "IAM allows letters, digits and + = , . @ _ - in names.",
        )


def check_path(path: str, place: Place, *, policy: bool = False) -> Iterator[Problem]:
    """IAM API, parameter `Path`; CreatePolicy has a stricter one."""
    grammar = _POLICY_PATH if policy else _PATH
    if len(path) > 512 or not grammar.fullmatch(path):
        hint = "A path is / or begins and ends with /, as in /eng/, and has at most 512 characters."
        yield _make_problem("bad-path", f"The path {path!r} is not one that IAM takes.", place, hint)


def check_description(description: str, place: Place) -> Iterator[Problem]:
    """IAM API, parameter `Description`: at most 1000 characters, most of Latin-1."""
    if len(description) > 1000:
        yield _make_problem("too-long", f"A description of {len(description)} characters; IAM allows 1000.", place)
    taken = _DESCRIPTION.match(description)
    if taken and taken.end() < len(description):
        char = description[taken.end()]
        yield _make_problem("bad-description", f"IAM does not take {char!r} in a description.", place)


def check_tags(tags: Mapping[str, str], node: Map) -> Iterator[Problem]:
    """Find what IAM refuses of an entity's tags. `tags`: those of the file and ours, of which 50 are the most."""
    if len(tags) > TAGS.default:
        summary = f"{len(tags)} tags, those of reconcile included; AWS allows {TAGS.default}."
        yield _make_problem("too-many-tags", summary, node.place_of("tags"))
    yield from check_written_tags(node.get_map("tags"))


def check_written_tags(written: Map) -> Iterator[Problem]:
    """IAM User Guide, "Rules for tagging in IAM": keys to 128, values to 256 characters, none with a reserved prefix.

    Our keys are refused in every spelling and for every kind: on users and roles any spelling is the same tag.
    """
    for key, value in written.items():
        place, text = written.place_of(key, of_key=True), str(value)
        if is_of_aws(key):
            yield _make_problem("reserved-tag", f"The tag key {key!r} is AWS's own.", place, "Rename it.")
        elif may_be_ours(key):
            hint = "Use `owner:`, `protect:` and `settings.break_glass`; reconcile sets these tags itself."
            yield _make_problem(
                "reserved-tag", f"The tag key {key!r} is reconcile's own, in any spelling.", place, hint
            )
        elif not 1 <= len(key) <= 128 or not _is_tag_text(key):
            yield _make_problem("bad-tag", f"IAM does not take the tag key {key!r}.", place)
        if len(text) > 256 or not _is_tag_text(text):
            yield _make_problem(
                "bad-tag", f"IAM does not take the value of tag {key!r}: {text!r}.", written.place_of(key)
            )


def check_tag_case(written: Map, service: str = "IAM") -> Iterator[Problem]:
    """Tag keys of users, roles and sessions that differ in letter case only are one key for IAM and STS."""
    seen: dict[str, str] = {}
    for key in written:
        other = seen.setdefault(fold_key(key), key)
        if other != key:
            summary = f"The tag keys {other!r} and {key!r} are one key for {service}."
            hint = f"Keep one; the other is at {written.place_of(other, of_key=True)}."
            yield _make_problem("tag-case", summary, written.place_of(key, of_key=True), hint)


@lru_cache(maxsize=4096)
def _is_tag_text(text: str) -> bool:
    return all(char in _TAG_PUNCTUATION or unicodedata.category(char)[0] in "LNZ" for char in text)


def check_document_size(document: Document, limit: int, place: Place) -> Iterator[Problem]:
    size = len(document.text)
    if size > limit:
        summary = f"The document has {size} characters without white space; IAM allows {limit}."
        yield _make_problem("document-too-large", summary, place, "Split it into two policies.")


def check_trust_size(document: Document, place: Place) -> Iterator[Problem]:
    size, quota = len(document.text), TRUST_SIZE
    if size > quota.ceiling:
        summary = f"The trust policy has {size} characters without white space; IAM allows {quota.ceiling}."
        yield _make_problem("document-too-large", summary, place, "Trust fewer principals in one role.")
    elif size > quota.default:
        summary = f"The trust policy has {size} characters without white space; the default quota is {quota.default}."
        hint = "Ask AWS to raise the quota 'Role trust policy length', or trust fewer principals."
        yield _make_problem("past-default-quota", summary, place, hint, Level.WARNING)


def check_inline_size(kind: str, documents: Mapping[str, Document], node: Map) -> Iterator[Problem]:
    total, limit = total_size_of(documents), INLINE_SIZE[kind].default
    if total > limit:
        summary = f"The inline policies have {total} characters together; IAM allows {limit} per {kind.lower()}."
        hint = "Move one into `policies:` as a managed policy."
        yield _make_problem("document-too-large", summary, node.place_of("inline_policies"), hint)


def check_attachments(kind: str, policies: Sized, node: Map) -> Iterator[Problem]:
    count, quota = len(policies), ATTACHED_POLICIES[kind]
    place = node.place_of("policies")
    if count > quota.ceiling:
        summary = f"{count} attached policies; IAM allows {quota.ceiling} per {kind.lower()}."
        yield _make_problem("too-many-policies", summary, place, "Merge policies.")
    elif count > quota.default:
        summary = f"{count} attached policies, ours included; the default quota is {quota.default}."
        hint = f"Ask AWS to raise 'Managed policies attached to an IAM {kind.lower()}', or merge policies."
        yield _make_problem("past-default-quota", summary, place, hint, Level.WARNING)


def check_entity_count(quota: Quota | None, section: str, names: Sized, root: Map) -> Iterator[Problem]:
    """Report more entities of a kind than AWS lets any account have."""
    place = root.place_of(section, of_key=True)
    if quota is not None and len(names) > quota.ceiling:
        summary = f"{len(names)} entries in {section}; AWS allows {quota.ceiling} in one account at most."
        yield _make_problem("too-many-entities", summary, place, "Split them between accounts.")


def check_memberships(groups: Sized, node: Map) -> Iterator[Problem]:
    if len(groups) > GROUPS_PER_USER.ceiling:
        summary = f"{len(groups)} groups; IAM allows {GROUPS_PER_USER.ceiling} per user."
        yield _make_problem("too-many-groups", summary, node.place_of("groups"))

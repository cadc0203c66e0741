"""Check entities against AWS's limits, offline (IAM User Guide, "IAM and AWS STS quotas").

A number beyond the highest quota of any account is an error. One beyond a default that AWS can raise is a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sized

from reconciler.kinds.facets.inline_policies import total_size_of
from reconciler.kinds.facets.tags import fold_key, is_of_aws, may_be_ours
from reconciler.model.account_caches import cache_for_account
from reconciler.model.document import Document
from reconciler.model.node import Map
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER, INLINE_SIZE, TAGS, TRUST_SIZE, Quota
from reconciler.model.text_forms import NAME

SESSION = (3600, 43200)
SIGNIN_SESSION = (3600, 7_776_000)

_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_POLICY_PATH = re.compile(r"/(?:[A-Za-z0-9.,+@=_-]+/)*")
_DESCRIPTION = re.compile(r"[\t\n\r\x20-\x7e\xa1-\xff]*")
_TAG_PUNCTUATION = frozenset("_.:/=+-@ ")
_TAG_CHARACTERS = "letters, digits, spaces and _ . : / = + - @"


def _make_problem(code: str, summary: str, place: Place, hint: str = "", level: Level = Level.ERROR) -> Problem:
    return Problem(level, code, summary, "", hint, place)


def check_name(kind: str, name: str, longest: int, place: Place) -> Iterator[Problem]:
    """Check a name against IAM's grammar (IAM API, parameters such as `UserName`). longest: in characters."""
    if len(name) > longest:
        summary = f"The {kind} name {name!r} has {len(name)} characters; IAM allows {longest}."
        yield _make_problem("bad-name", summary, place, "Write a shorter name.")
    elif not NAME.accepts(name):
        bad_characters = " ".join(sorted({repr(char) for char in name if not NAME.accepts(char)}))
        summary = f"The {kind} name {name!r} contains {bad_characters}." if name else f"The {kind} name is empty."
        yield _make_problem("bad-name", summary, place, NAME.hint)


def check_path(path: str, place: Place, *, policy: bool = False) -> Iterator[Problem]:
    """Check an IAM path (IAM API, parameter `Path`). policy: use the stricter grammar of CreatePolicy."""
    grammar = _POLICY_PATH if policy else _PATH
    if len(path) > 512 or not grammar.fullmatch(path):
        hint = "Write / or a path that begins and ends with /, such as /eng/, of at most 512 characters."
        yield _make_problem("bad-path", f"IAM does not accept the path {path!r}.", place, hint)


def check_description(description: str, place: Place) -> Iterator[Problem]:
    """Check a description (IAM API, parameter `Description`): at most 1000 characters, most of Latin-1."""
    if len(description) > 1000:
        summary = f"The description has {len(description)} characters; IAM allows 1000."
        yield _make_problem("too-long", summary, place, "Shorten it.")
    accepted = _DESCRIPTION.match(description)
    if accepted and accepted.end() < len(description):
        char = description[accepted.end()]
        yield _make_problem(
            "bad-description", f"IAM does not accept {char!r} in a description.", place, "Remove or replace it."
        )


def check_tags(tags: Mapping[str, str], node: Map) -> Iterator[Problem]:
    """Check the tags of an entity. tags: those of the file and those that reconcile adds; AWS allows 50 together."""
    if len(tags) > TAGS.default:
        summary = f"This entity has {len(tags)} tags, including those of reconcile; AWS allows {TAGS.default}."
        yield _make_problem("too-many-tags", summary, node.place_of("tags"), f"Remove {len(tags) - TAGS.default}.")
    yield from check_written_tags(node.get_map("tags"))


def check_written_tags(written: Map) -> Iterator[Problem]:
    """Check tags as written: their texts, and that no key is reserved for AWS.

    Keys of reconcile are refused in any letter case and for every kind: users and roles ignore letter case in keys.
    Source: IAM User Guide, "Rules for tagging in IAM".
    """
    for key in written:
        place = written.place_of(key, of_key=True)
        if is_of_aws(key):
            yield _make_problem("reserved-tag", f"The tag key {key!r} is reserved for AWS.", place, "Rename it.")
        elif may_be_ours(key):
            hint = "Remove it: reconcile sets its tags from `owner:`, `protect:` and `settings.break_glass`."
            summary = f"The tag key {key!r} is reserved for reconcile, in any letter case."
            yield _make_problem("reserved-tag", summary, place, hint)
    yield from check_tag_texts(written)


def check_tag_texts(written: Map, service: str = "IAM") -> Iterator[Problem]:
    """Check tags of an entity or session: keys of 1 to 128 characters, values of up to 256 (IAM and STS API, Tag)."""
    for key, value in written.items():
        text = str(value)
        if not 1 <= len(key) <= 128 or not _is_tag_text(key):
            place = written.place_of(key, of_key=True)
            summary = f"{service} does not accept the tag key {key!r}."
            yield _make_problem("bad-tag", summary, place, f"Write 1 to 128 {_TAG_CHARACTERS}.")
        if len(text) > 256 or not _is_tag_text(text):
            summary = f"{service} does not accept the value {text!r} of the tag {key!r}."
            yield _make_problem("bad-tag", summary, written.place_of(key), f"Write at most 256 {_TAG_CHARACTERS}.")


def check_tag_case(written: Map, service: str = "IAM") -> Iterator[Problem]:
    """Report tag keys that differ only in letter case: for users, roles and sessions AWS takes them as one key."""
    spellings: dict[str, str] = {}
    for key in written:
        other = spellings.setdefault(fold_key(key), key)
        if other != key:
            summary = f"The tag keys {other!r} and {key!r} are the same for {service}, which ignores letter case."
            hint = f"Keep one of them; the other is at {written.place_of(other, of_key=True)}."
            yield _make_problem("tag-case", summary, written.place_of(key, of_key=True), hint)


@cache_for_account(maxsize=4096)
def _is_tag_text(text: str) -> bool:
    return all(char in _TAG_PUNCTUATION or unicodedata.category(char)[0] in "LNZ" for char in text)


def check_document_size(document: Document, limit: int, place: Place) -> Iterator[Problem]:
    """Check the size of a managed policy. limit: in characters without white space."""
    size = len(document.text)
    if size > limit:
        summary = f"The document has {size} characters without white space; IAM allows {limit}."
        yield _make_problem("document-too-large", summary, place, "Split it into two policies.")


def check_trust_size(document: Document, place: Place) -> Iterator[Problem]:
    """Check the size of a trust policy, in characters without white space."""
    size, quota = len(document.text), TRUST_SIZE
    if size > quota.ceiling:
        summary = f"The trust policy has {size} characters without white space; IAM allows {quota.ceiling}."
        yield _make_problem("document-too-large", summary, place, "Name fewer principals, or split the role in two.")
    elif size > quota.default:
        summary = f"The trust policy has {size} characters without white space; the default quota is {quota.default}."
        hint = "Ask AWS to raise the quota 'Role trust policy length', or name fewer principals."
        yield _make_problem("past-default-quota", summary, place, hint, Level.WARNING)


def check_inline_size(kind: str, documents: Mapping[str, Document], node: Map) -> Iterator[Problem]:
    """Check the size of all inline policies of an entity together."""
    total, limit = total_size_of(documents), INLINE_SIZE[kind].default
    if total > limit:
        summary = f"The inline policies have {total} characters together; IAM allows {limit} per {kind.lower()}."
        hint = "Move one to the `policies` section, as a managed policy, and attach it."
        yield _make_problem("document-too-large", summary, node.place_of("inline_policies"), hint)


def check_attachments(kind: str, name: str, policies: Sized, node: Map) -> Iterator[Problem]:
    """Check the number of managed policies attached to an entity."""
    count, quota = len(policies), ATTACHED_POLICIES[kind]
    counted = f"{kind.lower()}/{name} has {count} attached policies"
    place = node.place_of("policies")
    if count > quota.ceiling:
        summary = f"{counted}; IAM allows {quota.ceiling}."
        yield _make_problem("too-many-policies", summary, place, "Merge some of the policies.")
    elif count > quota.default:
        summary = f"{counted}, including those of reconcile; the default quota is {quota.default}."
        hint = f"Ask AWS to raise the quota 'Managed policies attached to an IAM {kind.lower()}', or merge policies."
        yield _make_problem("past-default-quota", summary, place, hint, Level.WARNING)


def check_entity_count(quota: Quota | None, section: str, names: Sized, root: Map) -> Iterator[Problem]:
    """Report a section with more entries than AWS allows in any account."""
    place = root.place_of(section, of_key=True)
    if quota is not None and len(names) > quota.ceiling:
        summary = f"The section {section} has {len(names)} entries; AWS allows at most {quota.ceiling} in one account."
        yield _make_problem("too-many-entities", summary, place, "Move some to another account.")


def check_memberships(name: str, groups: Sized, node: Map) -> Iterator[Problem]:
    """Check the number of groups of a user."""
    if len(groups) > GROUPS_PER_USER.ceiling:
        summary = f"user/{name} is in {len(groups)} groups; IAM allows {GROUPS_PER_USER.ceiling}."
        hint = "Merge groups, or attach their policies to the user."
        yield _make_problem("too-many-groups", summary, node.place_of("groups"), hint)

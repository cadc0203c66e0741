"""Write the policies of an organization as files: a folder for each level, and the section that names them.

AWS allows any text as the name of a policy or of an organizational unit. So a file gets only those characters of the
name that every file system takes, and the id too if the name alone could be another file, or none that can be made.
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.desired.export_yaml import as_yaml, format_comment
from reconciler.kinds.export_context import Entry
from reconciler.model.escape import escape_json
from reconciler.model.organization import AccountLevels, OrganizationLevel, OrganizationPolicy
from reconciler.model.problem import make_error

GUARDRAILS_FILE = "guardrails.yaml"
"""The file that a desired-state file includes."""

_ROOT, _ACCOUNT = "root", "account"
_RESERVED_BY_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names of devices, with any ending (Microsoft, "Naming Files, Paths, and Namespaces")."""
_MAX_NAME = 80

_Paths = Mapping[str, str]
"""Id of a policy → the file of its document, relative to GUARDRAILS_FILE."""


def format_mark(account: str) -> str:
    """Return the first line of GUARDRAILS_FILE. It tells the next export that the files are of an export, and whose."""
    return f"# Guardrails over account {account}, written by `reconcile export --guardrails`.\n"


def format_guardrails(found: AccountLevels) -> Mapping[str, str]:
    """Return path → text of the files; GUARDRAILS_FILE is the last. Raises ReconcileError for content that is not JSON.

    A policy that is attached to several levels has a file in the folder of each.
    """
    paths = list(_place_files(found.levels))
    texts = {
        path_of[policy.id]: _format_document(policy)
        for level, path_of in zip(found.levels, paths, strict=True)
        for policy in level.policies
    }
    return {**texts, GUARDRAILS_FILE: _format_section(found, paths)}


def _place_files(levels: Iterable[OrganizationLevel]) -> Iterator[_Paths]:
    units = {level.id: _make_name(level.name, level.id) for level in levels if level.is_unit}
    folders = _make_unique(units, reserved=(_ROOT, _ACCOUNT, GUARDRAILS_FILE))
    for level in levels:
        folder = folders.get(level.id) or (_ROOT if level.is_root else _ACCOUNT)
        files = _make_unique({policy.id: _make_name(policy.name, policy.id) for policy in level.policies})
        yield {policy: f"{folder}/{name}.json" for policy, name in files.items()}


def _make_name(name: str, identifier: str) -> str:
    """Return a name that every file system takes: ASCII letters, digits and `. _ -`.

    It has the id too if Windows reserves the name, and is the id if no letter or digit is left of the name.
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)[:_MAX_NAME].strip("-.")
    if not any(char.isalnum() for char in safe):
        return identifier
    return f"{safe}-{identifier}" if _RESERVED_BY_WINDOWS.fullmatch(safe) else safe


def _make_unique(names: Mapping[str, str], reserved: Iterable[str] = ()) -> Mapping[str, str]:
    """Return id → name, with the id added to names that are equal but for letter case, or reserved.

    Return id → id if the names are then not unique either.
    """
    counts = Counter(name.casefold() for name in (*names.values(), *reserved))
    unique = {
        identifier: name if counts[name.casefold()] == 1 else f"{name}-{identifier}"
        for identifier, name in names.items()
    }
    is_unique = len({name.casefold() for name in unique.values()}) == len(unique)
    return unique if is_unique else {identifier: identifier for identifier in names}


def _format_document(policy: OrganizationPolicy) -> str:
    """Return the document as JSON that a person can review. `{{` is doubled: a file reads it as a variable."""
    try:
        document = json.loads(policy.content)
        if not isinstance(document, dict):
            raise ValueError(type(document))
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise make_error(
            "policy-not-json",
            f"The content of policy {policy.name!r} ({policy.id}) is not a JSON object. Nothing was written.",
            "AWS Organizations keeps every policy as JSON.",
            f"Look at it: `aws organizations describe-policy --policy-id {policy.id}`",
        ) from None
    return escape_json(text).replace("{{", "{{{{") + "\n"


def _format_section(found: AccountLevels, paths: Iterable[_Paths]) -> str:
    head = ["The next export replaces this file and the files that it names."]
    if found.is_management:
        head.append("None of them binds this account, because it manages the organization.")
    section: Entry = {"organization": found.organization} | ({"management": True} if found.is_management else {})
    placed = list(zip(found.levels, paths, strict=True))
    scps = [(level, [path_of[policy.id] for policy in level.scps]) for level, path_of in placed]
    rcps = [(level, [path_of[policy.id] for policy in level.rcps]) for level, path_of in placed]
    return (
        format_mark(found.account)
        + format_comment(head)
        + as_yaml({"version": 1, "account": found.account}, 1)
        + "\n"
        + as_yaml({"guardrails": section}, 2)
        + _format_levels("scps", scps)
        + _format_levels("rcps", rcps)
    )


def _format_levels(key: str, levels: Iterable[tuple[OrganizationLevel, list[str]]]) -> str:
    """Return one list of the section, with a comment for each level. A level without policies has no entry.

    While SCPs are enabled, AWS keeps at least one on each level (AWS Organizations User Guide, "Detaching SCPs").
    """
    entries = "".join(
        textwrap.indent(format_comment([_describe_level(level)]) + _format_item(files), "    ")
        for level, files in levels
        if files
    )
    return f"  {key}:\n{entries}" if entries else ""


def _format_item(files: list[str]) -> str:
    """Return an item of a list that is a list itself: on one line if that is short."""
    return f"- {textwrap.indent(as_yaml(files, 0), '  ').lstrip()}"


def _describe_level(level: OrganizationLevel) -> str:
    if level.is_unit:
        return f"organizational unit {level.name} ({level.id})"
    return f"the root ({level.id})" if level.is_root else "the account"

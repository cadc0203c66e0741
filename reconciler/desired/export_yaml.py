"""Write an export as YAML that looks hand-written and that every YAML reader understands in the same way.

PyYAML's emitter writes scalars and nesting. It cannot write comments, so each entry is emitted alone and then placed
under its section. Text that YAML 1.1 or 1.2 might read as a number, a date or a boolean is quoted, `{{` is written
`{{{{`, and characters that plain text cannot hold are escaped.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

import yaml

from reconciler.desired.export import AccountExport
from reconciler.kinds.export_context import Entry
from reconciler.kinds.registry import KINDS
from reconciler.model.address import Address
from reconciler.model.escape import escape_line, escape_lines, escape_yaml

MAIN_FILE = "roles.yaml"
"""The file that includes the others. `reconcile` reads it if no FILE is given."""

_DOCUMENTS = ("document", "trust_policy", "inline_policies", "conditions")
"""Keys whose values are policy documents or conditions: they are always written in block style."""

_ALL_LEVELS = 1000
_MAX_LINE = 72
_MAX_LISTED = 20
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9][0-9A-Fa-f_.:xXoO+-]*|[yYnN]")
_TAGS = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}


class _Dumper(yaml.SafeDumper):
    """Indent lists below their key, and use double quotes if that needs no escapes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        event = self.event
        escapes = set('"\\') & set(event.value) if isinstance(event, yaml.ScalarEvent) else set()
        return '"' if style == "'" and not escapes else style


def format_file(export: AccountExport, command: str) -> str:
    """Return the text of a single file. command: the command line, for the head comment."""
    parts = [_format_top(export, command), *(_format_section(name, export) for name in export.sections)]
    return "\n".join(parts)


def format_files(export: AccountExport, command: str) -> Mapping[str, str]:
    """Return file name → text, one file for each kind. MAIN_FILE has the head and includes the others.

    A policy document stays in the file of its entity, so that a reviewer sees both together.
    """
    others = {f"{name}.yaml": _format_section(name, export) for name in export.sections if f"{name}.yaml" != MAIN_FILE}
    main = [_format_top(export, command, list(others))]
    main += [_format_section(name, export) for name in export.sections if f"{name}.yaml" == MAIN_FILE]
    texts = {MAIN_FILE: "\n".join(main), **{name: f"version: 1\n\n{text}" for name, text in others.items()}}
    return {**texts, **export.files}


def _format_top(export: AccountExport, command: str, include: Sequence[str] = ()) -> str:
    top: Entry = {"version": 1}
    if export.owner:
        top["owner"] = export.owner
    top["account"] = export.account
    if include:
        top["include"] = list(include)
    if export.settings:
        top["settings"] = export.settings
    return format_comment(_list_head_lines(export, command)) + as_yaml(top, 1)


def _list_head_lines(export: AccountExport, command: str) -> Iterator[str]:
    effect = "is empty"
    if export.owner:
        effect = f"only tags entities without an owner as owned by {export.owner}"
    yield f"Live IAM of account {export.account}, written by `{command}`."
    yield f"A plan on it {effect}."
    if export.is_partial:
        yield f"{export.owner} owns more in the account than was selected: `prune: none` keeps it."
    yield ""
    yield "Not in it: passwords, access keys, MFA devices, SSH keys and certificates of users; aliases."
    if export.service_count:
        yield f"AWS's own or service-linked: {_format_count(export.service_count, 'entity', 'entities')}."
    reasons: dict[str, list[Address]] = {}
    for address, reason in sorted(export.left_out.items()):
        reasons.setdefault(reason, []).append(address)
    for reason, addresses in sorted(reasons.items(), key=lambda item: item[1]):
        suffix = f" and {len(addresses) - _MAX_LISTED} more" if len(addresses) > _MAX_LISTED else ""
        yield f"{', '.join(map(str, addresses[:_MAX_LISTED]))}{suffix}: {reason}."


def _format_count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _format_section(section: str, export: AccountExport) -> str:
    kind = next(kind.name for kind in KINDS if kind.section == section)
    entries = [
        format_comment(export.comments.get(Address(kind, name), ())) + as_yaml({name: entry}, 2)
        for name, entry in export.sections[section].items()
    ]
    separator = "\n" if any(entry.count("\n") > 1 for entry in entries) else ""
    return f"{section}:\n" + separator.join(re.sub("^(?=.)", "  ", entry, flags=re.MULTILINE) for entry in entries)


def format_comment(lines: Iterator[str] | Sequence[str]) -> str:
    """Return comment lines. Line breaks and unprintable characters in them are escaped."""
    wrapped = (
        part for line in map(escape_line, lines) for part in textwrap.wrap(line, 110, subsequent_indent="  ") or [""]
    )
    return "".join(f"# {line}".rstrip() + "\n" for line in wrapped)


def as_yaml(value: Entry | list[str], levels: int) -> str:
    """Return block YAML. In the outer `levels`, each entry has its own line, however short."""
    node = _make_node(value, levels)
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=float("inf"))
    return escape_yaml(text)


def _make_node(value: object, blocks: int) -> yaml.Node:
    """Return a node whose outer `blocks` levels are in block style. Below them, a short value is put on one line."""
    if isinstance(value, Mapping):
        pairs = [
            (_make_scalar(str(key)), _make_node(inner, _ALL_LEVELS if key in _DOCUMENTS else blocks - 1))
            for key, inner in value.items()
        ]
        flow = blocks <= 0 and _fits_on_line(value.values(), value)
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=flow)
    if isinstance(value, list):
        nodes = [_make_node(item, max(1, blocks - 1)) for item in value]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=blocks <= 0 and _fits_on_line(value))
    return _make_scalar(value)


def _make_scalar(value: object) -> yaml.Node:
    tag = f"tag:yaml.org,2002:{_TAGS[type(value)]}"
    if isinstance(value, str):
        return yaml.ScalarNode(tag, value.replace("{{", "{{{{"), style=_choose_style(value))
    return yaml.ScalarNode(tag, json.dumps(value))


def _choose_style(text: str) -> str | None:
    """Return the YAML style of a text; None lets the emitter choose."""
    if escape_lines(text) != text or _NUMBER_LIKE.fullmatch(text):  # only double quotes can hold these
        return '"'
    if "\n" in text:
        return "|" if text[0] not in " \n" else '"'
    return None


def _fits_on_line(*parts: object) -> bool:
    """Return whether the values are all scalars and fit on one line with their brackets."""
    values = [item for part in parts for item in part]  # type: ignore[attr-defined]
    if any(isinstance(item, list | Mapping) or "\n" in str(item) for item in values):
        return False
    return sum(len(str(item)) + 2 for item in values) <= _MAX_LINE

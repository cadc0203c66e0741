"""What an export says → YAML that a person would have written, and that every reader of YAML takes alike.

Scalars and nesting go through PyYAML's emitter; it knows no comments, so each entry is emitted by itself and put
under its section. Text that YAML 1.1 or 1.2 might take for a number, a date or a boolean is quoted, `{{` is
written `{{{{`, and what does not survive as plain text is escaped.
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
"""The file that names the others: what `reconcile` takes where none is named."""

_DOCUMENTS = ("document", "trust_policy", "inline_policies", "conditions")
"""Keys below which AWS's grammar stands in blocks, however short."""

_ALL_LEVELS = 1000
_MAX_LINE = 72
_MAX_LISTED = 20
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9][0-9A-Fa-f_.:xXoO+-]*|[yYnN]")
_TAGS = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key; quotes are double ones where that needs no escapes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        event = self.event
        escapes = set('"\\') & set(event.value) if isinstance(event, yaml.ScalarEvent) else set()
        return '"' if style == "'" and not escapes else style


def format_file(found: AccountExport, command: str) -> str:
    """The whole of it."""
    parts = [_format_top(found, command), *(_format_section(name, found) for name in found.sections)]
    return "\n".join(parts)


def format_files(found: AccountExport, command: str) -> Mapping[str, str]:
    """Name → content: a file for each kind. The one of the roles has the head and includes the others.

    Documents stay in the file of what has them: a review sees them beside it.
    """
    others = {f"{name}.yaml": _format_section(name, found) for name in found.sections if f"{name}.yaml" != MAIN_FILE}
    main = [_format_top(found, command, list(others))]
    main += [_format_section(name, found) for name in found.sections if f"{name}.yaml" == MAIN_FILE]
    texts = {MAIN_FILE: "\n".join(main), **{name: f"version: 1\n\n{text}" for name, text in others.items()}}
    return {**texts, **found.files}


def _format_top(found: AccountExport, command: str, include: Sequence[str] = ()) -> str:
    top: Entry = {"version": 1}
    if found.owner:
        top["owner"] = found.owner
    top["account"] = found.account
    if include:
        top["include"] = list(include)
    if found.settings:
        top["settings"] = found.settings
    return _format_comment(_list_head_lines(found, command)) + as_yaml(top, 1)


def _list_head_lines(found: AccountExport, command: str) -> Iterator[str]:
    does = f"adopts for {found.owner} what has no owner yet, and changes nothing" if found.owner else "is empty"
    yield f"Live IAM of account {found.account}, written by `{command}`."
    yield f"A plan on it {does}."
    if found.is_partial:
        yield f"{found.owner} has more in the account than was selected: `prune: none` keeps it."
    yield ""
    yield "Not in it: passwords, access keys, MFA devices, SSH keys and certificates of users; aliases."
    if found.service_count:
        yield f"AWS's own and service-linked: {_format_count(found.service_count, 'entity', 'entities')}."
    reasons: dict[str, list[Address]] = {}
    for address, reason in sorted(found.left_out.items()):
        reasons.setdefault(reason, []).append(address)
    for reason, addresses in sorted(reasons.items(), key=lambda item: item[1]):
        more = f" and {len(addresses) - _MAX_LISTED} more" if len(addresses) > _MAX_LISTED else ""
        yield f"{', '.join(map(str, addresses[:_MAX_LISTED]))}{more}: {reason}."


def _format_count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _format_section(section: str, found: AccountExport) -> str:
    kind = next(kind.name for kind in KINDS if kind.section == section)
    entries = [
        _format_comment(found.comments.get(Address(kind, name), ())) + as_yaml({name: entry}, 2)
        for name, entry in found.sections[section].items()
    ]
    apart = "\n" if any(entry.count("\n") > 1 for entry in entries) else ""
    return f"{section}:\n" + apart.join(re.sub("^(?=.)", "  ", entry, flags=re.MULTILINE) for entry in entries)


def _format_comment(lines: Iterator[str] | Sequence[str]) -> str:
    """Comment lines; what could end a line, or is not to be printed, is escaped."""
    wrapped = (
        part for line in map(escape_line, lines) for part in textwrap.wrap(line, 110, subsequent_indent="  ") or [""]
    )
    return "".join(f"# {line}".rstrip() + "\n" for line in wrapped)


def as_yaml(value: Entry, levels: int) -> str:
    """Block YAML, the outer `levels` in lines of their own whatever their length."""
    node = _make_node(value, levels)
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=float("inf"))
    return escape_yaml(text)


def _make_node(value: object, blocks: int) -> yaml.Node:
    """The outer `blocks` levels stand in lines of their own; below, what fits may stand on one line."""
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
    """None leaves it to the emitter."""
    if escape_lines(text) != text or _NUMBER_LIKE.fullmatch(text):  # which only double quotes can hold
        return '"'
    if "\n" in text:
        return "|" if text[0] not in " \n" else '"'
    return None


def _fits_on_line(*parts: object) -> bool:
    """True for scalars only, that stand on a line with their brackets."""
    values = [item for part in parts for item in part]  # type: ignore[attr-defined]
    if any(isinstance(item, list | Mapping) or "\n" in str(item) for item in values):
        return False
    return sum(len(str(item)) + 2 for item in values) <= _MAX_LINE

"""Edits of AWS's config and credentials files: options of a section, new sections, and blocks between our own markers.

Standard library only. Only the lines that are asked for change; every other byte stays. Texts are decoded with
`surrogateescape`, so that any byte does. The lines are read by `files/ini.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.files.ini import has_content, lines_of, measure_indent, parse_header, parse_sections
from reconciler.model.problem import Place, make_error

_BEGIN = re.compile(r"# >>> reconcile (.+) >>>")
_END = "# <<< reconcile <<<"
"""Without `:` and `=`: the AWS CLI takes a comment with one of them for an option, and adds new ones below it."""

_NOTE = "# Written by reconcile profiles. Changes between these two lines are lost."


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `start` (the begin marker) to before `end` (after the end marker), counted from 0."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Holds the result of an edit: the whole new text; the lines of the block before and after, without their ends.

    `line` counts the lines above the block; `block_lines` are the lines, counted from 0, that were the block.
    """

    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    line: int
    block_lines: range
    changed: bool


def line_end_of(text: str) -> str:
    """Return the line end of a text: that of its first line, else LF."""
    first = next(iter(lines_of(text)), "")
    return "\r\n" if first.endswith("\r\n") else "\n"


def find_blocks(text: str, file: str) -> tuple[Block, ...]:
    """The marked blocks of a file. Raises Failed where a marker has no partner, or one name has two blocks."""
    found: dict[str, Block] = {}
    begun: tuple[str, int] | None = None
    for number, line in enumerate(lines_of(text)):
        begin = _BEGIN.fullmatch(line.strip())
        if begin is None and line.strip() != _END:
            continue
        if (begin is None) == (begun is None):
            at = number if begun is None else begun[1]
            missing = "its beginning" if begun is None else "its end"
            raise _make_block_error(file, at, f"The block of `reconcile profiles` on this line lacks {missing}.")
        if begin is not None:
            begun = (begin[1], number)
        elif begun is not None:
            name, start = begun
            if name in found:
                raise _make_block_error(
                    file, start, f"This block is there twice; the first begins on line {found[name].start + 1}."
                )
            found[name], begun = Block(name, start, number + 1), None
    if begun is not None:
        raise _make_block_error(file, begun[1], "The block of `reconcile profiles` on this line lacks its end.")
    return tuple(found.values())


def replace_block(text: str, name: str, body: Sequence[str], file: str) -> Edit:
    """`text` with `body` as the block `name`: in the place of the old block, else at the end; empty: without it.

    An option that another program put between the begin marker and the first section belongs to the section
    above, and stays. Raises Failed: broken markers, or options below the block that would change their section.
    """
    name = _escape_marker(name)
    lines, end = lines_of(text), line_end_of(text)
    old = next((block for block in find_blocks(text, file) if block.name == name), Block(name, len(lines), len(lines)))
    _check_lines_below(lines, old, file)
    above, inside, below = lines[: old.start], lines[old.start : old.end], lines[old.end :]
    strays = _find_stray_lines(inside)
    above += [inside[number] for number in strays]
    block = [f"{line}{end}" for line in (f"# >>> reconcile {name} >>>", _NOTE, *body, _END)] if body else []
    if block and above and not above[-1].endswith(("\n", "\r")):
        above[-1] += end
    new = "".join((*above, *block, *below))
    before = _strip_line_ends(line for number, line in enumerate(inside) if number not in strays)
    return Edit(new, before, _strip_line_ends(block), len(above), range(old.start, old.end), new != text)


def append_section(text: str, name: str, values: Mapping[str, str]) -> str:
    """`text` with a new section at its end. No section may have this name."""
    end = line_end_of(text)
    apart = "" if not text or text.endswith(("\n", "\r")) else end
    body = (f"[{name}]", *(f"{key} = {value}" for key, value in values.items()))
    return text + apart + "".join(f"{line}{end}" for line in body)


def set_values(text: str, name: str, values: Mapping[str, str]) -> str:
    """`text` with these options of the section `name`: each in its place, new ones above the first.

    Indented as what follows, be it an option or a header: what stands deeper than the option above it is part of its
    value.
    """
    lines, end = lines_of(text), line_end_of(text)
    section = next(section for section in parse_sections(text) if section.name == name)
    if not lines[section.start].endswith(("\n", "\r")):
        lines[section.start] += end
    first = section.options[0].start if section.options else section.start + 1
    margin = next((_indent_of(line) for line in lines[first:] if has_content(line)), "")
    new: list[str] = []
    for key, value in values.items():
        option = section.find_option(key)
        if option is None:
            new.append(f"{margin}{key} = {value}{end}")
        else:
            lines[option.start] = f"{_indent_of(lines[option.start])}{key} = {value}{end}"
            lines[option.start + 1 : option.end] = [""] * (option.end - option.start - 1)
    lines[first:first] = new
    return "".join(lines)


def place_of_line(file: str, line: int) -> Place:
    """The beginning of a line that is counted from 0."""
    return Place(file, line + 1, 1)


def _escape_marker(name: str) -> str:
    """A name as it stands in a marker; a marker is one line, without `:` and `=`."""
    return "".join(f"%{ord(char):02X}" if char in ":=%" or not char.isprintable() else char for char in name.strip())


def _indent_of(line: str) -> str:
    return line[: measure_indent(line)]


def _find_stray_lines(block: Sequence[str]) -> list[int]:
    found: list[int] = []
    for number, line in enumerate(block):
        if parse_header(line.strip()) is not None:
            break
        if has_content(line):
            found.append(number)
    return found


def _check_lines_below(lines: Sequence[str], block: Block, file: str) -> None:
    for number in range(block.end, len(lines)):
        line = lines[number]
        if parse_header(line.strip()) is not None and not _indent_of(line):
            return
        if has_content(line):
            raise make_error(
                "profiles-stray-line",
                "This line stands below the block of `reconcile profiles` and in no section of its own: "
                "AWS reads it as part of the block's last profile.",
                hint="Move it to the section that it belongs to. Nothing was written.",
                place=place_of_line(file, number),
            )


def _strip_line_ends(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line.rstrip("\r\n") for line in lines)


def _make_block_error(file: str, line: int, summary: str) -> Exception:
    hint = f"A block goes from `# >>> reconcile FILE >>>` to `{_END}`: mend or delete it. Nothing was written."
    return make_error("profiles-broken-block", summary, hint=hint, place=place_of_line(file, line))

"""Edit AWS's config and credentials files: set options, add sections, and replace blocks between our own markers.

Standard library only. An edit changes only the lines that it is about, and every other byte stays. Texts are decoded
with `surrogateescape`, so that bytes that are not UTF-8 stay, too. `files/ini.py` reads the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.files.ini import has_content, lines_of, measure_indent, parse_header, parse_sections
from reconciler.model.problem import Place, make_error

_BEGIN = re.compile(r"# >>> reconcile (.+) >>>")
_END = "# <<< reconcile <<<"
"""The markers have no `:` and no `=`: the AWS CLI reads a comment that has one as an option, and adds others below."""

_NOTE = "# Written by reconcile profiles. Changes between these two lines are lost."


@dataclass(frozen=True, slots=True)
class Block:
    """One marked block: the lines from `start`, its begin marker, to before `end`, counted from 0."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """The result of an edit of a block.

    text: the whole new text. before, after: the lines of the block, without their ends. line: the number of lines above
    the block. block_lines: the lines of the old block, counted from 0. changed: the edit changed the text.
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
    """Return the marked blocks of a file.

    Raises ReconcileError if a marker has no partner, or if two blocks have the same name.
    """
    blocks: dict[str, Block] = {}
    open_block: tuple[str, int] | None = None
    for number, line in enumerate(lines_of(text)):
        begin = _BEGIN.fullmatch(line.strip())
        if begin is None and line.strip() != _END:
            continue
        if (begin is None) == (open_block is None):
            at = number if open_block is None else open_block[1]
            missing = "its beginning" if open_block is None else "its end"
            raise _make_block_error(file, at, f"The block of `reconcile profiles` on this line lacks {missing}.")
        if begin is not None:
            open_block = (begin[1], number)
        elif open_block is not None:
            name, start = open_block
            if name in blocks:
                raise _make_block_error(
                    file, start, f"This block is there twice; the first begins on line {blocks[name].start + 1}."
                )
            blocks[name], open_block = Block(name, start, number + 1), None
    if open_block is not None:
        raise _make_block_error(file, open_block[1], "The block of `reconcile profiles` on this line lacks its end.")
    return tuple(blocks.values())


def replace_block(text: str, name: str, body: Sequence[str], file: str) -> Edit:
    """Replace the old block `name` with `body`, or append a new block. An empty body removes the block.

    An option that another program put between the begin marker and the first section belongs to the section above, and
    stays. Raises ReconcileError for broken markers, and for options below the block that would change their section.
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
    """Return `text` with a new section at its end. The text must have no section of this name."""
    end = line_end_of(text)
    apart = "" if not text or text.endswith(("\n", "\r")) else end
    body = (f"[{name}]", *(f"{key} = {value}" for key, value in values.items()))
    return text + apart + "".join(f"{line}{end}" for line in body)


def set_values(text: str, name: str, values: Mapping[str, str]) -> str:
    """Return `text` with these options in the section `name`: each in its place, new ones above the first option.

    A new option is indented like the line that follows, an option or a header. If that line were deeper than the
    option, it would become part of its value.
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
    """Return the place of the beginning of a line. line: counted from 0."""
    return Place(file, line + 1, 1)


def _escape_marker(name: str) -> str:
    """Escape a name for a marker, which is one line without `:` and `=`."""
    return "".join(f"%{ord(char):02X}" if char in ":=%" or not char.isprintable() else char for char in name.strip())


def _indent_of(line: str) -> str:
    return line[: measure_indent(line)]


def _find_stray_lines(block: Sequence[str]) -> list[int]:
    stray_lines: list[int] = []
    for number, line in enumerate(block):
        if parse_header(line.strip()) is not None:
            break
        if has_content(line):
            stray_lines.append(number)
    return stray_lines


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

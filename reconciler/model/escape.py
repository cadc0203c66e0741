"""Text of files, accounts and libraries → text that a terminal or a log shows and never obeys.

Three readers obey text. A terminal: control characters, and marks that turn the direction of writing round (Unicode
Standard Annex 9; CVE-2021-42574). GitHub's runner: a line that begins with `::` after blanks, and `##[name]` anywhere
in a line (actions/runner, `ActionCommand.TryParseV2` and `TryParse`). The agents of Azure Pipelines and TeamCity:
`##vso[` and `##teamcity[` anywhere in a line. Standard library only: a warm `assume` comes by here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ESCAPE = "\x1b"
"""The character that begins every control sequence of a terminal."""

COLOR_PATTERN = f"{ESCAPE}\\[[0-9;]*m"
"""A pattern of the sequences that set a colour (SGR, ECMA-48), for a regex."""

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COLON, _HASH = "\\x3a", "\\x23"


def escape_line(text: str) -> str:
    """Return the text as one line that nothing obeys: what is not to be printed stands as `\\n`, `\\x1b`, `\\u202e`.

    Python's own rule decides what is printable (`str.isprintable`): no control character, no mark without a width, no
    blank but the space. Twice escaped is the same as once.
    """
    text = escape_characters(text)
    if "##" in text:
        text = _disarm(text, _HASH)
    start = len(text) - len(text.lstrip(" "))
    return f"{text[:start]}{_COLON}{text[start + 1 :]}" if text.startswith("::", start) else text


def escape_characters(text: str) -> str:
    """Return the text with every character that is not to be printed as `\\n`, `\\x1b`, `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _NAMED.get(char) or _code_of(char) for char in text)


def escape_lines(text: str, *, colors: bool = False) -> str:
    """Return the text with each of its lines escaped; its own line ends stay, and with `colors` its colours."""
    lines = text.split("\n")
    return "\n".join(_escape_colored(line) if colors and ESCAPE in line else escape_line(line) for line in lines)


def escape_json(text: str) -> str:
    """Return JSON whose texts are escaped as JSON escapes them; it means the same. Its own line ends stay."""
    return _escape_quoted(text, _json_code_of)


def escape_yaml(text: str) -> str:
    """Return YAML with the same done to it. What is not to be printed must stand between double quotes."""
    return _escape_quoted(text, _yaml_code_of)


def _escape_quoted(text: str, code_of: Callable[[str], str]) -> str:
    if not text.replace("\n", "").isprintable():
        text = "".join(char if char.isprintable() or char == "\n" else code_of(char) for char in text)
    return _disarm(text, "\\u0023") if "##" in text else text


def _code_of(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_code_of(char: str) -> str:
    """JSON has no escape beyond four digits: there, two UTF-16 units stand for one character (RFC 8259, section 7)."""
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _yaml_code_of(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _disarm(text: str, instead: str) -> str:
    """Break `##[` and `##name[`, the openings of commands that count anywhere in a line."""
    import re

    return re.sub(r"##(?=[A-Za-z]*\[)", lambda found: f"#{instead}", text)


def _escape_colored(line: str) -> str:
    """One line whose colours are ours: the text between them is escaped, and so is every other sequence."""
    import re

    parts = re.split(f"({COLOR_PATTERN})", line)
    return "".join(part if index % 2 else escape_line(part) for index, part in enumerate(parts))

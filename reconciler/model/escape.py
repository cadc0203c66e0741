"""Escape text of files, accounts and libraries, so that a terminal or a log shows it and never executes it.

Three readers execute text. A terminal: control characters, and marks that reverse the direction of writing (Unicode
Standard Annex 9; CVE-2021-42574). GitHub's runner: a line that begins with `::` after spaces, and `##[name]` anywhere
in a line (actions/runner, `ActionCommand.TryParseV2` and `TryParse`). The agents of Azure Pipelines and TeamCity:
`##vso[` and `##teamcity[` anywhere in a line. Standard library only, because a warm `assume` imports this module.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ESCAPE = "\x1b"
"""The character that begins every control sequence of a terminal."""

COLOR_PATTERN = f"{ESCAPE}\\[[0-9;]*m"
"""A pattern of the sequences that set a colour (SGR, ECMA-48), for a regex."""

_NAMED_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COLON, _HASH = "\\x3a", "\\x23"


def escape_line(text: str) -> str:
    """Return the text as one harmless line, with unprintable characters as `\\n`, `\\x1b`, `\\u202e`.

    Python decides what is printable (`str.isprintable`): no control character, no mark without a width, no blank but
    the space. Escaping a text twice gives the same result as once.
    """
    text = escape_characters(text)
    if "##" in text:
        text = _disarm(text, _HASH)
    start = len(text) - len(text.lstrip(" "))
    return f"{text[:start]}{_COLON}{text[start + 1 :]}" if text.startswith("::", start) else text


def escape_characters(text: str) -> str:
    """Return the text with unprintable characters as `\\n`, `\\x1b`, `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _NAMED_ESCAPES.get(char) or _code_of(char) for char in text)


def escape_lines(text: str, *, colors: bool = False) -> str:
    """Return the text with each line escaped. Line ends stay. colors: True to keep colour codes."""
    lines = text.split("\n")
    return "\n".join(_escape_colored(line) if colors and ESCAPE in line else escape_line(line) for line in lines)


def escape_json(text: str) -> str:
    """Return JSON with unprintable characters as JSON escapes; it means the same. Line ends stay."""
    return _escape_quoted(text, _json_code_of)


def escape_yaml(text: str) -> str:
    """Return YAML with unprintable characters as YAML escapes; these characters must be inside double quotes."""
    return _escape_quoted(text, _yaml_code_of)


def _escape_quoted(text: str, code_of: Callable[[str], str]) -> str:
    if not text.replace("\n", "").isprintable():
        text = "".join(char if char.isprintable() or char == "\n" else code_of(char) for char in text)
    return _disarm(text, "\\u0023") if "##" in text else text


def _code_of(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_code_of(char: str) -> str:
    """Return the JSON escape of a character; beyond four digits JSON needs two UTF-16 units (RFC 8259, section 7)."""
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _yaml_code_of(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _disarm(text: str, replacement: str) -> str:
    """Replace the second `#` of `##[` and `##name[`, which begin a command anywhere in a line."""
    import re

    return re.sub(r"##(?=[A-Za-z]*\[)", lambda match: f"#{replacement}", text)


def _escape_colored(line: str) -> str:
    """Return one line with its colour codes, and with everything between them escaped."""
    import re

    parts = re.split(f"({COLOR_PATTERN})", line)
    return "".join(part if index % 2 else escape_line(part) for index, part in enumerate(parts))

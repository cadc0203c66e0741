"""Read the sections and options of AWS's config and credentials files. Nothing else here parses them.

The rules are those of botocore (`botocore.configloader`), which uses Python's configparser: a line indented deeper than
the option above continues its value, and a comment has a line of its own. Importing configparser would take as long as
the rest of a warm `assume`; so would dataclasses and re. Standard library only, and little of it.
"""

from __future__ import annotations

from io import StringIO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

DEFAULT_PROFILE = "default"
"""The profile that AWS's tools use if nobody names one."""

DEFAULT_SECTION = "DEFAULT"
"""The section that configparser hands down to all others. botocore cannot use a file that has it."""

PROFILE, SSO_SESSION, SERVICES = "profile", "sso-session", "services"
"""The first words of the headers of the config file that botocore knows."""

DUPLICATE_SECTION, DUPLICATE_OPTION, NO_SECTION, NO_OPTION = "section-twice", "option-twice", "no-section", "no-option"
"""The reasons why configparser refuses a line. It goes on reading after NO_OPTION, and stops at any other."""


class Option:
    """One option. Its repr never shows the value.

    name: in lower case. start, end: its lines, from `start` to before `end`, counted from 0.
    """

    __slots__ = ("_values", "end", "name", "start")

    def __init__(self, name: str, value: str, line: int) -> None:
        self.name: Final = name
        self.start: Final = line
        self.end = line + 1
        self._values = [value]

    def __repr__(self) -> str:
        return f"Option({self.name}, line {self.start + 1})"

    @property
    def value(self) -> str:
        """The value, all lines joined. Joining each line as it is read would take quadratic time."""
        return "\n".join(self._values)

    def add_line(self, value: str, line: int, blank: int) -> None:
        """Continue the value on `line`, after `blank` blank lines."""
        self._values += [*[""] * blank, value]
        self.end = line + 1


class Section:
    """One section. name: the text in the brackets. start, end: its lines, from the header to before `end`, from 0."""

    __slots__ = ("end", "name", "options", "start")

    def __init__(self, name: str, start: int, end: int) -> None:
        self.name: Final = name
        self.start: Final = start
        self.end = end
        self.options: list[Option] = []

    def __repr__(self) -> str:
        return f"Section({self.name}, line {self.start + 1}, {self.options})"

    def find_option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    def value_of(self, name: str) -> str | None:
        option = self.find_option(name)
        return option.value if option else None


class RefusedLine:
    """A line that configparser refuses, counted from 0, with the reason and its section."""

    __slots__ = ("line", "reason", "section")

    def __init__(self, reason: str, line: int, section: str) -> None:
        self.reason: Final = reason
        self.line: Final = line
        self.section: Final = section


class IniText:
    """The content of a file: its sections in order, and the lines that configparser refuses."""

    __slots__ = ("refused", "sections")

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.refused: list[RefusedLine] = []

    def find_first_refusal(self) -> RefusedLine | None:
        """Return the line that configparser names in its error; None if it reads the file."""
        at_once = (one for one in self.refused if one.reason != NO_OPTION)
        return next(at_once, self.refused[0] if self.refused else None)


def lines_of(text: str) -> list[str]:
    """Return the lines with their ends; LF, CRLF and CR end a line, and nothing else does."""
    return list(StringIO(text, newline=""))


def parse_sections(text: str) -> tuple[Section, ...]:
    """Return the sections in the order of the file, with those that come again."""
    return tuple(parse_ini(text).sections)


def parse_ini(text: str) -> IniText:
    """Read a file line by line, as `configparser.RawConfigParser._read` does."""
    ini_text = IniText()
    names: set[str] = set()
    keys: set[tuple[str, str]] = set()
    section: Section | None = None
    option: Option | None = None
    depth = blank = number = 0
    for number, line in enumerate(lines_of(text)):
        content = line.strip()
        if not content or content[0] in "#;":
            blank += not content
            continue
        indent = len(line) - len(line.lstrip())
        if option is not None and indent > depth:
            option.add_line(content, number, blank)
            blank = 0
            continue
        depth, blank = indent, 0
        name = parse_header(content) if content[0] == "[" else None
        if name is not None:
            if section is not None:
                section.end = number
            if name in names and name != DEFAULT_SECTION:
                ini_text.refused.append(RefusedLine(DUPLICATE_SECTION, number, name))
            names.add(name)
            section, option = Section(name, number, number + 1), None
            ini_text.sections.append(section)
        elif section is None:
            ini_text.refused.append(RefusedLine(NO_SECTION, number, ""))
        else:
            key, sign, value = _split_option(content)
            if not key:
                ini_text.refused.append(RefusedLine(NO_OPTION, number, section.name))
                option = None if sign else option
                continue
            if (section.name, key) in keys:
                ini_text.refused.append(RefusedLine(DUPLICATE_OPTION, number, section.name))
            keys.add((section.name, key))
            option = Option(key, value, number)
            section.options.append(option)
    if section is not None:
        section.end = number + 1
    return ini_text


def parse_header(content: str) -> str | None:
    """Return the text in the brackets of a header, a line without the blanks around it; None for another line."""
    end = content.rfind("]") if content[:1] == "[" else 0
    return content[1:end] if end > 1 else None


def measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def has_content(line: str) -> bool:
    """Return False for blank lines and comments."""
    content = line.strip()
    return bool(content) and content[0] not in "#;"


def profile_of(header: str) -> str | None:
    """Return the profile that a section of the config file is; None for another kind, such as `sso-session x`."""
    return DEFAULT_PROFILE if header == DEFAULT_PROFILE else name_of_section(header, PROFILE)


def name_of_section(header: str, kind: str) -> str | None:
    """Return the name in a header such as `[sso-session NAME]`; None if it is of another kind.

    As `botocore.configloader.build_profile_map`: two words, quoted as in a shell.
    """
    words = _split_header(header) if header.startswith(kind) else []
    return words[1] if len(words) == 2 else None


def header_of(profile: str) -> str:
    """Return the header in the config file of the section that a profile is."""
    return f"[{DEFAULT_PROFILE}]" if profile == DEFAULT_PROFILE else f"[{PROFILE} {profile}]"


def _split_option(content: str) -> tuple[str, str, str]:
    """Split a line into name, delimiter and value, at the first `=` or `:`; all but the last are "" without one."""
    at, colon = content.find("="), content.find(":")
    if at < 0 or 0 <= colon < at:
        at = colon
    if at < 0:
        return "", "", content
    return content[:at].rstrip().lower(), content[at], content[at + 1 :].strip()


def _split_header(header: str) -> list[str]:
    if not any(character in header for character in "\"'\\"):
        return header.split()
    import shlex

    try:
        return shlex.split(header)
    except ValueError:
        return []

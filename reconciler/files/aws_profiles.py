"""Find the lines of AWS's config and credentials files about a profile, for messages. No secret leaves this module.

Nor does the name of a wrong option: a line break in a secret can turn half of it into an option.

`files/ini.py` reads the files, as botocore does. Lines that cannot be read are left out: the caller has met an error
already, and wants to know the line that it is about. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.files import ini
from reconciler.files.ini_edits import place_of_line
from reconciler.files.settings_files import CONFIG, CREDENTIALS, find_settings_path, read_settings
from reconciler.model.problem import Place

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""The first bytes of files that Windows editors save as "UTF-8 with BOM" or "Unicode" (UTF-16)."""

SECRETS = frozenset(("aws_secret_access_key", "aws_session_token", "aws_security_token"))


@dataclass(frozen=True, slots=True)
class SettingsFlaw:
    """The reason why AWS's tools cannot read a file. summary: the end of a sentence. remedy: what to do about it."""

    place: Place
    summary: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of one option of a profile, and its place."""

    value: str = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The sections of one file, as far as they can be read."""

    path: str
    is_config: bool
    sections: tuple[ini.Section, ...] = ()

    def profile_of(self, section: ini.Section) -> str | None:
        return ini.profile_of(section.name) if self.is_config else section.name

    def list_profiles(self) -> Iterator[tuple[str, ini.Section]]:
        for section in self.sections:
            name = self.profile_of(section)
            if name is not None:
                yield name, section

    def find_section(self, profile: str) -> ini.Section | None:
        return next((section for name, section in self.list_profiles() if name == profile), None)

    def find_setting(self, profile: str, option: str) -> Setting | None:
        section = self.find_section(profile)
        setting = section.find_option(option) if section else None
        return Setting(setting.value, place_of_line(self.path, setting.start)) if setting else None

    def find_misspelt_header(self, profile: str) -> tuple[Place, str, str] | None:
        """Return the place and the header of a section that only looks like the profile's, and the right header."""
        right = ini.header_of(profile) if self.is_config else f"[{profile}]"
        for section in self.sections:
            words = section.name.split()
            if self.profile_of(section) != profile and words in ([profile], ["profile", profile]):
                return place_of_line(self.path, section.start), f"[{section.name}]", right
        return None


@dataclass(frozen=True, slots=True)
class AwsProfiles:
    """The config file and the credentials file."""

    config: SettingsFile
    credentials: SettingsFile

    @property
    def files(self) -> tuple[SettingsFile, SettingsFile]:
        return self.config, self.credentials

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({name for file in self.files for name, _ in file.list_profiles()}))

    def place_of(self, profile: str) -> Place | None:
        """Return the place of a profile's header: in the config file, else in the credentials file."""
        for file in self.files:
            section = file.find_section(profile)
            if section is not None:
                return place_of_line(file.path, section.start)
        return None

    def find_setting(self, profile: str, option: str) -> Setting | None:
        """Return the setting that botocore uses: the credentials file comes first. Raises ValueError for a secret."""
        if option in SECRETS:
            raise ValueError(option)
        return self.credentials.find_setting(profile, option) or self.config.find_setting(profile, option)

    def place_of_option(self, profile: str, option: str) -> Place | None:
        """Return the place of an option, which may be a secret."""
        setting = self.credentials.find_setting(profile, option) or self.config.find_setting(profile, option)
        return setting.place if setting else None

    def find_misspelt_header(self, profile: str) -> tuple[Place, str, str] | None:
        return self.config.find_misspelt_header(profile) or self.credentials.find_misspelt_header(profile)

    def source_chain_of(self, profile: str) -> tuple[str, ...]:
        """Return the profile and those that it leads to by `source_profile`. One that comes again ends the chain."""
        profiles: list[str] = []
        current: str | None = profile
        while current is not None and current not in profiles:
            profiles.append(current)
            source = self.find_setting(current, "source_profile")
            current = source.value if source else None
        return (*profiles, current) if current is not None else tuple(profiles)


def read_profiles(environ: Mapping[str, str]) -> AwsProfiles:
    """Read both files."""
    return AwsProfiles(_read_settings_file(CONFIG, environ), _read_settings_file(CREDENTIALS, environ))


def find_flaw(path: str) -> SettingsFlaw | None:
    """Return the first thing that configparser or botocore refuses in a file; None if there is nothing, or no file."""
    content = read_settings(path)
    if content.startswith(_BOMS):
        summary = "it begins with a byte order mark, which some editors of Windows write"
        return SettingsFlaw(Place(path, 1, 1), summary, _write_bom_remedy(path, content))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return SettingsFlaw(Place(path, line, 1), f"line {line} is not UTF-8", "Save it as UTF-8 in an editor.")
    ini_text = ini.parse_ini(text)
    return _find_refused_line(path, ini_text) or _find_bad_block(path, ini_text)


def _find_refused_line(path: str, ini_text: ini.IniText) -> SettingsFlaw | None:
    refused = ini_text.find_first_refusal()
    if refused is None:
        return None
    line = refused.line + 1
    if refused.reason == ini.DUPLICATE_SECTION:
        first = next(one.start + 1 for one in ini_text.sections if one.name == refused.section)
        summary = f"the section [{refused.section}] is there twice, on lines {first} and {line}"
        remedy = "Put both together into one section, or rename one."
    elif refused.reason == ini.DUPLICATE_OPTION:
        summary = f"line {line} of [{refused.section}] sets a second time what an earlier line sets"
        remedy = "Delete one of the two lines."
    elif refused.reason == ini.NO_SECTION:
        summary = f"line {line} stands above every section"
        remedy = "Put a line such as `[default]` above it."
    else:
        summary = f"line {line} is not `name = value`, a [section] or a comment"
        remedy = "Mend that line, or put # in front of it."
    return SettingsFlaw(Place(path, line, 1), summary, remedy)


def _find_bad_block(path: str, ini_text: ini.IniText) -> SettingsFlaw | None:
    """Find a line without `=` in an indented block, such as that of `s3 =`, as botocore's `_parse_nested` does."""
    for section in ini_text.sections:
        for option in section.options:
            lines = option.value.split("\n")
            if lines[0] or len(lines) == 1:
                continue
            if any(line.strip() and "=" not in line for line in lines):
                line = option.start + 1
                summary = f"in the indented block below line {line} is a line that is not `name = value`"
                return SettingsFlaw(Place(path, line, 1), summary, "Mend that line, or take its indentation away.")
    return None


def _write_bom_remedy(path: str, content: bytes) -> str:
    if not content.startswith(_BOMS[0]):
        return "Save it as UTF-8 in an editor; it is UTF-16 now."
    quoted = "'" + path.replace("'", "'\\''") + "'"
    return f"Save it as UTF-8 without a mark in an editor, or: `perl -pi -e 's/^\\xef\\xbb\\xbf//' {quoted}`"


def _read_settings_file(kind: tuple[str, str], environ: Mapping[str, str]) -> SettingsFile:
    path = find_settings_path(kind, environ)
    text = read_settings(path).decode("utf-8-sig", "replace")
    return SettingsFile(path, kind == CONFIG, ini.parse_sections(text))

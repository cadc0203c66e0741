"""The credentials that a role is assumed from, as read from the environment and AWS's own files.

Precedence is botocore's ("Credentials", Boto3 documentation): keys in the environment, unless a profile is named; then
the profile. Its files are read by `files/ini.py`, as botocore reads them. Standard library only, and little of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.files import ini
from reconciler.files.ini import DEFAULT_PROFILE
from reconciler.files.settings_files import CONFIG, CREDENTIALS, find_settings_path, read_settings

_KEY = "aws_access_key_id"
_SECRET = ("aws_secret_access_key", "aws_session_token")
_EXTERNAL_SOURCES = ("role_arn", "sso_session", "sso_start_url", "login_session")
"""Settings that make botocore ignore the keys in the same profile."""
_OPAQUE_SOURCES = ("credential_source", "web_identity_token_file", "credential_process")
"""Settings whose credentials come from the environment, the machine or a token: the file does not show the owner."""
_ENDPOINT_OPTIONS = ("endpoint_url", "services", "ignore_configured_endpoint_urls")

ProfileSettings = dict[str, str]
"""Option → value."""
Sections = dict[str, ProfileSettings]
"""Section header or profile name → settings."""


def identity_of(profile: str | None, environ: Mapping[str, str]) -> str | None:
    """Return a text that identifies the source credentials: `key:AKIA…`, or `profile:` and the profile's settings.

    None if only AWS can tell: a machine's or container's role, a web identity, files that botocore refuses.
    """
    if profile is None:
        key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if key:
            return f"key:{key}" if secret else None
        if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return None
    try:
        return _identity_of_profile(_profile_name_of(profile, environ), _AwsFiles(environ))
    except ValueError:
        return None


def endpoint_of(profile: str | None, environ: Mapping[str, str]) -> str:
    """Return a text that identifies the endpoint settings of the profile; "" if it has none."""
    try:
        files = _AwsFiles(environ)
    except ValueError:
        return ""
    settings = files.settings_of(_profile_name_of(profile, environ))
    options = [(key, settings[key]) for key in _ENDPOINT_OPTIONS if key in settings]
    services = sorted(files.services.get(settings.get("services", ""), {}).items())
    return repr([*options, *services]) if options else ""


def mfa_serial_of(profile: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the `mfa_serial` of the profile if its own keys are used; else None.

    In a profile with `role_arn` the serial belongs to that role's request, and a role's session has no device.
    """
    if profile is None and environ.get("AWS_ACCESS_KEY_ID"):
        return None
    try:
        settings = _AwsFiles(environ).settings_of(_profile_name_of(profile, environ))
    except ValueError:
        return None
    return None if "role_arn" in settings else settings.get("mfa_serial") or None


def asks_for_code(profile: str | None, environ: Mapping[str, str]) -> bool:
    """Return whether the source credentials are those of a role that is assumed with MFA.

    That is so if the profile, or one along its `source_profile`, has `role_arn` and `mfa_serial`.
    """
    if profile is None and environ.get("AWS_ACCESS_KEY_ID"):
        return False
    try:
        files = _AwsFiles(environ)
    except ValueError:
        return False
    name, seen = _profile_name_of(profile, environ), set[str]()
    while name not in seen:
        seen.add(name)
        settings = files.settings_of(name)
        if "role_arn" not in settings:
            return False
        if settings.get("mfa_serial"):
            return True
        name = settings.get("source_profile", name)
    return False


def region_of(profile: str | None, environ: Mapping[str, str]) -> str:
    """Return the region that AWS's files give a profile; "" if they give none."""
    try:
        return _AwsFiles(environ).settings_of(_profile_name_of(profile, environ)).get("region", "")
    except ValueError:
        return ""


def uses_default_profile(environ: Mapping[str, str]) -> bool:
    """Return whether a call that names no profile would use the one named `default`."""
    if environ.get("AWS_ACCESS_KEY_ID"):
        return False
    try:
        return bool(_AwsFiles(environ).settings_of(DEFAULT_PROFILE))
    except ValueError:
        return False


def _profile_name_of(profile: str | None, environ: Mapping[str, str]) -> str:
    return profile or environ.get("AWS_DEFAULT_PROFILE", environ.get("AWS_PROFILE", DEFAULT_PROFILE))


def _identity_of_profile(name: str, files: _AwsFiles) -> str | None:
    visited: list[tuple[str, ProfileSettings]] = []
    while name not in (visited_name for visited_name, _ in visited):
        settings = files.settings_of(name)
        if not settings or any(key in settings for key in _OPAQUE_SOURCES):
            return None
        visited.append((name, settings))
        name = settings.get("source_profile", name)
    first = visited[0][1]
    if not any(key in first for key in _EXTERNAL_SOURCES):
        return f"key:{first[_KEY]}" if first.get(_KEY) else None
    sso = [(key, files.sso_sessions.get(settings.get("sso_session", ""), {})) for key, settings in visited]
    harmless = [
        (key, sorted((option, value) for option, value in settings.items() if option not in _SECRET))
        for key, settings in [*visited, *sso]
    ]
    return f"profile:{harmless!r}"


class _AwsFiles:
    """The config file and the credentials file. Raises ValueError if botocore refuses one of them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._profiles: Sections = {}
        self.sso_sessions: Sections = {}
        self.services: Sections = {}
        for header, settings in _read_sections(find_settings_path(CONFIG, environ)).items():
            for name, sections in (
                (ini.profile_of(header), self._profiles),
                (ini.name_of_section(header, ini.SSO_SESSION), self.sso_sessions),
                (ini.name_of_section(header, ini.SERVICES), self.services),
            ):
                if name is not None:
                    sections[name] = settings
        self._credentials = _read_sections(find_settings_path(CREDENTIALS, environ))

    def settings_of(self, name: str) -> ProfileSettings:
        """Return the settings of a profile in both files; the credentials file takes precedence."""
        return {**self._profiles.get(name, {}), **self._credentials.get(name, {})}


def _read_sections(path: str) -> Sections:
    """Return section -> option -> value. Raises ValueError if configparser refuses the file, or it has a DEFAULT."""
    ini_text = ini.parse_ini(read_settings(path).decode("utf-8", "replace"))
    sections = {
        section.name: {option.name: option.value for option in section.options} for section in ini_text.sections
    }
    if ini_text.refused or ini.DEFAULT_SECTION in sections:
        raise ValueError(path)
    return sections

"""Who a role is assumed from, as far as the environment and AWS's own files tell without asking anybody.

Precedence is botocore's ("Credentials", Boto3 documentation): keys in the environment, unless a profile is named; then
the profile. Standard library only, and little of it: this is on the path of every warm `assume`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

_KEY = "aws_access_key_id"
_ELSEWHERE = (
    "role_arn",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
    "login_session",
    "credential_process",
)
"""What makes botocore take no keys that the same profile holds: they come from somewhere else."""

Settings = dict[str, str]


def identity_of(profile: str | None, environ: Mapping[str, str]) -> str | None:
    """A text that stands for the source credentials: `key:AKIA…`, or `profile:` and what the profile says.

    None where only asking can tell: a machine's or container's role, a web identity.
    """
    if profile is None:
        if environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY"):
            return f"key:{environ['AWS_ACCESS_KEY_ID']}"
        if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return None
    return _of_profile(
        profile or environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE") or "default", environ
    )


def default_profile_is_used(environ: Mapping[str, str]) -> bool:
    """True where a call without any profile would use the one named `default`."""
    return not environ.get("AWS_ACCESS_KEY_ID") and bool(_profile("default", *_files(environ)))


def _of_profile(name: str, environ: Mapping[str, str]) -> str | None:
    config, credentials = _files(environ)
    found: list[tuple[str, Settings]] = []
    while name not in (seen for seen, _ in found):
        settings = _profile(name, config, credentials)
        if not settings:
            return None
        found.append((name, settings))
        name = settings.get("source_profile", name)
    first = found[0][1]
    if _KEY in first and not any(key in first for key in _ELSEWHERE):
        return f"key:{first[_KEY]}"
    sso = config.get(f"sso-session {first.get('sso_session', '')}", {})
    if not any(key in first for key in _ELSEWHERE):
        return None
    said = [(where, sorted(settings.items())) for where, settings in [*found, ("sso-session", sso)]]
    return f"profile:{said!r}"


def _profile(name: str, config: Mapping[str, Settings], credentials: Mapping[str, Settings]) -> Settings:
    """What both files say of a profile; the credentials file comes first."""
    section = "default" if name == "default" and "profile default" not in config else f"profile {name}"
    return {**config.get(section, {}), **credentials.get(name, {})}


def _files(environ: Mapping[str, str]) -> tuple[dict[str, Settings], dict[str, Settings]]:
    """The sections of the config file and of the credentials file."""
    home = os.path.expanduser("~/.aws")
    config = environ.get("AWS_CONFIG_FILE") or os.path.join(home, "config")
    credentials = environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.join(home, "credentials")
    return _sections(config), _sections(credentials)


def _sections(path: str) -> dict[str, Settings]:
    found: dict[str, Settings] = {}
    settings: Settings = {}
    for line in _lines(os.path.expanduser(os.path.expandvars(path))):
        text = line.strip()
        if text.startswith("[") and "]" in text:
            # `[profile "a b"]` and `[profile  a]` are the same to botocore, which splits like a shell.
            name = " ".join(text[1 : text.index("]")].replace('"', "").replace("'", "").split())
            settings = found.setdefault(name, {})
        elif text and text[0] not in "#;" and "=" in text:
            key, _, value = text.partition("=")
            settings[key.strip().lower()] = value.strip()
    return found


def _lines(path: str) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            yield from file
    except OSError:
        return

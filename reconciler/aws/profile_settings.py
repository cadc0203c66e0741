"""Sentences of botocore's about the settings of a profile → what is wrong, on which line, and what mends it.

botocore has one type for all of them, InvalidConfigError, and tells them apart by their text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reconciler.aws.about_profile import SSO, WAYS, About, Told


def explain_setting(about: About, fields: Mapping[str, object]) -> Told:
    """Return what an InvalidConfigError says; a sentence that is not known here is told without its text."""
    said = str(fields.get("error_msg", ""))
    for pattern, tell in _SAID_OF_CONFIG:
        if found := pattern.match(said):
            return tell(about, found)
    name = about.name
    return about.told(
        f"A setting of {about.profile(name)} is not valid.",
        about.asked_by(),
        f"See which: {about.command('configure list', name)}",
        about.line_of(name),
    )


def _no_source(about: About, found: re.Match[str]) -> Told:
    source, name = found[1], found[2]
    place = about.line_of(name, "source_profile")
    at = f" ({place.file}:{place.line})" if place else ""
    told = about.missing(source, f"`source_profile` of the profile {name}{at} asks for it.")
    return about.told(told.summary, told.detail, told.hint, told.place or place)


def _empty_source(about: About, found: re.Match[str]) -> Told:
    name = found[1]
    return about.told(
        f"{about.profile(name)} has no credentials.",
        f"It has none of these: {WAYS}.",
        f"{about.command('login', name)}, {about.command('configure sso', name)} or "
        f"{about.command('configure', name)} adds them.",
        about.line_of(name),
    )


def _two_sources(about: About, found: re.Match[str]) -> Told:
    return about.told(
        f"{about.profile(found[1], 'credential_source')} has both source_profile and credential_source.",
        hint="Delete one of the two lines.",
        place=about.line_of(found[1], "credential_source"),
    )


def _unknown_source(about: About, found: re.Match[str]) -> Told:
    name = found[2]
    return about.told(
        f"credential_source = {found[1]} of {about.profile(name, 'credential_source')} is none that AWS's tools know.",
        hint="Write Environment, Ec2InstanceMetadata or EcsContainer.",
        place=about.line_of(name, "credential_source"),
    )


def _sso_lacks(about: About, found: re.Match[str]) -> Told:
    name = found[1]
    options = ", ".join(re.findall(r"sso_\w+", found[2])) or "a setting"
    return about.told(
        f"{about.profile(name, *SSO)} is one of single sign-on, and lacks {options}.",
        hint=f"Answer its questions anew: {about.command('configure sso', name)}",
        place=about.line_of(name, *SSO),
    )


def _no_sso_session(about: About, found: re.Match[str]) -> Told:
    session = found[found.lastindex or 1]
    name = about.holder("sso_session")
    return about.told(
        f"{about.profile(name, 'sso_session')} names the sso-session {session}, which is in no section "
        f"[sso-session {session}] of {about.profiles.config.path}.",
        hint=f"Make it: `aws configure sso-session`, or {about.command('configure sso', name)}",
        place=about.line_of(name, "sso_session"),
    )


def _sso_differs(about: About, found: re.Match[str]) -> Told:
    name = about.holder("sso_session")
    return about.told(
        f"{about.profile(name, found[1])} and its sso-session say different things of {found[1]}.",
        hint=f"Delete the line {found[1]} of the profile.",
        place=about.line_of(name, found[1]),
    )


def _no_role_for_token(about: About, found: re.Match[str]) -> Told:
    name = about.holder("web_identity_token_file")
    return about.told(
        f"{about.profile(name, 'web_identity_token_file')}, or AWS_WEB_IDENTITY_TOKEN_FILE, names a token, "
        "and no role to assume with it.",
        hint=f"Set AWS_ROLE_ARN, or {about.command('configure set role_arn ARN', name)}",
        place=about.line_of(name, "web_identity_token_file"),
    )


_SAID_OF_CONFIG: tuple[tuple[re.Pattern[str], Callable[[About, re.Match[str]], Told]], ...] = tuple(
    (re.compile(pattern), tell)
    for pattern, tell in (
        (r'The source_profile "(.+)" referenced in the profile "(.+)" does not exist\.', _no_source),
        (r'The source profile "(.+)" must have credentials\.', _empty_source),
        (r'The profile "(.+)" contains both source_profile and credential_source\.', _two_sources),
        (r'The credential_source "(.+)" is specified in profile "(.+)", ', _unknown_source),
        (r'The credential source "(.+)" referenced in profile "(.+)" is not valid\.', _unknown_source),
        (r'The profile "(.+)" is configured to use SSO but is missing required configuration: (.+)', _sso_lacks),
        (r'The profile "(.+)" is configured .* but is missing the following configuration: (.+)', _sso_lacks),
        (r'The specified sso-session does not exist: "(.+)"', _no_sso_session),
        (r'The profile "(.+)" is configured .* but the "(.+)" sso_session configuration', _no_sso_session),
        (r"The value for (\w+) is inconsistent between profile ", _sso_differs),
        (r"The provided profile or the current environment is configured to assume role with web", _no_role_for_token),
    )
)
"""How sentences of botocore's begin, and what they mean. Values in them, other than names, are not shown."""

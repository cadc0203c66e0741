"""Sentences of botocore's about the settings of a profile → what is wrong, on which line, and what mends it.

botocore has one type for all of them, InvalidConfigError, and tells them apart by their text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reconciler.aws.profile_context import CREDENTIAL_SETTINGS, SSO_OPTIONS, ProblemText, ProfileContext


def explain_setting(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    """Return what an InvalidConfigError says; a sentence that is not known here is told without its text."""
    said = str(fields.get("error_msg", ""))
    for pattern, tell in _CONFIG_ERRORS:
        if found := pattern.match(said):
            return tell(context, found)
    name = context.name
    return context.make_text(
        f"A setting of {context.describe_profile(name)} is not valid.",
        context.describe_requester(),
        f"See which: {context.format_command('configure list', name)}",
        context.line_of(name),
    )


def _explain_no_source(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    source, name = found[1], found[2]
    place = context.line_of(name, "source_profile")
    at = f" ({place.file}:{place.line})" if place else ""
    told = context.explain_missing(source, f"`source_profile` of the profile {name}{at} asks for it.")
    return context.make_text(told.summary, told.detail, told.hint, told.place or place)


def _explain_empty_source(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    name = found[1]
    return context.make_text(
        f"{context.describe_profile(name)} has no credentials.",
        f"It has none of these: {CREDENTIAL_SETTINGS}.",
        f"{context.format_command('login', name)}, {context.format_command('configure sso', name)} or "
        f"{context.format_command('configure', name)} adds them.",
        context.line_of(name),
    )


def _explain_two_sources(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    return context.make_text(
        f"{context.describe_profile(found[1], 'credential_source')} has both source_profile and credential_source.",
        hint="Delete one of the two lines.",
        place=context.line_of(found[1], "credential_source"),
    )


def _explain_unknown_source(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    name = found[2]
    return context.make_text(
        f"credential_source = {found[1]} of {context.describe_profile(name, 'credential_source')} "
        "is none that AWS's tools know.",
        hint="Write Environment, Ec2InstanceMetadata or EcsContainer.",
        place=context.line_of(name, "credential_source"),
    )


def _explain_incomplete_sso(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    name = found[1]
    options = ", ".join(re.findall(r"sso_\w+", found[2])) or "a setting"
    return context.make_text(
        f"{context.describe_profile(name, *SSO_OPTIONS)} is one of single sign-on, and lacks {options}.",
        hint=f"Answer its questions anew: {context.format_command('configure sso', name)}",
        place=context.line_of(name, *SSO_OPTIONS),
    )


def _explain_no_sso_session(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    session = found[found.lastindex or 1]
    name = context.find_profile_with("sso_session")
    return context.make_text(
        f"{context.describe_profile(name, 'sso_session')} names the sso-session {session}, which is in no section "
        f"[sso-session {session}] of {context.profiles.config.path}.",
        hint=f"Make it: `aws configure sso-session`, or {context.format_command('configure sso', name)}",
        place=context.line_of(name, "sso_session"),
    )


def _explain_sso_conflict(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    name = context.find_profile_with("sso_session")
    return context.make_text(
        f"{context.describe_profile(name, found[1])} and its sso-session say different things of {found[1]}.",
        hint=f"Delete the line {found[1]} of the profile.",
        place=context.line_of(name, found[1]),
    )


def _explain_no_token_role(context: ProfileContext, found: re.Match[str]) -> ProblemText:
    name = context.find_profile_with("web_identity_token_file")
    return context.make_text(
        f"{context.describe_profile(name, 'web_identity_token_file')}, or AWS_WEB_IDENTITY_TOKEN_FILE, names a token, "
        "and no role to assume with it.",
        hint=f"Set AWS_ROLE_ARN, or {context.format_command('configure set role_arn ARN', name)}",
        place=context.line_of(name, "web_identity_token_file"),
    )


_CONFIG_ERRORS: tuple[tuple[re.Pattern[str], Callable[[ProfileContext, re.Match[str]], ProblemText]], ...] = tuple(
    (re.compile(pattern), tell)
    for pattern, tell in (
        (r'The source_profile "(.+)" referenced in the profile "(.+)" does not exist\.', _explain_no_source),
        (r'The source profile "(.+)" must have credentials\.', _explain_empty_source),
        (r'The profile "(.+)" contains both source_profile and credential_source\.', _explain_two_sources),
        (r'The credential_source "(.+)" is specified in profile "(.+)", ', _explain_unknown_source),
        (r'The credential source "(.+)" referenced in profile "(.+)" is not valid\.', _explain_unknown_source),
        (
            r'The profile "(.+)" is configured to use SSO but is missing required configuration: (.+)',
            _explain_incomplete_sso,
        ),
        (
            r'The profile "(.+)" is configured .* but is missing the following configuration: (.+)',
            _explain_incomplete_sso,
        ),
        (r'The specified sso-session does not exist: "(.+)"', _explain_no_sso_session),
        (r'The profile "(.+)" is configured .* but the "(.+)" sso_session configuration', _explain_no_sso_session),
        (r"The value for (\w+) is inconsistent between profile ", _explain_sso_conflict),
        (
            r"The provided profile or the current environment is configured to assume role with web",
            _explain_no_token_role,
        ),
    )
)
"""How sentences of botocore's begin, and what they mean. Values in them, other than names, are not shown."""

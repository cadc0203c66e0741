"""Explain botocore's errors about the settings of a profile: the cause, the line in the file, and how to fix it.

botocore raises one type for all of them, InvalidConfigError, so they are told apart by their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reconciler.aws.profile_context import CREDENTIAL_SETTINGS, SSO_OPTIONS, ProblemText, ProfileContext


def explain_setting(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    """Explain an InvalidConfigError. The text of an unknown one is not shown."""
    text = str(fields.get("error_msg", ""))
    for pattern, explain in _CONFIG_ERRORS:
        if match := pattern.match(text):
            return explain(context, match)
    name = context.name
    return context.make_text(
        f"A setting of {context.describe_profile(name)} is not valid.",
        context.describe_requester(),
        f"See which: {context.format_command('configure list', name)}",
        context.line_of(name),
    )


def _explain_no_source(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    source, name = match[1], match[2]
    place = context.line_of(name, "source_profile")
    line = f" ({place.file}:{place.line})" if place else ""
    text = context.explain_missing(source, f"`source_profile` of the profile {name}{line} selects it.")
    return context.make_text(text.summary, text.detail, text.hint, text.place or place)


def _explain_empty_source(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    name = match[1]
    return context.make_text(
        f"{context.describe_profile(name)} has no credentials.",
        f"It has none of these: {CREDENTIAL_SETTINGS}.",
        f"Add them with {context.format_command('login', name)}, {context.format_command('configure sso', name)} or "
        f"{context.format_command('configure', name)}.",
        context.line_of(name),
    )


def _explain_two_sources(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    return context.make_text(
        f"{context.describe_profile(match[1], 'credential_source')} has both source_profile and credential_source.",
        hint="Delete one of the two lines.",
        place=context.line_of(match[1], "credential_source"),
    )


def _explain_unknown_source(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    name = match[2]
    return context.make_text(
        f"AWS's tools do not know credential_source = {match[1]} of "
        f"{context.describe_profile(name, 'credential_source')}.",
        hint="Write Environment, Ec2InstanceMetadata or EcsContainer.",
        place=context.line_of(name, "credential_source"),
    )


def _explain_incomplete_sso(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    name = match[1]
    options = ", ".join(re.findall(r"sso_\w+", match[2])) or "a setting"
    return context.make_text(
        f"{context.describe_profile(name, *SSO_OPTIONS)} uses single sign-on, but lacks {options}.",
        hint=f"Configure it again: {context.format_command('configure sso', name)}",
        place=context.line_of(name, *SSO_OPTIONS),
    )


def _explain_no_sso_session(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    session = match[match.lastindex or 1]
    name = context.find_profile_with("sso_session")
    return context.make_text(
        f"{context.describe_profile(name, 'sso_session')} names the sso-session {session}, but "
        f"{context.profiles.config.path} has no section [sso-session {session}].",
        hint=f"Create it: `aws configure sso-session`, or {context.format_command('configure sso', name)}",
        place=context.line_of(name, "sso_session"),
    )


def _explain_sso_conflict(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    name = context.find_profile_with("sso_session")
    return context.make_text(
        f"{context.describe_profile(name, match[1])} and its sso-session have different values of {match[1]}.",
        hint=f"Delete the line {match[1]} from the profile.",
        place=context.line_of(name, match[1]),
    )


def _explain_no_token_role(context: ProfileContext, match: re.Match[str]) -> ProblemText:
    name = context.find_profile_with("web_identity_token_file")
    return context.make_text(
        f"{context.describe_profile(name, 'web_identity_token_file')}, or AWS_WEB_IDENTITY_TOKEN_FILE, names a token, "
        "but no role to assume with it.",
        hint=f"Set AWS_ROLE_ARN, or {context.format_command('configure set role_arn ARN', name)}",
        place=context.line_of(name, "web_identity_token_file"),
    )


_CONFIG_ERRORS: tuple[tuple[re.Pattern[str], Callable[[ProfileContext, re.Match[str]], ProblemText]], ...] = tuple(
    (re.compile(pattern), explain)
    for pattern, explain in (
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
"""(beginning of botocore's message, its explainer). Of the values in a message, only names are shown."""

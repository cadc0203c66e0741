"""Explain why AWS refuses credentials: their profile, the line in its file, and how to get new ones.

AWS may refuse a call that the credentials signed (unknown or expired), or a call by which botocore gets credentials for
a profile (`role_arn`, single sign-on, a web identity, `aws login`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.aws.profile_context import SSO_OPTIONS, ProblemText, ProfileContext

_KEY, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_UNSET_COMMAND = "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION`"
_SHADOWED_BY_KEYS = ("login_session", "credential_process", *SSO_OPTIONS)
"""Settings that a user may have added later, although the keys in the credentials file take precedence."""

_WRONG_SECRET_CODES = ("SignatureDoesNotMatch", "InvalidSignatureException")
_LATE_CODES = ("RequestExpired",)

Explainer = Callable[[ProfileContext, str], ProblemText]


def explain_dead_credentials(context: ProfileContext, reason: str) -> ProblemText | None:
    """Explain credentials that AWS refuses; None if they come from no profile. reason: the end of the sentence."""
    method = context.origin.method
    if not method:
        method = (
            "shared-credentials-file" if context.profiles.place_of_option(context.find_profile_with(_KEY), _KEY) else ""
        )
    return _EXPLAINERS[method](context, reason) if method in _EXPLAINERS else None


def describe_rejection(code: str) -> str:
    """Return the meaning of AWS's error code for the credentials, as the end of a sentence."""
    if code in _WRONG_SECRET_CODES:
        return "AWS refuses their signature: the secret does not belong to the key id, or this machine's clock is wrong"
    if code in _LATE_CODES:
        return "AWS refuses their signature as too old: check the clock of this machine"
    return "they have expired" if code.startswith("ExpiredToken") else f"AWS does not know them ({code})"


def _explain_environment(context: ProfileContext, reason: str) -> ProblemText:
    alias = context.environ.get("RECONCILE_ALIAS")
    detail = f"They belong to the alias {alias}." if alias else ""
    hint = (
        f"Leave this shell with `exit`, or assume {alias} again."
        if alias
        else f"Set new ones, or use a profile: {_UNSET_COMMAND}"
    )
    return ProblemText(f"The credentials in the environment (AWS_ACCESS_KEY_ID) do not work: {reason}.", detail, hint)


def _explain_keys(context: ProfileContext, reason: str) -> ProblemText:
    name = context.find_profile_with(_KEY)
    place = context.line_of(name, _KEY)
    others = (option for option in _SHADOWED_BY_KEYS if context.profiles.place_of_option(name, option))
    other = next(others, None)
    if other is not None:
        detail = f"The profile has {other}, too, but its access key takes precedence."
        hint = f"To use {other}, delete the lines {_KEY}, {_SECRET} and {_TOKEN}."
    elif context.profiles.place_of_option(name, _TOKEN):
        detail = f"They are temporary: the profile has {_TOKEN}."
        hint = f"Get new ones from the tool that wrote them, or sign in: {context.format_command('login', name)}"
    else:
        detail, hint = "", f"Set a key that works: {context.format_command('configure', name)}"
    return context.make_text(
        f"the keys of {context.describe_profile(name, _KEY)} do not work: {reason}.", detail, hint, place
    )


def _make_sign_in_explainer(words: str, *options: str) -> Explainer:
    def explain(context: ProfileContext, reason: str) -> ProblemText:
        name = context.find_profile_with(*options)
        hint = f"Sign in again: {context.format_command(words, name)}"
        description = context.describe_profile(name, *options)
        return context.make_text(
            f"the credentials of {description} do not work: {reason}.", "", hint, context.line_of(name, *options)
        )

    return explain


def _explain_program(context: ProfileContext, reason: str) -> ProblemText:
    name = context.find_profile_with("credential_process")
    return context.make_text(
        f"the credentials from the credential_process of {context.describe_profile(name, 'credential_process')} "
        f"do not work: {reason}.",
        hint=f"Check them: {context.format_command('sts get-caller-identity', name)}",
        place=context.line_of(name, "credential_process"),
    )


def _explain_role(context: ProfileContext, reason: str) -> ProblemText:
    name = context.find_profile_with("role_arn")
    return context.make_text(
        f"the credentials of the role of {context.describe_profile(name, 'role_arn')} do not work: {reason}.",
        hint="Run the command again: it assumes the role anew.",
        place=context.line_of(name, "role_arn"),
    )


_EXPLAINERS: Mapping[str, Explainer] = {
    "env": _explain_environment,
    "shared-credentials-file": _explain_keys,
    "config-file": _explain_keys,
    "sso": _make_sign_in_explainer("sso login", *SSO_OPTIONS),
    "login": _make_sign_in_explainer("login", "login_session"),
    "custom-process": _explain_program,
    "assume-role": _explain_role,
    "assume-role-with-web-identity": _explain_role,
}
"""botocore's method name of a credential provider → its explainer."""


def explain_refused_source(operation: str, reason: str, context: ProfileContext) -> ProblemText | None:
    """Explain that AWS gave no credentials for a profile; None if `operation` gets no credentials.

    reason: the end of the sentence.
    """
    if context.origin.method or operation not in _SOURCE_CALLS:
        return None
    options, summary, words, hint = _SOURCE_CALLS[operation]
    name = context.find_profile_with(*options)
    summary = summary.format(context.describe_profile(name, *options))
    command = context.format_command(words, name)
    return context.make_text(f"{summary}: {reason}", "", hint.format(command), context.line_of(name, *options))


_SOURCE_CALLS: Mapping[str, tuple[tuple[str, ...], str, str, str]] = {
    "AssumeRole": (
        ("role_arn",),
        "{} cannot assume its role",
        "sts get-caller-identity",
        "The role's trust policy or the source profile's policies do not allow it. Check the profile: {}",
    ),
    "AssumeRoleWithWebIdentity": (
        ("web_identity_token_file",),
        "{} cannot assume its role with the token of its file",
        "sts get-caller-identity",
        "Check the token's expiry and audience, and the trust policy of the role. Check the profile: {}",
    ),
    "GetRoleCredentials": (
        SSO_OPTIONS,
        "IAM Identity Center gives no credentials for {}",
        "configure sso",
        "Choose an account and a role that are assigned to you: {}",
    ),
    "CreateOAuth2Token": (("login_session",), "AWS did not renew `aws login` for {}", "login", "Sign in again: {}"),
}
"""Call by which botocore gets credentials → (options, summary, words of an AWS CLI command, hint)."""

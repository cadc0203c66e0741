"""AWS's refusals of credentials → whose they are, on which line they stand, and what makes new ones.

Two kinds of answers: to a call that the credentials signed (dead or expired), and to the calls by which botocore gets
credentials for a profile (`role_arn`, single sign-on, a web identity, `aws login`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.aws.profile_context import SSO_OPTIONS, ProblemText, ProfileContext

_KEY, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_UNSET_COMMAND = "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION`"
_SHADOWED_BY_KEYS = ("login_session", "credential_process", *SSO_OPTIONS)
"""Settings that a person may have added later, while the keys in the credentials file still come first."""

_WRONG_SECRET_CODES = ("SignatureDoesNotMatch", "InvalidSignatureException")
_LATE_CODES = ("RequestExpired",)

Explainer = Callable[[ProfileContext, str], ProblemText]


def explain_dead_credentials(context: ProfileContext, reason: str) -> ProblemText | None:
    """Return whose credentials AWS refuses; `reason` ends the sentence. None where no profile is behind them."""
    method = context.origin.method
    if not method:
        method = (
            "shared-credentials-file" if context.profiles.place_of_option(context.find_profile_with(_KEY), _KEY) else ""
        )
    return _EXPLAINERS[method](context, reason) if method in _EXPLAINERS else None


def describe_rejection(code: str) -> str:
    """Return what is wrong with credentials that AWS answers with a code, as the end of a sentence."""
    if code in _WRONG_SECRET_CODES:
        return "AWS refuses their signature: the secret is not that of the key id, or this machine's clock is wrong"
    if code in _LATE_CODES:
        return "AWS refuses their signature as too old: look at the clock of this machine"
    return "they have expired" if code.startswith("ExpiredToken") else f"AWS does not know them ({code})"


def _explain_environment(context: ProfileContext, reason: str) -> ProblemText:
    alias = context.environ.get("RECONCILE_ALIAS")
    detail = f"They are those of the alias {alias}." if alias else ""
    hint = (
        "Leave this shell with `exit`, or assume it again."
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
        detail = f"The profile has {other} as well, but its access key comes first."
        hint = f"Delete the lines {_KEY}, {_SECRET} and {_TOKEN}, if {other} is what you mean to use."
    elif context.profiles.place_of_option(name, _TOKEN):
        detail = f"They are temporary: {_TOKEN} stands beside them."
        hint = f"Get new ones from where these came, or sign in: {context.format_command('login', name)}"
    else:
        detail, hint = "", f"Write a key that works: {context.format_command('configure', name)}"
    return context.make_text(
        f"the keys of {context.describe_profile(name, _KEY)} do not work: {reason}.", detail, hint, place
    )


def _make_sign_in_explainer(words: str, *options: str) -> Explainer:
    def explain(context: ProfileContext, reason: str) -> ProblemText:
        name = context.find_profile_with(*options)
        hint = f"Sign in again: {context.format_command(words, name)}"
        shown = context.describe_profile(name, *options)
        return context.make_text(
            f"the credentials of {shown} do not work: {reason}.", "", hint, context.line_of(name, *options)
        )

    return explain


def _explain_program(context: ProfileContext, reason: str) -> ProblemText:
    name = context.find_profile_with("credential_process")
    return context.make_text(
        "the credentials that the credential_process of "
        f"{context.describe_profile(name, 'credential_process')} gives do not "
        f"work: {reason}.",
        hint=f"See it: {context.format_command('sts get-caller-identity', name)}",
        place=context.line_of(name, "credential_process"),
    )


def _explain_role(context: ProfileContext, reason: str) -> ProblemText:
    name = context.find_profile_with("role_arn")
    return context.make_text(
        f"the credentials of the role of {context.describe_profile(name, 'role_arn')} do not work: {reason}.",
        hint="Run the command again: the role is then assumed anew.",
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
"""botocore's method of a provider → what is behind it."""


def explain_refused_source(operation: str, reason: str, context: ProfileContext) -> ProblemText | None:
    """Return that AWS gave no credentials for a profile; `reason`: why, the end of a sentence. None: another call."""
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
        "Its trust policy, or the policies of the source profile, do not allow it. See also: {}",
    ),
    "AssumeRoleWithWebIdentity": (
        ("web_identity_token_file",),
        "{} cannot assume its role with the token of its file",
        "sts get-caller-identity",
        "Look at the token's end and audience, and at the trust policy of the role. See also: {}",
    ),
    "GetRoleCredentials": (
        SSO_OPTIONS,
        "IAM Identity Center gives no credentials for {}",
        "configure sso",
        "Choose an account and a role that are assigned to you: {}",
    ),
    "CreateOAuth2Token": (("login_session",), "AWS did not renew `aws login` for {}", "login", "Sign in again: {}"),
}
"""The call by which botocore gets credentials → options, what happened, and words of a command for the next step."""

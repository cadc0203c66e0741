"""Explain the errors of botocore's credential providers: the profile, the line in its file, and how to fix it.

`_EXPLAINERS` has a row for each type that `botocore.credentials`, `botocore.tokens` and `botocore.configloader` raise.
As in `aws/library_errors.py`, an exception's own text is never shown, only names, lines and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from botocore.exceptions import (
    BotoCoreError,
    ConfigNotFound,
    ConfigParseError,
    CredentialRetrievalError,
    InfiniteLoopConfigError,
    InvalidConfigError,
    InvalidIMDSEndpointError,
    LoginAuthorizationCodeError,
    LoginError,
    LoginInsufficientPermissions,
    LoginRefreshRequired,
    LoginTokenLoadError,
    MetadataRetrievalError,
    MissingDependencyException,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
    UnknownCredentialError,
)

from reconciler.aws.library_errors import CredentialSourceError
from reconciler.aws.profile_context import CREDENTIAL_SETTINGS, SSO_OPTIONS, ProblemText, ProfileContext
from reconciler.aws.profile_settings import explain_setting
from reconciler.files.aws_profiles import find_flaw
from reconciler.files.settings_files import CONFIG, CREDENTIALS
from reconciler.model.sentence import format_list

LOGIN_EXTRA = "`pip install 'reconcile-iam[login]'`"
_KEY, _SECRET = "aws_access_key_id", "aws_secret_access_key"

Explainer = Callable[[ProfileContext, Mapping[str, object]], ProblemText]


def explain_profile_error(error: Exception, context: ProfileContext) -> ProblemText | None:
    """Explain an error by the profile; None if the error is not about a profile."""
    fields = error.kwargs if isinstance(error, BotoCoreError) else {}
    for kind in type(error).__mro__:
        if kind in _EXPLAINERS:
            return _EXPLAINERS[kind](context, fields)
    return None


def _explain_not_found(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    return context.explain_missing(str(fields.get("profile", "")), context.describe_requester())


def _explain_unreadable(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    path = str(fields.get("path", ""))
    flaw = find_flaw(path)
    if flaw is None:
        return context.make_text(
            f"AWS's tools cannot read {path}.",
            hint=f"Check it in an editor, or set {CONFIG[0]} to another file.",
        )
    return context.make_text(
        f"AWS's tools cannot read {path}: {flaw.summary}.", _describe_effect(context), flaw.remedy, flaw.place
    )


def _describe_effect(context: ProfileContext) -> str:
    return f"Until this is fixed, no profile in it works, {context.name} included."


def _explain_no_file(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    variables = " and ".join(variable for variable, _ in (CONFIG, CREDENTIALS))
    return context.make_text(f"There is no file {fields.get('path', '-')}.", hint=f"Check {variables}.")


def _explain_partial_keys(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    provider, lacking = str(fields.get("provider", "")), str(fields.get("cred_var", ""))
    if provider == "env":
        return context.make_text(
            f"AWS_ACCESS_KEY_ID is set in the environment, but {lacking} is not.",
            hint="Set both, or `unset AWS_ACCESS_KEY_ID`.",
        )
    if provider == "assume-role":
        name = context.find_profile_with("role_arn")
        return context.make_text(
            f"{context.describe_profile(name, 'role_arn')} has role_arn, but no source_profile to assume it from.",
            hint=(
                f"Name a profile with credentials: {context.format_command('configure set source_profile NAME', name)}"
            ),
            place=context.line_of(name, "role_arn"),
        )
    name = _find_half_pair(context)
    summary = f"{context.describe_profile(name, _KEY)} has {_KEY}, but no {lacking}."
    elsewhere = context.profiles.place_of_option(name, lacking)
    detail = ""
    if elsewhere is not None:
        detail = f"{lacking} is in {elsewhere.file}:{elsewhere.line}, but AWS's tools read both from one file."
    return context.make_text(
        summary, detail, f"Write both: {context.format_command('configure', name)}", context.line_of(name, _KEY)
    )


def _find_half_pair(context: ProfileContext) -> str:
    """Return the first profile along `source_profile` whose file has the key id without its secret."""
    for name in context.profiles.source_chain_of(context.name):
        for file in context.profiles.files:
            if file.find_setting(name, _KEY) and not file.find_setting(name, _SECRET):
                return name
    return context.find_profile_with(_KEY)


def _explain_no_credentials(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    name = context.name
    if name in context.profiles.names:
        return context.make_text(
            f"{context.describe_profile(name)} has no credentials.",
            f"It has none of these: {CREDENTIAL_SETTINGS}. {context.describe_requester()}".strip(),
            f"Add them with {context.format_command('login', name)}, {context.format_command('configure sso', name)} "
            f"or {context.format_command('configure', name)}.",
            context.line_of(name),
        )
    if (
        context.describe_requester()
        or context.origin.profile is not None
        or context.profiles.find_misspelt_header(name) is not None
    ):
        return context.explain_missing(name, context.describe_requester())
    others = context.profiles.names
    return context.make_text(
        "No AWS credentials were found: no AWS_ACCESS_KEY_ID in the environment, and no profile default in "
        f"{context.profiles.config.path} and {context.profiles.credentials.path}.",
        f"These profiles exist: {format_list(others, 5)}." if others else "",
        "Pass --profile NAME, or set AWS_PROFILE." if others else "Sign in: `aws login`, or `aws configure sso`.",
    )


def _explain_loop(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    chain = context.profiles.source_chain_of(context.name)
    last = chain[-2] if len(chain) > 1 else context.name
    place = context.line_of(last, "source_profile")
    return context.make_text(
        f"These profiles form a circle through `source_profile`: {' → '.join(chain)}.",
        f"The last `source_profile` is in {place.file}:{place.line}." if place else "",
        f"Name a profile with credentials there: {context.format_command('configure set source_profile NAME', last)}",
        place,
    )


def _make_sso_explainer(summary: str) -> Explainer:
    def explain(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
        name = context.find_profile_with(*SSO_OPTIONS)
        hint = f"Sign in again: {context.format_command('sso login', name)}"
        return context.make_text(
            summary.format(context.describe_profile(name, *SSO_OPTIONS)), "", hint, context.line_of(name, *SSO_OPTIONS)
        )

    return explain


def _make_login_explainer(summary: str, hint: str = "Sign in again: {}") -> Explainer:
    def explain(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
        name = context.find_profile_with("login_session")
        place = context.line_of(name, "login_session")
        description = context.describe_profile(name, "login_session")
        return context.make_text(
            summary.format(description), "", hint.format(context.format_command("login", name)), place
        )

    return explain


def _explain_program_failure(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    provider = str(fields.get("provider", ""))
    if provider in ("Environment", "Ec2InstanceMetadata", "EcsContainer"):
        name = context.find_profile_with("credential_source")
        return context.make_text(
            f"credential_source = {provider} of "
            f"{context.describe_profile(name, 'credential_source')} gave no credentials.",
            hint="It works only on a machine or in a container with a role; Environment needs the AWS_* variables.",
            place=context.line_of(name, "credential_source"),
        )
    if provider != "custom-process":
        return _explain_machine_role(context, fields)
    name = context.find_profile_with("credential_process")
    return context.make_text(
        f"The credential_process of {context.describe_profile(name, 'credential_process')} failed.",
        "Its output is not shown: it may hold a secret.",
        f"See its output: {context.format_command('sts get-caller-identity', name)}",
        context.line_of(name, "credential_process"),
    )


def _explain_source_failure(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    name = context.find_profile_with("credential_process", "web_identity_token_file", *SSO_OPTIONS, "login_session")
    for option, explain in _CACHED_LOGINS.items():
        if context.profiles.place_of_option(name, option):
            return explain(context, fields)
    options = ("credential_process", "web_identity_token_file")
    return context.make_text(
        f"The program or file with the credentials of {context.describe_profile(name, *options)} failed: "
        f"{fields.get('provider', '-')}.",
        hint=f"See its output: {context.format_command('sts get-caller-identity', name)}",
        place=context.line_of(name, *options),
    )


def _explain_unreadable_login(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    if fields.get("lacks") in _AWSCRT_NAMES:
        return _EXPLAINERS[MissingDependencyException](context, fields)
    return _make_login_explainer("The cached session of `aws login` for {} cannot be read.")(context, fields)


_CACHED_LOGINS: Mapping[str, Explainer] = {
    "login_session": _explain_unreadable_login,
    **dict.fromkeys(SSO_OPTIONS, _make_sso_explainer("The cached single sign-on of {} cannot be read.")),
}
_AWSCRT_NAMES = ("decode_der_signature_to_padded_pair", "new_key_from_der_data")
"""The functions of awscrt that botocore's sign-in uses and old versions lack."""


def _explain_machine_role(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    return context.make_text(
        "The machine or container that runs reconcile gave no credentials.",
        hint="Check its role, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_EC2_METADATA_SERVICE_ENDPOINT; "
        "or pass --profile.",
    )


def _explain_mfa_needed(context: ProfileContext, fields: Mapping[str, object]) -> ProblemText:
    name = context.find_profile_with("mfa_serial")
    return context.make_text(
        f"The credentials of {context.describe_profile(name, 'mfa_serial')} have expired, and need an MFA code.",
        hint="Run the command again and enter a new MFA code.",
        place=context.line_of(name, "mfa_serial"),
    )


_ALLOW_LOGIN = "Ask an administrator to attach AWS's policy SignInLocalDevelopmentAccess to you; then run {}"
"""AWS CLI User Guide, "Login for AWS local development using console credentials"."""

_EXPLAINERS: Mapping[type[Exception], Explainer] = {
    ProfileNotFound: _explain_not_found,
    ConfigParseError: _explain_unreadable,
    ConfigNotFound: _explain_no_file,
    PartialCredentialsError: _explain_partial_keys,
    NoCredentialsError: _explain_no_credentials,
    InvalidConfigError: explain_setting,
    InfiniteLoopConfigError: _explain_loop,
    UnauthorizedSSOTokenError: _make_sso_explainer("The single sign-on of {} has expired."),
    SSOTokenLoadError: _make_sso_explainer("Nobody is signed in for {}."),
    TokenRetrievalError: _make_sso_explainer("The single sign-on of {} has expired, and could not be renewed."),
    SSOError: _make_sso_explainer("The single sign-on of {} cannot be used."),
    LoginRefreshRequired: _make_login_explainer(
        "The session of `aws login` for {} has ended, or the password was changed."
    ),
    LoginTokenLoadError: _make_login_explainer("There is no usable session of `aws login` for {}."),
    LoginInsufficientPermissions: _make_login_explainer(
        "`aws login` for {} needs signin:CreateOAuth2Token.", _ALLOW_LOGIN
    ),
    LoginAuthorizationCodeError: _make_login_explainer("`aws login` for {} was not finished."),
    LoginError: _make_login_explainer("AWS did not renew the session of `aws login` for {}."),
    MissingDependencyException: _make_login_explainer(
        "{} signs in with `aws login`, but awscrt, which botocore needs for that, is not installed.",
        f"Install it: {LOGIN_EXTRA}",
    ),
    CredentialSourceError: _explain_source_failure,
    CredentialRetrievalError: _explain_program_failure,
    MetadataRetrievalError: _explain_machine_role,
    InvalidIMDSEndpointError: _explain_machine_role,
    UnknownCredentialError: explain_setting,
    RefreshWithMFAUnsupportedError: _explain_mfa_needed,
}

"""Errors of botocore's ways to credentials → what is wrong with which profile, on which line, and what mends it.

One row for each type that `botocore.credentials`, `botocore.tokens` and `botocore.configloader` raise. As in
`aws/library_errors.py`, an exception's own text is never shown: what is told are names, lines and commands.
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

from reconciler.aws.about_profile import SSO, WAYS, About, Told
from reconciler.aws.library_errors import CredentialSourceError
from reconciler.aws.profile_settings import explain_setting
from reconciler.files.aws_profiles import CONFIG, CREDENTIALS, find_flaw
from reconciler.model.sentence import listed

LOGIN_EXTRA = "`pip install 'reconcile-iam[login]'`"
_KEY, _SECRET = "aws_access_key_id", "aws_secret_access_key"

Explain = Callable[[About, Mapping[str, object]], Told]


def explain_profile_error(error: Exception, about: About) -> Told | None:
    """Return what the error says of a profile; None for one that says nothing of any."""
    fields = error.kwargs if isinstance(error, BotoCoreError) else {}
    for kind in type(error).__mro__:
        if kind in _TABLE:
            return _TABLE[kind](about, fields)
    return None


def _not_found(about: About, fields: Mapping[str, object]) -> Told:
    return about.missing(str(fields.get("profile", "")), about.asked_by())


def _unreadable(about: About, fields: Mapping[str, object]) -> Told:
    path = str(fields.get("path", ""))
    flaw = find_flaw(path)
    if flaw is None:
        return about.told(f"AWS's tools cannot read {path}.", hint="Look at it in an editor, or let another be read.")
    return about.told(f"AWS's tools cannot read {path}: {flaw.what}.", _for(about), flaw.remedy, flaw.place)


def _for(about: About) -> str:
    return f"Until that is mended no profile in it works, {about.name} included."


def _no_file(about: About, fields: Mapping[str, object]) -> Told:
    variables = " and ".join(variable for variable, _ in (CONFIG, CREDENTIALS))
    return about.told(f"There is no file {fields.get('path', '-')}.", hint=f"Check {variables}.")


def _partial(about: About, fields: Mapping[str, object]) -> Told:
    provider, lacking = str(fields.get("provider", "")), str(fields.get("cred_var", ""))
    if provider == "env":
        return about.told(
            f"AWS_ACCESS_KEY_ID is set in the environment, and {lacking} is not.",
            hint="Set both, or `unset AWS_ACCESS_KEY_ID`.",
        )
    if provider == "assume-role":
        name = about.holder("role_arn")
        return about.told(
            f"{about.profile(name, 'role_arn')} has role_arn, and nothing says whose credentials assume it.",
            hint=f"Name a profile with credentials: {about.command('configure set source_profile NAME', name)}",
            place=about.line_of(name, "role_arn"),
        )
    name = _half_a_pair(about)
    summary = f"{about.profile(name, _KEY)} has {_KEY}, and no {lacking} beside it."
    elsewhere = about.profiles.place_of_option(name, lacking)
    detail = ""
    if elsewhere is not None:
        detail = f"{lacking} stands in {elsewhere.file}:{elsewhere.line}: AWS's tools take both from one file."
    return about.told(summary, detail, f"Write both: {about.command('configure', name)}", about.line_of(name, _KEY))


def _half_a_pair(about: About) -> str:
    """Return the profile on the way whose file has one of the two keys, and not the other."""
    for name in about.profiles.chain(about.name):
        for file in about.profiles.files:
            if file.setting(name, _KEY) and not file.setting(name, _SECRET):
                return name
    return about.holder(_KEY)


def _no_credentials(about: About, fields: Mapping[str, object]) -> Told:
    name = about.name
    if name in about.profiles.names:
        return about.told(
            f"{about.profile(name)} says nothing of credentials.",
            f"It has none of these: {WAYS}. {about.asked_by()}".strip(),
            f"{about.command('login', name)}, {about.command('configure sso', name)} or "
            f"{about.command('configure', name)} adds them.",
            about.line_of(name),
        )
    if about.asked_by() or about.origin.profile is not None or about.profiles.misspelt(name) is not None:
        return about.missing(name, about.asked_by())
    others = about.profiles.names
    return about.told(
        "No AWS credentials were found: no AWS_ACCESS_KEY_ID in the environment, and no profile default in "
        f"{about.profiles.config.path} and {about.profiles.credentials.path}.",
        f"There are the profiles {listed(others, 5)}." if others else "",
        "Pass --profile NAME, or set AWS_PROFILE." if others else "Sign in: `aws login`, or `aws configure sso`.",
    )


def _loop(about: About, fields: Mapping[str, object]) -> Told:
    chain = about.profiles.chain(about.name)
    last = chain[-2] if len(chain) > 1 else about.name
    place = about.line_of(last, "source_profile")
    return about.told(
        f"Profiles lead back to themselves by `source_profile`: {' → '.join(chain)}.",
        f"The last step is in {place.file}:{place.line}." if place else "",
        f"Name a profile with credentials there: {about.command('configure set source_profile NAME', last)}",
        place,
    )


def _sso(summary: str) -> Explain:
    def tell(about: About, fields: Mapping[str, object]) -> Told:
        name = about.holder(*SSO)
        hint = f"Sign in again: {about.command('sso login', name)}"
        return about.told(summary.format(about.profile(name, *SSO)), "", hint, about.line_of(name, *SSO))

    return tell


def _login(summary: str, hint: str = "Sign in again: {}") -> Explain:
    def tell(about: About, fields: Mapping[str, object]) -> Told:
        name = about.holder("login_session")
        place = about.line_of(name, "login_session")
        shown = about.profile(name, "login_session")
        return about.told(summary.format(shown), "", hint.format(about.command("login", name)), place)

    return tell


def _program_failed(about: About, fields: Mapping[str, object]) -> Told:
    provider = str(fields.get("provider", ""))
    if provider in ("Environment", "Ec2InstanceMetadata", "EcsContainer"):
        name = about.holder("credential_source")
        return about.told(
            f"credential_source = {provider} of {about.profile(name, 'credential_source')} gave no credentials.",
            hint="It works only on a machine, or in a container, that has a role; Environment needs the AWS_* keys.",
            place=about.line_of(name, "credential_source"),
        )
    if provider != "custom-process":
        return _elsewhere(about, fields)
    name = about.holder("credential_process")
    return about.told(
        f"The credential_process of {about.profile(name, 'credential_process')} failed.",
        "What it said is not shown: it may hold a secret.",
        f"See it: {about.command('sts get-caller-identity', name)}",
        about.line_of(name, "credential_process"),
    )


def _source_failed(about: About, fields: Mapping[str, object]) -> Told:
    name = about.holder("credential_process", "web_identity_token_file", *SSO, "login_session")
    for option, explain in _KEPT.items():
        if about.profiles.place_of_option(name, option):
            return explain(about, fields)
    options = ("credential_process", "web_identity_token_file")
    return about.told(
        f"The program or file that {about.profile(name, *options)} takes its credentials from failed: "
        f"{fields.get('provider', '-')}.",
        hint=f"See it: {about.command('sts get-caller-identity', name)}",
        place=about.line_of(name, *options),
    )


def _login_unreadable(about: About, fields: Mapping[str, object]) -> Told:
    if fields.get("lacks") in _OF_AWSCRT:
        return _TABLE[MissingDependencyException](about, fields)
    return _login("What is kept of `aws login` for {} cannot be read.")(about, fields)


_KEPT: Mapping[str, Explain] = {
    "login_session": _login_unreadable,
    **dict.fromkeys(SSO, _sso("What is kept of the single sign-on of {} cannot be read.")),
}
_OF_AWSCRT = ("decode_der_signature_to_padded_pair", "new_key_from_der_data")
"""The parts of awscrt that botocore's sign-in uses, and that old versions lack."""


def _elsewhere(about: About, fields: Mapping[str, object]) -> Told:
    return about.told(
        "The machine or container that reconcile runs on gave no credentials.",
        hint="Check its role, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_EC2_METADATA_SERVICE_ENDPOINT; "
        "or pass --profile.",
    )


def _code_needed(about: About, fields: Mapping[str, object]) -> Told:
    name = about.holder("mfa_serial")
    return about.told(
        f"The credentials of {about.profile(name, 'mfa_serial')} have ended, and new ones need an MFA code.",
        hint="Run the command again, and give a new code.",
        place=about.line_of(name, "mfa_serial"),
    )


_ALLOW_LOGIN = "Have an administrator attach AWS's policy SignInLocalDevelopmentAccess to you; then {}"
"""AWS CLI User Guide, "Login for AWS local development using console credentials"."""

_TABLE: Mapping[type[Exception], Explain] = {
    ProfileNotFound: _not_found,
    ConfigParseError: _unreadable,
    ConfigNotFound: _no_file,
    PartialCredentialsError: _partial,
    NoCredentialsError: _no_credentials,
    InvalidConfigError: explain_setting,
    InfiniteLoopConfigError: _loop,
    UnauthorizedSSOTokenError: _sso("The single sign-on of {} has expired."),
    SSOTokenLoadError: _sso("Nobody is signed in for {}."),
    TokenRetrievalError: _sso("The single sign-on of {} has expired, and could not be renewed."),
    SSOError: _sso("The single sign-on of {} cannot be used."),
    LoginRefreshRequired: _login("The session of `aws login` of {} has ended, or its password was changed."),
    LoginTokenLoadError: _login("There is no session of `aws login` for {} that can be used."),
    LoginInsufficientPermissions: _login("`aws login` for {} needs signin:CreateOAuth2Token.", _ALLOW_LOGIN),
    LoginAuthorizationCodeError: _login("`aws login` for {} was not finished."),
    LoginError: _login("AWS did not renew the session of `aws login` of {}."),
    MissingDependencyException: _login(
        "{} signs in with `aws login`, and the part of botocore for that (awscrt) is not installed.",
        f"Install it: {LOGIN_EXTRA}",
    ),
    CredentialSourceError: _source_failed,
    CredentialRetrievalError: _program_failed,
    MetadataRetrievalError: _elsewhere,
    InvalidIMDSEndpointError: _elsewhere,
    UnknownCredentialError: explain_setting,
    RefreshWithMFAUnsupportedError: _code_needed,
}

"""AWS's refusals of credentials → whose they are, on which line they stand, and what makes new ones.

Two kinds of answers: to a call that the credentials signed (dead or expired), and to the calls by which botocore gets
credentials for a profile (`role_arn`, single sign-on, a web identity, `aws login`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.aws.about_profile import SSO, About, Told

_KEY, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_FORGET = "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION`"
_AHEAD_OF_KEYS = ("login_session", "credential_process", *SSO)
"""Settings that a person may have added later, while the keys in the credentials file still come first."""

_WRONG_SECRET = ("SignatureDoesNotMatch", "InvalidSignatureException")
_LATE = ("RequestExpired",)

Explain = Callable[[About, str], Told]


def explain_dead_credentials(about: About, what: str) -> Told | None:
    """Return whose credentials AWS refuses; `what` ends the sentence. None where no profile is behind them."""
    method = about.origin.method
    if not method:
        method = "shared-credentials-file" if about.profiles.place_of_option(about.holder(_KEY), _KEY) else ""
    return _DEAD[method](about, what) if method in _DEAD else None


def dead_words(code: str) -> str:
    """Return what is wrong with credentials that AWS answers with a code, as the end of a sentence."""
    if code in _WRONG_SECRET:
        return "AWS refuses their signature: the secret is not that of the key id, or this machine's clock is wrong"
    if code in _LATE:
        return "AWS refuses their signature as too old: look at the clock of this machine"
    return "they have expired" if code.startswith("ExpiredToken") else f"AWS does not know them ({code})"


def _of_environment(about: About, what: str) -> Told:
    alias = about.environ.get("RECONCILE_ALIAS")
    detail = f"They are those of the alias {alias}." if alias else ""
    hint = (
        "Leave this shell with `exit`, or assume it again." if alias else f"Set new ones, or use a profile: {_FORGET}"
    )
    return Told(f"The credentials in the environment (AWS_ACCESS_KEY_ID) do not work: {what}.", detail, hint)


def _of_keys(about: About, what: str) -> Told:
    name = about.holder(_KEY)
    place = about.line_of(name, _KEY)
    others = (option for option in _AHEAD_OF_KEYS if about.profiles.place_of_option(name, option))
    other = next(others, None)
    if other is not None:
        detail = f"The profile has {other} as well, but its access key comes first."
        hint = f"Delete the lines {_KEY}, {_SECRET} and {_TOKEN}, if {other} is what you mean to use."
    elif about.profiles.place_of_option(name, _TOKEN):
        detail = f"They are temporary: {_TOKEN} stands beside them."
        hint = f"Get new ones from where these came, or sign in: {about.command('login', name)}"
    else:
        detail, hint = "", f"Write a key that works: {about.command('configure', name)}"
    return about.told(f"the keys of {about.profile(name, _KEY)} do not work: {what}.", detail, hint, place)


def _of_sign_in(words: str, *options: str) -> Explain:
    def tell(about: About, what: str) -> Told:
        name = about.holder(*options)
        hint = f"Sign in again: {about.command(words, name)}"
        shown = about.profile(name, *options)
        return about.told(f"the credentials of {shown} do not work: {what}.", "", hint, about.line_of(name, *options))

    return tell


def _of_program(about: About, what: str) -> Told:
    name = about.holder("credential_process")
    return about.told(
        f"the credentials that the credential_process of {about.profile(name, 'credential_process')} gives do not "
        f"work: {what}.",
        hint=f"See it: {about.command('sts get-caller-identity', name)}",
        place=about.line_of(name, "credential_process"),
    )


def _of_role(about: About, what: str) -> Told:
    name = about.holder("role_arn")
    return about.told(
        f"the credentials of the role of {about.profile(name, 'role_arn')} do not work: {what}.",
        hint="Run the command again: the role is then assumed anew.",
        place=about.line_of(name, "role_arn"),
    )


_DEAD: Mapping[str, Explain] = {
    "env": _of_environment,
    "shared-credentials-file": _of_keys,
    "config-file": _of_keys,
    "sso": _of_sign_in("sso login", *SSO),
    "login": _of_sign_in("login", "login_session"),
    "custom-process": _of_program,
    "assume-role": _of_role,
    "assume-role-with-web-identity": _of_role,
}
"""botocore's method of a provider → what is behind it."""


def explain_refused_source(operation: str, said: str, about: About) -> Told | None:
    """Return that AWS gave no credentials for a profile; `said`: why, the end of a sentence. None: another call."""
    if about.origin.method or operation not in _SOURCES:
        return None
    options, summary, words, hint = _SOURCES[operation]
    name = about.holder(*options)
    summary = summary.format(about.profile(name, *options))
    command = about.command(words, name)
    return about.told(f"{summary}: {said}", "", hint.format(command), about.line_of(name, *options))


_SOURCES: Mapping[str, tuple[tuple[str, ...], str, str, str]] = {
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
        SSO,
        "IAM Identity Center gives no credentials for {}",
        "configure sso",
        "Choose an account and a role that are assigned to you: {}",
    ),
    "CreateOAuth2Token": (("login_session",), "AWS did not renew `aws login` for {}", "login", "Sign in again: {}"),
}
"""The call by which botocore gets credentials → options, what happened, and words of a command for the next step."""

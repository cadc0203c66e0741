"""Missing, broken and expired profiles: each message has the profile, the line and the command, and no secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import botocore.credentials
import botocore.tokens
import pytest
from botocore.exceptions import (
    LoginError,
    LoginInsufficientPermissions,
    LoginRefreshRequired,
    MetadataRetrievalError,
    RefreshWithMFAUnsupportedError,
    TokenRetrievalError,
    UnknownCredentialError,
)

from reconciler.aws.sts import SourceCredentials
from reconciler.model.problem import Place, Problem, ReconcileError
from tests.support.raw_server import RawServer, build_http, send_bytes, serve_raw

SECRET = "PLANTED/secret+value"
KEYS = f"aws_access_key_id = AKIAPLANTED\naws_secret_access_key = {SECRET}\n"
ALIAS = Place("roles.yaml", 12, 5)
SSO_SESSION = "[sso-session corp]\nsso_start_url = https://corp.example\nsso_region = us-east-1\n"
SSO = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n"
LOGIN = "login_session = arn:aws:iam::123456789012:user/dev\n"
BOM = "\ufeff"


@dataclass(frozen=True)
class Case:
    """What the two files hold, and what the message has; CONFIG and CREDENTIALS stand for their paths."""

    config: str
    credentials: str
    parts: tuple[str, ...]
    profile: str | None = "dev"
    environ: dict[str, str] = field(default_factory=dict)
    line: str = ""
    """Of the problem, where no alias led there: `CONFIG:1`; "" for none."""


CASES = {
    "no such profile": Case(
        f"[profile other]\n{KEYS}",
        "",
        (
            "There is no profile dev in CONFIG and CREDENTIALS.",
            "These profiles exist: other.",
            "`aws configure --profile dev`",
        ),
    ),
    "a profile misspelt": Case(
        f"[profile stagging]\n{KEYS}", "", ("no profile staging", "Did you mean stagging?"), "staging"
    ),
    "a profile of AWS_PROFILE": Case(
        "", "", ("There is no profile ops", "AWS_PROFILE selects it."), None, {"AWS_PROFILE": "ops"}
    ),
    "an empty AWS_PROFILE": Case(
        "", "", ("AWS_PROFILE is set and empty", "`unset AWS_PROFILE`"), None, {"AWS_PROFILE": ""}
    ),
    "no `profile ` in the config file": Case(
        f"# first\n[dev]\n{KEYS}",
        "",
        ("CONFIG:2 has [dev], but in this file the section must be [profile dev].", "Write [profile dev] there."),
        line="CONFIG:2",
    ),
    "`profile ` in the credentials file": Case(
        "",
        f"[profile dev]\n{KEYS}",
        ("CREDENTIALS:1 has [profile dev], but in this file the section must be [dev].", "Write [dev] there."),
        line="CREDENTIALS:1",
    ),
    "capitals": Case(f"[Profile dev]\n{KEYS}", "", ("There is no profile dev",)),
    "a byte order mark in the config file": Case(
        f"{BOM}[profile dev]\n{KEYS}",
        "",
        (
            "AWS's tools cannot read CONFIG: it begins with a byte order mark",
            "`perl -pi -e 's/^\\xef\\xbb\\xbf//' 'CONFIG",
        ),
        line="CONFIG:1",
    ),
    "a byte order mark in the credentials file": Case(
        "", f"{BOM}# keys\n[dev]\n{KEYS}", ("cannot read CREDENTIALS: it begins with",), line="CREDENTIALS:1"
    ),
    "a section twice": Case(
        "",
        f"[dev]\n{KEYS}\n[dev]\n{KEYS}",
        ("cannot read CREDENTIALS: the section [dev] is there twice, on lines 1 and 5", "dev included", "rename one"),
        line="CREDENTIALS:5",
    ),
    "an option twice": Case(
        f"[profile dev]\n{KEYS}aws_secret_access_key = {SECRET}\n",
        "",
        ("line 4 of [profile dev] sets a second time what an earlier line sets", "Delete one of the two lines."),
        line="CONFIG:4",
    ),
    "keys above every section": Case(
        "", KEYS, ("line 1 stands above every section", "`[default]`"), line="CREDENTIALS:1"
    ),
    "a line that is nothing": Case(
        f"[profile dev]\n{KEYS}{SECRET}\n", "", ("line 4 is not `name = value`",), line="CONFIG:4"
    ),
    "a block that is none": Case(
        f"[profile dev]\ns3 =\n  {SECRET}\n", "", ("in the indented block below line 2",), line="CONFIG:2"
    ),
    "half a pair of keys": Case(
        "",
        "[dev]\naws_access_key_id = AKIAPLANTED\n",
        (
            "The profile dev (CREDENTIALS:2) has aws_access_key_id, but no aws_secret_access_key.",
            "`aws configure --profile dev`",
        ),
        line="CREDENTIALS:2",
    ),
    "a pair of keys in two files": Case(
        f"[profile dev]\naws_secret_access_key = {SECRET}\n",
        "[dev]\naws_access_key_id = AKIAPLANTED\n",
        ("aws_secret_access_key is in CONFIG:2, but AWS's tools read both from one file.",),
        line="CREDENTIALS:2",
    ),
    "a key in the environment without its secret": Case(
        "",
        "",
        ("AWS_ACCESS_KEY_ID is set in the environment, but AWS_SECRET_ACCESS_KEY is not.", "`unset AWS_ACCESS_KEY_ID`"),
        None,
        {"AWS_ACCESS_KEY_ID": "AKIAPLANTED"},
    ),
    "a profile without credentials": Case(
        "[profile dev]\nregion = eu-central-1\n",
        "",
        ("The profile dev (CONFIG:1) has no credentials.", "`aws login --profile dev`"),
        line="CONFIG:1",
    ),
    "nothing at all": Case("", "", ("No AWS credentials were found: no AWS_ACCESS_KEY_ID", "`aws login`"), None),
    "nothing, and other profiles": Case(
        f"[profile dev]\n{KEYS}", "", ("no profile default", "These profiles exist: dev.", "--profile NAME"), None
    ),
    "a default that is none": Case(
        "", f"[profile default]\n{KEYS}", ("CREDENTIALS:1 has [profile default]", "Write [default] there."), None
    ),
    "a role without source": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\n",
        "",
        ("has role_arn, but no source_profile", "`aws configure set source_profile NAME --profile dev`"),
        line="CONFIG:2",
    ),
    "a source that is not there": Case(
        f"[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bas\n[profile base]\n{KEYS}",
        "",
        (
            "There is no profile bas",
            "`source_profile` of the profile dev (CONFIG:3) selects it.",
            "Did you mean base?",
        ),
        line="CONFIG:3",
    ),
    "a source without credentials": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
        "[profile base]\nregion = x\n",
        "",
        ("The profile base (CONFIG:4, source of dev) has no credentials.", "`aws login --profile base`"),
        line="CONFIG:4",
    ),
    "sources in a circle": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\n"
        "[profile b]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = dev\n",
        "",
        ("These profiles form a circle through `source_profile`: dev → b → dev.", "CONFIG:6", "--profile b`"),
        line="CONFIG:6",
    ),
    "two sources": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\n"
        "credential_source = Environment\n",
        "",
        ("The profile dev (CONFIG:4) has both source_profile and credential_source.",),
        line="CONFIG:4",
    ),
    "a credential_source that is none": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Env\n",
        "",
        ("credential_source = Env of the profile dev (CONFIG:3)", "Write Environment,"),
        line="CONFIG:3",
    ),
    "a credential_source that has nothing": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n",
        "",
        ("credential_source = Environment of the profile dev (CONFIG:3) gave no credentials.",),
        line="CONFIG:3",
    ),
    "a token without role": Case(
        "[profile dev]\nweb_identity_token_file = /tmp/x\n",
        "",
        ("(CONFIG:2)", "no role to assume with it"),
        line="CONFIG:2",
    ),
    "a token file that is not there": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /nowhere/x\n",
        "",
        ("with the credentials of the profile dev (CONFIG:3) failed: no such file or directory.",),
        line="CONFIG:3",
    ),
    "a process that fails": Case(
        f"[profile dev]\ncredential_process = sh -c 'echo {SECRET} >&2; exit 1'\n",
        "",
        (
            "The credential_process of the profile dev (CONFIG:2) failed.",
            "not shown",
            "`aws sts get-caller-identity --profile dev`",
        ),
        line="CONFIG:2",
    ),
    "a process that is not there": Case(
        "[profile dev]\ncredential_process = /nowhere/x\n",
        "",
        ("(CONFIG:2)", "no such file or directory"),
        line="CONFIG:2",
    ),
    "never signed in": Case(
        f"[profile dev]\n{SSO}{SSO_SESSION}",
        "",
        ("Nobody is signed in for the profile dev (CONFIG:2).", "Sign in again: `aws sso login --profile dev`"),
        line="CONFIG:2",
    ),
    "never signed in, behind a role": Case(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = my sso\n"
        f'[profile "my sso"]\n{SSO}{SSO_SESSION}',
        "",
        ("the profile my sso (CONFIG:5, source of dev)", "`aws sso login --profile 'my sso'`"),
        line="CONFIG:5",
    ),
    "no such sso-session": Case(
        f"[profile dev]\n{SSO}",
        "",
        ("names the sso-session corp", "CONFIG has no section [sso-session corp]"),
        line="CONFIG:2",
    ),
    "single sign-on without a role": Case(
        f"[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\n{SSO_SESSION}",
        "",
        ("lacks sso_role_name", "`aws configure sso --profile dev`"),
        line="CONFIG:2",
    ),
    "single sign-on that differs": Case(
        f"[profile dev]\n{SSO}sso_region = eu-central-1\n{SSO_SESSION}",
        "",
        ("have different values of sso_region", "Delete the line sso_region"),
        line="CONFIG:5",
    ),
    "`aws login` without awscrt": Case(
        f"[profile dev]\n{LOGIN}",
        "",
        ("The profile dev (CONFIG:2) signs in with `aws login`", "`pip install 'reconcile-iam[login]'`"),
        line="CONFIG:2",
    ),
}


class Home:
    def __init__(self, path: Path) -> None:
        self.config, self.credentials = path / "my config", path / "credentials"
        self.environ = {
            "HOME": str(path),
            "PATH": os.environ["PATH"],
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def problem(
        self,
        case: Case,
        place: Place | None = None,
        endpoint_url: str = "http://127.0.0.1:1",
    ) -> Problem:
        self.config.write_text(case.config)
        self.credentials.write_text(case.credentials)
        with patch.dict(os.environ, self.environ | case.environ, clear=True), pytest.raises(ReconcileError) as caught:
            _ = SourceCredentials(case.profile, "us-east-1", "aws", endpoint_url, place).caller
        (problem,) = caught.value.problems
        return problem

    def fill_in(self, text: str) -> str:
        return text.replace("CONFIG", str(self.config)).replace("CREDENTIALS", str(self.credentials))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    cache = str(tmp_path / "sso")
    with (
        patch.object(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", cache),
        patch.object(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", cache),
    ):
        yield Home(tmp_path)


def check(home: Home, case: Case, problem: Problem) -> None:
    assert SECRET not in problem.message
    assert "AKIAPLANTED" not in problem.message
    for part in case.parts:
        assert home.fill_in(part) in problem.message
    assert problem.summary.endswith((".", "`")), problem.summary


@pytest.mark.parametrize("name", CASES)
def test_a_profile_that_gives_no_credentials_is_told_with_line_and_command(home: Home, name: str) -> None:
    case = CASES[name]
    problem = home.problem(case)
    check(home, case, problem)
    place = problem.place
    assert (f"{place.file}:{place.line}" if place else "") == home.fill_in(case.line) or name.startswith("a default")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.profile])
def test_an_alias_that_led_there_is_the_place_and_awss_line_is_in_the_text(home: Home, name: str) -> None:
    case = CASES[name]
    problem = home.problem(case, ALIAS)
    check(home, case, problem)
    assert problem.place == ALIAS
    if case.line:
        path, _, line = home.fill_in(case.line).rpartition(":")
        assert path in problem.message
        assert re.search(rf":{line}\b|\bline {line}\b|lines \d+ and {line}\b|byte order mark", problem.message)


RAISED = {
    "a sign-in that ended": (LoginRefreshRequired(), "has ended", "Sign in again: `aws login --profile dev`"),
    "a sign-in without permission": (
        LoginInsufficientPermissions(),
        "signin:CreateOAuth2Token",
        "SignInLocalDevelopmentAccess to you; then run `aws login --profile dev`",
    ),
    "a sign-in that AWS refuses": (LoginError(), "did not renew", "Sign in again: `aws login --profile dev`"),
    "a damaged file": (KeyError(SECRET), "cannot be read", "Sign in again: `aws login --profile dev`"),
    "an old awscrt": (
        AttributeError(SECRET, name="decode_der_signature_to_padded_pair"),
        "is not installed",
        "`pip install 'reconcile-iam[login]'`",
    ),
    "a code that is needed": (RefreshWithMFAUnsupportedError(), "need an MFA code", "Run the command again"),
    "no machine": (MetadataRetrievalError(error_msg=SECRET), "gave no credentials", "pass --profile"),
    "a name of a provider": (
        UnknownCredentialError(name=SECRET),
        "A setting of the profile dev",
        "`aws configure list",
    ),
    "single sign-on that was not renewed": (
        TokenRetrievalError(provider="sso", error_msg=SECRET),
        "could not be renewed",
        "`aws sso login --profile dev`",
    ),
}


@pytest.mark.parametrize("name", RAISED)
def test_what_a_provider_raises_names_the_profile_and_the_command(home: Home, name: str) -> None:
    raised, summary, hint = RAISED[name]
    case = Case(f"[profile dev]\n{LOGIN}", "", (summary, hint))
    with patch.object(botocore.credentials.LoginProvider, "load", side_effect=raised):
        check(home, case, home.problem(case))


def test_nobody_is_signed_in_by_aws_login(home: Home) -> None:
    case = Case(
        f"[profile dev]\n{LOGIN}",
        "",
        ("There is no usable session of `aws login` for the profile dev (CONFIG:2)", "`aws login --profile dev`"),
    )
    with patch.object(botocore.credentials, "EC", object()):
        check(home, case, home.problem(case))


TOKEN = "aws_session_token = PLANTED/secret+value/token\n"
WITH_TOKEN = {"AWS_ACCESS_KEY_ID": "AKIAPLANTED", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": SECRET}
DEAD = {
    "a deleted key": (
        "InvalidClientTokenId",
        Case(
            "",
            f"[dev]\n{KEYS}",
            (
                "The keys of the profile dev (CREDENTIALS:2) do not work: AWS does not know them",
                "`aws configure --profile dev`",
            ),
            line="CREDENTIALS:2",
        ),
    ),
    "a deleted key in the config file": (
        "UnrecognizedClientException",
        Case(f"[profile dev]\n{KEYS}", "", ("The keys of the profile dev (CONFIG:2) do not work",), line="CONFIG:2"),
    ),
    "another secret": (
        "SignatureDoesNotMatch",
        Case(
            "", f"[dev]\n{KEYS}", ("(CREDENTIALS:2)", "the secret does not belong to the key id"), line="CREDENTIALS:2"
        ),
    ),
    "a session that ended": (
        "ExpiredToken",
        Case(
            "",
            f"[dev]\n{KEYS}{TOKEN}",
            ("they have expired", "temporary", "`aws login --profile dev`"),
            line="CREDENTIALS:2",
        ),
    ),
    "keys that come before `aws login`": (
        "InvalidClientTokenId",
        Case(
            f"[profile dev]\n{LOGIN}",
            f"[dev]\n{KEYS}",
            ("The profile has login_session, too, but its access key takes precedence.", "delete the lines"),
            line="CREDENTIALS:2",
        ),
    ),
    "the environment": (
        "ExpiredToken",
        Case("", "", ("in the environment (AWS_ACCESS_KEY_ID)", "they have expired", "`unset AWS_"), None, WITH_TOKEN),
    ),
    "the environment of an alias": (
        "ExpiredToken",
        Case("", "", ("belong to the alias ro", "`exit`"), None, {**WITH_TOKEN, "RECONCILE_ALIAS": "ro"}),
    ),
    "a process": (
        "ExpiredToken",
        Case(
            "[profile dev]\ncredential_process = echo "
            f"""'{{"Version": 1, "AccessKeyId": "AKIAPLANTED", "SecretAccessKey": "{SECRET}"}}'\n""",
            "",
            ("from the credential_process of the profile dev (CONFIG:2) do not work: they have expired",),
            line="CONFIG:2",
        ),
    ),
    "a role, whose source has a deleted key": (
        "InvalidClientTokenId",
        Case(
            "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n",
            f"[base]\n{KEYS}",
            ("The keys of the profile base (CREDENTIALS:2, source of dev) do not work", "--profile base`"),
            line="CREDENTIALS:2",
        ),
    ),
    "a role that may not be assumed": (
        "AccessDenied",
        Case(
            "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n",
            f"[base]\n{KEYS}",
            ("The profile dev (CONFIG:2) cannot assume its role: AccessDenied, Not you.",),
            line="CONFIG:2",
        ),
    ),
}


def answer(code: str) -> bytes:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>Not you.</Message></Error>"
    body = f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{error}</ErrorResponse>'
    return build_http(403, body.encode(), "Content-Type: text/xml")


@pytest.fixture
def server() -> Iterator[RawServer]:
    with serve_raw() as found:
        yield found


@pytest.mark.parametrize("place", [None, ALIAS])
@pytest.mark.parametrize("name", DEAD)
def test_dead_credentials_name_their_profile_and_line(
    home: Home, server: RawServer, name: str, place: Place | None
) -> None:
    code, case = DEAD[name]
    server.sender = send_bytes(answer(code))
    case = Case(
        case.config, case.credentials, case.parts, case.profile, {**case.environ, "AWS_ENDPOINT_URL": server.url}
    )
    problem = home.problem(case, place, server.url)
    check(home, case, problem)
    assert problem.code == ("aws-error" if code == "AccessDenied" else "bad-credentials")
    line = home.fill_in(DEAD[name][1].line)
    found = problem.place
    assert found == place if place and line else (f"{found.file}:{found.line}" if found else "") == line


def test_a_call_with_the_credentials_of_a_role_is_not_put_down_to_the_profile(home: Home, server: RawServer) -> None:
    server.sender = send_bytes(answer("ExpiredToken"))
    home.credentials.write_text(f"[dev]\n{KEYS}")
    with patch.dict(os.environ, home.environ, clear=True), pytest.raises(ReconcileError) as caught:
        SourceCredentials("dev", "us-east-1", "aws", server.url).identify_caller(("ASIA", "s", "t", ""))
    (problem,) = caught.value.problems
    assert "dev" not in problem.message
    assert problem.summary == "Asking AWS who you are failed: the credentials have expired."


def test_a_key_with_a_line_end_in_it_names_its_profile(home: Home) -> None:
    case = Case(
        "",
        "[dev]\naws_access_key_id = AKIAPLANTED\naws_secret_access_key = PLANTED/sec\n  ret+value\n",
        ("The keys of the profile dev (CREDENTIALS:2) do not work: the secret access key holds an invalid character",),
    )
    problem = home.problem(case)
    check(home, case, problem)
    assert problem.code == "bad-credentials"

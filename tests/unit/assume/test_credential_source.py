"""Whose keys a role is assumed from: as botocore decides, and never somebody else's."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError
from hypothesis import given
from hypothesis import strategies as st

from reconciler.assume import cache_lookup
from reconciler.assume.credential_source import endpoint_of, identity_of, uses_default_profile
from tests.support.examples import examples

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}


class Home:
    """A home folder with the two files of the AWS CLI."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environ = {"HOME": str(path)}
        (path / ".aws").mkdir(exist_ok=True)

    def write(self, config: str = "", credentials: str = "") -> Home:
        (self.path / ".aws" / "config").write_text(config)
        (self.path / ".aws" / "credentials").write_text(credentials)
        return self

    def identity(self, profile: str | None = None, **more: str) -> str | None:
        with patch.dict(os.environ, self.environ | more, clear=True):
            return identity_of(profile, os.environ)

    def botocore(self, profile: str | None = None, **more: str) -> str | None:
        """The access key id that botocore would use; None where it refuses or has none."""
        outside = {"AWS_EC2_METADATA_DISABLED": "true"}
        with patch.dict(os.environ, self.environ | outside | more, clear=True):
            try:
                found = botocore.session.Session(profile=profile).get_credentials()
            except BotoCoreError:
                return None
        return found.access_key if found else None


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def static(key: str) -> str:
    return f"aws_access_key_id = {key}\naws_secret_access_key = s\n"


def section(name: str, key: str) -> str:
    return f"[{name}]\n{static(key)}"


CASES = [
    ("keys of the environment", "", section("default", "D"), None, KEYS, "AKIAENV"),
    ("keys beat a profile of the environment", "", section("a", "A"), None, KEYS | {"AWS_PROFILE": "a"}, "AKIAENV"),
    ("a named profile beats keys", "", section("a", "A"), "a", KEYS, "A"),
    ("the default profile", "", section("default", "D") + section("a", "A"), None, {}, "D"),
    ("AWS_PROFILE", "", section("default", "D") + section("a", "A"), None, {"AWS_PROFILE": "a"}, "A"),
    (
        "AWS_DEFAULT_PROFILE comes first",
        "",
        section("a", "A") + section("b", "B"),
        None,
        {"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"},
        "B",
    ),
    ("the credentials file comes first", section("profile a", "C"), section("a", "A"), "a", {}, "A"),
    ("the config file", section("profile a", "C"), section("b", "B"), "a", {}, "C"),
    ("a section without `profile` is none", section("a", "C"), "", "a", {}, None),
    ("a quoted name", section('profile "a b"', "C"), "", "a b", {}, "C"),
    ("spaces between the words", section("profile   a", "C"), "", "a", {}, "C"),
    ("quotes in the credentials file are part of the name", "", section('"a"', "C"), "a", {}, None),
    ("default in the config file", section("default", "C"), "", None, {}, "C"),
    ("profile default in the config file", section("profile default", "C"), "", None, {}, "C"),
    ("of two the later", section("profile default", "A") + section("default", "B"), "", None, {}, "B"),
    ("of two the later again", section("default", "A") + section("profile default", "B"), "", None, {}, "B"),
    ("a colon as the delimiter", "", "[a]\naws_access_key_id: A\naws_secret_access_key: s\n", "a", {}, "A"),
    ("capitals", "", "[a]\nAWS_ACCESS_KEY_ID=A\nAws_Secret_Access_Key=s\n", "a", {}, "A"),
    ("comments", "", f"# [b]\n[a]\n# aws_access_key_id = X\n;x\n{static('A')}", "a", {}, "A"),
    ("a nested block is not the profile's", "", f"[a]\n{static('A')}s3 =\n  aws_access_key_id = X\n", "a", {}, "A"),
    ("a section in a nested block is none", "", f"[a]\n{static('A')}s3 =\n [b]\n x = 1\n", "b", {}, None),
    ("indented alike", "", "  [a]\n  aws_access_key_id = A\n  aws_secret_access_key = s\n", "a", {}, "A"),
    ("no such profile", "", section("a", "A"), "b", {}, None),
    ("an empty AWS_PROFILE", "", section("default", "D"), None, {"AWS_PROFILE": ""}, None),
    ("half a pair of keys", "", section("default", "D"), None, {"AWS_ACCESS_KEY_ID": "AKIAENV"}, None),
    ("a secret without a key", "", section("default", "D"), None, {"AWS_SECRET_ACCESS_KEY": "s"}, "D"),
    ("a section twice", "", section("a", "A") + section("a", "B"), "a", {}, None),
    ("a key twice", "", f"[a]\naws_access_key_id = X\n{static('A')}", "a", {}, None),
    ("a line that is nothing", "", f"nonsense\n{section('a', 'A')}", "a", {}, None),
    ("an empty AWS_CONFIG_FILE is not a file", section("default", "C"), "", None, {"AWS_CONFIG_FILE": ""}, None),
]


@pytest.mark.parametrize(
    ("config", "credentials", "profile", "more", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_static_keys_are_those_that_botocore_takes(
    home: Home, config: str, credentials: str, profile: str | None, more: dict[str, str], expected: str | None
) -> None:
    home.write(config, credentials)
    assert home.identity(profile, **more) == (f"key:{expected}" if expected else None)
    if "AWS_PROFILE" not in more or more["AWS_PROFILE"]:  # an empty one fails when a client is made, not before
        assert home.botocore(profile, **more) == expected


_NAMES = st.sampled_from(["default", "a", "b", "a b"])
_HEADERS = st.one_of(
    _NAMES,
    _NAMES.map(lambda name: f"profile {name}"),
    _NAMES.map(lambda name: f'profile "{name}"'),
    st.sampled_from([" a ", "profile", "profile  a", "profilea", "DEFAULT", "'a'", "sso-session a", "a] [b", ""]),
)
_LINES = st.one_of(
    st.builds(
        lambda indent, name, sign, value: f"{indent}{name}{sign}{value}",
        st.sampled_from(["", "", "", " ", "  ", "\t"]),
        st.sampled_from(["aws_access_key_id", "AWS_ACCESS_KEY_ID", "region", "s3", "#x", "source_profile"]),
        st.sampled_from(["=", " = ", ":", " : "]),
        st.sampled_from(["A1", "A2", "A3", "", "a = b", "x # y", "a"]),
    ),
    st.sampled_from(["", "  ", "# aws_access_key_id = X", " ; x", "nonsense", "= x", "[", "[]"]),
    _HEADERS.map(lambda header: f"[{header}]"),
)


@st.composite
def _files(draw: st.DrawFn) -> str:
    """Mostly sections that are in order, with a secret each; sometimes lines that are not."""
    lines: list[str] = []
    for header in draw(st.lists(_HEADERS, max_size=3)):
        lines += [f"[{header}]", *draw(st.lists(_LINES, max_size=3)), "aws_secret_access_key = s"]
    return "\n".join(lines) + "\n"


@examples(150)
@given(
    config=_files(),
    credentials=_files(),
    profile=st.one_of(st.none(), _NAMES),
    more=st.fixed_dictionaries(
        {},
        optional={
            "AWS_PROFILE": _NAMES,
            "AWS_DEFAULT_PROFILE": _NAMES,
            "AWS_ACCESS_KEY_ID": st.sampled_from(["AKIAENV", ""]),
            "AWS_SECRET_ACCESS_KEY": st.sampled_from(["s", ""]),
        },
    ),
)
def test_no_other_key_is_named_than_the_one_that_botocore_would_use(
    home: Home, config: str, credentials: str, profile: str | None, more: dict[str, str]
) -> None:
    home.write(config, credentials)
    found, theirs = home.identity(profile, **more), home.botocore(profile, **more)
    assert theirs is None or found in (None, f"key:{theirs}")


ROLE = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n"
SSO = "[profile s]\nsso_session = corp\nsso_account_id = 1\n[sso-session corp]\nsso_start_url = https://a\n"
BASE = section("base", "B")
LOGIN = "[profile l]\nlogin_session = arn:aws:iam::123456789012:user/a\n"
"""As `aws login` writes it: who is signed in is part of the text, and so of the name in the cache."""


@pytest.mark.parametrize(
    ("profile", "config", "credentials", "changed", "changed_credentials"),
    [
        ("r", ROLE, BASE, ROLE.replace("role/x", "role/y"), BASE),
        ("r", ROLE, BASE, ROLE, section("base", "C")),
        ("r", ROLE, BASE, ROLE + "external_id = 1\n", BASE),
        ("r", ROLE, BASE, ROLE + "[profile base]\nregion = x\n", BASE),
        ("s", SSO, "", SSO.replace("https://a", "https://b"), ""),
        ("s", SSO, "", SSO.replace("= 1", "= 2"), ""),
        ("l", LOGIN, "", LOGIN.replace("user/a", "user/b"), ""),
        ("l", LOGIN, "", LOGIN, section("l", "K")),
        ("m", LOGIN + ROLE.replace("profile r", "profile m").replace("base", "l"), "", "user/b", ""),
        ("t", SSO + ROLE.replace("profile r", "profile t").replace("base", "s"), "", None, ""),
    ],
)
def test_a_profile_whose_keys_come_from_elsewhere_is_what_it_and_all_it_names_say(
    home: Home, profile: str, config: str, credentials: str, changed: str | None, changed_credentials: str
) -> None:
    changed = config.replace("https://a", "https://b") if changed is None else changed
    changed = config.replace("user/a", "user/b") if changed == "user/b" else changed
    before = home.write(config, credentials).identity(profile)
    assert before is not None and before.startswith("profile:")
    assert home.write(config, credentials).identity(profile) == before
    assert home.write(f"# a comment\n{config}[profile else]\nregion = y\n", credentials).identity(profile) == before
    after = home.write(changed, changed_credentials).identity(profile)
    assert after is not None and after != before


@pytest.mark.parametrize(
    "config",
    [
        "[profile a]\nrole_arn = x\ncredential_source = Environment\n",
        "[profile a]\nrole_arn = x\nweb_identity_token_file = /t\n",
        "[profile a]\ncredential_process = print keys\n",
        "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\ncredential_process = print keys\n",
        "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = y\ncredential_source = Environment\n",
        "[profile a]\nrole_arn = x\nsource_profile = missing\n",
        "[profile a]\nregion = x\n",
    ],
)
def test_what_no_text_tells_is_not_known(home: Home, config: str) -> None:
    assert home.write(config).identity("a", **KEYS) is None


def test_a_web_identity_of_the_environment_is_not_known(home: Home) -> None:
    home.write("", section("default", "D"))
    assert home.identity(AWS_WEB_IDENTITY_TOKEN_FILE="/t") is None


@pytest.mark.parametrize("circle", ["a", "b"])
def test_profiles_that_lead_back_to_themselves_end(home: Home, circle: str) -> None:
    config = "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = y\nsource_profile = "
    assert home.write(f"{config}{circle}\n").identity("a") is not None


def test_no_secret_is_in_the_text(home: Home) -> None:
    credentials = "[base]\naws_access_key_id = B\naws_secret_access_key = hush\naws_session_token = tell\n"
    found = home.write(ROLE, credentials).identity("r")
    assert found is not None and "hush" not in found and "tell" not in found


@pytest.mark.parametrize(
    ("variable", "name"), [("AWS_CONFIG_FILE", "[profile a]"), ("AWS_SHARED_CREDENTIALS_FILE", "[a]")]
)
@pytest.mark.parametrize("path", ["~/over/here", "$WHERE/here", "~/${TO}/here"])
def test_the_files_may_be_elsewhere(home: Home, variable: str, name: str, path: str) -> None:
    home.write(section("profile a", "C"), "")
    (home.path / "over").mkdir()
    (home.path / "over" / "here").write_text(f"{name}\n{static('E')}")
    more = {variable: path, "WHERE": str(home.path / "over"), "TO": "over"}
    assert home.identity("a", **more) == "key:E"
    assert home.botocore("a", **more) == "E"


@pytest.mark.parametrize(
    ("config", "credentials", "environ", "expected"),
    [
        ("", section("default", "D"), {}, True),
        (ROLE.replace("profile r", "default"), "", {}, True),
        ("", section("default", "D"), KEYS, False),
        ("", section("a", "A"), {}, False),
        ("nonsense", section("default", "D"), {}, False),
    ],
)
def test_the_default_profile_is_used_if_there_is_nothing_else(
    home: Home, config: str, credentials: str, environ: dict[str, str], expected: bool
) -> None:
    home.write(config, credentials)
    with patch.dict(os.environ, home.environ | environ, clear=True):
        assert uses_default_profile(os.environ) is expected


HERE = "[default]\nendpoint_url = http://here\n"
SERVICE = "[profile a]\nservices = local\n[services local]\nsts =\n  endpoint_url = http://there\n"


@pytest.mark.parametrize(
    ("config", "changed", "profile", "environ"),
    [
        (HERE, HERE.replace("here", "there"), None, {}),
        (HERE, HERE.replace("here", "there"), None, KEYS),
        (HERE, HERE + "ignore_configured_endpoint_urls = true\n", None, KEYS),
        (HERE, "", None, {}),
        (SERVICE, SERVICE.replace("there", "here"), "a", {}),
        (SERVICE, SERVICE.replace("there", "here"), None, {"AWS_PROFILE": "a"}),
    ],
)
def test_another_endpoint_in_the_config_file_is_another_one(
    home: Home, config: str, changed: str, profile: str | None, environ: dict[str, str]
) -> None:
    with patch.dict(os.environ, home.environ | environ, clear=True):
        home.write(config)
        before = endpoint_of(profile, os.environ)
        assert before == endpoint_of(profile, os.environ) != ""
        home.write(changed)
        assert endpoint_of(profile, os.environ) != before


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        ("http://o", {"AWS_ENDPOINT_URL_STS": "http://s"}, "http://o"),
        (None, {"AWS_ENDPOINT_URL_STS": "http://s", "AWS_ENDPOINT_URL": "http://e"}, "http://s"),
        (None, {"AWS_ENDPOINT_URL": "http://e"}, "http://e"),
        (None, {"AWS_ENDPOINT_URL": "http://e", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""),
        ("http://o", {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "http://o"),
        (None, {}, "[('endpoint_url', 'http://here')]"),
    ],
)
def test_the_endpoint_is_the_options_then_the_environments_then_the_profiles(
    home: Home, option: str | None, environ: dict[str, str], expected: str
) -> None:
    home.write(HERE)
    with patch.dict(os.environ, home.environ | environ, clear=True):
        assert cache_lookup.resolve_sts_endpoint(option, None, os.environ) == expected

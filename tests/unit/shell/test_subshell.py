"""A subshell is the person's own shell, with our variables, and says so."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from reconciler.shell.subshell import open_subshell, program_of, sanitize_mark

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

VARIABLES = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": 'it\'s $HOME \\ "x" `id`',
    "RECONCILE_ALIAS": "s3",
    "AWS_PROFILE": None,
}
SHOW = (
    "import os; e = os.environ; "
    "print('SEEN', e['AWS_SECRET_ACCESS_KEY'] == chr(105) + 't' + chr(39) + 's $HOME ' + chr(92) + ' ' + "
    "chr(34) + 'x' + chr(34) + ' ' + chr(96) + 'id' + chr(96), e['AWS_ACCESS_KEY_ID'], 'AWS_PROFILE' in e, "
    "[k for k in e if k.startswith('__RECONCILE')], e.get('ZDOTDIR'))"
)
RC = {
    "bash": (".bashrc", "PS1='own> '; export AWS_PROFILE=work AWS_ACCESS_KEY_ID=AKIAWRONG MINE=yes\n"),
    "zsh": (".zshrc", "PROMPT='own> '; export AWS_PROFILE=work AWS_ACCESS_KEY_ID=AKIAWRONG MINE=yes\n"),
    "fish": (
        ".config/fish/config.fish",
        "function fish_prompt; echo -n 'own> '; end\nfunction fish_greeting; end\n"
        "set -gx AWS_PROFILE work; set -gx AWS_ACCESS_KEY_ID AKIAWRONG; set -gx MINE yes\n",
    ),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in RC.values():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "show.py").write_text(SHOW)
    return tmp_path


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8", **more}


def program(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    return found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_prompt_names_the_role_and_the_persons_own_files_ran(shell: str, home: Path) -> None:
    with (
        open_subshell(shell, program(shell), VARIABLES, "s3 until 14:05", environ(home)) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        terminal.expect(r"\(s3 until 14:05\) own> ")
        terminal.send("echo mine=$MINE\n")
        terminal.expect("mine=yes")
        terminal.expect(r"\(s3 until 14:05\) own> ")
        terminal.send("exit 5\n")
        assert terminal.code() == 5


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_start_up_file_exports_does_not_replace_the_role(shell: str, home: Path) -> None:
    with (
        open_subshell(shell, program(shell), VARIABLES, "s3", environ(home, AWS_PROFILE="work")) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        terminal.expect("own> ")
        terminal.send("python3 ~/show.py\n")
        assert terminal.expect(r"SEEN .*\]") == "SEEN True ASIAEXAMPLE False []"
        terminal.expect("None")


def test_a_prompt_that_is_built_anew_each_time_is_marked_each_time(home: Path) -> None:
    (home / ".bashrc").write_text("PROMPT_COMMAND='PS1=\"fresh> \";'\n")
    with (
        open_subshell("bash", program("bash"), VARIABLES, "s3", environ(home)) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        for _ in range(3):
            terminal.expect(r"\(s3\) fresh> ")
            terminal.send("\n")
        assert "(s3) (s3)" not in terminal.seen


def test_a_bash_with_several_prompt_commands_is_marked_after_all_of_them(home: Path) -> None:
    (home / ".bashrc").write_text("PROMPT_COMMAND=('true' 'PS1=\"fresh> \"')\n")
    with (
        open_subshell("bash", program("bash"), VARIABLES, "s3", environ(home)) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        for _ in range(2):
            terminal.expect(r"\(s3\) fresh> ")
            terminal.send("\n")


@pytest.mark.parametrize(("shell", "name"), [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish"), ("sh", "dash")])
def test_what_start_up_files_export_of_a_family_is_unset(shell: str, name: str, home: Path) -> None:
    export = "set -gx AWS_ROLE_ARN role" if shell == "fish" else "export AWS_ROLE_ARN=role OTHER=1"
    for file in (*(path for path, _ in RC.values()), ".shrc"):
        (home / file).write_text(export + "\n")
    with (
        open_subshell(shell, program(name), VARIABLES, "s3", environ(home, ENV="$HOME/.shrc"), "AWS_") as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        terminal.send("python3 ~/show.py; env | grep -c AWS_ROLE_ARN; echo en''d\n")
        assert terminal.expect(r"SEEN .*\]") == "SEEN True ASIAEXAMPLE False []"
        terminal.expect(r"\s0\s+end")


@pytest.mark.parametrize("name", ["dash", "mksh", "ksh"])
def test_a_posix_shell_runs_the_persons_file_and_keeps_our_variables(name: str, home: Path) -> None:
    (home / "my rc").write_text("PS1='own> '; export AWS_PROFILE=work AWS_ACCESS_KEY_ID=AKIAWRONG MINE=yes\n")
    with (
        open_subshell("sh", program(name), VARIABLES, "s3", environ(home, ENV="$HOME/my rc")) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        terminal.expect(r"\(s3\) own> ")
        terminal.send("python3 ~/show.py; echo mine=$MINE env=$ENV.\n")
        assert terminal.expect(r"SEEN .*\]") == "SEEN True ASIAEXAMPLE False []"
        terminal.expect(r"mine=yes env=\$HOME/my rc\.")


def test_a_shell_we_do_not_know_gets_a_prompt_and_nothing_under_another_name(home: Path) -> None:
    with open_subshell("sh", "/opt/bin/tcsh", VARIABLES, "s3", environ(home, ENV="$HOME/.shrc")) as opened:
        assert opened.command == ("/opt/bin/tcsh", "-i")
        assert not any(name.startswith("__RECONCILE") for name in opened.environ)
        assert (opened.environ["PS1"], opened.environ["ENV"]) == ("(s3) $ ", "")


def test_no_secret_shows_in_a_repr(home: Path) -> None:
    with open_subshell("bash", "bash", VARIABLES, "s3", environ(home)) as opened:
        assert "it's" not in repr(opened) and "ASIA" not in repr(opened)


def test_zsh_files_that_live_elsewhere_are_found_there_and_so_is_the_history(home: Path) -> None:
    elsewhere = home / "z"
    elsewhere.mkdir()
    (home / ".zshenv").write_text(f"ZDOTDIR={elsewhere}\n")
    (elsewhere / ".zshrc").write_text("PROMPT='moved> '\n")
    with (
        open_subshell("zsh", program("zsh"), VARIABLES, "s3", environ(home)) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        terminal.expect(r"\(s3\) moved> ")
        terminal.send("HISTFILE=${HISTFILE:-none}; echo at=$ZDOTDIR hist=$HISTFILE.\n")
        terminal.expect(rf"at={elsewhere} ")
        assert "reconcile-" not in terminal.expect(r"hist=[^$]*?\.")


def test_a_plain_shell_gets_a_prompt_that_names_the_role(home: Path) -> None:
    with (
        open_subshell("sh", program("sh"), VARIABLES, "s3", environ(home)) as opened,
        Pseudo(opened.command, opened.environ) as terminal,
    ):
        terminal.expect(r"\(s3\) \$ ")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_our_files_hold_no_secret_and_are_gone_afterwards(
    shell: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = home / "rooms"
    rooms.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(rooms))
    with open_subshell(shell, shell, VARIABLES, "s3", environ(home)):
        texts = [file.read_text() for file in rooms.glob("*/*")]
        assert texts and not any("it's" in text or "ASIA" in text for text in texts)
    assert list(rooms.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "cmd", "sh"])
def test_no_secret_is_on_the_command_line(shell: str, home: Path) -> None:
    with open_subshell(shell, shell, VARIABLES, "s3", environ(home)) as opened:
        assert not any("it's" in word or "ASIA" in word for word in opened.command)
        assert opened.environ["AWS_ACCESS_KEY_ID"] == "ASIAEXAMPLE"
        assert "AWS_PROFILE" not in opened.environ


def test_an_alias_name_cannot_run_anything_in_a_prompt() -> None:
    assert sanitize_mark("s3-x.y until 14:05") == "s3-x.y until 14:05"
    assert sanitize_mark("a$(id)`id`%n\\u'\"!") == "a__id__id__n_u___"


@pytest.mark.parametrize(
    ("shell", "own", "expected"),
    [
        ("bash", "/usr/local/bin/bash", "/usr/local/bin/bash"),
        ("zsh", "/bin/bash", "zsh"),
        ("sh", "/bin/ksh", "/bin/ksh"),
        ("sh", "/bin/bash", "sh"),
        ("sh", "", "sh"),
    ],
)
def test_the_program_is_the_persons_own_if_it_is_the_shell_asked_for(shell: str, own: str, expected: str) -> None:
    assert program_of(shell, {"SHELL": own} if own else {}) == expected

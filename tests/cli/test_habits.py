"""What people type by habit, or misspell, is answered with what to write here."""

from __future__ import annotations

import click
import pytest

from reconciler.cli.habits import COMMANDS, OPTIONS
from reconciler.cli.main import root, run_command
from reconciler.cli.missing_arguments import HINTS


def list_commands() -> dict[str, click.Command]:
    """Return every command by its words, such as `mfa enroll`."""
    found: dict[str, click.Command] = {}
    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": one for below, one in command.commands.items()}
    return found


ALL = list_commands()
ARGUMENTS = [
    (words, parameter.make_metavar(click.Context(command)))
    for words, command in ALL.items()
    for parameter in command.params
    if isinstance(parameter, click.Argument) and parameter.required
]
"""Each command, with an argument that it needs."""


def has_option(command: click.Command, option: str) -> bool:
    return any(option in parameter.opts for parameter in command.params)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("diff roles.yaml", "No such command 'diff'. Write `reconcile plan`."),
        ("import", "No such command 'import'. Write `reconcile export`."),
        ("version", "No such command 'version'. Write `reconcile --version`."),
        ("vaildate", "No such command 'vaildate'. Did you mean 'validate'?"),
        ("zzz", "No such command 'zzz'."),
        ("mfa enrol alice", "No such command 'enrol'. Did you mean 'enroll'?"),
        ("mfa diff", "No such command 'diff'."),
        ("keys rotat alice", "No such command 'rotat'. Did you mean 'rotate'?"),
        ("apply --auto-approve", "No such option '--auto-approve'. Write `--yes`."),
        ("apply -auto-approve", "No such option '-auto-approve'. Write `--yes`."),
        ("plan --auto-approve", "No such option '--auto-approve'."),
        ("plan --json", "No such option '--json'. Write `--format json`."),
        ("assume ro --json", "No such option '--json'. Write `--format json`."),
        ("apply --json", "No such option '--json'. Write `--log-format json`."),
        ("plan --debug", "No such option '--debug'. Write `--verbose`."),
        ("keys issue alice --json", "No such option '--json'."),
        ("apply --dry-run", "No such option '--dry-run'. Write `reconcile plan`."),
        ("plan --only role/x", "No such option '--only'. Write `--target`."),
        ("export --target role/x", "No such option '--target'. Write `--only`."),
        ("plan --detailed-exit-code", "No such option '--detailed-exit-code'. Write `--detailed-exitcode`."),
        ("plan --fromat=json", "No such option '--fromat'. Did you mean '--format'?"),
        ("plan -out=plan.json", "No such option '-out'. Did you mean '--out'?"),
        ("plan -target role/x", "No such option '-target'. Did you mean '--target'?"),
        ("plan roles.yaml -var act=x", "No such option '-var'. Did you mean '--var'?"),
        ("apply roles.yaml -var=act=x", "No such option '-var'. Did you mean '--var'?"),
        ("validate -var act=x", "No such option '-var'. Did you mean '--var'?"),
        ("plan -help", "No such option '-help'. Did you mean '--help'?"),
        ("-help", "No such option '-help'. Did you mean '--help'?"),
        ("mfa -help", "No such option '-help'. Did you mean '--help'?"),
        ("mfa status -help", "No such option '-help'. Did you mean '--help'?"),
        ("-version", "No such option '-version'. Did you mean '--version'?"),
        ("plan -verbose", "No such option '-verbose'. Did you mean '--verbose'?"),
        ("plan -variable a=b", "No such option '-variable'. Write `--var`."),
        ("plan -file roles.yaml", "No such option '-file'. Did you mean '--file'?"),
        ("plan -format json", "No such option '-format'. Did you mean '--format'?"),
        ("assume ro -format json -- env", "No such option '-format'. Did you mean '--format'?"),
        ("apply -yes", "No such option '-yes'. Did you mean '--yes'?"),
        ("plan -vq", "No such option '-q'."),
        ("mfa status --fromat json", "No such option '--fromat'. Did you mean '--format'?"),
        ("plan -q", "No such option '-q'."),
        ("--verison", "No such option '--verison'. Did you mean '--version'?"),
    ],
)
def test_a_slip_is_answered_with_what_to_write(line: str, answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(line.split()) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == f"Error: {answer}"


@pytest.mark.parametrize("line", ["sandbox -- echo -format", "sandbox echo -verbose", "plan -vfroles.yaml --help"])
def test_letters_after_one_dash_are_left_to_whom_they_are_for(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(line.split()) == 0
    assert "No such option" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "line", ["help", "help plan", "help mfa", "help mfa enroll", "help keys rotate", "help assume", "help sandbox"]
)
def test_help_of_a_command_is_what_its_option_prints(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = line.split()[1:]
    assert run_command(line.split()) == run_command([*words, "--help"]) == 0
    shown = capsys.readouterr()
    half = len(shown.out) // 2
    assert shown.out.startswith("Usage: reconcile") and shown.out[:half] == shown.out[half:]
    assert shown.err == ""


def test_help_of_no_command_names_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["help", "pln"]) == 1
    assert capsys.readouterr().err.endswith("No such command 'pln'. Did you mean 'plan'?\n")


@pytest.mark.parametrize(("words", "name"), [*ARGUMENTS, ("assume", "ALIAS"), ("assume --explain", "ALIAS")])
def test_a_missing_argument_is_answered_with_what_to_write(
    words: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [one for command, one in ARGUMENTS if command == words]
    given = ["user/alice" for _ in before[: before.index(name)]] if before else []
    assert run_command([*words.split(), *given]) == 1
    example = ALL[words.partition(" --")[0]].epilog
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"Error: Missing argument '{name}'. {HINTS[name]} {example}"


@pytest.mark.parametrize("habit", COMMANDS)
def test_every_habit_of_a_command_leads_to_one_that_exists(habit: str) -> None:
    assert habit not in ALL
    first, *rest = COMMANDS[habit].split()
    if first.startswith("--"):
        assert has_option(root, first) or first == "--version"
        return
    command = ALL.get(COMMANDS[habit]) or ALL[first]
    assert all(has_option(command, word) for word in rest if word.startswith("--"))


@pytest.mark.parametrize("habit", OPTIONS)
def test_every_habit_of_an_option_leads_to_one_that_exists(habit: str) -> None:
    for answer in OPTIONS[habit]:
        first, *rest = answer.split()
        if first == "reconcile":
            assert rest[0] in ALL
        else:
            assert any(has_option(command, first) for command in ALL.values())

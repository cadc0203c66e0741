"""An empty path, such as that of a shell variable that is not set, is refused wherever a command takes a path."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from reconciler.cli.main import run_command
from reconciler.cli.named_path import NamedPath
from tests.cli.test_habits import ALL

PATHS = [
    (name, parameter)
    for name, command in ALL.items()
    for parameter in command.params
    if isinstance(parameter.type, click.Path)
]


@pytest.mark.parametrize(("command", "parameter"), PATHS, ids=lambda value: getattr(value, "name", value))
def test_an_empty_path_is_refused_and_nothing_is_written(
    command: str,
    parameter: click.Parameter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(parameter.type, NamedPath)
    option = [parameter.opts[0]] if isinstance(parameter, click.Option) else []
    assert run_command([*command.split(), *option, ""]) == 1
    shown = capsys.readouterr()
    assert (shown.out, list(tmp_path.iterdir())) == ("", [])
    assert "Is a shell variable unset?" in shown.err


def test_every_option_for_a_file_or_folder_has_that_type() -> None:
    named = {(name, one.name) for name, command in ALL.items() for one in command.params if _is_path(one)}
    assert named == {(name, parameter.name) for name, parameter in PATHS}


def _is_path(parameter: click.Parameter) -> bool:
    return (parameter.metavar or "").strip("[].") in ("FILE", "DIR", "PATH", "PLAN", "JOURNAL")

"""Every fuzz target by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzz.target import Target


def _yaml(folder: Path) -> Target:
    from tests.fuzz.yaml_file import YamlFile

    return YamlFile(folder)


def _plan(folder: Path) -> Target:
    from tests.fuzz.plan_file import PlanFile

    return PlanFile(folder)


def _journal(folder: Path) -> Target:
    from tests.fuzz.journal_file import JournalFile

    return JournalFile(folder)


def _xml(folder: Path) -> Target:
    from tests.fuzz.xml_file import XmlFile

    return XmlFile(folder)


def _ini(folder: Path) -> Target:
    from tests.fuzz.ini_file import IniFile

    return IniFile(folder)


def _aws(folder: Path) -> Target:
    from tests.fuzz.aws_answers import AwsAnswers

    return AwsAnswers(folder)


TARGETS: Mapping[str, Callable[[Path], Target]] = {
    "yaml": _yaml,
    "plan": _plan,
    "journal": _journal,
    "ini": _ini,
    "xml": _xml,
    "aws": _aws,
}

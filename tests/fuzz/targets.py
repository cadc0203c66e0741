"""List every fuzz target by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzz.target import FuzzTarget


def _make_yaml(folder: Path) -> FuzzTarget:
    from tests.fuzz.yaml_file import YamlFile

    return YamlFile(folder)


def _make_plan(folder: Path) -> FuzzTarget:
    from tests.fuzz.plan_file import PlanFile

    return PlanFile(folder)


def _make_journal(folder: Path) -> FuzzTarget:
    from tests.fuzz.journal_file import JournalFile

    return JournalFile(folder)


def _make_xml(folder: Path) -> FuzzTarget:
    from tests.fuzz.xml_file import XmlFile

    return XmlFile(folder)


def _make_ini(folder: Path) -> FuzzTarget:
    from tests.fuzz.ini_file import IniFile

    return IniFile(folder)


def _make_aws(folder: Path) -> FuzzTarget:
    from tests.fuzz.aws_answers import AwsAnswers

    return AwsAnswers(folder)


def _make_results(folder: Path) -> FuzzTarget:
    from tests.fuzz.results_file import ResultsFile

    return ResultsFile(folder)


TARGETS: Mapping[str, Callable[[Path], FuzzTarget]] = {
    "yaml": _make_yaml,
    "plan": _make_plan,
    "journal": _make_journal,
    "results": _make_results,
    "ini": _make_ini,
    "xml": _make_xml,
    "aws": _make_aws,
}

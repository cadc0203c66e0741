"""`reconcile rules`: what a code means, at the prompt."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from reconciler.cli.main import run_command
from reconciler.rules.registry import RULES
from tests.architecture.test_house import HEAVY


def test_without_a_code_every_rule_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["CODE", *RULES]


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules", "missing-effect"]) == 0
    shown = capsys.readouterr().out
    rule = RULES["missing-effect"]
    for text in (rule.id, rule.title, rule.why, rule.how_to_fix, rule.source, "error"):
        assert text in shown


def test_a_misspelt_code_is_an_error_with_the_likely_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules", "mising-effect"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "error: There is no problem code 'mising-effect'.\n    Did you mean 'missing-effect'?\n"


def test_a_code_like_no_other_is_an_error_that_names_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules", "zzz"]) == 1
    assert "`reconcile rules` lists all codes." in capsys.readouterr().err


def test_json_is_a_list_of_all_rules_or_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules", "--format", "json"]) == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)] == list(RULES)
    assert run_command(["rules", "lockout", "--format", "json"]) == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)] == ["lockout"]


def test_markdown_is_a_page_or_an_entry_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["rules", "--format", "markdown"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# Problem codes\n")
    assert run_command(["rules", "lockout", "--format", "markdown"]) == 0
    assert capsys.readouterr().out in page


@pytest.mark.parametrize("arguments", [["rules"], ["rules", "lockout"]], ids=["all", "one"])
def test_rules_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from reconciler.cli.main import run_command\n"
        f"code = run_command({arguments!r})\n"
        f"print('loaded:', *sorted(set(sys.modules) & set({HEAVY!r})))\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"

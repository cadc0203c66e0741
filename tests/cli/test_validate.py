"""`validate` says in each format what is wrong, also before there is a file to check."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.cli.main import run_command
from tests.support.files import Folder

HEAD = "version: 1\nowner: t\n"
ONE = f"{HEAD}users: {{a: {{}}}}\n"
MANY = f'{HEAD}organization: {{accounts: {{dev: {{id: "111111111111"}}}}}}\n'

CASES: dict[str, tuple[str | bytes | None, Sequence[str], list[str]]] = {
    "a file that is missing": (None, (), ["no-file"]),
    "a folder without files": (None, (".",), ["no-file"]),
    "a path below a file": (ONE, ("org.yaml/x.yaml",), ["no-file"]),
    "a file that is empty": ("", (), ["empty-file"]),
    "a file that is no YAML": (f"{HEAD}users: ]\n", (), ["bad-yaml"]),
    "a file that is no text": (b"\xff\xfe\xff", (), ["bad-yaml"]),
    "a list": ("- a\n", (), ["not-a-mapping"]),
    "an include that is missing": (f"{HEAD}include: [more.yaml]\n", (), ["no-file"]),
    "a variable that is missing": (f"{HEAD}users: {{'{{{{ x }}}}': }}\n", (), ["unknown-variable"]),
    "a variable that nothing uses": (ONE, ("--var", "x=y"), ["undeclared-variable"]),
    "an entity": (f"{HEAD}users: {{a: {{pth: x}}}}\n", (), ["unknown-key"]),
    "an account and an entity": (
        f"{MANY.replace('1' * 12, '1')}users: {{a: {{pth: x}}}}\n",
        (),
        ["unknown-key", "wrong-value"],
    ),
    "an account that is unknown": (MANY, ("--account", "prod"), ["unknown-account"]),
    "a file that is no YAML, and an account": (f"{MANY}users: ]\n", ("--account", "dev"), ["bad-yaml"]),
}


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize(("content", "words", "codes"), CASES.values(), ids=list(CASES))
def test_each_format_has_every_problem(
    content: str | bytes | None,
    words: Sequence[str],
    codes: list[str],
    form: str,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Folder(tmp_path).write("org.yaml", content)
    named = words if words and not words[0].startswith("--") else ("org.yaml", *words)
    assert run_command(["validate", *named, "--format", form]) == 1
    printed = capsys.readouterr()
    if form == "text":
        count = f"{len(codes)} error{'s' if len(codes) > 1 else ''}, 0 warnings."
        assert (printed.out, printed.err.splitlines()[-1]) == ("", count)
    else:
        assert (sorted(READERS[form](printed.out)), printed.err) == (codes, "")


READERS = {
    "json": lambda text: [problem["code"] for problem in json.loads(text)["problems"]],
    "sarif": lambda text: [result["ruleId"] for result in json.loads(text)["runs"][0]["results"]],
    "github": lambda text: re.findall(r"^::error title=([a-z-]+)", text, re.MULTILINE),
}
"""Format → the codes of the problems in it."""


def test_an_account_of_files_for_one_account_is_a_mistake_of_the_command_line(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Folder(tmp_path).write("roles.yaml", ONE)
    assert run_command(["validate", str(path), "--account", "dev", "--format", "json"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and "Error: --account is for files with `organization:`" in printed.err

"""The pages of the documentation as tests see them: fenced blocks, run in order in one shell inside the sandbox.

A ```sh block is run; a ```text block right after it is what it prints (stdout and stderr). In expected output `…`
stands for any text within a line, and on a line of its own for any lines. A block ```yaml NAME or ```python NAME is a
whole file, which is put beside the commands. A ```shell block is for the reader's own machine and is not run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.sandbox.server import Sandbox
from tests.support.warm_python import SCRIPTS, build_program

ROOT = Path(__file__).resolve().parents[2]
SHIM = "tests.docs.aws_shim"
FENCE = re.compile(r"^```(\S*) *(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VOLATILE = re.compile(
    r"\b(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}"  # key ids and unique ids
    r"|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"
    r"|(?<=CRET_ACCESS_KEY=')[^']+|(?<=_SESSION_TOKEN=')[^']+"
    r"|(?<=CRET_ACCESS_KEY=)[^'\"\n]+|(?<=_SESSION_TOKEN=)[^'\"\n]+"
    r"|(?<=127\.0\.0\.1:)\d+"
)


@dataclass(frozen=True)
class PageBlock:
    """`line` is where its first line stands in the page; `start` and `end` are offsets of its text."""

    page: Path
    language: str
    name: str
    text: str
    line: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class BlockResult:
    """One command block after it ran. `failed`: its commands that did not exit with 0."""

    block: PageBlock
    expected: PageBlock | None
    output: str
    failed: str


def list_pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def read_blocks(page: Path) -> list[PageBlock]:
    text = page.read_text(encoding="utf-8")
    return [
        PageBlock(page, *match.group(1, 2, 3), text.count("\n", 0, match.start(3)) + 1, match.start(3), match.end(3))
        for match in FENCE.finditer(text)
    ]


def find_expected(block: PageBlock, found: Sequence[PageBlock]) -> PageBlock | None:
    """The ```text block that follows with nothing but an empty line between."""
    position = found.index(block)
    follower = found[position + 1] if position + 1 < len(found) else None
    between = block.page.read_text(encoding="utf-8")[block.end : follower.start] if follower else ""
    return follower if re.fullmatch(r"```\n\n?```text\n", between) else None


def run_page(page: Path, folder: Path, aws: str | None, inside: Sandbox | None = None) -> list[BlockResult]:
    """Every ```sh block of a page, run in one bash inside `reconcile sandbox`, or inside this one, in `folder`.

    `aws` is the AWS CLI that the commands find; None puts a stand-in there, which speaks through boto3.
    """
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    found = read_blocks(page)
    commands = [block for block in found if block.language == "sh"]
    outputs = folder / ".outputs"
    outputs.mkdir()
    lines = ['trap \'echo "exit code $?: $BASH_COMMAND" >> "$OUTPUTS/$BLOCK.failed"\' ERR']
    for number, block in enumerate(commands):
        for file in found:
            if file.language in ("json", "yaml", "python") and file.name and file.line < block.line:
                (folder / file.name).write_text(file.text, encoding="utf-8")
        lines += [f"BLOCK={number}", "{", block.text, f'}} > "$OUTPUTS/{number}" 2>&1 < /dev/null']
    script = folder / ".session.sh"
    script.write_text("\n".join(lines), encoding="utf-8")
    variables = build_environment(folder, aws) | {"OUTPUTS": str(outputs)}
    session = ["bash", "--norc", str(script)]
    if inside is None:
        session = [sys.executable, "-m", "reconciler", "sandbox", "--", *session]
    else:
        variables = inside.build_environment(variables)
    done = subprocess.run(session, env=variables, cwd=folder, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0 or (outputs / str(len(commands) - 1)).exists(), done.stdout + done.stderr
    return [
        BlockResult(
            block,
            find_expected(block, found),
            _read_if_exists(outputs / str(number)),
            _read_if_exists(outputs / f"{number}.failed"),
        )
        for number, block in enumerate(commands)
    ]


def _read_if_exists(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def build_environment(folder: Path, aws: str | None) -> dict[str, str]:
    """A home and a PATH of the test's own: `reconcile` is this interpreter's."""
    tools = folder / ".bin"
    tools.mkdir()
    _write_program(tools / "reconcile", build_program("reconciler"))
    scripts = f'case "$1" in *.py) {build_program(SCRIPTS)} ;; esac'
    _write_program(tools / "python", f'{scripts}\nexec {shlex.quote(sys.executable)} "$@"')
    _write_program(tools / "aws", f'exec {shlex.quote(aws)} "$@"' if aws else build_program(SHIM))
    return os.environ | {
        "HOME": str(folder),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "90",
        "NO_COLOR": "1",
        "SHELL": "/bin/bash",
    }


def _write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def find_aws_cli() -> str | None:
    """The AWS CLI of this machine, if it has one that works."""
    path = shutil.which("aws")
    works = path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    return path if works else None


def matches(expected: str, output: str) -> bool:
    """Whether output is what a page shows, `…` standing for what is left out."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n"
    return re.fullmatch(pattern, output.rstrip("\n") + "\n" if output.strip() else "") is not None


def rewrite_page(page: Path, results: Sequence[BlockResult]) -> str:
    """The page with what was printed in place of what did not match; volatile parts as `…`."""
    broken = [str(result.block) for result in results if result.failed or "Traceback" in result.output]
    assert not broken, f"nothing is written while commands fail: {broken}"
    text = page.read_text(encoding="utf-8")
    for result in reversed(results):
        if result.expected and not _is_kept(result.expected.text, result.output):
            shown = VOLATILE.sub("…", result.output.rstrip("\n") + "\n")
            text = text[: result.expected.start] + shown + text[result.expected.end :]
    return text


def _is_kept(expected: str, output: str) -> bool:
    """A block that is nothing but `…` waits to be filled."""
    return expected.strip() != "…" and matches(expected, output)


def list_yaml_blocks() -> Iterator[PageBlock]:
    for page in list_pages():
        yield from (block for block in read_blocks(page) if block.language == "yaml")

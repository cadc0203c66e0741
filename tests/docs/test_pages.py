"""Every command block of README.md and docs/ is run, and every output that they show is what it prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, find_aws_cli, list_pages, matches, read_blocks, rewrite_page, run_page

RUN = [page for page in list_pages() if any(block.language == "sh" for block in read_blocks(page))]
AWS = find_aws_cli() if os.environ.get("DOCS_AWS_CLI") else None


def _id_of(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize("page", RUN, ids=_id_of)
def test_every_command_of_a_page_works_and_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    _check_page(page, tmp_path, None)


@pytest.mark.skipif(AWS is None, reason="only with DOCS_AWS_CLI=1 and an AWS CLI on PATH")
def test_the_tutorial_works_with_the_aws_cli_itself(tmp_path: Path) -> None:
    _check_page(ROOT / "docs/tutorial.md", tmp_path, AWS)


def _check_page(page: Path, folder: Path, aws: str | None) -> None:
    """UPDATE_DOCS=1 writes what was printed into the page instead; read the difference before committing it."""
    results = run_page(page, folder, aws)
    assert results
    if os.environ.get("UPDATE_DOCS") and not aws:
        page.write_text(rewrite_page(page, results), encoding="utf-8")
        return
    for result in results:
        assert not result.failed, f"{result.block}: {result.failed}{result.output}"
        if result.expected:
            assert matches(result.expected.text, result.output), f"{result.expected} shows otherwise:\n{result.output}"

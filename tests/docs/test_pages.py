"""Every command block of README.md and docs/ is run, and every output that they show is what it prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, matches, pages, ran, real_aws, rewritten

RUN = [page for page in pages() if any(block.language == "sh" for block in blocks(page))]
AWS = real_aws() if os.environ.get("DOCS_AWS_CLI") else None


def _id(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize("page", RUN, ids=_id)
def test_every_command_of_a_page_works_and_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    _check(page, tmp_path, None)


@pytest.mark.skipif(AWS is None, reason="only with DOCS_AWS_CLI=1 and an AWS CLI on PATH")
def test_the_tutorial_works_with_the_aws_cli_itself(tmp_path: Path) -> None:
    _check(ROOT / "docs/tutorial.md", tmp_path, AWS)


def _check(page: Path, folder: Path, aws: str | None) -> None:
    """UPDATE_DOCS=1 writes what was printed into the page instead; read the difference before committing it."""
    results = ran(page, folder, aws)
    assert results
    if os.environ.get("UPDATE_DOCS") and not aws:
        page.write_text(rewritten(page, results), encoding="utf-8")
        return
    for result in results:
        assert not result.failed, f"{result.block}: {result.failed}{result.output}"
        if result.expected:
            assert matches(result.expected.text, result.output), f"{result.expected} shows otherwise:\n{result.output}"

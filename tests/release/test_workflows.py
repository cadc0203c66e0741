"""The workflows of this repository run targets of the Makefile, and pin each action by its commit."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.try_dist import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def list_steps(path: Path) -> list[dict[str, Any]]:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_step_is_a_target_or_a_pinned_action(path: Path) -> None:
    steps = list_steps(path)
    assert steps
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        elif step.get("name") != "Push the image":
            found = re.fullmatch(r"make ([a-z-]+)( .*)?", step["run"])
            assert found is not None and found[1] in TARGETS


def test_one_version_of_an_action_has_one_hash_everywhere() -> None:
    pages = [*WORKFLOWS, ROOT / "action.yml", ROOT / "reconciler/app/starters/github.yml"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    pins = set(re.findall(r"uses: (\S+)@([0-9a-f]{40})  # (v[\d.]+)$", text, re.MULTILINE))
    assert len(pins) == len({(name, version) for name, _hash, version in pins}) == len({pin[0] for pin in pins})
    assert len(re.findall(r"uses: ", text)) == len(
        re.findall(r"uses: \S+@[0-9a-f]{40}  # v[\d.]+$", text, re.MULTILINE)
    )


def test_one_base_image_has_one_digest_everywhere() -> None:
    files = ("Containerfile", "reconciler/app/starters/gitlab.yml", "examples/organization/gitlab.yml")
    texts = [(ROOT / file).read_text(encoding="utf-8") for file in files]
    pins = [re.findall(r"python:3\.13-slim(@sha256:[0-9a-f]{64})?", text) for text in texts]
    assert all(pins) and len({pin for found in pins for pin in found}) == 1


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--format=plain", ROOT / ".github"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "No findings to report" in result.stdout + result.stderr

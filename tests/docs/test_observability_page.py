"""The page about following runs: an example of every event, and the traces that its pipelines set."""

from __future__ import annotations

import json
import os
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.log_event import LogEvent
from reconciler.model.run_summary import RunStatus
from reconciler.model.trace import TraceContext, read_traceparent
from tests.docs.pages import ROOT, read_blocks

PAGE = ROOT / "docs/observability.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = read_blocks(PAGE)
GITHUB, GITLAB = [yaml.safe_load(block.text) for block in BLOCKS if block.language == "yml"]
EXAMPLES: list[dict[str, Any]] = [
    json.loads(line.replace("{…, ", "{"))
    for block in BLOCKS
    if block.language == "jsonl"
    for line in block.text.splitlines()
]


def test_every_event_has_an_example_and_every_status_a_row() -> None:
    assert sorted(example["event"] for example in EXAMPLES) == sorted(map(str, LogEvent))
    assert [str(status) for status in RunStatus if f"\n| `{status}` |" not in TEXT] == []


def test_the_examples_give_each_field_one_type() -> None:
    types: dict[str, set[type]] = {}
    for example in EXAMPLES:
        for name, value in example.items():
            types.setdefault(name, set()).add(type(value))
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


def run_script(script: str, folder: Path, **variables: str) -> str:
    environment = {"PATH": os.environ["PATH"], "GITHUB_ENV": str(folder / "env"), **variables}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_step_for_github_sets_the_ids_that_the_collector_gives_the_run(tmp_path: Path) -> None:
    ((step,),) = [GITHUB]
    run_script(step["run"], tmp_path, GITHUB_RUN_ID="17243896571", GITHUB_RUN_ATTEMPT="2")
    name, _, value = (tmp_path / "env").read_text().strip().partition("=")
    trace_id, span_id = (sha256(f"172438965712{letter}".encode()).hexdigest() for letter in "ts")
    assert (name, read_traceparent(value)) == ("TRACEPARENT", TraceContext(trace_id[:32], span_id[16:32]))


@pytest.mark.parametrize("pipeline", ["1", "1234567890"])
def test_the_script_for_gitlab_sets_a_valid_trace(tmp_path: Path, pipeline: str) -> None:
    script = "\n".join([*GITLAB["before_script"], 'printf %s "$TRACEPARENT"'])
    digest = sha256(pipeline.encode()).hexdigest()
    said = run_script(script, tmp_path, CI_PIPELINE_ID=pipeline)
    assert read_traceparent(said) == TraceContext(digest[:32], digest[32:48])

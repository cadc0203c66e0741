"""The example pipelines of many accounts: what the pages show of them, their pins, and what follows from a report."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from reconciler import __version__
from reconciler.app.starter import PIPELINES, PipelineHost
from tests.docs.pages import ROOT, read_blocks
from tests.support.github_project import PULL_NUMBER, make_project
from tests.support.workflow_runner import read_workflow

EXAMPLES = ROOT / "examples/organization"
GITHUB = (EXAMPLES / "github.yml").read_text(encoding="utf-8")
GITLAB = (EXAMPLES / "gitlab.yml").read_text(encoding="utf-8")
KUBERNETES = "".join(path.read_text(encoding="utf-8") for path in sorted((EXAMPLES / "kubernetes").glob("*.yaml")))
WORKFLOW = read_workflow(GITHUB)
_RECONCILE = """\
case $1 in
  accounts) echo '{{"include": [{{"wave": 1, "shard": "1/2"}}, {{"wave": 1, "shard": "2/2"}}]}}' ;;
  plan) mkdir plans; echo "$SHARD" > "plans/${{SHARD%/*}}.json"; exit $(cat {folder}/planned) ;;
  report) ls plans; exit $(cat {folder}/code) ;;
esac
"""


@pytest.mark.parametrize(
    ("page", "files"), [("organization-pipelines", (GITHUB, GITLAB)), ("kubernetes", (KUBERNETES,))]
)
def test_what_a_page_shows_of_a_pipeline_is_the_example(page: str, files: tuple[str, ...]) -> None:
    shown = [block.text for block in read_blocks(ROOT / f"docs/{page}.md") if block.language == "yml"]
    assert len(shown) > 1
    assert [text for text in shown if not any(text in file for file in files)] == []


def test_the_examples_install_this_version_and_use_what_init_pins() -> None:
    """A new version of reconcile must be written into the examples, too (CONTRIBUTING.md, "Releasing")."""
    assert set(re.findall(r"reconcile-iam==(\S+)", GITHUB + GITLAB)) == {__version__}
    assert set(re.findall(r"image: \S+/reconcile:(\S+)", KUBERNETES)) == {__version__}
    starters = "".join(PIPELINES[host][0].read() for host in PipelineHost)
    pins = re.findall(r"(?:uses|image): (\S+@\S+)", GITHUB + GITLAB)
    assert len(pins) > 10
    assert [pin for pin in pins if pin not in starters] == []


def test_no_script_of_the_workflow_holds_an_expression() -> None:
    scripts = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
    assert len(scripts) > 5
    assert [script for script in scripts if "${{" in script] == []


def test_only_main_can_use_the_role_that_writes() -> None:
    """The two roles are those of examples/pipeline.yaml, whose trust asks for an environment."""
    environments = {name: job.get("environment") for name, job in WORKFLOW["jobs"].items() if "iam-apply" in str(job)}
    assert environments == {"wave-1": "iam", "wave-2": "iam"}
    jobs = yaml.load(GITLAB, GitLabLoader)
    assert [name for name, job in jobs.items() if "iam-apply" in str(job)] == [".apply"]
    (rule,) = jobs[".apply"]["rules"]
    assert rule["if"].startswith("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && ")
    assert [name for name in ("wave-1", "wave-2") if "rules" in jobs[name]] == []


class GitLabLoader(yaml.SafeLoader):
    """Reads YAML with `!reference`."""


GitLabLoader.add_constructor("!reference", lambda *_: None)


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("jq"), reason="the workflow runs on Linux, with jq")
def test_what_follows_from_a_report(tmp_path: Path) -> None:
    """Drift is red at night only; a failure or an unsafe plan always is, and nothing is applied then."""
    with make_project(tmp_path, _RECONCILE.format(folder=tmp_path), {"HOME": str(tmp_path)}, workflow=WORKFLOW) as made:
        commit = made.commit("")

        def run(event: str, code: int, planned: int = 0) -> dict[str, str]:
            (tmp_path / "code").write_text(str(code))
            (tmp_path / "planned").write_text(str(planned))
            jobs = made.run(event, commit)
            return {name: job.result for name, job in jobs.items() if job.result != "skipped"}

        good = {"divide": "success", "plan": "success", "report": "success"}
        red = good | {"report": "failure"}
        assert [run("schedule", code) for code in (0, 2, 1, 3)] == [good, red, red, red]
        shown = {"comment": "success"}
        assert [run("pull_request", code) for code in (0, 2, 1)] == [good | shown, good | shown, red | shown]
        assert len(made.github.comments[PULL_NUMBER]) == 1
        assert run("pull_request", 3, planned=3) == red | shown | {"plan": "failure"}
        assert [run("push", code) for code in (0, 1, 3)] == [good, red, red]
        assert made.run("pull_request", commit, head_repository="mallory/iam")["divide"].result == "skipped"


def test_the_matrix_of_the_workflow_is_that_of_its_waves() -> None:
    """Each wave has a job and an output; all shards have the same number in each."""
    outputs = WORKFLOW["jobs"]["divide"]["outputs"]
    waves = [name for name in WORKFLOW["jobs"] if name.startswith("wave-")]
    assert list(outputs) == ["all", *waves]
    script = next(step["run"] for step in WORKFLOW["jobs"]["divide"]["steps"] if step.get("id") == "divide")
    assert set(re.findall(r"--shards (\d+)", script)) == {"4"}
    shards = yaml.load(GITLAB, GitLabLoader)
    listed = shards[".apply"]["parallel"]["matrix"][0]["SHARD"]
    assert listed == [f"{index}/{shards['plan']['parallel']}" for index in range(1, shards["plan"]["parallel"] + 1)]
    assert [name for name in shards if name.startswith("wave-")] == waves == ["wave-1", "wave-2"]

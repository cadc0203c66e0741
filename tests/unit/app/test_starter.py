"""The files that `init` writes: they work as they are, and nothing that is there already is changed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler import __version__
from reconciler.app.desired_files import validate_files
from reconciler.app.starter import PIPELINES, ROLES, PipelineHost, StarterFile, write_starter
from reconciler.model.problem import ReconcileError
from tests.support.source_modules import ROOT

EVERY = [ROLES, *(file for files in PIPELINES.values() for file in files)]
DECLARING = [file for file in EVERY if file.path.endswith(".yaml")]


def test_every_file_is_written_where_its_host_reads_it(tmp_path: Path) -> None:
    starter = write_starter(tmp_path / "new/folder", list(PipelineHost))
    assert [path.relative_to(tmp_path / "new/folder").as_posix() for path in starter.written] == [
        "roles.yaml",
        ".github/workflows/iam.yml",
        "pipeline.yaml",
        ".gitlab-ci.yml",
        ".gitlab/iam.py",
        "pipeline-gitlab.yaml",
    ]
    contents = [path.read_text(encoding="utf-8") for path in starter.written]
    assert contents == [file.read() for file in EVERY]
    assert starter.kept == ()
    assert starter.roles == starter.written[0]
    assert [path.name for path in starter.pipelines] == ["iam.yml", ".gitlab-ci.yml"]


def test_a_file_that_is_there_is_kept_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "roles.yaml").write_text("mine")
    (tmp_path / "pipeline.yaml").mkdir()
    (tmp_path / ".gitlab-ci.yml").symlink_to(tmp_path / "nowhere")
    starter = write_starter(tmp_path, list(PipelineHost))
    assert [path.name for path in starter.kept] == ["roles.yaml", "pipeline.yaml", ".gitlab-ci.yml"]
    assert (starter.roles, [path.name for path in starter.pipelines]) == (None, ["iam.yml"])
    assert (tmp_path / "roles.yaml").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    again = write_starter(tmp_path, list(PipelineHost))
    assert again.written == ()
    assert len(again.kept) == len(EVERY)


@pytest.mark.parametrize("link", [".github", ".github/workflows"])
def test_a_folder_that_is_a_link_is_refused(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "here" / link).parent.mkdir(parents=True)
    (tmp_path / "here" / link).symlink_to(outside)
    with pytest.raises(ReconcileError, match=r"Cannot write .*: it is a symbolic link"):
        write_starter(tmp_path / "here", [PipelineHost.GITHUB])
    assert list(outside.iterdir()) == []


def test_a_pipeline_below_the_top_of_a_repository_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert write_starter(tmp_path / "below", []).top is None
    assert write_starter(tmp_path / "below", [PipelineHost.GITLAB]).top == Path(os.path.realpath(tmp_path))
    assert write_starter(tmp_path, [PipelineHost.GITLAB]).top is None


@pytest.mark.parametrize("file", DECLARING, ids=lambda file: file.source)
def test_a_file_is_valid_without_a_warning(file: StarterFile, tmp_path: Path) -> None:
    path = tmp_path / file.path
    path.write_text(file.read())
    assert validate_files([str(path)], {})[1] == ()


def test_a_pipeline_installs_the_version_that_wrote_it() -> None:
    for host in PipelineHost:
        text = PIPELINES[host][0].read()
        assert set(re.findall(r"reconcile-iam\S*", text)) == {f"reconcile-iam=={__version__}"}
        assert "RECONCILE_VERSION" not in text


def test_the_image_of_the_gitlab_pipeline_is_the_base_of_our_own() -> None:
    (image,) = re.findall(r"image: (\S+)", PIPELINES[PipelineHost.GITLAB][0].read())
    assert re.fullmatch(r"python:[\w.-]+@sha256:[0-9a-f]{64}", image)
    assert f"docker.io/library/{image} " in (ROOT / "Containerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["pipeline.yaml", "pipeline-gitlab.yaml"])
def test_the_roles_of_a_pipeline_are_those_of_the_example(name: str) -> None:
    (file,) = [one for one in EVERY if one.path == name]
    example = (ROOT / "examples" / name).read_text(encoding="utf-8")
    assert file.read().partition("\nversion: 1\n")[2] == example.partition("\nversion: 1\n")[2] != ""


def test_no_line_is_longer_than_120_characters() -> None:
    assert [(file.source, line) for file in EVERY for line in file.read().splitlines() if len(line) > 120] == []


def test_no_script_of_the_workflow_holds_an_expression() -> None:
    """GitHub puts the value of an expression into the script: a branch named `$(…)` would be run."""
    workflow = yaml.safe_load(PIPELINES[PipelineHost.GITHUB][0].read())
    scripts = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert len(scripts) > 5
    assert [script for script in scripts if "${{" in script] == []


def test_the_program_for_gitlab_passes_our_own_linter(tmp_path: Path) -> None:
    (program,) = [file for file in EVERY if file.path.endswith(".py")]
    (tmp_path / "iam.py").write_text(program.read())
    ruff, settings = Path(sys.executable).with_name("ruff"), ROOT / "pyproject.toml"
    command = [ruff, "check", "--config", settings, "--ignore", "T20", tmp_path / "iam.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout

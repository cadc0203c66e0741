"""A plan without changes beside Terraform's, of the same account, on the same server, in turn.

Needs `terraform` on PATH and a mirror of provider packages with hashicorp/aws in it, $TF_PLUGINS or else
/opt/tf-plugins (`terraform providers mirror FOLDER` makes one): the bench downloads nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import RECONCILE, alternating, cost, desired_file, expect, median, ratio
from benchmarks.server import ROOT, Replay
from benchmarks.table import Row, at_least, number

FASTER = 10.0
PLUGINS = Path(os.environ.get("TF_PLUGINS", "/opt/tf-plugins"))
QUIET = ("-input=false", "-no-color")


def missing() -> str:
    """What keeps Terraform from being measured; empty where nothing does."""
    if shutil.which("terraform") is None:
        return "terraform is not on PATH"
    if not (PLUGINS / "registry.terraform.io/hashicorp/aws").is_dir():
        return f"no mirror of hashicorp/aws in {PLUGINS} (TF_PLUGINS)"
    return ""


def rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    if missing():
        yield Row(f"Terraform was not measured: {missing()}", "")
        return
    for size in sizes:
        yield from beside(size, runs, folder)


def beside(size: str, runs: int, folder: Path) -> Iterator[Row]:
    file, own = str(desired_file(size, folder)), folder / f"terraform-{size}"
    own.mkdir()
    with Replay(size) as server:
        variables = _variables(own)
        make = [sys.executable, "-m", "benchmarks.terraform_files", size, str(own), server.url]
        subprocess.run(make, cwd=ROOT, check=True)
        cost(["terraform", "init", *QUIET], server, own, variables)
        cost(["terraform", "apply", "-refresh-only", "-auto-approve", *QUIET], server, own, variables)
        found = alternating(
            {
                "theirs": lambda: expect(
                    "No changes", cost(["terraform", "plan", *QUIET], server, own, variables), "terraform plan"
                ),
                "ours": lambda: expect("No changes", cost([*RECONCILE, "plan", file], server), "plan"),
            },
            runs,
        )
    theirs, ours = found["theirs"], found["ours"]
    what = f"{size}: plan, times faster than Terraform"
    times, detail = ratio(theirs, ours), f"{median(theirs):.1f} s ÷ {median(ours):.2f} s"
    yield at_least(what, times, FASTER, " ×", detail) if size == "M" else Row(what, f"{number(times)} × ({detail})")
    yield Row(f"{size}: API calls, Terraform and reconcile", f"{theirs[-1].calls:,} and {ours[-1].calls:,}")
    memory = f"{max(one.mib for one in theirs):.0f} and {max(one.mib for one in ours):.0f} MiB"
    yield Row(f"{size}: peak memory of the largest process of each", memory)
    yield Row(f"{size}: versions", _versions(own, variables))


def _variables(folder: Path) -> dict[str, str]:
    mirror = f'filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}'
    settings = folder / "tf.rc"
    settings.write_text(f"provider_installation {{\n  {mirror}\n}}\ndisable_checkpoint = true\n", encoding="utf-8")
    return {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "HOME": str(folder)}


def _versions(folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(
        ["terraform", "version", "-json"], cwd=folder, env={**os.environ, **variables}, capture_output=True, check=True
    )
    told = json.loads(done.stdout)
    provider = told.get("provider_selections", {}).get("registry.terraform.io/hashicorp/aws", "?")
    return f"Terraform {told['terraform_version']}, hashicorp/aws {provider}"

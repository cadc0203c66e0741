"""Measure a plan without changes beside Terraform's, for the same account on the same server, in turn.

It needs `terraform` on PATH, and a mirror of provider packages with hashicorp/aws in $TF_PLUGINS or /opt/tf-plugins
(`terraform providers mirror FOLDER` makes one). The benchmark downloads nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import (
    RECONCILE,
    expect_output,
    measure_cost,
    measure_in_turn,
    median_ratio_of,
    median_seconds_of,
    write_desired_file,
)
from benchmarks.server import ROOT, ReplayServer
from benchmarks.table import Row, format_number, row_at_least

MIN_SPEEDUP = 10.0
PLUGINS = Path(os.environ.get("TF_PLUGINS", "/opt/tf-plugins"))
QUIET = ("-input=false", "-no-color")


def find_missing() -> str:
    """Return the reason that Terraform cannot be measured; "" if it can."""
    if shutil.which("terraform") is None:
        return "terraform is not on PATH"
    if not (PLUGINS / "registry.terraform.io/hashicorp/aws").is_dir():
        return f"no mirror of hashicorp/aws in {PLUGINS} (TF_PLUGINS)"
    return ""


def measure_rows(sizes: list[str], runs: int, folder: Path) -> Iterator[Row]:
    if find_missing():
        yield Row(f"Terraform was not measured: {find_missing()}", "")
        return
    for size in sizes:
        yield from compare_with_terraform(size, runs, folder)


def compare_with_terraform(size: str, runs: int, folder: Path) -> Iterator[Row]:
    file, terraform_folder = str(write_desired_file(size, folder)), folder / f"terraform-{size}"
    terraform_folder.mkdir()
    with ReplayServer(size) as server:
        variables = _write_settings(terraform_folder)
        make = [sys.executable, "-m", "benchmarks.terraform_files", size, str(terraform_folder), server.url]
        subprocess.run(make, cwd=ROOT, check=True)
        measure_cost(["terraform", "init", *QUIET], server, terraform_folder, variables)
        measure_cost(
            ["terraform", "apply", "-refresh-only", "-auto-approve", *QUIET], server, terraform_folder, variables
        )
        costs = measure_in_turn(
            {
                "theirs": lambda: expect_output(
                    "No changes",
                    measure_cost(["terraform", "plan", *QUIET], server, terraform_folder, variables),
                    "terraform plan",
                ),
                "ours": lambda: expect_output("No changes", measure_cost([*RECONCILE, "plan", file], server), "plan"),
            },
            runs,
        )
    theirs, ours = costs["theirs"], costs["ours"]
    label = f"{size}: plan, times faster than Terraform"
    ratio, detail = (
        median_ratio_of(theirs, ours),
        f"{median_seconds_of(theirs):.1f} s ÷ {median_seconds_of(ours):.2f} s",
    )
    yield (
        row_at_least(label, ratio, MIN_SPEEDUP, " ×", detail)
        if size == "M"
        else Row(label, f"{format_number(ratio)} × ({detail})")
    )
    yield Row(f"{size}: API calls, Terraform and reconcile", f"{theirs[-1].calls:,} and {ours[-1].calls:,}")
    memory = f"{max(cost.mib for cost in theirs):.0f} and {max(cost.mib for cost in ours):.0f} MiB"
    yield Row(f"{size}: peak memory of the largest process of each", memory)
    yield Row(f"{size}: versions", _read_versions(terraform_folder, variables))


def _write_settings(folder: Path) -> dict[str, str]:
    mirror = f'filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}'
    settings = folder / "tf.rc"
    settings.write_text(f"provider_installation {{\n  {mirror}\n}}\ndisable_checkpoint = true\n", encoding="utf-8")
    return {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "HOME": str(folder)}


def _read_versions(folder: Path, variables: dict[str, str]) -> str:
    completed = subprocess.run(
        ["terraform", "version", "-json"], cwd=folder, env={**os.environ, **variables}, capture_output=True, check=True
    )
    versions = json.loads(completed.stdout)
    provider = versions.get("provider_selections", {}).get("registry.terraform.io/hashicorp/aws", "?")
    return f"Terraform {versions['terraform_version']}, hashicorp/aws {provider}"

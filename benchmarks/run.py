"""`make bench`: what a plan without changes and a validation cost on this machine, as counts and ratios.

Each size is generated, applied to a sandbox of its own, and then measured: whole processes, medians, each beside the
least that any tool must do. Nothing is asserted; how to read the table is in docs/performance.md.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import yaml

from reconciler.sandbox.server import Sandbox

# users, groups, policies, roles; runs of each measurement
SIZES = {"S": ((20, 10, 30, 50), 5), "M": ((100, 20, 150, 250), 3)}
TO_BYTES = 1 if sys.platform == "darwin" else 1024

LEAST_READ = """
import boto3
iam = boto3.client("iam")
kinds = ["User", "Group", "Role", "LocalManagedPolicy"]
for page in iam.get_paginator("get_account_authorization_details").paginate(Filter=kinds): pass
for page in iam.get_paginator("list_roles").paginate(): pass
"""
LEAST_PARSE = "import sys, yaml; yaml.load(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader)"


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds by the clock, megabytes at its peak, calls that the server counted."""

    seconds: float
    megabytes: float
    calls: float


def workload(users: int, groups: int, policies: int, roles: int) -> dict[str, object]:
    """A file of that many entities: statements with conditions, attachments of both kinds, tags, MFA, profiles."""

    def statements(index: int) -> list[dict[str, object]]:
        return [
            {
                "Sid": f"Part{part}",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", f"dynamodb:{'Query' if part % 2 else 'Scan'}"],
                "Resource": [f"arn:aws:s3:::bucket-{index}-{part}/*", f"arn:aws:s3:::bucket-{index}-{part}"],
                "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
            }
            for part in range(3 + index % 5)
        ]

    def attached(index: int) -> list[str]:
        own = [f"policy-{(index * 7 + step) % policies}" for step in range(index % 3)]
        return own if index % 5 else [*own, "aws:ReadOnlyAccess"]

    def trust(index: int) -> list[dict[str, object]]:
        if index % 2:
            return [{"services": ["ec2.amazonaws.com"]}]
        return [{"users": [f"user-{index % users}"], "mfa": {"max_age": "1h"}}]

    return {
        "version": 1,
        "owner": "bench",
        "defaults": {"tags": {"team": "bench"}},
        "policies": {f"policy-{n}": {"document": {"Statement": statements(n)}} for n in range(policies)},
        "groups": {f"group-{n}": {"policies": attached(n), "path": "/bench/"} for n in range(groups)},
        "users": {f"user-{n}": {"groups": [f"group-{n % groups}"], "policies": attached(n)} for n in range(users)},
        "roles": {
            f"role-{n}": {"trust": trust(n), "policies": attached(n + 1), "instance_profile": n % 10 == 1}
            | ({"inline_policies": {"own": {"Statement": statements(n)[:1]}}} if n % 4 == 0 else {})
            for n in range(roles)
        },
    }


def cost(command: Sequence[str], sandbox: Sandbox) -> Cost:
    """Run one process against the sandbox; it must succeed."""
    zero = urllib.request.Request(f"{sandbox.url}/_sandbox/zero", method="POST")
    urllib.request.urlopen(zero).read()
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen([sys.executable, *command], env=sandbox.environment(), stdout=said, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode()}")
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/stats") as answer:
        calls = sum(json.load(answer)["calls"].values())
    return Cost(seconds, used.ru_maxrss * TO_BYTES / 1e6, calls)


def typical(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*map(astuple, costs), strict=True)))


def measured(size: str, folder: Path) -> list[list[str]]:
    counts, runs = SIZES[size]
    file = folder / f"{size}.yaml"
    file.write_text(yaml.dump(workload(*counts), sort_keys=False), encoding="utf-8")
    commands = {
        "least read": ["-c", LEAST_READ],
        "plan": ["-m", "reconciler", "plan", str(file)],
        "YAML parse": ["-c", LEAST_PARSE, str(file)],
        "validate": ["-m", "reconciler", "validate", str(file)],
    }
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    with Sandbox() as sandbox:
        applied = cost(["-m", "reconciler", "apply", str(file), "--yes"], sandbox)
        for _ in range(runs):  # in turn, so that what disturbs the machine disturbs all alike
            for name, command in commands.items():
                found[name].append(cost(command, sandbox))
    beside = {"plan": "least read", "validate": "YAML parse"}
    rows = [row(size, f"apply of all {sum(counts)}", applied)]
    for name, costs in found.items():
        base = typical(found[beside[name]]) if name in beside else None
        rows.append(row(size, name, typical(costs), base))
    return rows


def row(size: str, name: str, cost: Cost, base: Cost | None = None) -> list[str]:
    ratio = f"{cost.seconds / base.seconds:.1f} x" if base else ""
    return [size, name, f"{cost.calls:.0f}", f"{cost.seconds:.2f}", ratio, f"{cost.megabytes:.0f}"]


def main() -> None:
    rows = [["size", "what", "calls", "seconds", "ratio", "MB"]]
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            rows += measured(size, Path(folder))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for line in rows:
        sys.stdout.write(f"| {' | '.join(map(str.ljust, line, widths))} |\n")


if __name__ == "__main__":
    main()

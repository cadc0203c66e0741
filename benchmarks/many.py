"""Measure a plan of many accounts from one file: time, memory and calls, by the number of accounts at once.

Each is measured once: a run is long, and each account of it is a measurement of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.documents import ACCOUNT
from benchmarks.measure import RECONCILE, Cost, expect_output, measure_cost, write_desired_file
from benchmarks.server import ReplayServer
from benchmarks.table import Row, format_number, row_at_most

ACCOUNTS = 300
AT_ONCE = (1, 4, 16)
FEW_ACCOUNTS = 30
"""Memory is compared with that of so many accounts, at the same number at once."""

MAX_MEMORY_RATIO = 1.25
SHARDS = 2


def measure_rows(sizes: list[str], _runs: int, folder: Path) -> Iterator[Row]:
    for size in sizes:
        many, few = _write_organization(size, ACCOUNTS, folder), _write_organization(size, FEW_ACCOUNTS, folder)
        with ReplayServer(size) as server:
            yield from _measure_parallel(size, many, few, server)
            yield from _measure_shards(size, many, server)


def _measure_parallel(size: str, many: Path, few: Path, server: ReplayServer) -> Iterator[Row]:
    for number in AT_ONCE:
        cost = _plan(many, server, ACCOUNTS, "--max-parallel", str(number))
        mib, few_mib = cost.mib, _plan(few, server, FEW_ACCOUNTS, "--max-parallel", str(number)).mib
        label = f"{size}, {ACCOUNTS} accounts, {number} at once"
        seconds, cpu = map(format_number, (cost.seconds, cost.cpu_seconds))
        yield Row(f"{label}: time", f"{seconds} s ({cpu} s of processor time)")
        detail = f"{mib:.0f} MiB ÷ {few_mib:.0f} MiB"
        yield row_at_most(f"{label}: memory ÷ {FEW_ACCOUNTS} accounts", mib / few_mib, MAX_MEMORY_RATIO, " ×", detail)


def _measure_shards(size: str, many: Path, server: ReplayServer) -> Iterator[Row]:
    whole = _plan(many, server, ACCOUNTS).calls
    parts = [_plan(many, server, None, "--shard", f"{index}/{SHARDS}").calls for index in range(1, SHARDS + 1)]
    extra = sum(parts) - whole - (SHARDS - 1)  # each shard asks once who the caller is
    detail = f"{' + '.join(map(str, parts))} calls beside {whole}"
    yield row_at_most(f"{size}, {ACCOUNTS} accounts: further calls of {SHARDS} shards", abs(extra), 0, "", detail)


def _plan(file: Path, server: ReplayServer, accounts: int | None, *options: str) -> Cost:
    cost = measure_cost([*RECONCILE, "plan", str(file), *options], server)
    return cost if accounts is None else expect_output(f"{accounts} in step", cost, "plan")


def _write_organization(size: str, accounts: int, folder: Path) -> Path:
    """Write the file of an organization whose accounts share the desired state of a size, and return its path."""
    shared, file = folder / f"{size}-shared.yaml", folder / f"{size}-{accounts}-accounts.yaml"
    lines = write_desired_file(size, folder).read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("account:"))
    shared.write_text(text.replace(ACCOUNT, "{{ account_id }}"), encoding="utf-8")
    members = "".join(f'    dev-{number}: {{id: "{200_000_000_000 + number}"}}\n' for number in range(accounts))
    head = f"version: 1\norganization:\n  role: reconciler\n  defaults: {{files: [{shared.name}]}}\n  accounts:\n"
    file.write_text(head + members, encoding="utf-8")
    return file

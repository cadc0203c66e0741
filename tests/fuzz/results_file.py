"""Fuzz target: the results of a run over many accounts, as `report DIR` reads them, and as `apply DIR` enters accounts.

As for plan files, most inputs get the right checksum first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from reconciler.app.organization.entry import AccountEntry
from reconciler.app.organization.files import RunOptions
from reconciler.app.organization.report import merge_results
from reconciler.app.organization.results_file import name_results
from reconciler.app.organization.results_section import results_to_dict
from reconciler.app.organization.saved_plans import make_entry, read_plans
from reconciler.model.problem import ReconcileError
from reconciler.model.shards import Shard
from reconciler.plan.saved.fingerprint import compute_digest
from tests.fuzz.mutations import spoil_bytes
from tests.fuzz.target import print_accounts, print_problems, write_input
from tests.fuzz.worlds import spoil_json_bytes
from tests.support.account_results import RESULTS, RUN

_KEEP_CHECKSUM = b"!"
"""The first byte of an input that keeps its checksum."""
_HOME: Any = SimpleNamespace(account="999999999999", partition="aws", caller_arn=RUN.caller)


class ResultsFile:
    name = "results"

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "results"
        self._folder.mkdir()

    def make_seeds(self) -> Sequence[bytes]:
        whole = replace(RUN, shard=None, wave=None)
        runs = (whole, replace(whole, results=RESULTS[3:4], hops={}, session=replace(RUN.session, via=None)))
        shards = (replace(RUN, shard=Shard(1, 1), waves=(1,)), replace(whole, results=RESULTS[6:], command="apply"))
        return [json.dumps(results_to_dict(run, Path("plans"))).encode() for run in (*runs, *shards)]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        if not random.randrange(12):
            return _KEEP_CHECKSUM + spoil_bytes(random, data.removeprefix(_KEEP_CHECKSUM), other)
        return spoil_json_bytes(random, data.removeprefix(_KEEP_CHECKSUM), other)

    def read(self, data: bytes) -> Iterable[str]:
        for path in self._folder.iterdir():
            path.unlink()
        path = self._folder / _name_file(data)
        write_input(path, data[1:] if data.startswith(_KEEP_CHECKSUM) else _seal(data))
        try:
            words = print_accounts(merge_results(self._folder))
            run, planned = read_plans(self._folder, RunOptions())
        except ReconcileError as failed:
            return print_problems(failed.problems)
        return words | self._enter(make_entry(_HOME, run), planned.results)

    def _enter(self, entry: AccountEntry, results: Iterable[Any]) -> set[str]:
        """Find the way into each account, as `apply` does."""
        words = set()
        for result in results:
            try:
                words.add(f"{len(entry.list_calls(result.account))} calls to enter")
            except ReconcileError as failed:
                words |= print_problems(failed.problems)
        return words


def _name_file(data: bytes) -> str:
    """Return the name that a run would give the file, if the content says one."""
    try:
        run = json.loads(data)
        name = name_results(run["command"], run["wave"], Shard.parse(run["shard"]) if run["shard"] else None)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "plan-results.json"
    is_fine = name.isascii() and name.isprintable() and "/" not in name and len(name) < 100
    return name if is_fine else "plan-results.json"


def _seal(data: bytes) -> bytes:
    """Return the file with the right checksum, if it can have one."""
    try:
        document = json.loads(data)
        document["integrity"] = compute_digest(document, allow_surrogates=True)
        return json.dumps(document).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return data

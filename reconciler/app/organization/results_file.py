"""The results of a run in its folder: a file for the run, or for each shard, beside the plan files.

`apply DIR` and `report DIR` read them. A plan file is checked by itself when it is read; this file has a checksum, too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from reconciler.app.organization.files import RunOptions, select_accounts
from reconciler.app.organization.members import OrganizationRun
from reconciler.app.organization.results_section import RunResults, read_run, results_to_dict
from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular, reason_of
from reconciler.files.whole_files import write_whole
from reconciler.model.account_results import OrganizationResults
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import make_error
from reconciler.model.shards import Shard
from reconciler.plan.saved.fingerprint import compute_digest
from reconciler.plan.saved.strict_json import MalformedPlan, parse_strict_json
from reconciler.render.json_text import dump_json

_NAME = "results"
_NAME_OF_PART = re.compile(r"apply-results(?:-wave-([0-9]+))?(?:-([0-9]+)-of-([0-9]+))?\.json")
"""The name of the results of an apply; its groups are wave, shard and number of shards."""


def make_results(command: str, summary: OrganizationResults, run: OrganizationRun, options: RunOptions) -> RunResults:
    """Return what a run leaves for `apply DIR` and `report DIR`: also the accounts that it leaves to other parts."""
    of_all_waves = select_accounts(run.all_accounts, RunOptions(options.patterns))
    return RunResults(
        command,
        summary.results,
        summary.caller,
        run.entry.home.partition,
        run.entry.role,
        run.entry.session,
        run.entry.hops,
        summary.files,
        options.shard,
        options.wave,
        tuple(sorted({account.wave for account in of_all_waves})),
        tuple(MemberAccount(one.name, one.id, wave=one.wave, is_canary=one.is_canary) for one in of_all_waves),
        summary.problems,
    )


def name_results(command: str, wave: int | None, shard: Shard | None) -> str:
    """Return the name of the file: `plan-results.json`, `apply-results-wave-1-2-of-4.json`."""
    part = f"-wave-{wave}" if wave is not None else ""
    part += f"-{shard.index}-of-{shard.total}" if shard else ""
    return f"{command}-{_NAME}{part}.json"


def write_results(folder: Path, run: RunResults) -> None:
    """Write the results of a run into a folder, in place of those of the same shard. Raises ReconcileError."""
    path = folder / name_results(run.command, run.wave, run.shard)
    document = results_to_dict(run, folder)
    document["integrity"] = compute_digest(document, allow_surrogates=True)
    try:
        write_whole(path, dump_json(document, indent=2).encode(errors="backslashreplace"), os.environ)
    except OSError as error:
        summary = f"Cannot write the results to {path}: {reason_of(error)}."
        hint = "Name another folder with --out."
        if run.command == "apply":  # a folder of plans takes no --out
            hint = "Name another folder with --out, or a copy of the folder of plans that you can write to."
        raise make_error("cannot-write", summary, hint=hint) from None


def delete_outdated_results(folder: Path, options: RunOptions) -> None:
    """Delete the results that a new plan run is about to take the place of. Raises ReconcileError.

    These are the plans of the same shard, and every apply of its accounts. If the run is cut off, the folder has new
    plan files beside old ones: without results, `apply` and `report` refuse it.
    """
    wave, shard = options.wave, options.shard
    try:
        outdated = [path for path in _list_files(folder, "apply") if not _is_other_part(path, wave, shard)]
        for path in (*outdated, folder / name_results("plan", wave, shard)):
            path.unlink(missing_ok=True)
    except OSError as error:
        summary = f"Cannot delete the results of an earlier run in {folder}: {reason_of(error)}."
        raise make_error("cannot-write", summary, hint="Name another folder with --out.") from None


def _is_other_part(path: Path, wave: int | None, shard: Shard | None) -> bool:
    """Return whether the results of a file are those of another part than this one, and have none of its accounts."""
    match = _NAME_OF_PART.fullmatch(path.name)
    if match is None:
        return False
    of_wave, index, total = (int(group) if group else None for group in match.groups())
    if wave is not None and of_wave is not None and wave != of_wave:
        return True
    return of_wave == wave and shard is not None and total == shard.total and index != shard.index


def _list_files(folder: Path, command: str) -> list[Path]:
    """Return the results of a command in a folder. Raises OSError."""
    return sorted(
        path for path in folder.iterdir() if path.name.startswith(f"{command}-{_NAME}") and path.suffix == ".json"
    )


def has_results(folder: Path, command: str) -> bool:
    """Return whether a path is a folder with results of a command."""
    try:
        return bool(_list_files(folder, command))
    except (OSError, ValueError):  # no folder, or no path at all
        return False


def read_results(folder: Path, command: str) -> tuple[RunResults, ...]:
    """Return the results in a folder, by wave and shard. Raises ReconcileError: there are none, a file was edited."""
    try:
        runs = [_read_file(path) for path in _list_files(folder, command)]
    except OSError as error:
        raise make_error("no-results", f"Cannot read the folder {folder}: {reason_of(error)}.") from None
    if not runs:
        raise make_error("no-results", f"{folder} has no results of `{command}`.")
    return tuple(sorted(runs, key=lambda run: (run.wave or 0, run.shard.index if run.shard else 0)))


def _read_file(path: Path) -> RunResults:
    flaws: list[str] = []
    try:
        document = parse_strict_json(read_regular(path, LARGEST_RECORD), flaws)
        if flaws or not isinstance(document, dict):
            raise MalformedPlan(flaws[0] if flaws else "It is not an object.")
        content = {key: value for key, value in document.items() if key != "integrity"}
        if document.get("integrity") != compute_digest(content, allow_surrogates=True):
            raise MalformedPlan("Its checksum is wrong.")
        run = read_run(content, path.parent)
        if path.name != name_results(run.command, run.wave, run.shard):
            raise MalformedPlan("Its name is not that of its part of the run.")
        return run
    except OSError as error:
        raise make_error("no-results", f"Cannot read {path}: {reason_of(error)}.") from None
    except (ValueError, RecursionError) as error:
        detail = str(error) if isinstance(error, MalformedPlan) else ""
        summary = f"{path} was edited or damaged after it was written, or is of another version of reconcile."
        raise make_error("results-edited", summary, detail, "Run `reconcile plan` again.") from None

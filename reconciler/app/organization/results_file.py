"""The results of a run in its folder: a file for the run, or for each shard, beside the plan files.

`apply DIR` and `report DIR` read them. A plan file is checked by itself when it is read; this file has a checksum, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.app.organization.members import OrganizationRun
from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular, reason_of
from reconciler.files.whole_files import write_whole
from reconciler.model.account_results import AccountResult, AccountStatus, PlanFacts, RunSummary
from reconciler.model.desired import Alias
from reconciler.model.member_account import ACCOUNT_ID, ACCOUNT_NAME, MemberAccount
from reconciler.model.problem import Level, Place, Problem, make_error
from reconciler.model.shards import Shard
from reconciler.plan.saved.fingerprint import compute_digest
from reconciler.plan.saved.reviewed_sections import read_risk
from reconciler.plan.saved.strict_json import (
    MAX_INTEGER,
    MalformedPlan,
    parse_strict_json,
    take_list,
    take_mapping,
    take_object,
    take_text,
)
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import risk_to_dict

RESULTS_VERSION = 1
_NAME = "results"
_KEYS = (
    *("results_version", "command", "shard", "caller", "partition", "files", "selected", "role", "session", "hops"),
    *("problems", "accounts"),
)
_ALIAS_KEYS = (
    *("name", "role_arn", "place", "via", "session_name", "external_id", "source_identity", "duration"),
    *("session_tags", "transitive_tags"),
)


@dataclass(frozen=True)
class RunResults:
    """The results of one run, or of one shard of it.

    command: `plan` or `apply`. shard: None for all accounts. selected: the names of all accounts of the run, those of
    other shards, too. role, session, hops: the way into the accounts, as in `Organization`.
    """

    command: str
    results: tuple[AccountResult, ...]
    caller: str
    partition: str
    files: tuple[str, ...] = ()
    shard: Shard | None = None
    selected: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    role: str | None = None
    session: Alias | None = None
    hops: Mapping[str, Alias] = field(default_factory=dict)


def make_results(command: str, summary: RunSummary, run: OrganizationRun, shard: Shard | None) -> RunResults:
    """Return what a run leaves for `apply DIR` and `report DIR`."""
    return RunResults(
        command,
        summary.results,
        summary.caller,
        run.entry.home.partition,
        summary.files,
        shard,
        tuple(account.name for account in run.eligible),
        summary.problems,
        run.entry.role,
        run.entry.session,
        run.entry.hops,
    )


def name_results(command: str, shard: Shard | None) -> str:
    """Return the name of the file: `plan-results.json`, `apply-results-2-of-4.json`."""
    suffix = f"-{shard.index}-of-{shard.total}" if shard else ""
    return f"{command}-{_NAME}{suffix}.json"


def write_results(folder: Path, run: RunResults) -> Path:
    """Write the results of a run into a folder, in place of those of the same shard. Raises ReconcileError."""
    path = folder / name_results(run.command, run.shard)
    document: dict[str, Any] = {
        "results_version": RESULTS_VERSION,
        "command": run.command,
        "shard": str(run.shard) if run.shard else None,
        "caller": run.caller,
        "partition": run.partition,
        "files": list(run.files),
        "selected": list(run.selected),
        "role": run.role,
        "session": _alias_to_dict(run.session) if run.session else None,
        "hops": {name: _alias_to_dict(alias) for name, alias in run.hops.items()},
        "problems": [_problem_to_dict(problem) for problem in run.problems],
        "accounts": [_result_to_dict(result, folder) for result in run.results],
    }
    document["integrity"] = compute_digest(document, allow_surrogates=True)
    try:
        write_whole(path, dump_json(document, indent=2).encode(errors="backslashreplace"), os.environ)
    except OSError as error:
        raise make_error("cannot-write", f"Cannot write the results to {path}: {reason_of(error)}.") from None
    return path


def _result_to_dict(result: AccountResult, folder: Path) -> dict[str, Any]:
    account, plan = result.account, result.plan
    return {
        "name": account.name,
        "account": account.id,
        "wave": account.wave,
        "canary": account.is_canary,
        "status": str(result.status),
        "problems": [_problem_to_dict(problem) for problem in result.problems],
        "journal": result.journal,
        "calls_made": result.done,
        "plan": None
        if plan is None
        else {
            "file": os.path.relpath(plan.file, folder),
            "group": plan.group,
            "counts": dict(plan.counts),
            "calls": plan.calls,
            "risk": risk_to_dict(plan.risk),
            "reversible": plan.is_reversible,
            "account_alias": plan.account_alias,
        },
    }


def _problem_to_dict(problem: Problem) -> dict[str, Any]:
    return {
        "level": str(problem.level),
        "code": problem.code,
        "summary": problem.summary,
        "detail": problem.detail,
        "hint": problem.hint,
        "place": _place_to_list(problem.place),
    }


def has_results(folder: Path, command: str) -> bool:
    """Return whether a path is a folder with results of a command."""
    try:
        return any(path.name.startswith(f"{command}-{_NAME}") for path in folder.iterdir())
    except OSError:
        return False


def read_results(folder: Path, command: str) -> tuple[RunResults, ...]:
    """Return the results of all shards in a folder, by shard. Raises ReconcileError for a file that was edited."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.startswith(f"{command}-{_NAME}"))
    except OSError as error:
        raise make_error("no-results", f"Cannot read the folder {folder}: {reason_of(error)}.") from None
    runs = [_read_file(path) for path in paths if path.suffix == ".json"]
    return tuple(sorted(runs, key=lambda run: run.shard.index if run.shard else 0))


def _read_file(path: Path) -> RunResults:
    flaws: list[str] = []
    try:
        document = parse_strict_json(read_regular(path, LARGEST_RECORD), flaws)
        if flaws or not isinstance(document, dict):
            raise MalformedPlan(flaws[0] if flaws else "It is not an object.")
        content = {key: value for key, value in document.items() if key != "integrity"}
        if document.get("integrity") != compute_digest(content, allow_surrogates=True):
            raise MalformedPlan("Its checksum is wrong.")
        return _read_run(content, path.parent)
    except OSError as error:
        raise make_error("no-results", f"Cannot read {path}: {reason_of(error)}.") from None
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        detail = str(error) if isinstance(error, MalformedPlan) else ""
        summary = f"{path} was edited or damaged after it was written, or is of another version of reconcile."
        raise make_error("results-edited", summary, detail, "Run `reconcile plan` again.") from None


def _read_run(document: Mapping[str, Any], folder: Path) -> RunResults:
    take_object(document, "results", _KEYS)
    if document["results_version"] != RESULTS_VERSION:
        raise MalformedPlan(f"Its version is not {RESULTS_VERSION}.")
    shard = document["shard"]
    return RunResults(
        take_text(document["command"], "command"),
        tuple(_read_result(item, folder) for item in take_list(document["accounts"], "accounts")),
        take_text(document["caller"], "caller"),
        take_text(document["partition"], "partition"),
        tuple(_read_texts(document["files"], "files")),
        None if shard is None else Shard.parse(take_text(shard, "shard")),
        tuple(_read_texts(document["selected"], "selected")),
        tuple(_read_problem(item) for item in take_list(document["problems"], "problems")),
        None if document["role"] is None else take_text(document["role"], "role"),
        None if document["session"] is None else _read_alias(document["session"]),
        {name: _read_alias(item) for name, item in take_mapping(document["hops"], "hops").items()},
    )


def _read_alias(value: object) -> Alias:
    item = take_object(value, "session", _ALIAS_KEYS)
    keys = ("via", "session_name", "external_id", "source_identity")
    via, name, external_id, identity = (None if item[key] is None else take_text(item[key], key) for key in keys)
    tags = take_mapping(item["session_tags"], "session_tags")
    return Alias(
        take_text(item["name"], "name"),
        take_text(item["role_arn"], "role_arn"),
        None,
        _read_place(item["place"]) or Place("", 1, 1),
        via=via,
        duration=None if item["duration"] is None else _take_integer(item["duration"]),
        session_name=name,
        external_id=external_id,
        source_identity=identity,
        session_tags={key: take_text(tag, "session_tags") for key, tag in tags.items()},
        transitive_tags=tuple(_read_texts(item["transitive_tags"], "transitive_tags")),
    )


def _alias_to_dict(alias: Alias) -> dict[str, Any]:
    return {
        "name": alias.name,
        "role_arn": alias.role_arn,
        "place": _place_to_list(alias.place),
        "via": alias.via,
        "session_name": alias.session_name,
        "external_id": alias.external_id,
        "source_identity": alias.source_identity,
        "duration": alias.duration,
        "session_tags": dict(alias.session_tags),
        "transitive_tags": list(alias.transitive_tags),
    }


def _place_to_list(place: Place | None) -> list[object] | None:
    return [place.file, place.line, place.column] if place else None


def _read_place(value: object) -> Place | None:
    if value is None:
        return None
    file, line, column = take_list(value, "place")
    return Place(take_text(file, "place"), _take_integer(line), _take_integer(column))


def _read_texts(value: object, path: str) -> Iterator[str]:
    return (take_text(item, path) for item in take_list(value, path))


def _read_result(value: object, folder: Path) -> AccountResult:
    keys = ("name", "account", "wave", "canary", "status", "problems", "journal", "calls_made", "plan")
    item = take_object(value, "account", keys)
    name, identifier = take_text(item["name"], "name"), take_text(item["account"], "account")
    if not ACCOUNT_NAME.fullmatch(name) or not ACCOUNT_ID.fullmatch(identifier):
        raise MalformedPlan("An account has a wrong name or id.")
    account = MemberAccount(name, identifier, wave=_take_integer(item["wave"]), is_canary=item["canary"] is True)
    return AccountResult(
        account,
        AccountStatus(take_text(item["status"], "status")),
        None if item["plan"] is None else _read_facts(item["plan"], folder, name),
        tuple(_read_problem(problem) for problem in take_list(item["problems"], "problems")),
        take_text(item["journal"], "journal"),
        _take_integer(item["calls_made"]),
    )


def _read_facts(value: object, folder: Path, name: str) -> PlanFacts:
    plan = take_object(value, "plan", ("file", "group", "counts", "calls", "risk", "reversible", "account_alias"))
    if take_text(plan["file"], "file") != f"{name}.json":
        raise MalformedPlan("The file of a plan has another name than its account.")
    alias = plan["account_alias"]
    return PlanFacts(
        str(folder / f"{name}.json"),
        take_text(plan["group"], "group"),
        {key: _take_integer(number) for key, number in take_mapping(plan["counts"], "counts").items()},
        _take_integer(plan["calls"]),
        read_risk(plan["risk"]),
        plan["reversible"] is True,
        None if alias is None else take_text(alias, "account_alias"),
    )


def _read_problem(value: object) -> Problem:
    item = take_object(value, "problem", ("level", "code", "summary", "detail", "hint", "place"))
    texts = [take_text(item[key], key) for key in ("code", "summary", "detail", "hint")]
    code, summary, detail, hint = texts
    return Problem(Level(take_text(item["level"], "level")), code, summary, detail, hint, _read_place(item["place"]))


def _take_integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INTEGER:
        raise MalformedPlan("A number is not a whole number.")
    return value

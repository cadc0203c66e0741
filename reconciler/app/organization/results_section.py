"""Write the results of a run as JSON values, and read them strictly: a file of results is not trusted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.model.account_results import AccountResult, AccountStatus, PlanFacts
from reconciler.model.account_waits import AccountWaits, TrustLine
from reconciler.model.address import Address
from reconciler.model.desired import Alias
from reconciler.model.member_account import MemberAccount, is_account_name
from reconciler.model.plan import Action
from reconciler.model.problem import Place, Problem
from reconciler.model.shards import Shard
from reconciler.model.text_forms import ACCOUNT_ID
from reconciler.plan.saved.reviewed_sections import read_risk
from reconciler.plan.saved.shown_section import read_findings
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_flag,
    take_integer,
    take_list,
    take_mapping,
    take_object,
    take_text,
    take_texts,
)
from reconciler.render.plan_json import risk_to_dict
from reconciler.render.problems import problem_to_dict

RESULTS_VERSION = 1
_KEYS = (
    *("results_version", "command", "shard", "wave", "waves", "caller", "partition", "files", "selected"),
    *("role", "session", "hops", "problems", "accounts"),
)
_ACCOUNT_KEYS = ("name", "account", "wave", "canary")
_RESULT_KEYS = (*_ACCOUNT_KEYS, "status", "problems", "journal", "calls_made", "plan")
_PLAN_KEYS = ("file", "group", "counts", "calls", "risk", "reversible", "account_alias", "creates", "needs")
_SESSION_TEXTS = ("via", "session_name", "external_id", "source_identity")
_SESSION_KEYS = ("name", "role_arn", "file", "line", "column", *_SESSION_TEXTS, "duration", "tags", "transitive_tags")


@dataclass(frozen=True)
class RunResults:
    """The results of one run, or of one shard of it.

    command: `plan` or `apply`. shard, wave: None for all accounts. selected: all accounts of the run, those of other
    shards and waves, too. waves: theirs. role, session, hops: the way into the accounts (`AccountEntry`).
    """

    command: str
    results: tuple[AccountResult, ...]
    caller: str
    partition: str
    role: str | None
    session: Alias
    hops: Mapping[str, Alias] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    shard: Shard | None = None
    wave: int | None = None
    waves: tuple[int, ...] = ()
    selected: tuple[MemberAccount, ...] = ()
    problems: tuple[Problem, ...] = ()


def results_to_dict(run: RunResults, folder: Path) -> dict[str, Any]:
    """Return the content of a file of results in a folder, without its checksum."""
    return {
        "results_version": RESULTS_VERSION,
        "command": run.command,
        "shard": str(run.shard) if run.shard else None,
        "wave": run.wave,
        "waves": list(run.waves),
        "caller": run.caller,
        "partition": run.partition,
        "files": list(run.files),
        "selected": [_account_to_dict(account) for account in run.selected],
        "role": run.role,
        "session": _session_to_dict(run.session),
        "hops": {name: _session_to_dict(alias) for name, alias in run.hops.items()},
        "problems": _problems_to_dict(run.problems),
        "accounts": [_result_to_dict(result, folder) for result in run.results],
    }


def _account_to_dict(account: MemberAccount) -> dict[str, Any]:
    return {"name": account.name, "account": account.id, "wave": account.wave, "canary": account.is_canary}


def _session_to_dict(alias: Alias) -> dict[str, Any]:
    return {
        "name": alias.name,
        "role_arn": alias.role_arn,
        "file": alias.place.file,
        "line": alias.place.line,
        "column": alias.place.column,
        "via": alias.via,
        "session_name": alias.session_name,
        "external_id": alias.external_id,
        "source_identity": alias.source_identity,
        "duration": alias.duration,
        "tags": dict(alias.session_tags),
        "transitive_tags": list(alias.transitive_tags),
    }


def _problems_to_dict(problems: Iterable[Problem]) -> dict[str, Any]:
    listed = list(problems)
    return {
        "findings": [problem_to_dict(problem) for problem in listed],
        "sentences": [[problem.summary, problem.detail, problem.hint] for problem in listed],
    }


def _result_to_dict(result: AccountResult, folder: Path) -> dict[str, Any]:
    plan = result.plan
    return {
        **_account_to_dict(result.account),
        "status": str(result.status),
        "problems": _problems_to_dict(result.problems),
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
            "creates": {arn: sorted(before) for arn, before in sorted(plan.waits.creates.items())},
            "needs": {arn: str(line.role) for arn, line in sorted(plan.waits.needs.items())},
        },
    }


def read_run(document: object, folder: Path) -> RunResults:
    """Return the results of a file in a folder. Raises MalformedPlan, or ValueError for an unknown status or shard."""
    run = take_object(document, "results", _KEYS)
    if run["results_version"] != RESULTS_VERSION:
        raise MalformedPlan(f"Its version is not {RESULTS_VERSION}.")
    session = _read_session(run["session"])
    hops = {name: _read_session(item) for name, item in take_mapping(run["hops"], "hops").items()}
    if any(alias.via is not None and alias.via not in hops for alias in (session, *hops.values())):
        raise MalformedPlan("hops lacks an alias that `via` names.")
    return RunResults(
        take_text(run["command"], "command"),
        tuple(_read_result(item, folder) for item in take_list(run["accounts"], "accounts")),
        take_text(run["caller"], "caller"),
        take_text(run["partition"], "partition"),
        _take_optional_text(run["role"], "role"),
        session,
        hops,
        tuple(take_texts(run["files"], "files")),
        None if run["shard"] is None else Shard.parse(take_text(run["shard"], "shard")),
        None if run["wave"] is None else take_integer(run["wave"], "wave"),
        tuple(take_integer(wave, "waves") for wave in take_list(run["waves"], "waves")),
        tuple(_read_account(item) for item in take_list(run["selected"], "selected")),
        _read_problems(run["problems"]),
    )


def _take_optional_text(value: object, path: str) -> str | None:
    return None if value is None else take_text(value, path)


def _read_account(value: object) -> MemberAccount:
    item = take_object(value, "account", _ACCOUNT_KEYS)
    name, identifier = take_text(item["name"], "name"), take_text(item["account"], "account")
    if not is_account_name(name) or not ACCOUNT_ID.accepts(identifier):
        raise MalformedPlan("An account has a wrong name or id.")
    wave = take_integer(item["wave"], "wave")
    return MemberAccount(name, identifier, wave=wave, is_canary=take_flag(item["canary"], "canary"))


def _read_session(value: object) -> Alias:
    item = take_object(value, "session", _SESSION_KEYS)
    line, column = take_integer(item["line"], "line"), take_integer(item["column"], "column")
    via, session_name, external_id, identity = (_take_optional_text(item[key], key) for key in _SESSION_TEXTS)
    return Alias(
        take_text(item["name"], "name"),
        take_text(item["role_arn"], "role_arn"),
        None,
        Place(take_text(item["file"], "file"), line, column),
        via=via,
        duration=None if item["duration"] is None else take_integer(item["duration"], "duration"),
        session_name=session_name,
        external_id=external_id,
        source_identity=identity,
        session_tags={key: take_text(tag, "tags") for key, tag in take_mapping(item["tags"], "tags").items()},
        transitive_tags=tuple(take_texts(item["transitive_tags"], "transitive_tags")),
    )


def _read_problems(value: object) -> tuple[Problem, ...]:
    item = take_object(value, "problems", ("findings", "sentences"))
    sentences = tuple(tuple(take_texts(one, "sentences")) for one in take_list(item["sentences"], "sentences"))
    return tuple(read_findings(item, sentences))


def _read_result(value: object, folder: Path) -> AccountResult:
    item = take_object(value, "account", _RESULT_KEYS)
    account = _read_account({key: item[key] for key in _ACCOUNT_KEYS})
    return AccountResult(
        account,
        AccountStatus(take_text(item["status"], "status")),
        None if item["plan"] is None else _read_facts(item["plan"], folder, account.name),
        _read_problems(item["problems"]),
        take_text(item["journal"], "journal"),
        take_integer(item["calls_made"], "calls_made"),
    )


def _read_facts(value: object, folder: Path, name: str) -> PlanFacts:
    plan = take_object(value, "plan", _PLAN_KEYS)
    if take_text(plan["file"], "file") != f"{name}.json":
        raise MalformedPlan("The file of a plan has another name than its account.")
    counts = take_mapping(plan["counts"], "counts")
    if not set(counts) <= set(Action):
        raise MalformedPlan("counts names something that is not an action.")
    return PlanFacts(
        str(folder / f"{name}.json"),
        take_text(plan["group"], "group"),
        {key: take_integer(number, "counts") for key, number in counts.items()},
        take_integer(plan["calls"], "calls"),
        read_risk(plan["risk"]),
        take_flag(plan["reversible"], "reversible"),
        _take_optional_text(plan["account_alias"], "account_alias"),
        _read_waits(plan),
    )


def _read_waits(plan: Mapping[str, Any]) -> AccountWaits:
    """Return what the calls of a plan wait for, without the lines of the files."""
    creates = {arn: take_texts(before, "creates") for arn, before in take_mapping(plan["creates"], "creates").items()}
    needs = {arn: Address.parse(take_text(role, "needs")) for arn, role in take_mapping(plan["needs"], "needs").items()}
    return AccountWaits(
        {arn: frozenset(before) for arn, before in creates.items()},
        {arn: TrustLine(role) for arn, role in needs.items()},
    )

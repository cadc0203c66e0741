"""`apply` of many accounts: wave by wave, canaries first; an account that fails ends its wave's successors, no more."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.query_protocol import HttpRequest, Reply
from reconciler.sandbox.server import Sandbox
from tests.emulator.test_observability import read_events, read_summary
from tests.support.account import Account
from tests.support.faults import FaultLayer, RecordedCall, refuse_with, shorten_retries, throttle
from tests.support.many_accounts import (
    BASE,
    DEV,
    HOME,
    PROD,
    USERS,
    WAVES,
    apply_many,
    lend_waves,
    plan_many,
    read_statuses,
    statuses_of,
)

denied = refuse_with("AccessDenied", "User is not authorized to perform: iam:CreateUser", 403)


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    shorten_retries(monkeypatch)
    with lend_waves(faulty, front, tmp_path) as lent:
        yield lent


def find_call(front: FaultLayer, line: str) -> RecordedCall:
    (record,) = [record for record in front.records if record.line == line]
    return record


def list_created(front: FaultLayer) -> list[str]:
    return [record.line.split()[1] for record in front.records if record.action == "CreateUser" and not record.outcome]


def words_of(text: str) -> str:
    return " ".join(text.split())


# The order


def test_a_canary_goes_first_then_its_wave_then_the_next(account: Account, front: FaultLayer) -> None:
    result = apply_many(account)
    assert result.code == 0
    assert list_created(front) == ["first", "dev", "prod"]
    assert result.err.endswith("\nApplied: 3 accounts, 3 changed.\n")
    assert read_statuses(account) == {"first": "in-step", "dev": "in-step", "prod": "in-step"}
    again = apply_many(account)
    assert (again.code, again.out.endswith("\nPlan: 3 accounts, 0 to change, 3 in step.\n")) == (0, True)


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("first", {"first": "failed", "dev": "not-started", "prod": "not-started"}),
        ("dev", {"first": "changed", "dev": "failed", "prod": "not-started"}),
        ("prod", {"first": "changed", "dev": "changed", "prod": "failed"}),
    ],
)
def test_after_a_failure_nothing_later_is_started(
    broken: str, expected: dict[str, str], account: Account, front: FaultLayer
) -> None:
    front.break_call(f"CreateUser {broken}", denied)
    result = apply_many(account, "--out", "run")
    assert result.code == 1
    report = account.run_cli("report", "run", "--format", "json")
    assert (report.code, statuses_of(report.json)) == (1, expected)
    assert list_created(front) == [name for name, status in expected.items() if status == "changed"]
    for name, status in expected.items():
        assert (f"\n{name} (" in f"\n{result.err}") is True
        assert (f"{name} ({ids()[name]}): not started" in result.err) is (status == "not-started")
    assert "iam:CreateUser" in result.err
    assert apply_many(account).code == 0  # the next run does the rest
    assert read_statuses(account) == dict.fromkeys(expected, "in-step")


def ids() -> dict[str, str]:
    return {"first": HOME, "dev": DEV, "prod": PROD}


def test_accounts_of_one_wave_do_not_wait_for_each_other(account: Account, front: FaultLayer) -> None:
    """Each call is answered only once the other one has arrived, too."""
    account.write(WAVES.replace(", wave: 2", "").replace(", canary: true", ""), "org.yaml")

    arrivals = threading.Barrier(3, timeout=30)

    def wait_for_others(request: HttpRequest, layer: Layer) -> Reply:
        arrivals.wait()
        return layer(request)

    for name in ids():
        front.break_call(f"CreateUser {name}", wait_for_others)
    assert apply_many(account, "--max-parallel", "3").code == 0
    assert sorted(list_created(front)) == ["dev", "first", "prod"]


def test_a_failure_in_a_wave_stops_none_beside_it(account: Account, front: FaultLayer) -> None:
    account.write(WAVES.replace(", wave: 2", "").replace(", canary: true", ""), "org.yaml")
    front.break_call("CreateUser dev", denied)
    assert apply_many(account, "--max-parallel", "1").code == 1
    assert sorted(list_created(front)) == ["first", "prod"]


def test_an_account_that_differs_after_its_calls_has_failed_and_names_what_differs(
    account: Account, front: FaultLayer
) -> None:
    def create_another(request: HttpRequest, layer: Layer) -> Reply:
        return layer(replace(request, body=request.body.replace(b"UserName=dev", b"UserName=eve")))

    front.break_call("CreateUser dev", create_another)
    result = apply_many(account, "--out", "run")
    assert result.code == 1
    said = "All calls were made, but live IAM still differs from the plan: user/dev."
    assert said in words_of(result.err)
    report = account.run_cli("report", "run")
    assert said in words_of(report.out)
    assert f"dev ({DEV}): failed after 1 of 1 call\n" in report.out


def test_an_account_that_throttles_slows_down_and_is_done(account: Account, front: FaultLayer) -> None:
    broken = front.break_call("CreateUser dev", throttle, times=5)
    result = apply_many(account)
    assert (result.code, broken.hits) == (0, 5)
    assert list_created(front) == ["first", "dev", "prod"]


def test_a_folder_that_was_planned_with_refuse_widening_says_that_it_must_be_planned_again(account: Account) -> None:
    account.write(f"{USERS}roles: {{app: {{trust: [{{accounts: ['{PROD}'], external_id: secret-1}}]}}}}\n", "base.yaml")
    assert plan_many(account, "--refuse-widening", "--out", "plans").code == 3
    said = words_of(account.run_cli("apply", "plans").out)
    assert "It was made with --refuse-widening, which allows only plans that give nobody new access." in said
    assert "For a folder of plans, plan again without it first." in said
    assert plan_many(account, "--out", "plans").code == 0
    assert account.run_cli("apply", "plans").code == 0


def test_an_unsafe_account_is_left_and_ends_the_waves_after_it(account: Account, front: FaultLayer) -> None:
    assert apply_many(account).code == 0
    limited = f"{USERS}settings: {{max_deletes: 0}}\n"
    account.write(limited, "base.yaml")
    account.write(WAVES.replace("user: dev", "user: eve").replace("user: prod", "user: pia"), "org.yaml")
    front.records.clear()
    result = apply_many(account, "--out", "run")
    report = account.run_cli("report", "run", "--format", "json")
    assert statuses_of(report.json) == {"first": "in-step", "dev": "unsafe", "prod": "unsafe"}
    assert (result.code, report.code, list_created(front)) == (3, 3, [])
    account.write(WAVES.replace("user: dev", "user: eve").replace("user: prod}", "user: prod, more: x}"), "org.yaml")
    account.write(f"{limited}groups: {{crew: {{accounts: [prod]}}}}\n", "base.yaml")
    result = apply_many(account, "--out", "run")
    report = account.run_cli("report", "run", "--format", "json")
    assert statuses_of(report.json) == {"first": "in-step", "dev": "unsafe", "prod": "not-started"}
    assert (result.code, report.code) == (1, 1)


def test_nobody_is_asked_without_a_terminal(account: Account, front: FaultLayer) -> None:
    result = account.run_cli("apply", "org.yaml")
    assert (result.code, list_created(front)) == (1, [])
    assert result.err == "Refused: there is no terminal to ask on. Pass --yes. Nothing was written.\n"
    result = account.run_cli("apply", "org.yaml", "--log-format", "json")
    assert (result.code, list_created(front)) == (1, [])
    assert json.loads(result.err.splitlines()[-1])["status"] == "refused"


# Journals


def test_each_account_has_a_journal_of_its_own_that_can_be_undone(account: Account, front: FaultLayer) -> None:
    assert apply_many(account, "--journal", "journals").code == 0
    folder = account.folder / "journals"
    assert sorted(path.name for path in folder.iterdir()) == ["dev.jsonl", "first.jsonl", "prod.jsonl"]
    for name, number in ids().items():
        (plan,) = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()[:1]]
        assert (plan["event"], plan["plan"]["account"]) == ("plan", number)
    assert account.run_cli("undo", "journals/first.jsonl", "--out", "undo.json").code == 0
    assert account.run_cli("apply", "undo.json").code == 0
    assert read_statuses(account) == {"first": "changed", "dev": "in-step", "prod": "in-step"}


@pytest.mark.parametrize(
    ("option", "said"), [("--journal", "taken cannot be a folder"), ("--out", "'taken' is a file")]
)
def test_a_file_in_place_of_a_folder_is_refused(option: str, said: str, account: Account, front: FaultLayer) -> None:
    account.write("mine", "taken")
    result = apply_many(account, option, "taken")
    assert (result.code, list_created(front)) == (1, [])
    assert option in result.err and said in words_of(result.err)
    assert (account.folder / "taken").read_text() == "mine"


def test_one_account_takes_no_folder_for_its_journal(account: Account) -> None:
    (account.folder / "journals").mkdir()
    account.write(BASE.replace("{{ region }}", "x"), "base.yaml")
    result = account.run_cli("apply", "base.yaml", "--yes", "--journal", "journals")
    assert (result.code, "'journals' is a directory" in result.err) == (1, True)
    assert account.count_calls() == {}


# A folder of plans


def test_a_folder_of_plans_is_applied_as_it_was_shown(account: Account, front: FaultLayer) -> None:
    planned = plan_many(account, "--out", "plans")
    assert planned.code == 0
    files = sorted(path.name for path in (account.folder / "plans").iterdir())
    assert files == ["dev.json", "first.json", "plan-results.json", "prod.json"]
    assert stat.S_IMODE((account.folder / "plans").stat().st_mode) == 0o700
    account.write("version: 1\nowner: platform\nusers: {other: {}}\n", "base.yaml")  # not what was reviewed
    shown = account.run_cli("show", "plans/dev.json")
    assert (shown.code, "+ user/dev" in shown.out) == (0, True)
    assert account.run_cli("apply", "plans", "--account", "dev").code == 0
    assert list_created(front) == ["dev"]
    report = account.run_cli("report", "plans", "--format", "json")
    assert statuses_of(report.json) == {"first": "not-started", "dev": "changed", "prod": "not-started"}
    assert report.code == 1
    result = account.run_cli("apply", "plans", "--wave", "2")
    assert (result.code, list_created(front)) == (0, ["dev", "prod"])


def test_a_plan_that_no_longer_fits_is_refused_and_the_others_are_applied(account: Account, front: FaultLayer) -> None:
    plan_many(account, "--out", "plans")
    account.iam.create_user(UserName="first")
    result = account.run_cli("apply", "plans")
    assert (result.code, list_created(front)) == (1, ["first"])
    assert "The account has changed since this plan was made; nothing was written." in words_of(result.err)
    assert "Applied: 3 accounts, 0 changed, 1 failed, 2 not started." in result.err
    (account.folder / "plans/prod.json").unlink()
    result = account.run_cli("apply", "plans", "--account", "prod")
    assert (result.code, "prod.json does not exist" in words_of(result.err)) == (1, True)


def test_only_the_plans_of_the_reviewed_files_are_applied(account: Account, front: FaultLayer) -> None:
    """One account's file was changed after the review, one account is new."""
    plan_many(account, "--out", "plans")
    account.write("version: 1\nusers: {eve: {}}\n", "eve.yaml")
    changed = WAVES.replace("vars: {user: dev}", "files: [eve.yaml], vars: {user: dev}")
    account.write(f"{changed}    new: {{id: '555555555555', vars: {{user: new}}}}\n", "org.yaml")
    result = account.run_cli("apply", "plans", "--against", "org.yaml")
    assert (result.code, list_created(front)) == (1, ["first"])
    assert "plans has no plan for new (555555555555), and the files change it." in words_of(result.out)
    assert "have that plan approved: reconcile plan org.yaml --out plans" in words_of(result.out)
    report = account.run_cli("report", "plans")
    assert (report.code, report.err) == (1, "")
    assert report.out.endswith("\nApplied: 4 accounts, 1 changed, 2 failed, 1 not started.\n")


def test_a_plan_that_needs_a_flag_is_refused_without_it_for_its_own_reason(account: Account, front: FaultLayer) -> None:
    assert apply_many(account).code == 0
    account.write("version: 1\nowner: platform\nsettings: {max_deletes: 0}\n", "base.yaml")
    assert plan_many(account, "--allow-deletes", "--out", "plans").code == 0
    result = account.run_cli("apply", "plans")
    assert result.code == 1
    assert f"first ({HOME}): its plan is unsafe; nothing was written.\nerror: Refused: 1 deletion" in result.err
    assert "has changed since" not in result.err
    assert [record.line for record in front.records if record.action == "DeleteUser"] == []
    report = account.run_cli("report", "plans", "--format", "json")
    assert statuses_of(report.json) == {"first": "unsafe", "dev": "not-started", "prod": "not-started"}
    assert account.run_cli("apply", "plans", "--allow-deletes").code == 0


def test_new_plans_take_the_place_of_the_results_of_an_old_apply(account: Account) -> None:
    plan_many(account, "--out", "plans")
    account.run_cli("apply", "plans")
    report = account.run_cli("report", "plans", "--detailed-exitcode")
    assert report.out.endswith("\nApplied: 3 accounts, 3 changed.\n")
    assert (report.code, "to create" in report.out, report.out.count("applied; 1 created; risk")) == (0, False, 3)
    plan_many(account, "--out", "plans")
    assert "Plan: 3 accounts, 0 to change, 3 in step." in account.run_cli("report", "plans").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--target", "user/dev"), "A saved plan takes no --var and no --target"),
        (("--target", "user/*"), "A saved plan takes no --var and no --target"),
        (("--var", "user=dev"), "A saved plan takes no --var and no --target"),
        (("--out", "other"), "leave out --out"),
        (("--account", "qa"), "--account 'qa' matches no account"),
    ],
)
def test_an_option_that_a_folder_of_plans_cannot_honour_is_refused(
    options: tuple[str, ...], said: str, account: Account, front: FaultLayer
) -> None:
    plan_many(account, "--out", "plans")
    result = account.run_cli("apply", "plans", *options)
    assert (result.code, list_created(front)) == (1, [])
    assert said in words_of(result.err)


def edit_plan(folder: Path) -> None:
    path = folder / "dev.json"
    path.write_text(path.read_text().replace('"dev"', '"eve"'))


def edit_results(folder: Path) -> None:
    path = folder / "plan-results.json"
    path.write_text(path.read_text().replace('"role": "reconciler"', '"role": "admin"'))


def swap_plans(folder: Path) -> None:
    """Let dev have the plan of the caller's own account."""
    (folder / "dev.json").write_bytes((folder / "first.json").read_bytes())


def copy_results(folder: Path) -> None:
    (folder / "plan-results-1-of-2.json").write_bytes((folder / "plan-results.json").read_bytes())


def cut_results(folder: Path) -> None:
    path = folder / "plan-results.json"
    path.write_bytes(path.read_bytes()[:-50])


@pytest.mark.parametrize("spoil", [edit_plan, edit_results, swap_plans, copy_results, cut_results])
def test_an_edited_folder_is_not_applied(spoil: Callable[[Path], None], account: Account, front: FaultLayer) -> None:
    plan_many(account, "--out", "plans")
    spoil(account.folder / "plans")
    result = account.run_cli("apply", "plans", "--account", "dev")
    assert (result.code, list_created(front)) == (1, [])
    assert "Traceback" not in result.err + result.out


def test_a_folder_without_results_is_a_folder_of_files(account: Account) -> None:
    account.write("version: 1\nowner: platform\n", "files/plan-results.yaml")
    assert account.run_cli("apply", "files", "--yes").code == 0
    report = account.run_cli("report", "files")
    assert (report.code, "files has no results of `plan --out DIR` or `apply`." in report.err) == (1, True)
    assert "no-such is not a folder" in account.run_cli("report", "no-such").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("validate", "plans/plan-results.json"), "plans/plan-results.json is the results of many accounts, not a"),
        (("apply", "plans/plan-results.json"), "plans/plan-results.json is the results of many accounts, not a"),
        (("show", "plans/plan-results.json"), "plans/plan-results.json is the results of many accounts, not a"),
        (("show", "plans"), "plans is a folder, not a saved plan."),
        (("access", "--plan", "plans"), "plans is a folder, not a saved plan."),
        (("plan", "plans"), "The folder plans has no *.yaml or *.yml file."),
        (("apply", "plans", "org.yaml"), "The folder plans has no *.yaml or *.yml file."),
    ],
)
def test_who_names_a_folder_of_plans_wrongly_is_told_how_to_name_it(
    arguments: tuple[str, ...], said: str, account: Account
) -> None:
    plan_many(account, "--out", "plans")
    result = account.run_cli(*arguments)
    words = words_of(result.out + result.err)
    assert (result.code, said in words) == (1, True)
    assert "the plans of that run: `reconcile report plans`. To apply them: `reconcile apply plans`." in words


def test_a_plan_file_that_is_missing_is_a_failure_of_its_account_alone(account: Account) -> None:
    plan_many(account, "--out", "plans")
    (account.folder / "plans/dev.json").unlink()
    report = account.run_cli("report", "plans", "--format", "json")
    assert statuses_of(report.json) == {"first": "changed", "dev": "failed", "prod": "changed"}
    text = account.run_cli("report", "plans")
    assert (report.code, text.code, "Its plan file plans/dev.json is missing." in text.out) == (1, 1, True)


def test_the_report_of_an_apply_needs_no_plan_of_an_account_that_is_new_and_in_step(account: Account) -> None:
    plan_many(account, "--out", "plans")
    new = "    new: {id: '555555555555', vars: {user: new}}\n"
    account.write(f"{WAVES}{new}", "org.yaml")
    assert apply_many(account, "--account", "new").code == 0
    assert account.run_cli("apply", "plans", "--against", "org.yaml").code == 0
    report = account.run_cli("report", "plans", "--format", "json")
    assert report.code == 0
    assert statuses_of(report.json) == {"first": "changed", "dev": "changed", "prod": "changed", "new": "in-step"}
    (account.folder / "plans/dev.json").unlink()
    again = account.run_cli("report", "plans")
    assert (again.code, "Its plan file plans/dev.json is missing." in again.out) == (0, True)


# Shards


def test_a_shard_that_left_nothing_is_named_and_can_be_run_again_alone(account: Account, front: FaultLayer) -> None:
    for shard in ("1/3", "3/3"):
        assert plan_many(account, "--shard", shard, "--out", "plans").code == 0
    report = account.run_cli("report", "plans")
    assert report.code == 1
    assert "No results: 2/3." in report.out
    result = account.run_cli("apply", "plans")
    assert (result.code, list_created(front)) == (1, [])
    assert "Parts of the run have left no results in plans: 2/3." in result.err
    assert plan_many(account, "--shard", "auto", "--shards", "3", "--out", "plans").code == 1
    again = account.run_cli(
        "plan", "org.yaml", "--shard", "auto", "--shards", "3", "--out", "plans", JOB_COMPLETION_INDEX="1"
    )
    assert again.code == 0
    report = account.run_cli("report", "plans", "--detailed-exitcode")
    assert (report.code, report.out.endswith("\nPlan: 3 accounts, 3 to change.\n")) == (2, True)
    whole = plan_many(account, "--format", "json").json
    merged = account.run_cli("report", "plans", "--format", "json").json
    assert sorted(one["name"] for one in merged["accounts"]) == sorted(one["name"] for one in whole["accounts"])
    assert (merged["summary"], merged["risk"]["level"]) == (whole["summary"], whole["risk"]["level"])
    assert account.run_cli("apply", "plans").code == 0
    assert sorted(list_created(front)) == ["dev", "first", "prod"]


def test_waves_of_shards_are_merged_and_a_missing_one_is_named(account: Account) -> None:
    for options in (("--wave", "1", "--shard", "1/2"), ("--wave", "1", "--shard", "2/2")):
        assert apply_many(account, *options, "--out", "run").code == 0
    report = account.run_cli("report", "run")
    assert (report.code, "No results: wave 2." in report.out) == (1, True)
    assert apply_many(account, "--wave", "2", "--out", "run").code == 0
    report = account.run_cli("report", "run", "--format", "markdown")
    assert (report.code, report.out.startswith("**Applied: 3 accounts, 3 changed.**\n")) == (0, True)
    plan_many(account, "--out", "run")
    report = account.run_cli("report", "run")
    assert (report.code, "results of different runs" in report.err) == (1, True)


# How a run is told, and how it is stopped


def test_a_pipeline_gets_an_event_and_a_summary_for_each_account(account: Account, front: FaultLayer) -> None:
    front.break_call("CreateUser dev", denied)
    result = apply_many(account, "--log-format", "json", "--summary", "summary.json", "-v")
    events = read_events(result.err)
    ended = {event["name"]: event for event in events if event["event"] == "account.finished"}
    planned = [event for event in events if event["event"] == "account.finished" and "planned" in event["message"]]
    assert sorted(event["name"] for event in planned) == ["dev", "first", "prod"]
    assert {name: (event["account"], event["status"], event["level"]) for name, event in ended.items()} == {
        "first": (HOME, "changed", "info"),
        "dev": (DEV, "failed", "error"),
        "prod": (PROD, "not-started", "error"),
    }
    assert (ended["first"]["done"], ended["dev"]["done"], ended["first"]["wave"]) == (1, 0, 1)
    steps = {(event["name"], event["account"]) for event in events if event["event"] == "step.started"}
    assert steps == {("first", HOME), ("dev", DEV)}
    summary = read_summary(account)
    assert (summary["status"], summary["exit_code"]) == ("failed", result.code) == ("failed", 1)
    assert {one["name"]: one["status"] for one in summary["accounts"]} == {
        "first": "changed",
        "dev": "failed",
        "prod": "not-started",
    }
    assert summary["account_counts"] == {"in-step": 0, "changed": 1, "unsafe": 0, "failed": 1, "not-started": 1}
    assert summary["steps"] == {"done": 1, "unclear": 0, "left": 2}
    assert summary["calls"]["operations"]["CreateUser"] == 2
    assert events[-1]["message"] == "Applied: 3 accounts, 1 changed, 1 failed, 1 not started."


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_between_two_accounts(number: signal.Signals, account: Account, front: FaultLayer) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "apply", "org.yaml", "--yes", "--out", "run", "--summary", "summary.json"],
        env=account.environment,
        cwd=account.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def interrupt(request: HttpRequest, layer: Layer) -> Reply:
        os.kill(process.pid, number)
        return layer(request)

    front.break_call("CreateUser first", interrupt)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert list_created(front) == ["first"]
    assert "stopping when the calls under way have been answered" in said
    assert f"dev ({DEV}): not started" in said
    summary = read_summary(account)
    assert [one["status"] for one in summary["accounts"]] == ["changed", "not-started", "not-started"]
    assert (summary["status"], summary["exit_code"]) == ("interrupted", 130)
    assert account.run_cli("report", "run").code == 1
    assert apply_many(account).code == 0


def test_the_sessions_of_accounts_are_nowhere_on_disk(account: Account, front: FaultLayer) -> None:
    issued: list[str] = []

    def keep(request: HttpRequest, layer: Layer) -> Reply:
        reply = layer(request)
        issued.extend(
            text for tag in ("SecretAccessKey", "SessionToken", "AccessKeyId") if (text := find_text(reply, tag))
        )
        return reply

    def find_text(reply: Reply, tag: str) -> str:
        return next(node.text or "" for node in reply.root.iter() if node.tag.endswith(tag))

    front.break_call("AssumeRole", keep, times=100)
    result = apply_many(
        account,
        *("--out", "run", "--journal", "journals", "--summary", "summary.json", "--log-format", "json", "-v"),
        XDG_CACHE_HOME=str(account.folder / "cache"),
        XDG_STATE_HOME=str(account.folder / "state"),
    )
    assert result.code == 0
    assert len(issued) >= 6
    said = [result.out, result.err, *(path.read_text() for path in account.folder.rglob("*") if path.is_file())]
    assert len(said) > 10
    assert [secret for secret in issued if any(secret in text for text in said)] == []

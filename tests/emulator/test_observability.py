"""A run can be followed as JSON lines, leaves a summary however it ends, and names the trace of its caller."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from jsonschema import Draft202012Validator

from reconciler.cli.log_event import LogEvent
from reconciler.model.problem import make_error
from reconciler.render.summary_schema import build_summary_schema
from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.query_protocol import HttpRequest, Reply
from reconciler.sandbox.server import Sandbox
from tests.support.account import Account, Result
from tests.support.faults import FaultLayer, delay_answer, drop_answer, refuse_with, shorten_retries

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

HEAD = "version: 1\nowner: platform\n"
USERS = HEAD + "users: {ann: {}, bob: {}, cem: {}}\n"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SPAN}-01"
LEVELS = {"debug", "info", "warning", "error"}
HOSTILE = "x\x1b[2J\u202e\u2028</script>::add-mask::y"


def close_schema(fragment: Any) -> Any:
    """The schema without its room for growth: what it does not name is a mistake."""
    if isinstance(fragment, list):
        return [close_schema(item) for item in fragment]
    if not isinstance(fragment, dict):
        return fragment
    more = {"additionalProperties": False} if isinstance(fragment.get("properties"), dict) else {}
    return {key: close_schema(value) for key, value in fragment.items()} | more


TYPES: dict[str, type] = {}
"""The type of each field: log stores give a field one type for all events."""
SCHEMA = Draft202012Validator(close_schema(build_summary_schema()))


def read_events(said: str) -> list[dict[str, Any]]:
    """Return the events on stderr; every line must be one, with what each event has."""
    assert said.isprintable() or all(line.isprintable() for line in said.splitlines()), said
    events: list[dict[str, Any]] = [json.loads(line) for line in said.split("\n")[:-1]]
    for event in events:
        moment = datetime.fromisoformat(event["time"])
        assert (event["time"][-5], event["time"][-1], moment.tzname()) == (".", "Z", "UTC")
        assert event["level"] in LEVELS
        assert event["event"] in set(LogEvent)
        assert event["message"].strip()
        assert all(TYPES.setdefault(name, type(value)) is type(value) for name, value in event.items()), event
    assert [events[0]["event"], events[-1]["event"]] == ["run.started", "run.finished"], said
    return events


def names_of(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path) -> Iterator[Account]:
    lent = Account(faulty, tmp_path)
    yield lent
    front.clear()
    lent.reset()


def observe(account: Account, *words: str, **variables: str) -> tuple[Result, list[dict[str, Any]], dict[str, Any]]:
    """Run a command in JSON with a summary. Check that both agree, and that the summary is as its schema says."""
    result = account.run_cli(*words, "--log-format", "json", "--summary", "summary.json", **variables)
    events, summary = read_events(result.err), read_summary(account)
    ended = events[-1]
    assert (summary["exit_code"], ended["exit_code"]) == (result.code, result.code)
    assert (summary["status"], summary["command"]) == (ended["status"], words[0])
    assert summary["started"] <= events[0]["time"] <= ended["time"]
    return result, events, summary


def read_summary(account: Account, name: str = "summary.json") -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((account.folder / name).read_text(encoding="utf-8"))
    assert [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(summary)] == []
    return summary


# What a log says


def test_an_apply_is_told_from_its_start_to_its_end(account: Account) -> None:
    account.write(USERS)
    _, events, summary = observe(account, "apply", "roles.yaml", "--yes", "-v")
    names = names_of(events)
    assert (names[:4], names[-3:]) == (
        ["run.started", "read.finished", "plan.made", "apply.started"],
        ["verify.started", "calls.counted", "run.finished"],
    )
    assert sorted(names[4:-3]) == ["step.finished"] * 3 + ["step.started"] * 3
    started, read, plan, begun, *steps, _, counted, ended = events
    assert (started["command"], "account" in started) == ("apply", False)
    assert {event["account"] for event in events[1:]} == {"123456789012"}
    assert (read["calls"] > 0, plan["create"], plan["risk"], plan["safe"]) == (True, 3, "none", True)
    assert (plan["message"], begun["steps"]) == ("Plan: 3 to create, 0 to update, 0 to delete, 0 to adopt.", 3)
    finished = [event for event in steps if event["event"] == "step.finished"]
    assert sorted((event["seq"], event["of"], event["address"], event["operation"]) for event in finished) == [
        (number, 3, f"user/{name}", "CreateUser") for number, name in enumerate(("ann", "bob", "cem"), 1)
    ]
    assert all(event["attempt"] == 1 and event["request_id"] and event["seconds"] >= 0 for event in finished)
    assert (counted["level"], counted["operations"]["CreateUser"]) == ("debug", 3)
    assert ended["message"] == "Applied: 3 calls. Live IAM matches the file."
    assert (ended["status"], ended["done"], ended["unclear"], ended["left"]) == ("applied", 3, 0, 0)
    assert ended["calls"] == summary["calls"]["total"] == counted["calls"]
    assert Path(ended["journal"]).name == Path(summary["journal"]).name


def test_stdout_is_the_same_with_json_lines(account: Account) -> None:
    account.write(USERS)
    plain = account.run_cli("plan", "roles.yaml", "--format", "json")
    assert account.run_cli("plan", "roles.yaml", "--format", "json", "--log-format", "json").out == plain.out
    assert plain.err == ""
    assert account.apply("roles.yaml", "--log-format", "json").out.endswith("\nLive IAM matches the file.\n")


def test_a_plan_without_changes_is_in_step(account: Account) -> None:
    account.write(USERS)
    assert observe(account, "plan", "roles.yaml", "--detailed-exitcode")[0].code == 2
    account.apply()
    result, events, summary = observe(account, "plan", "roles.yaml", "--detailed-exitcode")
    assert (result.code, summary["status"], summary["risk"]) == (0, "in-step", {"level": "none", "reasons": []})
    assert events[-1]["message"] == "No changes. Live IAM matches the file."
    _, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    assert (summary["status"], summary["journal"], summary["steps"]) == ("in-step", None, None)


def test_an_unsafe_plan_names_its_reasons_and_exits_with_3(account: Account) -> None:
    account.iam.create_user(UserName="ann", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    account.write(USERS)
    result, events, summary = observe(account, "plan", "roles.yaml")
    (problem,) = [event for event in events if event["event"] == "problem"]
    assert (result.code, summary["status"]) == (3, "unsafe")
    assert (problem["level"], problem["code"], problem["address"]) == ("error", "other-owner", "user/ann")
    assert (problem["message"], "other-owner") == (summary["problems"][0]["message"], summary["problems"][0]["code"])
    result, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    assert (result.code, summary["status"], summary["steps"]) == (1, "unsafe", None)
    assert events[-1]["message"].startswith("Refused: the plan is not safe; nothing was written.")


def test_a_call_that_fails_is_told_with_the_code_of_aws(account: Account, front: FaultLayer) -> None:
    account.write(USERS)
    front.break_call("CreateUser bob", refuse_with("AccessDenied", "no"))
    result, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    (failed,) = [event for event in events if event["event"] == "step.failed"]
    assert (failed["level"], failed["aws_code"], failed["code"], failed["attempt"]) == (
        *("error", "AccessDenied", "aws-error"),
        1,
    )
    assert "problem" in names_of(events)
    assert (result.code, summary["status"], [one["code"] for one in summary["problems"]]) == (
        1,
        "stopped",
        ["aws-error"],
    )
    assert sum(summary["steps"].values()) == 3
    assert summary["steps"]["left"] >= 1
    assert events[-1]["message"].startswith("Stopped: ")


def test_retries_and_throttles_are_counted(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_retries(monkeypatch)
    account.write(USERS)
    front.break_call("CreateUser bob", refuse_with("Throttling", "Rate exceeded"), times=2)
    front.break_call("ListAccountAliases", refuse_with("Throttling", "Rate exceeded"))
    _, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    attempts = [event["attempt"] for event in events if event["event"] == "step.finished"]
    assert (sorted(attempts), summary["calls"]["retries"], summary["calls"]["throttles"]) == ([1, 1, 3], 3, 3)


def test_a_call_that_may_have_been_made_is_told_so(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_retries(monkeypatch)
    account.write(HEAD + "users: {ann: {}}\n")
    front.break_call("CreateUser ann", drop_answer)
    front.break_call("GetUser ann", refuse_with("AccessDenied", "no"), times=99)
    front.break_call("CreateUser ann", refuse_with("ServiceFailure", "no", 500), times=99)
    result, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    assert (result.code, summary["steps"]) == (1, {"done": 0, "unclear": 1, "left": 0})
    assert "step.unclear" in names_of(events)


def test_a_difference_that_stays_is_told(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write(USERS)
    monkeypatch.setattr("reconciler.app.apply._replan_until_settled", lambda planned: planned.plan)
    result, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    (difference,) = [event for event in events if event["event"] == "difference.found"]
    assert (result.code, summary["status"]) == (1, "differs")
    assert {"address": "user/ann", "action": "create"} in difference["changes"]
    assert difference["message"] == "Live IAM still differs from the file: 3 to create."


def test_an_account_that_cannot_be_read_again_is_told(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write(USERS)

    def refuse(*_: object) -> None:
        raise make_error("aws-error", "reading the account failed.")

    monkeypatch.setattr("reconciler.app.apply._replan_until_settled", refuse)
    result, events, summary = observe(account, "apply", "roles.yaml", "--yes", "--journal", "j.jsonl")
    assert (result.code, summary["status"], Path(events[-1]["journal"]).name) == (1, "unverified", "j.jsonl")


def test_a_run_that_is_killed_has_named_its_journal(account: Account, front: FaultLayer) -> None:
    account.write(USERS)
    words = ["apply", "roles.yaml", "--yes", "--log-format", "json", "--journal", "j.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", *words],
        env=account.environment,
        cwd=account.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def kill(request: HttpRequest, layer: Layer) -> Reply:
            process.kill()
            return layer(request)

        front.break_call("CreateUser bob", kill)
        _, said = process.communicate(timeout=60)
    (begun,) = [event for event in map(json.loads, said.splitlines()) if event["event"] == "apply.started"]
    assert begun["journal"] == str((account.folder / "j.jsonl").resolve())


def test_the_journal_has_the_ids_of_awss_answers(account: Account) -> None:
    account.write(USERS)
    _, events, _ = observe(account, "apply", "roles.yaml", "--yes", "--journal", "j.jsonl")
    recorded = [json.loads(line) for line in (account.folder / "j.jsonl").read_text().splitlines()]
    assert {one["request_id"] for one in recorded if one["event"] == "ends"} == {
        event["request_id"] for event in events if event["event"] == "step.finished"
    }


def test_nobody_is_asked_and_the_refusal_says_what_to_pass(account: Account) -> None:
    account.write(USERS)
    result, events, summary = observe(account, "apply", "roles.yaml")
    assert (result.code, summary["status"], "Pass --yes" in events[-1]["message"]) == (1, "refused", True)
    assert account.iam.list_users()["Users"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("confirmed", "status"), [("--yes", "applied"), ("", "refused")])
def test_json_lines_stay_alone_on_a_terminal_too(account: Account, confirmed: str, status: str) -> None:
    """A pipeline may give its steps one: nothing that moves, and no question, is among the lines."""
    file = account.write(USERS)
    line = f"{sys.executable} -m reconciler apply {file} {confirmed} --log-format json >{account.folder / 'out'}"
    with Pseudo(["sh", "-c", line], account.environment | {"TERM": "xterm"}) as terminal:
        assert terminal.code() == (0 if confirmed else 1)
    assert read_events(terminal.seen.replace("\r\n", "\n"))[-1]["status"] == status


@pytest.mark.parametrize(
    "words",
    [
        ("apply", "plan.json", "--var", "a=b"),
        ("apply", "roles.yaml", "--target", "ann"),
        ("apply", "roles.yaml", "--bogus"),
        ("apply", "roles.yaml", "--full", "--compact"),
        ("apply", "-"),
        ("apply", "roles.yaml", "--against", "roles.yaml"),
        ("plan", "--format", HOSTILE),
        ("plan", "roles.yaml", f"--{HOSTILE}"),
        ("plan", "roles.yaml", "-f", "other.yaml"),
        ("undo",),
        ("undo", "--list", "--out", "x"),
        ("undo", "--last", "--list"),
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_a_wrong_command_line_is_an_event(account: Account, words: tuple[str, ...]) -> None:
    account.write(USERS)
    account.plan("roles.yaml", "--out", "plan.json")
    result = account.run_cli(*words, "--log-format", "json")
    _, problem, ended = read_events(result.err)
    assert (result.code, problem["event"], problem["code"]) == (1, "problem", "usage")
    assert (ended["status"], ended["exit_code"], ended["command"]) == ("refused", 1, words[0])


def test_every_problem_of_a_file_is_an_event_with_its_place(account: Account) -> None:
    account.write(HEAD + 'users:\n  ann: {permissions_boundary: nowhere}\n  "\\e[2J": {}\n')
    result, events, summary = observe(account, "apply", "roles.yaml", "--yes")
    problems = [event for event in events if event["event"] == "problem"]
    assert (result.code, summary["status"], len(problems)) == (1, "failed", len(summary["problems"]))
    assert {(one["place"], one["line"]) for one in problems} >= {("roles.yaml:4:31", 4)}
    assert [one["message"] for one in problems] == [one["message"] for one in summary["problems"]]


def test_hostile_names_stay_within_their_line(account: Account) -> None:
    account.write(
        HEAD + "roles:\n  app:\n    trust:\n      - {accounts: ['210987654321'], sid: A}\n"
        f"    tags: {{t: {json.dumps(HOSTILE)}}}\n    description: {json.dumps('x' * 900)}\n"
    )
    for words in (("plan", "roles.yaml"), ("plan", f"{HOSTILE}.yaml"), ("undo", HOSTILE)):
        assert observe(account, *words)[0].code in (0, 1)


def test_a_bug_is_an_event_without_its_text(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write(USERS)

    def fail(*_: object) -> None:
        raise ValueError("hunter2")

    monkeypatch.setattr("reconciler.app.plan.plan_comparison", fail)
    result, events, summary = observe(account, "plan", "roles.yaml")
    assert (result.code, summary["status"]) == (1, "failed")
    assert [one["code"] for one in summary["problems"]] == ["internal-error"]
    assert "ValueError" in events[-2]["message"]
    assert "hunter2" not in result.err
    with pytest.raises(ValueError, match="hunter2"):  # the entry point shows it to a person
        account.run_cli("plan", "roles.yaml", "--summary", "summary.json")
    assert read_summary(account)["problems"][0]["code"] == "internal-error"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("redirection", "code", "status"),
    [(">/dev/full", "system-error", "failed"), (">&-", "system-error", "failed"), ("| true", None, "failed")],
)
def test_a_broken_stdout_is_an_event(account: Account, redirection: str, code: str | None, status: str) -> None:
    account.write(USERS)
    line = f"{sys.executable} -m reconciler plan roles.yaml --log-format json --full {redirection}"
    done = subprocess.run(
        ["sh", "-c", line], env=account.environment, cwd=account.folder, capture_output=True, text=True, check=False
    )
    events = read_events(done.stderr)
    if events[-1]["status"] != "changed":  # the reader of the pipe may have gone later than that
        assert events[-1]["status"] == status
        assert [one["code"] for one in events if one["event"] == "problem"] == ([code] if code else [])


def test_what_libraries_warn_of_is_an_event(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    import logging

    import reconciler.app.plan as plan_module

    build = plan_module.plan_comparison

    def warn(*given: Any) -> Any:
        with patch.object(logging.root, "handlers", []):  # pytest's own would take the line
            logging.getLogger("a.library").warning("too slow: %s", HOSTILE)
        return build(*given)

    monkeypatch.setattr(plan_module, "plan_comparison", warn)
    account.write(USERS)
    _, events, _ = observe(account, "plan", "roles.yaml")
    (logged,) = [event for event in events if event["event"] == "library.logged"]
    assert (logged["logger"], logged["level"]) == ("a.library", "warning")


# Interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("command", "call"),
    [("plan", "GetAccountAuthorizationDetails"), ("apply", "ListRoles"), ("apply", "CreateUser bob")],
)
def test_an_interrupted_run_leaves_a_summary(
    account: Account, front: FaultLayer, command: str, call: str, number: signal.Signals
) -> None:
    account.write(HEAD + "users: {bob: {}" + "".join(f", u{number}: {{}}" for number in range(59)) + "}\n")
    words = [command, "roles.yaml", "--log-format", "json", "--summary", "summary.json"]
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", *words, *(["--yes"] if command == "apply" else [])],
        env=account.environment,
        cwd=account.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:

        def interrupt(request: HttpRequest, layer: Layer) -> Reply:
            os.kill(process.pid, number)
            return delay_answer(0.5)(request, layer)

        front.break_call(call, interrupt)
        _, said = process.communicate(timeout=60)
    events, summary = read_events(said), read_summary(account)
    assert process.returncode == 130
    assert (summary["status"], summary["exit_code"], events[-1]["status"]) == ("interrupted", 130, "interrupted")
    if "CreateUser" in call:
        assert "apply.stopping" in names_of(events)
        assert sum(summary["steps"].values()) == 60


# The summary's file


def test_a_summary_names_the_account_the_plan_and_the_files(account: Account) -> None:
    account.iam.create_account_alias(AccountAlias="acme-prod")
    account.write(HEAD + "users: {ann: {}}\nroles: {app: {trust: [{users: [ann]}]}}\n")
    account.run_cli("plan", "roles.yaml", "--out", "plan.json", "--summary", "summary.json")
    plan, summary = json.loads((account.folder / "plan.json").read_text()), read_summary(account)
    assert summary["account"] == {"id": "123456789012", "partition": "aws", "alias": "acme-prod"}
    assert (summary["changes"], summary["risk"]) == (plan["summary"], plan["risk"])
    assert (summary["plan_file"], summary["journal"], summary["trace_id"]) == ("plan.json", None, None)
    assert stat.S_IMODE((account.folder / "summary.json").stat().st_mode) == 0o600
    account.run_cli("apply", "plan.json", "--journal", "j.jsonl", "--summary", "summary.json")
    summary = read_summary(account)
    assert (summary["plan_file"], Path(summary["journal"]).name, summary["status"]) == (
        "plan.json",
        "j.jsonl",
        "applied",
    )
    assert account.run_cli("undo", "j.jsonl", "--out", "undo.json", "--summary", "summary.json").code == 0
    summary = read_summary(account)
    assert (summary["command"], summary["plan_file"], summary["journal"]) == ("undo", "undo.json", "j.jsonl")
    assert summary["changes"]["delete"] == 2


def test_a_run_without_credentials_leaves_a_summary(account: Account) -> None:
    account.write(USERS)
    nowhere = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
    result, _, summary = observe(account, "plan", "roles.yaml", **nowhere)
    assert (result.code, summary["account"], summary["calls"], summary["changes"]) == (1, None, None, None)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("plan", "roles.yaml", "--summary", "./roles.yaml"), "--summary and FILE name the same file"),
        (("plan", "roles.yaml", "--out", "x.json", "--summary", "x.json"), "--summary and --out name the same file"),
        (("apply", "roles.yaml", "--yes", "--journal", "x", "--summary", "./x"), "--summary and --journal name"),
        (("apply", "p.json", "--against", "roles.yaml", "--summary", "roles.yaml"), "--summary and FILE name"),
        (("undo", "j.jsonl", "--summary", "j.jsonl"), "--summary and JOURNAL name the same file"),
        (("plan", "roles.yaml", "--summary", "linked.yaml"), "name the same file"),
        (("plan", "--summary", "roles.yaml"), "roles.yaml exists and is not a summary"),
        (("plan", "roles.yaml", "--summary", "part.yaml"), "part.yaml exists and is not a summary"),
        (("plan", "roles.yaml", "--summary", "p.json"), "p.json exists and is not a summary"),
        (("plan", "roles.yaml", "--summary", "link"), "it is a symbolic link"),
        (("plan", "roles.yaml", "--summary", "no/such/x.json"), "Cannot write the summary to no/such/x.json"),
        (("undo", "--list", "--summary", "x.json"), "--list takes no --summary"),
    ],
    ids=lambda words: " ".join(words)[-40:] if isinstance(words, tuple) else "",
)
def test_a_summary_replaces_nothing_but_a_summary(account: Account, words: tuple[str, ...], named: str) -> None:
    account.write(USERS)
    account.write("{}", "part.yaml")
    account.write("", "j.jsonl")
    account.run_cli("plan", "roles.yaml", "--out", "p.json")
    (account.folder / "link").symlink_to("nowhere")
    os.link(account.folder / "roles.yaml", account.folder / "linked.yaml")
    before = {path.name: path.read_bytes() for path in account.folder.iterdir() if path.is_file()}
    account.clear_calls()
    result = account.run_cli(*words)
    assert (result.code, named in result.err) == (1, True), result.err
    after = {path.name: path.read_bytes() for path in account.folder.iterdir() if path.is_file()}
    after.pop("x.json", None)  # the summary of a run that was refused
    assert after == before
    assert account.count_calls() == {}


def test_an_empty_file_an_earlier_summary_and_a_pipe_are_taken(account: Account) -> None:
    account.write(USERS)
    account.write("", "summary.json")
    for _ in range(2):
        assert account.run_cli("plan", "roles.yaml", "--summary", "summary.json").code == 0
        assert read_summary(account)["status"] == "changed"
    result = account.run_process("plan", "roles.yaml", "--format", "github", "--summary", "/dev/stdout")
    assert json.loads(result.out)["status"] == "changed"


def test_a_summary_that_cannot_be_written_in_the_end_is_an_error(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.write(USERS)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reconciler.app.summary_file.write_whole", refuse)
    result = account.run_cli("apply", "roles.yaml", "--yes", "--summary", "s.json", "--log-format", "json")
    problem, ended = read_events(result.err)[-2:]
    assert (result.code, problem["code"], ended["status"], ended["done"]) == (1, "cannot-write", "failed", 3)


def test_undo_can_be_followed_too(account: Account) -> None:
    account.write(USERS)
    account.apply()
    _, events, summary = observe(account, "undo", "--last")
    assert (summary["status"], summary["changes"]["delete"]) == ("changed", 3)
    assert any(event["event"] == "notice" and "undoing the apply of" in event["message"] for event in events)
    result = account.run_cli("undo", "--list", "--log-format", "json")
    assert [event["event"] for event in read_events(result.err)] == ["run.started", "run.finished"]


# Traces


def test_a_trace_is_named_by_events_summary_journal_and_list(account: Account) -> None:
    account.write(USERS)
    _, events, summary = observe(
        account, "apply", "roles.yaml", "--yes", "--journal", "j.jsonl", TRACEPARENT=TRACEPARENT
    )
    assert {(event["trace_id"], event["span_id"]) for event in events} == {(TRACE, SPAN)}
    assert (summary["trace_id"], summary["span_id"]) == (TRACE, SPAN)
    first = json.loads((account.folder / "j.jsonl").read_text().split("\n")[0])
    assert (first["event"], first["trace_id"], first["span_id"]) == ("plan", TRACE, SPAN)
    assert account.run_cli("undo", "j.jsonl").code == 0
    account.write(HEAD)
    account.apply("roles.yaml", "--allow-deletes", TRACEPARENT=TRACEPARENT)
    account.write(USERS)
    account.apply()
    untraced, traced = account.run_cli("undo", "--list", "--format", "json").json[:2]
    assert (traced["trace_id"], traced["span_id"], untraced["trace_id"]) == (TRACE, SPAN, None)
    assert account.run_cli("undo", "--list").out.count(f"\n    trace {TRACE}\n") == 1


@pytest.mark.parametrize("value", ["", "00-zz", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01\r\nX: y"])
def test_a_trace_that_is_not_valid_is_ignored(account: Account, value: str) -> None:
    account.write(USERS)
    _, events, summary = observe(account, "plan", "roles.yaml", TRACEPARENT=value)
    assert not any("trace_id" in event for event in events)
    assert summary["trace_id"] is None


@pytest.mark.parametrize(("variables", "ends"), [({"TRACEPARENT": TRACEPARENT}, True), ({}, False)])
def test_aws_is_told_the_trace_in_the_user_agent(
    account: Account, front: FaultLayer, variables: dict[str, str], ends: bool
) -> None:
    account.write(USERS)
    agents: set[str] = set()

    def note_agent(request: HttpRequest, layer: Layer) -> Reply:
        agents.add(request.header("user-agent"))
        return layer(request)

    for call in ("GetCallerIdentity", "ListRoles", "CreateUser ann"):
        front.break_call(call, note_agent)
    account.apply("roles.yaml", **variables)
    assert len(agents) >= 1
    assert {(f" trace/{TRACE} " in agent, agent.endswith(" reconcile-iam")) for agent in agents} == {(ends, True)}


@pytest.mark.parametrize("ids", [{"trace_id": "\x1b[2J"}, {"trace_id": TRACE}, {"trace_id": 5, "span_id": SPAN}])
def test_a_journal_with_a_trace_that_none_can_have_is_refused(account: Account, ids: dict[str, Any]) -> None:
    account.write(USERS)
    account.apply()
    (journal,) = sorted((account.sandbox.folder / "state" / "reconcile" / "journals").glob("*.jsonl"))[-1:]
    first, *rest = journal.read_text().split("\n")
    journal.write_text("\n".join([json.dumps(json.loads(first) | ids), *rest]))
    assert f"{journal} is not a journal" in account.run_cli("undo", "--list").err
    journal.unlink()

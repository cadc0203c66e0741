"""An apply that is stopped, and two at once: what is under way is finished, and nothing is left as a mixture."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.query_protocol import HttpRequest, Reply
from reconciler.sandbox.server import Sandbox
from tests.support.account import Account
from tests.support.faults import Fault, FaultLayer, count_most_in_flight, delay_answer, refuse_with, shorten_retries
from tests.support.plans import changes_of
from tests.support.warm_python import SCRIPTS

HEAD = "version: 1\nowner: platform\n"
USERS = 60


def file_of(team: str, users: int = USERS) -> str:
    return HEAD + "users:\n" + "".join(f"  u{n:02}: {{tags: {{team: {team}, seat: '{n}'}}}}\n" for n in range(users))


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr("reconciler.aws.timing.VERIFY_PAUSES", (0.0,))
    lent = Account(faulty, tmp_path)
    yield lent
    front.clear()
    lent.reset()


def start_apply(
    account: Account,
    *arguments: str,
    program: tuple[str, ...] = ("reconciler",),
    hung_up: signal.Handlers = signal.SIG_DFL,
    **variables: str,
) -> subprocess.Popen[str]:
    """program: the module, and its arguments before `apply`. hung_up: what becomes of SIGHUP; who runs the tests may
    have nohup before them.
    """
    before = signal.signal(signal.SIGHUP, hung_up)  # the process inherits it
    try:
        return subprocess.Popen(
            [sys.executable, "-m", *program, "apply", "--yes", *arguments],
            env=account.environment | variables,
            cwd=account.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGHUP, before)


def signal_process(process: subprocess.Popen[str], number: signal.Signals, then: Fault) -> Fault:
    """As a call arrives, its process gets a signal; then the call goes on as it would."""

    def fault(request: HttpRequest, layer: Layer) -> Reply:
        os.kill(process.pid, number)
        return then(request, layer)

    return fault


def slow(request: HttpRequest, layer: Layer) -> Reply:
    time.sleep(0.5)
    return layer(request)


def read_records(account: Account) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (account.folder / "j.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_is_under_way_is_finished_and_the_next_run_goes_on(
    account: Account, front: FaultLayer, number: signal.Signals
) -> None:
    account.write(file_of("a"))
    front.latency = 0.05
    process = start_apply(account, "--journal", "j.jsonl")
    front.break_call("CreateUser u20", signal_process(process, number, slow))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Stopping when the calls under way have been answered" in said
    assert "Interrupted: " in said
    lines = read_records(account)
    begun = {line["seq"] for line in lines if line["event"] == "starts"}
    done = {line["seq"] for line in lines if line["event"] == "ends" and line["ending"] == "done"}
    waited = {line["seq"] for line in lines if line["event"] == "ends" and line["ending"] == "failed"}
    assert begun == done | waited  # one that still waited for its turn at the pace of AWS is never made
    assert 20 <= len(done) < USERS
    assert len(account.iam.list_users()["Users"]) == len(done) == lines[-1]["done"]
    assert f"{len(done)} of {USERS} calls were made" in said
    front.clear()
    account.apply()
    assert len(account.iam.list_users()["Users"]) == USERS


def test_what_is_under_way_is_finished_though_its_terminal_is_gone(account: Account, front: FaultLayer) -> None:
    """The kernel and the shell each send a signal then, and the bar has nowhere to be drawn."""
    account.write(file_of("a"))
    front.latency = 0.05
    terminal, inside = pty.openpty()

    def take_the_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    command = [sys.executable, "-m", "reconciler", "apply", "--yes", "--journal", "j.jsonl"]
    streams = {"stdin": inside, "stdout": inside, "stderr": inside}
    process = subprocess.Popen(
        command, env=account.environment, cwd=account.folder, preexec_fn=take_the_terminal, **streams
    )
    os.close(inside)

    def close_terminal(request: HttpRequest, layer: Layer) -> Reply:
        os.close(terminal)
        return signal_process(process, signal.SIGHUP, slow)(request, layer)

    front.break_call("CreateUser u20", close_terminal)
    assert process.wait(60) == 130
    lines = read_records(account)
    made = [line["seq"] for line in lines if line["event"] == "ends" and line["ending"] == "done"]
    waited = [line["seq"] for line in lines if line["event"] == "ends" and line["ending"] == "failed"]
    assert sorted(made + waited) == sorted(line["seq"] for line in lines if line["event"] == "starts")
    assert (lines[-1]["event"], lines[-1]["done"]) == ("end", len(made))


def test_with_nohup_an_apply_outlives_its_terminal(account: Account, front: FaultLayer) -> None:
    account.write(file_of("a", 3))
    process = start_apply(account, hung_up=signal.SIG_IGN)
    front.break_call("CreateUser u01", signal_process(process, signal.SIGHUP, slow))
    out, said = process.communicate(timeout=60)
    assert (process.returncode, "Applied: 3 calls." in out) == (0, True), said


def test_a_second_interruption_stops_at_once_and_says_what_may_have_been_made(
    account: Account, front: FaultLayer
) -> None:
    account.write(file_of("a"))
    process = start_apply(account, "--journal", "j.jsonl")
    front.break_call("CreateUser u20", signal_process(process, signal.SIGINT, delay_answer(20)))
    assert process.stderr is not None
    assert "Stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "may have been" in said
    assert read_records(account)[-1]["unclear"] >= 1
    front.wait_until_idle(besides="CreateUser u20")
    front.clear()
    account.apply()
    assert changes_of(account.plan()) == {}


def test_who_interrupts_the_second_look_is_told_that_all_was_done(account: Account, front: FaultLayer) -> None:
    account.write(file_of("a", 3))
    process = start_apply(account)

    def looked_at(request: HttpRequest, layer: Layer) -> Reply:
        front.break_call("GetAccountAuthorizationDetails", signal_process(process, signal.SIGINT, slow))
        return layer(request)

    front.break_call("CreateUser u02", looked_at)
    out, said = process.communicate(timeout=30)
    assert (process.returncode, "Applied: 3 calls." in out) == (130, True), said
    assert "not yet checked against live IAM" in said


@pytest.mark.parametrize("read", ["GetCallerIdentity", "GetAccountAuthorizationDetails"])
def test_a_pipeline_is_told_of_an_interruption_before_the_first_write(
    account: Account, front: FaultLayer, read: str
) -> None:
    account.write(file_of("a", 3))
    process = start_apply(account, "--log-format", "json")
    front.break_call(read, signal_process(process, signal.SIGINT, slow))
    _, said = process.communicate(timeout=30)
    first, last = map(json.loads, said.splitlines())
    assert (process.returncode, first["event"]) == (130, "run.started")
    assert (last["event"], last["status"], last["exit_code"]) == ("run.finished", "interrupted", 130)
    assert front.list_writes() == []


@pytest.mark.parametrize("saved", [True, False])
def test_what_goes_on_from_a_plan_that_broke_off_is_said(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    """A saved plan is stale, once part of it is done."""
    account.write(file_of("a", 3))
    account.plan("roles.yaml", "--out", "plan.json")
    front.break_call("CreateUser u02", refuse_with("ServiceFailure", "no", 500), times=99)
    shorten_retries(monkeypatch)
    file = "plan.json" if saved else "roles.yaml"
    said = account.run_cli("apply", file, "--yes").err
    assert ("Run `reconcile plan` again to go on" in said, "Run the same command again" in said) == (saved, not saved)
    front.clear()
    assert account.run_cli("apply", file, "--yes").code == (1 if saved else 0)
    account.apply()


def test_what_somebody_else_made_meanwhile_is_not_undone(account: Account, front: FaultLayer) -> None:
    """The call that met it failed: it was not this apply's."""
    account.write(file_of("a", 3))

    def made_by_another(request: HttpRequest, layer: Layer) -> Reply:
        account.iam.create_user(UserName="u01")
        return layer(request)

    front.break_call("CreateUser u01", made_by_another)
    assert account.run_cli("apply", "roles.yaml", "--yes", "--journal", "j.jsonl").code == 1
    made = {user["UserName"] for user in account.iam.list_users()["Users"]}
    back = account.run_cli("undo", "j.jsonl", "--format", "json").json
    assert {change["address"] for change in back["changes"]} == {f"user/{name}" for name in made - {"u01"}}


def test_writes_go_side_by_side_but_never_two_of_one_entity(account: Account, front: FaultLayer) -> None:
    account.write(
        HEAD
        + "groups: {g: {}, h: {}}\nusers:\n"
        + "".join(f"  u{n:02}: {{groups: [g, h], policies: ['aws:ReadOnlyAccess']}}\n" for n in range(20))
    )
    front.latency = 0.03
    account.apply()
    writes = front.list_writes()
    assert len(writes) == 2 + 4 * 20
    assert 8 <= count_most_in_flight(writes) <= 16
    for number in range(20):
        own = [one for one in writes if one.parameters.get("UserName") == f"u{number:02}"]
        assert (len(own), count_most_in_flight(own)) == (4, 1)


def tags_of(account: Account) -> list[dict[str, str]]:
    listed = account.iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
    return [{tag["Key"]: tag["Value"] for tag in user["Tags"]} for user in listed]


IMPATIENT = """\
import runpy
from reconciler.aws import timing
timing.VERIFY_PAUSES = (0.0, 0.2, 0.5)
runpy.run_module("reconciler", run_name="__main__", alter_sys=True)
"""
"""`reconcile`, which looks again sooner: of two applies, the one that finds the other's tags would wait 17 seconds."""


@pytest.mark.parametrize("machines", [1, 2])
def test_two_applies_at_once_end_in_one_of_the_two_states_or_say_so(
    account: Account, front: FaultLayer, machines: int, tmp_path: Path
) -> None:
    """On one machine they take turns. On two they cannot, and one puts right what it finds mixed."""
    for team in "abc":
        account.write(file_of(team, 12), f"{team}.yaml")
    account.apply("c.yaml")
    front.latency = 0.02
    homes = [str(tmp_path / f"home{number % machines}") for number in range(2)]
    program = (SCRIPTS, str(account.write(IMPATIENT, "impatient.py")))
    processes = [
        start_apply(account, f"{team}.yaml", program=program, XDG_STATE_HOME=home, PYTHONPATH=str(Path.cwd()))
        for team, home in zip("ab", homes, strict=True)
    ]
    said = [process.communicate(timeout=120) for process in processes]
    codes = [process.returncode for process in processes]
    teams = {tags["team"] for tags in tags_of(account)}
    assert teams in ({"a"}, {"b"}) or (1 in codes and machines > 1), said
    if machines == 1:
        assert codes == [0, 0], said
        assert len(account.iam.list_users()["Users"]) == 12


def test_what_another_machine_wrote_at_the_same_time_is_put_right(account: Account, front: FaultLayer) -> None:
    """As the last call is made, another machine changes what the first one was."""
    account.write(file_of("c", 3))
    account.apply()
    account.write(file_of("a", 3))

    def meanwhile(request: HttpRequest, layer: Layer) -> Reply:
        reply = layer(request)
        account.iam.tag_user(UserName="u00", Tags=[{"Key": "team", "Value": "b"}])
        return reply

    front.break_last("TagUser u02", meanwhile, others=("TagUser u00", "TagUser u01"))
    result = account.apply()
    assert "Another apply wrote to the account at the same time" in result.err
    assert {tags["team"] for tags in tags_of(account)} == {"a"}


def test_what_another_machine_writes_until_the_next_round_is_put_right_in_that_one(
    account: Account, front: FaultLayer
) -> None:
    """It wrote before the look that tells so, and goes on after it."""
    account.write(file_of("c", 3))
    account.apply()
    account.write(file_of("a", 3))
    seats = iter(("u00", "u01"))

    def other(request: HttpRequest, layer: Layer) -> Reply:
        reply = layer(request)
        if request.action == "TagUser" or request.parameters.get("Filter.member.1") == "User":
            for seat in itertools.islice(seats, 1):
                account.iam.tag_user(UserName=seat, Tags=[{"Key": "team", "Value": "b"}])
        return reply

    def begins(request: HttpRequest, layer: Layer) -> Reply:
        front.break_call("GetAccountAuthorizationDetails", other, times=99)
        return other(request, layer)

    front.break_last("TagUser u02", begins, others=("TagUser u00", "TagUser u01"))
    result = account.apply()
    assert result.err.count("Another apply wrote to the account at the same time") == 1
    assert {tags["team"] for tags in tags_of(account)} == {"a"}


def test_what_aws_keeps_as_it_was_is_told_and_not_written_again(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that does not take is not a sign of another apply."""
    account.write(file_of("c", 3))
    account.apply()
    account.write(file_of("a", 3))

    def ignore_tags(request: HttpRequest, layer: Layer) -> Reply:
        reply = layer(request)
        account.iam.tag_user(UserName="u02", Tags=[{"Key": "team", "Value": "c"}])
        return reply

    front.break_call("TagUser u02", ignore_tags)
    result = account.run_cli("apply", "roles.yaml", "--yes")
    assert (result.code, "Live IAM still differs from the file, as shown above" in result.err) == (1, True)
    assert "Another apply" not in result.err

"""Every write of an apply is broken in turn: the run recovers by itself, and nothing is doubled or lost.

An account's life (`lifecycle.py`) is one test: one write of each of its three plans is broken, and after each the
account must be what an undisturbed apply leaves. Where the run gives up nevertheless, the next one must get there.
As a rule most writes are broken in one way only, creations and deletions by a lost answer; HYPOTHESIS_PROFILE=explore
breaks each in every way, and kills the process at each.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from botocore.endpoint import EndpointCreator

from reconciler.kinds.registry import KINDS
from reconciler.sandbox.server import Sandbox
from tests.support.account import Account
from tests.support.dumps import dump_account
from tests.support.examples import EXPLORING
from tests.support.faults import (
    Fault,
    FaultLayer,
    ProcessKiller,
    TokenBucket,
    delay_answer,
    drop_answer,
    drop_request,
    fail,
    refuse_with,
    shorten_retries,
    throttle,
)
from tests.support.lifecycle import FLAGS, STAGES, prepare_stage, run_all_stages

FAULTS: dict[str, Fault] = {
    "lost answer": drop_answer,
    "reset before": drop_request,
    "throttled": throttle,
    "500": fail,
}
WRITES = 32
"""Of the largest of the three plans."""
MOST = 24
"""So many of them as a rule: every creation and deletion is among them."""
NOT_BROKEN = {
    "DeleteAccountAlias": "no plan has it: settings of the account are never pruned",
    "DeleteAccountPasswordPolicy": "likewise",
    "DeleteServiceSpecificCredential": "as DeleteSSHPublicKey",
    "TagInstanceProfile": "as TagRole; a profile is tagged only where it is adopted",
    "UntagInstanceProfile": "as UntagRole",
    "UpdateOpenIDConnectProvider": "as UpdateOpenIDConnectProviderThumbprint",
}


class Life:
    """An empty account, and, per stage of an undisturbed life, the plan's calls and what there is after them."""

    def __init__(self, account: Account, front: FaultLayer) -> None:
        self.account, self.front = account, front
        calls, self.wanted = run_all_stages(account)
        self.calls = {stage: [_repeatable(line) for line in calls[stage]] for stage in STAGES}

    def line(self, stage: str, number: int) -> str:
        """The so-manyth call of the stage's plan, creations and deletions first; a shorter plan begins again."""
        calls = sorted(self.calls[stage], key=lambda line: not _once_only(line))
        return calls[number % len(calls)]

    def way(self, stage: str, number: int, shift: int) -> str:
        """How that call is broken: what is done once only by a lost answer, the next time round otherwise."""
        turn = number // len(self.calls[stage]) + (0 if _once_only(self.line(stage, number)) else number)
        return list(FAULTS)[(turn + shift) % len(FAULTS)]

    def break_line(self, stage: str, line: str, what: str, fault: Fault, times: int = 1) -> Iterator[str]:
        """Apply with one call broken, then again if that failed; what is wrong with it."""
        said = f"{stage}, {line}, {what}"
        file = prepare_stage(self.account, stage)
        hit = self.front.break_call(line, fault, times)
        first = self.account.run_cli("apply", file, *FLAGS)
        if not hit.hits:
            yield f"{said}: was not broken"
        if first.code != 0:
            yield f"{said}: the run gave up: {first.err.strip()}"
        yield from self.amiss(stage, said, first.code != 0)

    def amiss(self, stage: str, said: str, again: bool) -> Iterator[str]:
        """What differs from an undisturbed apply; `again`: after another run."""
        self.front.clear()
        if again:
            second = self.account.run_cli("apply", f"{stage}.yaml", *FLAGS)
            if second.code != 0:
                yield f"{said}: the next run failed too: {second.err.strip()}"
        found, wanted = dump_account(self.account.iam), self.wanted[stage]
        for address in sorted(found.keys() | wanted.keys()):
            if found.get(address) != wanted.get(address):
                yield f"{said}: {address} is {found.get(address)}, not {wanted.get(address)}"


def _repeatable(line: str) -> str:
    """As it can be said of every life: the id of a key is another each time."""
    return "DeleteAccessKey" if line.startswith("DeleteAccessKey") else line


def _once_only(line: str) -> bool:
    """Done again, these are refused, or make a second one."""
    return line.startswith(("Create", "Delete"))


@pytest.fixture(scope="module")
def _front() -> FaultLayer:
    return FaultLayer()


@pytest.fixture(scope="module")
def _life(_front: FaultLayer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with Sandbox(wrap=_front.wrap_layer) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setattr("reconciler.aws.timing.VERIFY_PAUSES", (0.0,))
        yield Life(Account(sandbox, tmp_path_factory.mktemp("life")), _front)


@pytest.fixture
def life(_life: Life, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """An empty account again, whatever the test did."""
    shorten_retries(monkeypatch)
    yield _life
    _life.front.clear()
    _life.account.reset()


def test_every_write_that_plans_may_have_is_broken_here(life: Life) -> None:
    broken = {line.partition(" ")[0] for stage in STAGES for line in life.calls[stage]}
    assert {name for kind in KINDS for name in kind.operations} - broken == NOT_BROKEN.keys()
    assert max(len(calls) for calls in life.calls.values()) == WRITES
    for calls in life.calls.values():
        assert len(calls) == len(set(calls)), "a call is broken by its line: two must not be alike"
        assert sum(_once_only(line) for line in calls) <= MOST


@pytest.mark.parametrize("shift", range(len(FAULTS)) if EXPLORING else [0])
@pytest.mark.parametrize("number", range(WRITES if EXPLORING else MOST))
def test_a_broken_write_is_made_good_by_the_run_itself(life: Life, number: int, shift: int) -> None:
    problems = []
    for stage in STAGES:
        line = life.line(stage, number)
        what = life.way(stage, number, shift)
        problems += life.break_line(stage, line, what, FAULTS[what])
    assert not problems, "\n".join(problems)


KILLED = {"made": "CreateUser", "changed": "CreatePolicyVersion", "gone": "DeactivateMFADevice"}
EVERYWHERE = [("before", number) for number in range(WRITES)] + [("after", number) for number in range(WRITES)]


@pytest.mark.parametrize(("moment", "number"), EVERYWHERE if EXPLORING else [("after", None)])
def test_after_a_kill_the_next_run_gets_there(life: Life, moment: str, number: int | None) -> None:
    problems = []
    for stage in STAGES:
        line = KILLED[stage] if number is None else life.line(stage, number)
        file = prepare_stage(life.account, stage)
        killing = ProcessKiller()
        life.front.break_call(line, getattr(killing, f"kill_{moment}"))
        assert kill_apply(life.account, file, killing) == -signal.SIGKILL
        life.front.wait_until_idle()
        problems += life.amiss(stage, f"{stage}, killed {moment} {line}", True)
    assert not problems, "\n".join(problems)


def kill_apply(account: Account, file: str, killing: ProcessKiller) -> int:
    """The exit code of an apply in a process of its own, at which this is aimed."""
    command = [sys.executable, "-m", "reconciler", "apply", file, *FLAGS]
    with subprocess.Popen(
        command, env=account.environment, cwd=account.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        killing.set_process(process.pid)
        return process.wait(60)


def test_a_write_that_is_throttled_for_long_is_made_in_the_end(life: Life) -> None:
    """More often than botocore tries by itself."""
    assert list(life.break_line("made", "AttachUserPolicy", "throttled", throttle, times=25)) == []


def test_a_write_whose_answer_is_lost_again_and_again_is_made_once(life: Life) -> None:
    problems = []
    for stage, line in KILLED.items():
        problems += life.break_line(stage, line, "lost twice", drop_answer, times=2)
    assert not problems, "\n".join(problems)


BUSY = {
    "made": ("AttachUserPolicy", refuse_with("ConcurrentModification", "The request was rejected.", 409)),
    "changed": ("UpdateUser", refuse_with("EntityTemporarilyUnmodifiable", "It cannot be changed now.", 409)),
    "gone": (
        "DeleteUser ann",
        refuse_with("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409),
    ),
}


def test_a_write_that_iam_is_too_busy_for_is_made_later(life: Life) -> None:
    problems = []
    for stage, (line, fault) in BUSY.items():
        problems += life.break_line(stage, line, "busy", fault, times=3)
    assert not problems, "\n".join(problems)


def test_under_a_limit_of_writes_a_second_all_are_made(life: Life) -> None:
    file = prepare_stage(life.account, "made")
    life.front.rate = TokenBucket(50)
    assert life.account.run_cli("apply", file, *FLAGS).code == 0
    assert any(record.outcome == "Throttling" for record in life.front.list_writes())
    assert list(life.amiss("made", "with a limit", False)) == []


def test_a_write_whose_answer_comes_too_late_is_made_once(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    made = EndpointCreator.create_endpoint
    monkeypatch.setattr(
        EndpointCreator, "create_endpoint", lambda *words, **names: made(*words, **names | {"timeout": (5, 1)})
    )
    problems = []
    for stage, line in KILLED.items():
        problems += life.break_line(stage, line, "late", delay_answer(1.5))
    assert not problems, "\n".join(problems)


def test_an_undisturbed_life_is_always_the_same(life: Life) -> None:
    """Otherwise what differs would say nothing here."""
    for stage in STAGES:
        life.account.apply(prepare_stage(life.account, stage), *FLAGS)
        assert list(life.amiss(stage, stage, False)) == []

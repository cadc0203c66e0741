"""`reconcile mfa`: a device is enrolled with codes that are really checked, or leaves nothing behind; who lacks one."""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from reconciler.app import mfa_enrolment, mfa_status
from reconciler.app.mfa_enrolment import EnrolRequest, Terminal, enroll_device
from reconciler.aws import mfa_devices, timing
from reconciler.aws.session import connect
from reconciler.model.problem import ReconcileError
from tests.support.account import Account
from tests.support.people import STEP, create_person, enable_device

if sys.platform != "win32":
    from tests.unit.shell.pseudo import Pseudo

TERMINAL = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
ALICE = "arn:aws:iam::123456789012:mfa/alice"
SEED = re.compile(r"(?:[A-Z2-7]{4} ){15}[A-Z2-7]{4}")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox is consistent at once: waiting would change nothing."""
    monkeypatch.setattr(timing, "DEVICE_PAUSES", ())


@pytest.fixture
def alice(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with a user alice, whose administrator this process is."""
    account.iam.create_user(UserName="alice")
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(account.folder)
    return account


@dataclass
class Reader:
    """A person who types what `typed` says: `first` and `second` are right codes. All that is shown is in `seen`."""

    typed: list[str] = field(default_factory=list)
    seen: str = ""
    asked: list[str] = field(default_factory=list)
    _second: str = ""

    @property
    def terminal(self) -> Terminal:
        return Terminal(self._ask, self._show)

    def _show(self, text: str) -> None:
        self.seen += text

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        answer = self.typed.pop(0)
        if answer == "first":
            found = SEED.search(self.seen)
            assert found, "the seed is needed to give codes: pass show_seed"
            answer, self._second = codes(found.group().replace(" ", ""))
        return self._second if answer == "second" else answer


def codes(seed: str) -> tuple[str, str]:
    now, app = time.time(), pyotp.TOTP(seed)
    return app.at(int(now) - STEP), app.at(int(now))


def owners(account: Account) -> dict[str, str | None]:
    """Serial of each virtual device → the user who has it."""
    found = account.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    return {item["SerialNumber"]: item.get("User", {}).get("UserName") for item in found}


def quiet(line: str) -> None:
    """What is said is of no interest."""


def refusal_of(wanted: EnrolRequest, reader: Reader, say: Callable[[str], None] = quiet) -> str:
    with pytest.raises(ReconcileError) as failed:
        enroll_device(wanted, reader.terminal, say)
    return failed.value.problems[0].message


def command(words: str, **redirected: Path) -> list[str]:
    streams = " ".join(f"{'2' if name == 'err' else ''}>{path}" for name, path in redirected.items())
    return ["sh", "-c", f"stty rows 24 cols 80; exec {sys.executable} -m reconciler mfa {words} {streams}"]


@pytest.fixture
def command_starter(alice: Account) -> Iterator[Callable[..., Any]]:
    root = str(Path(__file__).parents[2])
    yield lambda words, **redirected: Pseudo(
        command(words, **redirected), os.environ | alice.environment | {"PYTHONPATH": root}
    )


@TERMINAL
def test_a_device_is_enrolled_on_a_terminal_and_its_seed_is_seen_there_only(
    alice: Account, command_starter: Any, tmp_path: Path
) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    with command_starter("enroll alice --show-seed", out=out, err=err) as terminal:
        shown = terminal.expect(r"(?s).*Code that the app shows now: ")
        seed = SEED.search(shown).group()  # type: ignore[union-attr]
        first, second = codes(seed.replace(" ", ""))
        terminal.send(f"{first}\n")
        terminal.expect("Next code")
        terminal.send(f"{second[:3]} {second[3:]}\n")
        assert terminal.code() == 0
    assert owners(alice) == {ALICE: "alice"}
    assert out.read_text() == f"{ALICE}\n"
    assert "`mfa_serial`" in err.read_text()
    assert shown.count("▀") > 50
    for stream in (out, err):
        assert not re.search(r"[A-Z2-7]{16}|▀", stream.read_text().replace(" ", ""))


@TERMINAL
@pytest.mark.parametrize("how", ["ctrl-c", "kill", "hang up"])
def test_an_interrupted_enrolment_leaves_no_device(
    alice: Account, command_starter: Any, tmp_path: Path, how: str
) -> None:
    err = tmp_path / "err"
    with command_starter("enroll alice", err=err) as terminal:
        shown = terminal.expect(r"(?s).*Code that the app shows now: ")
        assert owners(alice) == {ALICE: None}
        if how == "ctrl-c":
            terminal.interrupt()
        else:
            terminal.kill(signal.SIGTERM if how == "kill" else signal.SIGHUP)
        assert terminal.code() == 130
    assert owners(alice) == {}
    assert f"The device {ALICE} was deleted again." in err.read_text()
    assert not SEED.search(shown), "the seed is shown on request only"


@TERMINAL
def test_a_closed_terminal_leaves_no_device(alice: Account, command_starter: Any) -> None:
    with command_starter("enroll alice") as terminal:
        terminal.expect("Code that the app shows now: ")
        os.close(terminal.terminal)
        terminal.terminal = os.open(os.devnull, os.O_RDONLY)
        os.waitpid(terminal.pid, 0)
    assert owners(alice) == {}


def test_without_a_terminal_nothing_is_made(alice: Account) -> None:
    alice.clear_calls()
    done = alice.run_process("mfa", "enroll", "alice", start_new_session=True)
    assert (done.code, done.out) == (1, "")
    assert "needs a terminal" in done.err and "--seed-file" in done.err
    assert alice.count_calls() == {}


def test_wrong_codes_are_asked_again_and_right_ones_then_taken(alice: Account) -> None:
    reader = Reader(["000000", "000001", "first", "second"])
    assert enroll_device(EnrolRequest("alice", show_seed=True), reader.terminal, quiet) == ALICE
    assert owners(alice) == {ALICE: "alice"}
    assert "AWS refused these two codes" in reader.asked[2]


def test_after_three_wrong_pairs_the_device_is_gone(alice: Account) -> None:
    alice.clear_calls()
    said: list[str] = []
    reader = Reader([f"00000{digit}" for digit in range(6)])
    assert "AWS refused these codes" in refusal_of(EnrolRequest("alice"), reader, said.append)
    assert alice.count_calls()["EnableMFADevice"] == 3
    assert owners(alice) == {} and said == [f"The device {ALICE} was deleted again."]


def test_no_code_is_sent_twice_and_nothing_but_codes(alice: Account) -> None:
    reader = Reader(["000000", "000000", "12345", "000001", "000001", "000000", "nonsense"])
    alice.clear_calls()
    assert "None of 3 answers was an unused code" in refusal_of(EnrolRequest("alice"), reader)
    assert alice.count_calls()["EnableMFADevice"] == 1
    assert ["has been used" in question for question in reader.asked] == [False, False, True, False, False, True, True]
    assert owners(alice) == {}


def test_the_callers_own_user_needs_no_name(alice: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in create_person(alice.iam, "alice").key_variables.items():
        monkeypatch.setenv(name, value)
    reader = Reader(["first", "second"])
    assert enroll_device(EnrolRequest(show_seed=True), reader.terminal, quiet) == ALICE
    assert owners(alice) == {ALICE: "alice"}


def test_root_has_to_say_for_whom(alice: Account) -> None:
    assert "mfa enroll USER" in refusal_of(EnrolRequest(), Reader())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("enroll alice bob", "unexpected extra argument"),
        ("enroll alice --seed-file s --show-seed", "Pass only one of --seed-file and --show-seed"),
        ("enrol alice", "No such command 'enrol'"),
        ("status --format xml", "xml"),
    ],
)
def test_a_wrong_command_line_is_an_error_and_makes_nothing(alice: Account, words: str, said: str) -> None:
    done = alice.run_cli("mfa", *words.split())
    assert (done.code, done.out) == (1, "") and said in done.err
    assert owners(alice) == {} and not (alice.folder / "s").exists()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (EnrolRequest("bob"), "There is no user bob in account 123456789012. Check the name, and which credentials"),
        (EnrolRequest("alcie"), "There is no user alcie in account 123456789012. Did you mean 'alice'?"),
        (EnrolRequest("alice", device_name="a/b"), "A device cannot be named 'a/b'"),
        (EnrolRequest("alice", files=["other.yaml"]), "123123123123"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(alice: Account, wanted: EnrolRequest, said: str) -> None:
    alice.write('version: 1\nowner: t\naccount: "123123123123"\n', "other.yaml")
    assert said in refusal_of(wanted, Reader())
    assert owners(alice) == {}


def test_a_terminal_that_is_too_narrow_is_told_before_anything_is_made(alice: Account) -> None:
    reader = Reader()
    with pytest.raises(ReconcileError, match="needs 45 columns, and the terminal has 44"):
        enroll_device(EnrolRequest("alice"), replace(reader.terminal, columns=44), quiet)
    assert owners(alice) == {} and reader.seen == ""
    reader.typed = ["first", "second"]
    enroll_device(EnrolRequest("alice", show_seed=True), replace(reader.terminal, columns=44), quiet)
    assert "▀" not in reader.seen


def test_a_second_device_only_if_it_is_meant(alice: Account) -> None:
    enable_device(alice.iam, "alice")
    told = refusal_of(EnrolRequest("alice"), Reader())
    assert ALICE in told and "--another" in told
    reader = Reader(["first", "second"])
    assert enroll_device(EnrolRequest("alice", another=True, show_seed=True), reader.terminal, quiet) == f"{ALICE}-2"
    assert owners(alice) == {ALICE: "alice", f"{ALICE}-2": "alice"}


def test_a_ninth_device_is_refused_before_anything_is_made(alice: Account) -> None:
    for number in range(8):
        enable_device(alice.iam, "alice", f"d{number}")
    assert "8 MFA devices, and AWS allows no more" in refusal_of(EnrolRequest("alice", another=True), Reader())
    assert len(owners(alice)) == 8


def test_the_device_of_somebody_else_is_left_alone_and_told_whose_it_is(alice: Account) -> None:
    alice.iam.create_user(UserName="bob")
    enable_device(alice.iam, "bob", "alice")
    assert f"{ALICE} is in use by bob" in refusal_of(EnrolRequest("alice", replace=True), Reader())
    assert owners(alice) == {ALICE: "bob"}


def test_a_left_over_device_goes_only_with_consent(alice: Account) -> None:
    alice.iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")
    alice.clear_calls()
    reader = Reader(["y"])
    assert "Nothing was changed" in refusal_of(EnrolRequest("alice", show_seed=True), reader)
    assert ALICE in reader.asked[0] and "Delete it" in reader.asked[0]
    assert not {"DeleteVirtualMFADevice", "CreateVirtualMFADevice"} & set(alice.count_calls())
    enroll_device(EnrolRequest("alice", show_seed=True), Reader(["yes", "first", "second"]).terminal, quiet)
    assert owners(alice) == {ALICE: "alice"}


def test_a_left_over_device_goes_without_a_question_if_that_was_said_before(alice: Account) -> None:
    alice.iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")
    file = alice.folder / "seed"
    told = alice.run_cli("mfa", "enroll", "alice", "--seed-file", file)
    assert told.code == 1 and "--replace" in told.err and not file.exists()
    assert owners(alice) == {ALICE: None}
    assert alice.run_cli("mfa", "enroll", "alice", "--seed-file", file, "--replace").code == 0
    assert owners(alice) == {ALICE: "alice"}


def test_a_script_gets_the_seed_in_a_file_of_its_own(alice: Account) -> None:
    file = alice.folder / "seed"
    done = alice.run_process("mfa", "enroll", "alice", "--seed-file", file, start_new_session=True)
    assert (done.code, done.out) == (0, f"{ALICE}\n"), done.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    seed = file.read_text().strip()
    assert pyotp.TOTP(seed).now() and seed not in done.err
    assert owners(alice) == {ALICE: "alice"}
    again = alice.run_cli("mfa", "enroll", "alice", "--another", "--seed-file", file)
    assert again.code == 1 and "Cannot create the seed file" in again.err and file.read_text().strip() == seed
    assert len(owners(alice)) == 1


def test_a_seed_that_is_of_no_use_is_not_kept(alice: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1e9)  # the sandbox of this process has the same clock, a real AWS not
    monkeypatch.setattr("reconciler.sandbox.strict.clock.now", lambda: 2e9)
    file = alice.folder / "seed"
    told = alice.run_cli("mfa", "enroll", "alice", "--seed-file", file)
    assert told.code == 1 and "AWS refused these codes" in told.err
    assert not file.exists() and owners(alice) == {}


@pytest.mark.parametrize("call", ["create_virtual_mfa_device", "enable_mfa_device"])
def test_a_seed_file_goes_with_its_device_if_an_answer_is_lost(alice: Account, hinder: Any, call: str) -> None:
    hinder(LOST, call)
    file = alice.folder / "seed"
    told = alice.run_cli("mfa", "enroll", "alice", "--seed-file", file)
    assert told.code == 1 and ("AWS may have made the call" in told.err or "may have created the device" in told.err)
    assert not file.exists() and owners(alice) == {}


def test_the_seed_of_a_device_that_stays_is_kept(alice: Account, hinder: Any) -> None:
    hinder(denied_error(), "enable_mfa_device", "delete_virtual_mfa_device")
    file = alice.folder / "seed"
    told = alice.run_cli("mfa", "enroll", "alice", "--seed-file", file)
    assert told.code == 1 and f"The device {ALICE} could not be deleted" in told.err
    assert len(file.read_text().strip()) == 64 and owners(alice) == {ALICE: None}


class Hindered:
    """A client some of whose calls end with an error: without being made, or, if `after`, when all is done."""

    def __init__(self, client: Any, error: Exception, *calls: str, after: bool = False) -> None:
        self.client, self.error, self.calls, self.after = client, error, calls, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if name not in self.calls:
            return method

        def fail_call(**parameters: Any) -> None:
            if self.after:
                method(**parameters)
            raise self.error

        return fail_call


@pytest.fixture
def hinder(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From now on the calls of these names fail; of calls that are never repeated, and of the others."""

    def hinder(error: Exception, *calls: str, after: bool = False) -> None:
        def connect_hindered(*arguments: Any) -> Any:
            found = connect(*arguments)
            clients = {name: Hindered(getattr(found, name), error, *calls, after=after) for name in ("iam", "iam_once")}
            return replace(found, **clients)

        monkeypatch.setattr(mfa_enrolment, "connect", connect_hindered)
        monkeypatch.setattr(mfa_status, "connect", connect_hindered)

    return hinder


LOST = ReadTimeoutError(endpoint_url="https://iam.amazonaws.com")


def denied_error(message: str = "not authorized") -> ClientError:
    response = {"Error": {"Code": "AccessDenied", "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return ClientError(response, "Call")  # type: ignore[arg-type]


def test_a_device_whose_seed_was_lost_with_the_answer_is_deleted(alice: Account, hinder: Any) -> None:
    alice.clear_calls()
    hinder(LOST, "create_virtual_mfa_device", after=True)
    assert "AWS created the device; it was deleted again" in refusal_of(EnrolRequest("alice"), Reader())
    assert owners(alice) == {}
    assert alice.count_calls()["CreateVirtualMFADevice"] == 1, "a second one could only fail"


def test_a_lost_answer_without_a_device_says_that_nobody_knows(alice: Account, hinder: Any) -> None:
    hinder(LOST, "create_virtual_mfa_device")
    assert "may have created the device" in refusal_of(EnrolRequest("alice"), Reader())


def test_a_lost_answer_to_the_codes_is_no_failure_if_aws_took_them(alice: Account, hinder: Any) -> None:
    hinder(LOST, "enable_mfa_device", after=True)
    reader = Reader(["first", "second"])
    assert enroll_device(EnrolRequest("alice", show_seed=True), reader.terminal, quiet) == ALICE
    assert owners(alice) == {ALICE: "alice"}


def test_a_lost_answer_to_the_codes_fails_if_aws_has_not_taken_them(alice: Account, hinder: Any) -> None:
    hinder(LOST, "enable_mfa_device")
    assert "AWS may have made the call" in refusal_of(
        EnrolRequest("alice", show_seed=True), Reader(["first", "second"])
    )
    assert owners(alice) == {}


def test_the_guard_is_named_if_it_keeps_a_device_from_being_made(alice: Account, hinder: Any) -> None:
    hinder(denied_error("… with an explicit deny in an identity-based policy"), "create_virtual_mfa_device")
    told = refusal_of(EnrolRequest("alice"), Reader())
    assert "reconcile-require-mfa-" in told and "explicit deny" in told


def test_a_device_that_may_not_be_deleted_is_told_to_stay(alice: Account, hinder: Any) -> None:
    hinder(denied_error(), "delete_virtual_mfa_device")
    said: list[str] = []
    refusal_of(EnrolRequest("alice"), Reader([f"00000{digit}" for digit in range(6)]), said.append)
    assert f"The device {ALICE} could not be deleted" in said[0]
    assert "Its name is taken. Next time pass --device-name" in said[1]
    told = refusal_of(EnrolRequest("alice"), Reader(["yes"]))
    assert f"The device {ALICE} has no user, and could not be deleted" in told and "Pass --device-name" in told


def test_whoever_may_only_enrol_can_do_that(alice: Account, hinder: Any) -> None:
    hinder(denied_error(), "list_virtual_mfa_devices", "list_mfa_devices")
    enroll_device(EnrolRequest("alice", show_seed=True), Reader(["first", "second"]).terminal, quiet)
    assert owners(alice) == {ALICE: "alice"}
    assert "iam:ListVirtualMFADevices" in refusal_of(EnrolRequest("alice"), Reader())


def test_neither_seed_nor_codes_reach_a_log(alice: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    reader = Reader(["first", "second"])
    enroll_device(EnrolRequest("alice", show_seed=True), reader.terminal, quiet)
    seed = SEED.search(reader.seen).group().replace(" ", "")  # type: ignore[union-attr]
    assert "ListMFADevices" in caplog.text, "botocore is heard"
    assert seed not in caplog.text and codes(seed)[0] not in caplog.text
    assert seed not in repr(mfa_devices.NewDevice(ALICE, seed))


FILE = """\
version: 1
owner: t
groups:
  engineers: {mfa: required}
users:
  alice: {groups: [engineers]}
  carol: {}
  dave: {}
  erin: {mfa: required}
roles:
  reader:
    trust:
      - {users: [carol, "arn:aws:iam::123456789012:user/zoe"], mfa: required}
      - {users: [dave]}
"""


@pytest.fixture
def people(alice: Account) -> Account:
    """alice and dave have nothing, carol a virtual device, zoe one of hardware; erin is not there yet."""
    for name in ("carol", "dave", "zoe"):
        alice.iam.create_user(UserName=name)
    enable_device(alice.iam, "carol")
    alice.iam.create_virtual_mfa_device(VirtualMFADeviceName="old")
    alice.iam.enable_mfa_device(
        UserName="zoe", SerialNumber="GAHT12345678", AuthenticationCode1="000000", AuthenticationCode2="000001"
    )
    alice.write(FILE)
    return alice


def standings(account: Account, *words: str) -> dict[str, tuple[str, list[str]]]:
    done = account.run_cli("mfa", "status", "--format", "json", *words)
    assert done.code == 0, done.err
    return {one["user"]: (one["standing"], one["reasons"]) for one in done.json["users"]}


def test_status_tells_who_has_what_and_who_must_have_one(people: Account) -> None:
    people.clear_calls()
    assert standings(people) == {
        "alice": ("missing", ["mfa: required"]),
        "carol": ("ready", ["role/reader"]),
        "dave": ("missing", []),
        "erin": ("absent", ["mfa: required"]),
        "zoe": ("ready", ["role/reader"]),
    }
    calls = people.count_calls()
    assert calls.pop("ListMFADevices") == 3, "carol's virtual device was listed already, and erin is not there"
    assert calls == {"GetCallerIdentity": 1, "ListUsers": 1, "ListVirtualMFADevices": 2}
    done = people.run_cli("mfa", "status").out
    assert re.search(r"^! alice +no device \(mfa: required\)$", done, re.MULTILINE)
    assert re.search(rf"^  carol +virtual {ALICE[:-5]}carol \(for role/reader\)$", done, re.MULTILINE)
    assert re.search(r"^! erin +not created yet", done, re.MULTILINE)
    assert re.search(r"^  zoe +hardware GAHT12345678", done, re.MULTILINE)
    assert f"Not assigned to any user: {ALICE[:-5]}old" in done
    assert "5 users: 2 with a device that gives codes, 2 without a device, 1 not created yet" in done
    assert "console" in done


IGNORED = {
    "a user": ("users: {bob: {mfa: required, ignore_changes: [policies]}}", set()),
    "a group": ("groups: {g: {mfa: required, ignore_changes: [policies]}}\nusers: {bob: {groups: [g]}}", {"g"}),
    "a member": ("groups: {g: {mfa: required}}\nusers: {bob: {groups: [g], ignore_changes: [groups]}}", set()),
}


@pytest.mark.parametrize(("text", "groups"), IGNORED.values(), ids=IGNORED.keys())
def test_no_command_says_that_mfa_is_required_of_a_user_without_the_guard(
    alice: Account, text: str, groups: set[str]
) -> None:
    alice.iam.create_user(UserName="bob", Tags=[{"Key": "reconcile:owner", "Value": "t"}])
    alice.iam.create_group(GroupName="g", Path="/t/")
    alice.write(f"version: 1\nowner: t\n{text}\n")
    alice.apply()
    plan = alice.plan()
    assert (plan["changes"], [one["code"] for one in plan["findings"]]) == ([], ["mfa-ignored"])
    assert {one["GroupName"] for one in alice.iam.list_groups_for_user(UserName="bob")["Groups"]} == groups
    for words in ((), ("bob",)):
        assert standings(alice, *words)["bob"] == ("missing", [])


def test_status_works_without_a_file(people: Account) -> None:
    (people.folder / "roles.yaml").unlink()
    assert {user: reasons for user, (_, reasons) in standings(people).items()} == {
        "alice": [],
        "carol": [],
        "dave": [],
        "zoe": [],
    }


def test_status_of_named_users_asks_for_these_alone(people: Account) -> None:
    people.clear_calls()
    assert set(standings(people, "zoe", "alice")) == {"zoe", "alice"}
    assert people.count_calls() == {"GetCallerIdentity": 1, "ListMFADevices": 2}
    assert set(standings(people, "user/zoe")) == {"zoe"}
    done = people.run_cli("mfa", "status", "alice", "nobody", "nor-her")
    assert done.code == 1 and "no user nobody " in done.err and "no user nor-her " in done.err


def test_only_few_are_asked_about_one_by_one_unless_they_must_have_a_device(
    people: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mfa_status, "MAX_OTHER_USERS", 0)
    assert standings(people)["dave"] == ("unknown", [])
    assert standings(people)["alice"][0] == "missing"
    assert "`reconcile mfa status dave`" in people.run_cli("mfa", "status").out


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        ("list_users", "ListUsers"),
        ("list_virtual_mfa_devices", "ListVirtualMFADevices"),
        ("list_mfa_devices", "ListMFADevices"),
    ],
)
def test_a_read_that_is_denied_is_a_note(people: Account, hinder: Any, call: str, operation: str) -> None:
    hinder(denied_error(), call)
    done = people.run_cli("mfa", "status")
    assert done.code == 0
    assert f"iam:{operation}" in done.out and re.search("^! alice", done.out, re.MULTILINE)
    assert standings(people)["carol"][0] == "ready"


def test_status_reads_no_account_but_the_files(people: Account) -> None:
    people.write('version: 1\nowner: t\naccount: "123123123123"\n')
    assert people.run_cli("mfa", "status").code == 1

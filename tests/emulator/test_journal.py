"""The record that an apply leaves, and the plan that goes back to what it recorded."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.problem import make_error
from tests.support.account import Account
from tests.support.files import ACCOUNT
from tests.support.plans import changes_of, codes_of

HEAD = "version: 1\nowner: platform\n"
FIRST = (
    HEAD
    + """\
policies:
  read: {document: {Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "*"}]}}
groups:
  eng: {policies: [read]}
users:
  ann: {groups: [eng], tags: {team: a}}
  bob: {groups: [eng], policies: ["aws:ReadOnlyAccess"]}
roles:
  app: {trust: [{users: [ann]}], policies: [read], instance_profile: true}
"""
)
SECOND = (
    HEAD
    + """\
policies:
  read: {document: {Statement: [{Effect: Allow, Action: "s3:List*", Resource: "*"}]}}
users:
  ann: {tags: {team: b}, policies: [read]}
roles:
  app: {trust: [{users: [ann], mfa: required}], max_session_duration: 2h}
  new: {trust: [{services: [ec2.amazonaws.com]}]}
"""
)


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def own_journals(account: Account, of: str = ACCOUNT) -> list[Path]:
    """Return the journals of an account, `*` for all: other tests leave some of other accounts."""
    folder = account.sandbox.folder / "state" / "reconcile" / "journals"
    return sorted(folder.glob(f"{of}-*.jsonl"))


def test_every_call_is_on_record_before_and_after(account: Account) -> None:
    plan_file = account.write(FIRST)
    plan = account.plan()
    calls = [(call["seq"], change["address"]) for change in plan["changes"] for call in change["calls"]]
    account.apply(plan_file, "--journal", "j.jsonl")
    path = account.folder / "j.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, *lines, last = records(path)
    assert (first["event"], first["plan"]["changes"]) == ("plan", plan["changes"])
    for event in ("starts", "ends"):
        assert sorted((line["seq"], line["address"]) for line in lines if line["event"] == event) == sorted(calls)
    begun: set[int] = set()
    for line in lines:
        assert (line["seq"] in begun) is (line["event"] == "ends")
        begun.add(line["seq"])
    assert (last["event"], last["done"], last["left"]) == ("end", len(calls), 0)


def test_without_journal_it_is_kept_among_the_users_own(account: Account) -> None:
    before = own_journals(account)
    account.write(FIRST)
    account.apply()
    (made,) = set(own_journals(account)) - set(before)
    assert records(made)[-1]["event"] == "end"


def test_if_there_can_be_no_journal_nothing_is_written(account: Account) -> None:
    account.write(FIRST)
    account.clear_calls()
    result = account.run_cli("apply", "roles.yaml", "--yes", "--journal", "no/such/folder/j.jsonl")
    assert (result.code, "journal" in result.err) == (1, True)
    assert not any(name.startswith(("Create", "Put", "Attach")) for name in account.count_calls())


@pytest.mark.parametrize("lines", [0, 1, 5, -2, -1], ids=["plan", "first", "middle", "last", "end"])
def test_what_was_done_is_told_when_the_disk_is_full_in_the_middle(account: Account, lines: int) -> None:
    """So many lines of the journal fit, and half of the next one."""
    users = "".join(f"  u{number}: {{}}\n" for number in range(20))
    account.write(f"{HEAD}users:\n{users}")
    account.apply("roles.yaml", "--journal", "whole.jsonl")
    account.reset()
    written = (account.folder / "whole.jsonl").read_bytes().splitlines(keepends=True)
    room = len(b"".join(written[:lines])) + len(written[lines]) // 2
    command = ("apply", "roles.yaml", "--yes", "--journal", "j.jsonl")
    result = account.run_process(
        *command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    )
    assert result.code == 1
    assert result.err.count("j.jsonl: File too large") == 1
    made = len(account.iam.list_users()["Users"])
    assert (lines != 0) is (f"Stopped: {made} of 20 calls were made" in result.err), result.err
    assert made <= max(0, lines) or lines < 0
    assert account.run_cli(*command).code == 0
    assert len(account.iam.list_users()["Users"]) == 20
    assert set(actions(plan_undo(account, "--allow-deletes")).values()) == {"delete"}


def test_an_apply_that_ends_well_names_its_journal_to_people_and_to_programs(account: Account) -> None:
    account.write(HEAD + "users: {ann: {}}\n")
    result = account.apply()
    (journal,) = own_journals(account)[-1:]
    assert result.err == f"Journal: {journal} (`reconcile undo JOURNAL` undoes this)\n"
    assert result.out.endswith("\nApplied: 1 call.\nLive IAM matches the file.\n")
    assert account.apply().err == ""  # no call, no journal
    account.write(HEAD + "users: {ann: {path: /a/}}\n")
    told = account.apply("roles.yaml", "--log-format", "json").err
    named = [json.loads(line) for line in told.splitlines() if "journal" in line]
    assert [(one["event"], one["journal"]) for one in named] == [
        (event, str(own_journals(account)[-1])) for event in ("apply.started", "run.finished")
    ]


def actions(plan: Any) -> dict[str, str]:
    return {change["address"]: change["action"] for change in plan["changes"]}


def plan_undo(account: Account, *options: str) -> Any:
    result = account.run_cli("undo", "j.jsonl", "--format", "json", *options)
    assert result.json["safe"] is (result.code == 0), result.err
    assert result.code in (0, 3), result.err
    return result.json


def test_what_an_apply_changed_is_undone_and_the_first_file_matches_again(account: Account) -> None:
    account.write(FIRST)
    account.apply()
    account.write(SECOND, "second.yaml")
    account.apply("second.yaml", "--journal", "j.jsonl")
    plan = plan_undo(account, "--out", "undo.json")
    assert actions(plan) == {
        "policy/read": "update",
        "user/ann": "update",
        "user/bob": "create",
        "role/app": "update",
        "role/new": "delete",
        "instance-profile/app": "create",
    }
    assert codes_of(plan, "warning") == ["not-the-same"]
    result = account.run_cli("apply", "undo.json")
    assert result.code == 0, result.out + result.err
    assert changes_of(account.plan()) == {}
    assert changes_of(plan_undo(account)) == {}


def test_what_does_not_come_back_is_said_once_for_all_users_and_once_for_all_roles(account: Account) -> None:
    users = [f"u{index:02}" for index in range(15)]
    roles = "roles: {app: {trust: [{services: [ec2.amazonaws.com]}]}}\n"
    account.write(HEAD + f"users: {{{', '.join(f'{name}: {{}}' for name in users)}}}\n" + roles)
    account.apply()
    account.write(HEAD, "second.yaml")
    account.apply("second.yaml", "--journal", "j.jsonl", "--allow-deletes")
    told = [item for item in plan_undo(account)["findings"] if item["code"] == "not-the-same"]
    assert [item.get("address") for item in told] == [None, "role/app"]
    assert told[0]["addresses"] == [f"user/{name}" for name in users]
    assert told[0]["message"].startswith(f"{', '.join(f'user/{name}' for name in users[:10])} and 5 more are created")
    assert told[1]["message"].startswith("role/app is created again. A role that is created again has another")


def test_what_somebody_changed_since_is_told(account: Account) -> None:
    account.write(FIRST)
    account.apply("roles.yaml", "--journal", "j.jsonl")
    account.iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "z"}])
    plan = plan_undo(account)
    (told,) = [item for item in plan["findings"] if item["code"] == "changed-since"]
    assert (told["address"], "tags.team" in told["message"]) == ("user/ann", True)


def test_what_another_owner_has_taken_over_is_not_undone(account: Account) -> None:
    account.write(FIRST)
    account.apply("roles.yaml", "--journal", "j.jsonl")
    account.iam.tag_user(UserName="ann", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    plan = plan_undo(account, "--out", "undo.json")
    assert (plan["safe"], codes_of(plan)) == (False, ["other-owner"])
    result = account.run_cli("apply", "undo.json")
    assert (result.code, "user/ann now belongs to owner 'web'" in result.out + result.err) == (1, True), result.err
    assert plan_undo(account, "--take-over")["safe"]
    assert account.run_cli("apply", "undo.json", "--take-over").code == 0
    assert account.iam.list_users()["Users"] == []


OWN_GROUPS = {
    # the file, and what the second apply makes of it
    "a new group": ("{}", "{eng: {path: /platform/}}", "[]"),
    "a document": (
        "{eng: {path: /platform/}}",
        """{eng: {path: /platform/, inline_policies: {
            own: {Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "*"}]}}}}""",
        "[]",
    ),
    "a deleted group": ("{eng: {path: /platform/}}", "{}", "[]"),
    "a user who leaves it": ("{eng: {path: /platform/}}", "{eng: {path: /platform/}}", "[eng]"),
}


@pytest.mark.parametrize(("before", "after", "groups"), OWN_GROUPS.values(), ids=OWN_GROUPS)
def test_a_group_below_the_owner_s_path_is_restored_without_a_flag(
    account: Account, before: str, after: str, groups: str
) -> None:
    """Undo the apply, and then the undo."""
    first = HEAD + f"users: {{ann: {{groups: {groups}}}, bob: {{}}}}\ngroups: {before}\n"
    second = HEAD + f"users: {{ann: {{}}, bob: {{}}}}\ngroups: {after}\n"
    account.write(first)
    account.apply()
    account.write(second, "second.yaml")
    account.apply("second.yaml", "--journal", "j.jsonl")
    plan = plan_undo(account, "--out", "undo.json")
    assert (plan["safe"], plan["owner"]) == (True, None), plan["findings"]
    assert account.run_cli("apply", "undo.json", "--journal", "j2.jsonl").code == 0
    assert changes_of(account.plan()) == {}
    assert account.run_cli("undo", "j2.jsonl", "--out", "undo.json").code == 0
    assert account.run_cli("apply", "undo.json").code == 0
    assert changes_of(account.plan("second.yaml")) == {}


def test_a_group_that_has_another_owner_s_path_by_now_is_not_undone(account: Account) -> None:
    account.write(HEAD + "users: {ann: {}}\ngroups: {eng: {path: /platform/}}\n")
    account.apply("roles.yaml", "--journal", "j.jsonl")
    account.iam.update_group(GroupName="eng", NewPath="/web/")
    assert "other-owner" not in codes_of(plan_undo(account, "--out", "undo.json"))  # nobody has the tag `web`
    account.iam.create_user(UserName="zoe", Tags=[{"Key": "reconcile:owner", "Value": "web"}])
    assert codes_of(plan_undo(account)) == ["other-owner"]
    assert account.run_cli("apply", "undo.json").code == 1
    assert account.run_cli("apply", "undo.json", "--take-over").code == 0


def test_applies_of_two_owners_in_one_journal_are_undone_without_a_flag(account: Account) -> None:
    for owner in ("platform", "web"):
        text = f"version: 1\nowner: {owner}\nusers: {{{owner}: {{}}}}\ngroups: {{{owner}: {{path: /{owner}/}}}}\n"
        account.write(text, f"{owner}.yaml")
        account.apply(f"{owner}.yaml", "--journal", "j.jsonl")
    assert plan_undo(account, "--out", "undo.json")["safe"]
    assert account.run_cli("apply", "undo.json").code == 0
    assert account.iam.list_users()["Users"] == account.iam.list_groups()["Groups"] == []


def test_the_share_of_an_undo_s_deletions_is_of_all_that_the_owner_has(account: Account) -> None:
    """Seven of twenty-seven are below the threshold; seven of the seven that the apply touched would not be."""
    old = "".join(f"u{number}: {{}}, " for number in range(20))
    new = "".join(f"n{number}: {{}}, " for number in range(7))
    account.write(f"{HEAD}users: {{{old}}}\n")
    account.apply()
    account.write(f"{HEAD}users: {{{old}{new}}}\n")
    account.apply("roles.yaml", "--journal", "j.jsonl")
    plan = plan_undo(account, "--out", "undo.json")
    assert (plan["safe"], plan["summary"]["delete"]) == (True, 7)
    assert account.run_cli("apply", "undo.json").code == 0


def test_what_was_made_protected_stays(account: Account) -> None:
    account.write(HEAD + "users: {ann: {protect: true}, bob: {}}\n")
    account.apply("roles.yaml", "--journal", "j.jsonl")
    plan = plan_undo(account)
    assert actions(plan) == {"user/bob": "delete"}
    assert "protected" in codes_of(plan, "warning")


def test_two_applies_in_one_journal_are_undone_as_one(account: Account) -> None:
    account.write(FIRST)
    account.apply("roles.yaml", "--journal", "j.jsonl")
    with (account.folder / "j.jsonl").open("a") as journal:
        journal.write('{"event": "ends", "se')  # killed while it wrote
    account.write(SECOND, "second.yaml")
    account.apply("second.yaml", "--journal", "j.jsonl")
    account.run_cli("undo", "j.jsonl", "--out", "undo.json", "--allow-deletes")
    assert account.run_cli("apply", "undo.json", "--allow-deletes").code == 0
    assert account.iam.list_users()["Users"] == []
    assert account.iam.list_roles()["Roles"] == []


@pytest.mark.parametrize(
    "text",
    [
        "not json\n",
        "[]\n",
        '{"event": "starts"}\n',
        '{"event": "plan", "journal_version": 2}\n',
        '{"a": 1}\n{\n{}\n',
        "[" * 100_000,
    ],
    ids=["text", "a list", "no plan", "of another version", "broken", "deep"],
)
def test_what_is_not_a_journal_is_refused(account: Account, text: str) -> None:
    (account.folder / "j.jsonl").write_text(text)
    result = account.run_cli("undo", "j.jsonl")
    assert (result.code, "is not a journal" in result.err) == (1, True)


@pytest.mark.parametrize("text", ["", "{", '{"event": "plan", "journal_ver'], ids=["empty", "a byte", "half a plan"])
def test_a_journal_without_a_whole_plan_has_nothing_to_undo(account: Account, text: str) -> None:
    (account.folder / "j.jsonl").write_text(text)
    result = account.run_cli("undo", "j.jsonl")
    assert (result.code, "ends before the plan of its apply: it records no call" in result.err) == (1, True)


@pytest.mark.parametrize("room", [1, 1.5], ids=["the plan alone", "half of the first call"])
def test_a_journal_without_a_call_and_an_end_does_not_say_that_all_is_undone(account: Account, room: float) -> None:
    account.write(HEAD + "users: {ann: {}}\n")
    account.apply("roles.yaml", "--journal", "j.jsonl")
    path = account.folder / "j.jsonl"
    plan, first, *_ = path.read_text().splitlines(keepends=True)
    path.write_text(plan + first[: int(len(first) * (room - 1))])
    result = account.run_cli("undo", "j.jsonl")
    assert (result.code, "ends before the first call of its apply: it records no call" in result.err) == (1, True)
    assert "No changes" not in result.out


def test_an_apply_of_which_every_call_failed_has_nothing_to_undo(account: Account) -> None:
    account.write(HEAD + "users: {ann: {}}\n")
    account.apply("roles.yaml", "--journal", "j.jsonl")
    path = account.folder / "j.jsonl"
    path.write_text(path.read_text().replace('"ending": "done"', '"ending": "failed"'))
    account.iam.delete_user(UserName="ann")
    result = account.run_cli("undo", "j.jsonl")
    assert (result.code, "No changes." in result.out) == (0, True)


def test_a_journal_that_was_edited_is_refused(account: Account) -> None:
    account.write(FIRST)
    account.apply("roles.yaml", "--journal", "j.jsonl")
    path = account.folder / "j.jsonl"
    path.write_text(path.read_text().replace("123456789012", "210987654321"))
    result = account.run_cli("undo", "j.jsonl")
    assert (result.code, "is not a journal" in result.err) == (1, True)


def test_only_so_many_journals_of_its_own_are_kept(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.app.journal.MAX_JOURNALS", 3)
    seen: list[Path] = own_journals(account)
    for number in range(5):
        account.write(HEAD + f"users: {{ann: {{tags: {{n: '{number}'}}}}}}\n")
        account.apply()
        (last,) = set(own_journals(account)) - set(seen)
        seen.append(last)
    assert own_journals(account) == seen[-3:]


def test_a_file_that_is_no_journal_is_not_spoilt(account: Account) -> None:
    account.write(FIRST)
    result = account.run_cli("apply", "roles.yaml", "--yes", "--journal", "roles.yaml")
    assert (result.code, "is not a journal" in result.err) == (1, True)
    assert (account.folder / "roles.yaml").read_text() == FIRST
    assert account.iam.list_users()["Users"] == []


def test_what_is_undone_already_is_told_so(account: Account) -> None:
    account.write(HEAD + "users: {ann: {}}\n")
    account.apply("roles.yaml", "--journal", "j.jsonl")
    account.iam.delete_user(UserName="ann")
    result = account.run_cli("undo", "j.jsonl")
    assert (result.code, "No changes. Live IAM matches what was before the apply." in result.out) == (0, True)


def test_an_apply_goes_on_though_nobody_reads_what_it_tells(account: Account) -> None:
    account.write(FIRST)
    command = f"{sys.executable} -m reconciler apply roles.yaml --yes --log-format json 2>/dev/full >/dev/null"
    subprocess.run(["sh", "-c", command], env=account.environment, cwd=account.folder, timeout=60, check=False)
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize("form", ["text", "json"])
def test_if_another_apply_did_all_of_it_no_journal_is_named(
    account: Account, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    account.write(HEAD + "users: {ann: {}}\n")

    @contextmanager
    def after_another(*_: object) -> Iterator[bool]:
        account.iam.create_user(UserName="ann", Tags=[{"Key": "reconcile:owner", "Value": "platform"}])
        yield True

    monkeypatch.setattr("reconciler.app.apply.hold_apply_lock", after_another)
    result = account.run_cli("apply", "roles.yaml", "--yes", "--log-format", form)
    assert result.code == 0
    assert "Applied: 0 calls.\nLive IAM matches the file.\n" in result.out
    assert "ournal" not in result.err
    assert "None" not in result.err


def test_a_pipeline_is_told_the_journal_if_live_iam_could_not_be_read_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.write(FIRST)

    def unreadable(*_: object) -> None:
        raise make_error("aws-error", "reading the account failed.")

    monkeypatch.setattr("reconciler.app.apply._replan_until_settled", unreadable)
    result = account.run_cli("apply", "roles.yaml", "--yes", "--journal", "j.jsonl", "--log-format", "json")
    last = json.loads(result.err.splitlines()[-1])
    assert (result.code, last["status"], Path(last["journal"]).name) == (1, "unverified", "j.jsonl")


def test_an_apply_whose_reader_has_gone_away_is_done_and_says_where_its_journal_is(account: Account) -> None:
    """`apply --yes | head -1`: the reader takes the plan, and not the line that tells of the end."""
    account.write(FIRST)
    line = [sys.executable, "-m", "reconciler", "apply", "roles.yaml", "--yes", "--journal", "j.jsonl"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(line, env=account.environment, cwd=account.folder, text=True, **pipes) as process:  # type: ignore[call-overload]
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0
    journal = account.folder / "j.jsonl"
    assert said == f"Journal: {journal.resolve()} (`reconcile undo JOURNAL` undoes this)\n"
    assert records(journal)[-1]["left"] == 0
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize(
    ("closed", "code", "said"),
    [
        ("plan roles.yaml 2>&-", 0, ""),
        ("apply roles.yaml <&-", 1, "Refused: there is no terminal to ask on. Pass --yes. Nothing was written.\n"),
        ("apply roles.yaml --yes <&- 2>&-", 0, ""),
        ("apply roles.yaml --yes >&-", 1, "error: stdout is closed.\n"),
    ],
)
def test_streams_that_are_closed_change_nothing_but_what_needs_them(
    account: Account, closed: str, code: int, said: str
) -> None:
    account.write(HEAD + "users: {ann: {}}\n")
    command = f"{sys.executable} -m reconciler {closed}"
    done = subprocess.run(
        ["sh", "-c", command], env=account.environment, cwd=account.folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, said)
    assert ("user/ann" in done.stdout) is (">&-" not in closed.replace("2>&-", ""))


# Where it may be


@pytest.fixture
def two(account: Account) -> Account:
    """A file with one user, and something that a link could overwrite."""
    account.write(HEAD + "users: {ann: {}}\n")
    account.write("precious", "bashrc")
    return account


@pytest.mark.parametrize("target", ["bashrc", "absent"])
def test_a_journal_follows_no_link_and_nothing_is_written_to_aws(two: Account, target: str) -> None:
    (two.folder / "j.jsonl").symlink_to(target)
    result = two.run_cli("apply", "roles.yaml", "--yes", "--journal", "j.jsonl")
    assert (result.code, "Cannot write the journal j.jsonl: it is a symbolic link" in result.err) == (1, True), (
        result.err
    )
    assert (two.folder / "bashrc").read_text() == "precious"
    assert not (two.folder / "absent").exists()
    assert two.iam.list_users()["Users"] == []


def test_a_journal_that_others_could_read_is_closed_before_it_goes_on(two: Account) -> None:
    two.apply("roles.yaml", "--journal", "j.jsonl")
    (two.folder / "j.jsonl").chmod(0o666)
    two.write(HEAD + "users: {ann: {path: /a/}}\n")
    two.apply("roles.yaml", "--journal", "j.jsonl")
    assert stat.S_IMODE((two.folder / "j.jsonl").stat().st_mode) == 0o600


def test_a_journal_may_go_into_a_pipe_or_a_device_and_come_out_of_one(two: Account) -> None:
    line = f"exec {sys.executable} -m reconciler apply roles.yaml --yes --journal "
    for target in ("/dev/null", ">(cat > copy.jsonl)", "/dev/fd/3 3> third.jsonl"):
        done = subprocess.run(
            ["bash", "-c", line + target], cwd=two.folder, env=two.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        two.reset()
    for name in ("copy.jsonl", "third.jsonl"):
        assert records(two.folder / name)[-1]["event"] == "end"
    line = f"{sys.executable} -m reconciler undo <(cat third.jsonl)"
    done = subprocess.run(["bash", "-c", line], cwd=two.folder, env=two.environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full", ".", "x" * 5000])
def test_what_can_be_no_journal_is_told_at_once(two: Account, path: str) -> None:
    result = two.run_cli("undo", path)
    assert (result.code, result.err.startswith("error: ")) == (1, True), result.err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives folders away")
def test_the_journals_of_another_user_are_neither_written_nor_pruned(
    two: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.app.journal.MAX_JOURNALS", 1)
    state = two.folder / "state"
    theirs = state / "reconcile/journals"
    theirs.mkdir(parents=True)
    for name in ("1-a.jsonl", "1-b.jsonl"):
        (theirs / name).write_text("")
    for foreign in (theirs, theirs.parent):
        os.chown(foreign, 54_321, 54_321)
        result = two.run_cli("apply", "roles.yaml", "--yes", XDG_STATE_HOME=str(state))
        assert (result.code, "belongs to another user" in result.err) == (1, True), result.err
        assert sorted(path.name for path in theirs.iterdir()) == ["1-a.jsonl", "1-b.jsonl"]
        os.chown(foreign, 0, 0)
    os.chown(theirs, 54_321, 54_321)
    for option in ("--list", "--last"):
        result = two.run_cli("undo", option, XDG_STATE_HOME=str(state))
        assert (result.code, "it belongs to another user" in result.err) == (1, True), result.err
    assert two.iam.list_users()["Users"] == []


# --last and --list


@pytest.fixture
def own(account: Account) -> Account:
    """An account whose user has a journal of an apply that created, and of one that changed."""
    for path in own_journals(account, "*"):
        path.unlink()
    account.iam.create_account_alias(AccountAlias="acme-prod")
    account.write(FIRST)
    account.apply()
    account.write(SECOND)
    account.apply("roles.yaml", "--allow-deletes")
    return account


def test_the_journals_are_listed_newest_first_with_what_was_done(own: Account) -> None:
    listed = own.run_cli("undo", "--list", "--format", "json").json
    assert [one["journal"] for one in listed] == [str(path) for path in reversed(own_journals(own))]
    newest, oldest = listed
    assert newest["time"] > oldest["time"]
    assert oldest["summary"] == {"create": 6, "update": 0, "delete": 0, "adopt": 0}
    assert newest["summary"] == {"create": 1, "update": 3, "delete": 2, "adopt": 0}
    assert (oldest["account"], oldest["account_alias"], oldest["owner"]) == ("123456789012", "acme-prod", "platform")
    assert oldest["calls"]["made"] == oldest["calls"]["planned"] > 0
    result = own.run_cli("undo", "--list")
    assert (result.code, result.err) == (0, "")
    first, second, third = result.out.splitlines()[:3]
    assert first.endswith(" UTC  account 123456789012 (acme-prod), owner platform")
    assert second.startswith("    1 created, 3 updated, 2 deleted, by ")
    assert third == f"    reconcile undo {newest['journal']}"


def test_listing_asks_aws_nothing(own: Account) -> None:
    own.clear_calls()
    assert own.run_cli("undo", "--list", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="").code == 0
    assert own.count_calls() == {}


def test_last_undoes_the_last_apply_and_says_which(own: Account) -> None:
    newest = own_journals(own)[-1]
    result = own.run_cli("undo", "--last", "--format", "json", "--out", "undo.json")
    assert result.json == own.run_cli("undo", newest, "--format", "json").json
    assert f"from {newest}." in result.err
    own.write(FIRST)
    assert own.run_cli("apply", "undo.json").code == 0
    assert changes_of(own.plan()) == {}


def test_last_passes_over_other_accounts_and_applies_without_a_call(own: Account) -> None:
    newest = own_journals(own)[-1]
    (newest.parent / "210987654321-20990101T000000.000000.jsonl").write_bytes(newest.read_bytes())
    idle = newest.parent / "123456789012-20990101T000000.000000.jsonl"
    idle.write_bytes(newest.read_bytes().splitlines(keepends=True)[0])
    assert f"from {newest}." in own.run_cli("undo", "--last").err


def test_without_a_journal_last_and_list_say_so(own: Account) -> None:
    for path in own_journals(own, "*"):
        path.unlink()
    last, listed = own.run_cli("undo", "--last"), own.run_cli("undo", "--list")
    assert (last.code, last.out) == (1, "")
    assert "records an apply to account 123456789012" in last.err
    assert (listed.code, listed.out, "there is no journal in" in listed.err) == (0, "", True)
    assert own.run_cli("undo", "--list", "--format", "json").json == []


@pytest.mark.parametrize("kept", [0, 100], ids=["empty", "half a plan"])
def test_last_and_list_pass_over_an_apply_that_was_killed_before_its_plan_was_recorded(own: Account, kept: int) -> None:
    newest = own_journals(own)[-1]
    (newest.parent / "123456789012-20990101T000000.000000.jsonl").write_bytes(newest.read_bytes()[:kept])
    last, listed = own.run_cli("undo", "--last"), own.run_cli("undo", "--list")
    assert (last.code, f"from {newest}." in last.err) == (0, True)
    assert (listed.code, listed.err, listed.out.count("reconcile undo ")) == (0, "", 2)


def test_an_apply_that_cannot_record_its_plan_leaves_no_journal(own: Account) -> None:
    before = own_journals(own)
    own.write(FIRST)
    result = own.run_process(
        *("apply", "roles.yaml", "--yes"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY)),
    )
    assert (result.code, "Cannot write the journal" in result.err) == (1, True)
    assert own_journals(own) == before


def test_a_journal_that_cannot_be_read_hides_no_other(own: Account) -> None:
    newest = own_journals(own, "*")[-1]
    newest.write_text("nonsense")
    result = own.run_cli("undo", "--list")
    assert (result.code, result.out.count("reconcile undo ")) == (0, 1)
    assert f"{newest} is not a journal" in result.err
    last = own.run_cli("undo", "--last")
    assert (last.code, f"{newest} is not a journal" in last.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name a JOURNAL, or pass --last"),
        (("j.jsonl", "--last"), "Pass only one of JOURNAL, --last and --list"),
        (("--last", "--list"), "Pass only one of JOURNAL, --last and --list"),
        (("--list", "--format", "markdown"), "--list takes no --format markdown"),
        (("--list", "--out", "x.json"), "--list takes no --out"),
    ],
)
def test_undo_takes_one_way_to_name_a_journal(account: Account, arguments: tuple[str, ...], said: str) -> None:
    result = account.run_cli("undo", *arguments)
    assert (result.code, result.out) == (1, "")
    assert said in result.err

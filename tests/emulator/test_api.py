"""`reconciler.api` against an emulated account: the commands as functions, with a program in place of a person."""

from __future__ import annotations

import _thread
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session

from reconciler import api
from reconciler.sandbox.server import Sandbox
from tests.support.account import Account
from tests.support.faults import FaultLayer, refuse_with
from tests.support.people import create_person

FILE = """\
version: 1
owner: platform
users:
  alice: {}
  bob: {}
roles:
  reader: {trust: [{users: [alice]}]}
  guarded: {trust: [{users: [alice], mfa: required}]}
  builder: {trust: [{services: [ec2.amazonaws.com]}]}
aliases:
  read: {role: reader}
  guarded: {role: guarded}
"""
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account whose endpoint and credentials are in the environment of this process."""
    lent = Account(faulty, tmp_path)
    for name, value in lent.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    lent.write(FILE)
    yield lent
    front.clear()
    lent.reset()


def use_keys(monkeypatch: pytest.MonkeyPatch, keys: Mapping[str, str]) -> None:
    for name, value in keys.items():
        monkeypatch.setenv(name, value)


def test_a_file_is_planned_and_applied_and_then_the_account_matches(account: Account) -> None:
    plan = api.plan(api.load("roles.yaml"))
    assert plan.is_safe
    assert {str(change.address): change.action for change in plan.changes} == dict.fromkeys(
        ["user/alice", "user/bob", "role/reader", "role/guarded", "role/builder"], api.Action.CREATE
    )

    result = api.apply(plan)

    assert result.is_converged
    assert not result.problems
    assert [step.call for step in result.done] == [step.call for step in plan.steps]
    assert not api.plan(api.load("roles.yaml")).changes


def test_apply_tells_of_each_call_before_and_after_it(account: Account) -> None:
    plan = api.plan(api.load("roles.yaml"))
    events: list[api.ApplyEvent] = []

    api.apply(plan, events.append)

    calls = range(len(plan.steps))
    assert sorted(event.index for event in events if isinstance(event, api.CallStarted)) == list(calls)
    assert {event.status for event in events if isinstance(event, api.CallEnded)} == {api.CallStatus.DONE}
    assert sorted(event.index for event in events if isinstance(event, api.CallEnded)) == list(calls)
    assert events[-1] == api.VerifyStarted()


def test_the_calls_are_recorded_for_undo(account: Account) -> None:
    result = api.apply(api.plan(api.load("roles.yaml")), journal="calls.jsonl")
    assert result.journal == account.folder / "calls.jsonl"
    undo = account.run_cli("undo", "calls.jsonl", "--allow-deletes")
    assert "5 to delete" in undo.out


def test_a_program_s_own_session_is_used_and_left_as_it_was(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    session = boto3.Session(**KEYS)
    credentials = session.get_credentials()
    before = dict(vars(credentials))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    assert api.apply(api.plan(api.load("roles.yaml"), session)).is_converged

    assert session.get_credentials() is credentials
    assert vars(credentials) == before
    assert session.client("iam", endpoint_url=account.sandbox.url).get_user(UserName="alice")["User"]


def test_credentials_that_their_owner_renews_are_asked_for_each_time(account: Account) -> None:
    """As those of a profile with `role_arn`, or of a machine: they change while the session lives."""
    renewals: list[str] = []

    def renew() -> dict[str, str]:
        renewals.append("again")
        keys = {"access_key": "test", "secret_key": "test", "token": None, "expiry_time": "2000-01-01T00:00:00Z"}
        return keys | ({"expiry_time": "2999-01-01T00:00:00Z"} if len(renewals) > 1 else {})  # type: ignore[dict-item]

    core = get_session()
    core._credentials = RefreshableCredentials.create_from_metadata(renew(), renew, "test")
    api.plan(api.load("roles.yaml"), boto3.Session(botocore_session=core, region_name="us-east-1"))
    assert len(renewals) == 2


def test_without_any_credentials_the_error_says_so(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(api.ReconcileError, match="No AWS credentials were found"):
        api.plan(api.load("roles.yaml"))


def test_a_file_without_an_account_means_the_caller_s(account: Account) -> None:
    account.write(
        "version: 1\nowner: platform\nroles:\n"
        "  r: {trust: [{services: [ec2.amazonaws.com]}], tags: {a: '{{ account_id }}'}}\n"
    )
    desired = api.load("roles.yaml")
    assert desired.account is None
    change = api.plan(desired).changes[0]
    assert change.after is not None
    assert dict(getattr(change.after, "tags"))["a"] == "123456789012"  # noqa: B009


def test_a_file_for_another_account_is_refused_before_anything_is_read(account: Account) -> None:
    account.write(FILE.replace("owner:", 'account: "999999999999"\nowner:'))
    with pytest.raises(api.ReconcileError) as failed:
        api.plan(api.load("roles.yaml"))
    assert [problem.code for problem in failed.value.problems] == ["wrong-account"]


def test_options_are_those_of_the_command_line(account: Account) -> None:
    options = api.PlanOptions(targets=frozenset([api.Address("user", "bob")]))
    plan = api.plan(api.load("roles.yaml"), options=options)
    assert [str(change.address) for change in plan.changes] == ["user/bob"]


def test_an_unsafe_plan_is_returned_and_never_applied(account: Account) -> None:
    api.apply(api.plan(api.load("roles.yaml")))
    account.write(f"{FILE}settings: {{max_deletes: 0}}\n".replace("  bob: {}\n", ""))
    plan = api.plan(api.load("roles.yaml"))
    assert not plan.is_safe
    assert [finding.flag for finding in plan.findings if finding.level is api.Level.ERROR] == ["--allow-deletes"]

    with pytest.raises(api.ReconcileError) as failed:
        api.apply(plan)

    assert failed.value.problems == tuple(one for one in plan.findings if one.level is api.Level.ERROR)
    assert account.iam.get_user(UserName="bob")
    allowed = api.plan(api.load("roles.yaml"), options=api.PlanOptions(allow_deletes=True))
    assert api.apply(allowed).is_converged


def test_a_plan_is_not_applied_to_an_account_that_has_changed_since(account: Account) -> None:
    plan = api.plan(api.load("roles.yaml"))
    account.iam.create_user(UserName="bob", Tags=[{"Key": "owner", "Value": "platform"}])
    with pytest.raises(api.ReconcileError) as failed:
        api.apply(plan)
    assert [problem.code for problem in failed.value.problems] == ["stale-plan"]
    assert not account.iam.list_roles()["Roles"]


def test_a_plan_s_calls_are_all_that_is_sent_even_if_another_apply_writes_at_the_same_time(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line would put right what the other one changed; a program approved these calls only."""
    monkeypatch.setattr("reconciler.app.apply.has_concurrent_apply", lambda goal, left: True)
    monkeypatch.setattr("reconciler.app.apply.random.uniform", lambda low, high: 0.0)
    sent: list[str] = []

    def on_event(event: api.ApplyEvent) -> None:
        if isinstance(event, api.CallStarted):
            sent.append(event.step.call.operation)
        if isinstance(event, api.VerifyStarted):
            account.iam.delete_user(UserName="bob")

    plan = api.plan(api.load("roles.yaml"))
    result = api.apply(plan, on_event)

    assert sorted(sent) == sorted(step.call.operation for step in plan.steps)
    assert not result.is_converged
    assert result.remaining_plan is not None
    assert [str(change.address) for change in result.remaining_plan.changes] == ["user/bob"]


def test_a_call_that_aws_refuses_ends_the_apply_with_the_reason(account: Account, front: FaultLayer) -> None:
    plan = api.plan(api.load("roles.yaml"))
    front.break_call("CreateRole reader", refuse_with("AccessDenied", "no", 403))
    result = api.apply(plan)
    assert not result.is_converged
    assert result.problems
    assert "CreateRole of role/reader" in result.problems[0].summary
    assert "role/reader" not in {str(step.address) for step in result.done}


def test_what_on_event_raises_stops_the_apply(account: Account) -> None:
    class Stop(Exception):
        pass

    def stop(event: api.ApplyEvent) -> None:
        raise Stop

    with pytest.raises(Stop):
        api.apply(api.plan(api.load("roles.yaml")), stop)
    assert not account.iam.list_users()["Users"]
    assert not account.iam.list_roles()["Roles"]


def test_an_interrupt_waits_for_the_calls_under_way_and_starts_no_other(
    account: Account, front: FaultLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library sets no handlers of signals: Ctrl-C is an exception in the thread that called `apply`."""
    account.write("version: 1\nowner: platform\nusers:\n" + "".join(f"  u{n}: {{}}\n" for n in range(60)))
    plan = api.plan(api.load("roles.yaml"))
    ended: list[api.CallEnded] = []
    started: list[int] = []

    def on_event(event: api.ApplyEvent) -> None:
        if isinstance(event, api.CallStarted):
            started.append(event.index)
            if len(started) == 5:
                _thread.interrupt_main()
        elif isinstance(event, api.CallEnded):
            ended.append(event)

    with pytest.raises(KeyboardInterrupt):
        api.apply(plan, on_event, journal="calls.jsonl")

    assert sorted(started) == sorted(event.index for event in ended)
    assert len(started) < 60
    made = [event for event in ended if event.status is api.CallStatus.DONE]  # one may have begun, and not been sent
    assert len(account.iam.list_users()["Users"]) == len(made) >= 4


def test_assume_gives_credentials_of_the_role(account: Account) -> None:
    desired = api.load("roles.yaml")
    api.apply(api.plan(desired))
    alice = create_person(account.iam, "alice")
    session = boto3.Session(alice.access_key, alice.secret_key, region_name="us-east-1")

    credentials = api.assume("read", desired, session, duration=900, session_name="build-7")

    keys = credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    caller = boto3.Session(*keys, region_name="us-east-1").client("sts").get_caller_identity()
    assert caller["Arn"] == "arn:aws:sts::123456789012:assumed-role/reader/build-7"
    assert credentials.expiration.endswith("Z")


def test_assume_starts_from_the_environment_if_no_session_is_passed(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    desired = api.load("roles.yaml")
    api.apply(api.plan(desired))
    use_keys(monkeypatch, create_person(account.iam, "alice").key_variables)
    assert api.assume("read", desired).access_key_id.startswith("ASIA")


def test_assume_takes_the_aliases_that_were_loaded_whatever_the_file_says_by_now(account: Account) -> None:
    account.write(FILE.replace("owner:", 'account: "123456789012"\nowner:'))
    desired = api.load("roles.yaml")
    api.apply(api.plan(desired))
    alice = create_person(account.iam, "alice")
    account.write("version: 1\n")
    session = boto3.Session(alice.access_key, alice.secret_key, region_name="us-east-1")
    assert api.assume("read", desired, session).access_key_id.startswith("ASIA")


def test_assume_asks_the_program_for_an_mfa_code_and_nobody_else(account: Account) -> None:
    desired = api.load("roles.yaml")
    api.apply(api.plan(desired))
    alice = create_person(account.iam, "alice", mfa=True)
    statement = '{"Effect": "Allow", "Action": "iam:ListMFADevices", "Resource": "*"}'
    account.iam.put_user_policy(
        UserName="alice",
        PolicyName="devices",
        PolicyDocument=f'{{"Version": "2012-10-17", "Statement": [{statement}]}}',
    )
    session = boto3.Session(alice.access_key, alice.secret_key, region_name="us-east-1")
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return alice.device.next_code()

    with pytest.raises(api.ReconcileError) as failed:
        api.assume("guarded", desired, session)
    assert [problem.code for problem in failed.value.problems] == ["mfa-no-terminal"]
    assert api.assume("guarded", desired, session, ask_code=ask).access_key_id.startswith("ASIA")
    assert questions == [f"MFA code for guarded ({alice.device.serial}): "]
    code = alice.device.next_code()
    assert api.assume("guarded", desired, session, token_code=code).access_key_id.startswith("ASIA")


def test_a_refusal_is_explained(account: Account) -> None:
    desired = api.load("roles.yaml")
    api.apply(api.plan(desired))
    bob = create_person(account.iam, "bob")
    session = boto3.Session(bob.access_key, bob.secret_key, region_name="us-east-1")
    with pytest.raises(api.AssumeRoleError) as failed:
        api.assume("read", desired, session)
    assert [problem.code for problem in failed.value.problems][:1] == ["assume-refused"]
    assert failed.value.explanation.summary


def test_a_profile_whose_role_needs_a_code_is_refused_and_no_terminal_is_read(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = account.folder / "config"
    config.write_text(
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\nmfa_serial = GAHT1\n"
        "[profile base]\naws_access_key_id = test\naws_secret_access_key = test\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setattr("getpass.getpass", lambda question: pytest.fail("somebody was asked"))
    monkeypatch.setattr("reconciler.aws.profile_mfa._has_terminal", lambda: True)
    with pytest.raises(api.ReconcileError, match="GAHT1"):
        api.plan(api.load("roles.yaml"))


def test_access_is_who_may_assume_which_role(account: Account) -> None:
    desired = api.load("roles.yaml")
    expected = [
        api.RoleAccess("service:ec2.amazonaws.com", "role/builder"),
        api.RoleAccess("user/alice", "role/guarded", mfa=True),
        api.RoleAccess("user/alice", "role/reader"),
    ]
    assert list(api.access(desired).roles) == expected
    account.iam.create_user(UserName="carol")
    account.iam.create_role(
        RoleName="by-hand",
        AssumeRolePolicyDocument=(
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
            ' "Principal": {"AWS": "arn:aws:iam::123456789012:user/carol"}}]}'
        ),
    )

    after = api.access(api.plan(desired))

    assert after.to_role("role/by-hand") == (api.RoleAccess("user/carol", "role/by-hand"),)
    assert list(after.of_principal("user/alice")) == expected[1:]
    assert {*expected} < {*after.roles}


def test_nothing_is_printed_and_no_variable_of_the_command_line_counts(
    account: Account, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECONCILE_FILE", "roles.yaml")
    with pytest.raises(api.ReconcileError) as failed:
        api.load()
    assert [problem.code for problem in failed.value.problems] == ["no-file"]
    for name in ("RECONCILE_ALIAS", "RECONCILE_SOURCE_PROFILE", "RECONCILE_MFA_CODE"):
        monkeypatch.setenv(name, "read")
    desired = api.load(account.folder / "roles.yaml")
    api.apply(api.plan(desired))
    use_keys(monkeypatch, create_person(account.iam, "alice").key_variables)

    api.assume("read", desired)

    assert capfd.readouterr() == ("", "")


def test_everything_wrong_with_a_file_is_in_the_problems_of_the_error(account: Account) -> None:
    account.write("version: 1\nroles:\n  a: {trust: [{users: [nobody]}]}\n  b: {trsut: []}\n")
    with pytest.raises(api.ReconcileError) as failed:
        api.load("roles.yaml")
    assert {problem.code for problem in failed.value.problems} >= {"unknown-key"}
    assert all(isinstance(problem.place, api.Place) for problem in failed.value.problems)


def test_variables_fill_the_file_in(account: Account) -> None:
    account.write(
        "version: 1\nowner: platform\nvars: {team: a}\n"
        "roles: {r: {trust: [{services: [ec2.amazonaws.com]}], tags: {t: '{{ team }}'}}}\n"
    )
    desired = api.load("roles.yaml", variables={"team": "b"})
    assert [dict(getattr(entity, "tags"))["t"] for entity in desired.entities.values()] == ["b"]  # noqa: B009


def test_questions_about_access_are_answered_by_the_files_and_by_the_account_after_a_plan(account: Account) -> None:
    create_person(account.iam, "carol")
    desired = api.load("roles.yaml")
    plan = api.plan(desired)
    for asked in (desired, plan):
        answer = api.can(asked, "user/alice", "sts:AssumeRole", "role/guarded")
        assert (answer.outcome, answer.depends_on) == (api.AccessOutcome.DEPENDS, ("aws:multifactorauthpresent",))
        known = {"aws:MultiFactorAuthPresent": "true"}
        assert (
            api.can(asked, "user/alice", "sts:AssumeRole", "role/guarded", known).outcome is api.AccessOutcome.ALLOWED
        )
        lacking: dict[str, list[str]] = {"aws:MultiFactorAuthPresent": []}
        assert (
            api.explain(asked, "user/alice", "role/guarded", None, lacking).answer.outcome is api.AccessOutcome.DENIED
        )
        assert {one.roles for one in api.show(asked, "user/alice").chains} == {("role/reader",), ("role/guarded",)}
        assert ("user/alice",) in [one.principals for one in api.who_can(asked, "sts:AssumeRole", "role/reader").direct]
        for ask in (api.can, api.explain):
            with pytest.raises(api.ReconcileError, match="'roles/reader' is neither an ARN nor"):
                ask(asked, "user/alice", "sts:AssumeRole", "roles/reader")
    assert api.show(plan, "user/carol").principal == "user/carol"
    with pytest.raises(api.ReconcileError, match="There is no user or role user/carol in the files"):
        api.show(desired, "user/carol")


def test_ways_to_administrator_power_name_the_line_of_the_file(account: Account) -> None:
    account.write(FILE.replace("reader: {", "reader: {policies: [aws:AdministratorAccess], "))
    ways = api.paths(api.load("roles.yaml"))
    assert [group.principals for group in ways.administrators] == [("role/reader",)]
    ((way,),) = [group.ways for group in ways.ways]
    place = way.hops[0].statements[0].place
    assert (way.targets, place and (place.file, place.line)) == (("role/reader",), ("roles.yaml", 7))
    asked = api.paths(api.load("roles.yaml"), "arn:aws:iam::123456789012:user/alice")
    assert [group.principals for group in asked.ways] == [("user/alice",)]
    assert api.paths(api.load("roles.yaml"), "user/bob").ways == ()

"""IAM shows what is written only after a while: one run gets there, and waits for nothing that will never come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account
from tests.support.dumps import dump_account
from tests.support.eventual import Lag
from tests.support.faults import FaultLayer, drop_answer, refuse_with, shorten_retries
from tests.support.lifecycle import ACCOUNT, FLAGS, HEAD, MADE, allow_document, prepare_stage, run_all_stages

LAGS = {
    "entities are invisible": Lag(created=0.6),
    "principals are invalid": Lag(principal=0.8),
    "entities are seen before they are principals": Lag(created=0.3, principal=0.8),
    "principals are valid before they are seen": Lag(created=0.8, principal=0.3),
}
LEAVING = {
    "what is gone is still shown": Lag(deleted=0.8),
    "what is taken away still counts": Lag(unlinked=0.5),
}
INVALID = refuse_with(
    "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/ann"'
)
UNSEEN = refuse_with("NoSuchEntity", "The user with name ann cannot be found.", 404)
EXISTING = f"""{HEAD}
policies: {{reader: {{document: {allow_document("sns:Get*")}}}}}
users: {{ann: {{policies: [reader]}}}}
roles: {{app: {{trust: [{{users: [ann]}}]}}}}
"""


@pytest.fixture
def account(faulty: Sandbox, front: FaultLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Of an account that is looked at for longer than IAM's delays here, and tried again soon."""
    shorten_retries(monkeypatch, 0.05)
    monkeypatch.setattr("reconciler.aws.timing.VERIFY_PAUSES", (0.0, 0.2, 0.5, 1.0, 2.0))
    lent = Account(faulty, tmp_path)
    yield lent
    front.clear()
    lent.reset()


@pytest.fixture(scope="module")
def expected_stages(faulty: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Per stage, what there is where nothing is late."""
    return run_all_stages(Account(faulty, tmp_path_factory.mktemp("wanted")))[1]


def apply_late(account: Account, front: FaultLayer, file: str, lag: Lag) -> dict[str, Any]:
    """What there is after one run that meets these delays, once they are over."""
    front.delay_visibility(lag)
    result = account.run_cli("apply", file, *FLAGS)
    front.clear()
    assert result.code == 0, result.err
    return dump_account(account.iam)


@pytest.mark.parametrize("lag", LAGS.values(), ids=LAGS)
def test_one_run_makes_all_though_it_is_seen_late(
    expected_stages: dict[str, Any], account: Account, front: FaultLayer, lag: Lag
) -> None:
    assert apply_late(account, front, prepare_stage(account, "made"), lag) == expected_stages["made"]


def test_one_run_changes_all_though_what_is_new_is_seen_late(
    expected_stages: dict[str, Any], account: Account, front: FaultLayer
) -> None:
    account.apply(prepare_stage(account, "made"), *FLAGS)
    lag = Lag(created=0.5, principal=0.5, deleted=0.5, unlinked=0.3)
    assert apply_late(account, front, prepare_stage(account, "changed"), lag) == expected_stages["changed"]


@pytest.mark.parametrize("lag", LEAVING.values(), ids=LEAVING)
def test_one_run_deletes_all_though_it_is_seen_for_longer(
    expected_stages: dict[str, Any], account: Account, front: FaultLayer, lag: Lag
) -> None:
    for stage in ("made", "changed"):
        account.apply(prepare_stage(account, stage), *FLAGS)
    assert apply_late(account, front, prepare_stage(account, "gone"), lag) == expected_stages["gone"]


@pytest.mark.parametrize("line", ["CreateUser bob", "CreateRole left", "CreatePolicy reader", "CreateGroup"])
def test_a_creation_whose_answer_is_lost_is_found_once_it_is_seen(
    expected_stages: dict[str, Any], account: Account, front: FaultLayer, line: str
) -> None:
    """Meanwhile IAM says both: that it exists already, and that there is no such entity."""
    file = prepare_stage(account, "made")
    hit = front.break_call(line, drop_answer)
    assert apply_late(account, front, file, Lag(created=0.6, principal=0.6)) == expected_stages["made"]
    assert hit.hits == 1


# What will never come


def test_a_name_that_no_file_has_is_refused_without_a_write(account: Account, front: FaultLayer) -> None:
    prepare_stage(account, "made")
    account.write(MADE.replace("users: [ann]", "users: [anne]"), "typo.yaml")
    front.clear()
    for command in ("validate", "plan"):
        result = account.run_cli(command, "typo.yaml")
        assert (result.code, "anne" in result.err) == (1, True), result.err
    assert front.list_writes() == []


@pytest.mark.parametrize("principal", ["user/nobody", "role/nobody"])
def test_a_principal_that_does_not_exist_is_refused_before_any_write(
    account: Account, front: FaultLayer, principal: str
) -> None:
    trust = f"{{trust: [{{{principal.partition('/')[0]}s: ['arn:aws:iam::{ACCOUNT}:{principal}']}}]}}"
    account.write(f"{HEAD}users: {{ann: {{}}}}\nroles: {{app: {trust}}}\n")
    front.clear()
    result = account.run_cli("apply", "roles.yaml", *FLAGS)
    assert result.code == 1
    assert "nobody" in result.err + result.out
    assert front.list_writes() == []


@pytest.mark.parametrize(("line", "fault"), [("CreateRole", INVALID), ("AttachUserPolicy", UNSEEN)])
def test_what_this_run_did_not_make_is_not_waited_for(
    account: Account, front: FaultLayer, line: str, fault: Any
) -> None:
    """It went after the plan was made: asking again would only hide that."""
    account.iam.create_user(UserName="ann", Tags=[{"Key": "reconcile:owner", "Value": "platform"}])
    account.write(EXISTING)
    account.run_cli("apply", "roles.yaml", "--target", "policy/reader", *FLAGS)
    hit = front.break_call(line, fault, times=1000)
    result = account.run_cli("apply", "roles.yaml", *FLAGS)
    assert (result.code, hit.hits) == (1, 1)


def test_what_this_run_made_is_waited_for(account: Account, front: FaultLayer) -> None:
    account.write(EXISTING)
    hits = [front.break_call("CreateRole", INVALID, times=5), front.break_call("AttachUserPolicy", UNSEEN, times=5)]
    account.apply("roles.yaml", *FLAGS)
    assert [hit.hits for hit in hits] == [5, 5]

"""The bench measures what it says: its file and its account agree, and its server pages, counts and throttles as AWS.

Nothing here is timed. docs/performance.md holds what `make bench` printed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.config import Config

from benchmarks import floor, globbing
from benchmarks.account import ReplayAccount, ReplayError
from benchmarks.answers import ReplayAnswers
from benchmarks.desired import write_desired
from benchmarks.replay import Service
from benchmarks.server import ReplayServer
from benchmarks.table import Row, format_markdown, row_at_least, row_at_most
from benchmarks.terraform_files import list_resources
from benchmarks.workload import SIZES, make_workload
from reconciler.cli.main import run_command

XS = make_workload(SIZES["XS"])
FILTER = ["User", "Group", "Role", "LocalManagedPolicy"]
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@pytest.fixture(scope="module")
def full() -> Iterator[ReplayServer]:
    with ReplayServer("XS") as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "roles.yaml"
    with path.open("w") as stream:
        write_desired(XS, stream)
    return path


def run_reconcile(server: ReplayServer, *words: str | Path) -> int:
    server.clear_stats()
    with patch.dict(os.environ, server.build_environment(), clear=True):
        return run_command([str(word) for word in words])


def make_client(server: ReplayServer, service: str = "iam") -> Any:
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=8)
    with patch.dict(os.environ, server.build_environment(), clear=True):
        make: Any = boto3.client
        return make(service, config=config)


def count_writes(calls: dict[str, int]) -> int:
    return sum(count for name, count in calls.items() if not name.startswith(("Get", "List")))


def test_the_file_is_valid_and_the_account_matches_it(
    full: ReplayServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_reconcile(full, "validate", file) == 0
    assert capsys.readouterr().out.endswith(f"Valid: {SIZES['XS'].entities} entities, 0 aliases.\n")
    assert run_reconcile(full, "plan", file) == 0
    assert "No changes" in capsys.readouterr().out
    assert full.read_stats()["total"] <= 10
    assert not count_writes(full.read_stats()["calls"])


def test_an_apply_to_the_empty_account_makes_the_full_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer("XS", empty=True) as server:
        assert run_reconcile(server, "plan", file, "--format", "json") == 0
        planned = [call for change in json.loads(capsys.readouterr().out)["changes"] for call in change["calls"]]
        assert run_reconcile(server, "apply", file, "--yes") == 0
        assert count_writes(server.read_stats()["calls"]) == len(planned) > SIZES["XS"].entities
        made = make_client(server).get_account_authorization_details(Filter=FILTER)
    assert "Live IAM matches" in capsys.readouterr().out
    assert {key: len(made[key]) for key in LISTS} == dict(zip(LISTS, (4, 2, 6, 4), strict=True))


def test_small_pages_tell_what_one_page_tells(full: ReplayServer) -> None:
    iam = make_client(full)
    details = iam.get_paginator("get_account_authorization_details")
    for names in (FILTER, ["Role"], ["LocalManagedPolicy", "User"]):
        whole = iam.get_account_authorization_details(Filter=names, MaxItems=1000)
        assert not whole["IsTruncated"]
        pages = list(details.paginate(Filter=names, PaginationConfig={"PageSize": 3}))
        assert len(pages) == -(-sum(len(whole[key]) for key in LISTS) // 3)
        assert {key: [item for page in pages for item in page[key]] for key in LISTS} == {
            key: whole[key] for key in LISTS
        }
    roles = [
        role
        for page in iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 4})
        for role in page["Roles"]
    ]
    assert [role["RoleName"] for role in roles] == [role.name for role in XS.roles]
    assert [role.get("Description", "") for role in roles] == [role.description for role in XS.roles]


def test_bulk_tags_come_at_most_100_a_page() -> None:
    answers = ReplayAnswers(ReplayAccount.of(make_workload(SIZES["M"])))
    found, token = [], ""
    for _ in range(3):
        page = json.loads(answers.answer_resources({"ResourcesPerPage": 500, "PaginationToken": token}))
        found += [item["ResourceARN"] for item in page["ResourceTagMappingList"]]
        assert len(page["ResourceTagMappingList"]) == 100
        token = page["PaginationToken"]
    assert (token, len(set(found))) == ("", SIZES["M"].policies)


def test_the_floor_reads_the_same_facts_in_three_calls_if_one_page_holds_them(full: ReplayServer) -> None:
    full.clear_stats()
    with patch.dict(os.environ, full.build_environment(), clear=True):
        floor.read_account()
    assert full.read_stats()["calls"] == {"GetAccountAuthorizationDetails": 1, "ListRoles": 1, "GetResources": 1}


def test_calls_wait_side_by_side_and_are_counted() -> None:
    with ReplayServer("XS", latency=200) as server, ThreadPoolExecutor(8) as pool:
        iam = make_client(server)
        list(pool.map(lambda role: iam.get_role(RoleName=role.name), XS.roles))
        stats = server.read_stats()
    assert stats["calls"] == {"GetRole": len(XS.roles)}
    assert stats["most_in_flight"] > 1
    assert sum(stats["per_second"]) == stats["total"] == len(XS.roles)


def test_past_the_limit_a_write_is_refused_and_not_carried_out_and_reads_are_not_limited() -> None:
    service = Service(ReplayAccount(), writes_per_second=1)
    group = {"GroupName": "one", "Path": "/"}
    assert service.answer_call("CreateGroup", group)[0] == 200
    status, _, body = service.answer_call("CreateGroup", {"GroupName": "two", "Path": "/"})
    assert (status, b"<Code>Throttling</Code>" in body) == (400, True)
    assert [service.answer_call("GetGroup", group)[0] for _ in range(5)] == [200] * 5
    assert service.answer_call("GetGroup", {"GroupName": "two"})[0] == 404


def test_a_call_that_lacks_a_parameter_is_answered() -> None:
    status, _, body = Service(ReplayAccount(), writes_per_second=0).answer_call("CreateGroup", {"Path": "/"})
    assert (status, b"<Code>ValidationError</Code>" in body) == (400, True)


@pytest.mark.parametrize("operation", ["DeleteRole", "UpdateRole", "CreateAccessKey", "GetLoginProfile"])
def test_what_the_server_does_not_know_is_refused_and_never_dropped(operation: str) -> None:
    with pytest.raises(ReplayError) as refused:
        ReplayAnswers(ReplayAccount.of(XS)).answer_call(
            operation, {"RoleName": XS.roles[0].name, "UserName": XS.users[0].name}
        )
    assert refused.value.code == "InvalidAction"


def test_the_workload_is_made_up_as_it_says() -> None:
    work = make_workload(SIZES["M"])
    assert work == make_workload(SIZES["M"])
    assert {len(policy.document["Statement"]) for policy in work.policies} == set(range(3, 11))
    attached = [name for entity in (*work.users, *work.groups, *work.roles) for name in entity.attached]
    assert 0.15 < sum(name.startswith("aws:") for name in attached) / len(attached) < 0.25
    assert 0.1 < sum(role.boundary is not None for role in work.roles) / len(work.roles) < 0.2
    assert 0.25 < sum("mfa" in role.trust.rule for role in work.roles) / len(work.roles) < 0.5


def test_terraform_is_given_every_fact_once_and_no_variable_of_aws_as_its_own() -> None:
    found = list(list_resources(XS))
    assert len({(one.kind, one.label) for one in found}) == len(found)
    more = sum(len(one.attached) + len(one.inline) for one in (*XS.users, *XS.groups, *XS.roles))
    assert len(found) == SIZES["XS"].entities + more + sum(bool(user.groups) for user in XS.users)
    assert "${aws:" not in json.dumps([one.arguments for one in found]).replace("$${aws:", "")


def test_a_table_says_of_each_goal_whether_it_is_met() -> None:
    rows = [
        row_at_most("calls", 8, 10),
        row_at_most("time", 2.345, 2, " ×", "7 s ÷ 3 s"),
        row_at_least("faster", 14.6, 10, " ×"),
    ]
    assert format_markdown("What", [*rows, Row("memory", "64 MiB")]).splitlines() == [
        "### What",
        "",
        "|        | measured           | goal   | met |",
        "| ---    | ---                | ---    | --- |",
        "| calls  | 8                  | ≤ 10   | yes |",
        "| time   | 2.35 × (7 s ÷ 3 s) | ≤ 2 ×  | no  |",
        "| faster | 14.6 ×             | ≥ 10 × | yes |",
        "| memory | 64 MiB             |        |     |",
    ]


def test_each_hostile_pattern_has_a_row_with_its_growth(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(globbing, "SHORT", 40)
    monkeypatch.setattr(globbing, "LONG", 320)
    found = list(globbing.measure_rows([], 1, tmp_path))
    assert len(found) == len(globbing.TEXTS) + len(globbing.PATTERNS) + 1
    assert all("320 ÷ 40 characters" in row.label and " ms ÷ " in row.measured for row in found)

"""The accounts of an organization, as people and as engines read them."""

from __future__ import annotations

import json

import yaml

from reconciler.model.member_account import MemberAccount
from reconciler.model.shards import Shard
from reconciler.render.account_list import (
    render_account_json,
    render_account_table,
    render_github_matrix,
    render_gitlab_matrix,
)

ACCOUNTS = (
    MemberAccount("dev", "111111111111", ("base.yaml", "dev.yaml"), {"env": "dev"}, 1, True),
    MemberAccount("production", "222222222222", wave=2),
)
SHARDS = [(1, Shard(1, 2)), (1, Shard(2, 2)), (2, Shard(1, 2))]


def test_a_person_reads_a_table() -> None:
    assert render_account_table(ACCOUNTS).splitlines() == [
        "dev         111111111111  wave 1, canary  base.yaml dev.yaml",
        "production  222222222222  wave 2",
    ]
    assert render_account_table(()) == ""


def test_a_program_reads_files_and_variables_too() -> None:
    first, second = json.loads(render_account_json(ACCOUNTS))["accounts"]
    assert (first["files"], first["vars"], first["canary"]) == (["base.yaml", "dev.yaml"], {"env": "dev"}, True)
    assert second == {
        "name": "production", "account": "222222222222", "wave": 2, "canary": False, "files": [], "vars": {}
    }  # fmt: skip


def test_github_reads_one_line() -> None:
    for jobs in (ACCOUNTS, SHARDS):
        assert "\n" not in render_github_matrix(jobs)
    assert json.loads(render_github_matrix(SHARDS))["include"][1] == {"wave": 1, "shard": "2/2"}
    assert json.loads(render_github_matrix(ACCOUNTS))["include"][0] == {
        "name": "dev", "account": "111111111111", "wave": 1
    }  # fmt: skip


def test_gitlab_reads_a_hidden_job_whose_variables_are_texts() -> None:
    def matrix_of(text: str) -> object:
        return yaml.safe_load(text)[".reconcile-accounts"]["parallel"]["matrix"]

    assert matrix_of(render_gitlab_matrix(ACCOUNTS)) == [
        {"RECONCILE_ACCOUNT": "dev", "RECONCILE_WAVE": "1"},
        {"RECONCILE_ACCOUNT": "production", "RECONCILE_WAVE": "2"},
    ]
    assert matrix_of(render_gitlab_matrix(SHARDS)) == [
        {"RECONCILE_SHARD": "1/2", "RECONCILE_WAVE": "1"},
        {"RECONCILE_SHARD": "2/2", "RECONCILE_WAVE": "1"},
        {"RECONCILE_SHARD": "1/2", "RECONCILE_WAVE": "2"},
    ]
    assert matrix_of(render_gitlab_matrix(())) == []

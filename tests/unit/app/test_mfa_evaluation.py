"""Of whom a file demands MFA, for every alias: read from a file as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.app.alias_catalog import build_catalog
from reconciler.app.desired_files import load_desired
from reconciler.app.mfa_evaluation import find_file_demands
from reconciler.assume.chain import resolve_role_chain
from reconciler.assume.mfa_demands import MfaDemand
from reconciler.model.sts_limits import Caller

ACCOUNT, OTHER = "123456789012", "999999999999"
FILE = f"""\
version: 1
account: "{ACCOUNT}"
owner: t
policies:
  no-mfa-no-role:
    document:
      Statement:
        - {{Effect: Allow, Action: "*", Resource: "*"}}
        - Effect: Deny
          Action: "sts:AssumeRole"
          Resource: "*"
          Condition: {{"Null": {{"aws:MultiFactorAuthAge": "true"}}}}
groups:
  strict: {{policies: [no-mfa-no-role]}}
  sure: {{mfa: required}}
users:
  plain: {{}}
  guarded: {{mfa: required}}
  grouped: {{groups: [strict]}}
  sure: {{groups: [sure]}}
roles:
  open: {{trust: [{{users: [plain, guarded, grouped, sure], session_tags: true}}]}}
  closed: {{trust: [{{users: [plain, guarded], mfa: {{max_age: 15m}}}}]}}
  account: {{trust: [{{accounts: ["{OTHER}"], mfa: required}}]}}
  service: {{trust: [{{services: [lambda.amazonaws.com]}}]}}
  onward: {{trust: [{{roles: [open]}}]}}
  absurd: {{trust: [{{roles: [open], conditions: {{Bool: {{"aws:MultiFactorAuthPresent": "true"}}}}}}]}}
aliases:
  open: {{role: open}}
  tagged: {{role: open, session_tags: {{team: x}}}}
  by-arn: {{role: "arn:aws:iam::{ACCOUNT}:role/closed"}}
  closed: {{role: closed}}
  account: {{role: account}}
  service: {{role: service}}
  far: {{role: "arn:aws:iam::{OTHER}:role/x"}}
  onward: {{role: onward}}
  absurd: {{role: absurd}}
  chained: {{role: onward, via: closed}}
"""
YOUNG = MfaDemand(True, 900)
TABLE = {
    ("plain", "open"): MfaDemand(False),
    ("guarded", "open"): MfaDemand(True),
    ("grouped", "open"): MfaDemand(True),
    ("sure", "open"): MfaDemand(True),
    ("plain", "tagged"): MfaDemand(False),
    ("guarded", "tagged"): MfaDemand(True),
    ("plain", "closed"): YOUNG,
    ("guarded", "closed"): YOUNG,
    ("plain", "by-arn"): YOUNG,
    ("grouped", "closed"): MfaDemand(False),
    ("plain", "chained"): YOUNG,
    ("plain", "far"): MfaDemand(False),
    ("guarded", "far"): MfaDemand(False),
    ("grouped", "far"): MfaDemand(True),
    ("stranger", "open"): MfaDemand(False),
    ("stranger", "far"): MfaDemand(None),
    ("stranger", "closed"): MfaDemand(False),
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "roles.yaml"
    file.write_text(FILE)
    return str(file)


@pytest.mark.parametrize(("who", "alias"), TABLE, ids=str)
def test_the_demand_to_a_user(path: str, who: str, alias: str) -> None:
    desired = load_desired([path], {})
    caller = Caller(f"arn:aws:iam::{ACCOUNT}:user/some/path/{who}", ACCOUNT)
    found = build_catalog(desired, ACCOUNT).find_demand(resolve_role_chain(alias, desired.aliases), caller)
    assert found == TABLE[who, alias]


@pytest.mark.parametrize(
    ("arn", "alias", "required"),
    [
        (f"arn:aws:iam::{OTHER}:user/guarded", "account", True),
        (f"arn:aws:iam::{OTHER}:user/guarded", "open", False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/open/me", "absurd", True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/open/me", "onward", False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/stranger/me", "far", False),
    ],
)
def test_the_demand_to_others(path: str, arn: str, alias: str, required: bool) -> None:
    desired = load_desired([path], {})
    found = build_catalog(desired, ACCOUNT).find_demand(
        resolve_role_chain(alias, desired.aliases), Caller(arn, arn.split(":")[4])
    )
    assert found == MfaDemand(required)


@pytest.mark.parametrize(
    ("alias", "anyone", "somebody"),
    [
        ("open", None, True),
        ("closed", True, True),
        ("account", True, True),
        ("service", False, False),
        ("onward", False, False),
        ("far", True, True),
    ],
)
def test_the_demand_to_nobody_in_particular(path: str, alias: str, anyone: bool | None, somebody: bool) -> None:
    desired = load_desired([path], {})
    found = find_file_demands(desired.state, desired.aliases)
    assert (found.is_required_for_all(alias), found.is_required_for_some(alias)) == (anyone, somebody)


def test_a_file_without_an_account_is_the_callers(path: str) -> None:
    Path(path).write_text(FILE.replace(f'account: "{ACCOUNT}"\n', "").replace("by-arn", "x"))
    desired = load_desired([path], {}, OTHER)
    caller = Caller(f"arn:aws:iam::{OTHER}:user/guarded", OTHER)
    assert build_catalog(desired, None).find_demand(resolve_role_chain("open", desired.aliases), caller).required
    assert build_catalog(desired, OTHER).demands.demand_of("open", "user/guarded") == MfaDemand(True)

"""The whole way on an emulator that shares nothing with moto: the tutorial, people, keys, codes, sessions.

Where ministack judges policies by itself (`enforced`), no strict layer stands in front of it, so that who may do what
is neither our evaluator's word nor our layer's.
"""

from __future__ import annotations

import configparser
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from tests.docs.pages import ROOT, matches, run_page
from tests.support.account import Account, Result
from tests.support.emulators import start_enforcing_ministack, start_ministack, start_moto
from tests.support.people import Person, create_person
from tests.support.second_emulator import NEEDS_MINISTACK

ACCOUNT = "123456789012"
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@NEEDS_MINISTACK
def test_the_tutorial_works_and_prints_what_it_shows(tmp_path: Path) -> None:
    with start_ministack() as running:
        for result in run_page(ROOT / "docs/tutorial.md", tmp_path, None, running):
            assert not result.failed, f"{result.block}: {result.failed}{result.output}"
            if result.expected:
                assert matches(result.expected.text, result.output), f"{result.expected}:\n{result.output}"


PEOPLE = """\
version: 1
owner: platform
users:
  allowed: {policies: [pass]}
  fenced: {policies: [pass, no-pass]}
  member: {groups: [movers]}
  idle: {}
  coded: {policies: [pass]}
  keyed: {}
groups:
  movers: {policies: [pass]}
policies:
  pass: {document: {Statement: [{Effect: Allow, Action: "sts:AssumeRole", Resource: "*"}]}}
  no-pass: {document: {Statement: [{Effect: Deny, Action: "sts:*", Resource: "arn:aws:iam::*:role/open"}]}}
roles:
  open: {trust: [{accounts: ["123456789012"]}]}
  named: {trust: [{services: [ec2.amazonaws.com]}, {users: [allowed, fenced]}]}
  agreed: {trust: [{accounts: ["123456789012"], external_id: secret-word}]}
  guarded: {trust: [{users: [coded], mfa: required}]}
  far: {trust: [{roles: [named]}], inline_policies: {}}
aliases:
  open: {role: open}
  named: {role: named}
  agreed: {role: agreed, external_id: secret-word}
  unagreed: {role: agreed}
  guarded: {role: guarded}
"""
MAY = [
    ("allowed", "open", True),
    ("member", "open", True),
    ("fenced", "open", False),
    ("idle", "open", False),
    ("allowed", "named", True),
    ("fenced", "named", True),
    ("member", "named", False),
    ("allowed", "agreed", True),
    ("allowed", "unagreed", False),
    ("idle", "agreed", False),
]


@dataclass
class Company:
    account: Account
    people: dict[str, Person]

    def assume(self, name: str, alias: str, *words: str, **more: str) -> Result:
        """In a home of its own, so that nothing is cached."""
        home = self.account.folder / uuid.uuid4().hex
        home.mkdir()
        places = {"HOME": str(home), "XDG_CACHE_HOME": str(home)}
        keys = self.people[name].key_variables | more
        return self.account.run_cli("assume", alias, "--no-cache", "--format", "json", *words, **places, **keys)


@pytest.fixture(
    scope="module",
    params=[
        start_moto,
        pytest.param(start_ministack, marks=NEEDS_MINISTACK),
        pytest.param(start_enforcing_ministack, marks=NEEDS_MINISTACK),
    ],
    ids=lambda start: start.__name__,
)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with request.param() as running:
        account = Account(running, tmp_path_factory.mktemp("company"))
        account.write(PEOPLE)
        account.apply()
        assert account.run_cli("plan", "roles.yaml", "--detailed-exitcode").code == 0
        names = ("allowed", "fenced", "member", "idle", "coded")
        strict = running.strict
        yield Company(
            account, {name: create_person(account.iam, name, mfa=strict and name == "coded") for name in names}
        )


@pytest.mark.parametrize(("name", "alias", "may"), MAY)
def test_who_may_assume_what_is_told_alike(company: Company, name: str, alias: str, may: bool) -> None:
    result = company.assume(name, alias)
    assert (result.code == 0) is may, result.err
    if not may:
        assert result.out == ""
        assert f"user/{name} may not assume role/" in result.err
        return
    assert caller(company.account, result.json) == f"arn:aws:sts::{ACCOUNT}:assumed-role/{alias}/{name}"


def test_a_code_opens_what_needs_one(company: Company) -> None:
    if not company.account.sandbox.strict:
        pytest.skip("ministack's own enforcement never lets a role with an MFA condition be assumed")
    code = company.people["coded"].device.next_code()
    assert company.assume("coded", "guarded", "--token-code", code).code == 0
    assert company.assume("coded", "guarded", "--token-code", code).code == 1
    assert company.assume("coded", "guarded").code == 1


def test_a_key_is_issued_and_rotated(company: Company) -> None:
    account = company.account
    files = {name: str(account.folder / "keys" / name) for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")}
    held: set[str] = set()
    for word in ("issue", "rotate"):
        done = account.run_cli("keys", word, "keyed", **files)
        assert done.code == 0, done.err
        parser = configparser.RawConfigParser()
        parser.read(files["AWS_SHARED_CREDENTIALS_FILE"])
        keys = {name.upper(): value for name, value in parser["keyed"].items()}
        found = {key["AccessKeyId"] for key in account.iam.list_access_keys(UserName="keyed")["AccessKeyMetadata"]}
        assert keys["AWS_ACCESS_KEY_ID"] in found - held
        held = found
        assert caller(account, keys) == f"arn:aws:iam::{ACCOUNT}:user/keyed"


def caller(account: Account, keys: Mapping[str, str]) -> str:
    given = {name.lower(): value for name, value in keys.items() if name in CREDENTIALS}
    client = boto3.client("sts", endpoint_url=account.sandbox.url, region_name="us-east-1", **given)
    found: str = client.get_caller_identity()["Arn"]
    return found


def test_a_new_device_has_a_secret_in_base32_and_is_listed_unasked(company: Company) -> None:
    if not company.account.sandbox.strict:
        pytest.skip("ministack by itself gives hexadecimal digits, and lists assigned devices only")
    iam = company.account.iam
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="spare")["VirtualMFADevice"]
    assert re.fullmatch(rb"[A-Z2-7]{64}", made["Base32StringSeed"])
    assert made["SerialNumber"] in [one["SerialNumber"] for one in iam.list_virtual_mfa_devices()["VirtualMFADevices"]]

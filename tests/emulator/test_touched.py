"""Entities read one by one are those of a whole read, and a saved plan reads no more than it must."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given

from reconciler.aws import pagination, snapshot
from reconciler.aws.partial_read import PartialReader, make_empty_state
from reconciler.aws.session import Connection, connect
from reconciler.kinds.account import SETTINGS
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Policy
from reconciler.model.live import State
from reconciler.plan.build import build_plan
from reconciler.plan.followup_reads import FollowupReads
from reconciler.plan.options import PlanOptions
from reconciler.sandbox.server import Sandbox
from tests.emulator.test_saved_plans import (
    AFTER,
    BEFORE,
    DRIFT,
    HEAD,
    SERVICE,
    UNTOUCHED,
    as_json,
    document,
    edit,
    mark,
    refusal_of,
    save,
)
from tests.support.account import Account
from tests.support.certificates import upload
from tests.support.examples import examples
from tests.support.plans import changes_of, is_read, list_writes, read_log
from tests.support.shared import SharedAccount
from tests.support.strategies import worlds

ACCOUNT = "123456789012"
DETAILS = "GetAccountAuthorizationDetails"


def connection_to(account: Account) -> Connection:
    with patch.dict("os.environ", account.environment, clear=True):
        return connect(None, None, None)


def one_by_one(connection: Connection, addresses: Collection[Address]) -> State:
    found = PartialReader(connection).read_entities(addresses, make_empty_state(connection))
    assert found is not None
    return found


def all_at_once(connection: Connection, sections: Collection[str] = ()) -> State:
    """The account in pages, and the descriptions of policies that no page tells."""
    whole = snapshot.read_account(connection, SETTINGS, sections)
    policies = (one for one in whole.entities.values() if isinstance(one, Policy) and one.description is None)
    untold = FollowupReads(details=tuple(policy.address for policy in policies))
    return snapshot.complete_state(connection, whole, untold)


# The same entities


RICH = f"""\
{HEAD}account_settings: {{alias: example-corp, password_policy: {{minimum_length: 12}}}}
policies:
  Deep: {{path: /a/b/, description: Text, document: {document("s3:GetObject")}, tags: {{t: a, u: b}}}}
  bare: {{document: {document("s3:ListBucket")}}}
groups:
  g: {{path: /platform/, policies: [Deep, bare, "aws:ReadOnlyAccess"], inline_policies: {{own: {document("s3:*")}}}}}
  h: {{}}
users:
  U: {{path: /eng/, groups: [g, h], policies: [bare], permissions_boundary: Deep, tags: {{t: a}},
    inline_policies: {{one: {document("a:b")}, two: {document("c:d")}}}}}
  v: {{}}
oidc_providers: {{token.example.com/x: {{client_ids: [one, two], thumbprints: [{"a" * 40}], tags: {{t: a}}}}}}
roles:
  r: {{trust: [{{services: [ec2.amazonaws.com]}}], description: Text, max_session_duration: 7200, path: /svc/,
    instance_profile: true, policies: [Deep], permissions_boundary: bare, inline_policies: {{own: {document("a:b")}}}}}
  s: {{trust: [{{users: [U], mfa: {{max_age: 1h}}}}, {{oidc: token.example.com/x, subjects: ["repo:*"]}}]}}
"""


@pytest.fixture(scope="module")
def _rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedAccount]:
    def prepare(account: Account) -> None:
        account.write(RICH)
        account.apply()
        for action in ("s3:PutObject", "s3:GetObject"):
            later = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/bare", "PolicyDocument": as_json(action)}
            account.iam.create_policy_version(**later, SetAsDefault=action == "s3:GetObject")
        account.iam.create_instance_profile(InstanceProfileName="empty")
        upload(account.iam, "web", Path="/x/", Tags=[{"Key": "t", "Value": "a"}])

    shared = SharedAccount(tmp_path_factory.mktemp("rich"), prepare)
    yield shared
    shared.close()


@pytest.fixture
def rich(_rich: SharedAccount) -> Iterator[Account]:
    with _rich.lend() as account:
        yield account


@pytest.mark.parametrize("page", [1000, 1])
def test_what_is_read_one_by_one_is_what_pages_show(rich: Account, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connection_to(rich)
    whole = all_at_once(connection, KINDS_BY_NAME)
    assert {address.kind for address in whole.entities} == KINDS_BY_NAME.keys() - {"saml-provider"}
    monkeypatch.setattr(pagination, "PAGE_SIZE", page)
    part = one_by_one(connection, set(whole.entities))
    assert dict(part.entities) == dict(whole.entities)
    assert [entity.name for entity in part.entities.values()] == [
        whole.entities[address].name for address in part.entities
    ]
    assert part.details.versions == whole.details.versions
    assert part.details.unique_ids == whole.details.unique_ids
    assert part.details.expirations == whole.details.expirations
    assert list(part.details.expirations) == [Address("server-certificate", "web")]
    assert part.details.caller == whole.details.caller
    assert part.details.account_alias == whole.details.account_alias == "example-corp"
    assert part.details.fully_read >= whole.details.fully_read


@pytest.fixture(scope="module")
def _long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with Sandbox() as sandbox:
        yield Account(sandbox, tmp_path_factory.mktemp("random"))


@examples(2)
@given(worlds())
def test_so_it_is_for_random_accounts(_long_lived: Account, pair: tuple[Desired, State]) -> None:
    desired, live = pair
    account = _long_lived
    empty = replace(live, entities={})
    for step in build_plan(replace(desired, moves=()), empty, PlanOptions()).steps:
        account.iam._make_api_call(step.call.operation, step.call.parameters)
    connection = connection_to(account)
    whole = all_at_once(connection)
    part = one_by_one(connection, {*whole.entities, *desired.state.entities, *SETTINGS})
    assert dict(part.entities) == dict(whole.entities)
    assert part.details.versions == whole.details.versions
    account.reset()


ABSENT = [
    "user/x",
    "group/x",
    "role/x",
    "policy/x",
    "instance-profile/x",
    "oidc-provider/x.example.com",
    "saml-provider/x",
    "server-certificate/x",
    "account/alias",
    "account/password-policy",
]


def test_what_does_not_exist_is_known_to_be_absent(account: Account) -> None:
    wanted = frozenset(map(Address.parse, ABSENT))
    found = one_by_one(connection_to(account), wanted)
    assert dict(found.entities) == {}
    assert found.known_addresses == wanted


def test_an_unknown_kind_is_never_taken_for_absent(account: Account) -> None:
    with pytest.raises(KeyError, match="cat"):
        one_by_one(connection_to(account), {Address("cat", "x")})


def test_names_are_as_iam_spells_them(rich: Account) -> None:
    asked = {Address("user", "u"), Address("policy", "DEEP"), Address("group", "G"), Address("role", "R")}
    found = one_by_one(connection_to(rich), asked)
    assert sorted(entity.name for entity in found.entities.values()) == ["Deep", "U", "g", "r"]
    assert (
        found.entities[Address("user", "u")]
        == snapshot.read_account(connection_to(rich)).entities[Address("user", "U")]
    )


@pytest.mark.parametrize("asked", [{"user/U"}, {"user/U", "account/alias"}], ids=["not asked for", "asked for"])
def test_the_alias_is_read_once_beside_the_entities(rich: Account, asked: set[str]) -> None:
    reader, known = PartialReader(connection := connection_to(rich)), make_empty_state(connection)
    rich.clear_calls()
    for names in (asked, {"group/g"}):
        extended = reader.read_entities(set(map(Address.parse, names)), known)
        assert extended is not None
        known = extended
    assert known.details.account_alias == "example-corp"
    assert ("account/alias" in asked) is (Address("account", "alias") in dict(known.entities))
    assert rich.count_calls()["ListAccountAliases"] == 1


def test_a_refused_call_is_no_answer(rich: Account, denied_operations: set[str]) -> None:
    denied_operations.add("GetUserPolicy")
    connection = connection_to(rich)
    assert PartialReader(connection).read_entities({Address("user", "U")}, make_empty_state(connection)) is None
    assert one_by_one(connection, {Address("user", "v")}).entities


# Saved plans of large accounts


def as_if_large(account: Account) -> None:
    """The saved plan, as if the account it was made for had more pages than a few entities have calls."""
    edit(account, lambda content: content["saved"].update(reads=10_000))


def save_plan(account: Account, before: str, after: str) -> Account:
    account.write(before)
    account.apply()
    account.write(after)
    save(account)
    as_if_large(account)
    account.clear_calls()
    return account


@pytest.fixture
def changed_account(account: Account) -> Account:
    return save_plan(account, BEFORE, AFTER)


def reads(account: Account) -> set[str]:
    return {line for line in read_log(account) if is_read(line)}


def test_a_large_account_is_not_read_again(changed_account: Account) -> None:
    result = changed_account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert "Live IAM matches the plan." in result.out
    made = reads(changed_account)
    assert {"GetUser u", "GetRole r", "GetGroup g", f"GetPolicy arn:aws:iam::{ACCOUNT}:policy/p"} <= made
    assert [line for line in made if DETAILS in line or "ListRoles" in line or "untouched" in line] == []
    assert changes_of(changed_account.plan()) == {}


def test_a_small_account_is_read_in_pages(account: Account) -> None:
    account.write(BEFORE)
    account.apply()
    account.write(AFTER)
    save(account)
    account.clear_calls()
    assert account.run_cli("apply", "plan.json").code == 0
    assert DETAILS in account.count_calls()


def test_a_plan_file_of_before_is_read_in_pages(changed_account: Account) -> None:
    edit(changed_account, lambda content: content["saved"].pop("reads"))
    assert changed_account.run_cli("apply", "plan.json").code == 0
    assert DETAILS in changed_account.count_calls()


LATER = ("a policy's document", "a user's boundary", "a user is gone")
"""Of each way of reading one; that the entities are the same is shown above."""


@pytest.mark.parametrize(("drift", "address", "path"), [DRIFT[name] for name in LATER], ids=LATER)
def test_a_plan_is_stale_once_what_it_touches_has_changed(
    changed_account: Account, drift: Callable[[Any], object], address: str, path: str
) -> None:
    drift(changed_account.iam)
    said = refusal_of(
        changed_account, "has changed since this plan was made", "Run `reconcile plan` again", address, path
    )
    assert DETAILS not in changed_account.count_calls()
    assert len([line for line in said.splitlines() if "the plan was made" in line]) == 1


ELSEWHERE = ("another entity goes", "the same document, written another way")


@pytest.mark.parametrize("drift", [UNTOUCHED[name] for name in ELSEWHERE], ids=ELSEWHERE)
def test_a_plan_is_not_stale_by_what_it_does_not_touch(
    changed_account: Account, drift: Callable[[Any], object]
) -> None:
    drift(changed_account.iam)
    changed_account.clear_calls()
    result = changed_account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert DETAILS not in changed_account.count_calls()


def test_a_policy_to_be_created_that_exists_at_another_path_makes_the_plan_stale(account: Account) -> None:
    save_plan(account, HEAD, HEAD + f"policies: {{p: {{document: {document('s3:GetObject')}}}}}\n")
    account.iam.create_policy(PolicyName="p", Path="/other/", PolicyDocument=as_json("s3:*"))
    refusal_of(account, "policy/p did not exist", "now it does")
    assert DETAILS not in account.count_calls()


def test_a_policy_whose_description_nobody_asked_for_is_not_stale_by_it(account: Account) -> None:
    described = f"policies: {{p: {{description: Text, document: {document('s3:GetObject')}}}}}\n"
    save_plan(account, HEAD + described, HEAD + f"policies: {{p: {{document: {document('s3:*')}}}}}\n")

    def leave_unasked(content: Any) -> None:
        for side in ("before", "after"):
            content["saved"]["entities"]["policy/p"][side]["description"] = None
            kind, entity = "policy", content["saved"]["entities"]["policy/p"][side]
            content["saved"]["entities"]["policy/p"]["fingerprint"][side] = mark(kind, entity)

    edit(account, leave_unasked)
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert DETAILS not in account.count_calls()


def test_what_goes_is_judged_by_the_whole_account(account: Account) -> None:
    save_plan(account, HEAD + "users: {u: {}, v: {}}\n", HEAD + "users: {v: {}}\n")
    account.iam.create_role(
        RoleName="stranger",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{**SERVICE, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/u"}}],
            }
        ),
    )
    refusal_of(account, "is in use outside the file, by role/stranger.", "--allow-foreign-detach")
    assert DETAILS in account.count_calls()


def test_a_refusal_is_said_by_the_whole_account(account: Account) -> None:
    before = HEAD + "users: {u: {}}\n"
    save_plan(account, before, HEAD + "users: {u: {groups: [team]}}\ngroups: {team: {}}\n")
    account.iam.create_group(GroupName="team")
    refusal_of(account, "group/team did not exist")


@pytest.mark.parametrize("operation", ["GetUser", "ListPolicies"])
def test_who_may_not_read_one_by_one_reads_pages(
    changed_account: Account, denied_operations: set[str], operation: str
) -> None:
    denied_operations.add(operation)
    result = changed_account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert DETAILS in changed_account.count_calls()


def test_who_gains_and_loses_is_said_as_it_was_approved(account: Account) -> None:
    before = HEAD + "users: {a: {}, b: {}}\nroles: {r: {trust: [{users: [a]}]}}\n"
    save_plan(account, before, before.replace("users: [a]", "users: [b]"))
    approved = json.loads((account.folder / "plan.json").read_text())["access"]
    assert [item["principal"] for item in approved["gained"]] == ["user/b"]
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert DETAILS not in account.count_calls()
    assert "user/b" in result.out
    assert "is taken from the plan file" in result.out


def test_what_is_wrong_with_a_plan_is_refused_without_a_look_at_the_account(changed_account: Account) -> None:
    wrong: list[Any] = [None, [], {"gained": []}, {"gained": [1], "lost": [], "changed": []}]
    for said in wrong:
        edit(changed_account, partial(dict.update, access=said))
        refusal_of(changed_account, "was edited or damaged after it was saved")
    assert {line.split()[0] for line in read_log(changed_account)} <= {"GetCallerIdentity"}


def test_calls_that_are_not_its_own_are_refused(changed_account: Account) -> None:
    edit(changed_account, lambda content: content["changes"][0]["calls"].pop())
    refusal_of(changed_account, "no longer fits")


@pytest.mark.parametrize(
    ("attached", "inline", "calls"),
    [
        ("Deny", "Allow", ["AttachUserPolicy", "PutUserPolicy"]),
        ("Allow", "Deny", ["PutUserPolicy", "AttachUserPolicy"]),
    ],
)
def test_a_deny_goes_on_before_the_allow_that_it_holds_back(
    account: Account, attached: str, inline: str, calls: list[str]
) -> None:
    """What a policy says that the plan does not touch decides where its attachment stands."""

    def write(effect: str) -> str:
        return f'{{Statement: [{{Effect: {effect}, Action: "s3:*", Resource: "*"}}]}}'

    before = HEAD + f"policies: {{p: {{document: {write(attached)}}}}}\nusers: {{u: {{}}}}\n"
    after = before.replace("u: {}", f"u: {{policies: [p], inline_policies: {{x: {write(inline)}}}}}")
    account.write(before)
    account.apply()
    account.write(after)
    save(account)
    result = account.run_cli("apply", "plan.json")
    assert result.code == 0, result.err
    assert [line.split()[0] for line in list_writes(account)][-2:] == calls


@pytest.mark.parametrize(("first", "second"), [("p", "q"), ("q", "p")])
def test_calls_that_meet_in_somebody_else_keep_their_order(account: Account, first: str, second: str) -> None:
    """u has both policies: what the first one gives, the second one takes. A part of the account does not show u."""

    def content(one: str, other: str) -> str:
        policies = f"{{{first}: {{document: {document(one)}}}, {second}: {{document: {document(other)}}}}}"
        return HEAD + f"policies: {policies}\nusers: {{u: {{policies: [p, q]}}}}\n"

    save_plan(account, content("a:1", "a:2"), content("a:2", "a:3"))
    result = account.run_cli("apply", "plan.json", "--verbose")
    assert result.code == 0, result.err
    assert DETAILS in account.count_calls()
    made = [line for line in list_writes(account) if line.startswith("CreatePolicyVersion")]
    assert [line[-1] for line in made] == [first, second]

"""Promises of every export, over random accounts and the small fake of IAM."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import assume, event, given
from hypothesis import strategies as st

from reconciler.desired.declare import declare
from reconciler.desired.export import AccountExport, export_entities
from reconciler.desired.export_yaml import MAIN_FILE, format_file, format_files
from reconciler.desired.load import load
from reconciler.kinds.facets.tags import OWNER
from reconciler.model.desired import Desired
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Action
from reconciler.plan.build import build_plan
from reconciler.plan.compare.ownership import owner_of
from reconciler.plan.options import PlanOptions
from tests.support.examples import examples
from tests.support.exports import plan_export, read_export
from tests.support.fake_iam import FakeIam
from tests.support.strategies import ACCOUNT, ME, worlds

thorough = examples(40)
owners = st.sampled_from([None, ME, "another"])
patterns = st.lists(st.sampled_from(["user/*", "role/r1", "group/*", "policy/p?", "ROLE/R2"]), max_size=2)


def account(pair: tuple[Desired, State]) -> State:
    return FakeIam.of(pair[1]).read_state()


@thorough
@given(worlds(), patterns)
def test_a_plan_on_an_export_without_an_owner_is_empty(pair: tuple[Desired, State], only: list[str]) -> None:
    live = account(pair)
    plan = plan_export(export_entities(live, None, only), live)
    assert (plan.changes, plan.steps, plan.is_safe) == ((), (), True)


@thorough
@given(worlds(), st.sampled_from([ME, "another"]), patterns)
def test_a_plan_on_an_export_with_an_owner_only_adopts(
    pair: tuple[Desired, State], owner: str, only: list[str]
) -> None:
    live = account(pair)
    plan = plan_export(export_entities(live, owner, only), live)
    event(f"adoptions: {min(len(plan.changes), 3)}")
    assert plan.is_safe, plan.findings
    for change in plan.changes:
        assert (change.action, change.fields) == (Action.ADOPT, ())
        assert all(step.call.parameters["Tags"] == [{"Key": OWNER, "Value": owner}] for step in change.steps)


@thorough
@given(worlds(), owners)
def test_every_entity_is_in_the_file_or_said_to_be_left_out(pair: tuple[Desired, State], owner: str | None) -> None:
    live = account(pair)
    found = export_entities(live, owner, split=True)
    declared = read_export(format_file(found, "reconcile export"), live, found.files).state.entities
    assert declared.keys() | found.left_out.keys() == live.entities.keys()
    assert not declared.keys() & found.left_out.keys()
    for address, entity in live.entities.items():
        other = owner is not None and owner_of(entity) not in (None, owner)
        assert address in declared or other or address.kind == "instance-profile"


@thorough
@given(worlds(), owners)
def test_a_file_for_each_kind_says_what_the_one_file_says(pair: tuple[Desired, State], owner: str | None) -> None:
    live = account(pair)
    found = export_entities(live, owner, split=True)
    files = format_files(found, "reconcile export")
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(text)
        every = [name for name in files if name.endswith(".yaml")]
        several = [
            declare(load([Path(folder) / name for name in names], {}, ACCOUNT)) for names in (every, [MAIN_FILE])
        ]
    one = read_export(format_file(found, "reconcile export"), State(ACCOUNT, "aws", {}), found.files)
    for other in several:
        assert (other.state, other.owner, other.settings) == (one.state, one.owner, one.settings)


def body(found: AccountExport) -> str:
    """The file without comments, which speak of what is not in it."""
    return re.sub(r"^ *#.*\n", "", format_file(found, "reconcile export"), flags=re.MULTILINE)


@thorough
@given(worlds())
def test_an_export_applied_to_an_empty_account_is_exported_alike(pair: tuple[Desired, State]) -> None:
    live = account(pair)
    found = export_entities(live, ME, split=True)
    assume("AIDADANGLING" not in body(found))
    iam = FakeIam(ACCOUNT, LiveDetails(external_policies=live.details.external_policies, quotas=live.details.quotas))
    plan = build_plan(read_export(body(found), iam.read_state(), found.files), iam.read_state(), PlanOptions())
    assume(plan.is_safe)  # a name of what is not in the file, such as another owner's
    for step in plan.steps:
        iam.run_call(step.call)
    again = export_entities(iam.read_state(), ME, split=True)
    ignoring = found.settings != {}
    event(f"ignoring: {ignoring}")
    assert yaml.safe_load(body(again)) | {"settings": 0} == yaml.safe_load(body(found)) | {"settings": 0}
    assert ignoring or (body(again), again.files) == (body(found), found.files)


@thorough
@given(worlds(), owners)
def test_an_export_does_not_hang_on_the_order_of_what_is_read(pair: tuple[Desired, State], owner: str | None) -> None:
    live = account(pair)
    other = State(live.account, live.partition, dict(reversed(live.entities.items())), live.details)
    assert format_file(export_entities(other, owner), "x") == format_file(export_entities(live, owner), "x")


def test_an_export_of_nothing_is_a_valid_file() -> None:
    nothing = State(ACCOUNT, "aws", {})
    for owner in (None, ME):
        assert plan_export(export_entities(nothing, owner), nothing).changes == ()

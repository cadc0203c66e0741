"""What accounts tell about trusts is kept outside memory, and read back as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.app.organization import facts_store
from reconciler.app.organization.facts_store import LOADED_AT_ONCE, FactsStore
from reconciler.plan.cross_account.facts import CrossAccountFacts
from tests.support.cross_account import PROD, TOOLS, PlannedAccounts
from tests.support.files import Folder

ROLES = """\
roles:
  deploy:
    trust: [{roles: ['arn:aws:iam::222222222222:role/ci']}]
    inline_policies:
      reach: {Statement: {Effect: Allow, Action: sts:AssumeRole, Resource: "*"}}
"""


def make_facts(number: int) -> CrossAccountFacts:
    return CrossAccountFacts(f"{number:012}", "aws", listing="\n".join(f"role/app-{one}" for one in range(number)))


def test_the_facts_of_a_plan_are_read_back_as_they_were(tmp_path: Path) -> None:
    accounts = PlannedAccounts(Folder(tmp_path))
    accounts.plan(PROD, ROLES)
    accounts.plan(TOOLS, ROLES)
    facts = accounts.facts[PROD.id]
    assert facts.trusts and facts.callers and facts.arns
    with FactsStore() as store:
        for one in accounts.facts.values():
            store.add(one)
        assert dict(store) == accounts.facts


def test_threads_may_add_facts_at_the_same_time() -> None:
    with FactsStore() as store, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.add(make_facts(number)), range(200)))
        assert len(store) == 200
        assert all(store[f"{number:012}"] == make_facts(number) for number in range(200))


def test_an_account_without_facts_is_missing() -> None:
    with FactsStore() as store:
        store.add(make_facts(1))
        assert f"{2:012}" not in store and store.get(f"{2:012}") is None
        with pytest.raises(KeyError):
            store[f"{2:012}"]


def test_only_the_facts_of_a_few_accounts_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[bytes] = []
    real_loads = facts_store.pickle.loads
    monkeypatch.setattr(facts_store.pickle, "loads", lambda data: loads.append(data) or real_loads(data))
    with FactsStore() as store:
        for number in range(10):
            store.add(make_facts(number))
        assert loads == []
        for _ in range(3):
            assert [len(store[f"{number:012}"].arns) for number in range(LOADED_AT_ONCE)] == list(range(LOADED_AT_ONCE))
        assert len(loads) == LOADED_AT_ONCE
        for number in range(10):
            assert len(store[f"{number:012}"].arns) == number
        assert len(loads) == 10


def test_the_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with FactsStore() as store:
        store.add(make_facts(3))
        assert list(tmp_path.iterdir()) == []

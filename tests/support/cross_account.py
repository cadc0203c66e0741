"""Plan several accounts of an organization from texts, for tests of the trusts between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.app.organization.facts_store import FactsStore
from reconciler.model.account_waits import AccountWaits
from reconciler.model.desired import Desired
from reconciler.model.live import State
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.plan.build import build_plan
from reconciler.plan.cross_account.check import check_trusts, list_accounts_to_read
from reconciler.plan.cross_account.external_ids import RoleEntry
from reconciler.plan.cross_account.facts import CrossAccountFacts, extract_facts, extract_file_facts
from reconciler.plan.cross_account.waits import check_waits, find_account_waits
from reconciler.plan.options import PlanOptions
from tests.support.files import Folder, require_valid

PROD, TOOLS = MemberAccount("prod", "111111111111"), MemberAccount("tools", "222222222222")
HEAD = "version: 1\nowner: platform\n"
"""The first two lines of every file: a text after it begins on line 3."""


def _store(facts: CrossAccountFacts) -> CrossAccountFacts:
    """Return the facts as a run over many accounts reads them again."""
    with FactsStore() as store:
        store.add(facts)
        return store[facts.account]


@dataclass
class PlannedAccounts:
    """The accounts of a run. plan: adds one. all_accounts: those of the organization, planned or not."""

    folder: Folder
    all_accounts: Sequence[MemberAccount] = (PROD, TOOLS)
    facts: dict[str, CrossAccountFacts] = field(default_factory=dict)
    unplanned: dict[str, CrossAccountFacts] = field(default_factory=dict)
    waits: dict[str, AccountWaits] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)

    def declare(self, account: MemberAccount, text: str) -> Desired:
        self.folder.write(f"{account.name}.yaml", HEAD + text)
        return require_valid(self.folder.read_files(f"{account.name}.yaml", account=account.id))

    def plan(self, account: MemberAccount, text: str, live: str = "") -> None:
        """Plan an account. live: the text of the file that it was applied from before."""
        before = self.declare(account, live).state
        desired = self.declare(account, text)
        plan = build_plan(desired, State(account.id, before.partition, before.entities), PlanOptions())
        self.plans[account.id] = plan
        self.facts[account.id] = _store(extract_facts(plan, desired))
        self.waits[account.id] = find_account_waits(plan.steps, desired)

    def leave_out(self, account: MemberAccount, text: str) -> None:
        """Read an account's file without planning it."""
        self.unplanned[account.id] = _store(extract_file_facts(self.declare(account, text)))

    def find_trust_problems(self, entries: Iterable[RoleEntry] = ()) -> list[tuple[str, Problem]]:
        """Return each finding with the name of its account. Only files that the check asks for are given to it."""
        asked = {account.id for account in list_accounts_to_read(self.all_accounts, self.facts)}
        unplanned = {identity: one for identity, one in self.unplanned.items() if identity in asked}
        return [(one.name, problem) for one, problem in check_trusts(self.all_accounts, self.facts, unplanned, entries)]

    def find_wait_problems(self) -> list[tuple[str, Problem]]:
        return [(account.name, problem) for account, problem in check_waits(self.all_accounts, self.waits)]

"""The results of a run over many accounts with a bit of everything, for tests of renderers and readers."""

from __future__ import annotations

from dataclasses import replace

from reconciler.app.organization.results_section import RunResults
from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults, PlanFacts
from reconciler.model.address import Address
from reconciler.model.desired import Alias
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.risk import Risk, RiskCode, RiskReason
from reconciler.model.shards import Shard

PLACE = Place("org.yaml", 2, 1)
CALLER = "arn:aws:iam::999999999999:user/alice"
HIGH = RiskReason(RiskCode.TRUST_EVERYONE, Address("role", "r"), "everyone may assume role/r", PLACE)
LOW = RiskReason(RiskCode.ROLE_ACCESS, Address("role", "r"), "role/r gains s3:GetObject")
REFUSED = Problem(Level.ERROR, "assume-refused", "AWS refused the role.", "This is why.", "Do this.", PLACE)
NOTE = Problem(Level.WARNING, "unknown-variable", "A note.")


def make_account(name: str, number: int, wave: int = 1, *, canary: bool = False) -> MemberAccount:
    return MemberAccount(name, f"{number:012}", wave=wave, is_canary=canary)


def make_facts(name: str, group: str, *reasons: RiskReason, **counts: int) -> PlanFacts:
    risk, alias = Risk(reasons), f"acme-{name}"
    return PlanFacts(f"plans/{name}.json", group, counts, sum(counts.values()), risk, account_alias=alias)


def make_result(name: str, number: int, status: AccountStatus, group: str = "", *reasons: RiskReason) -> AccountResult:
    """Return the result of an account. group: see `PlanFacts`; empty: it has no plan."""
    plan = make_facts(name, group, *reasons, create=1, delete=2) if group else None
    return AccountResult(make_account(name, number), status, plan)


RESULTS = (
    make_result("dev-1", 1, AccountStatus.CHANGED, "same", LOW),
    make_result("dev-2", 2, AccountStatus.CHANGED, "same", LOW),
    make_result("dev-3", 3, AccountStatus.CHANGED, "same", LOW),
    replace(make_result("prod", 4, AccountStatus.CHANGED, "own", HIGH, LOW), journal="/state/4.jsonl", done=3),
    replace(make_result("idle", 5, AccountStatus.IN_STEP), plan=make_facts("idle", "")),
    make_result("unsafe", 6, AccountStatus.UNSAFE, "unsafe"),
    replace(make_result("shut", 7, AccountStatus.FAILED), problems=(REFUSED, NOTE)),
    replace(make_result("late", 8, AccountStatus.NOT_STARTED, "same"), account=make_account("late", 8, 2, canary=True)),
)
SUMMARY = OrganizationResults(RESULTS, CALLER, ("org.yaml",), (NOTE,), ("2/4", "wave 3"), is_applied=True)
HUB = Alias(
    "hub", "arn:aws:iam::888888888888:role/hub", None, PLACE, duration=900, source_identity="ci",
    session_tags={"team": "a"}, transitive_tags=("team",),
)  # fmt: skip
SESSION = Alias("organization", "", None, PLACE, via="hub", session_name="nightly", external_id="example-7f3a")
RUN = RunResults(
    "plan",
    RESULTS,
    CALLER,
    "aws",
    "ci/reconciler",
    SESSION,
    {"hub": HUB},
    ("org.yaml", "base.yaml"),
    Shard(1, 4),
    1,
    (1, 2),
    tuple(result.account for result in RESULTS),
    (NOTE,),
)

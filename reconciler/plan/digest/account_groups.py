"""Gather the results of many accounts: those with the same changes, or the same problems, are shown once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.model.account_results import AccountResult, AccountStatus, OrganizationResults
from reconciler.model.risk import RiskLevel, RiskReason

_PLAN_ORDER = (
    AccountStatus.UNSAFE,
    AccountStatus.CHANGED,
    AccountStatus.FAILED,
    AccountStatus.NOT_STARTED,
    AccountStatus.IN_STEP,
)
_APPLY_ORDER = (
    AccountStatus.FAILED,
    AccountStatus.UNSAFE,
    AccountStatus.NOT_STARTED,
    AccountStatus.CHANGED,
    AccountStatus.IN_STEP,
)
_RISK_ORDER = tuple(RiskLevel)
_EXAMPLES = 3
_ANY_ID = "ACCOUNT"
"""Stands for the id of each account in a text about several."""


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """Accounts that are shown in one paragraph: they have the same status, and the same changes or problems."""

    results: tuple[AccountResult, ...]

    @property
    def first(self) -> AccountResult:
        return self.results[0]

    @property
    def status(self) -> AccountStatus:
        return self.first.status

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(result.account.name for result in self.results)

    @property
    def has_plan_to_show(self) -> bool:
        """True if the plan says something: changes, or findings of an account that is in step."""
        plan = self.first.plan
        return plan is not None and (self.status is not AccountStatus.IN_STEP or bool(plan.group))

    def generalize(self, text: str) -> str:
        """Return a text about the first account as one about all of the group: `ACCOUNT` in place of its id."""
        return _without_account(text, self.first) if len(self.results) > 1 else text


@dataclass(frozen=True, slots=True)
class GatheredReason:
    """A reason of the risk, with the accounts that have it. If several do, `ACCOUNT` stands for the id of each."""

    reason: RiskReason
    accounts: tuple[str, ...]


def group_results(summary: OrganizationResults) -> tuple[AccountGroup, ...]:
    """Return the groups, of plans: unsafe ones first, then changes by risk and number of accounts; those in step last.

    Of an apply, the accounts that it did not change come before those that it changed.
    """
    order = _APPLY_ORDER if summary.is_applied else _PLAN_ORDER

    def rank(group: AccountGroup) -> tuple[int, int, bool, int]:
        level = group.first.plan.risk.level if group.first.plan else RiskLevel.NONE
        is_quiet = group.status is AccountStatus.IN_STEP and not group.has_plan_to_show
        return order.index(group.status), _RISK_ORDER.index(level), is_quiet, -len(group.results)

    groups: dict[object, list[AccountResult]] = {}
    for result in summary.results:
        groups.setdefault(_key_of(result), []).append(result)
    return tuple(sorted((AccountGroup(tuple(results)) for results in groups.values()), key=rank))


def _key_of(result: AccountResult) -> object:
    problems = tuple((one.code, one.place, _without_account(one.message, result)) for one in result.problems)
    shown = result.plan.group if result.plan else ""
    done = result.done if result.status is AccountStatus.FAILED else 0  # the heading of a failed apply tells it
    return result.status, shown, problems, done


def _without_account(text: str, result: AccountResult) -> str:
    return text.replace(result.account.id, _ANY_ID)


def gather_reasons(summary: OrganizationResults) -> tuple[GatheredReason, ...]:
    """Return the reasons of all plans, each once: those that make a risk high first, then by number of accounts."""
    gathered: dict[tuple[object, str], tuple[RiskReason, list[str]]] = {}
    for result in summary.results:
        for reason in result.plan.risk.reasons if result.plan else ():
            key = (reason.code, _without_account(reason.message, result))
            gathered.setdefault(key, (reason, []))[1].append(result.account.name)
    reasons = [
        GatheredReason(replace(reason, message=message) if len(names) > 1 else reason, tuple(names))
        for (_, message), (reason, names) in gathered.items()
    ]
    return tuple(sorted(reasons, key=lambda one: (not one.reason.is_high, -len(one.accounts))))


def format_accounts(names: Sequence[str]) -> str:
    """Return a few names and the number of the others: `dev-1, dev-2, dev-3 and 184 more`."""
    more = len(names) - _EXAMPLES
    return f"{', '.join(names[:_EXAMPLES])} and {more} more" if more > 1 else ", ".join(names)

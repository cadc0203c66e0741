"""Tell the accounts of a run which users and roles that the run creates exist by now.

IAM refuses a trust policy that names a principal which does not exist ("Invalid principal in policy", IAM API,
UpdateAssumeRolePolicy), in another account, too. So a call that writes a trust waits until the account that creates
the principal has done so (`executor.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from reconciler.aws.slots import Slot, Slots
from reconciler.model.member_account import MemberAccount
from reconciler.model.plan import ELSEWHERE_FACT, Fact
from reconciler.model.problem import Level, Problem


class PrincipalBoard:
    """The users and roles that a run creates. Many threads may use one.

    creators: maps the ARN of each to the account whose plan creates it.
    """

    def __init__(self, creators: Mapping[str, MemberAccount]) -> None:
        self._creators = creators
        self._lock = Lock()
        self._made: set[Fact] = set()
        self._done: set[str] = set()
        self._failed: set[str] = set()
        self._blocked: dict[str, frozenset[Fact]] = {}

    def add(self, facts: Iterable[Fact]) -> None:
        """Record that a call has made these facts true. Only those about principals by their ARN count."""
        with self._lock:
            self._made.update(fact for fact in facts if fact[0] == ELSEWHERE_FACT)

    def end(self, account: str, *, failed: bool) -> None:
        """Record that an account makes no further call. account: its id.

        failed: False if all that it plans is there now, whoever created it. An account that is never started fails.
        """
        with self._lock:
            (self._failed if failed else self._done).add(account)
            self._blocked.pop(account, None)

    def find_awaited(self, needs: Iterable[Fact]) -> set[Fact]:
        """Return those of the facts that an account of the run makes true and has not yet."""
        with self._lock:
            return {
                fact
                for fact in needs
                if fact[0] == ELSEWHERE_FACT
                and fact not in self._made
                and (creator := self._creators.get(fact[1])) is not None
                and creator.id not in self._done
            }

    def find_made(self, needs: Iterable[Fact]) -> set[Fact]:
        """Return those of the facts that a call of this run made true: IAM may not show them everywhere yet."""
        with self._lock:
            return self._made.intersection(needs)

    def block(self, account: str, facts: Iterable[Fact]) -> None:
        """Record that an account can do nothing until one of these facts is true; none if it can do something."""
        with self._lock:
            self._blocked[account] = frozenset(facts)

    def is_stuck(self, account: str) -> bool:
        """Return whether an account waits for accounts that wait in turn, so that none of them can ever go on."""
        with self._lock:
            stuck = {one for one, facts in self._blocked.items() if facts and facts.isdisjoint(self._made)}
            while free := {one for one in stuck if not all(map(stuck.__contains__, self._list_creators(one)))}:
                stuck -= free
            return account in stuck

    def _list_creators(self, account: str) -> list[str]:
        return [self._creators[fact[1]].id for fact in self._blocked[account]]

    def has_failed(self, fact: Fact) -> bool:
        """Return whether the account that should make an awaited fact true never will."""
        with self._lock:
            return self._creators[fact[1]].id in self._failed

    def get_creator(self, fact: Fact) -> MemberAccount:
        """Return the account that makes an awaited fact true."""
        return self._creators[fact[1]]


def explain_failed_wait(what: str, fact: Fact, creator: MemberAccount, *, is_stuck: bool = False) -> Problem:
    """Return the problem of a call that waits in vain.

    what: the call, as `CreateRole of role/app`. is_stuck: the other account waits for this one in turn.
    """
    summary = f"{what} was not sent: its trust names {fact[1]}, which {creator.label} has not created."
    detail = "That account failed or was not started, and IAM refuses a trust that names a principal which is missing."
    hint = f"See the error of {creator.name}, and apply again."
    if is_stuck:
        detail = "That account waits in turn, and none of them can go on: one has changed since it was planned."
        hint = "Plan again."
    return Problem(Level.ERROR, "cross-account-wait", summary, detail, hint)


@dataclass(frozen=True)
class OtherAccounts:
    """The other accounts of a run, as the apply of one account needs them; by default there are none.

    slot: the account's own, which it gives up while all its calls wait for other accounts.
    """

    board: PrincipalBoard = field(default_factory=lambda: PrincipalBoard({}))
    slot: Slot = field(default_factory=lambda: Slots(1).take())

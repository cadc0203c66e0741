"""Compare the external ids that aliases and `organization` send with those that the trusts of their roles demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Place
from reconciler.plan.cross_account.facts import CrossAccountFacts, CrossAccountTrust


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A line of the files by which a role is assumed. label: names it, as `organization` or an alias of an account."""

    label: str
    role_arn: str
    external_id: str | None
    place: Place | None


def list_alias_entries(
    accounts: Iterable[MemberAccount], find_facts: Callable[[MemberAccount], CrossAccountFacts | None]
) -> Iterator[RoleEntry]:
    """Yield an entry for each alias that assumes a role of another account; one of a shared file only once."""
    seen: set[tuple[str, str | None, Place]] = set()
    for account in accounts:
        facts = find_facts(account)
        for alias in facts.aliases if facts else ():
            key = alias.role_arn, alias.external_id, alias.place
            if key not in seen:
                seen.add(key)
                yield RoleEntry(f"The alias {alias.name} of {account.label}", *key)


def find_wrong_entries(
    facts: CrossAccountFacts, entries: Mapping[str, list[RoleEntry]]
) -> Iterator[tuple[CrossAccountTrust, RoleEntry]]:
    """Yield each entry, by the ARN of its role, whose external id no statement of the trust accepts.

    Nothing is wrong if a statement demands no external id, or one with a policy variable: it may let the caller in.
    """
    for trust in facts.trusts:
        for entry in entries.get(trust.target.arn, ()) if trust.external_ids else ():
            if not any(accepted is None or entry.external_id in accepted for accepted in trust.external_ids):
                yield trust, entry

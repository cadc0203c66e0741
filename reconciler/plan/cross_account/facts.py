"""Take out of the plan of one account all that the check of trusts across accounts needs: a few kilobytes.

A plan is dropped once it is written, so that a run over thousands of accounts fits into memory. Of an account that is
not planned, the files alone give the same facts, as far as they declare them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.access import Principal, Target, targets_of
from reconciler.access.trust_entrances import list_external_ids
from reconciler.model.account_waits import TrustLine
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.desired import Desired
from reconciler.model.effects import Rename
from reconciler.model.entity import Role, User
from reconciler.model.live import State
from reconciler.model.plan import Action, Change, Plan
from reconciler.model.problem import Place
from reconciler.plan.cross_account.callers import NarrowedPolicies, find_callers
from reconciler.plan.cross_account.trust_lines import find_trust_line
from reconciler.policy.trust import find_foreign_principals, mentions_external_id

PRINCIPAL_KINDS = ("user", "role")


@dataclass(frozen=True, slots=True)
class CrossAccountTrust:
    """A role whose trust concerns other accounts.

    principals: maps each user and role of another account that the trust names to the line that names it. line: that of
    the role. external_ids: for each statement that lets in users, roles or accounts, those that it demands; None for a
    statement that may accept any, or none.
    """

    target: Target
    line: TrustLine
    principals: Mapping[str, TrustLine]
    external_ids: tuple[frozenset[str] | None, ...] = ()


@dataclass(frozen=True, slots=True)
class AssumingAlias:
    """An alias of the files, with the external id that it sends; None if it sends none."""

    name: str
    role_arn: str
    external_id: str | None
    place: Place


@dataclass(frozen=True)
class CrossAccountFacts:
    """The facts of one account after its plan, or of its files alone, that concern trusts across accounts.

    account: its id. trusts: those that the files declare or the plan changes.
    listing: the kind, path and name of each user and role, one a line: `role/ci/deploy`.
    removed: maps the ARN of each user and role that the plan deletes or moves to its new ARN; "" if there is none.
    callers: by ARN, the users and roles whose own policies may let them assume roles of other accounts.
    aliases: those that assume roles of other accounts.
    is_part: a user or role that the listing lacks may exist all the same. is_of_files: the account was not planned.
    """

    account: str
    partition: str
    trusts: tuple[CrossAccountTrust, ...] = ()
    listing: str = ""
    removed: Mapping[str, str] = field(default_factory=dict)
    callers: Mapping[str, Principal] = field(default_factory=dict)
    aliases: tuple[AssumingAlias, ...] = ()
    is_part: bool = False
    is_of_files: bool = False

    @cached_property
    def arns(self) -> Mapping[Address, str]:
        """The ARN of each user and role."""
        arns = {}
        for line in filter(None, self.listing.split("\n")):
            kind, _, rest = line.partition("/")
            arns[Address(kind, rest.rpartition("/")[2])] = f"arn:{self.partition}:iam::{self.account}:{line}"
        return arns


def extract_facts(plan: Plan, desired: Desired) -> CrossAccountFacts:
    """Return the facts of the account after a plan. desired: the files that were planned, which have the lines."""
    after = plan.after or State(plan.account, plan.partition, {})
    changed = {change.address for change in plan.changes if _writes_trust(change)}
    roles = [
        address
        for address, entity in after.entities.items()
        if isinstance(entity, Role) and (address in changed or _declares_trust(desired, entity))
    ]
    return CrossAccountFacts(
        account=plan.account,
        partition=plan.partition,
        trusts=tuple(_find_trusts(after, roles, desired)),
        listing=_list_principals(after),
        removed=_find_removed(plan, after),
        callers=find_callers(after, is_part=after.known_addresses is not None),
        aliases=_find_foreign_aliases(desired, plan.account),
        is_part=after.known_addresses is not None or any(map(_is_of_principals, after.details.unread)),
    )


def extract_file_facts(desired: Desired) -> CrossAccountFacts:
    """Return the facts that follow from the files of an account alone, if it is not planned."""
    state = desired.state
    roles = [address for address, entity in state.entities.items() if isinstance(entity, Role)]
    ignored = frozenset(address for address, one in desired.declarations.items() if one.ignore_changes)
    return CrossAccountFacts(
        account=state.account,
        partition=state.partition,
        trusts=tuple(_find_trusts(state, roles, desired)),
        listing=_list_principals(state),
        callers=find_callers(state, is_part=True, ignored=ignored),
        aliases=_find_foreign_aliases(desired, state.account),
        is_part=True,
        is_of_files=True,
    )


def _is_of_principals(unread: str) -> bool:
    """Return whether users and roles, or one of them, could only be read in part. unread: a kind or an address."""
    return unread.partition("/")[0] in PRINCIPAL_KINDS


def _writes_trust(change: Change) -> bool:
    return change.action is Action.CREATE or any(one.path == "trust_policy" for one in change.fields)


def _declares_trust(desired: Desired, role: Role) -> bool:
    """Return whether the files declare the trust of a role as it is; `ignore_changes` may keep another one."""
    declared = desired.state.entities.get(role.address)
    return isinstance(declared, Role) and declared.trust_policy == role.trust_policy


def _find_trusts(state: State, roles: list[Address], desired: Desired) -> Iterator[CrossAccountTrust]:
    """Yield the trusts that name principals of other accounts or demand an external id."""
    chosen: dict[Address, Role] = {}
    for address in roles:
        role = state.entities[address]
        if isinstance(role, Role) and (
            find_foreign_principals(role.trust_policy, state.account) or mentions_external_id(role.trust_policy)
        ):
            chosen[address] = role
    targets = targets_of(replace(state, entities=chosen, known_addresses=None)) if chosen else {}
    narrowed = NarrowedPolicies()
    for address, target in targets.items():
        arns = sorted(find_foreign_principals(target.trust, state.account))
        yield CrossAccountTrust(
            replace(
                target,
                trust=replace(target.trust, text="", listed=(), places=()),
                resource_controls=narrowed.narrow(target.resource_controls),
            ),
            find_trust_line(address, "", desired),
            {arn: find_trust_line(address, arn, desired) for arn in arns},
            tuple(list_external_ids(target.trust)) if mentions_external_id(target.trust) else (),
        )


def _list_principals(state: State) -> str:
    return "\n".join(
        sorted(
            f"{address.kind}{entity.path}{entity.name}"
            for address, entity in state.entities.items()
            if isinstance(entity, User | Role)
        )
    )


def _find_removed(plan: Plan, after: State) -> dict[str, str]:
    """Return old ARN → new ARN of the users and roles that the plan deletes, renames, or gives another path."""
    successors = {move.old: move.new for move in plan.moves}
    removed = {}
    for change in plan.changes:
        if change.address.kind in PRINCIPAL_KINDS and change.before is not None:
            renames = [step.effect.old for step in change.steps if isinstance(step.effect, Rename)]
            old = renames[0] if renames and renames[0] != change.address else change.before.address
            arn = arn_of(old, change.before.path, after.account, after.partition)
            successor = successors.get(change.address) if change.action is Action.DELETE else change.address
            entity = after.entities.get(successor) if successor else None
            new_arn = arn_of(entity.address, entity.path, after.account, after.partition) if entity else ""
            if new_arn != arn:
                removed[arn] = new_arn
    return removed


def _find_foreign_aliases(desired: Desired, account: str) -> tuple[AssumingAlias, ...]:
    return tuple(
        AssumingAlias(alias.name, alias.role_arn, alias.external_id, alias.place)
        for alias in desired.aliases.values()
        if alias.role_arn.split(":")[4:5] != [account]
    )

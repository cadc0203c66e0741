"""Judge the risk of a plan: what it opens, by which a reviewer decides in a minute.

Losing access is never a risk. The list of what makes a risk high is in `model/risk.py:RiskCode`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.access.closer_conditions import demands_as_much
from reconciler.access.trust_risk import TrustChange
from reconciler.kinds.facets.tags import BREAK_GLASS, PROTECT, with_our_keys
from reconciler.model.account_caches import cache_for_account
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Role
from reconciler.model.held_policies import boundary_of
from reconciler.model.live import State
from reconciler.model.permissions import PermissionRow
from reconciler.model.plan import AccessDelta
from reconciler.model.problem import Place, Problem
from reconciler.model.risk import Risk, RiskCode, RiskReason
from reconciler.model.role_access import AccessTerms, gather_by_principals
from reconciler.model.sentence import format_counted, format_list
from reconciler.plan.access.lifted_denies import LiftedDenies
from reconciler.plan.access.permission_words import describe_gain, group_by_service
from reconciler.plan.access.power_words import describe_powers
from reconciler.plan.access.provider_risk import find_provider_risks
from reconciler.plan.compare.diff import Difference
from reconciler.policy.global_keys import spell_key
from reconciler.policy.statement_words import MAX_NAMED

_GRAVITY = {code: rank for rank, code in enumerate(RiskCode)}
_TYPE_AND_ANY_NAME = re.compile(r"([A-Za-z0-9_.-]+[:/])?[*?:/]*\*[*?:/]*", re.ASCII)
_PART_OF_TYPE = re.compile(r"[A-Za-z0-9_.-]*\*[*?:/]*", re.ASCII)
_SERVICES_WITHOUT_TYPES = frozenset(["s3", "sns", "sqs", "codecommit", "codepipeline"])
"""Services in whose ARNs the name follows the account, with no type before it (AWS Service Authorization Reference)."""


@dataclass(frozen=True)
class RiskJudge:
    """The facts about one plan.

    baseline, after: the account on either side. differences: between them. access: what the plan gives and takes.
    places: the declarations in the file. findings: those of the order of the calls.
    """

    baseline: State
    after: State
    differences: Iterable[Difference]
    access: AccessDelta
    places: Mapping[Address, Place]
    findings: Iterable[Problem]

    def assess(self) -> Risk:
        """Return the risk of the plan, the gravest reasons first."""
        trusts = list(self._find_trusts())
        reasons = dict.fromkeys(
            (
                *self._find_powers(),
                *trusts,
                *self._find_providers(),
                *self._find_lost_limits(),
                *self._find_permissions(),
                *self._find_order_risks(),
                *self._find_role_access(frozenset(reason.address for reason in trusts)),
            )
        )
        ordered = sorted(reasons, key=lambda one: (_GRAVITY[one.code], one.address, one.message))
        return Risk(tuple(ordered))

    def _make_reason(self, code: RiskCode, address: Address, message: str, place: Place | None = None) -> RiskReason:
        return RiskReason(code, address, message, place or self.places.get(address))

    def _find_powers(self) -> Iterator[RiskReason]:
        for power, message in describe_powers(self.access.powers_gained, "gain"):
            is_whole = power.grade == "administrator"
            code = RiskCode.ADMINISTRATOR_POWER if is_whole else RiskCode.ESCALATION_PATH
            yield self._make_reason(code, Address.parse(power.principal), message)

    def _find_trusts(self) -> Iterator[RiskReason]:
        for difference in self.differences:
            old, new = difference.before, difference.after
            if isinstance(new, Role):
                before = old.trust_policy if isinstance(old, Role) else None
                if before != new.trust_policy:
                    place = self.places.get(new.address)
                    yield from TrustChange.of(
                        new.address, before, new.trust_policy, self.after.account, place
                    ).find_risks()

    def _find_providers(self) -> Iterator[RiskReason]:
        for provider, message in find_provider_risks(self.differences, self.after):
            yield self._make_reason(RiskCode.TRUST_PROVIDER, provider, message)

    def _find_lost_limits(self) -> Iterator[RiskReason]:
        """Yield each Deny, boundary, protection and break-glass mark that comes off an entity that stays."""
        for address, message in LiftedDenies(self.baseline, self.after, self.differences).find():
            yield self._make_reason(RiskCode.DENY_REMOVED, address, message)
        for difference in self.differences:
            old, new = difference.before, difference.after
            if old is None or new is None:
                continue
            if boundary_of(old) and not boundary_of(new):
                message = f"{new.address} loses its permissions boundary"
                yield self._make_reason(RiskCode.BOUNDARY_REMOVED, new.address, message)
            before, after = _tags_of(old), _tags_of(new)
            for tag, code, noun in (
                (PROTECT, RiskCode.PROTECTION_REMOVED, "protection"),
                (BREAK_GLASS, RiskCode.BREAK_GLASS_REMOVED, "break-glass mark"),
            ):
                if before.get(tag) == "true" and after.get(tag) != "true":
                    yield self._make_reason(code, new.address, f"{new.address} loses its {noun}")

    def _find_permissions(self) -> Iterator[RiskReason]:
        """Yield a reason for each widening; none for a principal that gains administrator power, which says it all."""
        permissions = self.access.permissions
        powerful = {one.principal for one in self.access.powers_gained if one.grade == "administrator"}
        by_code: defaultdict[RiskCode, list[PermissionRow]] = defaultdict(list)
        for row in (*permissions.gained, *permissions.changed, *permissions.lost):
            if row.widens and not powerful.issuperset(row.principals):
                by_code[judge_row(row)].append(row)
        for code, rows in by_code.items():
            for group in group_by_service(rows):
                address = Address.parse(group[0].principals[0])
                yield self._make_reason(code, address, describe_gain(group), group[0].place)

    def _find_order_risks(self) -> Iterator[RiskReason]:
        for finding in self.findings:
            if finding.code == "order-excess" and finding.address:
                yield self._make_reason(RiskCode.ORDER_EXCESS, finding.address, finding.summary)

    def _find_role_access(self, opened: frozenset[Address]) -> Iterator[RiskReason]:
        """Yield one reason for the roles that the same principals may newly assume, or on fewer conditions.

        opened: the roles whose trust is a reason already.
        """
        for principals, roles in gather_by_principals(self.access.gained_groups):
            if closed := [role for role in roles if Address.parse(role) not in opened]:
                message = f"{format_counted(principals)} may newly assume {format_counted(closed)}"
                yield self._make_reason(RiskCode.ROLE_ACCESS, Address.parse(closed[0]), message)
        for group in self.access.changed_groups:
            roles = [role for role in group.roles if Address.parse(role) not in opened]
            if not roles or not group.before or demands_more(group.before, group.terms):
                continue
            lost = sorted(set(group.before.conditions) - set(group.terms.conditions))
            code = RiskCode.TRUST_CONDITION_REMOVED
            if group.before.mfa and not group.terms.mfa:
                how = " without MFA"
            elif lost:
                how = f", no longer depending on {format_list(map(spell_key, lost), MAX_NAMED)}"
            else:
                code, how = RiskCode.ROLE_ACCESS, " on other conditions"
            message = f"{format_counted(group.principals)} may now assume {format_counted(roles)}{how}"
            yield self._make_reason(code, Address.parse(roles[0]), message)


def demands_more(before: AccessTerms, after: AccessTerms) -> bool:
    """Return whether a principal may assume a role only on all of the earlier conditions, and on others."""
    if before.stopped_by and not after.stopped_by:
        return False
    keeps = before.mfa <= after.mfa and set(before.conditions) <= set(after.conditions)
    adds = before.mfa < after.mfa or len(before.conditions) < len(after.conditions)
    return keeps and (adds or _keep_limits(before.terms, after.terms))


def _keep_limits(before: frozenset[str], after: frozenset[str]) -> bool:
    """Return whether, for each key, the conditions stay as they are, or closer limits alone take their place."""
    was, now = _group_by_key(before), _group_by_key(after)
    return all(
        now[key] == terms or (now[key] and all(demands_as_much(one, term) for one in now[key] for term in terms))
        for key, terms in was.items()
    )


def _group_by_key(terms: Iterable[str]) -> defaultdict[str, set[str]]:
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for term in terms:
        by_key[term.split(" ")[1]].add(term)
    return by_key


def judge_row(row: PermissionRow) -> RiskCode:
    """Return the code of a row that widens: high if it manages permissions or reads data, of all or all of a type."""
    if is_unlimited(row):
        if "permissions management" in row.levels or row.service == "*":
            return RiskCode.PERMISSIONS_MANAGEMENT
        if row.has_data:
            return RiskCode.DATA_ACCESS
    return RiskCode.PERMISSIONS


def is_unlimited(row: PermissionRow) -> bool:
    """Return whether a row is about every resource, or about all resources of a type."""
    return any(map(_covers_whole_type, row.resources))


@cache_for_account(maxsize=4096)
def _covers_whole_type(pattern: str) -> bool:
    """Return whether a pattern of resources covers all, or all of a type.

    An ARN without region and account, as S3's, has no type: its last part begins with the name of the resource.
    `secret:?*` and `sec*` are all secrets, as `secret:*` is: a name has at least one character.
    """
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return pattern.rstrip("?").endswith("*")
    *_, service, region, account, name = parts
    if not (region or account):
        return not name.strip("*?/")
    is_part_of_type = service not in _SERVICES_WITHOUT_TYPES and _PART_OF_TYPE.fullmatch(name)
    return bool(is_part_of_type or _TYPE_AND_ANY_NAME.fullmatch(name))


def _tags_of(entity: Entity) -> Mapping[str, str]:
    return with_our_keys(getattr(entity, "tags", {}))

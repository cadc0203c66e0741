"""Find out how a change of a role's trust policy opens the role: to whom, or by dropping which condition.

The trust before and after are compared name by name. A statement opens nothing if it demands at least what
an earlier statement for the same name demanded. If the Version changes, a text can become a variable, so both are
compared as Version 2012-10-17 writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.access.closer_conditions import implies
from reconciler.access.conditions import compile_condition
from reconciler.access.context import NO_MFA_POSSIBLE, NOTHING_KNOWN
from reconciler.access.document_versions import becomes_variables, write_as_current
from reconciler.access.federated_subjects import find_open_subjects
from reconciler.access.trust_entrances import Entrance, covers_entrance, covers_name, list_entrances
from reconciler.model.address import Address
from reconciler.model.document import Condition, Document, Statement
from reconciler.model.durations import format_seconds_text
from reconciler.model.problem import Place
from reconciler.model.risk import RiskCode, RiskReason
from reconciler.policy.canonical import CURRENT_VERSION
from reconciler.policy.global_keys import MFA_AGE, MFA_KEYS, TIME_KEYS
from reconciler.policy.overlap import covers_pattern, covers_patterns, pattern_sets_overlap
from reconciler.policy.statement_places import find_statement_place
from reconciler.policy.trust import CLOSED_DOCUMENT, entity_of

_PLAIN_OPERATORS = frozenset(["StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress", "Bool"])
"""Operators that accept the values that stand beside them, and no request without the key."""


@dataclass(frozen=True, slots=True)
class TrustChange:
    """The trust of one role before and after a plan. before: None for a new role. place: of the role in the file."""

    role: Address
    before: Document | None
    after: Document
    account: str
    place: Place | None

    @classmethod
    def of(
        cls, role: Address, before: Document | None, after: Document, account: str, place: Place | None
    ) -> TrustChange:
        """Return the change; if the Version changes, with both documents as Version 2012-10-17 writes them."""
        if before is not None and before.version != after.version:
            before, after = write_as_current(before), write_as_current(after)
        return cls(role, before, after, account, place)

    def find_risks(self) -> Iterator[RiskReason]:
        """Yield a reason for each way in which the change opens the role."""
        old = [] if self.before is None else list(filter(_list_assume_actions, list_entrances(self.before)))
        for entrance in sorted(filter(_list_assume_actions, list_entrances(self.after)), key=repr):
            if any(map(_never_holds, entrance.statement.conditions)):
                continue
            earlier = [one.statement for one in old if _admits_as_well(one, entrance)]
            if not earlier:
                yield from self._find_new_entrance(entrance, old)
            elif not any(_demands_at_least(entrance.statement, one) for one in earlier):
                yield from self._find_lost_conditions(entrance, earlier)
        if self.before is not None and self.before != CLOSED_DOCUMENT:
            yield from self._find_lost_denies(self.before)

    def _make_reason(self, code: RiskCode, message: str, statement: Statement | None = None) -> RiskReason:
        place = find_statement_place(self.after, statement) if statement else None
        return RiskReason(code, self.role, message, place or self.place)

    def _find_new_entrance(self, entrance: Entrance, old: list[Entrance]) -> Iterator[RiskReason]:
        """Yield a reason if a name that is new in the trust is a risk; those of users, roles and services are not."""
        wider = (one for one in old if one.value == "*" and one.kind in ("*", entrance.kind))
        if entrance.kind == "AWS":
            wider = (one for one in old if covers_name(one, entrance.value))
        actions = set(_list_assume_actions(entrance))
        if any(
            actions <= set(_list_assume_actions(one)) and _demands_at_least(entrance.statement, one.statement)
            for one in wider
        ):
            return
        statement = entrance.statement
        without = "" if self._demands_mfa(entrance) else ", without MFA"
        owner = _find_account(entrance.value)
        if "*" in (entrance.kind, entrance.value):
            yield self._make_reason(
                RiskCode.TRUST_EVERYONE, f"{self.role} can now be assumed by everyone{without}", statement
            )
        elif entrance.kind == "AWS" and owner and owner != self.account:
            named = f"account {owner}" if entrance.value.endswith(":root") else entrance.value
            yield self._make_reason(
                RiskCode.TRUST_ACCOUNT, f"{self.role} can now be assumed by {named}{without}", statement
            )
        elif entrance.kind == "AWS" and entrance.value.endswith(":root"):
            yield self._make_reason(
                RiskCode.TRUST_OWN_ACCOUNT,
                f"{self.role} can now be assumed by every principal of the account whose policies allow it{without}",
                statement,
            )
        elif entrance.kind == "Federated" and (wildcard := find_open_subjects(statement)) is not None:
            subjects = f"subjects {wildcard}" if wildcard else "every subject"
            yield self._make_reason(
                RiskCode.TRUST_WILDCARD,
                f"{self.role} can now be assumed by {subjects} of {entrance.value.rpartition(':')[2]}",
                statement,
            )

    def _demands_mfa(self, entrance: Entrance) -> bool:
        """Return whether the trust lets somebody in with MFA only: by its Allow, or by a Deny that covers it."""
        if any(map(_holds_with_mfa_only, entrance.statement.conditions)):
            return True
        actions = frozenset(_list_assume_actions(entrance))
        return any(
            covers_entrance(one, entrance.kind, entrance.value)
            and covers_patterns(one.actions, one.not_action, actions, False)
            and all(map(_holds_without_mfa, one.conditions))
            for one in _bare_denies_of(self.after)
        )

    def _find_lost_conditions(self, entrance: Entrance, earlier: list[Statement]) -> Iterator[RiskReason]:
        """Yield each condition that a name no longer has to fulfil, beside the closest of the earlier statements."""
        statement = entrance.statement
        closest = max(earlier, key=lambda one: len(one.conditions & statement.conditions))
        name = str(entity_of(entrance.value, self.account, entrance.kind) or entrance.value)
        lost = sorted((one for one in closest.conditions if not _is_implied(one, statement)), key=lambda one: one.key)
        demands_some = any(one.key in MFA_KEYS for one in statement.conditions)
        if not demands_some and any(one.key in MFA_KEYS for one in lost):
            message = f"{self.role} no longer demands MFA of {name}"
            yield self._make_reason(RiskCode.TRUST_CONDITION_REMOVED, message, statement)
        for one in lost:
            if demands_some or one.key not in MFA_KEYS:
                now = _find_successor(one, statement)
                message = f"{self.role} {_describe_loss(one, now, closest.spelling_of(one.key), name)}"
                is_wild = now is not None and any("*" in value for value in now.values - one.values)
                code = RiskCode.TRUST_WILDCARD if is_wild else RiskCode.TRUST_CONDITION_REMOVED
                yield self._make_reason(code, message, statement)

    def _find_lost_denies(self, before: Document) -> Iterator[RiskReason]:
        for one in sorted(_bare_denies_of(before) - _bare_denies_of(self.after), key=repr):
            others = (other for other in _bare_denies_of(self.after) if _covers_deny(other, one))
            if not any(_demands_at_least(one, other) for other in others):
                added = _bare_denies_of(self.after) - _bare_denies_of(before)
                message = f"a Deny comes off the trust of {self.role}"
                if any(_overlaps_deny(other, one) for other in added):
                    message = f"a Deny of the trust of {self.role} is narrowed"
                yield self._make_reason(RiskCode.TRUST_DENY_REMOVED, message)


def _find_successor(lost: Condition, statement: Statement) -> Condition | None:
    """Return the condition on the same key that stands in place of a lost one; None if there is none."""
    same_key = [one for one in statement.conditions if one.key == lost.key]
    return min(same_key, key=lambda one: (one.operator != lost.operator, one.operator), default=None)


def _describe_loss(lost: Condition, now: Condition | None, key: str, name: str) -> str:
    """Return what a role no longer demands of a name, or demands in its place. now: see `_find_successor`."""
    values, values_now = _format_values(lost), _format_values(now) if now else ""
    is_age_limit = lost.key == MFA_AGE and lost.operator.startswith("NumericLessThan")
    if now is None:
        if is_age_limit:
            return f"no longer demands MFA at most {values} old of {name}"
        return f"{'no longer ends at' if lost.key in TIME_KEYS else f'no longer demands {key}'} {values} for {name}"
    if becomes_variables(lost, now):
        return f"accepts {key} {values_now} of {name} (before: this as text, without variables)"
    if becomes_variables(now, lost):
        return f"accepts {key} {values} of {name} as text, without variables (before: with variables)"
    if lost.operator == now.operator and is_age_limit:
        return f"accepts MFA up to {values_now} old of {name} (before: {values})"
    if lost.operator == now.operator and lost.key in TIME_KEYS and now.operator.startswith("DateLessThan"):
        return f"now ends at {values_now} for {name} (before: {values})"
    if {lost.operator, now.operator} <= _PLAIN_OPERATORS:
        return f"accepts {key} {values_now} of {name} (before: {values})"
    return f"now demands {now.operator} {key} {values_now} of {name} (before: {lost.operator} {values})"


def _format_values(condition: Condition) -> str:
    """Return the values of a condition; ages of MFA as a file writes durations."""
    values = sorted(condition.values)
    return ", ".join(map(format_seconds_text, values) if condition.key == MFA_AGE else values)


def _list_assume_actions(entrance: Entrance) -> list[str]:
    """Return the actions, in lower case, by which its principal can assume the role; sts:TagSession does not count."""
    statement = entrance.statement
    return [
        action
        for action in entrance.assume_actions
        if any(covers_pattern(pattern, action) for pattern in statement.actions) != statement.not_action
    ]


def _admits_as_well(earlier: Entrance, entrance: Entrance) -> bool:
    """Return whether an earlier entrance let in the same name by the same actions."""
    same_name = (earlier.kind, earlier.value) == (entrance.kind, entrance.value)
    return same_name and set(_list_assume_actions(entrance)) <= set(_list_assume_actions(earlier))


def _bare_denies_of(document: Document) -> frozenset[Statement]:
    return frozenset(replace(one, sid="") for one in document.statements if one.effect == "Deny")


def _covers_deny(one: Statement, other: Statement) -> bool:
    """Return whether one Deny covers every principal and every action of the other."""
    ours, theirs = one.principals or frozenset(), other.principals or frozenset()
    if one.not_principal or other.not_principal:
        names_all = one.not_principal == other.not_principal and ours <= theirs
    else:
        names_all = all(covers_entrance(one, kind, value) for kind, value in theirs)
    return names_all and covers_patterns(one.actions, one.not_action, other.actions, other.not_action)


def _overlaps_deny(one: Statement, other: Statement) -> bool:
    """Return whether one Deny has a principal and an action in common with the other."""
    names = [{value for _, value in statement.principals or ()} for statement in (one, other)]
    shares_names = one.not_principal or other.not_principal or not names[0].isdisjoint(names[1])
    return (shares_names or any("*" in values for values in names)) and pattern_sets_overlap(
        one.actions, one.not_action, other.actions, other.not_action
    )


def _demands_at_least(statement: Statement, earlier: Statement) -> bool:
    """Return whether whoever fulfils the conditions of a statement fulfils those of the earlier one as well."""
    return all(_is_implied(condition, statement) for condition in earlier.conditions)


def _is_implied(condition: Condition, statement: Statement) -> bool:
    return any(implies(own, condition) for own in statement.conditions)


def _holds_with_mfa_only(condition: Condition) -> bool:
    """Return whether a condition refuses every call without MFA: with keys, which lack it, and with a session."""
    return condition.key in MFA_KEYS and _evaluate_without_mfa(condition) is False


def _holds_without_mfa(condition: Condition) -> bool:
    return condition.key in MFA_KEYS and _evaluate_without_mfa(condition) is True


def _evaluate_without_mfa(condition: Condition) -> bool | None:
    return compile_condition(condition, CURRENT_VERSION).holds(NO_MFA_POSSIBLE).value


def _never_holds(condition: Condition) -> bool:
    return compile_condition(condition, CURRENT_VERSION).holds(NOTHING_KNOWN).value is False


def _find_account(value: str) -> str:
    """Return the account that an AWS principal belongs to; "" if its name has none, such as a unique id."""
    if value.isdigit():
        return value
    account = "".join(value.split(":")[4:5])
    return account if account.isdigit() else ""

"""What a plan says of the order of its calls: who can have too much or too little, what, from which call until which,
and why no order avoids it. One finding per entity that the calls are of, and kind; the sentences name a few, `calls`
and `addresses` all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.arns import address_of, policy_reference_of
from reconciler.model.document import Statement
from reconciler.model.plan import Exposure, Severity, Step
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list

_MAX_NAMED = 3
"""How many exposures, calls, permissions or principals one sentence names."""
_QUOTA = "quota-order"
_LEVELS: Mapping[str, Level] = {
    "order-excess": Level.WARNING,
    "order-gap": Level.INFO,
    "order-unsure": Level.INFO,
    _QUOTA: Level.INFO,
}


def report_exposures(steps: Sequence[Step], exposures: Iterable[Exposure], account: str) -> Iterator[Problem]:
    """Yield one finding per entity and code, for the exposures and for the steps that a quota forces."""
    writer = _FindingWriter(steps, account)
    found: defaultdict[tuple[Address, str], list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        found[steps[exposure.cause].address, _code_of(exposure, steps)].append(exposure)
    forced = [index for index, step in enumerate(steps) if step.forced_by]
    for index in forced:
        found.setdefault((steps[index].address, _QUOTA), [])
    order = list(_LEVELS)
    for (address, code), own in sorted(found.items(), key=lambda item: (order.index(item[0][1]), item[0][0])):
        if code == _QUOTA:
            yield writer.write_quota(address, [index for index in forced if steps[index].address == address], own)
        else:
            yield writer.write_exposure(address, code, own)


def _code_of(exposure: Exposure, steps: Sequence[Step]) -> str:
    """Return the code of the finding. What a quota takes away for a while is part of the finding on the quota."""
    if steps[exposure.cause].forced_by and (exposure.severity is Severity.GAP or exposure.unread_policies):
        return _QUOTA
    if exposure.unread_policies:
        return "order-unsure"
    return "order-excess" if exposure.severity is Severity.EXCESS else "order-gap"


class _FindingWriter:
    """The sentences about the calls of one plan."""

    def __init__(self, steps: Sequence[Step], account: str) -> None:
        self._steps, self._account = steps, account

    def write_exposure(self, address: Address, code: str, exposures: list[Exposure]) -> Problem:
        return self._build_problem(
            _LEVELS[code],
            code,
            address,
            f"{self._describe_exposures(exposures)}.",
            self._explain_order(exposures),
            exposures,
        )

    def write_quota(self, address: Address, forced: Sequence[int], exposures: list[Exposure]) -> Problem:
        """What a quota has go before its replacement is there, and what is missing meanwhile."""
        first: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for index in forced:
            step = self._steps[index]
            noun = step.forced_by.noun if step.forced_by else ""
            first[noun, step.call.operation].append(self._describe_object(step) or str(address))
        said = (
            f"The quota of {noun} leaves no room at {address}: {operation} of "
            f"{format_list(objects, _MAX_NAMED)} "
            f"{'comes' if len(objects) == 1 else 'come'} before what replaces {'it' if len(objects) == 1 else 'them'}."
            for (noun, operation), objects in first.items()
        )
        detail = f"Meanwhile {self._describe_exposures(exposures)}." if exposures else ""
        return self._build_problem(Level.INFO, _QUOTA, address, " ".join(said), detail, exposures, forced)

    def _build_problem(
        self,
        level: Level,
        code: str,
        address: Address,
        summary: str,
        explanation: str,
        exposures: list[Exposure],
        more_calls: Iterable[int] = (),
    ) -> Problem:
        indices = {*more_calls, *(index for exposure in exposures for index in (exposure.start, exposure.end))}
        who = {exposure.principal for exposure in exposures} - {address}
        every = tuple(sorted(who | {address})) if who else ()
        calls = tuple(sorted(index + 1 for index in indices))
        detail, hint = (explanation, "") if code == _QUOTA else ("", explanation)
        return Problem(level, code, summary, detail, hint, address=address, addresses=every, calls=calls)

    def _describe_exposures(self, exposures: list[Exposure]) -> str:
        """`user/a can have too much: X from call 2 (…) until call 3 (…); Y from …; and 7 more`."""
        told = []
        last = ""
        merged = _merge_exposures(exposures)
        for exposure, who in merged[: _MAX_NAMED if len(merged) > _MAX_NAMED + 1 else None]:
            said = self._describe_principals(exposure, who)
            told.append(self._describe_span(exposure, (said != last and said) or ""))
            last = said
        if len(merged) > len(told):
            told.append(f"and {len(merged) - len(told)} more like that")
        return "; ".join(told)

    def _describe_principals(self, exposure: Exposure, principals: Sequence[Address]) -> str:
        named = format_list(map(str, principals), _MAX_NAMED)
        amount = "much" if exposure.severity is Severity.EXCESS else "little"
        depending = ""
        if exposure.unread_policies:
            policies = format_list(
                (policy_reference_of(arn, self._account) for arn in sorted(exposure.unread_policies)), _MAX_NAMED
            )
            depending = f", depending on the content of {policies}, which is not read here"
        return f"{named} can have too {amount}{depending}"

    def _describe_span(self, exposure: Exposure, subject: str) -> str:
        always = {replace(one, conditions=frozenset()) for one in exposure.statements if not one.conditions}
        parts = {
            one
            for one in exposure.statements
            if not one.conditions or replace(one, conditions=frozenset()) not in always
        }
        what = format_list(sorted(_describe_statement(one, self._account) for one in parts), _MAX_NAMED)
        span = f"{what} from call {self._number_call(exposure.start)} until call {self._number_call(exposure.end)}"
        return f"{subject}: {span}" if subject else span

    def _number_call(self, index: int) -> str:
        return f"{index + 1} ({self._describe_call(index)})"

    def _describe_call(self, index: int) -> str:
        """`AttachUserPolicy user/alice policy/q`: addresses in place of ARNs, and no document."""
        step = self._steps[index]
        return " ".join(filter(None, (step.call.operation, str(step.address), self._describe_object(step))))

    def _describe_object(self, step: Step) -> str:
        """What a call gives its entity, or takes from it: `policy/q`, `aws:ReadOnlyAccess`, an inline policy's name."""
        effect = step.effect
        held = effect.object if effect.target == step.address else effect.target
        if isinstance(held, Address):
            return str(held)
        return str(address_of(held, self._account) or policy_reference_of(held, self._account))

    def _explain_order(self, exposures: list[Exposure]) -> str:
        quotas = (self._steps[exposure.cause].forced_by for exposure in exposures if not exposure.cycle)
        nouns = dict.fromkeys(quota.noun for quota in quotas if quota)
        said = [f"The quota of {noun} leaves no room for another order." for noun in nouns]
        circles = sorted({exposure.cycle for exposure in exposures if exposure.cycle}, key=lambda one: (len(one), one))
        if circles:
            first, *others = (format_list((str(index + 1) for index in circle), 2 * _MAX_NAMED) for circle in circles)
            more = format_list((f"calls {other}" for other in others), 1)
            alike = f", as would {more}" if more else ""
            said.append(f"Calls {first} would have to wait for each other{alike}, so one of them comes too early.")
        return " ".join(said)


def _merge_exposures(exposures: Iterable[Exposure]) -> list[tuple[Exposure, tuple[Address, ...]]]:
    """Group principals that share the same exposure; drop exposures contained in a longer one."""
    whole: dict[Exposure, tuple[set[Statement], set[str]]] = {}
    for exposure in exposures:
        key = replace(
            exposure,
            statements=frozenset(),
            cause=0,
            cycle=(),
            unread_policies=_SOME_POLICY if exposure.unread_policies else frozenset(),
        )
        what, policies = whole.setdefault(key, (set(), set()))
        what |= exposure.statements
        policies |= exposure.unread_policies
    found: defaultdict[tuple[Address, Severity], list[Exposure]] = defaultdict(list)
    for exposure, (what, policies) in whole.items():
        made = replace(exposure, statements=frozenset(what), unread_policies=frozenset(policies))
        found[exposure.principal, exposure.severity].append(made)
    who: defaultdict[Exposure, list[Address]] = defaultdict(list)
    for own in found.values():
        for exposure in own:
            if not any(_is_contained(exposure, other) for other in own if other is not exposure):
                who[replace(exposure, principal=_NO_PRINCIPAL)].append(exposure.principal)
    return sorted(
        ((exposure, tuple(sorted(alike))) for exposure, alike in who.items()),
        key=lambda item: (item[0].start, item[0].end, item[1]),
    )


_NO_PRINCIPAL = Address("", "")
_SOME_POLICY = frozenset(["some"])


def _is_contained(exposure: Exposure, other: Exposure) -> bool:
    """Return whether another exposure of the same principal is as long at least, and says as much as surely."""
    return (
        exposure.statements <= other.statements
        and other.start <= exposure.start <= exposure.end <= other.end
        and (
            not other.unread_policies
            or (bool(exposure.unread_policies) and (exposure.start, exposure.end) != (other.start, other.end))
        )
    )


def _describe_statement(statement: Statement, account: str) -> str:
    """What one statement allows: `s3:GetObject on *`."""
    arns = sorted(action for action in statement.actions if action.startswith("arn:"))
    if arns:
        return f"what {format_list((policy_reference_of(arn, account) for arn in arns), _MAX_NAMED)} allows"
    actions = format_list(sorted(map(statement.spelling_of, statement.actions)), _MAX_NAMED)
    resources = format_list(sorted(map(statement.spelling_of, statement.resources or ())), _MAX_NAMED)
    depending = " (under conditions)" if statement.conditions else ""
    but, other = ("all but " if flag else "" for flag in (statement.not_action, statement.not_resource))
    return f"{but}{actions} on {other}{resources}{depending}"

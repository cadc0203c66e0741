"""Report the exposures of a plan: who can have too much or too little, from which call until which, and why.

There is one finding for each code and each entity whose call comes too early. Its sentences name a few exposures; its
`calls` and `addresses` name all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.arns import address_of, policy_reference_of
from reconciler.model.document import Statement
from reconciler.model.exposure import Exposure, Severity
from reconciler.model.plan import Step
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list
from reconciler.policy.statement_words import describe_statement

_MAX_NAMED = 3
"""The number of exposures, calls, permissions or principals that one sentence names."""
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
    by_finding: defaultdict[tuple[Address, str], list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        by_finding[steps[exposure.cause].address, _code_of(exposure, steps)].append(exposure)
    forced = [index for index, step in enumerate(steps) if step.forced_by]
    for index in forced:
        by_finding.setdefault((steps[index].address, _QUOTA), [])
    order = list(_LEVELS)
    for (address, code), own in sorted(by_finding.items(), key=lambda item: (order.index(item[0][1]), item[0][0])):
        if code == _QUOTA:
            yield writer.write_quota(address, [index for index in forced if steps[index].address == address], own)
        else:
            yield writer.write_exposure(address, code, own)


def _code_of(exposure: Exposure, steps: Sequence[Step]) -> str:
    """Return the code of the finding. A gap that a quota causes is part of the finding on the quota."""
    if steps[exposure.cause].forced_by and (exposure.severity is Severity.GAP or exposure.unread_policies):
        return _QUOTA
    if exposure.unread_policies:
        return "order-unsure"
    return "order-excess" if exposure.severity is Severity.EXCESS else "order-gap"


class _FindingWriter:
    """The writer of the findings about the calls of one plan."""

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
        """Return the finding on calls that a quota forces to come before what replaces them, and on the exposures."""
        objects_by_call: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for index in forced:
            step = self._steps[index]
            noun = step.forced_by.noun if step.forced_by else ""
            objects_by_call[noun, step.call.operation].append(self._describe_object(step) or str(address))
        sentences = (
            f"The quota of {noun} leaves no room at {address}: {operation} of "
            f"{format_list(objects, _MAX_NAMED)} "
            f"{'comes' if len(objects) == 1 else 'come'} before what replaces {'it' if len(objects) == 1 else 'them'}."
            for (noun, operation), objects in objects_by_call.items()
        )
        detail = f"Meanwhile {self._describe_exposures(exposures)}." if exposures else ""
        return self._build_problem(Level.INFO, _QUOTA, address, " ".join(sentences), detail, exposures, forced)

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
        principals = {exposure.principal for exposure in exposures} - {address}
        addresses = tuple(sorted(principals | {address})) if principals else ()
        calls = tuple(sorted(index + 1 for index in indices))
        detail, hint = (explanation, "") if code == _QUOTA else ("", explanation)
        return Problem(level, code, summary, detail, hint, address=address, addresses=addresses, calls=calls)

    def _describe_exposures(self, exposures: list[Exposure]) -> str:
        """Return `user/a can have too much: X from call 2 (…) until call 3 (…); Y from …; and 7 more like that`."""
        parts = []
        last_subject = ""
        merged = _merge_exposures(exposures)
        for exposure, principals in merged[: _MAX_NAMED if len(merged) > _MAX_NAMED + 1 else None]:
            subject = self._describe_principals(exposure, principals)
            parts.append(self._describe_span(exposure, (subject != last_subject and subject) or ""))
            last_subject = subject
        if len(merged) > len(parts):
            parts.append(f"and {len(merged) - len(parts)} more like that")
        return "; ".join(parts)

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
        permissions = format_list(sorted(describe_statement(one, self._account) for one in parts), _MAX_NAMED)
        span = (
            f"{permissions} from call {self._number_call(exposure.start)} until call {self._number_call(exposure.end)}"
        )
        return f"{subject}: {span}" if subject else span

    def _number_call(self, index: int) -> str:
        return f"{index + 1} ({self._describe_call(index)})"

    def _describe_call(self, index: int) -> str:
        """Return a text such as `AttachUserPolicy user/alice policy/q`: addresses in place of ARNs, and no document."""
        step = self._steps[index]
        return " ".join(filter(None, (step.call.operation, str(step.address), self._describe_object(step))))

    def _describe_object(self, step: Step) -> str:
        """Name what a call gives its entity or takes from it: `policy/q`, `aws:ReadOnlyAccess`, an inline policy."""
        effect = step.effect
        held = effect.object if effect.target == step.address else effect.target
        if isinstance(held, Address):
            return str(held)
        return str(address_of(held, self._account) or policy_reference_of(held, self._account))

    def _explain_order(self, exposures: list[Exposure]) -> str:
        quotas = (self._steps[exposure.cause].forced_by for exposure in exposures if not exposure.cycle)
        nouns = dict.fromkeys(quota.noun for quota in quotas if quota)
        sentences = [f"The quota of {noun} leaves no room for another order." for noun in nouns]
        cycles = sorted({exposure.cycle for exposure in exposures if exposure.cycle}, key=lambda one: (len(one), one))
        if cycles:
            first, *others = (format_list((str(index + 1) for index in cycle), 2 * _MAX_NAMED) for cycle in cycles)
            more = format_list((f"calls {other}" for other in others), 1)
            likewise = f", as would {more}" if more else ""
            sentences.append(
                f"Calls {first} would have to wait for each other{likewise}, so one of them comes too early."
            )
        return " ".join(sentences)


def _merge_exposures(exposures: Iterable[Exposure]) -> list[tuple[Exposure, tuple[Address, ...]]]:
    """Group principals that share the same exposure; drop exposures contained in a longer one."""
    merged: dict[Exposure, tuple[set[Statement], set[str]]] = {}
    for exposure in exposures:
        key = replace(
            exposure,
            statements=frozenset(),
            cause=0,
            cycle=(),
            unread_policies=_SOME_POLICY if exposure.unread_policies else frozenset(),
        )
        statements, policies = merged.setdefault(key, (set(), set()))
        statements |= exposure.statements
        policies |= exposure.unread_policies
    by_principal: defaultdict[tuple[Address, Severity], list[Exposure]] = defaultdict(list)
    for exposure, (statements, policies) in merged.items():
        merged_exposure = replace(exposure, statements=frozenset(statements), unread_policies=frozenset(policies))
        by_principal[exposure.principal, exposure.severity].append(merged_exposure)
    principals_by_exposure: defaultdict[Exposure, list[Address]] = defaultdict(list)
    for own in by_principal.values():
        for exposure in own:
            if not any(_is_contained(exposure, other) for other in own if other is not exposure):
                principals_by_exposure[replace(exposure, principal=_NO_PRINCIPAL)].append(exposure.principal)
    return sorted(
        ((exposure, tuple(sorted(principals))) for exposure, principals in principals_by_exposure.items()),
        key=lambda item: (item[0].start, item[0].end, item[1]),
    )


_NO_PRINCIPAL = Address("", "")
_SOME_POLICY = frozenset(["some"])


def _is_contained(exposure: Exposure, other: Exposure) -> bool:
    """Return whether another exposure of the same principal includes this one, and is at least as sure."""
    return (
        exposure.statements <= other.statements
        and other.start <= exposure.start <= exposure.end <= other.end
        and (
            not other.unread_policies
            or (bool(exposure.unread_policies) and (exposure.start, exposure.end) != (other.start, other.end))
        )
    )

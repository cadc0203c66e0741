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
from reconciler.model.live import State
from reconciler.model.plan import Severity, Step
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list
from reconciler.plan.order.exposure import ExposureWindow, find_exposure_windows

_MAX_NAMED = 3
"""How many windows, calls, permissions or principals one sentence names."""
_QUOTA = "quota-order"
_LEVELS: Mapping[str, Level] = {
    "order-excess": Level.WARNING,
    "order-gap": Level.INFO,
    "order-unsure": Level.INFO,
    _QUOTA: Level.INFO,
}


def report_exposure(steps: Sequence[Step], before: State, after: State) -> Iterator[Problem]:
    """Where the order cannot keep every moment as good as both ends. `before`, `steps`: as for `windows_of`."""
    told = _FindingWriter(steps, before.account)
    found: defaultdict[tuple[Address, str], list[ExposureWindow]] = defaultdict(list)
    for window in find_exposure_windows(steps, before, after):
        found[steps[window.cause].address, _code_of(window, steps)].append(window)
    forced = [index for index, step in enumerate(steps) if step.note]
    for index in forced:
        found.setdefault((steps[index].address, _QUOTA), [])
    for (address, code), windows in sorted(
        found.items(), key=lambda item: (list(_LEVELS).index(item[0][1]), item[0][0])
    ):
        own = [index for index in forced if steps[index].address == address]
        yield told.write_quota(address, own, windows) if code == _QUOTA else told.write_exposure(address, code, windows)


def _code_of(window: ExposureWindow, steps: Sequence[Step]) -> str:
    """What a quota takes away for a while is told with the quota."""
    if steps[window.cause].note and (window.severity is Severity.GAP or window.unread_policies):
        return _QUOTA
    if window.unread_policies:
        return "order-unsure"
    return "order-excess" if window.severity is Severity.EXCESS else "order-gap"


class _FindingWriter:
    """The sentences about the calls of one plan."""

    def __init__(self, steps: Sequence[Step], account: str) -> None:
        self._steps, self._account = steps, account

    def write_exposure(self, address: Address, code: str, windows: list[ExposureWindow]) -> Problem:
        return self._build_problem(
            _LEVELS[code], code, address, f"{self._describe_windows(windows)}.", self._explain_order(windows), windows
        )

    def write_quota(self, address: Address, forced: Sequence[int], windows: list[ExposureWindow]) -> Problem:
        """What a quota has go before its replacement is there, and what is missing meanwhile."""
        first: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for index in forced:
            step = self._steps[index]
            first[step.note, step.call.operation].append(self._describe_object(step) or str(address))
        said = (
            f"{note[0].upper()}{note[1:]} leaves no room at {address}: {operation} of "
            f"{format_list(objects, _MAX_NAMED)} "
            f"{'comes' if len(objects) == 1 else 'come'} before what replaces {'it' if len(objects) == 1 else 'them'}."
            for (note, operation), objects in first.items()
        )
        detail = f"Meanwhile {self._describe_windows(windows)}." if windows else ""
        return self._build_problem(Level.INFO, _QUOTA, address, " ".join(said), detail, windows, forced)

    def _build_problem(
        self,
        level: Level,
        code: str,
        address: Address,
        summary: str,
        explanation: str,
        windows: list[ExposureWindow],
        more_calls: Iterable[int] = (),
    ) -> Problem:
        indices = {*more_calls, *(index for window in windows for index in (window.start, window.end))}
        who = {window.principal for window in windows} - {address}
        every = tuple(sorted(who | {address})) if who else ()
        calls = tuple(sorted(index + 1 for index in indices))
        detail, hint = (explanation, "") if code == _QUOTA else ("", explanation)
        return Problem(level, code, summary, detail, hint, address=address, addresses=every, calls=calls)

    def _describe_windows(self, windows: list[ExposureWindow]) -> str:
        """`user/a can have too much: X from call 2 (…) until call 3 (…); Y from …; and 7 more`."""
        told = []
        last = ""
        merged = _merge_windows(windows)
        for window, who in merged[: _MAX_NAMED if len(merged) > _MAX_NAMED + 1 else None]:
            said = self._describe_principals(window, who)
            told.append(self._describe_span(window, (said != last and said) or ""))
            last = said
        if len(merged) > len(told):
            told.append(f"and {len(merged) - len(told)} more like that")
        return "; ".join(told)

    def _describe_principals(self, window: ExposureWindow, principals: Sequence[Address]) -> str:
        named = format_list(map(str, principals), _MAX_NAMED)
        amount = "much" if window.severity is Severity.EXCESS else "little"
        depending = ""
        if window.unread_policies:
            policies = format_list(
                (policy_reference_of(arn, self._account) for arn in sorted(window.unread_policies)), _MAX_NAMED
            )
            depending = f", depending on the content of {policies}, which is not read here"
        return f"{named} can have too {amount}{depending}"

    def _describe_span(self, window: ExposureWindow, subject: str) -> str:
        always = {replace(one, conditions=frozenset()) for one in window.statements if not one.conditions}
        parts = {
            one for one in window.statements if not one.conditions or replace(one, conditions=frozenset()) not in always
        }
        what = format_list(sorted(_describe_statement(one, self._account) for one in parts), _MAX_NAMED)
        span = f"{what} from call {self._number_call(window.start)} until call {self._number_call(window.end)}"
        return f"{subject}: {span}" if subject else span

    def _number_call(self, index: int) -> str:
        return f"{index + 1} ({self._describe_call(index)})"

    def _describe_call(self, index: int) -> str:
        """`AttachUserPolicy user/alice policy/q`: addresses in place of ARNs, and no document."""
        step = self._steps[index]
        return " ".join(filter(None, (step.call.operation, str(step.address), self._describe_object(step))))

    def _describe_object(self, step: Step) -> str:
        """What a call gives its entity, or takes from it: `policy/q`, `aws:ReadOnlyAccess`, an inline policy's name."""
        words = []
        for name, value in step.call.parameters.items():
            if isinstance(value, str) and not name.endswith("PolicyDocument"):
                kind = name.removesuffix("Name").lower() if name in ("UserName", "GroupName", "RoleName") else ""
                named = Address(kind, value) if kind else address_of(value, self._account)
                if named != step.address and (named or value != step.address.name):
                    words.append(str(named or policy_reference_of(value, self._account)))
        return " ".join(words)

    def _explain_order(self, windows: list[ExposureWindow]) -> str:
        notes = dict.fromkeys(self._steps[window.cause].note for window in windows if not window.cycle)
        said = [f"{note[0].upper()}{note[1:]} leaves no room for another order." for note in notes]
        circles = sorted({window.cycle for window in windows if window.cycle}, key=lambda one: (len(one), one))
        if circles:
            first, *others = (format_list((str(index + 1) for index in circle), 2 * _MAX_NAMED) for circle in circles)
            more = format_list((f"calls {other}" for other in others), 1)
            alike = f", as would {more}" if more else ""
            said.append(f"Calls {first} would have to wait for each other{alike}, so one of them comes too early.")
        return " ".join(said)


def _merge_windows(windows: Iterable[ExposureWindow]) -> list[tuple[ExposureWindow, tuple[Address, ...]]]:
    """Each window once, for all to whom it happens alike; without those that a longer one is all of."""
    whole: dict[ExposureWindow, tuple[set[Statement], set[str]]] = {}
    for window in windows:
        key = replace(
            window,
            statements=frozenset(),
            cause=0,
            cycle=(),
            unread_policies=_SOME_POLICY if window.unread_policies else frozenset(),
        )
        what, policies = whole.setdefault(key, (set(), set()))
        what |= window.statements
        policies |= window.unread_policies
    found: defaultdict[tuple[Address, Severity], list[ExposureWindow]] = defaultdict(list)
    for window, (what, policies) in whole.items():
        made = replace(window, statements=frozenset(what), unread_policies=frozenset(policies))
        found[window.principal, window.severity].append(made)
    who: defaultdict[ExposureWindow, list[Address]] = defaultdict(list)
    for own in found.values():
        for window in own:
            if not any(_is_contained(window, other) for other in own if other is not window):
                who[replace(window, principal=_NO_PRINCIPAL)].append(window.principal)
    return sorted(
        ((window, tuple(sorted(alike))) for window, alike in who.items()),
        key=lambda item: (item[0].start, item[0].end, item[1]),
    )


_NO_PRINCIPAL = Address("", "")
_SOME_POLICY = frozenset(["some"])


def _is_contained(window: ExposureWindow, other: ExposureWindow) -> bool:
    """Whether another window of the same is as long at least, and says all that this one does, no less surely."""
    return (
        window.statements <= other.statements
        and other.start <= window.start <= window.end <= other.end
        and (
            not other.unread_policies
            or (bool(window.unread_policies) and (window.start, window.end) != (other.start, other.end))
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

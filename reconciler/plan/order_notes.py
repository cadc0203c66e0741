"""What a plan says of the order of its calls: who can have too much or too little, what, from which call until which,
and why no order avoids it. One finding per entity that the calls are of, and kind; the sentences name a few, `calls`
and `addresses` all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.arns import address_of, policy_reference
from reconciler.model.document import Statement
from reconciler.model.live import State
from reconciler.model.plan import Broken, Step
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import listed
from reconciler.plan.windows import Window, windows_of

_MOST = 3
"""How many windows, calls, permissions or principals one sentence names."""
_QUOTA = "quota-order"
_LEVELS: Mapping[str, Level] = {
    "order-excess": Level.WARNING,
    "order-gap": Level.INFO,
    "order-unsure": Level.INFO,
    _QUOTA: Level.INFO,
}


def order_notes(steps: Sequence[Step], before: State, after: State) -> Iterator[Problem]:
    """Where the order cannot keep every moment as good as both ends. `before`, `steps`: as for `windows_of`."""
    told = _Told(steps, before.account)
    found: defaultdict[tuple[Address, str], list[Window]] = defaultdict(list)
    for window in windows_of(steps, before, after):
        found[steps[window.by].address, _code(window, steps)].append(window)
    forced = [index for index, step in enumerate(steps) if step.note]
    for index in forced:
        found.setdefault((steps[index].address, _QUOTA), [])
    for (address, code), windows in sorted(
        found.items(), key=lambda item: (list(_LEVELS).index(item[0][1]), item[0][0])
    ):
        own = [index for index in forced if steps[index].address == address]
        yield told.quota(address, own, windows) if code == _QUOTA else told.finding(address, code, windows)


def _code(window: Window, steps: Sequence[Step]) -> str:
    """What a quota takes away for a while is told with the quota."""
    if steps[window.by].note and (window.kind is Broken.GAP or window.hangs_on):
        return _QUOTA
    if window.hangs_on:
        return "order-unsure"
    return "order-excess" if window.kind is Broken.EXCESS else "order-gap"


class _Told:
    """The sentences about the calls of one plan."""

    def __init__(self, steps: Sequence[Step], account: str) -> None:
        self._steps, self._account = steps, account

    def finding(self, address: Address, code: str, windows: list[Window]) -> Problem:
        return self._problem(_LEVELS[code], code, address, f"{self._windows(windows)}.", self._why(windows), windows)

    def quota(self, address: Address, forced: Sequence[int], windows: list[Window]) -> Problem:
        """What a quota has go before its replacement is there, and what is missing meanwhile."""
        first: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for index in forced:
            step = self._steps[index]
            first[step.note, step.call.operation].append(self._object(step) or str(address))
        said = (
            f"{note[0].upper()}{note[1:]} leaves no room at {address}: {operation} of {listed(objects, _MOST)} "
            f"{'comes' if len(objects) == 1 else 'come'} before what replaces {'it' if len(objects) == 1 else 'them'}."
            for (note, operation), objects in first.items()
        )
        detail = f"Meanwhile {self._windows(windows)}." if windows else ""
        return self._problem(Level.INFO, _QUOTA, address, " ".join(said), detail, windows, forced)

    def _problem(
        self,
        level: Level,
        code: str,
        address: Address,
        summary: str,
        more_said: str,
        windows: list[Window],
        more: Iterable[int] = (),
    ) -> Problem:
        indices = {*more, *(index for window in windows for index in (window.start, window.end))}
        who = {window.who for window in windows} - {address}
        every = tuple(sorted(who | {address})) if who else ()
        calls = tuple(sorted(index + 1 for index in indices))
        detail, hint = (more_said, "") if code == _QUOTA else ("", more_said)
        return Problem(level, code, summary, detail, hint, address=address, addresses=every, calls=calls)

    def _windows(self, windows: list[Window]) -> str:
        """`user/a can have too much: X from call 2 (…) until call 3 (…); Y from …; and 7 more`."""
        told = []
        last = ""
        merged = _merged(windows)
        for window, who in merged[: _MOST if len(merged) > _MOST + 1 else None]:
            said = self._said(window, who)
            told.append(self._span(window, (said != last and said) or ""))
            last = said
        if len(merged) > len(told):
            told.append(f"and {len(merged) - len(told)} more like that")
        return "; ".join(told)

    def _said(self, window: Window, who: Sequence[Address]) -> str:
        named = listed(map(str, who), _MOST)
        amount = "much" if window.kind is Broken.EXCESS else "little"
        depending = ""
        if window.hangs_on:
            policies = listed((policy_reference(arn, self._account) for arn in sorted(window.hangs_on)), _MOST)
            depending = f", depending on the content of {policies}, which is not read here"
        return f"{named} can have too {amount}{depending}"

    def _span(self, window: Window, said: str) -> str:
        always = {replace(one, conditions=frozenset()) for one in window.what if not one.conditions}
        parts = {one for one in window.what if not one.conditions or replace(one, conditions=frozenset()) not in always}
        what = listed(sorted(_phrase(one, self._account) for one in parts), _MOST)
        span = f"{what} from call {self._numbered(window.start)} until call {self._numbered(window.end)}"
        return f"{said}: {span}" if said else span

    def _numbered(self, index: int) -> str:
        return f"{index + 1} ({self._call(index)})"

    def _call(self, index: int) -> str:
        """`AttachUserPolicy user/alice policy/q`: addresses in place of ARNs, and no document."""
        step = self._steps[index]
        return " ".join(filter(None, (step.call.operation, str(step.address), self._object(step))))

    def _object(self, step: Step) -> str:
        """What a call gives its entity, or takes from it: `policy/q`, `aws:ReadOnlyAccess`, an inline policy's name."""
        words = []
        for name, value in step.call.parameters.items():
            if isinstance(value, str) and not name.endswith("PolicyDocument"):
                kind = name.removesuffix("Name").lower() if name in ("UserName", "GroupName", "RoleName") else ""
                named = Address(kind, value) if kind else address_of(value, self._account)
                if named != step.address and (named or value != step.address.name):
                    words.append(str(named or policy_reference(value, self._account)))
        return " ".join(words)

    def _why(self, windows: list[Window]) -> str:
        notes = dict.fromkeys(self._steps[window.by].note for window in windows if not window.circle)
        said = [f"{note[0].upper()}{note[1:]} leaves no room for another order." for note in notes]
        circles = sorted({window.circle for window in windows if window.circle}, key=lambda one: (len(one), one))
        if circles:
            first, *others = (listed((str(index + 1) for index in circle), 2 * _MOST) for circle in circles)
            more = listed((f"calls {other}" for other in others), 1)
            alike = f", as would {more}" if more else ""
            said.append(f"Calls {first} would have to wait for each other{alike}, so one of them comes too early.")
        return " ".join(said)


def _merged(windows: Iterable[Window]) -> list[tuple[Window, tuple[Address, ...]]]:
    """Each window once, for all to whom it happens alike; without those that a longer one is all of."""
    whole: dict[Window, tuple[set[Statement], set[str]]] = {}
    for window in windows:
        key = replace(window, what=frozenset(), by=0, circle=(), hangs_on=_SOME if window.hangs_on else frozenset())
        what, policies = whole.setdefault(key, (set(), set()))
        what |= window.what
        policies |= window.hangs_on
    found: defaultdict[tuple[Address, Broken], list[Window]] = defaultdict(list)
    for window, (what, policies) in whole.items():
        made = replace(window, what=frozenset(what), hangs_on=frozenset(policies))
        found[window.who, window.kind].append(made)
    who: defaultdict[Window, list[Address]] = defaultdict(list)
    for own in found.values():
        for window in own:
            if not any(_within(window, other) for other in own if other is not window):
                who[replace(window, who=_NOBODY)].append(window.who)
    return sorted(
        ((window, tuple(sorted(alike))) for window, alike in who.items()),
        key=lambda item: (item[0].start, item[0].end, item[1]),
    )


_NOBODY = Address("", "")
_SOME = frozenset(["some"])


def _within(window: Window, other: Window) -> bool:
    """Whether another window of the same is as long at least, and says all that this one does, no less surely."""
    return (
        window.what <= other.what
        and other.start <= window.start <= window.end <= other.end
        and (not other.hangs_on or (bool(window.hangs_on) and (window.start, window.end) != (other.start, other.end)))
    )


def _phrase(part: Statement, account: str) -> str:
    """What one statement allows: `s3:GetObject on *`."""
    arns = sorted(action for action in part.actions if action.startswith("arn:"))
    if arns:
        return f"what {listed((policy_reference(arn, account) for arn in arns), _MOST)} allows"
    actions = listed(sorted(map(part.spelled, part.actions)), _MOST)
    resources = listed(sorted(map(part.spelled, part.resources or ())), _MOST)
    depending = " (under conditions)" if part.conditions else ""
    but, other = ("all but " if flag else "" for flag in (part.not_action, part.not_resource))
    return f"{but}{actions} on {other}{resources}{depending}"

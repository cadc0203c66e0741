"""Ways to administrator power over one administrator that a policy names: its trust, its keys, its policies.

`covers.py` finds rights over everything of a sort. A right over one user, role or group is a way up only if that one is
an administrator, so the administrators of the account must be known. Rights that are allowed over the whole sort are
left out: for those the paths of `paths.py` say what else they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.access.compiled import CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.covers import UNSEEN, Power, powers
from reconciler.access.identity import evaluate
from reconciler.access.paths import PATHS, WAYS, EscalationPath, Grade, Step
from reconciler.access.principal import Principal
from reconciler.access.templates import MANY, ONE
from reconciler.access.unnamed import ANY_ACTION, over_sort
from reconciler.access.values import Verdict, conjunction


class Targets:
    """The administrators of an account, the groups that make one, and the policies that do so for one of these.

    names: sort (user, role, group, policy) → ARN → its name in a sentence.
    """

    def __init__(self, names: Mapping[str, Mapping[str, str]]) -> None:
        self.names = names
        self._spoken: dict[tuple[str, CompiledStatement], tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        return any(self.names.values())

    def beside(self, others: Targets) -> Targets:
        """Return those that are not among the others."""
        return Targets(
            {
                sort: {a: n for a, n in found.items() if a not in others.names[sort]}
                for sort, found in self.names.items()
            }
        )

    def spoken_of(self, statement: CompiledStatement, sort: str, context: Context) -> tuple[str, ...]:
        """The ARNs of a sort that the resources of a statement may match; worked out once where it has no variables."""
        if statement.resources.variables:
            return self._match_targets(statement, sort, context)
        found = self._spoken.get((sort, statement))
        if found is None:
            found = self._spoken[sort, statement] = self._match_targets(statement, sort, context)
        return found

    def _match_targets(self, statement: CompiledStatement, sort: str, context: Context) -> tuple[str, ...]:
        known, resources = self.names.get(sort, {}), statement.resources
        texts = resources.telling(context)
        if texts and not resources.negated and not any(MANY in text or ONE in text for text in texts):
            return tuple(text for text in texts if text in known)
        return tuple(arn for arn in known if resources.matches(arn, context).value is not False)


_LISTED = 5
_PASSING = tuple(path for path in PATHS if path.steps[0].actions == ("iam:PassRole",))


def is_administrator(principal: Principal) -> bool:
    """Return whether its policies make it one, perhaps under conditions; those that nobody read do not."""
    part = principal.identity.slice(f"iam:{ANY_ACTION}")
    return bool(part.allows) and any(power.name != UNSEEN for power in powers(principal, grades=(Grade.ADMINISTRATOR,)))


def names_things(principal: Principal) -> bool:
    """Return whether the principal may have a right over single things that is a way up if one is an administrator."""
    return any(_naming(principal, step) for step in (*WAYS, *_pass_role()))


def ways_to(principal: Principal, targets: Targets) -> Iterator[Power]:
    """The rights over administrators by name, one Power for each right and administrator; many are counted."""
    for step in WAYS:
        (action,) = step.actions
        yield from _powers(action, _is_allowed(principal, step, targets))
    over_roles = [found for step in _pass_role() for found in _is_allowed(principal, step, targets)]
    for path in _PASSING if over_roles else ():
        rest = _rest(principal, path)
        if not rest.denied:
            yield from _powers(path.name, [(name, conjunction([verdict, rest])) for name, verdict in over_roles])


def _pass_role() -> tuple[Step, ...]:
    return tuple({path.steps[0] for path in _PASSING})


def _rest(principal: Principal, path: EscalationPath) -> Verdict:
    """Return whether the actions beside PassRole are allowed; what they are done to has no name yet."""
    found = []
    for step in path.steps[1:]:
        verdicts = [over_sort(principal, item, step.on, NOTHING_KNOWN, spared=False) for item in step.actions]
        found.append(next((item for item in verdicts if not item.denied), verdicts[0]))
    return conjunction(found)


def _powers(name: str, found: Iterable[tuple[str, Verdict]]) -> Iterator[Power]:
    listed = sorted(found, key=lambda item: item[0])
    if len(listed) > _LISTED:
        verdict = next((verdict for _, verdict in listed if verdict.allowed), listed[0][1])
        yield Power(f"{name} on {len(listed)} administrators", Grade.ESCALATION, verdict)
        return
    for target, verdict in listed:
        yield Power(f"{name} on {target}", Grade.ESCALATION, verdict)


def _is_allowed(principal: Principal, step: Step, targets: Targets) -> Iterator[tuple[str, Verdict]]:
    """The targets of a step's sort that the principal may do it to, other than itself."""
    (action,) = step.actions
    found = dict.fromkeys(
        arn for item in _naming(principal, step) for arn in targets.spoken_of(item, step.on, principal.own)
    )
    if not found or _is_wide(principal, step):
        return
    itself = principal.role_arn or principal.arn
    for arn in found:
        verdict = evaluate(principal, action, arn)
        unread = verdict.keys and all(key.startswith("policy:") for key in verdict.keys)
        if arn != itself and not verdict.denied and not unread:
            yield targets.names[step.on][arn], verdict


def _naming(principal: Principal, step: Step) -> tuple[CompiledStatement, ...]:
    """The Allows of an action, unless all are over everything and nothing narrows them."""
    (action,) = step.actions
    part = principal.identity.slice(action)
    limited = principal.limit is not None or principal.session_limit is not None
    if part.denies or limited or any(item.resources.telling(principal.own) != () for item in part.allows):
        return part.allows
    return ()


def _is_wide(principal: Principal, step: Step) -> bool:
    (action,) = step.actions
    return not over_sort(principal, action, step.on, NOTHING_KNOWN, spared=False).denied

"""Ways to administrator power over one administrator that a policy names: its trust, its keys, its policies.

`covers.py` finds rights over everything of a sort. A right over one user, role or group is a way up only if that one is
an administrator, so the administrators of the account must be known. Rights that are allowed over the whole sort are
left out: for those the paths of `paths.py` say what else they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.access.compiled_policies import CompiledStatement
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.escalation_paths import PATHS, SINGLE_TARGET_STEPS, EscalationPath, Grade, PathStep
from reconciler.access.powers import UNSEEN_POLICIES, Power, find_powers
from reconciler.access.principal import Principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.probes import PROBE_ACTION, evaluate_resource_type
from reconciler.access.templates import MANY, ONE
from reconciler.access.verdicts import Verdict, require_all


class AdminTargets:
    """The administrators of an account, the groups that make one, and the policies that do so for one of these.

    names: sort (user, role, group, policy) → ARN → its name in a sentence.
    """

    def __init__(self, names: Mapping[str, Mapping[str, str]]) -> None:
        self.names = names
        self._covered: dict[tuple[str, CompiledStatement], tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        return any(self.names.values())

    def exclude(self, others: AdminTargets) -> AdminTargets:
        """Return those that are not among the others."""
        return AdminTargets(
            {
                sort: {a: n for a, n in found.items() if a not in others.names[sort]}
                for sort, found in self.names.items()
            }
        )

    def find_covered(self, statement: CompiledStatement, sort: str, context: Context) -> tuple[str, ...]:
        """The ARNs of a sort that the resources of a statement may match; worked out once where it has no variables."""
        if statement.resources.variables:
            return self._match_targets(statement, sort, context)
        found = self._covered.get((sort, statement))
        if found is None:
            found = self._covered[sort, statement] = self._match_targets(statement, sort, context)
        return found

    def _match_targets(self, statement: CompiledStatement, sort: str, context: Context) -> tuple[str, ...]:
        known, resources = self.names.get(sort, {}), statement.resources
        texts = resources.resolve_patterns(context)
        if texts and not resources.negated and not any(MANY in text or ONE in text for text in texts):
            return tuple(text for text in texts if text in known)
        return tuple(arn for arn in known if resources.matches(arn, context).value is not False)


_MAX_LISTED = 5
_PASS_ROLE_PATHS = tuple(path for path in PATHS if path.steps[0].actions == ("iam:PassRole",))


def is_administrator(principal: Principal) -> bool:
    """Return whether its policies make it one, perhaps under conditions; those that nobody read do not."""
    part = principal.compiled_policies.statements_for(f"iam:{PROBE_ACTION}")
    return bool(part.allows) and any(
        power.name != UNSEEN_POLICIES for power in find_powers(principal, grades=(Grade.ADMINISTRATOR,))
    )


def has_named_rights(principal: Principal) -> bool:
    """Return whether the principal may have a right over single things that is a way up if one is an administrator."""
    return any(_relevant_allows_of(principal, step) for step in (*SINGLE_TARGET_STEPS, *_list_pass_role_steps()))


def find_powers_over(principal: Principal, targets: AdminTargets) -> Iterator[Power]:
    """The rights over administrators by name, one Power for each right and administrator; many are counted."""
    for step in SINGLE_TARGET_STEPS:
        (action,) = step.actions
        yield from _summarize_powers(action, _find_allowed_targets(principal, step, targets))
    over_roles = [
        found for step in _list_pass_role_steps() for found in _find_allowed_targets(principal, step, targets)
    ]
    for path in _PASS_ROLE_PATHS if over_roles else ():
        rest = _evaluate_other_steps(principal, path)
        if not rest.denied:
            yield from _summarize_powers(
                path.name, [(name, require_all([verdict, rest])) for name, verdict in over_roles]
            )


def _list_pass_role_steps() -> tuple[PathStep, ...]:
    return tuple({path.steps[0] for path in _PASS_ROLE_PATHS})


def _evaluate_other_steps(principal: Principal, path: EscalationPath) -> Verdict:
    """Return whether the actions beside PassRole are allowed; what they are done to has no name yet."""
    found = []
    for step in path.steps[1:]:
        verdicts = [
            evaluate_resource_type(principal, item, step.resource_type, NOTHING_KNOWN, spared=False)
            for item in step.actions
        ]
        found.append(next((item for item in verdicts if not item.denied), verdicts[0]))
    return require_all(found)


def _summarize_powers(name: str, found: Iterable[tuple[str, Verdict]]) -> Iterator[Power]:
    listed = sorted(found, key=lambda item: item[0])
    if len(listed) > _MAX_LISTED:
        verdict = next((verdict for _, verdict in listed if verdict.allowed), listed[0][1])
        yield Power(f"{name} on {len(listed)} administrators", Grade.ESCALATION, verdict)
        return
    for target, verdict in listed:
        yield Power(f"{name} on {target}", Grade.ESCALATION, verdict)


def _find_allowed_targets(principal: Principal, step: PathStep, targets: AdminTargets) -> Iterator[tuple[str, Verdict]]:
    """The targets of a step's sort that the principal may do it to, other than itself."""
    (action,) = step.actions
    found = dict.fromkeys(
        arn
        for item in _relevant_allows_of(principal, step)
        for arn in targets.find_covered(item, step.resource_type, principal.request_context)
    )
    if not found or _covers_whole_type(principal, step):
        return
    itself = principal.role_arn or principal.arn
    for arn in found:
        verdict = evaluate(principal, action, arn)
        unread = verdict.keys and all(key.startswith("policy:") for key in verdict.keys)
        if arn != itself and not verdict.denied and not unread:
            yield targets.names[step.resource_type][arn], verdict


def _relevant_allows_of(principal: Principal, step: PathStep) -> tuple[CompiledStatement, ...]:
    """The Allows of an action, unless all are over everything and nothing narrows them."""
    (action,) = step.actions
    part = principal.compiled_policies.statements_for(action)
    limited = principal.compiled_boundary is not None or principal.compiled_session is not None
    if (
        part.denies
        or limited
        or any(item.resources.resolve_patterns(principal.request_context) != () for item in part.allows)
    ):
        return part.allows
    return ()


def _covers_whole_type(principal: Principal, step: PathStep) -> bool:
    (action,) = step.actions
    return not evaluate_resource_type(principal, action, step.resource_type, NOTHING_KNOWN, spared=False).denied

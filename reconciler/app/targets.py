"""Find out which entities `--target` means: addresses, and patterns with `*` and `?` as in `export --only`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.suggest import suggest_address
from reconciler.plan.compare.comparison import Comparison
from reconciler.plan.compare.ownership import AddressPatterns
from reconciler.plan.options import PlanOptions


def resolve_targets(options: PlanOptions, comparison: Comparison) -> PlanOptions:
    """Return the options with the addresses that the patterns match, and no pattern.

    A pattern means entities of the file and those that the plan would change. Only if there is none, it means other
    live entities, which a plan does not change. Raises ReconcileError for a target that is nowhere.
    """
    if not (options.targets or options.target_patterns):
        return options
    declared, live = comparison.desired.state.entities, comparison.live.entities
    known = [*declared, *live]
    for target in sorted(options.targets):
        if target not in declared and target not in live:
            raise _make_unknown_error(str(target), known, comparison.live.account)
    planned = {*declared, *(difference.address for difference in comparison.differences)}
    found = set(options.targets)
    for pattern in options.target_patterns:
        matches = _find_matches(pattern, planned) or _find_matches(pattern, live)
        if not matches:
            raise _make_unknown_error(pattern, known, comparison.live.account)
        found |= matches
    return replace(options, targets=frozenset(found), target_patterns=())


def _find_matches(pattern: str, addresses: Iterable[Address]) -> set[Address]:
    patterns = AddressPatterns((pattern,))
    return {address for address in addresses if address in patterns}


def _make_unknown_error(target: str, known: Iterable[Address], account: str) -> ReconcileError:
    close = suggest_address(target, known)
    hint = f"Did you mean {close!r}?" if close else "Check the name, the files and the account."
    summary = f"--target {target} is neither in the file nor in account {account}."
    return make_error("unknown-target", summary, hint=hint)

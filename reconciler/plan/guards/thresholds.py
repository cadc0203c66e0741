"""Refuse plans that delete or remove too much at once, without --allow-deletes.

The thresholds count deletions, the share of a kind, and removals from entities that stay. If a plan only passes because
the file raises a threshold, a finding says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model.desired import Settings
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.plan.compare.ownership import is_owned
from reconciler.plan.guards.draft import Draft
from reconciler.plan.guards.losses import count_removals, count_secrets

_PERCENT_FROM = 5
_FLAG = "--allow-deletes"
_DEFAULTS = Settings()
_PLURALS = {
    "policy": "policies",
    "password policy": "password policies",
    "entity": "entities",
    "boundary": "boundaries",
    "password, key or MFA device": "passwords, keys and MFA devices",
    "document that denies everything": "documents that deny everything",
}


@dataclass(frozen=True, slots=True)
class LossMeasure:
    """One count of a plan that a threshold limits.

    setting: the name of the threshold in the file. code: the problem code.
    amount: the count, or the percentage. text: the count in words. unit: " %" for a percentage.
    """

    setting: str
    code: str
    amount: float
    text: str
    unit: str = ""

    def exceeds(self, settings: Settings) -> bool:
        """Return whether the count is above the threshold of some settings."""
        limit: float = getattr(settings, self.setting)
        return self.amount > limit

    def limit_text(self, settings: Settings) -> str:
        """Return the threshold of some settings as text."""
        limit = getattr(settings, self.setting)
        return f"{limit:g}{self.unit}" if isinstance(limit, float) else f"{limit}{self.unit}"


def check_thresholds(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each threshold that the plan exceeds."""
    settings = draft.desired.settings
    for loss in _measure_losses(draft):
        if loss.exceeds(settings):
            verb = "exceeds" if loss.amount == 1 else "exceed"
            summary = f"Refused: {loss.text} {verb} {loss.setting} ({loss.limit_text(settings)})."
            hint = f"If you mean this, pass {_FLAG}. If not, check that no part of the file is missing."
            yield draft.build_refusal(loss.code, None, summary, hint, _FLAG)


def report_raised_thresholds(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each threshold that the file raises above its default, if this plan needs that."""
    settings = draft.desired.settings
    for loss in _measure_losses(draft):
        if loss.exceeds(_DEFAULTS) and not loss.exceeds(settings):
            default, raised = loss.limit_text(_DEFAULTS), loss.limit_text(settings)
            summary = f"The file raises {loss.setting} from {default} to {raised}, and this plan needs it: {loss.text}."
            hint = f"Check what the plan deletes and removes. If it is too much, lower settings.{loss.setting}."
            place = draft.desired.setting_places.get(loss.setting)
            yield Problem(Level.WARNING, "threshold-raised", summary, "", hint, place)


def _measure_losses(draft: Draft) -> Iterator[LossMeasure]:
    """Yield every count that a threshold limits; none if --allow-deletes allows them all."""
    if draft.options.allow_deletes:
        return
    deleted = Counter(item.address.kind for item in draft.differences_of(Action.DELETE))
    entities, secrets = deleted.total(), count_secrets(draft)
    parts = f" ({_format_count(entities, 'entity')}; {_format_count(secrets, 'password, key or MFA device')})"
    text = f"{_format_count(entities + secrets, 'deletion')}{parts if secrets else ''}"
    yield LossMeasure("max_deletes", "too-many-deletes", entities + secrets, text)
    for kind, number in deleted.items():
        if number > _PERCENT_FROM:
            existing = _count_existing(draft, kind)
            percent = 100 * number / existing
            text = f"{number} of {existing} {_plural_of(kind.replace('-', ' '))} ({percent:.1f} %)"
            yield LossMeasure("max_delete_percent", "too-many-deletes", percent, text, " %")
    removals = count_removals(draft)
    each = ", ".join(_format_count(number, noun) for noun, number in removals.items())
    text = f"{_format_count(removals.total(), 'removal')} from entities that stay ({each})"
    yield LossMeasure("max_removals", "too-many-removals", removals.total(), text)


def _count_existing(draft: Draft, kind: str) -> int:
    owners = draft.desired.owners
    return sum(
        address.kind == kind
        and (
            address in draft.entities
            or address in draft.planning.deletions
            or any(is_owned(entity, owner) for owner in owners)
        )
        for address, entity in draft.baseline.all_entities.items()
    )


def _format_count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else _plural_of(noun)}"


def _plural_of(noun: str) -> str:
    return _PLURALS.get(noun, f"{noun}s")

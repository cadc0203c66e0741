"""A rule has one level or several."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule


def test_one_level_is_a_tuple_of_one() -> None:
    assert Rule("a", Level.INFO, "A title", "Why.", "Fix.").levels == (Level.INFO,)


def test_several_levels_stay_in_their_order() -> None:
    both = (Level.ERROR, Level.WARNING)
    assert Rule("a", both, "A title", "Why.", "Fix.").levels == both

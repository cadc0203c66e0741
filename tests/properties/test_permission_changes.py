"""Whatever a principal can newly do, or no longer, some row says so; what a row calls decided, a request proves."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.access import Decision, Principal, evaluate
from reconciler.access.permission_changes import find_permission_changes
from reconciler.model.permissions import Direction
from tests.support.examples import examples
from tests.support.permission_worlds import Request, changing_principals, covers, requests


@examples(200)
@given(changing_principals(), st.lists(requests(), min_size=12, max_size=12))
def test_a_request_whose_answer_differs_is_covered_by_a_row_of_its_direction(
    pair: tuple[Principal, Principal], asked: list[Request]
) -> None:
    before, after = pair
    rows = find_permission_changes(before, after)
    for action, resource, context in asked:
        old, new = (evaluate(side, action, resource, context).decision for side in pair)
        if Decision.DEPENDS in (old, new) or old is new:
            continue
        event(f"{old} to {new}")
        fitting = {Direction.OTHER, Direction.WIDER if new is Decision.ALLOW else Direction.NARROWER}
        assert any(covers(row, action, resource) and row.direction in fitting for row in rows), (
            f"{action} on {resource} with {context.alternatives}: {old} to {new}"
        )


@examples(60)
@given(changing_principals())
def test_the_reverse_change_has_the_same_rows_the_other_way_round(pair: tuple[Principal, Principal]) -> None:
    before, after = pair
    there = {(row.direction, row.before, row.after) for row in find_permission_changes(before, after)}
    back = {(row.direction, row.after, row.before) for row in find_permission_changes(after, before)}
    wider, narrower, other = Direction
    turned = {wider: narrower, narrower: wider, other: other}
    assert {(turned[direction], old, new) for direction, old, new in back} == there


@examples(60)
@given(changing_principals())
def test_an_unchanged_principal_has_no_rows(pair: tuple[Principal, Principal]) -> None:
    assert find_permission_changes(pair[0], pair[0]) == ()

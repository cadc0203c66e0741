"""A line says under which conditions a permission counts, so that nobody must read it twice."""

from __future__ import annotations

import pytest

from reconciler.model.permissions import ActionPattern, Direction, PermissionRow, Terms
from reconciler.plan.access.permission_words import describe_gain

EU, PROD, MFA = "StringEquals region eu", "unless StringEquals env prod", "Bool mfa true"

UNREAD = "policy:arn:aws:iam::aws:policy/ReadOnlyAccess"


def describe(before: Terms, after: Terms) -> str:
    pattern = (ActionPattern("s3:GetObject"),)
    row = PermissionRow(("user/a",), "s3", pattern, ("*",), (), before, after, Direction.WIDER, True)
    return describe_gain((row,)).partition("s3:GetObject")[2]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, (EU,), " on *, if StringEquals region eu"),
        (None, (EU, MFA), " on *, if StringEquals region eu or Bool mfa true"),
        (None, (PROD,), " on *, unless StringEquals env prod"),
        (None, (EU, PROD), " on *, if StringEquals region eu, unless StringEquals env prod"),
        ((EU,), (), ": no longer only if StringEquals region eu"),
        ((PROD,), (), ": now also if StringEquals env prod"),
        ((), (PROD,), ": no longer if StringEquals env prod"),
        (None, (UNREAD,), " on *, if aws:ReadOnlyAccess allows it"),
        (None, (f"{EU} and {UNREAD}",), " on *, if StringEquals region eu and aws:ReadOnlyAccess allows it"),
        ((f"unless {UNREAD}",), (), ": now also if aws:ReadOnlyAccess denies it"),
        ((PROD,), (EU,), ": now if StringEquals region eu (before: unless StringEquals env prod)"),
    ],
)
def test_conditions_of_allows_and_denies_read_as_one_sentence(before: Terms, after: Terms, words: str) -> None:
    assert describe(before, after) == words

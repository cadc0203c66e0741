"""Context that one call carries and needs: its own parameters, and those that the session behind it passes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.access import Context
from reconciler.diagnose.request_context import Mfa, actions_of, context_of
from reconciler.model.assume_role import AssumeRoleCall, InheritedAttributes

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TAG, SOURCE = "sts:TagSession", "sts:SetSourceIdentity"


def request(**more: Any) -> AssumeRoleCall:
    return AssumeRoleCall("a", "arn:aws:iam::123456789012:role/a", "me", **more)


def build_context(asked: AssumeRoleCall, inherited: InheritedAttributes, chained: bool = True) -> Context:
    return context_of(asked, Mfa(), NOW, inherited, chained)


@pytest.mark.parametrize(
    ("asked", "inherited", "denied", "more"),
    [
        (request(), InheritedAttributes(), "", ()),
        (request(session_tags=(("a", "b"),)), InheritedAttributes(), "", (TAG,)),
        (request(source_identity="ann"), InheritedAttributes(), "", (SOURCE,)),
        (request(), InheritedAttributes(tags=(("a", "b"),)), "", (TAG,)),
        (request(), InheritedAttributes("ann"), "", (SOURCE,)),
        (request(source_identity="ann"), InheritedAttributes("ann", (("a", "b"),)), "", (TAG, SOURCE)),
        (request(), InheritedAttributes(known=False), "", ()),
        (request(), InheritedAttributes(known=False), TAG, (TAG,)),
        (request(), InheritedAttributes(known=False), SOURCE, (SOURCE,)),
        (request(), InheritedAttributes(), "sts:AssumeRole", ()),
    ],
)
def test_what_is_inherited_needs_its_action_as_what_is_given(
    asked: AssumeRoleCall, inherited: InheritedAttributes, denied: str, more: tuple[str, ...]
) -> None:
    assert actions_of(asked, inherited, denied) == ("sts:AssumeRole", *more)


def test_inherited_tags_are_tags_of_the_request() -> None:
    asked = request(session_tags=(("own", "1"),), transitive_tags=("own",))
    found = build_context(asked, InheritedAttributes(tags=(("team", "x"),)))
    assert found.find("aws:requesttag/team") == (("x",),)
    assert found.find("aws:requesttag/own") == (("1",),)
    assert found.find("aws:requesttag/other") == (None,)
    assert found.find("aws:tagkeys") == (("team", "own"),)
    assert found.find("sts:transitivetagkeys") == (("team", "own"),)


@pytest.mark.parametrize(
    ("asked", "inherited", "sts", "aws"),
    [
        (request(), InheritedAttributes(), (None,), (None,)),
        (request(source_identity="ann"), InheritedAttributes(), (("ann",),), (None,)),
        (request(), InheritedAttributes("ann"), (("ann",), None), (("ann",),)),
        (request(source_identity="ann"), InheritedAttributes("ann"), (("ann",),), (("ann",),)),
        (request(), InheritedAttributes(known=False), (), ()),
    ],
)
def test_a_source_identity_is_the_sessions_and_perhaps_the_requests(
    asked: AssumeRoleCall, inherited: InheritedAttributes, sts: object, aws: object
) -> None:
    found = build_context(asked, inherited)
    assert found.find("sts:sourceidentity") == sts
    assert found.find("aws:sourceidentity") == aws


def test_a_session_made_elsewhere_may_bring_tags_that_nobody_knows() -> None:
    found = build_context(request(), InheritedAttributes(known=False), chained=False)
    for key in ("aws:requesttag/team", "aws:tagkeys", "sts:transitivetagkeys"):
        assert found.find(key) == ()
    assert build_context(request(), InheritedAttributes(), chained=False).find("aws:tagkeys") == (None,)

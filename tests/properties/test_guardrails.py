"""What guardrails are said to stop is denied in every request; what they are not said to limit keeps its answers."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.access import Decision, PolicySource, Principal, evaluate
from reconciler.access.guardrail_stops import ServiceControls
from reconciler.access.policy_statements import IDENTITY, list_policy_statements
from tests.support.examples import examples
from tests.support.permission_worlds import ACCOUNT, Request, documents, requests, service_controls


@examples(300)
@given(documents(), service_controls(), st.lists(requests(), min_size=10, max_size=10))
def test_what_is_stopped_is_denied_and_what_is_not_limited_keeps_its_answer(
    document: object, levels: tuple[tuple[PolicySource, ...], ...], asked: list[Request]
) -> None:
    own = (PolicySource("own", document),)  # type: ignore[arg-type]
    free = Principal(f"arn:aws:iam::{ACCOUNT}:user/alice", "user", ACCOUNT, own, tags={"team": "red"})
    bound = replace(free, service_controls=levels)
    allows = [one for one in list_policy_statements(free) if one.allows and one.layer == IDENTITY]
    effect = ServiceControls.of(bound).judge(allows)
    event(f"stopped: {bool(effect.stopped_by)}, limited: {bool(effect.limited_by)}")
    for action, resource, context in asked:
        before, after = (evaluate(one, action, resource, context).decision for one in (free, bound))
        if effect.stopped_by:
            assert after is Decision.DENY
        elif not effect.limited_by:
            assert after is before

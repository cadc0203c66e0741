"""An assertion that holds is broken by no request, and one that fails is broken by the request that it names."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.access import (
    NOTHING_KNOWN,
    Context,
    Decision,
    Principal,
    can_assume,
    evaluate,
    principals_of,
    targets_of,
)
from reconciler.access.policy_statements import list_policy_statements
from reconciler.access.request_scope import RequestScope
from reconciler.access.scoped_requests import ScopedPolicies
from reconciler.access.templates import MANY, ONE, compile_arn_glob
from reconciler.model.live import State
from reconciler.plan.assertions.role_requests import decide_entry, decide_plain_entry
from tests.support.access_worlds import accounts
from tests.support.examples import examples
from tests.support.permission_worlds import ACCOUNT, Request, changing_principals, requests

ACTIONS = ["*", "a:*", "a:one*", "b:x", "*:one", "c:*"]
RESOURCES = [None, "arn:aws:s3:::b*", "arn:aws:s3:::b/*", "arn:aws:s3:::alice/x", "arn:aws:ec2:*:*:*"]
_TO_WILDCARDS = str.maketrans({"*": MANY, "?": ONE})


some_actions = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2, unique=True)
some_resources = st.sampled_from(RESOURCES)


@st.composite
def scopes(draw: st.DrawFn) -> RequestScope:
    actions = draw(some_actions)
    resource = draw(some_resources)
    return RequestScope(
        frozenset(actions), None if resource is None else frozenset([resource]), "aws", ACCOUNT, any_account=True
    )


def ask(principal: Principal, scope: RequestScope) -> ScopedPolicies:
    relevant = frozenset(one for one in list_policy_statements(principal) if scope.overlaps(one))
    return ScopedPolicies(principal, relevant, scope, evaluate)


def is_within(scope: RequestScope, action: str, resource: str) -> bool:
    patterns = scope.resources
    return scope.has_action(action.lower()) and (
        patterns is None or any(compile_arn_glob(one.translate(_TO_WILDCARDS))(resource) for one in patterns)
    )


@examples(300)
@given(changing_principals(), scopes(), st.lists(requests(), min_size=12, max_size=12))
def test_no_request_breaks_a_cannot_that_holds(
    pair: tuple[Principal, Principal], scope: RequestScope, asked: list[Request]
) -> None:
    principal = pair[0]
    found = ask(principal, scope).find_allowed()
    event("allowed" if found and found[0].verdict.allowed else "depends" if found else "nothing")
    for request in found:
        if request.verdict.allowed:
            assert is_within(scope, request.action, request.resource)
            assert evaluate(principal, request.action, request.resource, request.context).allowed
    for action, resource, context in asked:
        if is_within(scope, action, resource) and evaluate(principal, action, resource, context).allowed:
            assert found, f"{action} on {resource} with {context.alternatives}"


@examples(300)
@given(changing_principals(), scopes(), st.lists(requests(), min_size=12, max_size=12))
def test_a_can_that_holds_holds_for_every_request_without_keys(
    pair: tuple[Principal, Principal], scope: RequestScope, asked: list[Request]
) -> None:
    principal = pair[0]
    refused = ask(principal, scope).find_refused()
    event("allowed" if refused is None else str(refused.verdict.decision))
    for action, resource, context in asked:
        if refused is None and is_within(scope, action, resource):
            assert evaluate(principal, action, resource, Context.of(absent=["*"])).allowed, f"{action} on {resource}"
        if refused is not None and refused.verdict.denied:
            again = evaluate(principal, refused.action, refused.resource, context).decision
            assert again is not Decision.ALLOW, f"with {context.alternatives}"


SENT: dict[str, list[str | None]] = {
    "aws:MultiFactorAuthPresent": [None, "true", "false"],
    "aws:MultiFactorAuthAge": [None, "10", "4000"],
    "sts:ExternalId": [None, "a", "c"],
    "sts:RoleSessionName": ["u1", "other"],
    "aws:SourceIp": ["203.0.113.7", "8.8.8.8"],
    "aws:TagKeys": [None, "team"],
    "aws:PrincipalOrgID": [None, "o-1"],
}


sent_values = st.fixed_dictionaries({key: st.sampled_from(options) for key, options in SENT.items()})


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    values = draw(sent_values)
    known = {key: value for key, value in values.items() if value is not None}
    return Context.of(known, absent=[key for key, value in values.items() if value is None])


@examples(100)
@given(accounts(), st.lists(contexts(), min_size=6, max_size=6))
def test_a_role_that_is_closed_lets_nobody_in_whatever_is_sent(state: State, sent: list[Context]) -> None:
    for principal in principals_of(state).values():
        for target in targets_of(state).values():
            verdict, context = decide_entry(principal, target, "sts:assumerole", NOTHING_KNOWN)
            event(str(verdict.decision))
            if verdict.allowed:
                assert can_assume(principal, target, context).allowed
            elif verdict.denied:
                assert not any(can_assume(principal, target, one).allowed for one in sent)
            plain = decide_plain_entry(principal, target, "sts:assumerole", NOTHING_KNOWN)
            if plain.allowed:
                assert can_assume(principal, target, Context.of(absent=["*"])).allowed

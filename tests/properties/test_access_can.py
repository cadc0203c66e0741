"""What `access can` answers before and after a plan differs only if a line of the plan says so."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import event, given
from hypothesis import strategies as st

from reconciler.model.access_answers import AccessSide, Outcome
from reconciler.model.address import Address
from reconciler.model.globs import compile_glob
from reconciler.model.live import State
from reconciler.model.permissions import Direction, PermissionRow
from reconciler.plan.access.answer import answer_request
from reconciler.plan.access.delta import compare_access
from reconciler.plan.access.side_principals import principals_of_side
from tests.properties.test_access import Plans, differences
from tests.support.access_worlds import IAM, plans
from tests.support.examples import examples
from tests.support.strategies import policy_arn

ACTIONS = ["s3:GetObject", "iam:PutRolePolicy", "iam:CreatePolicyVersion", "ec2:RunInstances", "sts:AssumeRole"]
RESOURCES = ["*", f"{IAM}:role/r1", f"{IAM}:role/eng/r2", f"{IAM}:user/u1", policy_arn("p1")]
VALUES: Mapping[str, list[tuple[str, ...]]] = {
    "aws:MultiFactorAuthPresent": [(), ("true",), ("false",)],
    "aws:MultiFactorAuthAge": [(), ("10",), ("4000",)],
    "aws:ResourceTag/team": [(), ("r1",), ("u1",)],
    "iam:ResourceTag/team": [(), ("r1",), ("u1",)],
    "aws:PrincipalOrgID": [(), ("o-1",)],
    "aws:ResourceAccount": [("123456789012",), ("210987654321",)],
    "sts:ExternalId": [(), ("a",)],
    "sts:RoleSessionName": [(), ("u1",)],
    "aws:TagKeys": [(), ("team",)],
    "aws:SourceIp": [(), ("203.0.113.7",), ("8.8.8.8",)],
    "aws:x": [(), ("y",)],
    "aws:userid": [(), ("AIDAu1",)],
    "aws:username": [()],
    "aws:SourceIdentity": [()],
}
Request = tuple[str, str, Mapping[str, tuple[str, ...]]]
requests = st.tuples(
    st.sampled_from([*ACTIONS, ACTIONS[-1], ACTIONS[-1]]),
    st.sampled_from(RESOURCES),
    st.fixed_dictionaries({key: st.sampled_from(values) for key, values in VALUES.items()}),
)


class Side:
    """One side of a plan, to put questions to."""

    def __init__(self, state: State) -> None:
        self._side = AccessSide("file", state)
        self.principals = principals_of_side(self._side)

    def ask(self, address: Address, request: Request) -> Outcome:
        principal = self.principals.get(address)
        if principal is None:
            return Outcome.DENIED
        return answer_request(self._side, principal, address, *request).outcome


def covers(row: PermissionRow, action: str, resource: str) -> bool:
    def matches(pattern: str, text: str) -> bool:
        return compile_glob(pattern.lower())(text.lower())

    return (
        any(
            matches(one.pattern, action) and not any(matches(text, action) for text in one.exceptions)
            for one in row.patterns
        )
        and any(matches(text, resource) for text in row.resources)
        and not any(matches(text, resource) for text in row.not_resources)
    )


@examples(50)
@given(plans(), st.lists(requests, min_size=12, max_size=12))
def test_an_answer_that_a_plan_changes_is_in_the_plan(plan: Plans, asked: list[Request]) -> None:
    live, planned, renames = plan
    delta = compare_access(live, planned, differences(live, planned, renames), renames)
    rows = (*delta.permissions.gained, *delta.permissions.changed, *delta.permissions.lost)
    pairs = {(pair.principal, pair.role) for pair in (*delta.gained, *delta.lost, *(new for _, new in delta.changed))}
    old, new = Side(live), Side(planned)
    for address in {*old.principals, *new.principals} - {*renames.values()}:
        was = renames.get(address, address)
        for request in asked:
            before, after = old.ask(was, request), new.ask(address, request)
            if before is after or Outcome.DEPENDS in (before, after):
                continue
            event(f"{before} to {after}")
            fitting = (Direction.OTHER, Direction.WIDER if after is Outcome.ALLOWED else Direction.NARROWER)
            is_told = (str(address), f"role/{request[1].rpartition('/')[2]}") in pairs
            assert (is_told and request[0] == "sts:AssumeRole") or any(
                str(address) in row.principals and row.direction in fitting and covers(row, *request[:2])
                for row in rows
            ), f"{address}: {request}: {before} to {after}"

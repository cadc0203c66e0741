"""Which rewrites of a document come to deny everything, and which are ordinary edits."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.policy.canonical import canonical
from reconciler.policy.deny_all import comes_to_deny_everything, denies_everything

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ALICE = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}}
MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def deny(**more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "*", "Resource": "*", **more}


def shut(**more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*", **more}


def without(statement: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != name}


EVERYTHING: dict[str, dict[str, Any]] = {
    "* on *": deny(),
    "*:* on *": deny(Action="*:*"),
    "** on **": deny(Action="**", Resource="**"),
    "?* on every ARN": deny(Action="?*", Resource="arn:*"),
    "every ARN of the partition": deny(Resource="arn:aws:*:*:*:*"),
    "all but an action that nobody calls": without(deny(NotAction="nosuch:Thing"), "Action"),
    "all but a resource that nobody has": without(deny(NotResource="arn:aws:s3:::nosuch"), "Resource"),
    "if a condition holds that always holds": deny(Condition={"StringLike": {"aws:PrincipalArn": "*"}}),
    "among others": deny(Action=["s3:GetObject", "*"]),
    "a trust, to everybody": shut(),
    "a trust, to every AWS principal": shut(Principal={"AWS": "*"}),
    "a trust, to all but one": without(shut(NotPrincipal={"AWS": "123456789012"}), "Principal"),
    "a trust, every action of STS": shut(Action="sts:*"),
    "a trust, every way to assume": shut(Action="sts:Assume*"),
}
SOMETHING: dict[str, dict[str, Any]] = {
    "one service": deny(Action="s3:*"),
    "one bucket": deny(Resource="arn:aws:s3:::b/*"),
    "without MFA": deny(Condition=MFA),
    "outside a region": deny(Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    "a trust, to one user": shut(Principal=ALICE["Principal"]),
    "a trust, without MFA": shut(Condition=MFA),
    "a trust, only tags of sessions": shut(Action="sts:TagSession"),
}


@pytest.mark.parametrize("statement", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_a_deny_of_every_request_denies_everything_whatever_is_allowed_beside_it(statement: dict[str, Any]) -> None:
    allowed = ALICE if "Principal" in statement or "NotPrincipal" in statement else READ
    before, after = canonical({"Statement": [allowed]}), canonical({"Statement": [allowed, statement]})
    assert denies_everything(after)
    assert comes_to_deny_everything(before, after)
    assert comes_to_deny_everything(None, after)
    assert not comes_to_deny_everything(after, canonical({"Statement": [statement]}))


@pytest.mark.parametrize("statement", SOMETHING.values(), ids=SOMETHING.keys())
def test_a_deny_of_some_requests_is_an_ordinary_edit(statement: dict[str, Any]) -> None:
    allowed = ALICE if "Principal" in statement else READ
    before, after = canonical({"Statement": [allowed]}), canonical({"Statement": [allowed, statement]})
    assert not comes_to_deny_everything(before, after)
    assert not comes_to_deny_everything(None, canonical({"Statement": [statement]}))


def test_the_last_allow_that_goes_takes_everything_and_the_last_but_one_does_not() -> None:
    both, one, none = (canonical({"Statement": list(some)}) for some in ([READ, ALICE], [READ], []))
    denying = canonical({"Statement": [deny(Action="s3:*")]})
    assert not comes_to_deny_everything(both, one)
    assert comes_to_deny_everything(one, none)
    assert comes_to_deny_everything(one, denying)
    assert not comes_to_deny_everything(none, denying)
    assert not comes_to_deny_everything(None, none)

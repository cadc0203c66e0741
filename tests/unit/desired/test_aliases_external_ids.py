"""An alias that no way into its role would let in, for the external id that it sends, is a warning at its line."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from tests.support.files import ACCOUNT, HEAD, Folder, require_valid

OURS = f'accounts: ["{ACCOUNT}"]'
DEMANDING = f"{{{OURS}, external_id: right-one}}"
OPEN = f"{{{OURS}}}"


def text(alias: str, *rules: str) -> str:
    return f"{HEAD}users: {{alice: }}\naliases:\n  dev:\n    {alias}\nroles: {{app: {{trust: [{', '.join(rules)}]}}}}\n"


def raw(alias: str, *statements: str) -> str:
    listed = ", ".join(f"{{Effect: Allow, Action: 'sts:AssumeRole', {item}}}" for item in statements)
    return f"{HEAD}aliases:\n  dev:\n    {alias}\nroles: {{app: {{trust_policy: {{Statement: [{listed}]}}}}}}\n"


def when(operator: str, value: str, principal: str = f'"{ACCOUNT}"') -> str:
    return f"Principal: {{AWS: {principal}}}, Condition: {{{operator}: {{'sts:ExternalId': {value}}}}}"


WRONG = "role: app\n    external_id: wrong-one"
ARN = f"role: 'arn:aws:iam::{ACCOUNT}:role/app'\n    external_id: wrong-one"
FOREIGN = "role: 'arn:aws:iam::210987654321:role/app'\n    external_id: wrong-one"
AT_VALUE, AT_ALIAS = "roles.yaml:7:18", "roles.yaml:5:3"

REFUSED = {
    "another one": (text(WRONG, DEMANDING), AT_VALUE, "'wrong-one'"),
    "in another letter case": (text("role: app\n    external_id: Right-one", DEMANDING), AT_VALUE, "'Right-one'"),
    "none": (text("role: app", DEMANDING), AT_ALIAS, "no external id"),
    "by ARN": (text(ARN, DEMANDING), AT_VALUE, "role/app"),
    "no one of several": (text(WRONG, f"{{{OURS}, external_id: [aa, bb]}}"), AT_VALUE, "another one"),
    "two ways in": (text(WRONG, DEMANDING, "{users: [alice], external_id: cc}"), AT_VALUE, "another one"),
    "beside a service": (text(WRONG, DEMANDING, "{services: [ec2.amazonaws.com]}"), AT_VALUE, "another one"),
    "as a policy": (raw(WRONG, when("StringEquals", "right-one")), "roles.yaml:6:18", "another one"),
    "for everyone": (raw(WRONG, when("StringEquals", "right-one", "'*'")), "roles.yaml:6:18", "another one"),
}

LET_IN = {
    "the same": text("role: app\n    external_id: right-one", DEMANDING),
    "one of several": text("role: app\n    external_id: bb", f"{{{OURS}, external_id: [aa, bb]}}"),
    "a second way in takes it": text(WRONG, DEMANDING, "{users: [alice], external_id: wrong-one}"),
    "a second way in asks for none": text(WRONG, DEMANDING, "{users: [alice]}"),
    "none is demanded, and one is sent": text(WRONG, OPEN),
    "none is demanded, and none is sent": text("role: app", OPEN),
    "nobody but services": text("role: app", "{services: [ec2.amazonaws.com]}"),
    "a role that is not of the file": text(FOREIGN, DEMANDING),
    "a pattern": raw(WRONG, when("StringLike", "'wrong-*'")),
    "only where one is sent": raw("role: app", when("StringEqualsIfExists", "right-one")),
    "a variable": raw(WRONG, when("StringEquals", "'${aws:username}'")).replace(
        "Statement", "Version: '2012-10-17', Statement"
    ),
}


@pytest.mark.parametrize(("written", "at", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_trust_can_never_take_is_a_warning(folder: Folder, written: str, at: str, said: str) -> None:
    (found,) = require_valid(folder.declare_text(written)).problems
    assert (found.level, folder.format_problem(found)) == (Level.WARNING, f"{at} alias-external-id")
    assert said in found.summary and "external_id: " in found.hint


@pytest.mark.parametrize("written", LET_IN.values(), ids=LET_IN.keys())
def test_what_it_may_take_is_none(folder: Folder, written: str) -> None:
    assert "alias-external-id" not in [found.code for found in require_valid(folder.declare_text(written)).problems]

"""What was computed for an account is forgotten when the run goes on to another one."""

from __future__ import annotations

from reconciler.model.account_caches import cache_for_account, empty_account_caches
from reconciler.model.arns import address_of
from reconciler.model.document import Json
from reconciler.model.globs import compile_glob
from reconciler.policy.canonical import canonical

POLICY: Json = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}


def test_a_result_is_computed_once_until_the_caches_are_emptied() -> None:
    calls: list[int] = []

    @cache_for_account(maxsize=2048)
    def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    assert [double(1), double(1), double(2)] == [2, 2, 4]
    assert calls == [1, 2]
    empty_account_caches()
    assert double(1) == 2
    assert calls == [1, 2, 1]


def test_patterns_arns_and_documents_are_forgotten() -> None:
    def remember() -> list[object]:
        arn = "arn:aws:iam::111111111111:role/app"
        return [compile_glob("s3:Get*x"), address_of(arn, "111111111111"), canonical(POLICY)]

    before, again = remember(), remember()
    assert all(one is other for one, other in zip(before, again, strict=True))
    empty_account_caches()
    assert not any(one is other for one, other in zip(before, remember(), strict=True))

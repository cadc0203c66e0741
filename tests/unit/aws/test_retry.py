"""When waiting helps: IAM is busy, or does not yet see what this very run has made. A typo fails at once."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from reconciler.aws import retry
from reconciler.aws.retry import already_done, passes, patiently
from reconciler.kinds.facts import present, step, unlinked
from reconciler.model.address import Address
from reconciler.model.plan import Phase, Step

APP, ALICE = Address("role", "app"), Address("user", "alice")
INVALID = 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/alice"'


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Anything")


def needing(*facts: tuple[str, ...], operation: str = "AttachRolePolicy") -> Step:
    return step(APP, Phase.WIDEN, operation, {}, facts)


OURS, THEIRS = {present(APP)}, {present(ALICE)}

PASSES: dict[str, tuple[ClientError, Step, set[tuple[str, ...]], bool]] = {
    "busy": (error("ConcurrentModification"), needing(), set(), True),
    "busy with one entity": (error("EntityTemporarilyUnmodifiable"), needing(), set(), True),
    "throttled": (error("Throttling"), needing(), set(), True),
    "not there, made by this run": (error("NoSuchEntity"), needing(present(APP)), OURS, True),
    "not there, made by nobody": (error("NoSuchEntity"), needing(present(APP)), set(), False),
    "not there, this run made something else": (error("NoSuchEntity"), needing(present(APP)), THEIRS, False),
    "not there, nothing needed": (error("NoSuchEntity"), needing(), OURS, False),
    "an unknown principal, made by this run": (
        error("MalformedPolicyDocument", INVALID),
        needing(present(ALICE)),
        THEIRS,
        True,
    ),
    "an unknown principal, made by nobody": (
        error("MalformedPolicyDocument", INVALID),
        needing(present(ALICE)),
        set(),
        False,
    ),
    "another flaw of a document": (
        error("MalformedPolicyDocument", "Syntax errors in policy."),
        needing(present(ALICE)),
        THEIRS,
        False,
    ),
    "still held, by what this run let go": (
        error("DeleteConflict"),
        needing(unlinked(APP, "arn"), operation="DeletePolicy"),
        {unlinked(APP, "arn")},
        True,
    ),
    "still held, by somebody else": (error("DeleteConflict"), needing(operation="DeletePolicy"), OURS, False),
    "a quota": (error("LimitExceeded"), needing(present(APP)), OURS, False),
    "denied": (error("AccessDenied"), needing(present(APP)), OURS, False),
    "there already": (error("EntityAlreadyExists"), needing(present(APP)), OURS, False),
    "invalid": (error("ValidationError"), needing(present(APP)), OURS, False),
}


@pytest.mark.parametrize(("failure", "failed", "made", "expected"), PASSES.values(), ids=PASSES.keys())
def test_only_what_this_run_made_is_waited_for(
    failure: ClientError, failed: Step, made: set[tuple[str, ...]], expected: bool
) -> None:
    assert passes(failure, failed, made) is expected


@pytest.mark.parametrize(
    ("operation", "code", "done"),
    [
        ("DeleteUser", "NoSuchEntity", True),
        ("DetachRolePolicy", "NoSuchEntity", True),
        ("RemoveUserFromGroup", "NoSuchEntity", True),
        ("UntagRole", "NoSuchEntity", True),
        ("DeactivateMFADevice", "NoSuchEntity", True),
        ("AttachRolePolicy", "NoSuchEntity", False),
        ("PutUserPolicy", "NoSuchEntity", False),
        ("DeleteUser", "DeleteConflict", False),
        ("CreateUser", "EntityAlreadyExists", False),
    ],
)
def test_taking_away_what_is_gone_already_is_done(operation: str, code: str, done: bool) -> None:
    assert already_done(error(code), needing(operation=operation)) is done


class Flaky:
    """Fails so many times, then answers."""

    def __init__(self, failures: int, failure: ClientError) -> None:
        self.left, self.failure, self.calls = failures, failure, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.failure
        return "answer"


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, without making them; time passes with them."""
    pauses: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", pauses.append)
    monkeypatch.setattr(retry.time, "monotonic", lambda: sum(pauses))
    return pauses


def test_a_failure_that_passes_is_tried_again(waited: list[float]) -> None:
    flaky = Flaky(3, error("NoSuchEntity"))
    assert patiently(flaky, needing(present(APP)), OURS) == "answer"
    assert (flaky.calls, len(waited)) == (4, 3)


def test_a_failure_that_stays_is_raised_at_once(waited: list[float]) -> None:
    flaky = Flaky(1, error("AccessDenied"))
    with pytest.raises(ClientError, match="AccessDenied"):
        patiently(flaky, needing(present(APP)), OURS)
    assert (flaky.calls, waited) == (1, [])


def test_patience_ends(waited: list[float]) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        patiently(Flaky(10_000, error("NoSuchEntity")), needing(present(APP)), OURS, patience=30)
    assert 15 < sum(waited) <= 30


def test_pauses_grow_to_a_limit(waited: list[float]) -> None:
    patiently(Flaky(12, error("Throttling")), needing(), set(), patience=1000)
    assert waited[0] < 1
    assert 6 < waited[-1] < 10

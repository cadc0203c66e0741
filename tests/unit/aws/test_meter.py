"""The calls of a run are counted with their retries and throttles, whatever an answer looks like."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter

from reconciler.aws.meter import Meter


def send(events: HierarchicalEmitter, operation: str, attempt: int = 1, answer: Any = None) -> None:
    context = {"retries": {"attempt": attempt}}
    events.emit(f"before-send.iam.{operation}", request=None)
    events.emit(f"response-received.iam.{operation}", context=context, parsed_response=answer, exception=None)


@pytest.fixture
def events() -> HierarchicalEmitter:
    return HierarchicalEmitter()


@pytest.fixture
def meter(events: HierarchicalEmitter) -> Meter:
    one = Meter()
    one.attach(events)
    return one


def test_requests_are_counted_by_operation_and_those_that_repeat_another_once_more(
    meter: Meter, events: HierarchicalEmitter
) -> None:
    send(events, "ListRoles")
    send(events, "GetRole", 1, {"Error": {"Code": "Throttling"}})
    send(events, "GetRole", 2, {"Error": {"Code": "RequestLimitExceeded"}})
    send(events, "GetRole", 3, {"Role": {}})
    calls = meter.calls
    assert [(one.operation, one.requests) for one in calls.operations] == [("GetRole", 3), ("ListRoles", 1)]
    assert (calls.requests, calls.retries, calls.throttles) == (4, 2, 2)


def test_retries_that_botocore_does_not_know_are_added(meter: Meter) -> None:
    meter.count_retries(0)
    meter.count_retries(2)
    assert meter.calls.retries == 2


@pytest.mark.parametrize(
    "answer", [None, "text", {}, {"Error": None}, {"Error": {}}, {"Error": {"Code": "NoSuchEntity"}}]
)
def test_any_other_answer_is_no_throttle(meter: Meter, events: HierarchicalEmitter, answer: Any) -> None:
    send(events, "GetRole", 1, answer)
    assert (meter.calls.requests, meter.calls.retries, meter.calls.throttles) == (1, 0, 0)


def test_an_event_without_its_context_is_a_first_attempt(meter: Meter, events: HierarchicalEmitter) -> None:
    events.emit("before-send.iam.GetRole", request=None)
    events.emit("response-received.iam.GetRole", context=None, parsed_response=None, exception=OSError())
    assert (meter.calls.requests, meter.calls.retries) == (1, 0)

"""TRACEPARENT is read as W3C says, and anything else is not a trace."""

from __future__ import annotations

import pytest

from reconciler.model.trace import TraceContext, read_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "value",
    [
        f"00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-00",
        f"00-{TRACE}-{SPAN}-ff",
        f"cc-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
        f"01-{TRACE}-{SPAN}-01-",
    ],
)
def test_a_valid_value_names_its_trace_and_the_callers_span(value: str) -> None:
    assert read_traceparent(value) == TraceContext(TRACE, SPAN)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"cc-{TRACE}-{SPAN}-012",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-1]}\u0663-{SPAN}-01",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-01\r\nX-Evil: 1",
        f"00_{TRACE}_{SPAN}_01",
        "00-" * 100_000,
    ],
)
def test_any_other_value_is_ignored(value: str) -> None:
    assert read_traceparent(value) is None


@pytest.mark.parametrize(("trace_id", "span_id"), [("x" * 32, SPAN), (TRACE, "0" * 16), (TRACE + "\n", SPAN), ("", "")])
def test_no_trace_has_ids_of_another_form(trace_id: str, span_id: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        TraceContext(trace_id, span_id)

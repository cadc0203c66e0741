"""The trace that a run belongs to, as its caller names it (W3C, "Trace Context", section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

TRACE_VARIABLE = "TRACEPARENT"
"""The environment variable with the trace (OpenTelemetry, "Environment Variables as Context Propagation Carriers")."""
_TRACE_ID, _SPAN_ID = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{16}")
_TRACEPARENT = re.compile(rf"([0-9a-f]{{2}})-({_TRACE_ID.pattern})-({_SPAN_ID.pattern})-[0-9a-f]{{2}}(-.*)?")
_FIRST_VERSION, _NO_VERSION = "00", "ff"


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A trace. trace_id: 32 hexadecimal digits. span_id: 16 of them, the caller's span, in which the run happens."""

    trace_id: str
    span_id: str

    def __post_init__(self) -> None:
        for pattern, digits in ((_TRACE_ID, self.trace_id), (_SPAN_ID, self.span_id)):
            if not pattern.fullmatch(digits) or not digits.strip("0"):
                raise ValueError("not an id of a trace or span")

    @property
    def ids(self) -> Mapping[str, str]:
        """Both ids by the names that logs, journals and summaries give them."""
        return {"trace_id": self.trace_id, "span_id": self.span_id}


def read_traceparent(value: str) -> TraceContext | None:
    """Return the trace that a `traceparent` names; None if it is not valid, because W3C says to ignore such a value.

    Of a version after 00, only the first four fields are read.
    """
    match = _TRACEPARENT.fullmatch(value)
    if match is None:
        return None
    version, trace_id, span_id, more = match.groups()
    if version == _NO_VERSION or (version == _FIRST_VERSION and more is not None):
        return None
    try:
        return TraceContext(trace_id, span_id)
    except ValueError:
        return None

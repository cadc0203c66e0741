"""Find out from live IAM if a write whose answer was lost has been made.

This is only for writes that must not be sent twice. Most of IAM's may be, and then nothing is read. The kind of the
entity knows which these are, and what to look for (`kinds/base.py:Kind.find_created`).
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.aws.entity_reader import EntityReader
from reconciler.aws.session import Connection
from reconciler.kinds.live_reader import EntityNotFoundError
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.plan import Step


class WriteStatus(StrEnum):
    """The status of a write in live IAM. OTHER: IAM shows something else in its place. NOTHING: nothing, or not yet."""

    MADE = "made"
    OTHER = "other"
    NOTHING = "nothing"


def confirm_write(connection: Connection, step: Step) -> WriteStatus:
    """Return the status of a step's call; NOTHING also if it may be sent again. Raises the errors of reading."""
    kind = KINDS_BY_NAME[step.address.kind]
    try:
        is_made = kind.find_created(step.call, EntityReader(connection))
    except EntityNotFoundError:
        return WriteStatus.NOTHING
    if is_made is None:
        return WriteStatus.NOTHING
    return WriteStatus.MADE if is_made else WriteStatus.OTHER

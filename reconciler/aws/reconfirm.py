"""Whether a write whose answer was lost has been made, by a look at live IAM.

Only for writes that must not be sent twice: most of IAM's may be, and then nothing is asked. The kind of the entity
knows which those are, and what to look for (`kinds/base.py:Kind.find_created`).
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.aws.entity_reader import EntityReader
from reconciler.aws.session import Connection
from reconciler.kinds.live_reader import EntityNotFoundError
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.plan import Step


class WriteStatus(StrEnum):
    """What live IAM shows of a call: that it was made, something else in its place, or nothing of it (yet)."""

    MADE = "made"
    OTHER = "other"
    NOTHING = "nothing"


def confirm_write(connection: Connection, step: Step) -> WriteStatus:
    """Look at what a step's call makes; NOTHING, too, for calls that may be sent again. Raises what reading raises."""
    kind = KINDS_BY_NAME[step.address.kind]
    try:
        found = kind.find_created(step.call, EntityReader(connection))
    except EntityNotFoundError:
        return WriteStatus.NOTHING
    if found is None:
        return WriteStatus.NOTHING
    return WriteStatus.MADE if found else WriteStatus.OTHER

"""Reading an export back, and planning it, as a user's next commands would."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.desired.declare import declare
from reconciler.desired.export import Exported
from reconciler.desired.load import load
from reconciler.desired.write import one_file
from reconciler.model.plan import Plan
from reconciler.model.state import Desired, State
from reconciler.plan.build import build
from reconciler.plan.options import Allowed
from tests.support.files import errors


def read(text: str, live: State) -> Desired:
    """What a file with this text means, read as `plan` reads it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "roles.yaml"
        path.write_text(text)
        return declare(
            load([path], {}, live.account), {address: entity.path for address, entity in live.entities.items()}
        )


def planned(found: Exported, live: State) -> Plan:
    desired = read(one_file(found, "reconcile export"), live)
    assert errors(desired) == []
    return build(desired, live, Allowed())

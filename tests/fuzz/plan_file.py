"""Fuzz target: a saved plan, as `apply plan.json` reads it up to the plan that it would carry out, and as `show` does.

A wrong checksum ends the reading at once. So most inputs get the right one first, as anyone who edits a plan file could
do. Some keep theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from reconciler.app.plan_file import read_plan_document
from reconciler.app.saved_plan import load_saved_plan
from reconciler.app.shown_plan import read_shown_plan
from reconciler.model.problem import ReconcileError
from reconciler.plan.saved.fingerprint import compute_digest
from tests.fuzz.mutations import spoil_bytes
from tests.fuzz.target import print_plan, print_problems, write_input
from tests.fuzz.worlds import answer_from, draw_accounts, make_request, spoil_json_bytes, state_of

_KEEP_CHECKSUM = b"!"
"""The end of the first line of an input that keeps its checksum."""


class PlanFile:
    name = "plan"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "plan.json"
        self._worlds = draw_accounts()

    def make_seeds(self) -> Sequence[bytes]:
        return [b"%d\n%s" % (2 * n, json.dumps(world.document).encode()) for n, world in enumerate(self._worlds)]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        first, _, body = data.partition(b"\n")
        if not random.randrange(12):
            return b"%s%s\n%s" % (first, _KEEP_CHECKSUM, spoil_bytes(random, body, other))
        return b"%s\n%s" % (first, spoil_json_bytes(random, body, other))

    def read(self, data: bytes) -> Iterable[str]:
        first, _, body = data.partition(b"\n")
        live = state_of(first.rstrip(_KEEP_CHECKSUM), self._worlds)
        write_input(self._path, body if first.endswith(_KEEP_CHECKSUM) else _seal_body(body))
        shown = {f"show: {word}" for word in self._show()}
        try:
            document = read_plan_document(self._path)
            if document is None:
                return {"another kind of file", *shown}
            with answer_from(live):
                request = make_request(live, str(self._path))
                return {*print_plan(load_saved_plan(self._path, document, request).plan), *shown}
        except ReconcileError as failed:
            return {*print_problems(failed.problems), *shown}

    def _show(self) -> set[str]:
        """Read the file as `reconcile show` does."""
        try:
            return print_plan(read_shown_plan(self._path))
        except ReconcileError as failed:
            return print_problems(failed.problems)


def _seal_body(body: bytes) -> bytes:
    """Return the file with the right checksum, if it can have one."""
    try:
        document = json.loads(body)
        document["integrity"] = compute_digest({key: value for key, value in document.items() if key != "integrity"})
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return body

"""Fuzz target: a journal, as `undo JOURNAL` reads it up to the plan that reverses it, and as `undo --list` does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

from reconciler.app.journal_list import read_summary
from reconciler.app.undo import make_undo_plan
from reconciler.model.problem import ReconcileError
from reconciler.render.journals import render_journals_json, render_journals_text
from tests.fuzz.mutations import spoil_bytes, spoil_lines
from tests.fuzz.target import print_plan, print_problems, print_text, write_input
from tests.fuzz.worlds import answer_from, draw_accounts, draw_journal, make_request, spoil_json_bytes, state_of


class JournalFile:
    name = "journal"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.jsonl"
        self._worlds = draw_accounts()

    def make_seeds(self) -> Sequence[bytes]:
        random = Random(1)
        bodies = [draw_journal(world.document, world.plan.steps, random) for world in self._worlds]
        twice = [one + other for one, other in pairwise(bodies)]
        return [b"%d\n%s" % (2 * n + 1, body) for n, body in [*enumerate(bodies), *enumerate(twice[:10])]]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        first, _, body = data.partition(b"\n")
        match random.randrange(6):
            case 0:
                body = spoil_bytes(random, body, other)
            case 1:
                texts = (item.decode("utf-8", "surrogateescape") for item in (body, other.partition(b"\n")[2]))
                body = spoil_lines(random, *texts).encode("utf-8", "surrogateescape")
            case _:
                lines = body.splitlines(keepends=True) or [b"{}\n"]
                at = random.choice((0, random.randrange(len(lines))))
                lines[at] = spoil_json_bytes(random, lines[at], b"{}") + b"\n"
                body = b"".join(lines)
        return b"%s\n%s" % (first, body)

    def read(self, data: bytes) -> Iterable[str]:
        first, _, body = data.partition(b"\n")
        live = state_of(first, self._worlds)
        write_input(self._path, body)
        listed = self._list()
        try:
            with answer_from(live):
                return {*print_plan(make_undo_plan(self._path, make_request(live)).plan), *listed}
        except ReconcileError as failed:
            return {*print_problems(failed.problems), *listed}

    def _list(self) -> set[str]:
        """Read the file as `reconcile undo --list` does."""
        try:
            summary = read_summary(self._path)
        except ReconcileError as failed:
            return {f"list: {word}" for word in print_problems(failed.problems)}
        print_text(render_journals_text([summary], 80))
        print_text(render_journals_json([summary]))
        return {f"list: {action}" for action, number in summary.entities.items() if number}

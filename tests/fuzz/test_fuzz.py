"""Run the fuzz targets with a few inputs each, and check that faults are found and reported.

`make fuzz` runs each for ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import loop, worlds
from tests.fuzz.child import replay
from tests.fuzz.driver import ROOT, replay_alone, run_all
from tests.fuzz.loop import Fault, FuzzLoop
from tests.fuzz.targets import TARGETS

EXAMPLES = {"yaml": 40, "plan": 40, "journal": 40, "results": 40, "ini": 60, "xml": 60, "aws": 12}

SEED = 4


@pytest.fixture(autouse=True)
def _few_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "COUNT", 6)
    monkeypatch.setattr(loop, "SECONDS_OF_WAITING", 120.0)  # after that the process would exit, and end all tests


@pytest.mark.parametrize("name", TARGETS)
def test_every_reader_answers_spoilt_inputs_with_its_own_words(name: str, tmp_path: Path) -> None:
    found: list[Fault] = []
    counts = FuzzLoop(TARGETS[name](tmp_path), SEED, found.append, lambda data: None).run(300, most=EXAMPLES[name])
    assert [f"{fault.place}\n{fault.trace}" for fault in found] == []
    assert counts.examples == EXAMPLES[name]
    assert counts.words >= 3


class Fragile:
    """A reader that fails on one letter."""

    name = "fragile"

    def make_seeds(self) -> Sequence[bytes]:
        return [b"a" * 40, b"b"]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        at = random.randrange(len(data) + 1)
        return data[:at] + bytes([random.randrange(256)]) + data[at:]

    def read(self, data: bytes) -> Iterable[str]:
        if b"x" in data:
            raise KeyError("x")
        return ["read"]


def test_an_exception_is_a_fault_told_once_with_the_shortest_input() -> None:
    found: list[Fault] = []
    FuzzLoop(Fragile(), 1, found.append, lambda data: None).run(seconds=60, most=3000)
    assert [fault.data for fault in found] == [b"x"]
    assert found[0].place.startswith("KeyError in ")
    assert "raise KeyError" in found[0].trace


def test_the_same_seed_draws_the_same_inputs() -> None:
    runs: list[list[bytes]] = [[], []]
    for drawn in runs:
        FuzzLoop(Fragile(), 5, lambda fault: None, drawn.append).run(seconds=60, most=50)
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 40


def test_a_saved_input_is_read_again_by_itself() -> None:
    assert replay("xml", b"<a>") == ""
    assert replay_alone("xml", b"<a>") == ""


def test_a_run_says_what_every_target_came_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_all(["xml"], seconds=0.6, jobs=1, seed=1) == 0
    first, line = capsys.readouterr().out.splitlines()
    assert first == "Fuzzing xml: 1 s each, 1 at once, seed 1."
    assert line.startswith("xml ") and line.endswith("faults: 0")


def test_make_names_every_target_that_there_is() -> None:
    readers = {path.stem.split("_")[0] for path in (ROOT / "tests/fuzz").glob("*_file.py")} | {"aws"}
    assert readers == set(TARGETS)

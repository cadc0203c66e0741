"""Fixtures of the tests of `assume`."""

from __future__ import annotations

import pytest

from reconciler.assume import alias_index


@pytest.fixture(autouse=True)
def _a_file_is_indexed_as_soon_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write a file and read it in the same moment, which is not a race there."""
    monkeypatch.setattr(alias_index, "CLOCK_TICK", -60.0)

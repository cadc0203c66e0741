"""The Containerfile has a pinned base, no root, and locked dependencies. `make image-steps` runs its steps."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.try_dist import ROOT
from scripts.try_image import find_value, move_paths, read_instructions

STEPS = list(read_instructions((ROOT / "Containerfile").read_text(encoding="utf-8")))


def test_both_stages_have_one_base_pinned_by_its_digest() -> None:
    bases = [rest.removesuffix(" AS build") for word, rest in STEPS if word == "FROM"]
    assert len(bases) == 2 and len(set(bases)) == 1
    assert re.fullmatch(r"[\w./]+:[\w.-]+@sha256:[0-9a-f]{64}", bases[0])


def test_the_user_is_not_root_and_has_no_step_after_it() -> None:
    assert find_value(STEPS, "USER") == "10001:10001"
    assert "RUN" not in [word for word, _rest in STEPS[STEPS.index(("USER", "10001:10001")) :]]


def test_pip_installs_the_dependencies_with_their_hashes_and_nothing_else() -> None:
    installs = [rest for word, rest in STEPS if word == "RUN" and " install " in rest]
    assert installs
    assert all("--require-hashes" in rest or "--no-deps" in rest for rest in installs)


def test_the_folders_of_the_image_are_moved_and_no_others() -> None:
    assert move_paths("cp /build/a /opt/reconcile/b /etc/c", Path("/t")) == "cp /t/build/a /t/opt/reconcile/b /etc/c"

"""The Containerfile has a pinned base, no root, and locked dependencies. `make image-steps` runs its steps."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.try_dist import ROOT
from scripts.try_image import STATED, find_false_statement, find_sources, find_value, move_paths, read_instructions

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


def test_the_pages_state_one_size_and_the_user() -> None:
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/pipelines.md")]
    stated = STATED.search(pages[0])
    assert stated and stated[1] == find_value(STEPS, "USER")
    assert f"Its user is {stated[1]}, not root, and it adds {stated[2]} MB" in " ".join(pages[1].split())


def test_a_page_that_names_another_user_or_size_is_told() -> None:
    page = "Its user is 10001:10001, and it adds 90 MB to it."
    assert find_false_statement(page, "10001:10001", 94_000_000) is None
    assert "README.md says" in str(find_false_statement(page, "10002:10002", 94_000_000))
    assert "adds 120 MB" in str(find_false_statement(page, "10001:10001", 120_000_000))
    assert "README.md does not say" in str(find_false_statement("", "10001:10001", 94_000_000))


def test_the_wheel_comes_from_the_folder_where_it_was_built(tmp_path: Path) -> None:
    (tmp_path / "reconcile.whl").touch()
    assert list(find_sources("dist/*.whl", tmp_path)) == [tmp_path / "reconcile.whl"]
    assert list(find_sources("requirements/run.txt", tmp_path)) == [ROOT / "requirements/run.txt"]


def test_the_folders_of_the_image_are_moved_and_no_others() -> None:
    assert move_paths("cp /build/a /opt/reconcile/b /etc/c", Path("/t")) == "cp /t/build/a /t/opt/reconcile/b /etc/c"

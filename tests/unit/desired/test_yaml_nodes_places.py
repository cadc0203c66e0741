"""The exact place of each key and value; and work that grows with a file no faster than the file does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from reconciler.desired.load import load
from reconciler.model.node import Map, Seq, pack_mark, unpack_mark
from reconciler.model.problem import Place
from tests.support.files import HEAD, Folder

EXAMPLES = [path for path in sorted(Path("examples").rglob("*.yaml")) if path.parent.name != "kubernetes"]


def list_texts(node: object) -> Iterator[tuple[Place, str]]:
    """Every key and every text, with its place."""
    if isinstance(node, Map):
        for key, value in node.items():
            yield node.place_of(key, of_key=True), key
            yield from _value(node.place_of(key), value)
    elif isinstance(node, Seq):
        for index, value in enumerate(node):
            yield from _value(node.place_of(index), value)


def _value(place: Place, value: object) -> Iterator[tuple[Place, str]]:
    if isinstance(value, (Map, Seq)):
        assert value.place_of() == place
        yield from list_texts(value)
    elif isinstance(value, str):
        yield place, value


@pytest.mark.parametrize("path", EXAMPLES, ids=str)
def test_every_place_of_an_example_is_where_its_text_begins(path: Path) -> None:
    root = load([path], {}).root
    assert root is not None
    seen = 0
    for place, text in list_texts(root):
        line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1][place.column - 1 :]
        if line[:1] not in "|>" and "{{" not in line:
            assert line.lstrip("'\"").startswith(text.split("\n")[0][:20]), (place, text)
            seen += 1
    assert seen


def test_a_place_far_to_the_right_is_exact(folder: Folder) -> None:
    names = [f"user-{number:05}" for number in range(8000)]
    text = "{version: 1, settings: {prune: none}, users: {" + ", ".join(f"{name}: " for name in names) + "}}"
    folder.write("roles.yaml", text)
    root = load([folder.path / "roles.yaml"], {}).root
    assert root is not None
    place = root.get_map("users").place_of(names[-1], of_key=True)
    assert (place.line, place.column) == (1, text.index(names[-1]) + 1)
    assert place.column > 1 << 16


@pytest.mark.parametrize("line", [1, 2, 1 << 24])
@pytest.mark.parametrize("column", [1, 2, (1 << 24) + 1])
def test_a_mark_gives_back_its_line_and_column(line: int, column: int) -> None:
    assert unpack_mark(pack_mark(line, column)) == (line, column)
    both = Map("f", pack_mark(1, 1))
    both.put("key", 1, pack_mark(line, column), pack_mark(column, line))
    assert both.place_of("key", of_key=True) == Place("f", line, column)
    assert both.place_of("key") == Place("f", column, line)


def test_what_overrides_a_default_of_another_file_has_its_own_place(folder: Folder) -> None:
    folder.write("defaults.yaml", "version: 1\ndefaults: {tags: {team: platform, env: dev}}\n")
    folder.write("roles.yaml", f'{HEAD}include: [defaults.yaml]\nusers:\n  u:\n    tags: {{team: "a\\x07"}}\n')
    (problem,) = folder.read_files().problems
    assert problem.place == Place(str(folder.path / "roles.yaml"), 6, 18)


def test_what_comes_from_a_default_of_another_file_has_that_place(folder: Folder) -> None:
    folder.write("defaults.yaml", 'version: 1\ndefaults: {tags: {team: platform, env: "a\\x07"}}\n')
    folder.write("roles.yaml", f"{HEAD}include: [defaults.yaml]\nusers:\n  u:\n    tags: {{team: a}}\n")
    (problem,) = folder.read_files().problems
    assert problem.place == Place(str(folder.path / "defaults.yaml"), 2, 40)


GOOD = """\
  role-{0}:
    trust: [{{roles: [role-0], external_id: abc-{0}}}]
    tags: {{number: {0}}}
    inline_policies:
      own: {{Statement: [{{Effect: Allow, Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::bucket-{0}/*'}}]}}
"""
BAD = GOOD + "    max_session_duration: [1]\n    polices: []\n"


@pytest.mark.parametrize("entry", [GOOD, BAD], ids=["valid", "broken"])
def test_work_grows_with_the_file_and_no_faster(folder: Folder, entry: str) -> None:
    def calls(entries: int) -> int:
        text = f"{HEAD}roles:\n" + "".join(entry.format(number) for number in range(entries))
        folder.write("roles.yaml", text)
        count = 0

        def count_call(frame: FrameType, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            folder.read_files()
        finally:
            sys.setprofile(before)
        return count

    calls(1)
    few, many = calls(20), calls(160)
    assert many < 9 * few


def test_equal_texts_of_a_file_are_one_object(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}users:\n  u: {{tags: {{a: same-text}}}}\n  v: {{tags: {{a: 'same-text'}}}}\n")
    root = load([folder.path / "roles.yaml"], {}).root
    assert root is not None
    first, second = (root.get_map("users").get_map(name).get_map("tags")["a"] for name in "uv")
    assert first is second

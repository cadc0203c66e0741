"""The files of an export: through no link that somebody has put into the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.app import export
from reconciler.model.problem import ReconcileError

FILES = {"roles.yaml": "version: 1\n", "metadata/idp.xml": "<xml>é</xml>"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the export, beside one that it must not reach."""
    monkeypatch.setattr(export, "format_files", lambda found, command: FILES)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/idp.xml").write_text("precious")
    (tmp_path / "live").mkdir()
    return tmp_path / "live"


def write(folder: Path) -> list[Path]:
    anything: Any = None
    return export.write_files(anything, export.ExportRequest((), None, None, None, None), folder)


def test_every_file_is_written_and_named(folder: Path) -> None:
    assert write(folder) == [folder / name for name in FILES]
    assert {name: (folder / name).read_text(encoding="utf-8") for name in FILES} == FILES


def test_the_folder_itself_may_be_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to("live")
    write(folder.parent / "link")
    assert (folder / "metadata/idp.xml").is_file()


@pytest.mark.parametrize(
    ("name", "is_in_the_way"),
    [
        ("x", False),
        ("metadata/other.xml", False),
        ("old/users.yaml", False),
        ("users.yaml", True),
        ("mine.yml", True),
        ("metadata/idp.xml", True),
    ],
)
def test_a_file_is_in_the_way_if_it_is_yaml_or_would_be_replaced(folder: Path, name: str, is_in_the_way: bool) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    if is_in_the_way:
        with pytest.raises(ReconcileError, match=f"live already has {name}: nothing was written"):
            write(folder)
        assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]
    else:
        write(folder)
    assert (folder / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("metadata", "../precious"),
        ("metadata/idp.xml", "../../precious/idp.xml"),
        ("metadata/idp.xml", "../../precious/new.xml"),
    ],
)
def test_a_link_in_it_is_not_followed(folder: Path, name: str, target: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(target)
    with pytest.raises(ReconcileError, match="Cannot write"):
        write(folder)
    precious = folder.parent / "precious"
    assert {path.name: path.read_text() for path in precious.iterdir()} == {"idp.xml": "precious"}

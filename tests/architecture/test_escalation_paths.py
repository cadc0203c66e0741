"""`make paths` takes the facts from a download, keeps what we add to them, and refuses a path without our words."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "reconciler/access/escalation_paths.json"


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "scripts/refresh_escalation_paths.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def facts() -> list[dict[str, Any]]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))["paths"]
    return [{name: row[name] for name in ("id", "category", "actions", "only") if name in row} for row in rows]


def refresh(folder: Path, paths: list[dict[str, Any]]) -> tuple[int, str]:
    copy, download = folder / "paths.json", folder / "download.json"
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    download.write_text(json.dumps({"source": "x", "paths": paths}), encoding="utf-8")
    code: int = load_script().main([str(download), "--file", str(copy)])
    return code, copy.read_text(encoding="utf-8")


def test_the_file_names_its_source_licence_and_day() -> None:
    body = json.loads(FILE.read_text(encoding="utf-8"))
    assert (body["source"], body["licence"]) == ("https://github.com/DataDog/pathfinding.cloud", "Apache-2.0")
    assert body["snapshot"] == "2025-12-17"


def test_the_same_facts_change_nothing(tmp_path: Path) -> None:
    assert refresh(tmp_path, facts()) == (0, FILE.read_text(encoding="utf-8"))


def test_other_actions_are_taken_and_our_words_stay(tmp_path: Path) -> None:
    first, *others = facts()
    code, text = refresh(tmp_path, [{**first, "actions": [*first["actions"], "s3:GetObject"]}, *others[1:]])
    rows = {row["id"]: row for row in json.loads(text)["paths"]}
    assert code == 0 and others[0]["id"] not in rows
    assert rows[first["id"]]["actions"][-1] == "s3:GetObject" and rows[first["id"]]["reason"]


def test_a_new_path_without_our_words_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = {"id": "batch-001", "category": "new-passrole", "actions": ["iam:PassRole", "batch:SubmitJob"]}
    code, text = refresh(tmp_path, [*facts(), new])
    assert (code, text) == (1, FILE.read_text(encoding="utf-8"))
    said = capsys.readouterr().err
    assert "batch-001 (iam:PassRole, batch:SubmitJob) lacks reason and services." in said and "was not changed" in said


def test_every_line_of_resources_is_used() -> None:
    body = json.loads(FILE.read_text(encoding="utf-8"))
    actions = {action for row in (*body["paths"], *body["own_paths"]) for action in row["actions"]}
    assert set(body["resources"]) <= actions

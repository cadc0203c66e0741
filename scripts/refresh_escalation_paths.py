"""Refresh the paths of pathfinding.cloud in `reconciler/access/escalation_paths.json` from a download.

    python scripts/refresh_escalation_paths.py DOWNLOAD [--snapshot 2026-12-31]

DOWNLOAD is a JSON file with `paths`: a list of objects with `id`, `category`, `actions`, and `only` (user or role) if
only these can have the path. From it come these four fields; what we add to a path stays. Paths that the download lacks
are dropped. A new path is added only if the file already says what it needs from us, so the script names what to write
first: `reason`, `services` if the path has iam:PassRole, and a line of `resources` for each action that not only works
on `*`. Write a new path by hand, with these fields, then run the script and `make check`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "reconciler/access/escalation_paths.json"
FACTS = ("id", "category", "actions", "only")
Row = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("download", type=Path)
    parser.add_argument("--snapshot", help="the day of the download, as 2026-12-31; default: the day stays")
    parser.add_argument("--file", type=Path, default=FILE, help="the file to refresh")
    options = parser.parse_args(arguments)
    body = json.loads(options.file.read_text(encoding="utf-8"))
    download = json.loads(options.download.read_text(encoding="utf-8"))
    lacking = list_lacking(body["paths"], download["paths"])
    for line in lacking:
        sys.stderr.write(f"{line}\n")
    if lacking:
        sys.stderr.write(f"{options.file} was not changed.\n")
        return 1
    before = body["paths"]
    body["paths"] = merge_paths(before, download["paths"])
    body["snapshot"] = options.snapshot or body["snapshot"]
    options.file.write_text(format_file(body), encoding="utf-8")
    old, new = ({row["id"] for row in rows} for rows in (before, body["paths"]))
    sys.stdout.write(f"{len(new)} paths. New: {_join(new - old)}. Dropped: {_join(old - new)}.\n")
    return 0


def list_lacking(known: list[Row], downloaded: list[Row]) -> list[str]:
    """Return a sentence for each path of the download that lacks what only we can say."""
    ours = {row["id"]: row for row in known}
    found = []
    for row in downloaded:
        own = ours.get(row["id"], {})
        needed = ["reason", *(["services"] if "iam:PassRole" in row["actions"] else [])]
        missing = [name for name in needed if not own.get(name)]
        if missing:
            actions = ", ".join(row["actions"])
            found.append(f"{row['id']} ({actions}) lacks {' and '.join(missing)}. Add the path to `paths` with them.")
    return found


def merge_paths(known: list[Row], downloaded: list[Row]) -> list[Row]:
    """Return the paths of the download, each with what we add to it."""
    ours = {row["id"]: {name: value for name, value in row.items() if name not in FACTS} for row in known}
    return [{name: row[name] for name in FACTS if name in row} | ours[row["id"]] for row in downloaded]


def format_file(body: dict[str, Any]) -> str:
    """Return the file as text, with a path on each line, so that a difference shows which paths changed."""
    parts = [f"  {json.dumps(name)}: {_format_value(value)}" for name, value in body.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _format_value(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in value) + "\n  ]"
    if isinstance(value, dict):
        rows = (f"    {json.dumps(name)}: {json.dumps(text)}" for name, text in value.items())
        return "{\n" + ",\n".join(rows) + "\n  }"
    return json.dumps(value, ensure_ascii=False)


def _join(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


if __name__ == "__main__":
    sys.exit(main())

"""What the workflow of `init --github` asks of GitHub: pulls, comments, issues, runs and artifacts, in memory.

`gh` is a program that speaks to it, with the options of GitHub's own that the workflow uses.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.json_server import JsonRequest

REPOSITORY = "example-corp/iam"
BOT = {"login": "github-actions[bot]"}

_GH = """\
import argparse, json, os, pathlib, subprocess, sys, urllib.request

def ask(path, method="GET", fields=None):
    data = json.dumps(fields).encode() if fields else None
    url = os.environ["GITHUB_API_URL"] + "/" + path.removeprefix("/")
    with urllib.request.urlopen(urllib.request.Request(url, data, method=method)) as answer:
        return json.load(answer)

parser = argparse.ArgumentParser()
commands = parser.add_subparsers(dest="command")
api = commands.add_parser("api")
api.add_argument("path")
api.add_argument("--method", default="GET")
api.add_argument("--jq")
api.add_argument("--paginate", action="store_true")
api.add_argument("--silent", action="store_true")
api.add_argument("--field", action="append", default=[])
api.add_argument("--raw-field", action="append", default=[])
run = commands.add_parser("run")
run.add_argument("action", choices=["download"])
run.add_argument("id")
run.add_argument("--name")
run.add_argument("--dir")
given = parser.parse_args()
assert os.environ["GH_TOKEN"] == "the job's token"
if given.command == "run":
    files = ask("artifacts/" + given.id + "/" + given.name)
    folder = pathlib.Path(given.dir)
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    sys.exit()
fields = dict(field.split("=", 1) for field in given.field)
fields = {k: pathlib.Path(v[1:]).read_text() if v.startswith("@") else v for k, v in fields.items()}
fields |= dict(field.split("=", 1) for field in given.raw_field)
answer = ask(given.path, given.method, fields)
if given.jq:
    sys.exit(subprocess.run(["jq", "-r", given.jq], input=json.dumps(answer), text=True).returncode)
if not given.silent:
    print(json.dumps(answer))
"""


def write_gh(path: Path) -> None:
    """Write the program `gh`."""
    path.write_text(f"#!{sys.executable} -IS\n{_GH}", encoding="utf-8")
    path.chmod(0o755)


@dataclass
class GitHub:
    """pulls: by the commit of the merge. runs: with id, event, head_sha, conclusion. artifacts: by run and name."""

    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, request: JsonRequest) -> Any:
        """Answer a request of GitHub's REST API. Raises LookupError for what is not there."""
        self.requests.append((request.method, request.path))
        base = f"/repos/{REPOSITORY}"
        if found := re.fullmatch(rf"{base}/commits/(\w+)/pulls", request.path):
            return self.pulls.get(found[1], [])
        if request.path == f"{base}/actions/workflows/iam.yml/runs":
            wanted = tuple(request.query[name] for name in ("event", "head_sha", "status"))
            newest_first = reversed(self.runs)
            found_runs = [run for run in newest_first if (run["event"], run["head_sha"], run["conclusion"]) == wanted]
            return {"workflow_runs": found_runs}
        if found := re.fullmatch(r"/artifacts/(\d+)/(\w+)", request.path):
            return self.artifacts[int(found[1]), found[2]]
        if found := re.fullmatch(rf"{base}/issues/(\d+)/comments", request.path):
            return self._list_or_add(self.comments.setdefault(int(found[1]), []), request, {})
        if found := re.fullmatch(rf"{base}/issues/comments/(\d+)", request.path):
            every = [comment for comments in self.comments.values() for comment in comments]
            return self._change(every, "id", int(found[1]), request)
        if request.path == f"{base}/issues":
            shown = [one for one in self.issues if one["state"] == request.query.get("state", "open")]
            return self._list_or_add(self.issues, request, {"state": "open"}, shown)
        if found := re.fullmatch(rf"{base}/issues/(\d+)", request.path):
            return self._change(self.issues, "number", int(found[1]), request)
        raise LookupError(request.path)

    def _list_or_add(
        self,
        items: list[dict[str, Any]],
        request: JsonRequest,
        defaults: dict[str, Any],
        shown: list[dict[str, Any]] | None = None,
    ) -> Any:
        if request.method == "GET":
            return items if shown is None else shown
        number = len(self.requests)
        items.append({"id": number, "number": number, "user": BOT, **defaults, **request.fields})
        return items[-1]

    def _change(self, items: list[dict[str, Any]], key: str, number: int, request: JsonRequest) -> Any:
        assert request.method == "PATCH"
        (item,) = [one for one in items if one[key] == number]
        item.update(request.fields)
        return item

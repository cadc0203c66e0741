"""What the pipeline of `init --gitlab` asks of GitLab: notes, issues, and the plan of a merge request, in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.json_server import JsonRequest

PROJECT = "42"
TOKEN = "glpat-of-a-test"
BOT = {"id": 5}


@dataclass
class GitLab:
    """merges: by commit, its merge requests. pipelines: of a request. plans: by the job that left them."""

    merges: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pipelines: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    plans: dict[int, Any] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: JsonRequest) -> Any:
        """Answer a request of GitLab's REST API. A job has the number of its pipeline."""
        assert request.headers["private-token"] == TOKEN
        base = f"/api/v4/projects/{PROJECT}"
        if request.path == "/api/v4/user":
            return BOT
        if found := re.fullmatch(rf"{base}/merge_requests/(\d+)/notes(?:/(\d+))?", request.path):
            return _answer_list(self.notes.setdefault(int(found[1]), []), "id", found[2], request)
        if found := re.fullmatch(rf"{base}/issues(?:/(\d+))?", request.path):
            return _answer_list(self.issues, "iid", found[1], request)
        if found := re.fullmatch(rf"{base}/repository/commits/(\w+)/merge_requests", request.path):
            return self.merges.get(found[1], [])
        if found := re.fullmatch(rf"{base}/merge_requests/(\d+)/pipelines", request.path):
            return self.pipelines[int(found[1])]
        if found := re.fullmatch(rf"{base}/pipelines/(\d+)/jobs", request.path):
            return [{"id": 1, "name": "validate"}, {"id": int(found[1]), "name": "plan"}]
        if found := re.fullmatch(rf"{base}/jobs/(\d+)/artifacts/plan.json", request.path):
            return self.plans[int(found[1])]
        raise LookupError(request.path)


def _answer_list(items: list[dict[str, Any]], key: str, number: str | None, request: JsonRequest) -> Any:
    """List the items of one page, add one, or change one. What is closed is not listed."""
    if request.method == "GET":
        assert request.query.get("author_id", "5") == "5"
        page = [one for one in items if one.get("state") != "closed"]
        return page if request.query["page"] == "1" else []
    if request.method == "POST":
        items.append({key: len(items) + 1, "author": BOT, "state": "opened", **request.fields})
        return items[-1]
    (item,) = [one for one in items if one[key] == int(number or 0)]
    item.update(request.fields)
    if item.get("state_event") == "close":
        item["state"] = "closed"
    return item

"""The known ways from some permissions to administrator power, read from `escalation_paths.json`.

The file holds two lists. `paths` are those of pathfinding.cloud (Apache-2.0): their ids, categories and actions are
facts of that source, and `make paths` refreshes them. `own_paths` are further paths, whose ids begin with `reconcile-`.
To both we add on which resources the actions must be allowed:

- `resources` maps an action to the type of its resource (user, role, group, policy, provider), or to the form of its
  ARN. An action without an entry must be allowed on `*`.
- `broad`: who has the path if its actions are allowed on everything. both (the default), role, no, or self: only the
  principal itself counts as a resource.
- `counts_on_self`: the path also counts on the principal itself, on its groups, or on its managed policies.
- `named`: which single users, roles, groups or policies count. administrators; leads: administrators, and whoever has a
  way to their power; any: every user or role, even one without power today. A path with iam:PassRole counts on
  roles that lead there.
- `escapes_boundary`: the path counts on the permissions boundary of the principal itself, if that one holds other paths
  back (`boundary_escapes.py`).
- `services`: the services that take the passed role; one of them is enough.
- `reason`: the way in words. `{target}` stands for the resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

from reconciler.access.probes import PROBE_ACTION, PROBE_SERVICE

PASS_ROLE = "iam:PassRole"
ASSUME_ROLE = "sts:AssumeRole"
ASSUME_PATH = "sts-001"
"""The id of the path that is sts:AssumeRole alone."""


class Grade(StrEnum):
    """The severity of a power. WEAKENING: it does not lead to administrator power, but removes a protection."""

    ADMINISTRATOR = "administrator"
    ESCALATION = "escalation"
    WEAKENING = "weakening"


@dataclass(frozen=True, slots=True)
class PathStep:
    """One action of a path.

    action: as the source writes it. The administrator paths use an action that nobody named (`probes.py`) for `*`.
    resource_type: user, role, group, policy, provider, everything, any, self, or the form of an ARN (`probes.py`).
    accepts_spared: True if a right over the resources that a Deny excludes by name (NotResource) is enough, because
        a change of any resource leads to the power. False if it must be a resource that already has the power.
    accepts_any: True if any one resource of the type is enough, because the caller chooses its name.
    """

    action: str
    resource_type: str = "any"
    accepts_spared: bool = False
    accepts_any: bool = False


@dataclass(frozen=True, slots=True)
class EscalationPath:
    """A way to a power; all of its steps are needed.

    id: of the source, or our own. name: the actions as one text. actions: as the source writes them.
    only: user or role if only these can have it; empty for both. The other fields are those of the file.
    """

    id: str
    name: str
    grade: Grade
    actions: tuple[str, ...]
    steps: tuple[PathStep, ...]
    reason: str
    only: str = ""
    broad: str = "both"
    named: str = ""
    counts_on_self: bool = False
    services: tuple[str, ...] = ()
    escapes_boundary: bool = False

    @property
    def needs_other_path(self) -> bool:
        """Return whether the path counts only beside one of IAM actions alone.

        A right to all actions is worth nothing if Denies cover the dangerous ones.
        """
        return self.grade is Grade.ADMINISTRATOR

    @property
    def is_iam_only(self) -> bool:
        """Return whether all of its actions are actions of IAM."""
        return all(action.startswith("iam:") for action in self.actions)

    @property
    def passes_role(self) -> bool:
        return PASS_ROLE in self.actions

    @property
    def resource_word(self) -> str:
        """Return user, role, group or policy: what the path takes over; `thing` for the things of other services."""
        types = (step.resource_type for step in reversed(self.steps))
        return next((kind for kind in types if kind in ("user", "role", "group", "policy")), "thing")

    def may_belong_to(self, kind: str) -> bool:
        """Return whether a principal of this kind can have the path. Sessions are roles; other kinds can have all."""
        return not self.only or kind not in ("user", "role", "session") or (kind == "user") == (self.only == "user")

    def is_broad_for(self, kind: str) -> bool:
        """Return whether a principal of this kind has the path if its actions are allowed on everything."""
        is_role = kind in ("role", "session")
        return self.may_belong_to(kind) and (self.broad in ("both", "self") or (self.broad == "role" and is_role))


@lru_cache(maxsize=1)
def load_paths() -> tuple[EscalationPath, ...]:
    """Return every path, administrator power first."""
    body = json.loads(files("reconciler.access").joinpath("escalation_paths.json").read_text("utf-8"))
    listed = [_read_path(row, body["resources"]) for row in (*body["own_paths"], *body["paths"])]
    return tuple(sorted(listed, key=lambda path: (list(Grade).index(path.grade), path.id.startswith("reconcile-"))))


@lru_cache(maxsize=1)
def paths_by_id() -> Mapping[str, EscalationPath]:
    return {path.id: path for path in load_paths()}


def list_named_paths(*scopes: str) -> Iterator[EscalationPath]:
    """Yield the paths that count on single resources of one of these scopes (`EscalationPath.named`)."""
    return (path for path in load_paths() if path.named in scopes)


def _read_path(row: Mapping[str, Any], resources: Mapping[str, str]) -> EscalationPath:
    actions = tuple(row["actions"])
    grade = Grade(row["category"]) if row["category"] in list(Grade) else Grade.ESCALATION
    name = row.get("name") or actions[0] + " with " * (len(actions) > 1) + " and ".join(actions[1:])
    return EscalationPath(
        row["id"],
        name,
        grade,
        actions,
        tuple(step for action in actions for step in _make_steps(action, actions, resources, row)),
        row["reason"],
        row.get("only", ""),
        row.get("broad", "both"),
        row.get("named", ""),
        row.get("counts_on_self", False),
        tuple(row.get("services", ())),
        row.get("escapes_boundary", False),
    )


def _make_steps(
    action: str, actions: tuple[str, ...], resources: Mapping[str, str], row: Mapping[str, Any]
) -> Iterator[PathStep]:
    if action == "*":
        yield PathStep(f"{PROBE_SERVICE}:{PROBE_ACTION}")
    if action in ("*", "iam:*"):
        yield PathStep(f"iam:{PROBE_ACTION}", "everything", accepts_spared=True)
        return
    resource_type = "self" if row.get("broad") == "self" else resources.get(action, "any")
    changes_any = row.get("counts_on_self", False) or row.get("named") in ("any", "administrators")
    yield PathStep(
        action,
        resource_type,
        accepts_spared=changes_any and action not in (ASSUME_ROLE, PASS_ROLE),
        accepts_any=PASS_ROLE in actions and resource_type.startswith("arn:"),
    )

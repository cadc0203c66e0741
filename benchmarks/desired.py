"""The desired-state file of a workload: `python -m benchmarks.desired M > roles.yaml`."""

from __future__ import annotations

import sys
from typing import IO, Any

import yaml

from benchmarks.documents import ACCOUNT
from benchmarks.workload import OWNER, SIZES, Group, Role, User, Workload, workload


class _Plain(yaml.CSafeDumper):
    """Writes what is used twice out twice, as people do."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def desired(work: Workload) -> dict[str, Any]:
    """What the file says, as plain values. Nothing is pruned: the account holds nothing else."""
    return {
        "version": 1,
        "owner": OWNER,
        "account": ACCOUNT,
        "settings": {"prune": "none"},
        "policies": {
            policy.name: _told(
                path=policy.path, description=policy.description, tags=policy.tags, document=policy.document
            )
            for policy in work.policies
        },
        "groups": {group.name: _access(group) for group in work.groups},
        "users": {user.name: _told(groups=list(user.groups), tags=user.tags) | _access(user) for user in work.users},
        "roles": {role.name: _role(role) for role in work.roles},
    }


def _role(role: Role) -> dict[str, Any]:
    session = None if role.max_session == 3600 else role.max_session
    own = _told(
        description=role.description,
        max_session_duration=session,
        tags=role.tags,
        trust=[role.trust.rule],
        permissions_boundary=role.boundary,
    )
    return own | _access(role)


def _access(entity: Group | User | Role) -> dict[str, Any]:
    return _told(path=entity.path, policies=list(entity.attached), inline_policies=entity.inline)


def _told(path: str = "/", **fields: Any) -> dict[str, Any]:
    """The fields that say something."""
    return ({} if path == "/" else {"path": path}) | {key: value for key, value in fields.items() if value}


def write(work: Workload, stream: IO[str]) -> None:
    yaml.dump(desired(work), stream, Dumper=_Plain, sort_keys=False, width=120)


if __name__ == "__main__":
    write(workload(SIZES[sys.argv[1]]), sys.stdout)

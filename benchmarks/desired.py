"""Write the desired-state file of a workload: `python -m benchmarks.desired M [CHANGE] > roles.yaml`.

CHANGE is a name of `CHANGES`. The file then differs from the account that the replay server serves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import IO, Any

import yaml

from benchmarks.documents import ACCOUNT
from benchmarks.workload import OWNER, SIZES, GroupSpec, RoleSpec, UserSpec, Workload, make_workload


class _PlainDumper(yaml.CSafeDumper):
    """Write repeated values out in full, as people do, without YAML aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


CHANGED_POLICIES, POWERFUL_USERS = 20, 1000


def edit_policies(work: Workload) -> Workload:
    """Return the workload with one action more in each statement of the first policies."""
    edited = [replace(policy, document=_widen_document(policy.document)) for policy in work.policies[:CHANGED_POLICIES]]
    return replace(work, policies=(*edited, *work.policies[CHANGED_POLICIES:]))


def _widen_document(document: Mapping[str, Any]) -> dict[str, Any]:
    statements = [
        {**statement, "Action": [*_to_list(statement["Action"]), "sqs:PurgeQueue"]}
        if "Action" in statement
        else statement
        for statement in document["Statement"]
    ]
    return {**document, "Statement": statements}


def _to_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def attach_power(work: Workload) -> Workload:
    """Return the workload with PowerUserAccess attached to the first users."""
    users = [replace(user, attached=(*user.attached, "aws:PowerUserAccess")) for user in work.users[:POWERFUL_USERS]]
    return replace(work, users=(*users, *work.users[POWERFUL_USERS:]))


CHANGES: dict[str, Callable[[Workload], Workload]] = {"policies": edit_policies, "power": attach_power}
"""Name → the change of the account that the file then asks for."""


def build_desired(work: Workload) -> dict[str, Any]:
    """Return the content of the file as plain values. It prunes nothing: the account has nothing else."""
    return {
        "version": 1,
        "owner": OWNER,
        "account": ACCOUNT,
        "settings": {"prune": "none"},
        "policies": {
            policy.name: _drop_empty_fields(
                path=policy.path, description=policy.description, tags=policy.tags, document=policy.document
            )
            for policy in work.policies
        },
        "groups": {group.name: _access_fields_of(group) for group in work.groups},
        "users": {
            user.name: _drop_empty_fields(groups=list(user.groups), tags=user.tags) | _access_fields_of(user)
            for user in work.users
        },
        "roles": {role.name: _role_fields_of(role) for role in work.roles},
    }


def _role_fields_of(role: RoleSpec) -> dict[str, Any]:
    session = None if role.max_session == 3600 else role.max_session
    role_fields = _drop_empty_fields(
        description=role.description,
        max_session_duration=session,
        tags=role.tags,
        trust=[role.trust.rule],
        permissions_boundary=role.boundary,
    )
    return role_fields | _access_fields_of(role)


def _access_fields_of(entity: GroupSpec | UserSpec | RoleSpec) -> dict[str, Any]:
    return _drop_empty_fields(path=entity.path, policies=list(entity.attached), inline_policies=entity.inline)


def _drop_empty_fields(path: str = "/", **fields: Any) -> dict[str, Any]:
    """Return the fields that have a value, without the default path."""
    return ({} if path == "/" else {"path": path}) | {key: value for key, value in fields.items() if value}


def write_desired(work: Workload, stream: IO[str]) -> None:
    yaml.dump(build_desired(work), stream, Dumper=_PlainDumper, sort_keys=False, width=120)


if __name__ == "__main__":
    made = make_workload(SIZES[sys.argv[1]])
    write_desired(CHANGES[sys.argv[2]](made) if sys.argv[2:] else made, sys.stdout)

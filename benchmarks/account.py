"""The account of the replay server: entities as AWS stores them, and the writes that change them.

It has only the writes that a plan needs to create the workload. Any other is refused, so that no measurement counts a
write that was silently ignored. Of AWS's checks it makes only two: names are unique, and named entities exist.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.documents import ACCOUNT
from benchmarks.workload import OWNER, OWNER_TAG, GroupSpec, PolicySpec, RoleSpec, UserSpec, Workload

KINDS = ("User", "Group", "Role", "Policy")
"""In the order of GetAccountAuthorizationDetails."""
HOLDERS = ("User", "Group", "Role")
"""The kinds that have attached and inline policies."""
_UNIQUE = {"User": "AIDA", "Group": "AGPA", "Role": "AROA", "Policy": "ANPA"}

Parameters = Mapping[str, str]
"""The flat parameters of a call in the query protocol, such as `Tags.member.1.Key`."""


@dataclass(slots=True)
class StoredEntity:
    """An entity of any kind. document: a policy's document, or a role's trust policy. max_session: in seconds."""

    kind: str
    name: str
    path: str
    document: str = ""
    description: str = ""
    max_session: int = 3600
    boundary: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    attached: dict[str, str] = field(default_factory=dict)
    inline: dict[str, str] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:{self.kind.lower()}{self.path}{self.name}"

    @property
    def unique_id(self) -> str:
        return _UNIQUE[self.kind] + hashlib.sha256(self.arn.encode()).hexdigest()[:17].upper()


class ReplayError(Exception):
    """An error that AWS would answer with."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class ReplayAccount:
    """The account. entities: kind → name → entity (policies by ARN). version: grows with every write."""

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, StoredEntity]] = {kind: {} for kind in KINDS}
        self.version = 0

    @classmethod
    def of(cls, work: Workload) -> ReplayAccount:
        """Return the account as it is after its owner has applied the workload."""
        account = cls()
        for entity in _create_entities(work):
            account._store_entity(entity)
        return account

    def find_entity(self, kind: str, parameters: Parameters) -> StoredEntity:
        """Return the entity that a call names. Raises ReplayError if there is none."""
        key = parameters.get("PolicyArn" if kind == "Policy" else f"{kind}Name", "")
        entity = self.entities[kind].get(key)
        if entity is None and kind == "Policy" and key.startswith("arn:aws:iam::aws:policy/"):
            path, _, name = key.removeprefix("arn:aws:iam::aws:policy").rpartition("/")
            return StoredEntity("Policy", name, f"{path}/", document="{}")
        if entity is None:
            raise ReplayError(404, "NoSuchEntity", f"The {kind.lower()} {key} cannot be found.")
        return entity

    def run_write(self, operation: str, parameters: Parameters) -> StoredEntity | None:
        """Carry out a write, and return the entity that it created, if any. Raises ReplayError."""
        if operation not in _WRITES:
            raise ReplayError(400, "InvalidAction", f"The replay server does not carry out {operation}.")
        act, kind = _WRITES[operation]
        self.version += 1
        return act(self, kind, parameters)

    def _create_entity(self, kind: str, parameters: Parameters) -> StoredEntity:
        entity = StoredEntity(
            kind=kind,
            name=parameters[f"{kind}Name"],
            path=parameters.get("Path", "/"),
            document=parameters.get("PolicyDocument" if kind == "Policy" else "AssumeRolePolicyDocument", ""),
            description=parameters.get("Description", ""),
            max_session=int(parameters.get("MaxSessionDuration", 3600)),
            boundary=parameters.get("PermissionsBoundary", ""),
            tags=dict(_read_tags(parameters)),
        )
        if self._key_of(entity) in self.entities[kind]:
            raise ReplayError(409, "EntityAlreadyExists", f"{kind} with name {entity.name} already exists.")
        self._store_entity(entity)
        return entity

    def _attach_policy(self, kind: str, parameters: Parameters) -> None:
        policy = self.find_entity("Policy", parameters)
        self.find_entity(kind, parameters).attached[parameters["PolicyArn"]] = policy.name

    def _put_policy(self, kind: str, parameters: Parameters) -> None:
        self.find_entity(kind, parameters).inline[parameters["PolicyName"]] = parameters["PolicyDocument"]

    def _add_to_group(self, kind: str, parameters: Parameters) -> None:
        self.find_entity(kind, parameters).groups[self.find_entity("Group", parameters).name] = None

    def _store_entity(self, entity: StoredEntity) -> None:
        self.entities[entity.kind][self._key_of(entity)] = entity

    @staticmethod
    def _key_of(entity: StoredEntity) -> str:
        return entity.arn if entity.kind == "Policy" else entity.name


_WRITES: Mapping[str, tuple[Callable[[ReplayAccount, str, Parameters], StoredEntity | None], str]] = {
    **{f"Create{kind}": (ReplayAccount._create_entity, kind) for kind in KINDS},
    **{f"Attach{kind}Policy": (ReplayAccount._attach_policy, kind) for kind in HOLDERS},
    **{f"Put{kind}Policy": (ReplayAccount._put_policy, kind) for kind in HOLDERS},
    "AddUserToGroup": (ReplayAccount._add_to_group, "User"),
}
"""Operation → the method that carries it out, and the kind of entity."""


def _read_tags(parameters: Parameters) -> Iterator[tuple[str, str]]:
    number = 1
    while (key := parameters.get(f"Tags.member.{number}.Key")) is not None:
        yield key, parameters.get(f"Tags.member.{number}.Value", "")
        number += 1


def _create_entities(work: Workload) -> Iterator[StoredEntity]:
    arns = work.arns_by_name()
    owned = {OWNER_TAG: OWNER}

    def access_of(spec: GroupSpec | UserSpec | RoleSpec) -> dict[str, Any]:
        return {
            "attached": {arns[reference]: arns[reference].rpartition("/")[2] for reference in spec.attached},
            "inline": {name: _to_compact_json(text) for name, text in spec.inline.items()},
        }

    for user in work.users:
        groups = dict.fromkeys(user.groups)
        yield StoredEntity("User", user.name, user.path, tags=user.tags | owned, groups=groups, **access_of(user))
    for group in work.groups:
        yield StoredEntity("Group", group.name, group.path, **access_of(group))
    for role in work.roles:
        yield StoredEntity(
            *("Role", role.name, role.path, _to_compact_json(role.trust_document), role.description, role.max_session),
            boundary=arns[role.boundary] if role.boundary else "",
            tags=role.tags | owned,
            **access_of(role),
        )
    for policy in work.policies:
        yield _create_policy(policy, owned)


def _create_policy(policy: PolicySpec, owned: dict[str, str]) -> StoredEntity:
    text = _to_compact_json(policy.document)
    return StoredEntity("Policy", policy.name, policy.path, text, policy.description, tags=policy.tags | owned)


def _to_compact_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))

"""The workload for Terraform's AWS provider: one resource for each entity, attachment, inline policy and membership.

`python -m benchmarks.terraform_files SIZE FOLDER ENDPOINT` writes the configuration and a state that says no more than
which resource is which live entity; `terraform apply -refresh-only` fills it in, in seconds where creating all of M
takes minutes. The tags have the owner's among them, so that both tools find the same account unchanged.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.workload import OWNER, OWNER_TAG, SIZES, Group, Role, User, Workload, workload

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


@dataclass(frozen=True)
class Resource:
    """wanted: its arguments. known: what tells the provider which live entity it is."""

    kind: str
    label: str
    wanted: dict[str, Any]
    known: dict[str, Any]


def resources(work: Workload) -> Iterator[Resource]:
    owned = {OWNER_TAG: OWNER}
    for policy in work.policies:
        wanted: dict[str, Any] = {"name": policy.name, "path": policy.path, "description": policy.description}
        wanted |= {"policy": _json(policy.document), "tags": policy.tags | owned}
        yield Resource("policy", _label(policy.name), wanted, {"id": policy.arn, "arn": policy.arn})
    for group in work.groups:
        yield _entity("group", group.name, {"path": group.path})
        yield from _access("group", group, work)
    for user in work.users:
        yield _entity("user", user.name, {"path": user.path, "tags": user.tags | owned})
        if user.groups:
            yield _memberships(user)
        yield from _access("user", user, work)
    for role in work.roles:
        yield _role(role, owned)
        yield from _access("role", role, work)


def _memberships(user: User) -> Resource:
    wanted = {"user": _of("user", user.name, "name"), "groups": [_of("group", name, "name") for name in user.groups]}
    known = {"id": f"terraform-{user.name}", "user": user.name, "groups": list(user.groups)}
    return Resource("user_group_membership", _label(user.name), wanted, known)


def _role(role: Role, owned: dict[str, str]) -> Resource:
    wanted: dict[str, Any] = {"path": role.path, "max_session_duration": role.max_session, "tags": role.tags | owned}
    wanted["assume_role_policy"] = _json(role.trust_document)
    if role.description:
        wanted["description"] = role.description
    if role.boundary:
        wanted["permissions_boundary"] = _of("policy", role.boundary, "arn")
    return _entity("role", role.name, wanted)


def _entity(kind: str, name: str, wanted: dict[str, Any]) -> Resource:
    return Resource(kind, _label(name), {"name": name} | wanted, {"id": name, "name": name})


def _access(kind: str, entity: Group | User | Role, work: Workload) -> Iterator[Resource]:
    arns, holder = work.arns(), {kind: _of(kind, entity.name, "name")}
    for number, reference in enumerate(entity.attached):
        arn = arns[reference] if reference.startswith("aws:") else _of("policy", reference, "arn")
        known = {"id": f"{entity.name}-{number}", kind: entity.name, "policy_arn": arns[reference]}
        label = _label(f"{entity.name}_{number}")
        yield Resource(f"{kind}_policy_attachment", label, holder | {"policy_arn": arn}, known)
    for name, document in entity.inline.items():
        known = {"id": f"{entity.name}:{name}", "name": name, kind: entity.name, "policy": json.dumps(document)}
        wanted = holder | {"name": name, "policy": _json(document)}
        yield Resource(f"{kind}_policy", _label(f"{entity.name}_{name}"), wanted, known)


def configuration(found: list[Resource], endpoint: str) -> dict[str, Any]:
    """main.tf.json."""
    provider = {
        "region": "us-east-1",
        "access_key": "bench",
        "secret_key": "bench",
        "skip_metadata_api_check": True,
        "endpoints": [{"iam": endpoint, "sts": endpoint}],
    }
    declared: dict[str, dict[str, Any]] = {}
    for resource in found:
        declared.setdefault(f"aws_iam_{resource.kind}", {})[resource.label] = resource.wanted
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": provider},
        "resource": declared,
    }


def state(found: list[Resource]) -> dict[str, Any]:
    """terraform.tfstate, in its version 4."""
    items = [
        {
            "mode": "managed",
            "type": f"aws_iam_{resource.kind}",
            "name": resource.label,
            "provider": PROVIDER,
            "instances": [{"schema_version": 0, "attributes": resource.known}],
        }
        for resource in found
    ]
    return {"version": 4, "serial": 1, "lineage": "bench", "outputs": {}, "resources": items}


def _of(kind: str, name: str, attribute: str) -> str:
    return f"${{aws_iam_{kind}.{_label(name)}.{attribute}}}"


def _label(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _json(document: dict[str, Any]) -> str:
    """A document as an argument: what looks like a reference of Terraform's is AWS's own variable."""
    return json.dumps(document).replace("${", "$${")


def main() -> None:
    size, folder, endpoint = sys.argv[1:]
    found = list(resources(workload(SIZES[size])))
    target = Path(folder)
    (target / "main.tf.json").write_text(json.dumps(configuration(found, endpoint)), encoding="utf-8")
    (target / "terraform.tfstate").write_text(json.dumps(state(found)), encoding="utf-8")


if __name__ == "__main__":
    main()

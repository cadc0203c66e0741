"""Write the workload for Terraform's AWS provider: a resource for each entity, attachment, inline policy, membership.

`python -m benchmarks.terraform_files SIZE FOLDER ENDPOINT` writes the configuration, and a state that only maps
resources to live entities. `terraform apply -refresh-only` completes that state in seconds; creating all of M would
take minutes. The tags include that of the owner, so that both tools find the same account unchanged.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.workload import OWNER, OWNER_TAG, SIZES, GroupSpec, RoleSpec, UserSpec, Workload, make_workload

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


@dataclass(frozen=True)
class Resource:
    """A resource. arguments: of its configuration. attributes: identify its live entity in the state."""

    kind: str
    label: str
    arguments: dict[str, Any]
    attributes: dict[str, Any]


def list_resources(work: Workload) -> Iterator[Resource]:
    owned = {OWNER_TAG: OWNER}
    for policy in work.policies:
        arguments: dict[str, Any] = {"name": policy.name, "path": policy.path, "description": policy.description}
        arguments |= {"policy": _to_json(policy.document), "tags": policy.tags | owned}
        yield Resource("policy", _label_of(policy.name), arguments, {"id": policy.arn, "arn": policy.arn})
    for group in work.groups:
        yield _build_entity("group", group.name, {"path": group.path})
        yield from _build_access("group", group, work)
    for user in work.users:
        yield _build_entity("user", user.name, {"path": user.path, "tags": user.tags | owned})
        if user.groups:
            yield _build_memberships(user)
        yield from _build_access("user", user, work)
    for role in work.roles:
        yield _build_role(role, owned)
        yield from _build_access("role", role, work)


def _build_memberships(user: UserSpec) -> Resource:
    arguments = {
        "user": _reference_to("user", user.name, "name"),
        "groups": [_reference_to("group", name, "name") for name in user.groups],
    }
    attributes = {"id": f"terraform-{user.name}", "user": user.name, "groups": list(user.groups)}
    return Resource("user_group_membership", _label_of(user.name), arguments, attributes)


def _build_role(role: RoleSpec, owned: dict[str, str]) -> Resource:
    arguments: dict[str, Any] = {"path": role.path, "max_session_duration": role.max_session, "tags": role.tags | owned}
    arguments["assume_role_policy"] = _to_json(role.trust_document)
    if role.description:
        arguments["description"] = role.description
    if role.boundary:
        arguments["permissions_boundary"] = _reference_to("policy", role.boundary, "arn")
    return _build_entity("role", role.name, arguments)


def _build_entity(kind: str, name: str, arguments: dict[str, Any]) -> Resource:
    return Resource(kind, _label_of(name), {"name": name} | arguments, {"id": name, "name": name})


def _build_access(kind: str, entity: GroupSpec | UserSpec | RoleSpec, work: Workload) -> Iterator[Resource]:
    arns, holder = work.arns_by_name(), {kind: _reference_to(kind, entity.name, "name")}
    for number, reference in enumerate(entity.attached):
        arn = arns[reference] if reference.startswith("aws:") else _reference_to("policy", reference, "arn")
        attributes = {"id": f"{entity.name}-{number}", kind: entity.name, "policy_arn": arns[reference]}
        label = _label_of(f"{entity.name}_{number}")
        yield Resource(f"{kind}_policy_attachment", label, holder | {"policy_arn": arn}, attributes)
    for name, document in entity.inline.items():
        attributes = {"id": f"{entity.name}:{name}", "name": name, kind: entity.name, "policy": json.dumps(document)}
        arguments = holder | {"name": name, "policy": _to_json(document)}
        yield Resource(f"{kind}_policy", _label_of(f"{entity.name}_{name}"), arguments, attributes)


def build_configuration(resources: list[Resource], endpoint: str) -> dict[str, Any]:
    """Return the content of main.tf.json."""
    provider = {
        "region": "us-east-1",
        "access_key": "bench",
        "secret_key": "bench",
        "skip_metadata_api_check": True,
        "endpoints": [{"iam": endpoint, "sts": endpoint}],
    }
    declared: dict[str, dict[str, Any]] = {}
    for resource in resources:
        declared.setdefault(f"aws_iam_{resource.kind}", {})[resource.label] = resource.arguments
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": provider},
        "resource": declared,
    }


def build_state(resources: list[Resource]) -> dict[str, Any]:
    """Return the content of terraform.tfstate, in its version 4."""
    items = [
        {
            "mode": "managed",
            "type": f"aws_iam_{resource.kind}",
            "name": resource.label,
            "provider": PROVIDER,
            "instances": [{"schema_version": 0, "attributes": resource.attributes}],
        }
        for resource in resources
    ]
    return {"version": 4, "serial": 1, "lineage": "bench", "outputs": {}, "resources": items}


def _reference_to(kind: str, name: str, attribute: str) -> str:
    return f"${{aws_iam_{kind}.{_label_of(name)}.{attribute}}}"


def _label_of(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _to_json(document: dict[str, Any]) -> str:
    """Return a document as an argument. Escape AWS's policy variables, which look like Terraform's references."""
    return json.dumps(document).replace("${", "$${")


def main() -> None:
    size, folder, endpoint = sys.argv[1:]
    resources = list(list_resources(make_workload(SIZES[size])))
    target = Path(folder)
    (target / "main.tf.json").write_text(json.dumps(build_configuration(resources, endpoint)), encoding="utf-8")
    (target / "terraform.tfstate").write_text(json.dumps(build_state(resources)), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Name what an entity has gained or lost since a saved plan was made: what a deletion must remove first. Pure.

The fingerprint of an entity does not cover these items, so only the calls of the two plans differ.
Source: IAM API Reference, DeleteUser, DeleteGroup, DeleteRole and DeletePolicy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from reconciler.model.address import Address
from reconciler.model.plan import Plan
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list

_ITEMS: Mapping[str, tuple[str, str]] = {
    "DeleteAccessKey": ("access key", "AccessKeyId"),
    "DeleteLoginProfile": ("password", "UserName"),
    "DeleteSigningCertificate": ("signing certificate", "CertificateId"),
    "DeleteSSHPublicKey": ("SSH public key", "SSHPublicKeyId"),
    "DeleteServiceSpecificCredential": ("service-specific credential", "ServiceSpecificCredentialId"),
    "DeactivateMFADevice": ("MFA device", "SerialNumber"),
    "DeleteVirtualMFADevice": ("MFA device", "SerialNumber"),
    "DeletePolicyVersion": ("version", "VersionId"),
    "RemoveUserFromGroup": ("member", "UserName"),
    "DetachUserPolicy": ("attached user", "UserName"),
    "DetachGroupPolicy": ("attached group", "GroupName"),
    "DetachRolePolicy": ("attached role", "RoleName"),
    "RemoveRoleFromInstanceProfile": ("instance profile", "InstanceProfileName"),
}
"""Operation that removes an item → the noun of the item, and the parameter that names it."""

_Items = Mapping[Address, set[tuple[str, str]]]
"""Entity → noun and name of each of its items."""


def find_changed_items(code: str, reviewed: Plan, now: Plan) -> Iterator[Problem]:
    """Yield an error for each entity whose items the plan removes, and that has others now. code: of the errors.

    reviewed: the plan of the file. now: the same plan, made from live IAM.
    """
    before, after = _list_items(reviewed), _list_items(now)
    for address in sorted({*before, *after}):
        old, new = before.get(address, set()), after.get(address, set())
        changes = [f"{verb} {_count(items)}" for verb, items in (("gained", new - old), ("lost", old - new)) if items]
        if changes:
            summary = f"{address} has {' and '.join(changes)} since the plan was made."
            yield Problem(Level.ERROR, code, summary, address=address)


def _list_items(plan: Plan) -> _Items:
    items: defaultdict[Address, set[tuple[str, str]]] = defaultdict(set)
    for step in plan.steps:
        noun, parameter = _ITEMS.get(step.call.operation, ("", ""))
        if noun:
            items[step.address].add((noun, str(step.call.parameters.get(parameter))))
    return items


def _count(items: set[tuple[str, str]]) -> str:
    """Return `2 access keys and 1 password`."""
    counts = Counter(noun for noun, _ in items)
    return format_list((f"{n} {noun}{'' if n == 1 else 's'}" for noun, n in sorted(counts.items())), len(counts))

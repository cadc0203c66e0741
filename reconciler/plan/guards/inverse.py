"""Which operations take a call of a plan back. Names follow IAM's own pairs (Attach and Detach, Put and Delete)."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kinds.registry import KINDS
from reconciler.model.entity import Entity
from reconciler.model.plan import Call


def inverse_of(call: Call, before: Entity | None) -> tuple[str, ...]:
    """The operations that take a call back; none for secrets and devices, which nothing brings back.

    `before`: the entity as it was; what a Put or a tag replaced is put back, what was not there is removed.
    """
    operation, parameters = call.operation, call.parameters
    if operation.startswith("Put"):
        replaced = getattr(before, "permissions_boundary", None)
        if "PolicyName" in parameters:
            replaced = str(parameters["PolicyName"]) in getattr(before, "inline_policies", {})
        return (operation if replaced else f"Delete{operation.removeprefix('Put')}",)
    if operation in _ACCOUNT_INVERSES:
        made, changed = _ACCOUNT_INVERSES[operation]
        return (made if before is None else changed,)
    if operation in _INVERSES:
        return _INVERSES[operation]
    for verb, undoing in _VERB_INVERSES:
        if operation.startswith(verb):
            return tuple(f"{other}{operation.removeprefix(verb)}" for other in undoing)
    return ()


_VERB_INVERSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Attach", ("Detach",)),
    ("Detach", ("Attach",)),
    ("Tag", ("Tag", "Untag")),
    ("Untag", ("Tag",)),
    ("Update", ("Update",)),
)
_ACCOUNT_INVERSES: Mapping[str, tuple[str, str]] = {
    "CreateAccountAlias": ("DeleteAccountAlias", "CreateAccountAlias"),
    "UpdateAccountPasswordPolicy": ("DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy"),
}
"""One call makes or changes a setting of the account: what takes it back in either case."""
_NOUNS = tuple(kind.noun for kind in KINDS if not kind.is_created_by_hand)
_INVERSES: Mapping[str, tuple[str, ...]] = {
    "AddUserToGroup": ("RemoveUserFromGroup",),
    "RemoveUserFromGroup": ("AddUserToGroup",),
    "AddRoleToInstanceProfile": ("RemoveRoleFromInstanceProfile",),
    "RemoveRoleFromInstanceProfile": ("AddRoleToInstanceProfile",),
    "CreatePolicyVersion": ("CreatePolicyVersion",),
    "DeleteAccountPasswordPolicy": ("UpdateAccountPasswordPolicy",),
    "AddClientIDToOpenIDConnectProvider": ("RemoveClientIDFromOpenIDConnectProvider",),
    "RemoveClientIDFromOpenIDConnectProvider": ("AddClientIDToOpenIDConnectProvider",),
    **{f"Create{noun}": (f"Delete{noun}",) for noun in _NOUNS},
    **{f"Delete{noun}": (f"Create{noun}",) for noun in _NOUNS},
    **{f"Delete{noun}Policy": (f"Put{noun}Policy",) for noun in ("User", "Group", "Role")},
    **{f"Delete{noun}PermissionsBoundary": (f"Put{noun}PermissionsBoundary",) for noun in ("User", "Role")},
}

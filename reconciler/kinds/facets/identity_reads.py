"""Read one user, group or role by calls of its own, in the shape of GetAccountAuthorizationDetails."""

from __future__ import annotations

from typing import Any

from reconciler.kinds.live_reader import LiveReader
from reconciler.kinds.raw_account import Item, ReadCall


def read_identity(noun: str, name: str, reader: LiveReader, **parameters: Any) -> Item:
    """Return one entity with its policies. Raises EntityNotFoundError.

    noun: as in the operation. parameters: further ones of its Get call.
    """
    key = f"{noun}Name"
    item = {**reader.call_operation(f"Get{noun}", **{key: name}, **parameters)[noun]}
    target = {key: item[key]}
    item["AttachedManagedPolicies"] = reader.list_items(
        ReadCall(f"ListAttached{noun}Policies", ("AttachedPolicies",), target)
    )
    item[f"{noun}PolicyList"] = [
        reader.call_operation(f"Get{noun}Policy", **target, PolicyName=policy)
        for policy in reader.list_items(ReadCall(f"List{noun}Policies", ("PolicyNames",), target))
    ]
    return item

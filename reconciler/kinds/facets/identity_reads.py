"""A user, group or role with its policies, read by its own calls in the shape of GetAccountAuthorizationDetails."""

from __future__ import annotations

from typing import Any

from reconciler.kinds.live_reader import LiveReader
from reconciler.kinds.raw_account import Item, ReadCall


def read_identity(noun: str, name: str, reader: LiveReader, **parameters: Any) -> Item:
    """Read one. `noun` as in the operation; parameters: of its Get call. Raises EntityNotFoundError."""
    key = f"{noun}Name"
    item = {**reader.call_operation(f"Get{noun}", **{key: name}, **parameters)[noun]}
    who = {key: item[key]}
    item["AttachedManagedPolicies"] = reader.list_items(
        ReadCall(f"ListAttached{noun}Policies", ("AttachedPolicies",), who)
    )
    item[f"{noun}PolicyList"] = [
        reader.call_operation(f"Get{noun}Policy", **who, PolicyName=policy)
        for policy in reader.list_items(ReadCall(f"List{noun}Policies", ("PolicyNames",), who))
    ]
    return item

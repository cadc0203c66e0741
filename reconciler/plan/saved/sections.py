"""Read the sections of a plan file strictly: a wrong type, a value out of bounds or an unknown key is an error.

`changes` and `summary` are not read here: an apply computes them again and refuses the plan if they differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from reconciler.model.address import Address
from reconciler.model.desired import Move, Settings
from reconciler.model.partitions import PARTITION_NAME
from reconciler.model.problem import Level, Place
from reconciler.model.text_forms import ACCOUNT_ID, OWNER
from reconciler.plan.compare.ownership import ignores_everything
from reconciler.plan.saved.shown_section import read_findings
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_address,
    take_flag,
    take_integer,
    take_list,
    take_number,
    take_object,
    take_text,
    take_texts,
)

DOCUMENT_KEYS = ("format_version", "account", "owner", "safe", "summary", "changes", "findings", "access", "saved")
OPTIONAL_DOCUMENT_KEYS = (
    *("account_alias", "caller", "files", "risk", "reversible", "permissions"),
    *("targets", "unmanaged", "left_alone", "integrity"),
)
_SETTING_KEYS = ("prune", "ignore", "max_deletes", "max_delete_percent", "max_removals", "break_glass")
_OPTIONAL_SETTING_KEYS = ("prune_also",)
"""Keys that plans of earlier versions lack."""
_PRUNE = ("owned", "none", "all")
_PARTITION = re.compile(PARTITION_NAME, re.ASCII)


def read_account(document: Mapping[str, Any]) -> str:
    """Return the account. Raises MalformedPlan, like every function of this module."""
    account = take_text(document["account"], "account")
    if not ACCOUNT_ID.accepts(account):
        raise MalformedPlan("account is not 12 digits.")
    return account


def read_account_alias(document: Mapping[str, Any]) -> str | None:
    """Return the alias of the account; None if it has none, or if the file does not say."""
    alias = document.get("account_alias")
    return None if alias is None else take_text(alias, "account_alias")


def read_partition(saved: Mapping[str, Any]) -> str:
    """Return the partition."""
    partition = take_text(saved["partition"], "saved.partition")
    if not _PARTITION.fullmatch(partition):
        raise MalformedPlan("saved.partition is not the name of a partition.")
    return partition


def read_owner(document: Mapping[str, Any]) -> str | None:
    """Return the owner; None if the file had none."""
    if document["owner"] is None:
        return None
    return _take_owner(document["owner"], "owner")


def read_undone_owners(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the owners of the applies that the plan takes back. Only an undo has them, and it has no owner."""
    path = "saved.undone_owners"
    owners = take_list(document["saved"].get("undone_owners", []), path)
    if owners and document["owner"] is not None:
        raise MalformedPlan(f"{path} is not for a plan with an owner.")
    return frozenset(_take_owner(owner, path) for owner in owners)


def _take_owner(value: object, path: str) -> str:
    owner = take_text(value, path)
    if not OWNER.accepts(owner):
        raise MalformedPlan(f"{path} is not the name of an owner.")
    return owner


def read_optional_text(document: Mapping[str, Any], key: str) -> str:
    """Return a text; "" if it is null or absent."""
    return "" if document.get(key) is None else take_text(document[key], key)


def read_targets(document: Mapping[str, Any]) -> tuple[Address, ...]:
    """Return the targets."""
    return tuple(take_address(item, "targets") for item in take_list(document.get("targets", []), "targets"))


def check_unused_rows(document: Mapping[str, Any]) -> None:
    """Check `unmanaged` and `left_alone`, which an apply does not use."""
    for item in take_list(document.get("unmanaged", []), "unmanaged"):
        take_address(item, "unmanaged")
    for index, item in enumerate(take_list(document.get("left_alone", []), "left_alone")):
        row = take_object(item, f"left_alone[{index}]", ("address", "reason"))
        take_address(row["address"], f"left_alone[{index}].address")
        take_text(row["reason"], f"left_alone[{index}].reason")


def read_settings(saved: Mapping[str, Any]) -> Settings:
    """Return the settings, each within the bounds that a file has for it."""
    path = "saved.settings"
    values = take_object(saved["settings"], path, _SETTING_KEYS, _OPTIONAL_SETTING_KEYS)
    prune = take_text(values["prune"], f"{path}.prune")
    if prune not in _PRUNE:
        raise MalformedPlan(f"{path}.prune is not one of {', '.join(_PRUNE)}.")
    ignore = take_texts(values["ignore"], f"{path}.ignore")
    prune_also = take_texts(values.get("prune_also", []), f"{path}.prune_also")
    for key, patterns in (("ignore", ignore), ("prune_also", prune_also)):
        if any("/" not in pattern for pattern in patterns):
            raise MalformedPlan(f"{path}.{key} has a pattern that is not of the form kind/name.")
    if ignores_everything(ignore):
        raise MalformedPlan(f"{path}.ignore matches every address.")
    return Settings(
        prune,
        ignore,
        take_integer(values["max_deletes"], f"{path}.max_deletes"),
        take_number(values["max_delete_percent"], f"{path}.max_delete_percent", 100),
        take_integer(values["max_removals"], f"{path}.max_removals"),
        tuple(
            take_address(item, f"{path}.break_glass", ("user", "role"))
            for item in take_list(values["break_glass"], f"{path}.break_glass")
        ),
        prune_also,
    )


def to_settings_section(settings: Settings) -> dict[str, Any]:
    """Return the `saved.settings` object of a plan file."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return values | {
        "ignore": list(settings.ignore),
        "break_glass": [str(item) for item in settings.break_glass],
        "prune_also": list(settings.prune_also),
    }


def read_moves(saved: Mapping[str, Any]) -> tuple[Move, ...]:
    """Return the lines of `moved`."""
    path = "saved.moves"
    return tuple(_read_move(item, f"{path}[{index}]") for index, item in enumerate(take_list(saved["moves"], path)))


def _read_move(value: object, path: str) -> Move:
    parts = take_list(value, path)
    if len(parts) != 5:
        raise MalformedPlan(f"{path} does not have five parts.")
    old, new = take_address(parts[0], path), take_address(parts[1], path)
    if old.kind != new.kind:
        raise MalformedPlan(f"{path} has two kinds.")
    return Move(old, new, Place(take_text(parts[2], path), take_integer(parts[3], path), take_integer(parts[4], path)))


def read_refusals(document: Mapping[str, Any]) -> frozenset[tuple[str, Address | None]]:
    """Return the code and the address of each finding that made the plan unsafe."""
    take_flag(document["safe"], "safe")
    findings = read_findings(document)
    return frozenset((finding.code, finding.address) for finding in findings if finding.level is Level.ERROR)

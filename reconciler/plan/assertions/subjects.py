"""Find the principals and the resources that the patterns of an assertion mean.

Patterns are addresses with `*` and `?`, `group/NAME` for the members of a group, ARNs, and account ids. Letter case of
addresses does not count, as in IAM.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from reconciler.access import Principal
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.assertions import EVERYONE
from reconciler.model.entity import User
from reconciler.model.globs import compile_glob
from reconciler.model.live import State
from reconciler.model.partitions import ARN_PARTITION

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_OWNER = re.compile(rf"arn:{ARN_PARTITION}:(?:iam|sts)::(\d{{12}}):")


class Subjects:
    """The principals and entities of one account, to be selected by patterns."""

    def __init__(self, state: State, principals: Mapping[Address, Principal]) -> None:
        self._state = state
        self._principals = principals
        self._selected: dict[str, frozenset[Address]] = {}

    def select(self, patterns: Iterable[str]) -> frozenset[Address]:
        """Return the users and roles that one of the patterns means."""
        return frozenset[Address]().union(*map(self._select_one, patterns))

    def _select_one(self, pattern: str) -> frozenset[Address]:
        if pattern not in self._selected:
            self._selected[pattern] = frozenset(self._find_matching(pattern))
        return self._selected[pattern]

    def _find_matching(self, pattern: str) -> Iterable[Address]:
        root = f"arn:{self._state.partition}:iam::{self._state.account}:root"
        if pattern in (EVERYONE, self._state.account, root):
            return self._principals
        if pattern.startswith("arn:"):
            matches = compile_glob(pattern)
            return [address for address, principal in self._principals.items() if matches(principal.arn)]
        matches = compile_glob(pattern.casefold())
        if pattern.startswith("group/"):
            groups = [group for group in self._members if matches(str(group).casefold())]
            return [user for group in groups for user in self._members[group]]
        return [address for address in self._principals if matches(str(address).casefold())]

    @cached_property
    def _members(self) -> Mapping[Address, list[Address]]:
        members: defaultdict[Address, list[Address]] = defaultdict(list)
        for address, entity in self._state.entities.items():
            if isinstance(entity, User):
                for group in entity.groups:
                    members[group].append(address)
        return members

    def find_unmatched(self, patterns: Iterable[str]) -> Iterator[str]:
        """Yield the patterns that mean nobody."""
        return (pattern for pattern in patterns if not self._select_one(pattern))

    def find_resources(self, patterns: Iterable[str]) -> dict[str, tuple[str, ...] | None]:
        """Map each pattern of resources to patterns of ARNs: those of the entities that an address means.

        None stands for every resource.
        """
        return {pattern: self._find_arns(pattern) for pattern in patterns}

    def _find_arns(self, pattern: str) -> tuple[str, ...] | None:
        if pattern == EVERYONE:
            return None
        if pattern.startswith(("arn:", "*")):
            return (pattern,)
        matches, state = compile_glob(pattern.casefold()), self._state
        found = (entity for address, entity in state.entities.items() if matches(str(address).casefold()))
        return tuple(sorted(arn_of(one.address, one.path, state.account, state.partition) for one in found))


def means_external(patterns: Iterable[str], principal: str) -> bool:
    """Return whether one of the patterns means a principal outside the account.

    principal: as `RoleAccess.principal` names it: `service:HOST`, `federated:ARN`, an ARN, or `*` for everyone.
    """
    kind, _, value = principal.partition(":")
    name = value if kind in ("service", "federated") else principal
    owner = _OWNER.match(name)
    return any(_means(pattern, name, owner[1] if owner else name) for pattern in patterns)


def _means(pattern: str, name: str, account: str) -> bool:
    if _ACCOUNT.fullmatch(pattern):
        return ":oidc-provider/" not in name and ":saml-provider/" not in name and account == pattern
    if pattern.startswith("arn:") and pattern.endswith(":root"):
        return pattern == name or _means(pattern.split(":")[4], name, account)
    if pattern.startswith(("oidc-provider/", "saml-provider/")):
        return bool(name.startswith("arn:")) and compile_glob(pattern)(name.split(":", 5)[-1])
    return name != EVERYONE and compile_glob(pattern)(name)

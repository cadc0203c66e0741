"""Build the principals and roles of an account's State, with their policies, groups and boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.access.compiled_policies import compile_policies
from reconciler.access.principal import Principal
from reconciler.access.role_assumption import Target
from reconciler.access.verdicts import PolicySource
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Document
from reconciler.model.entity import Group, Policy, Role, User
from reconciler.model.live import State


def principals_of(state: State, external_documents: Mapping[str, Document] | None = None) -> dict[Address, Principal]:
    """Return every user and role as a principal.

    external_documents: the documents of AWS's own policies that were read, by ARN.
    """
    documents = {**(external_documents or {}), **_managed_documents_of(state)}
    ids = {address: unique for unique, address in state.details.unique_ids.items()}
    found: dict[Address, Principal] = {}
    for address, entity in state.entities.items():
        if not isinstance(entity, (User, Role)):
            continue
        arn = _build_arn(state, address.kind, entity.path, entity.name)
        policies = list(_policy_sources_of(entity, documents))
        groups = _groups_of(state, entity) if isinstance(entity, User) else []
        for group in groups:
            policies += _policy_sources_of(group, documents)
        boundary = entity.permissions_boundary
        found[address] = Principal(
            arn=arn,
            kind=address.kind,
            account=state.account,
            policies=tuple(dict.fromkeys(policies)),
            boundary=None if boundary is None else PolicySource(boundary, documents.get(boundary)),
            unique_id=ids.get(address, ""),
            tags=None if isinstance(entity, Role) and _allows_session_tags(entity) else entity.tags,
            groups=tuple(_build_arn(state, "group", group.path, group.name) for group in groups),
        )
    return found


def group_principals_of(state: State) -> dict[Address, Principal]:
    """Return every group as a principal with the group's policies alone, to evaluate what a member gets from it."""
    documents = _managed_documents_of(state)
    return {
        address: Principal(
            arn=_build_arn(state, "group", entity.path, entity.name),
            kind="account",
            account=state.account,
            policies=tuple(dict.fromkeys(_policy_sources_of(entity, documents))),
        )
        for address, entity in state.entities.items()
        if isinstance(entity, Group)
    }


def targets_of(state: State) -> dict[Address, Target]:
    """Return every role as a target to assume."""
    return {
        address: Target(_build_arn(state, "role", entity.path, entity.name), entity.trust_policy, entity.tags)
        for address, entity in state.entities.items()
        if isinstance(entity, Role)
    }


def _groups_of(state: State, user: User) -> list[Group]:
    entities = (state.entities.get(address) for address in sorted(user.groups))
    return [group for group in entities if isinstance(group, Group)]


def _policy_sources_of(entity: User | Group | Role, documents: Mapping[str, Document]) -> Iterator[PolicySource]:
    for arn in sorted(entity.policies):
        yield PolicySource(arn, documents.get(arn))
    for name, document in sorted(entity.inline_policies.items()):
        yield PolicySource(f"{entity.address} inline policy {name}", document)


def _managed_documents_of(state: State) -> dict[str, Document]:
    return {
        _build_arn(state, "policy", entity.path, entity.name): entity.document
        for entity in state.entities.values()
        if isinstance(entity, Policy)
    }


def _build_arn(state: State, kind: str, path: str, name: str) -> str:
    return arn_of(Address(kind, name), path, state.account, state.partition)


def _allows_session_tags(role: Role) -> bool:
    """Return whether the trust allows session tags, which may override the tags of the role."""
    part = compile_policies([PolicySource(f"trust of {role.address}", role.trust_policy)]).statements_for(
        "sts:TagSession"
    )
    return bool(part.allows or part.unknown_allows)

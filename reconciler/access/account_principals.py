"""Build the principals and roles of an account's State, with their policies, groups, boundaries and guardrails.

AWS Organizations User Guide, "Service control policies" and "Resource control policies": neither kind binds the
management account; SCPs do not bind service-linked roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.access.compiled_policies import compile_policies
from reconciler.access.principal import Principal
from reconciler.access.role_assumption import Target
from reconciler.access.verdicts import PolicySource
from reconciler.model.address import Address
from reconciler.model.arns import arn_of
from reconciler.model.document import Document
from reconciler.model.entity import Group, Policy, Role, User
from reconciler.model.guardrails import GuardrailPolicy
from reconciler.model.held_policies import HeldPolicy, Hold, list_groups, list_held_policies, walk_held_policies
from reconciler.model.live import State

_SERVICE_LINKED = "/aws-service-role/"


def principals_of(state: State, external_documents: Mapping[str, Document] | None = None) -> dict[Address, Principal]:
    """Return every user and role as a principal.

    external_documents: further documents of AWS's own policies, by ARN, beside those that the state has.
    """
    documents = {**(external_documents or {}), **_managed_documents_of(state)}
    ids = {address: unique for unique, address in state.details.unique_ids.items()}
    controls = _service_controls_of(state)
    principals: dict[Address, Principal] = {}
    for address, entity in state.entities.items():
        if not isinstance(entity, (User, Role)):
            continue
        arn = _build_arn(state, address.kind, entity.path, entity.name)
        held_policies = list(walk_held_policies(entity, state.entities.get))
        boundaries = (_source_of(policy, documents) for policy in held_policies if policy.hold is Hold.BOUNDARY)
        principals[address] = Principal(
            arn=arn,
            kind=address.kind,
            account=state.account,
            policies=_grant_sources_of(held_policies, documents),
            boundary=next(boundaries, None),
            unique_id=ids.get(address, ""),
            tags=None if isinstance(entity, Role) and _allows_session_tags(entity) else entity.tags,
            groups=tuple(
                _build_arn(state, "group", group.path, group.name) for group in list_groups(entity, state.entities.get)
            ),
            service_controls=() if entity.path.startswith(_SERVICE_LINKED) else controls,
            organization=state.guardrails.organization if state.guardrails else "",
        )
    return principals


def _service_controls_of(state: State) -> tuple[tuple[PolicySource, ...], ...]:
    guardrails = state.guardrails
    if guardrails is None or guardrails.management:
        return ()
    return tuple(tuple(map(_control_source_of, level)) for level in guardrails.scps)


def _resource_controls_of(state: State) -> tuple[PolicySource, ...]:
    """Return the RCPs of all levels. Only their Denies decide: AWS attaches an Allow of everything to each level."""
    guardrails = state.guardrails
    if guardrails is None or guardrails.management:
        return ()
    return tuple(dict.fromkeys(_control_source_of(policy) for level in guardrails.rcps for policy in level))


def _control_source_of(policy: GuardrailPolicy) -> PolicySource:
    return PolicySource(policy.label, policy.document)


def group_principals_of(state: State) -> dict[Address, Principal]:
    """Return every group as a principal with the group's policies alone, to evaluate what a member gets from it."""
    documents = _managed_documents_of(state)
    return {
        address: Principal(
            arn=_build_arn(state, "group", entity.path, entity.name),
            kind="account",
            account=state.account,
            policies=_grant_sources_of(list_held_policies(entity), documents),
        )
        for address, entity in state.entities.items()
        if isinstance(entity, Group)
    }


def targets_of(state: State) -> dict[Address, Target]:
    """Return every role as a target to assume."""
    controls = _resource_controls_of(state)
    return {
        address: Target(_build_arn(state, "role", entity.path, entity.name), entity.trust_policy, entity.tags, controls)
        for address, entity in state.entities.items()
        if isinstance(entity, Role)
    }


def _grant_sources_of(
    held_policies: Iterable[HeldPolicy], documents: Mapping[str, Document]
) -> tuple[PolicySource, ...]:
    """Return the policies that grant, each once: several holders may have the same."""
    sources = (_source_of(policy, documents) for policy in held_policies if policy.hold is not Hold.BOUNDARY)
    return tuple(dict.fromkeys(sources))


def _source_of(policy: HeldPolicy, documents: Mapping[str, Document]) -> PolicySource:
    if policy.arn is None:
        return PolicySource(f"{policy.holder} inline policy {policy.name}", policy.document)
    return PolicySource(policy.arn, documents.get(policy.arn))


def _managed_documents_of(state: State) -> dict[str, Document]:
    """Return the documents of policies of the account, and those of AWS's policies that were read."""
    read = {arn: document for arn, document in state.details.external_documents.items() if document is not None}
    return read | {
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

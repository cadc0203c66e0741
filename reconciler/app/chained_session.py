"""The session with which one hop of a role chain makes the next call: its tags and its session policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.access import PolicySource, Principal
from reconciler.assume.chain import collect_inherited
from reconciler.model.address import Address
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.entity import Role
from reconciler.model.live import State
from reconciler.policy.canonical import canonical


@dataclass(frozen=True, slots=True)
class ChainedSession:
    """A role's session.

    source_call: the call that made it. tags: its own and inherited tags; None if not all of them are known.
    """

    source_call: AssumeRoleCall
    tags: Mapping[str, str] | None


def session_of(requests: tuple[AssumeRoleCall, ...], hop: int, caller_arn: str) -> ChainedSession:
    """Return the session that makes the call at `hop`, which must not be the first."""
    before, carried = requests[hop - 1], collect_inherited(requests, hop - 1, caller_arn)
    return ChainedSession(before, {**dict(carried.tags), **dict(before.session_tags)} if carried.known else None)


def role_address_of(arn: str) -> Address:
    """Return the address of the role with this ARN."""
    return Address("role", arn.rpartition("/")[2])


def narrow_principal(principal: Principal, session: ChainedSession, live: State) -> Principal:
    """Return the principal with the tags and the session policies of its session.

    A session tag hides the role's tag of the same key, ignoring letter case ("Pass session tags in AWS STS").
    """
    before, tags = session.source_call, None
    entity = live.entities.get(role_address_of(before.role_arn))
    if isinstance(entity, Role) and session.tags is not None:
        hidden = {key.casefold() for key in session.tags}
        tags = {key: value for key, value in entity.tags.items() if key.casefold() not in hidden} | dict(session.tags)
    if not before.policy and not before.policy_arns:
        return replace(principal, tags=tags)
    documents = {source.label: source.document for source in principal.policies}
    sources = [PolicySource(arn, documents.get(arn)) for arn in before.policy_arns]
    if before.policy:
        sources.append(PolicySource(f"session policy of {before.alias}", canonical(json.loads(before.policy))))
    return replace(principal, tags=tags, session=tuple(sources))

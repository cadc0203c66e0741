"""The caller and the role of one hop, from live IAM where it may be read, else from the file. Reads only.

Only the account of the source credentials can be read; the file speaks of its own account alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.access import Principal, Target, make_external_principal, principals_of, targets_of
from reconciler.app.chained_session import (
    ChainedSession,
    narrow_principal,
    role_address_of,
    session_arn_of,
    session_of,
)
from reconciler.assume.chain import collect_inherited
from reconciler.assume.recent_applies import seconds_since_applied
from reconciler.aws.evidence_reads import UNREAD, LiveEvidence, make_iam_client, read_evidence
from reconciler.diagnose.attempt import AssumeAttempt
from reconciler.diagnose.evaluation import CallerAndRole
from reconciler.diagnose.request_context import Mfa
from reconciler.kinds.comparison import inherit_live_values as filled_in
from reconciler.model.address import Address
from reconciler.model.assume_role import AssumeRoleCall
from reconciler.model.desired import Desired
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Role, User
from reconciler.model.explanation import Evidence
from reconciler.model.held_policies import own_policies_of, walk_held_policies
from reconciler.model.live import State
from reconciler.model.problem import ReconcileError

Redeclare = Callable[[Mapping[Address, str]], Desired]
"""Declares the file again with the paths that entities have live."""

_UNREAD = Document(version="", statements=frozenset(), opaque=UNREAD)


@dataclass(frozen=True, slots=True)
class IamCredentials:
    """Whose credentials IAM is asked with: those that the first role is assumed from.

    make_client: makes a client of IAM with credentials that are there already; None: they are found anew.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    make_client: Callable[[], Any] | None = None


class EvidenceReader:
    """The account as it can be seen and the file, for one run."""

    def __init__(
        self,
        desired: Desired,
        caller_arn: str,
        credentials: IamCredentials | None,
        environ: Mapping[str, str],
        redeclare: Redeclare | None,
    ) -> None:
        self._desired = desired
        self._caller_arn = caller_arn
        _, self._partition, _, _, self._account, _ = caller_arn.split(":", 5)
        self._environ = environ
        self._redeclare = redeclare
        self._iam = _make_client(credentials)

    def read_hop(
        self,
        requests: tuple[AssumeRoleCall, ...],
        hop: int,
        mfa: Mfa,
        *,
        was_refused: bool = False,
        denied_action: str = "",
    ) -> AssumeAttempt:
        """denied_action: the action that AWS has refused, as far as it said so."""
        request, before = requests[hop], requests[hop - 1] if hop else None
        caller_arn = session_arn_of(before) if before else self._caller_arn
        caller, role = _parse_caller(caller_arn), role_address_of(request.role_arn)
        account, here = caller_arn.split(":", 5)[4], self._account
        seen = self._read_live(
            caller if account == here else None, role if _account_of(request.role_arn) == here else None
        )
        self._apply_live_paths(seen)
        live = self._merge_state(seen)
        principal, who = self._find_principal(caller_arn, caller, live, seen, request.role_arn)
        session = session_of(requests, hop, self._caller_arn) if before else None
        principal = narrow_principal(principal, session, live) if session else principal
        target, what = self._find_target(request.role_arn, role, live, seen)
        stood = (
            live.entities.get(role) if _account_of(request.role_arn) == here and role in seen.state.entities else None
        )
        lives_at = target.arn if stood is not None and target.arn != request.role_arn else ""
        return AssumeAttempt(
            request=request,
            alias=self._desired.aliases.get(request.alias),
            desired=self._desired,
            live=CallerAndRole(principal, target, who, what),
            file=self._build_file_view(request, role, CallerAndRole(principal, target, who, what), seen, session),
            mfa=mfa,
            now=datetime.now(UTC),
            previous_call=before,
            inherited=collect_inherited(requests, hop, self._caller_arn),
            denied_action=denied_action,
            is_role_missing=role in seen.missing and _account_of(request.role_arn) == here,
            live_arn=lives_at,
            role_names=tuple(sorted(one.name for one in live.entities if one.kind == "role")),
            is_refused=was_refused,
            seconds_since_applied=self._find_apply_age(account, caller, request.role_arn, live),
            unread_actions=seen.unread,
        )

    def _read_live(self, caller: Address | None, role: Address | None) -> LiveEvidence:
        nothing = LiveEvidence(State(self._account, self._partition, {}))
        if self._iam is None or (caller is None and role is None):
            return nothing
        return read_evidence(self._iam, self._account, self._partition, caller, role)

    def _apply_live_paths(self, seen: LiveEvidence) -> None:
        """A file that gives no path means the one that the entity has."""
        declared = self._desired.state
        paths = {address: entity.path for address, entity in seen.state.entities.items()}
        moved = any(address in paths and paths[address] != entity.path for address, entity in declared.entities.items())
        if moved and self._redeclare is not None and declared.account == self._account:
            self._desired = self._redeclare(paths)

    def _merge_state(self, seen: LiveEvidence) -> State:
        """What counts at AWS as far as is known: live entities, and the file's where live ones are not readable."""
        if seen.is_complete:
            return seen.state
        declared = self._desired.state
        ours = declared.entities if declared.account == self._account else {}
        standing = {address: entity for address, entity in ours.items() if address not in seen.missing}
        read = {
            address: entity
            for address, entity in seen.state.entities.items()
            if address not in seen.partial or address not in ours
        }
        return replace(seen.state, entities={**standing, **read})

    def _evidence_of(self, addresses: Iterable[Address], live: State, seen: LiveEvidence) -> Evidence:
        found = list(addresses)
        if all(address in seen.state.entities and address not in seen.partial for address in found):
            return Evidence.LIVE
        known = all(address in live.entities for address in found)
        return Evidence.FILE if known and not self._has_unread_policies(found, live) else Evidence.UNSEEN

    @staticmethod
    def _has_unread_policies(addresses: Iterable[Address], live: State) -> bool:
        """True where something that may not be read stands open for good."""
        inline = (getattr(live.entities[address], "inline_policies", {}) for address in addresses)
        return any(document.opaque == UNREAD for documents in inline for document in documents.values())

    def _find_principal(
        self, arn: str, address: Address | None, live: State, seen: LiveEvidence, role_arn: str
    ) -> tuple[Principal, Evidence]:
        account = _account_of(arn)
        if arn.endswith(":root"):
            return Principal(arn, "root", account), Evidence.LIVE
        state = live if account == self._account else self._state_of(account)
        entity = state.entities.get(address) if address else None
        if address is None or not isinstance(entity, User | Role):
            return make_external_principal(arn, self._trust_of(role_arn, live)), Evidence.UNSEEN
        concerned = [address, *_find_grant_sources(entity, state)]
        evidence = self._evidence_of(concerned, state, seen) if account == self._account else Evidence.FILE
        return _as_caller(arn, principals_of(state, seen.aws_policies)[address], state), evidence

    def _state_of(self, account: str) -> State:
        """Another account than the source's: only the file can speak of it, if it is the file's."""
        declared = self._desired.state
        return declared if declared.account == account else State(account, self._partition, {})

    def _trust_of(self, role_arn: str, live: State) -> Document:
        state = live if _account_of(role_arn) == self._account else self._state_of(_account_of(role_arn))
        role = state.entities.get(role_address_of(role_arn))
        return role.trust_policy if isinstance(role, Role) else _UNREAD

    def _find_target(self, arn: str, address: Address, live: State, seen: LiveEvidence) -> tuple[Target, Evidence]:
        account = _account_of(arn)
        state = live if account == self._account else self._state_of(account)
        found = targets_of(state).get(address)
        if found is None:
            return Target(arn, _UNREAD), Evidence.UNSEEN
        is_live = account == self._account and address in seen.state.entities
        return found, Evidence.LIVE if is_live else Evidence.FILE

    def _build_file_view(
        self,
        request: AssumeRoleCall,
        role: Address,
        live: CallerAndRole,
        seen: LiveEvidence,
        session: ChainedSession | None,
    ) -> CallerAndRole | None:
        """Both sides as the file has them; what it does not declare stays as it is."""
        declared, arn, role_arn = self._desired.state, live.principal.arn, request.role_arn
        caller = _parse_caller(arn)
        entities: dict[Address, Entity] = {
            address: self._fill_from_live(entity, seen.state.entities.get(address))
            for address, entity in declared.entities.items()
        }
        around = {**seen.state.entities, **entities} if declared.account == self._account else entities
        state = replace(declared, entities=around, details=seen.state.details)
        target = targets_of(state).get(role) if declared.account == _account_of(role_arn) and role in entities else None
        asking = None
        if caller and declared.account == _account_of(arn) and caller in entities:
            asking = _as_caller(arn, principals_of(state, seen.aws_policies)[caller], state)
            asking = narrow_principal(asking, session, state) if session else asking
        if target is None and asking is None:
            return None
        return CallerAndRole(asking or live.principal, target or live.target, Evidence.FILE, Evidence.FILE)

    def _fill_from_live(self, entity: Entity, live: Entity | None) -> Entity:
        """What the file leaves alone stays as it is live."""
        declaration = self._desired.declarations.get(entity.address)
        return filled_in(entity, live, declaration) if live is not None and declaration else entity

    def _find_apply_age(self, account: str, caller: Address | None, role_arn: str, live: State) -> float | None:
        """Seconds since this machine applied anything that decides."""
        entity = live.entities.get(caller) if caller else None
        concerned = {(_account_of(role_arn), role_address_of(role_arn))}
        if caller and isinstance(entity, User | Role):
            concerned |= {(account, one) for one in (caller, *_find_grant_sources(entity, live))}
        now = time.time()
        ages = (seconds_since_applied(self._environ, place, address, now) for place, address in concerned)
        return min((age for age in ages if age is not None), default=None)


def _find_grant_sources(entity: User | Role, state: State) -> Iterator[Address]:
    """The groups and the policies of the account that give a user or role its rights, or limit them."""
    yield from entity.groups if isinstance(entity, User) else ()
    yield from own_policies_of(walk_held_policies(entity, state.entities.get), state.account)


def _make_client(credentials: IamCredentials | None) -> Any:
    if credentials is None:
        return None
    try:
        if credentials.make_client is not None:
            return credentials.make_client()
        return make_iam_client(credentials.profile, credentials.region, credentials.endpoint_url)
    except ReconcileError:
        return None


def _account_of(arn: str) -> str:
    return arn.split(":", 5)[4]


def _parse_caller(arn: str) -> Address | None:
    """The user or role behind an ARN of GetCallerIdentity; None for what is neither."""
    resource = arn.split(":", 5)[5]
    kind, *rest = resource.split("/")
    if kind == "user" and rest:
        return Address("user", rest[-1])
    return Address("role", rest[0]) if kind == "assumed-role" and rest else None


def _as_caller(arn: str, principal: Principal, state: State) -> Principal:
    """A user as it is; a role as the session that calls."""
    if principal.kind == "user":
        return replace(principal, arn=arn) if _account_of(arn) == state.account else principal
    unique = f"{principal.unique_id}:{arn.rpartition('/')[2]}" if principal.unique_id else ""
    return replace(principal, arn=arn, kind="session", role_arn=principal.arn, unique_id=unique)

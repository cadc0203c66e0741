"""Collect the evidence for an explanation: caller and role of one hop, from live IAM if readable, else from the file.

Only the account of the source credentials can be read live. The file is evidence for its own account only. Reads only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.access import Principal, Target, make_external_principal, principals_of, targets_of
from reconciler.app.chained_session import ChainedSession, narrow_principal, role_address_of, session_of
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
"""Declare the file again with the paths that entities have live."""

_UNREAD = Document(version="", statements=frozenset(), opaque=UNREAD)


@dataclass(frozen=True, slots=True)
class IamCredentials:
    """The credentials for reading IAM: those that the first role is assumed from.

    make_client: makes an IAM client from credentials that are loaded already; None loads them again from the profile.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    make_client: Callable[[], Any] | None = None


class EvidenceReader:
    """Read the evidence of one run, from the account and the file."""

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
        """Return the evidence of the call at `hop`. denied_action: the action that AWS named in its refusal."""
        request, previous = requests[hop], requests[hop - 1] if hop else None
        caller_arn = previous.session_arn if previous else self._caller_arn
        caller, role = _parse_caller(caller_arn), role_address_of(request.role_arn)
        account, own_account = caller_arn.split(":", 5)[4], self._account
        is_own_role = _account_of(request.role_arn) == own_account
        evidence = self._read_live(caller if account == own_account else None, role if is_own_role else None)
        self._apply_live_paths(evidence)
        state = self._merge_state(evidence)
        principal, caller_evidence = self._find_principal(caller_arn, caller, state, evidence, request.role_arn)
        session = session_of(requests, hop, self._caller_arn) if previous else None
        principal = narrow_principal(principal, session, state) if session else principal
        target, trust_evidence = self._find_target(request.role_arn, role, state, evidence)
        live = CallerAndRole(principal, target, caller_evidence, trust_evidence)
        is_live_role = is_own_role and role in evidence.state.entities and role in state.entities
        return AssumeAttempt(
            request=request,
            alias=self._desired.aliases.get(request.alias),
            desired=self._desired,
            live=live,
            file=self._build_file_view(request, role, live, evidence, session),
            mfa=mfa,
            now=datetime.now(UTC),
            previous_call=previous,
            inherited=collect_inherited(requests, hop, self._caller_arn),
            denied_action=denied_action,
            is_role_missing=role in evidence.missing and is_own_role,
            live_arn=target.arn if is_live_role and target.arn != request.role_arn else "",
            role_names=tuple(sorted(one.name for one in state.entities if one.kind == "role")),
            is_refused=was_refused,
            seconds_since_applied=self._find_apply_age(account, caller, request.role_arn, state),
            unread_actions=evidence.unread,
        )

    def _read_live(self, caller: Address | None, role: Address | None) -> LiveEvidence:
        if self._iam is None or (caller is None and role is None):
            return LiveEvidence(State(self._account, self._partition, {}))
        return read_evidence(self._iam, self._account, self._partition, caller, role)

    def _apply_live_paths(self, live_evidence: LiveEvidence) -> None:
        """Declare the file again if it leaves out paths that entities have live."""
        declared = self._desired.state
        paths = {address: entity.path for address, entity in live_evidence.state.entities.items()}
        differs = any(
            address in paths and paths[address] != entity.path for address, entity in declared.entities.items()
        )
        if differs and self._redeclare is not None and declared.account == self._account:
            self._desired = self._redeclare(paths)

    def _merge_state(self, live_evidence: LiveEvidence) -> State:
        """Return the account as far as it is known: the entities read live, and the file's for those not readable."""
        declared = self._desired.state
        guardrails = declared.guardrails if declared.account == self._account else None
        if live_evidence.is_complete:
            return replace(live_evidence.state, guardrails=guardrails)
        in_file = declared.entities if declared.account == self._account else {}
        not_missing = {address: entity for address, entity in in_file.items() if address not in live_evidence.missing}
        fully_read = {
            address: entity
            for address, entity in live_evidence.state.entities.items()
            if address not in live_evidence.partial or address not in in_file
        }
        return replace(live_evidence.state, entities={**not_missing, **fully_read}, guardrails=guardrails)

    def _evidence_of(self, addresses: Iterable[Address], live: State, live_evidence: LiveEvidence) -> Evidence:
        """Return the weakest evidence of these entities."""
        listed = list(addresses)
        if all(address in live_evidence.state.entities and address not in live_evidence.partial for address in listed):
            return Evidence.LIVE
        all_exist = all(address in live.entities for address in listed)
        return Evidence.FILE if all_exist and not self._has_unread_policies(listed, live) else Evidence.UNSEEN

    @staticmethod
    def _has_unread_policies(addresses: Iterable[Address], live: State) -> bool:
        """Return whether an inline policy of these entities could not be read."""
        inline = (getattr(live.entities[address], "inline_policies", {}) for address in addresses)
        return any(document.opaque == UNREAD for documents in inline for document in documents.values())

    def _find_principal(
        self, arn: str, address: Address | None, live: State, live_evidence: LiveEvidence, role_arn: str
    ) -> tuple[Principal, Evidence]:
        account = _account_of(arn)
        if arn.endswith(":root"):
            return Principal(arn, "root", account), Evidence.LIVE
        state = live if account == self._account else self._state_of(account)
        entity = state.entities.get(address) if address else None
        if address is None or not isinstance(entity, User | Role):
            return make_external_principal(arn, self._trust_of(role_arn, live)), Evidence.UNSEEN
        sources = [address, *_find_grant_sources(entity, state)]
        evidence = self._evidence_of(sources, state, live_evidence) if account == self._account else Evidence.FILE
        return _make_caller(arn, principals_of(state, live_evidence.aws_policies)[address], state), evidence

    def _state_of(self, account: str) -> State:
        """Return an account that cannot be read live: the file's state if the file is for it, else an empty one."""
        declared = self._desired.state
        return declared if declared.account == account else State(account, self._partition, {})

    def _trust_of(self, role_arn: str, live: State) -> Document:
        state = live if _account_of(role_arn) == self._account else self._state_of(_account_of(role_arn))
        role = state.entities.get(role_address_of(role_arn))
        return role.trust_policy if isinstance(role, Role) else _UNREAD

    def _find_target(
        self, arn: str, address: Address, live: State, live_evidence: LiveEvidence
    ) -> tuple[Target, Evidence]:
        account = _account_of(arn)
        state = live if account == self._account else self._state_of(account)
        target = targets_of(state).get(address)
        if target is None:
            return Target(arn, _UNREAD), Evidence.UNSEEN
        is_live = account == self._account and address in live_evidence.state.entities
        return target, Evidence.LIVE if is_live else Evidence.FILE

    def _build_file_view(
        self,
        request: AssumeRoleCall,
        role: Address,
        live: CallerAndRole,
        live_evidence: LiveEvidence,
        session: ChainedSession | None,
    ) -> CallerAndRole | None:
        """Return both sides as the file has them; a side that it does not declare stays as it is live.

        None if the file declares neither.
        """
        declared, arn, role_arn = self._desired.state, live.principal.arn, request.role_arn
        caller = _parse_caller(arn)
        entities: dict[Address, Entity] = {
            address: self._fill_from_live(entity, live_evidence.state.entities.get(address))
            for address, entity in declared.entities.items()
        }
        merged = {**live_evidence.state.entities, **entities} if declared.account == self._account else entities
        state = replace(declared, entities=merged, details=live_evidence.state.details)
        target = targets_of(state).get(role) if declared.account == _account_of(role_arn) and role in entities else None
        principal = None
        if caller and declared.account == _account_of(arn) and caller in entities:
            principal = _make_caller(arn, principals_of(state, live_evidence.aws_policies)[caller], state)
            principal = narrow_principal(principal, session, state) if session else principal
        if target is None and principal is None:
            return None
        return CallerAndRole(principal or live.principal, target or live.target, Evidence.FILE, Evidence.FILE)

    def _fill_from_live(self, entity: Entity, live: Entity | None) -> Entity:
        """Return an entity of the file with the live values of the fields that the file leaves out."""
        declaration = self._desired.declarations.get(entity.address)
        return filled_in(entity, live, declaration) if live is not None and declaration else entity

    def _find_apply_age(self, account: str, caller: Address | None, role_arn: str, live: State) -> float | None:
        """Return the seconds since this machine applied the role, the caller or its policies; None if it did not."""
        entity = live.entities.get(caller) if caller else None
        deciding = {(_account_of(role_arn), role_address_of(role_arn))}
        if caller and isinstance(entity, User | Role):
            deciding |= {(account, one) for one in (caller, *_find_grant_sources(entity, live))}
        now = time.time()
        ages = (seconds_since_applied(self._environ, owner, address, now) for owner, address in deciding)
        return min((age for age in ages if age is not None), default=None)


def _find_grant_sources(entity: User | Role, state: State) -> Iterator[Address]:
    """Yield the groups and the account's policies that give a user or role its rights, or limit them."""
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
    """Return the user or role of an ARN from GetCallerIdentity; None for any other principal."""
    resource = arn.split(":", 5)[5]
    kind, *segments = resource.split("/")
    if kind == "user" and segments:
        return Address("user", segments[-1])
    return Address("role", segments[0]) if kind == "assumed-role" and segments else None


def _make_caller(arn: str, principal: Principal, state: State) -> Principal:
    """Return the principal that calls: a user itself, or the session of a role."""
    if principal.kind == "user":
        return replace(principal, arn=arn) if _account_of(arn) == state.account else principal
    unique = f"{principal.unique_id}:{arn.rpartition('/')[2]}" if principal.unique_id else ""
    return replace(principal, arn=arn, kind="session", role_arn=principal.arn, unique_id=unique)

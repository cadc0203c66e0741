"""The strict layer as a whole: a request in, AWS's answer out.

checks → the answer of a room, else the emulator's → edits, or AWS's words for a refusal → spelling. Order among rooms
matters for edits alone: `keys` looks up a user that goes before `names` takes it out of the ledger, `names` puts a new
entity in before others write on it, `shown` comes last.
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import IAM_VERSION, STS_VERSION, HttpRequest, Reply
from reconciler.sandbox.strict import (
    access_keys,
    account_details,
    account_settings,
    assume_role,
    attachments,
    boundaries,
    delete_conflicts,
    entity_names,
    entity_views,
    error_messages,
    groups,
    identity_policies,
    identity_propagation,
    linked_roles,
    mfa_devices,
    moves,
    paging,
    policy_versions,
    protected_entities,
    providers,
    quotas,
    reply_encoding,
    roles,
    server_certificates,
    service_credentials,
    sessions,
    simulator,
    tags,
    trust_policies,
)
from reconciler.sandbox.strict.api_call import ApiCall, require_supported
from reconciler.sandbox.strict.keyring import IssuedKey, Keyring
from reconciler.sandbox.strict.ledger import Ledger
from reconciler.sandbox.upstream import Upstream

RULE_SETS = tuple(
    room.RULES
    for room in (
        protected_entities,
        access_keys,
        entity_names,
        delete_conflicts,
        tags,
        identity_policies,
        policy_versions,
        trust_policies,
        boundaries,
        attachments,
        groups,
        mfa_devices,
        sessions,
        assume_role,
        moves,
        roles,
        server_certificates,
        providers,
        identity_propagation,
        quotas,
        account_details,
        account_settings,
        service_credentials,
        linked_roles,
        simulator,
        paging,
        entity_views,
    )
)
RESET = "/moto-api/reset"


class StrictLayer:
    def __init__(self, upstream: Upstream, account: str) -> None:
        self._upstream = upstream
        self._account = account
        self._reset_state()

    def _reset_state(self) -> None:
        self._ledgers: dict[str, Ledger] = {}
        self._keyring = Keyring(self._account)
        self._known_policies: set[str] = set()

    def __call__(self, request: HttpRequest) -> Reply:
        with self._upstream.lock:
            if not request.is_query:
                if request.method == "POST" and request.target == RESET:
                    self._reset_state()
                return self._upstream.send(request)
            caller = self._keyring.identify_caller(request)
            sessions.refuse_forbidden(request, caller)
            if request.version == IAM_VERSION:
                return reply_encoding.encode_reply(
                    self._answer_call(access_keys.add_implied_user(request, caller), caller)
                )
            if request.version == STS_VERSION:
                return self._answer_call(request, caller)
            return require_supported(request.action, self._upstream.send(request))

    def _answer_call(self, request: HttpRequest, caller: IssuedKey) -> Reply:
        new = Ledger(caller.account, sessions.partition_of(request))
        ledger = self._ledgers.setdefault(caller.account, new)
        call = ApiCall(request, caller, ledger, self._ledgers, self._keyring, self._upstream, self._known_policies)
        action = call.action
        for room in RULE_SETS:
            if action in room.checks:
                room.checks[action](call)
        answer = next((room.answers[action] for room in RULE_SETS if action in room.answers), ApiCall.forward)
        reply = answer(call)
        if reply.ok:
            for room in RULE_SETS:
                if action in room.edits:
                    room.edits[action](call, reply)
        return error_messages.reword_refusal(call, reply)

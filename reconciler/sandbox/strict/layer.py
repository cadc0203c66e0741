"""The strict layer as a whole: a request in, AWS's answer out.

checks → the answer of a room, else the emulator's → edits, or AWS's words for a refusal → spelling. Order among rooms
matters for edits alone: `keys` looks up a user that goes before `names` takes it out of the ledger, `names` puts a new
entity in before others write on it, `shown` comes last.
"""

from __future__ import annotations

from reconciler.sandbox.strict import (
    account,
    assume,
    attachments,
    boundaries,
    conflicts,
    details,
    documents,
    groups,
    keys,
    linked_roles,
    mfa,
    moves,
    names,
    paging,
    propagation,
    protected,
    providers,
    quotas,
    roles,
    service_credentials,
    sessions,
    shown,
    simulator,
    spelling,
    tags,
    trust,
    versions,
    wording,
)
from reconciler.sandbox.strict.call import ApiCall, require_supported
from reconciler.sandbox.strict.keyring import IssuedKey, Keyring
from reconciler.sandbox.strict.ledger import Ledger
from reconciler.sandbox.upstream import Upstream
from reconciler.sandbox.wire import IAM_VERSION, STS_VERSION, HttpRequest, Reply

RULE_SETS = tuple(
    room.RULES
    for room in (
        protected,
        keys,
        names,
        conflicts,
        tags,
        documents,
        versions,
        trust,
        boundaries,
        attachments,
        groups,
        mfa,
        sessions,
        assume,
        moves,
        roles,
        providers,
        propagation,
        quotas,
        details,
        account,
        service_credentials,
        linked_roles,
        simulator,
        paging,
        shown,
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
                return spelling.encode_reply(self._answer_call(keys.add_implied_user(request, caller), caller))
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
        return wording.reword_refusal(call, reply)

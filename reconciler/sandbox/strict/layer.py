"""The strict layer: answer a request as AWS would.

For each call it runs all checks, then takes the answer of a rule set (else the emulator's), then runs all edits, or
rewords a refusal, and at last encodes the reply. The order of the rule sets matters for edits only: `access_keys` looks
up a deleted user before `entity_names` removes it from the ledger; `entity_names` adds a new entity before others
write to it; `entity_views` comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
    tagged_resources,
    tags,
    trust_policies,
)
from reconciler.sandbox.strict.api_call import Answer, ApiCall, Check, Edit, require_supported
from reconciler.sandbox.strict.keyring import IssuedKey, Keyring
from reconciler.sandbox.strict.ledger import Ledger
from reconciler.sandbox.upstream import Upstream

RULE_SETS = tuple(
    module.RULES
    for module in (
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
    """Answer requests as AWS would. account: the account of the root user's key."""

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
                if tagged_resources.asks_for_iam_tags(request):
                    return tagged_resources.get_tagged_resources(request, self._keyring, self._ledgers)
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
        rules = _find_rules(call.action)
        for check in rules.checks:
            check(call)
        reply = rules.answer(call)
        if reply.ok:
            for edit in rules.edits:
                edit(call, reply)
        return error_messages.reword_refusal(call, reply)


@dataclass(frozen=True)
class _CallRules:
    """The rules for the calls of one action, in the order of the rule sets."""

    checks: tuple[Check, ...]
    answer: Answer
    edits: tuple[Edit, ...]


@lru_cache(maxsize=1024)  # a client may send any action
def _find_rules(action: str) -> _CallRules:
    return _CallRules(
        tuple(rules.checks[action] for rules in RULE_SETS if action in rules.checks),
        next((rules.answers[action] for rules in RULE_SETS if action in rules.answers), ApiCall.forward),
        tuple(rules.edits[action] for rules in RULE_SETS if action in rules.edits),
    )

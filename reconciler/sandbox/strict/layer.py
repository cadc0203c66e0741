"""The strict layer as a whole: a request in, AWS's answer out.

checks → the answer of a room, else the emulator's → edits → spelling. Order among rooms matters for edits
alone: `names` puts a new entity into the ledger before others write on it, `shown` comes last.
"""

from __future__ import annotations

from reconciler.sandbox.strict import (
    absent,
    account,
    attachments,
    boundaries,
    conflicts,
    details,
    documents,
    groups,
    moves,
    names,
    paging,
    protected,
    providers,
    roles,
    shown,
    spelling,
    tags,
    trust,
)
from reconciler.sandbox.strict.call import Call, proper
from reconciler.sandbox.strict.ledger import Ledger
from reconciler.sandbox.upstream import Upstream
from reconciler.sandbox.wire import IAM_VERSION, Reply, Request, put, text

ROOMS = tuple(
    room.RULES
    for room in (
        protected,
        names,
        conflicts,
        tags,
        documents,
        trust,
        boundaries,
        attachments,
        groups,
        moves,
        roles,
        providers,
        details,
        account,
        absent,
        paging,
        shown,
    )
)
STS_VERSION = "2011-06-15"
NOBODY = ":user/moto"
"""How moto names who calls with keys that it did not give out; a user of that name is in the ledger."""
RESET = "/moto-api/reset"


class StrictLayer:
    def __init__(self, upstream: Upstream, account: str) -> None:
        self._upstream = upstream
        self._default = account
        self._forget()

    def _forget(self) -> None:
        self._ledgers: dict[str, Ledger] = {}
        self._account_of: dict[str, str] = {"": self._default}
        self._known_policies: set[str] = set()

    def __call__(self, request: Request) -> Reply:
        with self._upstream.lock:
            if not request.is_query:
                if request.method == "POST" and request.target == RESET:
                    self._forget()
                return self._upstream.send(request)
            if request.version != IAM_VERSION:
                return self._identified(request, proper(request.action, self._upstream.send(request)))
            return self._iam(request)

    def _identified(self, request: Request, reply: Reply) -> Reply:
        """GetCallerIdentity tells the same unique id as GetUser does; keys of no user are the account's own."""
        if request.action == "GetCallerIdentity" and reply.ok:
            arn = text(reply.result, "Arn")
            user = self._ledger(request).by_arn(arn)
            if user is not None:
                put(reply.result, "UserId", user.id)
            elif arn.endswith(NOBODY):
                account = text(reply.result, "Account")
                put(reply.result, "Arn", f"arn:{arn.split(':')[1]}:iam::{account}:root")
                put(reply.result, "UserId", account)
        return reply

    def _iam(self, request: Request) -> Reply:
        call = Call(request, self._ledger(request), self._upstream, self._known_policies)
        action = call.action
        for room in ROOMS:
            if action in room.checks:
                room.checks[action](call)
        answer = next((room.answers[action] for room in ROOMS if action in room.answers), Call.forward)
        reply = answer(call)
        if reply.ok:
            for room in ROOMS:
                if action in room.edits:
                    room.edits[action](call, reply)
        return spelling.as_aws(reply)

    def _ledger(self, request: Request) -> Ledger:
        account = self._account(request)
        return self._ledgers.setdefault(account, Ledger(account))

    def _account(self, request: Request) -> str:
        """Whose credentials these are. Only the emulator knows the keys that it gave out."""
        key = request.access_key
        if key not in self._account_of:
            reply = self._upstream.ask(request, "GetCallerIdentity", {}, STS_VERSION)
            told = text(reply.result, "Account") if reply.ok and reply.is_xml else ""
            self._account_of[key] = told or self._default
        return self._account_of[key]

"""Trust policies, kept by the layer as AWS keeps them: users and roles by unique id, accounts as their root.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" (an ARN of a user or role is turned into its
unique id when saved and back when shown; after deletion the id is shown, and a new user of that name is
another one; an account id is its root ARN); "IAM and AWS STS quotas" (2048 characters); API Reference,
CreateRole and UpdateAssumeRolePolicy (MalformedPolicyDocument). Principals of other accounts are taken as
they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from reconciler.model.quotas import TRUST_SIZE
from reconciler.policy.flaw import Use
from reconciler.policy.partition_checks import is_foreign
from reconciler.sandbox.strict.call import Call, Rules, past
from reconciler.sandbox.strict.documents import malformed, measure, parsed
from reconciler.sandbox.strict.elements import refuse_flaws
from reconciler.sandbox.strict.ledger import ROLE, Ledger
from reconciler.sandbox.strict.trust_grammar import SYNTAX, list_of, refuse_bad_grammar
from reconciler.sandbox.wire import Reply, answer

NOT_JSON = "This policy contains invalid Json"
ACCOUNT = re.compile(r"\d{12}")
ENTITY = re.compile(r"arn:[\w-]+:iam::(\d{12}):(?:user|role)/[^*?]+")
SESSION = re.compile(r"arn:[\w-]+:sts::(\d{12}):assumed-role/([^/*?]+)/[^*?]+")
OTHER = re.compile(r"\*|arn:[\w-]+:iam::\d{12}:root|arn:[\w-]+:sts::\d{12}:federated-user/[^*?]+")


def check(call: Call) -> None:
    text = call.given("AssumeRolePolicyDocument") or call.given("PolicyDocument")
    document = parsed(text, NOT_JSON)
    refuse_bad_grammar(document)
    if measure(text) > TRUST_SIZE.default:
        raise past(TRUST_SIZE)
    _refuse_foreign_providers(text, call.ledger)
    stored(text, call.ledger)
    refuse_flaws(document, Use.TRUST, SYNTAX)


def _mapped(text: str, change: Callable[[str], str]) -> str:
    """The document with every AWS principal changed; a single one stays a string, a list a list."""
    document = json.loads(text)
    for statement in list_of(document.get("Statement")):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal:
            held = principal["AWS"]
            principal["AWS"] = [change(one) for one in held] if isinstance(held, list) else change(held)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _refuse_foreign_providers(text: str, ledger: Ledger) -> None:
    """Refuse providers of another partition; others need not exist: AWS takes a trust in one that is made later."""
    for statement in list_of(json.loads(text).get("Statement")):
        principal = statement.get("Principal")
        for named in list_of(principal.get("Federated")) if isinstance(principal, dict) else ():
            if is_foreign(str(named), ledger.partition):
                raise malformed(f'Invalid principal in policy: "FEDERATED":"{named}"')


def stored(text: str, ledger: Ledger) -> str:
    return _mapped(text, lambda principal: _stored(principal, ledger))


def _stored(principal: object, ledger: Ledger) -> str:
    if isinstance(principal, str):
        if ACCOUNT.fullmatch(principal):
            return f"arn:{ledger.partition}:iam::{principal}:root"
        if is_foreign(principal, ledger.partition):
            raise malformed(f'Invalid principal in policy: "AWS":"{principal}"')
        if OTHER.fullmatch(principal) or ledger.by_id(principal) is not None:
            return principal
        if found := SESSION.fullmatch(principal):
            if found[1] != ledger.account or ledger.find(ROLE, found[2]) is not None:
                return principal
        elif found := ENTITY.fullmatch(principal):
            entity = ledger.by_arn(principal)
            if entity is not None:
                return entity.id
            if found[1] != ledger.account:
                return principal
    raise malformed(f'Invalid principal in policy: "AWS":"{principal}"')


def shown(text: str, ledger: Ledger) -> str:
    """As AWS gives it back: ids as ARNs, but for entities that are gone."""

    def back(principal: str) -> str:
        entity = ledger.by_id(principal)
        return entity.arn if entity is not None else principal

    return _mapped(text, back)


def update(call: Call) -> Reply:
    """Not passed on: the layer shows every trust policy itself, and emulators refuse some that AWS takes."""
    call.need(ROLE).trust = stored(call.given("PolicyDocument"), call.ledger)
    return answer(call.action)


def created(call: Call, reply: Reply) -> None:
    role = call.subject(ROLE)
    if role is not None:
        role.trust = stored(call.given("AssumeRolePolicyDocument"), call.ledger)


RULES = Rules(
    checks={"CreateRole": check, "UpdateAssumeRolePolicy": check},
    answers={"UpdateAssumeRolePolicy": update},
    edits={"CreateRole": created},
)

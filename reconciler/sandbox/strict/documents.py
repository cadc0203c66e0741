"""Identity policies: grammar that emulators let through, and sizes.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "AWS JSON policy elements: Principal"
("You cannot use the Principal element in an identity-based policy"); "IAM and AWS STS quotas" (managed 6144
characters; inline, in sum: user 2048, group 5120, role 10240; white space is not counted); CreatePolicy and
Put*Policy, MalformedPolicyDocument and LimitExceeded.
"""

from __future__ import annotations

import json
from typing import Any

from reconciler.model.partitions import partition_of_arn
from reconciler.model.quotas import INLINE_SIZE, MANAGED_SIZE
from reconciler.policy.flaw import Use
from reconciler.policy.partition_checks import is_foreign
from reconciler.sandbox.strict.call import Call, Check, Edit, Rules, over_quota, past
from reconciler.sandbox.strict.elements import refuse_flaws, refuse_sids
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER
from reconciler.sandbox.strict.resources import refuse_old_version, refuse_resources
from reconciler.sandbox.wire import Refusal, Reply

NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}
NOT_JSON = "Syntax errors in policy."


def malformed(message: str) -> Refusal:
    return Refusal("MalformedPolicyDocument", message)


def parsed(text: str, otherwise: str) -> dict[str, Any]:
    """A policy as JSON, or AWS's refusal in the words of `otherwise`."""
    try:
        document = json.loads(text)
    except ValueError:
        raise malformed(otherwise) from None
    if not isinstance(document, dict):
        raise malformed(otherwise)
    return document


def statements(document: dict[str, Any], otherwise: str) -> list[dict[str, Any]]:
    held = document.get("Statement")
    found: list[Any] = held if isinstance(held, list) else [held]
    if not found or not all(isinstance(statement, dict) for statement in found):
        raise malformed(otherwise)
    return found


def measure(text: str) -> int:
    """Without white space between tokens. Whether it counts inside strings is undocumented: here it does."""
    return len(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False))


def _checked(call: Call) -> int:
    text = call.given("PolicyDocument")
    document = parsed(text, NOT_JSON)
    found = statements(document, NOT_JSON)
    for statement in found:
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed("Policy document should not specify a principal.")
        _refuse_other_partitions(statement, call.ledger.partition)
    refuse_sids(found)
    refuse_resources(found)
    refuse_flaws(document, Use.IDENTITY, NOT_JSON)
    return measure(text)


def _refuse_other_partitions(statement: dict[str, Any], partition: str) -> None:
    """In the words that eksctl-io/eksctl#4329 and terraform-aws-modules/terraform-aws-iam#39 quote."""
    for name in ("Resource", "NotResource"):
        held = statement.get(name)
        for arn in held if isinstance(held, list) else [held]:
            if isinstance(arn, str) and is_foreign(arn, partition):
                raise malformed(f'Partition "{partition_of_arn(arn)}" is not valid for resource "{arn}".')


def managed(call: Call) -> None:
    refuse_old_version(parsed(call.given("PolicyDocument"), NOT_JSON))
    if _checked(call) > MANAGED_SIZE.default:
        raise past(MANAGED_SIZE)


def _inline(kind: str) -> Check:
    def check(call: Call) -> None:
        size, entity, name = _checked(call), call.need(kind), call.given("PolicyName")
        others = sum(held for other, held in entity.inline.items() if other != name)
        most = INLINE_SIZE[NOUN[kind]].default
        if others + size > most:
            raise over_quota(f"Maximum policy size of {most} bytes exceeded for {kind} {entity.name}")

    return check


def _kept(kind: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        call.need(kind).inline[call.given("PolicyName")] = measure(call.given("PolicyDocument"))

    return edit


def _gone(kind: str) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        entity = call.subject(kind)
        if entity is not None:
            entity.inline.pop(call.given("PolicyName"), None)

    return edit


RULES = Rules(
    checks={
        "CreatePolicy": managed,
        "CreatePolicyVersion": managed,
        **{f"Put{noun}Policy": _inline(kind) for kind, noun in NOUN.items()},
    },
    edits={
        **{f"Put{noun}Policy": _kept(kind) for kind, noun in NOUN.items()},
        **{f"Delete{noun}Policy": _gone(kind) for kind, noun in NOUN.items()},
    },
)

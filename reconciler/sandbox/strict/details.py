"""GetAccountAuthorizationDetails: paged over its four lists, and whole.

Source: IAM API Reference, GetAccountAuthorizationDetails (Filter, MaxItems, Marker), ManagedPolicyDetail.
AWS-managed policies are listed where they are in use. The newest version comes first, and a policy without a
description has none (recorded by LocalStack's verified test_iam_account_authorization_details).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.paging import cut, pages_itself, size
from reconciler.sandbox.strict.versions import newest_first
from reconciler.sandbox.wire import Refusal, Reply, members, put, text

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
FILTERS = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")


def account_details(call: Call) -> Reply:
    size(call)
    for name in call.items("Filter"):
        if name not in FILTERS:
            raise Refusal("ValidationError", f"Value '{name}' at 'filter' is not one of [{', '.join(FILTERS)}]")
    reply = call.forward()
    if not reply.ok or pages_itself(call, reply):
        return reply
    policies = reply.result.find("Policies")
    if policies is not None:
        # In an order of their own: an emulator that keeps a set gives another one on every page.
        policies[:] = sorted((p for p in policies if _listed(call, p)), key=lambda p: text(p, "Arn"))
    return cut(call, reply, LISTS)


def _listed(call: Call, policy: ET.Element) -> bool:
    arn = text(policy, "Arn")
    return ":iam::aws:policy/" not in arn or bool(call.ledger.holders(arn) or call.ledger.bounded(arn))


def named(call: Call, reply: Reply) -> None:
    for policy in members(reply.result, "Policies"):
        arn = text(policy, "Arn")
        known = call.ledger.by_arn(arn)
        put(policy, "PolicyName", arn.rpartition("/")[2])
        if known is not None:
            put(policy, "PolicyId", known.id)
        elif not text(policy, "PolicyId"):
            told = call.ask("GetPolicy", PolicyArn=arn)
            put(policy, "PolicyId", told.result.findtext("Policy/PolicyId") or "")
        if not text(policy, "Description"):
            put(policy, "Description", None)
        versions = policy.find("PolicyVersionList")
        if versions is not None:
            newest_first(versions)


RULES = Rules(
    answers={"GetAccountAuthorizationDetails": account_details},
    edits={"GetAccountAuthorizationDetails": named},
)

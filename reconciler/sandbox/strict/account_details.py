"""Answer GetAccountAuthorizationDetails: paged over its four lists, with complete policies.

AWS-managed policies are listed only if they are in use. The newest version comes first, and a policy without a
description has no such element (recorded by LocalStack's verified test_iam_account_authorization_details).
Source: IAM API Reference, GetAccountAuthorizationDetails (Filter, MaxItems, Marker), ManagedPolicyDetail.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from reconciler.sandbox.query_protocol import AwsError, Reply, list_members, put_child, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.paging import cut_page, pages_itself, read_page_size
from reconciler.sandbox.strict.policy_versions import sort_newest_first

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
FILTERS = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")


def get_account_details(call: ApiCall) -> Reply:
    read_page_size(call)
    for name in call.get_list("Filter"):
        if name not in FILTERS:
            raise AwsError("ValidationError", f"Value '{name}' at 'filter' is not one of [{', '.join(FILTERS)}]")
    reply = call.forward()
    if not reply.ok or pages_itself(call, reply):
        return reply
    policies = reply.result.find("Policies")
    if policies is not None:
        # Sort them: an emulator that holds a set would return another order for every page.
        policies[:] = sorted((p for p in policies if _is_listed(call, p)), key=lambda p: read_child_text(p, "Arn"))
    return cut_page(call, reply, LISTS)


def _is_listed(call: ApiCall, policy: ET.Element) -> bool:
    arn = read_child_text(policy, "Arn")
    return ":iam::aws:policy/" not in arn or bool(call.ledger.find_attached(arn) or call.ledger.find_bounded(arn))


def complete_policies(call: ApiCall, reply: Reply) -> None:
    """Add names and ids to the policies of the reply, drop empty descriptions, and sort versions."""
    for policy in list_members(reply.result, "Policies"):
        arn = read_child_text(policy, "Arn")
        entity = call.ledger.find_by_arn(arn)
        put_child(policy, "PolicyName", arn.rpartition("/")[2])
        if entity is not None:
            put_child(policy, "PolicyId", entity.id)
        elif not read_child_text(policy, "PolicyId"):
            answer = call.invoke("GetPolicy", PolicyArn=arn)
            put_child(policy, "PolicyId", answer.result.findtext("Policy/PolicyId") or "")
        if not read_child_text(policy, "Description"):
            put_child(policy, "Description", None)
        versions = policy.find("PolicyVersionList")
        if versions is not None:
            sort_newest_first(versions)


RULES = ActionRules(
    answers={"GetAccountAuthorizationDetails": get_account_details},
    edits={"GetAccountAuthorizationDetails": complete_policies},
)

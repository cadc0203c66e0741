"""Show an entity in a reply as AWS does: its trust always, tags and boundary only in certain actions.

Sources: IAM API Reference, the data types User, Role, Policy, InstanceProfile, UserDetail and RoleDetail: "IAM
resource-listing operations return a subset of the available attributes"; tags and boundary are not in the subset.
Recorded by LocalStack's verified tests (test_iam_roles, test_iam_policies, test_iam_instance_profiles): CreateRole
and UpdateRoleDescription return neither MaxSessionDuration nor RoleLastUsed; CreateRole returns no Description, and
the trust as it was sent; a role within an instance profile has neither of the two; the type of a boundary is `Policy`,
whatever the service model says; GetPolicy and GetInstanceProfile return an empty list of tags.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from reconciler.sandbox.query_protocol import Reply, put_child
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, Edit
from reconciler.sandbox.strict.ledger import OIDC, POLICY, PROFILE, ROLE, SAML, USER, IamEntity
from reconciler.sandbox.strict.tags import as_content
from reconciler.sandbox.strict.trust_policies import show_principals as trust_shown

FULL_ACTIONS = (
    "CreateUser",
    "CreateRole",
    "CreatePolicy",
    "CreateInstanceProfile",
    "GetUser",
    "GetRole",
    "GetPolicy",
    "GetInstanceProfile",
    "GetAccountAuthorizationDetails",
)
BRIEF_ACTIONS = (
    "CreateServiceLinkedRole",
    "GetGroup",
    "ListInstanceProfiles",
    "ListInstanceProfilesForRole",
    "ListPolicies",
    "ListRoles",
    "ListUsers",
    "ListVirtualMFADevices",
    "UpdateRoleDescription",
)
HIDDEN_FIELDS = {
    "CreateRole": ("Description", "MaxSessionDuration", "RoleLastUsed"),
    "CreateServiceLinkedRole": ("Description", "MaxSessionDuration", "RoleLastUsed"),
    "UpdateRoleDescription": ("MaxSessionDuration", "RoleLastUsed"),
}
TAGS_ALWAYS = {"GetPolicy": "Policy", "GetInstanceProfile": "InstanceProfile"}
TAGGED_PROVIDERS = {"GetOpenIDConnectProvider": OIDC, "GetSAMLProvider": SAML}


def _iter_entities(call: ApiCall, parent: ET.Element) -> Iterator[tuple[ET.Element, IamEntity]]:
    for element in parent.iter():
        arn = element.findtext("Arn")
        entity = call.ledger.find_by_arn(arn) if arn else None
        if entity is not None:
            yield element, entity


def _show_entity(call: ApiCall, element: ET.Element, entity: IamEntity, whole: bool) -> None:
    if entity.kind == ROLE and entity.trust:
        put_child(element, "AssumeRolePolicyDocument", trust_shown(entity.trust, call.ledger))
    if entity.kind in (USER, ROLE, POLICY, PROFILE):
        detail = whole and not (entity.kind == POLICY and element.find("PolicyVersionList") is not None)
        put_child(element, "Tags", as_content(entity.tags) if detail and entity.tags else None)
    if entity.kind in (USER, ROLE):
        put_child(element, "PermissionsBoundary", _build_boundary(entity.boundary) if whole else None)
    if entity.kind == POLICY:
        put_child(element, "PermissionsBoundaryUsageCount", len(call.ledger.find_bounded(entity.arn)))


def _build_boundary(arn: str) -> dict[str, str] | None:
    if not arn:
        return None
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _edit_entities(whole: bool) -> Edit:
    def edit(call: ApiCall, reply: Reply) -> None:
        nested = _find_nested(reply.result)
        for element, entity in list(_iter_entities(call, reply.result)):
            _show_entity(call, element, entity, whole and element not in nested)
        _apply_recorded_gaps(call, reply.result)

    return edit


def _apply_recorded_gaps(call: ApiCall, result: ET.Element) -> None:
    role, tagged = result.find("Role"), result.find(TAGS_ALWAYS.get(call.action, "-"))
    if role is not None:
        for name in HIDDEN_FIELDS.get(call.action, ()):
            put_child(role, name, None)
        if call.action == "CreateRole":
            put_child(role, "AssumeRolePolicyDocument", call.get("AssumeRolePolicyDocument"))
    for nested_roles in result.iter("Roles") if call.action != "ListRoles" else ():
        for nested_role in nested_roles:
            for name in HIDDEN_FIELDS["UpdateRoleDescription"]:
                put_child(nested_role, name, None)
    if tagged is not None and tagged.find("Tags") is None:
        put_child(tagged, "Tags", [])


def _find_nested(result: ET.Element) -> set[ET.Element]:
    """Return the elements of roles within a profile, and of profiles within a role. AWS shows them in brief."""
    lists = [element for name in ("Roles", "InstanceProfileList") for element in result.iter(name)]
    return {inner for element in lists for inner in element.iter()}


def show_provider_tags(call: ApiCall, reply: Reply) -> None:
    entity = call.find_entity(TAGGED_PROVIDERS[call.action])
    if entity is not None:
        put_child(reply.result, "Tags", as_content(entity.tags))


RULES = ActionRules(
    edits={
        **{action: _edit_entities(whole=True) for action in FULL_ACTIONS},
        **{action: _edit_entities(whole=False) for action in BRIEF_ACTIONS},
        **dict.fromkeys(TAGGED_PROVIDERS, show_provider_tags),
    }
)

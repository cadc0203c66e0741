"""Shows an entity as each read does: its trust always, tags and boundary only where AWS gives them.

Sources: IAM API Reference, the data types User, Role, Policy, InstanceProfile, UserDetail and RoleDetail: "IAM
resource-listing operations return a subset of the available attributes"; tags and boundary are not in the subset.
Recorded by LocalStack's verified tests (test_iam_roles, test_iam_policies, test_iam_instance_profiles): CreateRole
and UpdateRoleDescription tell neither MaxSessionDuration nor RoleLastUsed, and CreateRole no Description and the
trust as it was sent; a role within an instance profile has neither of the two; the type of a boundary is `Policy`,
whatever the service model says; GetPolicy and GetInstanceProfile tell an empty list of tags.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from reconciler.sandbox.strict.call import Call, Edit, Rules
from reconciler.sandbox.strict.ledger import OIDC, POLICY, PROFILE, ROLE, SAML, USER, Entity
from reconciler.sandbox.strict.tags import as_content
from reconciler.sandbox.strict.trust import shown as trust_shown
from reconciler.sandbox.wire import Reply, put

WHOLE = (
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
PARTIAL = (
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
UNTOLD = {
    "CreateRole": ("Description", "MaxSessionDuration", "RoleLastUsed"),
    "CreateServiceLinkedRole": ("Description", "MaxSessionDuration", "RoleLastUsed"),
    "UpdateRoleDescription": ("MaxSessionDuration", "RoleLastUsed"),
}
TAGS_ALWAYS = {"GetPolicy": "Policy", "GetInstanceProfile": "InstanceProfile"}
TAGGED_PROVIDERS = {"GetOpenIDConnectProvider": OIDC, "GetSAMLProvider": SAML}


def _entities(call: Call, parent: ET.Element) -> Iterator[tuple[ET.Element, Entity]]:
    for element in parent.iter():
        arn = element.findtext("Arn")
        entity = call.ledger.by_arn(arn) if arn else None
        if entity is not None:
            yield element, entity


def _show(call: Call, element: ET.Element, entity: Entity, whole: bool) -> None:
    if entity.kind == ROLE and entity.trust:
        put(element, "AssumeRolePolicyDocument", trust_shown(entity.trust, call.ledger))
    if entity.kind in (USER, ROLE, POLICY, PROFILE):
        detail = whole and not (entity.kind == POLICY and element.find("PolicyVersionList") is not None)
        put(element, "Tags", as_content(entity.tags) if detail and entity.tags else None)
    if entity.kind in (USER, ROLE):
        put(element, "PermissionsBoundary", _boundary(entity.boundary) if whole else None)
    if entity.kind == POLICY:
        put(element, "PermissionsBoundaryUsageCount", len(call.ledger.bounded(entity.arn)))


def _boundary(arn: str) -> dict[str, str] | None:
    if not arn:
        return None
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _edit(whole: bool) -> Edit:
    def edit(call: Call, reply: Reply) -> None:
        nested = _nested(reply.result)
        for element, entity in list(_entities(call, reply.result)):
            _show(call, element, entity, whole and element not in nested)
        _as_recorded(call, reply.result)

    return edit


def _as_recorded(call: Call, result: ET.Element) -> None:
    role, tagged = result.find("Role"), result.find(TAGS_ALWAYS.get(call.action, "-"))
    if role is not None:
        for name in UNTOLD.get(call.action, ()):
            put(role, name, None)
        if call.action == "CreateRole":
            put(role, "AssumeRolePolicyDocument", call.given("AssumeRolePolicyDocument"))
    for within in result.iter("Roles") if call.action != "ListRoles" else ():
        for one in within:
            for name in UNTOLD["UpdateRoleDescription"]:
                put(one, name, None)
    if tagged is not None and tagged.find("Tags") is None:
        put(tagged, "Tags", [])


def _nested(result: ET.Element) -> set[ET.Element]:
    """Roles within an instance profile, and profiles within a role: told in brief wherever they are."""
    held = [element for name in ("Roles", "InstanceProfileList") for element in result.iter(name)]
    return {inner for element in held for inner in element.iter()}


def provider(call: Call, reply: Reply) -> None:
    entity = call.subject(TAGGED_PROVIDERS[call.action])
    if entity is not None:
        put(reply.result, "Tags", as_content(entity.tags))


RULES = Rules(
    edits={
        **{action: _edit(whole=True) for action in WHOLE},
        **{action: _edit(whole=False) for action in PARTIAL},
        **dict.fromkeys(TAGGED_PROVIDERS, provider),
    }
)

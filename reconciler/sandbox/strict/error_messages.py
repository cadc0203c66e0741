"""Reword an emulator's correct refusals as AWS words them.

Sources: answers of real AWS that LocalStack's verified tests recorded in February 2026
(tests/aws/services/iam/test_iam_{users,roles,groups,policies,instance_profiles}.snapshot.json). An error there has
`Type`, `Code` and `Message`, and no second `message` in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.sandbox.query_protocol import AwsError, Reply, read_child_text
from reconciler.sandbox.strict.api_call import NAME_PARAMETERS, ApiCall, no_such_entity_error
from reconciler.sandbox.strict.ledger import GROUP, PROFILE, ROLE, USER

ALREADY_EXISTS = "EntityAlreadyExists"
NO_SUCH_ENTITY = "NoSuchEntity"
STATUS_CODES = {NO_SUCH_ENTITY: 404, ALREADY_EXISTS: 409, "LimitExceeded": 409}
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a refusal; {Name} stands for a parameter of the call.

    required_kinds: if the call's entity of one of these kinds does not exist, AWS reports that instead.
    """

    text: str
    required_kinds: tuple[str, ...] = ()


NO_POLICY = Wording("Policy {PolicyArn} was not found.")
NO_VERSION = Wording("Policy {PolicyArn} version {VersionId} does not exist or is not attachable.")
NO_LOGIN = Wording("Login Profile for User {UserName} cannot be found.", (USER,))
NO_KEY = Wording("The Access Key with id {AccessKeyId} cannot be found.", (USER,))
NOUNS = {USER: "User", GROUP: "Group", ROLE: "Role"}

WORDINGS: dict[tuple[str, str], Wording] = {
    **{(action, NO_SUCH_ENTITY): NO_POLICY for action in ("GetPolicy", "DeletePolicy", "ListPolicyVersions")},
    ("CreatePolicyVersion", NO_SUCH_ENTITY): Wording("Policy {PolicyArn} does not exist or is not attachable."),
    **{
        (action, NO_SUCH_ENTITY): NO_VERSION
        for action in ("GetPolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion")
    },
    **{(f"{verb}LoginProfile", NO_SUCH_ENTITY): NO_LOGIN for verb in ("Get", "Update", "Delete")},
    ("CreateLoginProfile", ALREADY_EXISTS): Wording("Login Profile for user {UserName} already exists."),
    **{(f"{verb}AccessKey", NO_SUCH_ENTITY): NO_KEY for verb in ("Update", "Delete")},
    **{
        (f"{verb}{noun}Policy", NO_SUCH_ENTITY): Wording(
            f"The {kind} policy with name {{PolicyName}} cannot be found.", (kind,)
        )
        for verb in ("Get", "Delete")
        for kind, noun in NOUNS.items()
    },
    **{
        (f"Detach{noun}Policy", NO_SUCH_ENTITY): Wording("Policy {PolicyArn} was not found.", (kind,))
        for kind, noun in NOUNS.items()
    },
    **{
        (action, NO_SUCH_ENTITY): Wording("The group with name {GroupName} cannot be found.")
        for action in ("GetGroup", "DeleteGroup", "ListGroupPolicies", "ListAttachedGroupPolicies")
    },
    **{
        (action, NO_SUCH_ENTITY): Wording("The role with name {RoleName} cannot be found.")
        for action in (
            *("GetRole", "DeleteRole", "UpdateRoleDescription", "ListRolePolicies", "ListAttachedRolePolicies"),
            *("ListInstanceProfilesForRole", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        )
    },
    **{
        (action, NO_SUCH_ENTITY): Wording("Instance Profile {InstanceProfileName} cannot be found.")
        for action in ("GetInstanceProfile", "DeleteInstanceProfile")
    },
    ("AddRoleToInstanceProfile", NO_SUCH_ENTITY): Wording(
        "The role with name {RoleName} cannot be found.", (PROFILE, ROLE)
    ),
    ("RemoveRoleFromInstanceProfile", NO_SUCH_ENTITY): Wording(
        "The role with name {RoleName} cannot be found.", (PROFILE, ROLE)
    ),
    ("AddRoleToInstanceProfile", "LimitExceeded"): Wording(
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    ),
}
"""Action and code of a refusal → AWS's text."""


def reword_refusal(call: ApiCall, reply: Reply) -> Reply:
    """Return an emulator's refusal as AWS words it; any other reply as it is."""
    if reply.ok or not reply.is_xml:
        return reply
    error = reply.root.find("Error")
    if error is None:
        return reply
    code = read_child_text(error, "Code")
    wording = WORDINGS.get((call.action, code))
    if wording is not None:
        for kind in wording.required_kinds:
            if call.find_entity(kind) is None:
                raise no_such_entity_error(kind, call.get(NAME_PARAMETERS[kind]))
        message = PARAMETER.sub(lambda match: call.get(match[1]), wording.text)
        raise AwsError(code, message, STATUS_CODES[code])
    for duplicate in error.findall("message"):
        error.remove(duplicate)
    return reply

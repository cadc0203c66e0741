"""Refusals in AWS's own words, where an emulator refuses rightly and says it otherwise.

Sources: answers of real AWS that LocalStack's verified tests recorded in February 2026
(tests/aws/services/iam/test_iam_{users,roles,groups,policies,instance_profiles}.snapshot.json). There an error has
`Type`, `Code` and `Message`, and no second `message` in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.sandbox.strict.call import NAMED_BY, Call, no_such
from reconciler.sandbox.strict.ledger import GROUP, PROFILE, ROLE, USER
from reconciler.sandbox.wire import Refusal, Reply, text

TAKEN = "EntityAlreadyExists"
ABSENT = "NoSuchEntity"
STATUS = {ABSENT: 404, TAKEN: 409, "LimitExceeded": 409}
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """`first`: kinds of which the entity that the call names must exist, else that is what AWS says."""

    text: str
    first: tuple[str, ...] = ()


NO_POLICY = Wording("Policy {PolicyArn} was not found.")
NO_VERSION = Wording("Policy {PolicyArn} version {VersionId} does not exist or is not attachable.")
NO_LOGIN = Wording("Login Profile for User {UserName} cannot be found.", (USER,))
NO_KEY = Wording("The Access Key with id {AccessKeyId} cannot be found.", (USER,))
NOUNS = {USER: "User", GROUP: "Group", ROLE: "Role"}

WORDINGS: dict[tuple[str, str], Wording] = {
    **{(action, ABSENT): NO_POLICY for action in ("GetPolicy", "DeletePolicy", "ListPolicyVersions")},
    ("CreatePolicyVersion", ABSENT): Wording("Policy {PolicyArn} does not exist or is not attachable."),
    **{
        (action, ABSENT): NO_VERSION
        for action in ("GetPolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion")
    },
    **{(f"{verb}LoginProfile", ABSENT): NO_LOGIN for verb in ("Get", "Update", "Delete")},
    ("CreateLoginProfile", TAKEN): Wording("Login Profile for user {UserName} already exists."),
    **{(f"{verb}AccessKey", ABSENT): NO_KEY for verb in ("Update", "Delete")},
    **{
        (f"{verb}{noun}Policy", ABSENT): Wording(
            f"The {kind} policy with name {{PolicyName}} cannot be found.", (kind,)
        )
        for verb in ("Get", "Delete")
        for kind, noun in NOUNS.items()
    },
    **{
        (f"Detach{noun}Policy", ABSENT): Wording("Policy {PolicyArn} was not found.", (kind,))
        for kind, noun in NOUNS.items()
    },
    **{
        (action, ABSENT): Wording("The group with name {GroupName} cannot be found.")
        for action in ("GetGroup", "DeleteGroup", "ListGroupPolicies", "ListAttachedGroupPolicies")
    },
    **{
        (action, ABSENT): Wording("The role with name {RoleName} cannot be found.")
        for action in (
            *("GetRole", "DeleteRole", "UpdateRoleDescription", "ListRolePolicies", "ListAttachedRolePolicies"),
            *("ListInstanceProfilesForRole", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        )
    },
    **{
        (action, ABSENT): Wording("Instance Profile {InstanceProfileName} cannot be found.")
        for action in ("GetInstanceProfile", "DeleteInstanceProfile")
    },
    ("AddRoleToInstanceProfile", ABSENT): Wording("The role with name {RoleName} cannot be found.", (PROFILE, ROLE)),
    ("RemoveRoleFromInstanceProfile", ABSENT): Wording(
        "The role with name {RoleName} cannot be found.", (PROFILE, ROLE)
    ),
    ("AddRoleToInstanceProfile", "LimitExceeded"): Wording(
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    ),
}
"""Action and code of a refusal → what AWS says."""


def reword(call: Call, reply: Reply) -> Reply:
    """Return an emulator's refusal as AWS words it; any other reply as it is."""
    if reply.ok or not reply.is_xml:
        return reply
    error = reply.root.find("Error")
    if error is None:
        return reply
    code = text(error, "Code")
    wording = WORDINGS.get((call.action, code))
    if wording is not None:
        for kind in wording.first:
            if call.subject(kind) is None:
                raise no_such(kind, call.given(NAMED_BY[kind]))
        said = PARAMETER.sub(lambda found: call.given(found[1]), wording.text)
        raise Refusal(code, said, STATUS[code])
    for second in error.findall("message"):
        error.remove(second)
    return reply

"""The known ways from some permissions to all of them, as data.

Compiled from parliament's privilege escalation auditor and PMapper's edges, with later ones that neither has.
Each step lists actions of which one is enough, and the sort of thing it must be allowed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.access.probes import PROBE_ACTION, PROBE_SERVICE


class Grade(StrEnum):
    ADMINISTRATOR = "administrator"
    ESCALATION = "escalation"
    WEAKENING = "weakening"


@dataclass(frozen=True, slots=True)
class PathStep:
    """`resource_type` is a sort of thing of `unnamed`: user, role, group, policy, provider, everything, any; or self.

    spared: the things that a Deny spares by name (NotResource) are enough, since changing one of them leads up; else it
    must be somebody who has the power already, and who that is no name tells.
    """

    actions: tuple[str, ...]
    resource_type: str = "any"
    spared: bool = False


@dataclass(frozen=True, slots=True)
class EscalationPath:
    """All steps are needed. `allows_self`: doing it to oneself (or to a policy or group one has) is enough.

    needs_other_path: another path or a weakening, of IAM's actions alone, must be left too: a right to actions that
    nobody named is worth nothing where the Denies cover all that matter.
    """

    name: str
    grade: Grade
    steps: tuple[PathStep, ...]
    allows_self: bool = False
    needs_other_path: bool = False

    @property
    def is_iam_only(self) -> bool:
        """Return whether IAM's own actions are all that it takes."""
        return all(action.startswith("iam:") for step in self.steps for action in step.actions)


_ONE_ACTION = """
    iam:CreatePolicyVersion:policy iam:SetDefaultPolicyVersion:policy iam:AttachUserPolicy:user
    iam:AttachGroupPolicy:group iam:PutUserPolicy:user iam:PutGroupPolicy:group iam:AddUserToGroup:group
    iam:CreateAccessKey:user iam:CreateLoginProfile:user iam:UpdateLoginProfile:user
    lambda:UpdateFunctionCode:any glue:UpdateDevEndpoint:any ssm:SendCommand:any ssm:StartSession:any
    ec2-instance-connect:SendSSHPublicKey:any codebuild:StartBuild:any
"""

_SELF_ACTIONS = frozenset(
    """
    iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:AttachUserPolicy iam:AttachGroupPolicy iam:PutUserPolicy
    iam:PutGroupPolicy
    """.split()
)

_PASS_ROLE_ACTIONS = {
    "ec2": "ec2:RunInstances",
    "ec2-profile": "ec2:AssociateIamInstanceProfile",
    "lambda": "lambda:CreateFunction lambda:InvokeFunction|lambda:CreateEventSourceMapping",
    "lambda-role": "lambda:UpdateFunctionConfiguration",
    "glue-endpoint": "glue:CreateDevEndpoint",
    "glue-job": "glue:CreateJob|glue:UpdateJob",
    "cloudformation": "cloudformation:CreateStack|cloudformation:UpdateStack",
    "cloudformation-change-set": "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
    "datapipeline": "datapipeline:CreatePipeline",
    "codebuild": "codebuild:CreateProject|codebuild:UpdateProject codebuild:StartBuild",
    "sagemaker": "sagemaker:CreateNotebookInstance|sagemaker:CreateTrainingJob|sagemaker:CreateProcessingJob",
    "autoscaling": "autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup",
    "ecs": "ecs:RunTask",
    "step-functions": "states:CreateStateMachine",
    "bedrock-agentcore": "bedrock-agentcore:CreateAgentRuntime",
}
"""What makes iam:PassRole a way up; a space is "and", a bar "or"."""

SINGLE_TARGET_STEPS = tuple(
    PathStep((action,), on)
    for action, on in (
        ("iam:UpdateAssumeRolePolicy", "role"),
        ("iam:PutRolePolicy", "role"),
        ("iam:AttachRolePolicy", "role"),
        ("iam:CreateAccessKey", "user"),
        ("iam:CreateLoginProfile", "user"),
        ("iam:UpdateLoginProfile", "user"),
        ("iam:PutUserPolicy", "user"),
        ("iam:AttachUserPolicy", "user"),
        ("iam:AddUserToGroup", "group"),
        ("iam:PutGroupPolicy", "group"),
        ("iam:AttachGroupPolicy", "group"),
        ("iam:CreatePolicyVersion", "policy"),
        ("iam:SetDefaultPolicyVersion", "policy"),
    )
)
"""The ways up on one administrator, or on a policy that makes one, for who is not allowed on all of the sort."""

_WEAKENING = """
    iam:DeleteUserPermissionsBoundary:user iam:PutUserPermissionsBoundary:user
    iam:DeleteRolePermissionsBoundary:role iam:PutRolePermissionsBoundary:role
    iam:DetachUserPolicy:user iam:DetachRolePolicy:role iam:DetachGroupPolicy:group
    iam:DeleteUserPolicy:user iam:DeleteRolePolicy:role iam:DeleteGroupPolicy:group
    iam:DeactivateMFADevice:user iam:CreateSAMLProvider:provider iam:UpdateSAMLProvider:provider
    iam:CreateOpenIDConnectProvider:provider iam:AddClientIDToOpenIDConnectProvider:provider
    iam:TagUser:user iam:TagRole:role iam:CreateServiceSpecificCredential:user iam:AcquireRole:role
"""


def _parse_single_actions(text: str, grade: Grade) -> list[EscalationPath]:
    found = []
    for word in text.split():
        action, _, on = word.rpartition(":")
        own = action in _SELF_ACTIONS
        found.append(EscalationPath(action, grade, (PathStep((action,), on, spared=own),), own))
    return found


def _make_pass_role_path(name: str, actions: str) -> EscalationPath:
    steps = (PathStep(("iam:PassRole",), "role"), *(PathStep(tuple(item.split("|"))) for item in actions.split()))
    return EscalationPath(f"iam:PassRole with {name}", Grade.ESCALATION, steps)


def _make_role_paths(action: str) -> list[EscalationPath]:
    """Changing a role gives its power to whoever may then assume it, or is in it already."""
    changing = PathStep((action,), "role", spared=action != "iam:UpdateAssumeRolePolicy")
    with_assume = EscalationPath(
        f"{action} with sts:AssumeRole", Grade.ESCALATION, (changing, PathStep(("sts:AssumeRole",), "role"))
    )
    if action == "iam:UpdateAssumeRolePolicy":  # the new trust names the caller itself, which is enough
        return [EscalationPath(action, Grade.ESCALATION, (changing,))]
    return [EscalationPath(action, Grade.ESCALATION, (PathStep((action,), "self"),), True), with_assume]


_ANY_IAM_ACTION = PathStep((f"iam:{PROBE_ACTION}",), "everything", spared=True)

PATHS: tuple[EscalationPath, ...] = (
    EscalationPath(
        "* on *",
        Grade.ADMINISTRATOR,
        (PathStep((f"{PROBE_SERVICE}:{PROBE_ACTION}",)), _ANY_IAM_ACTION),
        needs_other_path=True,
    ),
    EscalationPath("iam:* on *", Grade.ADMINISTRATOR, (_ANY_IAM_ACTION,), needs_other_path=True),
    *_parse_single_actions(_ONE_ACTION, Grade.ESCALATION),
    *(path for name in ("Attach", "Put") for path in _make_role_paths(f"iam:{name}RolePolicy")),
    *_make_role_paths("iam:UpdateAssumeRolePolicy"),
    *(_make_pass_role_path(name, actions) for name, actions in _PASS_ROLE_ACTIONS.items()),
    EscalationPath(
        "iam:CreateVirtualMFADevice with iam:EnableMFADevice",
        Grade.WEAKENING,
        (PathStep(("iam:CreateVirtualMFADevice",)), PathStep(("iam:EnableMFADevice",), "user")),
    ),
    *_parse_single_actions(_WEAKENING, Grade.WEAKENING),
)

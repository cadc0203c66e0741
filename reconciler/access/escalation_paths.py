"""The known ways from some permissions to administrator power, as data.

Compiled from parliament's privilege escalation auditor and PMapper's edges, with later ways that neither has. Each
step lists actions, one of which is enough, and the type of resource on which it must be allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.access.probes import PROBE_ACTION, PROBE_SERVICE


class Grade(StrEnum):
    """The severity of a power. WEAKENING: it does not lead to administrator power, but removes a protection."""

    ADMINISTRATOR = "administrator"
    ESCALATION = "escalation"
    WEAKENING = "weakening"


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a path.

    actions: one of them is enough.
    resource_type: user, role, group, policy, provider, everything, any (`probes.py`), or self.
    accepts_spared: True if a right over the resources that a Deny excludes by name (NotResource) is enough, because
        a change of any resource leads to the power. False if it must be a resource that already has the power.
    """

    actions: tuple[str, ...]
    resource_type: str = "any"
    accepts_spared: bool = False


@dataclass(frozen=True, slots=True)
class EscalationPath:
    """A way to a power; all of its steps are needed.

    name: the name to show.
    allows_self: the step also counts on the principal itself, or on a policy or group that it has.
    needs_other_path: the path counts only if the principal has another path of IAM actions alone. A right to all
        actions is worth nothing if Denies cover the dangerous ones.
    """

    name: str
    grade: Grade
    steps: tuple[PathStep, ...]
    allows_self: bool = False
    needs_other_path: bool = False

    @property
    def is_iam_only(self) -> bool:
        """Return whether all of its actions are actions of IAM."""
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
"""The actions that lead to the power together with iam:PassRole; a space means "and", a bar "or"."""

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
"""Steps that lead to the power on one administrator, or on a policy that makes one (`admin_targets.py`)."""

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
    paths = []
    for word in text.split():
        action, _, on = word.rpartition(":")
        own = action in _SELF_ACTIONS
        paths.append(EscalationPath(action, grade, (PathStep((action,), on, accepts_spared=own),), own))
    return paths


def _make_pass_role_path(name: str, actions: str) -> EscalationPath:
    steps = (PathStep(("iam:PassRole",), "role"), *(PathStep(tuple(item.split("|"))) for item in actions.split()))
    return EscalationPath(f"iam:PassRole with {name}", Grade.ESCALATION, steps)


def _make_role_paths(action: str) -> list[EscalationPath]:
    """Return the paths that change a role; its power goes to everybody who may assume it, or already has a session."""
    change = PathStep((action,), "role", accepts_spared=action != "iam:UpdateAssumeRolePolicy")
    with_assume = EscalationPath(
        f"{action} with sts:AssumeRole", Grade.ESCALATION, (change, PathStep(("sts:AssumeRole",), "role"))
    )
    if action == "iam:UpdateAssumeRolePolicy":  # the new trust names the caller itself, which is enough
        return [EscalationPath(action, Grade.ESCALATION, (change,))]
    return [EscalationPath(action, Grade.ESCALATION, (PathStep((action,), "self"),), True), with_assume]


_ANY_IAM_ACTION = PathStep((f"iam:{PROBE_ACTION}",), "everything", accepts_spared=True)

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

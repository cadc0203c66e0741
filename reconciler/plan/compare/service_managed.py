"""Recognize the roles that AWS services make in an account, by exact name, path and trust.

To delete such a role breaks the service, or the organization's access to the account. No plan prunes it unless
`settings.prune_also` names it. Somebody could hide a role behind such a name, so a role counts only if its trust
names nobody but the service's own principal. Sources: AWS Organizations User Guide, "Accessing member accounts"; AWS
Control Tower User Guide, "Resource considerations for Account Factory", "How AWS Control Tower works with roles" and
"Using identity-based policies"; CloudFormation User Guide, "Grant self-managed permissions"; QuickSight User Guide,
"Using IAM". The trust of stacksets-exec-… is not documented, but is the same in every account that was checked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.entity import Policy, Role
from reconciler.model.held_policies import list_held_policies, own_policies_of
from reconciler.model.live import State
from reconciler.model.partitions import ARN_PARTITION, PARTITION_NAME

_ORGANIZATIONS, _CONTROL_TOWER, _STACK_SETS = "AWS Organizations", "AWS Control Tower", "CloudFormation StackSets"
_IAM = rf"AWS:arn:{PARTITION_NAME}:iam::(?P<account>[0-9]{{12}}):"
_ROOT = f"{_IAM}root"
_ACCOUNT = re.compile(rf"arn:{ARN_PARTITION}:iam::([0-9]{{12}}):")
_SERVICE_ROLE = "/service-role/"


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """The form of a role that a service makes.

    service: the service to show. path: the exact path.
    name, principal: must match as a whole; a principal is `KIND:VALUE`, as in Service:ec2.amazonaws.com.
    in_other_account: True if the principal is in another account: the organization's management or audit account.
    """

    service: str
    name: re.Pattern[str]
    principal: re.Pattern[str]
    path: str = "/"
    in_other_account: bool = True


def _define_role(
    service: str, name: str, principal: str, path: str = "/", *, in_other_account: bool = True
) -> ServiceRole:
    return ServiceRole(service, re.compile(name), re.compile(principal), path, in_other_account)


def _define_role_of_service(service: str, name: str, host: str, path: str = "/") -> ServiceRole:
    return _define_role(
        service, re.escape(name), re.escape(f"Service:{host}.amazonaws.com"), path, in_other_account=False
    )


SERVICE_ROLES: tuple[ServiceRole, ...] = (
    _define_role(_ORGANIZATIONS, "OrganizationAccountAccessRole", _ROOT),
    _define_role(_CONTROL_TOWER, "AWSControlTowerExecution", _ROOT),
    *(
        _define_role(_CONTROL_TOWER, f"aws-controltower-{here}", f"{_IAM}role/aws-controltower-{there}")
        for here, there in (
            ("AdministratorExecutionRole", "AuditAdministratorRole"),
            ("ReadOnlyExecutionRole", "AuditReadOnlyRole"),
        )
    ),
    *(
        _define_role_of_service(_CONTROL_TOWER, f"aws-controltower-{name}", host)
        for name, host in (
            ("AuditAdministratorRole", "lambda"),
            ("AuditReadOnlyRole", "lambda"),
            ("ForwardSnsNotificationRole", "lambda"),
            ("ConfigRecorderRole", "config"),
            ("CloudWatchLogsRole", "cloudtrail"),
        )
    ),
    _define_role_of_service(_CONTROL_TOWER, "AWSControlTowerAdmin", "controltower", _SERVICE_ROLE),
    _define_role_of_service(_CONTROL_TOWER, "AWSControlTowerCloudTrailRole", "cloudtrail", _SERVICE_ROLE),
    _define_role_of_service(_CONTROL_TOWER, "AWSControlTowerStackSetRole", "cloudformation", _SERVICE_ROLE),
    _define_role_of_service(
        _CONTROL_TOWER, "AWSControlTowerConfigAggregatorRoleForOrganizations", "config", _SERVICE_ROLE
    ),
    _define_role(
        _STACK_SETS,
        "stacksets-exec-[0-9a-f]{32}",
        f"{_IAM}role/aws-service-role/stacksets[.]cloudformation[.]amazonaws[.]com/"
        "AWSServiceRoleForCloudFormationStackSetsOrgAdmin",
    ),
    _define_role(_STACK_SETS, "AWSCloudFormationStackSetExecutionRole", _ROOT),
    _define_role(
        _STACK_SETS,
        "AWSCloudFormationStackSetExecutionRole",
        f"{_IAM}role/AWSCloudFormationStackSetAdministrationRole",
        in_other_account=False,
    ),
    _define_role_of_service(_STACK_SETS, "AWSCloudFormationStackSetAdministrationRole", "cloudformation"),
    _define_role_of_service("Amazon QuickSight", "aws-quicksight-service-role-v0", "quicksight", _SERVICE_ROLE),
)


def service_of(role: Role, account: str) -> str:
    """Return the service that made a role; "" if the role has none of the known forms."""
    forms = (form for form in SERVICE_ROLES if form.path == role.path and form.name.fullmatch(role.name))
    return next((form.service for form in forms if _is_trusted_alone(form, role, account)), "")


def _is_trusted_alone(form: ServiceRole, role: Role, account: str) -> bool:
    """Return whether every statement of the trust allows the form's principal AssumeRole, and nobody else."""
    statements = role.trust_policy.statements
    return bool(statements) and all(_fits(form, statement, account) for statement in statements)


def _fits(form: ServiceRole, statement: Statement, account: str) -> bool:
    if statement.effect != "Allow" or statement.not_principal or statement.not_action or statement.unknown:
        return False
    if statement.actions != {"sts:assumerole"} or not statement.principals:
        return False
    for kind, value in statement.principals:
        match = form.principal.fullmatch(f"{kind}:{value}")
        if match is None or (form.in_other_account and match["account"] == account):
            return False
    return True


def find_service_managed(
    candidates: Iterable[Address], live: State, prune_also: Container[Address]
) -> Mapping[Address, str]:
    """Return the candidates for pruning that must stay, because an AWS service made them, each with the reason.

    The policies of these roles stay too, because the roles cannot do their work without them.

    prune_also: the addresses of `settings.prune_also`, which are pruned anyway.
    """
    reasons: dict[Address, str] = {}
    addresses = list(candidates)
    for address in addresses:
        role = live.entities[address]
        if address in live.details.role_templates:
            reasons[address] = f"made from the role template {live.details.role_templates[address]}: never pruned"
        elif isinstance(role, Role) and address not in prune_also and (service := service_of(role, live.account)):
            reasons[address] = service + _describe_trusted_accounts(role, live.account)
    policies = _map_held_policies(reasons, live)
    for address in addresses:
        if address in policies and isinstance(live.entities[address], Policy) and address not in prune_also:
            reasons[address] = f"used by {policies[address]}"
    return reasons


def _describe_trusted_accounts(role: Role, account: str) -> str:
    """Return a remark that names the other accounts that a role trusts; the management account is not known."""
    principals = {value for statement in role.trust_policy.statements for _, value in statement.principals or ()}
    others = sorted({match[1] for value in principals if (match := _ACCOUNT.match(value)) and match[1] != account})
    return f", lets account {', '.join(others)} in" if others else ""


def _map_held_policies(roles: Iterable[Address], live: State) -> dict[Address, Address]:
    """Return each policy and boundary of these roles, with the first role that has it."""
    policies: dict[Address, Address] = {}
    for address in sorted(roles):
        for policy in own_policies_of(list_held_policies(live.entities[address]), live.account):
            policies.setdefault(policy, address)
    return policies

"""Read a simulation request: the caller, actions, resources, policies and context keys.

The keys that follow from the caller (its ARN, name, unique id, tags, account) are known. Every other key must be in the
request; otherwise it is absent.
Sources: IAM API Reference, SimulatePrincipalPolicy and SimulateCustomPolicy (parameters, defaults, InvalidInput),
ContextEntry (types), PolicyIdentifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.access import CompiledPolicies, Context, PolicySource, Principal, ResourcePolicy, compile_policies
from reconciler.model.globs import compile_glob
from reconciler.model.partitions import ARN_PARTITION
from reconciler.policy.operators import OPERATORS, explain_mismatch
from reconciler.sandbox.query_protocol import AwsError
from reconciler.sandbox.strict.api_call import ApiCall, no_such_entity_error
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER, IamEntity
from reconciler.sandbox.strict.written_policies import (
    BOUNDARY,
    RESOURCE,
    WrittenPolicy,
    read_given_policies,
    read_managed_policy,
    read_policies,
)

ENTITY = re.compile(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}):(user|group|role)/(?:\S*/)?([^/\s]+)", re.ASCII)
ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
HANDLING_OPTIONS = ("EC2-VPC-InstanceStore", "EC2-VPC-InstanceStore-Subnet", "EC2-VPC-EBS", "EC2-VPC-EBS-Subnet")
VALUE_TYPES = {
    "string": "",
    "numeric": "NumericEquals",
    "boolean": "Bool",
    "ip": "IpAddress",
    "date": "DateEquals",
    "binary": "BinaryEquals",
}
"""Type of a context value → a condition operator for values of that type."""

MAX_LEVELS, MAX_EXCLUSIONS = 7, 256


@dataclass(frozen=True)
class Scenario:
    """A simulation request.

    policies: label → policy. context: the values of context keys. known_keys: keys with a value, in lower case.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: Principal
    policies: dict[str, WrittenPolicy]
    context: Context
    known_keys: frozenset[str]
    resource_policy: ResourcePolicy | None

    @property
    def policies_with_keys(self) -> tuple[CompiledPolicies, ...]:
        """Return the policies whose context keys may be reported as missing: all but those of the organization."""
        policies = [self.principal.compiled_policies]
        if self.principal.compiled_boundary is not None:
            policies.append(self.principal.compiled_boundary)
        if self.resource_policy is not None:
            policies.append(self.resource_policy.policy)
        return tuple(policies)


def invalid_input_error(message: str) -> AwsError:
    return AwsError("InvalidInput", message)


def read_scenario(call: ApiCall, source: IamEntity | None) -> Scenario:
    """Read the request. source: the entity whose policies are simulated; None: only policies in the request."""
    request_policies = read_given_policies(call.get_list("PolicyInputList"), "PolicyInputList")
    boundary = _read_boundary(call, source)
    attached = [] if source is None else _read_attached(call, source)
    resource = read_given_policies([text] if (text := call.get("ResourcePolicy")) else [], "ResourcePolicy", RESOURCE)
    caller = _read_caller(call, source, bool(resource))
    principal = replace(
        caller,
        policies=tuple(policy.source for policy in (*attached, *request_policies)),
        boundary=None if boundary is None else boundary.source,
        service_controls=tuple(_read_levels(call)),
    )
    values = _read_context(call)
    caller_keys = {
        key: value
        for key, value in principal.request_context.alternatives.items()
        if len(value) == 1 and value[0] is not None
    }
    all_policies = (*attached, *request_policies, *([] if boundary is None else [boundary]), *resource)
    return Scenario(
        _read_actions(call),
        tuple(dict.fromkeys(call.get_list("ResourceArns"))) or ("*",),
        principal,
        {policy.label: policy for policy in all_policies},
        values.with_fallbacks(Context(caller_keys), Context.of(absent=["*"])),
        frozenset(values.alternatives) | caller_keys.keys(),
        ResourcePolicy(compile_policies([resource[0].source]), _read_owner(call, caller)) if resource else None,
    )


def _read_actions(call: ApiCall) -> tuple[str, ...]:
    actions = tuple(dict.fromkeys(call.get_list("ActionNames")))
    if not actions:
        raise AwsError("ValidationError", "1 validation error detected: Value null at 'actionNames' must not be null")
    for action in actions:
        if not ACTION.fullmatch(action):
            raise invalid_input_error(f"Invalid action name: {action}")
    option = call.get("ResourceHandlingOption")
    if option and option not in HANDLING_OPTIONS:
        raise invalid_input_error(f"Invalid resource handling option: {option}")
    return actions


def find_entity(call: ApiCall, parameter: str) -> IamEntity:
    """Return the user, group or role that a parameter names."""
    arn = call.get(parameter)
    match = ENTITY.fullmatch(arn)
    if match is None:
        raise invalid_input_error(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    entity = call.ledger.find_by_arn(arn)
    if entity is None or entity.kind not in (USER, GROUP, ROLE):
        raise no_such_entity_error(match[2], match[3])
    return entity


def holders_of(entity: IamEntity) -> tuple[IamEntity, ...]:
    """Return the entity, and for a user also its groups."""
    return (entity, *entity.groups)


def _read_attached(call: ApiCall, source: IamEntity) -> list[WrittenPolicy]:
    policies = [policy for holder in holders_of(source) for policy in read_policies(call, holder)]
    excluded = tuple(_read_exclusions(call))
    return [policy for policy in policies if not any(exclusion.covers(policy) for exclusion in excluded)]


def _read_boundary(call: ApiCall, source: IamEntity | None) -> WrittenPolicy | None:
    """Return the boundary in the request, else that of the entity, if it is not excluded."""
    name = "PermissionsBoundaryPolicyInputList"
    request_policies = read_given_policies(call.get_list(name), name, BOUNDARY)
    if len(request_policies) > 1:
        raise invalid_input_error("You can specify only one permissions boundary policy.")
    if request_policies:
        return request_policies[0]
    if (
        source is None
        or not source.boundary
        or any(exclusion.type == "permission-boundary" for exclusion in _read_exclusions(call))
    ):
        return None
    return read_managed_policy(call, source.boundary, BOUNDARY)


def _read_caller(call: ApiCall, source: IamEntity | None, required: bool) -> Principal:
    """Return the caller: CallerArn, else the entity whose policies are simulated, else the account."""
    if call.has("CallerArn"):
        arn = call.get("CallerArn")
        match = ENTITY.fullmatch(arn)
        if match is None:
            raise invalid_input_error(f"Invalid caller ARN: {arn} is not the ARN of an IAM user, group or role.")
        entity, kind, account = call.ledger.find_by_arn(arn), match[2], match[1]
    elif source is not None:
        entity, kind, arn, account = source, source.kind, source.arn, call.ledger.account
    elif required:
        raise invalid_input_error("CallerArn is required when a resource policy is specified.")
    else:
        return Principal(f"arn:aws:iam::{call.ledger.account}:root", "account", call.ledger.account)
    if kind == GROUP:  # a policy cannot name a group as principal, so no member matters here
        return Principal(arn, "account", account)
    tags = None if entity is None else entity.tags
    unique_id = entity.id if entity is not None and kind == USER else ""
    return Principal(arn, kind, account, unique_id=unique_id, tags=tags)


def _read_owner(call: ApiCall, caller: Principal) -> str:
    owner = call.get("ResourceOwner")
    if not owner:
        return caller.account
    match = re.fullmatch(rf"(?:arn:{ARN_PARTITION}:iam::)?(\d{{12}})(?::root)?", owner, re.ASCII)
    if match is None:
        raise invalid_input_error(f"Invalid resource owner: {owner}")
    return match[1]


def _read_context(call: ApiCall) -> Context:
    values: dict[str, tuple[str, ...]] = {}
    number = 1
    while call.has(f"{(entry := f'ContextEntries.member.{number}')}.ContextKeyName"):
        name, kind = call.get(f"{entry}.ContextKeyName"), call.get(f"{entry}.ContextKeyType")
        texts = tuple(call.get_list(f"{re.escape(entry)}.ContextKeyValues"))
        _refuse_bad_values(name, kind, texts)
        values[name] = texts
        number += 1
    return Context.of(values)


def _refuse_bad_values(name: str, kind: str, texts: Sequence[str]) -> None:
    base = kind.removesuffix("List")
    if base not in VALUE_TYPES:
        raise invalid_input_error(f"Invalid type of context key {name}: {kind}")
    if base == kind and len(texts) != 1:
        raise invalid_input_error(f"Context key {name} has the type {kind} and {len(texts)} values.")
    operator = OPERATORS.get(VALUE_TYPES[base])
    for value in texts:
        if operator is not None and (expected := explain_mismatch(operator, value)):
            raise invalid_input_error(f"Invalid value of context key {name}: {value} is not {expected}.")


def _read_levels(call: ApiCall) -> Iterable[tuple[PolicySource, ...]]:
    number = 1
    name = "OrderedOrganizationPolicyInputList"
    while texts := call.get_list(rf"{name}\.member\.{number}\.ServiceControlPolicyInputList"):
        if number > MAX_LEVELS:
            raise invalid_input_error(f"{name} has more than {MAX_LEVELS} levels.")
        policies = read_given_policies(texts, f"{name}.{number}.ServiceControlPolicyInputList")
        yield tuple(policy.source for policy in policies)
        number += 1


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Policies to leave out of a simulation: by type, by ARN, or by kind and name of the holder of an inline policy."""

    type: str = ""
    arn: str = ""
    inline: tuple[str, str, str] = ("", "", "")

    def covers(self, policy: WrittenPolicy) -> bool:
        if self.type:
            is_of_aws = ":iam::aws:policy/" in policy.arn
            kind = "inline" if not policy.arn else "aws-managed" if is_of_aws else "user-managed"
            return self.type == kind
        if self.arn:
            return bool(policy.arn) and compile_glob(self.arn)(policy.arn)
        kind, name, inline = self.inline
        return policy.holder is not None and (
            policy.holder[0] == kind and compile_glob(name)(policy.holder[1]) and policy.holder[2] == inline
        )


def _read_exclusions(call: ApiCall) -> Iterable[Exclusion]:
    numbers = {
        int(match[1]) for key in call.parameters if (match := re.match(r"PolicyExclusionList\.member\.(\d+)", key))
    }
    if len(numbers) > MAX_EXCLUSIONS:
        raise invalid_input_error(f"PolicyExclusionList has more than {MAX_EXCLUSIONS} entries.")
    for number in sorted(numbers):
        entry = f"PolicyExclusionList.member.{number}"
        arn, inline = call.get(f"{entry}.PolicyArn"), f"{entry}.InlinePolicyIdentifier"
        if arn and not re.fullmatch(rf"arn:{ARN_PARTITION}:iam::(\d{{12}}|aws):policy/[^*]*\*?[^*]*", arn, re.ASCII):
            raise invalid_input_error(f"Invalid policy identifier: {arn}")
        names = (call.get(f"{inline}.{part}") for part in ("AttachmentType", "AttachmentName", "PolicyName"))
        kind, name, policy = names
        yield Exclusion(call.get(f"{entry}.PolicyType"), arn, (kind.lower(), name, policy))

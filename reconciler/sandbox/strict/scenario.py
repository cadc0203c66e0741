"""Reads what a simulation asks: who does what to which resources, under which policies, in which context.

Sources: IAM API Reference, SimulatePrincipalPolicy and SimulateCustomPolicy (parameters, defaults, InvalidInput),
ContextEntry (types), PolicyIdentifier. What follows from the caller (its ARN, name, unique id, tags, account) is known;
every other key must come with the request, and is absent otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.access import Compiled, Context, Principal, ResourcePolicy, compiled
from reconciler.model.globs import compile_glob
from reconciler.policy.operators import OPERATORS, expected
from reconciler.sandbox.strict.call import Call, no_such
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER, Entity
from reconciler.sandbox.strict.written import (
    BOUNDARY,
    RESOURCE,
    WrittenPolicy,
    given_policies,
    managed_policy,
    policies_of,
)
from reconciler.sandbox.wire import Refusal

ENTITY = re.compile(r"arn:[\w-]+:iam::(\d{12}):(user|group|role)/(?:\S*/)?([^/\s]+)", re.ASCII)
ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
HANDLING = ("EC2-VPC-InstanceStore", "EC2-VPC-InstanceStore-Subnet", "EC2-VPC-EBS", "EC2-VPC-EBS-Subnet")
TYPES = {
    "string": "",
    "numeric": "NumericEquals",
    "boolean": "Bool",
    "ip": "IpAddress",
    "date": "DateEquals",
    "binary": "BinaryEquals",
}
"""Type of a context value → an operator that takes such values."""

MOST_LEVELS, MOST_EXCLUSIONS = 7, 256


@dataclass(frozen=True)
class Scenario:
    """`policies`: every one by its label. `known`: keys whose values are known, in lower case."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: Principal
    policies: dict[str, WrittenPolicy]
    context: Context
    known: frozenset[str]
    resource_policy: ResourcePolicy | None
    levels: tuple[Compiled, ...]

    @property
    def asking(self) -> tuple[Compiled, ...]:
        """The policies whose context keys count as missing: not those of the organisation."""
        found = [self.principal.identity]
        if self.principal.limit is not None:
            found.append(self.principal.limit)
        if self.resource_policy is not None:
            found.append(self.resource_policy.policy)
        return tuple(found)


def invalid(message: str) -> Refusal:
    return Refusal("InvalidInput", message)


def read_scenario(call: Call, source: Entity | None) -> Scenario:
    """Read the request. `source`: the entity whose policies are simulated, None for policies of the request alone."""
    given = given_policies(call.items("PolicyInputList"), "PolicyInputList")
    boundary = _boundary(call, source)
    attached = [] if source is None else _attached(call, source)
    resource = given_policies([text] if (text := call.given("ResourcePolicy")) else [], "ResourcePolicy", RESOURCE)
    caller = _caller(call, source, bool(resource))
    principal = replace(
        caller,
        policies=tuple(policy.source for policy in (*attached, *given)),
        boundary=None if boundary is None else boundary.source,
    )
    values = _context(call)
    own = {key: one for key, one in principal.own.known.items() if len(one) == 1 and one[0] is not None}
    listed = (*attached, *given, *([] if boundary is None else [boundary]), *resource)
    return Scenario(
        _actions(call),
        tuple(dict.fromkeys(call.items("ResourceArns"))) or ("*",),
        principal,
        {policy.label: policy for policy in listed},
        values.over(Context(own), Context.of(absent=["*"])),
        frozenset(values.known) | own.keys(),
        ResourcePolicy(compiled([resource[0].source]), _owner(call, caller)) if resource else None,
        tuple(_levels(call)),
    )


def _actions(call: Call) -> tuple[str, ...]:
    actions = tuple(dict.fromkeys(call.items("ActionNames")))
    if not actions:
        raise Refusal("ValidationError", "1 validation error detected: Value null at 'actionNames' must not be null")
    for action in actions:
        if not ACTION.fullmatch(action):
            raise invalid(f"Invalid action name: {action}")
    option = call.given("ResourceHandlingOption")
    if option and option not in HANDLING:
        raise invalid(f"Invalid resource handling option: {option}")
    return actions


def find_entity(call: Call, parameter: str) -> Entity:
    """Return the user, group or role that a parameter names."""
    arn = call.given(parameter)
    found = ENTITY.fullmatch(arn)
    if found is None:
        raise invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    entity = call.ledger.by_arn(arn)
    if entity is None or entity.kind not in (USER, GROUP, ROLE):
        raise no_such(found[2], found[3])
    return entity


def holders_of(entity: Entity) -> tuple[Entity, ...]:
    """Return the entity and, of a user, its groups."""
    return (entity, *entity.groups)


def _attached(call: Call, source: Entity) -> list[WrittenPolicy]:
    found = [policy for holder in holders_of(source) for policy in policies_of(call, holder)]
    excluded = tuple(_exclusions(call))
    return [policy for policy in found if not any(one.covers(policy) for one in excluded)]


def _boundary(call: Call, source: Entity | None) -> WrittenPolicy | None:
    """The boundary of the request stands in for the one that the entity has."""
    name = "PermissionsBoundaryPolicyInputList"
    given = given_policies(call.items(name), name, BOUNDARY)
    if len(given) > 1:
        raise invalid("You can specify only one permissions boundary policy.")
    if given:
        return given[0]
    if source is None or not source.boundary or any(one.type == "permission-boundary" for one in _exclusions(call)):
        return None
    return managed_policy(call, source.boundary, BOUNDARY)


def _caller(call: Call, source: Entity | None, needed: bool) -> Principal:
    """Return who acts: CallerArn, else the entity whose policies are simulated, else somebody of this account."""
    if call.has("CallerArn"):
        arn = call.given("CallerArn")
        found = ENTITY.fullmatch(arn)
        if found is None:
            raise invalid(f"Invalid caller ARN: {arn} is not the ARN of an IAM user, group or role.")
        entity, kind, account = call.ledger.by_arn(arn), found[2], found[1]
    elif source is not None:
        entity, kind, arn, account = source, source.kind, source.arn, call.ledger.account
    elif needed:
        raise invalid("CallerArn is required when a resource policy is specified.")
    else:
        return Principal(f"arn:aws:iam::{call.ledger.account}:root", "account", call.ledger.account)
    if kind == GROUP:  # no policy names a group, so its members have nothing of their own here
        return Principal(arn, "account", account)
    tags = None if entity is None else entity.tags
    unique_id = entity.id if entity is not None and kind == USER else ""
    return Principal(arn, kind, account, unique_id=unique_id, tags=tags)


def _owner(call: Call, caller: Principal) -> str:
    given = call.given("ResourceOwner")
    if not given:
        return caller.account
    found = re.fullmatch(r"(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?", given, re.ASCII)
    if found is None:
        raise invalid(f"Invalid resource owner: {given}")
    return found[1]


def _context(call: Call) -> Context:
    values: dict[str, tuple[str, ...]] = {}
    number = 1
    while call.has(f"{(entry := f'ContextEntries.member.{number}')}.ContextKeyName"):
        name, kind = call.given(f"{entry}.ContextKeyName"), call.given(f"{entry}.ContextKeyType")
        texts = tuple(call.items(f"{re.escape(entry)}.ContextKeyValues"))
        _refuse_values(name, kind, texts)
        values[name] = texts
        number += 1
    return Context.of(values)


def _refuse_values(name: str, kind: str, texts: Sequence[str]) -> None:
    base = kind.removesuffix("List")
    if base not in TYPES:
        raise invalid(f"Invalid type of context key {name}: {kind}")
    if base == kind and len(texts) != 1:
        raise invalid(f"Context key {name} has the type {kind} and {len(texts)} values.")
    operator = OPERATORS.get(TYPES[base])
    for value in texts:
        if operator is not None and (wanted := expected(operator, value)):
            raise invalid(f"Invalid value of context key {name}: {value} is not {wanted}.")


def _levels(call: Call) -> Iterable[Compiled]:
    number = 1
    name = "OrderedOrganizationPolicyInputList"
    while texts := call.items(rf"{name}\.member\.{number}\.ServiceControlPolicyInputList"):
        if number > MOST_LEVELS:
            raise invalid(f"{name} has more than {MOST_LEVELS} levels.")
        found = given_policies(texts, f"{name}.{number}.ServiceControlPolicyInputList")
        yield compiled(policy.source for policy in found)
        number += 1


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Policies that a simulation leaves out: by type, by ARN, or by name and holder of an inline policy."""

    type: str = ""
    arn: str = ""
    inline: tuple[str, str, str] = ("", "", "")

    def covers(self, policy: WrittenPolicy) -> bool:
        if self.type:
            of_aws = ":iam::aws:policy/" in policy.arn
            kind = "inline" if not policy.arn else "aws-managed" if of_aws else "user-managed"
            return self.type == kind
        if self.arn:
            return bool(policy.arn) and compile_glob(self.arn)(policy.arn)
        kind, name, inline = self.inline
        return policy.holder is not None and (
            policy.holder[0] == kind and compile_glob(name)(policy.holder[1]) and policy.holder[2] == inline
        )


def _exclusions(call: Call) -> Iterable[Exclusion]:
    numbers = {
        int(found[1]) for key in call.parameters if (found := re.match(r"PolicyExclusionList\.member\.(\d+)", key))
    }
    if len(numbers) > MOST_EXCLUSIONS:
        raise invalid(f"PolicyExclusionList has more than {MOST_EXCLUSIONS} entries.")
    for number in sorted(numbers):
        entry = f"PolicyExclusionList.member.{number}"
        arn, inline = call.given(f"{entry}.PolicyArn"), f"{entry}.InlinePolicyIdentifier"
        if arn and not re.fullmatch(r"arn:[\w-]+:iam::(\d{12}|aws):policy/[^*]*\*?[^*]*", arn, re.ASCII):
            raise invalid(f"Invalid policy identifier: {arn}")
        names = (call.given(f"{inline}.{part}") for part in ("AttachmentType", "AttachmentName", "PolicyName"))
        kind, name, policy = names
        yield Exclusion(call.given(f"{entry}.PolicyType"), arn, (kind.lower(), name, policy))

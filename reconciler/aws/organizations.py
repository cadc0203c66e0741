"""Read the service and resource control policies that lie over an account, from AWS Organizations.

Only the management account and delegated administrators may make these calls, except DescribeOrganization (AWS
Organizations API Reference, "API operations by account"). Organizations is a global service: botocore turns the home
region of a partition into the one region that has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, PaginationError

from reconciler.aws import timing
from reconciler.aws.concurrency import DaemonExecutor
from reconciler.aws.faults import DENIED, code_of, translate_errors
from reconciler.aws.pagination import MAX_PAGES, check_marker
from reconciler.aws.session import Connection
from reconciler.kinds.raw_account import Item
from reconciler.model.organization import AccountLevels, OrganizationLevel, OrganizationPolicy
from reconciler.model.partitions import home_region_of
from reconciler.model.problem import ReconcileError, make_error

_MAX_PARENTS = 6
"""The root and five levels of organizational units (AWS Organizations User Guide, "Quotas")."""

_ACCOUNT_UNKNOWN = ("ChildNotFoundException", "AccountNotFoundException")
NO_ORGANIZATION = "AWSOrganizationsNotInUseException"
_CHANGED_SINCE = (
    "OrganizationalUnitNotFoundException",
    "PolicyNotFoundException",
    "TargetNotFoundException",
)
_TYPE_UNAVAILABLE = (
    "PolicyTypeNotAvailableForOrganizationException",
    "PolicyTypeNotEnabledException",
    "UnsupportedAPIEndpointException",
)
"""AWS's error codes if the organization or the partition has no policies of a type."""

_UNCHANGING_RCP = "p-RCPFullAWSAccess"
"""The id of the RCP that AWS attaches to every level: it allows everything, and nobody can detach it."""


def read_account_levels(connection: Connection, account: str = "") -> AccountLevels:
    """Return the levels over an account of the caller's organization, with their policies.

    account: 12 digits; empty: the caller's own. Raises ReconcileError.
    """
    target = account or connection.account
    client = make_organizations_client(connection)
    with _explain_refusals(connection, target):
        organization = client.describe_organization()["Organization"]
    management: str = organization["MasterAccountId"]
    with _explain_refusals(connection, target, management), DaemonExecutor(timing.ORGANIZATION_THREADS) as pool:
        levels = [OrganizationLevel(identifier) for identifier in _list_level_ids(client, target)]
        levels = list(pool.map(partial(_name_level, client), levels))
        levels = _add_policies(client, levels, pool)
    return AccountLevels(target, organization["Id"], management, tuple(levels))


def make_organizations_client(connection: Connection) -> Any:
    """Return a client of Organizations in the caller's partition."""
    region = home_region_of(connection.partition) or connection.iam.meta.region_name
    return connection.make_client("organizations", region)


def _list_level_ids(client: Any, account: str) -> list[str]:
    """Return the ids of the levels of an account, the root first. Every child has one parent."""
    ids = [account]
    for _ in range(_MAX_PARENTS):
        parent = next(list_items(client, "ListParents", "Parents", ChildId=ids[0]), None)
        if parent is None:
            break
        ids.insert(0, parent["Id"])
        if parent["Type"] == "ROOT":
            return ids
    raise PaginationError(message=f"account {account} has no root above it")


def _name_level(client: Any, level: OrganizationLevel) -> OrganizationLevel:
    if not level.is_unit:
        return level
    unit = client.describe_organizational_unit(OrganizationalUnitId=level.id)["OrganizationalUnit"]
    return replace(level, name=unit["Name"])


def _add_policies(client: Any, levels: list[OrganizationLevel], pool: Executor) -> list[OrganizationLevel]:
    ids = [level.id for level in levels]
    scps = list(pool.map(partial(_list_policies, client, "SERVICE_CONTROL_POLICY"), ids))
    rcps = [
        attached if any(item["Id"] != _UNCHANGING_RCP for item in attached) else []
        for attached in pool.map(partial(_list_policies, client, "RESOURCE_CONTROL_POLICY"), ids)
    ]
    unique_ids = sorted({item["Id"] for attached in (*scps, *rcps) for item in attached})
    contents = pool.map(lambda policy: client.describe_policy(PolicyId=policy)["Policy"]["Content"], unique_ids)
    content_of = dict(zip(unique_ids, contents, strict=True))

    def make_policies(attached: list[Item]) -> tuple[OrganizationPolicy, ...]:
        return tuple(OrganizationPolicy(item["Id"], item["Name"], content_of[item["Id"]]) for item in attached)

    return [
        replace(level, scps=make_policies(scp_items), rcps=make_policies(rcp_items))
        for level, scp_items, rcp_items in zip(levels, scps, rcps, strict=True)
    ]


def _list_policies(client: Any, policy_type: str, target: str) -> list[Item]:
    """Return the policies of one type that are attached to a level.

    There are none if the type is not enabled: AWS detaches all of them then ("Disabling a policy type").
    """
    try:
        return list(list_items(client, "ListPoliciesForTarget", "Policies", TargetId=target, Filter=policy_type))
    except ClientError as error:
        if code_of(error) in _TYPE_UNAVAILABLE:
            return []
        raise


def list_items(client: Any, operation: str, key: str, **parameters: Any) -> Iterator[Item]:
    """Yield the items on every page. A page may be empty; only a missing NextToken marks the last one."""
    token: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        page = getattr(client, xform_name(operation))(**parameters, **token)
        yield from page.get(key) or ()
        if not page.get("NextToken"):
            return
        token = {"NextToken": check_marker(page["NextToken"], token.get("NextToken"), operation)}
    raise PaginationError(message=f"{operation} has more than {MAX_PAGES} pages")


@contextmanager
def _explain_refusals(connection: Connection, account: str, management: str = "") -> Iterator[None]:
    """Turn AWS's errors into ReconcileErrors that say what to do. management: the management account, if known."""
    with translate_errors("reading the organization"):
        try:
            yield
        except ClientError as error:
            code = code_of(error)
            if code in DENIED:
                raise _explain_denial(connection, account, management, error.operation_name) from None
            if code == NO_ORGANIZATION:
                raise make_error(
                    "not-in-organization",
                    f"Account {connection.account} is in no organization, so no guardrail lies over it.",
                    hint="Leave the section `guardrails` out of the file.",
                ) from None
            if code in _ACCOUNT_UNKNOWN:
                raise make_error(
                    "not-in-organization",
                    f"Account {account} is not in the organization that {management} manages.",
                    hint="Correct --account, or use credentials of the organization that the account is in.",
                ) from None
            if code in _CHANGED_SINCE:
                raise make_error(
                    "organization-changed",
                    f"The organization changed while it was read ({code}). Nothing was written.",
                    hint="Run the command again.",
                ) from None
            raise


def _explain_denial(connection: Connection, account: str, management: str, operation: str) -> ReconcileError:
    summary = f"AWS denied organizations:{operation} to {connection.caller_arn}."
    if management in ("", connection.account):
        hint = "Allow the caller organizations:Describe* and organizations:List*."
        return make_error("organization-read-denied", summary, hint=hint)
    return make_error(
        "organization-read-denied",
        summary,
        f"Only the management account ({management}) and the organization's delegated administrators may read its "
        "policies.",
        "Use credentials of such an account that allow organizations:Describe* and organizations:List*: "
        f"`reconcile export --guardrails DIR --account {account} --profile NAME`",
    )

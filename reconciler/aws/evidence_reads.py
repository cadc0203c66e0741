"""Read both sides of one AssumeRole call from live IAM: the role, and the caller with its policies.

One page of GetAccountAuthorizationDetails is enough for a small account; else the caller and the role are read singly.
Every read is optional: if AWS denies one, it is listed in `unread`, and UNREAD stands for its result in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from reconciler.access.aws_policies import find_aws_policy
from reconciler.aws import timing
from reconciler.aws.faults import AWS_ERRORS, code_of
from reconciler.aws.pagination import ACCOUNT_DETAILS, list_items
from reconciler.aws.session import make_client, make_session
from reconciler.kinds.raw_account import Item, RawAccount
from reconciler.kinds.registry import KINDS
from reconciler.model.address import Address
from reconciler.model.arns import path_of
from reconciler.model.document import Document
from reconciler.model.entity import Entity, Policy
from reconciler.model.held_policies import managed_arns_of, walk_held_policies
from reconciler.model.live import LiveDetails, State
from reconciler.model.quotas import PAGE_SIZE
from reconciler.policy.canonical import canonical

UNREAD = "(not readable)"
"""Name and text of an inline policy that stands for policies that could not be read, and may allow or deny anything."""


@dataclass(frozen=True, slots=True)
class LiveEvidence:
    """The evidence from live IAM.

    state: the entities that were read; is_complete: all of the account's. aws_policies: ARN → document of AWS managed
    policies. missing: requested entities that do not exist. partial: entities that could not be read completely.
    unread: operations that were denied or not answered.
    """

    state: State
    aws_policies: Mapping[str, Document] = field(default_factory=dict)
    missing: frozenset[Address] = frozenset()
    partial: frozenset[Address] = frozenset()
    unread: tuple[str, ...] = ()
    is_complete: bool = False


def make_iam_client(profile: str | None, region: str | None, endpoint_url: str | None) -> Any:
    """Return an IAM client with the credentials that a role is assumed from. Raises ReconcileError."""
    return make_client(make_session(profile, region), "iam", endpoint_url, patient=False)


def read_evidence(iam: Any, account: str, partition: str, caller: Address | None, role: Address | None) -> LiveEvidence:
    """Read the caller, a user or role, and the role. Each is None if it is of another account."""
    reader = _IamReader(iam, account, partition)
    lists = reader.read_account()
    is_complete = lists is not None
    raw = RawAccount(account, partition, lists if lists is not None else reader.read_caller_and_role(caller, role))
    entities = {entity.address: entity for kind in KINDS for entity in kind.read(raw)}
    entities |= {policy.address: policy for policy in reader.policies}
    if is_complete:
        reader.missing |= {address for address in (caller, role) if address and address not in entities}
    aws_policies = reader.read_aws_policies(entities, caller)
    state = State(account, partition, entities, LiveDetails(unique_ids=raw.map_unique_ids()))
    partial = frozenset(address for address, entity in entities.items() if _is_partial(entity))
    return LiveEvidence(
        state, aws_policies, frozenset(reader.missing), partial, tuple(sorted(reader.unread)), is_complete
    )


def _is_partial(entity: Entity) -> bool:
    return any(document.opaque == UNREAD for document in getattr(entity, "inline_policies", {}).values())


class _IamReader:
    """A reader of one account. It collects denied operations, missing entities and the policies it has read."""

    def __init__(self, iam: Any, account: str, partition: str) -> None:
        self._iam = iam
        self._account = account
        self._partition = partition
        self.unread: set[str] = set()
        self.missing: set[Address] = set()
        self.policies: list[Policy] = []
        self._unreachable = False

    def read_account(self) -> dict[str, list[Item]] | None:
        """Return the account's lists if they fit one page; None if they do not or AWS denies the read."""
        call = ACCOUNT_DETAILS
        page = self._call(
            call.operation, lambda: self._iam.get_account_authorization_details(MaxItems=PAGE_SIZE, **call.parameters)
        )
        if page is None or page.get("IsTruncated"):
            return None
        return {key: page.get(key) or [] for key in call.keys}

    def read_caller_and_role(self, caller: Address | None, role: Address | None) -> dict[str, list[Item]]:
        """Return the same lists with only the caller, its groups and the role. Add their policies to `policies`."""
        with ThreadPoolExecutor(timing.EVIDENCE_THREADS) as pool:
            target = pool.submit(self._read_trust, role) if role and role != caller else None
            identity = self._read_identity(caller) if caller else None
            groups = list(pool.map(self._read_group, identity.get("GroupList") or () if identity else ()))
            lists: dict[str, list[Item]] = {"GroupDetailList": groups, "UserDetailList": [], "RoleDetailList": []}
            if identity and caller:
                lists[f"{caller.kind.capitalize()}DetailList"].append(identity)
            role_item = target.result() if target else None
            if role_item:
                lists["RoleDetailList"].append(role_item)
            holders = (*groups, identity or {})
            arns = {policy["PolicyArn"] for item in holders for policy in item.get("AttachedManagedPolicies") or ()}
            arns |= {((identity or {}).get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", "")}
            own = sorted(arn for arn in arns if f":iam::{self._account}:policy/" in arn)
            for arn, document in zip(own, pool.map(self._read_document, own), strict=True):
                if document is not None:
                    self.policies.append(Policy(arn.rpartition("/")[2], document, path_of(arn)))
        return lists

    def read_aws_policies(self, entities: Mapping[Address, Entity], caller: Address | None) -> dict[str, Document]:
        """Return the documents, by ARN, of the caller's AWS managed policies that are not known exactly offline."""
        who = entities.get(caller) if caller else None
        arns = managed_arns_of(walk_held_policies(who, entities.get))
        arns_to_read = sorted(arn for arn in arns if ":iam::aws:" in arn and not self._is_known_exactly(arn))
        with ThreadPoolExecutor(timing.EVIDENCE_THREADS) as pool:
            documents = zip(arns_to_read, pool.map(self._read_document, arns_to_read), strict=True)
            return {arn: document for arn, document in documents if document is not None}

    @staticmethod
    def _is_known_exactly(arn: str) -> bool:
        document, exact = find_aws_policy(arn)
        return document is not None and exact

    def _call(self, operation: str, call: Callable[[], Any], address: Address | None = None) -> Any:
        """Make a call and return its answer; None if it is denied, IAM cannot be reached, or `address` is missing."""
        if self._unreachable:
            self.unread.add(operation)
            return None
        try:
            return call()
        except AWS_ERRORS as error:
            if code_of(error) == "NoSuchEntity" and address is not None:
                self.missing.add(address)
            else:
                self.unread.add(operation)
                self._unreachable |= not isinstance(error, ClientError)
            return None

    def _list_items(self, operation: str, key: str, **name: str) -> list[Any] | None:
        items: list[Any] | None = self._call(operation, lambda: list_items(self._iam, operation, key, **name))
        return items

    def _read_trust(self, role: Address) -> Item | None:
        """Read a role without its policies, which have no effect on who may assume it."""
        answer = self._call("GetRole", lambda: self._iam.get_role(RoleName=role.name), role)
        return answer["Role"] if answer else None

    def _read_identity(self, address: Address) -> Item | None:
        """Read a user or role with its policies and groups, in the format of GetAccountAuthorizationDetails."""
        kind, name = address.kind.capitalize(), {f"{address.kind.capitalize()}Name": address.name}
        get = getattr(self._iam, f"get_{address.kind}")
        answer = self._call(f"Get{kind}", lambda: get(**name), address)
        if answer is None:
            return None
        item: dict[str, Any] = {**answer[kind], **self._read_policies(address.kind, address.name)}
        if kind == "User":
            groups = self._list_items("ListGroupsForUser", "Groups", **name)
            item["GroupList"] = [group["GroupName"] for group in groups or ()]
            if groups is None:
                item["UserPolicyList"] = [*item["UserPolicyList"], _make_inline_policy(UNREAD)]
        return item

    def _read_group(self, name: str) -> Item:
        return {"GroupName": name, "Path": "/", **self._read_policies("group", name)}

    def _read_policies(self, kind: str, name: str) -> dict[str, Any]:
        """Read the attached and inline policies of a user, group or role."""
        title, holder = kind.capitalize(), {f"{kind.capitalize()}Name": name}
        attached = self._list_items(f"ListAttached{title}Policies", "AttachedPolicies", **holder)
        names = self._list_items(f"List{title}Policies", "PolicyNames", **holder)
        inline = [] if attached is not None and names is not None else [_make_inline_policy(UNREAD)]
        get = getattr(self._iam, f"get_{kind}_policy")
        for policy in names or ():
            answer = self._call(f"Get{title}Policy", partial(get, PolicyName=policy, **holder))
            inline.append(_make_inline_policy(policy, answer["PolicyDocument"] if answer else UNREAD))
        return {"AttachedManagedPolicies": attached or [], f"{title}PolicyList": inline}

    def _read_document(self, arn: str) -> Document | None:
        """Read the default version of a managed policy."""
        answer = self._call("GetPolicy", lambda: self._iam.get_policy(PolicyArn=arn))
        if answer is None:
            return None
        version_id = answer["Policy"]["DefaultVersionId"]
        version = self._call(
            "GetPolicyVersion", lambda: self._iam.get_policy_version(PolicyArn=arn, VersionId=version_id)
        )
        return None if version is None else canonical(version["PolicyVersion"]["Document"], self._partition)


def _make_inline_policy(name: str, document: Any = UNREAD) -> dict[str, Any]:
    return {"PolicyName": name, "PolicyDocument": document}

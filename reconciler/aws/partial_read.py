"""A few entities, each read by its own calls: for a saved plan, which need not read the whole account again.

The answers are put in the shape of GetAccountAuthorizationDetails and the list calls, so that the kinds make the same
entities of them as of a whole read (`aws/snapshot.py`). Names are as IAM spells them, whoever asked in other letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.faults import code_of, translate_errors
from reconciler.aws.pagination import read_lists
from reconciler.aws.session import Connection
from reconciler.kinds.policy import read_policy_versions
from reconciler.kinds.raw_account import Detail, Item, RawAccount, ReadCall, tags_of
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.live import LiveDetails, State

RawEntry = tuple[str, Item | str]
"""A key of the raw lists, and one item for it."""

_LIST_SOURCES = {
    "user": ReadCall("ListUsers", ("Users",)),
    "group": ReadCall("ListGroups", ("Groups",)),
    "role": ReadCall("ListRoles", ("Roles",)),
    "instance-profile": ReadCall("ListInstanceProfiles", ("InstanceProfiles",)),
    "policy": ReadCall("ListPolicies", ("Policies",), {"Scope": "Local"}),
    "oidc-provider": ReadCall("ListOpenIDConnectProviders", ("OpenIDConnectProviderList",), paged=False),
    "saml-provider": ReadCall("ListSAMLProviders", ("SAMLProviderList",), paged=False),
}
_READ_BY_ARN = ("policy", "oidc-provider", "saml-provider")
"""Kinds that IAM gives by ARN alone: only their list tells it, since a policy may have another path by now."""


def make_empty_state(connection: Connection) -> State:
    """The part of the account that is known before anything was read."""
    return State(connection.account, connection.partition, {}, LiveDetails(caller=connection.caller_arn), frozenset())


class PartialReader:
    """Reads by address. Lists that tell ARNs and spellings are read once, and only where they are needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._arns: dict[str, dict[Address, str]] = {}

    def read_entities(self, addresses: Collection[Address], known: State) -> State | None:
        """`known` with these, there or not; None where one of the calls is refused. Raises Failed."""
        with translate_errors("reading the account"), ThreadPoolExecutor(timing.POOL_SIZE) as pool:
            try:
                self._list_arns({address.kind for address in addresses}.intersection(_READ_BY_ARN), pool)
                answers = list(pool.map(self._read_entity, addresses))
                lost = [address for address, answer in zip(addresses, answers, strict=True) if not answer]
                answers += pool.map(self._read_entity, self._find_respelled(lost, pool))
            except ClientError:
                return None
        return self._merge_state(known, addresses, [item for answer in answers for item in answer])

    def _list_arns(self, kinds: Collection[str], pool: Executor) -> None:
        wanted = sorted(set(kinds) - self._arns.keys())
        self._arns.update(zip(wanted, pool.map(self._read_arns, wanted), strict=True))

    def _find_respelled(self, lost: Collection[Address], pool: Executor) -> list[Address]:
        """Those that are there in other letters: IAM takes both for one name, and may not find it by both."""
        named = [address for address in lost if address.kind in _LIST_SOURCES and address.kind not in _READ_BY_ARN]
        self._list_arns({address.kind for address in named}, pool)
        there = (self._arns[address.kind].get(address) for address in named)
        return [address for arn in there if arn and (address := address_of(arn, self._connection.account))]

    def _merge_state(self, known: State, addresses: Collection[Address], found: list[RawEntry]) -> State:
        lists: defaultdict[str, list[Any]] = defaultdict(list)
        for key, item in found:
            lists[key].append(item)
        tags = {
            item["Arn"]: Detail(tags_of(item.get("Tags"))) for item in lists["Policies"] + lists["InstanceProfiles"]
        }
        raw = RawAccount(known.account, known.partition, lists, tags)
        entities = {entity.address: entity for kind in KINDS for entity in kind.read(raw)}
        facts = replace(
            known.details,
            versions={**known.details.versions, **read_policy_versions(raw)},
            unique_ids={**known.details.unique_ids, **raw.map_unique_ids()},
            fully_read=known.details.fully_read
            | {one for one in entities if one.kind in ("policy", "instance-profile")},
            read_at=datetime.now(UTC),
        )
        everything = (known.known_addresses or frozenset()) | frozenset(addresses)
        return replace(known, entities={**known.entities, **entities}, details=facts, known_addresses=everything)

    def _read_entity(self, address: Address) -> list[RawEntry]:
        """Nothing where it does not exist, or is gone before all of it is read."""
        readers: Mapping[str, Callable[[Address], Iterator[RawEntry]]] = {
            "user": self._read_identity,
            "group": self._read_identity,
            "role": self._read_identity,
            "policy": self._read_policy,
            "instance-profile": self._read_instance_profile,
            "oidc-provider": partial(self._read_provider, "GetOpenIDConnectProvider", "OpenIDConnectProvider"),
            "saml-provider": partial(self._read_provider, "GetSAMLProvider", "SAMLProvider"),
            "account": self._read_setting,
        }
        try:
            return list(readers[address.kind](address)) if address.kind in readers else []
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return []
            raise

    def _read_identity(self, address: Address) -> Iterator[RawEntry]:
        """A user, group or role with its policies, and a user with its groups."""
        title, parameter = address.kind.capitalize(), f"{address.kind.capitalize()}Name"
        members = {"MaxItems": 1} if address.kind == "group" else {}
        item = {**self._call_operation(f"Get{title}", **{parameter: address.name}, **members)[title]}
        who = {parameter: item[parameter]}
        item["AttachedManagedPolicies"] = self._list_items(f"ListAttached{title}Policies", "AttachedPolicies", who)
        item[f"{title}PolicyList"] = [
            self._call_operation(f"Get{title}Policy", **who, PolicyName=name)
            for name in self._list_items(f"List{title}Policies", "PolicyNames", who)
        ]
        if address.kind == "user":
            item["GroupList"] = [group["GroupName"] for group in self._list_items("ListGroupsForUser", "Groups", who)]
        yield f"{title}DetailList", item
        if address.kind == "role":
            yield "Roles", item

    def _read_policy(self, address: Address) -> Iterator[RawEntry]:
        arn = self._arns["policy"].get(address)
        if arn is None:
            return
        policy = self._call_operation("GetPolicy", PolicyArn=arn)["Policy"]
        versions = self._list_items("ListPolicyVersions", "Versions", {"PolicyArn": arn})
        default = policy["DefaultVersionId"]
        shown = self._call_operation("GetPolicyVersion", PolicyArn=arn, VersionId=default)["PolicyVersion"]
        # The default may have become another between these calls: the document is that of the one asked for.
        rest = [{**version, "IsDefaultVersion": False} for version in versions if version["VersionId"] != default]
        shown = {**shown, "IsDefaultVersion": True}
        yield "Policies", {"Description": "", **policy, "PolicyVersionList": [*rest, shown]}

    def _read_instance_profile(self, address: Address) -> Iterator[RawEntry]:
        answer = self._call_operation("GetInstanceProfile", InstanceProfileName=address.name)
        yield "InstanceProfiles", answer["InstanceProfile"]

    def _read_provider(self, operation: str, noun: str, address: Address) -> Iterator[RawEntry]:
        arn = self._arns[address.kind].get(address)
        if arn is not None:
            answer = self._call_operation(operation, **{f"{noun}Arn": arn})
            yield f"{noun}List", {**answer, "Arn": arn}

    def _read_setting(self, address: Address) -> Iterator[RawEntry]:
        for source in KINDS_BY_NAME["account"].read_calls:
            if source.only_for == address:
                for key, items in read_lists(self._connection, source).items():
                    yield from ((key, item) for item in items)

    def _read_arns(self, kind: str) -> dict[Address, str]:
        source = _LIST_SOURCES[kind]
        (items,) = read_lists(self._connection, source).values()
        arns = (str(item["Arn"]) for item in items)
        return {address: arn for arn in arns if (address := address_of(arn, self._connection.account))}

    def _list_items(self, operation: str, key: str, parameters: dict[str, str]) -> list[Any]:
        return read_lists(self._connection, ReadCall(operation, (key,), parameters))[key]

    def _call_operation(self, operation: str, **parameters: Any) -> Item:
        answer: Item = getattr(self._connection.iam, xform_name(operation))(**parameters)
        return answer

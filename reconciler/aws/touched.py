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

from reconciler.aws.faults import code_of, translated
from reconciler.aws.pages import listed
from reconciler.aws.session import POOL, Connection
from reconciler.kinds.policy import policy_versions
from reconciler.kinds.raw import Detail, Item, Raw, Source, tags_of
from reconciler.kinds.registry import BY_NAME, KINDS
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.live import Facts, State

Found = tuple[str, Item | str]
"""A key of the raw lists, and one item for it."""

_LISTS = {
    "user": Source("ListUsers", ("Users",)),
    "group": Source("ListGroups", ("Groups",)),
    "role": Source("ListRoles", ("Roles",)),
    "instance-profile": Source("ListInstanceProfiles", ("InstanceProfiles",)),
    "policy": Source("ListPolicies", ("Policies",), {"Scope": "Local"}),
    "oidc-provider": Source("ListOpenIDConnectProviders", ("OpenIDConnectProviderList",), paged=False),
    "saml-provider": Source("ListSAMLProviders", ("SAMLProviderList",), paged=False),
}
_BY_ARN = ("policy", "oidc-provider", "saml-provider")
"""Kinds that IAM gives by ARN alone: only their list tells it, since a policy may have another path by now."""


def nothing_of(connection: Connection) -> State:
    """The part of the account that is known before anything was read."""
    return State(connection.account, connection.partition, {}, Facts(caller=connection.caller), frozenset())


class Reader:
    """Reads by address. Lists that tell ARNs and spellings are read once, and only where they are needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._arns: dict[str, dict[Address, str]] = {}

    def read(self, addresses: Collection[Address], known: State) -> State | None:
        """`known` with these, there or not; None where one of the calls is refused. Raises Failed."""
        with translated("reading the account"), ThreadPoolExecutor(POOL) as pool:
            try:
                self._list({address.kind for address in addresses}.intersection(_BY_ARN), pool)
                answers = list(pool.map(self._read, addresses))
                lost = [address for address, answer in zip(addresses, answers, strict=True) if not answer]
                answers += pool.map(self._read, self._spelled_otherwise(lost, pool))
            except ClientError:
                return None
        return self._joined(known, addresses, [item for answer in answers for item in answer])

    def _list(self, kinds: Collection[str], pool: Executor) -> None:
        wanted = sorted(set(kinds) - self._arns.keys())
        self._arns.update(zip(wanted, pool.map(self._arns_of, wanted), strict=True))

    def _spelled_otherwise(self, lost: Collection[Address], pool: Executor) -> list[Address]:
        """Those that are there in other letters: IAM takes both for one name, and may not find it by both."""
        named = [address for address in lost if address.kind in _LISTS and address.kind not in _BY_ARN]
        self._list({address.kind for address in named}, pool)
        there = (self._arns[address.kind].get(address) for address in named)
        return [address for arn in there if arn and (address := address_of(arn, self._connection.account))]

    def _joined(self, known: State, addresses: Collection[Address], found: list[Found]) -> State:
        lists: defaultdict[str, list[Any]] = defaultdict(list)
        for key, item in found:
            lists[key].append(item)
        tags = {
            item["Arn"]: Detail(tags_of(item.get("Tags"))) for item in lists["Policies"] + lists["InstanceProfiles"]
        }
        raw = Raw(known.account, known.partition, lists, tags)
        entities = {entity.address: entity for kind in KINDS for entity in kind.read(raw)}
        facts = replace(
            known.facts,
            versions={**known.facts.versions, **policy_versions(raw)},
            unique_ids={**known.facts.unique_ids, **raw.unique_ids()},
            detailed=known.facts.detailed | {one for one in entities if one.kind in ("policy", "instance-profile")},
            read_at=datetime.now(UTC),
        )
        everything = (known.known or frozenset()) | frozenset(addresses)
        return replace(known, entities={**known.entities, **entities}, facts=facts, known=everything)

    def _read(self, address: Address) -> list[Found]:
        """Nothing where it does not exist, or is gone before all of it is read."""
        readers: Mapping[str, Callable[[Address], Iterator[Found]]] = {
            "user": self._holder,
            "group": self._holder,
            "role": self._holder,
            "policy": self._policy,
            "instance-profile": self._profile,
            "oidc-provider": partial(self._provider, "GetOpenIDConnectProvider", "OpenIDConnectProvider"),
            "saml-provider": partial(self._provider, "GetSAMLProvider", "SAMLProvider"),
            "account": self._setting,
        }
        try:
            return list(readers[address.kind](address)) if address.kind in readers else []
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return []
            raise

    def _holder(self, address: Address) -> Iterator[Found]:
        """A user, group or role with its policies, and a user with its groups."""
        title, parameter = address.kind.capitalize(), f"{address.kind.capitalize()}Name"
        members = {"MaxItems": 1} if address.kind == "group" else {}
        item = {**self._called(f"Get{title}", **{parameter: address.name}, **members)[title]}
        who = {parameter: item[parameter]}
        item["AttachedManagedPolicies"] = self._listed(f"ListAttached{title}Policies", "AttachedPolicies", who)
        item[f"{title}PolicyList"] = [
            self._called(f"Get{title}Policy", **who, PolicyName=name)
            for name in self._listed(f"List{title}Policies", "PolicyNames", who)
        ]
        if address.kind == "user":
            item["GroupList"] = [group["GroupName"] for group in self._listed("ListGroupsForUser", "Groups", who)]
        yield f"{title}DetailList", item
        if address.kind == "role":
            yield "Roles", item

    def _policy(self, address: Address) -> Iterator[Found]:
        arn = self._arns["policy"].get(address)
        if arn is None:
            return
        policy = self._called("GetPolicy", PolicyArn=arn)["Policy"]
        versions = self._listed("ListPolicyVersions", "Versions", {"PolicyArn": arn})
        default = policy["DefaultVersionId"]
        shown = self._called("GetPolicyVersion", PolicyArn=arn, VersionId=default)["PolicyVersion"]
        # The default may have become another between these calls: the document is that of the one asked for.
        rest = [{**version, "IsDefaultVersion": False} for version in versions if version["VersionId"] != default]
        shown = {**shown, "IsDefaultVersion": True}
        yield "Policies", {"Description": "", **policy, "PolicyVersionList": [*rest, shown]}

    def _profile(self, address: Address) -> Iterator[Found]:
        answer = self._called("GetInstanceProfile", InstanceProfileName=address.name)
        yield "InstanceProfiles", answer["InstanceProfile"]

    def _provider(self, operation: str, noun: str, address: Address) -> Iterator[Found]:
        arn = self._arns[address.kind].get(address)
        if arn is not None:
            answer = self._called(operation, **{f"{noun}Arn": arn})
            yield f"{noun}List", {**answer, "Arn": arn}

    def _setting(self, address: Address) -> Iterator[Found]:
        for source in BY_NAME["account"].sources:
            if source.only_for == address:
                for key, items in listed(self._connection, source).items():
                    yield from ((key, item) for item in items)

    def _arns_of(self, kind: str) -> dict[Address, str]:
        source = _LISTS[kind]
        (items,) = listed(self._connection, source).values()
        arns = (str(item["Arn"]) for item in items)
        return {address: arn for arn in arns if (address := address_of(arn, self._connection.account))}

    def _listed(self, operation: str, key: str, parameters: dict[str, str]) -> list[Any]:
        return listed(self._connection, Source(operation, (key,), parameters))[key]

    def _called(self, operation: str, **parameters: Any) -> Item:
        answer: Item = getattr(self._connection.iam, xform_name(operation))(**parameters)
        return answer

"""A small IAM in memory, for properties over many plans: applies calls, refuses as AWS documents, shows a State.

Written from the IAM API reference ("Errors" of each operation) and the IAM User Guide, never from the planner.
Trusts are kept by unique id and shown by ARN, as IAM does. Nothing here is eventually consistent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.kinds.account import ALIAS, PASSWORD_POLICY, AccountAlias, AccountSetting, PasswordPolicy
from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import Belongings, Facts, MfaDevice, PolicyVersion, State
from reconciler.model.plan import Call
from reconciler.model.quotas import ATTACHED, GROUPS_PER_USER
from reconciler.model.xml import xml_of
from reconciler.policy.canonical import canonical

INLINE_QUOTA = {"user": 2048, "group": 5120, "role": 10240}
TAG_QUOTA = 50
VERSIONS = 5

CLIENTS = 100

_ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(user|role)(/(?:.*/)?)([^/]+)")
_PROVIDER = re.compile(r"arn:aws:iam::(\d{12}):(oidc-provider|saml-provider)/(.+)")
FETCHED = "f" * 40
"""The thumbprint that IAM finds for itself."""


class Refused(Exception):
    """An error answer of IAM: `code` as AWS names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass
class Record:
    """One entity of any kind; what a kind has not stays empty."""

    kind: str
    name: str
    path: str
    id: str
    tags: dict[str, str] = field(default_factory=dict)
    policies: set[str] = field(default_factory=set)
    inline: dict[str, str] = field(default_factory=dict)
    boundary: str | None = None
    groups: set[str] = field(default_factory=set)
    trust: str = ""
    description: str = ""
    session: int = 3600
    signin: int = 0
    context: str = ""
    instance: str = ""
    role: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    default: str = "v1"
    made: int = 1
    belongings: Belongings = field(default_factory=Belongings)
    password_asked: bool = True
    clients: set[str] = field(default_factory=set)
    thumbprints: set[str] = field(default_factory=set)
    metadata: str = ""


class FakeIam:
    """`run` makes one call; `state` is the account as a snapshot would read it."""

    def __init__(self, account: str, facts: Facts | None = None) -> None:
        self.account = account
        self.facts = facts or Facts()
        self.quotas = self.facts.quotas or {}
        self.records: dict[tuple[str, str], Record] = {}
        self.settings: dict[Address, AccountSetting] = {}
        self._ids = 0

    @classmethod
    def of(cls, state: State) -> FakeIam:
        """An account that shows this state; trusts that name what is not there dangle."""
        fake = cls(state.account, state.facts)
        for entity in state.entities.values():
            fake._put(entity, state.facts)
        for entity in state.entities.values():
            if isinstance(entity, Role):
                fake._record("role", entity.name).trust = fake._stored(entity.trust_policy.text, dangling=True)
        return fake

    def _put(self, entity: Entity, facts: Facts) -> None:
        if isinstance(entity, AccountSetting):
            self.settings[entity.address] = entity
            return
        record = self._new(entity.address.kind, entity.name, entity.path)
        record.tags = dict(getattr(entity, "tags", {}))
        record.policies = set(getattr(entity, "policies", ()))
        record.inline = {name: one.text for name, one in getattr(entity, "inline_policies", {}).items()}
        record.boundary = getattr(entity, "permissions_boundary", None)
        record.groups = {group.name.casefold() for group in getattr(entity, "groups", ())}
        record.description = getattr(entity, "description", "") or ""
        record.session = getattr(entity, "max_session_duration", 3600)
        record.signin = getattr(entity, "max_signin_session_duration", None) or 0
        record.context = getattr(entity, "context_provider", None) or ""
        record.instance = getattr(entity, "identity_center_instance", None) or ""
        record.clients = set(getattr(entity, "client_ids", ()))
        record.thumbprints = set(getattr(entity, "thumbprints", None) or ())
        if isinstance(entity, SamlProvider):
            record.metadata = entity.metadata.text
        record.belongings = facts.belongings.get(entity.address, Belongings())
        record.password_asked = getattr(entity, "console", None) is not None
        if isinstance(entity, InstanceProfile) and entity.role:
            record.role = entity.role.name.casefold()
        if isinstance(entity, Policy):
            versions = facts.versions.get(entity.address) or (PolicyVersion("v1", "1", True),)
            record.versions = {version.id: entity.document.text for version in versions}
            record.default = next(version.id for version in versions if version.default)
            record.made = max(int(version.id[1:]) for version in versions)

    def run(self, call: Call) -> None:
        """Raises Refused."""
        operation = _OPERATIONS[call.operation]
        operation(self, **{_snake(key): value for key, value in call.parameters.items()})

    # What a snapshot reads

    def state(self) -> State:
        entities = [*map(self._shown, self.records.values()), *self.settings.values()]
        versions = {
            Address("policy", record.name): tuple(
                PolicyVersion(name, f"{int(name[1:]):04}", name == record.default) for name in record.versions
            )
            for record in self._all("policy")
        }
        belongings = {Address("user", record.name): record.belongings for record in self._all("user")}
        facts = replace(self.facts, versions=versions, belongings=belongings)
        return State(self.account, "aws", {entity.address: entity for entity in entities}, facts)

    def _shown(self, record: Record) -> Entity:
        policies = frozenset(record.policies)
        inline = {name: canonical(json.loads(text)) for name, text in record.inline.items()}
        tags = dict(record.tags)
        if record.kind == "saml-provider":
            return SamlProvider(record.name, xml_of(record.metadata), tags, record.context, record.instance)
        if record.kind == "oidc-provider":
            prints = frozenset(record.thumbprints)
            return OidcProvider(record.name, frozenset(record.clients), prints, tags, record.context, record.instance)
        if record.kind == "policy":
            document = canonical(json.loads(record.versions[record.default]))
            return Policy(record.name, document, record.path, record.description, tags)
        if record.kind == "group":
            return Group(record.name, record.path, policies, inline)
        if record.kind == "user":
            groups = frozenset(Address("group", self.records["group", key].name) for key in record.groups)
            console = record.belongings.login_profile if record.password_asked else None
            return User(record.name, record.path, groups, policies, inline, record.boundary, tags, console)
        if record.kind == "role":
            trust = canonical(self._with_arns(json.loads(record.trust)))
            rest = (policies, inline, record.boundary, tags, record.signin)
            return Role(record.name, trust, record.path, record.description, record.session, *rest)
        role = Address("role", self.records["role", record.role].name) if record.role else None
        return InstanceProfile(record.name, record.path, role, tags)

    # Records

    def _all(self, kind: str) -> list[Record]:
        return [record for record in self.records.values() if record.kind == kind]

    def _record(self, kind: str, name: str) -> Record:
        found = self.records.get((kind, name.casefold()))
        if found is None:
            raise Refused("NoSuchEntity", f"The {kind} with name {name} cannot be found.")
        return found

    def _new(self, kind: str, name: str, path: str = "/") -> Record:
        if (kind, name.casefold()) in self.records:
            raise Refused("EntityAlreadyExists", f"{kind} with name {name} already exists.")
        self._ids += 1
        prefix = {"user": "AIDA", "role": "AROA", "group": "AGPA", "policy": "ANPA"}.get(kind, "AIPA")
        record = Record(kind, name, path, f"{prefix}{self._ids:017}")
        self.records[kind, name.casefold()] = record
        return record

    def _policy(self, arn: str) -> Record | None:
        """The record of a policy of this account; None for those of AWS, which always exist here."""
        if not arn.startswith(f"arn:aws:iam::{self.account}:policy/"):
            return None
        record = self._record("policy", arn.rpartition("/")[2])
        if arn != f"arn:aws:iam::{self.account}:policy{record.path}{record.name}":
            raise Refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        return record

    def _provider(self, arn: str) -> Record:
        found = _PROVIDER.fullmatch(arn)
        assert found and found[1] == self.account, arn
        return self._record(found[2], found[3])

    # Trust documents

    def _stored(self, text: str, *, dangling: bool = False) -> str:
        """Principals as unique ids. An ARN of this account that nobody has is an invalid principal."""

        def identified(principal: str) -> str:
            match = _ENTITY.fullmatch(principal)
            if principal.startswith(("AIDA", "AROA")):
                if not dangling and principal not in {record.id for record in self.records.values()}:
                    raise _invalid(principal)
                return principal
            if match is None or match[1] != self.account:
                return principal
            record = self.records.get((match[2], match[4].casefold()))
            if record and (record.path, record.name) == (match[3], match[4]):
                return record.id
            if dangling:
                return "AIDADANGLING000000000"
            raise _invalid(principal)

        document = json.loads(text)
        return json.dumps(_mapped(document, identified))

    def _with_arns(self, document: Any) -> Any:
        arns = {
            record.id: f"arn:aws:iam::{self.account}:{record.kind}{record.path}{record.name}"
            for record in self.records.values()
        }
        return _mapped(document, lambda principal: arns.get(principal, principal))


def _invalid(principal: str) -> Refused:
    return Refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal}"')


def _mapped(document: Any, change: Callable[[str], str]) -> Any:
    """A trust document with every AWS principal changed."""
    for statement in document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]:
        for element in ("Principal", "NotPrincipal"):
            who = statement.get(element)
            if isinstance(who, dict) and "AWS" in who:
                listed = who["AWS"] if isinstance(who["AWS"], list) else [who["AWS"]]
                who["AWS"] = [change(principal) for principal in listed]
    return document


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _tag(record: Record, tags: Iterable[Mapping[str, str]]) -> None:
    ignores_case = record.kind in ("user", "role")
    for tag in tags:
        same = [key for key in record.tags if key.lower() == tag["Key"].lower() and key != tag["Key"]]
        if ignores_case and same:
            raise Refused("InvalidInput", "Duplicate tag keys found. Tag keys are case insensitive.")
        record.tags[tag["Key"]] = tag["Value"]
    if len(record.tags) > TAG_QUOTA:
        raise Refused("LimitExceeded", "The number of tags has reached the maximum limit.")


def _untag(record: Record, keys: Iterable[str]) -> None:
    for key in keys:
        record.tags.pop(key, None)


def _create_user(
    iam: FakeIam, user_name: str, path: str = "/", permissions_boundary: str | None = None, tags: Any = ()
) -> None:
    if permissions_boundary:
        iam._policy(permissions_boundary)
    record = iam._new("user", user_name, path)
    record.boundary = permissions_boundary
    _tag(record, tags)


def _move(kind: str) -> Callable[..., None]:
    """Id, links and policies stay; memberships and trusts, kept by key and by id, follow."""

    def moved(iam: FakeIam, new_path: str = "", **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        if new_path:
            record.path = new_path
        new = name.get(f"new_{kind}_name", record.name)
        if new.casefold() != record.name.casefold() and (kind, new.casefold()) in iam.records:
            raise Refused("EntityAlreadyExists", f"{kind} with name {new} already exists.")
        del iam.records[kind, record.name.casefold()]
        for user in iam._all("user") if kind == "group" else ():
            if record.name.casefold() in user.groups:
                user.groups = {*user.groups - {record.name.casefold()}, new.casefold()}
        record.name = new
        iam.records[kind, new.casefold()] = record

    return moved


def _remove(iam: FakeIam, record: Record) -> None:
    del iam.records[record.kind, record.name.casefold()]


def _conflict_if(held: object, what: str) -> None:
    if held:
        raise Refused("DeleteConflict", f"Cannot delete entity, must {what} first.")


def _delete_user(iam: FakeIam, user_name: str) -> None:
    record = iam._record("user", user_name)
    _conflict_if(record.groups, "remove users from group")
    _conflict_if(record.policies, "detach all policies")
    _conflict_if(record.inline, "delete policies")
    _conflict_if(record.belongings != Belongings(), "delete what it owns")
    _remove(iam, record)


def _delete_group(iam: FakeIam, group_name: str) -> None:
    record = iam._record("group", group_name)
    _conflict_if([user for user in iam._all("user") if group_name.casefold() in user.groups], "remove users")
    _conflict_if(record.policies, "detach all policies")
    _conflict_if(record.inline, "delete policies")
    _remove(iam, record)


def _create_role(
    iam: FakeIam,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str = "",
    max_session_duration: int = 3600,
    permissions_boundary: str | None = None,
    tags: Any = (),
    max_signin_session_duration: int = 0,
) -> None:
    if permissions_boundary:
        iam._policy(permissions_boundary)
    trust = iam._stored(assume_role_policy_document)
    record = iam._new("role", role_name, path)
    record.trust, record.description, record.session = trust, description, max_session_duration
    record.boundary, record.signin = permissions_boundary, max_signin_session_duration
    _tag(record, tags)


def _update_role(
    iam: FakeIam,
    role_name: str,
    description: str = "",
    max_session_duration: int = 3600,
    max_signin_session_duration: int = 0,
    reset_max_signin_session_duration: bool = False,
) -> None:
    if max_signin_session_duration and reset_max_signin_session_duration:
        raise Refused("InvalidInput", "Set it or reset it.")
    record = iam._record("role", role_name)
    if max_signin_session_duration or reset_max_signin_session_duration:
        record.signin = max_signin_session_duration
    record.description, record.session = description, max_session_duration


def _update_trust(iam: FakeIam, role_name: str, policy_document: str) -> None:
    record = iam._record("role", role_name)
    record.trust = iam._stored(policy_document)


def _delete_role(iam: FakeIam, role_name: str) -> None:
    record = iam._record("role", role_name)
    profiles = [one for one in iam._all("instance-profile") if one.role == role_name.casefold()]
    _conflict_if(profiles, "remove roles from instance profile")
    _conflict_if(record.policies, "detach all policies")
    _conflict_if(record.inline, "delete policies")
    _remove(iam, record)


def _create_policy(
    iam: FakeIam, policy_name: str, policy_document: str, path: str = "/", description: str = "", tags: Any = ()
) -> None:
    record = iam._new("policy", policy_name, path)
    record.versions, record.description = {"v1": policy_document}, description
    _tag(record, tags)


def _create_version(iam: FakeIam, policy_arn: str, policy_document: str, set_as_default: bool = False) -> None:
    record = iam._policy(policy_arn)
    assert record
    if len(record.versions) >= VERSIONS:
        raise Refused("LimitExceeded", "A managed policy can have up to 5 versions.")
    record.made += 1
    record.versions[f"v{record.made}"] = policy_document
    if set_as_default:
        record.default = f"v{record.made}"


def _delete_version(iam: FakeIam, policy_arn: str, version_id: str) -> None:
    record = iam._policy(policy_arn)
    assert record
    if version_id not in record.versions:
        raise Refused("NoSuchEntity", f"Policy {policy_arn} version {version_id} does not exist.")
    _conflict_if(version_id == record.default, "set another default version")
    del record.versions[version_id]


def _delete_policy(iam: FakeIam, policy_arn: str) -> None:
    record = iam._policy(policy_arn)
    assert record
    holders = [one for one in iam.records.values() if policy_arn in one.policies or one.boundary == policy_arn]
    _conflict_if(holders, "detach from all entities")
    _conflict_if(len(record.versions) > 1, "delete all non-default versions")
    _remove(iam, record)


def _attach(kind: str) -> Callable[..., None]:
    def attached(iam: FakeIam, policy_arn: str, **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        iam._policy(policy_arn)
        held = ATTACHED[kind.capitalize()]
        quota = iam.quotas.get(held.summary, held.default)
        if policy_arn not in record.policies and len(record.policies) >= quota:
            raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: {quota}")
        record.policies.add(policy_arn)

    return attached


def _detach(kind: str) -> Callable[..., None]:
    def detached(iam: FakeIam, policy_arn: str, **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        if policy_arn not in record.policies:
            raise Refused("NoSuchEntity", f"Policy {policy_arn} was not found.")
        record.policies.remove(policy_arn)

    return detached


def _put_inline(kind: str) -> Callable[..., None]:
    def put(iam: FakeIam, policy_name: str, policy_document: str, **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        inline = {**record.inline, policy_name: policy_document}
        if sum(map(len, inline.values())) > INLINE_QUOTA[kind]:
            raise Refused("LimitExceeded", f"Maximum policy size of {INLINE_QUOTA[kind]} bytes exceeded for {kind}.")
        record.inline = inline

    return put


def _delete_inline(kind: str) -> Callable[..., None]:
    def deleted(iam: FakeIam, policy_name: str, **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        if policy_name not in record.inline:
            raise Refused("NoSuchEntity", f"The {kind} policy with name {policy_name} cannot be found.")
        del record.inline[policy_name]

    return deleted


def _put_boundary(kind: str) -> Callable[..., None]:
    def put(iam: FakeIam, permissions_boundary: str, **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        iam._policy(permissions_boundary)
        record.boundary = permissions_boundary

    return put


def _delete_boundary(kind: str) -> Callable[..., None]:
    def deleted(iam: FakeIam, **name: str) -> None:
        record = iam._record(kind, name[f"{kind}_name"])
        if record.boundary is None:
            raise Refused("NoSuchEntity", "No permissions boundary.")
        record.boundary = None

    return deleted


def _join(iam: FakeIam, group_name: str, user_name: str) -> None:
    user, group = iam._record("user", user_name), iam._record("group", group_name)
    quota = iam.quotas.get(GROUPS_PER_USER.summary, GROUPS_PER_USER.default)
    if group.name.casefold() not in user.groups and len(user.groups) >= quota:
        raise Refused("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {quota}")
    user.groups.add(group.name.casefold())


def _leave(iam: FakeIam, group_name: str, user_name: str) -> None:
    user, group = iam._record("user", user_name), iam._record("group", group_name)
    if group.name.casefold() not in user.groups:
        raise Refused("NoSuchEntity", f"User {user_name} is not in group {group_name}.")
    user.groups.remove(group.name.casefold())


def _create_profile(iam: FakeIam, instance_profile_name: str, path: str = "/", tags: Any = ()) -> None:
    _tag(iam._new("instance-profile", instance_profile_name, path), tags)


def _delete_profile(iam: FakeIam, instance_profile_name: str) -> None:
    record = iam._record("instance-profile", instance_profile_name)
    _conflict_if(record.role, "remove roles from instance profile")
    _remove(iam, record)


def _add_role(iam: FakeIam, instance_profile_name: str, role_name: str) -> None:
    record, role = iam._record("instance-profile", instance_profile_name), iam._record("role", role_name)
    if record.role:
        raise Refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    record.role = role.name.casefold()


def _remove_role(iam: FakeIam, instance_profile_name: str, role_name: str) -> None:
    record = iam._record("instance-profile", instance_profile_name)
    if record.role != iam._record("role", role_name).name.casefold():
        raise Refused("NoSuchEntity", "The role is not in the instance profile.")
    record.role = None


def _propagate(
    record: Record,
    context_provider: Any = None,
    identity_center_instance_arn: str = "",
    remove_context_provider: bool = False,
    remove_identity_center_instance: bool = False,
    *,
    creation: bool = False,
) -> None:
    """Trusted identity propagation (IAM API, UpdateOpenIDConnectProvider): one change in one call."""
    provider = context_provider or remove_context_provider
    if provider and (identity_center_instance_arn or remove_identity_center_instance) and not creation:
        raise Refused("InvalidInput", "Either the context provider or the association, not both.")
    if context_provider:
        record.context = json.dumps(context_provider, sort_keys=True, separators=(",", ":"))
    if remove_identity_center_instance:
        record.instance = ""
    if remove_context_provider:
        if record.instance:
            raise Refused("InvalidInput", "Remove the association first.")
        record.context = ""
    if identity_center_instance_arn:
        if not record.context:
            raise Refused("InvalidInput", "An association needs a context provider.")
        record.instance = identity_center_instance_arn


def _create_oidc(
    iam: FakeIam, url: str, client_idlist: Any = (), thumbprint_list: Any = (), tags: Any = (), **propagation: Any
) -> None:
    if not url.startswith("https://"):
        raise Refused("InvalidInput", "The URL must begin with https://.")
    if len(client_idlist) > CLIENTS:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENTS}")
    record = iam._new("oidc-provider", url.removeprefix("https://"))
    record.clients, record.thumbprints = set(client_idlist), set(thumbprint_list) or {FETCHED}
    _tag(record, tags)
    _propagate(record, **propagation, creation=True)


def _update_oidc(iam: FakeIam, open_idconnect_provider_arn: str, **propagation: Any) -> None:
    _propagate(iam._provider(open_idconnect_provider_arn), **propagation)


def _add_client(iam: FakeIam, open_idconnect_provider_arn: str, client_id: str) -> None:
    record = iam._provider(open_idconnect_provider_arn)
    if client_id not in record.clients and len(record.clients) >= CLIENTS:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENTS}")
    record.clients.add(client_id)


def _remove_client(iam: FakeIam, open_idconnect_provider_arn: str, client_id: str) -> None:
    iam._provider(open_idconnect_provider_arn).clients.discard(client_id)


def _put_thumbprints(iam: FakeIam, open_idconnect_provider_arn: str, thumbprint_list: Any) -> None:
    iam._provider(open_idconnect_provider_arn).thumbprints = set(thumbprint_list)


def _create_saml(iam: FakeIam, name: str, samlmetadata_document: str, tags: Any = (), **propagation: Any) -> None:
    record = iam._new("saml-provider", name)
    record.metadata = samlmetadata_document
    _tag(record, tags)
    _propagate(record, **propagation, creation=True)


def _update_saml(iam: FakeIam, samlprovider_arn: str, samlmetadata_document: str = "", **propagation: Any) -> None:
    record = iam._provider(samlprovider_arn)
    if samlmetadata_document and propagation:
        raise Refused("InvalidInput", "Either the metadata or the context provider, not both.")
    record.metadata = samlmetadata_document or record.metadata
    _propagate(record, **propagation)


def _delete_saml(iam: FakeIam, samlprovider_arn: str) -> None:
    _remove(iam, iam._provider(samlprovider_arn))


def _delete_oidc(iam: FakeIam, open_idconnect_provider_arn: str) -> None:
    _remove(iam, iam._provider(open_idconnect_provider_arn))


def _tagging(kind: str, *, by_arn: bool = False) -> tuple[Callable[..., None], Callable[..., None]]:
    def record(iam: FakeIam, name: Mapping[str, str]) -> Record:
        if by_arn:
            (arn,) = name.values()
            found = iam._policy(arn) if kind == "policy" else iam._provider(arn)
            assert found
            return found
        return iam._record(kind, name[f"{kind.replace('-', '_')}_name"])

    def tagged(iam: FakeIam, tags: Any, **name: str) -> None:
        _tag(record(iam, name), tags)

    def untagged(iam: FakeIam, tag_keys: Iterable[str], **name: str) -> None:
        _untag(record(iam, name), tag_keys)

    return tagged, untagged


def _owned(field_name: str, parameter: str) -> Callable[..., None]:
    """Deletes one thing that a user owns."""

    def deleted(iam: FakeIam, user_name: str, **one: str) -> None:
        record = iam._record("user", user_name)
        held: Any = getattr(record.belongings, field_name)
        wanted: Any = one.get(parameter, True)
        if field_name == "mfa_devices":
            wanted = MfaDevice(wanted)
        if (wanted not in held) if isinstance(held, tuple) else not held:
            raise Refused("NoSuchEntity", f"{field_name} of {user_name}: {wanted} cannot be found.")
        left = tuple(item for item in held if item != wanted) if isinstance(held, tuple) else False
        record.belongings = Belongings(**{**_fields(record.belongings), field_name: left})

    return deleted


def _fields(belongings: Belongings) -> dict[str, Any]:
    return {name: getattr(belongings, name) for name in Belongings.__dataclass_fields__}


def _delete_device(iam: FakeIam, serial_number: str) -> None:
    for record in iam._all("user"):
        _conflict_if(MfaDevice(serial_number) in record.belongings.mfa_devices, "deactivate the device")


def _put_password_policy(
    iam: FakeIam,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int | None = None,
    password_reuse_prevention: int | None = None,
    hard_expiry: bool = False,
) -> None:
    for value, least, most in ((max_password_age, 1, 1095), (password_reuse_prevention, 1, 24)):
        if value is not None and not least <= value <= most:
            raise Refused("ValidationError", f"Value {value} is not from {least} to {most}.")
    iam.settings[PASSWORD_POLICY] = PasswordPolicy(
        PASSWORD_POLICY.name,
        minimum_password_length,
        require_symbols,
        require_numbers,
        require_uppercase_characters,
        require_lowercase_characters,
        allow_users_to_change_password,
        max_password_age,
        password_reuse_prevention,
        hard_expiry,
    )


def _forget(setting: Address) -> Callable[..., None]:
    def forget(iam: FakeIam, **asked: Any) -> None:
        if iam.settings.pop(setting, None) is None:
            raise Refused("NoSuchEntity", str(setting))

    return forget


def _put_alias(iam: FakeIam, account_alias: str) -> None:
    iam.settings[ALIAS] = AccountAlias(ALIAS.name, account_alias)


_OPERATIONS: dict[str, Callable[..., None]] = {
    "CreateUser": _create_user,
    "UpdateUser": _move("user"),
    "DeleteUser": _delete_user,
    "CreateGroup": lambda iam, group_name, path="/": iam._new("group", group_name, path),
    "UpdateGroup": _move("group"),
    "DeleteGroup": _delete_group,
    "CreateRole": _create_role,
    "UpdateRole": _update_role,
    "UpdateAssumeRolePolicy": _update_trust,
    "DeleteRole": _delete_role,
    "CreatePolicy": _create_policy,
    "CreatePolicyVersion": _create_version,
    "DeletePolicyVersion": _delete_version,
    "DeletePolicy": _delete_policy,
    "AddUserToGroup": _join,
    "RemoveUserFromGroup": _leave,
    "CreateInstanceProfile": _create_profile,
    "DeleteInstanceProfile": _delete_profile,
    "AddRoleToInstanceProfile": _add_role,
    "RemoveRoleFromInstanceProfile": _remove_role,
    "CreateOpenIDConnectProvider": _create_oidc,
    "AddClientIDToOpenIDConnectProvider": _add_client,
    "RemoveClientIDFromOpenIDConnectProvider": _remove_client,
    "UpdateOpenIDConnectProviderThumbprint": _put_thumbprints,
    "UpdateOpenIDConnectProvider": _update_oidc,
    "DeleteOpenIDConnectProvider": _delete_oidc,
    "CreateSAMLProvider": _create_saml,
    "UpdateSAMLProvider": _update_saml,
    "DeleteSAMLProvider": _delete_saml,
    "DeleteLoginProfile": _owned("login_profile", ""),
    "DeleteAccessKey": _owned("access_keys", "access_key_id"),
    "DeleteSigningCertificate": _owned("signing_certificates", "certificate_id"),
    "DeleteSSHPublicKey": _owned("ssh_public_keys", "sshpublic_key_id"),
    "DeleteServiceSpecificCredential": _owned("service_credentials", "service_specific_credential_id"),
    "DeactivateMFADevice": _owned("mfa_devices", "serial_number"),
    "DeleteVirtualMFADevice": _delete_device,
    "UpdateAccountPasswordPolicy": _put_password_policy,
    "CreateAccountAlias": _put_alias,
    "DeleteAccountAlias": _forget(ALIAS),
    "DeleteAccountPasswordPolicy": _forget(PASSWORD_POLICY),
}
for _kind in ("user", "group", "role"):
    _noun = _kind.capitalize()
    _OPERATIONS[f"Attach{_noun}Policy"] = _attach(_kind)
    _OPERATIONS[f"Detach{_noun}Policy"] = _detach(_kind)
    _OPERATIONS[f"Put{_noun}Policy"] = _put_inline(_kind)
    _OPERATIONS[f"Delete{_noun}Policy"] = _delete_inline(_kind)
for _kind in ("user", "role"):
    _noun = _kind.capitalize()
    _OPERATIONS[f"Put{_noun}PermissionsBoundary"] = _put_boundary(_kind)
    _OPERATIONS[f"Delete{_noun}PermissionsBoundary"] = _delete_boundary(_kind)
for _kind, _noun in (
    ("user", "User"),
    ("role", "Role"),
    ("policy", "Policy"),
    ("instance-profile", "InstanceProfile"),
    ("oidc-provider", "OpenIDConnectProvider"),
    ("saml-provider", "SAMLProvider"),
):
    _by_arn = _kind == "policy" or _kind.endswith("-provider")
    _OPERATIONS[f"Tag{_noun}"], _OPERATIONS[f"Untag{_noun}"] = _tagging(_kind, by_arn=_by_arn)

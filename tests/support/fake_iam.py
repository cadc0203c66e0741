"""A small IAM in memory, for properties over many plans. It applies calls, refuses them as AWS documents, and shows a
State.

It follows the IAM API reference ("Errors" of each operation) and the IAM User Guide, never the planner. Trusts are
stored with unique ids and shown with ARNs, as in IAM. Every change is visible at once.
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
from reconciler.kinds.server_certificate import ServerCertificate
from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, MfaDevice, OwnedCredentials, PolicyVersion, State
from reconciler.model.pem import PemCertificates
from reconciler.model.plan import Call
from reconciler.model.quotas import ATTACHED_POLICIES, GROUPS_PER_USER
from reconciler.model.xml_document import parse_xml_or_opaque
from reconciler.policy.canonical import canonical

INLINE_QUOTA = {"user": 2048, "group": 5120, "role": 10240}
TAG_QUOTA = 50
VERSIONS = 5

CLIENTS = 100

_ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(user|role)(/(?:.*/)?)([^/]+)")
_PROVIDER = re.compile(r"arn:aws:iam::(\d{12}):(oidc-provider|saml-provider)/(.+)")
FETCHED_THUMBPRINT = "f" * 40
"""The thumbprint that IAM fetches if none is given."""


class FakeIamError(Exception):
    """An error answer of IAM. code: AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass
class IamRecord:
    """An entity of any kind. Fields that its kind does not have stay empty."""

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
    default_version: str = "v1"
    last_version: int = 1
    belongings: OwnedCredentials = field(default_factory=OwnedCredentials)
    password_asked: bool = True
    clients: set[str] = field(default_factory=set)
    thumbprints: set[str] = field(default_factory=set)
    metadata: str = ""
    body: PemCertificates | None = None
    chain: PemCertificates | None = None


class FakeIam:
    """An account. `run_call` makes one call; `read_state` returns the account as a snapshot would read it."""

    def __init__(self, account: str, facts: LiveDetails | None = None) -> None:
        self.account = account
        self.facts = facts or LiveDetails()
        self.quotas = self.facts.quotas or {}
        self.records: dict[tuple[str, str], IamRecord] = {}
        self.settings: dict[Address, AccountSetting] = {}
        self._ids = 0

    @classmethod
    def of(cls, state: State) -> FakeIam:
        """Return an account that shows this state. Trusts may name entities that do not exist."""
        fake = cls(state.account, state.details)
        for entity in state.entities.values():
            fake._add_entity(entity, state.details)
        for entity in state.entities.values():
            if isinstance(entity, Role):
                fake._find_record("role", entity.name).trust = fake._to_stored_trust(
                    entity.trust_policy.text, dangling=True
                )
        return fake

    def _add_entity(self, entity: Entity, facts: LiveDetails) -> None:
        if isinstance(entity, AccountSetting):
            self.settings[entity.address] = entity
            return
        record = self._create_record(entity.address.kind, entity.name, entity.path)
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
        if isinstance(entity, ServerCertificate):
            record.body, record.chain = entity.body, entity.chain
        record.belongings = facts.owned_credentials.get(entity.address, OwnedCredentials())
        record.password_asked = getattr(entity, "console", None) is not None
        if isinstance(entity, InstanceProfile) and entity.role:
            record.role = entity.role.name.casefold()
        if isinstance(entity, Policy):
            versions = facts.versions.get(entity.address) or (PolicyVersion("v1", "1", True),)
            record.versions = {version.id: entity.document.text for version in versions}
            record.default_version = next(version.id for version in versions if version.default)
            record.last_version = max(int(version.id[1:]) for version in versions)

    def run_call(self, call: Call) -> None:
        """Make one call. Raises FakeIamError."""
        operation = _OPERATIONS[call.operation]
        operation(self, **{_to_snake_case(key): value for key, value in call.parameters.items()})

    # What a snapshot reads

    def read_state(self) -> State:
        entities = [*map(self._to_entity, self.records.values()), *self.settings.values()]
        versions = {
            Address("policy", record.name): tuple(
                PolicyVersion(name, f"{int(name[1:]):04}", name == record.default_version) for name in record.versions
            )
            for record in self._list_records("policy")
        }
        belongings = {Address("user", record.name): record.belongings for record in self._list_records("user")}
        facts = replace(self.facts, versions=versions, owned_credentials=belongings)
        return State(self.account, "aws", {entity.address: entity for entity in entities}, facts)

    def _to_entity(self, record: IamRecord) -> Entity:
        policies = frozenset(record.policies)
        inline = {name: canonical(json.loads(text)) for name, text in record.inline.items()}
        tags = dict(record.tags)
        if record.kind == "saml-provider":
            return SamlProvider(
                record.name, parse_xml_or_opaque(record.metadata), tags, record.context, record.instance
            )
        if record.body is not None:
            return ServerCertificate(record.name, record.body, record.chain, record.path, tags)
        if record.kind == "oidc-provider":
            prints = frozenset(record.thumbprints)
            return OidcProvider(record.name, frozenset(record.clients), prints, tags, record.context, record.instance)
        if record.kind == "policy":
            document = canonical(json.loads(record.versions[record.default_version]))
            return Policy(record.name, document, record.path, record.description, tags)
        if record.kind == "group":
            return Group(record.name, record.path, policies, inline)
        if record.kind == "user":
            groups = frozenset(Address("group", self.records["group", key].name) for key in record.groups)
            console = record.belongings.login_profile if record.password_asked else None
            return User(record.name, record.path, groups, policies, inline, record.boundary, tags, console)
        if record.kind == "role":
            trust = canonical(self._to_shown_trust(json.loads(record.trust)))
            rest = (policies, inline, record.boundary, tags, record.signin)
            return Role(record.name, trust, record.path, record.description, record.session, *rest)
        role = Address("role", self.records["role", record.role].name) if record.role else None
        return InstanceProfile(record.name, record.path, role, tags)

    # Records

    def _list_records(self, kind: str) -> list[IamRecord]:
        return [record for record in self.records.values() if record.kind == kind]

    def _find_record(self, kind: str, name: str) -> IamRecord:
        record = self.records.get((kind, name.casefold()))
        if record is None:
            raise FakeIamError("NoSuchEntity", f"The {kind} with name {name} cannot be found.")
        return record

    def _create_record(self, kind: str, name: str, path: str = "/") -> IamRecord:
        if (kind, name.casefold()) in self.records:
            raise FakeIamError("EntityAlreadyExists", f"{kind} with name {name} already exists.")
        self._ids += 1
        prefix = {"user": "AIDA", "role": "AROA", "group": "AGPA", "policy": "ANPA"}.get(kind, "AIPA")
        record = IamRecord(kind, name, path, f"{prefix}{self._ids:017}")
        self.records[kind, name.casefold()] = record
        return record

    def _find_policy(self, arn: str) -> IamRecord | None:
        """Return the record of a policy of this account; None for a policy of AWS, which always exists here."""
        if not arn.startswith(f"arn:aws:iam::{self.account}:policy/"):
            return None
        record = self._find_record("policy", arn.rpartition("/")[2])
        if arn != f"arn:aws:iam::{self.account}:policy{record.path}{record.name}":
            raise FakeIamError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        return record

    def _find_provider(self, arn: str) -> IamRecord:
        match = _PROVIDER.fullmatch(arn)
        assert match and match[1] == self.account, arn
        return self._find_record(match[2], match[3])

    # Trust documents

    def _to_stored_trust(self, text: str, *, dangling: bool = False) -> str:
        """Return a trust with principals as unique ids. Raises FakeIamError if an ARN of this account has no entity."""

        def to_unique_id(principal: str) -> str:
            match = _ENTITY.fullmatch(principal)
            if principal.startswith(("AIDA", "AROA")):
                if not dangling and principal not in {record.id for record in self.records.values()}:
                    raise _invalid_principal_error(principal)
                return principal
            if match is None or match[1] != self.account:
                return principal
            record = self.records.get((match[2], match[4].casefold()))
            if record and (record.path, record.name) == (match[3], match[4]):
                return record.id
            if dangling:
                return "AIDADANGLING000000000"
            raise _invalid_principal_error(principal)

        document = json.loads(text)
        return json.dumps(_map_principals(document, to_unique_id))

    def _to_shown_trust(self, document: Any) -> Any:
        arns = {
            record.id: f"arn:aws:iam::{self.account}:{record.kind}{record.path}{record.name}"
            for record in self.records.values()
        }
        return _map_principals(document, lambda principal: arns.get(principal, principal))


def _invalid_principal_error(principal: str) -> FakeIamError:
    return FakeIamError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal}"')


def _map_principals(document: Any, change: Callable[[str], str]) -> Any:
    """Return a trust document with every AWS principal changed."""
    for statement in document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]:
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            if isinstance(principal, dict) and "AWS" in principal:
                values = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
                principal["AWS"] = [change(value) for value in values]
    return document


def _to_snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _add_tags(record: IamRecord, tags: Iterable[Mapping[str, str]]) -> None:
    ignores_case = record.kind in ("user", "role")
    for tag in tags:
        same = [key for key in record.tags if key.lower() == tag["Key"].lower() and key != tag["Key"]]
        if ignores_case and same:
            raise FakeIamError("InvalidInput", "Duplicate tag keys found. Tag keys are case insensitive.")
        record.tags[tag["Key"]] = tag["Value"]
    if len(record.tags) > TAG_QUOTA:
        raise FakeIamError("LimitExceeded", "The number of tags has reached the maximum limit.")


def _remove_tags(record: IamRecord, keys: Iterable[str]) -> None:
    for key in keys:
        record.tags.pop(key, None)


def _create_user(
    iam: FakeIam, user_name: str, path: str = "/", permissions_boundary: str | None = None, tags: Any = ()
) -> None:
    if permissions_boundary:
        iam._find_policy(permissions_boundary)
    record = iam._create_record("user", user_name, path)
    record.boundary = permissions_boundary
    _add_tags(record, tags)


def _move(kind: str) -> Callable[..., None]:
    """Return the call that renames or moves an entity. Its id, policies, memberships and trusts stay valid."""

    def move(iam: FakeIam, new_path: str = "", **name: str) -> None:
        parameter = f"{kind.replace('-', '_')}_name"
        record = iam._find_record(kind, name[parameter])
        if new_path:
            record.path = new_path
        new = name.get(f"new_{parameter}", record.name)
        if new.casefold() != record.name.casefold() and (kind, new.casefold()) in iam.records:
            raise FakeIamError("EntityAlreadyExists", f"{kind} with name {new} already exists.")
        del iam.records[kind, record.name.casefold()]
        for user in iam._list_records("user") if kind == "group" else ():
            if record.name.casefold() in user.groups:
                user.groups = {*user.groups - {record.name.casefold()}, new.casefold()}
        record.name = new
        iam.records[kind, new.casefold()] = record

    return move


def _remove_record(iam: FakeIam, record: IamRecord) -> None:
    del iam.records[record.kind, record.name.casefold()]


def _refuse_if_held(members: object, description: str) -> None:
    if members:
        raise FakeIamError("DeleteConflict", f"Cannot delete entity, must {description} first.")


def _delete_user(iam: FakeIam, user_name: str) -> None:
    record = iam._find_record("user", user_name)
    _refuse_if_held(record.groups, "remove users from group")
    _refuse_if_held(record.policies, "detach all policies")
    _refuse_if_held(record.inline, "delete policies")
    _refuse_if_held(record.belongings != OwnedCredentials(), "delete what it owns")
    _remove_record(iam, record)


def _delete_group(iam: FakeIam, group_name: str) -> None:
    record = iam._find_record("group", group_name)
    _refuse_if_held(
        [user for user in iam._list_records("user") if group_name.casefold() in user.groups], "remove users"
    )
    _refuse_if_held(record.policies, "detach all policies")
    _refuse_if_held(record.inline, "delete policies")
    _remove_record(iam, record)


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
        iam._find_policy(permissions_boundary)
    trust = iam._to_stored_trust(assume_role_policy_document)
    record = iam._create_record("role", role_name, path)
    record.trust, record.description, record.session = trust, description, max_session_duration
    record.boundary, record.signin = permissions_boundary, max_signin_session_duration
    _add_tags(record, tags)


def _update_role(
    iam: FakeIam,
    role_name: str,
    description: str = "",
    max_session_duration: int = 3600,
    max_signin_session_duration: int = 0,
    reset_max_signin_session_duration: bool = False,
) -> None:
    if max_signin_session_duration and reset_max_signin_session_duration:
        raise FakeIamError("InvalidInput", "Set it or reset it.")
    record = iam._find_record("role", role_name)
    if max_signin_session_duration or reset_max_signin_session_duration:
        record.signin = max_signin_session_duration
    record.description, record.session = description, max_session_duration


def _update_trust(iam: FakeIam, role_name: str, policy_document: str) -> None:
    record = iam._find_record("role", role_name)
    record.trust = iam._to_stored_trust(policy_document)


def _delete_role(iam: FakeIam, role_name: str) -> None:
    record = iam._find_record("role", role_name)
    profiles = [one for one in iam._list_records("instance-profile") if one.role == role_name.casefold()]
    _refuse_if_held(profiles, "remove roles from instance profile")
    _refuse_if_held(record.policies, "detach all policies")
    _refuse_if_held(record.inline, "delete policies")
    _remove_record(iam, record)


def _create_policy(
    iam: FakeIam, policy_name: str, policy_document: str, path: str = "/", description: str = "", tags: Any = ()
) -> None:
    record = iam._create_record("policy", policy_name, path)
    record.versions, record.description = {"v1": policy_document}, description
    _add_tags(record, tags)


def _create_version(iam: FakeIam, policy_arn: str, policy_document: str, set_as_default: bool = False) -> None:
    record = iam._find_policy(policy_arn)
    assert record
    if len(record.versions) >= VERSIONS:
        raise FakeIamError("LimitExceeded", "A managed policy can have up to 5 versions.")
    record.last_version += 1
    record.versions[f"v{record.last_version}"] = policy_document
    if set_as_default:
        record.default_version = f"v{record.last_version}"


def _delete_version(iam: FakeIam, policy_arn: str, version_id: str) -> None:
    record = iam._find_policy(policy_arn)
    assert record
    if version_id not in record.versions:
        raise FakeIamError("NoSuchEntity", f"Policy {policy_arn} version {version_id} does not exist.")
    _refuse_if_held(version_id == record.default_version, "set another default version")
    del record.versions[version_id]


def _delete_policy(iam: FakeIam, policy_arn: str) -> None:
    record = iam._find_policy(policy_arn)
    assert record
    holders = [one for one in iam.records.values() if policy_arn in one.policies or one.boundary == policy_arn]
    _refuse_if_held(holders, "detach from all entities")
    _refuse_if_held(len(record.versions) > 1, "delete all non-default versions")
    _remove_record(iam, record)


def _attach(kind: str) -> Callable[..., None]:
    def attach(iam: FakeIam, policy_arn: str, **name: str) -> None:
        record = iam._find_record(kind, name[f"{kind}_name"])
        iam._find_policy(policy_arn)
        held = ATTACHED_POLICIES[kind.capitalize()]
        quota = iam.quotas.get(held.summary_key, held.default)
        if policy_arn not in record.policies and len(record.policies) >= quota:
            raise FakeIamError("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: {quota}")
        record.policies.add(policy_arn)

    return attach


def _detach(kind: str) -> Callable[..., None]:
    def detach(iam: FakeIam, policy_arn: str, **name: str) -> None:
        record = iam._find_record(kind, name[f"{kind}_name"])
        if policy_arn not in record.policies:
            raise FakeIamError("NoSuchEntity", f"Policy {policy_arn} was not found.")
        record.policies.remove(policy_arn)

    return detach


def _put_inline(kind: str) -> Callable[..., None]:
    def put(iam: FakeIam, policy_name: str, policy_document: str, **name: str) -> None:
        record = iam._find_record(kind, name[f"{kind}_name"])
        inline = {**record.inline, policy_name: policy_document}
        if sum(map(len, inline.values())) > INLINE_QUOTA[kind]:
            raise FakeIamError(
                "LimitExceeded", f"Maximum policy size of {INLINE_QUOTA[kind]} bytes exceeded for {kind}."
            )
        record.inline = inline

    return put


def _delete_inline(kind: str) -> Callable[..., None]:
    def delete(iam: FakeIam, policy_name: str, **name: str) -> None:
        record = iam._find_record(kind, name[f"{kind}_name"])
        if policy_name not in record.inline:
            raise FakeIamError("NoSuchEntity", f"The {kind} policy with name {policy_name} cannot be found.")
        del record.inline[policy_name]

    return delete


def _put_boundary(kind: str) -> Callable[..., None]:
    def put(iam: FakeIam, permissions_boundary: str, **name: str) -> None:
        record = iam._find_record(kind, name[f"{kind}_name"])
        iam._find_policy(permissions_boundary)
        record.boundary = permissions_boundary

    return put


def _delete_boundary(kind: str) -> Callable[..., None]:
    def delete(iam: FakeIam, **name: str) -> None:
        record = iam._find_record(kind, name[f"{kind}_name"])
        if record.boundary is None:
            raise FakeIamError("NoSuchEntity", "No permissions boundary.")
        record.boundary = None

    return delete


def _add_to_group(iam: FakeIam, group_name: str, user_name: str) -> None:
    user, group = iam._find_record("user", user_name), iam._find_record("group", group_name)
    quota = iam.quotas.get(GROUPS_PER_USER.summary_key, GROUPS_PER_USER.default)
    if group.name.casefold() not in user.groups and len(user.groups) >= quota:
        raise FakeIamError("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {quota}")
    user.groups.add(group.name.casefold())


def _remove_from_group(iam: FakeIam, group_name: str, user_name: str) -> None:
    user, group = iam._find_record("user", user_name), iam._find_record("group", group_name)
    if group.name.casefold() not in user.groups:
        raise FakeIamError("NoSuchEntity", f"User {user_name} is not in group {group_name}.")
    user.groups.remove(group.name.casefold())


def _create_profile(iam: FakeIam, instance_profile_name: str, path: str = "/", tags: Any = ()) -> None:
    _add_tags(iam._create_record("instance-profile", instance_profile_name, path), tags)


def _delete_profile(iam: FakeIam, instance_profile_name: str) -> None:
    record = iam._find_record("instance-profile", instance_profile_name)
    _refuse_if_held(record.role, "remove roles from instance profile")
    _remove_record(iam, record)


def _add_role(iam: FakeIam, instance_profile_name: str, role_name: str) -> None:
    record, role = iam._find_record("instance-profile", instance_profile_name), iam._find_record("role", role_name)
    if record.role:
        raise FakeIamError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    record.role = role.name.casefold()


def _remove_role(iam: FakeIam, instance_profile_name: str, role_name: str) -> None:
    record = iam._find_record("instance-profile", instance_profile_name)
    if record.role != iam._find_record("role", role_name).name.casefold():
        raise FakeIamError("NoSuchEntity", "The role is not in the instance profile.")
    record.role = None


def _update_propagation(
    record: IamRecord,
    context_provider: Any = None,
    identity_center_instance_arn: str = "",
    remove_context_provider: bool = False,
    remove_identity_center_instance: bool = False,
    *,
    creation: bool = False,
) -> None:
    """Change trusted identity propagation, one change in each call (IAM API, UpdateOpenIDConnectProvider)."""
    provider = context_provider or remove_context_provider
    if provider and (identity_center_instance_arn or remove_identity_center_instance) and not creation:
        raise FakeIamError("InvalidInput", "Either the context provider or the association, not both.")
    if context_provider:
        record.context = json.dumps(context_provider, sort_keys=True, separators=(",", ":"))
    if remove_identity_center_instance:
        record.instance = ""
    if remove_context_provider:
        if record.instance:
            raise FakeIamError("InvalidInput", "Remove the association first.")
        record.context = ""
    if identity_center_instance_arn:
        if not record.context:
            raise FakeIamError("InvalidInput", "An association needs a context provider.")
        record.instance = identity_center_instance_arn


def _create_oidc(
    iam: FakeIam, url: str, client_idlist: Any = (), thumbprint_list: Any = (), tags: Any = (), **propagation: Any
) -> None:
    if not url.startswith("https://"):
        raise FakeIamError("InvalidInput", "The URL must begin with https://.")
    if len(client_idlist) > CLIENTS:
        raise FakeIamError("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENTS}")
    record = iam._create_record("oidc-provider", url.removeprefix("https://"))
    record.clients, record.thumbprints = set(client_idlist), set(thumbprint_list) or {FETCHED_THUMBPRINT}
    _add_tags(record, tags)
    _update_propagation(record, **propagation, creation=True)


def _update_oidc(iam: FakeIam, open_idconnect_provider_arn: str, **propagation: Any) -> None:
    _update_propagation(iam._find_provider(open_idconnect_provider_arn), **propagation)


def _add_client(iam: FakeIam, open_idconnect_provider_arn: str, client_id: str) -> None:
    record = iam._find_provider(open_idconnect_provider_arn)
    if client_id not in record.clients and len(record.clients) >= CLIENTS:
        raise FakeIamError("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENTS}")
    record.clients.add(client_id)


def _remove_client(iam: FakeIam, open_idconnect_provider_arn: str, client_id: str) -> None:
    iam._find_provider(open_idconnect_provider_arn).clients.discard(client_id)


def _put_thumbprints(iam: FakeIam, open_idconnect_provider_arn: str, thumbprint_list: Any) -> None:
    iam._find_provider(open_idconnect_provider_arn).thumbprints = set(thumbprint_list)


def _create_saml(iam: FakeIam, name: str, samlmetadata_document: str, tags: Any = (), **propagation: Any) -> None:
    record = iam._create_record("saml-provider", name)
    record.metadata = samlmetadata_document
    _add_tags(record, tags)
    _update_propagation(record, **propagation, creation=True)


def _update_saml(iam: FakeIam, samlprovider_arn: str, samlmetadata_document: str = "", **propagation: Any) -> None:
    record = iam._find_provider(samlprovider_arn)
    if samlmetadata_document and propagation:
        raise FakeIamError("InvalidInput", "Either the metadata or the context provider, not both.")
    record.metadata = samlmetadata_document or record.metadata
    _update_propagation(record, **propagation)


def _delete_saml(iam: FakeIam, samlprovider_arn: str) -> None:
    _remove_record(iam, iam._find_provider(samlprovider_arn))


def _delete_oidc(iam: FakeIam, open_idconnect_provider_arn: str) -> None:
    _remove_record(iam, iam._find_provider(open_idconnect_provider_arn))


def _tag_operations(kind: str, *, by_arn: bool = False) -> tuple[Callable[..., None], Callable[..., None]]:
    def find_record(iam: FakeIam, name: Mapping[str, str]) -> IamRecord:
        if by_arn:
            (arn,) = name.values()
            found = iam._find_policy(arn) if kind == "policy" else iam._find_provider(arn)
            assert found
            return found
        return iam._find_record(kind, name[f"{kind.replace('-', '_')}_name"])

    def tag(iam: FakeIam, tags: Any, **name: str) -> None:
        _add_tags(find_record(iam, name), tags)

    def untag(iam: FakeIam, tag_keys: Iterable[str], **name: str) -> None:
        _remove_tags(find_record(iam, name), tag_keys)

    return tag, untag


def _delete_owned(field_name: str, parameter: str) -> Callable[..., None]:
    """Return the call that deletes one credential of a user."""

    def delete(iam: FakeIam, user_name: str, **one: str) -> None:
        record = iam._find_record("user", user_name)
        held: Any = getattr(record.belongings, field_name)
        wanted: Any = one.get(parameter, True)
        if field_name == "mfa_devices":
            wanted = MfaDevice(wanted)
        if (wanted not in held) if isinstance(held, tuple) else not held:
            raise FakeIamError("NoSuchEntity", f"{field_name} of {user_name}: {wanted} cannot be found.")
        left = tuple(item for item in held if item != wanted) if isinstance(held, tuple) else False
        record.belongings = OwnedCredentials(**{**_fields_of(record.belongings), field_name: left})

    return delete


def _fields_of(belongings: OwnedCredentials) -> dict[str, Any]:
    return {name: getattr(belongings, name) for name in OwnedCredentials.__dataclass_fields__}


def _delete_device(iam: FakeIam, serial_number: str) -> None:
    for record in iam._list_records("user"):
        _refuse_if_held(MfaDevice(serial_number) in record.belongings.mfa_devices, "deactivate the device")


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
            raise FakeIamError("ValidationError", f"Value {value} is not from {least} to {most}.")
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


def _delete_setting(setting: Address) -> Callable[..., None]:
    def forget(iam: FakeIam, **asked: Any) -> None:
        if iam.settings.pop(setting, None) is None:
            raise FakeIamError("NoSuchEntity", str(setting))

    return forget


def _put_alias(iam: FakeIam, account_alias: str) -> None:
    iam.settings[ALIAS] = AccountAlias(ALIAS.name, account_alias)


_OPERATIONS: dict[str, Callable[..., None]] = {
    "CreateUser": _create_user,
    "UpdateUser": _move("user"),
    "DeleteUser": _delete_user,
    "CreateGroup": lambda iam, group_name, path="/": iam._create_record("group", group_name, path),
    "UpdateGroup": _move("group"),
    "UpdateServerCertificate": _move("server-certificate"),
    "DeleteServerCertificate": lambda iam, server_certificate_name: _remove_record(
        iam, iam._find_record("server-certificate", server_certificate_name)
    ),
    "DeleteGroup": _delete_group,
    "CreateRole": _create_role,
    "UpdateRole": _update_role,
    "UpdateAssumeRolePolicy": _update_trust,
    "DeleteRole": _delete_role,
    "CreatePolicy": _create_policy,
    "CreatePolicyVersion": _create_version,
    "DeletePolicyVersion": _delete_version,
    "DeletePolicy": _delete_policy,
    "AddUserToGroup": _add_to_group,
    "RemoveUserFromGroup": _remove_from_group,
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
    "DeleteLoginProfile": _delete_owned("login_profile", ""),
    "DeleteAccessKey": _delete_owned("access_keys", "access_key_id"),
    "DeleteSigningCertificate": _delete_owned("signing_certificates", "certificate_id"),
    "DeleteSSHPublicKey": _delete_owned("ssh_public_keys", "sshpublic_key_id"),
    "DeleteServiceSpecificCredential": _delete_owned("service_credentials", "service_specific_credential_id"),
    "DeactivateMFADevice": _delete_owned("mfa_devices", "serial_number"),
    "DeleteVirtualMFADevice": _delete_device,
    "UpdateAccountPasswordPolicy": _put_password_policy,
    "CreateAccountAlias": _put_alias,
    "DeleteAccountAlias": _delete_setting(ALIAS),
    "DeleteAccountPasswordPolicy": _delete_setting(PASSWORD_POLICY),
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
    ("server-certificate", "ServerCertificate"),
):
    _by_arn = _kind == "policy" or _kind.endswith("-provider")
    _OPERATIONS[f"Tag{_noun}"], _OPERATIONS[f"Untag{_noun}"] = _tag_operations(_kind, by_arn=_by_arn)

"""The ledger of an account: every entity that was created through the layer, with what AWS would know of it.

Names are unique for each kind, ignoring letter case (IAM User Guide, "IAM identifiers"). All data are fields of the
entity, so that they stay with it when it is renamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.sandbox.strict.authenticator import Authenticator

USER, GROUP, ROLE = "user", "group", "role"
POLICY, PROFILE = "policy", "instance-profile"
OIDC, SAML, MFA = "oidc-provider", "saml-provider", "mfa"
CERTIFICATE = "server-certificate"

Tags = dict[str, str]


@dataclass(eq=False)
class ServiceCredential:
    """A credential of a user for one service. expires: seconds since 1970; None: never."""

    id: str
    service: str
    alias: str
    created: str
    expires: float | None = None
    status: str = "Active"


@dataclass(frozen=True)
class StoredCertificate:
    """The fields of a server certificate that AWS shows. The private key is not kept. Timestamps are as AWS writes."""

    body: str
    chain: str
    uploaded: str
    expires: str


@dataclass(eq=False)
class IamEntity:
    """An entity of an account. Fields that its kind does not have keep their defaults.

    id: the unique id, such as AIDA…. inline_sizes: name of an inline policy → its size in characters.
    trust: a role's trust policy as JSON, with users and roles as unique ids.
    max_session: MaxSessionDuration, in seconds. max_signin_session: MaxSigninSessionDuration; 0 if it is not set.
    context_provider: a provider's ContextProvider, as parameters of the request that set it.
    identity_center_arn: the ARN of a provider's Identity Center instance.
    authenticator, holder: of a virtual MFA device, and the user that it is assigned to.
    """

    kind: str
    name: str
    arn: str
    id: str = ""
    path: str = "/"
    tags: Tags = field(default_factory=dict)
    attached_policies: list[str] = field(default_factory=list)
    inline_sizes: dict[str, int] = field(default_factory=dict)
    groups: list[IamEntity] = field(default_factory=list)
    boundary: str = ""
    trust: str = ""
    client_ids: list[str] = field(default_factory=list)
    max_session: int = 3600
    max_signin_session: int = 0
    context_provider: dict[str, str] = field(default_factory=dict)
    identity_center_arn: str = ""
    authenticator: Authenticator | None = None
    holder: IamEntity | None = None
    thumbprints: list[str] = field(default_factory=list)
    service_credentials: list[ServiceCredential] = field(default_factory=list)
    certificate: StoredCertificate | None = None

    def move(self, name: str, path: str) -> None:
        """Change name, path and ARN. The unique id stays, and so do references by it."""
        owner = self.arn.partition(f":{self.kind}/")[0]
        self.name, self.path = name, path
        self.arn = f"{owner}:{self.kind}{path}{name}"


class Ledger:
    """The entities of one account."""

    def __init__(self, account: str, partition: str = DEFAULT_PARTITION) -> None:
        self.account, self.partition = account, partition
        self.deletion_tasks: set[str] = set()
        self._named: dict[tuple[str, str], IamEntity] = {}
        self._by_id: dict[str, IamEntity] = {}
        self._by_arn: dict[str, IamEntity] = {}
        self._counts = Counter[str]()

    def add(self, entity: IamEntity) -> None:
        self._counts[entity.kind] += 1
        self._named[entity.kind, entity.name.casefold()] = entity
        self._by_arn[entity.arn] = entity
        if entity.id:
            self._by_id[entity.id] = entity

    def remove(self, entity: IamEntity) -> None:
        del self._named[entity.kind, entity.name.casefold()]
        del self._by_arn[entity.arn]
        self._counts[entity.kind] -= 1
        self._by_id.pop(entity.id, None)

    def move(self, entity: IamEntity, name: str, path: str) -> None:
        self.remove(entity)
        entity.move(name, path)
        self.add(entity)

    def find(self, kind: str, name: str) -> IamEntity | None:
        """Return the entity with exactly this name. IAM does not document how it treats another letter case here."""
        entity = self.find_same_name(kind, name)
        return entity if entity is not None and entity.name == name else None

    def find_same_name(self, kind: str, name: str) -> IamEntity | None:
        """Return the entity that has this name, ignoring letter case."""
        return self._named.get((kind, name.casefold()))

    def find_by_arn(self, arn: str) -> IamEntity | None:
        return self._by_arn.get(arn)

    def find_by_id(self, unique_id: str) -> IamEntity | None:
        return self._by_id.get(unique_id)

    def list_kind(self, *kinds: str) -> Iterator[IamEntity]:
        return (entity for entity in self._named.values() if entity.kind in kinds)

    def count_kind(self, *kinds: str) -> int:
        return sum(self._counts[kind] for kind in kinds)

    def find_attached(self, arn: str) -> list[IamEntity]:
        """Return the users, groups and roles that have a policy attached."""
        return [entity for entity in self.list_kind(USER, GROUP, ROLE) if arn in entity.attached_policies]

    def find_bounded(self, arn: str) -> list[IamEntity]:
        """Return the users and roles that have a policy as their permissions boundary."""
        return [entity for entity in self.list_kind(USER, ROLE) if entity.boundary == arn]

    def members_of(self, group: IamEntity) -> list[IamEntity]:
        return [user for user in self.list_kind(USER) if group in user.groups]

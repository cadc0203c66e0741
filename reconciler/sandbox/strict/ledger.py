"""What the layer knows of an account: every entity that was made through it, as AWS would know it.

Names are unique per kind ignoring case (IAM User Guide, "IAM identifiers"), and everything else hangs on the
entity, so that a rename takes it along.
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
    """A credential of a user for one service. `expires`: seconds since 1970, None for never."""

    id: str
    service: str
    alias: str
    created: str
    expires: float | None = None
    status: str = "Active"


@dataclass(frozen=True)
class StoredCertificate:
    """What AWS shows of an uploaded server certificate; nobody keeps its private key here. Timestamps as AWS writes."""

    body: str
    chain: str
    uploaded: str
    expires: str


@dataclass(eq=False)
class IamEntity:
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
    """Its MaxSigninSessionDuration; 0 if it is not set."""
    context_provider: dict[str, str] = field(default_factory=dict)
    """The ContextProvider of a provider, as the parameters of the request that set it."""
    identity_center_arn: str = ""
    """The ARN of its Identity Center instance."""
    authenticator: Authenticator | None = None
    holder: IamEntity | None = None
    """The user that an MFA device is assigned to."""
    thumbprints: list[str] = field(default_factory=list)
    service_credentials: list[ServiceCredential] = field(default_factory=list)
    certificate: StoredCertificate | None = None

    def move(self, name: str, path: str) -> None:
        """The unique id stays, and with it whatever refers to the entity by it."""
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
        """By the exact name: how IAM treats another case in a request is not documented."""
        entity = self.find_same_name(kind, name)
        return entity if entity is not None and entity.name == name else None

    def find_same_name(self, kind: str, name: str) -> IamEntity | None:
        """Whoever holds this name already, in whatever case."""
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
        """Users, groups and roles that a policy is attached to."""
        return [entity for entity in self.list_kind(USER, GROUP, ROLE) if arn in entity.attached_policies]

    def find_bounded(self, arn: str) -> list[IamEntity]:
        """Users and roles whose permissions boundary a policy is."""
        return [entity for entity in self.list_kind(USER, ROLE) if entity.boundary == arn]

    def members_of(self, group: IamEntity) -> list[IamEntity]:
        return [user for user in self.list_kind(USER) if group in user.groups]

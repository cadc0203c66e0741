"""Give a kind the means to write a live entity as an entry of a file: names for ARNs, comments, further files.

It reverses `declare_context.py`. An ARN becomes a name if the file declares its entity. Otherwise it stays an ARN, so
that the file is complete in itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.facets.tags import PROTECT, is_ours
from reconciler.kinds.mfa_guard import guard_address_of, make_guard_policy
from reconciler.model.address import Address
from reconciler.model.arns import address_of, arn_of, policy_reference_of
from reconciler.model.document import Document, Json
from reconciler.model.durations import format_duration
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Tags, User
from reconciler.model.live import State
from reconciler.model.node import Map, Seq, pack_mark
from reconciler.policy.document_expiry import denial_start_of, split_expiry
from reconciler.policy.readable_form import to_readable
from reconciler.policy.timestamps import format_timestamp

_START = pack_mark(1, 1)

Entry = dict[str, object]
"""The entry of an entity in its section, made of plain YAML values."""


@dataclass
class ExportContext:
    """Hold the state of one export: one file that describes one live account.

    selected: the entities that the file declares. comments: comment lines above the entry of an address.
    needed: entities that entries can name only if the file declares them too.
    omissions: entities without an entry → the reason.
    files: further files, path → text; None if only one file may be written.
    """

    live: State
    owner: str | None
    selected: frozenset[Address]
    comments: dict[Address, list[str]] = field(default_factory=dict)
    needed: set[Address] = field(default_factory=set)
    omissions: dict[Address, str] = field(default_factory=dict)
    files: dict[str, str] | None = None

    def add_comment(self, address: Address, line: str) -> None:
        self.comments.setdefault(address, []).append(line)

    def add_file(self, path: str, text: str, address: Address) -> str | None:
        """Add a further file and return its path. Return None, and leave the entity out, if only one may be written."""
        if self.files is None:
            self.omissions[address] = "it needs a file of its own (to write it: --split DIR)"
            return None
        self.files[path] = text
        return path

    def name_of(self, arn: str) -> str:
        """Return the name of an ARN's entity if the file declares it, else the ARN."""
        address = address_of(arn, self.live.account)
        if address is None or address not in self.declared_addresses:
            return arn
        entity = self.live.entities[address]
        own_arn = arn_of(entity.address, entity.path, self.live.account, self.live.partition)
        return entity.name if own_arn == arn else arn

    def policy_reference_of(self, arn: str) -> str:
        """Return a policy reference: a name in the file, `aws:NAME`, or the ARN."""
        return policy_reference_of(arn, self.live.account) if "::aws:" in arn else self.name_of(arn)

    def policy_references_of(self, arns: Iterable[str], *, without_guard: bool = False) -> list[str]:
        """Return references to the attached policies, names first. without_guard: leave out the MFA guard policy."""
        excluded = {self.mfa_guard} if without_guard and self.mfa_guard else set()
        references = (
            self.policy_reference_of(arn) for arn in arns if address_of(arn, self.live.account) not in excluded
        )
        return sorted(references, key=lambda reference: (":" in reference, reference))

    def boundary_reference_of(self, arn: str | None) -> str | None:
        return self.policy_reference_of(arn) if arn else None

    def group_names_of(self, groups: Iterable[Address]) -> list[str]:
        """Return the names of groups, and note them as needed: a file can name a group only if it declares it."""
        ordered = sorted(groups)
        self.needed.update(ordered)
        return [self.live.entities[group].name if group in self.live.entities else group.name for group in ordered]

    def requires_mfa(self, entity: User | Group) -> bool:
        """Return whether the MFA guard policy, which `mfa: required` attaches, is attached."""
        return self.mfa_guard is not None and self.mfa_guard in {
            address_of(arn, self.live.account) for arn in entity.policies
        }

    @cached_property
    def mfa_guard(self) -> Address | None:
        """Return the address of the live MFA guard policy if `mfa: required` in this file would make the same one."""
        live = self.live.entities.get(guard_address_of(self.owner))
        if not isinstance(live, Policy) or live.address in self.omissions:
            return None
        derived = make_guard_policy(self.owner, self.live.partition, live.path)
        is_same = (live.name, live.document) == (derived.name, derived.document) and not export_tags(live.tags)
        if not is_same or live.description not in (None, derived.description):
            return None
        return live.address if any(self._find_holders(live.address)) else None

    def _find_holders(self, policy: Address) -> Iterator[Address]:
        """Yield the users and groups of the file that have a policy attached."""
        for address in self.selected:
            entity = self.live.entities[address]
            if isinstance(entity, User | Group):
                yield from (address for arn in entity.policies if address_of(arn, self.live.account) == policy)

    @cached_property
    def instance_profiles(self) -> Mapping[Address, InstanceProfile]:
        """Return role → the instance profile of its entry: the one with the role's name, else the first."""
        profiles: dict[Address, InstanceProfile] = {}
        for address in sorted(self.selected):
            profile = self.live.entities[address]
            role = profile.role if isinstance(profile, InstanceProfile) else None
            if role is None or role not in self.selected or not isinstance(profile, InstanceProfile):
                continue
            if role not in profiles or profile.name == self.live.entities[role].name:
                profiles[role] = profile
        return profiles

    @cached_property
    def declared_addresses(self) -> frozenset[Address]:
        """Return all entities that the file may name: those with an entry, and the MFA guard policy."""
        return self.selected | {self.mfa_guard} if self.mfa_guard else self.selected

    @cached_property
    def declare_context(self) -> DeclareContext:
        """Return the context that would be used to read the file."""
        live, entities = self.live, [self.live.entities[address] for address in self.declared_addresses]
        paths = {entity.address: entity.path for entity in entities}
        return DeclareContext(
            live.account, live.partition, self.owner, paths, lambda written, place: None, lambda written, place: None
        )


def make_entry(**parts: object) -> Entry:
    """Return an entry without its absent, empty and false parts, which are the defaults of a file."""
    return {key: value for key, value in parts.items() if value not in (None, "", False, [], {})}


def export_path(entity: Entity) -> str | None:
    return entity.path if entity.path != "/" else None


def export_tags(live: Tags) -> dict[str, str]:
    """Return the tags without those of reconcile, which a file writes as `owner` and `protect`."""
    return {key: value for key, value in sorted(live.items()) if not is_ours(key)}


def is_protected(live: Tags) -> bool:
    return live.get(PROTECT) == "true"


def is_ahead(at: datetime, live: State) -> bool:
    """Return whether an `expires` lies after the read of the account. If not, a plan on the file would remove it."""
    return live.details.read_at is None or at > live.details.read_at


def export_user_expiry(document: Document, live: State) -> str | None:
    """Return the `expires` of a user, from its inline policy for that; None for another policy, or a past moment."""
    expiry = denial_start_of(document, live.partition)
    return format_timestamp(expiry) if expiry is not None and is_ahead(expiry, live) else None


def export_inline_policies(inline: Mapping[str, Document], live: State) -> dict[str, Json]:
    """Return inline policies as a file writes them. One with a future end becomes {document, expires}."""
    entries: dict[str, Json] = {}
    for name, document in sorted(inline.items()):
        document_and_end = split_expiry(document, live.partition)
        ends = document_and_end is not None and is_ahead(document_and_end[1], live)
        entries[name] = (
            {"document": to_readable(document_and_end[0]), "expires": format_timestamp(document_and_end[1])}
            if document_and_end is not None and ends
            else to_readable(document)
        )
    return entries


def export_duration(seconds: int) -> str | int:
    """Return seconds as a file writes them: 3600 is `1h`. Seconds that are not whole minutes stay a number."""
    return format_duration(seconds) if seconds and seconds % 60 == 0 else seconds


def as_nodes(value: object, file: str) -> object:
    """Turn plain values into nodes. Every node has the place `file`, line 1, column 1."""
    if isinstance(value, Mapping):
        entries = Map(file, _START)
        for key, inner in value.items():
            entries.put(key, as_nodes(inner, file), _START, _START)
        return entries
    if isinstance(value, list):
        items = Seq(file, _START)
        for inner in value:
            items.put(as_nodes(inner, file), _START)
        return items
    return value

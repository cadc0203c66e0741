"""What a kind needs to write a live entity as an entry of a file: names for what it refers to, and comments.

The other way round from `declaring.py`: ARNs become names where the file declares what they name, and stay ARNs
where it does not, so that the file stands alone.
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
"""An entity's part of a section: what YAML has, and nothing else."""


@dataclass
class ExportContext:
    """One file about one live account.

    selected: what the file declares. comments: lines to stand above an entry. needed: what entries can name only
    where the file declares it too. omissions: what no entry can say → why.
    """

    live: State
    owner: str | None
    selected: frozenset[Address]
    comments: dict[Address, list[str]] = field(default_factory=dict)
    needed: set[Address] = field(default_factory=set)
    omissions: dict[Address, str] = field(default_factory=dict)
    files: dict[str, str] | None = None
    """What stands in files of its own: path → text. None where there can be only one file."""

    def add_comment(self, address: Address, line: str) -> None:
        self.comments.setdefault(address, []).append(line)

    def add_file(self, path: str, text: str, address: Address) -> str | None:
        """The path of a further file with this text; None, and the entity is left out, where there can be none."""
        if self.files is None:
            self.omissions[address] = "it needs a file of its own, which `--split DIR` writes"
            return None
        self.files[path] = text
        return path

    def name_of(self, arn: str) -> str:
        """The name of what an ARN names, where the file declares it; else the ARN."""
        address = address_of(arn, self.live.account)
        if address is None or address not in self.declared_addresses:
            return arn
        entity = self.live.entities[address]
        own = arn_of(entity.address, entity.path, self.live.account, self.live.partition)
        return entity.name if own == arn else arn

    def policy_reference_of(self, arn: str) -> str:
        """A policy reference."""
        return policy_reference_of(arn, self.live.account) if "::aws:" in arn else self.name_of(arn)

    def policy_references_of(self, arns: Iterable[str], *, without_guard: bool = False) -> list[str]:
        """References to the attached policies, the file's own first. `without_guard`: less the MFA guard."""
        left_over = {self.mfa_guard} if without_guard and self.mfa_guard else set()
        found = (self.policy_reference_of(arn) for arn in arns if address_of(arn, self.live.account) not in left_over)
        return sorted(found, key=lambda reference: (":" in reference, reference))

    def boundary_reference_of(self, arn: str | None) -> str | None:
        return self.policy_reference_of(arn) if arn else None

    def group_names_of(self, groups: Iterable[Address]) -> list[str]:
        """Groups have no ARN that a file takes: each is needed in it."""
        listed = sorted(groups)
        self.needed.update(listed)
        return [self.live.entities[group].name if group in self.live.entities else group.name for group in listed]

    def requires_mfa(self, entity: User | Group) -> bool:
        """True where the guard that `mfa: required` attaches is attached."""
        return self.mfa_guard is not None and self.mfa_guard in {
            address_of(arn, self.live.account) for arn in entity.policies
        }

    @cached_property
    def mfa_guard(self) -> Address | None:
        """The live MFA guard, where it is the very one that this file derives for what it declares."""
        live = self.live.entities.get(guard_address_of(self.owner))
        if not isinstance(live, Policy) or live.address in self.omissions:
            return None
        derived = make_guard_policy(self.owner, self.live.partition, live.path)
        alike = (live.name, live.document) == (derived.name, derived.document) and not export_tags(live.tags)
        if not alike or live.description not in (None, derived.description):
            return None
        return live.address if any(self._find_holders(live.address)) else None

    def _find_holders(self, policy: Address) -> Iterator[Address]:
        """The users and groups of the file that a policy is attached to."""
        for address in self.selected:
            entity = self.live.entities[address]
            if isinstance(entity, User | Group):
                yield from (address for arn in entity.policies if address_of(arn, self.live.account) == policy)

    @cached_property
    def instance_profiles(self) -> Mapping[Address, InstanceProfile]:
        """Role → the instance profile that its entry asks for: the one with its name, else the first."""
        found: dict[Address, InstanceProfile] = {}
        for address in sorted(self.selected):
            profile = self.live.entities[address]
            role = profile.role if isinstance(profile, InstanceProfile) else None
            if role is None or role not in self.selected or not isinstance(profile, InstanceProfile):
                continue
            if role not in found or profile.name == self.live.entities[role].name:
                found[role] = profile
        return found

    @cached_property
    def declared_addresses(self) -> frozenset[Address]:
        """All that the file's references may name: what has an entry, and the guard that is derived."""
        return self.selected | {self.mfa_guard} if self.mfa_guard else self.selected

    @cached_property
    def declare_context(self) -> DeclareContext:
        """The context in which the file would be read."""
        live, found = self.live, [self.live.entities[address] for address in self.declared_addresses]
        paths = {entity.address: entity.path for entity in found}
        return DeclareContext(
            live.account, live.partition, self.owner, paths, lambda written, place: None, lambda written, place: None
        )


def make_entry(**parts: object) -> Entry:
    """An entry of what is there: absent, empty and false parts are a file's defaults."""
    return {key: value for key, value in parts.items() if value not in (None, "", False, [], {})}


def export_path(entity: Entity) -> str | None:
    return entity.path if entity.path != "/" else None


def export_tags(live: Tags) -> dict[str, str]:
    """The tags that a file writes: ours are what `owner` and `protect` mean."""
    return {key: value for key, value in sorted(live.items()) if not is_ours(key)}


def is_protected(live: Tags) -> bool:
    return live.get(PROTECT) == "true"


def is_ahead(at: datetime, live: State) -> bool:
    """Return whether an end lies after the moment of the read: a plan would take away what a file says is over."""
    return live.details.read_at is None or at > live.details.read_at


def export_user_expiry(document: Document, live: State) -> str | None:
    """Return the `expires` of a user that has this inline policy; None if it is another one, or over."""
    at = denial_start_of(document, live.partition)
    return format_timestamp(at) if at is not None and is_ahead(at, live) else None


def export_inline_policies(inline: Mapping[str, Document], live: State) -> dict[str, Json]:
    """Inline policies; one that ends, as a document and its end."""
    found: dict[str, Json] = {}
    for name, document in sorted(inline.items()):
        lasting = split_expiry(document, live.partition)
        ends = lasting is not None and is_ahead(lasting[1], live)
        found[name] = (
            {"document": to_readable(lasting[0]), "expires": format_timestamp(lasting[1])}
            if lasting is not None and ends
            else to_readable(document)
        )
    return found


def export_duration(seconds: int) -> str | int:
    """Return seconds as a file writes them: 3600 is `1h`; what is no whole minute stays a number."""
    return format_duration(seconds) if seconds and seconds % 60 == 0 else seconds


def as_nodes(value: object, file: str) -> object:
    """Plain values as nodes of a file (its name stands for the place of all of them)."""
    if isinstance(value, Mapping):
        found = Map(file, _START)
        for key, inner in value.items():
            found.put(key, as_nodes(inner, file), _START, _START)
        return found
    if isinstance(value, list):
        listed = Seq(file, _START)
        for inner in value:
            listed.put(as_nodes(inner, file), _START)
        return listed
    return value

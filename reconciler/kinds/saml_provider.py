"""SAML providers: whose assertions roles may trust, by the metadata that the identity provider gives out.

Sources: IAM API Reference, CreateSAMLProvider (names, 1,000 to 10,000,000 characters of metadata) and its neighbours.
Encryption of assertions and its private keys are left as they are: keys are secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import Declared
from reconciler.kinds.declaring import Declaring
from reconciler.kinds.facets import context_provider
from reconciler.kinds.facets.tags import Tagged, tag_list
from reconciler.kinds.facts import absent, deletion, present, step
from reconciler.kinds.planning import Planning
from reconciler.kinds.raw import Each, Raw, Source, tags_of
from reconciler.kinds.writing import Entry, Writing, entry, protected, tags
from reconciler.model.address import Address
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Tags
from reconciler.model.node import Map, text
from reconciler.model.plan import Phase, Step
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.xml import NotXml, Xml, parsed, xml_of

_LONGEST = 128
_SIZE = (1000, 10_000_000)
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_LABEL = "entityID"
_OF_IDENTITY_CENTER = re.compile(r"AWSSSO_\w+_DO_NOT_DELETE", re.ASCII)
_TAGS = Tagged("SAMLProvider")


@dataclass(frozen=True, slots=True)
class SamlProvider(Entity):
    kind: ClassVar[str] = "saml-provider"
    left_if_absent: ClassVar[frozenset[str]] = context_provider.FIELDS

    metadata: Xml
    tags: Tags = field(default_factory=dict)
    context_provider: str | None = None
    identity_center_instance: str | None = None

    @property
    def of_aws(self) -> bool:
        """The provider of IAM Identity Center, through which everybody of an organization signs in."""
        return _OF_IDENTITY_CENTER.fullmatch(self.name) is not None

    def shuts_out(self, after: Entity, statement: Statement) -> str:
        """Other metadata may hold other keys: which one signed the assertion of a session is not known."""
        changed = isinstance(after, SamlProvider) and after.metadata != self.metadata
        return f"the plan changes the metadata of {self.address}" if changed else ""


class SamlProviderKind:
    name: ClassVar[str] = "saml-provider"
    noun: ClassVar[str] = "SAMLProvider"
    entity: ClassVar[type[Entity]] = SamlProvider
    section: ClassVar[str | None] = "saml_providers"
    taggable: ClassVar[bool] = True
    immutable: ClassVar[Mapping[str, str]] = {}
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider TagSAMLProvider UntagSAMLProvider".split()
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source(
            "ListSAMLProviders",
            ("SAMLProviderList",),
            paged=False,
            each=Each("GetSAMLProvider", "SAMLProviderArn", "Arn"),
            optional=True,
            lists_kind=True,
        ),
    )
    schema: ClassVar[Mapping[str, Any]] = parts.entry(
        "SAML provider",
        "An identity provider whose SAML assertions roles may trust.",
        {
            "metadata": {
                "type": "string",
                "minLength": 1,
                "description": "Path of the identity provider's metadata, an XML file; relative to this file.",
                "examples": ["saml/okta.xml"],
            },
            **context_provider.SCHEMA,
            "tags": parts.ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
        ["metadata"],
    )

    def read(self, raw: Raw) -> Iterable[SamlProvider]:
        for item in raw.items("SAMLProviderList"):
            name = item["Arn"].partition(":saml-provider/")[2]
            propagation = context_provider.read_propagation(item)
            yield SamlProvider(
                name,
                xml_of(item.get("SAMLMetadataDocument") or "", _LABEL),
                tags_of(item.get("Tags")),
                propagation.context_provider,
                propagation.identity_center_instance,
            )

    def name_problems(self, name: str, place: Place) -> Iterator[Problem]:
        """IAM API, CreateSAMLProvider, parameter `Name`."""
        if len(name) > _LONGEST or not _NAME.fullmatch(name):
            hint = f"IAM allows letters, digits and . _ - in these names, at most {_LONGEST}."
            yield Problem(Level.ERROR, "bad-name", f"{name!r} is no name of a SAML provider.", "", hint, place)

    def declare(self, name: str, node: Map, context: Declaring) -> Iterable[Declared]:
        place = node.place("metadata")
        tags, named = context.tags(node), text(node, "metadata")
        propagation = context_provider.declare_propagation(node, context)
        loaded = context.load_text(named, place) if named is not None else None
        if loaded is None:
            return
        file, written = loaded
        low, high = _SIZE
        if not low <= len(written) <= high:
            summary = f"{file} has {len(written):,} characters; IAM takes SAML metadata of {low:,} to {high:,}."
            context.problem("bad-metadata", summary, place, "Is it the whole file that the identity provider gives?")
            return
        try:
            metadata = parsed(written, _LABEL)
        except NotXml as error:
            hint = "Download the metadata from the identity provider again."
            where = Place(file, error.line, error.column)
            context.problem("bad-metadata", f"Not XML that can be SAML metadata: {error.reason}.", where, hint)
            return
        entity = SamlProvider(name, metadata, tags, propagation.context_provider, propagation.identity_center_instance)
        yield Declared(entity, context.declaration(node))

    def written(self, entity: SamlProvider, writing: Writing) -> Entry | None:
        metadata = writing.file(f"saml/{entity.name}.xml", entity.metadata.text, entity.address)
        if metadata is None:
            return None
        return entry(
            metadata=metadata,
            **context_provider.written_propagation(entity),
            tags=tags(entity.tags),
            protect=protected(entity.tags),
        )

    def refers(self, entity: SamlProvider, planning: Planning) -> frozenset[Address]:
        return frozenset()

    def create(self, entity: SamlProvider, planning: Planning) -> list[Step]:
        parameters: dict[str, object] = {"Name": entity.name, "SAMLMetadataDocument": entity.metadata.text}
        if entity.tags:
            parameters["Tags"] = tag_list(entity.tags)
        parameters |= context_provider.create_parameters(entity)
        return [step(entity.address, Phase.CREATE, "CreateSAMLProvider", parameters, (), (present(entity.address),))]

    def update(self, before: SamlProvider, after: SamlProvider, planning: Planning) -> list[Step]:
        address, target, steps = before.address, self._target(before, planning), []
        if before.metadata != after.metadata:
            parameters = {**target, "SAMLMetadataDocument": after.metadata.text}
            steps = [step(address, Phase.SWAP, "UpdateSAMLProvider", parameters, (present(address),))]
        steps += context_provider.update_steps("UpdateSAMLProvider", target, before, after)
        return [*steps, *_TAGS.steps(address, target, before.tags, after.tags)]

    def delete(self, entity: SamlProvider, planning: Planning) -> list[Step]:
        """After the roles that trust it and go too, so that none of them dangles."""
        address = entity.address
        going = tuple(absent(role) for role in planning.trusting.get(address, ()) if role in planning.doomed)
        return deletion(address, [], "DeleteSAMLProvider", self._target(entity, planning), going)

    def _target(self, entity: SamlProvider, planning: Planning) -> dict[str, object]:
        return {"SAMLProviderArn": planning.arn(entity.address)}

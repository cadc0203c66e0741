"""Manage SAML providers, whose assertions roles may trust. A file names the metadata that the identity provider gives.

Sources: IAM API Reference, CreateSAMLProvider (names, 1,000 to 10,000,000 characters of metadata) and its neighbours.
No plan changes the encryption of assertions or its private keys: keys are secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity, Kind
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext, export_tags, is_protected, make_entry
from reconciler.kinds.facets import context_provider
from reconciler.kinds.facets.tags import TagFacet, to_tag_list
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import has_same_tags
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import ItemCall, RawAccount, ReadCall, tags_of
from reconciler.kinds.steps import absence_of, make_create_step, make_step, plan_deletion, presence_of, set_fields
from reconciler.model.address import Address
from reconciler.model.arns import ArnForm, arn_of
from reconciler.model.document import Statement
from reconciler.model.entity import Entity, Tags
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Call, Phase, Step
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.quotas import Quota
from reconciler.model.xml_document import XmlDocument, XmlError, parse_xml, parse_xml_or_opaque

_LONGEST = 128
_SIZE = (1000, 10_000_000)
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_LABEL = "entityID"
_OF_IDENTITY_CENTER = re.compile(r"AWSSSO_\w+_DO_NOT_DELETE", re.ASCII)
_TAGS = TagFacet("SAMLProvider")


@dataclass(frozen=True, slots=True)
class SamlProvider(Entity):
    """A SAML provider. metadata: the XML document of the identity provider."""

    kind: ClassVar[str] = "saml-provider"
    left_if_absent: ClassVar[frozenset[str]] = context_provider.FIELDS

    metadata: XmlDocument
    tags: Tags = field(default_factory=dict)
    context_provider: str | None = None
    identity_center_instance: str | None = None

    @property
    def is_aws_owned(self) -> bool:
        """True for the provider of IAM Identity Center, through which everybody of an organization signs in."""
        return _OF_IDENTITY_CENTER.fullmatch(self.name) is not None

    def revokes_access(self, after: Entity, statement: Statement) -> str:
        """Return a phrase if the metadata changes: it may lose the key that signed the assertion of a session."""
        changed = isinstance(after, SamlProvider) and after.metadata != self.metadata
        return f"the plan changes the metadata of {self.address}" if changed else ""


class SamlProviderKind(Kind):
    name: ClassVar[str] = "saml-provider"
    noun: ClassVar[str] = "SAMLProvider"
    entity: ClassVar[type[Entity]] = SamlProvider
    section: ClassVar[str | None] = "saml_providers"
    arn_form: ClassVar[ArnForm] = ArnForm.NAME_ONLY
    quota: ClassVar[Quota | None] = Quota("", "SAMLProvidersPerAccount", 100)
    lost_by_recreation: ClassVar[str] = (
        "A SAML provider that is created again has no private key to decrypt assertions with, and does not ask for "
        "encryption: set both again if it had them."
    )
    list_call: ClassVar[ReadCall | None] = ReadCall("ListSAMLProviders", ("SAMLProviderList",), paged=False)
    is_read_by_arn: ClassVar[bool] = True
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider TagSAMLProvider UntagSAMLProvider".split()
    )
    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall(
            "ListSAMLProviders",
            ("SAMLProviderList",),
            paged=False,
            item_call=ItemCall("GetSAMLProvider", "SAMLProviderArn", "Arn"),
            optional=True,
            lists_kind=True,
        ),
    )
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
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
            "tags": parts.make_ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
        ["metadata"],
    )

    def read(self, raw: RawAccount) -> Iterable[SamlProvider]:
        for item in raw.items_of("SAMLProviderList"):
            name = item["Arn"].partition(":saml-provider/")[2]
            propagation = context_provider.read_propagation(item)
            yield SamlProvider(
                name,
                parse_xml_or_opaque(item.get("SAMLMetadataDocument") or "", _LABEL),
                tags_of(item.get("Tags")),
                propagation.context_provider,
                propagation.identity_center_instance,
            )

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        arn = reader.find_arn(address)
        if arn is not None:
            yield "SAMLProviderList", {**reader.call_operation("GetSAMLProvider", SAMLProviderArn=arn), "Arn": arn}

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        if call.operation != "CreateSAMLProvider":
            return None
        request: Mapping[str, Any] = call.parameters
        arn = arn_of(Address(self.name, request["Name"]), "/", reader.account, reader.partition)
        live = reader.call_operation("GetSAMLProvider", SAMLProviderArn=arn)
        has_same_metadata = parse_xml_or_opaque(live["SAMLMetadataDocument"]) == parse_xml_or_opaque(
            request["SAMLMetadataDocument"]
        )
        propagation = context_provider.read_propagation
        return has_same_metadata and has_same_tags(live, request) and propagation(live) == propagation(request)

    def check_name(self, name: str, place: Place) -> Iterator[Problem]:
        """Check a name (IAM API, CreateSAMLProvider, parameter `Name`)."""
        if len(name) > _LONGEST or not _NAME.fullmatch(name):
            summary = f"IAM does not accept the SAML provider name {name!r}."
            hint = f"Use letters, digits and . _ - only, at most {_LONGEST} characters."
            yield Problem(Level.ERROR, "bad-name", summary, "", hint, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        place = node.place_of("metadata")
        tags, file_name = context.read_tags(node), get_text(node, "metadata")
        propagation = context_provider.declare_propagation(node, context)
        loaded = context.load_text(file_name, place) if file_name is not None else None
        if loaded is None:
            return
        file, written = loaded
        low, high = _SIZE
        if not low <= len(written) <= high:
            summary = f"{file} has {len(written):,} characters; IAM takes SAML metadata of {low:,} to {high:,}."
            hint = "Name the metadata file that the identity provider gives, complete and unchanged."
            context.add_problem("bad-metadata", summary, place, hint)
            return
        try:
            metadata = parse_xml(written, _LABEL)
        except XmlError as error:
            summary = f"The file is not SAML metadata: {error.reason}."
            hint = "Download the metadata from the identity provider again."
            context.add_problem("bad-metadata", summary, Place(file, error.line, error.column), hint)
            return
        entity = SamlProvider(name, metadata, tags, propagation.context_provider, propagation.identity_center_instance)
        yield DeclaredEntity(entity, context.read_declaration(node))

    def export(self, entity: SamlProvider, context: ExportContext) -> Entry | None:
        metadata = context.add_file(f"saml/{entity.name}.xml", entity.metadata.text, entity.address)
        if metadata is None:
            return None
        return make_entry(
            metadata=metadata,
            **context_provider.export_propagation(entity),
            tags=export_tags(entity.tags),
            protect=is_protected(entity.tags),
        )

    def create(self, entity: SamlProvider, context: PlanContext) -> list[Step]:
        parameters: dict[str, object] = {"Name": entity.name, "SAMLMetadataDocument": entity.metadata.text}
        if entity.tags:
            parameters["Tags"] = to_tag_list(entity.tags)
        parameters |= context_provider.make_create_parameters(entity)
        return [make_create_step(entity, self.noun, parameters)]

    def update(self, before: SamlProvider, after: SamlProvider, context: PlanContext) -> list[Step]:
        address, target, steps = before.address, self._target_of(before, context), []
        if before.metadata != after.metadata:
            parameters = {**target, "SAMLMetadataDocument": after.metadata.text}
            effect = set_fields(before, after, "UpdateSAMLProvider", "metadata")
            steps = [make_step(address, Phase.SWAP, effect, parameters, (presence_of(address),))]
        steps += context_provider.plan_changes("UpdateSAMLProvider", target, before, after)
        return [*steps, *_TAGS.plan_changes(address, target, before.tags, after.tags)]

    def delete(self, entity: SamlProvider, context: PlanContext) -> list[Step]:
        """Return the step that deletes it. Roles that trust it and are deleted too go first, so no trust dangles."""
        address = entity.address
        roles = context.trusting_roles.get(address, ())
        needs = tuple(absence_of(role) for role in roles if role in context.deletions)
        return plan_deletion(entity, self.noun, [], self._target_of(entity, context), needs)

    def _target_of(self, entity: SamlProvider, context: PlanContext) -> dict[str, object]:
        return {"SAMLProviderArn": context.arn_of(entity.address)}

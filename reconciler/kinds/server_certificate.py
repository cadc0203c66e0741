"""Manage server certificates that were uploaded by hand: name, path, tags and deletion. Warn before they expire.

The private key is a secret, so it comes from no file and no plan, and reconcile uploads nothing. Certificates are read
only for a file that has the section, so that no `prune` reaches them without it.
Sources: IAM API Reference, UploadServerCertificate, UpdateServerCertificate (name and path alone can change),
DeleteServerCertificate and GetServerCertificate; IAM User Guide, "Managing server certificates".
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity, Kind, MoveMethod
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext, export_path, export_tags, is_protected, make_entry
from reconciler.kinds.facets.placement import plan_placement
from reconciler.kinds.facets.tags import TagFacet
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import is_renamed
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import ItemCall, RawAccount, ReadCall, tags_of
from reconciler.kinds.steps import absence_of, make_step
from reconciler.model.address import Address
from reconciler.model.effects import NO_OPERATION, Delete
from reconciler.model.entity import Entity, Tags
from reconciler.model.node import Map, get_text
from reconciler.model.pem import PemCertificates, PemError, parse_pem, parse_pem_or_opaque
from reconciler.model.plan import Call, Phase, Step
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.quotas import Quota

WARN_AHEAD = timedelta(days=30)
_LONGEST_NAME = 128
_LIMITS = {"body": 16_384, "chain": 2_097_152}
"""Field → its longest text (IAM API, certificateBodyType and certificateChainType)."""
_TAGS = TagFacet("ServerCertificate")


@dataclass(frozen=True, slots=True)
class ServerCertificate(Entity):
    """A server certificate. chain: the certificates of the CAs above it; None: AWS has none."""

    kind: ClassVar[str] = "server-certificate"

    body: PemCertificates
    chain: PemCertificates | None = None
    path: str = "/"
    tags: Tags = field(default_factory=dict)


class ServerCertificateKind(Kind):
    name: ClassVar[str] = "server-certificate"
    noun: ClassVar[str] = "ServerCertificate"
    entity: ClassVar[type[Entity]] = ServerCertificate
    section: ClassVar[str | None] = "server_certificates"
    move_method: ClassVar[MoveMethod] = MoveMethod.RENAME
    is_created_by_hand: ClassVar[bool] = True
    quota: ClassVar[Quota | None] = Quota(
        "ServerCertificatesQuota", "ServerCertificatesPerAccount", 20, 1000, usage_key="ServerCertificates"
    )
    operations: ClassVar[frozenset[str]] = frozenset(
        "UpdateServerCertificate DeleteServerCertificate TagServerCertificate UntagServerCertificate".split()
    )
    refusal_hints: ClassVar[Mapping[str, str]] = {
        "DeleteServerCertificate DeleteConflict": "A load balancer or another service still uses the certificate. Give "
        "it another one there, wait some minutes, and apply again; or declare the certificate again to keep it."
    }
    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall(
            "ListServerCertificates",
            ("ServerCertificateMetadataList",),
            item_call=ItemCall("GetServerCertificate", "ServerCertificateName", "ServerCertificateName"),
            optional=True,
            lists_kind=True,
            needs_section=True,
        ),
    )
    list_call: ClassVar[ReadCall | None] = ReadCall("ListServerCertificates", ("ServerCertificateMetadataList",))
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
        "Server certificate",
        "A TLS certificate in IAM. It is uploaded by hand: its private key never comes from a file.",
        {
            "body": {
                "type": "string",
                "minLength": 1,
                "description": "Path of the certificate, a PEM file; relative to this file. AWS never changes it.",
                "examples": ["certificates/web.pem"],
            },
            "chain": {
                "type": "string",
                "minLength": 1,
                "description": "Path of the certificates of the CAs above it, a PEM file. Absent: none.",
                "examples": ["certificates/web-chain.pem"],
            },
            "path": parts.PATH,
            "tags": parts.make_ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
        ["body"],
    )

    def read(self, raw: RawAccount) -> Iterator[ServerCertificate]:
        for item in raw.items_of("ServerCertificateMetadataList"):
            certificate = item["ServerCertificate"]
            metadata, chain = certificate["ServerCertificateMetadata"], certificate.get("CertificateChain")
            yield ServerCertificate(
                metadata["ServerCertificateName"],
                parse_pem_or_opaque(certificate["CertificateBody"]),
                parse_pem_or_opaque(chain) if chain else None,
                metadata["Path"],
                tags_of(certificate.get("Tags")),
            )

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        answer = reader.call_operation("GetServerCertificate", ServerCertificateName=address.name)
        metadata = answer["ServerCertificate"]["ServerCertificateMetadata"]
        yield "ServerCertificateMetadataList", {**metadata, "ServerCertificate": answer["ServerCertificate"]}

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        """Return whether a rename took effect; None for every other call, which may be sent again."""
        request: Mapping[str, Any] = call.parameters
        if "NewServerCertificateName" not in request:
            return None

        def find_id(name: str) -> str:
            answer = reader.call_operation("GetServerCertificate", ServerCertificateName=name)
            return str(answer["ServerCertificate"]["ServerCertificateMetadata"]["ServerCertificateId"])

        return is_renamed(find_id, request["ServerCertificateName"], request["NewServerCertificateName"])

    def find_expirations(self, raw: RawAccount) -> Mapping[Address, datetime]:
        return {
            Address(self.name, item["ServerCertificateName"]): end
            for item in raw.items_of("ServerCertificateMetadataList")
            if (end := item["ServerCertificate"]["ServerCertificateMetadata"].get("Expiration"))
        }

    def check_name(self, name: str, place: Place) -> Iterable[Problem]:
        return limits.check_name("server certificate", name, _LONGEST_NAME, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        path = context.paths[Address(self.name, name)]
        if "path" in node:
            context.problems.extend(limits.check_path(path, node.place_of("path")))
        tags, chain = context.read_tags(node), _load_certificates("chain", node, context)
        body = _load_certificates("body", node, context)
        if body is None or (chain is None and "chain" in node):
            return
        if body.count > 1:
            summary = f"{body.label} holds {body.count} certificates; `body` takes one."
            hint = "Move the certificates of the CAs to a file of their own, and name that under `chain`."
            context.add_problem("bad-certificate", summary, node.place_of("body"), hint)
        yield DeclaredEntity(ServerCertificate(name, body, chain, path, tags), context.read_declaration(node))

    def export(self, entity: ServerCertificate, context: ExportContext) -> Entry | None:
        body = context.add_file(f"certificates/{entity.name}.pem", entity.body.text, entity.address)
        chain = entity.chain and context.add_file(
            f"certificates/{entity.name}-chain.pem", entity.chain.text, entity.address
        )
        if body is None:
            return None
        return make_entry(
            path=export_path(entity),
            body=body,
            chain=chain,
            tags=export_tags(entity.tags),
            protect=is_protected(entity.tags),
        )

    def check_change(
        self, before: ServerCertificate | None, after: ServerCertificate | None, context: PlanContext
    ) -> Iterator[Problem]:
        if before is None and after is not None:
            yield _refuse_creation(after)
        elif before is not None and after is None:
            summary = f"Deleting {before.address} is final: AWS never shows its private key, so no undo can upload it."
            hint = "Apply only if you have the private key, or if nobody needs the certificate any more."
            yield Problem(Level.WARNING, "certificate-deleted", summary, "", hint, address=before.address)
        elif before is not None and after is not None:
            for name in ("body", "chain"):
                live, desired = getattr(before, name), getattr(after, name)
                if live != desired:
                    yield _refuse_other_certificate(after, name, live, desired)

    def check_live(self, entity: ServerCertificate, context: PlanContext, now: datetime | None) -> Iterator[Problem]:
        end = context.baseline.details.expirations.get(entity.address)
        if end is None or now is None or end > now + WARN_AHEAD:
            return
        days = (end - now).days
        time_left = "1 day" if days == 1 else f"{days} days"
        status = f"expired on {end:%Y-%m-%d}" if end <= now else f"expires on {end:%Y-%m-%d}, in {time_left}"
        detail = "Clients then refuse the connections of every service that uses it."
        hint = f"Upload the new one under another name, give that to the services, then remove {entity.address}."
        code = "certificate-expired" if end <= now else "certificate-expires"
        yield Problem(Level.WARNING, code, f"{entity.address} {status}.", detail, hint, address=entity.address)

    def count_secrets(self, entity: ServerCertificate) -> int:
        """Count the private key, which AWS deletes with the certificate."""
        return 1

    def create(self, entity: ServerCertificate, context: PlanContext) -> list[Step]:
        """Return no step: `check_change` refuses the plan, and shows the command that uploads the certificate."""
        return []

    def update(self, before: ServerCertificate, after: ServerCertificate, context: PlanContext) -> list[Step]:
        target: dict[str, object] = {"ServerCertificateName": after.name}
        return [
            *plan_placement(self.noun, before, after, context),
            *_TAGS.plan_changes(after.address, target, before.tags, after.tags),
        ]

    def delete(self, entity: ServerCertificate, context: PlanContext) -> list[Step]:
        effect = Delete(entity.address, f"Delete{self.noun}", NO_OPERATION, entity)
        absence_facts = (absence_of(entity.address),)
        return [
            make_step(entity.address, Phase.DELETE, effect, {"ServerCertificateName": entity.name}, (), absence_facts)
        ]


def _load_certificates(key: str, node: Map, context: DeclareContext) -> PemCertificates | None:
    """Load the PEM file that a key names. A problem never quotes the file: it may hold a private key."""
    written, place = get_text(node, key), node.place_of(key)
    loaded = context.load_text(written, place) if written is not None else None
    if loaded is None or written is None:
        return None
    file, text = loaded
    try:
        certificates = parse_pem(text, written)
    except PemError as error:
        code, hint = "bad-certificate", "Name a PEM file that holds certificates only."
        if error.has_private_key:
            code, hint = "private-key", "Move the key out of the file: reconcile never reads, stores or sends one."
        context.add_problem(code, f"{file} cannot be the {key} of a certificate: {error.reason}.", place, hint)
        return None
    size, limit = len(certificates.text), _LIMITS[key]
    if size > limit:
        summary = f"{file} has {size:,} characters of certificates; IAM accepts at most {limit:,} as {key}."
        context.add_problem("bad-certificate", summary, place, "Name the right file, or remove certificates from it.")
        return None
    return certificates


def _refuse_creation(entity: ServerCertificate) -> Problem:
    summary = f"{entity.address} is not in the account, and reconcile does not upload certificates."
    detail = "An upload sends the private key, which is a secret and never comes from a file or a plan."
    hint = f"Upload it by hand, and plan again: {_make_upload_command(entity)}"
    return Problem(Level.ERROR, "certificate-not-uploaded", summary, detail, hint, address=entity.address)


def _make_upload_command(entity: ServerCertificate) -> str:
    """Return the command to paste; only the file of the private key is left to fill in."""
    words = ["aws", "iam", "upload-server-certificate", "--server-certificate-name", entity.name]
    words += ["--path", entity.path] if entity.path != "/" else []
    words += ["--certificate-body", f"file://{entity.body.label or 'CERTIFICATE.pem'}"]
    words += ["--certificate-chain", f"file://{entity.chain.label or 'CHAIN.pem'}"] if entity.chain else []
    return f"{shlex.join(words)} --private-key file://PRIVATE-KEY.pem"


def _refuse_other_certificate(
    entity: ServerCertificate, name: str, live: PemCertificates | None, desired: PemCertificates | None
) -> Problem:
    both = f"is {live or 'absent'} in the account, and {desired or 'absent'} in the file"
    summary = f"The {name} of {entity.address} {both}."
    detail = "AWS cannot change an uploaded certificate: UpdateServerCertificate changes only its name and path."
    hint = (
        "Upload the new one by hand under another name and declare that; once no service uses the old one, take its "
        f"entry out. To keep the live one, name its file, or write `ignore_changes: [{name}]`."
    )
    return Problem(Level.ERROR, "immutable-field", summary, detail, hint, address=entity.address)

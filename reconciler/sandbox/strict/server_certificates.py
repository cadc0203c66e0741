"""Keep server certificates without moto, which accepts any text as one, and has no update and no tags.

Sources: IAM API Reference, UploadServerCertificate (MalformedCertificate, KeyPairMismatch, EntityAlreadyExists; the
path `/cloudfront/` has no special check there), UpdateServerCertificate, DeleteServerCertificate (DeleteConflict for
one that a service uses, which nothing here does), GetServerCertificate (with tags), ListServerCertificates (without
body, chain and tags; PathPrefix). The private key is compared with the certificate and forgotten.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from reconciler.kinds.registry import PER_ACCOUNT
from reconciler.sandbox.query_protocol import AwsError, Content, Reply, build_reply, format_timestamp
from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, quota_error
from reconciler.sandbox.strict.entity_names import refuse_bad_name, refuse_bad_path, refuse_taken_name
from reconciler.sandbox.strict.ledger import CERTIFICATE, IamEntity, StoredCertificate
from reconciler.sandbox.strict.paging import build_page
from reconciler.sandbox.strict.tags import as_content

_NAME = "ServerCertificateName"
_NEW_NAME = "NewServerCertificateName"


def check_upload(call: ApiCall) -> None:
    refuse_bad_name(CERTIFICATE, _NAME, call.get(_NAME))
    if call.has("Path"):
        refuse_bad_path(CERTIFICATE, call.get("Path"))
    refuse_taken_name(call, CERTIFICATE, call.get(_NAME))
    quota = PER_ACCOUNT[CERTIFICATE]
    if call.ledger.count_kind(CERTIFICATE) >= quota.default:
        raise quota_error(quota)


def upload(call: ApiCall) -> Reply:
    body, chain = _read_certificate(call.get("CertificateBody"), "body"), call.get("CertificateChain")
    if chain:
        _read_certificate(chain, "chain")
    _check_key(body, call.get("PrivateKey"))
    path, name = call.get("Path") or "/", call.get(_NAME)
    owner = f"arn:{call.ledger.partition}:iam::{call.ledger.account}"
    entity = IamEntity(
        CERTIFICATE,
        name,
        f"{owner}:{CERTIFICATE}{path}{name}",
        "ASCA" + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(17)),
        path,
        certificate=StoredCertificate(
            call.get("CertificateBody"),
            chain,
            format_timestamp(clock.now()),
            format_timestamp(body.not_valid_after_utc.timestamp()),
        ),
    )
    call.ledger.add(entity)
    return build_reply(call.action, {"ServerCertificateMetadata": _metadata_of(entity), "Tags": _given_tags_of(call)})


def _given_tags_of(call: ApiCall) -> list[dict[str, str]]:
    return as_content(dict(call.get_tags("Tags")))


def _read_certificate(text: str, label: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise AwsError(
            "MalformedCertificate", f"Unable to parse certificate {label}. Please ensure it is PEM."
        ) from None


def _check_key(certificate: x509.Certificate, key: str) -> None:
    try:
        public = load_pem_private_key(key.encode(), None).public_key()
        key_bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AwsError("MalformedCertificate", "Private Key is not valid. Please use unencrypted PEM.") from None
    if key_bytes != certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise AwsError("KeyPairMismatch", "Public key certificate does not match private key.")


def _metadata_of(entity: IamEntity) -> Mapping[str, Content]:
    stored = _certificate_of(entity)
    return {
        "Path": entity.path,
        _NAME: entity.name,
        "ServerCertificateId": entity.id,
        "Arn": entity.arn,
        "UploadDate": stored.uploaded,
        "Expiration": stored.expires,
    }


def _certificate_of(entity: IamEntity) -> StoredCertificate:
    assert entity.certificate is not None, "every entity of the kind is made by an upload"
    return entity.certificate


def get_certificate(call: ApiCall) -> Reply:
    entity = call.require_entity(CERTIFICATE)
    stored = _certificate_of(entity)
    answer: dict[str, Content] = {"ServerCertificateMetadata": _metadata_of(entity), "CertificateBody": stored.body}
    if stored.chain:
        answer["CertificateChain"] = stored.chain
    return build_reply(call.action, {"ServerCertificate": {**answer, "Tags": as_content(entity.tags)}})


def list_certificates(call: ApiCall) -> Reply:
    prefix = call.get("PathPrefix") or "/"
    listed = [entity for entity in call.ledger.list_kind(CERTIFICATE) if entity.path.startswith(prefix)]
    return build_page(call, {"ServerCertificateMetadataList": [_metadata_of(entity) for entity in listed]})


def check_update(call: ApiCall) -> None:
    entity = call.require_entity(CERTIFICATE)
    if call.has("NewPath"):
        refuse_bad_path(CERTIFICATE, call.get("NewPath"))
    if call.get(_NEW_NAME):
        refuse_bad_name(CERTIFICATE, _NEW_NAME, call.get(_NEW_NAME))
        refuse_taken_name(call, CERTIFICATE, call.get(_NEW_NAME), ignored=entity)


def update(call: ApiCall) -> Reply:
    entity = call.require_entity(CERTIFICATE)
    call.ledger.move(entity, call.get(_NEW_NAME) or entity.name, call.get("NewPath") or entity.path)
    return build_reply(call.action)


def delete(call: ApiCall) -> Reply:
    call.ledger.remove(call.require_entity(CERTIFICATE))
    return build_reply(call.action)


RULES = ActionRules(
    checks={"UploadServerCertificate": check_upload, "UpdateServerCertificate": check_update},
    answers={
        "UploadServerCertificate": upload,
        "GetServerCertificate": get_certificate,
        "ListServerCertificates": list_certificates,
        "UpdateServerCertificate": update,
        "DeleteServerCertificate": delete,
    },
)

"""Server certificates for tests: the pair of the example, made for it alone, and pairs that end when a test says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

EXAMPLE = Path(__file__).parents[2] / "examples/certificates"
BODY = (EXAMPLE / "web.pem").read_text(encoding="utf-8")
CHAIN = (EXAMPLE / "web-chain.pem").read_text(encoding="utf-8")
PRIVATE_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIyvuAqo/Boqa2R6q
pfAZbV4ddXLsoI33wSOFAzeNr7ahRANCAASMCD7sOOe8KONJpdw2qUg+pTfWsphM
jT8Zq4r0UO4wjIiDwyb+ZUBB97qjL0gQRx7S5Zigb0/jNSOi488ENUJO
-----END PRIVATE KEY-----
"""
"""Of BODY. It protects nothing: the certificate is signed by a CA that nobody trusts."""


def upload(iam: Any, name: str, chain: str = CHAIN, **more: Any) -> Mapping[str, Any]:
    """Upload the example's certificate under a name; return its metadata."""
    given = {"CertificateChain": chain} if chain else {}
    made = iam.upload_server_certificate(
        ServerCertificateName=name, CertificateBody=BODY, PrivateKey=PRIVATE_KEY, **given, **more
    )
    metadata: Mapping[str, Any] = made["ServerCertificateMetadata"]
    return metadata


def make_pair(left: timedelta) -> tuple[str, str]:
    """Return a certificate that ends so long from now, and its private key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "short.example.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=900))
    made = builder.not_valid_after(now + left).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), secret.decode()

"""Rules about server certificates."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE

_CERTIFICATES = f"{IAM_GUIDE}/id_credentials_server-certs.html"

RULES = (
    Rule(
        "bad-certificate",
        Level.ERROR,
        title="A certificate file cannot be read, or is not what its key takes",
        why="IAM takes PEM: one certificate as the body, and the certificates of the CAs above it as the chain.",
        how_to_fix="Name a PEM file with certificates alone. `body` takes one; move the others to the file of `chain`.",
        source=_CERTIFICATES,
    ),
    Rule(
        "certificate-deleted",
        Level.WARNING,
        title="The plan deletes a server certificate, and no undo brings it back",
        why="AWS gives its private key to nobody, so nobody can upload it again from what AWS had.",
        how_to_fix="Apply only if you have the private key, or if nobody needs the certificate any more.",
        source=_CERTIFICATES,
    ),
    Rule(
        "certificate-expired",
        Level.WARNING,
        title="A server certificate has expired",
        why="Clients refuse the connections of every service that uses it.",
        how_to_fix="Upload the new one under another name, give that to the services, then remove the old entry.",
        source=_CERTIFICATES,
    ),
    Rule(
        "certificate-expires",
        Level.WARNING,
        title="A server certificate expires within 30 days",
        why="Clients will refuse the connections of every service that uses it.",
        how_to_fix="Upload the new one under another name, give that to the services, then remove the old entry.",
        source=_CERTIFICATES,
    ),
    Rule(
        "certificate-not-uploaded",
        Level.ERROR,
        title="A declared server certificate is not in the account",
        why="An upload sends the private key. That is a secret, and never comes from a file or a plan.",
        how_to_fix="Upload it by hand with the command that the message gives, and plan again.",
        source=f"{IAM_API}/API_UploadServerCertificate.html",
    ),
    Rule(
        "private-key",
        Level.ERROR,
        title="A certificate file holds a private key",
        why="A key in a repository is known to everybody who can read it. reconcile never reads, stores or sends one.",
        how_to_fix="Move the key out of the file. If it was ever committed, replace certificate and key.",
    ),
)

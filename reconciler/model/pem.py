"""Parse certificates in PEM into values that are equal if the certificates are, and that keep their text.

Line breaks, and the notes that tools write around the blocks, do not count (RFC 7468, sections 2 and 5). A text with a
private key is refused, and no error quotes it: keys are secrets.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_LABEL = "CERTIFICATE"


class PemError(ValueError):
    """The error for a text that reconcile does not accept as certificates.

    reason: the reason, as a clause. has_private_key: true if the text holds a private key.
    """

    def __init__(self, reason: str, *, has_private_key: bool = False) -> None:
        super().__init__(reason, has_private_key)
        self.reason, self.has_private_key = reason, has_private_key


@dataclass(frozen=True, slots=True)
class PemCertificates:
    """One or more certificates.

    digest: `sha256:…` of the certificates. text: their blocks alone. label: the file that they come from.
    """

    digest: str
    text: str = field(compare=False, repr=False)
    label: str = field(default="", compare=False)

    @property
    def count(self) -> int:
        return self.text.count(f"-----BEGIN {_LABEL}-----")

    def __str__(self) -> str:
        size = "1 certificate" if self.count == 1 else f"{self.count} certificates"
        return f"{self.label}, {size}, {self.digest[:19]}" if self.label else f"{size}, {self.digest[:19]}"


def parse_pem(text: str, label: str = "") -> PemCertificates:
    """Return the certificates of a text, in their order. Raises PemError. label: the file of the text."""
    if "PRIVATE KEY-----" in text:
        raise PemError("it holds a private key", has_private_key=True)
    blocks = [match for match in _BLOCK.finditer(text) if match[1] == _LABEL]
    if not blocks:
        raise PemError(f"it holds no block that begins with -----BEGIN {_LABEL}-----")
    digest = hashlib.sha256()
    for match in blocks:
        try:
            content = base64.b64decode("".join(match[2].split()), validate=True)
        except (binascii.Error, ValueError):
            raise PemError("the text between BEGIN and END is not Base64") from None
        digest.update(len(content).to_bytes(8, "big") + content)
    return PemCertificates(f"sha256:{digest.hexdigest()}", "\n".join(match[0] for match in blocks) + "\n", label)


def parse_pem_or_opaque(text: str, label: str = "") -> PemCertificates:
    """Return the certificates of a live text. One that is not PEM is equal only to itself.

    Raises PemError for a text with a private key.
    """
    try:
        return parse_pem(text, label)
    except PemError as error:
        if error.has_private_key:
            raise
        digest = hashlib.sha256(f"not PEM: {text}".encode(errors="surrogatepass")).hexdigest()
        return PemCertificates(f"sha256:{digest}", text, label)

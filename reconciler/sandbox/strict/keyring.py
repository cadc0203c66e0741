"""Record every access key that was given out, of users and of sessions, and identify the caller of a request.

Signatures are not verified. Keys that do not look like AWS's, and the sandbox's own key, belong to the root user.
GetFederationToken returns a constant example of the emulator, which identifies nobody.
Sources: IAM User Guide, "IAM identifiers" (AKIA long-term, ASIA temporary); STS API Reference, "Common Errors"
(InvalidClientTokenId, ExpiredToken).
"""

from __future__ import annotations

import hmac
import math
import re
from dataclasses import dataclass, field

from reconciler.sandbox.query_protocol import AwsError, HttpRequest
from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.ledger import IamEntity, Tags

ROOT_KEY_ID = "AKIASANDBOXSANDBOX00"
KEY_ID_PATTERN = re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}")


@dataclass(frozen=True, eq=False)
class RoleSession:
    """The session of an assumed role.

    role: None if it was not created in this sandbox. tags: the session's tags, inherited ones included.
    policy, policy_arns: its session policies.
    """

    arn: str
    id: str
    role: IamEntity | None = None
    source_identity: str = ""
    tags: Tags = field(default_factory=dict)
    transitive_keys: frozenset[str] = frozenset()
    policy: str = ""
    policy_arns: tuple[str, ...] = ()


@dataclass(eq=False)
class IssuedKey:
    """An access key of a user, of a role's session, or, if both are None, of the root user.

    token: the session token; "" for long-term keys. issued, expires: seconds since 1970.
    mfa_at: seconds since 1970 at which an MFA code was given; None if none was.
    """

    id: str
    account: str
    user: IamEntity | None = None
    session: RoleSession | None = None
    is_active: bool = True
    created: str = ""
    token: str = field(default="", repr=False)
    issued: float = 0.0
    expires: float = math.inf
    mfa_at: float | None = None

    @property
    def is_temporary(self) -> bool:
        return bool(self.token)


class Keyring:
    """Every key that was given out, in all accounts. account: the root user's; its keys are not recorded."""

    def __init__(self, account: str) -> None:
        self._keys: dict[str, IssuedKey] = {}
        self._root = IssuedKey(ROOT_KEY_ID, account)

    def add(self, key: IssuedKey) -> None:
        self._keys[key.id] = key

    def find(self, access_key: str) -> IssuedKey | None:
        return self._keys.get(access_key)

    def remove(self, access_key: str) -> None:
        self._keys.pop(access_key, None)

    def keys_of(self, user: IamEntity) -> list[IssuedKey]:
        """Return the user's long-term keys in the order of their creation."""
        return [key for key in self._keys.values() if key.user is user and not key.is_temporary]

    def forget_user(self, user: IamEntity) -> None:
        """Remove all keys of a deleted user, and those of its sessions."""
        self._keys = {name: key for name, key in self._keys.items() if key.user is not user}

    def identify_caller(self, request: HttpRequest) -> IssuedKey:
        """Return the key that a request was made with. Raises AwsError if it is unknown, inactive or expired."""
        name = request.access_key
        key = self._keys.get(name)
        if key is None:
            if KEY_ID_PATTERN.fullmatch(name) and name != ROOT_KEY_ID:
                raise invalid_token_error()
            return self._root
        token = request.header("x-amz-security-token") or request.parameters.get("X-Amz-Security-Token", "")
        if not key.is_active or not hmac.compare_digest(token.encode(), key.token.encode()):
            raise invalid_token_error()
        if clock.now() >= key.expires:
            raise AwsError("ExpiredToken", "The security token included in the request is expired", status=403)
        return key


def invalid_token_error() -> AwsError:
    return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)

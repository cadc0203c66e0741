"""One request on its way through the layer, and what a room may say about it.

A room is a `ActionRules`: checks may refuse, an answer stands in for the emulator's, edits mend the reply and keep
the ledger. Everything runs under the upstream's lock, so a check still holds when the call arrives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.quotas import Quota
from reconciler.sandbox.query_protocol import HttpRequest, Refusal, Reply
from reconciler.sandbox.strict.keyring import IssuedKey, Keyring
from reconciler.sandbox.strict.ledger import (
    CERTIFICATE,
    GROUP,
    MFA,
    OIDC,
    POLICY,
    PROFILE,
    ROLE,
    SAML,
    USER,
    IamEntity,
    Ledger,
)
from reconciler.sandbox.upstream import Upstream

NAME_PARAMETERS = {
    USER: "UserName",
    GROUP: "GroupName",
    ROLE: "RoleName",
    PROFILE: "InstanceProfileName",
    POLICY: "PolicyArn",
    OIDC: "OpenIDConnectProviderArn",
    SAML: "SAMLProviderArn",
    MFA: "SerialNumber",
    CERTIFICATE: "ServerCertificateName",
}
ARN_KINDS = (POLICY, OIDC, SAML, MFA)
NO_SUCH_MESSAGES = {
    USER: "The user with name {} cannot be found.",
    GROUP: "The group with name {} cannot be found.",
    ROLE: "The role with name {} cannot be found.",
    PROFILE: "Instance Profile {} cannot be found.",
    POLICY: "Policy {} was not found.",
    OIDC: "OpenIDConnect Provider not found for arn {}",
    SAML: "SAML provider {} does not exist.",
    MFA: "MFA device with serial number {} does not exist.",
    CERTIFICATE: "The Server Certificate with name {} cannot be found.",
}


@dataclass
class ApiCall:
    request: HttpRequest
    caller: IssuedKey
    ledger: Ledger
    """Of the caller's account."""
    ledgers: Mapping[str, Ledger]
    """Of every account that has been used, by its id."""
    keyring: Keyring
    upstream: Upstream
    known_policies: set[str]
    """ARNs of AWS-managed policies that the emulator is known to have."""

    @property
    def action(self) -> str:
        return self.request.action

    @property
    def parameters(self) -> dict[str, str]:
        """Those of the operation itself."""
        return {name: value for name, value in self.request.parameters.items() if name not in ("Action", "Version")}

    def get(self, name: str) -> str:
        return self.request.parameters.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.request.parameters

    def get_list(self, name: str) -> list[str]:
        """A list parameter: `Name.member.1`, `Name.member.2`, …"""
        return self.get_members(name)

    def get_members(self, name: str, member: str = "") -> list[str]:
        """Of a list of structures, this member: `Name.member.1.Member`, …"""
        pattern = re.compile(rf"{name}\.member\.(\d+)" + (rf"\.{member}" if member else ""))
        found = ((pattern.fullmatch(key), value) for key, value in self.request.parameters.items())
        return [value for _, value in sorted((int(m[1]), value) for m, value in found if m)]

    def get_tags(self, name: str) -> list[tuple[str, str]]:
        """A list of tags: `Name.member.1.Key` and `.Value`, …"""
        return list(self._iter_tags(name))

    def _iter_tags(self, name: str) -> Iterator[tuple[str, str]]:
        index = 1
        while (key := f"{name}.member.{index}.Key") in self.request.parameters:
            yield self.get(key), self.get(f"{name}.member.{index}.Value")
            index += 1

    def find_entity(self, kind: str) -> IamEntity | None:
        """The entity of this kind that the call names, where the ledger has it."""
        name = self.get(NAME_PARAMETERS[kind])
        return self.ledger.find_by_arn(name) if kind in ARN_KINDS else self.ledger.find(kind, name)

    def require_entity(self, kind: str) -> IamEntity:
        entity = self.find_entity(kind)
        if entity is None:
            raise no_such_entity_error(kind, self.get(NAME_PARAMETERS[kind]))
        return entity

    def forward(self) -> Reply:
        """The emulator's own answer, or a proper refusal where it has none but a web page."""
        return require_supported(self.action, self.upstream.send(self.request))

    def invoke(self, action: str, **parameters: str) -> Reply:
        return require_supported(action, self.upstream.invoke(self.request, action, parameters))


def require_supported(action: str, reply: Reply) -> Reply:
    if reply.ok or reply.is_xml:
        return reply
    raise Refusal("NotImplemented", f"Neither the sandbox nor the emulator behind it answers {action}.", status=501)


def no_such_entity_error(kind: str, name: str) -> Refusal:
    return Refusal("NoSuchEntity", NO_SUCH_MESSAGES[kind].format(name), status=404)


def access_denied_error(message: str) -> Refusal:
    return Refusal("AccessDenied", message, status=403)


def limit_exceeded_error(message: str) -> Refusal:
    return Refusal("LimitExceeded", message, status=409)


def quota_error(quota: Quota) -> Refusal:
    """In AWS's words: "Cannot exceed quota for PoliciesPerRole: 10" (aws/eks-hybrid#741)."""
    return limit_exceeded_error(f"Cannot exceed quota for {quota.limit_name}: {quota.default}")


Check = Callable[[ApiCall], None]
Answer = Callable[[ApiCall], Reply]
Edit = Callable[[ApiCall, Reply], None]


@dataclass(frozen=True)
class ActionRules:
    """What one room says, per action. An edit sees successful replies only."""

    checks: Mapping[str, Check] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    edits: Mapping[str, Edit] = field(default_factory=dict)

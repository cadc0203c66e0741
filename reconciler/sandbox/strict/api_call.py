"""`ApiCall`, one request on its way through the layer, and `ActionRules`, the rules for a set of actions.

A check may refuse a call. An answer replaces that of the emulator. An edit corrects the reply and updates the ledger.
All run under the upstream's lock, so a check still holds when the call reaches the emulator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.quotas import Quota
from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply
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
    """One request to IAM or STS, and the state that rules may read and change.

    caller: the key that the request was made with. ledger: the entities of the caller's account.
    ledgers: account id → entities, for every account used so far. keyring: every key given out.
    known_policies: ARNs of AWS-managed policies that the emulator is known to have.
    """

    request: HttpRequest
    caller: IssuedKey
    ledger: Ledger
    ledgers: Mapping[str, Ledger]
    keyring: Keyring
    upstream: Upstream
    known_policies: set[str]

    @property
    def action(self) -> str:
        return self.request.action

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters of the operation, without Action and Version."""
        return {name: value for name, value in self.request.parameters.items() if name not in ("Action", "Version")}

    def get(self, name: str) -> str:
        return self.request.parameters.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.request.parameters

    def get_list(self, name: str) -> list[str]:
        """Return a list parameter: `Name.member.1`, `Name.member.2`, …"""
        return self.get_members(name)

    def get_members(self, name: str, member: str = "") -> list[str]:
        """Return one member of each structure in a list: `Name.member.1.Member`, …"""
        pattern = re.compile(rf"{name}\.member\.(\d+)" + (rf"\.{member}" if member else ""))
        matches = ((pattern.fullmatch(key), value) for key, value in self.request.parameters.items())
        return [value for _, value in sorted((int(m[1]), value) for m, value in matches if m)]

    def get_tags(self, name: str) -> list[tuple[str, str]]:
        """Return a list of tags: `Name.member.1.Key` and `.Value`, …"""
        return list(self._iter_tags(name))

    def _iter_tags(self, name: str) -> Iterator[tuple[str, str]]:
        index = 1
        while (key := f"{name}.member.{index}.Key") in self.request.parameters:
            yield self.get(key), self.get(f"{name}.member.{index}.Value")
            index += 1

    def find_entity(self, kind: str) -> IamEntity | None:
        """Return the entity of this kind that the call names; None if the ledger does not have it."""
        name = self.get(NAME_PARAMETERS[kind])
        return self.ledger.find_by_arn(name) if kind in ARN_KINDS else self.ledger.find(kind, name)

    def require_entity(self, kind: str) -> IamEntity:
        """Return the entity of this kind that the call names. Raises AwsError (NoSuchEntity)."""
        entity = self.find_entity(kind)
        if entity is None:
            raise no_such_entity_error(kind, self.get(NAME_PARAMETERS[kind]))
        return entity

    def forward(self) -> Reply:
        """Return the emulator's answer. Raises AwsError if the emulator answers with a web page instead."""
        return require_supported(self.action, self.upstream.send(self.request))

    def invoke(self, action: str, **parameters: str) -> Reply:
        """Make another call to the emulator on behalf of the caller, and return its answer."""
        return require_supported(action, self.upstream.invoke(self.request, action, parameters))


def require_supported(action: str, reply: Reply) -> Reply:
    if reply.ok or reply.is_xml:
        return reply
    raise AwsError("NotImplemented", f"Neither the sandbox nor the emulator behind it answers {action}.", status=501)


def no_such_entity_error(kind: str, name: str) -> AwsError:
    return AwsError("NoSuchEntity", NO_SUCH_MESSAGES[kind].format(name), status=404)


def access_denied_error(message: str) -> AwsError:
    return AwsError("AccessDenied", message, status=403)


def limit_exceeded_error(message: str) -> AwsError:
    return AwsError("LimitExceeded", message, status=409)


def quota_error(quota: Quota) -> AwsError:
    """Return the refusal in AWS's words: "Cannot exceed quota for PoliciesPerRole: 10" (aws/eks-hybrid#741)."""
    return limit_exceeded_error(f"Cannot exceed quota for {quota.limit_name}: {quota.default}")


Check = Callable[[ApiCall], None]
Answer = Callable[[ApiCall], Reply]
Edit = Callable[[ApiCall, Reply], None]


@dataclass(frozen=True)
class ActionRules:
    """The rules of one subject, per action. Edits see successful replies only."""

    checks: Mapping[str, Check] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    edits: Mapping[str, Edit] = field(default_factory=dict)

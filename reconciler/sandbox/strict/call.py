"""One request on its way through the layer, and what a room may say about it.

A room is a `Rules`: checks may refuse, an answer stands in for the emulator's, edits mend the reply and keep
the ledger. Everything runs under the upstream's lock, so a check still holds when the call arrives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.quotas import Quota
from reconciler.sandbox.strict.keyring import Key, Keyring
from reconciler.sandbox.strict.ledger import (
    GROUP,
    MFA,
    OIDC,
    POLICY,
    PROFILE,
    ROLE,
    SAML,
    USER,
    Entity,
    Ledger,
)
from reconciler.sandbox.upstream import Upstream
from reconciler.sandbox.wire import Refusal, Reply, Request

NAMED_BY = {
    USER: "UserName",
    GROUP: "GroupName",
    ROLE: "RoleName",
    PROFILE: "InstanceProfileName",
    POLICY: "PolicyArn",
    OIDC: "OpenIDConnectProviderArn",
    SAML: "SAMLProviderArn",
    MFA: "SerialNumber",
}
KEYED_BY_ARN = (POLICY, OIDC, SAML, MFA)
ABSENT = {
    USER: "The user with name {} cannot be found.",
    GROUP: "The group with name {} cannot be found.",
    ROLE: "The role with name {} cannot be found.",
    PROFILE: "Instance Profile {} cannot be found.",
    POLICY: "Policy {} was not found.",
    OIDC: "OpenIDConnect Provider not found for arn {}",
    SAML: "SAML provider {} does not exist.",
    MFA: "MFA device with serial number {} does not exist.",
}


@dataclass
class Call:
    request: Request
    caller: Key
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

    def given(self, name: str) -> str:
        return self.request.parameters.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.request.parameters

    def items(self, name: str) -> list[str]:
        """A list parameter: `Name.member.1`, `Name.member.2`, …"""
        return self.listed(name)

    def listed(self, name: str, member: str = "") -> list[str]:
        """Of a list of structures, this member: `Name.member.1.Member`, …"""
        pattern = re.compile(rf"{name}\.member\.(\d+)" + (rf"\.{member}" if member else ""))
        found = ((pattern.fullmatch(key), value) for key, value in self.request.parameters.items())
        return [value for _, value in sorted((int(m[1]), value) for m, value in found if m)]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """A list of tags: `Name.member.1.Key` and `.Value`, …"""
        return list(self._pairs(name))

    def _pairs(self, name: str) -> Iterator[tuple[str, str]]:
        index = 1
        while (key := f"{name}.member.{index}.Key") in self.request.parameters:
            yield self.given(key), self.given(f"{name}.member.{index}.Value")
            index += 1

    def subject(self, kind: str) -> Entity | None:
        """The entity of this kind that the call names, where the ledger has it."""
        name = self.given(NAMED_BY[kind])
        return self.ledger.by_arn(name) if kind in KEYED_BY_ARN else self.ledger.find(kind, name)

    def need(self, kind: str) -> Entity:
        entity = self.subject(kind)
        if entity is None:
            raise no_such(kind, self.given(NAMED_BY[kind]))
        return entity

    def forward(self) -> Reply:
        """The emulator's own answer, or a proper refusal where it has none but a web page."""
        return proper(self.action, self.upstream.send(self.request))

    def ask(self, action: str, **parameters: str) -> Reply:
        return proper(action, self.upstream.ask(self.request, action, parameters))


def proper(action: str, reply: Reply) -> Reply:
    if reply.ok or reply.is_xml:
        return reply
    raise Refusal("NotImplemented", f"Neither the sandbox nor the emulator behind it answers {action}.", status=501)


def no_such(kind: str, name: str) -> Refusal:
    return Refusal("NoSuchEntity", ABSENT[kind].format(name), status=404)


def denied(message: str) -> Refusal:
    return Refusal("AccessDenied", message, status=403)


def over_quota(message: str) -> Refusal:
    return Refusal("LimitExceeded", message, status=409)


def past(quota: Quota) -> Refusal:
    """In AWS's words: "Cannot exceed quota for PoliciesPerRole: 10" (aws/eks-hybrid#741)."""
    return over_quota(f"Cannot exceed quota for {quota.refused_as}: {quota.default}")


Check = Callable[[Call], None]
Answer = Callable[[Call], Reply]
Edit = Callable[[Call, Reply], None]


@dataclass(frozen=True)
class Rules:
    """What one room says, per action. An edit sees successful replies only."""

    checks: Mapping[str, Check] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    edits: Mapping[str, Edit] = field(default_factory=dict)

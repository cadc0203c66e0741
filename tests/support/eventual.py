"""IAM's delays: what is written is shown, and can be named, only after a while.

Sources: IAM User Guide, "Troubleshoot IAM: Changes that I make are not always immediately visible"; what AWS answers
meanwhile is what its own Terraform provider waits for: NoSuchEntity, MalformedPolicyDocument "Invalid principal in
policy", DeleteConflict.
"""

from __future__ import annotations

import copy
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.strict.call import ABSENT, NAMED_BY
from reconciler.sandbox.strict.ledger import GROUP, MFA, OIDC, POLICY, PROFILE, ROLE, SAML, USER
from reconciler.sandbox.wire import IAM_VERSION, Refusal, Reply, Request, members, text

DETAILS = "GetAccountAuthorizationDetails"
_KINDS = {
    "User": USER,
    "Group": GROUP,
    "Role": ROLE,
    "InstanceProfile": PROFILE,
    "Policy": POLICY,
    "OpenIDConnectProvider": OIDC,
    "SAMLProvider": SAML,
    "VirtualMFADevice": MFA,
}
"""The noun in the names of operations → the kind."""
_LISTED = {
    "User": ((DETAILS, "UserDetailList"), ("ListUsers", "Users")),
    "Group": ((DETAILS, "GroupDetailList"), ("ListGroups", "Groups")),
    "Role": ((DETAILS, "RoleDetailList"), ("ListRoles", "Roles")),
    "InstanceProfile": (("ListInstanceProfiles", "InstanceProfiles"),),
    "Policy": ((DETAILS, "Policies"), ("ListPolicies", "Policies")),
    "OpenIDConnectProvider": (("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),),
    "SAMLProvider": (("ListSAMLProviders", "SAMLProviderList"),),
}
"""Noun → where a deleted one is still seen: the operation, and the list in its answer."""
_OWN = {"Filter.member.1": "User", "Filter.member.2": "Group", "Filter.member.3": "Role"}
_ASKED = {DETAILS: {**_OWN, "Filter.member.4": "LocalManagedPolicy"}, "ListPolicies": {"Scope": "Local"}}
_ARNS = ("Arn", "PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "SerialNumber")
_UNLINKING = ("Detach", "Remove", "Deactivate")


@dataclass(frozen=True)
class Lag:
    """Seconds. created: until a new entity is shown and can be named. principal: until a new user or role can stand
    in a trust policy. deleted: for which a deleted entity is still shown. unlinked: for which an entity still counts
    as having what was taken from it, and so cannot be deleted."""

    created: float = 0.0
    principal: float = 0.0
    deleted: float = 0.0
    unlinked: float = 0.0


@dataclass
class _New:
    noun: str
    name: str
    arn: str
    shown: float
    trusted: float

    def named_by(self, request: Request) -> bool:
        return request.parameters.get(NAMED_BY[_KINDS[self.noun]], "").casefold() == self.name.casefold()


@dataclass
class _Gone:
    noun: str
    arn: str
    until: float
    members: dict[tuple[str, str], ET.Element]
    parameter: tuple[str, str]
    got: Reply


class Eventual:
    """A layer before another. One call at a time, so that what is shown fits what was written."""

    def __init__(self, layer: Layer, lag: Lag, clock: Callable[[], float]) -> None:
        self._layer, self._lag, self._clock = layer, lag, clock
        self._lock = threading.Lock()
        self._new: list[_New] = []
        self._gone: list[_Gone] = []
        self._unlinked: dict[tuple[str, str], float] = {}

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            if request.version != IAM_VERSION:
                return self._answer(request)
            now = self._clock()
            self._gone = [gone for gone in self._gone if gone.until > now]
            self._refuse_what_is_not_seen(request, now)
            self._refuse_what_is_still_linked(request, now)
            doomed = self._seen_before_deletion(request)
            reply = self._answer(request)
            if request.action.startswith(("Get", "List")):
                return self._as_seen(request, reply, now)
            if reply.ok:
                self._note(request, reply, now)
                self._gone += [doomed] if doomed else []
            return reply

    def _answer(self, request: Request) -> Reply:
        try:
            return self._layer(request)
        except Refusal as refusal:
            return refusal.reply(request.version)

    def _refuse_what_is_not_seen(self, request: Request, now: float) -> None:
        trust = request.parameters.get("AssumeRolePolicyDocument", "")
        if request.action == "UpdateAssumeRolePolicy":
            trust = request.parameters.get("PolicyDocument", "")
        for new in self._new:
            if new.shown > now:
                if request.action != f"Create{new.noun}" and new.named_by(request):
                    raise Refusal("NoSuchEntity", ABSENT[_KINDS[new.noun]].format(new.name), 404)
                if request.parameters.get("PermissionsBoundary") == new.arn:
                    said = f"Scope ARN: {new.arn} does not exist or is not attachable."
                    raise Refusal("NoSuchEntity", said, 404)
            if new.trusted > now and new.noun in ("User", "Role") and json.dumps(new.arn) in trust:
                raise Refusal("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{new.arn}"')

    def _refuse_what_is_still_linked(self, request: Request, now: float) -> None:
        noun = request.action.removeprefix("Delete")
        if request.action.startswith("Delete") and noun in _KINDS:
            parameter = NAMED_BY[_KINDS[noun]]
            if self._unlinked.get((parameter, request.parameters.get(parameter, "")), now) > now:
                raise Refusal("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)

    def _note(self, request: Request, reply: Reply, now: float) -> None:
        noun = request.action.removeprefix("Create")
        if request.action.startswith("Create") and noun in _KINDS:
            arn = next(item.text or "" for item in reply.result.iter() if item.tag in _ARNS)
            name = request.parameters.get(NAMED_BY[_KINDS[noun]], arn)
            self._new.append(_New(noun, name, arn, now + self._lag.created, now + self._lag.principal))
            self._gone = [gone for gone in self._gone if gone.arn != arn]
        if request.action.startswith(_UNLINKING) or _takes_a_part(request.action):
            ends = now + self._lag.unlinked
            taken = ((name, value) for name, value in request.parameters.items() if name in NAMED_BY.values())
            self._unlinked |= dict.fromkeys(taken, ends)

    def _as_seen(self, request: Request, reply: Reply, now: float) -> Reply:
        for gone in self._gone:
            name, value = gone.parameter
            if request.action == f"Get{gone.noun}" and request.parameters.get(name) == value and not reply.ok:
                return copy.deepcopy(gone.got)
        if not reply.ok:
            return reply
        hidden = {new.arn for new in self._new if new.shown > now}
        if hidden and any(arn.encode() in reply.payload() for arn in hidden):
            _hide(reply.root, hidden)
        for listed, member in self._remembered(request):
            found = reply.result.find(listed)
            if found is not None and text(reply.result, "IsTruncated") != "true":
                found.append(copy.deepcopy(member))
        return reply

    def _remembered(self, request: Request) -> Iterator[tuple[str, ET.Element]]:
        for gone in self._gone:
            for (operation, listed), member in gone.members.items():
                if operation == request.action:
                    yield listed, member

    def _seen_before_deletion(self, request: Request) -> _Gone | None:
        noun = request.action.removeprefix("Delete")
        if not (self._lag.deleted and request.action.startswith("Delete") and noun in _LISTED):
            return None
        parameter = NAMED_BY[_KINDS[noun]]
        name = request.parameters.get(parameter, "")
        got = self._answer(_question(request, f"Get{noun}", {parameter: name}))
        if not got.ok:
            return None
        arn = name if name.startswith("arn:") else next(e.text or "" for e in got.result.iter() if e.tag == "Arn")
        found: dict[tuple[str, str], ET.Element] = {}
        for operation, listed in _LISTED[noun]:
            reply = self._answer(_question(request, operation, _ASKED.get(operation, {}) | {"MaxItems": "1000"}))
            for member in members(reply.result, listed):
                if text(member, "Arn") == arn:
                    found[operation, listed] = member
        return _Gone(noun, arn, self._clock() + self._lag.deleted, found, (parameter, name), got)


def _takes_a_part(action: str) -> bool:
    """DeleteUserPolicy, DeleteAccessKey and the like: what an entity has is deleted, not the entity."""
    return action.startswith("Delete") and action.removeprefix("Delete") not in _KINDS


def _hide(root: ET.Element, arns: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "member" and any(text(child, name) in arns for name in _ARNS):
                parent.remove(child)


def _question(caller: Request, action: str, parameters: dict[str, str]) -> Request:
    body = urlencode({"Action": action, "Version": IAM_VERSION, **parameters}).encode()
    return Request("POST", "/", caller.headers, body)

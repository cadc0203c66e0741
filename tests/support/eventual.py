"""Imitate IAM's delays: written entities are shown, and can be referred to, only after a while.

Sources: IAM User Guide, "Troubleshoot IAM: Changes that I make are not always immediately visible"; the errors in
between are those for which AWS's Terraform provider waits: NoSuchEntity, MalformedPolicyDocument "Invalid principal in
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
from reconciler.sandbox.query_protocol import IAM_VERSION, AwsError, HttpRequest, Reply, list_members, read_child_text
from reconciler.sandbox.strict.api_call import NAME_PARAMETERS, NO_SUCH_MESSAGES
from reconciler.sandbox.strict.ledger import GROUP, MFA, OIDC, POLICY, PROFILE, ROLE, SAML, USER

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
"""Noun in the names of operations → kind."""
_LISTS = {
    "User": ((DETAILS, "UserDetailList"), ("ListUsers", "Users")),
    "Group": ((DETAILS, "GroupDetailList"), ("ListGroups", "Groups")),
    "Role": ((DETAILS, "RoleDetailList"), ("ListRoles", "Roles")),
    "InstanceProfile": (("ListInstanceProfiles", "InstanceProfiles"),),
    "Policy": ((DETAILS, "Policies"), ("ListPolicies", "Policies")),
    "OpenIDConnectProvider": (("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),),
    "SAMLProvider": (("ListSAMLProviders", "SAMLProviderList"),),
}
"""Noun → the operation that still shows a deleted entity, and the list in its answer."""
_OWN_FILTERS = {"Filter.member.1": "User", "Filter.member.2": "Group", "Filter.member.3": "Role"}
_LIST_PARAMETERS = {
    DETAILS: {**_OWN_FILTERS, "Filter.member.4": "LocalManagedPolicy"},
    "ListPolicies": {"Scope": "Local"},
}
_ARN_ELEMENTS = ("Arn", "PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "SerialNumber")
_UNLINK_PREFIXES = ("Detach", "Remove", "Deactivate")


@dataclass(frozen=True)
class Lag:
    """Delays, all in seconds.

    created: until a new entity is shown and can be referred to. principal: until a new user or role can be named in a
    trust policy. deleted: how long a deleted entity is still shown. unlinked: how long an entity cannot be deleted
    after a part of it was removed.
    """

    created: float = 0.0
    principal: float = 0.0
    deleted: float = 0.0
    unlinked: float = 0.0


@dataclass
class _CreatedEntity:
    noun: str
    name: str
    arn: str
    visible_at: float
    trusted_at: float

    def is_named_by(self, request: HttpRequest) -> bool:
        return request.parameters.get(NAME_PARAMETERS[_KINDS[self.noun]], "").casefold() == self.name.casefold()


@dataclass
class _DeletedEntity:
    noun: str
    arn: str
    until: float
    members: dict[tuple[str, str], ET.Element]
    parameter: tuple[str, str]
    last_reply: Reply


class EventualLayer:
    """A layer in front of another that adds the delays. It handles one call at a time, so that reads match writes."""

    def __init__(self, layer: Layer, lag: Lag, clock: Callable[[], float]) -> None:
        self._layer, self._lag, self._clock = layer, lag, clock
        self._lock = threading.Lock()
        self._created: list[_CreatedEntity] = []
        self._deleted: list[_DeletedEntity] = []
        self._unlinked: dict[tuple[str, str], float] = {}

    def __call__(self, request: HttpRequest) -> Reply:
        with self._lock:
            if request.version != IAM_VERSION:
                return self._answer(request)
            now = self._clock()
            self._deleted = [gone for gone in self._deleted if gone.until > now]
            self._refuse_invisible(request, now)
            self._refuse_linked(request, now)
            doomed = self._read_before_deletion(request)
            reply = self._answer(request)
            if request.action.startswith(("Get", "List")):
                return self._apply_lag(request, reply, now)
            if reply.ok:
                self._record_write(request, reply, now)
                self._deleted += [doomed] if doomed else []
            return reply

    def _answer(self, request: HttpRequest) -> Reply:
        try:
            return self._layer(request)
        except AwsError as error:
            return error.to_reply(request.version)

    def _refuse_invisible(self, request: HttpRequest, now: float) -> None:
        trust = request.parameters.get("AssumeRolePolicyDocument", "")
        if request.action == "UpdateAssumeRolePolicy":
            trust = request.parameters.get("PolicyDocument", "")
        for new in self._created:
            if new.visible_at > now:
                if request.action != f"Create{new.noun}" and new.is_named_by(request):
                    raise AwsError("NoSuchEntity", NO_SUCH_MESSAGES[_KINDS[new.noun]].format(new.name), 404)
                if request.parameters.get("PermissionsBoundary") == new.arn:
                    message = f"Scope ARN: {new.arn} does not exist or is not attachable."
                    raise AwsError("NoSuchEntity", message, 404)
            if new.trusted_at > now and new.noun in ("User", "Role") and json.dumps(new.arn) in trust:
                raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{new.arn}"')

    def _refuse_linked(self, request: HttpRequest, now: float) -> None:
        noun = request.action.removeprefix("Delete")
        if request.action.startswith("Delete") and noun in _KINDS:
            parameter = NAME_PARAMETERS[_KINDS[noun]]
            if self._unlinked.get((parameter, request.parameters.get(parameter, "")), now) > now:
                raise AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)

    def _record_write(self, request: HttpRequest, reply: Reply, now: float) -> None:
        noun = request.action.removeprefix("Create")
        if request.action.startswith("Create") and noun in _KINDS:
            arn = next(item.text or "" for item in reply.result.iter() if item.tag in _ARN_ELEMENTS)
            name = request.parameters.get(NAME_PARAMETERS[_KINDS[noun]], arn)
            self._created.append(_CreatedEntity(noun, name, arn, now + self._lag.created, now + self._lag.principal))
            self._deleted = [gone for gone in self._deleted if gone.arn != arn]
        if request.action.startswith(_UNLINK_PREFIXES) or _deletes_part(request.action):
            ends = now + self._lag.unlinked
            taken = ((name, value) for name, value in request.parameters.items() if name in NAME_PARAMETERS.values())
            self._unlinked |= dict.fromkeys(taken, ends)

    def _apply_lag(self, request: HttpRequest, reply: Reply, now: float) -> Reply:
        for deleted in self._deleted:
            name, value = deleted.parameter
            if request.action == f"Get{deleted.noun}" and request.parameters.get(name) == value and not reply.ok:
                return copy.deepcopy(deleted.last_reply)
        if not reply.ok:
            return reply
        hidden = {new.arn for new in self._created if new.visible_at > now}
        if hidden and any(arn.encode() in reply.to_bytes() for arn in hidden):
            _hide_entities(reply.root, hidden)
        for listed, member in self._iter_deleted(request):
            found = reply.result.find(listed)
            if found is not None and read_child_text(reply.result, "IsTruncated") != "true":
                found.append(copy.deepcopy(member))
        return reply

    def _iter_deleted(self, request: HttpRequest) -> Iterator[tuple[str, ET.Element]]:
        for gone in self._deleted:
            for (operation, listed), member in gone.members.items():
                if operation == request.action:
                    yield listed, member

    def _read_before_deletion(self, request: HttpRequest) -> _DeletedEntity | None:
        noun = request.action.removeprefix("Delete")
        if not (self._lag.deleted and request.action.startswith("Delete") and noun in _LISTS):
            return None
        parameter = NAME_PARAMETERS[_KINDS[noun]]
        name = request.parameters.get(parameter, "")
        got = self._answer(_build_request(request, f"Get{noun}", {parameter: name}))
        if not got.ok:
            return None
        arn = name if name.startswith("arn:") else next(e.text or "" for e in got.result.iter() if e.tag == "Arn")
        found: dict[tuple[str, str], ET.Element] = {}
        for operation, listed in _LISTS[noun]:
            reply = self._answer(
                _build_request(request, operation, _LIST_PARAMETERS.get(operation, {}) | {"MaxItems": "1000"})
            )
            for member in list_members(reply.result, listed):
                if read_child_text(member, "Arn") == arn:
                    found[operation, listed] = member
        return _DeletedEntity(noun, arn, self._clock() + self._lag.deleted, found, (parameter, name), got)


def _deletes_part(action: str) -> bool:
    """Return whether an action deletes a part of an entity, as DeleteUserPolicy and DeleteAccessKey do."""
    return action.startswith("Delete") and action.removeprefix("Delete") not in _KINDS


def _hide_entities(root: ET.Element, arns: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "member" and any(read_child_text(child, name) in arns for name in _ARN_ELEMENTS):
                parent.remove(child)


def _build_request(caller: HttpRequest, action: str, parameters: dict[str, str]) -> HttpRequest:
    body = urlencode({"Action": action, "Version": IAM_VERSION, **parameters}).encode()
    return HttpRequest("POST", "/", caller.headers, body)

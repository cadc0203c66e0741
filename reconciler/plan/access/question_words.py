"""Read the words of a question about access: the principal, the action and the resource that a person names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.kinds.registry import KINDS
from reconciler.model.access_answers import AccessSource
from reconciler.model.address import Address
from reconciler.model.arn_parts import PART_COUNT, split_arn
from reconciler.model.arns import ArnForm, address_of, arn_of, role_of_session
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.suggest import suggest_address
from reconciler.policy.resource_arns import ARN_FORM

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_KINDS_WITH_ARN = frozenset(kind.name for kind in KINDS if kind.arn_form is not ArnForm.NO_ARN)


@dataclass(frozen=True)
class QuestionReader:
    """Read words by the entities of a source, on any of its sides."""

    source: AccessSource

    def find_principal(self, text: str) -> Address:
        """Return the user or role that a text names, of a session its role. Raises ReconcileError."""
        address = self._to_address(text, text.startswith("arn:"))
        if address is None or address.kind not in ("user", "role"):
            raise self._refuse_principal(text, address)
        for side in self.source.sides:
            entity = side.state.entities.get(address)
            if entity is not None:
                return entity.address
        raise self._refuse_principal(text, address)

    def find_resource(self, text: str | None) -> str:
        """Return the ARN of an entity that a text names, or the text if it is an ARN; `*` for None.

        An ARN may have wildcards. Raises ReconcileError for any other text, which only a policy with `*` would allow.
        """
        if text is None or text == "*":
            return "*"
        if _is_arn(text):
            return text
        address = _parse_address(text)
        for side in reversed(self.source.sides):
            entity = side.state.entities.get(address) if address else None
            if entity is not None and entity.address.kind in _KINDS_WITH_ARN:
                return arn_of(entity.address, entity.path, side.state.account, side.state.partition)
        raise self._refuse_resource(text, address)

    def _refuse_resource(self, text: str, address: Address | None) -> ReconcileError:
        close = suggest_address(text, (known for known in self._entities if known.kind in _KINDS_WITH_ARN))
        if address is not None and address.kind in _KINDS_WITH_ARN:
            summary, otherwise = f"There is no {text} {self._scope}.", "Write its ARN if it is elsewhere."
        else:
            summary = f"The resource {text!r} is neither an ARN nor the address of an entity."
            otherwise = f"Write an address, as in role/app, or an ARN. {ARN_FORM}"
        return make_error("unknown-resource", summary, hint=_suggest(close, otherwise))

    @property
    def _entities(self) -> Mapping[Address, Entity]:
        return {address: entity for side in self.source.sides for address, entity in side.state.entities.items()}

    @property
    def _scope(self) -> str:
        name = self.source.sides[0].name
        return {"file": "in the files", "live": f"in account {self.source.account}"}.get(name, "in the plan")

    def _to_address(self, text: str, is_arn: bool) -> Address | None:
        if is_arn:
            found = (_find_address(text, side.state.account) for side in self.source.sides)
            return next((address for address in found if address is not None), None)
        return _parse_address(text)

    def _refuse_principal(self, text: str, address: Address | None) -> ReconcileError:
        if address is not None and address.kind == "group":
            return make_error("group-principal", f"{text} is a group.", hint=self._name_member(address))
        if address is None and text.startswith("arn:"):
            summary = f"{text} is not a user or role of account {self.source.sides[0].state.account}."
            hint = "Name a user or role of this account, as in role/app."
            return make_error("foreign-principal", summary, hint=hint)
        close = suggest_address(
            str(address or text),
            (known for known, entity in self._entities.items() if isinstance(entity, (User, Role))),
        )
        summary = f"There is no user or role {text} {self._scope}."
        return make_error("principal-not-found", summary, hint=_suggest(close, self._make_hint(address)))

    def _make_hint(self, address: Address | None) -> str:
        if address is None:
            return "Write an address, as in role/app."
        if self.source.sides[0].name == "file":
            return "Declare it, name another one, or pass --live to ask about the account."
        return "Check the name and the account."

    def _name_member(self, group: Address) -> str:
        entities = self._entities
        members = sorted(str(a) for a, one in entities.items() if isinstance(one, User) and group in one.groups)
        if not members or not isinstance(entities.get(group), Group):
            return "A group makes no requests: name one of its users."
        return f"A group makes no requests: name one of its users, such as {members[0]}."


def _is_arn(text: str) -> bool:
    """Return whether a text has all parts of an ARN; with a wildcard at its end it may be short, as in a policy."""
    parts = split_arn(text)
    return parts is not None and (text.endswith("*") or (text.count(":") >= PART_COUNT - 1 and bool(parts.resource)))


def _parse_address(text: str) -> Address | None:
    kind, slash, name = text.partition("/")
    return Address(kind, name) if kind and slash and name else None


def _find_address(arn: str, account: str) -> Address | None:
    """Return the entity of an account that an ARN names; for a session its role."""
    role = role_of_session(arn, account)
    return Address("role", role) if role else address_of(arn, account)


def is_role(text: str) -> bool:
    """Return whether a text is the address or the ARN of a role."""
    return text.startswith("role/") or (text.startswith("arn:") and ":role/" in text)


def check_action(text: str) -> str:
    """Return an action, if it is a single one. Raises ReconcileError."""
    if _ACTION.fullmatch(text):
        return text
    summary = f"{text!r} is not a single action."
    hint = (
        "Write it as SERVICE:ACTION, as in s3:GetObject. `reconcile access show PRINCIPAL` lists all that one can do."
    )
    raise make_error("bad-action", summary, hint=hint)


def _suggest(close: str | None, otherwise: str) -> str:
    return f"Did you mean {close!r}?" if close else otherwise

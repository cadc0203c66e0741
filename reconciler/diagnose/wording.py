"""Put statements, conditions and next steps into words, with the line of the file for each. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from reconciler.access import Context, Principal, StatementMatch, StatementSource
from reconciler.diagnose.evaluation import ActionVerdict, CallerAndRole
from reconciler.diagnose.request_context import ASSUME_ROLE, EXTERNAL_ID, SET_SOURCE_IDENTITY, TAG_SESSION
from reconciler.model.address import Address
from reconciler.model.arns import address_of, arn_of, policy_reference_of
from reconciler.model.assume_role import AssumeRoleCall, InheritedAttributes
from reconciler.model.desired import Desired
from reconciler.model.document import Condition, Document, Statement
from reconciler.model.durations import annotate_age, format_elapsed, format_seconds_text
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.model.problem import Place
from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT
from reconciler.policy.statement_places import find_statement_index, find_statement_place

_RULE_KEYS = {TAG_SESSION: "session_tags: true", SET_SOURCE_IDENTITY: "source_identity: true"}


@dataclass(frozen=True, slots=True)
class Message:
    """The sentences of one explanation.

    summary: the first line. details: why. hint: the next step. lines: the lines to write at `place`.
    """

    summary: str
    details: tuple[str, ...] = ()
    hint: str = ""
    lines: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class CallWording:
    """The names of one hop.

    view: caller and role. context: every known condition key of the call, those of caller and role included.
    """

    desired: Desired
    view: CallerAndRole
    context: Context

    @property
    def account(self) -> str:
        return self.desired.state.account

    @property
    def role(self) -> str:
        """The role as `role/NAME` if it is in the file's account, else its ARN."""
        return str(address_of(self.view.target.arn, self.account) or self.view.target.arn)

    @property
    def caller(self) -> str:
        """The caller as `user/NAME` or `role/NAME` if it is in the file's account, else its ARN."""
        principal = self.view.principal
        arn = principal.role_arn or principal.arn
        return str(address_of(arn, self.account) or arn)

    def find_declared_role(self) -> Role | None:
        """Return the role as the file declares it; None if it does not."""
        address = address_of(self.view.target.arn, self.account)
        entity = self.desired.state.entities.get(address) if address else None
        return entity if isinstance(entity, Role) else None

    def find_role_place(self) -> Place | None:
        """Return the place of the role's declaration."""
        role = self.find_declared_role()
        if role is None:
            return None
        declaration = self.desired.declarations.get(role.address)
        return declaration.place if declaration else None

    def find_caller_place(self) -> Place | None:
        """Return the place of the caller's declaration."""
        principal = self.view.principal
        address = address_of(principal.role_arn or principal.arn, self.account)
        declaration = self.desired.declarations.get(address) if address else None
        return declaration.place if declaration else None

    def place_of(self, source: StatementSource) -> Place | None:
        """Return the line of the statement in the file; if the file's policy lacks it, the line of its owner."""
        document, place = self._find_document(source.label)
        if document is None:
            return None
        return find_statement_place(document, source.statement) or place

    def name_statement(self, source: StatementSource) -> str:
        """Return the name of a statement: `statement 2 (Sid) of policy/x`, or `statement 2` in the role's trust."""
        owner = "" if self._is_trust(source) else f" of {self.name_policy(source.label)}"
        if source.statement is None:
            return owner.removeprefix(" of ") or "the trust"
        document = self._collect_documents().get(source.label)
        index = find_statement_index(document, source.statement) if document else None
        number = f" {index + 1}" if index is not None else ""
        sid = f" ({source.statement.sid})" if source.statement.sid else ""
        return f"statement{number}{sid}{owner}"

    def _is_trust(self, source: StatementSource) -> bool:
        return source.label == self.view.target.label

    def name_policy(self, label: str) -> str:
        """Return the name of a policy as the file writes it: `policy/x`, `aws:Name`, `user/a inline policy b`."""
        if not label.startswith("arn:"):
            return label
        address = address_of(label, self.account)
        return str(address) if address else policy_reference_of(label, self.account)

    def _collect_documents(self) -> Mapping[str, Document]:
        principal = self.view.principal
        sources = [*principal.policies, *(principal.session or ())]
        sources += [principal.boundary] if principal.boundary else []
        sources += [*chain.from_iterable(principal.service_controls), *self.view.target.resource_controls]
        documents = {source.label: source.document for source in sources if source.document is not None}
        return {**documents, self.view.target.label: self.view.target.trust}

    def _find_document(self, label: str) -> tuple[Document | None, Place | None]:
        """Return the document of the file that a label names, and the place of the entity that holds it."""
        if label == self.view.target.label:
            role = self.find_declared_role()
            return (role.trust_policy if role else None), self.find_role_place()
        guardrails = self.desired.state.guardrails
        if guardrails and (guardrail := guardrails.find(label)):
            return guardrail.document, None
        address, inline = address_of(label, self.account), ""
        if address is None and " inline policy " in label:
            holder, _, inline = label.partition(" inline policy ")
            address = Address.parse(holder)
        entity = self.desired.state.entities.get(address) if address else None
        declaration = self.desired.declarations.get(address) if address else None
        place = declaration.place if declaration else None
        if isinstance(entity, Policy):
            return entity.document, place
        if isinstance(entity, User | Group | Role):
            return entity.inline_policies.get(inline), place
        return None, None


def describe_failure(words: CallWording, reason: StatementMatch) -> str:
    """Return the sentence that says which conditions fail: `statement 2 demands MFA, and the call carries none`."""
    statement = reason.source.statement
    name = words.name_statement(reason.source)
    if statement is None:
        return f"{name} cannot be read"
    has_age = any(condition.key == MFA_AGE for condition in reason.failing_conditions)
    conditions = [
        condition for condition in reason.failing_conditions if not (has_age and condition.key == MFA_PRESENT)
    ]
    failing = [_describe_failing(condition, statement, words.context) for condition in conditions]
    return f"{name} demands {'; and '.join(failing)}" if failing else name


def format_open_conditions(words: CallWording, reason: StatementMatch) -> list[str]:
    """Return the conditions of a statement that nothing known decides."""
    statement = reason.source.statement
    return [_format_condition(item, statement) for item in reason.undecided_conditions] if statement else []


def _describe_failing(condition: Condition, statement: Statement, context: Context) -> str:
    candidates = context.find(condition.key)
    values = candidates[0] if len(candidates) == 1 else None
    if condition.key == MFA_PRESENT:
        return "MFA, and the call carries none" if "true" in condition.values else "that no MFA is used"
    if condition.key == MFA_AGE:
        age = f"it was given {_format_age(values[0])} ago" if values else "the call carries none"
        limit = ", ".join(map(format_seconds_text, sorted(condition.values)))
        if condition.operator == "NumericLessThan":
            return f"MFA of less than {limit} ago, and {age}"
        return f"MFA ({condition.operator} {limit} old), and {age}"
    carried = ", ".join(values) if values else "none"
    return f"{_format_condition(condition, statement)}, and the call carries {carried}"


def _format_age(text: str) -> str:
    return format_elapsed(int(text)) if text.isdecimal() else text


def _format_condition(condition: Condition, statement: Statement | None) -> str:
    key = statement.spelling_of(condition.key) if statement else condition.key
    return annotate_age(f"{condition.operator} {key} {', '.join(sorted(condition.values))}")


def suggest_trust_lines(words: CallWording, item: ActionVerdict) -> tuple[str, ...]:
    """Return the lines to add to the role's trust so that it lets the caller in: a rule or a statement."""
    role = words.find_declared_role()
    if role is not None and role.trust_policy.from_rules:
        if item.action in _RULE_KEYS:
            return (_RULE_KEYS[item.action],)
        return (f"- {_format_members(words)}",)
    principal = words.view.principal
    actions: object = item.action if item.action == ASSUME_ROLE else [ASSUME_ROLE, item.action]
    statement = {"Effect": "Allow", "Principal": {"AWS": _durable_arn_of(principal)}, "Action": actions}
    return (json.dumps(statement),)


def extend_similar_rule(words: CallWording) -> tuple[tuple[str, ...], Place] | None:
    """Return the first trust rule of the role that names callers of this kind, with the caller added, and its place.

    A new rule would lack the conditions of that one. None if there is no such rule, or its list is too long to show.
    """
    role = words.find_declared_role()
    if role is None or not role.trust_policy.from_rules:
        return None
    kind = ":role/" if words.view.principal.is_role else ":user/"
    for statement in sorted(
        role.trust_policy.statements, key=lambda item: find_statement_index(role.trust_policy, item) or 0
    ):
        arns = sorted(value for type_, value in statement.principals or () if type_ == "AWS" and kind in value)
        index = find_statement_index(role.trust_policy, statement)
        if not arns or len(arns) > _MAX_NAMES or index is None or index >= len(role.trust_policy.places):
            continue
        names = [_format_name(words, arn) for arn in (*arns, _durable_arn_of(words.view.principal))]
        return (f"{kind[1:-1]}s: [{', '.join(names)}]",), role.trust_policy.places[index]
    return None


_MAX_NAMES = 8
"""Names in the longest list that is shown."""


def _format_members(words: CallWording) -> str:
    principal = words.view.principal
    return f"{'roles' if principal.is_role else 'users'}: [{_format_name(words, _durable_arn_of(principal))}]"


def _format_name(words: CallWording, arn: str) -> str:
    """Return a user or role as a trust rule names it: by name if the file declares it, else its ARN, quoted."""
    address = address_of(arn, words.account)
    declared = words.desired.state.entities.get(address) if address else None
    has_declared_arn = declared is not None and arn == _declared_arn_of(words.desired, declared)
    return declared.name if declared is not None and has_declared_arn else json.dumps(arn)


def _declared_arn_of(desired: Desired, entity: Entity) -> str:
    state = desired.state
    return arn_of(entity.address, entity.path, state.account, state.partition)


def _durable_arn_of(principal: Principal) -> str:
    """Return the principal's ARN; for a session that of its role, since a trust should not name a single session."""
    return principal.role_arn or principal.arn


def suggest_caller_lines(words: CallWording, item: ActionVerdict) -> tuple[str, ...]:
    """Return the lines of an inline policy of the caller that allows the action on the role."""
    name = words.view.target.arn.rpartition("/")[2]
    if words.find_caller_place() is None:
        statement = {"Effect": "Allow", "Action": item.action, "Resource": words.view.target.arn}
        return (json.dumps(statement),)
    actions = json.dumps(ASSUME_ROLE if item.action == ASSUME_ROLE else [ASSUME_ROLE, item.action])
    return (
        "inline_policies:",
        f"  assume-{name}:",
        f'    Statement: {{Effect: Allow, Action: {actions}, Resource: "{words.view.target.arn}"}}',
    )


def describe_inherited(action: str, request: AssumeRoleCall, inherited: InheritedAttributes) -> tuple[str, ...]:
    """Return a sentence on the origin of the tags or the source identity, if the call itself sets none."""
    if action == TAG_SESSION and not request.session_tags:
        if inherited.tags:
            keys = ", ".join(key for key, _ in inherited.tags)
            return (f"An earlier alias of the chain makes {keys} transitive, so every later role inherits them.",)
        return ("The caller's session carries transitive tags from its creation, and this role inherits them.",)
    if action == SET_SOURCE_IDENTITY and not request.source_identity:
        if inherited.source_identity:
            return (
                f"An earlier alias of the chain sets the source identity {inherited.source_identity}, "
                "and every later role inherits it.",
            )
        return ("The caller's session carries a source identity from its creation, and this role inherits it.",)
    return ()


def find_external_ids(item: ActionVerdict) -> list[str]:
    """Return the external ids that the closest statements accept."""
    return sorted(
        value
        for reason in item.trust_reasons
        for condition in reason.failing_conditions
        if condition.key == EXTERNAL_ID
        for value in condition.values
    )

"""Policies as their authors wrote them: the texts of an entity's policies, and of those that a request brings.

Sources: IAM API Reference, SimulatePrincipalPolicy and Statement (SourcePolicyId). An id is the name of a managed
policy, `KIND_ENTITY_POLICY` of an inline one, `PolicyInputList.N` of one in the request, and the type is "IAM Policy":
so real AWS told Terraform's acceptance tests (aws_iam_principal_policy_simulation) and recorded answers, whatever the
service model says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from reconciler.access import PolicySource, StatementSource
from reconciler.model.document import Statement
from reconciler.policy.canonical import canonical
from reconciler.sandbox.query_protocol import Content, Refusal, read_child_text
from reconciler.sandbox.strict.api_call import NAME_PARAMETERS, ApiCall
from reconciler.sandbox.strict.identity_policies import parse_policy, read_statements
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER, IamEntity
from reconciler.sandbox.strict.policy_elements import refuse_bad_elements
from reconciler.sandbox.strict.statement_positions import PlacedStatement, place_statements, position_of

NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}
IDENTITY, RESOURCE, BOUNDARY = "IAM Policy", "Resource Policy", "Permissions Boundary Policy"


@dataclass(frozen=True)
class WrittenPolicy:
    """`label` is unique among the policies of a simulation, `id` is what AWS calls the policy there.

    `arn`: of a managed policy, else empty. `holder`: who an inline policy is embedded in, with its name.
    """

    label: str
    id: str
    text: str
    type: str = IDENTITY
    arn: str = ""
    holder: tuple[str, str, str] | None = None

    @cached_property
    def source(self) -> PolicySource:
        return PolicySource(self.label, canonical(json.loads(self.text)))

    @cached_property
    def _placed_statements(self) -> dict[Statement, PlacedStatement]:
        found: dict[Statement, PlacedStatement] = {}
        for placed in place_statements(self.text):
            (statement,) = canonical({"Statement": [placed.body]}).statements
            found.setdefault(statement, placed)
        return found

    def match_statement(self, source: StatementSource) -> tuple[int, dict[str, Content]]:
        """Return where a statement stands, to sort by, and what AWS tells of it."""
        told: dict[str, Content] = {"SourcePolicyId": self.id, "SourcePolicyType": self.type}
        placed = self._placed_statements.get(source.statement) if source.statement is not None else None
        if placed is None:
            return 0, told
        start, end = position_of(self.text, placed.span.start), position_of(self.text, placed.span.end)
        return placed.span.start, {**told, "StartPosition": start, "EndPosition": end}


def read_policies(call: ApiCall, holder: IamEntity) -> Iterator[WrittenPolicy]:
    """Read the policies of a user, group or role; those of a user's groups are not among them."""
    for arn in holder.attached_policies:
        if (found := read_managed_policy(call, arn)) is not None:
            yield found
    for name in holder.inline_sizes:
        asked = {NAME_PARAMETERS[holder.kind]: holder.name, "PolicyName": name}
        told = call.invoke(f"Get{NOUN[holder.kind]}Policy", **asked)
        label = f"{holder.kind}_{holder.name}_{name}"
        if told.ok:
            written = _decode_document(read_child_text(told.result, "PolicyDocument"))
            yield WrittenPolicy(label, label, written, holder=(holder.kind, holder.name, name))


def read_managed_policy(call: ApiCall, arn: str, kind: str = IDENTITY) -> WrittenPolicy | None:
    """Read the version of a managed policy that is in force; None if the policy is gone."""
    told = call.invoke("GetPolicy", PolicyArn=arn)
    if not told.ok:
        return None
    version = told.result.findtext("Policy/DefaultVersionId") or ""
    found = call.invoke("GetPolicyVersion", PolicyArn=arn, VersionId=version)
    written = _decode_document(read_child_text(found.result, "PolicyVersion/Document"))
    return WrittenPolicy(f"{kind} {arn}", arn.rpartition("/")[2], written, kind, arn)


def _decode_document(given: str) -> str:
    return unquote(given) if given.startswith("%") else given


def read_given_policies(texts: Sequence[str], name: str, kind: str = IDENTITY) -> list[WrittenPolicy]:
    """Take the policies that a request brings, or refuse one that is none."""
    found = []
    for number, given in enumerate(texts, 1):
        identifier = f"{name}.{number}"
        _refuse_bad_policy(given, identifier, kind)
        found.append(WrittenPolicy(identifier, identifier, given, kind))
    return found


def _refuse_bad_policy(given: str, identifier: str, kind: str) -> None:
    try:
        document = parse_policy(given, "Syntax errors in policy.")
        listed = read_statements(document, "Syntax errors in policy.")
        refuse_bad_elements(document, listed, "Syntax errors in policy.")
    except Refusal as refusal:
        raise Refusal("InvalidInput", f"{identifier}: {refusal.message}") from None
    for statement in listed:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise Refusal("InvalidInput", f"{identifier}: Syntax errors in policy.")
        named = "Principal" in statement or "NotPrincipal" in statement
        if named and kind != RESOURCE:
            raise Refusal("InvalidInput", f"{identifier}: Policy document should not specify a principal.")
        if not named and kind == RESOURCE:
            raise Refusal("InvalidInput", f"{identifier}: Missing required field Principal")

"""Read policies as their authors wrote them, of an entity or in a request, so that statements can be located.

The id of a managed policy is its name, of an inline one `KIND_ENTITY_POLICY`, of one in the request
`PolicyInputList.N`; the type is "IAM Policy". Real AWS answered so to Terraform's acceptance tests
(aws_iam_principal_policy_simulation) and in recorded answers, although the service model differs.
Sources: IAM API Reference, SimulatePrincipalPolicy and Statement (SourcePolicyId).
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
from reconciler.sandbox.query_protocol import AwsError, Content, read_child_text
from reconciler.sandbox.strict.api_call import NAME_PARAMETERS, ApiCall
from reconciler.sandbox.strict.identity_policies import parse_policy, read_statements
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER, IamEntity
from reconciler.sandbox.strict.policy_elements import refuse_bad_elements
from reconciler.sandbox.strict.statement_positions import PlacedStatement, place_statements, position_of

NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}
IDENTITY, RESOURCE, BOUNDARY = "IAM Policy", "Resource Policy", "Permissions Boundary Policy"


@dataclass(frozen=True)
class WrittenPolicy:
    """The text of a policy.

    label: unique among the policies of a simulation. id: AWS's name for the policy in its answer.
    arn: of a managed policy, else "". holder: of an inline policy, the kind and name of its entity, and its own name.
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
        placed_statements: dict[Statement, PlacedStatement] = {}
        for placed in place_statements(self.text):
            (statement,) = canonical({"Statement": [placed.body]}).statements
            placed_statements.setdefault(statement, placed)
        return placed_statements

    def match_statement(self, source: StatementSource) -> tuple[int, dict[str, Content]]:
        """Return the offset of a statement in the text, to sort by, and the content that AWS returns for it."""
        content: dict[str, Content] = {"SourcePolicyId": self.id, "SourcePolicyType": self.type}
        placed = self._placed_statements.get(source.statement) if source.statement is not None else None
        if placed is None:
            return 0, content
        start, end = position_of(self.text, placed.span.start), position_of(self.text, placed.span.end)
        return placed.span.start, {**content, "StartPosition": start, "EndPosition": end}


def read_policies(call: ApiCall, holder: IamEntity) -> Iterator[WrittenPolicy]:
    """Yield the policies of a user, group or role, without those of a user's groups."""
    for arn in holder.attached_policies:
        if (policy := read_managed_policy(call, arn)) is not None:
            yield policy
    for name in holder.inline_sizes:
        parameters = {NAME_PARAMETERS[holder.kind]: holder.name, "PolicyName": name}
        reply = call.invoke(f"Get{NOUN[holder.kind]}Policy", **parameters)
        label = f"{holder.kind}_{holder.name}_{name}"
        if reply.ok:
            written = _decode_document(read_child_text(reply.result, "PolicyDocument"))
            yield WrittenPolicy(label, label, written, holder=(holder.kind, holder.name, name))


def read_managed_policy(call: ApiCall, arn: str, kind: str = IDENTITY) -> WrittenPolicy | None:
    """Return the default version of a managed policy; None if the policy does not exist."""
    reply = call.invoke("GetPolicy", PolicyArn=arn)
    if not reply.ok:
        return None
    version = reply.result.findtext("Policy/DefaultVersionId") or ""
    version_reply = call.invoke("GetPolicyVersion", PolicyArn=arn, VersionId=version)
    written = _decode_document(read_child_text(version_reply.result, "PolicyVersion/Document"))
    return WrittenPolicy(f"{kind} {arn}", arn.rpartition("/")[2], written, kind, arn)


def _decode_document(text: str) -> str:
    return unquote(text) if text.startswith("%") else text


def read_given_policies(texts: Sequence[str], name: str, kind: str = IDENTITY) -> list[WrittenPolicy]:
    """Return the policies in a request. Raises AwsError if one is not a policy."""
    policies = []
    for number, text in enumerate(texts, 1):
        identifier = f"{name}.{number}"
        _refuse_bad_policy(text, identifier, kind)
        policies.append(WrittenPolicy(identifier, identifier, text, kind))
    return policies


def _refuse_bad_policy(text: str, identifier: str, kind: str) -> None:
    try:
        document = parse_policy(text, "Syntax errors in policy.")
        statements = read_statements(document, "Syntax errors in policy.")
        refuse_bad_elements(document, statements, "Syntax errors in policy.")
    except AwsError as refusal:
        raise AwsError("InvalidInput", f"{identifier}: {refusal.message}") from None
    for statement in statements:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise AwsError("InvalidInput", f"{identifier}: Syntax errors in policy.")
        names_principal = "Principal" in statement or "NotPrincipal" in statement
        if names_principal and kind != RESOURCE:
            raise AwsError("InvalidInput", f"{identifier}: Policy document should not specify a principal.")
        if not names_principal and kind == RESOURCE:
            raise AwsError("InvalidInput", f"{identifier}: Missing required field Principal")

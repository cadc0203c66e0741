"""Turn callers and roles of the ledger into principals and targets of the evaluator, with the emulator's documents.

Sources: IAM User Guide, "Policy evaluation logic"; "Pass session tags in AWS STS" (session tags override a role's
own); "AWS global condition context keys" (which keys a request carries). A role that was not created in the sandbox, in
an account that exists only for the emulator, counts as an administrator of its account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

from reconciler.access import WITHOUT_MFA, Context, PolicySource, Principal, Target, make_mfa_context
from reconciler.model.document import Document
from reconciler.policy.canonical import canonical
from reconciler.sandbox.query_protocol import Reply, format_timestamp, read_child_text
from reconciler.sandbox.strict import clock
from reconciler.sandbox.strict.api_call import NAME_PARAMETERS, ApiCall
from reconciler.sandbox.strict.keyring import RoleSession
from reconciler.sandbox.strict.ledger import GROUP, ROLE, USER, IamEntity, Tags

NOUN = {USER: "User", GROUP: "Group", ROLE: "Role"}
ADMINISTRATOR = PolicySource("arn:aws:iam::aws:policy/AdministratorAccess", None)


def target_of(role: IamEntity) -> Target:
    """Return a role as a target. Its trust names users and roles of the account by unique ids, as in the ledger."""
    return Target(role.arn, _parse_document(role.trust), role.tags)


def principal_of(call: ApiCall) -> Principal:
    """Return the caller, who must not be the root user, as a principal."""
    caller = call.caller
    if caller.session is not None:
        return _read_session_principal(call, caller.session)
    user = caller.user
    assert user is not None
    holders = (user, *user.groups)
    return Principal(
        user.arn,
        "user",
        caller.account,
        tuple(source for holder in holders for source in _read_policies(call, holder)),
        _read_boundary(call, user),
        unique_id=user.id,
        tags=user.tags,
        groups=tuple(group.arn for group in user.groups),
    )


def _read_session_principal(call: ApiCall, session: RoleSession) -> Principal:
    role, account = session.role, call.caller.account
    if role is None:
        role = IamEntity(ROLE, "", re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", session.arn))
        policies: tuple[PolicySource, ...] = (ADMINISTRATOR,)
    else:
        is_deleted = call.ledger.find_by_id(role.id) is not role
        policies = () if is_deleted else tuple(_read_policies(call, role))
    limits = [_read_managed_policy(call, arn) for arn in session.policy_arns]
    if session.policy:
        limits.append(PolicySource("session policy", _parse_document(session.policy)))
    return Principal(
        session.arn,
        "session",
        account,
        policies,
        _read_boundary(call, role),
        session=tuple(limits) or None,
        unique_id=session.id,
        tags=override_tags(role.tags, session.tags),
        role_arn=role.arn,
    )


def override_tags(tags: Tags, session_tags: Tags) -> Tags:
    """Return tags overridden by session tags. Keys that differ only in letter case are the same key."""
    overridden = {key.casefold() for key in session_tags}
    return {key: value for key, value in tags.items() if key.casefold() not in overridden} | session_tags


def _read_policies(call: ApiCall, holder: IamEntity) -> Iterator[PolicySource]:
    for arn in holder.attached_policies:
        yield _read_managed_policy(call, arn)
    for name in holder.inline_sizes:
        parameters = {NAME_PARAMETERS[holder.kind]: holder.name, "PolicyName": name}
        reply = call.invoke(f"Get{NOUN[holder.kind]}Policy", **parameters)
        yield PolicySource(f"{holder.kind}/{holder.name} inline policy {name}", _read_document(reply, "PolicyDocument"))


def _read_boundary(call: ApiCall, entity: IamEntity) -> PolicySource | None:
    return _read_managed_policy(call, entity.boundary) if entity.boundary else None


def _read_managed_policy(call: ApiCall, arn: str) -> PolicySource:
    """Return a managed policy. One that does not exist gets no document, and so allows nothing."""
    reply = call.invoke("GetPolicy", PolicyArn=arn)
    if not reply.ok:
        return PolicySource(arn, None)
    version = reply.result.findtext("Policy/DefaultVersionId") or ""
    return PolicySource(
        arn, _read_document(call.invoke("GetPolicyVersion", PolicyArn=arn, VersionId=version), "PolicyVersion/Document")
    )


def _read_document(reply: Reply, path: str) -> Document | None:
    text = read_child_text(reply.result, path) if reply.ok else ""
    return _parse_document(unquote(text) if text.startswith("%") else text) if text else None


def _parse_document(text: str) -> Document:
    return canonical(json.loads(text))


def context_of_request(call: ApiCall, mfa: bool) -> Context:
    """Return the condition keys of a request, without those of caller and role. mfa: the request has an MFA code.

    All keys of a request are known here, so every other key is absent.
    """
    now = clock.now()
    agent = call.request.header("user-agent")
    values = {
        "aws:CurrentTime": format_timestamp(now),
        "aws:EpochTime": str(int(now)),
        "aws:SourceIp": "127.0.0.1",
        "aws:SecureTransport": "false",
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
        **({"aws:UserAgent": agent} if agent else {}),
    }
    if call.request.region:
        values["aws:RequestedRegion"] = call.request.region
    if call.caller.is_temporary:
        values["aws:TokenIssueTime"] = format_timestamp(call.caller.issued)
    if call.caller.session is not None and call.caller.session.source_identity:
        values["aws:SourceIdentity"] = call.caller.session.source_identity
    return _mfa_context_of(call, mfa, now).with_fallbacks(Context.of(values, absent=["*"]))


def _mfa_context_of(call: ApiCall, proven: bool, now: float) -> Context:
    if proven:
        return make_mfa_context()
    if call.caller.mfa_at is not None:
        return make_mfa_context(int(now - call.caller.mfa_at))
    # Temporary credentials of a user have the key, whether or not they were made with MFA.
    return Context.of({"aws:MultiFactorAuthPresent": False}) if call.caller.is_temporary else WITHOUT_MFA

"""Read the trust rules of a file into `policy.trust.TrustRule`, and compile them to a trust policy.

A rule names one kind of principal; this module checks the principals, and which fields that kind can have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.declare_context import DeclareContext
from reconciler.model.document import Document, Json
from reconciler.model.durations import parse_duration
from reconciler.model.node import Map, Seq, find_place, find_repeated_texts, get_text, get_texts
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import Level, Place
from reconciler.model.text_forms import ACCOUNT_ID, EXTERNAL_ID, MFA_DEMAND, STATEMENT_ID
from reconciler.policy.caller_conditions import narrows_callers
from reconciler.policy.canonical import parse_authored
from reconciler.policy.grammar import Flaw
from reconciler.policy.placeholders import explain_text
from reconciler.policy.shared_issuers import find_shared_issuer
from reconciler.policy.trust import WEB_IDENTITY_AUDIENCE, ConditionConflict, TrustRule, compile_rule, compile_trust

PRINCIPAL_KINDS = ("users", "roles", "accounts", "services", "oidc", "saml", "anyone")

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PRINCIPAL_ARN = {
    "users": re.compile(rf"arn:{ARN_PARTITION}:iam::\d{{12}}:user/[\x21-\x7e]+"),
    "roles": re.compile(rf"arn:{ARN_PARTITION}:iam::\d{{12}}:role/[\x21-\x7e]+"),
    "oidc": re.compile(rf"arn:{ARN_PARTITION}:iam::\d{{12}}:oidc-provider/[\x21-\x7e]+"),
    "saml": re.compile(rf"arn:{ARN_PARTITION}:iam::\d{{12}}:saml-provider/[\w._-]+"),
}
_KIND = {"users": "user", "roles": "role", "oidc": "oidc-provider", "saml": "saml-provider"}

SCHEMA: Mapping[str, Any] = {
    "title": "Trust rule",
    "description": "One statement of the trust policy: exactly one kind of principal, and its conditions.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "users": parts.make_text_list("Users in this file, or ARNs.", [["alice"]], least=1),
        "roles": parts.make_text_list("Roles in this file, or ARNs.", [["deployer"]], least=1),
        "accounts": parts.make_text_list("Whole accounts: 12 digits, quoted.", [["210987654321"]], least=1),
        "services": parts.make_text_list("Service principals of AWS services.", [["ec2.amazonaws.com"]], least=1),
        "oidc": {
            "type": "string",
            "minLength": 1,
            "description": "An OIDC provider: its key in this file, or its ARN.",
        },
        "saml": {
            "type": "string",
            "minLength": 1,
            "description": "A SAML provider: its name in this file, or its ARN.",
        },
        "anyone": {"enum": [True], "description": "Every AWS principal; needs `conditions` that limit it."},
        "mfa": {
            "description": "Require MFA of users and accounts: `required`, or `{max_age: 1h}` for MFA used at most 1h "
            "ago.",
            "type": ["string", "object"],
            "pattern": MFA_DEMAND.schema_pattern,
            "additionalProperties": False,
            "required": ["max_age"],
            "properties": {"max_age": parts.make_ref("duration")},
            "examples": ["required", {"max_age": "1h"}],
        },
        "external_id": {
            "type": ["string", "array"],
            "items": {"type": "string"},
            "minLength": 2,
            "minItems": 1,
            "description": "External id (sts:ExternalId) that the caller must send; a list: one of them.",
        },
        "session_tags": {"type": "boolean", "description": "true: allow sts:TagSession."},
        "source_identity": {"type": "boolean", "description": "true: allow sts:SetSourceIdentity."},
        "subjects": parts.make_text_list(
            "Patterns that the `sub` of the token must match (oidc).", [["repo:org/app:*"]], least=1
        ),
        "audiences": parts.make_text_list("Accepted `aud` of the token (oidc). Default: sts.amazonaws.com.", least=1),
        "expires": {**parts.make_ref("moment"), "description": "From this moment on, the rule lets nobody in."},
        "conditions": {"type": "object", "description": "Further conditions, as AWS writes them."},
        "sid": {"type": "string", "pattern": STATEMENT_ID.schema_pattern, "description": "Statement id."},
    },
}


def read_rule(node: Map, context: DeclareContext) -> TrustRule | None:
    """Return one trust rule; None, with problems, if it cannot be compiled."""
    kinds = [kind for kind in PRINCIPAL_KINDS if node.has(kind)]
    if len(kinds) != 1:
        _check_parts(kinds, node, context)
        if not kinds and set(node) - set(SCHEMA["properties"]):
            return None  # the schema has reported the misspelt key
        listed = " and ".join(f"`{kind}`" for kind in kinds) or "no"
        summary = f"A trust rule must have one kind of principal; this one has {listed}."
        hint = f"Write one of {', '.join(PRINCIPAL_KINDS)}."
        if kinds:
            hint = "Write one rule for each."
        context.add_problem("trust-principal", summary, node.place_of(), hint)
        return None
    kind = kinds[0]
    problems_before = len(context.problems)
    _check_combination(kind, node, context)
    _check_audience(node, context)
    rule = TrustRule(
        kind=kind,
        principals=tuple(_read_principals(kind, node, context)),
        place=node.place_of(),
        mfa="mfa" in node,
        mfa_max_age=_read_mfa_max_age(node),
        external_ids=tuple(_read_external_ids(node, context)),
        session_tags=node.get("session_tags") is True,
        source_identity=node.get("source_identity") is True,
        subjects=tuple(value for value, _ in get_texts(node, "subjects")),
        audiences=tuple(value for value, _ in get_texts(node, "audiences")),
        conditions=cast("Mapping[str, Json]", node.get("conditions") or {}),
        sid=get_text(node, "sid"),
        expires=context.read_expiry(node),
    )
    is_incomplete = not node.is_complete or len(rule.principals) < len({value for value, _ in get_texts(node, kind)})
    has_error = is_incomplete or any(problem.level is Level.ERROR for problem in context.problems[problems_before:])
    return None if has_error or _has_conflict(rule, node, context) else rule


def _check_parts(kinds: list[str], node: Map, context: DeclareContext) -> None:
    """Check the parts of a rule that has no kind of principal, or several."""
    for kind in kinds:
        _read_principals(kind, node, context)
    _read_external_ids(node, context)
    context.read_expiry(node)


def _read_principals(kind: str, node: Map, context: DeclareContext) -> list[str]:
    if kind == "anyone":
        return ["*"]
    seen_arns: set[str] = set()
    arns: list[str] = []
    reported = find_repeated_texts(node, kind)
    for value, place in get_texts(node, kind):
        arn = _resolve_principal(kind, value, place, context)
        if arn in seen_arns and value not in reported:
            context.add_problem("duplicate-reference", f"{value!r} is listed twice.", place, "Remove one.")
        elif arn:
            seen_arns.add(arn)
            arns.append(arn)
    return arns


def _resolve_principal(kind: str, value: str, place: Place, context: DeclareContext) -> str | None:
    if kind == "accounts":
        return _match_principal(ACCOUNT_ID.grammar, value, place, context, "an account id", ACCOUNT_ID.hint)
    if kind == "services":
        return _match_principal(_HOST, value, place, context, "a service principal, such as ec2.amazonaws.com")
    if value.startswith("arn:"):
        arn = _match_principal(_PRINCIPAL_ARN[kind], value, place, context, f"an ARN that can stand under `{kind}`")
        if arn:
            context.check_partition(arn, place)
        return arn
    address = context.resolve_name(_KIND[kind], value, place)
    return context.arn_of(address) if address else None


def _match_principal(
    grammar: re.Pattern[str], value: str, place: Place, context: DeclareContext, expected: str, hint: str = ""
) -> str | None:
    if grammar.fullmatch(value):
        return value
    context.add_problem("bad-principal", f"{value!r} is not {expected}.", place, explain_text(value) or hint)
    return None


def _read_mfa_max_age(node: Map) -> int | None:
    mfa = node.get("mfa")
    return parse_duration(mfa.get("max_age")) if isinstance(mfa, Map) else None


def _read_external_ids(node: Map, context: DeclareContext) -> list[str]:
    accepted = []
    for value, place in get_texts(node, "external_id"):
        if EXTERNAL_ID.accepts(value):
            accepted.append(value)
        else:
            summary = f"{value!r} is not a valid external id."
            context.add_problem("bad-external-id", summary, place, EXTERNAL_ID.hint)
    return accepted


def _check_combination(kind: str, node: Map, context: DeclareContext) -> None:
    """Report fields that a kind of principal cannot have, and fields that it needs."""

    def refuse(key: str, summary: str, hint: str = "") -> None:
        context.add_problem("trust-rule", summary, node.place_of(key, of_key=True), hint)

    mfa = node.get("mfa")
    if isinstance(mfa, Map) and "max_age" in mfa and not _read_mfa_max_age(node):
        refuse("mfa", "`max_age` of 0 lets nobody in.", "Write how long ago MFA may have been used, such as 1h.")
    if "mfa" in node and kind == "roles":
        refuse(
            "mfa",
            "`mfa` with `roles` would let nobody in: the session of a role carries no MFA.",
            "Remove it. Write `mfa` in the trust of the first role of the chain, which users assume.",
        )
    elif "mfa" in node and kind not in ("users", "accounts"):
        refuse("mfa", f"`mfa` works with `users` and `accounts` only, not with `{kind}`.", "Remove it.")
    for key in ("subjects", "audiences"):
        if key in node and kind != "oidc":
            refuse(key, f"`{key}` works with `oidc` only, not with `{kind}`.", "Remove it.")
    if "external_id" in node and kind in ("services", "oidc", "saml"):
        summary = f"`external_id` does not work with `{kind}`: only AssumeRole sends an external id."
        refuse("external_id", summary, "Remove it.")
    if kind == "oidc" and not node.has("subjects"):
        hint = "Write whose tokens to accept, such as subjects: ['repo:org/app:ref:refs/heads/main']."
        context.add_problem(
            "trust-rule", "`oidc` without `subjects` accepts every token of the provider.", node.place_of(), hint
        )
    for value, place in get_texts(node, "subjects"):
        if not value.strip("*?"):
            hint = "Write whose tokens to accept, such as 'repo:org/app:*'."
            context.add_problem(
                "trust-rule", f"The subject {value!r} accepts every token of the provider.", place, hint
            )
    if "anyone" in node and "conditions" not in node.unread and not narrows_callers(node.get("conditions")):
        hint = "Add a condition on aws:PrincipalOrgID, for example, or name users, roles or accounts instead."
        context.add_problem(
            "trust-rule",
            "`anyone` without limiting `conditions` lets every AWS account in.",
            node.place_of("anyone"),
            hint,
        )


def _check_audience(node: Map, context: DeclareContext) -> None:
    """Warn of a rule without `audiences` for an issuer that distinguishes its tenants by the audience."""
    issuer = find_shared_issuer(get_text(node, "oidc") or "")
    if issuer is not None and issuer.claims == ("aud",) and "audiences" not in node:
        context.add_problem(
            "trust-audience",
            f"{issuer.name} puts the owner of a token into `aud`, but this rule accepts only {WEB_IDENTITY_AUDIENCE}.",
            node.place_of("oidc"),
            f"Write whose tokens to accept, such as audiences: ['{issuer.example}'].",
            level=Level.WARNING,
        )


def _has_conflict(rule: TrustRule, node: Map, context: DeclareContext) -> bool:
    """Return whether `conditions` sets a condition that another field of the rule sets, and report it."""
    try:
        compile_rule(rule, context.partition)
    except ConditionConflict as conflict:
        operator, key = conflict.args
        summary = f"`conditions` sets {operator} {key}, which another field of this rule sets as well."
        context.add_problem("trust-rule", summary, node.place_of("conditions"), "Remove one of the two.")
        return True
    return False


def read_trust(node: Map, context: DeclareContext) -> Document | None:
    """Return the trust policy of a role's `trust`; None if a rule failed, so that no partial trust is compared."""
    written = node["trust"]
    nodes = [item for item in written if isinstance(item, Map)] if isinstance(written, Seq) else []
    read_rules = [(item, rule) for item in nodes if (rule := read_rule(item, context))]
    if not read_rules:
        return None
    is_partial = len(read_rules) < len(nodes) or (isinstance(written, Seq) and written.is_partial)
    # A trust policy cannot be empty: if every rule has expired they all stay, and their conditions let nobody in.
    lasting = [(item, rule) for item, rule in read_rules if not context.is_over(rule.expires)] or read_rules
    nodes, rules = [item for item, _ in lasting], [rule for _, rule in lasting]
    compiled = compile_trust(rules, context.partition)
    flaws = context.document_reader.flaws_of_trust(compiled)
    for flaw in flaws:
        context.add_problem(flaw.code, flaw.summary, _place_of_flaw(flaw, nodes, rules), flaw.hint, level=flaw.level)
    if is_partial or any(flaw.level is Level.ERROR for flaw in flaws):
        return None
    return replace(
        parse_authored(compiled, context.partition), places=tuple(rule.place for rule in rules), from_rules=True
    )


def _place_of_flaw(flaw: Flaw, nodes: list[Map], rules: list[TrustRule]) -> Place:
    """Return the place of the rule, or of the part of it, that a flaw of the compiled trust policy comes from."""
    index = flaw.path[1] if len(flaw.path) > 1 and isinstance(flaw.path[1], int) else 0
    node, kind = nodes[index], rules[index].kind
    if flaw.path[2:3] == ("Condition",):
        return find_place(node, ("conditions", *flaw.path[3:]), of_key=flaw.at_key)
    if flaw.path[2:3] != ("Principal",):
        return node.place_of()
    item = flaw.path[4] if len(flaw.path) > 4 else 0
    return find_place(node, (kind, item)) if isinstance(node.get(kind), Seq) else node.place_of(kind)

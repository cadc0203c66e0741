"""Trust rules of a file → `policy.trust.TrustRule`s: which principals they name, and what they may combine."""

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
from reconciler.model.sts_limits import EXTERNAL_ID
from reconciler.policy.caller_conditions import narrows_callers
from reconciler.policy.canonical import parse_authored
from reconciler.policy.grammar import Flaw, PolicyType
from reconciler.policy.placeholders import explain_text
from reconciler.policy.shared_issuers import find_shared_issuer
from reconciler.policy.trust import WEB_IDENTITY_AUDIENCE, ConditionConflict, TrustRule, compile_rule, compile_trust

PRINCIPAL_KINDS = ("users", "roles", "accounts", "services", "oidc", "saml", "anyone")

_ACCOUNT = re.compile(r"\d{12}")
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
    "description": "One statement of the trust policy: exactly one kind of principal, and what narrows it.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "users": parts.make_text_list("Users of this file, or ARNs.", [["alice"]], least=1),
        "roles": parts.make_text_list("Roles of this file, or ARNs.", [["deployer"]], least=1),
        "accounts": parts.make_text_list("Whole accounts: 12 digits, quoted.", [["210987654321"]], least=1),
        "services": parts.make_text_list("Hosts of AWS services.", [["ec2.amazonaws.com"]], least=1),
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
        "anyone": {"enum": [True], "description": "Every AWS principal; refused without `conditions`."},
        "mfa": {
            "description": "MFA demanded of users and accounts: `required`, or `{max_age: 1h}`.",
            "type": ["string", "object"],
            "pattern": "^required$",
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
            "description": "sts:ExternalId that a third party must send: one, or a list of accepted ones.",
        },
        "session_tags": {"type": "boolean", "description": "Adds sts:TagSession."},
        "source_identity": {"type": "boolean", "description": "Adds sts:SetSourceIdentity."},
        "subjects": parts.make_text_list("Patterns of the token's `sub` (oidc).", [["repo:org/app:*"]], least=1),
        "audiences": parts.make_text_list(
            "Accepted `aud` of the token (oidc); sts.amazonaws.com where absent.", least=1
        ),
        "expires": {**parts.make_ref("moment"), "description": "When this rule stops to let anybody in."},
        "conditions": {"type": "object", "description": "More conditions in AWS's grammar, merged in."},
        "sid": {"type": "string", "pattern": "^[A-Za-z0-9]*$", "description": "Statement id."},
    },
}


def read_rule(node: Map, context: DeclareContext) -> TrustRule | None:
    """One rule; None, with problems, where it cannot be compiled."""
    kinds = [kind for kind in PRINCIPAL_KINDS if node.has(kind)]
    if len(kinds) != 1:
        _check_parts(kinds, node, context)
        if not kinds and set(node) - set(SCHEMA["properties"]):
            return None  # the schema has said which key is misspelt
        said = " and ".join(f"`{kind}`" for kind in kinds) or "none"
        hint = f"Write one of {', '.join(PRINCIPAL_KINDS)}; use one rule for each."
        context.add_problem(
            "trust-principal", f"A trust rule names one kind of principal; here: {said}.", node.place_of(), hint
        )
        return None
    kind = kinds[0]
    before = len(context.problems)
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
    unread = not node.is_complete or len(rule.principals) < len({value for value, _ in get_texts(node, kind)})
    failed = unread or any(problem.level is Level.ERROR for problem in context.problems[before:])
    return None if failed or _has_clash(rule, node, context) else rule


def _check_parts(kinds: list[str], node: Map, context: DeclareContext) -> None:
    """Check what can be checked of a rule that names no kind of principal, or more than one."""
    for kind in kinds:
        _read_principals(kind, node, context)
    _read_external_ids(node, context)
    context.read_expiry(node)


def _read_principals(kind: str, node: Map, context: DeclareContext) -> list[str]:
    if kind == "anyone":
        return ["*"]
    found: set[str] = set()
    listed: list[str] = []
    reported = find_repeated_texts(node, kind)
    for value, place in get_texts(node, kind):
        arn = _resolve_principal(kind, value, place, context)
        if arn in found and value not in reported:
            context.add_problem("duplicate-reference", f"{value!r} is listed twice.", place, "Remove one.")
        elif arn:
            found.add(arn)
            listed.append(arn)
    return listed


def _resolve_principal(kind: str, value: str, place: Place, context: DeclareContext) -> str | None:
    if kind == "accounts":
        return _match_principal(_ACCOUNT, value, place, context, "an account: 12 digits")
    if kind == "services":
        return _match_principal(_HOST, value, place, context, "the host of a service, such as ec2.amazonaws.com")
    if value.startswith("arn:"):
        arn = _match_principal(_PRINCIPAL_ARN[kind], value, place, context, f"an ARN that `{kind}` takes")
        if arn:
            context.check_partition(arn, place)
        return arn
    address = context.resolve_name(_KIND[kind], value, place)
    return context.arn_of(address) if address else None


def _match_principal(
    grammar: re.Pattern[str], value: str, place: Place, context: DeclareContext, wanted: str
) -> str | None:
    if grammar.fullmatch(value):
        return value
    context.add_problem("bad-principal", f"{value!r} is not {wanted}.", place, explain_text(value))
    return None


def _read_mfa_max_age(node: Map) -> int | None:
    mfa = node.get("mfa")
    return parse_duration(mfa.get("max_age")) if isinstance(mfa, Map) else None


def _read_external_ids(node: Map, context: DeclareContext) -> list[str]:
    found = []
    for value, place in get_texts(node, "external_id"):
        if EXTERNAL_ID.fullmatch(value):
            found.append(value)
        else:
            hint = "AWS takes 2 to 1224 letters, digits and + = , . @ : / _ -."
            context.add_problem("bad-external-id", f"{value!r} is not an external id.", place, hint)
    return found


def _check_combination(kind: str, node: Map, context: DeclareContext) -> None:
    """What a kind of principal cannot be combined with, or not be without."""

    def refuse(key: str, summary: str, hint: str = "") -> None:
        context.add_problem("trust-rule", summary, node.place_of(key, of_key=True), hint)

    mfa = node.get("mfa")
    if isinstance(mfa, Map) and "max_age" in mfa and not _read_mfa_max_age(node):
        refuse("mfa", "`max_age` of 0 lets nobody in.", "Write how long ago MFA may have been, as in 1h.")
    if "mfa" in node and kind == "roles":
        refuse(
            "mfa",
            "`mfa` with `roles` could never match: a role's session carries no MFA context.",
            "Demand MFA in the trust of the first role of the chain.",
        )
    elif "mfa" in node and kind not in ("users", "accounts"):
        refuse("mfa", f"`mfa` works with users and accounts only, not with `{kind}`.")
    for key in ("subjects", "audiences"):
        if key in node and kind != "oidc":
            refuse(key, f"`{key}` belongs to a rule with `oidc`, not `{kind}`.")
    if "external_id" in node and kind in ("services", "oidc", "saml"):
        refuse("external_id", f"`external_id` cannot be sent by `{kind}`: only AssumeRole carries one.")
    if kind == "oidc" and not node.has("subjects"):
        hint = "Say whose tokens are good, as in subjects: ['repo:org/app:ref:refs/heads/main']."
        context.add_problem(
            "trust-rule", "`oidc` without `subjects` lets every token of the provider in.", node.place_of(), hint
        )
    for value, place in get_texts(node, "subjects"):
        if not value.strip("*?"):
            hint = "Say whose tokens are good, as in 'repo:org/app:*'."
            context.add_problem(
                "trust-rule", f"The subject {value!r} lets every token of the provider in.", place, hint
            )
    if "anyone" in node and "conditions" not in node.unread and not narrows_callers(node.get("conditions")):
        hint = "Narrow it by aws:PrincipalOrgID or its like, or name users, roles or accounts."
        context.add_problem(
            "trust-rule",
            "`anyone` needs `conditions` that say who: as it stands every AWS account is let in.",
            node.place_of("anyone"),
            hint,
        )


def _check_audience(node: Map, context: DeclareContext) -> None:
    """Warn of a rule that takes the usual audience from an issuer that tells its tenants apart by it."""
    issuer = find_shared_issuer(get_text(node, "oidc") or "")
    if issuer is not None and issuer.claims == ("aud",) and "audiences" not in node:
        context.add_problem(
            "trust-audience",
            f"{issuer.name} says in `aud` whose token it is, and this rule takes {WEB_IDENTITY_AUDIENCE} alone.",
            node.place_of("oidc"),
            f"Write whose tokens are good, as in audiences: ['{issuer.example}'].",
            level=Level.WARNING,
        )


def _has_clash(rule: TrustRule, node: Map, context: DeclareContext) -> bool:
    try:
        compile_rule(rule, context.partition)
    except ConditionConflict as clash:
        operator, key = clash.args
        summary = f"`conditions` sets {operator} {key}, which the rule itself sets."
        context.add_problem("trust-rule", summary, node.place_of("conditions"), "Remove it from one of the two.")
        return True
    return False


def read_trust(node: Map, context: DeclareContext) -> Document | None:
    """The trust policy of a role's `trust`; None where a rule failed, so that no half trust is ever compared."""
    written = node["trust"]
    nodes = [item for item in written if isinstance(item, Map)] if isinstance(written, Seq) else []
    read = [(item, rule) for item in nodes if (rule := read_rule(item, context))]
    if not read:
        return None
    partial = len(read) < len(nodes) or (isinstance(written, Seq) and written.is_partial)
    # a trust cannot be empty: where every rule is over, they stay, and let nobody in
    lasting = [(item, rule) for item, rule in read if not context.is_over(rule.expires)] or read
    nodes, good = [item for item, _ in lasting], [rule for _, rule in lasting]
    compiled = compile_trust(good, context.partition)
    found = context.document_reader.flaws_of(compiled, PolicyType.TRUST)
    for flaw in found:
        context.add_problem(flaw.code, flaw.summary, _place_of_flaw(flaw, nodes, good), flaw.hint, level=flaw.level)
    if partial or any(flaw.level is Level.ERROR for flaw in found):
        return None
    return replace(
        parse_authored(compiled, context.partition), places=tuple(rule.place for rule in good), from_rules=True
    )


def _place_of_flaw(flaw: Flaw, nodes: list[Map], rules: list[TrustRule]) -> Place:
    """Return the place in the file of what a flaw of the compiled trust is about: the rule, or a part of it."""
    index = flaw.path[1] if len(flaw.path) > 1 and isinstance(flaw.path[1], int) else 0
    node, kind = nodes[index], rules[index].kind
    if flaw.path[2:3] == ("Condition",):
        return find_place(node, ("conditions", *flaw.path[3:]), of_key=flaw.at_key)
    if flaw.path[2:3] != ("Principal",):
        return node.place_of()
    item = flaw.path[4] if len(flaw.path) > 4 else 0
    return find_place(node, (kind, item)) if isinstance(node.get(kind), Seq) else node.place_of(kind)

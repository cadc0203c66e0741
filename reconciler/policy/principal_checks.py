"""Check the grammar of Principal in a trust policy.

From the IAM User Guide: "AWS JSON policy elements: Principal", and of the "IAM Access Analyzer policy check
reference" the checks on principals ("Mismatched action for principal", "Unsupported wildcard in principal").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.model.partitions import DNS_SUFFIXES, PARTITION_NAME
from reconciler.policy.flaw import Flaw, Path, did_you_mean, error, format_value
from reconciler.policy.placeholders import explain_text
from reconciler.policy.sts_actions import match_trust_actions
from reconciler.policy.walk import DocumentPart, items_of, iter_principals, texts_of

PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

_ARN = f"arn:{PARTITION_NAME}"
_AWS = re.compile(
    rf"[0-9]{{12}}|A(?:IDA|ROA)[A-Z0-9]{{4,}}"
    rf"|{_ARN}:iam::[0-9]{{12}}:(?:root|(?:user|role)/[\x21-\x7e]+)"
    rf"|{_ARN}:sts::[0-9]{{12}}:(?:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+)",
    re.ASCII,
)
_GROUP = re.compile(rf"{_ARN}:iam::[0-9]{{12}}:group/")
_PROVIDER = re.compile(rf"{_ARN}:iam::[0-9]{{12}}:(oidc|saml)-provider/[\x21-\x7e]+")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)
_BUILT_IN = re.compile(
    rf"cognito-identity[a-z0-9.-]*\.({'|'.join(map(re.escape, DNS_SUFFIXES))})"
    r"|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com"
)

_CALLER_TYPES = {
    "sts:AssumeRole": {"aws", "service"},
    "sts:AssumeRoleWithSAML": {"saml"},
    "sts:AssumeRoleWithWebIdentity": {"oidc"},
}
"""Maps each action that assumes a role to the types of caller that can use it."""


def check_principal(part: DocumentPart) -> Iterator[Flaw]:
    """Yield the flaws of a Principal: `"*"`, or an object of kinds, each with a string or a list of strings."""
    if part.value == "*":
        return
    if not isinstance(part.value, dict):
        hint = f'Write {{"AWS": {format_value(part.value)}}}.' if isinstance(part.value, str) else ""
        yield error(
            "invalid-principal",
            part.path,
            f'Principal is {format_value(part.value)}, neither "*" nor an object.',
            hint,
        )
    elif not part.value:
        yield error("invalid-principal", part.path, "Principal is an empty object: it names nobody.")
    else:
        for kind, value in part.value.items():
            yield from _check_kind(str(kind), DocumentPart((*part.path, str(kind)), value))


def _check_kind(kind: str, part: DocumentPart) -> Iterator[Flaw]:
    if kind == "CanonicalUser":
        summary = "A role cannot trust a CanonicalUser: only policies of S3 buckets can."
        yield error("canonical-user-in-trust", part.path, summary, "Name the account under AWS.", at_key=True)
    elif kind not in PRINCIPAL_KINDS:
        summary = f"{format_value(kind)} is not a kind of principal."
        hint = did_you_mean(kind, PRINCIPAL_KINDS, "The kinds are AWS, Service and Federated.")
        yield error("unknown-principal-type", part.path, summary, hint, at_key=True)
    else:
        yield from _check_values(kind, part)


def _check_values(kind: str, part: DocumentPart) -> Iterator[Flaw]:
    if isinstance(part.value, list) and not part.value:
        yield error("empty-list", part.path, f"{kind} is an empty list: it names nobody.")
    for path, value in items_of(part):
        if isinstance(value, str):
            yield from _check_text(kind, path, value)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield error(
                "account-not-quoted",
                path,
                f"{kind} has the number {value}, and a number loses the leading zeros of an account.",
                f'Quote it: "{value:012d}".',
            )
        else:
            yield error("not-a-string", path, f"{kind} has {format_value(value)} in place of a text.")


def _check_text(kind: str, path: Path, text: str) -> Iterator[Flaw]:
    if kind == "AWS" and text == "*":
        return
    if "*" in text or "?" in text:
        yield error(
            "principal-wildcard",
            path,
            f"{kind} principal {format_value(text)} has a wildcard; AWS allows none in a principal.",
            "Trust the account, and add a condition on aws:PrincipalArn." if kind == "AWS" else "",
        )
    elif _GROUP.match(text):
        yield error(
            "group-as-principal",
            path,
            f"{format_value(text)} is a group, and AWS does not accept a group as principal.",
            "Name its users; or trust the account, and allow sts:AssumeRole on this role in a policy of the group.",
        )
    elif not is_well_formed(kind, text):
        yield error(
            "invalid-principal",
            path,
            f"{format_value(text)} is not a principal of the kind {kind}.",
            _build_hint(kind, text),
        )


def is_well_formed(kind: str, text: str) -> bool:
    """Return whether a text has the form of a principal of this kind; a wildcard has not."""
    if kind == "AWS":
        return _AWS.fullmatch(text) is not None
    if kind == "Service":
        return _HOST.fullmatch(text) is not None
    return (_PROVIDER.fullmatch(text) or _BUILT_IN.fullmatch(text)) is not None


def _build_hint(kind: str, text: str) -> str:
    """Return a hint that says under which kind the text belongs, or which form the kind needs."""
    if foreign := explain_text(text):
        return foreign
    if "${" in text:
        return "AWS reads no variables in principals. Trust the account, and test aws:PrincipalArn in a Condition."
    if _PROVIDER.fullmatch(text) or _BUILT_IN.fullmatch(text):
        return "Write providers under Federated."
    if _AWS.fullmatch(text):
        return "Write accounts, users and roles under AWS."
    if kind != "Service" and text.endswith(tuple(f".{suffix}" for suffix in DNS_SUFFIXES)):
        return "Write services under Service."
    if kind == "AWS":
        return "Under AWS, write an account of 12 digits, or the ARN of a user, a role or a session."
    if kind == "Service":
        return f"Did you mean {text}.amazonaws.com?" if re.fullmatch("[a-z0-9-]+", text) else ""
    return "Under Federated, write the ARN of an oidc-provider or a saml-provider."


def caller_types_of(part: DocumentPart | None) -> set[str]:
    """Return the types of caller that these principals can be: aws, service, oidc, saml; "any" for everybody."""
    types = set()
    for _, kind, text in iter_principals(part):
        provider = _PROVIDER.fullmatch(text)
        if provider:
            types.add(provider[1])
        elif _BUILT_IN.fullmatch(text):
            types.add("oidc")
        elif text == "*" or kind not in {"AWS", "Service"}:
            types.add("any")
        else:
            types.add(kind.casefold())
    return types


def find_assume_actions(principals: DocumentPart | None) -> tuple[str, ...]:
    """Return the actions by which one of these principals can assume a role; all three if that is unclear."""
    callers = caller_types_of(principals)
    actions = tuple(name for name, able in _CALLER_TYPES.items() if able & callers)
    return tuple(_CALLER_TYPES) if "any" in callers or not actions else actions


def check_callable_actions(action: DocumentPart | None, principals: DocumentPart | None) -> Iterator[Flaw]:
    """Yield an error for each action that none of the statement's principals can call.

    One principal that can call it is enough, because AWS accepts mixed statements.
    """
    callers = caller_types_of(principals)
    if not callers or "any" in callers:
        return
    for path, text in texts_of(action):
        matched = match_trust_actions(text)
        able: set[str] = set().union(*(_CALLER_TYPES.get(name, callers) for name in matched))
        if matched and not able & callers:
            yield error(
                "principal-action-mismatch",
                path,
                f"No principal of this statement can call {format_value(text)}.",
                f"Did you mean {' and '.join(find_assume_actions(principals))}?",
            )

"""Find statements that AWS accepts but that do something else than they seem to.

Examples: a test of MFA that lets callers without MFA through, a pattern that never matches. The rules come from the
IAM User Guide ("Configuring MFA-protected API access", "IAM Access Analyzer policy check reference"). Rules for trust
policies alone are in `trust_lint`. Flaws are warnings, unless AWS refuses the document. Values of the wrong type are
left to `grammar`.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.policy.flaw import Flaw, PolicyType, format_value, warning
from reconciler.policy.global_keys import MFA_PRESENT, SINGLE_VALUED
from reconciler.policy.operators import OPERATORS
from reconciler.policy.placeholders import check_account_values
from reconciler.policy.trust_lint import check_service_principal, lint_trust
from reconciler.policy.walk import ConditionLine, JsonObject, element_of, iter_conditions, iter_statements, texts_of

_SERVICE_KEYS = frozenset(
    "iam:passedtoservice iam:awsservicename aws:principalservicename aws:calledvia aws:calledviafirst "
    "aws:calledvialast".split()
)
"""Condition keys whose values are service principals (IAM User Guide, "IAM and AWS STS condition context keys")."""

_SINGLE_VALUED = frozenset(key.casefold() for key in SINGLE_VALUED)


def lint_document(document: object, policy_type: PolicyType, account: str = "") -> list[Flaw]:
    """Return the flaws of every statement of a parsed document.

    Accepts any JSON value and never raises.

    account: the account of the role, if the document is its trust; empty if it is not known.
    """
    flaws: list[Flaw] = []
    for path, statement in iter_statements(document):
        lines = list(iter_conditions(element_of(statement, path, "Condition")))
        for line in lines:
            flaws += _check_mfa(statement, line)
            flaws += _check_literal_wildcards(line)
            flaws += _check_for_all_values(statement, line, lines)
            flaws += check_account_values(line)
            flaws += _check_services(line)
    if policy_type is PolicyType.TRUST:
        flaws += lint_trust(document, account)
    return flaws


def _values_of(line: ConditionLine) -> set[str]:
    return {str(part.value).casefold() for part in line.values}


def _check_mfa(statement: JsonObject, line: ConditionLine) -> Iterator[Flaw]:
    """Warn if a test of MFA does not stop calls with an access key: for them the key is absent, not false."""
    operator = OPERATORS.get(line.operator)
    if line.key.casefold() != MFA_PRESENT or operator is None:
        return
    effect, values = statement.get("Effect"), _values_of(line)
    if operator.base == "Null":
        summary = f"Null on {line.key} tests if the request has this key, not if the caller used MFA."
        hint = 'To allow only with MFA, use Bool "true". To deny without MFA, use BoolIfExists "false".'
        yield warning("mfa-null-test", line.path, summary, hint)
    elif effect == "Deny" and operator.base == "Bool" and not operator.if_exists and "false" in values:
        summary = f'This Deny with Bool {line.key} "false" does not stop calls with an access key: they lack the key.'
        yield warning("mfa-deny-misses-access-keys", line.path, summary, "Use BoolIfExists.")
    elif effect == "Allow" and operator.base == "Bool" and operator.if_exists and "true" in values:
        summary = f'This Allow with BoolIfExists {line.key} "true" allows calls with an access key: they lack the key.'
        yield warning("mfa-allow-if-exists", line.path, summary, "Use Bool.")


def _check_literal_wildcards(line: ConditionLine) -> Iterator[Flaw]:
    operator = OPERATORS.get(line.operator)
    if operator is None or operator.type != "String" or operator.base.endswith("Like"):
        return
    like = line.operator.replace(operator.base, "StringNotLike" if "Not" in operator.base else "StringLike")
    for part in line.values:
        # `${*}` is how a policy writes a literal asterisk.
        if isinstance(part.value, str) and "*" in part.value.replace("${*}", ""):
            summary = f"{operator.base} reads the * in {format_value(part.value)} as a plain character, not a wildcard."
            yield warning("wildcard-without-like", part.path, summary, f"Did you mean {like}?")


def _check_for_all_values(statement: JsonObject, line: ConditionLine, lines: list[ConditionLine]) -> Iterator[Flaw]:
    """Warn about ForAllValues in an Allow, which is also true if the request lacks the key.

    A `Null … false` on the same key in the same statement closes that gap.
    """
    operator = OPERATORS.get(line.operator)
    if operator is None or operator.quantifier != "ForAllValues" or statement.get("Effect") != "Allow":
        return
    key = line.key.casefold()
    single = key.partition("/")[0] in _SINGLE_VALUED or key.endswith((":sub", ":aud"))
    present = any(
        other.operator == "Null" and other.key.casefold() == key and _values_of(other) == {"false"} for other in lines
    )
    if single and not present:
        summary = f"ForAllValues on {line.key} is also true for requests without this key; the key has only one value."
        hint = f"Did you mean {line.operator.partition(':')[2]}?"
        yield warning("for-all-values-on-single-value", line.path, summary, hint)


def _check_services(line: ConditionLine) -> Iterator[Flaw]:
    """Warn about the name of a service that AWS does not have: the condition never matches."""
    operator = OPERATORS.get(line.operator)
    if operator is not None and operator.type == "String" and line.key.casefold() in _SERVICE_KEYS:
        for path, text in texts_of(line.part):
            yield from check_service_principal(path, text, f"{line.key} never has such a value.")

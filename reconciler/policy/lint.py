"""What AWS takes but does not do what it seems to: tests of MFA that let through, patterns that never match,
trusts that are wider than they look. From the IAM User Guide ("Configuring MFA-protected API access", "IAM
Access Analyzer policy check reference") and GitHub's "Configuring OpenID Connect in Amazon Web Services".

Warnings, except for what AWS itself refuses. What has the wrong shape is the grammar's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.policy.flaw import Flaw, Path, Use, error, shown, warning
from reconciler.policy.global_keys import MFA_PRESENT, SINGLE_VALUED
from reconciler.policy.narrowing import narrows
from reconciler.policy.operators import OPERATORS
from reconciler.policy.placeholders import account_flaws
from reconciler.policy.walk import Clause, Object, clauses, element, principals, statements, texts

_GITHUB = "token.actions.githubusercontent.com"
_POSITIVE = ("StringLike", "ForAnyValue:StringLike", "ForAllValues:StringLike")
_SINGLE = frozenset(key.casefold() for key in SINGLE_VALUED)


def lint(document: object, use: Use) -> list[Flaw]:
    """Warnings on every statement of a parsed document, whatever JSON value it is; never raises."""
    found: list[Flaw] = []
    for path, statement in statements(document):
        lines = list(clauses(element(statement, path, "Condition")))
        for line in lines:
            found += _mfa(statement, line)
            found += _literal_wildcards(line)
            found += _for_all_values(statement, line, lines)
            found += account_flaws(line)
        if use is Use.TRUST and statement.get("Effect") == "Allow":
            found += _anyone(statement, path)
            found += _github(statement, path, lines)
    return found


def _values(line: Clause) -> set[str]:
    return {str(part.value).casefold() for part in line.values}


def _mfa(statement: Object, line: Clause) -> Iterator[Flaw]:
    """The key is absent, not false, for calls with an access key: what a test makes of that decides."""
    operator = OPERATORS.get(line.operator)
    if line.key.casefold() != MFA_PRESENT or operator is None:
        return
    effect, values = statement.get("Effect"), _values(line)
    if operator.base == "Null":
        summary = f"Null on {line.key} tests whether the key is there, not whether MFA was used."
        hint = 'Use Bool "true" to allow, BoolIfExists "false" to deny.'
        yield warning("mfa-null-test", line.path, summary, hint)
    elif effect == "Deny" and operator.base == "Bool" and not operator.if_exists and "false" in values:
        summary = f'This Deny with Bool {line.key} "false" lets calls with an access key through.'
        yield warning("mfa-deny-misses-access-keys", line.path, summary, "Use BoolIfExists.")
    elif effect == "Allow" and operator.base == "Bool" and operator.if_exists and "true" in values:
        summary = f'This Allow with BoolIfExists {line.key} "true" lets calls with an access key through.'
        yield warning("mfa-allow-if-exists", line.path, summary, "Use Bool.")


def _literal_wildcards(line: Clause) -> Iterator[Flaw]:
    operator = OPERATORS.get(line.operator)
    if operator is None or operator.type != "String" or operator.base.endswith("Like"):
        return
    like = line.operator.replace(operator.base, "StringNotLike" if "Not" in operator.base else "StringLike")
    for part in line.values:
        # `${*}` is how a policy writes a literal asterisk.
        if isinstance(part.value, str) and "*" in part.value.replace("${*}", ""):
            summary = f"{operator.base} takes the * in {shown(part.value)} literally."
            yield warning("wildcard-without-like", part.path, summary, f"Did you mean {like}?")


def _for_all_values(statement: Object, line: Clause, lines: list[Clause]) -> Iterator[Flaw]:
    """ForAllValues is true where the key is absent; a `Null … false` beside it closes that."""
    operator = OPERATORS.get(line.operator)
    if operator is None or operator.quantifier != "ForAllValues" or statement.get("Effect") != "Allow":
        return
    key = line.key.casefold()
    single = key.partition("/")[0] in _SINGLE or key.endswith((":sub", ":aud"))
    present = any(
        other.operator == "Null" and other.key.casefold() == key and _values(other) == {"false"} for other in lines
    )
    if single and not present:
        summary = f"ForAllValues on {line.key}, which has one value, is also true where the key is absent."
        hint = f"Did you mean {line.operator.partition(':')[2]}?"
        yield warning("for-all-values-on-single-value", line.path, summary, hint)


def _anyone(statement: Object, path: Path) -> Iterator[Flaw]:
    if narrows(statement.get("Condition")):
        return
    for place, kind, text in principals(element(statement, path, "Principal")):
        if kind == "AWS" and text == "*":
            summary = "Everybody may assume this role, from any AWS account."
            hint = "Name the principals, or narrow it by a Condition such as aws:PrincipalOrgID."
            yield warning("trust-to-anyone", place, summary, hint)


def _github(statement: Object, path: Path, lines: list[Clause]) -> Iterator[Flaw]:
    """AWS refuses a trust in GitHub's shared provider that tests neither the repository nor its workflow."""
    for place, _, text in principals(element(statement, path, "Principal")):
        provider = text.partition(":oidc-provider/")[2].casefold()
        if provider.partition("/")[0] != _GITHUB:
            continue
        tested = {line.key.casefold() for line in lines if line.operator != "Null"}
        if not tested & {f"{provider}:sub", f"{provider}:job_workflow_ref"}:
            yield error(
                "oidc-without-subject",
                place,
                f"Any repository on GitHub could assume this role: no condition tests {provider}:sub.",
                f"Add StringLike {provider}:sub, such as repo:ORG/REPO:ref:refs/heads/main.",
            )
        for line in lines:
            if line.key.casefold() == f"{provider}:sub" and line.operator.startswith(_POSITIVE):
                yield from _subjects(line)


def _subjects(line: Clause) -> Iterator[Flaw]:
    for path, text in texts(line.part):
        owner = re.sub(r"^repo:", "", text, flags=re.IGNORECASE).partition("/")[0].partition(":")[0]
        # Behind @ stands the number of the owner, and no name can contain an @.
        name = owner.partition("@")[0]
        if not name.strip("*?"):
            summary = f"The subject {shown(text)} lets any organization on GitHub in."
            yield warning("oidc-subject-too-wide", path, summary, "Name the organization and the repository.")
        elif "*" in name or "?" in name:
            summary = f"The subject {shown(text)} also matches organizations whose names merely look alike."
            hint = "Spell the organization out; put a wildcard only behind its /."
            yield warning("oidc-subject-look-alike", path, summary, hint)

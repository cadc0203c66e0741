"""Find faults of a trust policy with correct grammar: whom it lets in, through which provider, with which actions.

Sources: IAM User Guide, "IAM Access Analyzer policy check reference", "Identity-provider controls for shared OIDC
providers", "AWS JSON policy elements: Principal", "Create an OpenID Connect (OIDC) identity provider in IAM" ("OIDC
IdPs used in a role trust policy must be in the same account as the role that trusts it"; SAML likewise); GitHub,
"Configuring OpenID Connect in Amazon Web Services".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.model.partitions import ARN_PARTITION
from reconciler.policy.caller_conditions import excludes_strangers, narrows_callers
from reconciler.policy.flaw import Flaw, Path, error, format_value, warning
from reconciler.policy.principal_checks import find_assume_actions
from reconciler.policy.service_principals import NEEDED_ACTIONS, date_of_list, find_nearest_service, is_known_service
from reconciler.policy.shared_issuers import (
    GITHUB_ISSUER,
    SharedIssuer,
    evaluates_claim,
    find_shared_issuer,
    is_solely_wildcard,
    issuer_of,
    names_accepted_values,
    narrows_claim,
)
from reconciler.policy.sts_actions import match_sts_actions, match_trust_actions
from reconciler.policy.walk import (
    ConditionLine,
    JsonObject,
    element_of,
    iter_conditions,
    iter_principals,
    iter_statements,
    texts_of,
)

_LIKE_OPERATORS = ("StringLike", "ForAnyValue:StringLike", "ForAllValues:StringLike")
_PROVIDER = re.compile(rf"arn:{ARN_PARTITION}:iam::([0-9]{{12}}):(oidc|saml)-provider/")
_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def lint_trust(document: object, account: str) -> Iterator[Flaw]:
    """Yield the flaws of a trust policy; any JSON value will do.

    account: the account of the role; empty if it is not known.
    """
    for path, statement in iter_statements(document):
        yield from _check_bare_principal(statement, path)
        yield from _check_actions(statement, path)
        if statement.get("Effect") == "Allow":
            lines = list(iter_conditions(element_of(statement, path, "Condition")))
            yield from _check_anyone(statement, path)
            yield from _check_federated(statement, path, lines, account)
        yield from _check_services(statement, path)
    yield from _check_needed_actions(document)


def _check_bare_principal(statement: JsonObject, path: Path) -> Iterator[Flaw]:
    if statement.get("Principal") == "*":
        summary = 'The Principal of this trust is a bare "*": AWS does not document it, and Access Analyzer objects.'
        yield warning("bare-principal-in-trust", (*path, "Principal"), summary, 'Write {"AWS": "*"}.')


def _check_actions(statement: JsonObject, path: Path) -> Iterator[Flaw]:
    """Warn about wildcards, which AWS does not document for a trust, and about actions that have no effect in one."""
    for form in ("Action", "NotAction"):
        for place, text in texts_of(element_of(statement, path, form)):
            if "*" in text or "?" in text:
                usual = find_assume_actions(element_of(statement, path, "Principal"))
                if match_sts_actions(text):
                    summary = f"Action {format_value(text)} has a wildcard: AWS documents none in a trust."
                    hint = f"Write the full names of the actions, as in {', '.join(usual)}."
                    yield warning("trust-action-wildcard", place, summary, hint)
            elif match_sts_actions(text) and not match_trust_actions(text):
                summary = (
                    f"Action {format_value(text)} has no effect in a trust policy, which says who may assume a role."
                )
                hint = "Remove it, or move it to the role's policies, which say what the role may do."
                yield warning("trust-action-without-effect", place, summary, hint)


def _check_anyone(statement: JsonObject, path: Path) -> Iterator[Flaw]:
    conditions = statement.get("Condition")
    if excludes_strangers(conditions):
        return
    for place, kind, text in iter_principals(element_of(statement, path, "Principal")):
        if kind == "AWS" and text == "*":
            summary = "Everybody may assume this role, from any AWS account."
            if narrows_callers(conditions):
                summary = f"{summary.removesuffix('.')}: strangers can meet its conditions, too."
            hint = "Name the principals, or add a Condition that limits them, such as one on aws:PrincipalOrgID."
            yield warning("trust-to-anyone", place, summary, hint)


def _check_federated(statement: JsonObject, path: Path, lines: list[ConditionLine], account: str) -> Iterator[Flaw]:
    for place, kind, text in iter_principals(element_of(statement, path, "Principal")):
        if kind != "Federated":
            continue
        yield from _check_provider_account(place, text, account)
        yield from _check_repeated_keys(issuer_of(text), lines)
        issuer = find_shared_issuer(text)
        if issuer is not None and _covers_action(statement, path, _WEB_IDENTITY):
            yield from _check_shared_issuer(issuer, place, lines)
        elif issuer_of(text).startswith(f"{GITHUB_ISSUER}/"):
            yield from _check_github_enterprise(issuer_of(text), place, lines)
        if issuer_of(text).partition("/")[0] == GITHUB_ISSUER:
            for line in lines:
                if line.key.casefold() == f"{issuer_of(text)}:sub" and line.operator.startswith(_LIKE_OPERATORS):
                    yield from _check_github_subjects(line)


def _check_provider_account(place: Path, text: str, account: str) -> Iterator[Flaw]:
    provider = _PROVIDER.match(text)
    if provider and account and provider[1] != account:
        own = text.replace(f":{provider[1]}:", f":{account}:", 1)
        summary = f"Nobody can assume this role through {text}: the provider is in account {provider[1]}."
        hint = f"A role can only trust a provider of its own account. Create it in {account} and write {own}."
        yield warning("foreign-provider", place, summary, hint)


def _check_shared_issuer(issuer: SharedIssuer, place: Path, lines: list[ConditionLine]) -> Iterator[Flaw]:
    """Yield an error if no condition tests whose token it is, which IAM refuses; warn if a test is too wide."""
    key, claim = issuer.keys[0], issuer.claims[0]
    operator = "StringLike" if "*" in issuer.example else "StringEquals"
    hint = f'IAM refuses such a trust. Add the condition {operator}: {{"{key}": "{issuer.example}"}}.'
    code = {"sub": "oidc-without-subject", "aud": "oidc-without-audience"}.get(claim, "oidc-without-session-name")
    if not evaluates_claim(issuer, lines):
        summary = f"Everybody at {issuer.name} could assume this role: no condition limits {key} to yours."
        yield error(code, place, summary, hint)
        return
    if not narrows_claim(issuer, lines):
        summary = f"The conditions on {key} only exclude some: everybody else at {issuer.name} may assume this role."
        yield warning("oidc-claim-not-narrowed", place, summary, hint.removeprefix("IAM refuses such a trust. "))
    keys = {one.casefold() for one in issuer.keys}
    for line in lines:
        if line.key.casefold() in keys and issuer.url != GITHUB_ISSUER and line.operator.startswith(_LIKE_OPERATORS):
            for part in line.values:
                if is_solely_wildcard(part.value):
                    summary = f"{format_value(part.value)} lets everybody at {issuer.name} assume this role."
                    yield warning("oidc-subject-too-wide", part.path, summary, "Remove it.")


def _check_repeated_keys(url: str, lines: list[ConditionLine]) -> Iterator[Flaw]:
    """Warn about a claim that is compared with itself, as in `{"ISSUER:sub": "${ISSUER:sub}"}`."""
    for line in lines:
        if line.key.casefold().startswith(f"{url}:") and names_accepted_values(line):
            for part in line.values:
                if str(part.value).strip("*").casefold() == f"${{{line.key}}}".casefold():
                    summary = f"{format_value(part.value)} compares {line.key} with itself, so it lets every token in."
                    hint = "Write whose tokens to accept, as plain text."
                    yield warning("oidc-subject-too-wide", part.path, summary, hint)


def _check_github_enterprise(url: str, place: Path, lines: list[ConditionLine]) -> Iterator[Flaw]:
    """Warn about a trust in the issuer of one GitHub enterprise that does not test the subject.

    AWS does not document that it refuses such a trust.
    """
    tested = {line.key.casefold() for line in lines if line.operator != "Null"}
    if not tested & {f"{url}:sub", f"{url}:job_workflow_ref"}:
        summary = f"Any repository of that enterprise can assume this role: no condition tests {url}:sub."
        hint = f'Add the condition StringLike: {{"{url}:sub": "repo:ORG/REPO:*"}}.'
        yield warning("oidc-without-subject", place, summary, hint)


def _check_github_subjects(line: ConditionLine) -> Iterator[Flaw]:
    for path, text in texts_of(line.part):
        owner = re.sub(r"^repo:", "", text, flags=re.IGNORECASE).partition("/")[0].partition(":")[0]
        # The number of the owner follows the @, and no name can contain an @.
        name = owner.partition("@")[0]
        if not name.strip("*?"):
            summary = f"The subject {format_value(text)} lets every organization on GitHub assume this role."
            yield warning("oidc-subject-too-wide", path, summary, "Name the organization and the repository.")
        elif "*" in name or "?" in name:
            summary = f"The subject {format_value(text)} also matches other organizations with a similar name."
            hint = "Write the full name of the organization, and use a wildcard only after its /."
            yield warning("oidc-subject-look-alike", path, summary, hint)


def _check_services(statement: JsonObject, path: Path) -> Iterator[Flaw]:
    for place, kind, text in iter_principals(element_of(statement, path, "Principal")):
        if kind == "Service":
            yield from check_service_principal(place, text, "IAM refuses a service that it does not know.")


def check_service_principal(place: Path, text: str, consequence: str) -> Iterator[Flaw]:
    """Warn about a service principal that AWS does not seem to have; skip texts that have another form.

    consequence: a sentence that says what happens with such a name.
    """
    if "." not in text or "*" in text or "?" in text or "${" in text or is_known_service(text):
        return
    near = find_nearest_service(text)
    hint = f"Did you mean {near}?" if near else "Look it up in AWS's guide of that service, as in ec2.amazonaws.com."
    summary = f"{format_value(text)} is not in the list of service principals of {date_of_list()}."
    yield warning("unknown-service-principal", place, summary, f"{hint} {consequence}")


def _check_needed_actions(document: object) -> Iterator[Flaw]:
    """Warn about a service that needs more actions than sts:AssumeRole if the trust does not allow them all."""
    places: dict[str, Path] = {}
    allowed: dict[str, set[str]] = {}
    for path, statement in iter_statements(document):
        if statement.get("Effect") != "Allow":
            continue
        for place, kind, text in iter_principals(element_of(statement, path, "Principal")):
            if kind == "Service" and text in NEEDED_ACTIONS:
                places.setdefault(text, place)
                covered = {action for action in NEEDED_ACTIONS[text] if _covers_action(statement, path, action)}
                allowed.setdefault(text, set()).update(covered)
    for service, needed in NEEDED_ACTIONS.items():
        missing = [action for action in needed if action not in allowed.get(service, needed)]
        if missing:
            summary = f"{service} cannot use this role: the trust does not allow it {' and '.join(missing)}."
            hint = f"Write Action: [{', '.join(needed)}]."
            yield warning("service-needs-action", places[service], summary, hint)


def _covers_action(statement: JsonObject, path: Path, action: str) -> bool:
    is_listed = any(action in match_trust_actions(text) for _, text in texts_of(element_of(statement, path, "Action")))
    if "NotAction" in statement and "Action" not in statement:
        excluded = texts_of(element_of(statement, path, "NotAction"))
        return not any(action in match_trust_actions(text) for _, text in excluded)
    return is_listed

"""Finds what is wrong with a trust although its grammar is right: who is let in, by whom, and with which actions.

Sources: IAM User Guide, "IAM Access Analyzer policy check reference", "Identity-provider controls for shared OIDC
providers", "AWS JSON policy elements: Principal", "Create an OpenID Connect (OIDC) identity provider in IAM" ("OIDC
IdPs used in a role trust policy must be in the same account as the role that trusts it"; SAML likewise); GitHub,
"Configuring OpenID Connect in Amazon Web Services".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.policy.flaw import Flaw, Path, error, shown, warning
from reconciler.policy.narrowing import narrows
from reconciler.policy.principal_checks import fitting_actions
from reconciler.policy.service_principals import NEEDED_ACTIONS, date_of_list, find_nearest, is_known
from reconciler.policy.shared_issuers import (
    GITHUB,
    SharedIssuer,
    find_shared_issuer,
    is_solely_wildcard,
    issuer_of,
    narrows_claim,
    tests_claim,
)
from reconciler.policy.sts_actions import matching_sts_actions, matching_trust_actions
from reconciler.policy.walk import Clause, Object, clauses, element, principals, statements, texts

_POSITIVE = ("StringLike", "ForAnyValue:StringLike", "ForAllValues:StringLike")
_PROVIDER = re.compile(r"arn:[^:]+:iam::([0-9]{12}):(oidc|saml)-provider/")
_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def lint_trust(document: object, account: str) -> Iterator[Flaw]:
    """Flaws of a trust of any shape. `account`: the role's; empty if it is not known."""
    for path, statement in statements(document):
        yield from _bare_principal(statement, path)
        yield from _actions(statement, path)
        if statement.get("Effect") == "Allow":
            lines = list(clauses(element(statement, path, "Condition")))
            yield from _anyone(statement, path)
            yield from _federated(statement, path, lines, account)
        yield from _services(statement, path)
    yield from _needed_actions(document)


def _bare_principal(statement: Object, path: Path) -> Iterator[Flaw]:
    if statement.get("Principal") == "*":
        summary = 'A bare "*" as Principal of a trust: AWS does not say that it takes one, Access Analyzer objects.'
        yield warning("bare-principal-in-trust", (*path, "Principal"), summary, 'Write {"AWS": "*"}.')


def _actions(statement: Object, path: Path) -> Iterator[Flaw]:
    """Wildcards, of which AWS does not say whether a trust takes them; and actions that no trust gives anybody."""
    for form in ("Action", "NotAction"):
        for place, text in texts(element(statement, path, form)):
            if "*" in text or "?" in text:
                wanted = fitting_actions(element(statement, path, "Principal"))
                if matching_sts_actions(text):
                    summary = f"Action {shown(text)} of a trust has a wildcard: AWS does not say that it takes one."
                    hint = f"Write the actions out, as in {', '.join(wanted)}."
                    yield warning("trust-action-wildcard", place, summary, hint)
            elif matching_sts_actions(text) and not matching_trust_actions(text):
                summary = f"Action {shown(text)} has no effect in a trust policy, which says who may assume a role."
                hint = "Remove it; what the role may do goes into its policies."
                yield warning("trust-action-without-effect", place, summary, hint)


def _anyone(statement: Object, path: Path) -> Iterator[Flaw]:
    if narrows(statement.get("Condition")):
        return
    for place, kind, text in principals(element(statement, path, "Principal")):
        if kind == "AWS" and text == "*":
            summary = "Everybody may assume this role, from any AWS account."
            hint = "Name the principals, or narrow it by a Condition such as aws:PrincipalOrgID."
            yield warning("trust-to-anyone", place, summary, hint)


def _federated(statement: Object, path: Path, lines: list[Clause], account: str) -> Iterator[Flaw]:
    for place, kind, text in principals(element(statement, path, "Principal")):
        if kind != "Federated":
            continue
        yield from _foreign_provider(place, text, account)
        issuer = find_shared_issuer(text)
        if issuer is not None and _speaks_of(statement, path, _WEB_IDENTITY):
            yield from _shared(issuer, place, lines)
        elif issuer_of(text).startswith(f"{GITHUB}/"):
            yield from _own_github(issuer_of(text), place, lines)
        if issuer_of(text).partition("/")[0] == GITHUB:
            for line in lines:
                if line.key.casefold() == f"{issuer_of(text)}:sub" and line.operator.startswith(_POSITIVE):
                    yield from _subjects(line)


def _foreign_provider(place: Path, text: str, account: str) -> Iterator[Flaw]:
    provider = _PROVIDER.match(text)
    if provider and account and provider[1] != account:
        own = text.replace(f":{provider[1]}:", f":{account}:", 1)
        summary = f"Nobody can come in by {text}: it is a provider of account {provider[1]}."
        hint = f"A role trusts only providers of its own account. Create it in {account}, and name {own}."
        yield warning("foreign-provider", place, summary, hint)


def _shared(issuer: SharedIssuer, place: Path, lines: list[Clause]) -> Iterator[Flaw]:
    """IAM refuses a trust in a shared issuer that does not test whose token it is."""
    key, claim = issuer.keys[0], issuer.claims[0]
    operator = "StringLike" if "*" in issuer.example else "StringEquals"
    hint = f'IAM refuses such a trust. Add the condition {operator}: {{"{key}": "{issuer.example}"}}.'
    code = {"sub": "oidc-without-subject", "aud": "oidc-without-audience"}.get(claim, "oidc-without-session-name")
    if not tests_claim(issuer, lines):
        summary = f"Everybody at {issuer.name} could assume this role: no condition says which {key} is yours."
        yield error(code, place, summary, hint)
        return
    if not narrows_claim(issuer, lines):
        summary = f"Conditions on {key} only say who may not come in: all others at {issuer.name} may."
        yield warning("oidc-claim-not-narrowed", place, summary, hint.removeprefix("IAM refuses such a trust. "))
    keys = {one.casefold() for one in issuer.keys}
    for line in lines:
        if line.key.casefold() in keys and issuer.url != GITHUB and line.operator.startswith(_POSITIVE):
            for part in line.values:
                if is_solely_wildcard(part.value):
                    summary = f"{shown(part.value)} lets everybody at {issuer.name} in."
                    yield warning("oidc-subject-too-wide", part.path, summary, "Remove it.")


def _own_github(url: str, place: Path, lines: list[Clause]) -> Iterator[Flaw]:
    """The issuer of one GitHub enterprise: AWS does not say that it demands the subject there."""
    tested = {line.key.casefold() for line in lines if line.operator != "Null"}
    if not tested & {f"{url}:sub", f"{url}:job_workflow_ref"}:
        summary = f"Any repository of that enterprise can assume this role: no condition tests {url}:sub."
        hint = f'Add the condition StringLike: {{"{url}:sub": "repo:ORG/REPO:*"}}.'
        yield warning("oidc-without-subject", place, summary, hint)


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


def _services(statement: Object, path: Path) -> Iterator[Flaw]:
    for place, kind, text in principals(element(statement, path, "Principal")):
        if kind == "Service":
            yield from unknown_service(place, text, "IAM refuses one that it does not know.")


def unknown_service(place: Path, text: str, then: str) -> Iterator[Flaw]:
    """Warn about a service principal that AWS does not seem to have. What has not the form of one is passed over.

    then: what comes of it.
    """
    if "." not in text or "*" in text or "?" in text or "${" in text or is_known(text):
        return
    near = find_nearest(text)
    hint = f"Did you mean {near}?" if near else "AWS's page on the service names it, as in ec2.amazonaws.com."
    summary = f"{shown(text)} is none of the service principals known here (list of {date_of_list()})."
    yield warning("unknown-service-principal", place, summary, f"{hint} {then}")


def _needed_actions(document: object) -> Iterator[Flaw]:
    """Services that use more than sts:AssumeRole, and get nothing from a trust that lacks it."""
    places: dict[str, Path] = {}
    allowed: dict[str, set[str]] = {}
    for path, statement in statements(document):
        if statement.get("Effect") != "Allow":
            continue
        for place, kind, text in principals(element(statement, path, "Principal")):
            if kind == "Service" and text in NEEDED_ACTIONS:
                places.setdefault(text, place)
                spoken = {action for action in NEEDED_ACTIONS[text] if _speaks_of(statement, path, action)}
                allowed.setdefault(text, set()).update(spoken)
    for service, needed in NEEDED_ACTIONS.items():
        missing = [action for action in needed if action not in allowed.get(service, needed)]
        if missing:
            summary = f"{service} cannot use this role: the trust does not allow it {' and '.join(missing)}."
            hint = f"Write Action: [{', '.join(needed)}]."
            yield warning("service-needs-action", places[service], summary, hint)


def _speaks_of(statement: Object, path: Path, action: str) -> bool:
    named = any(action in matching_trust_actions(text) for _, text in texts(element(statement, path, "Action")))
    if "NotAction" in statement and "Action" not in statement:
        left_out = texts(element(statement, path, "NotAction"))
        return not any(action in matching_trust_actions(text) for _, text in left_out)
    return named

"""List the principals that a trust policy may let in, as far as its text tells, before any caller is known.

`role_assumption` decides for one caller. This module answers earlier questions: which callers are possible, which
statement lets them in, and what each of them must send. IAM User Guide, "AWS JSON policy elements: Principal" and
"…: NotPrincipal".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.access.compiled_policies import compile_policies
from reconciler.access.context import NOTHING_KNOWN, Context
from reconciler.access.principal import Principal, make_external_principal
from reconciler.access.role_assumption import Target
from reconciler.access.verdicts import PolicySource
from reconciler.model.address import Address
from reconciler.model.document import Document, Statement
from reconciler.model.partitions import ARN_PARTITION
from reconciler.policy.trust import entity_of

EVERYONE, EVERY_AWS = ("*", "*"), ("AWS", "*")
"""The names that mean all principals, and all of AWS's accounts."""

_ASSUME_ACTIONS = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_ACCOUNT = re.compile(rf"(arn:{ARN_PARTITION}):(?:iam|sts)::(\d{{12}}):.+")


@dataclass(frozen=True, slots=True)
class Entrance:
    """One principal that an Allow of a trust names. kind, value: as in `Principal`, such as AWS and an ARN."""

    kind: str
    value: str
    statement: Statement

    @property
    def assume_actions(self) -> tuple[str, ...]:
        """The actions, in lower case, by which this principal can assume a role."""
        if self.kind == "Federated":
            return (_ASSUME_ACTIONS[1] if ":saml-provider/" in self.value else _ASSUME_ACTIONS[2],)
        return _ASSUME_ACTIONS if "*" in (self.kind, self.value) else _ASSUME_ACTIONS[:1]

    @property
    def request_context(self) -> Context:
        """Return the keys of a request that follow from this name: of a user or a role its ARN, of others the account.

        The ARN of a session does not tell aws:PrincipalArn, because it lacks the path of its role.
        """
        if self.kind == "Service":
            return Principal(self.value, "service", "").request_context
        match = _ACCOUNT.fullmatch(self.value) if self.kind == "AWS" else None
        if match is None:
            return NOTHING_KNOWN
        principal = make_external_principal(self.value)
        whole = Principal(self.value, "account", match[2])
        return (principal if principal.kind in ("user", "role") else whole).request_context


def list_entrances(trust: Document) -> Iterator[Entrance]:
    """Yield each principal that a trust lets in by its name. NotPrincipal does not name those whom it lets in."""
    for statement in trust.statements:
        if statement.effect == "Allow" and not statement.not_principal:
            for kind, value in statement.principals or ():
                yield Entrance(kind, value, statement)


def find_trusted_providers(trust: Document, account: str) -> dict[Address, list[Statement]]:
    """Map each identity provider of this account to the statements that let its callers in."""
    providers: dict[Address, list[Statement]] = {}
    for entrance in list_entrances(trust):
        address = entity_of(entrance.value, account, entrance.kind) if entrance.kind == "Federated" else None
        if address is not None:
            providers.setdefault(address, []).append(entrance.statement)
    return providers


def covers_entrance(deny: Statement, kind: str, value: str) -> bool:
    """Return whether a Deny covers everybody behind a name of an Allow: by that name, its account or everyone."""
    covering_names = {(kind, value), EVERYONE}
    if kind in ("AWS", "*"):
        covering_names |= {EVERY_AWS, ("AWS", _ACCOUNT.sub(r"\1:iam::\2:root", value))}
    deny_names = deny.principals or frozenset()
    return (
        covering_names.isdisjoint(deny_names) and "*" not in (kind, value)
        if deny.not_principal
        else not covering_names.isdisjoint(deny_names)
    )


def covers_name(entrance: Entrance, name: str) -> bool:
    """Return whether an entrance lets in a principal of kind AWS that it does not name: by its account, or everyone."""
    if entrance.kind not in ("AWS", "*") or (entrance.kind, entrance.value) == ("AWS", name):
        return False
    return entrance.value in ("*", _ACCOUNT.sub(r"\1:iam::\2:root", name))


def may_admit_unnamed(trust: Document, account: str) -> bool:
    """Return whether a trust may let in users or roles of the account that it does not name one by one."""
    if trust.opaque:
        return True
    allows = [statement for statement in trust.statements if statement.effect == "Allow"]
    if any(statement.principals is None or statement.not_principal for statement in allows):
        return True
    return any(_is_broad(entrance, account) for entrance in list_entrances(trust))


def find_unnamed_entrances(trust: Document) -> list[Statement]:
    """Return the statements that let in everybody whom they do not name (an Allow with NotPrincipal)."""
    allows = (statement for statement in trust.statements if statement.effect == "Allow")
    return [statement for statement in allows if statement.not_principal or statement.principals is None]


def _is_broad(entrance: Entrance, account: str) -> bool:
    """Return True for everybody, for the account itself, and for names without an account, such as unique ids."""
    if entrance.kind != "AWS":
        return entrance.kind == "*"
    owner = entrance.value if entrance.value.isdigit() else "".join(entrance.value.split(":")[4:5])
    elsewhere = owner.isdigit() and owner != account
    return not elsewhere and entity_of(entrance.value, account) is None


def list_external_ids(trust: Document) -> list[frozenset[str] | None]:
    """Return, for each statement that lets in users, roles or accounts, the external ids that it demands.

    None for a statement that may accept any external id, or none at all. Services send no external id.
    """
    allows = compile_policies([PolicySource("trust", trust)]).statements_for("sts:AssumeRole").allows
    ways = (compiled.statement for compiled in allows)
    return [
        _demanded_external_ids(statement)
        for statement in ways
        if statement.not_principal or any(kind in ("AWS", "*") for kind, _ in statement.principals or ())
    ]


def _demanded_external_ids(statement: Statement) -> frozenset[str] | None:
    demanded = [
        condition.values
        for condition in statement.conditions
        if (condition.operator.lower(), condition.key) == ("stringequals", "sts:externalid")
    ]
    return demanded[0] if demanded and not any("${" in value for value in demanded[0]) else None


def list_possible_users(target: Target) -> list[str]:
    """Return ARNs of users for whom a role's trust may decide: those it names, and `anyone` of each of its accounts."""
    principals = [value for one in target.trust.statements for _, value in one.principals or ()]
    users = {value for value in principals if ":user/" in value}
    accounts = {value.split(":")[4] for value in principals if value.endswith(":root")}
    accounts |= {target.account} if "*" in principals or target.trust.opaque else set()
    partition = target.arn.split(":")[1]
    return sorted(users | {f"arn:{partition}:iam::{account}:user/anyone" for account in accounts})

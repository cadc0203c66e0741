"""Know the OIDC issuers that many organizations share, and the claims that tell one organization from the others.

IAM User Guide, "Identity-provider controls for shared OIDC providers": IAM refuses a trust (CreateRole,
UpdateAssumeRolePolicy) that does not evaluate the claim; it keeps a trust that already exists. "Create a role for
OpenID Connect federation", of GitHub: IAM checks "that the condition key is present and that its value is not solely a
wildcard character (* and ?) or null". The addresses of IBM Turbonomic come from aws-samples'
data-perimeter-policy-examples. AWS does not document two points. Does the list include addresses below an issuer, such
as GitHub's `…/ENTERPRISE`? This module says no. Which operators count? This module accepts all but Null.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.policy.operators import OPERATORS
from reconciler.policy.walk import ConditionLine

SESSION_NAME = "sts:RoleSessionName"

_POSITIVE_OPERATORS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")


@dataclass(frozen=True, slots=True)
class SharedIssuer:
    """An OIDC issuer that many organizations share.

    url: the address as in the provider's ARN.
    claims: a trust must test at least one of them.
    example: a value of the first claim.
    """

    name: str
    url: str
    claims: tuple[str, ...]
    example: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the condition keys of its claims."""
        return tuple(claim if ":" in claim else f"{self.url}:{claim}" for claim in self.claims)


_UNKNOWN_EXAMPLE = "WHAT-YOUR-TOKENS-SAY"

_GITHUB_SUBJECT = "repo:ORG/REPO:ref:refs/heads/main"

_BY_SUBJECT = (
    ("GitHub Actions", "token.actions.githubusercontent.com", _GITHUB_SUBJECT),
    ("GitHub vstoken", "vstoken.actions.githubusercontent.com", _GITHUB_SUBJECT),
    (
        *("GitHub audit log streaming", "oidc-configuration.audit-log.githubusercontent.com"),
        "https://github.com/YOUR-ENTERPRISE",
    ),
    ("GitLab.com", "gitlab.com", "project_path:GROUP/PROJECT:ref_type:branch:ref:main"),
    ("Buildkite", "agent.buildkite.com", "organization:ORG:pipeline:PIPELINE:*"),
    ("Codefresh", "oidc.codefresh.io", "account:ACCOUNT-ID:pipeline:PIPELINE-ID:*"),
    ("DVC Studio", "studio.datachain.ai/api", _UNKNOWN_EXAMPLE),
    ("Scalr", "scalr.io", "account:ACCOUNT:environment:ENVIRONMENT:workspace:WORKSPACE"),
    ("Shisho Cloud", "tokens.cloud.shisho.dev", _UNKNOWN_EXAMPLE),
    ("HCP Terraform", "app.terraform.io", "organization:ORG:project:PROJECT:workspace:WORKSPACE:run_phase:*"),
    ("Upbound", "proidc.upbound.io", _UNKNOWN_EXAMPLE),
    *(
        ("IBM Turbonomic", url, _UNKNOWN_EXAMPLE)
        for url in (
            "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7",
            "rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr",
            "rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg",
            "rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26",
            "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb",
            "oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu",
        )
    ),
)
_BY_AUDIENCE = (
    ("Amazon Cognito", "cognito-identity.amazonaws.com", "REGION:ID-OF-YOUR-IDENTITY-POOL"),
    ("Pulumi Cloud", "api.pulumi.com/oidc", "YOUR-ORGANIZATION"),
    ("sandboxes.cloud", "sandboxes.cloud", _UNKNOWN_EXAMPLE),
    ("Vercel", "oidc.vercel.com", "https://vercel.com/YOUR-TEAM"),
)
_AZURE_SENTINEL = SharedIssuer(
    *("Azure Sentinel", "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"),
    (SESSION_NAME,),
    "MicrosoftSentinel_YOUR-WORKSPACE-ID",
)
GITHUB_ISSUER = "token.actions.githubusercontent.com"
_MORE_CLAIMS = {GITHUB_ISSUER: ("job_workflow_ref",)}

SHARED_ISSUERS = (
    *(SharedIssuer(name, url, ("sub", *_MORE_CLAIMS.get(url, ())), example) for name, url, example in _BY_SUBJECT),
    *(SharedIssuer(name, url, ("aud",), example) for name, url, example in _BY_AUDIENCE),
    _AZURE_SENTINEL,
)
_BY_URL = {issuer.url: issuer for issuer in SHARED_ISSUERS}


def issuer_of(principal: str) -> str:
    """Return the address of a Federated principal: the text after `oidc-provider/` in an ARN, else the whole text."""
    return (principal.partition(":oidc-provider/")[2] or principal).casefold().rstrip("/")


def find_shared_issuer(principal: str) -> SharedIssuer | None:
    """Return the shared issuer that a Federated principal is; None for any other one."""
    return _BY_URL.get(issuer_of(principal))


def evaluates_claim(issuer: SharedIssuer, lines: list[ConditionLine]) -> bool:
    """Return whether IAM accepts the conditions of a statement that trusts the issuer."""
    return any(not _has_only_wildcards(line) for line in _find_claim_conditions(issuer, lines))


def narrows_claim(issuer: SharedIssuer, lines: list[ConditionLine]) -> bool:
    """Return whether a condition names the accepted values of the claim, and not only the rejected ones."""
    return any(
        not _has_only_wildcards(line) and names_accepted_values(line) for line in _find_claim_conditions(issuer, lines)
    )


def names_accepted_values(line: ConditionLine) -> bool:
    """Return whether the values of a condition are accepted ones, not rejected ones."""
    operator = OPERATORS.get(line.operator)
    return operator is not None and operator.base in _POSITIVE_OPERATORS


def _find_claim_conditions(issuer: SharedIssuer, lines: list[ConditionLine]) -> Iterator[ConditionLine]:
    keys = {key.casefold() for key in issuer.keys}
    for line in lines:
        operator = OPERATORS.get(line.operator)
        if line.key.casefold() in keys and (operator is None or operator.base != "Null"):
            yield line


def _has_only_wildcards(line: ConditionLine) -> bool:
    """Return whether all values of a line are wildcards, null or empty."""
    return all(is_solely_wildcard(part.value) for part in line.values)


def is_solely_wildcard(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip("*?"))

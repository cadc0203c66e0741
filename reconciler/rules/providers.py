"""Rules about OIDC and SAML providers."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE

RULES = (
    Rule(
        "bad-context-key",
        Level.ERROR,
        title="A key of a context provider has a form that AWS refuses",
        why="AWS would refuse the provider during the apply.",
        how_to_fix="Use letters, digits, single spaces inside, and `_ . : / = + - @ #`; at most 128 characters.",
    ),
    Rule(
        "bad-metadata",
        Level.ERROR,
        title="SAML metadata cannot be read",
        why=(
            "IAM takes only a whole XML document from the identity provider, within its size limits. With another one "
            "it refuses the provider."
        ),
        how_to_fix="Download the metadata from the identity provider again, and name that file.",
        source=f"{IAM_API}/API_CreateSAMLProvider.html",
    ),
    Rule(
        "bad-thumbprint",
        Level.ERROR,
        title="A thumbprint is not 40 hex digits",
        why="IAM refuses the provider.",
        how_to_fix="Write the SHA-1 fingerprint of the certificate in hex, without colons.",
        source=f"{IAM_API}/API_CreateOpenIDConnectProvider.html",
    ),
    Rule(
        "context-provider",
        Level.ERROR,
        title="Settings of a context provider exclude each other",
        why=(
            "An Identity Center instance needs a context provider, and some of its keys cannot stand together. AWS "
            "would refuse the combination."
        ),
        how_to_fix="Remove one of the two keys that the message names, or add the missing `context_provider`.",
    ),
    Rule(
        "missing-provider",
        Level.WARNING,
        title="A trust names an identity provider that does not exist yet",
        why="IAM takes the trust, but nobody can come in through the role until the provider is there.",
        how_to_fix="Declare it under `oidc_providers` or `saml_providers`, create it, or correct the name.",
        source=f"{IAM_GUIDE}/id_roles_create_for-idp.html",
    ),
)

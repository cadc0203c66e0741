"""Rules about how many and how large things may be."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "document-too-large",
        Level.ERROR,
        title="A policy document, or all inline policies of an entity, are too large",
        why=(
            "IAM counts the characters without white space and refuses a document beyond its limit. An apply would "
            "stop there."
        ),
        how_to_fix=(
            "Split the document, move an inline policy into a managed policy under `policies:`, or trust fewer "
            "principals in one role."
        ),
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "past-account-quota",
        Level.WARNING,
        title="The account would have more entities than its quota allows",
        why=(
            "From the first one too many on, AWS answers LimitExceeded, and the apply stops there with half of its "
            "calls made."
        ),
        how_to_fix="Have the quota raised first (Service Quotas, IAM), or delete entities that nobody needs.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "past-default-quota",
        Level.WARNING,
        title="More than AWS's default quota allows",
        why="It works only in an account whose quota AWS has raised. Elsewhere IAM refuses the call during the apply.",
        how_to_fix="Ask AWS to raise the quota that the message names, or merge policies or trust fewer principals.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "past-quota",
        Level.ERROR,
        title="More than the account's own quota allows",
        why="reconcile has read the quota of this account: IAM would refuse the call during the apply.",
        how_to_fix="Ask AWS to raise the quota that the message names, or merge policies or trust fewer principals.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "too-many-client-ids",
        Level.ERROR,
        title="An OIDC provider has too many client ids",
        why="IAM refuses the provider.",
        how_to_fix="Remove client ids, or spread them over several providers.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "too-many-entities",
        Level.ERROR,
        title="More entities of a kind than any account can have",
        why="AWS does not raise the quota that far, so that an apply could never finish.",
        how_to_fix="Split the entities between accounts.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "too-many-groups",
        Level.ERROR,
        title="A user is in too many groups",
        why="IAM takes at most 10 groups per user and does not raise that. The apply would stop at the eleventh.",
        how_to_fix="Merge groups, or attach a policy to the user.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "too-many-policies",
        Level.ERROR,
        title="Too many policies are attached",
        why=(
            "AWS raises the quota of attached policies only up to the number in the message. IAM would refuse the next "
            "attachment."
        ),
        how_to_fix="Merge policies.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "too-many-tags",
        Level.ERROR,
        title="An entity has too many tags",
        why="AWS allows 50 tags, and reconcile needs some of them for the owner, protection and break-glass marks.",
        how_to_fix="Remove tags until those of reconcile fit as well.",
        source=f"{IAM_GUIDE}/id_tags.html",
    ),
    Rule(
        "too-many-thumbprints",
        Level.ERROR,
        title="An OIDC provider has too many thumbprints",
        why="IAM takes at most 5 and refuses the provider.",
        how_to_fix="Keep the thumbprints of certificates that the issuer still uses.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
)

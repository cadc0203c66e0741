"""The actions of STS, and those among them that have an effect in a trust policy.

IAM checks the actions of a trust against a list, not by their prefix: it refuses `sts:TagSessions` with "AssumeRole
policy may only specify STS AssumeRole actions" (hashicorp/terraform-provider-aws#32872). AWS does not publish the list.
This module uses the operations of STS (botocore's model; a test compares the two) and the actions without an operation
of their own ("Actions, resources, and condition keys for AWS Security Token Service").
"""

from __future__ import annotations

from functools import lru_cache

from reconciler.model.globs import compile_glob

TRUST_ACTIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
)
"""The actions that a trust can allow: the calls that assume a role, and the additions that such a call may carry."""

ACTIONS_WITHOUT_OPERATION = (
    "sts:GetServiceBearerToken",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagGetWebIdentityToken",
    "sts:TagSession",
)

OPERATIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoot",
    "sts:DecodeAuthorizationMessage",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetDelegatedAccessToken",
    "sts:GetFederationToken",
    "sts:GetScopedCredentials",
    "sts:GetSessionToken",
    "sts:GetWebIdentityToken",
)

STS_ACTIONS = tuple(sorted({*OPERATIONS, *ACTIONS_WITHOUT_OPERATION}))


@lru_cache(maxsize=1024)
def match_trust_actions(pattern: str) -> tuple[str, ...]:
    """Return the actions of TRUST_ACTIONS that an Action string matches; letter case does not count."""
    return _match_actions(pattern, TRUST_ACTIONS)


@lru_cache(maxsize=1024)
def match_sts_actions(pattern: str) -> tuple[str, ...]:
    """Return the actions of STS_ACTIONS that an Action string matches; letter case does not count."""
    return _match_actions(pattern, STS_ACTIONS)


def _match_actions(pattern: str, actions: tuple[str, ...]) -> tuple[str, ...]:
    matches = compile_glob(pattern.casefold())
    return tuple(action for action in actions if matches(action.casefold()))

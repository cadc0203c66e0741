"""The addresses of the documents of AWS that rules come from."""

from __future__ import annotations

_AWS = "https://docs.aws.amazon.com"

IAM_GUIDE = f"{_AWS}/IAM/latest/UserGuide"
IAM_API = f"{_AWS}/IAM/latest/APIReference"
STS_API = f"{_AWS}/STS/latest/APIReference"
SDK_GUIDE = f"{_AWS}/sdkref/latest/guide"
ORGANIZATIONS_API = f"{_AWS}/organizations/latest/APIReference"
ORGANIZATIONS_GUIDE = f"{_AWS}/organizations/latest/userguide"
CLI_GUIDE = f"{_AWS}/cli/latest/userguide"
SERVICE_AUTHORIZATION = (
    f"{_AWS}/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"
)
AWS_POLICIES = f"{_AWS}/aws-managed-policy/latest/reference/policy-list.html"

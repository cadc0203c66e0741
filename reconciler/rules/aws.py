"""Rules about the connection to AWS, and what AWS answers."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import ORGANIZATIONS_API, SDK_GUIDE

RULES = (
    Rule(
        "aws-error",
        Level.ERROR,
        title="A call to AWS failed",
        why="The message has AWS's error code and words, or what happened to the connection.",
        how_to_fix=(
            'Follow the hint of the message. "Access denied" names a permission that the caller needs; after '
            "throttling, run it again in a minute."
        ),
    ),
    Rule(
        "bad-call-timeout",
        Level.ERROR,
        title="RECONCILE_CALL_TIMEOUT is not a number of seconds",
        why="It bounds how long a single AWS call may take.",
        how_to_fix="Run `unset RECONCILE_CALL_TIMEOUT` for the default, or set a number from 1 to 3600.",
    ),
    Rule(
        "bad-credentials",
        Level.ERROR,
        title="AWS does not know the credentials, or they have ended",
        why="Nothing can be read or written with them.",
        how_to_fix="Log in again, or correct the profile or variable that the message names.",
    ),
    Rule(
        "bad-endpoint",
        Level.ERROR,
        title="An endpoint is not a URL",
        why="No call can be made to it.",
        how_to_fix="Check `--endpoint-url`, `AWS_ENDPOINT_URL`, and `endpoint_url` of the profile.",
        source=f"{SDK_GUIDE}/feature-ss-endpoints.html",
    ),
    Rule(
        "bad-profile",
        Level.ERROR,
        title="The settings of the AWS profile cannot be used",
        why=(
            "They are not as AWS documents them; a credential_process may print something else than JSON, or a kept "
            "login be damaged."
        ),
        how_to_fix="Check the profile with the AWS CLI: `aws sts get-caller-identity --profile NAME`.",
        source=f"{SDK_GUIDE}/file-format.html",
    ),
    Rule(
        "bad-region",
        Level.ERROR,
        title="The name of a region has a character that no region has",
        why="No call can be made there. The message names the option, the variable or the profile that it comes from.",
        how_to_fix="Write the region's code, such as `eu-west-1`: letters, digits and hyphens.",
        source=f"{SDK_GUIDE}/feature-region.html",
    ),
    Rule(
        "botocore-too-old",
        Level.ERROR,
        title="The installed botocore does not know a call of the plan",
        why="It would drop parameters without a word. Nothing was written.",
        how_to_fix="Install a newer one, as the message shows: `pip install -U boto3`.",
    ),
    Rule(
        "not-in-organization",
        Level.ERROR,
        title="An account is not in the organization whose guardrails are exported",
        why=(
            "No guardrail binds an account without an organization. An organization does not show the accounts "
            "of another one."
        ),
        how_to_fix="Correct `--account`, or use credentials of the organization that the account is in.",
        source=f"{ORGANIZATIONS_API}/API_DescribeOrganization.html",
    ),
    Rule(
        "organization-changed",
        Level.ERROR,
        title="The organization changed while its guardrails were exported",
        why="A policy, an organizational unit or the account was deleted or moved. Nothing was written.",
        how_to_fix="Run the command again.",
    ),
    Rule(
        "organization-read-denied",
        Level.ERROR,
        title="The caller may not read the policies of the organization",
        why=(
            "Only the management account and the organization's delegated administrators may, each with "
            "`organizations:Describe*` and `organizations:List*`."
        ),
        how_to_fix=(
            "Use credentials of one of these accounts, and name the account that the guardrails lie over: "
            "`reconcile export --guardrails DIR --account 111122223333 --profile NAME`."
        ),
        source=f"{ORGANIZATIONS_API}/action-reference.html",
    ),
    Rule(
        "policy-not-json",
        Level.ERROR,
        title="The content of an organization's policy is not a JSON object",
        why="AWS keeps every policy as a JSON object, so something else may answer in AWS's place.",
        how_to_fix="Look at it: `aws organizations describe-policy --policy-id ID`. Check `--endpoint-url`.",
    ),
    Rule(
        "wrong-account",
        Level.ERROR,
        title="The file is for another account than the caller's",
        why="Applied there, it would create and delete entities of the wrong account. Nothing was read or written.",
        how_to_fix="Use the credentials of the right account, or another file.",
    ),
)

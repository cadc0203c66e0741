"""Rules about the connection to AWS, and what AWS answers."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import SDK_GUIDE

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
        "botocore-too-old",
        Level.ERROR,
        title="The installed botocore does not know a call of the plan",
        why="It would drop parameters without a word. Nothing was written.",
        how_to_fix="Install a newer one, as the message shows: `pip install -U boto3`.",
    ),
    Rule(
        "wrong-account",
        Level.ERROR,
        title="The file is for another account than the caller's",
        why="Applied there, it would create and delete entities of the wrong account. Nothing was read or written.",
        how_to_fix="Use the credentials of the right account, or another file.",
    ),
)

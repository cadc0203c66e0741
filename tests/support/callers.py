"""A command that prints who runs it."""

from __future__ import annotations

import sys

from tests.support.warm_python import build_program, find_zygote

STAND_IN = "tests.docs.aws_shim"
QUESTION = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
PROGRAM = "import boto3; print(boto3.client('sts', 'us-east-1').get_caller_identity()['Arn'])"


def show_caller() -> list[str]:
    """Return a command that prints the ARN of its caller, by boto3 in a forked process, or else in a new one."""
    if find_zygote(STAND_IN):
        return ["sh", "-c", f"export AWS_DEFAULT_REGION=us-east-1; {build_program(STAND_IN)}", "aws", *QUESTION]
    return [sys.executable, "-c", PROGRAM]

"""Draw policy documents like those of real accounts: a few services each, and conditions on some statements."""

from __future__ import annotations

from random import Random
from typing import Any

Document = dict[str, Any]

ACCOUNT = "123456789012"
REGION = "eu-central-1"

SERVICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "s3": (
        "GetObject PutObject DeleteObject ListBucket GetBucketLocation AbortMultipartUpload GetObjectTagging List*",
        ("arn:aws:s3:::{name}", "arn:aws:s3:::{name}/*"),
    ),
    "dynamodb": (
        "GetItem PutItem UpdateItem DeleteItem Query Scan BatchGetItem BatchWriteItem DescribeTable",
        (
            "arn:aws:dynamodb:{region}:{account}:table/{name}",
            "arn:aws:dynamodb:{region}:{account}:table/{name}/index/*",
        ),
    ),
    "sqs": (
        "SendMessage ReceiveMessage DeleteMessage GetQueueAttributes GetQueueUrl ChangeMessageVisibility",
        ("arn:aws:sqs:{region}:{account}:{name}",),
    ),
    "sns": ("Publish Subscribe GetTopicAttributes", ("arn:aws:sns:{region}:{account}:{name}",)),
    "kms": ("Encrypt Decrypt GenerateDataKey DescribeKey ReEncrypt*", ("arn:aws:kms:{region}:{account}:key/*",)),
    "logs": (
        "CreateLogStream PutLogEvents DescribeLogStreams FilterLogEvents GetLogEvents",
        ("arn:aws:logs:{region}:{account}:log-group:/{name}:*",),
    ),
    "lambda": (
        "InvokeFunction GetFunction ListVersionsByFunction UpdateFunctionCode",
        ("arn:aws:lambda:{region}:{account}:function:{name}", "arn:aws:lambda:{region}:{account}:function:{name}:*"),
    ),
    "ssm": (
        "GetParameter GetParameters GetParametersByPath PutParameter",
        ("arn:aws:ssm:{region}:{account}:parameter/{name}/*",),
    ),
    "secretsmanager": (
        "GetSecretValue DescribeSecret PutSecretValue",
        ("arn:aws:secretsmanager:{region}:{account}:secret:{name}/*",),
    ),
    "ec2": ("Describe* StartInstances StopInstances RebootInstances CreateSnapshot CreateTags", ("*",)),
    "ecr": ("BatchGetImage GetDownloadUrlForLayer BatchCheckLayerAvailability PutImage", ("*",)),
}

CONDITIONS: tuple[Document, ...] = (
    {"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}},
    {"StringLike": {"aws:PrincipalTag/team": "plat*"}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
)


def draw_document(random: Random, name: str, least: int, most: int) -> Document:
    """Return a document of `least` to `most` statements, about resources with `name` in their ARNs."""
    count = random.randint(least, most)
    return {"Version": "2012-10-17", "Statement": [_draw_statement(random, name, number) for number in range(count)]}


def _draw_statement(random: Random, name: str, number: int) -> Document:
    service = random.choice(list(SERVICES))
    words, resources = SERVICES[service]
    actions = words.split()
    arns = [text.format(name=f"{name}-{number}", region=REGION, account=ACCOUNT) for text in resources]
    statement: Document = {
        "Sid": f"Part{number}",
        "Effect": "Deny" if random.random() < 0.1 else "Allow",
        "Action": [f"{service}:{action}" for action in random.sample(actions, random.randint(1, min(5, len(actions))))],
        "Resource": arns if len(arns) > 1 or random.random() < 0.5 else arns[0],
    }
    if random.random() < 0.3:
        statement["Condition"] = random.choice(CONDITIONS)
    return statement

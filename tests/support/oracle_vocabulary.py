"""The actions, resources, condition keys and texts of which `oracle_worlds.py` makes requests and policies.

They are real ones, because an evaluator may check them against AWS's lists. KMS is left out: a key always has a policy,
which decides by rules of its own.
"""

from __future__ import annotations

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-abcdefghij"

SUBJECTS = [
    ("s3:GetObject", "arn:aws:s3:::data/alice/report.txt"),
    ("s3:PutObject", "arn:aws:s3:::data/a b+c%20"),
    ("s3:GetObject", "arn:aws:s3:::data/a:b/Ünïcode ☃"),
    ("s3:ListBucket", "arn:aws:s3:::data"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{HOME}:table/orders"),
    ("ec2:StartInstances", f"arn:aws:ec2:eu-west-1:{HOME}:instance/i-0123456789abcdef0"),
    ("ec2:DescribeInstances", "*"),
    ("iam:GetUser", f"arn:aws:iam::{HOME}:user/staff/alice"),
    ("iam:PassRole", f"arn:aws:iam::{HOME}:role/app/web"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{HOME}:jobs"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:db/alice-AbCdEf"),
    ("logs:PutLogEvents", f"arn:aws:logs:eu-west-1:{HOME}:log-group:/app/web:log-stream:one"),
]
"""Actions, and resources on which they work."""

SHARED_SUBJECTS = [subject for subject in SUBJECTS if subject[0].partition(":")[0] in ("s3", "sqs", "secretsmanager")]
"""Those whose resources may have a policy."""

ROLE = f"arn:aws:iam::{HOME}:role/team/target"
SUBJECT_OF_TRUST = ("sts:AssumeRole", ROLE)

KEYS: dict[str, tuple[str, list[str], list[str | list[str] | None]]] = {
    "aws:RequestedRegion": ("String", ["eu-west-1", "eu-*", "us-east-?", "EU-WEST-1"], ["eu-west-1", "us-east-1"]),
    "aws:UserAgent": ("String", ["aws-cli/*", "*boto*", "aws-cli/2", "a${*}b"], [None, "aws-cli/2", "Boto3", "a*b"]),
    "aws:PrincipalTag/team": ("String", ["red", "r*", "RED", "${aws:PrincipalTag/team}", ""], [None, "red", "Blue"]),
    "aws:PrincipalOrgID": ("String", [ORGANIZATION, "o-*", "o-other"], [None, ORGANIZATION]),
    "aws:username": ("String", ["alice", "a*", "${aws:username}", "${aws:PrincipalTag/team}"], []),
    "aws:userid": ("String", ["AIDA*", "AROA*:work", "*:${aws:PrincipalTag/team, 'work'}"], []),
    "aws:PrincipalType": ("String", ["User", "AssumedRole", "user"], []),
    "aws:PrincipalAccount": ("String", [HOME, OTHER], []),
    "aws:PrincipalArn": (
        "Arn",
        [
            f"arn:aws:iam::{HOME}:*",
            "arn:aws:iam::*:role/*",
            f"arn:aws:iam::{OTHER}:user/al?ce",
            "arn:aws:*:*:*:*/alice",
        ],
        [],
    ),
    "aws:SourceArn": (
        "Arn",
        [
            "arn:aws:s3:::data",
            "arn:aws:s3:::*",
            "arn:aws:sns:*:*:topic",
            "arn:aws:sns:eu-west-1:*",
            "arn:aws:*:log-group:*:x",
            "arn:aws:*:log-group:?:x",
        ],
        [
            None,
            "arn:aws:s3:::data",
            f"arn:aws:sns:eu-west-1:{HOME}:topic",
            f"arn:aws:logs:eu-west-1:{HOME}:log-group:a:x",
        ],
    ),
    "aws:MultiFactorAuthPresent": ("Bool", ["true", "false", "True"], [None, "true", "false"]),
    "aws:SecureTransport": ("Bool", ["true", "false"], ["true", "false"]),
    "aws:ViaAWSService": ("Bool", ["true", "false"], ["true", "false"]),
    "aws:MultiFactorAuthAge": ("Numeric", ["3600", "300", "300.0", "3.6e3", "3e2"], [None, "300", "3600", "86400"]),
    "aws:CurrentTime": (
        "Date",
        ["2026-06-01T00:00:00Z", "2026-06-01", "2026-06-01T02:00:00+02:00", "1780272000"],
        ["2026-06-01T00:00:00Z", "2025-12-31T23:59:59Z", "2027-01-01T00:00:00Z"],
    ),
    "aws:TokenIssueTime": ("Date", ["2026-06-01T00:00:00Z", "2026-01"], [None, "2026-05-31T22:00:00Z"]),
    "aws:SourceIp": (
        "IpAddress",
        ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "10.1.2.3/16"],
        [None, "10.1.2.3", "10.2.0.1", "2001:db8::1", "192.0.2.1"],
    ),
    "aws:TagKeys": ("Strings", ["team", "cost", "t*", "Team"], [None, ["team"], ["team", "cost"], ["x", "team"]]),
    "aws:PrincipalOrgPaths": (
        "Strings",
        [f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/*", f"{ORGANIZATION}/*", "o-other/*"],
        [None, [f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"]],
    ),
}
"""Maps each key to its type, texts of policies, and values of requests (none: they follow from the principal)."""

KEYS_OF_ACTIONS = {
    "sts:AssumeRole": {
        "sts:ExternalId": ("String", ["abc", "a*", "ABC"], [None, "abc", "other"]),
        "sts:RoleSessionName": ("String", ["${aws:username}", "work", "w*"], ["alice", "work"]),
        "sts:SourceIdentity": ("String", ["alice", "${aws:username}"], [None, "alice"]),
    },
    "s3:ListBucket": {
        "s3:prefix": ("String", ["home/${aws:username}/*", "", "home/*", "${*}"], [None, "home/alice/x", "", "*"]),
        "s3:max-keys": ("Numeric", ["10", "1e1", "-1"], [None, "10", "1000"]),
    },
}
"""Keys that only one action has."""

OPERATORS = {
    "String": [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringEquals", "StringLike", "StringNotLike"],
    "Bool": ["Bool", "StringEquals"],
    "Numeric": [
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ],
    "Date": [
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ],
    "IpAddress": ["IpAddress", "NotIpAddress"],
    "Strings": ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"],
}

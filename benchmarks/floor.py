"""Do only the work that no tool can avoid, in one process: `python -m benchmarks.floor FILE [--uncollected]`.

It reads the facts that a plan compares with plain boto3, one call after the other: users, groups, roles and policies,
the descriptions and session lengths of roles, the tags of policies. Then PyYAML's C loader reads the file.
--uncollected turns Python's garbage collector off, as `reconcile` does: on large files the collector takes longer than
the loader.
"""

import gc
import sys
from typing import Any

import boto3
import yaml
from botocore.config import Config


def read_account() -> None:
    config = Config(retries={"mode": "standard", "total_max_attempts": 10})
    iam = boto3.client("iam", config=config)
    whole: Any = {"PageSize": 1000}
    details = iam.get_paginator("get_account_authorization_details")
    for _ in details.paginate(Filter=["User", "Group", "Role", "LocalManagedPolicy"], PaginationConfig=whole):
        pass
    for _ in iam.get_paginator("list_roles").paginate(PaginationConfig=whole):
        pass
    tags = boto3.client("resourcegroupstaggingapi", config=config).get_paginator("get_resources")
    for _ in tags.paginate(ResourceTypeFilters=["iam:policy"], ResourcesPerPage=100):
        pass


def main() -> None:
    if sys.argv[2:] == ["--uncollected"]:
        gc.disable()
    read_account()
    with open(sys.argv[1], "rb") as stream:  # noqa: PTH123 - pathlib would be one more import to measure
        yaml.load(stream, Loader=yaml.CSafeLoader)


if __name__ == "__main__":
    main()

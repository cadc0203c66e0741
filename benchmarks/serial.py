"""Make the calls of a plan one at a time, as a plain boto3 loop does: `python -m benchmarks.serial PLAN.json`."""

import json
import sys
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.config import Config


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    iam = boto3.client("iam", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
    calls = sorted((call for change in plan["changes"] for call in change["calls"]), key=lambda call: call["seq"])
    for call in calls:
        getattr(iam, xform_name(call["operation"]))(**call["parameters"])


if __name__ == "__main__":
    main()

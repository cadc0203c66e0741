"""An account that Terraform's AWS provider made: it exports and plans empty, and Terraform sees only our tags.

Needs `terraform` on PATH and a mirror of provider packages with hashicorp/aws in it ($TF_PLUGINS, else
/opt/tf-plugins): nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.account import Account
from tests.support.plans import changes_of

PLUGINS = Path(os.environ.get("TF_PLUGINS", "/opt/tf-plugins"))
TERRAFORM = shutil.which("terraform")
VERSIONS = sorted(path.name for path in PLUGINS.glob("registry.terraform.io/hashicorp/aws/*"))

pytestmark = pytest.mark.skipif(
    TERRAFORM is None or not VERSIONS, reason=f"needs terraform on PATH and hashicorp/aws in {PLUGINS}"
)

MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "%(version)s" }
  }
}
provider "aws" {
  region     = "us-east-1"
  access_key = "test"
  secret_key = "test"
  endpoints {
    iam = "%(url)s"
    sts = "%(url)s"
  }
}

data "aws_iam_policy_document" "pipeline" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:example/app:*"]
    }
  }
}
data "aws_iam_policy_document" "machines" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "lambda.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::example", "arn:aws:s3:::example/&{aws:username}/*"]
  }
}

resource "aws_iam_policy" "read" {
  name        = "read"
  path        = "/tf/"
  description = "Read one bucket"
  policy      = data.aws_iam_policy_document.read.json
  tags        = { team = "platform" }
}
resource "aws_iam_group" "engineers" {
  name = "engineers"
}
resource "aws_iam_group_policy_attachment" "engineers" {
  group      = aws_iam_group.engineers.name
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_user" "alice" {
  name = "alice"
  path = "/tf/"
  tags = { team = "platform" }
}
resource "aws_iam_user_group_membership" "alice" {
  user   = aws_iam_user.alice.name
  groups = [aws_iam_group.engineers.name]
}
resource "aws_iam_user_policy" "alice" {
  name   = "own"
  user   = aws_iam_user.alice.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
}
resource "aws_iam_role" "people" {
  name                 = "people"
  description          = "For people"
  max_session_duration = 7200
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = [aws_iam_user.alice.arn] }
      Action    = ["sts:TagSession", "sts:AssumeRole"]
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
  permissions_boundary = aws_iam_policy.read.arn
  tags                 = { team = "platform" }
}
resource "aws_iam_role_policy_attachment" "people" {
  role       = aws_iam_role.people.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}
resource "aws_iam_role" "pipeline" {
  name               = "pipeline"
  assume_role_policy = data.aws_iam_policy_document.pipeline.json
  depends_on         = [aws_iam_openid_connect_provider.github]
}
resource "aws_iam_role" "machines" {
  name_prefix        = "machines-"
  assume_role_policy = data.aws_iam_policy_document.machines.json
}
resource "aws_iam_instance_profile" "machines" {
  name = "machines"
  role = aws_iam_role.machines.name
}
resource "aws_iam_instance_profile" "tagged" {
  name = "tagged"
  role = aws_iam_role.people.name
  tags = { team = "platform" }
}
"""


CALM = {"GOGC": "500", "GOMAXPROCS": "1"}
"""Go collects less often, and in one thread: the provider allocates gigabytes."""


@pytest.fixture
def provider() -> Iterator[str]:
    """Start the provider once for all commands, which would each start it anew; yield what leads them to it.

    Source: Terraform's documentation on debugging providers, "Starting a Provider In Debug Mode".
    """
    program = next(PLUGINS.glob(f"registry.terraform.io/hashicorp/aws/{VERSIONS[-1]}/*/terraform-provider-aws_*"))
    quiet = {"TF_LOG_PROVIDER": "off", "TF_LOG_SDK": "off", "TF_LOG_SDK_PROTO": "off"}
    with subprocess.Popen(
        [program, "-debug"],
        env=build_environment() | quiet,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield next(found[1] for line in process.stdout if (found := re.search("TF_REATTACH_PROVIDERS='(.+)'", line)))
        process.kill()


def build_environment() -> dict[str, str]:
    """Return an environment that leads nowhere but to the sandbox."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "LANG")}
    none = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "*"}
    return kept | none | CALM | {"AWS_EC2_METADATA_DISABLED": "true"}


def terraform(provider: str, folder: Path, *arguments: str) -> str:
    """Return what a terraform command printed. provider: the fixture's."""
    configuration = folder / "tf.rc"
    configuration.write_text("disable_checkpoint = true\n")
    variables = {"TF_CLI_CONFIG_FILE": str(configuration), "TF_IN_AUTOMATION": "1", "HOME": str(folder)}
    done = subprocess.run(
        ["terraform", arguments[0], "-no-color", *arguments[1:]],
        cwd=folder,
        env=build_environment() | variables | {"TF_REATTACH_PROVIDERS": provider},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def find_differing(change: Any) -> dict[str, Any]:
    """Attribute → what is live more than Terraform wants; AWS's own form of a document is not a difference."""
    before, after = change["before"], change["after"]
    return {key: before[key] for key in before if before[key] != after[key]}


def test_an_account_of_terraforms_exports_and_terraform_sees_only_owner_tags(account: Account, provider: str) -> None:
    folder = account.folder / "tf"
    folder.mkdir()
    (folder / "main.tf").write_text(MAIN % {"version": VERSIONS[-1], "url": account.sandbox.url})
    terraform(provider, folder, "init", "-input=false")
    terraform(provider, folder, "apply", "-input=false", "-auto-approve")

    account.write(account.run_cli("export").out)
    assert changes_of(account.plan()) == {}

    text = account.run_cli("export", "--owner", "platform").out
    account.write(text)
    found = yaml.safe_load(text)
    assert found["roles"]["people"]["trust"] == [{"users": ["alice"], "mfa": "required", "session_tags": True}]
    assert found["users"]["alice"]["groups"] == ["engineers"]
    assert "# instance-profile/tagged: a file cannot express its tags.team." in text
    plan = account.apply_and_read_plan()
    assert {(action, tuple(fields)) for action, fields in changes_of(plan).values()} == {("adopt", ())}
    assert changes_of(account.plan()) == {}

    terraform(provider, folder, "plan", "-input=false", "-out=plan")
    wanted = json.loads(terraform(provider, folder, "show", "-json", "plan"))
    changed = [item for item in wanted["resource_changes"] if item["change"]["actions"] != ["no-op"]]
    assert all(item["mode"] == "managed" for item in changed)
    assert sorted(item["address"] for item in changed) == [
        "aws_iam_instance_profile.machines",
        "aws_iam_openid_connect_provider.github",
        *("aws_iam_policy.read", "aws_iam_role.machines", "aws_iam_role.people", "aws_iam_role.pipeline"),
        "aws_iam_user.alice",
    ]
    for item in changed:
        assert item["change"]["actions"] == ["update"]
        for attribute, live in find_differing(item["change"]).items():
            more = set(live) - set(item["change"]["after"][attribute] or {})
            assert (attribute in ("tags", "tags_all"), more) == (True, {"reconcile:owner"}), item

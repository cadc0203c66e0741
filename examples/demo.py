"""`make demo`: the main job from end to end, on an AWS emulator of this machine. Nothing reaches AWS.

On examples/tutorial.yaml: plan, apply, an empty second plan, a drift made by hand, found and mended, and a command
run as the role. Each step says its command first. Exits 1 where a step is not as promised.
"""

from __future__ import annotations

import configparser
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3

from reconciler.model.problem import ReconcileError
from reconciler.render.problems import render_problems
from reconciler.sandbox.server import Sandbox

FILE = "examples/tutorial.yaml"
ROOT = Path(__file__).resolve().parent.parent
COLOR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
WHO_AM_I = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


class DemoFailure(Exception):
    """A step ended otherwise than this page says."""


def echo(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def echo_title(text: str) -> None:
    echo(f"\n\x1b[36m{text}\x1b[0m" if COLOR else f"\n# {text}")


def echo_command(command: str) -> None:
    echo(f"\x1b[1m$ {command}\x1b[0m" if COLOR else f"$ {command}")


def check_promise(kept: bool, text: str) -> None:
    if not kept:
        raise DemoFailure(text)


def _drop_plan(text: str) -> str:
    """What apply prints, less the plan that was on the screen a moment ago."""
    return f"… (the plan, as above)\n\n{text[text.index('Plan: ') :].rstrip()}" if "Plan: " in text else text.rstrip()


class Demo:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.environment = sandbox.build_environment()
        self.iam: Any = boto3.Session(region_name="us-east-1").client(
            "iam",
            endpoint_url=sandbox.url,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )

    def run_reconcile(self, *arguments: str, exits: int = 0, shown: str = "") -> str:
        """Run the program, show the command and its output, and check the exit code. The output."""
        echo_command(shown or shlex.join(["reconcile", *arguments]))
        colored = ["--color", "always"] if COLOR and arguments[0] in ("plan", "apply") else []
        command = [sys.executable, "-m", "reconciler", *arguments[:1], *colored, *arguments[1:]]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        echo(_drop_plan(done.stdout) if arguments[0] == "apply" else done.stdout.rstrip())
        check_promise(done.returncode == exits, f"exit code {done.returncode} instead of {exits}")
        return done.stdout

    def run_by_hand(self, command: str, operation: str, **parameters: Any) -> None:
        """What somebody does with the AWS CLI; made through boto3, so that the demo does not need one."""
        echo_command(command)
        getattr(self.iam, operation)(**parameters)

    def run(self) -> None:
        echo_title("What would change? Nothing is written.")
        out = self.run_reconcile("plan", FILE)
        check_promise("8 to create" in out, "eight entities to create")

        echo_title("Make it so. Without --yes it asks.")
        out = self.run_reconcile("apply", FILE, "--yes")
        check_promise("Live IAM matches the file." in out, "live IAM matches the file after apply")

        echo_title("There is nothing left to do, and no state file: live IAM is the state.")
        self.run_reconcile("plan", FILE, "--detailed-exitcode")

        echo_title("Somebody changes three things by hand: more rights, less MFA, a longer session.")
        self._make_drift()

        echo_title("The next plan finds all three; --detailed-exitcode tells a pipeline (2: there are changes).")
        out = self.run_reconcile("plan", FILE, "--detailed-exitcode", exits=2)
        found = all(part in out for part in ("AdministratorAccess", "MultiFactorAuthPresent", "12h", "2 to update"))
        check_promise(found, "the drift is found")

        echo_title("Apply mends it.")
        self.run_reconcile("apply", FILE, "--yes")
        self.run_reconcile("plan", FILE, "--detailed-exitcode")

        echo_title("An access key for demo-user, put into the profile `demo` (of the sandbox, not yours).")
        self._create_access_key()

        echo_title("A command as the role, by its alias.")
        self._run_as_role()

    def _make_drift(self) -> None:
        administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
        self.run_by_hand(
            f"aws iam attach-role-policy --role-name user-role --policy-arn {administrator}",
            "attach_role_policy",
            RoleName="user-role",
            PolicyArn=administrator,
        )
        self.run_by_hand(
            "aws iam update-role --role-name user-role --description 'Read S3' --max-session-duration 43200",
            "update_role",
            RoleName="user-role",
            Description="Read S3",
            MaxSessionDuration=43200,
        )
        document = self.iam.get_role(RoleName="mfa-role")["Role"]["AssumeRolePolicyDocument"]
        del document["Statement"][0]["Condition"]
        self.run_by_hand(
            "aws iam update-assume-role-policy --role-name mfa-role --policy-document file://without-mfa.json",
            "update_assume_role_policy",
            RoleName="mfa-role",
            PolicyDocument=json.dumps(document),
        )

    def _create_access_key(self) -> None:
        echo_command("aws iam create-access-key --user-name demo-user")
        key = self.iam.create_access_key(UserName="demo-user")["AccessKey"]
        profiles = configparser.RawConfigParser()
        profiles["demo"] = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }
        with Path(self.environment["AWS_SHARED_CREDENTIALS_FILE"]).open("w", encoding="utf-8") as file:
            profiles.write(file)
        echo(f"Key {key['AccessKeyId']} is in the profile demo; a secret is never shown here.")

    def _run_as_role(self) -> None:
        command, shown = find_identity_command(self.environment)
        head = ["assume", "user", "--file", FILE, "--"]
        out = self.run_reconcile(*head, *command, shown=shlex.join(["reconcile", *head, *shown]))
        check_promise(":assumed-role/user-role/demo-user" in out, "the command runs as the role")


def find_identity_command(environment: dict[str, str]) -> tuple[Sequence[str], Sequence[str]]:
    """`aws sts get-caller-identity`, or the same through boto3 where there is no working AWS CLI; and as shown."""
    aws = shutil.which("aws")
    if aws and subprocess.run([aws, "--version"], env=environment, capture_output=True, check=False).returncode == 0:
        command = ["aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        return command, command
    return [sys.executable, "-c", WHO_AM_I], ["python", "-c", WHO_AM_I]


def main() -> int:
    try:
        with Sandbox() as sandbox:
            echo(f"A sandbox of AWS IAM at {sandbox.url}; nothing here can reach AWS.")
            Demo(sandbox).run()
    except DemoFailure as error:
        echo(f"\nNot as promised: {error}.")
        return 1
    except ReconcileError as failed:  # the sandbox says what it needs
        echo(render_problems(failed.problems))
        return 1
    echo("\nAs promised, every step. Next: docs/tutorial.md, or `reconcile sandbox` and a file of your own.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write an organization of three accounts, and run `reconcile` on it against a sandbox.

The caller's own account is HOME; the sandbox lets everyone assume a role of another account that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.sandbox.server import Sandbox
from tests.support.account import Account, Result
from tests.support.faults import FaultLayer

HOME, DEV, PROD = "123456789012", "222222222222", "333333333333"
ORGANIZATION = f"""\
version: 1
organization:
  role: reconciler
  external_id: example-org-7f3a
  defaults: {{files: [base.yaml], vars: {{region: eu-west-1}}}}
  accounts:
    home: {{id: "{HOME}", wave: 1}}
    dev: {{id: "{DEV}", vars: {{region: eu-north-1}}, wave: 1}}
    prod: {{id: "{PROD}", files: [prod.yaml], wave: 2}}
"""
BASE = """\
version: 1
owner: platform
users: {ann: {tags: {region: "{{ region }}"}}}
"""
PROD_FILE = "version: 1\nusers: {bob: {}}\n"
USERS = """\
version: 1
owner: platform
users: {"{{ user }}": {}}
"""
"""Each account has a user of its own name, so that a test can break the call to one account."""
WAVES = f"""\
version: 1
organization:
  role: reconciler
  defaults: {{files: [base.yaml]}}
  accounts:
    prod: {{id: "{PROD}", vars: {{user: prod}}, wave: 2}}
    dev: {{id: "{DEV}", vars: {{user: dev}}}}
    first: {{id: "{HOME}", vars: {{user: first}}, canary: true}}
"""


def write_organization(account: Account, text: str = ORGANIZATION, base: str = BASE, prod: str = PROD_FILE) -> None:
    account.write(text, "org.yaml")
    account.write(base, "base.yaml")
    account.write(prod, "prod.yaml")


@contextmanager
def lend_waves(sandbox: Sandbox, front: FaultLayer, folder: Path) -> Iterator[Account]:
    """Lend an organization of two waves, the first with a canary, on a sandbox whose calls `front` can break."""
    lent = Account(sandbox, folder)
    write_organization(lent, WAVES, USERS)
    yield lent
    front.clear()
    lent.reset()


def plan_many(account: Account, *options: str | Path) -> Result:
    return account.run_cli("plan", "org.yaml", *options)


def apply_many(account: Account, *options: str | Path, **extra: str) -> Result:
    return account.run_cli("apply", "org.yaml", "--yes", *options, **extra)


def read_plans(account: Account, *options: str) -> dict[str, Any]:
    """Return the JSON of a plan: name of the account → its object."""
    result = plan_many(account, "--format", "json", *options)
    assert result.err == "", result.err
    return {one["name"]: one for one in result.json["accounts"]}


def statuses_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the status of each account of a JSON document of `plan` or `report`."""
    return {one["name"]: one["status"] for one in document["accounts"]}


def read_statuses(account: Account, *options: str) -> dict[str, str]:
    """Return the status of each account by a new plan."""
    return statuses_of(plan_many(account, "--format", "json", *options).json)


def addresses_of(plan: Mapping[str, Any]) -> list[str]:
    return [change["address"] for change in plan["changes"]]

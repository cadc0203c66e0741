"""Fuzz target: desired-state files and the policy documents that they name, as `reconcile validate` reads them.

Valid inputs are planned against an empty account, to check that all accepted files can be planned and shown. Those with
accounts are also read for the accounts of an organization.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import yaml

from reconciler.app.desired_files import validate_files
from reconciler.app.organization.files import read_organization_files
from reconciler.app.organization.validate import validate_organization
from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import load
from reconciler.model.desired import Desired
from reconciler.model.live import LiveDetails, State
from reconciler.model.member_account import MemberAccount, Membership
from reconciler.model.problem import ReconcileError
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from tests.fuzz.mutations import TOKENS, spoil_bytes, spoil_json, spoil_lines, spoil_text
from tests.fuzz.target import print_plan, print_problems, write_input

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PIECES = (
    "&a ", "*a", "<<: *a", "<<: [*a, *a]", "!!python/object:os.system ", "!x ", "!!binary ", "? ", "- ", "|\n", ">-\n",
    "%YAML 1.3\n", "---\n", "...\n", "\t", "{", "}", "[", "]", "x-a: &a {a: b}\n", "include: ['*.yaml']\n",
    "include: ['**/*', '***', '*/*/*']\n", "vars: {a: '{{ b }}{{ b }}', b: '{{ a }}'}\n", "defaults: {tags: {a: 1}}\n",
    "accounts: [prod, '{{ team }}']\n", "except: [dev]\n", "x-o: &o {accounts: ['p*']}\n", "<<: *o\n",
)  # fmt: skip
_NAMES_ACCOUNTS = re.compile(rb"accounts|except")
_ACCOUNTS = (MemberAccount("dev", "222222222222"), MemberAccount("prod", "333333333333"))
_WRAPPER = (
    b"version: 1\naccount: '123456789012'\npolicies: {p: {document: input.json}}\n"
    b"users: {u: {inline_policies: {i: input.json}}}\nroles: {r: {trust: input.json}}\n"
)


class YamlFile:
    """A reader of files. An input that begins with `{` and has no `version` is used as a policy document."""

    name = "yaml"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True)
        write_input(folder / "wrapper.yaml", _WRAPPER)

    def make_seeds(self) -> Sequence[bytes]:
        files = [path.read_bytes() for path in sorted((ROOT / "examples").rglob("*")) if path.suffix in _ENDINGS]
        pages = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
        blocks = [block for page in pages for block in _BLOCK.findall(page.read_text())]
        return [*files, *(block.encode() for block in dict.fromkeys(blocks))]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        text, other_text = (item.decode("utf-8", "surrogateescape") for item in (data, other))
        match random.randrange(8):
            case 0:
                return spoil_bytes(random, data, other)
            case 1 | 2:
                return spoil_lines(random, text, other_text).encode("utf-8", "surrogateescape")
            case 3:
                return _spoil_value(random, text).encode("utf-8", "surrogateescape")
            case 4:
                return spoil_text(random, text).encode("utf-8", "surrogatepass" if random.randrange(2) else "replace")
            case _:
                return _spoil_tree(random, text) or spoil_bytes(random, data, other)

    def read(self, data: bytes) -> Iterable[str]:
        is_document = data.lstrip()[:1] == b"{" and b'"version"' not in data
        write_input(self._folder / ("input.json" if is_document else "input.yaml"), data)
        named = "wrapper.yaml" if is_document else "input.yaml"
        try:
            desired, found = validate_files([str(self._folder / named)], {"team": "platform"})
        except ReconcileError as failed:
            return print_problems(failed.problems)
        words = print_problems(found)
        if _NAMES_ACCOUNTS.search(data):
            words |= self._validate_accounts(self._folder / named)
        return words if errors_of(desired) else words | self._plan_desired(desired)

    def _validate_accounts(self, path: Path) -> set[str]:
        try:
            files = read_organization_files([str(path)], {"team": "platform"})
            if files is not None:
                return print_problems(validate_organization(files, (), frozenset()).problems)
        except ReconcileError as failed:
            return print_problems(failed.problems)
        membership = Membership(_ACCOUNTS[0], _ACCOUNTS)
        return print_problems(declare(load([path], {}, membership=membership)).problems)

    def _plan_desired(self, desired: Desired) -> set[str]:
        account, partition = desired.state.account, desired.state.partition
        facts = LiveDetails(caller=f"arn:{partition}:iam::{account}:user/admin")
        return print_plan(build_plan(desired, State(account, partition, {}, facts), PlanOptions()))


_ENDINGS = (".yaml", ".json")
_VALUE = re.compile(r"(?<=: |- )[^\n]+")


def _spoil_value(random: Random, text: str) -> str:
    """Add a piece of YAML on a line of its own, or replace a value by another one, quoted or not."""
    values = list(_VALUE.finditer(text))
    if not values or not random.randrange(3):
        lines = text.splitlines(keepends=True)
        lines.insert(random.randrange(len(lines) + 1), random.choice(_PIECES))
        return "".join(lines)
    value = random.choice(values)
    token = random.choice((*TOKENS, *_PIECES)).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    written = random.choice((token, token + value[0], json.dumps(token), f"[{token}, {value[0]}]"))
    return text[: value.start()] + written + text[value.end() :]


def _spoil_tree(random: Random, text: str) -> bytes | None:
    """Return the file with one value changed, as YAML or JSON; None if it is not a tree."""
    if len(text) > 50_000:
        return None
    try:
        value = spoil_json(random, yaml.safe_load(text))
        if random.randrange(2):
            return json.dumps(value, indent=1).encode()
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode("utf-8", "surrogatepass")
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError):
        return None

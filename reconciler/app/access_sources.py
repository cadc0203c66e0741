"""Read the account that a question about access is put to: that of the files, the live one, or both sides of a plan.

Only the live account needs credentials and boto3. Files that name no account take it from an ARN of the question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reconciler.app.desired_files import account_of, read_files, require_valid
from reconciler.app.plan_file import read_intact_plan, read_plan_document
from reconciler.desired.declare import declare
from reconciler.model.access_answers import AccessSide, AccessSource
from reconciler.model.address import Address
from reconciler.model.call_stats import OnCall, ignore_calls
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import make_error

_ACCOUNT_ARN = re.compile(rf"arn:({ARN_PARTITION}):(?:iam|sts)::(\d{{12}}):")


@dataclass(frozen=True)
class AccessRequest:
    """The options that all questions about access share.

    live: ask the account of the credentials. plan: a plan file; None for the files.
    arns: texts of the question that may be ARNs of the account. on_call: called with each call as it is sent.
    """

    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    plan: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    arns: Sequence[str] = ()
    on_call: OnCall = ignore_calls


def read_source(request: AccessRequest) -> AccessSource:
    """Read the account, or the two of a plan. Raises ReconcileError: invalid, edited, refused."""
    if request.plan is not None:
        return _read_plan(Path(request.plan))
    return _read_live(request) if request.live else _read_files(request)


def _read_files(request: AccessRequest) -> AccessSource:
    loaded = read_files(request.files, request.variables)
    account = account_of(loaded)
    named = next(filter(None, map(_ACCOUNT_ARN.match, request.arns)), None)
    if loaded.root is not None and "account" not in loaded.root and named:
        account = named[2]
        loaded = read_files(request.files, request.variables, account, named[1])
    desired = require_valid(declare(loaded, now=datetime.now(UTC)))
    notes = () if account else (f"No file names the account: {loaded.account} stands for it in ARNs.",)
    return AccessSource((AccessSide("file", desired.state),), account, notes)


def _read_live(request: AccessRequest) -> AccessSource:
    from reconciler.aws.account_policies import read_account_with_policies
    from reconciler.aws.session import connect

    connection = connect(request.profile, request.region, request.endpoint_url, request.on_call)
    state = read_account_with_policies(connection)
    notes = tuple(problem.message for problem in state.details.notes)
    return AccessSource((AccessSide("live", state),), state.account, notes)


def _read_plan(path: Path) -> AccessSource:
    document = read_plan_document(path)
    if document is None:
        summary = f"{path} is no plan file, or cannot be read."
        raise make_error("not-a-plan", summary, hint="Write one with `reconcile plan --out plan.json`.")
    saved = read_intact_plan(path, document)

    def build_side(name: str, entities: Mapping[Address, Entity | None]) -> AccessSide:
        present = {address: entity for address, entity in entities.items() if entity is not None}
        state = State(saved.account, saved.partition, present, guardrails=saved.guardrails)
        return AccessSide(name, state, is_part=True)

    note = (
        f"The plan file has only what the plan changes ({len(saved.after)}); anything else may exist, and is not known."
    )
    sides = (build_side("before", saved.before), build_side("after", saved.after))
    return AccessSource(sides, saved.account, (note,))

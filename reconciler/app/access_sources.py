"""Read the account that a question about access is put to: that of the files, the live one, or both sides of a plan.

Only the live account needs credentials and boto3. Files that name no account take it from an ARN of IAM or STS in the
question. The ARN of another service only tells the partition: what it names may belong to another account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.desired_files import DesiredFiles, account_of, read_files, require_valid
from reconciler.app.organization.member_files import make_member_reader
from reconciler.app.plan_file import make_not_plan_error, read_intact_plan, read_plan_document
from reconciler.desired.declare import declare
from reconciler.desired.load import LoadedFiles
from reconciler.model.access_answers import AccessSide, AccessSource
from reconciler.model.address import Address
from reconciler.model.arns import role_of_session
from reconciler.model.call_stats import OnCall, ignore_calls
from reconciler.model.entity import Entity
from reconciler.model.live import State
from reconciler.model.partitions import ARN_PARTITION, DEFAULT_PARTITION

if TYPE_CHECKING:
    from reconciler.app.plan import ConnectedPlan

ReadAgain = Callable[[str | None, str], LoadedFiles]
"""Reads files for an account and a partition."""

_ACCOUNT_ARN = re.compile(rf"arn:({ARN_PARTITION}):(?:iam|sts)::(\d{{12}}):")
_ARN = re.compile(rf"arn:({ARN_PARTITION}):[a-z0-9-]+:")


@dataclass(frozen=True)
class AccessRequest:
    """The options that all questions about access share.

    live: ask the account of the credentials. plan: a plan file; None for the files. member: the account of
    `organization` in the files that is asked; None if they describe one account.
    arns: texts of the question that may be ARNs of the account. on_call: called with each call as it is sent.
    """

    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    plan: str | None = None
    member: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    arns: Sequence[str] = ()
    on_call: OnCall = ignore_calls


def read_source(request: AccessRequest) -> AccessSource:
    """Read the account, or the two of a plan. Raises ReconcileError: invalid, edited, refused."""
    if request.plan is not None:
        return _read_plan(Path(request.plan), request.arns)
    return _read_live(request) if request.live else _read_files(request)


def source_of_files(loaded: LoadedFiles, read_again: ReadAgain, arns: Iterable[str]) -> AccessSource:
    """Return the account of files. Raises ReconcileError: invalid.

    read_again: reads them for another account and partition. arns: as in `AccessRequest`.
    """
    arns, account = tuple(arns), loaded.account if loaded.is_of_many else account_of(loaded)
    named = next(filter(None, map(_ACCOUNT_ARN.match, arns)), None)
    if loaded.root is not None and account is None and "account" not in loaded.root and named:
        account = named[2]
    partition = _find_partition(arns, account) or loaded.partition
    if (account or loaded.account, partition) != (loaded.account, loaded.partition):
        loaded = read_again(account, partition)
    desired = require_valid(declare(loaded, now=datetime.now(UTC)))
    unnamed = () if account else (f"No file names the account: {loaded.account} stands for it in ARNs.",)
    return AccessSource((AccessSide("file", desired.state),), account, (*unnamed, *_note_sessions(arns)))


def source_of(asked: DesiredFiles | ConnectedPlan, arns: Iterable[str] = ()) -> AccessSource:
    """Return the account of files, or the account as it will be after a plan. arns: as in `AccessRequest`."""
    if isinstance(asked, DesiredFiles):
        return source_of_files(asked.loaded, asked.load_for, arns)
    return AccessSource((AccessSide("after", asked.after),), asked.after.account, _note_sessions(arns))


def _read_files(request: AccessRequest) -> AccessSource:
    read: ReadAgain = partial(read_files, request.files, request.variables)
    if request.member is not None:
        read = make_member_reader(request.files, request.variables, request.member)
    return source_of_files(read(None, DEFAULT_PARTITION), read, request.arns)


def _find_partition(arns: Iterable[str], account: str | None) -> str | None:
    """Return the partition of the first ARN of the account, else of the first ARN; None if there is none."""
    found = [match for match in map(_ARN.match, arns) if match]
    own = [match for match in found if account and f"::{account}:" in match.string]
    return next((match[1] for match in (*own, *found)), None)


def _note_sessions(arns: Iterable[str]) -> tuple[str, ...]:
    roles = ((arn, role_of_session(arn)) for arn in arns)
    return tuple(
        f"{arn} is a session of role/{role}: the answer is that of the role. A session policy may take some of it away."
        for arn, role in roles
        if role
    )


def _read_live(request: AccessRequest) -> AccessSource:
    from reconciler.aws.account_policies import read_account_with_policies
    from reconciler.aws.session import connect

    connection = connect(request.profile, request.region, request.endpoint_url, request.on_call)
    state = read_account_with_policies(connection)
    notes = (*(problem.message for problem in state.details.notes), *_note_sessions(request.arns))
    return AccessSource((AccessSide("live", state),), state.account, notes)


def _read_plan(path: Path, arns: Iterable[str]) -> AccessSource:
    document = read_plan_document(path)
    if document is None:
        raise make_not_plan_error(path)
    saved = read_intact_plan(path, document)

    def build_side(name: str, entities: Mapping[Address, Entity | None]) -> AccessSide:
        present = {address: entity for address, entity in entities.items() if entity is not None}
        state = State(saved.account, saved.partition, present, guardrails=saved.guardrails)
        return AccessSide(name, state, is_part=True)

    note = (
        f"The plan file has only what the plan changes ({len(saved.after)}); anything else may exist, and is not known."
    )
    sides = (build_side("before", saved.before), build_side("after", saved.after))
    return AccessSource(sides, saved.account, (note, *_note_sessions(arns)))

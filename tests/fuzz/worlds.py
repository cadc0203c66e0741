"""Draw accounts for plan files and journals, as for the property tests, and answer AWS's reads from them.

The first line of an input is the number of its account; the rest is the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from random import Random
from typing import Any
from unittest.mock import patch

import boto3
from hypothesis import HealthCheck, Phase, given, settings

from reconciler.app import saved_plan
from reconciler.app.plan import PlanRequest
from reconciler.aws import snapshot
from reconciler.aws.session import Connection
from reconciler.model.desired import Desired
from reconciler.model.live import OwnedCredentials, State
from reconciler.model.plan import Plan, Step
from reconciler.plan.build import build_plan
from reconciler.plan.followup_reads import FollowupReads
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.saved_plan import to_saved_section
from reconciler.render.plan_json import plan_to_dict
from tests.fuzz.mutations import spoil_bytes, spoil_json
from tests.support.assertions import can, cannot, only_by
from tests.support.fake_iam import FakeIam
from tests.support.strategies import worlds

ALLOWED = PlanOptions(allow_deletes=True, allow_foreign_detach=True, take_over=True, allow_lockout=True)


@dataclass(frozen=True)
class PlannedAccount:
    """An account and a plan for it. states: before and after the plan is applied."""

    plan: Plan
    states: tuple[State, State]

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(
            json.dumps(plan_to_dict(self.plan) | {"saved": to_saved_section(self.plan)})
        )
        return document


COUNT = 24
"""The number of accounts. Hypothesis draws the same ones each time."""
_STEP_COUNTS = range(3, 25)
"""The numbers of calls that a plan may have: longer ones take longer and test no more."""

ASSERTIONS = (
    cannot("iam:*", outside=["role/a*"], through_roles=True),
    only_by("role/*", "user/a*", "ec2.amazonaws.com", through_roles=True),
    can("sts:AssumeRole", "user/*", on="role/*", with_mfa=True),
)


@lru_cache(maxsize=1)
def draw_accounts() -> Sequence[PlannedAccount]:
    """Return accounts whose plans make several kinds of calls."""
    drawn: list[tuple[Desired, State]] = []

    @settings(
        max_examples=COUNT * 6,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds())
    def collect(pair: tuple[Desired, State]) -> None:
        drawn.append(pair)

    collect()
    pairs = [
        (replace(desired, assertions=ASSERTIONS[: index % 4]), live) for index, (desired, live) in enumerate(drawn)
    ]
    accounts = [_make_account(*pair) for pair in pairs]
    return [world for world in accounts if world is not None][:COUNT]


def _make_account(desired: Desired, live: State) -> PlannedAccount | None:
    iam = FakeIam.of(live)
    before = iam.read_state()
    allowed = frozenset(one.name for one in desired.assertions)
    plan = build_plan(desired, before, replace(ALLOWED, allow_assertions=allowed))
    if not plan.is_safe or len(plan.steps) not in _STEP_COUNTS:
        return None
    for step in plan.steps:
        iam.run_call(step.call)
    return PlannedAccount(plan, (before, iam.read_state()))


def state_of(number: bytes, accounts: Sequence[PlannedAccount]) -> State:
    """Return the account that the first line of an input names; the first account if it names none."""
    index = int(number) if number.isdigit() and len(number) < 6 else 0
    return accounts[index // 2 % len(accounts)].states[index % 2]


@dataclass(frozen=True)
class OfflineRequest(PlanRequest):
    """A request whose caller belongs to the account of `live`."""

    live: State | None = None

    def connect(self) -> Connection:
        assert self.live is not None
        live = self.live
        iam = _offline_client()
        return Connection(None, None, live.account, live.partition, live.details.caller or "", iam, iam)  # type: ignore[arg-type]


@cache
def _offline_client() -> Any:
    """Return a client of IAM that is used only for its model."""
    return boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def make_request(live: State, *files: str) -> OfflineRequest:
    return OfflineRequest(files, {}, None, None, None, ALLOWED, live=live)


class _NoReader:
    """Refuse to read single entities, so that the whole account is read."""

    def __init__(self, connection: Connection) -> None: ...

    def read_entities(self, addresses: object, state: State) -> None:
        return None


@contextmanager
def answer_from(live: State) -> Iterator[None]:
    """Answer every read of the account from `live`."""

    def read(connection: Connection, *_: object, **__: object) -> State:
        return live

    def complete(connection: Connection, state: State, questions: FollowupReads) -> State:
        facts = state.details
        asked = facts.owned_credentials.get
        return replace(
            state,
            details=replace(
                facts,
                owned_credentials={
                    **facts.owned_credentials,
                    **{one: asked(one, OwnedCredentials()) for one in questions.owned_credentials},
                },
                devices={**facts.devices, **dict.fromkeys(questions.devices, ())},
                fully_read=facts.fully_read | set(questions.details),
                external_policies={**facts.external_policies, **dict.fromkeys(questions.policies, True)},
                external_documents={**facts.external_documents, **dict.fromkeys(questions.documents)},
                console_passwords={
                    **facts.console_passwords,
                    **dict.fromkeys((*questions.passwords, *questions.sign_ins), True),
                },
                access_keys={**facts.access_keys, **dict.fromkeys(questions.access_keys, ())},
                quotas=facts.quotas or {"GroupsPerUserQuota": 10},
            ),
        )

    with (
        patch.object(snapshot, "read_account", read),
        patch.object(snapshot, "complete_state", complete),
        patch.object(saved_plan, "PartialReader", _NoReader),
    ):
        yield


def draw_journal(document: dict[str, Any], steps: Sequence[Step], random: Random) -> bytes:
    """Return the journal of an apply that made some of these steps."""
    lines: list[Any] = [{"event": "plan", "time": "2026-01-01T12:00:00", "journal_version": 1, "plan": document}]
    for seq, step in enumerate(steps[: random.choice((len(steps), len(steps) // 2))], 1):
        lines.append({"event": "starts", "seq": seq, "address": str(step.address)})
        lines.append({"event": "ends", "seq": seq, "ending": random.choice(("done", "done", "failed", "unclear"))})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def spoil_json_bytes(random: Random, data: bytes, other: bytes) -> bytes:
    """Change one place of a JSON input, or some bytes if it is not valid JSON."""
    try:
        return json.dumps(spoil_json(random, json.loads(data)), ensure_ascii=bool(random.randrange(2))).encode()
    except (ValueError, RecursionError):
        return spoil_bytes(random, data, other)

"""Make the session of a run: credentials, clients with explicit retries and timeouts, and the caller's identity."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.handlers import json_decode_policies

from reconciler.aws import client_configs
from reconciler.aws.answers import AnswerParsers, parse_datetime
from reconciler.aws.client_checks import check_client, translate_client_errors
from reconciler.aws.concurrency import start_call
from reconciler.aws.credential_guard import guard_credentials, mark_errors
from reconciler.aws.credential_origin import CredentialOrigin
from reconciler.aws.faults import AWS_ERRORS, code_of, problem_of, translate_errors
from reconciler.aws.limits import limit_clients, read_call_timeout
from reconciler.aws.meter import Meter
from reconciler.aws.profile_mfa import AskCode, set_code_prompt
from reconciler.aws.user_sessions import rename_session_errors
from reconciler.files.bounded_reads import check_settings, reason_of
from reconciler.files.settings_files import CONFIG, CREDENTIALS, find_settings_path
from reconciler.model.call_stats import OnCall, ignore_calls
from reconciler.model.partitions import DEFAULT_PARTITION, PARTITIONS, partition_of_region
from reconciler.model.problem import Place, ReconcileError, make_error
from reconciler.model.trace import TraceContext

_KEY_PARAMETERS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_UNKNOWN_KEY = "InvalidClientTokenId"


@dataclass(frozen=True)
class Connection:
    """The clients of one caller.

    iam: passes policy documents on as IAM sends them; `kinds/raw_account.py` decodes them. iam_once: never retries by
    itself, for calls that must not be sent twice. meter: counts the calls of all clients of the session. trace: the
    trace that the caller of this run named.
    """

    session: boto3.session.Session
    endpoint_url: str | None
    account: str
    partition: str
    caller_arn: str
    iam: Any
    iam_once: Any
    meter: Meter = field(default_factory=Meter)
    trace: TraceContext | None = None
    _client_lock: Lock = field(default_factory=Lock, repr=False)

    def make_client(self, service: str, region: str, *, trial: bool = False) -> Any:
        """Return a client of another service for the same caller and endpoint. trial: fail at the first error.

        Many threads may use a client, but a session may make only one at a time (boto3, "Multithreading").
        """
        return self._make_client(service, region, client_configs.TRIAL if trial else client_configs.PATIENT, {})

    def make_sts_client(self, keys: Sequence[str] | None = None) -> Any:
        """Return a client of STS for the caller, or for other keys: key id, secret and token. See `make_client`."""
        own = dict(zip(_KEY_PARAMETERS, keys or (), strict=False))
        region = self.session.region_name or PARTITIONS[DEFAULT_PARTITION].home_region
        return self._make_client("sts", region, client_configs.STS, own)

    def _make_client(self, service: str, region: str, config: Config, keys: Mapping[str, str]) -> Any:
        make: Any = self.session.client
        with self._client_lock, translate_client_errors(service, self.session, self.endpoint_url):
            return check_client(
                make(service, region_name=region, endpoint_url=self.endpoint_url, config=config, **keys)
            )


def make_core_session() -> botocore.session.Session:
    """Make a botocore session whose clients check answers and limit calls. Raises ReconcileError for a bad limit."""
    _check_settings()
    core = botocore.session.get_session()
    parsers = AnswerParsers()
    parsers.set_parser_defaults(timestamp_parser=parse_datetime)
    core.register_component("response_parser_factory", parsers)
    limit_clients(core.get_component("event_emitter"), read_call_timeout(os.environ))
    return core


def make_session(
    profile: str | None,
    region: str | None,
    alias_place: Place | None = None,
    ask: AskCode | None = None,
    trace: TraceContext | None = None,
) -> boto3.session.Session:
    """Return a boto3 session made from `make_core_session`. Raises ReconcileError if there is no such profile.

    AWS_REGION counts, as in AWS's other SDKs and the AWS CLI; boto3 itself reads AWS_DEFAULT_REGION only.
    alias_place: the alias whose `source_profile` names the profile, for messages. ask: called if the profile's own role
    needs an MFA code. trace: becomes part of the user agent, which CloudTrail records.
    """
    core, origin = make_core_session(), CredentialOrigin(profile, alias_place)
    region = region or os.environ.get("AWS_REGION") or None
    mark_trace(core, trace)
    with translate_errors("finding credentials"), mark_errors(origin):
        session = boto3.session.Session(profile_name=profile, region_name=region, botocore_session=core)
        set_code_prompt(core, ask)
        guard_credentials(core, origin)
        return session


def mark_trace(core: botocore.session.Session, trace: TraceContext | None) -> None:
    """Name the trace in the user agent of all clients of a session; CloudTrail records it."""
    if trace is not None:
        core.user_agent_extra = f"trace/{trace.trace_id}"


def make_client(
    session: boto3.session.Session, service: str, endpoint_url: str | None = None, *, patient: bool = True
) -> Any:
    """Return a client with our retry mode, timeouts and pool. IAM is global, so any region of the partition will do.

    patient: False for answers that are optional; the client then gives up early.
    """
    return _make_client(session, service, endpoint_url, client_configs.PATIENT if patient else client_configs.IMPATIENT)


def _make_client(session: boto3.session.Session, service: str, endpoint_url: str | None, config: Config) -> Any:
    region = session.region_name or PARTITIONS[DEFAULT_PARTITION].home_region
    make: Any = session.client
    with translate_client_errors(service, session, endpoint_url):
        return check_client(make(service, region_name=region, endpoint_url=endpoint_url, config=config))


def needs_no_prompt(profile: str | None) -> bool:
    """Return whether credentials are found without a prompt for an MFA code, or one of a program.

    Only then may a thread look for them: a prompt on a thread outlives the program, and leaves the terminal without
    echo.
    """
    try:
        _check_settings()
        settings = botocore.session.Session(include_builtin_handlers=False, profile=profile).get_scoped_config()
    except (BotoCoreError, ReconcileError):
        return False
    return not {"role_arn", "credential_process"} & settings.keys()


def _check_settings() -> None:
    """Raise ReconcileError if one of AWS's files is too large or not a regular file: botocore would read it anyway."""
    for file in (CONFIG, CREDENTIALS):
        path = find_settings_path(file, os.environ)
        try:
            check_settings(path)
        except OSError as error:
            hint = f"Set {file[0]} to another file."
            raise make_error("cannot-read", f"Cannot read {path}: {reason_of(error)}.", hint=hint) from None


def connect(
    profile: str | None,
    region: str | None,
    endpoint_url: str | None,
    on_call: OnCall = ignore_calls,
    trace: TraceContext | None = None,
) -> Connection:
    """Find the account of a profile's credentials. Raises ReconcileError."""
    session = make_session(profile, region, trace=trace)
    connection = connect_session(session, endpoint_url, on_call, can_find_alone=needs_no_prompt(profile))
    return replace(connection, trace=trace)


def connect_session(
    session: boto3.session.Session,
    endpoint_url: str | None = None,
    on_call: OnCall = ignore_calls,
    *,
    can_find_alone: bool = True,
) -> Connection:
    """Find the account of a session's credentials. Raises ReconcileError.

    session: one of `make_session` or `aws/borrowed_session.py`. can_find_alone: its credentials can be found on a
    thread, because no person is asked for anything.
    """
    meter = Meter(on_call)
    meter.attach(session.events)
    sts = _make_client(session, "sts", endpoint_url, client_configs.FIRST_CALL)
    pending = start_call(sts.get_caller_identity) if can_find_alone else None
    iam, iam_once = _make_iam_clients(session, endpoint_url)
    with translate_identity_errors("asking AWS who the caller is", sts, session.region_name):
        identity = pending.result() if pending else sts.get_caller_identity()
    return _make_connection(session, endpoint_url, str(identity["Arn"]), iam, iam_once, meter)


def connect_role_session(
    session: boto3.session.Session, endpoint_url: str | None, session_arn: str, on_call: OnCall = ignore_calls
) -> Connection:
    """Return the connection of a role's session whose ARN AssumeRole has returned, so that AWS is not asked for it.

    Raises ReconcileError.
    """
    meter = Meter(on_call)
    meter.attach(session.events)
    iam, iam_once = _make_iam_clients(session, endpoint_url)
    return _make_connection(session, endpoint_url, session_arn, iam, iam_once, meter)


def _make_iam_clients(session: boto3.session.Session, endpoint_url: str | None) -> tuple[Any, Any]:
    """Return the clients `Connection.iam` and `Connection.iam_once`."""
    iam = make_client(session, "iam", endpoint_url)
    iam_once = _make_client(session, "iam", endpoint_url, client_configs.ONCE)
    iam.meta.events.unregister("after-call.iam", json_decode_policies)
    return iam, iam_once


def _make_connection(
    session: boto3.session.Session, endpoint_url: str | None, caller_arn: str, iam: Any, iam_once: Any, meter: Meter
) -> Connection:
    key = read_access_key_id(session)
    for client in (iam, iam_once):
        rename_session_errors(client, caller_arn, key)
    _, partition, _, _, account, _ = caller_arn.split(":", 5)
    return Connection(session, endpoint_url, account, partition, caller_arn, iam, iam_once, meter)


def read_access_key_id(session: boto3.session.Session) -> str:
    """Return the id of the key that the session signs with; "" if it has none. Raises ReconcileError."""
    with translate_errors("finding credentials"):
        credentials: Any = session.get_credentials()
        return str(getattr(credentials.get_frozen_credentials() if credentials else None, "access_key", "") or "")


@contextmanager
def translate_identity_errors(doing: str, sts: Any, configured: str | None) -> Iterator[None]:
    """Turn any botocore error of GetCallerIdentity into ReconcileError.

    STS of one partition does not know the keys of another, so the error for unknown keys names the partition of the
    call. configured: the region that an option, the environment or a profile names.
    """
    try:
        yield
    except AWS_ERRORS as error:
        problem, region = problem_of(error, doing), str(sts.meta.region_name)
        partition = PARTITIONS.get(partition_of_region(region) or "")
        host = urlsplit(str(sts.meta.endpoint_url)).hostname or ""
        if partition and code_of(error) == _UNKNOWN_KEY and host.endswith(f".{partition.dns_suffix}"):
            origin = f"The region is {region}" if configured else f"No region is set, so the call went to {region}"
            others = ", ".join(one.home_region for one in PARTITIONS.values() if one is not partition)
            detail = f"{origin}, in the partition {partition.id}: it does not know the keys of other partitions."
            hint = f"{problem.hint} If the keys are of another partition, pass --region with one of: {others}."
            problem = replace(problem, detail=detail, hint=hint)
        raise ReconcileError([problem]) from None


def check_account(connection: Connection, expected: str | None) -> None:
    """Raise ReconcileError if the file is for another account than the caller's. expected: the file's account."""
    if expected and expected != connection.account:
        raise make_error(
            "wrong-account",
            f"The file is for account {expected}, but the caller ({connection.caller_arn}) is in {connection.account}.",
            detail="Nothing was read or written.",
            hint="Use the credentials of the right account, or another file.",
        )

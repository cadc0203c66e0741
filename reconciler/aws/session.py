"""One session per run: credentials, clients with explicit retries and timeouts, and who the caller is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from reconciler.aws.faults import translated
from reconciler.model.problem import failure

DEFAULT_REGION = "us-east-1"
HOME_REGIONS = {"aws": DEFAULT_REGION, "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Partition → the region whose endpoints know its IAM (botocore's endpoint data)."""
POOL = 16

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 10},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=POOL,
    user_agent_extra="reconcile-iam",
)
_ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
_FIRST = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 4}))
"""The first call of a run tells a wrong endpoint from a passing fault; nobody wants to wait long for that."""
_SHORTCUT = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 2}))


@dataclass(frozen=True)
class Connection:
    """Clients of one caller. `iam_once` never repeats by itself: for calls that must not be sent twice."""

    session: boto3.session.Session
    endpoint_url: str | None
    account: str
    partition: str
    caller: str
    iam: Any
    iam_once: Any


def session_of(profile: str | None, region: str | None) -> boto3.session.Session:
    """A boto3 session; Failed where the profile does not exist."""
    with translated("finding credentials"):
        return boto3.session.Session(profile_name=profile, region_name=region)


def client(
    session: boto3.session.Session, service: str, endpoint_url: str | None = None, *, patient: bool = True
) -> Any:
    """A client with our retry mode, timeouts and pool; IAM is global, so any region will do.

    patient False: it gives up early, for answers that one can do without.
    """
    return _client(session, service, endpoint_url, _CONFIG if patient else _SHORTCUT)


def _client(session: boto3.session.Session, service: str, endpoint_url: str | None, config: Config) -> Any:
    region = session.region_name or DEFAULT_REGION
    make: Any = session.client
    with preparing(service):
        return make(service, region_name=region, endpoint_url=endpoint_url, config=config)


@contextmanager
def preparing(service: str) -> Iterator[None]:
    """Turn whatever the making of a client raises into Failed: credentials, region, endpoint."""
    with translated(f"preparing to call {service}"):
        try:
            yield
        except ValueError as error:
            raise failure(
                "bad-endpoint",
                f"{str(error).rstrip('.')}.",
                hint="Check --endpoint-url and AWS_ENDPOINT_URL.",
            ) from None


def client_in(connection: Connection, service: str, region: str) -> Any:
    """A client of another service, for the same caller and endpoint; it gives up early, being a shortcut."""
    make: Any = connection.session.client
    return make(service, region_name=region, endpoint_url=connection.endpoint_url, config=_SHORTCUT)


def connect(profile: str | None, region: str | None, endpoint_url: str | None) -> Connection:
    """Find the caller's account. Raises Failed."""
    session = session_of(profile, region)
    with translated("asking AWS who the caller is"):
        identity = _client(session, "sts", endpoint_url, _FIRST).get_caller_identity()
    arn = str(identity["Arn"])
    return Connection(
        session=session,
        endpoint_url=endpoint_url,
        account=str(identity["Account"]),
        partition=arn.split(":")[1],
        caller=arn,
        iam=client(session, "iam", endpoint_url),
        iam_once=_client(session, "iam", endpoint_url, _ONCE),
    )


def check_account(connection: Connection, wanted: str | None) -> None:
    """The account guard: Failed where the file names another account than the caller's."""
    if wanted and wanted != connection.account:
        raise failure(
            "wrong-account",
            f"The file is for account {wanted}, but the caller ({connection.caller}) is in {connection.account}.",
            detail="Nothing was read or written.",
            hint="Use the credentials of the right account, or another file.",
        )

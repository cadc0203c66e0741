"""STS, and the devices of the caller: who calls, AssumeRole, and what STS's own errors mean.

Error texts are not part of the API: those matched here are what STS answers today (STS API reference,
"AssumeRole", errors; the rest was seen). What is not recognised goes to `faults`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import ClientError

from reconciler.aws import timing
from reconciler.aws.faults import AWS_ERRORS, problem_of, translate_errors
from reconciler.aws.pagination import list_items
from reconciler.aws.profile_mfa import AskCode
from reconciler.aws.session import (
    check_client,
    make_client,
    make_session,
    translate_client_errors,
    translate_identity_errors,
)
from reconciler.model.live import MfaDevice
from reconciler.model.partitions import DEFAULT_PARTITION, home_region_of, is_in_other_partition, partition_of_region
from reconciler.model.problem import Level, Place, Problem, ReconcileError, make_error
from reconciler.model.sts_limits import MFA_CODE_REFUSED, Caller

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_sts import STSClient

_CONFIG = Config(
    retries=timing.make_retries(timing.STS_ATTEMPTS),
    connect_timeout=timing.STS_CONNECT_TIMEOUT,
    read_timeout=timing.STS_READ_TIMEOUT,
)
_ONCE = _CONFIG.merge(Config(retries=timing.make_retries(timing.ONE_ATTEMPT)))

ROLE_REFUSED = "assume-refused"
"""The code of the Problem that says the role may not be assumed."""

AWS_SAYS = "aws-says"
"""The code of the Problem that quotes AWS's reason for a refusal."""

DEVICE_REFUSED = "mfa-device-refused"
"""The code of the Problem that says the serial number is no device of the caller."""

_ACTION = re.compile(r"not authorized to perform: (sts:[A-Za-z]+)")

SessionKeys = tuple[str, str, str, str]
"""Access key id, secret access key, session token, expiration (RFC 3339, UTC)."""


class SourceCredentials:
    """The credentials that the first role is assumed with, and the region and endpoint of every call."""

    def __init__(
        self,
        profile: str | None,
        region: str | None,
        partition: str | None,
        endpoint_url: str | None,
        named_at: Place | None = None,
        ask: AskCode | None = None,
    ):
        """partition: that of the roles, None while it is not known. region: of the alias or an option.

        named_at: the alias whose `source_profile` the profile is, for messages. ask: called if the profile's own role
        needs an MFA code. Raises Failed: no such profile, or a region in which the roles' partition has no STS.
        """
        self._session: Session = make_session(profile, region, named_at, ask)
        self.region = _choose_sts_region(self._session.region_name, region, partition)
        self._configured = self._session.region_name
        self._endpoint_url = endpoint_url

    @cached_property
    def caller(self) -> Caller:
        """Raises Failed: no credentials, expired ones, AWS out of reach."""
        return self.identify_caller()

    def identify_caller(self, keys: SessionKeys | None = None) -> Caller:
        """Who the source's credentials are, or those of `keys`. Raises Failed."""
        client = self.make_sts_client(keys)
        with translate_identity_errors("asking AWS who you are", client, self._configured):
            answer = client.get_caller_identity()
        return Caller(answer["Arn"], answer["Account"])

    @property
    def access_key_id(self) -> str:
        """Of the credentials that the source resolves to; "" where there are none. Raises Failed."""
        return str(getattr(self._credentials, "access_key", "") or "")

    @property
    def is_temporary(self) -> bool:
        """True where the source is itself a session, which may carry MFA already. Raises Failed."""
        return bool(getattr(self._credentials, "token", None))

    @property
    def _credentials(self) -> Any:
        """Fetched where a profile says how: another role, a process, single sign-on. None where there are none."""
        with translate_errors("finding credentials"):
            credentials: Any = self._session.get_credentials()
            return credentials.get_frozen_credentials() if credentials else None

    def make_sts_client(self, keys: SessionKeys | None = None) -> STSClient:
        """A client with the source's credentials, or with those of an earlier hop."""
        return cast("STSClient", self._make_client("sts", keys))

    def make_unretried_sts(self) -> STSClient:
        """A client of the source's credentials that sends nothing twice: for calls that carry an MFA code."""
        return cast("STSClient", self._make_client("sts", config=_ONCE))

    def make_iam_client(self) -> Any:
        """A client of IAM that gives up early, for answers that one can do without. Raises Failed."""
        return make_client(self._session, "iam", self._endpoint_url, patient=False)

    def list_mfa_devices(self) -> tuple[MfaDevice, ...]:
        """The caller's own MFA devices of every kind (IAM ListMFADevices). Raises Failed."""
        iam = self._make_client("iam")
        user = self.caller.arn.rpartition("/")[2]
        try:
            found = list_items(iam, "ListMFADevices", "MFADevices", UserName=user)
            return tuple(MfaDevice(device["SerialNumber"]) for device in found)
        except AWS_ERRORS as error:
            if _code_of(error) not in ("AccessDenied", "InvalidClientTokenId", "ValidationError"):
                raise ReconcileError([problem_of(error, "looking up your MFA device")]) from None
        hint = "Set `mfa_serial` of the alias, or of the AWS profile, to the ARN or serial number of your device."
        cause = "It is not allowed iam:ListMFADevices."
        if self.is_temporary:
            cause = "A session that was made without MFA (GetSessionToken) may not call IAM."
            hint += " Or use the keys themselves: `aws-vault exec --no-session`."
        raise make_error(
            "mfa-device-unknown",
            f"The role needs MFA, and {self.caller.arn} may not look up its own MFA devices.",
            cause,
            hint,
        )

    def _make_client(self, service: str, keys: SessionKeys | None = None, config: Config = _CONFIG) -> object:
        own: dict[str, str] = {}
        if keys is not None:
            names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
            own = dict(zip(names, keys, strict=False))
        make = cast("Any", self._session).client
        with translate_client_errors(service, self._endpoint_url):
            made = make(service, region_name=self.region, endpoint_url=self._endpoint_url, config=config, **own)
            return cast("object", check_client(made))


def _choose_sts_region(configured: str | None, asked: str | None, partition: str | None) -> str:
    """Return the region to call STS in. Credentials work only in a region of their own partition.

    So AWS_REGION or a profile's region is passed over if it belongs to another partition than the roles do, and
    refused if the alias or an option names it. Raises Failed.
    """
    if configured and (partition is None or not is_in_other_partition(configured, partition)):
        return configured
    home = home_region_of(partition or DEFAULT_PARTITION)
    if configured and configured == asked:
        raise make_error(
            "region-partition",
            f"The region {configured} belongs to the partition {partition_of_region(configured)}, the role to "
            f"{partition}.",
            "STS of one partition cannot assume a role of another.",
            f"Write `region: {home}` in the alias, or pass --region {home}." if home else "Name a region of it.",
        )
    if home is None:
        raise make_error(
            "no-region",
            f"No region is set, and the partition {partition} is not known to this version.",
            hint="Pass --region with one of its regions, or set AWS_REGION.",
        )
    return home


def assume_role(
    sts: STSClient, parameters: Mapping[str, object], caller_arn: str, serial: str = "", code: str = ""
) -> SessionKeys:
    """One AssumeRole call, with MFA where a serial and a code are given.

    `caller_arn` is for messages. Raises Failed; the problem's code is `mfa-code-refused` for a code that AWS
    does not take, `assume-refused` where the role may not be assumed.
    """
    mfa = {"SerialNumber": serial, "TokenCode": code} if serial else {}
    role = str(parameters["RoleArn"])
    try:
        answer = cast("Any", sts).assume_role(**parameters, **mfa)["Credentials"]
    except AWS_ERRORS as error:
        raise _explain_failure(error, role, caller_arn, serial) from None
    return _parse_keys(answer)


def open_mfa_session(sts: STSClient, caller_arn: str, serial: str, code: str, duration: int) -> SessionKeys:
    """One GetSessionToken call: a session of the caller's own user that carries MFA, for `duration` seconds.

    Raises Failed, with `mfa-code-refused` as of `assume_role`.
    """
    try:
        answer = sts.get_session_token(SerialNumber=serial, TokenCode=code, DurationSeconds=duration)
    except AWS_ERRORS as error:
        raise _explain_failure(error, "an MFA session", caller_arn, serial) from None
    return _parse_keys(answer["Credentials"])


def _parse_keys(answer: Any) -> SessionKeys:
    ends = answer["Expiration"].astimezone(UTC)
    return (
        answer["AccessKeyId"],
        answer["SecretAccessKey"],
        answer["SessionToken"],
        f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    )


def _code_of(error: Exception) -> str:
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def _explain_failure(error: Exception, role: str, caller: str, serial: str) -> ReconcileError:
    text = str(error.response["Error"].get("Message", "")) if isinstance(error, ClientError) else ""
    for part, failed in _list_refusals(role, caller, serial).items():
        if part in text:
            return failed
    if _code_of(error) in ("AccessDenied", "AccessDeniedException"):
        refused = make_error(
            ROLE_REFUSED,
            f"AWS does not let {caller} assume {role}.",
            "Either the role's trust policy does not admit this caller under these conditions, or the "
            "caller's own policies do not allow sts:AssumeRole on it. A role that does not exist is refused "
            "alike.",
            "" if serial else "If the role needs MFA, pass --token-code, or set `mfa: true` on the alias.",
        )
        return ReconcileError([*refused.problems, *_quote_reasons(text)])
    return ReconcileError([problem_of(error, f"assuming {role}")])


def _quote_reasons(text: str) -> Iterator[Problem]:
    """Yield what AWS says beyond that it refuses.

    The kind of policy that refuses, at times: nothing else tells of an SCP. And the action, if it is another than
    AssumeRole: nothing else tells what a session made elsewhere passes on.
    """
    action = _ACTION.search(text)
    if action and action[1] != "sts:AssumeRole":
        yield Problem(Level.INFO, AWS_SAYS, f"AWS says: {action[1]} is not allowed.")
    _, because, reason = text.partition(" because ")
    _, deny, kind = text.partition(" with an explicit deny")
    told = f"because {reason}" if because else f"with an explicit deny{kind}" if deny else ""
    if told:
        yield Problem(Level.INFO, AWS_SAYS, f"AWS says: {told.strip().rstrip('.')}.")


def _explain_hour_limit(caller: str) -> str:
    if ":user/" in caller:
        return f"{caller} calls with a session (GetSessionToken), and AWS limits roles assumed from one to an hour."
    return f"{caller} is itself a role's session, and AWS limits chained roles to an hour."


def _list_refusals(role: str, caller: str, serial: str) -> dict[str, ReconcileError]:
    """A part of what STS says → what it means."""
    return {
        "invalid MFA one time pass code": make_error(
            MFA_CODE_REFUSED,
            f"AWS refused the MFA code for {serial}.",
            "A code is valid for about 30 seconds and only once.",
            "Wait for the next one; if that is refused as well, check the clock of the device.",
        ),
        "unable to validate MFA code": make_error(
            DEVICE_REFUSED,
            f"AWS cannot check a code of the MFA device {serial}.",
            f"It is not an enabled device of {caller}.",
            "Correct `mfa_serial` of the alias, or leave it out to have the device looked up.",
        ),
        "exceeds the 1 hour session limit": make_error(
            "session-duration",
            f"{role} can be assumed for one hour at most from here.",
            _explain_hour_limit(caller),
            "Ask for 1h or less, or start from the keys of a user"
            + (" (`aws-vault exec --no-session`)." if ":user/" in caller else "."),
        ),
        "exceeds the MaxSessionDuration": make_error(
            "session-duration",
            f"{role} cannot be assumed for that long.",
            "Its maximum session duration in AWS is shorter.",
            "Ask for less, or raise `max_session_duration` of the role and apply it.",
        ),
        "may not be assumed by root": make_error(
            "assume-root",
            f"{role} cannot be assumed as the account's root user.",
            "AWS lets no root user assume roles.",
            "Use the keys of a user, with --profile.",
        ),
    }

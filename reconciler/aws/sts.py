"""Call STS (GetCallerIdentity, AssumeRole, GetSessionToken), list the caller's devices, and explain STS's errors.

Error texts are not part of the API: STS sends those matched here today (STS API reference, "AssumeRole", errors; the
rest was observed). `aws/faults.py` explains the others.
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
from reconciler.aws.borrowed_session import borrow_session
from reconciler.aws.client_checks import check_client, translate_client_errors
from reconciler.aws.faults import AWS_ERRORS, problem_of, translate_errors
from reconciler.aws.pagination import list_items
from reconciler.aws.profile_mfa import AskCode
from reconciler.aws.session import make_client, make_session, translate_identity_errors
from reconciler.model.live import MfaDevice
from reconciler.model.partitions import DEFAULT_PARTITION, home_region_of, is_in_other_partition, partition_of_region
from reconciler.model.problem import Level, Place, Problem, ReconcileError, make_error
from reconciler.model.sts_limits import AWS_SAYS, DEVICE_REFUSED, MFA_CODE_REFUSED, ROLE_REFUSED, Caller

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_sts import STSClient

_CONFIG = Config(
    retries=timing.make_retries(timing.STS_ATTEMPTS),
    connect_timeout=timing.STS_CONNECT_TIMEOUT,
    read_timeout=timing.STS_READ_TIMEOUT,
)
_ONCE = _CONFIG.merge(Config(retries=timing.make_retries(timing.ONE_ATTEMPT)))

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
        alias_place: Place | None = None,
        ask: AskCode | None = None,
        lent: Session | None = None,
    ):
        """Prepare the credentials.

        region: of the alias or an option. partition: that of the roles, None if not known yet. alias_place: the alias
        whose `source_profile` names the profile, for messages. ask: called if the profile's own role needs an MFA code.
        lent: a program's session, whose credentials count in place of a profile's. Raises ReconcileError if there is no
        such profile, or the region is not in the roles' partition.
        """
        self._session: Session = (
            borrow_session(lent, region) if lent else make_session(profile, region, alias_place, ask)
        )
        self.region = _choose_sts_region(self._session.region_name, region, partition)
        self._configured = self._session.region_name
        self._endpoint_url = endpoint_url

    @cached_property
    def caller(self) -> Caller:
        """The owner of the credentials. Raises ReconcileError: no or expired credentials, AWS not reachable."""
        return self.identify_caller()

    def identify_caller(self, keys: SessionKeys | None = None) -> Caller:
        """Ask AWS for the owner of the source's credentials, or of `keys`. Raises ReconcileError."""
        client = self.make_sts_client(keys)
        with translate_identity_errors("asking AWS who you are", client, self._configured):
            answer = client.get_caller_identity()
        return Caller(answer["Arn"], answer["Account"])

    @property
    def access_key_id(self) -> str:
        """The access key id of the credentials; "" if there are none. Raises ReconcileError."""
        return str(getattr(self._credentials, "access_key", "") or "")

    @property
    def is_temporary(self) -> bool:
        """True if the credentials are a session's, which may carry MFA already. Raises ReconcileError."""
        return bool(getattr(self._credentials, "token", None))

    @property
    def _credentials(self) -> Any:
        """The frozen credentials; None if there are none. A role, a process or single sign-on may be asked for them."""
        with translate_errors("finding credentials"):
            credentials: Any = self._session.get_credentials()
            return credentials.get_frozen_credentials() if credentials else None

    def make_sts_client(self, keys: SessionKeys | None = None) -> STSClient:
        """Return an STS client with the source's credentials, or with those of an earlier hop."""
        return cast("STSClient", self._make_client("sts", keys))

    def make_unretried_sts(self) -> STSClient:
        """Return an STS client that never retries, for calls that carry an MFA code."""
        return cast("STSClient", self._make_client("sts", config=_ONCE))

    def make_iam_client(self) -> Any:
        """Return an IAM client that gives up early, for optional answers. Raises ReconcileError."""
        return make_client(self._session, "iam", self._endpoint_url, patient=False)

    def list_mfa_devices(self) -> tuple[MfaDevice, ...]:
        """Return the caller's MFA devices of every kind (IAM ListMFADevices). Raises ReconcileError."""
        iam = self._make_client("iam")
        user = self.caller.arn.rpartition("/")[2]
        try:
            items = list_items(iam, "ListMFADevices", "MFADevices", UserName=user)
            return tuple(MfaDevice(item["SerialNumber"]) for item in items)
        except AWS_ERRORS as error:
            if _code_of(error) not in ("AccessDenied", "InvalidClientTokenId", "ValidationError"):
                raise ReconcileError([problem_of(error, "looking up your MFA device")]) from None
        hint = "Set `mfa_serial` of the alias or of the AWS profile to the ARN or serial number of your device."
        cause = "No policy allows iam:ListMFADevices to it."
        if self.is_temporary:
            cause = "A session that was made without MFA (GetSessionToken) may not call IAM."
            hint += " Or use the keys themselves: `aws-vault exec --no-session`."
        raise make_error(
            "mfa-device-unknown",
            f"The role needs MFA, and {self.caller.arn} may not list its own MFA devices.",
            cause,
            hint,
        )

    def _make_client(self, service: str, keys: SessionKeys | None = None, config: Config = _CONFIG) -> object:
        own: dict[str, str] = {}
        if keys is not None:
            names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
            own = dict(zip(names, keys, strict=False))
        make = cast("Any", self._session).client
        with translate_client_errors(service, self._session, self._endpoint_url):
            client = make(service, region_name=self.region, endpoint_url=self._endpoint_url, config=config, **own)
            return cast("object", check_client(client))


def _choose_sts_region(configured: str | None, requested: str | None, partition: str | None) -> str:
    """Return the region to call STS in. Credentials work only in regions of their own partition.

    A region of another partition than the roles' is ignored if it comes from AWS_REGION or a profile.
    Raises ReconcileError if the alias or an option names it (`requested`), or no region is known.
    """
    if configured and (partition is None or not is_in_other_partition(configured, partition)):
        return configured
    home = home_region_of(partition or DEFAULT_PARTITION)
    if configured and configured == requested:
        raise make_error(
            "region-partition",
            f"The region {configured} is in the partition {partition_of_region(configured)}, and the role in "
            f"{partition}.",
            "STS of one partition cannot assume a role of another.",
            f"Write `region: {home}` in the alias, or pass --region {home}."
            if home
            else f"Pass --region with a region of {partition}.",
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
    """Make one AssumeRole call, with MFA if a serial and a code are given. caller_arn: for messages.

    Raises ReconcileError. The problem's code is MFA_CODE_REFUSED or DEVICE_REFUSED for a bad code or device,
    ROLE_REFUSED if AWS refuses the role.
    """
    mfa = {"SerialNumber": serial, "TokenCode": code} if serial else {}
    role = str(parameters["RoleArn"])
    try:
        answer = cast("Any", sts).assume_role(**parameters, **mfa)["Credentials"]
    except AWS_ERRORS as error:
        raise _explain_failure(error, role, caller_arn, serial) from None
    return _parse_keys(answer)


def open_mfa_session(sts: STSClient, caller_arn: str, serial: str, code: str, duration: int) -> SessionKeys:
    """Make one GetSessionToken call: it gives a session of the calling user with MFA, for `duration` seconds.

    Raises ReconcileError as `assume_role` does.
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
    for part, refusal in _list_refusals(role, caller, serial).items():
        if part in text:
            return refusal
    if _code_of(error) in ("AccessDenied", "AccessDeniedException"):
        refusal = make_error(
            ROLE_REFUSED,
            f"AWS refuses {role} to {caller}.",
            "Either the role's trust policy does not let this caller in under these conditions, or the caller's own "
            "policies do not allow sts:AssumeRole on it, or the role does not exist.",
            "" if serial else "If the role needs MFA, pass --token-code CODE, or set `mfa: true` in the alias.",
        )
        return ReconcileError([*refusal.problems, *_quote_reasons(text)])
    return ReconcileError([problem_of(error, f"assuming {role}")])


def _quote_reasons(text: str) -> Iterator[Problem]:
    """Yield the reasons in AWS's message: the refused action if it is not AssumeRole, and the kind of policy.

    Only this message shows an SCP, and tags or an identity that the caller's session passes on.
    """
    action = _ACTION.search(text)
    if action and action[1] != "sts:AssumeRole":
        yield Problem(Level.INFO, AWS_SAYS, f"AWS says: {action[1]} is not allowed.")
    _, because, reason = text.partition(" because ")
    _, deny, kind = text.partition(" with an explicit deny")
    quote = f"because {reason}" if because else f"with an explicit deny{kind}" if deny else ""
    if quote:
        yield Problem(Level.INFO, AWS_SAYS, f"AWS says: {quote.strip().rstrip('.')}.")


def _explain_hour_limit(caller: str) -> str:
    if ":user/" in caller:
        return f"{caller} uses a session (GetSessionToken), and AWS limits roles assumed from one to an hour."
    return f"{caller} is a role's session, and AWS limits chained roles to an hour."


def _list_refusals(role: str, caller: str, serial: str) -> dict[str, ReconcileError]:
    """Map a part of STS's message to the error to raise."""
    return {
        "invalid MFA one time pass code": make_error(
            MFA_CODE_REFUSED,
            f"AWS refused the MFA code for {serial}.",
            "AWS accepts a code once, for about 30 seconds.",
            "Wait for the next code. If AWS refuses that, too, check the clock of the device.",
        ),
        "unable to validate MFA code": make_error(
            DEVICE_REFUSED,
            f"AWS cannot check a code of the MFA device {serial}.",
            f"It is not an enabled device of {caller}.",
            "Correct `mfa_serial` of the alias, or remove it: reconcile then finds the device itself.",
        ),
        "exceeds the 1 hour session limit": make_error(
            "session-duration",
            f"{role} can be assumed for one hour at most by {caller}.",
            _explain_hour_limit(caller),
            "Pass `--duration 1h` or less, or start from the keys of a user"
            + (" (`aws-vault exec --no-session`)." if ":user/" in caller else "."),
        ),
        "exceeds the MaxSessionDuration": make_error(
            "session-duration",
            f"{role} cannot be assumed for that long.",
            "Its max_session_duration in AWS is shorter.",
            "Pass a shorter --duration, or raise `max_session_duration` of the role in the file and apply it.",
        ),
        "may not be assumed by root": make_error(
            "assume-root",
            f"The account's root user may not assume {role}.",
            "AWS lets no root user assume roles.",
            "Use the keys of an IAM user: pass --profile NAME.",
        ),
    }

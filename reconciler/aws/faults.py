"""Turn botocore's errors into Problems with the likely cause and the next step, without any secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from reconciler.aws.answers import FOREIGN_ANSWER, ForeignAnswer
from reconciler.aws.credential_origin import origin_of
from reconciler.aws.library_errors import describe_error
from reconciler.aws.limits import TIMEOUT_VARIABLE, AnswerTooLong, CallTimeout
from reconciler.aws.profile_context import ProblemText, ProfileContext
from reconciler.aws.profile_errors import explain_profile_error
from reconciler.aws.profile_refusals import describe_rejection, explain_dead_credentials, explain_refused_source
from reconciler.aws.user_sessions import SESSION_WITHOUT_MFA, describe_session_error
from reconciler.model.problem import Level, Problem, ReconcileError

BAD_CREDENTIALS = "bad-credentials"
"""The problem code for credentials that AWS does not know, or that have expired."""

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN_KEY = (
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "InvalidAccessKeyId",
)
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
)

_SAFE_MESSAGE_CODES = frozenset(
    code.removesuffix("Exception")
    for code in (
        *DENIED,
        *THROTTLED,
        # IAM API and STS API, "Errors" of each action; "Common Errors" but for those about signatures and keys
        *"""AccountNotManagementOrDelegatedAdministrator ConcurrentModification CredentialReportExpired
        CredentialReportNotPresent CredentialReportNotReady DeleteConflict DuplicateCertificate DuplicateSSHPublicKey
        EntityAlreadyExists EntityTemporarilyUnmodifiable FeatureDisabled FeatureEnabled IDPCommunicationError
        IDPRejectedClaim InternalError InternalFailure InvalidAction InvalidAuthenticationCode
        InvalidAuthorizationMessage InvalidCertificate InvalidIdentityToken InvalidInput InvalidParameterCombination
        InvalidParameterValue InvalidPublicKey InvalidQueryParameter InvalidUserType KeyPairMismatch LimitExceeded
        MalformedCertificate MalformedPolicyDocument MalformedQueryString MissingAction MissingParameter NoSuchEntity
        NotSupportedService OpenIdIdpCommunicationError OptInRequired OrganizationNotFound
        OrganizationNotInAllFeaturesMode PackedPolicyTooLarge PasswordPolicyViolation PolicyEvaluation
        PolicyNotAttachable RegionDisabled ReportGenerationLimitExceeded RequestTimeout ServiceAccessNotEnabled
        ServiceFailure ServiceUnavailable UnmodifiableEntity UnrecognizedPublicKeyEncoding ValidationError
        Validation""".split(),
    )
)
_MAX_MESSAGE = 1000
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")
"""The format of AWS's error codes. Any other text in that field may hold anything."""
_PROXY_HINT = (
    "Check --endpoint-url, AWS_ENDPOINT_URL, HTTPS_PROXY and HTTP_PROXY: something else answers instead of AWS."
)


def code_of(error: Exception) -> str:
    """Return AWS's error code, or the class name of an error without an answer of AWS."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "Unknown"))
        return code if _CODE.fullmatch(code) else "Unknown"
    return type(error).__name__


def problem_of(error: Exception, doing: str) -> Problem:
    """Return one botocore error as a Problem. doing: the attempted action, as in "reading the account"."""
    code = code_of(error)
    kind = BAD_CREDENTIALS if code in (*_EXPIRED, *_UNKNOWN_KEY) else "aws-error"
    kind = "session-without-mfa" if code == SESSION_WITHOUT_MFA else kind
    text = _explain_by_profile(error, code) if code != SESSION_WITHOUT_MFA else None
    if text is not None:
        return Problem(Level.ERROR, kind, text.summary, text.detail, text.hint, text.place)
    summary, hint = _explain_error(error, code)
    return Problem(Level.ERROR, kind, f"{_capitalize(doing)} failed: {summary}", "", hint)


def note_denied_read(operation: str) -> Problem:
    """Return the note that AWS denied an optional read, so that its content is left out."""
    summary = f"AWS denied iam:{operation}, so its content is left out."
    return Problem(Level.INFO, "read-denied", summary, "", f"To include it, allow iam:{operation} to the caller.")


def _explain_by_profile(error: Exception, code: str) -> ProblemText | None:
    """Explain an error by the profile of its credentials; None if the profile is not the cause."""
    origin = origin_of(error)
    if origin is None:
        return None
    context = ProfileContext.from_origin(origin)
    if not isinstance(error, ClientError):
        return explain_profile_error(error, context)
    if code in (*_EXPIRED, *_UNKNOWN_KEY):
        return explain_dead_credentials(context, describe_rejection(code))
    return explain_refused_source(error.operation_name, f"{code}, {_message_of(error, code)}", context)


def _explain_error(error: Exception, code: str) -> tuple[str, str]:
    if isinstance(error, ResponseParserError | AnswerTooLong):
        details = f": {error}" if isinstance(error, ForeignAnswer | AnswerTooLong) and str(error) else ""
        return f"the answer is not AWS's{details}.", _PROXY_HINT
    if isinstance(error, CallTimeout):
        return f"{error}.", f"Check the network and any proxy, or allow more time: `export {TIMEOUT_VARIABLE}=300`."
    if not isinstance(error, ClientError):
        return describe_error(error)
    session = describe_session_error(error)
    if session is not None:
        return session
    answer = error.response.get("Error", {}).get(FOREIGN_ANSWER)
    if answer and code not in THROTTLED:
        hint = f"Run the command again in a minute. If it fails again, c{_PROXY_HINT[1:]}"
        return f"the answer is not AWS's: {answer}.", hint
    message = _message_of(error, code)
    if code in _EXPIRED:
        return "the credentials have expired.", "Log in again, or refresh the session."
    if code in _UNKNOWN_KEY:
        return f"AWS does not know these credentials ({code}).", "Check the access key and its secret."
    if code in DENIED and message.startswith(_MFA_FAILED):
        return _explain_mfa_failure(message)
    if code in DENIED:
        return f"access denied: {message}", "The caller needs this permission."
    if code == "EntityAlreadyExists" and error.operation_name == "CreateAccountAlias":
        return "another account has this alias.", "Choose another alias: it must be unique in all of AWS."
    if code in THROTTLED:
        return f"AWS kept throttling ({code}): {message}", "Run the command again in a minute."
    return f"{code}: {message}", ""


_MFA_FAILED = "MultiFactorAuthentication failed"


def _explain_mfa_failure(message: str) -> tuple[str, str]:
    """Explain why AWS refused the MFA code of a profile's role (STS, AssumeRole; its texts are not an API)."""
    if "one time pass code" in message:
        return "AWS refused the MFA code.", "AWS accepts a code once, for about 30 seconds: try the next one."
    return (
        "AWS cannot check a code of that MFA device: it is not an enabled device of the caller.",
        "Correct `mfa_serial` in the AWS profile.",
    )


def _message_of(error: ClientError, code: str) -> str:
    """Return AWS's message, shortened, if it is safe to show: its code must be one of `_SAFE_MESSAGE_CODES`.

    Messages about signatures quote the signed request, session token included. Those of unknown codes may, too.
    """
    if code.removesuffix("Exception") not in _SAFE_MESSAGE_CODES and FOREIGN_ANSWER not in error.response["Error"]:
        return "no message" if not error.response.get("Error", {}).get("Message") else "its message is not shown."
    message = str(error.response.get("Error", {}).get("Message", "")) or "no message"
    return message if len(message) <= _MAX_MESSAGE else f"{message[:_MAX_MESSAGE]} …"


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""The errors that an AWS call can raise."""


@contextmanager
def translate_errors(doing: str) -> Iterator[None]:
    """Turn any botocore error of the block into a ReconcileError. doing: see `problem_of`."""
    try:
        yield
    except AWS_ERRORS as error:
        raise ReconcileError([problem_of(error, doing)]) from None

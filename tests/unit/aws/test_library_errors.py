"""Exceptions of botocore's, told without their text: of every type, with a secret in every field."""

from __future__ import annotations

import inspect
import string

import botocore.exceptions
import pytest
from botocore.exceptions import (
    BotoCoreError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    WaiterError,
)

from reconciler.aws.library_errors import describe_error, translate_provider_errors

SECRET = "PLANTED"
NAMES = {"profile", "provider", "path", "region_name", "source_profile", "cred_var"}
"""The fields that may be told: names of profiles, regions, files and ways to credentials."""

TYPES = [
    kind
    for _, kind in sorted(vars(botocore.exceptions).items())
    if inspect.isclass(kind) and issubclass(kind, BotoCoreError) and kind is not WaiterError  # which needs an answer
]


def fields_of(kind: type[BotoCoreError]) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(kind.fmt) if name]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_no_type_of_exception_tells_more_than_names(kind: type[BotoCoreError]) -> None:
    values: dict[str, object] = {name: "name" if name in NAMES else f"{SECRET} {name}" for name in fields_of(kind)}
    if "error" in values:
        values["error"] = ValueError(SECRET)
    summary, hint = describe_error(kind(**values))
    assert SECRET not in summary + hint
    assert summary.rstrip().endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in TYPES if any(name.endswith("_url") for name in fields_of(kind))])
def test_a_url_is_told_without_its_password_and_query(kind: type[BotoCoreError]) -> None:
    values = dict.fromkeys(fields_of(kind), f"http://user:{SECRET}@host:81/path?x={SECRET}")
    summary, _ = describe_error(kind(**{"error": SECRET, **values}))
    assert SECRET not in summary
    assert "http://host:81/path" in summary


def test_a_header_that_http_refuses_is_told_by_its_cause() -> None:
    error = HTTPClientError(error=ValueError(f"Invalid header value b'{SECRET}\\n'"))
    assert describe_error(error)[0] == "a credential has a line break or another control character in it."


def test_a_sentence_about_profiles_is_kept() -> None:
    said = 'The source_profile "a" referenced in the profile "b" does not exist.'
    assert describe_error(InvalidConfigError(error_msg=said))[0] == said
    assert SECRET not in describe_error(InvalidConfigError(error_msg=SECRET))[0]


@pytest.mark.parametrize(
    ("raised", "cause"),
    [
        (FileNotFoundError(2, "No such file or directory", SECRET), "no such file or directory."),
        (ValueError(SECRET), "invalid output."),
        (KeyError(SECRET), "invalid output."),
    ],
)
def test_what_a_source_of_credentials_raises_is_an_error_of_botocores(raised: Exception, cause: str) -> None:
    with pytest.raises(CredentialRetrievalError) as caught, translate_provider_errors():
        raise raised
    summary, hint = describe_error(caught.value)
    assert summary.endswith(cause)
    assert SECRET not in summary + hint
    assert caught.value.__suppress_context__

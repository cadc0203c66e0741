"""The two URLs of a console sign-in: right host, right duration, nothing that a query could misread."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from reconciler.assume import console
from reconciler.assume.credentials import Credentials
from reconciler.model.problem import ReconcileError

KEYS = Credentials("ASIAKEY", "se/cr+et&=#", "to+ken/==%", "2030-01-01T00:00:00Z")
HOSTS = {
    "aws": ("signin.aws.amazon.com", "console.aws.amazon.com"),
    "aws-cn": ("signin.amazonaws.cn", "console.amazonaws.cn"),
    "aws-us-gov": ("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"),
    "aws-eusc": (
        "eusc-de-east-1.signin.amazonaws-eusc.eu",
        "eusc-de-east-1.console.amazonaws-eusc.eu",
    ),
}


def query(url: str) -> dict[str, str]:
    found = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


@pytest.mark.parametrize("partition", HOSTS)
def test_each_partition_has_its_own_hosts(partition: str) -> None:
    signin, shown = HOSTS[partition]
    base = console.resolve_signin_endpoint(partition, {})
    assert base == f"https://{signin}"
    login = query(console.build_login_url(base, partition, None, "t"))
    assert login["Destination"] == f"https://{shown}/console/home"


@pytest.mark.parametrize("partition", ["aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-new"])
def test_a_console_that_nobody_publishes_is_not_guessed(partition: str) -> None:
    with pytest.raises(ReconcileError, match=f"partition {partition} has no known console"):
        console.resolve_signin_endpoint(partition, {})


def test_the_first_url_holds_the_keys_whatever_is_in_them() -> None:
    url = console.build_token_url("https://signin.aws.amazon.com", KEYS, 3600)
    assert url.startswith("https://signin.aws.amazon.com/federation?")
    assert not set(' +"{}#/') & set(urlsplit(url).query)
    given = query(url)
    assert json.loads(given.pop("Session")) == {
        "sessionId": "ASIAKEY",
        "sessionKey": "se/cr+et&=#",
        "sessionToken": "to+ken/==%",
    }
    assert given == {"Action": "getSigninToken", "SessionDuration": "3600"}
    assert "SessionDuration" not in query(console.build_token_url("https://x", KEYS, None))


def test_the_second_url_signs_in_and_opens_the_region() -> None:
    url = console.build_login_url("https://signin.aws.amazon.com", "aws", "eu-central-1", "a+/b=&c")
    assert url.startswith("https://signin.aws.amazon.com/federation?")
    assert query(url) == {
        "Action": "login",
        "Issuer": "reconcile",
        "Destination": "https://console.aws.amazon.com/console/home?region=eu-central-1",
        "SigninToken": "a+/b=&c",
    }


@pytest.mark.parametrize(
    ("asked", "chained", "sent"),
    [
        (None, False, None),
        (3600, False, 3600),
        (900, False, 900),
        (899, False, None),
        (43200, False, 43200),
        (129600, False, 43200),
        (3600, True, None),
        (None, True, None),
    ],
)
def test_a_duration_is_sent_only_if_aws_takes_one(asked: int | None, chained: bool, sent: int | None) -> None:
    assert console.choose_duration(asked, chained) == sent


@pytest.mark.parametrize(
    ("environ", "option", "base"),
    [
        ({"AWS_ENDPOINT_URL_SIGNIN": "https://a"}, None, "https://a"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:80/"}, None, "http://127.0.0.1:80"),
        ({"AWS_ENDPOINT_URL_SIGNIN": "https://a", "AWS_ENDPOINT_URL": "https://b"}, None, "https://a"),
        ({"AWS_ENDPOINT_URL_SIGNIN": "https://a"}, "http://localhost:5000", "http://localhost:5000"),
        ({"AWS_ENDPOINT_URL": "http://[::1]:1"}, None, "http://[::1]:1"),
        (
            {"AWS_ENDPOINT_URL": "https://b", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            None,
            "https://signin.aws.amazon.com",
        ),
        ({"AWS_ENDPOINT_URL": ""}, None, "https://signin.aws.amazon.com"),
    ],
)
def test_the_endpoint_is_configured_as_for_any_aws_client(
    environ: dict[str, str], option: str | None, base: str
) -> None:
    assert console.resolve_signin_endpoint("aws", environ, option) == base


@pytest.mark.parametrize(
    "url", ["http://signin.example", "http://10.0.0.1", "http://127.0.0.1.example", "ftp://a", "a"]
)
def test_keys_never_go_over_a_plain_connection_to_another_machine(url: str) -> None:
    with pytest.raises(ReconcileError, match="not safe for keys"):
        console.resolve_signin_endpoint("aws", {"AWS_ENDPOINT_URL_SIGNIN": url})

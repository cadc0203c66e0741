"""A console sign-in in the sandbox: it is answered there, and nothing of it reaches AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest

from reconciler.app.console_url import make_sign_in_url
from reconciler.assume.credentials import Credentials
from tests.support.account import Account
from tests.support.people import create_person

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
SESSION = {"sessionId": "ASIA1", "sessionKey": "k", "sessionToken": "t"}


@pytest.fixture(autouse=True)
def _directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def get(account: Account, **query: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{account.sandbox.url}/federation?{urlencode(query)}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("chained", [False, True])
def test_the_url_comes_from_the_sandbox_and_leads_into_it(account: Account, chained: bool) -> None:
    sts = create_person(account.iam, "ann").make_client("sts", account.sandbox.url)
    account.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    given = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="me")["Credentials"]
    keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "")
    account.clear_calls()
    url = make_sign_in_url(
        keys,
        partition="aws",
        region="eu-central-1",
        duration=3600,
        chained=chained,
        environ=account.environment,
    )
    assert url.startswith(f"{account.sandbox.url}/federation?Action=login&")
    assert not any(secret in url for secret in (keys.secret_access_key, keys.session_token))
    assert account.count_calls() == {"getSigninToken": 1}
    with urllib.request.urlopen(url) as answer:
        assert "https://console.aws.amazon.com/console/home?region=eu-central-1" in answer.read().decode()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "Action"),
        ({"Action": "other"}, "Action"),
        ({"Action": "login"}, "Action"),
        ({"Action": "getSigninToken"}, "Session is"),
        ({"Action": "getSigninToken", "Session": "{"}, "Session is"),
        ({"Action": "getSigninToken", "Session": "[]"}, "Session is"),
        ({"Action": "getSigninToken", "Session": json.dumps(SESSION | {"sessionToken": ""})}, "Session is"),
        ({"Action": "getSigninToken", "Session": json.dumps(SESSION | {"sessionId": "AKIA1"})}, "Session is"),
        *(
            ({"Action": "getSigninToken", "Session": json.dumps(SESSION), "SessionDuration": length}, "SessionDuration")
            for length in ("899", "43201", "1h", "")
        ),
    ],
)
def test_what_aws_would_refuse_is_refused(account: Account, query: dict[str, str], told: str) -> None:
    status, text = get(account, **query)
    assert status == 400
    assert text.startswith(told)


@pytest.mark.parametrize("length", ["900", "43200"])
def test_a_duration_that_aws_takes_is_taken(account: Account, length: str) -> None:
    status, text = get(account, Action="getSigninToken", Session=json.dumps(SESSION), SessionDuration=length)
    assert status == 200
    assert json.loads(text)["SigninToken"]

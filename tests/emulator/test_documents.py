"""Policy documents with the slips that people make: what `validate` takes, the sandbox takes, and nothing else.

The two judge by rules of their own: `reconciler/policy/`, and the sandbox's layer with moto's validator behind it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, note

from reconciler.model.problem import Level
from reconciler.sandbox.server import Sandbox
from tests.documented.strict_account import client
from tests.support.examples import examples
from tests.support.files import HEAD, Folder
from tests.support.spoiled_documents import IDENTITY, PROVIDER, TRUST, spoiled

Json = Any
Put = Callable[[Any, str], Callable[[], object]]

POLICY_ARN = "arn:aws:iam::123456789012:policy/p"
EC2 = json.dumps(TRUST[0] | {"Statement": TRUST[0]["Statement"][1]})


@pytest.fixture(scope="module")
def iam() -> Iterator[Any]:
    """An account with the principals that the documents name."""
    with Sandbox() as sandbox:
        found = client(sandbox.url)
        found.create_user(UserName="u")
        found.create_group(GroupName="g")
        found.create_user(UserName="nobody")
        found.create_role(RoleName="target", AssumeRolePolicyDocument=EC2)
        found.create_open_id_connect_provider(Url=f"https://{PROVIDER.partition('/')[2]}", ClientIDList=["a"])
        yield found


def put_inline(iam: Any, text: str) -> None:
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=text)


def put_managed(iam: Any, text: str) -> None:
    iam.create_policy(PolicyName="p", PolicyDocument=text)
    iam.delete_policy(PolicyArn=POLICY_ARN)


def put_trust(iam: Any, text: str) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=text)
    iam.delete_role(RoleName="r")


def refusal_of(put: Callable[[Any, str], None], iam: Any, text: str) -> str | None:
    """Return the sandbox's refusal of a document, or None if it takes it."""
    try:
        put(iam, text)
    except ClientError as refused:
        answer: Any = refused.response
        assert answer["Error"]["Code"] in ("MalformedPolicyDocument", "ValidationError"), answer
        return f"{answer['Error']['Code']}: {answer['Error']['Message']}"
    return None


def errors_of(folder: Folder, section: Json) -> list[str]:
    """Return the errors of a file that holds the section, with their codes."""
    desired = folder.desired(HEAD + json.dumps(section)[1:-1] + "\n")
    return [f"{one.code}: {one.summary}" for one in desired.problems if one.level is Level.ERROR]


def compare(iam: Any, folder: Folder, document: Json, section: Json, put: Callable[[Any, str], None]) -> None:
    """Assert that `validate` and the sandbox agree about a document."""
    errors = errors_of(folder, section)
    sent = json.dumps({"Version": "2012-10-17", **document}, ensure_ascii=False)
    refusal = refusal_of(put, iam, sent)
    note(sent)
    note(f"validate: {errors or 'takes it'}; the sandbox: {refusal or 'takes it'}")
    assert bool(errors) == bool(refusal)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(Path(tmp_path_factory.mktemp("documents")))


@examples(150)
@given(document=spoiled(IDENTITY))
def test_validate_and_the_sandbox_agree_on_inline_policies(iam: Any, folder: Folder, document: Json) -> None:
    section = {"groups": {"g": {"inline_policies": {"p": document}}}}
    compare(iam, folder, document, section, put_inline)


@examples(150)
@given(document=spoiled(IDENTITY))
def test_validate_and_the_sandbox_agree_on_managed_policies(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"policies": {"p": {"document": document}}}, put_managed)


@examples(150)
@given(document=spoiled(TRUST))
def test_validate_and_the_sandbox_agree_on_trust_policies(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"roles": {"r": {"trust_policy": document}}}, put_trust)


@pytest.mark.parametrize("document", IDENTITY)
def test_the_unspoiled_identity_policies_are_taken(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"policies": {"p": {"document": document}}}, put_managed)
    assert refusal_of(put_managed, iam, json.dumps(document)) is None


@pytest.mark.parametrize("document", TRUST)
def test_the_unspoiled_trusts_are_taken(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"roles": {"r": {"trust_policy": document}}}, put_trust)
    assert refusal_of(put_trust, iam, json.dumps(document)) is None

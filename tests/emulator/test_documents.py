"""Policy documents with the slips that people make: what `validate` takes, the sandbox takes, and nothing else.

The sandbox asks the rules of `reconciler/policy/`, as `validate` does. Beside them it has the answers that AWS was
recorded to give (`reconciler/sandbox/strict/`) and moto's own validator, which know nothing of those rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.problem import Level
from reconciler.sandbox.server import Sandbox
from tests.documented.strict_account import client
from tests.support.account import Account
from tests.support.examples import examples
from tests.support.files import Folder
from tests.support.spoiled_documents import IDENTITY, PROVIDER, TRUST, spoil_documents

Json = Any

POLICY_ARN = "arn:aws:iam::123456789012:policy/p"
EC2 = json.dumps(TRUST[0] | {"Statement": TRUST[0]["Statement"][1]})


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def iam(shared_sandbox: Sandbox) -> Any:
    """An account with the principals that the documents name."""
    found = client(shared_sandbox.url)
    found.create_group(GroupName="g")
    found.create_user(UserName="nobody")
    found.create_role(RoleName="target", AssumeRolePolicyDocument=EC2)
    found.create_open_id_connect_provider(Url=f"https://{PROVIDER.partition('/')[2]}", ClientIDList=["a"])
    return found


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


def file_of(sections: Json) -> str:
    """Return a file that manages all but what the documents name; JSON is YAML."""
    settings = {"prune": "all", "ignore": ["user/*", "role/target", "group/g", "oidc-provider/*"]}
    return json.dumps({"version": 1, "settings": settings, **sections})


def errors_of(folder: Folder, section: Json) -> list[str]:
    """Return the errors of a file that holds the section, with their codes."""
    desired = folder.declare_text(file_of(section))
    return [f"{one.code}: {one.summary}" for one in desired.problems if one.level is Level.ERROR]


def compare(iam: Any, folder: Folder, document: Json, section: Json, put: Callable[[Any, str], None]) -> None:
    """Assert that `validate` and the sandbox agree about a document."""
    errors = errors_of(folder, section)
    sent = json.dumps({"Version": "2012-10-17", **document}, ensure_ascii=False)
    refusal = refusal_of(put, iam, sent)
    judged = f"validate: {errors or 'takes it'}; the sandbox: {refusal or 'takes it'}"
    assert bool(errors) == bool(refusal), f"{judged}\n{sent}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(Path(tmp_path_factory.mktemp("documents")))


@examples(150)
@given(document=spoil_documents(IDENTITY))
def test_validate_and_the_sandbox_agree_on_inline_policies(iam: Any, folder: Folder, document: Json) -> None:
    section = {"groups": {"g": {"inline_policies": {"p": document}}}}
    compare(iam, folder, document, section, put_inline)


@examples(150)
@given(document=spoil_documents(IDENTITY))
def test_validate_and_the_sandbox_agree_on_managed_policies(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"policies": {"p": {"document": document}}}, put_managed)


@examples(150)
@given(document=spoil_documents(TRUST))
def test_validate_and_the_sandbox_agree_on_trust_policies(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"roles": {"r": {"trust_policy": document}}}, put_trust)


@examples(8)
@given(
    identity=st.lists(spoil_documents(IDENTITY), min_size=12, max_size=12),
    trusts=st.lists(spoil_documents(TRUST), min_size=12),
)
def test_documents_that_validate_takes_are_applied_and_match_what_is_live(
    iam: Any, shared_sandbox: Sandbox, folder: Folder, identity: list[Json], trusts: list[Json]
) -> None:
    groups = {f"g{number}": {"inline_policies": {"p": one}} for number, one in enumerate(identity)}
    policies = {f"p{number}": {"document": one} for number, one in enumerate(identity)}
    roles = {f"r{number}": {"trust_policy": one} for number, one in enumerate(trusts)}
    sections = {"groups": groups, "policies": policies, "roles": roles}
    taken = {
        section: {name: one for name, one in entities.items() if not errors_of(folder, {section: {name: one}})}
        for section, entities in sections.items()
    }
    account = Account(shared_sandbox, folder.path)
    account.write(file_of(taken))
    account.apply("roles.yaml", "--allow-deletes", "--allow-lockout")
    assert account.plan()["changes"] == []


@pytest.mark.parametrize("document", IDENTITY)
def test_the_unspoiled_identity_policies_are_taken(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"policies": {"p": {"document": document}}}, put_managed)
    assert refusal_of(put_managed, iam, json.dumps(document)) is None


@pytest.mark.parametrize("document", TRUST)
def test_the_unspoiled_trusts_are_taken(iam: Any, folder: Folder, document: Json) -> None:
    compare(iam, folder, document, {"roles": {"r": {"trust_policy": document}}}, put_trust)
    assert refusal_of(put_trust, iam, json.dumps(document)) is None

"""Fields that AWS gave its entities since 2026, over real HTTP: sign-in sessions of roles, context providers.

What a file does not name is kept through updates, undo, saved plans and replacements (`moved`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.account import Account
from tests.support.plans import calls_of, changes_of

HEAD = "version: 1\nowner: platform\n"
TRUST = "trust: [{services: [ec2.amazonaws.com]}]"
ISSUER = "token.example.com"
ARN = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
CONTEXT = {
    "SubjectSourceKey": "sub",
    "SubjectTypeValue": "user",
    "KeyDefinitionList": [{"SourceKey": "email", "TargetKey": "mail"}],
}
METADATA = f'<EntityDescriptor entityID="x">{"x" * 1000}</EntityDescriptor>'


def role(fields: str = "", name: str = "app") -> str:
    return f"{HEAD}roles:\n  {name}: {{{TRUST}{', ' if fields else ''}{fields}}}\n"


def signin(account: Account, name: str = "app") -> int | None:
    found: int | None = account.iam.get_role(RoleName=name)["Role"].get("MaxSigninSessionDuration")
    return found


def undo(account: Account, journal: Path, *options: str) -> None:
    planned = account.run_cli("undo", journal, "--out", "undo.json", *options)
    assert planned.code == 0, planned.err
    done = account.run_cli("apply", "undo.json", "--yes", *options)
    assert done.code == 0, done.err


def test_a_sign_in_session_is_set_changed_left_alone_and_cleared(account: Account) -> None:
    account.write(role("max_signin_session_duration: 12h"))
    plan = account.apply_and_read_plan()
    assert calls_of(plan)[0]["parameters"]["MaxSigninSessionDuration"] == 43200
    assert (signin(account), account.plan()["changes"]) == (43200, [])
    account.write(role("max_signin_session_duration: 90d"))
    assert changes_of(account.apply_and_read_plan()) == {"role/app": ("update", ["max_signin_session_duration"])}
    account.write(role("description: text"))
    (call,) = calls_of(account.apply_and_read_plan())
    assert call["parameters"] == {"RoleName": "app", "Description": "text", "MaxSessionDuration": 3600}
    assert signin(account) == 7_776_000
    account.write(role("description: text, max_signin_session_duration: none"))
    (call,) = calls_of(account.apply_and_read_plan())
    assert call["parameters"]["ResetMaxSigninSessionDuration"] is True
    assert (signin(account), account.plan()["changes"]) == (None, [])


@pytest.mark.parametrize("length", ["59m", "91d", "0", "forever"])
def test_a_sign_in_session_that_aws_refuses_is_refused_offline(account: Account, length: str) -> None:
    account.write(role(f"max_signin_session_duration: {length}"))
    result = account.run_cli("validate", "roles.yaml")
    assert (result.code, "max_signin_session_duration" in result.err) == (1, True)


def test_a_sign_in_session_outlives_a_replacement_an_undo_and_a_saved_plan(account: Account, tmp_path: Path) -> None:
    account.write(role("max_signin_session_duration: 2h"))
    account.apply()
    account.write(role(name="fresh") + "moved: {role/app: role/fresh}\n")
    journal = tmp_path / "journal"
    done = account.run_cli("apply", "roles.yaml", "--yes", "--allow-lockout", "--journal", str(journal))
    assert (done.code, signin(account, "fresh")) == (0, 7200), done.err
    undo(account, journal, "--allow-lockout")
    assert signin(account) == 7200
    account.write(role("description: by a saved plan"))
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    assert account.run_cli("apply", "plan.json", "--yes").code == 0
    assert signin(account) == 7200


def test_an_undo_clears_a_sign_in_session_that_an_apply_set(account: Account, tmp_path: Path) -> None:
    account.write(role())
    account.apply()
    account.write(role("max_signin_session_duration: 2h"))
    journal = tmp_path / "journal"
    assert account.run_cli("apply", "roles.yaml", "--yes", "--journal", str(journal)).code == 0
    assert signin(account) == 7200
    undo(account, journal)
    assert signin(account) is None


def test_an_export_has_the_sign_in_session(account: Account) -> None:
    account.write(role("max_signin_session_duration: 90d"))
    account.apply()
    assert 'max_signin_session_duration: "90d"' in account.run_cli("export").out


def oidc(fields: str = "") -> str:
    return f"{HEAD}oidc_providers:\n  {ISSUER}: {{client_ids: [shop]{', ' if fields else ''}{fields}}}\n"


FILE_CONTEXT = (
    "context_provider: {subject_source_key: sub, subject_type_value: user, "
    "keys: [{source_key: email, target_key: mail}]}"
)


def provider(account: Account) -> tuple[Any, Any]:
    answer = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    return answer.get("ContextProvider"), answer.get("IdentityCenterInstanceArn")


def test_a_context_provider_is_made_with_its_provider_and_left_alone_if_the_file_is_silent(account: Account) -> None:
    account.write(oidc(f"{FILE_CONTEXT}, identity_center_instance: '{INSTANCE}'"))
    assert [call["operation"] for call in calls_of(account.apply_and_read_plan())] == ["CreateOpenIDConnectProvider"]
    assert (provider(account), account.plan()["changes"]) == ((CONTEXT, INSTANCE), [])
    account.write(oidc("tags: {a: b}"))
    account.apply()
    assert provider(account) == (CONTEXT, INSTANCE)


def test_a_context_provider_comes_before_its_instance_and_goes_after_it(account: Account) -> None:
    account.write(oidc())
    account.apply()
    account.write(oidc(f"{FILE_CONTEXT}, identity_center_instance: '{INSTANCE}'"))
    assert [sorted(call["parameters"]) for call in calls_of(account.apply_and_read_plan())] == [
        ["ContextProvider", "OpenIDConnectProviderArn"],
        ["IdentityCenterInstanceArn", "OpenIDConnectProviderArn"],
    ]
    account.write(oidc("context_provider: none"))
    assert [sorted(call["parameters"]) for call in calls_of(account.apply_and_read_plan())] == [
        ["OpenIDConnectProviderArn", "RemoveIdentityCenterInstance"],
        ["OpenIDConnectProviderArn", "RemoveContextProvider"],
    ]
    assert (provider(account), account.plan()["changes"]) == ((None, None), [])


def test_an_undo_brings_a_deleted_context_provider_back(account: Account, tmp_path: Path) -> None:
    account.write(oidc(f"{FILE_CONTEXT}, identity_center_instance: '{INSTANCE}'"))
    account.apply()
    account.write(HEAD)
    journal = tmp_path / "journal"
    assert account.run_cli("apply", "roles.yaml", "--yes", "--journal", str(journal)).code == 0
    undo(account, journal)
    assert provider(account) == (CONTEXT, INSTANCE)


def test_a_saml_provider_changes_its_metadata_and_its_context_provider_in_two_calls(account: Account) -> None:
    account.write(METADATA, "okta.xml")
    account.write(f"{HEAD}saml_providers:\n  okta: {{metadata: okta.xml}}\n")
    account.apply()
    account.write(METADATA.replace('"x"', '"y"'), "okta.xml")
    account.write(f"{HEAD}saml_providers:\n  okta: {{metadata: okta.xml, {FILE_CONTEXT}}}\n")
    assert [call["operation"] for call in calls_of(account.apply_and_read_plan())] == ["UpdateSAMLProvider"] * 2
    answer = account.iam.get_saml_provider(SAMLProviderArn="arn:aws:iam::123456789012:saml-provider/okta")
    assert (answer["ContextProvider"], 'entityID="y"' in answer["SAMLMetadataDocument"]) == (CONTEXT, True)
    assert account.plan()["changes"] == []
    account.run_cli("export", "--split", "out")
    assert "context_provider:" in (account.folder / "out" / "saml_providers.yaml").read_text()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("identity_center_instance: 'arn:aws:sso:::instance/ssoins-1'", "needs a `context_provider`"),
        ("context_provider: none, identity_center_instance: 'arn:aws:sso:::instance/ssoins-1'", "which is `none` here"),
        ("context_provider: {subject_source_key: ' sub'}", "AWS does not accept ' sub'"),
        (
            "context_provider: {subject_source_key: s, subject_type_value: a, subject_type_source_key: b}",
            "exclude each other",
        ),
        ("context_provider: {subject_source_key: s}, identity_center_instance: ssoins-1", "is not the ARN"),
    ],
)
def test_a_context_provider_that_aws_refuses_is_refused_offline(account: Account, fields: str, said: str) -> None:
    account.write(oidc(fields))
    result = account.run_cli("validate", "roles.yaml")
    assert (result.code, said in result.err) == (1, True), result.err


def test_an_undo_says_that_the_private_key_of_a_saml_provider_does_not_come_back(account: Account) -> None:
    account.write(METADATA, "okta.xml")
    account.write(f"{HEAD}saml_providers:\n  okta: {{metadata: okta.xml}}\n")
    account.apply()
    account.write(HEAD)
    assert account.run_cli("apply", "roles.yaml", "--yes", "--journal", "j.jsonl").code == 0
    plan = account.run_cli("undo", "j.jsonl", "--format", "json").json
    (finding,) = [one for one in plan["findings"] if one["code"] == "not-the-same"]
    assert (finding["address"], "no private key" in finding["message"]) == ("saml-provider/okta", True)

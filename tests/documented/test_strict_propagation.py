"""Sign-in sessions and trusted identity propagation in the sandbox: what AWS documents, and no emulator has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.documented.strict_account import EC2, refusal

METADATA = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"
INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
CONTEXT = {"SubjectSourceKey": "sub", "KeyDefinitionList": [{"SourceKey": "a", "TargetKey": "b"}, {"SourceKey": "c"}]}


def test_a_sign_in_session_stays_if_it_is_omitted_and_is_cleared_by_its_reset(iam: Any, name: Any) -> None:
    role = {"RoleName": name("role")}

    def read_durations() -> tuple[Any, Any]:
        listed = next(one for one in iam.list_roles()["Roles"] if one["RoleName"] == role["RoleName"])
        single = iam.get_role(**role)["Role"]
        return single.get("MaxSigninSessionDuration"), listed.get("MaxSigninSessionDuration")

    made = iam.create_role(**role, AssumeRolePolicyDocument=EC2, MaxSigninSessionDuration=7200)
    assert made["Role"]["MaxSigninSessionDuration"] == 7200
    iam.update_role(**role, Description="text", MaxSessionDuration=3600)
    assert read_durations() == (7200, 7200)
    iam.update_role(**role, MaxSigninSessionDuration=43200)
    assert read_durations() == (43200, 43200)
    iam.update_role(**role, ResetMaxSigninSessionDuration=True)
    assert read_durations() == (None, None)


@pytest.mark.parametrize("length", [3599, 7_776_001])
def test_a_sign_in_session_is_an_hour_to_ninety_days(iam: Any, name: Any, length: int) -> None:
    parameters = {"AssumeRolePolicyDocument": EC2, "MaxSigninSessionDuration": length}
    assert refusal(iam.create_role, RoleName=name("role"), **parameters)[1] == "ValidationError"


def test_a_sign_in_session_and_its_reset_exclude_each_other(iam: Any, name: Any) -> None:
    role = {"RoleName": name("role")}
    iam.create_role(**role, AssumeRolePolicyDocument=EC2)
    both = {"MaxSigninSessionDuration": 3600, "ResetMaxSigninSessionDuration": True}
    assert refusal(iam.update_role, **role, **both)[1] == "InvalidInput"


def provider(iam: Any, kind: str, name: str, **more: Any) -> tuple[Any, Any]:
    """Make a provider; return its update and its read."""
    if kind == "oidc":
        arn = iam.create_open_id_connect_provider(Url=f"https://{name}.example.com", **more)
        who = {"OpenIDConnectProviderArn": arn["OpenIDConnectProviderArn"]}
        update, read = iam.update_open_id_connect_provider, iam.get_open_id_connect_provider
    else:
        who = {
            "SAMLProviderArn": iam.create_saml_provider(Name=name, SAMLMetadataDocument=METADATA, **more)[
                "SAMLProviderArn"
            ]
        }
        update, read = iam.update_saml_provider, iam.get_saml_provider

    def read_context() -> tuple[Any, Any]:
        answer = read(**who)
        return answer.get("ContextProvider"), answer.get("IdentityCenterInstanceArn")

    return lambda **changes: update(**who, **changes), read_context


@pytest.mark.parametrize("kind", ["oidc", "saml"])
def test_a_context_provider_is_kept_and_goes_after_its_instance(iam: Any, name: Any, kind: str) -> None:
    update, shown = provider(iam, kind, name("idp"))
    assert shown() == (None, None)
    assert refusal(update, IdentityCenterInstanceArn=INSTANCE)[1] == "InvalidInput"
    update(ContextProvider=CONTEXT)
    update(IdentityCenterInstanceArn=INSTANCE)
    assert shown() == (CONTEXT, INSTANCE)
    assert refusal(update, RemoveContextProvider=True)[1] == "InvalidInput"
    both = {"RemoveContextProvider": True, "RemoveIdentityCenterInstance": True}
    assert refusal(update, **both)[1] == "InvalidInput"
    update(RemoveIdentityCenterInstance=True)
    update(RemoveContextProvider=True)
    assert shown() == (None, None)


@pytest.mark.parametrize("kind", ["oidc", "saml"])
def test_both_are_taken_at_creation_and_an_instance_not_alone(iam: Any, name: Any, kind: str) -> None:
    both = {"ContextProvider": CONTEXT, "IdentityCenterInstanceArn": INSTANCE}
    assert provider(iam, kind, name("idp"), **both)[1]() == (CONTEXT, INSTANCE)
    create = iam.create_open_id_connect_provider if kind == "oidc" else iam.create_saml_provider
    named = name("idp")
    who = {"Url": f"https://{named}.example.com"} if kind == "oidc" else {"Name": named}
    rest = {} if kind == "oidc" else {"SAMLMetadataDocument": METADATA}
    assert refusal(create, **who, **rest, IdentityCenterInstanceArn=INSTANCE)[1] == "InvalidInput"


def test_metadata_stays_in_an_update_without_it_and_changes_alone(iam: Any, name: Any) -> None:
    update, shown = provider(iam, "saml", name("idp"))
    assert refusal(update, ContextProvider=CONTEXT, SAMLMetadataDocument=METADATA)[1] == "InvalidInput"
    answer = update(ContextProvider=CONTEXT)
    told = iam.get_saml_provider(SAMLProviderArn=answer["SAMLProviderArn"])
    assert (told["SAMLMetadataDocument"], shown()[0]) == (METADATA, CONTEXT)

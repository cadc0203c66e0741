"""OIDC and SAML providers: what AWS refuses, and what it takes twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.documented.strict_account import refusal, trust

METADATA = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"


def oidc(iam: Any, host: str, **more: Any) -> dict[str, str]:
    made = iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["one"], **more)
    return {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}


def saml(iam: Any, name: str, **more: Any) -> dict[str, str]:
    made = iam.create_saml_provider(Name=name, SAMLMetadataDocument=METADATA, **more)
    return {"SAMLProviderArn": made["SAMLProviderArn"]}


def test_a_provider_exists_once(iam: Any, name: Any) -> None:
    host, saml_name = f"{name('idp')}.example.com", name("saml")
    oidc(iam, host)
    saml(iam, saml_name)
    again = refusal(iam.create_open_id_connect_provider, Url=f"https://{host}")
    assert again[:2] == (409, "EntityAlreadyExists")
    assert refusal(iam.create_saml_provider, Name=saml_name, SAMLMetadataDocument=METADATA)[:2] == again[:2]
    same = refusal(iam.create_saml_provider, Name=saml_name.upper(), SAMLMetadataDocument=METADATA)
    assert same[:2] == again[:2]


def test_thumbprints_are_fetched_if_none_are_given_and_replaced_as_a_list(iam: Any, name: Any) -> None:
    provider = oidc(iam, f"{name('idp')}.example.com")
    (fetched,) = iam.get_open_id_connect_provider(**provider)["ThumbprintList"]
    assert len(fetched) == 40
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["a" * 40, "b" * 40])
    assert iam.get_open_id_connect_provider(**provider)["ThumbprintList"] == ["a" * 40, "b" * 40]
    update = iam.update_open_id_connect_provider_thumbprint
    assert refusal(update, **provider, ThumbprintList=[c * 40 for c in "abcdef"])[1] == "InvalidInput"


@pytest.mark.parametrize("url", ["http://idp.example.com", "https://idp.example.com:8443", "https://a.b/c?d=e"])
def test_an_issuer_is_https_without_port_and_query(iam: Any, url: str) -> None:
    assert refusal(iam.create_open_id_connect_provider, Url=url)[1] == "ValidationError"


def test_tags_of_providers_keep_their_letter_case(iam: Any, name: Any) -> None:
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    provider, other = oidc(iam, f"{name('idp')}.example.com", Tags=tags), saml(iam, name("saml"), Tags=tags)
    iam.untag_open_id_connect_provider(**provider, TagKeys=["team"])
    iam.untag_saml_provider(**other, TagKeys=["team"])
    assert iam.get_open_id_connect_provider(**provider)["Tags"] == tags[:1]
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == tags[:1]
    assert iam.get_saml_provider(**other)["Tags"] == iam.list_saml_provider_tags(**other)["Tags"] == tags[:1]


def test_deleting_an_oidc_provider_twice_is_fine_and_a_saml_provider_not(iam: Any, name: Any) -> None:
    provider, other = oidc(iam, f"{name('idp')}.example.com"), saml(iam, name("saml"))
    for _ in range(2):
        iam.delete_open_id_connect_provider(**provider)
    iam.delete_saml_provider(**other)
    assert refusal(iam.delete_saml_provider, **other)[:2] == (404, "NoSuchEntity")
    assert refusal(iam.get_open_id_connect_provider, **provider)[:2] == (404, "NoSuchEntity")


def test_metadata_is_xml(iam: Any, name: Any) -> None:
    provider = saml(iam, name("saml"))
    for call, given in ((iam.create_saml_provider, {"Name": name("saml")}), (iam.update_saml_provider, provider)):
        assert refusal(call, **given, SAMLMetadataDocument="x" * 1000)[1] == "InvalidInput"
    assert iam.get_saml_provider(**provider)["SAMLMetadataDocument"] == METADATA


def test_a_trust_may_name_a_provider_that_is_not_there_yet_or_any_more(iam: Any, maker: Any, name: Any) -> None:
    arn = f"arn:aws:iam::123456789012:oidc-provider/{name('idp')}.example.com"
    document = trust({"Federated": arn}, action="sts:AssumeRoleWithWebIdentity")
    iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument=document)
    iam.update_assume_role_policy(RoleName=maker.role(), PolicyDocument=document)
    provider = oidc(iam, arn.partition("oidc-provider/")[2])
    role = maker.role(document)
    iam.delete_open_id_connect_provider(**provider)
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(document)
    maker.role(document.replace("123456789012", "210987654321"))
    maker.role(trust({"Federated": "accounts.google.com"}, action="sts:AssumeRoleWithWebIdentity"))

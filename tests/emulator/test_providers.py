"""OIDC and SAML providers over real HTTP: made, changed and deleted in an order in which IAM takes the calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.plans import (
    assert_made_as_planned,
    calls_of,
    changes_of,
    codes_of,
    findings_of,
    list_writes,
    log_lines_of,
    operations_of,
    read_log,
)

ACCOUNT = "123456789012"
HEAD = "version: 1\nowner: platform\n"
ISSUER = "token.example.com"
ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
OIDC = {"OpenIDConnectProviderArn": ARN}
ROLE = "roles:\n  app:\n    trust: [{oidc: token.example.com, subjects: ['repo:a/b:*'], audiences: [shop]}]\n"
FEDERATED = {
    "Effect": "Allow",
    "Principal": {"Federated": ARN},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringLike": {f"{ISSUER}:aud": "shop", f"{ISSUER}:sub": "repo:a/b:*"}},
}


def provider(**fields: Any) -> str:
    given = {"client_ids": ["shop"], **fields}
    body = ", ".join(f"{key}: {value}" for key, value in given.items()).replace("'", "")
    return f"oidc_providers:\n  {ISSUER}: {{{body}}}\n"


def live(account: Account) -> Any:
    return account.iam.get_open_id_connect_provider(**OIDC)


def clients(account: Account) -> set[str]:
    return set(live(account)["ClientIDList"])


def thumbprints(account: Account) -> set[str]:
    return set(live(account)["ThumbprintList"])


def applied_as_planned(account: Account, *options: str) -> Any:
    """The plan, after an apply that made exactly its calls, and left nothing to do."""
    account.clear_calls()
    plan = account.apply_and_read_plan("roles.yaml", *options)
    assert_made_as_planned(account, plan)
    assert changes_of(account.plan("roles.yaml", *options)) == {}
    return plan


def test_a_provider_is_made_whole_in_one_call_before_the_roles_that_trust_it(account: Account) -> None:
    account.write(HEAD + ROLE + provider(client_ids=["shop", "sts.amazonaws.com"], tags="{Team: a, team: b}"))
    plan = applied_as_planned(account)
    first, second = calls_of(plan)
    assert [first["operation"], second["operation"]] == ["CreateOpenIDConnectProvider", "CreateRole"]
    assert first["parameters"] == {
        "Url": f"https://{ISSUER}",
        "ClientIDList": ["shop", "sts.amazonaws.com"],
        "Tags": [
            {"Key": "Team", "Value": "a"},
            {"Key": "reconcile:owner", "Value": "platform"},
            {"Key": "team", "Value": "b"},
        ],
    }
    assert clients(account) == {"shop", "sts.amazonaws.com"}
    trusted = account.iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]
    assert trusted == {"Version": "2012-10-17", "Statement": [FEDERATED]}


def test_new_client_ids_come_before_old_ones_go(account: Account) -> None:
    account.write(HEAD + provider(client_ids=["a", "b"]))
    account.apply()
    account.write(HEAD + provider(client_ids=["b", "z"]))
    plan = applied_as_planned(account)
    assert log_lines_of(plan) == [
        f"AddClientIDToOpenIDConnectProvider {ARN} z",
        f"RemoveClientIDFromOpenIDConnectProvider {ARN} a",
    ]
    assert clients(account) == {"b", "z"}


def test_at_the_quota_old_client_ids_go_first_and_the_plan_says_so(account: Account) -> None:
    account.write(HEAD + provider(client_ids=[f"c{number}" for number in range(100)]))
    account.apply()
    account.write(HEAD + provider(client_ids=[f"c{number}" for number in range(1, 101)]))
    plan = applied_as_planned(account)
    assert [line.partition("ClientID")[0] + line.rpartition(" ")[2] for line in log_lines_of(plan)] == [
        "Removec0",
        "Addc100",
    ]
    assert codes_of(plan, "info") == ["quota-order"]


def test_thumbprints_are_put_as_a_whole_and_only_if_the_file_has_them(account: Account) -> None:
    account.write(HEAD + provider())
    account.apply()
    (fetched,) = thumbprints(account)
    account.write(HEAD + provider(thumbprints=["A" * 40, fetched]))
    plan = applied_as_planned(account)
    assert operations_of(plan) == ["UpdateOpenIDConnectProviderThumbprint"]
    assert thumbprints(account) == {"a" * 40, fetched}
    account.write(HEAD + provider())
    assert changes_of(account.plan()) == {}


def test_a_provider_goes_after_the_roles_that_trust_it(account: Account) -> None:
    account.write(HEAD + ROLE + provider())
    account.apply()
    account.write(HEAD)
    assert log_lines_of(applied_as_planned(account)) == ["DeleteRole app", f"DeleteOpenIDConnectProvider {ARN}"]


def test_a_provider_goes_after_the_trust_that_names_it(account: Account) -> None:
    account.write(HEAD + ROLE + provider())
    account.apply()
    account.write(HEAD + "roles:\n  app: {trust: [{services: [ec2.amazonaws.com]}]}\n")
    made = operations_of(applied_as_planned(account))
    assert made == ["UpdateAssumeRolePolicy", "DeleteOpenIDConnectProvider"]


def test_a_provider_that_a_role_outside_the_file_trusts_goes_only_when_told(account: Account) -> None:
    account.write(HEAD + provider())
    account.apply()
    document = json.dumps({"Version": "2012-10-17", "Statement": [FEDERATED]})
    account.iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=document)
    account.write(HEAD)
    plan = account.plan()
    assert codes_of(plan) == ["foreign-use"]
    assert "role/stranger" in findings_of(plan)[0]["message"]
    applied_as_planned(account, "--allow-foreign-detach")


def test_a_provider_that_a_role_of_the_file_trusts_does_not_go(account: Account) -> None:
    account.write(HEAD + ROLE + provider())
    account.apply()
    account.write(HEAD + ROLE.replace("oidc: token.example.com", f"oidc: {ARN!r}"))
    assert codes_of(account.plan()) == ["deleted-reference"]


def test_a_trust_in_a_provider_that_is_not_there_yet_is_applied_and_told(account: Account) -> None:
    account.write(HEAD + ROLE.replace("oidc: token.example.com", f"oidc: {ARN!r}"))
    plan = account.plan()
    assert plan["safe"]
    assert [one["code"] for one in plan["findings"]] == ["missing-provider"]
    account.apply()
    account.iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["shop"])
    assert changes_of(account.plan()) == {}
    elsewhere = ROLE.replace("oidc: token.example.com", f"oidc: {ARN.replace(ACCOUNT, '210987654321')!r}")
    account.write(HEAD + elsewhere)
    assert account.plan()["safe"]


def test_what_is_protected_stays_and_what_is_ignored_is_left(account: Account) -> None:
    account.write(HEAD + provider(protect="true", tags="{a: b}"))
    account.apply()
    account.iam.add_client_id_to_open_id_connect_provider(**OIDC, ClientID="stray")
    account.write(HEAD + provider(protect="true", ignore_changes="[client_ids, tags.a]"))
    assert changes_of(account.plan()) == {}
    account.write(HEAD)
    plan = account.plan()
    assert (changes_of(plan), codes_of(plan, "warning")) == ({}, ["protected"])


def test_a_provider_made_by_hand_is_adopted_and_another_owner_s_is_not(account: Account) -> None:
    account.iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["old"])
    account.write(HEAD + provider())
    assert changes_of(account.plan()) == {f"oidc-provider/{ISSUER}": ("adopt", ["client_ids"])}
    applied_as_planned(account)
    account.write("version: 1\nowner: other\n" + provider())
    assert codes_of(account.plan()) == ["other-owner"]
    applied_as_planned(account, "--take-over")


def test_a_target_brings_the_provider_that_it_trusts(account: Account) -> None:
    other = "  other: {trust: [{services: [ec2.amazonaws.com]}]}\n"
    account.write(HEAD + ROLE + other + provider())
    assert set(changes_of(account.plan("roles.yaml", "--target", "role/app"))) == {
        f"oidc-provider/{ISSUER}",
        "role/app",
    }
    plan = account.plan("roles.yaml", "--target", f"oidc-provider/{ISSUER}")
    assert set(changes_of(plan)) == {f"oidc-provider/{ISSUER}"}


@pytest.mark.parametrize("fields", [{}, {"thumbprints": ["a" * 40]}], ids=["without thumbprints", "with thumbprints"])
def test_a_saved_plan_of_a_provider_is_applied_as_it_was_shown(account: Account, fields: dict[str, Any]) -> None:
    account.write(HEAD + ROLE + provider(**fields))
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    assert "the plan" in account.apply("plan.json").out
    assert changes_of(account.plan()) == {}
    account.write(HEAD + ROLE + provider(client_ids=["shop", "more"], **fields))
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    account.iam.add_client_id_to_open_id_connect_provider(**OIDC, ClientID="stray")
    result = account.run_cli("apply", "plan.json", "--yes")
    assert result.code == 1
    assert "client_ids" in result.err


def test_the_lists_are_read_once_each_and_every_provider_once(account: Account) -> None:
    account.write(HEAD + provider() + "  other.example.com: {}\n")
    account.apply()
    account.clear_calls()
    account.plan()
    counted = account.count_calls()
    assert (counted["ListOpenIDConnectProviders"], counted["GetOpenIDConnectProvider"]) == (1, 2)
    assert not any(line.startswith("ListOpenIDConnectProviderTags") for line in read_log(account))


# SAML

SAML_ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
SAML = {"SAMLProviderArn": SAML_ARN}
SAML_FILE = "saml_providers:\n  okta: {metadata: saml/okta.xml}\n"
SAML_ROLE = "roles:\n  app: {trust: [{saml: okta}]}\n"


def metadata(certificate: str = "MIIC", entity: str = "https://idp.example.com/a") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- given out by the identity provider -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}" validUntil="2036-01-01">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <Certificate xmlns="http://www.w3.org/2000/09/xmldsig#">{certificate * 300}</Certificate>
    <md:NameIDFormat/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
"""


REWRITTEN = {
    "as it is": metadata(),
    "without comment and declaration": metadata().partition("-->\n")[2],
    "on one line": "".join(line.strip() for line in metadata().splitlines() if "<!--" not in line),
    "attributes in another order": metadata().replace(
        'entityID="https://idp.example.com/a" validUntil="2036-01-01"',
        "validUntil='2036-01-01'   entityID='https://idp.example.com/a'",
    ),
    "an empty element written out": metadata().replace("<md:NameIDFormat/>", "<md:NameIDFormat></md:NameIDFormat>"),
    "with line ends of another system": metadata().replace("\n", "\r\n"),
    "a letter as its number": metadata().replace("idp.example", "&#105;dp.example"),
}


def with_saml(account: Account, text: str = "", xml: str | None = None) -> None:
    account.write(HEAD + (text or SAML_ROLE + SAML_FILE))
    account.write(metadata() if xml is None else xml, "saml/okta.xml")


def test_a_saml_provider_is_made_with_its_metadata_as_written_before_its_roles(account: Account) -> None:
    with_saml(account)
    plan = applied_as_planned(account)
    first, second = calls_of(plan)
    assert [first["operation"], second["operation"]] == ["CreateSAMLProvider", "CreateRole"]
    assert first["parameters"] == {
        "Name": "okta",
        "SAMLMetadataDocument": metadata(),
        "Tags": [{"Key": "reconcile:owner", "Value": "platform"}],
    }
    assert account.iam.get_saml_provider(**SAML)["SAMLMetadataDocument"] == metadata()
    trusted = account.iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted[0]["Principal"] == {"Federated": SAML_ARN}
    assert account.iam.list_saml_provider_tags(**SAML)["Tags"] == first["parameters"]["Tags"]


def test_metadata_is_shown_as_a_digest_and_sent_whole(account: Account) -> None:
    with_saml(account)
    plan = account.plan()
    (shown,) = [field["after"] for field in plan["changes"][0]["fields"] if field["path"] == "metadata"]
    assert shown.startswith("https://idp.example.com/a, ")
    assert len(shown) < 100
    for form in ("text", "markdown"):
        said = account.run_cli("plan", "roles.yaml", "--format", form).out
        assert "https://idp.example.com/a" in said
        assert "MIICMIIC" not in said
    assert "MIICMIIC" in account.run_cli("plan", "roles.yaml", "--format", "aws-cli").out


@pytest.mark.parametrize("xml", REWRITTEN.values(), ids=REWRITTEN)
def test_metadata_that_says_the_same_is_no_change(account: Account, xml: str) -> None:
    with_saml(account)
    account.apply()
    account.iam.update_saml_provider(**SAML, SAMLMetadataDocument=xml)
    assert changes_of(account.plan()) == {}
    account.iam.update_saml_provider(**SAML, SAMLMetadataDocument=metadata())
    account.write(xml, "saml/okta.xml")
    assert changes_of(account.plan()) == {}


@pytest.mark.parametrize(
    "xml",
    [metadata(certificate="MIID"), metadata(entity="https://idp.example.com/A"), f"{metadata()} "],
    ids=["another key", "another letter case", "only white space behind"],
)
def test_other_metadata_is_one_change_and_one_apply_mends_it(account: Account, xml: str) -> None:
    with_saml(account)
    account.apply()
    account.iam.update_saml_provider(**SAML, SAMLMetadataDocument=xml)
    if xml.strip() == metadata().strip():
        assert changes_of(account.plan()) == {}
        return
    assert changes_of(account.plan()) == {"saml-provider/okta": ("update", ["metadata"])}
    assert log_lines_of(applied_as_planned(account)) == [f"UpdateSAMLProvider {SAML_ARN}"]


def test_live_metadata_that_no_file_could_have_is_replaced(account: Account) -> None:
    with_saml(account)
    account.apply()
    bad = metadata().replace("<!-- given", "<!DOCTYPE x><!-- given")
    account.iam.update_saml_provider(**SAML, SAMLMetadataDocument=bad)
    assert changes_of(account.plan()) == {"saml-provider/okta": ("update", ["metadata"])}
    applied_as_planned(account)


def test_a_saml_provider_goes_after_what_trusts_it_and_a_saved_plan_does_it(account: Account) -> None:
    with_saml(account)
    account.apply()
    account.write(HEAD)
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    account.clear_calls()
    account.apply("plan.json")
    assert list_writes(account) == ["DeleteRole app", f"DeleteSAMLProvider {SAML_ARN}"]


def test_a_saved_plan_carries_metadata_and_minds_what_changed_since(account: Account) -> None:
    with_saml(account)
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    account.apply("plan.json")
    assert changes_of(account.plan()) == {}
    with_saml(account, xml=metadata(certificate="MIID"))
    assert account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    account.iam.update_saml_provider(**SAML, SAMLMetadataDocument=metadata(certificate="MIIE"))
    assert "metadata" in account.run_cli("apply", "plan.json", "--yes").err


def test_tags_of_a_saml_provider_keep_their_letter_case(account: Account) -> None:
    with_saml(account, SAML_FILE.replace("okta.xml", "okta.xml, tags: {Team: a, team: b}"))
    account.apply()
    account.iam.tag_saml_provider(**SAML, Tags=[{"Key": "TEAM", "Value": "c"}])
    account.iam.untag_saml_provider(**SAML, TagKeys=["team"])
    assert changes_of(account.plan()) == {"saml-provider/okta": ("update", ["tags.TEAM", "tags.team"])}
    applied_as_planned(account)


def test_the_provider_of_identity_center_is_never_pruned(account: Account) -> None:
    for name in ("AWSSSO_0123456789abcdef_DO_NOT_DELETE", "AWSSSO_notes"):
        account.iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata())
    account.write("version: 1\nsettings: {prune: all}\n")
    assert changes_of(account.plan()) == {"saml-provider/AWSSSO_notes": ("delete", ["metadata"])}


# What may not be read


@pytest.mark.parametrize(
    "operation",
    ["ListOpenIDConnectProviders", "GetOpenIDConnectProvider"],
)
def test_without_providers_in_the_file_a_denied_list_is_a_finding(
    account: Account, denied_operations: set[str], operation: str
) -> None:
    account.iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["shop"])
    denied_operations.add(operation)
    account.write(HEAD + ROLE.replace("oidc: token.example.com", f"oidc: {ARN!r}"))
    plan = account.apply_and_read_plan()
    assert [item["message"].split(":")[1].split()[0].rstrip(",") for item in findings_of(plan, "info")] == [operation]


def test_a_provider_that_goes_while_it_is_read_is_gone(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.write(HEAD + provider())
    account.apply()
    made = BaseClient._make_api_call

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation == "GetOpenIDConnectProvider":
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "gone"}}, operation)
        return made(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    assert changes_of(account.plan())[f"oidc-provider/{ISSUER}"][0] == "create"


def test_with_providers_in_the_file_a_denied_list_is_an_error(account: Account, denied_operations: set[str]) -> None:
    denied_operations.add("ListSAMLProviders")
    account.write(HEAD + provider())
    assert account.plan()["safe"]
    with_saml(account)
    (refused,) = findings_of(account.plan())
    assert (refused["code"], refused["address"]) == ("unread-kind", "saml-provider/okta")

"""`reconcile export --guardrails`: from an organization to a file that includes its policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.desired.declare import declare, errors_of
from reconciler.desired.load import load
from reconciler.model.guardrails import Guardrails
from tests.support.account import Account, Result

MANAGEMENT = "123456789012"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DENY_REGIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Regions",
            "Effect": "Deny",
            "NotAction": "iam:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "{{home}}"]}},
        }
    ],
}
PERIMETER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Perimeter",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sts:AssumeRole",
            "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        }
    ],
}


@dataclass
class Company:
    """An organization: root > Workloads > Prod > member. client: the client of its management account."""

    account: Account
    client: Any
    root: str
    workloads: str
    prod: str
    member: str

    def attach(self, name: str, document: Any, target: str, policy_type: str = "SERVICE_CONTROL_POLICY") -> str:
        created = self.client.create_policy(
            Name=name, Description="", Type=policy_type, Content=json.dumps(document, separators=(",", ":"))
        )
        identifier: str = created["Policy"]["PolicySummary"]["Id"]
        self.client.attach_policy(PolicyId=identifier, TargetId=target)
        return identifier

    def export(self, *options: str, folder: str = "org") -> Result:
        return self.account.run_cli("export", "--guardrails", folder, "--account", self.member, *options)

    def read_files(self, folder: str = "org") -> dict[str, str]:
        top = self.account.folder / folder
        return {str(path.relative_to(top)): path.read_text() for path in top.rglob("*") if path.is_file()}


@pytest.fixture
def company(account: Account) -> Company:
    client = account.make_client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    workloads = client.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    prod = client.create_organizational_unit(ParentId=workloads, Name="Prod")["OrganizationalUnit"]["Id"]
    member = client.create_account(AccountName="app", Email="app@example.com")["CreateAccountStatus"]["AccountId"]
    client.move_account(AccountId=member, SourceParentId=root, DestinationParentId=prod)
    made = Company(account, client, root, workloads, prod, member)
    made.attach("deny regions", DENY_REGIONS, workloads)
    made.attach("perimeter", PERIMETER, prod, "RESOURCE_CONTROL_POLICY")
    return made


def read_guardrails(account: Account, text: str) -> Guardrails | None:
    loaded = load([account.write(text)], {})
    desired = declare(loaded, {})
    assert errors_of(desired) == []
    return desired.state.guardrails


def test_an_export_is_included_and_counts(company: Company) -> None:
    result = company.export()
    assert (result.code, result.out.split()) == (
        0,
        [
            "org/root/FullAWSAccess.json",
            "org/Workloads/FullAWSAccess.json",
            "org/Workloads/deny-regions.json",
            "org/Prod/FullAWSAccess.json",
            "org/Prod/RCPFullAWSAccess.json",
            "org/Prod/perimeter.json",
            "org/account/FullAWSAccess.json",
            "org/guardrails.yaml",
        ],
    )
    assert f"SCPs: 5, RCPs: 2, at root > Workloads > Prod > {company.member}." in result.err
    include = result.err.splitlines()[-1].strip()
    assert include == "include: [org/guardrails.yaml]"
    found = read_guardrails(company.account, f"version: 1\nowner: test\n{include}\nusers: {{alice: {{}}}}\n")
    assert found is not None
    assert [len(level) for level in found.scps] == [1, 2, 1, 1]
    assert [len(level) for level in found.rcps] == [2]
    assert (found.management, found.organization) == (
        False,
        yaml.safe_load(company.read_files()["guardrails.yaml"])["guardrails"]["organization"],
    )
    assert json.loads(company.read_files()["Prod/perimeter.json"]) == PERIMETER


def test_a_document_is_read_back_with_the_meaning_that_aws_gave_it(company: Company) -> None:
    company.export()
    found = read_guardrails(company.account, "version: 1\nowner: test\ninclude: [org/guardrails.yaml]\n")
    assert found is not None
    (statement,) = found.scps[1][1].document.statements
    assert "{{home}}" in str(statement)


def test_a_plan_of_another_account_does_not_count_them(company: Company) -> None:
    """The guardrails are those of the member, and the plan is of the management account."""
    company.export()
    company.account.write("version: 1\nowner: test\ninclude: [org/guardrails.yaml]\nusers: {alice: {}}\n")
    result = company.account.run_cli("plan", "roles.yaml")
    assert result.code == 1
    assert f"The file is for account {company.member}, but the caller" in result.err


def test_the_account_of_the_credentials_is_the_default(company: Company) -> None:
    result = company.account.run_cli("export", "--guardrails", "org")
    assert result.code == 0
    assert "None binds the account: it manages the organization." in result.err
    found = read_guardrails(company.account, "version: 1\nowner: test\ninclude: [org/guardrails.yaml]\n")
    assert found is not None and found.management
    company.account.write("version: 1\nowner: test\ninclude: [org/guardrails.yaml]\nusers: {alice: {}}\n")
    assert company.account.run_cli("plan", "roles.yaml").code == 0


def test_a_second_export_replaces_the_first(company: Company) -> None:
    company.export()
    first = company.read_files()
    assert company.export().code == 0
    assert company.read_files() == first
    changed = company.client.list_policies_for_target(TargetId=company.workloads, Filter="SERVICE_CONTROL_POLICY")
    (identifier,) = [one["Id"] for one in changed["Policies"] if one["Name"] == "deny regions"]
    company.client.update_policy(PolicyId=identifier, Content=json.dumps(ALLOW_ALL))
    assert company.export().code == 0
    assert json.loads(company.read_files()["Workloads/deny-regions.json"]) == ALLOW_ALL


def test_files_that_no_longer_count_are_named_and_kept(company: Company) -> None:
    identifier = company.attach("old", DENY_REGIONS, company.prod)
    company.export()
    company.client.detach_policy(PolicyId=identifier, TargetId=company.prod)
    result = company.export()
    assert "count no longer, and can be deleted: org/Prod/old.json." in result.err
    assert "Prod/old.json" in company.read_files()
    assert "Prod/old.json" not in company.read_files()["guardrails.yaml"]


def test_an_export_that_was_cut_off_is_completed(company: Company) -> None:
    company.export()
    (company.account.folder / "org/guardrails.yaml").unlink()
    (company.account.folder / "org/account/FullAWSAccess.json").unlink()
    assert company.export().code == 0


@pytest.mark.parametrize("name", ["guardrails.yaml", "Prod/perimeter.json"])
def test_a_file_of_somebody_else_is_kept(name: str, company: Company) -> None:
    company.account.write("mine", f"org/{name}")
    result = company.export()
    assert (result.code, result.out) == (1, "")
    assert f"org already has {name}: nothing was written." in result.err
    assert company.read_files() == {name: "mine"}


def test_a_file_beside_those_of_an_export_is_not_its_own(company: Company) -> None:
    company.export()
    company.account.write("mine", "org/Prod/new.json")
    company.attach("new", DENY_REGIONS, company.prod)
    before = company.read_files()
    assert "org already has Prod/new.json: nothing was written." in company.export().err
    assert company.read_files() == before


def test_a_unit_cannot_name_a_file_of_somebody_else_as_one_of_the_export(company: Company) -> None:
    """Its name stands in a comment of guardrails.yaml."""
    company.client.update_organizational_unit(OrganizationalUnitId=company.workloads, Name="Prod/mine.json")
    assert company.export().code == 0
    company.account.write("mine", "org/Prod/mine.json")
    company.attach("mine", DENY_REGIONS, company.prod)
    assert "org already has Prod/mine.json: nothing was written." in company.export().err


def test_the_folder_of_another_account_is_kept(company: Company) -> None:
    company.export()
    before = company.read_files()
    result = company.account.run_cli("export", "--guardrails", "org")
    assert result.code == 1
    assert "org already has guardrails.yaml: nothing was written." in result.err
    assert company.read_files() == before


def link_folder(folder: Path) -> None:
    (folder / "Prod").symlink_to("../precious")


def link_file(folder: Path) -> None:
    (folder / "Prod").mkdir()
    (folder / "Prod/perimeter.json").symlink_to("../../precious/perimeter.json")


def link_section(folder: Path) -> None:
    (folder / "guardrails.yaml").symlink_to("../precious/guardrails.yaml")


@pytest.mark.parametrize("link", [link_folder, link_file, link_section])
@pytest.mark.parametrize("exported_before", [False, True])
def test_no_link_leads_the_export_out_of_its_folder(
    link: Callable[[Path], None], exported_before: bool, company: Company
) -> None:
    top = company.account.folder
    (top / "precious").mkdir()
    (top / "org").mkdir()
    if exported_before:
        company.export(folder="model")
        (top / "org/guardrails.yaml").write_text(company.read_files("model")["guardrails.yaml"])
    if link is link_section:
        (top / "org/guardrails.yaml").unlink(missing_ok=True)
    link(top / "org")
    assert company.export().code == 1
    assert company.read_files("precious") == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only", "user/a"), "leave out --only, --owner and --split"),
        (("--owner", "a"), "leave out --only, --owner and --split"),
        (("--split", "live"), "leave out --only, --owner and --split"),
        (("--account", "12"), "is not an account id"),
        (("--account", "１２３４５６７８９０１２"), "is not an account id"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: tuple[str, ...], said: str, account: Account) -> None:
    result = account.run_cli("export", "--guardrails", "org", *options)
    assert (result.code, result.out) == (1, "")
    assert said in " ".join(result.err.split())
    assert not (account.folder / "org").exists()


def test_an_account_is_for_guardrails_only(account: Account) -> None:
    result = account.run_cli("export", "--account", MANAGEMENT)
    assert result.code == 1
    assert "--account is for --guardrails" in result.err


def test_an_account_without_an_organization_gets_no_folder(account: Account) -> None:
    result = account.run_cli("export", "--guardrails", "org")
    assert result.code == 1
    assert f"Account {MANAGEMENT} is in no organization" in result.err
    assert not (account.folder / "org").exists()


def test_the_calls_are_those_that_the_levels_need(company: Company) -> None:
    """None of IAM: the export of guardrails needs no right to read it."""
    company.account.clear_calls()
    company.export()
    assert company.account.count_calls() == {
        "GetCallerIdentity": 1,
        "DescribeOrganization": 1,
        "ListParents": 3,
        "DescribeOrganizationalUnit": 2,
        "ListPoliciesForTarget": 8,
        "DescribePolicy": 4,
    }

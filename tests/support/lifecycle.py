"""Three files that create, change and delete everything in an account. They need almost every write of plans."""

from __future__ import annotations

from typing import Any

from tests.support.account import Account
from tests.support.certificates import BODY, CHAIN, upload
from tests.support.dumps import dump_account
from tests.support.people import enable_device
from tests.support.plans import log_lines_of

ACCOUNT = "123456789012"
HEAD = "version: 1\nowner: platform\naccount: '123456789012'\n"
FLAGS = ("--yes", "--allow-deletes")
STAGES = ("made", "changed", "gone")
METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/{0}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{1}</md:IDPSSODescriptor>
</md:EntityDescriptor>
"""


def allow_document(action: str) -> str:
    return f'{{Statement: [{{Effect: Allow, Action: "{action}", Resource: "*"}}]}}'


MADE = f"""{HEAD}
account_settings: {{alias: example-corp, password_policy: {{minimum_length: 14}}}}
oidc_providers:
  token.example.com: {{client_ids: [shop], thumbprints: [{"a" * 40}], tags: {{old: a}}}}
saml_providers: {{okta: {{metadata: made.xml, tags: {{old: a}}}}}}
server_certificates: {{web: {{body: web.pem, chain: chain.pem, tags: {{old: a}}}}}}
policies:
  reader: {{document: {allow_document("sns:Get*")}, description: reads, tags: {{old: a}}}}
  limit: {{document: {allow_document("*")}}}
groups:
  engineers: {{path: /platform/, policies: [reader], inline_policies: {{notes: {allow_document("sqs:Get*")}}}}}
users:
  ann:
    groups: [engineers]
    policies: [reader]
    inline_policies: {{own: {allow_document("sqs:Send*")}}}
    permissions_boundary: limit
    tags: {{old: a}}
  bob: {{}}
roles:
  app:
    trust: [{{users: [ann]}}]
    description: first
    policies: [reader]
    inline_policies: {{own: {allow_document("sqs:Send*")}}}
    permissions_boundary: limit
    instance_profile: true
    tags: {{old: a}}
  left: {{trust: [{{roles: [right]}}]}}
  right: {{trust: [{{roles: [left]}}, {{oidc: token.example.com, subjects: ["a"]}}]}}
"""

CHANGED = f"""{HEAD}
account_settings: {{alias: example-org, password_policy: {{minimum_length: 20}}}}
oidc_providers:
  token.example.com: {{client_ids: [web], thumbprints: [{"b" * 40}], tags: {{new: b}}}}
saml_providers: {{okta: {{metadata: changed.xml, tags: {{new: b}}}}}}
server_certificates: {{web: {{body: web.pem, chain: chain.pem, path: /cloudfront/, tags: {{new: b}}}}}}
policies:
  reader: {{document: {allow_document("sns:List*")}, description: reads, tags: {{new: b}}}}
  limit: {{document: {allow_document("*")}}}
groups:
  engineers: {{path: /platform/deep/, policies: [reader], inline_policies: {{notes: {allow_document("sqs:Get*")}}}}}
users:
  ann:
    groups: [engineers]
    policies: [limit]
    inline_policies: {{own: {allow_document("sqs:List*")}}}
    tags: {{new: b}}
    path: /people/
  bob: {{permissions_boundary: limit}}
roles:
  app:
    trust: [{{users: [bob]}}]
    description: second
    max_session_duration: 2h
    policies: [reader]
    inline_policies: {{own: {allow_document("sqs:Send*")}}}
    instance_profile: true
    tags: {{new: b}}
  left: {{trust: [{{roles: [right]}}], permissions_boundary: limit}}
  right: {{trust: [{{roles: [left]}}, {{oidc: token.example.com, subjects: ["a"]}}]}}
"""

GONE = f"""{HEAD}
server_certificates: {{}}
"""
"""Without the section no certificate is read, and so none is deleted."""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUMnWpzDjJ/Wfl8fhXxuqBxmAqxugwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbGVhdmVyMCAXDTI2MTEyNDE0Mjc0MFoYDzIxMjYxMDMxMTQy
NzQwWjARMQ8wDQYDVQQDDAZsZWF2ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AATTpNh/25CvkvpVcUt9Gc0y9tK+qNQc3QpnGPe6kYUBC03c2FlqCNGOgDMBMPyd
vrTctD/0MSC633Pgnf2+XGjCo1MwUTAdBgNVHQ4EFgQUfhx3M4s888Lr9EoVXjAM
4qJSqyUwHwYDVR0jBBgwFoAUfhx3M4s888Lr9EoVXjAM4qJSqyUwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAycScPMSwCjORGK3gphfkmIIVoEwx
GXvrpE95KprAXrYCIGAS/A1iOkXdXu+Rssmwal4MiUwQydKDmOAx6/6kZLys
-----END CERTIFICATE-----"""
SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 test"


def run_all_stages(account: Account) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Apply all stages to an empty account. Return stage → the calls of its plan, and stage → a dump afterwards."""
    calls, left = {}, {}
    for stage in STAGES:
        file = prepare_stage(account, stage)
        calls[stage] = log_lines_of(account.plan(file))
        account.apply(file, *FLAGS)
        left[stage] = dump_account(account.iam)
    reset_settings(account)
    return calls, left


def prepare_stage(account: Account, stage: str) -> str:
    """Make the changes that no file can express, write the file of the stage, and return its name."""
    by_hand: dict[str, Any] = {"made": _write_files, "changed": _add_versions, "gone": _add_credentials}
    by_hand[stage](account)
    return account.write({"made": MADE, "changed": CHANGED, "gone": GONE}[stage], f"{stage}.yaml").name


def reset_settings(account: Account) -> None:
    """Delete the account's own settings, which no plan deletes."""
    for alias in account.iam.list_account_aliases()["AccountAliases"]:
        account.iam.delete_account_alias(AccountAlias=alias)
    account.iam.delete_account_password_policy()


def _write_files(account: Account) -> None:
    """Write the files that the stages name, and upload the certificate, which no plan creates."""
    account.write(METADATA.format("a", " " * 1000), "made.xml")
    account.write(METADATA.format("b", " " * 1000), "changed.xml")
    account.write(BODY, "web.pem")
    account.write(CHAIN, "chain.pem")
    upload(account.iam, "web")


def _add_versions(account: Account) -> None:
    """Add so many policy versions that the next one must replace the oldest."""
    for index in range(4):
        document = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"a:{index}","Resource":"*"}}]}}'
        account.iam.create_policy_version(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/reader", PolicyDocument=document)


def _add_credentials(account: Account) -> None:
    """Add credentials to the user that will be deleted."""
    account.iam.create_access_key(UserName="ann")
    account.iam.create_login_profile(UserName="ann", Password="Pass-w0rd!-and-more-of-it")
    account.iam.upload_signing_certificate(UserName="ann", CertificateBody=CERTIFICATE)
    account.iam.upload_ssh_public_key(UserName="ann", SSHPublicKeyBody=SSH_KEY)
    enable_device(account.iam, "ann")

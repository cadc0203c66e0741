"""Providers in a file: what they mean, and what is wrong with them, where."""

from __future__ import annotations

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from tests.support.files import HEAD, Folder, find_errors, require_valid

XML = f'<EntityDescriptor entityID="https://idp">\n{"x" * 1000}</EntityDescriptor>'
HOST = "token.actions.githubusercontent.com"


def oidc(body: str = "{}", key: str = HOST) -> str:
    return f"{HEAD}oidc_providers:\n  {key}: {body}\n"


def trust_by_rule(rule: str) -> str:
    return f"roles:\n  app: {{trust: [{rule}]}}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{client_ids: [b, a]}", OidcProvider(HOST, frozenset("ab"))),
        ("", OidcProvider(HOST)),
        (f"{{thumbprints: [{'A' * 40}]}}", OidcProvider(HOST, thumbprints=frozenset(["a" * 40]))),
        ("{tags: {Team: a, team: 007}}", OidcProvider(HOST, tags={"Team": "a", "team": "007"})),
        ("{protect: true}", OidcProvider(HOST, tags={"reconcile:protect": "true"})),
    ],
    ids=["client ids", "nothing", "thumbprints in upper case", "tags of two letter cases", "protected"],
)
def test_an_oidc_provider_means(folder: Folder, body: str, expected: OidcProvider) -> None:
    desired = require_valid(folder.declare_text(oidc(body)))
    assert desired.state.entities[expected.address] == expected


PROBLEMS = {
    "https in front": (oidc(key=f'"https://{HOST}"'), "4:3 bad-name", f"Write '{HOST}'."),
    "a port": (oidc(key='"idp.example.com:8443/x"'), "4:3 bad-name", "Write 'idp.example.com/x'."),
    "a query": (oidc(key='"idp.example.com/x?y"'), "4:3 bad-name", "Write 'idp.example.com/x'."),
    "no host": (oidc(key="github"), "4:3 bad-name", "host and path"),
    "a long issuer": (
        oidc(key=f"a.b/{'x' * 244}"),
        "4:3 bad-name",
        "The issuer has 256 characters with https://; IAM allows 255. "
        "Use an issuer whose host and path have at most 247 characters together.",
    ),
    "a thumbprint with colons": (oidc("{thumbprints: ['aa:bb']}"), f"4:{len(HOST) + 20} bad-thumbprint", "colons"),
    "six thumbprints": (
        oidc(f"{{thumbprints: [{', '.join(digit * 40 for digit in 'abcdef')}]}}"),
        f"4:{len(HOST) + 19} too-many-thumbprints",
        f"{HOST} has 6 thumbprints; IAM allows 5. Remove 1.",
    ),
    "101 client ids": (
        oidc(f"{{client_ids: [{', '.join(f'c{n}' for n in range(101))}]}}"),
        f"4:{len(HOST) + 18} too-many-client-ids",
        f"{HOST} has 101 client ids; IAM allows 100. Remove 1.",
    ),
    "a long client id": (
        oidc(f"{{client_ids: [{'x' * 256}]}}"),
        f"4:{len(HOST) + 19} too-long",
        f"A client id of {HOST} has 256 characters; IAM allows 255. Write the client id that the issuer puts into",
    ),
    "no thumbprint": (oidc("{thumbprints: []}"), f"4:{len(HOST) + 19} schema", ""),
    "an unknown key": (oidc("{client_id: [a]}"), f"4:{len(HOST) + 6} unknown-key", "client_ids"),
    "a path": (oidc("{path: /x/}"), f"4:{len(HOST) + 6} unknown-key", ""),
    "an unknown provider in a trust": (
        oidc() + trust_by_rule("{oidc: token.actions.githubusercontent.con, subjects: [a]}"),
        "6:24 unknown-reference",
        f"Did you mean {HOST!r}?",
    ),
    "another letter case in a trust": (
        oidc(key="a.b/Id") + trust_by_rule("{oidc: a.b/id, subjects: [a]}"),
        "6:24 reference-case",
        "a.b/Id",
    ),
    "SAML as OIDC": (
        f"{HEAD}saml_providers: {{okta: {{metadata: okta.xml}}}}\n" + trust_by_rule("{oidc: okta, subjects: [a]}"),
        "5:24 unknown-reference",
        "by its ARN",
    ),
    "SAML without metadata": (f"{HEAD}saml_providers: {{okta: {{tags: {{}}}}}}\n", "3:24 missing-key", "metadata"),
    "a SAML name with a plus": (
        f"{HEAD}saml_providers: {{a+b: {{metadata: okta.xml}}}}\n",
        "3:18 bad-name",
        "letters, digits",
    ),
    "metadata that is not there": (f"{HEAD}saml_providers: {{a: {{metadata: no.xml}}}}\n", "3:32 no-file", "no.xml"),
    "metadata outside": (f"{HEAD}saml_providers: {{a: {{metadata: ../o.xml}}}}\n", "3:32 path-outside", ""),
    "short metadata": (f"{HEAD}saml_providers: {{a: {{metadata: short.xml}}}}\n", "3:32 bad-metadata", "1,000"),
    "metadata of Latin-1": (f"{HEAD}saml_providers: {{a: {{metadata: latin.xml}}}}\n", "3:32 not-utf-8", "byte 1"),
}


@pytest.mark.parametrize(("text", "where", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_with_a_provider(folder: Folder, text: str, where: str, said: str) -> None:
    folder.write("okta.xml", XML)
    folder.write("short.xml", "<a/>")
    folder.write("latin.xml", b"<\xe4/>" * 1000)
    (problem,) = find_errors(folder.declare_text(text))
    assert folder.format_problem(problem) == f"roles.yaml:{where}"
    assert said in problem.message


def test_an_issuer_of_255_characters_with_https_is_accepted(folder: Folder) -> None:
    assert folder.find_problems(oidc(key=f"a.b/{'x' * 243}")) == []


def test_an_issuer_in_capitals_is_doubted_and_taken(folder: Folder) -> None:
    text = oidc(key="Token.Example.Com/Id")
    assert folder.find_problems(text) == ["roles.yaml:4:3 issuer-case"]
    assert Address("oidc-provider", "token.example.com/Id") in require_valid(folder.declare_text(text)).state.entities
    assert folder.find_problems(oidc(key="token.example.com/ID")) == []


@pytest.mark.parametrize(
    ("xml", "where"),
    [
        (XML.replace("<Entity", "<!DOCTYPE x><Entity", 1), "1:1"),
        (XML.replace("</EntityDescriptor>", "</Entity>"), "2:1001"),
    ],
    ids=["a DOCTYPE", "a wrong end"],
)
def test_what_is_wrong_inside_of_metadata_is_told_at_its_place(folder: Folder, xml: str, where: str) -> None:
    folder.write("saml/okta.xml", xml)
    (problem,) = find_errors(folder.declare_text(f"{HEAD}saml_providers: {{okta: {{metadata: saml/okta.xml}}}}\n"))
    assert folder.format_problem(problem).startswith(f"okta.xml:{where.partition(':')[0]}:")
    assert problem.code == "bad-metadata"


def test_the_key_of_a_provider_in_a_trust_is_its_arn(folder: Folder) -> None:
    folder.write("okta.xml", b"\xef\xbb\xbf" + XML.encode())
    text = oidc(key="a.b/Id") + "saml_providers: {okta: {metadata: okta.xml}}\n"
    text += trust_by_rule("{oidc: a.b/Id, subjects: [x]}, {saml: okta}")
    desired = require_valid(folder.declare_text(text, partition="aws-cn"))
    role = desired.state.entities[Address("role", "app")]
    named = {value for statement in role.trust_policy.statements for _, value in statement.principals or ()}  # type: ignore[attr-defined]
    arn = "arn:aws-cn:iam::123456789012"
    assert named == {f"{arn}:oidc-provider/a.b/Id", f"{arn}:saml-provider/okta"}
    provider = desired.state.entities[Address("saml-provider", "okta")]
    assert isinstance(provider, SamlProvider)
    assert provider.metadata.text == XML
    assert provider.metadata.label == "https://idp"

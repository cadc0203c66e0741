"""A document of a file knows where each of its statements is written."""

from __future__ import annotations

from pathlib import Path

from reconciler.app.desired_files import load_desired
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.document import Document
from reconciler.model.entity import Policy, Role, User

FILE = """\
version: 1
owner: t
policies:
  listed:
    document:
      Statement:
        - {Effect: Allow, Action: "s3:Get*", Resource: "*"}
        - Effect: Deny
          Action: "s3:*"
          Resource: "*"
  single: {document: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}
  elsewhere: {document: more.yaml}
users:
  a: {inline_policies: {p: {Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}}
roles:
  rules:
    trust:
      - users: [a]
      - {services: [ec2.amazonaws.com]}
  raw: {trust_policy: {Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole"}]}}
"""
MORE = """\
# a comment
Statement:
  - {Effect: Allow, Action: "s3:*", Resource: "*"}
"""


def places_of(document: Document) -> list[tuple[str, int, int]]:
    return [(Path(place.file).name, place.line, place.column) for place in document.places]


def declare_documents(folder: Path) -> Desired:
    (folder / "roles.yaml").write_text(FILE)
    (folder / "more.yaml").write_text(MORE)
    return load_desired([str(folder / "roles.yaml")], {})


def test_statements_know_their_lines(tmp_path: Path) -> None:
    found = declare_documents(tmp_path).state.entities
    policies = {name: found[Address("policy", name)] for name in ("listed", "single", "elsewhere")}
    documents = {name: item.document for name, item in policies.items() if isinstance(item, Policy)}
    assert places_of(documents["listed"]) == [("roles.yaml", 7, 11), ("roles.yaml", 8, 11)]
    assert places_of(documents["single"]) == [("roles.yaml", 11, 34)]
    assert places_of(documents["elsewhere"]) == [("more.yaml", 3, 5)]
    user = found[Address("user", "a")]
    assert isinstance(user, User)
    assert places_of(user.inline_policies["p"]) == [("roles.yaml", 14, 41)]


def test_a_trust_of_rules_has_the_places_of_the_rules(tmp_path: Path) -> None:
    found = declare_documents(tmp_path).state.entities
    rules, raw = found[Address("role", "rules")], found[Address("role", "raw")]
    assert isinstance(rules, Role)
    assert isinstance(raw, Role)
    assert places_of(rules.trust_policy) == [("roles.yaml", 18, 9), ("roles.yaml", 19, 9)]
    assert [line for _, line, _ in places_of(raw.trust_policy)] == [20]
    assert (rules.trust_policy.from_rules, raw.trust_policy.from_rules) == (True, False)


def test_places_take_no_part_in_what_a_document_means(tmp_path: Path) -> None:
    entities = declare_documents(tmp_path).state.entities
    single, elsewhere = (entities[Address("policy", name)] for name in ("single", "elsewhere"))
    assert isinstance(single, Policy)
    assert isinstance(elsewhere, Policy)
    assert single.document == elsewhere.document

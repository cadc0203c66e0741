"""Every kind of the registry keeps the contract of `kinds/base.py`: schema, view, and calls that AWS's model takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from jsonschema import Draft202012Validator

from reconciler.desired.schema import build_schema
from reconciler.kinds.account import PasswordPolicy
from reconciler.kinds.base import Kind
from reconciler.kinds.comparison import diff_entities, flatten_entity
from reconciler.kinds.export_context import ExportContext
from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.registry import KINDS, KINDS_BY_NAME, KINDS_BY_SECTION
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.kinds.server_certificate import ServerCertificate
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import State
from reconciler.model.pem import parse_pem
from reconciler.model.plan import Step
from reconciler.model.xml_document import parse_xml_or_opaque
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.codec import DECODERS
from reconciler.policy.canonical import canonical
from tests.support.certificates import BODY, CHAIN
from tests.support.examples import examples
from tests.support.fake_iam import FakeIam
from tests.support.strategies import worlds

PROPAGATION = '{"SubjectSourceKey":"sub"}', "arn:aws:sso:::instance/ssoins-1111111111111111"
SAMPLES: dict[str, Entity] = {
    "policy": Policy("p", canonical({"Statement": []}), "/x/", "text", {"a": "b"}),
    "group": Group("g", "/x/", frozenset(["arn"]), {"i": canonical({"Statement": []})}),
    "user": User("u", "/x/", frozenset([Address("group", "g")]), frozenset(["arn"]), {}, "arn", {"a": "b"}, True),
    "role": Role(
        "r", canonical({"Statement": []}), "/x/", "text", 7200, frozenset(["arn"]), {}, "arn", {"a": "b"}, 43200
    ),
    "oidc-provider": OidcProvider("a.example.com", frozenset(["sts"]), frozenset(["a" * 40]), {"a": "b"}, *PROPAGATION),
    "saml-provider": SamlProvider("okta", parse_xml_or_opaque("<a/>"), {"a": "b"}, *PROPAGATION),
    "server-certificate": ServerCertificate("c", parse_pem(BODY), parse_pem(CHAIN), "/x/", {"a": "b"}),
    "account": PasswordPolicy("password-policy", max_age=90, reuse_prevention=24),
    "instance-profile": InstanceProfile("i", "/x/", Address("role", "r"), {"a": "b"}),
}

every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


@lru_cache(maxsize=1)
def model() -> Any:
    """IAM's service model, from the files that botocore ships: no network, no credentials."""
    return botocore.session.get_session().get_service_model("iam")


@every_kind
def test_names_and_sections_are_unique_and_registered(kind: Kind) -> None:
    assert KINDS_BY_NAME[kind.name] is kind
    assert kind.section is None or KINDS_BY_SECTION[kind.section] is kind
    assert kind.name in SAMPLES, "give the new kind a sample here"


@every_kind
def test_the_schema_fragment_is_valid_and_closed(kind: Kind) -> None:
    if kind.section is None:
        assert kind.schema == {}
        return
    Draft202012Validator.check_schema({**kind.schema, "$defs": build_schema()["$defs"]})
    assert kind.schema["additionalProperties"] is False
    assert kind.schema["title"]
    assert kind.schema["description"]
    for key, fragment in kind.schema["properties"].items():
        assert "$ref" in fragment or "description" in fragment, f"{key} has no description"


@every_kind
def test_every_field_of_an_entity_is_compared(kind: Kind) -> None:
    entity = SAMPLES[kind.name]
    compared = {path.partition(".")[0] for path in flatten_entity(entity)}
    expected = {field.name for field in fields(entity)} - {"name"}
    assert compared | {"inline_policies"} >= expected


@every_kind
def test_what_is_exported_is_an_entry_of_the_section(kind: Kind) -> None:
    live = State("123456789012", "aws", {entity.address: entity for entity in SAMPLES.values()})
    entry = kind.export(SAMPLES[kind.name], ExportContext(live, None, frozenset(live.entities), files={}))
    assert (entry is None) == (kind.section is None)
    if entry is not None:
        validator = Draft202012Validator({**kind.schema, "$defs": build_schema()["$defs"]})
        assert [error.message for error in validator.iter_errors(entry)] == []


@every_kind
def test_a_view_is_stable_and_differs_from_nothing_in_itself(kind: Kind) -> None:
    entity = SAMPLES[kind.name]
    assert flatten_entity(entity) == flatten_entity(entity)
    assert diff_entities(entity, entity) == ()
    assert {field.path for field in diff_entities(None, entity)} == set(flatten_entity(entity))
    assert flatten_entity(None) == {}


@every_kind
def test_immutable_paths_are_paths_of_the_view(kind: Kind) -> None:
    assert set(kind.immutable) <= set(flatten_entity(SAMPLES[kind.name]))
    assert all(reason.strip() for reason in kind.immutable.values())


@every_kind
def test_only_what_has_tags_is_taggable(kind: Kind) -> None:
    assert kind.taggable == hasattr(SAMPLES[kind.name], "tags")


@every_kind
def test_every_operation_is_one_that_botocore_knows(kind: Kind) -> None:
    assert kind.operations <= set(model().operation_names)
    assert kind.operations, "a kind that writes nothing"


@every_kind
def test_no_operation_hands_out_or_takes_a_secret(kind: Kind) -> None:
    assert not kind.operations & {"CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"}


def invalid(step: Step) -> Iterator[str]:
    """What botocore would refuse in a call, before sending it."""
    operation = model().operation_model(step.call.operation)
    report = ParamValidator().validate(dict(step.call.parameters), operation.input_shape)
    if report.has_errors():
        yield f"{step.call.operation}: {report.generate_report()}"


@examples(60)
@given(worlds())
def test_every_emitted_call_is_declared_and_valid_for_botocore(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    for step in build_plan(desired, FakeIam.of(live).read_state(), PlanOptions()).steps:
        assert step.call.operation in KINDS_BY_NAME[step.address.kind].operations
        assert list(invalid(step)) == []
        assert step.needs.isdisjoint(step.makes)


@every_kind
def test_an_entity_is_created_and_deleted_by_calls_of_its_own_kind(kind: Kind) -> None:
    assert f"Delete{kind.noun}" in kind.operations
    assert (f"Create{kind.noun}" in kind.operations) is not kind.is_created_by_hand


@every_kind
def test_reading_an_empty_account_gives_nothing(kind: Kind) -> None:
    from reconciler.kinds.raw_account import RawAccount

    assert list(kind.read(RawAccount("123456789012", "aws", {}))) == []


@every_kind
def test_a_section_has_an_example_of_least_content(kind: Kind) -> None:
    """An entry of nothing but what is required is valid; one with an unknown key is not."""
    if kind.section is None:
        return
    validator = Draft202012Validator({**kind.schema, "$defs": build_schema()["$defs"]})
    examples = {"document": {"Statement": []}, "metadata": "okta.xml", "body": "web.pem"}
    least = {key: examples[key] for key in kind.schema.get("required", ())}
    assert validator.is_valid(least)
    assert not validator.is_valid({**least, "nobody": 1})


@every_kind
def test_a_saved_plan_can_hold_every_field_of_a_kind(kind: Kind) -> None:
    sample = SAMPLES[kind.name]
    types = get_type_hints(type(sample))
    for field in fields(sample):
        options = [one for one in get_args(types[field.name]) if isinstance(types[field.name], UnionType)]
        (needed,) = [one for one in options if one is not NoneType] or [types[field.name]]
        assert needed in DECODERS, f"{field.name}: plan/saved/codec.py cannot read a {needed}"

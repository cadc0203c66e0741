"""An alias becomes exactly the AssumeRole calls that reach it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from reconciler.assume import chain
from reconciler.model.address import Address
from reconciler.model.assume_role import AssumeRoleCall, InheritedAttributes
from reconciler.model.desired import Alias
from reconciler.model.problem import Place, ReconcileError
from reconciler.model.text_forms import SESSION_NAME

USER = "arn:aws:iam::123456789012:user/team/demo-user"
SESSION = "arn:aws:sts::123456789012:assumed-role/ci/run-7"


def alias(name: str, **fields: Any) -> Alias:
    arn = f"arn:aws:iam::123456789012:role/{name}"
    return Alias(name=name, role_arn=arn, role=Address("role", name), place=Place("roles.yaml", 3, 1), **fields)


def table(*aliases: Alias) -> dict[str, Alias]:
    return {item.name: item for item in aliases}


def problem(caught: pytest.ExceptionInfo[ReconcileError]) -> str:
    return caught.value.problems[0].message


def test_a_plain_alias_asks_for_no_more_than_the_role_and_a_name() -> None:
    (request,) = chain.build_calls((alias("s3"),), USER, {})
    assert request.to_parameters() == {
        "RoleArn": "arn:aws:iam::123456789012:role/s3",
        "RoleSessionName": "demo-user",
    }


def test_every_field_of_an_alias_arrives_as_botocore_takes_it() -> None:
    full = alias(
        "s3",
        duration=7200,
        session_name="me",
        external_id="ext-1",
        source_identity="alice",
        session_tags={"team": "x", "cost": "007"},
        transitive_tags=("team",),
        policy='{"Version":"2012-10-17","Statement":[]}',
        policy_arns=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
    )
    (request,) = chain.build_calls((full,), USER, {})
    parameters = request.to_parameters()
    assert parameters == {
        "RoleArn": full.role_arn,
        "RoleSessionName": "me",
        "DurationSeconds": 7200,
        "ExternalId": "ext-1",
        "SourceIdentity": "alice",
        "Tags": [{"Key": "team", "Value": "x"}, {"Key": "cost", "Value": "007"}],
        "TransitiveTagKeys": ["team"],
        "Policy": full.policy,
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
    }
    model = botocore.session.get_session().get_service_model("sts").operation_model("AssumeRole")
    assert not ParamValidator().validate(parameters, model.input_shape).has_errors()


def test_options_override_the_alias_that_was_asked_for_and_no_hop_before_it() -> None:
    path = (alias("hub", duration=7200, session_name="hub-name"), alias("far", via="hub", session_name="x"))
    hub, far = chain.build_calls(path, USER, {}, duration=900, session_name="mine")
    assert (hub.duration, hub.session_name) == (7200, "hub-name")
    assert (far.duration, far.session_name) == (900, "mine")


def test_hops_go_from_the_person_to_the_role_asked_for() -> None:
    aliases = table(alias("a"), alias("b", via="a"), alias("c", via="b"))
    assert [item.name for item in chain.resolve_role_chain("c", aliases)] == ["a", "b", "c"]


def test_the_source_of_a_chain_is_that_of_its_first_hop() -> None:
    first, last = alias("a", source_profile="near"), alias("b", via="a", source_profile="far")
    assert chain.source_profile_of((first, last)) == "near"
    assert chain.source_profile_of((alias("a"), last)) == "far"
    assert chain.source_profile_of((alias("a"),)) is None


def test_a_loop_of_aliases_is_named() -> None:
    with pytest.raises(ReconcileError) as caught:
        chain.resolve_role_chain("a", table(alias("a", via="b"), alias("b", via="a")))
    assert "a → b → a" in problem(caught)


def test_an_unknown_alias_is_met_with_a_guess_and_the_list() -> None:
    with pytest.raises(ReconcileError) as caught:
        chain.resolve_role_chain("admn", table(alias("admin"), alias("reader")))
    assert "'admn'" in problem(caught)
    assert "admin, reader" in problem(caught) and "Did you mean 'admin'?" in problem(caught)


def test_a_file_without_aliases_says_so() -> None:
    with pytest.raises(ReconcileError) as caught:
        chain.resolve_role_chain("s3", {})
    assert "no `aliases:`" in problem(caught)


def test_a_via_that_names_no_alias_is_an_error_at_its_place() -> None:
    with pytest.raises(ReconcileError) as caught:
        chain.resolve_role_chain("a", table(alias("a", via="gone")))
    assert caught.value.problems[0].place == Place("roles.yaml", 3, 1)
    assert "'gone'" in problem(caught)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (USER, "demo-user"),
        (SESSION, "run-7"),
        ("arn:aws:iam::123456789012:root", "root"),
        ("arn:aws:sts::123456789012:federated-user/bob", "bob"),
        ("arn:aws:iam::123456789012:user/x", "x-session"),
        ("arn:aws:sts::123456789012:assumed-role/sso/Zoë M", "Zo--M"),
        (f"arn:aws:iam::123456789012:user/{'n' * 80}", "n" * 64),
    ],
)
def test_a_session_is_named_after_the_caller(arn: str, name: str) -> None:
    assert chain.derive_session_name(arn) == name
    assert SESSION_NAME.accepts(name)


@pytest.mark.parametrize("name", ["x", "a b", "é-é", "n" * 65, "a/b"])
def test_a_session_name_that_aws_refuses_is_refused_before_the_call(name: str) -> None:
    with pytest.raises(ReconcileError) as caught:
        chain.build_calls((alias("s3"),), USER, {}, session_name=name)
    assert "for the alias s3" in problem(caught)


@pytest.mark.parametrize(
    ("path", "caller", "duration", "longest", "said"),
    [
        ((alias("s3"),), USER, 899, 43200, "for 899s: the shortest session is 15m. AWS allows no shorter session."),
        (
            (alias("s3"),),
            USER,
            43201,
            43200,
            "for 43201s: the longest session is 12h. This is the max_session_duration of",
        ),
        (
            (alias("s3"),),
            USER,
            7200,
            3600,
            "for 2h: the longest session is 1h. This is the max_session_duration of role/s3.",
        ),
        ((alias("s3"),), SESSION, 3601, 43200, "another role's session"),
        ((alias("hub"), alias("s3", via="hub")), USER, 3601, 43200, "another role's session"),
    ],
)
def test_a_duration_that_aws_refuses_is_refused_before_the_call(
    path: tuple[Alias, ...], caller: str, duration: int, longest: int, said: str
) -> None:
    with pytest.raises(ReconcileError) as caught:
        chain.build_calls(path, caller, {"s3": longest}, duration=duration)
    assert said in problem(caught)


def test_a_chained_alias_may_not_ask_for_more_than_an_hour_in_the_file() -> None:
    with pytest.raises(ReconcileError):
        chain.build_calls((alias("hub"), alias("s3", via="hub", duration=7200)), USER, {})


def test_an_alias_longer_than_an_hour_is_shortened_if_the_caller_is_a_role_session_already() -> None:
    (request,) = chain.build_calls((alias("s3", duration=7200),), SESSION, {})
    assert request.duration == 3600


def request(**more: Any) -> AssumeRoleCall:
    return AssumeRoleCall("a", "arn:aws:iam::123456789012:role/a", "me", **more)


TAGGED = request(session_tags=(("Team", "x"), ("once", "1")), transitive_tags=("team",))
SOURCED = request(source_identity="ann")


@pytest.mark.parametrize(
    ("requests", "hop", "expected"),
    [
        ((TAGGED, request()), 0, InheritedAttributes()),
        ((TAGGED, request()), 1, InheritedAttributes(tags=(("Team", "x"),))),
        ((TAGGED, request(), request()), 2, InheritedAttributes(tags=(("Team", "x"),))),
        ((SOURCED, request(), request()), 2, InheritedAttributes("ann")),
        ((request(), SOURCED, request()), 1, InheritedAttributes()),
        ((SOURCED, TAGGED, request()), 2, InheritedAttributes("ann", (("Team", "x"),))),
        ((request(session_tags=(("a", "b"),)), request()), 1, InheritedAttributes()),
    ],
)
def test_a_source_identity_and_transitive_tags_go_along_through_the_whole_chain(
    requests: tuple[AssumeRoleCall, ...], hop: int, expected: InheritedAttributes
) -> None:
    assert chain.collect_inherited(requests, hop, "arn:aws:iam::1:user/ann") == expected
    elsewhere = chain.collect_inherited(requests, hop, "arn:aws:sts::1:assumed-role/x/ann")
    assert elsewhere == replace(expected, known=False)

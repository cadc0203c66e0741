"""A trust names providers as it names users: what a plan does to one is told of the roles that hang on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Settings
from reconciler.model.entity import Entity, Role
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Phase, Plan
from reconciler.model.problem import Level
from reconciler.model.role_access import RoleAccess
from reconciler.model.xml_document import parse_xml
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.fingerprint import fingerprint_of
from reconciler.policy.canonical import canonical
from tests.support.strategies import ACCOUNT, PLACE

MINE = {"reconcile:owner": "me"}
OIDC = OidcProvider("idp.example.com", frozenset("ab"), frozenset(["a" * 40]), MINE)
SAML = SamlProvider("okta", parse_xml('<a b="1" c="2"/>'), MINE)
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run-1"
either = pytest.mark.parametrize("provider", [OIDC, SAML], ids=["oidc", "saml"])


def arn(provider: Entity) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{provider.kind}/{provider.name}"


def trust_providers(*named: str, effect: str = "Allow", tags: dict[str, str] | None = None) -> Role:
    actions = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
    statement = {"Effect": effect, "Principal": {"Federated": list(named)}, "Action": actions}
    return Role(
        "app", canonical({"Version": "2012-10-17", "Statement": statement}), tags=MINE if tags is None else tags
    )


def plan(live: list[Entity], wanted: list[Entity], allowed: PlanOptions | None = None, **facts: Any) -> Plan:
    def state(entities: list[Entity]) -> State:
        return State(ACCOUNT, "aws", {entity.address: entity for entity in entities}, LiveDetails(**facts))

    declarations = {entity.address: Declaration(PLACE) for entity in wanted}
    desired = Desired(state(wanted), "me", Settings(), declarations, {})
    return build_plan(desired, state(live), allowed or PlanOptions())


def codes(made: Plan) -> list[str]:
    return [finding.code for finding in made.findings if finding.level is Level.ERROR]


def operations(made: Plan) -> list[str]:
    return [step.call.operation for step in made.steps]


@either
def test_a_provider_in_use_is_not_deleted_from_under_a_role(provider: Entity) -> None:
    role = trust_providers(arn(provider))
    assert codes(plan([provider, role], [role])) == ["deleted-reference"]
    stranger = replace(role, tags={})
    assert codes(plan([provider, stranger], [])) == ["foreign-use"]
    assert codes(plan([provider, stranger], [], PlanOptions(allow_foreign_detach=True))) == []
    assert codes(plan([provider, role], [])) == []
    elsewhere = replace(trust_providers(arn(provider).replace(ACCOUNT, "210987654321")), tags={})
    assert codes(plan([provider, elsewhere], [])) == []


@either
def test_a_provider_that_is_not_there_yet_is_a_warning_unless_nobody_may_look(provider: Entity) -> None:
    role = trust_providers(arn(provider))
    made = plan([], [role])
    (finding,) = [item for item in made.findings if item.code == "missing-provider"]
    assert (codes(made), finding.level, finding.address) == ([], Level.WARNING, role.address)
    assert f"{provider.kind}/{provider.name}, which does not exist in account {ACCOUNT} yet" in finding.summary
    assert operations(made) == ["CreateRole"]
    for fine in (
        plan([], [role], unread=frozenset([provider.kind])),
        plan([], [role, provider]),
        plan([provider], [provider, role]),
        plan([], [trust_providers(arn(provider), effect="Deny")]),
    ):
        assert "missing-provider" not in {item.code for item in fine.findings}


@either
def test_a_provider_that_goes_with_this_plan_is_still_refused(provider: Entity) -> None:
    role = trust_providers(arn(provider))
    assert codes(plan([provider], [role])) == ["deleted-reference"]
    assert codes(plan([replace(provider, tags={})], [role])) == []  # type: ignore[call-arg]


@either
def test_a_live_trust_in_a_provider_that_is_gone_is_no_obstacle_until_it_is_put_again(provider: Entity) -> None:
    role, another = trust_providers(arn(provider)), trust_providers(arn(provider), effect="Deny")
    assert codes(plan([replace(role, tags={})], [role])) == []
    assert codes(plan([role], [replace(role, description="new")])) == []
    made = plan([another], [role])
    assert codes(made) == []
    assert "missing-provider" in {item.code for item in made.findings}


def test_a_trust_is_not_put_that_names_the_id_of_somebody_deleted() -> None:
    def role(name: str) -> Role:
        statement = {"Effect": "Allow", "Principal": {"AWS": "AIDAGONE"}, "Action": "sts:AssumeRole"}
        return Role(name, canonical({"Version": "2012-10-17", "Statement": statement}), tags=MINE)

    assert codes(plan([role("app")], [replace(role("app"), description="new")])) == []
    assert codes(plan([role("old")], [role("app")])) == ["unknown-principal"]
    assert codes(plan([role("old")], [role("app")], unique_ids={"AIDAGONE": Address("user", "u")})) == []


def test_an_arn_in_another_letter_case_is_not_the_provider() -> None:
    role = trust_providers(arn(replace(OIDC, name="IDP.example.com")))
    (finding,) = [item for item in plan([OIDC], [OIDC, role]).findings if item.code == "missing-provider"]
    assert finding.hint == "Did you mean 'idp.example.com'?"


@either
def test_declaring_what_may_not_be_read_is_refused_and_nothing_else(provider: Entity) -> None:
    unread = frozenset([provider.kind])
    assert codes(plan([], [provider], unread=unread)) == ["unread-kind"]
    assert codes(plan([], [], unread=unread)) == []


@either
def test_a_provider_is_created_before_and_deleted_after_its_roles(provider: Entity) -> None:
    role = trust_providers(arn(provider))
    assert [step.address.kind for step in plan([], [role, provider]).steps] == [provider.kind, "role"]
    assert [step.address.kind for step in plan([role, provider], []).steps] == ["role", provider.kind]


@either
def test_who_comes_in_through_a_provider_gains_and_loses_with_it(provider: Entity) -> None:
    role = trust_providers(arn(provider))
    may = (RoleAccess(f"federated:{arn(provider)}", "role/app"),)
    gained = plan([role], [role, provider]).access
    assert (gained.gained, gained.lost) == (may, ())
    lost = plan([role, provider], [role], PlanOptions()).access
    assert (lost.gained, lost.lost) == ((), may)
    stays = plan([role, replace(provider, tags={**MINE, "a": "b"})], [role, provider]).access  # type: ignore[call-arg]
    assert (stays.gained, stays.lost, stays.changed) == ((), (), ())
    denied = trust_providers(arn(provider), effect="Deny")
    assert plan([denied], [denied, provider]).access.gained == ()


SWAPS: dict[str, tuple[Entity, Entity, list[tuple[str, Phase]]]] = {
    "a client id comes and goes": (
        OIDC,
        replace(OIDC, client_ids=frozenset("bc")),
        [
            ("AddClientIDToOpenIDConnectProvider", Phase.WIDEN),
            ("RemoveClientIDFromOpenIDConnectProvider", Phase.NARROW),
        ],
    ),
    "a thumbprint comes": (
        OIDC,
        replace(OIDC, thumbprints=frozenset(["a" * 40, "b" * 40])),
        [("UpdateOpenIDConnectProviderThumbprint", Phase.WIDEN)],
    ),
    "a thumbprint goes": (
        replace(OIDC, thumbprints=frozenset(["a" * 40, "b" * 40])),
        OIDC,
        [("UpdateOpenIDConnectProviderThumbprint", Phase.NARROW)],
    ),
    "a thumbprint is replaced": (
        OIDC,
        replace(OIDC, thumbprints=frozenset(["b" * 40])),
        [("UpdateOpenIDConnectProviderThumbprint", Phase.SWAP)],
    ),
    "thumbprints are not said": (OIDC, replace(OIDC, thumbprints=None), []),
    "metadata says something else": (
        SAML,
        replace(SAML, metadata=parse_xml("<a/>")),
        [("UpdateSAMLProvider", Phase.SWAP)],
    ),
    "metadata says the same": (SAML, replace(SAML, metadata=parse_xml("<a c='2' b='1'></a>")), []),
}


@pytest.mark.parametrize(("before", "after", "expected"), SWAPS.values(), ids=SWAPS)
def test_what_gives_comes_before_what_takes(before: Entity, after: Entity, expected: list[tuple[str, Phase]]) -> None:
    made = plan([before], [after])
    assert [(step.call.operation, step.phase) for step in made.steps] == expected
    assert bool(made.changes) == bool(expected)


def test_a_caller_that_came_by_saml_keeps_its_metadata() -> None:
    role = trust_providers(arn(SAML), tags={})
    changed = replace(SAML, metadata=parse_xml("<a/>"))
    refused = plan([role, SAML], [changed], caller=CALLER)
    assert codes(refused) == ["lockout"]
    assert "the metadata of saml-provider/okta" in refused.findings[0].message
    assert codes(plan([role, SAML], [changed], PlanOptions(allow_lockout=True), caller=CALLER)) == []
    retagged = replace(SAML, metadata=parse_xml("<a c='2' b='1'/>"), tags={**MINE, "a": "b"})
    assert codes(plan([role, SAML], [retagged], caller=CALLER)) == []
    other = replace(changed, name="other")
    assert codes(plan([role, SAML, replace(SAML, name="other")], [SAML, other], caller=CALLER)) == []
    assert codes(plan([role, SAML], [], PlanOptions(allow_foreign_detach=True), caller=CALLER)) == ["lockout"]


def test_the_provider_that_a_caller_came_through_is_changed_last() -> None:
    role = trust_providers(arn(OIDC), tags={})
    before: list[Entity] = [role, OIDC, SAML, replace(OIDC, name="z.example.com")]
    after = [replace(OIDC, client_ids=frozenset("bc")), SAML]
    made = plan(before, [*after], PlanOptions(allow_lockout=True), caller=CALLER)
    assert operations(made)[-2:] == ["DeleteOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"]


def test_fingerprints_follow_meaning() -> None:
    same = replace(SAML, metadata=parse_xml("<a c='2' b='1'><!-- x --></a>"))
    assert fingerprint_of(SAML) == fingerprint_of(same)
    assert fingerprint_of(SAML) != fingerprint_of(replace(SAML, metadata=parse_xml("<a/>")))
    assert fingerprint_of(OIDC) != fingerprint_of(replace(OIDC, thumbprints=frozenset()))

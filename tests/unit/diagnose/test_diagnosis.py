"""Why a role may or may not be assumed: each outcome, its look-alikes, and the line of the file to change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.access import PolicySource, Principal, Target, make_external_principal, principals_of, targets_of
from reconciler.app.desired_files import load_desired
from reconciler.assume import chain
from reconciler.diagnose.attempt import AssumeAttempt
from reconciler.diagnose.diagnosis import explain_attempt
from reconciler.diagnose.evaluation import CallerAndRole
from reconciler.diagnose.request_context import WITH_CODE, Mfa
from reconciler.model.address import Address
from reconciler.model.assume_role import InheritedAttributes
from reconciler.model.desired import Desired
from reconciler.model.entity import Role
from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, SideVerdict
from reconciler.policy.canonical import canonical

ACCOUNT, OTHER = "123456789012", "210987654321"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
ASSUME_ANY = '{Effect: Allow, Action: "sts:AssumeRole", Resource: "*"}'


@dataclass(frozen=True)
class Case:
    """`file`: entities beside the header. `live`: the same as they are in AWS; None: as the file has it."""

    file: str
    caller: str = "user/demo"
    alias: str = "{role: app}"
    mfa: Mfa = field(default_factory=Mfa)
    live: str | None = None
    refused: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    principal: dict[str, Any] = field(default_factory=dict)


def declare_entities(folder: Path, entities: str, alias: str = "{role: app}") -> Desired:
    path = folder / "roles.yaml"
    text = f'version: 1\nowner: t\naccount: "{ACCOUNT}"\n{entities.strip()}\naliases: {{it: {alias}}}\n'
    path.write_text(text)
    found = load_desired([str(path)], {})
    place = path.name
    assert all(item.place.file.endswith(place) for item in found.declarations.values())
    return found


def view(desired: Desired, caller: str, evidence: Evidence, arn: str) -> CallerAndRole:
    targets = targets_of(desired.state)
    target = targets.get(Address("role", arn.rpartition("/")[2]))
    seen = evidence if target and target.arn == arn else Evidence.UNSEEN
    unread = Target(arn, canonical("(not readable)"))
    principal = None
    if not caller.startswith("arn:"):
        principal = principals_of(desired.state).get(Address.parse(caller))
    if principal is None:
        arn_of_caller = caller if caller.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:{caller}"
        unknown = make_external_principal(arn_of_caller)
        root = Principal(arn_of_caller, "root", ACCOUNT)
        return CallerAndRole(root if caller.endswith(":root") else unknown, target or unread, Evidence.UNSEEN, seen)
    return CallerAndRole(principal, target if seen is not Evidence.UNSEEN and target else unread, evidence, seen)


def explain_case(folder: Path, case: Case) -> Explanation:
    desired = declare_entities(folder, case.file, case.alias)
    arn = f"arn:aws:iam::{ACCOUNT}:{case.caller}"
    request = chain.build_calls(chain.resolve_role_chain("it", desired.aliases), arn, desired.state.entities)[-1]
    file = view(desired, case.caller, Evidence.FILE, request.role_arn)
    live = replace(file, caller_evidence=Evidence.LIVE, trust_evidence=Evidence.LIVE)
    if file.trust_evidence is Evidence.UNSEEN:
        live = replace(live, trust_evidence=Evidence.UNSEEN)
    if case.live is not None:
        other = folder / "live"
        other.mkdir()
        live = view(declare_entities(other, case.live), case.caller, Evidence.LIVE, request.role_arn)
    if case.principal:
        live = replace(live, principal=replace(live.principal, **case.principal))
        file = replace(file, principal=replace(file.principal, **case.principal))
    question = AssumeAttempt(
        request=request,
        alias=desired.aliases["it"],
        desired=desired,
        live=live,
        file=file,
        mfa=case.mfa,
        now=NOW,
        is_refused=case.refused,
        **case.more,
    )
    return explain_attempt(question)


def entities(trust: str, user: str = "{}", extra: str = "") -> str:
    return f"users:\n  demo: {user}\n  alice: {{}}\nroles:\n  app:\n    trust:\n      - {trust}\n{extra}"


def inline(*statements: str) -> str:
    return "{inline_policies: {p: {Statement: [" + ", ".join(statements) + "]}}}"


def raw(*statements: str) -> str:
    listed = "".join(f"\n        - {item}" for item in statements)
    return f"users:\n  demo: {{}}\n  alice: {{}}\nroles:\n  app:\n    trust_policy:\n      Statement:{listed}\n"


DEMO = "{users: [demo]}"
ALICE = "{users: [alice]}"
BY_ACCOUNT = f'{{accounts: ["{ACCOUNT}"]}}'
UNNEEDED = "needs no policy of its own, and none denies it"
ONCE_NAMED = "user/demo needs no policy of its own once the trust names it, and none denies it"
TO_EVERYONE = (
    '{Effect: Allow, Principal: "*", Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalType": User}}}'
)
WITH_MFA = "{users: [demo], mfa: required}"
FRESH_MFA = "{users: [demo], mfa: {max_age: 1h}}"
THIRD = "{users: [demo], external_id: abcdef}"
DENY = '{Effect: Deny, Action: "sts:*", Resource: "*"}'
GUARD = (
    '{Effect: Deny, NotAction: "iam:*", Resource: "*", '
    'Condition: {BoolIfExists: {"aws:MultiFactorAuthPresent": "false"}}}'
)
IP = '{users: [demo], conditions: {IpAddress: {"aws:SourceIp": "10.0.0.0/8"}}}'
PAST = '{users: [demo], conditions: {DateLessThan: {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}'
FUTURE = '{users: [demo], conditions: {DateLessThan: {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}'
TEAM = '{users: [demo], conditions: {StringEquals: {"aws:PrincipalTag/team": blue}}}'
NAMED = '{users: [demo], conditions: {StringEquals: {"sts:RoleSessionName": "${aws:username}"}}}'
BOUNDED = "{permissions_boundary: small, inline_policies: {p: {Statement: " + ASSUME_ANY + "}}}"
SMALL = 'policies:\n  small: {document: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}}\n'
GROUP = f"groups:\n  eng: {{inline_policies: {{p: {{Statement: [{ASSUME_ANY}]}}}}}}\n"
CHAIN = "roles:\n  first: {trust: [{users: [demo]}]%s}\n  app: {trust: [%s]}\nusers: {demo: {}}\n"
FIRST_MAY = f", inline_policies: {{p: {{Statement: {ASSUME_ANY}}}}}"
ROOTED = '{Effect: Allow, Principal: {AWS: "123456789012"}, Action: "sts:AssumeRole"%s}'
TAGS = "{role: app, session_tags: {a: b}}"
SOURCE = "{role: app, source_identity: me}"
FAR = f'{{role: "arn:aws:iam::{OTHER}:role/far"}}'
PICKED = (
    '{anyone: true, conditions: {ArnLike: {"aws:PrincipalArn": '
    f'["arn:aws:iam::{ACCOUNT}:role/first", "arn:aws:iam::{ACCOUNT}:user/demo"]}}}}}}'
)
IN_ORG = f'{{anyone: true, conditions: {{StringEquals: {{"aws:PrincipalAccount": "{ACCOUNT}"}}}}}}'
TRUST_DENIES = raw(
    '{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole"}',
    f'{{Sid: NotDemo, Effect: Deny, Principal: {{AWS: "arn:aws:iam::{ACCOUNT}:user/demo"}}, Action: "sts:AssumeRole"}}',
)
SESSION_MAY_NOTHING = {
    "kind": "session",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/first/me",
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/first",
    "session": (
        PolicySource(
            "session policy of x",
            canonical({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}),
        ),
    ),
}

Row = tuple[str, Case, AssumeOutcome]

CASES: list[Row] = [
    ("a trust that names the user", Case(entities(DEMO)), AssumeOutcome.ALLOWED),
    ("its account, and a policy that allows", Case(entities(BY_ACCOUNT, inline(ASSUME_ANY))), AssumeOutcome.ALLOWED),
    ("a policy of a group", Case(GROUP + entities(BY_ACCOUNT, "{groups: [eng]}")), AssumeOutcome.ALLOWED),
    ("MFA that is given", Case(entities(WITH_MFA), mfa=WITH_CODE), AssumeOutcome.ALLOWED),
    ("MFA that is young enough", Case(entities(FRESH_MFA), mfa=Mfa(True, 3599)), AssumeOutcome.ALLOWED),
    ("the right external id", Case(entities(THIRD), alias="{role: app, external_id: abcdef}"), AssumeOutcome.ALLOWED),
    (
        "tags that both sides allow",
        Case(entities("{users: [demo], session_tags: true}"), alias=TAGS),
        AssumeOutcome.ALLOWED,
    ),
    (
        "a source identity that is allowed",
        Case(entities("{users: [demo], source_identity: true}"), alias=SOURCE),
        AssumeOutcome.ALLOWED,
    ),
    ("a date to come", Case(entities(FUTURE)), AssumeOutcome.ALLOWED),
    ("the guard, and MFA", Case(entities(DEMO, inline(GUARD)), mfa=WITH_CODE), AssumeOutcome.ALLOWED),
    ("a role that the trust names", Case(CHAIN % ("", "{roles: [first]}"), "role/first"), AssumeOutcome.ALLOWED),
    ("the session name that is wanted", Case(entities(NAMED)), AssumeOutcome.ALLOWED),
    ("a trust that names another", Case(entities(ALICE)), AssumeOutcome.TRUST_REFUSES),
    (
        "a trust that names another, and may assume all",
        Case(entities(ALICE, inline(ASSUME_ANY))),
        AssumeOutcome.TRUST_REFUSES,
    ),
    ("services only", Case(entities("{services: [ec2.amazonaws.com]}")), AssumeOutcome.TRUST_REFUSES),
    ("a trust that denies", Case(TRUST_DENIES), AssumeOutcome.TRUST_REFUSES),
    ("a date that is past", Case(entities(PAST)), AssumeOutcome.TRUST_REFUSES),
    ("a tag that the user lacks", Case(entities(TEAM)), AssumeOutcome.TRUST_REFUSES),
    (
        "another session name",
        Case(entities(NAMED), alias="{role: app, session_name: other}"),
        AssumeOutcome.TRUST_REFUSES,
    ),
    ("another role of the chain", Case(CHAIN % (FIRST_MAY, DEMO), "role/first"), AssumeOutcome.TRUST_REFUSES),
    ("the account, and no policy", Case(entities(BY_ACCOUNT)), AssumeOutcome.CALLER_REFUSES),
    (
        "the account, and a policy for another role",
        Case(
            entities(
                BY_ACCOUNT, inline('{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::*:role/db"}')
            )
        ),
        AssumeOutcome.CALLER_REFUSES,
    ),
    ("named, and denied by its own policy", Case(entities(DEMO, inline(DENY))), AssumeOutcome.CALLER_REFUSES),
    ("within a boundary", Case(SMALL + entities(BY_ACCOUNT, BOUNDED)), AssumeOutcome.CALLER_REFUSES),
    (
        "a session policy of the hop before",
        Case(CHAIN % ("", "{roles: [first]}"), "role/first", principal=SESSION_MAY_NOTHING),
        AssumeOutcome.CALLER_REFUSES,
    ),
    (
        "a session policy, and a trust in everyone by ARN",
        Case(CHAIN % ("", PICKED), "role/first", principal=SESSION_MAY_NOTHING),
        AssumeOutcome.ALLOWED,
    ),
    (
        "a session policy, and a trust in everyone",
        Case(CHAIN % ("", IN_ORG), "role/first", principal=SESSION_MAY_NOTHING),
        AssumeOutcome.UNSEEN,
    ),
    ("unnamed and denied", Case(entities(ALICE, inline(DENY))), AssumeOutcome.BOTH_REFUSE),
    (
        "a condition, and no policy where one is needed",
        Case(raw(ROOTED % ', Condition: {StringEquals: {"aws:PrincipalTag/team": blue}}')),
        AssumeOutcome.BOTH_REFUSE,
    ),
    (
        "unnamed, and the guard",
        Case(entities(ALICE, inline(GUARD)), mfa=Mfa(False, temporary=True)),
        AssumeOutcome.BOTH_REFUSE,
    ),
    ("no MFA", Case(entities(WITH_MFA)), AssumeOutcome.NEEDS_MFA),
    ("no MFA, with an age", Case(entities(FRESH_MFA)), AssumeOutcome.NEEDS_MFA),
    ("the guard without MFA", Case(entities(DEMO, inline(GUARD))), AssumeOutcome.NEEDS_MFA),
    ("the guard and the trust", Case(entities(WITH_MFA, inline(GUARD))), AssumeOutcome.NEEDS_MFA),
    (
        "the age alone",
        Case(
            raw(ROOTED % ', Condition: {NumericLessThan: {"aws:MultiFactorAuthAge": "60"}}').replace(
                "demo: {}", f"demo: {inline(ASSUME_ANY)}"
            )
        ),
        AssumeOutcome.NEEDS_MFA,
    ),
    ("MFA of an hour ago", Case(entities(FRESH_MFA), mfa=Mfa(True, 3600)), AssumeOutcome.MFA_TOO_OLD),
    ("MFA of long ago", Case(entities(FRESH_MFA), mfa=Mfa(True, 40000)), AssumeOutcome.MFA_TOO_OLD),
    (
        "MFA demanded of a role",
        Case(CHAIN % (FIRST_MAY, '{accounts: ["123456789012"], mfa: required}'), "role/first"),
        AssumeOutcome.CHAIN_MFA,
    ),
    (
        "MFA demanded of a role that has no policy either",
        Case(CHAIN % ("", '{accounts: ["123456789012"], mfa: {max_age: 1h}}'), "role/first"),
        AssumeOutcome.CHAIN_MFA,
    ),
    ("no external id", Case(entities(THIRD)), AssumeOutcome.WRONG_EXTERNAL_ID),
    (
        "another external id",
        Case(entities(THIRD), alias="{role: app, external_id: other}"),
        AssumeOutcome.WRONG_EXTERNAL_ID,
    ),
    ("tags that the trust does not allow", Case(entities(DEMO), alias=TAGS), AssumeOutcome.TAG_SESSION),
    (
        "tags that the caller may not pass",
        Case(
            raw(ROOTED.replace('"sts:AssumeRole"', '["sts:AssumeRole", "sts:TagSession"]') % "").replace(
                "demo: {}", f"demo: {inline(ASSUME_ANY)}"
            ),
            alias=TAGS,
        ),
        AssumeOutcome.TAG_SESSION,
    ),
    (
        "a source identity that the trust does not allow",
        Case(entities(DEMO), alias=SOURCE),
        AssumeOutcome.SOURCE_IDENTITY,
    ),
    (
        "a source identity that the caller may not set",
        Case(
            entities(
                "{users: [demo], source_identity: true}",
                inline('{Effect: Deny, Action: "sts:SetSourceIdentity", Resource: "*"}'),
            ),
            alias=SOURCE,
        ),
        AssumeOutcome.SOURCE_IDENTITY,
    ),
    ("tags, and not even the role", Case(entities(ALICE), alias=TAGS), AssumeOutcome.TRUST_REFUSES),
    ("an address that is not known", Case(entities(IP)), AssumeOutcome.DEPENDS),
    (
        "MFA of which nothing is known, and refused",
        Case(entities(WITH_MFA), mfa=Mfa(None), refused=True),
        AssumeOutcome.NEEDS_MFA,
    ),
    (
        "MFA of an age that is not known, and refused",
        Case(entities(FRESH_MFA), mfa=Mfa(True), refused=True),
        AssumeOutcome.MFA_TOO_OLD,
    ),
    ("MFA of which nothing is known", Case(entities(WITH_MFA), mfa=Mfa(None)), AssumeOutcome.DEPENDS),
    ("a role of another account", Case(entities(DEMO, inline(ASSUME_ANY)), alias=FAR), AssumeOutcome.UNSEEN),
    ("a caller of which nothing is known", Case(entities(BY_ACCOUNT), "user/other"), AssumeOutcome.UNSEEN),
    ("another account, and no policy", Case(entities(DEMO), alias=FAR), AssumeOutcome.CALLER_REFUSES),
    ("refused although both allow", Case(entities(DEMO), refused=True), AssumeOutcome.UNSEEN),
    ("refused where it depends", Case(entities(IP), refused=True), AssumeOutcome.UNSEEN),
    ("refused where the file shows why", Case(entities(ALICE), refused=True), AssumeOutcome.TRUST_REFUSES),
    ("the root user", Case(entities(BY_ACCOUNT), f"arn:aws:iam::{ACCOUNT}:root"), AssumeOutcome.ROOT),
    (
        "the root user of a trusted user's account",
        Case(entities(DEMO), f"arn:aws:iam::{ACCOUNT}:root"),
        AssumeOutcome.ROOT,
    ),
    (
        "a federated user",
        Case(entities(BY_ACCOUNT), f"arn:aws:sts::{ACCOUNT}:federated-user/demo"),
        AssumeOutcome.FEDERATED,
    ),
    (
        "a federated user that is trusted",
        Case(
            raw(
                f'{{Effect: Allow, Principal: {{AWS: "arn:aws:sts::{ACCOUNT}:federated-user/x"}}, '
                'Action: "sts:AssumeRole"}'
            ),
            f"arn:aws:sts::{ACCOUNT}:federated-user/x",
        ),
        AssumeOutcome.FEDERATED,
    ),
    ("a trust that only the file has", Case(entities(DEMO), live=entities(ALICE)), AssumeOutcome.NOT_APPLIED),
    (
        "a policy that only the file has",
        Case(entities(BY_ACCOUNT, inline(ASSUME_ANY)), live=entities(BY_ACCOUNT)),
        AssumeOutcome.NOT_APPLIED,
    ),
    (
        "a trust of the file that then wants MFA",
        Case(entities(WITH_MFA), live=entities(ALICE)),
        AssumeOutcome.NOT_APPLIED,
    ),
    ("a role that only the file has", Case(entities(DEMO), more={"is_role_missing": True}), AssumeOutcome.NOT_APPLIED),
    (
        "MFA wanted live, and in the file alike",
        Case(entities(WITH_MFA), live=entities(WITH_MFA)),
        AssumeOutcome.NEEDS_MFA,
    ),
    (
        "refused live and in the file, otherwise",
        Case(entities(ALICE), live=entities(BY_ACCOUNT)),
        AssumeOutcome.CALLER_REFUSES,
    ),
    ("allowed live, and not in the file", Case(entities(ALICE), live=entities(DEMO)), AssumeOutcome.ALLOWED),
    (
        "applied just now",
        Case(entities(DEMO), refused=True, more={"seconds_since_applied": 3.0}),
        AssumeOutcome.PROPAGATING,
    ),
    (
        "applied just now, and not read back yet",
        Case(entities(DEMO), live=entities(ALICE), refused=True, more={"seconds_since_applied": 3.0}),
        AssumeOutcome.PROPAGATING,
    ),
    (
        "made just now",
        Case(entities(DEMO), more={"is_role_missing": True, "seconds_since_applied": 3.0}),
        AssumeOutcome.PROPAGATING,
    ),
    (
        "applied just now, and refused by the file too",
        Case(entities(ALICE), refused=True, more={"seconds_since_applied": 3.0}),
        AssumeOutcome.TRUST_REFUSES,
    ),
    ("applied just now, and allowed", Case(entities(DEMO), more={"seconds_since_applied": 3.0}), AssumeOutcome.ALLOWED),
    (
        "no role anywhere",
        Case(
            entities(DEMO),
            alias=f'{{role: "arn:aws:iam::{ACCOUNT}:role/ap"}}',
            more={"is_role_missing": True, "role_names": ("app", "db")},
        ),
        AssumeOutcome.NO_ROLE,
    ),
    (
        "a role below another path",
        Case(entities(DEMO), more={"live_arn": f"arn:aws:iam::{ACCOUNT}:role/team/app"}),
        AssumeOutcome.NO_ROLE,
    ),
]


TWO = "{users: [demo], mfa: required}\n      - %s"
NOT_MFA = '{users: [demo], conditions: {Bool: {"aws:MultiFactorAuthPresent": "false"}}}'
REQUEST_TAG = '{users: [demo], conditions: {StringEquals: {"aws:RequestTag/team": blue}}}'
SHARP_GUARD = (
    '{Effect: Deny, Action: "sts:*", Resource: "*", Condition: {Bool: {"aws:MultiFactorAuthPresent": "false"}}}'
)
DENYING = SMALL.replace("{Effect: Allow", '[{Effect: Allow, Action: "*", Resource: "*"}, {Effect: Deny').replace(
    '"s3:*", Resource: "*"}}', '"sts:*", Resource: "*"}]}'
)
TEAM_BLUE = '{StringEquals: {"aws:RequestTag/team": blue}}'
PASSED_TAGS, PASSED_NAME = InheritedAttributes(tags=(("team", "blue"),)), InheritedAttributes("ann")


def chain_case(trust: str, inherited: InheritedAttributes, first: str = "", refused: bool = True, **more: str) -> Case:
    """The second call of a chain, whose session has inherited something."""
    file = CHAIN % (first, trust)
    return Case(file, "role/first", refused=refused and "denied_action" in more, more={"inherited": inherited, **more})


CASES += [
    ("with MFA by name, by its account without", Case(entities(TWO % BY_ACCOUNT)), AssumeOutcome.NEEDS_MFA),
    (
        "the statement that lacks least",
        Case(entities(TWO % "{users: [demo], mfa: required, external_id: abcdef}")),
        AssumeOutcome.NEEDS_MFA,
    ),
    ("MFA or an external id", Case(entities(TWO % THIRD)), AssumeOutcome.NEEDS_MFA),
    ("MFA that must not be", Case(entities(NOT_MFA), mfa=WITH_CODE), AssumeOutcome.TRUST_REFUSES),
    ("a tag that is not passed", Case(entities(REQUEST_TAG)), AssumeOutcome.TRUST_REFUSES),
    ("keys of a user that lack MFA", Case(entities(DEMO, inline(SHARP_GUARD))), AssumeOutcome.ALLOWED),
    (
        "a session without MFA, where the key may be false",
        Case(entities(DEMO, inline(SHARP_GUARD)), mfa=Mfa(False, temporary=True)),
        AssumeOutcome.DEPENDS,
    ),
    ("a boundary that denies", Case(DENYING + entities(DEMO, BOUNDED)), AssumeOutcome.CALLER_REFUSES),
    ("inherited tags, and a trust without", chain_case("{roles: [first]}", PASSED_TAGS), AssumeOutcome.TAG_SESSION),
    (
        "inherited tags that the trust takes",
        chain_case("{roles: [first], session_tags: true}", PASSED_TAGS),
        AssumeOutcome.ALLOWED,
    ),
    ("an inherited source identity", chain_case("{roles: [first]}", PASSED_NAME), AssumeOutcome.SOURCE_IDENTITY),
    (
        "an inherited source identity that both sides take",
        chain_case(
            "{roles: [first], source_identity: true}", PASSED_NAME, FIRST_MAY.replace("sts:AssumeRole", "sts:*")
        ),
        AssumeOutcome.ALLOWED,
    ),
    (
        "an inherited source identity that only the trust takes",
        chain_case("{roles: [first], source_identity: true}", PASSED_NAME),
        AssumeOutcome.SOURCE_IDENTITY,
    ),
    (
        "inherited tags, and a caller that may not pass them",
        chain_case(f'{{accounts: ["{ACCOUNT}"], session_tags: true}}', PASSED_TAGS, FIRST_MAY),
        AssumeOutcome.TAG_SESSION,
    ),
    (
        "an inherited source identity, and a caller that may not",
        chain_case(f'{{accounts: ["{ACCOUNT}"], source_identity: true}}', PASSED_NAME, FIRST_MAY),
        AssumeOutcome.SOURCE_IDENTITY,
    ),
    (
        "an inherited tag that the trust asks for",
        chain_case(f"{{roles: [first], session_tags: true, conditions: {TEAM_BLUE}}}", PASSED_TAGS),
        AssumeOutcome.ALLOWED,
    ),
    (
        "another inherited tag than the trust asks for",
        chain_case(
            f"{{roles: [first], session_tags: true, conditions: {TEAM_BLUE}}}",
            InheritedAttributes(tags=(("team", "x"),)),
        ),
        AssumeOutcome.TRUST_REFUSES,
    ),
    (
        "tags of a session made elsewhere, as AWS said",
        chain_case("{roles: [first]}", InheritedAttributes(known=False), denied_action="sts:TagSession"),
        AssumeOutcome.TAG_SESSION,
    ),
    (
        "a source identity of a session made elsewhere, as AWS said",
        chain_case("{roles: [first]}", InheritedAttributes(known=False), denied_action="sts:SetSourceIdentity"),
        AssumeOutcome.SOURCE_IDENTITY,
    ),
    (
        "a session made elsewhere",
        chain_case("{roles: [first]}", InheritedAttributes(known=False), refused=False),
        AssumeOutcome.ALLOWED,
    ),
]


@pytest.mark.parametrize(("case", "outcome"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_each_situation_has_its_outcome(tmp_path: Path, case: Case, outcome: AssumeOutcome) -> None:
    found = explain_case(tmp_path, case)
    assert found.outcome is outcome, found
    assert found.may_assume == (outcome is AssumeOutcome.ALLOWED)


@pytest.mark.parametrize("outcome", [item for item in AssumeOutcome if item is not AssumeOutcome.WRONG_MFA_DEVICE])
def test_every_outcome_is_reached_in_two_ways(outcome: AssumeOutcome) -> None:
    assert sum(row[2] is outcome for row in CASES) >= 2


@pytest.mark.parametrize("case", [row[1] for row in CASES], ids=[row[0] for row in CASES])
def test_whatever_refuses_says_so_and_what_to_do(tmp_path: Path, case: Case) -> None:
    found = explain_case(tmp_path, case)
    assert found.summary.endswith("."), found
    assert "{" not in found.summary
    refusing = [side for side in found.sides if side.verdict is SideVerdict.REFUSES]
    assert all(side.reasons for side in found.sides)
    if found.may_assume:
        assert not refusing
    elif found.outcome is not AssumeOutcome.UNSEEN or case.refused:
        assert found.hint
    if found.outcome is AssumeOutcome.TRUST_REFUSES:
        assert [side.party for side in refusing] == ["trust"]
    if found.outcome is AssumeOutcome.CALLER_REFUSES:
        assert [side.party for side in refusing] == ["caller"]
    if found.outcome is AssumeOutcome.BOTH_REFUSE:
        assert [side.party for side in refusing] == ["trust", "caller"]


def reasons_of(found: Explanation) -> Iterator[str]:
    for side in found.sides:
        yield from side.reasons


SAID = [
    ("an unnamed user", Case(entities(ALICE)), "no statement lets user/demo in", ("users: [alice, demo]",)),
    ("no rule like it", Case(entities("{services: [ec2.amazonaws.com]}")), "no statement", ("- users: [demo]",)),
    (
        "a role",
        Case(CHAIN % (FIRST_MAY, "{roles: [other]}".replace("other", "app")), "role/first"),
        "no statement",
        ("roles: [app, first]",),
    ),
    (
        "a raw trust",
        Case(raw('{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}')),
        "no statement",
        (
            '{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/demo"}, '
            '"Action": "sts:AssumeRole"}',
        ),
    ),
    ("a deny of the trust", Case(TRUST_DENIES), "statement 2 (NotDemo) denies it", ()),
    (
        "a deny of the caller",
        Case(entities(DEMO, inline(ASSUME_ANY, DENY))),
        "statement 2 of user/demo inline policy p denies it",
        (),
    ),
    ("no MFA", Case(entities(WITH_MFA)), "statement 1 demands MFA, and the call carries none", ()),
    (
        "old MFA",
        Case(entities(FRESH_MFA), mfa=Mfa(True, 5400)),
        "MFA of less than 1h ago, and it was given 1h 30m ago",
        (),
    ),
    (
        "another external id",
        Case(entities(THIRD), alias="{role: app, external_id: other}"),
        "StringEquals sts:ExternalId abcdef, and the call carries other",
        ("external_id: abcdef",),
    ),
    (
        "a past date",
        Case(entities(PAST)),
        "DateLessThan aws:CurrentTime 2026-01-01T00:00:00Z, and the call carries 2026-11-24T12:00:00Z",
        (),
    ),
    ("an unknown address", Case(entities(IP)), "statement 1 allows it if IpAddress aws:SourceIp 10.0.0.0/8", ()),
    (
        "a boundary",
        Case(SMALL + entities(BY_ACCOUNT, BOUNDED)),
        "the permissions boundary policy/small does not allow sts:AssumeRole on role/app",
        (),
    ),
    (
        "no policy",
        Case(entities(BY_ACCOUNT)),
        "no policy of user/demo allows sts:AssumeRole on role/app",
        (
            "inline_policies:",
            "  assume-app:",
            f'    Statement: {{Effect: Allow, Action: "sts:AssumeRole", Resource: "{ROLE}"}}',
        ),
    ),
    (
        "tags",
        Case(entities(DEMO), alias=TAGS),
        "no statement lets user/demo in with sts:TagSession",
        ("session_tags: true",),
    ),
    ("the account", Case(entities(BY_ACCOUNT, inline(ASSUME_ANY))), "lets user/demo in by its account", ()),
    ("everyone by ARN", Case(entities(PICKED)), "lets user/demo in by aws:PrincipalArn", ()),
    (
        "everyone, and a session policy",
        Case(CHAIN % ("", IN_ORG), "role/first", principal=SESSION_MAY_NOTHING),
        "AWS does not say if the session policy of the previous hop counts here",
        (),
    ),
    (
        "inherited tags",
        chain_case("{roles: [first]}", PASSED_TAGS),
        "no statement lets role/first in with sts:TagSession",
        ("session_tags: true",),
    ),
    (
        "an inherited source identity",
        chain_case("{roles: [first]}", PASSED_NAME, FIRST_MAY.replace("sts:AssumeRole", "sts:*")),
        "no statement lets role/first in with sts:SetSourceIdentity",
        ("source_identity: true",),
    ),
    (
        "an inherited source identity that no policy lets along",
        chain_case("{roles: [first], source_identity: true}", PASSED_NAME),
        "no policy of role/first allows sts:SetSourceIdentity on role/app",
        (
            "inline_policies:",
            "  assume-app:",
            '    Statement: {Effect: Allow, Action: ["sts:AssumeRole", "sts:SetSourceIdentity"], '
            f'Resource: "{ROLE}"}}',
        ),
    ),
]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (chain_case("{roles: [first]}", PASSED_TAGS), "An earlier alias of the chain makes team transitive"),
        (chain_case("{roles: [first]}", PASSED_NAME), "An earlier alias of the chain sets the source identity ann"),
        (
            chain_case("{roles: [first]}", InheritedAttributes(known=False), denied_action="sts:TagSession"),
            "The caller's session carries transitive tags",
        ),
        (
            chain_case("{roles: [first]}", InheritedAttributes(known=False), denied_action="sts:SetSourceIdentity"),
            "The caller's session carries a source identity",
        ),
    ],
)
def test_what_the_call_does_not_set_itself_is_traced_to_where_it_was_set(tmp_path: Path, case: Case, said: str) -> None:
    assert said in " ".join(explain_case(tmp_path, case).details)


def test_tags_that_the_call_sets_need_no_tracing(tmp_path: Path) -> None:
    assert not explain_case(tmp_path, Case(entities(DEMO), alias=TAGS)).details


@pytest.mark.parametrize(("case", "reason", "lines"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_the_reason_and_the_lines_to_write(tmp_path: Path, case: Case, reason: str, lines: tuple[str, ...]) -> None:
    found = explain_case(tmp_path, case)
    assert reason in "\n".join(reasons_of(found))
    assert found.suggested_lines == lines


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (Case(entities(DEMO)), f"the trust names user/demo, so user/demo {UNNEEDED}"),
        (Case(entities(WITH_MFA)), f"the trust names user/demo, so user/demo {UNNEEDED}"),
        (Case(raw(TO_EVERYONE)), f"the trust names everyone, so user/demo {UNNEEDED}"),
        (Case(entities(ALICE)), ONCE_NAMED),
        (Case(entities(ALICE), alias=f"{{role: arn:aws:iam::{ACCOUNT}:role/unread}}"), ONCE_NAMED),
    ],
    ids=["the trust lets in", "the trust names and refuses", "everyone", "the trust names another", "an unread trust"],
)
def test_a_caller_without_a_policy_is_told_as_the_trust_is(tmp_path: Path, case: Case, sentence: str) -> None:
    sides = {side.party: side for side in explain_case(tmp_path, case).sides}
    assert sides["caller"].reasons == (sentence,)


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (Case(entities(ALICE)), ALICE),
        (Case(entities("{services: [ec2.amazonaws.com]}\n      - " + ALICE)), ALICE),
        (Case(TRUST_DENIES), "{Sid: NotDemo"),
        (Case(entities(DEMO, inline(ASSUME_ANY, DENY))), DENY),
        (Case(entities(WITH_MFA)), WITH_MFA),
        (Case(entities(BY_ACCOUNT)), "{}"),
        (Case(entities(f"{ALICE}\n      - {DEMO}"), alias=TAGS), DEMO),
    ],
    ids=["a rule", "a later rule", "a raw statement", "a policy", "a condition", "a user", "the rule that lets in"],
)
def test_the_place_is_that_of_the_text_to_change(tmp_path: Path, case: Case, text: str) -> None:
    place = explain_case(tmp_path, case).place
    assert place is not None
    line = Path(place.file).read_text().splitlines()[place.line - 1]
    assert line[place.column - 1 :].startswith(text)


def test_the_proposed_rule_lets_the_caller_in(tmp_path: Path) -> None:
    before = explain_case(tmp_path, Case(entities(ALICE)))
    assert before.suggested_lines == ("users: [alice, demo]",)
    assert explain_case(tmp_path, Case(entities("{" + before.suggested_lines[0] + "}"))).may_assume


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case(entities(WITH_MFA), mfa=WITH_CODE), "user/demo may assume role/app with an MFA code."),
        (Case(entities(WITH_MFA), mfa=Mfa(True, 0, True)), "user/demo may assume role/app with an MFA code."),
        (Case(entities(FRESH_MFA), mfa=WITH_CODE), "user/demo may assume role/app with an MFA code."),
        (Case(entities(DEMO, inline(GUARD)), mfa=WITH_CODE), "user/demo may assume role/app with an MFA code."),
        (Case(entities(WITH_MFA), mfa=Mfa(True, 60, True)), "user/demo may assume role/app."),
        (Case(entities(DEMO), mfa=WITH_CODE), "user/demo may assume role/app."),
        (Case(entities(DEMO)), "user/demo may assume role/app."),
        (
            Case(
                entities("{users: [demo], mfa: required, conditions: {IpAddress: {'aws:SourceIp': 192.0.2.0/24}}}"),
                mfa=WITH_CODE,
            ),
            "user/demo may assume role/app with an MFA code, depending on aws:SourceIp.",
        ),
    ],
)
def test_a_code_that_is_still_to_be_given_is_said(tmp_path: Path, case: Case, expected: str) -> None:
    assert explain_case(tmp_path, case).summary == expected


def test_a_rule_with_mfa_keeps_it_when_the_caller_is_added(tmp_path: Path) -> None:
    found = explain_case(tmp_path, Case(entities("{users: [alice], mfa: required}")))
    assert found.hint.startswith("Add the caller to this rule")


def test_a_raw_proposal_lets_the_caller_in(tmp_path: Path) -> None:
    closed = raw('{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}')
    statement = json.loads(explain_case(tmp_path, Case(closed)).suggested_lines[0])
    assert explain_case(tmp_path, Case(closed.rstrip() + f"\n        - {json.dumps(statement)}\n")).may_assume


def test_the_proposed_policy_is_enough(tmp_path: Path) -> None:
    lines = explain_case(tmp_path, Case(entities(BY_ACCOUNT))).suggested_lines
    user = "\n" + "\n".join(f"    {line}" for line in lines)
    assert explain_case(tmp_path, Case(entities(BY_ACCOUNT, user))).may_assume


def test_a_file_that_will_take_it_away_is_said(tmp_path: Path) -> None:
    found = explain_case(tmp_path, Case(entities(ALICE), live=entities(DEMO)))
    assert "the next apply removes this right" in " ".join(found.details)


def test_what_is_not_applied_points_at_the_file_and_at_apply(tmp_path: Path) -> None:
    found = explain_case(tmp_path, Case(entities(WITH_MFA), live=entities(ALICE)))
    assert "apply" in found.hint
    assert "Once applied: user/demo may not assume role/app without MFA." in " ".join(found.details).replace(
        "once", "Once"
    )


def test_a_role_that_is_not_there_yet_may_still_refuse(tmp_path: Path) -> None:
    found = explain_case(tmp_path, Case(entities(ALICE), more={"is_role_missing": True}))
    assert "Once applied: user/demo may not assume role/app" in " ".join(found.details)


def test_a_role_of_a_similar_name_is_proposed(tmp_path: Path) -> None:
    alias = f'{{role: "arn:aws:iam::{ACCOUNT}:role/ap"}}'
    more = {"is_role_missing": True, "role_names": ("app", "db")}
    assert explain_case(tmp_path, Case(entities(DEMO), alias=alias, more=more)).hint == "Did you mean 'app'?"


def test_a_recreated_user_is_not_the_one_that_a_live_trust_holds(tmp_path: Path) -> None:
    """A trust keeps the unique id of a user that is gone (IAM User Guide, "…: Principal")."""
    dangling = canonical(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": "AIDAOLDOLDOLDOLDOLD"}, "Action": "sts:AssumeRole"},
        }
    )
    desired = declare_entities(tmp_path, entities(DEMO))
    request = chain.build_calls(
        chain.resolve_role_chain("it", desired.aliases), f"arn:aws:iam::{ACCOUNT}:user/demo", {}
    )[-1]
    file = view(desired, "user/demo", Evidence.FILE, ROLE)
    live = CallerAndRole(file.principal, Target(ROLE, dangling), Evidence.LIVE, Evidence.LIVE)
    found = explain_attempt(AssumeAttempt(request, desired.aliases["it"], desired, live, file, Mfa(), NOW))
    assert found.outcome is AssumeOutcome.NOT_APPLIED
    assert isinstance(desired.state.entities[Address("role", "app")], Role)


NULL_GUARD = inline(
    '{Effect: Deny, Action: "sts:AssumeRole", Resource: "*", Condition: {"Null": {"aws:MultiFactorAuthAge": "true"}}}'
)
FAR = '{role: "arn:aws:iam::999999999999:role/x"%s}'


@pytest.mark.parametrize(
    ("case", "said", "not_said", "lines"),
    [
        (
            Case(entities(DEMO, inline(ASSUME_ANY)), alias=FAR % "", refused=True),
            "of account 999999999999. It may demand MFA, or demand an external id, or not",
            "carries",
            ["mfa: true", "external_id: THE-ID"],
        ),
        (
            Case(entities(DEMO, inline(ASSUME_ANY)), alias=FAR % ", external_id: abc", refused=True),
            "It may demand MFA, or not name user/demo",
            "external",
            ["mfa: true"],
        ),
        (
            Case(entities(DEMO, inline(ASSUME_ANY)), alias=FAR % "", refused=True, mfa=WITH_CODE),
            "It may demand an external id, or not name user/demo",
            "MFA",
            ["external_id: THE-ID"],
        ),
    ],
    ids=["nothing is carried", "an external id is carried", "MFA is carried"],
)
def test_a_trust_of_another_account_is_the_first_suspect_and_an_scp_the_second(
    tmp_path: Path, case: Case, said: str, not_said: str, lines: list[str]
) -> None:
    found = explain_case(tmp_path, case)
    first, second = found.details
    assert said in first and not_said not in first and "SCP" not in first
    assert "SCP" in second
    assert [line.partition("  ")[0] for line in found.suggested_lines] == lines
    assert found.place is not None and found.code_helps is None
    assert case.mfa is WITH_CODE or "write in the alias" in found.hint


@pytest.mark.parametrize(
    ("case", "helps"),
    [
        (Case(entities(WITH_MFA)), True),
        (Case(entities(BY_ACCOUNT, NULL_GUARD)), False),
        (Case(entities(DEMO, NULL_GUARD)), True),
        (Case(entities(ALICE)), False),
        (Case(entities(DEMO)), None),
        (Case(entities(DEMO), refused=True), None),
        (Case(entities(WITH_MFA), mfa=WITH_CODE), None),
        (Case(entities(WITH_MFA), mfa=Mfa(None, temporary=True), refused=True), True),
        (Case(entities(WITH_MFA), live=entities(DEMO)), None),
        (Case(entities(DEMO), live=entities(WITH_MFA)), True),
    ],
)
def test_a_code_helps_if_both_sides_let_in_with_one_and_not_without(
    tmp_path: Path, case: Case, helps: bool | None
) -> None:
    assert explain_case(tmp_path, case).code_helps is helps


def test_an_alias_that_forbids_a_code_is_told_to_lose_that_line(tmp_path: Path) -> None:
    found = explain_case(tmp_path, Case(entities(WITH_MFA), alias="{role: app, mfa: false}"))
    assert found.outcome is AssumeOutcome.NEEDS_MFA and "`mfa: false`" in found.hint and found.place is not None


OPEN = f"""
users: {{demo: {{inline_policies: {{a: {{Statement: [{ASSUME_ANY}]}}}}}}}}
roles: {{app: {{trust: [{{users: [demo]}}]}}}}
"""
GUARDRAILS = {
    # name: (section, policy, side that refuses, sentence)
    "an SCP without an Allow": (
        "scps",
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        "caller",
        "the guardrails do not allow sts:AssumeRole on role/app: org.json",
    ),
    "an SCP with a Deny": (
        "scps",
        {"Effect": "Deny", "Action": "sts:*", "Resource": "*"},
        "caller",
        "statement 1 of SCP org.json denies it",
    ),
    "an RCP with a Deny": (
        "rcps",
        {"Effect": "Deny", "Action": "sts:*", "Resource": "*", "Principal": "*"},
        "trust",
        "statement 1 of RCP org.json denies it",
    ),
}


@pytest.mark.parametrize(("section", "statement", "side", "sentence"), GUARDRAILS.values(), ids=list(GUARDRAILS))
def test_a_guardrail_that_refuses_is_named(
    tmp_path: Path, section: str, statement: dict[str, Any], side: str, sentence: str
) -> None:
    (tmp_path / "org.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    found = explain_case(tmp_path, Case(f"guardrails: {{{section}: [[org.json]]}}\n{OPEN}"))
    assert not found.outcome.name.startswith("ALLOWED")
    refusing = {one.party: one.reasons for one in found.sides}
    assert any(sentence in text for text in refusing[side]), refusing

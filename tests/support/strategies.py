"""Hypothesis strategies that all properties share.

They draw policy documents, rewrites that keep their meaning, changes that do not, and small worlds (a desired state and
a live one).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import cache
from itertools import combinations, permutations
from typing import Any

from hypothesis import strategies as st

from reconciler.kinds.account import AccountAlias, PasswordPolicy
from reconciler.kinds.facets.tags import OWNER, PROTECT
from reconciler.kinds.oidc_provider import OidcProvider
from reconciler.kinds.saml_provider import SamlProvider
from reconciler.kinds.server_certificate import ServerCertificate
from reconciler.model.address import Address
from reconciler.model.desired import Declaration, Desired, Move, Settings
from reconciler.model.entity import Entity, Group, InstanceProfile, Policy, Role, User
from reconciler.model.live import LiveDetails, MfaDevice, OwnedCredentials, PolicyVersion, State
from reconciler.model.pem import parse_pem
from reconciler.model.problem import Place
from reconciler.model.xml_document import parse_xml_or_opaque
from reconciler.policy.canonical import canonical
from tests.support import certificates
from tests.support.draws import sampled_from
from tests.support.fake_iam import INLINE_QUOTA

ACCOUNT = "123456789012"
ME = "me"

Json = Any

# Documents

_ACTIONS = ["s3:GetObject", "s3:Get*", "ec2:DescribeInstances", "sts:AssumeRole", "iam:PassRole", "*"]
_RESOURCES = ["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::Bucket/*", "arn:aws:iam::123456789012:role/${aws:username}"]
_AWS = [
    ACCOUNT,
    "210987654321",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:user/Alice",
    "*",
]
_SERVICES = ["ec2.amazonaws.com", "lambda.amazonaws.com"]
_TESTS: list[tuple[str, str, list[Json]]] = [
    ("StringEquals", "aws:PrincipalTag/Team", ["a", "A", "a b"]),
    ("StringLike", "s3:prefix", ["home/*", "Home/*", ""]),
    ("Bool", "aws:SecureTransport", ["true", "false"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ["true", "false"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", ["3600", "5"]),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["x", "y"]),
]


def _lists(values: list[Json]) -> st.SearchStrategy[list[Json]]:
    return _lists_of(tuple(values))


@cache  # making a strategy takes longer than drawing from it
def _lists_of(values: tuple[Json, ...]) -> st.SearchStrategy[list[Json]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique_by=str)


@cache
@st.composite
def _conditions(draw: st.DrawFn) -> dict[str, Json]:
    blocks: dict[str, Json] = {}
    for operator, key, values in draw(st.lists(st.sampled_from(_TESTS), max_size=2, unique_by=lambda test: test[:2])):
        blocks.setdefault(operator, {})[key] = draw(_lists(values))
    return blocks


@cache
@st.composite
def statements(draw: st.DrawFn, *, trust: bool = False) -> dict[str, Json]:
    """Draw a statement in which every element is a list."""
    statement: dict[str, Json] = {"Effect": draw(sampled_from(["Allow", "Deny"]))}
    if draw(st.booleans()):
        statement["Sid"] = draw(sampled_from(["One", "one", "Two"]))
    statement[draw(sampled_from(["Action", "Action", "NotAction"]))] = draw(_lists(_ACTIONS))
    if trust:
        who = {"AWS": draw(_lists(_AWS))} if draw(st.booleans()) else {"Service": draw(_lists(_SERVICES))}
        statement["Principal"] = draw(st.sampled_from([who, "*"]))
    else:
        statement[draw(sampled_from(["Resource", "Resource", "NotResource"]))] = draw(_lists(_RESOURCES))
    conditions = draw(_conditions())
    if conditions:
        statement["Condition"] = conditions
    return statement


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Json]:
    """Draw a whole policy with an explicit Version."""
    inside = statements(trust=draw(st.booleans()))
    return {
        "Version": draw(sampled_from(["2012-10-17", "2008-10-17"])),
        **({"Id": "an-id"} if draw(st.booleans()) else {}),
        "Statement": draw(st.lists(inside, min_size=1, max_size=3)),
    }


def _vary_case(draw: st.DrawFn, text: str) -> str:
    return draw(sampled_from([text, text.lower(), text.upper(), text.title()]))


def _vary_list(draw: st.DrawFn, values: Json) -> Json:
    """Draw the same set as a list in another order, with repetitions, or as a single value."""
    listed = list(values) if isinstance(values, list) else [values]
    listed = draw(st.permutations([*listed, *draw(st.lists(st.sampled_from(listed), max_size=2))]))
    return listed[0] if len(listed) == 1 and draw(st.booleans()) else listed


_TYPED: dict[str, Json] = {"true": True, "false": False, "3600": 3600, "5": 5}


def _rewrite_condition(draw: st.DrawFn, block: Json) -> Json:
    return {
        operator: {
            _vary_case(draw, key): _vary_list(
                draw, [_TYPED.get(value, value) if draw(st.booleans()) else value for value in values]
            )
            for key, values in lines.items()
        }
        for operator, lines in block.items()
    }


def _rewrite_statement(draw: st.DrawFn, statement: dict[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for element in draw(st.permutations(list(statement))):
        value = statement[element]
        if element in ("Action", "NotAction"):
            value = _vary_list(draw, [_vary_case(draw, action) for action in value])
        elif element in ("Resource", "NotResource"):
            value = _vary_list(draw, value)
        elif element == "Principal" and isinstance(value, dict):
            value = {
                kind: _vary_list(draw, [_vary_account(draw, who) for who in values]) for kind, values in value.items()
            }
        elif element == "Condition":
            value = _rewrite_condition(draw, value)
        found[element] = value
    if "Condition" not in found and draw(st.booleans()):
        found["Condition"] = {}
    return found


def _vary_account(draw: st.DrawFn, principal: str) -> str:
    root = f"arn:aws:iam::{principal}:root"
    return root if principal.isdigit() and draw(st.booleans()) else principal


@st.composite
def equivalent_documents(draw: st.DrawFn, document: dict[str, Json]) -> dict[str, Json]:
    """Draw another way to write the same document (facts on canonicalisation, "Safe to equate")."""
    body = [_rewrite_statement(draw, statement) for statement in document["Statement"]]
    body = draw(st.permutations([*body, *draw(st.lists(st.sampled_from(body), max_size=1))]))
    found: dict[str, Json] = {key: document[key] for key in draw(st.permutations(list(document)))}
    found["Statement"] = body[0] if len(body) == 1 and draw(st.booleans()) else body
    if found["Version"] == "2008-10-17" and draw(st.booleans()):
        del found["Version"]
    return found


def _set_element(element: str, value: Json) -> Callable[[dict[str, Json]], None]:
    return lambda statement: statement.__setitem__(element, value)


def _flip_effect(statement: dict[str, Json]) -> None:
    statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"


def _negate_action(statement: dict[str, Json]) -> None:
    old = "Action" if "Action" in statement else "NotAction"
    statement["NotAction" if old == "Action" else "Action"] = statement.pop(old)


CHANGES: dict[str, Callable[[dict[str, Json]], None]] = {
    "another effect": _flip_effect,
    "a new Sid": _set_element("Sid", "New"),
    "Action for NotAction": _negate_action,
    "one more action": lambda item: item["Action" if "Action" in item else "NotAction"].append("sns:Publish"),
    "an unknown element": _set_element("Resources", "*"),
    "one more condition": lambda item: item.setdefault("Condition", {}).update({"StringNotLike": {"s3:prefix": "z"}}),
    "an empty operator": lambda item: item.setdefault("Condition", {}).update({"DateEquals": {}}),
}
"""Changes that alter the canonical form of any statement."""


@st.composite
def changed_documents(draw: st.DrawFn, document: dict[str, Json]) -> dict[str, Json]:
    """Draw the document with a change to the meaning of one statement."""
    found = copy.deepcopy(document)
    CHANGES[draw(sampled_from(sorted(CHANGES)))](draw(st.sampled_from(found["Statement"])))
    return found


# Worlds

USERS, GROUPS, ROLES = ("u1", "u2"), ("g1", "g2", "g3"), ("r1", "r2", "r3")
ISSUERS, CLIENTS, THUMBPRINTS = ("a.example.com", "b.example.com/id/X"), ("c1", "c2", "C2"), ("a" * 40, "b" * 40)
CERTIFICATES = ("c1", "c2")
BODY, CHAIN = parse_pem(certificates.BODY), parse_pem(certificates.CHAIN)
METADATA = tuple(f'<EntityDescriptor entityID="{name}">{"x" * 1000}</EntityDescriptor>' for name in ("one", "two"))
CONTEXTS = (
    '{"SubjectSourceKey":"sub"}',
    '{"KeyDefinitionList":[{"SourceKey":"a"}],"SubjectSourceKey":"sub","SubjectTypeValue":"user"}',
)
INSTANCES = tuple(f"arn:aws:sso:::instance/ssoins-{digit * 16}" for digit in "12")
POLICIES, PROFILES, INLINES = ("p1", "p2", "p3", "p4"), ("i1", "i2"), ("n1", "n2", "n3")
AWS_POLICIES = tuple(f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "job-function/Billing"))
QUOTAS = {
    "AttachedPoliciesPerUserQuota": 2,
    "AttachedPoliciesPerGroupQuota": 2,
    "AttachedPoliciesPerRoleQuota": 2,
    "GroupsPerUserQuota": 2,
}
PLACE = Place("roles.yaml", 1, 1)

_LONG = "/".join("x" * 60 for _ in range(10))
_POOL: list[dict[str, Json]] = [
    {"Effect": "Allow", "Action": ["a:One"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["a:One", "a:Two"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["a:Three"], "Resource": "arn:aws:s3:::b"},
    {"Effect": "Allow", "Action": ["a:Three"], "Resource": "arn:aws:s3:::b", "Condition": {"Bool": {"a:k": "true"}}},
    {
        "Effect": "Allow",
        "Action": ["a:Ends"],
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
    },
    {"Effect": "Allow", "Action": ["a:Long"], "Resource": f"arn:aws:s3:::{_LONG}"},
    {"Effect": "Allow", "Action": ["a:LongToo"], "Resource": f"arn:aws:s3:::{_LONG}"},
    {"Effect": "Deny", "Action": ["d:One"], "Resource": "*"},
    {"Effect": "Deny", "NotAction": ["d:Two"], "Resource": "*", "Condition": {"Bool": {"a:k": "false"}}},
]


def policy_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def _subset(values: Any, largest: int | None = None) -> st.SearchStrategy[list[Any]]:
    return _subset_of(tuple(sorted(values)), largest)


@cache
def _subset_of(values: tuple[Any, ...], largest: int | None) -> st.SearchStrategy[list[Any]]:
    """Draw some of the values, in any order; every size is as likely, but for the largest: twice as much.

    Few values are drawn by one choice: Hypothesis takes half of the time of the properties to make choices.
    """
    largest = len(values) if largest is None else min(largest, len(values))
    if math.perm(len(values), largest) > 1000:
        return st.lists(st.sampled_from(values), max_size=largest, unique=True)
    sizes = (*range(largest + 1), largest)
    return st.sampled_from(_weigh_alike([list(permutations(values, size)) for size in sizes])).map(list)


def _weigh_alike(choices: list[list[Any]]) -> list[Any]:
    """Return all of the lists in one, in which each has as many places as every other."""
    places = math.lcm(*map(len, choices))
    return [choice for several in choices for choice in several for _ in range(places // len(several))]


@cache
def _documents() -> st.SearchStrategy[Any]:
    made = [
        [canonical({"Version": "2012-10-17", "Statement": list(picked)}) for picked in combinations(_POOL, size)]
        for size in (1, 2, 3)
    ]
    return st.sampled_from(_weigh_alike(made))


@cache
@st.composite
def _inline(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in draw(_subset(INLINES)):
        document = draw(_documents())
        if sum(len(one.text) for one in found.values()) + len(document.text) <= INLINE_QUOTA[kind]:
            found[name] = document
    return found


@cache
@st.composite
def _tags(draw: st.DrawFn, owner: str | None) -> dict[str, str]:
    found = {key: draw(sampled_from("ab")) for key in draw(_subset(["Team", "x"]))}
    if "Team" in found and draw(st.booleans()):
        found["team"] = found.pop("Team")
    return found | ({OWNER: owner} if owner else {})


@st.composite
def _trust(draw: st.DrawFn, principals: list[str], providers: list[str]) -> Any:
    rules: list[Json] = []
    for provider in draw(_subset(providers, 1)):
        saml = ":saml-provider/" in provider
        audience = "SAML:aud" if saml else f"{provider.partition('-provider/')[2]}:aud"
        rule = {"Effect": "Allow", "Principal": {"Federated": provider}}
        rule |= {"Action": "sts:AssumeRoleWithSAML" if saml else "sts:AssumeRoleWithWebIdentity"}
        rules.append(rule | {"Condition": {"StringEquals": {audience: draw(sampled_from(CLIENTS))}}})
    for _ in range(draw(st.integers(1, 2))):
        named = draw(_subset(principals, 2)) or ["arn:aws:iam::210987654321:root"]
        rule: dict[str, Json] = {"Effect": draw(sampled_from(["Allow", "Allow", "Deny"]))}
        rule |= {"Principal": {"AWS": named}, "Action": "sts:AssumeRole"}
        if draw(st.booleans()):
            rule["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        rules.append(rule)
    if draw(st.booleans()):
        rules.append({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    return canonical({"Version": "2012-10-17", "Statement": rules})


@st.composite
def _world_entities(draw: st.DrawFn, *, live: bool, old: frozenset[str] = frozenset()) -> dict[Address, Entity]:
    """Draw entities that refer only to each other, within every quota. Those in `old` get another name."""

    def rename_old(names: list[str]) -> list[str]:
        return [f"{name}{OLD}" if name in old else name for name in names]

    def tags() -> dict[str, str]:
        return draw(_tags(draw(sampled_from([ME, ME, ME, None])) if live else ME))

    found: list[Entity] = []
    issuers = draw(_subset(ISSUERS))
    for name in issuers:
        # A live provider always has a thumbprint: IAM fetches one if none is given.
        thumbprints = frozenset(draw(_subset(THUMBPRINTS))) or frozenset(THUMBPRINTS[:1] if live else ())
        clients = frozenset(draw(_subset(CLIENTS)))
        found.append(OidcProvider(name, clients, thumbprints or None, tags(), *draw(_propagation(live))))
    providers = [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}" for name in issuers]
    for name in draw(_subset(("okta", "entra"))):
        found.append(
            SamlProvider(name, parse_xml_or_opaque(draw(sampled_from(METADATA))), tags(), *draw(_propagation(live)))
        )
        providers.append(f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}")
    policies = rename_old(draw(_subset(POLICIES)))
    for name in policies:
        found.append(Policy(name, draw(_documents()), "/", "" if live else None, tags()))
    references = [*map(policy_arn, policies), *AWS_POLICIES]
    boundaries = st.none() | st.sampled_from(references)
    groups = rename_old(draw(_subset(GROUPS)))
    for name in groups:
        path = draw(sampled_from([f"/{ME}/", "/"]))
        found.append(Group(name, path, frozenset(draw(_subset(references, 2))), draw(_inline("group"))))
    principals: list[str] = []
    for name in rename_old(draw(_subset(USERS))):
        path = draw(sampled_from(["/", "/eng/"]))
        principals.append(f"arn:aws:iam::{ACCOUNT}:user{path}{name}")
        joined = frozenset(Address("group", group) for group in draw(_subset(groups, 2)))
        attached = frozenset(draw(_subset(references, 2)))
        console = draw(sampled_from([True, False] if live else [None, None, False]))
        found.append(User(name, path, joined, attached, draw(_inline("user")), draw(boundaries), tags(), console))
    roles = rename_old(draw(_subset(ROLES)))
    principals += [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in roles]
    for name in roles:
        scalars = draw(sampled_from(["", "text"])), draw(sampled_from([3600, 7200]))
        attached = frozenset(draw(_subset(references, 2)))
        named = [*principals, "AIDADANGLING000000000"] if live else principals
        named_providers = [*providers, f"arn:aws:iam::{ACCOUNT}:oidc-provider/gone.example.com"] if live else providers
        trust = draw(_trust(named, named_providers))
        signin = draw(sampled_from([0, 43200] if live else [None, None, 0, 43200, 7_776_000]))
        found.append(
            Role(name, trust, "/", *scalars, attached, draw(_inline("role")), draw(boundaries), tags(), signin)
        )
    for name in draw(_subset(PROFILES)) if roles else []:
        role = draw(sampled_from([*roles, None] if live else roles))
        found.append(InstanceProfile(name, "/", Address("role", role) if role else None, tags()))
    settings = [AccountAlias("alias", draw(sampled_from(["one", "two"]))), draw(_password_policies())]
    found += [setting for setting in settings if draw(st.booleans())]
    return {entity.address: entity for entity in found}


@cache
def _propagation(live: bool) -> st.SearchStrategy[tuple[str | None, str | None]]:
    """Draw the context provider and the Identity Center instance of a provider; no instance without the former."""
    pairs = [("", ""), (CONTEXTS[0], ""), (CONTEXTS[0], INSTANCES[0]), (CONTEXTS[1], INSTANCES[1])]
    unsaid: list[tuple[str | None, str | None]] = [(None, None), (None, None), (CONTEXTS[1], None)]
    return st.sampled_from(pairs if live else [*unsaid, *pairs])


@cache
@st.composite
def _password_policies(draw: st.DrawFn) -> PasswordPolicy:
    optional = {"max_age": st.integers(1, 1095), "reuse_prevention": st.integers(1, 24)}
    chosen = {key: draw(values) for key, values in optional.items() if draw(st.booleans())}
    return PasswordPolicy(
        "password-policy", draw(st.integers(6, 128)), *(draw(st.booleans()) for _ in range(5)), **chosen
    )


@st.composite
def _facts(draw: st.DrawFn, entities: dict[Address, Entity]) -> LiveDetails:
    versions, belongings = {}, {}
    for address, entity in entities.items():
        if address.kind == "policy":
            count = draw(sampled_from([1, 2, 5]))
            default = draw(st.integers(1, count))
            versions[address] = tuple(
                PolicyVersion(f"v{index}", f"{index:04}", index == default) for index in range(1, count + 1)
            )
        if isinstance(entity, User):
            belongings[address] = OwnedCredentials(login_profile=bool(entity.console))
        if isinstance(entity, User) and draw(st.booleans()):
            device = MfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/{address.name}")
            belongings[address] = OwnedCredentials(
                bool(entity.console),
                *[(f"{kind}IOSFODNN7EXAMPLE1234",) for kind in _OWNED],
                (device, MfaDevice("GAHT12345678")),
            )
    return LiveDetails(
        versions=versions,
        owned_credentials=belongings,
        quotas=QUOTAS,
        caller=f"arn:aws:iam::{ACCOUNT}:user/admin",
        external_policies=dict.fromkeys(AWS_POLICIES, True),
    )


_OWNED = ("AKIA", "CERT", "APKA", "ACCA")
_IGNORABLE = {
    "user": ["groups", "policies", "inline_policies.n1", "tags.x", "permissions_boundary", "console"],
    "role": ["trust", "policies", "inline_policies.n1", "tags", "description", "max_signin_session_duration"],
    "group": ["policies", "inline_policies"],
    "policy": ["document", "tags.x"],
    "saml-provider": ["metadata", "tags"],
    "server-certificate": ["body", "path", "tags.x"],
    "oidc-provider": ["client_ids", "thumbprints", "tags.x"],
}


OLD = "-old"
"""The suffix of live names that have another name in the file."""


def _find_moves(live: dict[Address, Entity], desired: dict[Address, Entity]) -> tuple[Move, ...]:
    pairs = [(address, Address(address.kind, address.name.removesuffix(OLD))) for address in live]
    return tuple(Move(old, new, PLACE) for old, new in pairs if old.name != new.name and new in desired)


def worlds() -> st.SearchStrategy[tuple[Desired, State]]:
    """Draw a desired and a live state; many plans between them are safe. Half of them move an entity."""
    return _worlds() | moving_worlds()


def moving_worlds() -> st.SearchStrategy[tuple[Desired, State]]:
    """Draw worlds in which the file renames some live entities under `moved`."""
    names = sorted({*USERS, *GROUPS, *ROLES, *POLICIES, *CERTIFICATES})
    return _subset(names).flatmap(lambda old: _worlds(frozenset(old)))


@st.composite
def _certificates(draw: st.DrawFn, old: frozenset[str]) -> list[tuple[ServerCertificate, ServerCertificate]]:
    """Server certificates, live and as a file asks for them: no plan uploads one, and no undo brings one back."""
    found = []
    for name in draw(_subset(CERTIFICATES)):
        sides = [
            ServerCertificate(
                f"{name}{OLD}" if live and name in old else name,
                BODY,
                CHAIN,
                draw(sampled_from(["/", "/cloudfront/"])),
                draw(_tags(draw(sampled_from([ME, None])) if live else ME)),
            )
            for live in (True, False)
        ]
        found.append((sides[0], sides[1]))
    return found


@st.composite
def _worlds(draw: st.DrawFn, old: frozenset[str] = frozenset()) -> tuple[Desired, State]:
    live, wanted = draw(_world_entities(live=True, old=old)), draw(_world_entities(live=False))
    for certificate, one in draw(_certificates(old)):
        live[certificate.address], wanted[one.address] = certificate, one
    declarations = {}
    for address, entity in wanted.items():
        protect = draw(sampled_from([None, None, None, True, False])) if hasattr(entity, "tags") else None
        if protect:
            entity.tags[PROTECT] = "true"  # type: ignore[attr-defined]
        ignored = _IGNORABLE.get(address.kind, [])
        named = draw(_subset(ignored, 1)) if ignored and draw(st.integers(0, 5)) == 0 else []
        declarations[address] = Declaration(PLACE, protect, tuple(named))
    prune = draw(sampled_from(["owned", "owned", "all"]))
    moves = _find_moves(live, wanted)
    desired = Desired(State(ACCOUNT, "aws", wanted), ME, Settings(prune=prune), declarations, {}, moves=moves)
    return desired, State(ACCOUNT, "aws", live, draw(_facts(live)))

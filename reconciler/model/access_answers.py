"""Answers to questions about access: who can do what, how, and on what that depends. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.live import State
from reconciler.model.permissions import PermissionRow
from reconciler.model.problem import Place


@dataclass(frozen=True, slots=True)
class AccessSide:
    """One account that a question is put to.

    name: "file", "live", "before" or "after" (of a plan). state: its entities.
    is_part: only the entities of a plan are known; every other one may exist.
    """

    name: str
    state: State
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class AccessSource:
    """The source of some answers. sides: one account; for a plan, the account before and after it.

    account: 12 digits; None if no file names it. notes: what a reader must know about all answers.
    """

    sides: tuple[AccessSide, ...]
    account: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entrants:
    """Principals that may assume a role on the same terms.

    principals: addresses, ARNs, `service:HOST` or `*`. mfa: only with MFA. conditions: keys, in lower case, on which
    the access depends. terms: the conditions on these keys as texts.
    """

    principals: tuple[str, ...]
    mfa: bool = False
    conditions: tuple[str, ...] = ()
    terms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleEntrants:
    """Roles that the same principals may assume on the same terms. entrants: empty if nobody can."""

    roles: tuple[str, ...]
    entrants: tuple[Entrants, ...]


class Outcome(StrEnum):
    """The answer to one request. DEPENDS: facts are missing that would decide it."""

    ALLOWED = "allowed"
    DENIED = "denied"
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True)
class AccessQuestion:
    """May a principal do something? Texts as a person writes them.

    principal: an address or an ARN. resource: an ARN, the address of an entity, or `*`; None if it was left out.
    context: known keys of the request with their values; none if the request lacks the key.
    """

    principal: str
    action: str
    resource: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecidingStatement:
    """A statement that decides an answer.

    policy: its policy, with the group or boundary through which it counts. effect: Allow or Deny; "" for a policy of
    unknown content. sid: "" if it has none. summary: its actions and resources. conditions: as texts.
    place: its line in the file; None if it has none.
    """

    policy: str
    effect: str
    sid: str = ""
    summary: str = ""
    conditions: tuple[str, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class AccessAnswer:
    """The answer to one question.

    principal: its address. resource: an ARN or `*`. reason: why, in words. depends_on: the facts that would decide it
    (`access/verdicts.py:Verdict.keys`). statements: those that decide.
    allowed_resources, denied_resources: if the resource is `*`, others for which the answer may differ: patterns.
    ignored_keys: keys of the question that follow from the principal or the resource; their values do not count.
    """

    principal: str
    action: str
    resource: str
    outcome: Outcome
    reason: str
    depends_on: tuple[str, ...] = ()
    statements: tuple[DecidingStatement, ...] = ()
    allowed_resources: tuple[str, ...] = ()
    denied_resources: tuple[str, ...] = ()
    ignored_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleChain:
    """A way to take a role: `roles` one after the other, the last one at the end.

    mfa: a step demands MFA. conditions: the facts on which a step depends. terms: the conditions as texts.
    """

    roles: tuple[str, ...]
    mfa: bool = False
    conditions: tuple[str, ...] = ()
    terms: frozenset[str] = frozenset()


class Limit(StrEnum):
    """The part of a permission that a boundary leaves."""

    NONE = "all of it counts"
    PART = "the boundary may leave a part only"
    ALL = "the boundary leaves nothing"


@dataclass(frozen=True, slots=True)
class HeldPermission:
    """The actions of one service that one statement allows or denies.

    row: services, actions, resources and conditions (`after`). statement: where it comes from.
    limit: of an Allow, what the boundary leaves of it.
    """

    row: PermissionRow
    statement: DecidingStatement
    limit: Limit = Limit.NONE


@dataclass(frozen=True, slots=True)
class PrincipalPermissions:
    """Everything that the policies of one principal say.

    boundary: its permissions boundary; "" if it has none. boundary_allows: what that allows at most.
    chains: the roles that it can take, each by a shortest way.
    """

    principal: str
    allows: tuple[HeldPermission, ...] = ()
    denies: tuple[HeldPermission, ...] = ()
    boundary: str = ""
    boundary_allows: tuple[HeldPermission, ...] = ()
    chains: tuple[RoleChain, ...] = ()


@dataclass(frozen=True, slots=True)
class CapablePrincipals:
    """Principals that can do something in the same way.

    resources: those on which they can. depends_on, statements: as in `AccessAnswer`. mfa: they can with MFA only.
    terms: the conditions on the keys of `depends_on` as texts.
    """

    principals: tuple[str, ...]
    outcome: Outcome
    resources: tuple[str, ...]
    depends_on: tuple[str, ...] = ()
    statements: tuple[DecidingStatement, ...] = ()
    mfa: bool = False
    terms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CapableChains:
    """Principals that can do something by taking the same roles one after the other."""

    principals: tuple[str, ...]
    chain: RoleChain


@dataclass(frozen=True, slots=True)
class StoppedPrincipals:
    """Principals whose policies allow something, and whom guardrails stop. stopped_by: the files of these."""

    principals: tuple[str, ...]
    stopped_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Everybody who can do something. resource: None for any. chains: those who cannot do it surely by themselves.

    stopped: those who could if there were no guardrails.
    """

    action: str
    resource: str | None
    direct: tuple[CapablePrincipals, ...] = ()
    chains: tuple[CapableChains, ...] = ()
    stopped: tuple[StoppedPrincipals, ...] = ()


class StepName(StrEnum):
    """The steps of an evaluation, in the order in which they are shown."""

    DENY = "explicit denies"
    IDENTITY = "identity policies"
    BOUNDARY = "permissions boundary"
    SERVICE_CONTROL = "service control policies of one level"
    TRUST = "trust policy"


@dataclass(frozen=True, slots=True)
class ExplainedStatement:
    """A statement that covers the action, and whether it applies to the request.

    applies: None if it depends. reasons: why it does not apply, or on what it depends.
    """

    statement: DecidingStatement
    applies: bool | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationStep:
    """One step of an evaluation.

    passed: whether the request passes it; None if it depends. summary: the same in words.
    """

    name: StepName
    passed: bool | None
    summary: str
    statements: tuple[ExplainedStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerSteps:
    """An answer, and the steps that lead to it."""

    answer: AccessAnswer
    steps: tuple[EvaluationStep, ...]

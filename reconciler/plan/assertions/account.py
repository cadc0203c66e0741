"""Hold what all assertions about one account share: its principals, their policies, its roles, the ways into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.access import Context, Principal, Target, Verdict, principals_of, targets_of
from reconciler.access.context import NOTHING_KNOWN, SESSION_WITHOUT_MFA, WITHOUT_MFA, make_mfa_context
from reconciler.access.request_scope import ASSUME_ROLE, ROLE_ACTIONS
from reconciler.access.scoped_requests import is_free_key
from reconciler.model.access_answers import AccessSide, DecidingStatement
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.assertions import Assertion, AssertionForm
from reconciler.model.live import State
from reconciler.model.permissions import ActionCatalogue
from reconciler.model.problem import Place
from reconciler.model.role_access import AccessTerms, RoleAccess
from reconciler.plan.access.answer import decide_request, describe_reason
from reconciler.plan.access.assume_words import describe_dependency
from reconciler.plan.access.external_principals import find_external_access
from reconciler.plan.access.role_chains import RoleChains
from reconciler.plan.access.statement_sources import describe_statement_source
from reconciler.plan.assertions.breach import Breach
from reconciler.plan.assertions.policy_sets import PolicySet, group_by_policies
from reconciler.plan.assertions.role_requests import decide_entry
from reconciler.plan.assertions.subjects import Subjects
from reconciler.policy.global_keys import MFA_AGE, MFA_KEYS, MFA_PRESENT, spell_key, spell_term

MFA = "MFA"
"""The word for a fact about MFA."""


@dataclass(frozen=True)
class JudgedAccount:
    """One account that assertions are checked on.

    catalogue: AWS's list of actions; None: no list. places: the line of the file that declares an entity.
    """

    state: State
    catalogue: ActionCatalogue | None = None
    places: Mapping[Address, Place] = field(default_factory=dict)
    _chains: dict[tuple[bool, bool], RoleChains] = field(default_factory=dict, compare=False)
    _steps: dict[tuple[Address, Address], tuple[DecidingStatement, ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def principals(self) -> Mapping[Address, Principal]:
        return principals_of(self.state)

    @cached_property
    def targets(self) -> Mapping[Address, Target]:
        return targets_of(self.state)

    @cached_property
    def subjects(self) -> Subjects:
        return Subjects(self.state, self.principals)

    @cached_property
    def policy_sets(self) -> list[PolicySet]:
        return group_by_policies(self.principals)

    @cached_property
    def external_access(self) -> Mapping[Address, list[RoleAccess]]:
        """The principals outside the account that may assume each role."""
        found: dict[Address, list[RoleAccess]] = {}
        for access in find_external_access(self.state, self.targets, frozenset()).values():
            found.setdefault(Address.parse(access.role), []).append(access)
        return found

    def find_chains(self, *, sure: bool, with_mfa: bool = True) -> RoleChains:
        """Return the ways into roles. sure: only those that surely work if the principal sends what it must.

        with_mfa: the principal may have MFA.
        """
        key = sure, with_mfa
        if key not in self._chains:

            def is_usable(terms: AccessTerms) -> bool:
                return (with_mfa or not terms.mfa) and (not sure or all(map(is_free_key, terms.conditions)))

            self._chains[key] = RoleChains(self._side, self.principals, is_usable)
        return self._chains[key]

    @property
    def _side(self) -> AccessSide:
        return AccessSide("after", self.state)

    def describe_statements(self, verdict: Verdict, address: Address) -> tuple[DecidingStatement, ...]:
        """Return the statements that decide, as the principal has them.

        A statement of a policy of AWS has no line; a group that has the policy has one.
        """
        described = (describe_statement_source(one, address, self.state) for one in verdict.deciding_statements)
        return tuple(dict.fromkeys(map(self._add_place, described)))

    def _add_place(self, statement: DecidingStatement) -> DecidingStatement:
        holder, _, policy = statement.policy.partition(" ")
        if statement.place is not None or not policy or not holder.startswith("group/"):
            return statement
        return replace(statement, place=self.places.get(Address.parse(holder)))

    def describe_entry(self, address: Address, role: Target, action: str, known: Context, sent: Context) -> Breach:
        """Return how a principal may assume a role, or may be able to.

        known: the keys that every request carries. sent: those of a request that is allowed.
        """
        principal = self.principals[address]
        verdict = decide_request(principal, action, role.arn, sent, role)
        plain = decide_request(principal, action, role.arn, known, role)
        return Breach(
            str(address),
            verdict.allowed,
            ROLE_ACTIONS[action],
            str(address_of(role.arn, self.state.account) or role.arn),
            terms=describe_terms(plain.keys, sent) if verdict.allowed else (),
            facts=describe_facts(frozenset(key for key in verdict.keys if not is_free_key(key))),
            statements=self.describe_statements(verdict, address),
        )

    def describe_step(self, address: Address, role: Address) -> tuple[DecidingStatement, ...]:
        """Return the statements by which a principal may assume a role."""
        if (address, role) not in self._steps:
            verdict, _ = decide_entry(self.principals[address], self.targets[role], ASSUME_ROLE, NOTHING_KNOWN)
            self._steps[address, role] = self.describe_statements(verdict, address)
        return self._steps[address, role]

    def describe_refusal(self, verdict: Verdict, address: Address, action: str, resource: str) -> str:
        """Return why a request is refused, in words."""
        return describe_reason(verdict.reason, self.principals[address], action, resource)


def list_known_contexts(assertion: Assertion) -> tuple[Context, ...]:
    """Return the keys that the requests of an assertion carry: those of MFA, as far as it says something about it.

    Requests without MFA are of two kinds, and one that forbids them forbids both.
    """
    if assertion.with_mfa is None:
        return (NOTHING_KNOWN,)
    is_about_one = assertion.form is AssertionForm.CAN
    if not assertion.with_mfa:
        return (WITHOUT_MFA,) if is_about_one else (WITHOUT_MFA, SESSION_WITHOUT_MFA)
    return (make_mfa_context() if is_about_one else Context.of({MFA_PRESENT: True}),)


def describe_terms(keys: frozenset[str], context: Context) -> tuple[str, ...]:
    """Return what a request carries for some keys: `with MFA`, `aws:requestedregion is eu-west-1`."""
    terms = []
    for key in sorted(keys - {MFA_AGE} if MFA_PRESENT in keys else keys):
        values = context.find(key)
        if key == MFA_PRESENT:
            terms.append("with MFA" if values == (("true",),) else "without MFA")
        elif values == (None,):
            terms.append(f"without {spell_key(key)}")
        elif values and values[0]:
            terms.append(f"if {spell_key(key)} is {', '.join(values[0])}")
    return tuple(terms)


def list_terms(terms: Iterable[str]) -> tuple[str, ...]:
    """Return the conditions of a step as what a request must meet, without those on MFA: the caller says `with MFA`."""
    return tuple(f"if {spell_term(term)}" for term in sorted(terms) if " aws:multifactorauth" not in term)


def describe_facts(keys: frozenset[str]) -> tuple[str, ...]:
    """Return the facts on which an answer depends, in words."""
    words = (MFA if key in MFA_KEYS else describe_dependency(key) for key in sorted(keys))
    return tuple(dict.fromkeys(words))

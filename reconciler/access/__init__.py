"""Evaluate policies by AWS's rules: may a principal do something, and who may assume which role.

These are pure functions over canonical documents. An unknown fact is never guessed: the answer is then "depends", with
the keys that would decide it. The modules, from the bottom up:

- `context`, `principal`, `verdicts`: the facts of a request, its caller, and the answer.
- `comparisons`, `templates`, `statement_scope`, `conditions`: does one statement apply to a request?
- `compiled_policies`: documents prepared for many questions. `aws_policies`: the actions in policies of AWS.
- `principal_answers`, `principal_matching`: the caller's policies, and a trust that may name the caller.
- `grant_limits`: what limits the grant of a resource's policy within one account.
- `role_assumption`: both together for a role. `resource_access`: the same for any other resource.
- `account_principals`: the principals and roles of an account, with its guardrails. `trust_entrances`: the principals
  that a trust names. `trust_risk`, `closer_conditions`: what a change of a trust opens.
- `matrix`, `role_sets`: who may assume which role in a whole account.
- `escalation_paths`, `probes`, `power_keys`, `boundary_escapes`, `powers`, `resource_tags`, `named_resources`,
  `named_powers`, `power_graph`: ways to administrator power.
- `policy_statements`, `statement_coverage`: all statements that count for a principal, and how two of them meet.
- `text_atoms`, `condition_values`, `request_parts`: divide all requests into parts with the same answer.
- `permission_cells`, `change_causes`, `permission_changes`: what a principal can do after a change and could not
  before.
- `request_scope`, `scoped_requests`: a request within a scope that is allowed, or one that is refused.
- `guardrail_stops`: what service and resource control policies (SCPs, RCPs) stop.
- `statement_matches`: the conditions that fail, for explanations. `mfa_requirement`: does MFA change the answer?

The weak point: the policies of resources are known only if the caller passes them to `resource_access`.
"""

from reconciler.access.account_principals import group_principals_of, principals_of, targets_of
from reconciler.access.compiled_policies import CompiledPolicies, compile_policies
from reconciler.access.context import (
    NO_MFA_POSSIBLE,
    NOTHING_KNOWN,
    SESSION_WITHOUT_MFA,
    WITHOUT_MFA,
    Context,
    make_mfa_context,
    make_tag_context,
)
from reconciler.access.escalation_paths import ASSUME_PATH, EscalationPath, Grade, load_paths, paths_by_id
from reconciler.access.matrix import (
    EquivalentPairs,
    collect_caller_keys,
    collect_trust_keys,
    group_equivalent_pairs,
    principal_key_of,
    role_key_of,
)
from reconciler.access.mfa_requirement import MfaRequirement
from reconciler.access.named_powers import NamedPower, has_named_rights, may_combine_rights
from reconciler.access.power_graph import AccountResources, Lead, PowerFinder, PowerGraph
from reconciler.access.powers import (
    UNREAD_POLICIES,
    Power,
    evaluate_path,
    find_powers,
    find_powers_of_all,
    is_administrator,
    rests_on_unread_policies,
)
from reconciler.access.principal import Principal, PrincipalMatch, make_external_principal
from reconciler.access.principal_answers import evaluate
from reconciler.access.resource_access import ResourceEvaluation, ResourcePolicy, evaluate_resource
from reconciler.access.role_assumption import (
    AssumeEvaluation,
    Target,
    can_assume,
    evaluate_assumption,
    evaluate_caller,
    evaluate_trust,
)
from reconciler.access.statement_matches import StatementMatch, match_statements, match_trust_statements
from reconciler.access.verdicts import Decision, PolicySource, StatementSource, Verdict, VerdictReason

__all__ = [
    "ASSUME_PATH",
    "NOTHING_KNOWN",
    "NO_MFA_POSSIBLE",
    "SESSION_WITHOUT_MFA",
    "UNREAD_POLICIES",
    "WITHOUT_MFA",
    "AccountResources",
    "AssumeEvaluation",
    "CompiledPolicies",
    "Context",
    "Decision",
    "EquivalentPairs",
    "EscalationPath",
    "Grade",
    "Lead",
    "MfaRequirement",
    "NamedPower",
    "PolicySource",
    "Power",
    "PowerFinder",
    "PowerGraph",
    "Principal",
    "PrincipalMatch",
    "ResourceEvaluation",
    "ResourcePolicy",
    "StatementMatch",
    "StatementSource",
    "Target",
    "Verdict",
    "VerdictReason",
    "can_assume",
    "collect_caller_keys",
    "collect_trust_keys",
    "compile_policies",
    "evaluate",
    "evaluate_assumption",
    "evaluate_caller",
    "evaluate_path",
    "evaluate_resource",
    "evaluate_trust",
    "find_powers",
    "find_powers_of_all",
    "group_equivalent_pairs",
    "group_principals_of",
    "has_named_rights",
    "is_administrator",
    "load_paths",
    "make_external_principal",
    "make_mfa_context",
    "make_tag_context",
    "match_statements",
    "match_trust_statements",
    "may_combine_rights",
    "paths_by_id",
    "principal_key_of",
    "principals_of",
    "rests_on_unread_policies",
    "role_key_of",
    "targets_of",
]

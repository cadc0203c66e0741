"""The policy evaluator: may this principal do that, and who may assume which role, by AWS's evaluation rules.

Pure functions over canonical documents. What is not known is reported as keys, never guessed: three-valued logic
throughout. Pipeline: `templates`, `matching`, `conditions` judge one statement; `compiled` holds documents ready;
`identity` and `naming` weigh them for a principal; `assume` joins both for a role, `resources` for any other resource,
`matrix` does so for an account, with the sets of `rolesets`; `covers` and `ways` look for ways to administrator power,
over what nobody named (`unnamed`) and over single administrators; `reasons` shows what single statements lack, `mfa`
whether MFA changes an answer. Its weak point: organisation policies (SCP, RCP) are not evaluated, unless `resources` is
given them.
"""

from reconciler.policy.evaluator.account import groups_of, principals_of, targets_of
from reconciler.policy.evaluator.assume import Examined, Target, caller_side, can_assume, examined, trust_side
from reconciler.policy.evaluator.compiled import Compiled, compiled
from reconciler.policy.evaluator.context import NO_MFA_POSSIBLE, NOTHING_KNOWN, WITHOUT_MFA, Context, tagged, with_mfa
from reconciler.policy.evaluator.covers import UNSEEN, Power, powers, powers_of
from reconciler.policy.evaluator.identity import evaluate
from reconciler.policy.evaluator.matrix import (
    Alike,
    alike,
    asked_by_callers,
    asked_by_trusts,
    seen_by_callers,
    seen_by_trusts,
)
from reconciler.policy.evaluator.mfa import MfaDemand
from reconciler.policy.evaluator.paths import PATHS, EscalationPath, Grade
from reconciler.policy.evaluator.principal import Naming, Principal, outsider
from reconciler.policy.evaluator.reasons import Reason, reasons, trust_reasons
from reconciler.policy.evaluator.resources import ResourcePolicy, Weighed, weigh
from reconciler.policy.evaluator.values import Decision, PolicySource, Source, Verdict, Why
from reconciler.policy.evaluator.ways import Targets, is_administrator, names_things, ways_to

__all__ = [
    "NOTHING_KNOWN",
    "NO_MFA_POSSIBLE",
    "PATHS",
    "UNSEEN",
    "WITHOUT_MFA",
    "Alike",
    "Compiled",
    "Context",
    "Decision",
    "EscalationPath",
    "Examined",
    "Grade",
    "MfaDemand",
    "Naming",
    "PolicySource",
    "Power",
    "Principal",
    "Reason",
    "ResourcePolicy",
    "Source",
    "Target",
    "Targets",
    "Verdict",
    "Weighed",
    "Why",
    "alike",
    "asked_by_callers",
    "asked_by_trusts",
    "caller_side",
    "can_assume",
    "compiled",
    "evaluate",
    "examined",
    "groups_of",
    "is_administrator",
    "names_things",
    "outsider",
    "powers",
    "powers_of",
    "principals_of",
    "reasons",
    "seen_by_callers",
    "seen_by_trusts",
    "tagged",
    "targets_of",
    "trust_reasons",
    "trust_side",
    "ways_to",
    "weigh",
    "with_mfa",
]

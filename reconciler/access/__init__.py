"""The policy evaluator: may this principal do that, and who may assume which role, by AWS's evaluation rules.

Pure functions over canonical documents. What is not known is reported as keys, never guessed: three-valued logic
throughout. Pipeline: `templates`, `matching`, `conditions` judge one statement; `compiled` holds documents ready;
`identity` and `naming` weigh them for a principal; `assume` joins both for a role, `resources` for any other resource,
`matrix` does so for an account, with the sets of `rolesets`; `covers` and `ways` look for ways to administrator power,
over what nobody named (`unnamed`) and over single administrators; `reasons` shows what single statements lack, `mfa`
whether MFA changes an answer. Its weak point: organisation policies (SCP, RCP) are not evaluated, unless `resources` is
given them.
"""

from reconciler.access.account import groups_of, principals_of, targets_of
from reconciler.access.assume import Examined, Target, caller_side, can_assume, examined, trust_side
from reconciler.access.compiled import Compiled, compiled
from reconciler.access.context import NO_MFA_POSSIBLE, NOTHING_KNOWN, WITHOUT_MFA, Context, tagged, with_mfa
from reconciler.access.covers import UNSEEN, Power, powers, powers_of
from reconciler.access.identity import evaluate
from reconciler.access.matrix import Alike, alike, asked_by_callers, asked_by_trusts, seen_by_callers, seen_by_trusts
from reconciler.access.mfa import MfaDemand
from reconciler.access.paths import PATHS, EscalationPath, Grade
from reconciler.access.principal import Naming, Principal, outsider
from reconciler.access.reasons import Reason, reasons, trust_reasons
from reconciler.access.resources import ResourcePolicy, Weighed, weigh
from reconciler.access.values import Decision, PolicySource, Source, Verdict, Why
from reconciler.access.ways import Targets, is_administrator, names_things, ways_to

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

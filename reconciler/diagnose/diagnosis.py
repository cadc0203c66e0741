"""Why an AssumeRole is, or would be, refused: both sides weighed, in the account and in the file. Pure.

What nobody can see from here (SCP, RCP, a session policy of keys made elsewhere) is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.access import MfaRequirement
from reconciler.diagnose.attempt import AssumeAttempt
from reconciler.diagnose.evaluation import NON_CONDITION_PREFIXES, ActionVerdict, CallerAndRole, Cause, evaluate_action
from reconciler.diagnose.messages import side_of, write_message
from reconciler.diagnose.request_context import SET_SOURCE_IDENTITY, TAG_SESSION, WITH_CODE, Mfa, actions_of
from reconciler.diagnose.wording import Message, describe_inherited
from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, ExplanationSide, SideVerdict
from reconciler.model.suggest import suggest_word
from reconciler.policy.global_keys import MFA_KEYS


def explain_attempt(attempt: AssumeAttempt) -> Explanation:
    """The explanation of one hop."""
    return replace(_choose_explanation(attempt), code_helps=_code_helps(attempt))


def _code_helps(attempt: AssumeAttempt) -> bool | None:
    """Return what `Explanation.code_helps` is, as things are at AWS. Only a user's first call can carry a code."""
    if attempt.live.principal.kind != "user" or attempt.previous_call is not None:
        return False
    if attempt.is_role_missing or attempt.live_arn:
        return False
    now = [item.verdict for item in _evaluate_actions(attempt, attempt.live)]
    coded = [item.verdict for item in _evaluate_actions(attempt, attempt.live, WITH_CODE)]
    if any(verdict.denied for verdict in coded):
        return False
    open_keys = frozenset[str]().union(*(verdict.keys for verdict in now))
    if any(verdict.denied for verdict in now) or (attempt.is_refused and open_keys and open_keys <= MFA_KEYS):
        return True
    return None


def _choose_explanation(attempt: AssumeAttempt) -> Explanation:
    never = _explain_barred_caller(attempt)
    if never is not None:
        return never
    if attempt.is_role_missing or attempt.live_arn:
        return _explain_missing_role(attempt)
    found = _evaluate_actions(attempt, attempt.live)
    denied = [item for item in found if item.verdict.denied]
    if denied:
        return _explain_not_applied(attempt, denied) or _explain_refusal(attempt, attempt.live, denied)
    if not all(item.verdict.allowed for item in found):
        return _explain_dependence(attempt, found)
    return _explain_allowed(attempt, found)


def _evaluate_actions(attempt: AssumeAttempt, view: CallerAndRole, mfa: Mfa | None = None) -> list[ActionVerdict]:
    context = attempt.build_context(mfa)
    needed = actions_of(attempt.request, attempt.inherited, attempt.denied_action)
    return [evaluate_action(view, action, context) for action in needed]


def _make_explanation(
    attempt: AssumeAttempt, outcome: AssumeOutcome, message: Message, sides: Iterable[ExplanationSide] = ()
) -> Explanation:
    request = attempt.request
    principal = attempt.live.principal
    return Explanation(
        outcome,
        request.alias,
        principal.arn,
        request.role_arn,
        message.summary,
        tuple(sides),
        message.details,
        message.hint,
        message.lines,
        message.place,
    )


def _explain_barred_caller(attempt: AssumeAttempt) -> Explanation | None:
    """Callers that AWS lets assume nothing (STS API reference, AssumeRole; "Comparing the AWS STS APIs")."""
    arn = attempt.live.principal.arn
    role = attempt.build_wording(attempt.live).role
    hint = "Use the keys of a user, with --profile."
    if attempt.live.principal.kind == "root":
        said = Message(f"{role} cannot be assumed as the root user.", ("AWS lets no root user assume roles.",), hint)
        return _make_explanation(attempt, AssumeOutcome.ROOT, said)
    if ":federated-user/" in arn:
        why = ("A session of GetFederationToken may call nothing of STS but GetCallerIdentity.",)
        return _make_explanation(
            attempt, AssumeOutcome.FEDERATED, Message(f"{role} cannot be assumed from {arn}.", why, hint)
        )
    return None


def _explain_missing_role(attempt: AssumeAttempt) -> Explanation:
    words = attempt.build_wording(attempt.live)
    place = attempt.alias.place if attempt.alias else None
    arn, name = attempt.request.role_arn, attempt.request.role_arn.rpartition("/")[2]
    if attempt.live_arn:
        said = Message(
            f"There is no role {arn}.",
            (f"The role of that name is {attempt.live_arn}.",),
            "Give the role of the file the same name and path, or the alias that ARN.",
            (),
            words.find_role_place() or place,
        )
        return _make_explanation(attempt, AssumeOutcome.NO_ROLE, said)
    if words.find_declared_role() is not None:
        if attempt.seconds_since_applied is not None:
            return _explain_propagation(attempt)
        after = _find_later_refusal(attempt)
        said = Message(
            f"{words.role} does not exist in AWS yet.",
            ("The file declares it, and nobody has applied that.", *((f"Once applied: {after}",) if after else ())),
            "Run `reconcile plan`, then `reconcile apply`.",
            (),
            words.find_role_place(),
        )
        return _make_explanation(attempt, AssumeOutcome.NOT_APPLIED, said)
    near = suggest_word(name, attempt.role_names)
    hint = f"Did you mean {near!r}?" if near else "Declare it in the file, or correct `role` of the alias."
    said = Message(f"There is no role {arn}.", ("Neither AWS nor the file has it.",), hint, (), place)
    return _make_explanation(attempt, AssumeOutcome.NO_ROLE, said)


def _find_later_refusal(attempt: AssumeAttempt) -> str:
    """What would still refuse once the file is applied; empty where nothing does."""
    still = [item for item in _evaluate_actions(attempt, attempt.file) if item.verdict.denied] if attempt.file else []
    if not still or attempt.file is None:
        return ""
    return write_message(
        attempt.build_wording(attempt.file), _find_outcome(attempt, attempt.file, still), still
    ).summary


def _explain_not_applied(attempt: AssumeAttempt, denied: list[ActionVerdict]) -> Explanation | None:
    """Live refuses for good, and the file would not, or only for want of something that a call can bring."""
    view = attempt.file
    live = Evidence.LIVE in (attempt.live.trust_evidence, attempt.live.caller_evidence)
    if view is None or not live:
        return None
    ahead = _evaluate_actions(attempt, view)
    still = [item for item in ahead if item.verdict.denied]
    outcome = _find_outcome(attempt, attempt.live, denied)
    if still and (_find_outcome(attempt, view, still) not in _FIXABLE_BY_CALL or outcome in _FIXABLE_BY_CALL):
        return None
    if attempt.seconds_since_applied is not None:
        return _explain_propagation(attempt)
    after = _find_later_refusal(attempt)
    words = attempt.build_wording(attempt.live)
    said = write_message(words, outcome, denied)
    sides = _build_sides(attempt, attempt.live, denied)
    what = " and ".join(side.party for side in sides if side.verdict is SideVerdict.REFUSES)
    then = f"Once applied: {after}" if after else "The file would let it in."
    missing = Message(
        f"{words.caller} may not assume {words.role} yet: the file is not applied.",
        (f"Live, the {what} refuses; {then[0].lower()}{then[1:]}",),
        "Run `reconcile plan`, then `reconcile apply`.",
        (),
        said.place,
    )
    return _make_explanation(attempt, AssumeOutcome.NOT_APPLIED, missing, sides)


_FIXABLE_BY_CALL = (AssumeOutcome.NEEDS_MFA, AssumeOutcome.MFA_TOO_OLD, AssumeOutcome.WRONG_EXTERNAL_ID)
"""What a call can bring by itself: no change of IAM is needed."""


def _explain_propagation(attempt: AssumeAttempt) -> Explanation:
    words = attempt.build_wording(attempt.live)
    said = Message(
        f"What decides about {words.role} was applied from here {attempt.seconds_since_applied or 0:.0f} s ago.",
        ("AWS does not know it everywhere yet; a change of IAM can take a minute to reach STS.",),
        "Try again in some seconds.",
    )
    return _make_explanation(attempt, AssumeOutcome.PROPAGATING, said)


def _explain_refusal(attempt: AssumeAttempt, view: CallerAndRole, denied: list[ActionVerdict]) -> Explanation:
    outcome = _find_outcome(attempt, view, denied)
    words = attempt.build_wording(view)
    said = write_message(words, outcome, denied)
    if outcome is AssumeOutcome.WRONG_EXTERNAL_ID and attempt.alias:
        said = replace(said, place=attempt.alias.place)
    if outcome is AssumeOutcome.NEEDS_MFA and attempt.alias and attempt.alias.mfa is False:
        hint = "The alias says `mfa: false`: take that line out, and a code is asked for."
        said = replace(said, hint=hint, place=attempt.alias.place)
    if outcome in (AssumeOutcome.TAG_SESSION, AssumeOutcome.SOURCE_IDENTITY):
        origin = describe_inherited(denied[0].action, attempt.request, attempt.inherited)
        said = replace(said, details=(*said.details, *origin))
    return _make_explanation(attempt, outcome, said, _build_sides(attempt, view, denied))


def _find_outcome(attempt: AssumeAttempt, view: CallerAndRole, denied: list[ActionVerdict]) -> AssumeOutcome:
    first = denied[0]
    causes = first.causes
    if view.principal.is_role:
        if first.trust_cause in (Cause.MFA, Cause.AGE) or _mfa_demand_of(attempt, view).is_required:
            return AssumeOutcome.CHAIN_MFA
    elif not any(item.verdict.denied for item in _evaluate_actions(attempt, view, WITH_CODE)):
        return AssumeOutcome.MFA_TOO_OLD if attempt.mfa.present else AssumeOutcome.NEEDS_MFA
    if causes == {Cause.EXTERNAL_ID}:
        return AssumeOutcome.WRONG_EXTERNAL_ID
    if first.action == TAG_SESSION:
        return AssumeOutcome.TAG_SESSION
    if first.action == SET_SOURCE_IDENTITY:
        return AssumeOutcome.SOURCE_IDENTITY
    if first.trust.denied:
        return AssumeOutcome.BOTH_REFUSE if first.caller.denied else AssumeOutcome.TRUST_REFUSES
    return AssumeOutcome.CALLER_REFUSES


def _mfa_demand_of(attempt: AssumeAttempt, view: CallerAndRole) -> MfaRequirement:
    return MfaRequirement(view.principal, view.target, attempt.build_context(), actions_of(attempt.request))


def _explain_dependence(attempt: AssumeAttempt, found: list[ActionVerdict]) -> Explanation:
    """Nothing refuses for certain; the keys that would tell are named."""
    view = attempt.live
    words = attempt.build_wording(view)
    keys = sorted(frozenset[str]().union(*(item.verdict.keys for item in found)))
    unseen = [key for key in keys if key.startswith(NON_CONDITION_PREFIXES)]
    sides = _build_sides(attempt, view, [item for item in found if not item.verdict.allowed])
    if attempt.is_refused and set(keys) <= MFA_KEYS:
        outcome = AssumeOutcome.MFA_TOO_OLD if attempt.mfa.present else AssumeOutcome.NEEDS_MFA
        return _make_explanation(attempt, outcome, write_message(words, outcome, found), sides)
    outcome = AssumeOutcome.UNSEEN if attempt.is_refused or len(unseen) == len(keys) else AssumeOutcome.DEPENDS
    said = write_message(words, outcome, found, attempt.is_refused, _describe_needed_code(attempt))
    said = replace(said, details=(*said.details, *_describe_unread(attempt)))
    if said.lines and attempt.alias:
        said = replace(said, place=attempt.alias.place)
    return _make_explanation(attempt, outcome, said, sides)


def _describe_unread(attempt: AssumeAttempt) -> tuple[str, ...]:
    if not attempt.unread_actions or Evidence.LIVE in (attempt.live.trust_evidence, attempt.live.caller_evidence):
        return ()
    return (f"Not allowed to look: {', '.join(f'iam:{name}' for name in attempt.unread_actions)}.",)


def _explain_allowed(attempt: AssumeAttempt, found: list[ActionVerdict]) -> Explanation:
    view = attempt.live
    words = attempt.build_wording(view)
    sides = _build_sides(attempt, view, found[:1])
    if not attempt.is_refused:
        said = write_message(words, AssumeOutcome.ALLOWED, found, suffix=_describe_needed_code(attempt))
        if attempt.file and any(item.verdict.denied for item in _evaluate_actions(attempt, attempt.file)):
            warning = "The file would not let it in: the next apply takes this away."
            said = replace(said, details=(*said.details, warning))
        return _make_explanation(attempt, AssumeOutcome.ALLOWED, said, sides)
    if attempt.seconds_since_applied is not None:
        return _explain_propagation(attempt)
    said = write_message(words, AssumeOutcome.UNSEEN, found, True)
    return _make_explanation(
        attempt, AssumeOutcome.UNSEEN, replace(said, details=(*said.details, *_describe_unread(attempt))), sides
    )


def _describe_needed_code(attempt: AssumeAttempt) -> str:
    """That a code will be asked for: nobody has given the one that is weighed here, and without it AWS refuses."""
    mfa = attempt.mfa
    if attempt.is_refused or attempt.previous_call is not None or not mfa.present or mfa.age != 0:
        return ""
    without = _evaluate_actions(attempt, attempt.live, Mfa(temporary=mfa.temporary))
    return " with an MFA code" if any(item.verdict.denied for item in without) else ""


def _build_sides(
    attempt: AssumeAttempt, view: CallerAndRole, found: list[ActionVerdict]
) -> tuple[ExplanationSide, ...]:
    words = attempt.build_wording(view)
    return tuple(side_of(words, who, found) for who in ("trust", "caller"))

"""Explain why AWS refuses an AssumeRole call, or would refuse it, from the account and from the file. Pure.

Causes that cannot be read (an SCP, an RCP, the session policy of keys made elsewhere) are named, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.access import MfaRequirement
from reconciler.diagnose.attempt import AssumeAttempt
from reconciler.diagnose.evaluation import (
    NON_CONDITION_PREFIXES,
    ActionVerdict,
    CallerAndRole,
    Cause,
    evaluate_action,
    keys_of,
)
from reconciler.diagnose.messages import side_of, write_message
from reconciler.diagnose.request_context import SET_SOURCE_IDENTITY, TAG_SESSION, WITH_CODE, Mfa, actions_of
from reconciler.diagnose.wording import Message, describe_inherited
from reconciler.model.explanation import AssumeOutcome, Evidence, Explanation, ExplanationSide, SideVerdict
from reconciler.model.suggest import suggest_word
from reconciler.policy.global_keys import MFA_KEYS


def explain_attempt(attempt: AssumeAttempt) -> Explanation:
    """Return the explanation of one hop."""
    return replace(_choose_explanation(attempt), code_helps=_code_helps(attempt))


def _code_helps(attempt: AssumeAttempt) -> bool | None:
    """Return `Explanation.code_helps`, from the live account. Only a user's first call can carry a code."""
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
    barred = _explain_barred_caller(attempt)
    if barred is not None:
        return barred
    if attempt.is_role_missing or attempt.live_arn:
        return _explain_missing_role(attempt)
    verdicts = _evaluate_actions(attempt, attempt.live)
    denied = [item for item in verdicts if item.verdict.denied]
    if denied:
        return _explain_not_applied(attempt, denied) or _explain_refusal(attempt, attempt.live, denied)
    if not all(item.verdict.allowed for item in verdicts):
        return _explain_dependence(attempt, verdicts)
    return _explain_allowed(attempt, verdicts)


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
    """Explain a caller that may assume no role at all; None for others.

    Source: STS API reference, AssumeRole; "Comparing the AWS STS APIs".
    """
    arn = attempt.live.principal.arn
    role = attempt.build_wording(attempt.live).role
    hint = "Use the keys of an IAM user: pass --profile NAME."
    if attempt.live.principal.kind == "root":
        message = Message(f"The root user may not assume {role}.", ("AWS lets no root user assume roles.",), hint)
        return _make_explanation(attempt, AssumeOutcome.ROOT, message)
    if ":federated-user/" in arn:
        why = ("A session of GetFederationToken may make no call to STS but GetCallerIdentity.",)
        return _make_explanation(attempt, AssumeOutcome.FEDERATED, Message(f"{arn} may not assume {role}.", why, hint))
    return None


def _explain_missing_role(attempt: AssumeAttempt) -> Explanation:
    words = attempt.build_wording(attempt.live)
    place = attempt.alias.place if attempt.alias else None
    arn, name = attempt.request.role_arn, attempt.request.role_arn.rpartition("/")[2]
    if attempt.live_arn:
        message = Message(
            f"There is no role {arn}.",
            (f"The account has a role of that name with another ARN: {attempt.live_arn}.",),
            f"Give the role of the file that name and path, or write `role: {attempt.live_arn}` in the alias.",
            (),
            words.find_role_place() or place,
        )
        return _make_explanation(attempt, AssumeOutcome.NO_ROLE, message)
    if words.find_declared_role() is not None:
        if attempt.seconds_since_applied is not None:
            return _explain_propagation(attempt)
        after = _find_later_refusal(attempt)
        message = Message(
            f"{words.role} does not exist in AWS yet.",
            ("The file declares it, but is not applied.", *((f"Once applied: {after}",) if after else ())),
            "Run `reconcile plan`, then `reconcile apply`.",
            (),
            words.find_role_place(),
        )
        return _make_explanation(attempt, AssumeOutcome.NOT_APPLIED, message)
    close = suggest_word(name, attempt.role_names)
    hint = f"Did you mean {close!r}?" if close else "Declare it in the file, or correct `role` of the alias."
    message = Message(f"There is no role {arn}.", ("Neither the account nor the file has it.",), hint, (), place)
    return _make_explanation(attempt, AssumeOutcome.NO_ROLE, message)


def _find_later_refusal(attempt: AssumeAttempt) -> str:
    """Return the summary of the refusal that remains once the file is applied; "" if none does."""
    still = [item for item in _evaluate_actions(attempt, attempt.file) if item.verdict.denied] if attempt.file else []
    if not still or attempt.file is None:
        return ""
    return write_message(
        attempt.build_wording(attempt.file), _find_outcome(attempt, attempt.file, still), still
    ).summary


def _explain_not_applied(attempt: AssumeAttempt, denied: list[ActionVerdict]) -> Explanation | None:
    """Explain a refusal that applying the file ends; None for others.

    The file may still ask for something that a call can carry, such as an MFA code.
    """
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
    message = write_message(words, outcome, denied)
    sides = _build_sides(attempt, attempt.live, denied)
    refusing = " and ".join(side.party for side in sides if side.verdict is SideVerdict.REFUSES)
    outlook = f"Once applied: {after}" if after else "The file allows it."
    missing = Message(
        f"{words.caller} may not assume {words.role} yet: the file is not applied.",
        (f"In the account, the {refusing} refuses; {outlook[0].lower()}{outlook[1:]}",),
        "Run `reconcile plan`, then `reconcile apply`.",
        (),
        message.place,
    )
    return _make_explanation(attempt, AssumeOutcome.NOT_APPLIED, missing, sides)


_FIXABLE_BY_CALL = (AssumeOutcome.NEEDS_MFA, AssumeOutcome.MFA_TOO_OLD, AssumeOutcome.WRONG_EXTERNAL_ID)
"""Refusals that end if the call carries something else. IAM need not change."""


def _explain_propagation(attempt: AssumeAttempt) -> Explanation:
    words = attempt.build_wording(attempt.live)
    message = Message(
        f"This machine changed who may assume {words.role} {attempt.seconds_since_applied or 0:.0f} s ago.",
        ("A change of IAM can take a minute to reach STS everywhere.",),
        "Wait some seconds and run the command again.",
    )
    return _make_explanation(attempt, AssumeOutcome.PROPAGATING, message)


def _explain_refusal(attempt: AssumeAttempt, view: CallerAndRole, denied: list[ActionVerdict]) -> Explanation:
    outcome = _find_outcome(attempt, view, denied)
    words = attempt.build_wording(view)
    message = write_message(words, outcome, denied)
    if outcome is AssumeOutcome.WRONG_EXTERNAL_ID and attempt.alias:
        message = replace(message, place=attempt.alias.place)
    if outcome is AssumeOutcome.NEEDS_MFA and attempt.alias and attempt.alias.mfa is False:
        hint = "The alias has `mfa: false`. Remove that line, and reconcile asks for a code."
        message = replace(message, hint=hint, place=attempt.alias.place)
    if outcome in (AssumeOutcome.TAG_SESSION, AssumeOutcome.SOURCE_IDENTITY):
        origin = describe_inherited(denied[0].action, attempt.request, attempt.inherited)
        message = replace(message, details=(*message.details, *origin))
    return _make_explanation(attempt, outcome, message, _build_sides(attempt, view, denied))


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


def _explain_dependence(attempt: AssumeAttempt, verdicts: list[ActionVerdict]) -> Explanation:
    """Explain a call that nothing refuses for certain, by naming the keys that decide it."""
    view = attempt.live
    words = attempt.build_wording(view)
    keys = sorted(keys_of(verdicts))
    unseen = [key for key in keys if key.startswith(NON_CONDITION_PREFIXES)]
    sides = _build_sides(attempt, view, [item for item in verdicts if not item.verdict.allowed])
    if attempt.is_refused and set(keys) <= MFA_KEYS:
        outcome = AssumeOutcome.MFA_TOO_OLD if attempt.mfa.present else AssumeOutcome.NEEDS_MFA
        return _make_explanation(attempt, outcome, write_message(words, outcome, verdicts), sides)
    outcome = AssumeOutcome.UNSEEN if attempt.is_refused or len(unseen) == len(keys) else AssumeOutcome.DEPENDS
    message = write_message(words, outcome, verdicts, attempt.is_refused, _describe_needed_code(attempt))
    message = replace(message, details=(*message.details, *_describe_unread(attempt)))
    if message.lines and attempt.alias:
        message = replace(message, place=attempt.alias.place)
    return _make_explanation(attempt, outcome, message, sides)


def _describe_unread(attempt: AssumeAttempt) -> tuple[str, ...]:
    if not attempt.unread_actions or Evidence.LIVE in (attempt.live.trust_evidence, attempt.live.caller_evidence):
        return ()
    return (f"You may not read the live account: no {', '.join(f'iam:{name}' for name in attempt.unread_actions)}.",)


def _explain_allowed(attempt: AssumeAttempt, verdicts: list[ActionVerdict]) -> Explanation:
    view = attempt.live
    words = attempt.build_wording(view)
    sides = _build_sides(attempt, view, verdicts[:1])
    if not attempt.is_refused:
        message = write_message(words, AssumeOutcome.ALLOWED, verdicts, suffix=_describe_needed_code(attempt))
        if attempt.file and any(item.verdict.denied for item in _evaluate_actions(attempt, attempt.file)):
            warning = "The file does not allow it: the next apply removes this right."
            message = replace(message, details=(*message.details, warning))
        return _make_explanation(attempt, AssumeOutcome.ALLOWED, message, sides)
    if attempt.seconds_since_applied is not None:
        return _explain_propagation(attempt)
    message = write_message(words, AssumeOutcome.UNSEEN, verdicts, True)
    return _make_explanation(
        attempt, AssumeOutcome.UNSEEN, replace(message, details=(*message.details, *_describe_unread(attempt))), sides
    )


def _describe_needed_code(attempt: AssumeAttempt) -> str:
    """Return " with an MFA code" if AWS refuses the call without one and none has been given yet; else ""."""
    mfa = attempt.mfa
    if attempt.is_refused or attempt.previous_call is not None or not mfa.present or mfa.age != 0:
        return ""
    without = _evaluate_actions(attempt, attempt.live, Mfa(temporary=mfa.temporary))
    return " with an MFA code" if any(item.verdict.denied for item in without) else ""


def _build_sides(
    attempt: AssumeAttempt, view: CallerAndRole, verdicts: list[ActionVerdict]
) -> tuple[ExplanationSide, ...]:
    words = attempt.build_wording(view)
    return tuple(side_of(words, party, verdicts) for party in ("trust", "caller"))

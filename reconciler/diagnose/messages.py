"""Write the sentences of an explanation: the refusal, the next step, and the lines to write. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.access import Decision, PrincipalMatch, StatementMatch, Verdict, VerdictReason
from reconciler.access.guardrail_stops import find_assume_stops
from reconciler.diagnose.evaluation import NON_CONDITION_PREFIXES, ActionVerdict, Cause, evaluate_action
from reconciler.diagnose.request_context import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION
from reconciler.diagnose.unseen_causes import describe_possible_causes, format_keys
from reconciler.diagnose.wording import (
    CallWording,
    Message,
    describe_failure,
    extend_similar_rule,
    find_external_ids,
    format_open_conditions,
    suggest_caller_lines,
    suggest_trust_lines,
)
from reconciler.model.explanation import AssumeOutcome, Evidence, ExplanationSide, SideVerdict
from reconciler.model.problem import Place
from reconciler.model.sentence import format_list

_MAX_NAMED = 3

_NAMED_BY = {
    PrincipalMatch.ACCOUNT: " by its account {account}",
    PrincipalMatch.EVERYONE: " among everyone",
    PrincipalMatch.BY_ARN: " by aws:PrincipalArn",
}
"""How a trust that lets a caller in names it, if not by its own ARN."""

_SIDE_VERDICTS = {
    Decision.ALLOW: SideVerdict.ALLOWS,
    Decision.DENY: SideVerdict.REFUSES,
    Decision.DEPENDS: SideVerdict.DEPENDS,
}


def side_of(words: CallWording, party: str, verdicts: Sequence[ActionVerdict]) -> ExplanationSide:
    """Return one side for the first action that it does not allow. party: "trust" or "caller"."""
    not_allowed = [item for item in verdicts if not _verdict_of(item, party).allowed]
    item = (not_allowed or list(verdicts))[0]
    verdict = _verdict_of(item, party)
    evidence = words.view.trust_evidence if party == "trust" else words.view.caller_evidence
    reasons = item.trust_reasons if party == "trust" else item.caller_reasons
    side_verdict = _SIDE_VERDICTS[verdict.decision]
    if (
        verdict.decision is Decision.DEPENDS
        and not reasons
        and any(key.startswith(NON_CONDITION_PREFIXES) for key in verdict.keys)
    ):
        side_verdict = SideVerdict.UNSEEN
    sentences = _describe_trust(words, item) if party == "trust" else _describe_caller(words, item)
    place = next((line for reason in reasons if (line := words.place_of(reason.source))), None)
    if place is None and verdict.denied:
        place = _find_trust_place(words) if party == "trust" else words.find_caller_place()
    return ExplanationSide(party, side_verdict, evidence, tuple(sentences), place)


def _verdict_of(item: ActionVerdict, party: str) -> Verdict:
    return item.trust if party == "trust" else item.caller


def _name_action(item: ActionVerdict) -> str:
    return "it" if item.action == ASSUME_ROLE else item.action


def _describe_trust(words: CallWording, item: ActionVerdict) -> list[str]:
    caller, verdict = words.caller, item.trust
    if words.view.trust_evidence is Evidence.UNSEEN:
        return [f"the trust policy of {words.role} cannot be read"]
    if verdict.reason is VerdictReason.EXPLICIT:
        return [f"{words.name_statement(reason.source)} denies {_name_action(item)}" for reason in item.trust_reasons]
    if verdict.denied and not item.trust_reasons:
        return [f"no statement lets {caller} in" + ("" if item.action == ASSUME_ROLE else f" with {item.action}")]
    if verdict.denied:
        return [describe_failure(words, reason) for reason in item.trust_reasons]
    if verdict.allowed:
        how = _NAMED_BY.get(item.naming, "").format(account=words.view.principal.account)
        return [f"{words.name_statement(reason.source)} lets {caller} in{how}" for reason in item.trust_reasons]
    return _describe_open_keys(words, item.trust_reasons, verdict)


def _describe_caller(words: CallWording, item: ActionVerdict) -> list[str]:
    caller, verdict = words.caller, item.caller
    if verdict.reason is VerdictReason.EXPLICIT:
        return [f"{words.name_statement(reason.source)} denies {_name_action(item)}" for reason in item.caller_reasons]
    if verdict.reason is VerdictReason.BOUNDARY and words.view.principal.boundary:
        label = words.name_policy(words.view.principal.boundary.label)
        return [f"the permissions boundary {label} does not allow {item.action} on {words.role}"]
    if verdict.reason is VerdictReason.SERVICE_CONTROL:
        names = format_list(find_assume_stops(words.view.principal, words.view.target), _MAX_NAMED)
        return [f"the guardrails do not allow {item.action} on {words.role}: {names}"]
    if verdict.reason is VerdictReason.SESSION:
        return [f"the session policy of the previous hop does not allow {item.action} on {words.role}"]
    if verdict.denied and not item.caller_reasons:
        return [f"no policy of {caller} allows {item.action} on {words.role}"]
    if verdict.denied:
        return [describe_failure(words, reason) for reason in item.caller_reasons]
    if verdict.allowed and not item.caller_reasons and not item.is_named:
        return [f"{caller} needs no policy of its own once the trust names it, and none denies it"]
    if verdict.allowed and not item.caller_reasons:
        named = "everyone" if item.naming is PrincipalMatch.EVERYONE else caller
        return [f"the trust names {named}, so {caller} needs no policy of its own, and none denies it"]
    if verdict.allowed:
        return [f"{words.name_statement(reason.source)} allows {item.action}" for reason in item.caller_reasons]
    return _describe_open_keys(words, item.caller_reasons, verdict)


def _describe_open_keys(words: CallWording, reasons: Sequence[StatementMatch], verdict: Verdict) -> list[str]:
    """Return the sentences that name the conditions that a side depends on."""
    sentences = []
    for reason in reasons:
        conditions = "; ".join(format_open_conditions(words, reason))
        verb = "denies it" if reason.effect == "Deny" else "allows it"
        sentences.append(
            f"{words.name_statement(reason.source)} {verb}" + (f" if {conditions}" if conditions else " perhaps")
        )
    for key in sorted(verdict.keys):
        kind, _, label = key.partition(":")
        if kind == "policy" and label == words.view.principal.arn:
            sentences.append(f"the policies of {words.caller} cannot be read")
        elif kind == "policy":
            sentences.append(f"the content of {words.name_policy(label)} cannot be read")
        elif kind == "boundary":
            sentences.append(f"AWS does not say if the permissions boundary {words.name_policy(label)} counts here")
        elif kind == "session":
            sentences.append("AWS does not say if the session policy of the previous hop counts here")
        elif kind == "principal":
            sentences.append(f"the trust lets in only the session {label}")
    return sentences


def write_message(
    words: CallWording,
    outcome: AssumeOutcome,
    verdicts: Sequence[ActionVerdict],
    refused: bool = False,
    suffix: str = "",
) -> Message:
    """Return the sentences of an outcome that follows from evaluating both sides.

    refused: AWS has refused the call. suffix: a condition to append to "may assume role/x", as " with an MFA code".
    """
    caller, role, first = words.caller, words.role, verdicts[0]
    refusal = f"{caller} may not assume {role}"
    if outcome is AssumeOutcome.ALLOWED:
        details = ("SCPs and RCPs count only if the file names them (`guardrails`).",)
        return Message(f"{caller} may assume {role}{suffix}.", details)
    if outcome is AssumeOutcome.DEPENDS:
        keys = format_keys(verdicts)
        hint = "Make sure that the call meets this condition."
        return Message(f"{caller} may assume {role}{suffix}, depending on {keys}.", (), hint)
    if outcome is AssumeOutcome.UNSEEN:
        return describe_possible_causes(words, verdicts, refused)
    if outcome in _MFA_OUTCOMES:
        return _write_mfa_refusal(words, outcome, first, refusal)
    if outcome is AssumeOutcome.WRONG_EXTERNAL_ID:
        return _write_id_refusal(words, first, refusal)
    return _write_refusal(words, verdicts, refusal)


_MFA_OUTCOMES = (AssumeOutcome.NEEDS_MFA, AssumeOutcome.MFA_TOO_OLD, AssumeOutcome.CHAIN_MFA)


def _write_mfa_refusal(words: CallWording, outcome: AssumeOutcome, item: ActionVerdict, refusal: str) -> Message:
    reasons = (*item.trust_reasons, *item.caller_reasons) if item.trust_cause else item.caller_reasons
    place = next((line for reason in reasons if (line := words.place_of(reason.source))), None)
    if outcome is AssumeOutcome.NEEDS_MFA:
        hint = "Pass --token-code CODE, or write `mfa: true` in the alias so that reconcile asks for a code."
        return Message(f"{refusal} without MFA.", (), hint, (), place)
    if outcome is AssumeOutcome.MFA_TOO_OLD:
        return Message(f"{refusal}: its MFA is too old.", (), "Pass a new code with --token-code CODE.", (), place)
    caller_fix = _find_caller_fix(words, item) if item.caller_cause is Cause.UNNAMED else None
    return Message(
        f"{refusal}: AWS demands MFA, and a role's session never carries any.",
        (),
        "Assume it as a user; or demand MFA for the first role of the chain, and not in this statement."
        + (f" Then {caller_fix.hint[0].lower()}{caller_fix.hint[1:]}" if caller_fix else ""),
        caller_fix.lines if caller_fix else (),
        place,
    )


def _write_id_refusal(words: CallWording, item: ActionVerdict, refusal: str) -> Message:
    accepted = [
        value for value in find_external_ids(item) if "*" not in value and "?" not in value and "$" not in value
    ]
    lines = (f"external_id: {accepted[0]}",) if accepted else ()
    carries_id = words.context.find("sts:externalid") != (None,)
    summary = f"{refusal} {'with this external id' if carries_id else 'without an external id'}."
    hint = "Write in the alias:" if lines else "Write `external_id` in the alias, with one that the trust accepts."
    return Message(summary, (), hint, lines)


_TRUST_SUMMARY = {
    Cause.MFA: "its trust policy demands MFA",
    Cause.AGE: "its trust policy demands a more recent MFA",
    Cause.EXTERNAL_ID: "its trust policy demands another external id",
    Cause.UNNAMED: "its trust policy does not let {caller} in",
    Cause.DENY: "its trust policy denies it",
}
_CALLER_SUMMARY = {
    Cause.MFA: "the policies of {caller} demand MFA",
    Cause.AGE: "the policies of {caller} demand a more recent MFA",
    Cause.UNNAMED: "no policy of {caller} allows it",
    Cause.DENY: "a policy of {caller} denies it",
    Cause.LIMIT: "the permissions boundary or session policy of {caller} does not allow it",
    Cause.GUARDRAIL: "the service control policies of the organization do not allow it",
}


def _write_refusal(words: CallWording, verdicts: Sequence[ActionVerdict], refusal: str) -> Message:
    item = verdicts[0]
    if item.action != ASSUME_ROLE:
        refusal = f"{words.caller} may assume {words.role}, but not {_ACTION_EXTRAS[item.action]}"
    trust = _TRUST_SUMMARY.get(item.trust_cause or Cause.DENY, "a condition of its trust policy does not hold")
    caller = _CALLER_SUMMARY.get(item.caller_cause or Cause.DENY, "a condition of {caller}'s policies does not hold")
    if item.action != ASSUME_ROLE and Cause.UNNAMED in item.causes:
        trust = f"its trust policy does not allow {item.action}"
        caller = f"no policy of {words.caller} allows {item.action}"
    parts = [text for text, side in ((trust, item.trust), (caller, item.caller)) if side.denied]
    summary = f"{refusal}: {', and '.join(parts).format(caller=words.caller)}."
    fixes = [fix for fix in (_find_trust_fix(words, item), _find_caller_fix(words, item)) if fix]
    if len(fixes) < 2:
        return _add_summary(summary, fixes[0] if fixes else Message(""))
    lines = [line for fix in fixes for line in (f"# {fix.hint}", *fix.lines)]
    return Message(summary, (), "Change both sides:", tuple(lines), fixes[0].place)


_ACTION_EXTRAS = {TAG_SESSION: "with session tags", SET_SOURCE_IDENTITY: "with a source identity"}

_CODE_HINT = "Pass --token-code CODE, or write `mfa: true` in the alias."


def _add_summary(summary: str, fix: Message) -> Message:
    return Message(summary, fix.details, fix.hint, fix.lines, fix.place)


def _find_trust_place(words: CallWording) -> Place | None:
    """Return the place of the first rule or statement of the role's trust in the file."""
    role = words.find_declared_role()
    return role.trust_policy.places[0] if role and role.trust_policy.places else words.find_role_place()


def _find_trust_fix(words: CallWording, item: ActionVerdict) -> Message | None:
    if not item.trust.denied:
        return None
    place = next((line for reason in item.trust_reasons if (line := words.place_of(reason.source))), None)
    if item.trust_cause in (Cause.MFA, Cause.AGE):
        return Message("", (), _CODE_HINT, (), place)
    if item.trust_cause is not Cause.UNNAMED:
        return Message(
            "",
            (),
            f"Change this statement of the trust of {words.role}, or make a call that meets its conditions.",
            (),
            place,
        )
    principal = words.view.principal
    foreign: tuple[str, ...] = ()
    if principal.account != words.view.target.account and not item.caller.denied:
        foreign = (f"The caller's policies in account {principal.account} must allow {item.action} on it, too.",)
    rule = extend_similar_rule(words) if item.action == ASSUME_ROLE else None
    if rule is not None:
        return Message("", foreign, f"Add the caller to this rule of the trust of {words.role}:", *rule)
    lines = suggest_trust_lines(words, item)
    role = words.find_declared_role()
    if role is None:
        return Message("", foreign, f"Add to the trust policy of {words.role}:", lines)
    if item.action == ASSUME_ROLE:
        return Message("", foreign, f"Add to the trust of {words.role}:", lines, place or _find_trust_place(words))
    part = "this rule of " if role.trust_policy.from_rules else ""
    allows = evaluate_action(words.view, ASSUME_ROLE, words.context).trust_reasons
    allow_place = next((line for reason in allows if (line := words.place_of(reason.source))), None)
    return Message("", (), f"Add to {part}the trust of {words.role}:", lines, allow_place or _find_trust_place(words))


def _find_caller_fix(words: CallWording, item: ActionVerdict) -> Message | None:
    if not item.caller.denied:
        return None
    place = next((line for reason in item.caller_reasons if (line := words.place_of(reason.source))), None)
    if item.caller_cause in (Cause.MFA, Cause.AGE):
        return Message("", (), _CODE_HINT, (), place)
    if item.caller_cause is Cause.LIMIT:
        hint = f"Allow {item.action} on {words.view.target.arn} in that boundary or session policy, too."
        return Message("", (), hint, (), words.find_caller_place())
    if item.caller_cause is Cause.GUARDRAIL:
        return Message("", (), "Ask the administrators of the organization: reconcile never writes its policies.")
    if item.caller_cause is not Cause.UNNAMED:
        hint = f"Change this statement of {words.caller}, or make a call that meets its conditions."
        return Message("", (), hint, (), place)
    lines = suggest_caller_lines(words, item)
    declared = words.find_caller_place()
    if declared is not None:
        return Message("", (), f"Add to {words.caller}:", lines, declared)
    return Message("", (), f"Attach a policy with this statement to {words.caller}:", lines)

"""An outcome in sentences: what is so, the next step, and the very lines to write. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.access import Decision, PrincipalMatch, StatementMatch, Verdict, VerdictReason
from reconciler.diagnose.evaluation import NON_CONDITION_PREFIXES, ActionVerdict, Cause, evaluate_action
from reconciler.diagnose.request_context import ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION
from reconciler.diagnose.unseen_causes import describe_suspects, format_keys
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

_SAYS = {Decision.ALLOW: SideVerdict.ALLOWS, Decision.DENY: SideVerdict.REFUSES, Decision.DEPENDS: SideVerdict.DEPENDS}


def side_of(words: CallWording, who: str, found: Sequence[ActionVerdict]) -> ExplanationSide:
    """One side, of the first action that it does not allow."""
    open_items = [item for item in found if not _verdict_of(item, who).allowed]
    item = (open_items or list(found))[0]
    verdict = _verdict_of(item, who)
    evidence = words.view.trust_evidence if who == "trust" else words.view.caller_evidence
    near = item.trust_reasons if who == "trust" else item.caller_reasons
    says = _SAYS[verdict.decision]
    if (
        verdict.decision is Decision.DEPENDS
        and not near
        and any(key.startswith(NON_CONDITION_PREFIXES) for key in verdict.keys)
    ):
        says = SideVerdict.UNSEEN
    sentences = _describe_trust(words, item) if who == "trust" else _describe_caller(words, item)
    place = next((line for reason in near if (line := words.place_of(reason.source))), None)
    if place is None and verdict.denied:
        place = _find_trust_place(words) if who == "trust" else words.find_caller_place()
    return ExplanationSide(who, says, evidence, tuple(sentences), place)


def _verdict_of(item: ActionVerdict, who: str) -> Verdict:
    return item.trust if who == "trust" else item.caller


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
    how = {
        PrincipalMatch.ACCOUNT: f" by its account {words.view.principal.account}",
        PrincipalMatch.EVERYONE: " among everyone",
    }
    how[PrincipalMatch.BY_ARN] = " by aws:PrincipalArn"
    if verdict.allowed:
        return [
            f"{words.name_statement(reason.source)} lets {caller} in{how.get(item.naming, '')}"
            for reason in item.trust_reasons
        ]
    return _describe_open_keys(words, item.trust_reasons, verdict)


def _describe_caller(words: CallWording, item: ActionVerdict) -> list[str]:
    caller, verdict = words.caller, item.caller
    if verdict.reason is VerdictReason.EXPLICIT:
        return [f"{words.name_statement(reason.source)} denies {_name_action(item)}" for reason in item.caller_reasons]
    if verdict.reason is VerdictReason.BOUNDARY and words.view.principal.boundary:
        label = words.name_policy(words.view.principal.boundary.label)
        return [f"the permissions boundary {label} does not allow {item.action} on {words.role}"]
    if verdict.reason is VerdictReason.SESSION:
        return [f"the session policy of the hop before does not allow {item.action} on {words.role}"]
    if verdict.denied and not item.caller_reasons:
        return [f"no policy of {caller} allows {item.action} on {words.role}"]
    if verdict.denied:
        return [describe_failure(words, reason) for reason in item.caller_reasons]
    if verdict.allowed and not item.caller_reasons:
        return [f"{caller} needs no policy where the trust names it, and none denies it"]
    if verdict.allowed:
        return [f"{words.name_statement(reason.source)} allows {item.action}" for reason in item.caller_reasons]
    return _describe_open_keys(words, item.caller_reasons, verdict)


def _describe_open_keys(words: CallWording, near: Sequence[StatementMatch], verdict: Verdict) -> list[str]:
    """What a side depends on."""
    said = []
    for reason in near:
        conditions = "; ".join(format_open_conditions(words, reason))
        verb = "denies it" if reason.effect == "Deny" else "allows it"
        said.append(
            f"{words.name_statement(reason.source)} {verb}" + (f" if {conditions}" if conditions else " perhaps")
        )
    for key in sorted(verdict.keys):
        kind, _, label = key.partition(":")
        if kind == "policy" and label == words.view.principal.arn:
            said.append(f"the policies of {words.caller} cannot be read")
        elif kind == "policy":
            said.append(f"what {words.name_policy(label)} says cannot be read")
        elif kind == "boundary":
            said.append(f"whether the permissions boundary {words.name_policy(label)} counts here, AWS does not say")
        elif kind == "session":
            said.append("whether the session policy of the hop before counts here, AWS does not say")
        elif kind == "principal":
            said.append(f"only the session {label} is let in")
    return said


def write_message(
    words: CallWording, outcome: AssumeOutcome, found: Sequence[ActionVerdict], refused: bool = False, suffix: str = ""
) -> Message:
    """The sentences of an outcome that follows from weighing. `refused`: AWS has said no already.

    suffix: what must still be given, behind "may assume role/x", as " with an MFA code".
    """
    caller, role, first = words.caller, words.role, found[0]
    no = f"{caller} may not assume {role}"
    if outcome is AssumeOutcome.ALLOWED:
        details = ("SCPs and RCPs of an organisation are not seen from here.",)
        return Message(f"{caller} may assume {role}{suffix}.", details)
    if outcome is AssumeOutcome.DEPENDS:
        on = format_keys(found)
        return Message(
            f"{caller} may assume {role}{suffix}, depending on {on}.", (), "Make sure that it holds for the call."
        )
    if outcome is AssumeOutcome.UNSEEN:
        return describe_suspects(words, found, refused)
    if outcome in _MFA_OUTCOMES:
        return _write_mfa_refusal(words, outcome, first, no)
    if outcome is AssumeOutcome.WRONG_EXTERNAL_ID:
        return _write_id_refusal(words, first, no)
    return _write_refusal(words, found, no)


_MFA_OUTCOMES = (AssumeOutcome.NEEDS_MFA, AssumeOutcome.MFA_TOO_OLD, AssumeOutcome.CHAIN_MFA)


def _write_mfa_refusal(words: CallWording, outcome: AssumeOutcome, item: ActionVerdict, refusal: str) -> Message:
    near = (*item.trust_reasons, *item.caller_reasons) if item.trust_cause else item.caller_reasons
    place = next((line for reason in near if (line := words.place_of(reason.source))), None)
    if outcome is AssumeOutcome.NEEDS_MFA:
        hint = "Give a code: --token-code, or `mfa: true` of the alias, which asks for one."
        return Message(f"{refusal} without MFA.", (), hint, (), place)
    if outcome is AssumeOutcome.MFA_TOO_OLD:
        return Message(f"{refusal} with an MFA that old.", (), "Give a new code, with --token-code.", (), place)
    also = _find_caller_fix(words, item) if item.caller_cause is Cause.UNNAMED else None
    return Message(
        f"{refusal}: MFA is demanded, and a role's session never carries any.",
        (),
        "Assume it as a user; or demand MFA for the first role of the chain, and not in this statement."
        + (f" Then {also.hint[0].lower()}{also.hint[1:]}" if also else ""),
        also.lines if also else (),
        place,
    )


def _write_id_refusal(words: CallWording, item: ActionVerdict, refusal: str) -> Message:
    wanted = [value for value in find_external_ids(item) if "*" not in value and "?" not in value and "$" not in value]
    lines = (f"external_id: {wanted[0]}",) if wanted else ()
    carried = words.context.find("sts:externalid") != (None,)
    summary = f"{refusal} {'with this external id' if carried else 'without an external id'}."
    hint = "Write it on the alias:" if lines else "Write one that the trust takes on the alias, as `external_id`."
    return Message(summary, (), hint, lines)


_TRUST_SUMMARY = {
    Cause.MFA: "its trust policy demands MFA",
    Cause.AGE: "its trust policy demands a younger MFA",
    Cause.EXTERNAL_ID: "its trust policy demands another external id",
    Cause.UNNAMED: "its trust policy does not let {caller} in",
    Cause.DENY: "its trust policy denies it",
}
_CALLER_SUMMARY = {
    Cause.MFA: "the policies of {caller} demand MFA",
    Cause.AGE: "the policies of {caller} demand a younger MFA",
    Cause.UNNAMED: "no policy of {caller} allows it",
    Cause.DENY: "a policy of {caller} denies it",
    Cause.LIMIT: "a limit on {caller} does not allow it",
}


def _write_refusal(words: CallWording, found: Sequence[ActionVerdict], refusal: str) -> Message:
    item = found[0]
    if item.action != ASSUME_ROLE:
        refusal = f"{words.caller} may assume {words.role}, but not {_ACTION_EXTRAS[item.action]}"
    trust = _TRUST_SUMMARY.get(item.trust_cause or Cause.DENY, "a condition of its trust policy does not hold")
    caller = _CALLER_SUMMARY.get(item.caller_cause or Cause.DENY, "a condition of {caller}'s policies does not hold")
    if item.action != ASSUME_ROLE and Cause.UNNAMED in item.causes:
        trust = f"its trust policy does not allow {item.action}"
        caller = f"no policy of {words.caller} allows {item.action}"
    parts = [text for text, side in ((trust, item.trust), (caller, item.caller)) if side.denied]
    summary = f"{refusal}: {', and '.join(parts).format(caller=words.caller)}."
    steps = [step for step in (_find_trust_fix(words, item), _find_caller_fix(words, item)) if step]
    if len(steps) < 2:
        return _add_summary(summary, steps[0] if steps else Message(""))
    lines = [line for step in steps for line in (f"# {step.hint}", *step.lines)]
    return Message(summary, (), "Change both sides:", tuple(lines), steps[0].place)


_ACTION_EXTRAS = {TAG_SESSION: "with session tags", SET_SOURCE_IDENTITY: "with a source identity"}

_CODE_HINT = "Give an MFA code: --token-code, or `mfa: true` of the alias."


def _add_summary(summary: str, step: Message) -> Message:
    return Message(summary, step.details, step.hint, step.lines, step.place)


def _find_trust_place(words: CallWording) -> Place | None:
    """The first rule or statement of the role's trust in the file."""
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
            "", (), f"Change this statement of the trust of {words.role}, or what the call brings.", (), place
        )
    principal = words.view.principal
    foreign: tuple[str, ...] = ()
    if principal.account != words.view.target.account and not item.caller.denied:
        foreign = (f"Its own policies, in account {principal.account}, must allow {item.action} on it as well.",)
    rule = extend_similar_rule(words) if item.action == ASSUME_ROLE else None
    if rule is not None:
        return Message("", foreign, f"Name it in this rule of the trust of {words.role}:", *rule)
    lines = suggest_trust_lines(words, item)
    role = words.find_declared_role()
    if role is None:
        return Message("", foreign, f"Add to the trust policy of {words.role}:", lines)
    if item.action == ASSUME_ROLE:
        return Message("", foreign, f"Add to the trust of {words.role}:", lines, place or _find_trust_place(words))
    into = "this rule of " if role.trust_policy.from_rules else ""
    letting = evaluate_action(words.view, ASSUME_ROLE, words.context).trust_reasons
    letting_in = next((line for reason in letting if (line := words.place_of(reason.source))), None)
    return Message("", (), f"Add to {into}the trust of {words.role}:", lines, letting_in or _find_trust_place(words))


def _find_caller_fix(words: CallWording, item: ActionVerdict) -> Message | None:
    if not item.caller.denied:
        return None
    place = next((line for reason in item.caller_reasons if (line := words.place_of(reason.source))), None)
    if item.caller_cause in (Cause.MFA, Cause.AGE):
        return Message("", (), _CODE_HINT, (), place)
    if item.caller_cause is Cause.LIMIT:
        return Message(
            "", (), f"Allow {item.action} on {words.view.target.arn} there too.", (), words.find_caller_place()
        )
    if item.caller_cause is not Cause.UNNAMED:
        return Message("", (), f"Change this statement of {words.caller}, or what the call brings.", (), place)
    lines = suggest_caller_lines(words, item)
    declared = words.find_caller_place()
    if declared is not None:
        return Message("", (), f"Add to {words.caller}:", lines, declared)
    return Message("", (), f"Attach a policy with this statement to {words.caller}:", lines)

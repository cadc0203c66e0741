"""An outcome in sentences: what is so, the next step, and the very lines to write. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.access import Decision, Naming, Reason, Verdict, Why
from reconciler.assume.asked import ASSUME, SET_SOURCE_IDENTITY, TAG_SESSION
from reconciler.assume.unseen import not_seen, spelled_keys
from reconciler.assume.weigh import OF_NO_CALL, Cause, Weighed, weighed
from reconciler.assume.wording import (
    Told,
    Words,
    caller_lines,
    lacking,
    like_rule,
    open_conditions,
    trust_lines,
    wanted_ids,
)
from reconciler.model.explanation import Evidence, Outcome, Says, Side
from reconciler.model.problem import Place

_SAYS = {Decision.ALLOW: Says.ALLOWS, Decision.DENY: Says.REFUSES, Decision.DEPENDS: Says.DEPENDS}


def side_of(words: Words, who: str, found: Sequence[Weighed]) -> Side:
    """One side, of the first action that it does not allow."""
    open_items = [item for item in found if not _verdict(item, who).allowed]
    item = (open_items or list(found))[0]
    verdict = _verdict(item, who)
    evidence = words.view.trust_evidence if who == "trust" else words.view.caller_evidence
    near = item.trust_reasons if who == "trust" else item.caller_reasons
    says = _SAYS[verdict.decision]
    if verdict.decision is Decision.DEPENDS and not near and any(key.startswith(OF_NO_CALL) for key in verdict.keys):
        says = Says.UNSEEN
    sentences = _trust_sentences(words, item) if who == "trust" else _caller_sentences(words, item)
    place = next((line for reason in near if (line := words.place_of(reason.source))), None)
    if place is None and verdict.denied:
        place = _trust_place(words) if who == "trust" else words.caller_place()
    return Side(who, says, evidence, tuple(sentences), place)


def _verdict(item: Weighed, who: str) -> Verdict:
    return item.trust if who == "trust" else item.caller


def _what(item: Weighed) -> str:
    return "it" if item.action == ASSUME else item.action


def _trust_sentences(words: Words, item: Weighed) -> list[str]:
    caller, verdict = words.caller, item.trust
    if words.view.trust_evidence is Evidence.UNSEEN:
        return [f"the trust policy of {words.role} cannot be read"]
    if verdict.why is Why.EXPLICIT:
        return [f"{words.named(reason.source)} denies {_what(item)}" for reason in item.trust_reasons]
    if verdict.denied and not item.trust_reasons:
        return [f"no statement lets {caller} in" + ("" if item.action == ASSUME else f" with {item.action}")]
    if verdict.denied:
        return [lacking(words, reason) for reason in item.trust_reasons]
    how = {Naming.ACCOUNT: f" by its account {words.view.principal.account}", Naming.EVERYONE: " among everyone"}
    how[Naming.BY_ARN] = " by aws:PrincipalArn"
    if verdict.allowed:
        return [
            f"{words.named(reason.source)} lets {caller} in{how.get(item.naming, '')}" for reason in item.trust_reasons
        ]
    return _open(words, item.trust_reasons, verdict)


def _caller_sentences(words: Words, item: Weighed) -> list[str]:
    caller, verdict = words.caller, item.caller
    if verdict.why is Why.EXPLICIT:
        return [f"{words.named(reason.source)} denies {_what(item)}" for reason in item.caller_reasons]
    if verdict.why is Why.BOUNDARY and words.view.principal.boundary:
        label = words.label(words.view.principal.boundary.label)
        return [f"the permissions boundary {label} does not allow {item.action} on {words.role}"]
    if verdict.why is Why.SESSION:
        return [f"the session policy of the hop before does not allow {item.action} on {words.role}"]
    if verdict.denied and not item.caller_reasons:
        return [f"no policy of {caller} allows {item.action} on {words.role}"]
    if verdict.denied:
        return [lacking(words, reason) for reason in item.caller_reasons]
    if verdict.allowed and not item.caller_reasons:
        return [f"{caller} needs no policy where the trust names it, and none denies it"]
    if verdict.allowed:
        return [f"{words.named(reason.source)} allows {item.action}" for reason in item.caller_reasons]
    return _open(words, item.caller_reasons, verdict)


def _open(words: Words, near: Sequence[Reason], verdict: Verdict) -> list[str]:
    """What a side depends on."""
    said = []
    for reason in near:
        conditions = "; ".join(open_conditions(words, reason))
        verb = "denies it" if reason.effect == "Deny" else "allows it"
        said.append(f"{words.named(reason.source)} {verb}" + (f" if {conditions}" if conditions else " perhaps"))
    for key in sorted(verdict.keys):
        kind, _, label = key.partition(":")
        if kind == "policy" and label == words.view.principal.arn:
            said.append(f"the policies of {words.caller} cannot be read")
        elif kind == "policy":
            said.append(f"what {words.label(label)} says cannot be read")
        elif kind == "boundary":
            said.append(f"whether the permissions boundary {words.label(label)} counts here, AWS does not say")
        elif kind == "session":
            said.append("whether the session policy of the hop before counts here, AWS does not say")
        elif kind == "principal":
            said.append(f"only the session {label} is let in")
    return said


def told(words: Words, outcome: Outcome, found: Sequence[Weighed], refused: bool = False, how: str = "") -> Told:
    """The sentences of an outcome that follows from weighing. `refused`: AWS has said no already.

    how: what must still be given, behind "may assume role/x", as " with an MFA code".
    """
    caller, role, first = words.caller, words.role, found[0]
    no = f"{caller} may not assume {role}"
    if outcome is Outcome.ALLOWED:
        details = ("SCPs and RCPs of an organisation are not seen from here.",)
        return Told(f"{caller} may assume {role}{how}.", details)
    if outcome is Outcome.DEPENDS:
        on = spelled_keys(found)
        return Told(f"{caller} may assume {role}{how}, depending on {on}.", (), "Make sure that it holds for the call.")
    if outcome is Outcome.UNSEEN:
        return not_seen(words, found, refused)
    if outcome in _WITH_MFA:
        return _mfa(words, outcome, first, no)
    if outcome is Outcome.WRONG_EXTERNAL_ID:
        return _external_id(words, first, no)
    return _refusal(words, found, no)


_WITH_MFA = (Outcome.NEEDS_MFA, Outcome.MFA_TOO_OLD, Outcome.CHAIN_MFA)


def _mfa(words: Words, outcome: Outcome, item: Weighed, no: str) -> Told:
    near = (*item.trust_reasons, *item.caller_reasons) if item.trust_cause else item.caller_reasons
    place = next((line for reason in near if (line := words.place_of(reason.source))), None)
    if outcome is Outcome.NEEDS_MFA:
        hint = "Give a code: --token-code, or `mfa: true` of the alias, which asks for one."
        return Told(f"{no} without MFA.", (), hint, (), place)
    if outcome is Outcome.MFA_TOO_OLD:
        return Told(f"{no} with an MFA that old.", (), "Give a new code, with --token-code.", (), place)
    also = _caller_step(words, item) if item.caller_cause is Cause.UNNAMED else None
    return Told(
        f"{no}: MFA is demanded, and a role's session never carries any.",
        (),
        "Assume it as a user; or demand MFA for the first role of the chain, and not in this statement."
        + (f" Then {also.hint[0].lower()}{also.hint[1:]}" if also else ""),
        also.lines if also else (),
        place,
    )


def _external_id(words: Words, item: Weighed, no: str) -> Told:
    wanted = [value for value in wanted_ids(item) if "*" not in value and "?" not in value and "$" not in value]
    lines = (f"external_id: {wanted[0]}",) if wanted else ()
    carried = words.context.find("sts:externalid") != (None,)
    summary = f"{no} {'with this external id' if carried else 'without an external id'}."
    hint = "Write it on the alias:" if lines else "Write one that the trust takes on the alias, as `external_id`."
    return Told(summary, (), hint, lines)


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


def _refusal(words: Words, found: Sequence[Weighed], no: str) -> Told:
    item = found[0]
    if item.action != ASSUME:
        no = f"{words.caller} may assume {words.role}, but not {_WITH[item.action]}"
    trust = _TRUST_SUMMARY.get(item.trust_cause or Cause.DENY, "a condition of its trust policy does not hold")
    caller = _CALLER_SUMMARY.get(item.caller_cause or Cause.DENY, "a condition of {caller}'s policies does not hold")
    if item.action != ASSUME and Cause.UNNAMED in item.causes:
        trust = f"its trust policy does not allow {item.action}"
        caller = f"no policy of {words.caller} allows {item.action}"
    parts = [text for text, side in ((trust, item.trust), (caller, item.caller)) if side.denied]
    summary = f"{no}: {', and '.join(parts).format(caller=words.caller)}."
    steps = [step for step in (_trust_step(words, item), _caller_step(words, item)) if step]
    if len(steps) < 2:
        return _with(summary, steps[0] if steps else Told(""))
    lines = [line for step in steps for line in (f"# {step.hint}", *step.lines)]
    return Told(summary, (), "Change both sides:", tuple(lines), steps[0].place)


_WITH = {TAG_SESSION: "with session tags", SET_SOURCE_IDENTITY: "with a source identity"}

_CODE = "Give an MFA code: --token-code, or `mfa: true` of the alias."


def _with(summary: str, step: Told) -> Told:
    return Told(summary, step.details, step.hint, step.lines, step.place)


def _trust_place(words: Words) -> Place | None:
    """The first rule or statement of the role's trust in the file."""
    role = words.declared_role()
    return role.trust_policy.places[0] if role and role.trust_policy.places else words.role_place()


def _trust_step(words: Words, item: Weighed) -> Told | None:
    if not item.trust.denied:
        return None
    place = next((line for reason in item.trust_reasons if (line := words.place_of(reason.source))), None)
    if item.trust_cause in (Cause.MFA, Cause.AGE):
        return Told("", (), _CODE, (), place)
    if item.trust_cause is not Cause.UNNAMED:
        return Told("", (), f"Change this statement of the trust of {words.role}, or what the call brings.", (), place)
    principal = words.view.principal
    foreign: tuple[str, ...] = ()
    if principal.account != words.view.target.account and not item.caller.denied:
        foreign = (f"Its own policies, in account {principal.account}, must allow {item.action} on it as well.",)
    rule = like_rule(words) if item.action == ASSUME else None
    if rule is not None:
        return Told("", foreign, f"Name it in this rule of the trust of {words.role}:", *rule)
    lines = trust_lines(words, item)
    role = words.declared_role()
    if role is None:
        return Told("", foreign, f"Add to the trust policy of {words.role}:", lines)
    if item.action == ASSUME:
        return Told("", foreign, f"Add to the trust of {words.role}:", lines, place or _trust_place(words))
    into = "this rule of " if role.trust_policy.from_rules else ""
    letting = weighed(words.view, ASSUME, words.context).trust_reasons
    letting_in = next((line for reason in letting if (line := words.place_of(reason.source))), None)
    return Told("", (), f"Add to {into}the trust of {words.role}:", lines, letting_in or _trust_place(words))


def _caller_step(words: Words, item: Weighed) -> Told | None:
    if not item.caller.denied:
        return None
    place = next((line for reason in item.caller_reasons if (line := words.place_of(reason.source))), None)
    if item.caller_cause in (Cause.MFA, Cause.AGE):
        return Told("", (), _CODE, (), place)
    if item.caller_cause is Cause.LIMIT:
        return Told("", (), f"Allow {item.action} on {words.view.target.arn} there too.", (), words.caller_place())
    if item.caller_cause is not Cause.UNNAMED:
        return Told("", (), f"Change this statement of {words.caller}, or what the call brings.", (), place)
    lines = caller_lines(words, item)
    declared = words.caller_place()
    if declared is not None:
        return Told("", (), f"Add to {words.caller}:", lines, declared)
    return Told("", (), f"Attach a policy with this statement to {words.caller}:", lines)

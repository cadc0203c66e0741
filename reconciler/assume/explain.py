"""Why an AssumeRole is, or would be, refused: both sides weighed, in the account and in the file. Pure.

What nobody can see from here (SCP, RCP, a session policy of keys made elsewhere) is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.access import MfaDemand
from reconciler.assume.asked import (
    CODE,
    SET_SOURCE_IDENTITY,
    TAG_SESSION,
    Mfa,
    actions_of,
)
from reconciler.assume.question import Question
from reconciler.assume.said import side_of, told
from reconciler.assume.weigh import OF_NO_CALL, Cause, View, Weighed, weighed
from reconciler.assume.wording import Told, passed_on
from reconciler.model.explanation import Evidence, Explanation, Outcome, Says, Side
from reconciler.model.suggest import suggestion
from reconciler.policy.global_keys import MFA_KEYS


def explain(question: Question) -> Explanation:
    """The explanation of one hop."""
    return replace(_explained(question), code_helps=_code_helps(question))


def _code_helps(question: Question) -> bool | None:
    """Return what `Explanation.code_helps` is, as things are at AWS. Only a user's first call can carry a code."""
    if question.live.principal.kind != "user" or question.before is not None:
        return False
    if question.absent or question.lives_at:
        return False
    now = [item.verdict for item in _weighed(question, question.live)]
    coded = [item.verdict for item in _weighed(question, question.live, CODE)]
    if any(verdict.denied for verdict in coded):
        return False
    open_keys = frozenset[str]().union(*(verdict.keys for verdict in now))
    if any(verdict.denied for verdict in now) or (question.refused and open_keys and open_keys <= MFA_KEYS):
        return True
    return None


def _explained(question: Question) -> Explanation:
    never = _never(question)
    if never is not None:
        return never
    if question.absent or question.lives_at:
        return _no_role(question)
    found = _weighed(question, question.live)
    denied = [item for item in found if item.verdict.denied]
    if denied:
        return _not_applied(question, denied) or _refused(question, question.live, denied)
    if not all(item.verdict.allowed for item in found):
        return _depends(question, found)
    return _allowed(question, found)


def _weighed(question: Question, view: View, mfa: Mfa | None = None) -> list[Weighed]:
    context = question.context(mfa)
    needed = actions_of(question.request, question.inherited, question.denied)
    return [weighed(view, action, context) for action in needed]


def _made(question: Question, outcome: Outcome, said: Told, sides: Iterable[Side] = ()) -> Explanation:
    request = question.request
    principal = question.live.principal
    return Explanation(
        outcome,
        request.alias,
        principal.arn,
        request.role_arn,
        said.summary,
        tuple(sides),
        said.details,
        said.hint,
        said.lines,
        said.place,
    )


def _never(question: Question) -> Explanation | None:
    """Callers that AWS lets assume nothing (STS API reference, AssumeRole; "Comparing the AWS STS APIs")."""
    arn = question.live.principal.arn
    role = question.words(question.live).role
    hint = "Use the keys of a user, with --profile."
    if question.live.principal.kind == "root":
        said = Told(f"{role} cannot be assumed as the root user.", ("AWS lets no root user assume roles.",), hint)
        return _made(question, Outcome.ROOT, said)
    if ":federated-user/" in arn:
        why = ("A session of GetFederationToken may call nothing of STS but GetCallerIdentity.",)
        return _made(question, Outcome.FEDERATED, Told(f"{role} cannot be assumed from {arn}.", why, hint))
    return None


def _no_role(question: Question) -> Explanation:
    words = question.words(question.live)
    place = question.alias.place if question.alias else None
    arn, name = question.request.role_arn, question.request.role_arn.rpartition("/")[2]
    if question.lives_at:
        said = Told(
            f"There is no role {arn}.",
            (f"The role of that name is {question.lives_at}.",),
            "Give the role of the file the same name and path, or the alias that ARN.",
            (),
            words.role_place() or place,
        )
        return _made(question, Outcome.NO_ROLE, said)
    if words.declared_role() is not None:
        if question.applied is not None:
            return _propagating(question)
        after = _afterwards(question)
        said = Told(
            f"{words.role} does not exist in AWS yet.",
            ("The file declares it, and nobody has applied that.", *((f"Once applied: {after}",) if after else ())),
            "Run `reconcile plan`, then `reconcile apply`.",
            (),
            words.role_place(),
        )
        return _made(question, Outcome.NOT_APPLIED, said)
    near = suggestion(name, question.role_names)
    hint = f"Did you mean {near!r}?" if near else "Declare it in the file, or correct `role` of the alias."
    said = Told(f"There is no role {arn}.", ("Neither AWS nor the file has it.",), hint, (), place)
    return _made(question, Outcome.NO_ROLE, said)


def _afterwards(question: Question) -> str:
    """What would still refuse once the file is applied; empty where nothing does."""
    still = [item for item in _weighed(question, question.file) if item.verdict.denied] if question.file else []
    if not still or question.file is None:
        return ""
    return told(question.words(question.file), _outcome(question, question.file, still), still).summary


def _not_applied(question: Question, denied: list[Weighed]) -> Explanation | None:
    """Live refuses for good, and the file would not, or only for want of something that a call can bring."""
    view = question.file
    live = Evidence.LIVE in (question.live.trust_evidence, question.live.caller_evidence)
    if view is None or not live:
        return None
    ahead = _weighed(question, view)
    still = [item for item in ahead if item.verdict.denied]
    outcome = _outcome(question, question.live, denied)
    if still and (_outcome(question, view, still) not in _BRINGABLE or outcome in _BRINGABLE):
        return None
    if question.applied is not None:
        return _propagating(question)
    after = _afterwards(question)
    words = question.words(question.live)
    said = told(words, outcome, denied)
    sides = _sides(question, question.live, denied)
    what = " and ".join(side.who for side in sides if side.says is Says.REFUSES)
    then = f"Once applied: {after}" if after else "The file would let it in."
    missing = Told(
        f"{words.caller} may not assume {words.role} yet: the file is not applied.",
        (f"Live, the {what} refuses; {then[0].lower()}{then[1:]}",),
        "Run `reconcile plan`, then `reconcile apply`.",
        (),
        said.place,
    )
    return _made(question, Outcome.NOT_APPLIED, missing, sides)


_BRINGABLE = (Outcome.NEEDS_MFA, Outcome.MFA_TOO_OLD, Outcome.WRONG_EXTERNAL_ID)
"""What a call can bring by itself: no change of IAM is needed."""


def _propagating(question: Question) -> Explanation:
    words = question.words(question.live)
    said = Told(
        f"What decides about {words.role} was applied from here {question.applied or 0:.0f} s ago.",
        ("AWS does not know it everywhere yet; a change of IAM can take a minute to reach STS.",),
        "Try again in some seconds.",
    )
    return _made(question, Outcome.PROPAGATING, said)


def _refused(question: Question, view: View, denied: list[Weighed]) -> Explanation:
    outcome = _outcome(question, view, denied)
    words = question.words(view)
    said = told(words, outcome, denied)
    if outcome is Outcome.WRONG_EXTERNAL_ID and question.alias:
        said = replace(said, place=question.alias.place)
    if outcome is Outcome.NEEDS_MFA and question.alias and question.alias.mfa is False:
        hint = "The alias says `mfa: false`: take that line out, and a code is asked for."
        said = replace(said, hint=hint, place=question.alias.place)
    if outcome in (Outcome.TAG_SESSION, Outcome.SOURCE_IDENTITY):
        origin = passed_on(denied[0].action, question.request, question.inherited)
        said = replace(said, details=(*said.details, *origin))
    return _made(question, outcome, said, _sides(question, view, denied))


def _outcome(question: Question, view: View, denied: list[Weighed]) -> Outcome:
    first = denied[0]
    causes = first.causes
    if view.principal.is_role:
        if first.trust_cause in (Cause.MFA, Cause.AGE) or _demand(question, view).required:
            return Outcome.CHAIN_MFA
    elif not any(item.verdict.denied for item in _weighed(question, view, CODE)):
        return Outcome.MFA_TOO_OLD if question.mfa.present else Outcome.NEEDS_MFA
    if causes == {Cause.EXTERNAL_ID}:
        return Outcome.WRONG_EXTERNAL_ID
    if first.action == TAG_SESSION:
        return Outcome.TAG_SESSION
    if first.action == SET_SOURCE_IDENTITY:
        return Outcome.SOURCE_IDENTITY
    if first.trust.denied:
        return Outcome.BOTH_REFUSE if first.caller.denied else Outcome.TRUST_REFUSES
    return Outcome.CALLER_REFUSES


def _demand(question: Question, view: View) -> MfaDemand:
    return MfaDemand(view.principal, view.target, question.context(), actions_of(question.request))


def _depends(question: Question, found: list[Weighed]) -> Explanation:
    """Nothing refuses for certain; the keys that would tell are named."""
    view = question.live
    words = question.words(view)
    keys = sorted(frozenset[str]().union(*(item.verdict.keys for item in found)))
    unseen = [key for key in keys if key.startswith(OF_NO_CALL)]
    sides = _sides(question, view, [item for item in found if not item.verdict.allowed])
    if question.refused and set(keys) <= MFA_KEYS:
        outcome = Outcome.MFA_TOO_OLD if question.mfa.present else Outcome.NEEDS_MFA
        return _made(question, outcome, told(words, outcome, found), sides)
    outcome = Outcome.UNSEEN if question.refused or len(unseen) == len(keys) else Outcome.DEPENDS
    said = told(words, outcome, found, question.refused, _how(question))
    said = replace(said, details=(*said.details, *_unread(question)))
    if said.lines and question.alias:
        said = replace(said, place=question.alias.place)
    return _made(question, outcome, said, sides)


def _unread(question: Question) -> tuple[str, ...]:
    if not question.unread or Evidence.LIVE in (question.live.trust_evidence, question.live.caller_evidence):
        return ()
    return (f"Not allowed to look: {', '.join(f'iam:{name}' for name in question.unread)}.",)


def _allowed(question: Question, found: list[Weighed]) -> Explanation:
    view = question.live
    words = question.words(view)
    sides = _sides(question, view, found[:1])
    if not question.refused:
        said = told(words, Outcome.ALLOWED, found, how=_how(question))
        if question.file and any(item.verdict.denied for item in _weighed(question, question.file)):
            warning = "The file would not let it in: the next apply takes this away."
            said = replace(said, details=(*said.details, warning))
        return _made(question, Outcome.ALLOWED, said, sides)
    if question.applied is not None:
        return _propagating(question)
    said = told(words, Outcome.UNSEEN, found, True)
    return _made(question, Outcome.UNSEEN, replace(said, details=(*said.details, *_unread(question))), sides)


def _how(question: Question) -> str:
    """That a code will be asked for: nobody has given the one that is weighed here, and without it AWS refuses."""
    mfa = question.mfa
    if question.refused or question.before is not None or not mfa.present or mfa.age != 0:
        return ""
    without = _weighed(question, question.live, Mfa(temporary=mfa.temporary))
    return " with an MFA code" if any(item.verdict.denied for item in without) else ""


def _sides(question: Question, view: View, found: list[Weighed]) -> tuple[Side, ...]:
    words = question.words(view)
    return tuple(side_of(words, who, found) for who in ("trust", "caller"))

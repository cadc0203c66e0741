"""Name the possible causes of a refusal whose cause cannot be read, the likeliest first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnose.evaluation import NON_CONDITION_PREFIXES, ActionVerdict, keys_of
from reconciler.diagnose.request_context import EXTERNAL_ID
from reconciler.diagnose.wording import CallWording, Message
from reconciler.model.explanation import Evidence
from reconciler.policy.global_keys import MFA_PRESENT

_OUTSIDE_CAUSES = "an SCP or RCP that the file does not name, or a session policy of your keys"


def format_keys(verdicts: Sequence[ActionVerdict]) -> str:
    """Return the keys that the verdicts depend on, as the statements spell them."""
    statements = [
        source.statement for item in verdicts for source in item.verdict.deciding_statements if source.statement
    ]
    spelling = {key: text for statement in statements for key, text in statement.spelling.items()}
    return ", ".join(sorted(spelling.get(key, _describe_key(key)) for key in keys_of(verdicts)))


def _describe_key(key: str) -> str:
    """Return the words for a key of a verdict that is not a condition key: `policy:ARN` → `the content of ARN`."""
    kind, _, label = key.partition(":")
    limits = {"boundary": f"the boundary {label}", "session": "the session policy"}
    return limits.get(kind, f"the content of {label}" if kind == "policy" else key)


def describe_possible_causes(words: CallWording, verdicts: Sequence[ActionVerdict], refused: bool) -> Message:
    """Return the possible causes if nothing that can be read refuses. refused: AWS has refused the call."""
    if not refused:
        return Message(f"reconcile cannot tell if {words.caller} may assume {words.role}.")
    if words.view.trust_evidence is Evidence.UNSEEN:
        return _describe_unread_trust(words)
    summary = f"AWS refuses {words.role} to {words.caller}, and nothing that reconcile can read refuses it."
    if all(key.startswith(NON_CONDITION_PREFIXES) for key in keys_of(verdicts)):
        details = [f"The likely cause cannot be read: {_OUTSIDE_CAUSES}."]
    else:
        details = [f"The likely cause is one of these, whose values are not known: {format_keys(verdicts)}."]
    if words.view.trust_evidence is not Evidence.LIVE:
        details.append("AWS answers the same if the role does not exist, or differs from the file.")
    return Message(summary, tuple(details), "Ask an administrator of the account and of its organization.")


def _describe_unread_trust(words: CallWording) -> Message:
    """Return the possible causes if the trust policy cannot be read: first the trust, then causes outside IAM."""
    principal, account = words.view.principal, words.view.target.account
    demands, lines = [], []
    if words.context.find(MFA_PRESENT) != (("true",),):
        demands.append("demand MFA" + (", which a role's session never carries" if principal.is_role else ""))
        lines += [] if principal.is_role else ["mfa: true            # if it demands MFA"]
    if words.context.find(EXTERNAL_ID) == (None,):
        demands.append("demand an external id")
        lines.append("external_id: THE-ID  # if it demands one")
    owner = f" of account {account}" if account != principal.account else ""
    may = ", or ".join([*demands, f"not name {words.caller}"])
    details = (
        f"reconcile cannot read the role's trust policy{owner}. It may {may}.",
        f"Otherwise the role does not exist, or the cause is {_OUTSIDE_CAUSES}.",
    )
    ask = f"Ask an administrator of account {account} what the trust policy demands"
    hint = f"{ask}. Then write in the alias:" if lines else f"{ask}."
    return Message(f"AWS refuses {words.role} to {words.caller}.", details, hint, tuple(lines))

"""Names the suspects if the cause of a refusal cannot be seen, the likeliest first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnose.evaluation import NON_CONDITION_PREFIXES, ActionVerdict
from reconciler.diagnose.request_context import EXTERNAL_ID
from reconciler.diagnose.wording import CallWording, Message
from reconciler.model.explanation import Evidence
from reconciler.policy.global_keys import MFA_PRESENT

_OUTSIDE_CAUSES = "an SCP or RCP of the organisation, or a session policy of your keys"


def format_keys(found: Sequence[ActionVerdict]) -> str:
    """Return the keys that the verdicts depend on, as the statements spell them."""
    keys = frozenset[str]().union(*(item.verdict.keys for item in found))
    statements = [source.statement for item in found for source in item.verdict.deciding_statements if source.statement]
    spelling = {key: text for statement in statements for key, text in statement.spelling.items()}
    return ", ".join(sorted(spelling.get(key, _describe_key(key)) for key in keys))


def _describe_key(key: str) -> str:
    """A key of a verdict that is no condition key, for a list: `policy:ARN` → `the content of ARN`."""
    kind, _, label = key.partition(":")
    limits = {"boundary": f"the boundary {label}", "session": "the session policy"}
    return limits.get(kind, f"the content of {label}" if kind == "policy" else key)


def describe_suspects(words: CallWording, found: Sequence[ActionVerdict], refused: bool) -> Message:
    """Return the suspects where nothing that can be seen refuses. `refused`: AWS has said no already."""
    keys = frozenset[str]().union(*(item.verdict.keys for item in found))
    if not refused:
        return Message(f"Whether {words.caller} may assume {words.role} cannot be seen from here.")
    if words.view.trust_evidence is Evidence.UNSEEN:
        return _describe_unread_trust(words)
    summary = f"AWS does not let {words.caller} assume {words.role}, and nothing that can be seen from here refuses it."
    conditions = sorted(key for key in keys if not key.startswith(NON_CONDITION_PREFIXES))
    details = []
    if conditions:
        details.append(f"Not known here: {format_keys(found)}; one of them is the likely cause.")
    else:
        details.append(f"The likely cause is one that cannot be seen: {_OUTSIDE_CAUSES}.")
    if words.view.trust_evidence is not Evidence.LIVE:
        details.append("A role that does not exist, or is not as the file has it, is refused alike.")
    return Message(summary, tuple(details), "Ask whoever administers the account and its organisation.")


def _describe_unread_trust(words: CallWording) -> Message:
    """The first suspect is the trust that nobody here can read; what no policy of the account shows comes after it."""
    principal, account = words.view.principal, words.view.target.account
    demands, lines = [], []
    if words.context.find(MFA_PRESENT) != (("true",),):
        demands.append("demand MFA" + (", which a role's session never carries" if principal.is_role else ""))
        lines += [] if principal.is_role else ["mfa: true            # if it demands MFA"]
    if words.context.find(EXTERNAL_ID) == (None,):
        demands.append("demand an external id")
        lines.append("external_id: THE-ID  # if it demands one")
    whose = f"of account {account} " if account != principal.account else ""
    may = ", or ".join([*demands, f"not name {words.caller}"])
    details = (
        f"The role's trust policy {whose}cannot be read from here: it may {may}.",
        f"If none of that is so, there is no such role, or the cause is {_OUTSIDE_CAUSES}.",
    )
    ask = f"Ask whoever administers account {account} what the trust demands"
    hint = f"{ask}; then write on the alias:" if lines else f"{ask}."
    return Message(f"AWS does not let {words.caller} assume {words.role}.", details, hint, tuple(lines))

"""Counts entities against the quotas of an account; GetAccountSummary tells of both.

Sources: IAM User Guide, "IAM and AWS STS quotas"; IAM API Reference, GetAccountSummary. The words of the refusal are
those that people quote: "Cannot exceed quota for InstanceProfilesPerAccount: 1000" (ansible/workshops#1801).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from reconciler.model.quotas import IN_SUMMARY, OF_ACCOUNT
from reconciler.sandbox.strict.call import Call, Check, Rules, past
from reconciler.sandbox.strict.ledger import OIDC, SAML
from reconciler.sandbox.strict.names import MADE, MADE_WITH_ARN
from reconciler.sandbox.wire import Reply, put, text


def _has_room(kind: str) -> Check:
    def check(call: Call) -> None:
        if call.ledger.number(kind) >= OF_ACCOUNT[kind].default:
            raise past(OF_ACCOUNT[kind])

    return check


def summary(call: Call, reply: Reply) -> None:
    """Quotas are those of the table, and their use is counted here: emulators have numbers of their own."""
    told = {name: quota.default for name, quota in IN_SUMMARY.items()}
    told |= {quota.usage: call.ledger.number(kind) for kind, quota in OF_ACCOUNT.items() if quota.usage}
    told["Providers"] = call.ledger.number(OIDC, SAML)
    shown = reply.result.find("SummaryMap")
    if shown is None:
        return
    entries = {text(entry, "key"): entry for entry in shown}
    for name, number in told.items():
        entry = entries.get(name)
        if entry is None:
            entry = ET.SubElement(shown, "entry")
            put(entry, "key", name)
        put(entry, "value", str(number))


_CREATIONS = {action: kind for action, (kind, _) in (MADE | MADE_WITH_ARN).items()}

RULES = Rules(
    checks={action: _has_room(kind) for action, kind in _CREATIONS.items() if kind in OF_ACCOUNT},
    edits={"GetAccountSummary": summary},
)

"""Count entities against the quotas of an account, and show both in GetAccountSummary.

Sources: IAM User Guide, "IAM and AWS STS quotas"; IAM API Reference, GetAccountSummary. A public issue quotes the text
of the refusal: "Cannot exceed quota for InstanceProfilesPerAccount: 1000" (ansible/workshops#1801).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from reconciler.kinds.registry import PER_ACCOUNT
from reconciler.model.quotas import OF_ONE_ENTITY
from reconciler.sandbox.query_protocol import Reply, put_child, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall, Check, quota_error
from reconciler.sandbox.strict.entity_names import CREATE_ACTIONS, CREATE_ARN_ACTIONS
from reconciler.sandbox.strict.ledger import OIDC, SAML


def _check_quota(kind: str) -> Check:
    def check(call: ApiCall) -> None:
        if call.ledger.count_kind(kind) >= PER_ACCOUNT[kind].default:
            raise quota_error(PER_ACCOUNT[kind])

    return check


def fill_summary(call: ApiCall, reply: Reply) -> None:
    """Write quotas and the counts of entities into the summary, in place of the emulator's numbers."""
    quotas = (*OF_ONE_ENTITY, *PER_ACCOUNT.values())
    numbers = {quota.summary_key: quota.default for quota in quotas if quota.summary_key}
    numbers |= {quota.usage_key: call.ledger.count_kind(kind) for kind, quota in PER_ACCOUNT.items() if quota.usage_key}
    numbers["Providers"] = call.ledger.count_kind(OIDC, SAML)
    summary = reply.result.find("SummaryMap")
    if summary is None:
        return
    entries = {read_child_text(entry, "key"): entry for entry in summary}
    for name, number in numbers.items():
        entry = entries.get(name)
        if entry is None:
            entry = ET.SubElement(summary, "entry")
            put_child(entry, "key", name)
        put_child(entry, "value", str(number))


_CREATIONS = {action: kind for action, (kind, _) in (CREATE_ACTIONS | CREATE_ARN_ACTIONS).items()}

RULES = ActionRules(
    checks={action: _check_quota(kind) for action, kind in _CREATIONS.items() if kind in PER_ACCOUNT},
    edits={"GetAccountSummary": fill_summary},
)

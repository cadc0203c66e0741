"""Find changes after which a document denies everything: the last Allow goes, or a Deny covers every request.

IAM User Guide, "Policy evaluation logic": AWS denies a request that nothing allows, and a Deny outweighs every Allow.
In doubt the answer is "everything": exceptions by NotAction, NotResource or NotPrincipal under a Deny do not count.
"""

from __future__ import annotations

import re

from reconciler.model.document import Condition, Document, Statement
from reconciler.model.partitions import PARTITION_NAME

_ARN_START = re.compile(rf"^arn(:{PARTITION_NAME})?:")
_WILDCARDS = frozenset("*?:")
_LIKE_OPERATORS = frozenset(["stringlike", "arnlike", "arnequals"])


def comes_to_deny_everything(before: Document | None, after: Document) -> bool:
    """Return whether a document denies everything after a change, and did not before it.

    before: None if the document is new. A new document without any Allow takes nothing away.
    """
    if denies_everything(after):
        return before is None or not denies_everything(before)
    return before is not None and _has_allow(before) and not _has_allow(after)


def denies_everything(document: Document) -> bool:
    """Return whether one Deny of the document covers every request."""
    return any(_covers_every_request(statement) for statement in document.statements if statement.effect == "Deny")


def _has_allow(document: Document) -> bool:
    """Return whether the document allows something. A live text that is not JSON allows nothing."""
    return any(statement.effect == "Allow" for statement in document.statements)


def _covers_every_request(deny: Statement) -> bool:
    is_trust = deny.principals is not None
    actions = deny.not_action or any(_is_every_action(action, is_trust) for action in deny.actions)
    resources = is_trust or deny.not_resource or any(map(_is_every_resource, deny.resources or ()))
    principals = not is_trust or deny.not_principal or any(value == "*" for _, value in deny.principals or ())
    return actions and resources and principals and all(map(_always_holds, deny.conditions))


def _is_every_action(action: str, is_trust: bool) -> bool:
    """Return whether an action pattern covers every action; in a trust, sts:AssumeRole alone is enough."""
    return _matches_all(action) or (
        is_trust and action in ("sts:*", "sts:assume*", "sts:assumerole*", "sts:assumerole")
    )


def _is_every_resource(resource: str) -> bool:
    return _matches_all(_ARN_START.sub("", resource))


def _always_holds(condition: Condition) -> bool:
    return condition.operator.lower() in _LIKE_OPERATORS and any(map(_matches_all, condition.values))


def _matches_all(pattern: str) -> bool:
    return "*" in pattern and _WILDCARDS.issuperset(pattern)

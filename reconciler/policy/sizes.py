"""How large AWS finds a document (IAM User Guide, "IAM and AWS STS quotas": white space is not counted)."""

from __future__ import annotations

import json


def measured_size(document: object) -> int:
    """Characters of a parsed document as compact JSON.

    The guide does not say whether spaces inside strings count; here they do, so this can only be too high.
    """
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))

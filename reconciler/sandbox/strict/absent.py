"""Reads that no emulator answers, of what nothing in the sandbox can make: empty, as AWS has them at first.

Source: IAM API Reference, ListServiceSpecificCredentials.
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.ledger import USER
from reconciler.sandbox.wire import Reply, answer


def no_service_credentials(call: Call) -> Reply:
    if call.given("UserName"):
        call.need(USER)
    return answer(call.action, {"ServiceSpecificCredentials": [], "IsTruncated": False})


RULES = Rules(answers={"ListServiceSpecificCredentials": no_service_credentials})

"""Find out who may assume which role of a whole account, before or after a plan, for `api.access`.

`plan/access/delta.py` compares two such sides, and evaluates only what differs.
"""

from __future__ import annotations

from reconciler.access import principals_of, targets_of
from reconciler.model.live import State
from reconciler.model.role_access import Access
from reconciler.plan.access.delta import find_access_groups
from reconciler.plan.access.external_principals import find_external_access


def find_account_access(state: State) -> Access:
    """Return who may assume each role: users and roles of the account, and other principals that a trust names.

    The guardrails of the state count. Of principals outside the account only the trust is known.
    """
    roles = targets_of(state)
    pairs = list(find_external_access(state, roles, frozenset()).values())
    for group in find_access_groups(principals_of(state), roles, {}):
        pairs += group.list_pairs()
    return Access(tuple(sorted(pairs, key=lambda one: (one.principal, one.role))))

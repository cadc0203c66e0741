"""Read an account with the content of every policy of AWS that somebody in it has, for questions about access."""

from __future__ import annotations

from reconciler.access.aws_policies import is_unknown_aws_policy
from reconciler.aws import snapshot
from reconciler.aws.session import Connection
from reconciler.model.held_policies import held_arns_of
from reconciler.model.live import State
from reconciler.plan.followup_reads import FollowupReads


def read_account_with_policies(connection: Connection) -> State:
    """Return the live account; a policy whose read AWS denies has no content. Raises ReconcileError."""
    state = snapshot.read_account(connection)
    arns = {arn for entity in state.entities.values() for arn in held_arns_of(entity)}
    reads = FollowupReads(documents=tuple(sorted(filter(is_unknown_aws_policy, arns))))
    return snapshot.complete_state(connection, state, reads) if reads else state

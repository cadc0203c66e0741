"""Tags (Tag…, Untag…). Tag calls merge, so what goes needs a call of its own.

Keys ignore letter case on users and roles, and keep it elsewhere (IAM User Guide, "Tagging IAM resources"):
there, a key that only changes its case is untagged before it is tagged.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.kinds.facts import emptied, present, step
from reconciler.model.address import Address
from reconciler.model.entity import Tags
from reconciler.model.plan import Phase, Step

OWNER = "reconcile:owner"
PROTECT = "reconcile:protect"
BREAK_GLASS = "reconcile:break-glass"
OURS = "reconcile:"
RESERVED_PREFIX = "aws:"
QUOTA = 50


@dataclass(frozen=True, slots=True)
class Tagged:
    """`noun` as in the operation: User, Role, Policy, InstanceProfile."""

    noun: str
    ignores_case: bool = False

    def steps(self, address: Address, target: dict[str, object], before: Tags, after: Tags) -> list[Step]:
        """`target` names the entity in the call (UserName, PolicyArn, …)."""
        removed = sorted(set(before) - set(after))
        changed = {key: value for key, value in sorted(after.items()) if before.get(key) != value}
        recased = self.ignores_case and {key.lower() for key in removed} & {key.lower() for key in changed}
        first = bool(changed) and bool(recased or len(set(before) | set(after)) > QUOTA)
        untagged = emptied(address, "tags")
        steps = []
        if removed:
            phase = Phase.WIDEN if first else Phase.NARROW
            parameters = {**target, "TagKeys": removed}
            steps.append(step(address, phase, f"Untag{self.noun}", parameters, makes=(untagged,)))
        if changed:
            needs = (present(address), *((untagged,) if first else ()))
            parameters = {**target, "Tags": tag_list(changed)}
            steps.append(step(address, Phase.WIDEN, f"Tag{self.noun}", parameters, needs))
        return steps


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as IAM's API takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]

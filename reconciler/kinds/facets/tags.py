"""Tags (Tag…, Untag…). Tag calls merge, so what goes needs a call of its own.

Keys ignore letter case on users and roles, and keep it elsewhere (IAM User Guide, "Tagging IAM resources"). On users
and roles a key that only changes its case is untagged before it is tagged, and `Reconcile:Owner` is the owner tag.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from reconciler.kinds.steps import make_step, presence_of, removal_of
from reconciler.model.address import Address
from reconciler.model.effects import SetFields
from reconciler.model.entity import Tags
from reconciler.model.plan import Phase, Step
from reconciler.model.quotas import TAGS

OWNER = "reconcile:owner"
PROTECT = "reconcile:protect"
BREAK_GLASS = "reconcile:break-glass"
_OWN_PREFIX = "reconcile:"
_AWS_PREFIX = "aws:"


def is_ours(key: str) -> bool:
    """Return whether a tag of an entity is one that reconcile keeps. Entities spell them as `with_our_keys` does."""
    return key.startswith(_OWN_PREFIX)


def may_be_ours(key: str) -> bool:
    """Return whether a key could be taken for one of ours: in any letter case, width or look-alike that folds to it.

    Stricter than IAM, which does not say how it folds other letters than A to Z. No file may write these keys.
    """
    return _normalize_key(key).startswith(_OWN_PREFIX)


def is_of_aws(key: str) -> bool:
    """Return whether AWS refuses the key: `aws:` is reserved in any letter case."""
    return fold_key(key).startswith(_AWS_PREFIX)


def fold_key(key: str) -> str:
    """Return the key as users and roles compare it: two keys that fold to the same text are one tag there."""
    return key.casefold()


def with_our_keys(tags: Tags) -> dict[str, str]:
    """Spell our keys of a user or role as we write them, however IAM shows them; the exact spelling wins."""
    found = {fold_key(key) if is_ours(fold_key(key)) else key: value for key, value in tags.items()}
    return found | {key: value for key, value in tags.items() if is_ours(key) and key in found}


def _normalize_key(key: str) -> str:
    return unicodedata.normalize("NFKC", key).casefold().strip()


@dataclass(frozen=True, slots=True)
class TagFacet:
    """`noun` as in the operation: User, Role, Policy, InstanceProfile. folds_keys: IAM ignores their letter case."""

    noun: str
    folds_keys: bool = False

    def plan_changes(self, address: Address, target: dict[str, object], before: Tags, after: Tags) -> list[Step]:
        """`target` names the entity in the call (UserName, PolicyArn, …)."""
        removed = sorted(set(before) - set(after))
        changed = {key: value for key, value in sorted(after.items()) if before.get(key) != value}
        recased = self.folds_keys and set(map(fold_key, removed)) & set(map(fold_key, changed))
        first = bool(changed) and bool(recased or len(set(before) | set(after)) > TAGS.default)
        untagged = removal_of(address, "tags")
        left = {key: value for key, value in before.items() if key in after}
        tag, untag = f"Tag{self.noun}", f"Untag{self.noun}"
        steps = []
        if removed:
            phase = Phase.WIDEN if first else Phase.NARROW
            effect = SetFields(address, untag, (tag,), {"tags": before}, {"tags": left}, removes=True)
            parameters: dict[str, object] = {**target, "TagKeys": removed}
            steps.append(make_step(address, phase, effect, parameters, makes=(untagged,)))
        if changed:
            needs = (presence_of(address), *((untagged,) if first else ()))
            effect = SetFields(address, tag, (tag, untag), {"tags": left}, {"tags": after})
            parameters = {**target, "Tags": to_tag_list(changed)}
            steps.append(make_step(address, Phase.WIDEN, effect, parameters, needs))
        return steps


def to_tag_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as IAM's API takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]

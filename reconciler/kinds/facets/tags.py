"""Plan the tags of an entity (Tag…, Untag…). A Tag… call only adds and overwrites: removing needs an Untag… call.

Users and roles ignore letter case in keys, other kinds do not (IAM User Guide, "Tagging IAM resources"). So on users
and roles a key that only changes its case is untagged before it is tagged, and `Reconcile:Owner` is the owner tag.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from reconciler.kinds.steps import make_step, presence_of, removal_of
from reconciler.model.account_caches import cache_for_account
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
    """Return whether reconcile itself sets this tag of an entity. Entities spell our keys as `with_our_keys` does."""
    return key.startswith(_OWN_PREFIX)


def may_be_ours(key: str) -> bool:
    """Return whether a key could be mistaken for one of ours: in another letter case, width or compatibility form.

    This is stricter than IAM, which does not say how it folds letters other than A to Z. No file may write these keys.
    """
    return _normalize_key(key).startswith(_OWN_PREFIX)


def is_of_aws(key: str) -> bool:
    """Return whether the key is reserved for AWS: it begins with `aws:` in any letter case."""
    return fold_key(key).startswith(_AWS_PREFIX)


def fold_key(key: str) -> str:
    """Return the key as users and roles compare it: two keys that fold to the same text are one tag there."""
    return key.casefold()


def with_our_keys(tags: Tags) -> dict[str, str]:
    """Return the tags of a user or role with our keys in our spelling, however IAM spells them.

    If a key is there in several spellings, the value of our spelling wins.
    """
    respelled = {_respell_key(key): value for key, value in tags.items()}
    return respelled | {key: value for key, value in tags.items() if is_ours(key) and key in respelled}


@cache_for_account(maxsize=4096)
def _respell_key(key: str) -> str:
    folded = fold_key(key)
    return folded if is_ours(folded) else key


def _normalize_key(key: str) -> str:
    return unicodedata.normalize("NFKC", key).casefold().strip()


@dataclass(frozen=True, slots=True)
class TagFacet:
    """The tags of one kind of entity.

    noun: as in the operations: User, Role, Policy, InstanceProfile, … folds_keys: IAM ignores letter case in keys.
    """

    noun: str
    folds_keys: bool = False

    def plan_changes(self, address: Address, target: dict[str, object], before: Tags, after: Tags) -> list[Step]:
        """Return the steps that turn the tags `before` into `after`.

        target: the parameter that names the entity in the calls (UserName, PolicyArn, …).
        """
        removed = sorted(set(before) - set(after))
        changed = {key: value for key, value in sorted(after.items()) if before.get(key) != value}
        recased = self.folds_keys and set(map(fold_key, removed)) & set(map(fold_key, changed))
        untag_first = bool(changed) and bool(recased or len(set(before) | set(after)) > TAGS.default)
        untagged = removal_of(address, "tags")
        remaining = {key: value for key, value in before.items() if key in after}
        tag, untag = f"Tag{self.noun}", f"Untag{self.noun}"
        steps = []
        if removed:
            phase = Phase.WIDEN if untag_first else Phase.NARROW
            effect = SetFields(address, untag, (tag,), {"tags": before}, {"tags": remaining}, removes=True)
            parameters: dict[str, object] = {**target, "TagKeys": removed}
            steps.append(make_step(address, phase, effect, parameters, makes=(untagged,)))
        if changed:
            needs = (presence_of(address), *((untagged,) if untag_first else ()))
            effect = SetFields(address, tag, (tag, untag), {"tags": remaining}, {"tags": after})
            parameters = {**target, "Tags": to_tag_list(changed)}
            steps.append(make_step(address, Phase.WIDEN, effect, parameters, needs))
        return steps


def to_tag_list(tags: Tags) -> list[dict[str, str]]:
    """Return tags as IAM's API takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]

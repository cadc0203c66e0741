"""Refuse changes of fields that IAM cannot change, such as a path or a description.

This includes the letter case of a name: IAM treats `App` and `app` as one name, and never changes its letter case.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.problem import Problem
from reconciler.plan.guards.draft import Draft


def check_immutable_fields(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each field that differs and cannot be changed."""
    for difference in draft.differences:
        if difference.before is None or difference.after is None:
            continue
        reasons = KINDS_BY_NAME[difference.address.kind].immutable
        for field in difference.fields:
            if field.path in reasons:
                yield draft.build_refusal(
                    "immutable-field",
                    difference.address,
                    f"{reasons[field.path]}: it is {field.before or ''!r}, and the file says {field.after!r}.",
                    f"Write {field.before or ''!r}, or leave `{field.path}` "
                    f"out.{_suggest_replacement(difference.address)}",
                )


def _suggest_replacement(address: Address) -> str:
    """Return a hint for a role or policy: a new name makes the change a visible replacement."""
    if address.kind not in ("role", "policy"):
        return ""
    return f" To change it all the same, rename the entry and write `moved: {{{address}: {address.kind}/NEW}}`."


def check_name_case(draft: Draft) -> Iterator[Problem]:
    """Yield a refusal for each name that differs from the live one only in letter case."""
    for address, entity in draft.entities.items():
        live = draft.baseline.entities.get(address)
        if live is not None and live.name != entity.name:
            yield draft.build_refusal(
                "name-case",
                address,
                f"The {address.kind} is {live.name!r} in the account, and {entity.name!r} in the file.",
                f"Write {live.name!r}: to IAM both are one name, but letter case counts in the ARNs of roles.",
            )

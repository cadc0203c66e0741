"""What IAM never changes: a different path or description is refused, with what to write instead.

Names belong here too: IAM takes `App` and `app` for one name, and never changes the letter case it has.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.problem import Problem
from reconciler.plan.guards.draft import Draft


def check_immutable_fields(draft: Draft) -> Iterator[Problem]:
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
    """Who wants the change nevertheless: under another name, which is then a replacement that is seen as one."""
    if address.kind not in ("role", "policy"):
        return ""
    return f" To have it changed, give it another name and write `moved: {{{address}: {address.kind}/NEW}}`."


def check_name_case(draft: Draft) -> Iterator[Problem]:
    for address, entity in draft.entities.items():
        live = draft.baseline.entities.get(address)
        if live is not None and live.name != entity.name:
            yield draft.build_refusal(
                "name-case",
                address,
                f"The {address.kind} is {live.name!r} in the account, and {entity.name!r} in the file.",
                f"Write {live.name!r}: IAM takes both for one name, but minds the case in role ARNs.",
            )

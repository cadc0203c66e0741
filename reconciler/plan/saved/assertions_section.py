"""Write and read the assertions of a plan file strictly, so that an apply checks them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.assertions import Assertion, AssertionForm
from reconciler.model.problem import Place
from reconciler.plan.saved.strict_json import (
    MalformedPlan,
    take_flag,
    take_integer,
    take_list,
    take_object,
    take_text,
    take_texts,
)

_TEXTS = ("who", "outside", "actions", "resources")
_KEYS = ("name", "form", "file", "line", "column", *_TEXTS, "with_mfa", "through_roles", "why")


def to_assertions_section(assertions: Sequence[Assertion]) -> list[dict[str, Any]]:
    """Return the assertions as JSON values."""
    return [
        {
            "name": one.name,
            "form": str(one.form),
            "file": one.place.file,
            "line": one.place.line,
            "column": one.place.column,
            **{key: list(getattr(one, key)) for key in _TEXTS},
            "with_mfa": one.with_mfa,
            "through_roles": one.through_roles,
            "why": one.why,
        }
        for one in assertions
    ]


def read_assertions(saved: Mapping[str, Any]) -> tuple[Assertion, ...]:
    """Return the assertions; none if the file is of a version without them. Raises MalformedPlan."""
    items = take_list(saved.get("assertions", []), "saved.assertions")
    return tuple(_read_assertion(item, f"saved.assertions[{index}]") for index, item in enumerate(items))


def _read_assertion(value: object, path: str) -> Assertion:
    item = take_object(value, path, _KEYS)
    form = take_text(item["form"], f"{path}.form")
    if form not in set(AssertionForm):
        raise MalformedPlan(f"{path}.form is not one of {', '.join(AssertionForm)}.")
    line, column = (take_integer(item[key], f"{path}.{key}") for key in ("line", "column"))
    who, outside, actions, resources = (take_texts(item[key], f"{path}.{key}") for key in _TEXTS)
    mfa = item["with_mfa"]
    return Assertion(
        take_text(item["name"], f"{path}.name"),
        AssertionForm(form),
        Place(take_text(item["file"], f"{path}.file"), line, column),
        who,
        outside,
        actions,
        resources,
        None if mfa is None else take_flag(mfa, f"{path}.with_mfa"),
        take_flag(item["through_roles"], f"{path}.through_roles"),
        take_text(item["why"], f"{path}.why"),
    )

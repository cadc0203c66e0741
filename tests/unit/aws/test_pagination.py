"""Pages end where IAM says so: one that leads nowhere is an error, not the whole list, and is not read for ever."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import PaginationError

from reconciler.aws import details, pagination
from reconciler.aws.details import read_bulk_tags
from reconciler.aws.pagination import read_lists
from reconciler.kinds.raw_account import ReadCall

ROLES = ReadCall("ListRoles", ("Roles",))


def page(name: str, **more: Any) -> dict[str, Any]:
    return {"Roles": [{"RoleName": name}], "IsTruncated": bool(more), **more}


def read(*answers: dict[str, Any]) -> list[str]:
    connection: Any = SimpleNamespace(iam=Mock(list_roles=Mock(side_effect=answers)))
    return [role["RoleName"] for role in read_lists(connection, ROLES)["Roles"]]


def test_every_page_is_read_even_if_a_marker_comes_again_later() -> None:
    assert read(page("a", Marker="1"), page("b", Marker="2"), page("c", Marker="1"), page("d")) == list("abcd")


@pytest.mark.parametrize(
    "answers",
    [
        [page("a", Marker="1"), page("a", Marker="1"), page("a", Marker="1")],
        [page("a", Marker="")],
        [page("a", IsTruncated=True)],
        [page("a", Marker="1"), page("b", IsTruncated=True)],
    ],
    ids=["the same again and again", "an empty marker", "no marker", "no marker later"],
)
def test_more_that_is_nowhere_is_an_error(answers: list[dict[str, Any]]) -> None:
    with pytest.raises(PaginationError, match="ListRoles has more pages"):
        read(*answers)


def test_a_list_without_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page with another marker, in every way in which lists are read."""
    monkeypatch.setattr(pagination, "MAX_PAGES", 3)
    monkeypatch.setattr(details, "MAX_PAGES", 3)
    endless = [page("a", Marker=str(number)) for number in range(9)]
    with pytest.raises(PaginationError, match="ListRoles has more than 3 pages"):
        read(*endless)
    with pytest.raises(PaginationError):
        pagination.list_items(Mock(list_roles=Mock(side_effect=endless)), "ListRoles", "Roles")
    assert [
        role["RoleName"] for role in pagination.list_items(Mock(list_roles=lambda **_: page("b")), "ListRoles", "Roles")
    ]
    tagged = [{"PaginationToken": str(number), "ResourceTagMappingList": []} for number in range(1, 9)]
    client = Mock(get_resources=Mock(side_effect=tagged))
    assert read_bulk_tags(SimpleNamespace(partition="aws", make_client=lambda *_, **__: client)) is None  # type: ignore[arg-type]
    assert client.get_resources.call_count == 3


def test_tags_in_bulk_that_repeat_themselves_are_no_use() -> None:
    answer = {"PaginationToken": "1", "ResourceTagMappingList": [{"ResourceARN": "arn", "Tags": []}]}
    client = Mock(get_resources=Mock(side_effect=[answer] * 3))
    connection: Any = SimpleNamespace(partition="aws", make_client=lambda *_, **__: client)
    assert read_bulk_tags(connection) is None

"""Addresses are one identity whatever the letter case, and an entity keeps its own."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import Group


def test_letter_case_does_not_count() -> None:
    one, other = Address("user", "Straße"), Address("user", "STRASSE")
    assert one == other and hash(one) == hash(other) and not one < other
    assert (str(one), str(other)) == ("user/Straße", "user/STRASSE")
    assert one != Address("role", "Straße")


def test_another_name_gives_another_identity() -> None:
    renamed = replace(Address("user", "ann"), name="Bob")
    assert renamed == Address("user", "bob") and renamed.key == ("user", "bob")


def test_an_address_cannot_be_changed() -> None:
    address = Address("user", "ann")
    with pytest.raises(FrozenInstanceError):
        address.key = ("user", "bob")  # type: ignore[misc]  # what a type checker refuses, too


def test_an_entity_has_one_address_and_a_renamed_one_another() -> None:
    group = Group("ops")
    assert group.address is group.address
    assert replace(group, name="dev").address == Address("group", "dev")
    assert group == Group("ops") and repr(group) == repr(Group("ops"))

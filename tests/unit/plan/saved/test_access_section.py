"""The sections of a plan file are read strictly, and those of earlier versions as they were."""

from __future__ import annotations

from reconciler.model.plan import PrincipalPower
from reconciler.plan.saved.access_section import read_access

EMPTY = {"gained": [], "lost": [], "changed": [], "powers_gained": [], "powers_lost": []}
ROW = {"principal": "user/bob", "power": "sts:AssumeRole on role/ci", "grade": "escalation"}


def test_a_power_of_an_earlier_version_is_read_without_its_path() -> None:
    access = read_access({"access": {**EMPTY, "powers_gained": [ROW]}})
    assert access.powers_gained == (PrincipalPower("user/bob", "sts:AssumeRole on role/ci", "escalation"),)


def test_a_power_is_read_with_its_path_and_words() -> None:
    more = {"path": "sts-001", "actions": ["sts:AssumeRole"], "targets": ["role/ci"], "reason": "user/bob → role/ci"}
    access = read_access({"access": {**EMPTY, "powers_lost": [{**ROW, **more}]}})
    assert access.powers_lost == (
        PrincipalPower(
            "user/bob",
            "sts:AssumeRole on role/ci",
            "escalation",
            "sts-001",
            ("sts:AssumeRole",),
            ("role/ci",),
            "user/bob → role/ci",
        ),
    )

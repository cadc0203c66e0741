"""A large plan is a line for each entity; alike ones are one line, and a deletion always has its name."""

from __future__ import annotations

import pytest

from reconciler.model.address import Address
from reconciler.model.entity import Entity, Group, Policy, Role, User
from reconciler.plan.digest.entity_lines import list_entity_lines
from reconciler.plan.digest.tones import Tone
from tests.unit.render.plans import MINE, OWN, READ_ONLY, TRUST, allow, document, plan

CREW = frozenset([Address("group", "engineers")])


def lines(live: list[Entity], wanted: list[Entity]) -> list[str]:
    return [f"{line.sign} {line.text}{line.note}" for line in list_entity_lines(plan(live, wanted))]


def member(index: int, **tags: str) -> User:
    return User(f"u{index:03}", groups=CREW, tags={**MINE, **tags})


def role(index: int, **fields: object) -> Role:
    inline = {"own": document(allow(f"s3:Get{index}"))}
    return Role(f"r{index:03}", TRUST, policies=frozenset([READ_ONLY, OWN]), inline_policies=inline, tags=MINE)


READER = Policy("reader", document(allow("s3:GetObject")), "/", "", MINE)
ENGINEERS = Group("engineers", "/me/")


def test_a_new_role_is_one_line_with_counts() -> None:
    assert "+ role/r017  trust 1 rule · 2 policies · 1 inline" in lines([READER], [READER, role(17)])


def test_identical_entities_are_one_line_whatever_their_tags() -> None:
    made = lines([ENGINEERS], [ENGINEERS, *(member(index, mail=f"{index}@x") for index in range(118))])
    assert made == ["+ 118 users in group/engineers  (u000, u001, u002 …)"]


def test_entities_of_other_content_keep_a_line_each() -> None:
    assert len(lines([READER], [READER, *map(role, range(60))])) == 60


def test_past_a_hundred_lines_what_the_same_words_say_is_one_line() -> None:
    made = lines([READER], [READER, *map(role, range(150))])
    assert made == ["+ 150 roles  trust 1 rule · 2 policies · 1 inline  (r000, r001, r002 …)"]


def test_every_deletion_has_a_line_of_its_own_and_comes_first() -> None:
    made = lines([ENGINEERS, *map(member, range(150))], [ENGINEERS, User("new", tags=MINE)])
    assert [line[:11] for line in made[:2]] == ["- user/u000", "- user/u001"]
    assert len(made) == 151
    assert made[-1].startswith("+ user/new")


def test_kinds_with_many_forms_are_cut_and_counted() -> None:
    policies: list[Entity] = [
        Policy(f"p{index:03}", document(*(allow(f"s3:A{n}") for n in range(index + 1))), "/", "", MINE)
        for index in range(130)
    ]
    made = lines([], policies)
    assert len(made) == 21
    assert made[-1] == "+ … and 110 more policies  (--full shows all)"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (User("a", tags=MINE), User("a", groups=CREW, tags=MINE), "~ user/a  groups +1"),
        (role(1), Role("r001", TRUST, tags=MINE), "~ role/r001  own -1 · policies -2"),
        (
            Role("r", TRUST, tags=MINE),
            Role("r", TRUST, max_session_duration=7200, tags=MINE),
            "~ role/r  max_session_duration 3600 → 7200",
        ),
    ],
)
def test_an_update_says_which_fields_change(before: Entity, after: Entity, expected: str) -> None:
    assert expected in lines([READER, ENGINEERS, before], [READER, ENGINEERS, after])


def test_a_line_has_the_gravest_tone_of_its_entities() -> None:
    power = {"all": document(allow("*"))}
    made = list_entity_lines(plan([], [Role("r", TRUST, inline_policies=power, tags=MINE), User("u", tags=MINE)]))
    assert {line.text.split()[0]: line.tone for line in made} == {"role/r": Tone.DANGER, "user/u": Tone.SAFE}

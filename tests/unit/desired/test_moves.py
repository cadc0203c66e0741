"""`moved`: what it means, and what one plan could not do."""

from __future__ import annotations

import pytest

from reconciler.model.address import Address
from tests.support.files import Folder, require_valid

ROLES = "roles: {new: {trust: [{services: [ec2.amazonaws.com]}]}}\n"
HEAD = f"version: 1\nowner: me\nusers: {{new: , other: }}\ngroups: {{new: }}\n{ROLES}"


def test_old_and_new_are_paired_with_the_place_of_the_line(folder: Folder) -> None:
    desired = require_valid(folder.declare_text(HEAD + "moved:\n  user/old: user/new\n  role/old: role/new\n"))
    assert [(str(move.old), str(move.new), move.place.line) for move in desired.moves] == [
        ("user/old", "user/new", 7),
        ("role/old", "role/new", 8),
    ]


def test_what_moves_keeps_its_path_if_the_file_has_none(folder: Folder) -> None:
    live = {Address("user", "old"): "/eng/", Address("role", "old"): "/app/", Address("user", "other"): "/x/"}
    desired = folder.declare_text(HEAD + "moved: {user/old: user/new, role/old: role/new}\n", live_paths=live)
    paths = {str(address): entity.path for address, entity in require_valid(desired).state.entities.items()}
    assert paths == {"user/new": "/eng/", "user/other": "/x/", "group/new": "/", "role/new": "/app/"}


def test_moves_of_several_files_are_one_list_and_one_name_moves_once(folder: Folder) -> None:
    folder.write("more.yaml", "version: 1\nowner: me\nmoved: {user/a: user/other}\n")
    folder.write("roles.yaml", HEAD + "moved: {user/old: user/new}\n")
    assert len(require_valid(folder.read_files("roles.yaml", "more.yaml")).moves) == 2
    folder.write("more.yaml", "version: 1\nowner: me\nmoved: {user/old: user/other}\n")
    assert [problem.code for problem in folder.read_files("roles.yaml", "more.yaml").problems] == ["conflict"]


BROKEN = {
    "no address": ("{old: user/new}", ["6:9 bad-move"]),
    "a new name that is not an address": ("{user/old: new}", ["6:19 bad-move"]),
    "a kind that does not move": ("{instance-profile/a: instance-profile/b}", ["6:9 bad-move", "6:29 bad-move"]),
    "two kinds": ("{user/old: group/new}", ["6:9 bad-move"]),
    "to itself": ("{user/New: user/new}", ["6:9 bad-move"]),
    "a path in the name": ("{user/eng/old: user/new}", ["6:9 bad-move"]),
    "a new name that is not declared": ("{user/old: user/nwe}", ["6:19 unknown-reference"]),
    "an old name that still is": ("{user/other: user/new}", ["6:9 bad-move"]),
    "a chain": ("{user/a: user/b, user/b: user/new}", ["6:9 bad-move", "6:25 bad-move"]),
    "a swap": ("{user/new: user/other, user/other: user/new}", ["6:9 bad-move", "6:31 bad-move"]),
    "two that become one": ("{user/a: user/new, user/b: user/new}", ["6:17 bad-move", "6:35 bad-move"]),
    "a list": ("[user/old]", ["6:8 wrong-type"]),
    "a number": ("{user/old: 12}", ["6:19 wrong-type"]),
}


@pytest.mark.parametrize(("written", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_what_one_plan_cannot_do_is_refused_at_its_line(folder: Folder, written: str, said: list[str]) -> None:
    assert folder.find_problems(HEAD + f"moved: {written}\n") == [f"roles.yaml:{one}" for one in said]


def test_a_role_is_replaced_which_deletes_so_prune_none_forbids_it(folder: Folder) -> None:
    text = HEAD.replace("owner: me", "settings: {prune: none}") + "moved: {role/old: role/new, user/old: user/new}\n"
    (problem,) = folder.declare_text(text).problems
    assert folder.format_problem(problem) == "roles.yaml:6:9 bad-move"
    assert "`prune: none` forbids deletions" in problem.summary


def test_break_glass_must_name_the_new_one(folder: Folder) -> None:
    text = HEAD + "settings: {break_glass: [user/old]}\nmoved: {user/old: user/new}\n"
    assert folder.find_problems(text) == ["roles.yaml:7:9 bad-move"]

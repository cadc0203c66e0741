"""Hostile and broken YAML: refused with a place, quickly, and never with a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.declare import declare
from reconciler.desired.load import load
from reconciler.desired.yaml_nodes import MAX_BYTES, MAX_DEPTH
from reconciler.model.problem import Problem
from tests.support.examples import examples
from tests.support.files import HEAD, Folder


def bomb(levels: int) -> str:
    """Billion laughs, held by an `x-` key."""
    lines = ["x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"x-{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return HEAD + "\n".join(lines) + "\n"


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "a key twice": (f"{HEAD}users: {{a: , b: , a: }}\n", "3:19", "duplicate-key"),
    "a key twice, once quoted": (f'{HEAD}users:\n  a:\n  "a":\n', "5:3", "duplicate-key"),
    "a key twice in a document": (
        f"{HEAD}policies:\n  p: {{document: {{Statement: {{Effect: Allow, Effect: Deny}}}}}}\n",
        "4:45",
        "duplicate-key",
    ),
    "a top-level key twice": (f"{HEAD}users: \nusers: \n", "4:1", "duplicate-key"),
    "a merge twice": (
        f"{HEAD}x-a: &a {{path: /a/}}\nx-b: &b {{mfa: required}}\nusers:\n  u:\n    <<: *a\n    <<: *b\n",
        "8:5",
        "duplicate-key",
    ),
    "a Python object": (f"{HEAD}users: !!python/object/apply:os.system [ls]\n", "3:8", "yaml-tag"),
    "a local tag": (f"{HEAD}users: !secret {{}}\n", "3:8", "yaml-tag"),
    "a binary": (f"{HEAD}owner: !!binary aGk=\n", "3:8", "yaml-tag"),
    "a tagged whole file": ("!x\nversion: 1\n", "1:1", "yaml-tag"),
    "a set": (f"{HEAD}users: !!set {{a}}\n", "3:8", "yaml-tag"),
    "billion laughs": (bomb(12), "1:1", "alias-bomb"),
    "an alias of itself": (f"{HEAD}x-a: &a [*a]\n", "3:6", "alias-bomb"),
    "a mapping that contains itself": (f"{HEAD}users: &u\n  a: *u\n", "3:8", "alias-bomb"),
    "a merge of itself": (f"{HEAD}users: &u\n  <<: *u\n", "3:8", "alias-bomb"),
    "an unknown alias": (f"{HEAD}users: *nobody\n", "3:8", "bad-yaml"),
    "deeper than we follow": (HEAD + "users: " + "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "3:", "too-deep"),
    "a NUL": (b"version: 1\nowner: a\0b\n", "2:", "bad-yaml"),
    "a control character": (b"version: 1\nowner: a\x07b\n", "2:", "bad-yaml"),
    "an escape": (b"version: 1\nowner: \x1b[31m\n", "2:", "bad-yaml"),
    "not UTF-8": (b"version: 1\nowner: a\xff\n", "2:", "bad-yaml"),
    "a tab as indentation": (f"{HEAD}users:\n\ta:\n", "4:1", "bad-yaml"),
    "an open bracket": (f"{HEAD}users: [\n", "4:1", "bad-yaml"),
    "an open quote": (f"{HEAD}owner: 'a\n", "4:1", "bad-yaml"),
    "a key that is a list": (f"{HEAD}? [a, b]\n: 1\n", "3:3", "yaml-key"),
    "a merge of a text": (f"{HEAD}users:\n  a:\n    <<: text\n", "5:9", "yaml-merge"),
    "an anchor twice": (f"{HEAD}x-a: &a 1\nx-b: &a 2\n", "4:6", "bad-yaml"),
    "two documents": (f"{HEAD}---\nversion: 1\n", "3:1", "bad-yaml"),
    "nothing": ("", "1:1", "empty-file"),
    "only a comment": ("# nothing\n", "1:1", "empty-file"),
    "a list": ("- a\n- b\n", "1:1", "not-a-mapping"),
    "a text": ("hello\n", "1:1", "not-a-mapping"),
}


@pytest.mark.parametrize(("text", "where", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_broken_yaml_is_refused_where_it_is_broken(folder: Folder, text: str | bytes, where: str, code: str) -> None:
    found = folder.find_problems(text)
    assert any(said.startswith(f"roles.yaml:{where}") and said.endswith(f" {code}") for said in found), found


TAGGED = {
    "a field": "users: {a: {path: !x /a/}}",
    "an entity that others name": "users: {a: !x {}}\nroles: {r: {trust: [{users: [a]}]}}",
    "a section that others name": "users: !x {a: }\nroles: {r: {trust: [{users: [a]}]}}",
    "a rule": "roles: {r: {trust: [!x {users: [a]}]}}",
    "the users of a rule": "roles: {r: {trust: [{users: !x [a]}]}}",
    "an item": "users: {a: {groups: [!x g]}}",
    "a required key": "aliases: {a: {role: !x r}}",
    "a setting that would refuse": "defaults: {tags: !x {a: b}}\nusers: {a: }",
    "a variable in use": "vars: {v: !x a}\nusers: {a: {path: '/{{ v }}/'}}",
    "a mapping to merge": "x-a: &a !x {path: /a/}\nusers: {a: {<<: *a}}",
    "a document": "policies: {p: {document: !x a.json}}",
    "a statement": "policies: {p: {document: {Statement: [!x {Effect: Allow}]}}}",
    "an action": "policies: {p: {document: {Statement: {Effect: Allow, Action: !x a, Resource: '*'}}}}",
    "an action in a file": "policies: {p: {document: p.yaml}}",
}


@pytest.mark.parametrize("text", TAGGED.values(), ids=TAGGED.keys())
def test_a_value_with_a_tag_is_one_mistake_and_nothing_is_said_of_what_it_lacks(folder: Folder, text: str) -> None:
    folder.write("p.yaml", "Statement: [{Effect: Allow, Action: !x a, Resource: '*'}]")
    problems = folder.declare_text(f"{HEAD}{text}\n").problems
    assert [one.code for one in problems] == ["yaml-tag"]


@pytest.mark.parametrize("deep", ["[" * 100_000, "{a: " * 100_000, "\n " + "- " * 100_000])
def test_nesting_without_end_is_refused(folder: Folder, deep: str) -> None:
    """PyYAML before 6.0.2 has no limit of its own: it finds the end of the file, or reconcile its own limit."""
    found = folder.find_problems(f"{HEAD}users: {deep}")
    assert any(said.endswith((" bad-yaml", " too-deep")) for said in found), found


def test_a_duplicate_key_names_the_first_one(folder: Folder) -> None:
    (problem,) = folder.declare_text(f"{HEAD}users:\n  a:\n  a:\n").problems
    assert "roles.yaml:4:3" in problem.summary


def test_anchors_and_aliases_are_fine(folder: Folder) -> None:
    text = f"{HEAD}x-tags: &tags {{team: a}}\nusers:\n  a: {{tags: *tags}}\n  b: {{tags: *tags}}\n"
    desired = folder.declare_text(text)
    assert desired.problems == ()
    assert [dict(entity.tags) for entity in desired.state.entities.values()] == [{"team": "a"}] * 2  # type: ignore[union-attr]


def test_a_few_hundred_uses_of_one_anchor_are_no_bomb(folder: Folder) -> None:
    users = "".join(f"  u{index}: *common\n" for index in range(500))
    text = f"{HEAD}x-common: &common {{path: /eng/, tags: {{a: b, c: d}}}}\nusers:\n{users}"
    assert folder.declare_text(text).problems == ()


MERGES: dict[str, tuple[str, dict[str, str]]] = {
    "the alias's keys come in": ("{<<: *one}", {"a": "1", "b": "1"}),
    "what is written wins": ("{<<: *one, a: own}", {"a": "own", "b": "1"}),
    "what is written wins wherever it stands": ("{a: own, <<: *one}", {"a": "own", "b": "1"}),
    "the earlier of a list wins": ("{<<: [*two, *one]}", {"a": "2", "b": "1", "c": "2"}),
    "a quoted << is a key like any other": ("{'<<': x}", {"<<": "x"}),
}


@pytest.mark.parametrize(("written", "tags"), MERGES.values(), ids=MERGES.keys())
def test_merge_keys_work_as_yaml_defines_them(folder: Folder, written: str, tags: dict[str, str]) -> None:
    text = f"{HEAD}x-1: &one {{a: 1, b: 1}}\nx-2: &two {{a: 2, c: 2}}\nusers:\n  u: {{tags: {written}}}\n"
    desired = folder.declare_text(text)
    assert all(problem.code == "bad-tag" for problem in desired.problems), desired.problems
    (user,) = desired.state.entities.values()
    assert user.tags == tags  # type: ignore[union-attr]


def test_a_merged_key_keeps_the_place_where_it_is_written(folder: Folder) -> None:
    text = f"{HEAD}x-1: &one\n  pathh: /a/\nusers:\n  u:\n    <<: *one\n"
    assert folder.find_problems(text) == ["roles.yaml:4:3 unknown-key"]


def test_a_file_past_the_limit_is_refused_before_it_is_parsed(folder: Folder) -> None:
    path = folder.write("roles.yaml", b"a: [" + b"x, " * (50 * 1024 * 1024 // 3) + b"]")
    assert path.stat().st_size > MAX_BYTES
    code = (
        "import sys; from pathlib import Path; from reconciler.desired.load import load; "
        "print([p.code for p in load([Path(sys.argv[1])], {}).problems])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=20)
    assert "file-too-large" in done.stdout, done.stderr


def test_a_file_with_too_many_values_is_refused_at_the_first_one_too_many(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.desired.yaml_tree.MAX_VALUES", 5)
    assert folder.find_problems("version: 1\nowner: x\n") == []
    assert folder.find_problems("version: 1\nowner: x\nusers:\n") == ["roles.yaml:3:1 file-too-large"]
    assert folder.find_problems("version: &v 1\nowner: x\n\n*v : x\n") == ["roles.yaml:4:1 file-too-large"]


def test_a_byte_order_mark_and_windows_lines_are_no_problem(folder: Folder) -> None:
    assert folder.find_problems(b"\xef\xbb\xbfversion: 1\r\nsettings: {prune: none}\r\nusers:\r\n  a:\r\n") == []


_PLAIN_CONSTANTS = st.sampled_from(
    "version: 1|users:|roles:|policies:|aliases:|settings:|include:|vars:|defaults:|groups:|  a:|  - a|    trust:|"
    "      - users: [a]|&a|*a|<<: *a|!!str|{{|}}|{{ x }}|[|]|{|}|'|\"|: |- |? |# c|~|007|.nan|1e999|document: x|"
    "x-a: 1|owner: me|account: 123456789012|tags: {a: 1}|mfa: {max_age: 1h}|instance_profile: true|---|..."
    "|%YAML 1.2|\t|\\".split("|")
)
_MESS = st.lists(_PLAIN_CONSTANTS, max_size=12).flatmap(
    lambda words: st.sampled_from([" ", "\n", "\n  "]).map(lambda glue: glue.join(words))
)

_fuzz = examples(150)


@_fuzz
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_whatever_raise_anything(folder: Folder, content: bytes) -> None:
    assert all(isinstance(problem, Problem) and problem.place for problem in folder.declare_text(content).problems)


@_fuzz
@given(content=_MESS)
def test_no_near_yaml_raises_anything(folder: Folder, content: str) -> None:
    assert all(isinstance(problem, Problem) and problem.place for problem in folder.declare_text(content).problems)


_LEAVES = st.sampled_from(["a", "", "*", "arn:aws:iam::1:x", "1h", "required", 0, 1, -1, 1.5, True, None, "{{x}}", "é"])
_KEYS = st.sampled_from(
    "version owner account settings users roles groups policies aliases defaults include vars tags path trust "
    "trust_policy document inline_policies permissions_boundary mfa max_age conditions accounts services oidc "
    "saml anyone Statement Effect Action Resource Principal Condition Version role via duration instance_profile "
    "ignore_changes a b".split()
)
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=25
)
_SECTIONS = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        name: _TREES
        | st.dictionaries(st.sampled_from(["a", "b"]), st.dictionaries(_KEYS, _TREES, max_size=4), max_size=2)
        for name in ("users", "groups", "roles", "policies", "aliases", "defaults", "settings", "vars", "include")
    },
)


@_fuzz
@given(tree=_SECTIONS)
def test_no_tree_of_wrong_types_raises_anything(folder: Folder, tree: object) -> None:
    import json

    found = folder.declare_text(json.dumps(tree)).problems
    assert all(isinstance(problem, Problem) and problem.place for problem in found)


@_fuzz
@given(content=st.binary(max_size=100) | _MESS.map(str.encode), ending=st.sampled_from([".json", ".yaml"]))
def test_no_document_file_whatever_raises_anything(folder: Folder, content: bytes, ending: str) -> None:
    folder.write(f"p{ending}", content)
    found = folder.declare_text(f"{HEAD}policies: {{p: {{document: p{ending}}}}}\n").problems
    assert all(isinstance(problem, Problem) and problem.place for problem in found)


def test_reading_asks_nothing_of_the_network_or_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "roles.yaml"
    path.write_text(f"{HEAD}users: {{a: }}\n")
    code = (
        "import socket, sys; socket.socket = None; from reconciler.__main__ import main; "
        "sys.argv[1:] = ['validate', {!r}]; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code.format(str(path))], capture_output=True, text=True, timeout=60, env={"PATH": ""}
    )
    assert (done.returncode, done.stdout) == (0, "Valid: 1 entity, 0 aliases.\n"), done.stderr
    assert declare(load([path], {})).problems == ()


@pytest.mark.parametrize(
    ("text", "place", "more"),
    [
        ("users:\n\tu: {}\n", "roles.yaml:4:1", ""),
        ("users:\n  \tu: {}\n", "roles.yaml:4:3", ""),
        ("users:\n  - \tu\n", "roles.yaml:4:5", ""),
        ("users:\n  a: b\n\tu: 1\n", "roles.yaml:5:1", ""),
        ("users:\n\tu:\n\t\tpath: /x/\n", "roles.yaml:4:1", ", and 1 more line begins with one"),
    ],
)
def test_a_tab_is_named_with_its_line(folder: Folder, text: str, place: str, more: str) -> None:
    (problem,) = folder.declare_text(HEAD + text).problems
    assert folder.format_problem(problem) == f"{place} bad-yaml"
    assert problem.summary == f"Line {place.split(':')[1]} has a tab{more}: YAML must be indented with spaces."
    assert problem.hint.startswith("Replace the tabs by spaces: expand -i -t 2 ")


@pytest.mark.parametrize(
    "text",
    [
        "users:\n  u:\n    path:\t/x/\t# why\n",
        "users: {u: {tags: {a:\n\t b}}}\n",
        'users: {u: {tags: {a: "\t"}}}\n',
    ],
)
def test_a_tab_that_yaml_takes_is_no_problem(folder: Folder, text: str) -> None:
    assert [one.code for one in folder.declare_text(HEAD + text).problems if one.code != "bad-tag"] == []


def test_another_mistake_beside_a_tab_is_called_what_it_is(folder: Folder) -> None:
    (problem,) = folder.declare_text(f"{HEAD}users: [\n\ta\n").problems
    assert "tab" not in problem.summary

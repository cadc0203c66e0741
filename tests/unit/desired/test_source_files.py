"""Several files: include, folders, merging; documents that paths name; and what no path may reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.desired.source_files import find_files
from reconciler.model.address import Address
from reconciler.model.entity import Policy, User
from reconciler.model.problem import ReconcileError
from tests.support.files import HEAD, Folder, find_errors, require_valid

DOCUMENT = "{Statement: {Effect: Allow, Action: '*', Resource: '*'}}"


def names(folder: Folder, *files: str) -> list[str]:
    return sorted(str(address) for address in require_valid(folder.read_files(*files)).state.entities)


# include


def test_include_brings_a_file_in(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}include: [teams/a.yaml]\nusers: {{u: }}\n")
    folder.write("teams/a.yaml", "version: 1\ngroups: {g: }\n")
    assert names(folder) == ["group/g", "user/u"]


def test_include_takes_globs_and_paths_are_relative_to_the_file_that_names_them(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}include: ['teams/*.yaml']\n")
    folder.write("teams/a.yaml", "version: 1\ninclude: [more/c.yaml]\nusers: {a: }\n")
    folder.write("teams/b.yaml", "version: 1\nusers: {b: }\n")
    folder.write("teams/more/c.yaml", "version: 1\npolicies: {c: {document: c.json}}\n")
    folder.write("teams/more/c.json", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    assert names(folder) == ["policy/c", "user/a", "user/b"]


def test_a_deep_glob_finds_every_folder(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}include: ['teams/**/*.yaml']\n")
    folder.write("teams/a/x.yaml", "version: 1\nusers: {a: }\n")
    folder.write("teams/b/c/x.yaml", "version: 1\nusers: {b: }\n")
    assert names(folder) == ["user/a", "user/b"]


def test_include_of_one_text_is_refused_with_its_place(folder: Folder) -> None:
    folder.write("a.yaml", "version: 1\n")
    assert folder.find_problems(f"{HEAD}include: a.yaml\n") == ["roles.yaml:3:10 wrong-type"]


@pytest.mark.parametrize("entry", ["nobody.yaml", "'nobody/*.yaml'", "."])
def test_an_include_that_matches_nothing_is_an_error(folder: Folder, entry: str) -> None:
    assert folder.find_problems(f"{HEAD}include:\n  - {entry}\n") == ["roles.yaml:4:5 no-file"]


def test_files_that_include_each_other_are_read_once(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}include: [a.yaml, roles.yaml]\nusers: {{u: }}\n")
    folder.write("a.yaml", "version: 1\ninclude: [./roles.yaml, b.yaml]\nusers: {a: }\n")
    folder.write("b.yaml", "version: 1\ninclude: [a.yaml]\nusers: {b: }\n")
    assert names(folder) == ["user/a", "user/b", "user/u"]


def test_a_problem_of_an_included_file_is_shown_there(folder: Folder) -> None:
    folder.write("a.yaml", "version: 1\nusers:\n  a: {group: x}\n")
    assert folder.find_problems(f"{HEAD}include: [a.yaml]\n") == ["a.yaml:3:7 unknown-key"]


def test_an_include_takes_variables(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}vars: {{stage: dev}}\ninclude: ['{{{{ stage }}}}.yaml']\n")
    folder.write("dev.yaml", "version: 1\nusers: {a: }\n")
    assert names(folder) == ["user/a"]


def test_an_included_file_may_leave_the_version_to_the_first(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}include: [a.yaml]\n")
    folder.write("a.yaml", "users: {a: }\n")
    assert names(folder) == ["user/a"]


# What no path may reach


@pytest.fixture
def outside(folder: Folder) -> Folder:
    """A repository whose neighbour holds a secret, and links into it."""
    folder.write("secret.yaml", "version: 1\nusers: {a: }\n")
    folder.write("secret.json", '{"token": "hunter2"}')
    repository = Folder(folder.path / "repo")
    (repository.path / ".git").mkdir(parents=True)
    (repository.path / "link.yaml").symlink_to(folder.path / "secret.yaml")
    (repository.path / "link.json").symlink_to(folder.path / "secret.json")
    (repository.path / "linked").symlink_to(folder.path, target_is_directory=True)
    return repository


ESCAPES = ["../secret{}", "{root}/secret{}", "link{}", "linked/secret{}", "./x/../../secret{}", "../repo/../secret{}"]


@pytest.mark.parametrize("written", ESCAPES)
def test_an_include_may_not_leave_the_repository(outside: Folder, written: str) -> None:
    path = written.format(".yaml", root=outside.path.parent)
    assert outside.find_problems(f"{HEAD}include: ['{path}']\n") == ["roles.yaml:3:11 path-outside"]


@pytest.mark.parametrize("written", ["../*.yaml", "l*.yaml", "linked/*.yaml", "{root}/*.yaml"])
def test_nor_may_a_glob(outside: Folder, written: str) -> None:
    path = written.format(root=outside.path.parent)
    assert outside.find_problems(f"{HEAD}include: ['{path}']\n") == ["roles.yaml:3:11 path-outside"]


@pytest.mark.parametrize("written", ESCAPES)
def test_a_document_may_not_leave_the_repository_and_nothing_of_it_is_shown(outside: Folder, written: str) -> None:
    path = written.format(".json", root=outside.path.parent)
    desired = outside.declare_text(f"{HEAD}policies:\n  p: {{document: '{path}'}}\n")
    (problem,) = desired.problems
    assert outside.format_problem(problem) == "roles.yaml:4:17 path-outside"
    assert "hunter2" not in problem.message


def test_inside_the_repository_a_path_may_go_up(outside: Folder) -> None:
    outside.write("policies/p.json", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    outside.write("stacks/a/roles.yaml", f"{HEAD}policies: {{p: {{document: ../../policies/p.json}}}}\n")
    assert names(outside, "stacks/a/roles.yaml") == ["policy/p"]


def test_without_a_repository_the_folder_is_the_limit(folder: Folder) -> None:
    folder.write("p.json", "{}")
    folder.write("a/roles.yaml", f"{HEAD}policies: {{p: {{document: ../p.json}}}}\n")
    (problem,) = folder.read_files("a/roles.yaml").problems
    assert problem.code == "path-outside"


def test_a_path_to_a_device_or_a_folder_is_refused(folder: Folder) -> None:
    (folder.path / "dir.json").mkdir()
    os.mkfifo(folder.path / "pipe.json")
    for name in ("dir.json", "pipe.json"):
        assert folder.find_problems(f"{HEAD}policies:\n  p: {{document: {name}}}\n") == ["roles.yaml:4:17 no-file"]


# Several files


def test_several_files_are_one(folder: Folder) -> None:
    folder.write("a.yaml", f"{HEAD}users: {{u: {{groups: [g]}}}}\n")
    folder.write("b.yaml", "version: 1\ngroups: {g: }\n")
    assert names(folder, "a.yaml", "b.yaml") == names(folder, "b.yaml", "a.yaml") == ["group/g", "user/u"]


CONFLICTS: dict[str, tuple[str, str, str, str]] = {
    "the same entity": ("users: {a: }", "users: {a: }", "3:9", "a.yaml:3:9"),
    "the same alias": ("aliases: {aa: {role: 'arn:aws:iam::123456789012:role/r'}}",) * 2 + ("3:11", "a.yaml:3:11"),
    "another owner": ("owner: x", "owner: y", "3:1", "a.yaml:3:1"),
    "another account": ("account: '111111111111'", "account: '222222222222'", "3:1", "a.yaml:3:1"),
    "another value of a setting": ("settings: {max_deletes: 1}", "settings: {max_deletes: 2}", "3:12", "a.yaml:3:12"),
    "another value of a variable": ("vars: {a: x}", "vars: {a: y}", "3:8", "a.yaml:3:8"),
    "another default": ("defaults: {path: /a/}", "defaults: {path: /b/}", "3:12", "a.yaml:3:12"),
    "another default tag": ("defaults: {tags: {t: a}}", "defaults: {tags: {t: b}}", "3:19", "a.yaml:3:19"),
}


@pytest.mark.parametrize(("one", "other", "where", "first"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_what_two_files_say_differently_names_both_places(
    folder: Folder, one: str, other: str, where: str, first: str
) -> None:
    folder.write("a.yaml", f"version: 1\n#\n{one}\n")
    folder.write("b.yaml", f"version: 1\n#\n{other}\n")
    folder.write("c.yaml", HEAD)
    (problem,) = find_errors(folder.read_files("c.yaml", "a.yaml", "b.yaml"))
    assert folder.format_problem(problem) == f"b.yaml:{where} conflict"
    assert f"{folder.path / first.split(':')[0]}:{first.split(':', 1)[1]}" in problem.summary


AGREEING = {
    "owner": ("owner: x", "owner: x"),
    "account": ("account: '123456789012'", "account: '123456789012'"),
    "a setting": ("settings: {max_deletes: 1}", "settings: {max_deletes: 1}"),
    "other settings": ("settings: {max_deletes: 1}", "settings: {max_removals: 2}"),
    "default tags": ("defaults: {tags: {a: b}}", "defaults: {tags: {c: d}}"),
    "anchors of the same name": ("x-a: 1", "x-a: 2"),
    "an empty section": ("users:", "users: {a: }"),
    "an empty section behind": ("users: {a: }", "users:"),
}


@pytest.mark.parametrize(("one", "other"), AGREEING.values(), ids=AGREEING.keys())
def test_what_two_files_say_alike_or_apart_is_merged(folder: Folder, one: str, other: str) -> None:
    folder.write("a.yaml", f"version: 1\n{one}\n")
    folder.write("b.yaml", f"version: 1\n{other}\n")
    folder.write("c.yaml", HEAD)
    assert folder.read_files("c.yaml", "a.yaml", "b.yaml").problems == ()


def test_a_key_given_twice_over_files_in_other_types_is_a_problem(folder: Folder) -> None:
    folder.write("a.yaml", f"{HEAD}users: {{a: }}\n")
    folder.write("b.yaml", "version: 1\nusers: [a]\n")
    assert find_errors(folder.read_files("a.yaml", "b.yaml"))


def test_names_in_two_files_that_differ_in_letter_case_are_one_for_iam(folder: Folder) -> None:
    folder.write("a.yaml", f"{HEAD}users: {{alice: }}\n")
    folder.write("b.yaml", "version: 1\nusers: {Alice: }\n")
    (problem,) = find_errors(folder.read_files("a.yaml", "b.yaml"))
    assert problem.code == "name-case"
    assert "a.yaml:3:9" in problem.hint


# FILE arguments


def test_a_folder_is_its_yaml_files_in_order(folder: Folder) -> None:
    for name in ("b.yml", "a.yaml", "c.json", "sub/d.yaml", ".e.yaml.swp"):
        folder.write(name, "")
    assert [path.name for path in find_files((str(folder.path),))] == ["a.yaml", "b.yml"]


def test_a_file_named_twice_is_read_once(folder: Folder) -> None:
    path = str(folder.write("a.yaml", ""))
    assert find_files((path, path)) == [Path(path)]


def test_without_a_file_the_one_of_the_environment_or_a_parent_serves(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("roles.yaml", HEAD)
    (folder.path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(folder.path / "a/b")
    assert [path.resolve() for path in find_files(())] == [folder.path / "roles.yaml"]
    monkeypatch.setenv("RECONCILE_FILE", str(folder.write("other.yaml", HEAD)))
    assert find_files(()) == [folder.path / "other.yaml"]


@pytest.mark.parametrize("arguments", [("nobody.yaml",), ("empty",), ()])
def test_no_file_is_a_failure_with_a_reason(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (folder.path / "empty").mkdir()
    monkeypatch.chdir(folder.path)
    with pytest.raises(ReconcileError) as failed:
        find_files(arguments)
    assert [problem.code for problem in failed.value.problems] == ["no-file"]


def test_a_named_file_that_is_missing_is_a_failure(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILE_FILE", str(folder.path / "nobody.yaml"))
    with pytest.raises(ReconcileError, match="RECONCILE_FILE"):
        find_files(())


# defaults


def user(folder: Folder, text: str) -> User:
    found = require_valid(folder.declare_text(HEAD + text)).state.entities[Address("user", "a")]
    assert isinstance(found, User)
    return found


DEFAULTS: dict[str, tuple[str, dict[str, str], str]] = {
    "serve where nothing is written": ("defaults: {tags: {t: d}, path: /d/}\nusers: {a: }\n", {"t": "d"}, "/d/"),
    "give way to what is written": ("defaults: {path: /d/}\nusers: {a: {path: /own/}}\n", {}, "/own/"),
    "merge by key": (
        "defaults: {tags: {t: d, u: d}}\nusers: {a: {tags: {u: own, v: own}}}\n",
        {"t": "d", "u": "own", "v": "own"},
        "/",
    ),
    "of another kind do not matter": ("defaults: {max_session_duration: 2h}\nusers: {a: }\n", {}, "/"),
}


@pytest.mark.parametrize(("text", "tags", "path"), DEFAULTS.values(), ids=DEFAULTS.keys())
def test_defaults(folder: Folder, text: str, tags: dict[str, str], path: str) -> None:
    found = user(folder, text)
    assert (found.tags, found.path) == (tags, path)


def test_a_mistake_in_defaults_is_shown_there(folder: Folder) -> None:
    text = f"{HEAD}defaults:\n  policies: [nobody]\nusers: {{a: , b: }}\n"
    assert folder.find_problems(text) == ["roles.yaml:4:14 unknown-reference"]


def test_defaults_never_reach_from_one_entity_into_another(folder: Folder) -> None:
    text = f"{HEAD}defaults: {{tags: {{t: d}}}}\nusers: {{a: {{tags: {{x: y}}}}, b: }}\n"
    entities = require_valid(folder.declare_text(text)).state.entities
    assert entities[Address("user", "b")].tags == {"t": "d"}  # type: ignore[union-attr]


# Paths of entities


def test_an_entity_keeps_the_path_that_it_has_if_the_file_has_none(folder: Folder) -> None:
    text = f"{HEAD}users: {{a: , b: {{path: /own/}}}}\nroles: {{r: {{trust: [{{users: [a, b]}}]}}}}\n"
    live = {Address("user", "a"): "/eng/", Address("user", "b"): "/eng/"}
    entities = require_valid(folder.declare_text(text, live_paths=live)).state.entities
    assert [entities[Address("user", name)].path for name in "ab"] == ["/eng/", "/own/"]
    trust = entities[Address("role", "r")].trust_policy.text  # type: ignore[union-attr]
    assert '"arn:aws:iam::123456789012:user/eng/a","arn:aws:iam::123456789012:user/own/b"' in trust


# Documents


def test_a_json_document_may_indent_with_tabs(folder: Folder) -> None:
    folder.write("p.json", '{\n\t"Statement":\t[{\n\t\t"Effect":"Allow","Action":["*"],"Resource":"*"\n\t}]\n}\n')
    assert require_valid(folder.declare_text(f"{HEAD}policies: {{p: {{document: p.json}}}}\n")).problems == ()


@pytest.mark.parametrize(
    "body",
    [
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a\\/b"}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::\\u00e4"}}',
        '\ufeff{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::' + "x" * 3000 + '"}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericLessThan":{"a:b":1e3}}}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":true}}}}\n\n',
    ],
    ids=["an escaped slash", "an escape", "a byte order mark", "a long text", "a number", "a boolean"],
)
def test_whatever_json_has_is_read(folder: Folder, body: str) -> None:
    folder.write("p.json", body)
    assert require_valid(folder.declare_text(f"{HEAD}policies: {{p: {{document: p.json}}}}\n")).problems == ()


DOCUMENTS: dict[str, tuple[str, str, str]] = {
    "a wrong Effect": (
        '{\n "Statement": {\n  "Effect": "allow",\n  "Action": "*", "Resource": "*"}}',
        "p.json:3:13",
        "invalid-effect",
    ),
    "a key twice": ('{"Statement": {"Effect": "Allow",\n "Effect": "Deny"}}', "p.json:2:2", "duplicate-key"),
    "broken JSON": ('{"Statement": [\n', "p.json:2:1", "bad-yaml"),
    "a list": ("[]", "p.json:1:1", "not-a-mapping"),
    "nothing": ("", "roles.yaml:4:17", "empty-file"),
}


@pytest.mark.parametrize(("body", "where", "code"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_problem_of_a_document_is_shown_inside_its_file(folder: Folder, body: str, where: str, code: str) -> None:
    folder.write("p.json", body)
    found = folder.find_problems(f"{HEAD}policies:\n  p: {{document: p.json}}\n")
    assert f"{where} {code}" in found


def test_a_document_that_two_entities_use_is_reported_once(folder: Folder) -> None:
    folder.write("p.yaml", "Statement: {Effect: allow, Action: '*', Resource: '*'}\n")
    text = f"{HEAD}policies: {{p: {{document: p.yaml}}, q: {{document: p.yaml}}}}\n"
    assert folder.find_problems(text) == ["p.yaml:1:21 invalid-effect"]


def test_documents_in_place_and_from_a_path_are_the_same(folder: Folder) -> None:
    folder.write("p.yaml", DOCUMENT)
    text = f"{HEAD}policies: {{p: {{document: p.yaml}}, q: {{document: {DOCUMENT}}}}}\n"
    one, other = require_valid(folder.declare_text(text)).state.entities.values()
    assert isinstance(one, Policy)
    assert isinstance(other, Policy)
    assert (one.document, one.document.text) == (other.document, other.document.text)


@pytest.mark.parametrize(
    "text",
    [
        "users: {a: {inline_policies: {i: p.yaml}}}\n",
        "roles: {r: {trust: [{services: [ec2.amazonaws.com]}], inline_policies: {i: p.yaml}}}\n",
        "roles: {r: {trust_policy: t.yaml}}\n",
        "aliases: {dev: {role: 'arn:aws:iam::123456789012:role/r', policy: p.yaml}}\n",
    ],
)
def test_every_document_of_the_file_may_be_a_path(folder: Folder, text: str) -> None:
    folder.write("p.yaml", DOCUMENT)
    folder.write(
        "t.yaml", "Statement: {Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: 'sts:AssumeRole'}\n"
    )
    assert require_valid(folder.declare_text(HEAD + text)).problems == ()


BAD_GLOBS: dict[str, tuple[str, str]] = {
    "three stars": ("***", "write ** alone"),
    "two stars beside letters": ("teams/a**/*.yaml", "write ** alone"),
    "400 nested folders": ("*/" * 400 + "*.yaml", "limits are 100 and 16"),
    "17 nested folders": ("*/" * 16 + "*.yaml", "limits are 100 and 16"),
    "1,000 named folders": ("a/" * 1_000 + "*.yaml", "limits are 100 and 16"),
    "any depth three times": ("**/a/**/b/**/*.yaml", "** 3 times"),
    "back and forth": ("*/../" * 8 + "*.yaml", ".. after a wildcard"),
    "a folder with a name too long": ("a" * 5_000 + "/*.yaml", "cannot be a file name"),
}


@pytest.mark.parametrize(("pattern", "why"), BAD_GLOBS.values(), ids=BAD_GLOBS)
def test_a_glob_that_would_take_forever_or_means_nothing_is_an_error(folder: Folder, pattern: str, why: str) -> None:
    desired = folder.declare_text(f'{HEAD}include:\n  - "{pattern}"\n')
    (problem,) = [problem for problem in desired.problems if problem.code == "bad-glob"]
    assert folder.format_problem(problem).startswith("roles.yaml:4:5 ")
    assert why in problem.summary
    assert len(problem.summary) < 300


@pytest.mark.parametrize("pattern", ["**/x.yaml", "*/**/x.yaml", "**/b/**/*.yaml", "[a]/*/?.yaml", "a/../a/b/*.yaml"])
def test_globs_that_people_write_are_expanded(folder: Folder, pattern: str) -> None:
    folder.write("a/b/x.yaml", "version: 1\nusers: {u: }\n")
    assert require_valid(folder.declare_text(f"{HEAD}include: ['{pattern}']\n")).state.entities.keys() == {
        Address("user", "u")
    }


@pytest.mark.parametrize(
    ("written", "hint"),
    [("taems.yaml", "Did you mean 'teams.yaml'?"), ("teams.yml", "Did you mean 'teams.yaml'?"), ("other.yaml", "")],
)
def test_an_include_that_is_not_there_names_the_nearest_file(folder: Folder, written: str, hint: str) -> None:
    folder.write("more/teams.yaml", "version: 1\n")
    (problem,) = folder.declare_text(f"{HEAD}include: [more/{written}]\n").problems
    assert (problem.code, problem.hint) == ("no-file", hint)


def test_an_include_in_a_folder_that_is_not_there_names_none(folder: Folder) -> None:
    (problem,) = folder.declare_text(f"{HEAD}include: [nowhere/x.yaml]\n").problems
    assert (problem.code, problem.hint) == ("no-file", "")

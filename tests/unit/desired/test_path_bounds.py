"""Files that FILE may reach: its repository, else its folder, whatever links say; and nothing of `.git`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.desired import path_bounds
from reconciler.desired.source_files import find_file_above, find_files
from reconciler.model.problem import ReconcileError
from tests.support.files import HEAD, Folder

MALLORY = 54_321
ROOT_ONLY = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository with links that a pull request could hold, beside a secret and another repository.

    `loose` is a folder in no repository.
    """
    for name in ("secret.yaml", "other/roles.yaml", "repo/roles.yaml", "repo/stacks/a/roles.yaml", "loose/roles.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD)
    for name in ("repo/.git", "other/.git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config").write_text(HEAD)
    (tmp_path / "repo/vendor").mkdir()
    (tmp_path / "repo/vendor/.git").write_text("gitdir: ../.git/modules/vendor\n")
    (tmp_path / "repo/vendor/roles.yaml").write_text(HEAD)
    for name, target in {
        "repo/inside.yaml": "stacks/a/roles.yaml",
        "repo/stacks/up.yaml": "../roles.yaml",
        "repo/outside.yaml": "../secret.yaml",
        "repo/absolute.yaml": str(tmp_path / "secret.yaml"),
        "repo/chain.yaml": "outside.yaml",
        "repo/linked": "../other",
        "repo/stacks/linked": "../../loose",
        "repo/git.yaml": ".git/config",
        "repo/gitdir": ".git",
        "repo/vendor/git.yaml": ".git",
        "repo/vendor/up.yaml": "../roles.yaml",
        "loose/beside.yaml": "roles.yaml",
        "loose/outside.yaml": "../secret.yaml",
        "work": "repo",
        "loosely": "loose",
    }.items():
        (tmp_path / name).symlink_to(target)
    return tmp_path


ALLOWED = [
    "repo/roles.yaml",
    "repo/inside.yaml",
    "repo/stacks/up.yaml",
    "repo/stacks/../stacks/a/roles.yaml",
    "repo/vendor/roles.yaml",
    "repo/stacks/a",
    "work/roles.yaml",
    "work/stacks/up.yaml",
    "other/roles.yaml",
    "secret.yaml",
    "loose/roles.yaml",
    "loose/beside.yaml",
    "loosely/roles.yaml",
]
REFUSED = [
    "repo/outside.yaml",
    "repo/absolute.yaml",
    "repo/chain.yaml",
    "repo/linked/roles.yaml",
    "repo/linked",
    "repo/linked/../secret.yaml",
    "repo/stacks/linked/roles.yaml",
    "repo/.git/config",
    "repo/./.git/../.git/config",
    "repo/git.yaml",
    "repo/gitdir/config",
    "repo/vendor/.git",
    "repo/vendor/git.yaml",
    "repo/vendor/up.yaml",
    "work/outside.yaml",
    "work/git.yaml",
    "loose/outside.yaml",
    "other/.git/config",
]


def relative(home: Path, name: str) -> str:
    return os.path.relpath(home) + f"/{name}"


@pytest.mark.parametrize("written", [relative, lambda home, name: str(home / name)], ids=["relative", "absolute"])
@pytest.mark.parametrize("name", ALLOWED)
def test_a_file_in_its_repository_is_read_also_through_a_link(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, written: Callable[[Path, str], str]
) -> None:
    monkeypatch.chdir(home / "repo/stacks")
    assert find_files((written(home, name),))


@pytest.mark.parametrize("written", [relative, lambda home, name: str(home / name)], ids=["relative", "absolute"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_link_out_of_the_repository_or_into_git_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, written: Callable[[Path, str], str]
) -> None:
    monkeypatch.chdir(home / "repo/stacks")
    with pytest.raises(ReconcileError) as failed:
        find_files((written(home, name),))
    assert [problem.code for problem in failed.value.problems] == ["path-outside"]


def test_the_refusal_says_where_it_leads_and_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "repo")
    for name, said in {
        "outside.yaml": f"outside.yaml leads out of {home}/repo.",
        ".git/config": ".git/config leads into .git, the folder of git itself.",
    }.items():
        with pytest.raises(ReconcileError) as failed:
            find_files((name,))
        (problem,) = failed.value.problems
        assert problem.summary == said
        assert ("not the link" in problem.hint) is (name == "outside.yaml")


def test_a_folder_is_refused_for_one_link_that_leads_out(home: Path) -> None:
    with pytest.raises(ReconcileError, match=r"absolute\.yaml"):
        find_files((str(home / "repo"),))


@pytest.mark.parametrize("name", ["outside.yaml", "git.yaml"])
def test_the_default_file_and_that_of_the_environment_are_held_to_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(home / "repo")
    monkeypatch.setenv("RECONCILE_FILE", name)
    with pytest.raises(ReconcileError, match="leads"):
        find_files(())
    monkeypatch.delenv("RECONCILE_FILE")
    (home / "repo/roles.yaml").unlink()
    (home / "repo/roles.yaml").symlink_to(name)
    with pytest.raises(ReconcileError, match="leads"):
        find_files(())


def test_what_the_shell_redirects_is_read(home: Path) -> None:
    handle = os.open(home / "secret.yaml", os.O_RDONLY)
    assert find_files((f"/dev/fd/{handle}",)) == [Path(f"/dev/fd/{handle}")]
    os.close(handle)


# .git


GITS = [
    ".git/config",
    ".GIT/config",
    ".Git/config",
    "x/../.git/config",
    "gitdir/config",
    "git.yaml",
    "deep/.gIt/config",
]


@pytest.mark.parametrize(
    "key", ["include: ['{}']", "policies: {{p: {{document: '{}'}}}}", "saml_providers: {{s: {{metadata: '{}'}}}}"]
)
@pytest.mark.parametrize("path", GITS)
def test_no_path_of_a_file_reaches_into_git_in_any_letter_case(home: Path, key: str, path: str) -> None:
    for name in (".GIT", ".Git", "deep/.gIt"):
        (home / "repo" / name).mkdir(parents=True, exist_ok=True)
        (home / "repo" / name / "config").write_text(HEAD)
    (home / "repo/x").mkdir()
    (problem,) = Folder(home / "repo").declare_text(f"{HEAD}{key.format(path)}\n").problems
    assert problem.code == "path-outside"
    assert problem.place is not None


def test_git_is_told_by_its_identity_if_a_file_system_has_other_names_for_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `GIT~1` on NTFS; a link that `realpath` does not resolve stands for it here."""
    (home / "repo/GIT~1").symlink_to(".git")
    monkeypatch.setattr(path_bounds.os.path, "realpath", os.path.abspath)
    with pytest.raises(ReconcileError, match=r"into \.git"):
        find_files((str(home / "repo/GIT~1/config"),))


def test_a_branch_whose_name_ends_as_a_file_is_no_file_of_a_glob(home: Path) -> None:
    folder = Folder(home / "other")
    folder.write(".git/refs/heads/x.yaml", "0123\n")
    folder.write("teams/a.yaml", "version: 1\nusers: {a: }\n")
    folder.write("main/all.yaml", f"{HEAD}include: ['../**/a.yaml', '../**/*x.yaml', '../teams/*']\n")
    (problem,) = folder.read_files("main/all.yaml").problems
    assert (problem.code, "x.yaml" in problem.summary) == ("no-file", True)


# The default file of a parent folder


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, two below one that has the default file."""
    (tmp_path / "roles.yaml").write_text(HEAD)
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    return tmp_path


def test_the_default_file_of_a_parent_folder_is_told(below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_file_above(()) == Path("../../roles.yaml")
    assert find_file_above(("x.yaml",)) is None
    monkeypatch.setenv("RECONCILE_FILE", "x.yaml")
    assert find_file_above(()) is None
    monkeypatch.delenv("RECONCILE_FILE")
    monkeypatch.chdir(below)
    assert find_file_above(()) is None


def give(path: Path) -> None:
    os.chown(path, MALLORY, MALLORY, follow_symlinks=False)


@ROOT_ONLY
def test_anothers_default_file_above_is_refused_and_may_be_named(below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(below / "roles.yaml")
    with pytest.raises(ReconcileError) as failed:
        find_files(())
    (problem,) = failed.value.problems
    assert (problem.code, f"uid {MALLORY}" in problem.summary) == ("foreign-file", True)
    assert "RECONCILE_FILE=../../roles.yaml" in problem.hint
    assert find_files(("../../roles.yaml",))
    monkeypatch.setenv("RECONCILE_FILE", "../../roles.yaml")
    assert find_files(())


@ROOT_ONLY
@pytest.mark.parametrize("whose", ["", "roles.yaml"])
def test_neither_its_folder_nor_a_link_in_its_place_may_be_anothers(below: Path, whose: str) -> None:
    if whose:
        (below / "roles.yaml").rename(below / "mine.yaml")
        (below / "roles.yaml").symlink_to("mine.yaml")
    give(below / whose)
    with pytest.raises(ReconcileError, match="belongs to"):
        find_files(())


@ROOT_ONLY
def test_who_calls_sudo_finds_his_own_file(below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(below / "roles.yaml")
    monkeypatch.setenv("SUDO_UID", str(MALLORY))
    assert find_files(())


@ROOT_ONLY
def test_in_the_working_folder_it_may_be_of_the_owner_of_that_folder(
    below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the checkout of a pipeline whose container runs as root; but a file that another has put into /tmp is not."""
    give(below / "roles.yaml")
    monkeypatch.chdir(below)
    with pytest.raises(ReconcileError, match="belongs to"):
        find_files(())
    give(below)
    assert find_files(()) == [Path("roles.yaml")]

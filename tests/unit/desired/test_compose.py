"""Files that accounts share are read once in a run, so that all of them get the same content."""

from __future__ import annotations

from reconciler.desired.compose import ParsedFiles
from reconciler.desired.load import load
from reconciler.model.member_account import MemberAccount, Membership
from tests.support.files import Folder

ACCOUNTS = tuple(MemberAccount(name, f"{number:012}", variables={"name": name}) for number, name in enumerate("ab"))


def read_paths(folder: Folder, account: MemberAccount, parsed: ParsedFiles) -> list[object]:
    loaded = load([folder.path / "roles.yaml"], {}, membership=Membership(account, ACCOUNTS), parsed=parsed)
    assert loaded.problems == []
    root = loaded.root
    assert root is not None
    return [root.get_map("users").get_map("ann").get("path")]


def test_a_file_that_changes_during_a_run_is_one_file_to_all_accounts(folder: Folder) -> None:
    text = "version: 1\ninclude: [more.yaml]\n"
    folder.write("roles.yaml", text)
    folder.write("more.yaml", "version: 1\nusers: {ann: {path: '/{{ name }}/'}}\n")
    kept, fresh = ParsedFiles(keep=True), ParsedFiles()
    assert read_paths(folder, ACCOUNTS[0], kept) == ["/a/"]
    folder.write("more.yaml", "version: 1\nusers: {ann: {path: '/new/'}}\n")
    assert read_paths(folder, ACCOUNTS[1], kept) == ["/b/"]
    assert read_paths(folder, ACCOUNTS[1], fresh) == ["/new/"]


def test_a_link_to_a_file_is_that_file_and_a_document_is_not_a_desired_state(folder: Folder) -> None:
    path = folder.write("a.yaml", "version: 1\n")
    (folder.path / "link.yaml").symlink_to(path)
    parsed = ParsedFiles(keep=True)
    place = None
    first, problems = parsed.parse(path, place)
    assert first is not None and problems == ()
    assert parsed.parse(folder.path / "link.yaml")[0] is first

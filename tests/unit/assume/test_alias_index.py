"""The index of a file's aliases: the same as the file, and it holds exactly as long as nothing changed."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from reconciler.app.alias_catalog import Catalog, read_catalog
from reconciler.assume import alias_index
from reconciler.assume.cache import INDEXES, Cache
from reconciler.model.problem import Place, ReconcileError
from reconciler.model.sts_limits import Caller

OWN = 'account: "123456789012"\n'
FILE = f"""\
version: 1
owner: test
{OWN}include: ["{{{{ which }}}}/*.yaml", "deep/**/*.yaml"]
vars: {{which: parts, doc: trust}}
users: {{ann: {{}}}}
roles:
  reader: {{max_session_duration: 4h, trust_policy: "{{{{ doc }}}}.json"}}
  plain: {{trust: [{{users: [ann], mfa: {{max_age: 1h}}, session_tags: true}}]}}
aliases:
  s3: {{role: reader, policy: documents/session.json}}
  rich:
    role: plain
    source_profile: work
    region: eu-west-1
    duration: 45m
    session_name: me
    external_id: "x:1"
    mfa_serial: "arn:aws:iam::123456789012:mfa/ann"
    mfa: false
    source_identity: ann
    session_tags: {{team: x, Stage: y, flag: true}}
    transitive_tags: [team]
    policy: {{Statement: [{{Effect: Allow, Action: "s3:*", Resource: "*"}}]}}
    policy_arns: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"]
  onward: {{role: "arn:aws:iam::999999999999:role/path/x", via: rich, mfa: true}}
"""
ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ann"}}
    ],
}
PART = "version: 1\nusers: {more: {}}\n"


class Work:
    """A folder with a file, its includes and documents, and a cache beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path / "work"
        self.cache = Cache.from_environ({"HOME": str(path / "home")}, print)
        self.write("roles.yaml", FILE)
        self.write("trust.json", json.dumps(TRUST))
        self.write("documents/session.json", json.dumps({"Statement": [ALLOW]}))
        self.write("parts/a.yaml", PART)
        self.write("deep/x.yaml", "version: 1\nusers: {deep: {}}\n")

    def write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def catalog(
        self, *files: str, here: str = ".", variables: dict[str, str] | None = None, cached: bool = True, **how: Any
    ) -> Catalog:
        environ = how.pop("environ", {})
        cache = self.cache if cached else Cache(None, print)
        with patch.dict(os.environ, environ), contextlib.chdir(self.path / here):
            return read_catalog(files, variables or {}, cache, environ=environ, **how)

    def holds(self, *files: str, here: str = ".", variables: dict[str, str] | None = None, **how: Any) -> bool:
        """Whether an index for these arguments, given in the folder `here`, is there and believed."""
        with contextlib.chdir(self.path / here):
            name = alias_index.index_key_of(
                files, variables or {}, how.get("account"), how.get("partition", "aws"), how.get("environ", {})
            )
            return alias_index.read_index(self.cache, name) is not None


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


@pytest.mark.parametrize("text", [FILE, FILE.replace(OWN, "")], ids=["account", "no account"])
@pytest.mark.parametrize(
    "how",
    [{}, {"account": "210987654321"}, {"account": "210987654321", "partition": "aws-cn"}, {"partition": "aws-us-gov"}],
    ids=str,
)
def test_what_the_index_says_is_what_the_file_says(work: Work, text: str, how: dict[str, str]) -> None:
    if how.get("partition") == "aws-cn" and OWN in text:
        how = {"partition": "aws-cn"}
    work.write("roles.yaml", text)
    work.write("trust.json", json.dumps(TRUST).replace("arn:aws:", f"arn:{how.get('partition', 'aws')}:"))
    try:
        read = work.catalog("roles.yaml", cached=False, **how)
    except ReconcileError as failed:  # an account that is not the file's
        with pytest.raises(ReconcileError) as again:
            work.catalog("roles.yaml", **how)
        assert again.value.problems == failed.problems and not work.holds("roles.yaml", **how)
        return
    assert not work.holds("roles.yaml", **how)
    made, indexed = work.catalog("roles.yaml", **how), work.catalog("roles.yaml", **how)
    assert work.holds("roles.yaml", **how)
    assert read == made == indexed
    assert list(read.aliases["rich"].session_tags.items()) == list(indexed.aliases["rich"].session_tags.items())
    assert indexed.aliases["s3"].place == Place("roles.yaml", text[: text.index("  s3:")].count("\n") + 1, 3)
    assert {name: trust.text for name, trust in read.trust_policies.items()} == {
        name: trust.text for name, trust in indexed.trust_policies.items()
    }
    assert set(indexed.trust_policies) == {"s3", "rich"} and indexed.max_durations == {"s3": 14400, "rich": 3600}


def _remove(name: str) -> Callable[[Work], None]:
    return lambda work: (work.path / name).unlink()


def _write(name: str, text: str) -> Callable[[Work], None]:
    return lambda work: work.write(name, text)


CHANGES: dict[str, Callable[[Work], None]] = {
    "the file": _write("roles.yaml", FILE + "# more\n"),
    "an include": _write("parts/a.yaml", PART.replace("more", "less")),
    "a glob gains a file": _write("parts/b.yaml", "version: 1\nusers: {b: {}}\n"),
    "a glob loses a file": _remove("parts/a.yaml"),
    "a deep glob gains a file": _write("deep/x/y/c.yaml", "version: 1\nusers: {c: {}}\n"),
    "the session policy": _write("documents/session.json", json.dumps({"Statement": [{**ALLOW, "Action": "ec2:*"}]})),
    "the session policy goes": _remove("documents/session.json"),
    "the trust policy": _write("trust.json", json.dumps(TRUST).replace("user/ann", "root")),
    "the trust policy goes": _remove("trust.json"),
    "the file goes": _remove("roles.yaml"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_the_index_does_not_hold(work: Work, change: Callable[[Work], None]) -> None:
    work.catalog("roles.yaml")
    assert work.holds("roles.yaml")
    change(work)
    assert not work.holds("roles.yaml")
    with contextlib.suppress(ReconcileError):
        assert work.catalog("roles.yaml") == work.catalog("roles.yaml", cached=False)


@pytest.mark.parametrize(
    "change", [_write("other.yaml", FILE), _write("other.json", "{}"), _write("parts/x.txt", ""), lambda work: None]
)
def test_what_is_not_looked_at_changes_nothing(work: Work, change: Callable[[Work], None]) -> None:
    work.catalog("roles.yaml")
    change(work)
    os.utime(work.path / "roles.yaml", (1, 1))
    assert work.holds("roles.yaml")


def test_a_change_and_back_again_holds(work: Work) -> None:
    work.catalog("roles.yaml")
    work.write("roles.yaml", FILE + "# more\n")
    work.write("roles.yaml", FILE)
    assert work.holds("roles.yaml")


PLAIN = "version: 1\nowner: test\nusers: {u: {}}\nroles: {r: {trust: [{users: [u]}]}}\naliases: {%s: {role: r}}\n"


@pytest.mark.parametrize("gains", ["b.yaml", "b.yml"])
def test_a_folder_holds_until_it_gains_or_loses_a_file(work: Work, gains: str) -> None:
    work.write("all/a.yaml", PLAIN % "a")
    work.catalog("all")
    assert work.holds("all")
    work.write("all/note.txt", "")
    assert work.holds("all")
    work.write(f"all/{gains}", "version: 1\nusers: {b: {}}\n")
    assert not work.holds("all")
    work.catalog("all")
    assert work.holds("all")
    (work.path / "all" / gains).unlink()
    assert not work.holds("all")


def test_a_nearer_file_takes_the_place_of_one_above(work: Work) -> None:
    work.write("below/here/x", "")
    work.write("roles.yaml", PLAIN % "above")
    assert set(work.catalog(here="below/here").aliases) == {"above"}
    assert work.holds(here="below/here") and not work.holds(here="below") and not work.holds()
    work.write("below/roles.yaml", PLAIN % "nearer")
    assert not work.holds(here="below/here")
    assert set(work.catalog(here="below/here").aliases) == {"nearer"}


def test_the_same_words_mean_other_files_in_another_folder(work: Work) -> None:
    work.write("other/roles.yaml", PLAIN % "other")
    work.write("roles.yaml", PLAIN % "here")
    assert set(work.catalog("roles.yaml").aliases) == {"here"}
    assert set(work.catalog("roles.yaml", here="other").aliases) == {"other"}


def test_the_file_of_the_environment_is_another_one(work: Work) -> None:
    work.write("roles.yaml", PLAIN % "here")
    work.write("other.yaml", PLAIN % "other")
    work.write("third.yaml", PLAIN % "third")
    assert set(work.catalog().aliases) == {"here"}
    for name in ("other", "third"):
        environ = {"RECONCILE_FILE": f"{name}.yaml"}
        assert not work.holds(environ=environ)
        assert set(work.catalog(environ=environ).aliases) == {name}
    assert set(work.catalog("roles.yaml", environ={"RECONCILE_FILE": "other.yaml"}).aliases) == {"here"}


def test_a_variable_decides_and_so_does_what_it_names(work: Work) -> None:
    extra = "version: 1\naliases: {extra: {role: plain}}\n"
    work.write("others/o.yaml", extra)
    work.catalog("roles.yaml")
    other = {"which": "others"}
    assert not work.holds("roles.yaml", variables=other)
    assert "extra" in work.catalog("roles.yaml", variables=other).aliases
    assert "extra" not in work.catalog("roles.yaml").aliases
    assert work.holds("roles.yaml", variables=other)
    work.write("others/o.yaml", extra.replace("extra", "another"))
    assert not work.holds("roles.yaml", variables=other) and work.holds("roles.yaml")


@pytest.mark.parametrize(("name", "value"), [("__version__", "0.0.0"), ("FORMAT", alias_index.FORMAT + 1)])
def test_another_version_of_ours_reads_the_file_again(
    work: Work, name: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.catalog("roles.yaml")
    assert work.holds("roles.yaml")
    monkeypatch.setattr(alias_index, name, value)
    assert not work.holds("roles.yaml")


def test_an_invalid_file_is_not_indexed(work: Work) -> None:
    work.write("roles.yaml", FILE.replace("role: reader", "role: none"))
    for _ in range(2):
        with pytest.raises(ReconcileError):
            work.catalog("roles.yaml")
    assert not work.holds("roles.yaml")


@pytest.mark.parametrize("looked", [None, [], {}, {"files": []}, {"files": {}, "absent": 3, "patterns": {}}])
def test_an_index_that_does_not_say_what_was_looked_at_does_not_hold(work: Work, looked: Any) -> None:
    work.cache.put(INDEXES, "x", {"looked": looked, "aliases": {}})
    assert alias_index.read_index(work.cache, "x") is None


def test_a_file_that_was_written_while_it_was_read_is_not_indexed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read may be another content than the one whose digest would be kept."""
    monkeypatch.setattr(alias_index, "CLOCK_TICK", 0.02)
    file, before = tmp_path / "roles.yaml", time.time() - 1
    file.write_text("version: 1\n")
    assert alias_index.build_manifest([str(file)], [], [], before) is None
    assert alias_index.build_manifest([str(file)], [], [], time.time() + 1) is not None
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\n")
    os.utime(other, (0, 0))
    other.replace(file)
    assert alias_index.build_manifest([str(file)], [], [], before) is None


GUARDING = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:MultiFactorAuthAge": "true"}}}


def test_a_document_of_a_policy_decides_who_needs_mfa_and_not_whether_the_aliases_are_known(work: Work) -> None:
    work.write("roles.yaml", FILE.replace("{ann: {}}", "{ann: {inline_policies: {own: documents/own.json}}}"))
    work.write("documents/own.json", json.dumps({"Statement": [ALLOW]}))
    asked = Caller("arn:aws:iam::123456789012:user/ann", "123456789012")

    def find_demand() -> bool | None:
        found = work.catalog("roles.yaml")
        return found.find_demand([found.aliases["s3"]], asked).required

    assert find_demand() is False
    work.write("documents/own.json", json.dumps({"Statement": [GUARDING]}))
    assert work.holds("roles.yaml")
    assert find_demand() is True and find_demand() is True

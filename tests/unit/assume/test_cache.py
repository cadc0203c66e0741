"""Entries that a run keeps for later ones: found again as it was, never believed when in doubt, never in the way."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from reconciler.assume import cache as room
from reconciler.assume import cache_lookup
from reconciler.assume.cache import (
    CREDENTIALS,
    MFA_SESSIONS,
    REFRESH_MARGIN,
    Cache,
    count_seconds_left,
    is_fresh,
    key_of,
)
from reconciler.files import user_dirs

POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and owners of POSIX")
ENTRY: dict[str, object] = {"keys": ["A", "s", "t", ""], "expires": 4e9}


class CacheFolder:
    """A cache in a home folder, and what it said."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / ".cache" / "reconcile"
        self.said: list[str] = []

    def cache(self) -> Cache:
        return Cache.from_environ({"HOME": str(self.home)}, self.said.append)

    @property
    def entry(self) -> Path:
        return self.folder / CREDENTIALS / f"{key_of('k')}.json"

    def fill_cache(self) -> Cache:
        self.cache().put(CREDENTIALS, key_of("k"), ENTRY)
        return self.cache()

    def find_entry(self, cache: Cache | None = None) -> object:
        return (cache or self.cache()).get(CREDENTIALS, key_of("k"))


@pytest.fixture
def cache_folder(tmp_path: Path) -> CacheFolder:
    return CacheFolder(tmp_path)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_entry_is_found_as_it_was_put_by_this_run_and_the_next(cache_folder: CacheFolder) -> None:
    cache = cache_folder.cache()
    assert cache_folder.find_entry(cache) is None and not cache_folder.folder.exists()
    cache.put(CREDENTIALS, key_of("k"), ENTRY)
    assert cache_folder.find_entry(cache) == cache_folder.find_entry() == ENTRY
    assert cache_folder.cache().get(MFA_SESSIONS, key_of("k")) is None
    assert cache_folder.cache().get(CREDENTIALS, key_of("other")) is None
    cache.put(CREDENTIALS, key_of("k"), {"now": 1})
    assert cache_folder.find_entry() == {"now": 1} and cache_folder.said == []


@POSIX
@pytest.mark.usefixtures("umask")
def test_entries_and_locks_are_for_the_user_alone_whatever_the_umask(cache_folder: CacheFolder) -> None:
    cache = cache_folder.fill_cache()
    with cache.lock_entry(CREDENTIALS, "k"):
        pass
    found = [cache_folder.folder, *cache_folder.folder.rglob("*")]
    assert {mode(path) for path in found if path.is_dir()} == {0o700}
    assert {mode(path) for path in found if path.is_file()} == {0o600}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"keys": ["A", "s"',
        b"[]",
        b"null",
        b'"text"',
        b"3",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 99999,
    ],
)
def test_what_is_no_entry_is_a_miss_and_is_replaced(cache_folder: CacheFolder, content: bytes) -> None:
    cache = cache_folder.fill_cache()
    cache_folder.entry.write_bytes(content)
    assert cache_folder.find_entry(cache) is None
    cache.put(CREDENTIALS, key_of("k"), ENTRY)
    assert cache_folder.find_entry() == ENTRY and cache_folder.said == []


def test_a_folder_in_the_place_of_an_entry_is_a_miss(cache_folder: CacheFolder) -> None:
    cache_folder.fill_cache()
    cache_folder.entry.unlink()
    cache_folder.entry.mkdir()
    assert cache_folder.find_entry() is None


@pytest.mark.parametrize(
    "entry",
    [{}, {"keys": None}, {"keys": ["A", "s", "t"]}, {"keys": ["A", "s", "t", 3]}, {"keys": "Asts"}, {"keys": {}}],
)
def test_an_entry_that_holds_no_credentials_is_a_miss(cache_folder: CacheFolder, entry: dict[str, object]) -> None:
    cache_folder.cache().put(CREDENTIALS, key_of("k"), entry | {"expires": 4e9})
    assert cache_lookup.find_credentials(cache_folder.cache(), key_of("k")) is None


@POSIX
@pytest.mark.parametrize("open_to", [0o755, 0o710, 0o702, 0o704])
def test_a_folder_that_is_open_to_others_is_not_believed_and_closed_at_the_next_entry(
    cache_folder: CacheFolder, open_to: int
) -> None:
    cache_folder.fill_cache()
    cache_folder.folder.chmod(open_to)
    cache = cache_folder.cache()
    assert cache_folder.find_entry(cache) is None
    assert cache.is_usable and mode(cache_folder.folder) == 0o700 and cache_folder.said == []


@POSIX
@pytest.mark.parametrize("what", ["owner", "mode"])
def test_an_entry_that_others_put_there_is_never_believed(
    cache_folder: CacheFolder, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = cache_folder.fill_cache()
    if what == "mode":
        cache_folder.entry.chmod(0o644)
    else:
        mine = os.stat
        theirs = os.getuid() + 1

        def forge_status(path: Any, **how: Any) -> Any:
            seen = list(mine(path, **how))
            seen[4] = theirs if isinstance(path, int) else seen[4]
            return os.stat_result(seen)

        monkeypatch.setattr(user_dirs.os, "stat", forge_status)
    assert cache_folder.find_entry(cache) is None


@POSIX
def test_a_folder_of_somebody_else_is_neither_believed_nor_written(
    cache_folder: CacheFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_folder.fill_cache()
    monkeypatch.setattr(user_dirs.os, "geteuid", lambda: cache_folder.folder.stat().st_uid + 1)
    cache = cache_folder.cache()
    assert cache_folder.find_entry(cache) is None
    cache.put(CREDENTIALS, key_of("new"), ENTRY)
    assert (
        len(cache_folder.said) == 1
        and "nothing is cached" in cache_folder.said[0]
        and str(cache_folder.folder) in cache_folder.said[0]
    )
    monkeypatch.undo()
    assert cache_folder.cache().get(CREDENTIALS, key_of("new")) is None


@pytest.mark.parametrize("home", ["file", "below", "read-only", "none", "locks", "kind"])
def test_if_nothing_can_be_kept_one_line_says_so_and_the_run_goes_on(
    cache_folder: CacheFolder, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"HOME": str(cache_folder.home)}
    if home == "file":
        (cache_folder.home / "file").write_text("")
        environ = {"HOME": str(cache_folder.home / "file")}
    elif home == "below":
        (cache_folder.home / ".cache").write_text("")
    elif home == "read-only":
        cache_folder.fill_cache()
        monkeypatch.setattr(room.os, "access", lambda path, how: False)  # root may write anywhere
    elif home == "none":
        environ = {}
    else:
        cache_folder.folder.mkdir(parents=True)
        cache_folder.folder.joinpath("locks" if home == "locks" else CREDENTIALS).write_text("")
    cache = Cache.from_environ(environ, cache_folder.said.append)
    done = 0
    for _ in range(3):
        with cache.lock_entry(CREDENTIALS, "k", "waiting"):
            cache.put(CREDENTIALS, key_of("new"), ENTRY)
            done += 1
    assert done == 3 and not cache.is_usable
    assert cache.get(CREDENTIALS, key_of("new")) is None
    assert len(cache_folder.said) == 1 and cache_folder.said[0].startswith("nothing is cached: ")


def test_what_is_asked_not_to_be_kept_is_not_talked_about(cache_folder: CacheFolder) -> None:
    cache = Cache(None, cache_folder.said.append)
    cache.put(CREDENTIALS, "k", ENTRY)
    with cache.lock_entry(CREDENTIALS, "k", "waiting"):
        pass
    assert (cache.is_usable, cache.get(CREDENTIALS, "k"), cache.clear(CREDENTIALS), cache_folder.said) == (
        False,
        None,
        0,
        [],
    )


@POSIX
def test_an_error_inside_the_lock_is_not_taken_for_one_of_the_cache(cache_folder: CacheFolder) -> None:
    cache = cache_folder.cache()
    with pytest.raises(ConnectionError), cache.lock_entry(CREDENTIALS, "k"):
        raise ConnectionError(111, "refused")
    assert cache_folder.said == [] and cache.is_usable


CALL = {
    "RoleArn": "arn:aws:iam::1:role/a",
    "RoleSessionName": "me",
    "DurationSeconds": 3600,
    "ExternalId": "e",
    "SourceIdentity": "i",
    "Tags": [{"Key": "k", "Value": "v"}],
    "TransitiveTagKeys": ["k"],
    "Policy": "{}",
    "PolicyArns": [{"arn": "p"}],
}
OTHER = {
    "RoleArn": "arn:aws:iam::1:role/b",
    "RoleSessionName": "you",
    "DurationSeconds": 3601,
    "ExternalId": "f",
    "SourceIdentity": "j",
    "Tags": [{"Key": "k", "Value": "w"}],
    "TransitiveTagKeys": [],
    "Policy": "{ }",
    "PolicyArns": [{"arn": "q"}],
}


def test_every_argument_and_every_hop_makes_another_key() -> None:
    calls = [CALL, *({**CALL, key: value} for key, value in OTHER.items())]
    calls += [{key: value for key, value in CALL.items() if key != left} for left in CALL]
    keys = [cache_lookup.credentials_key_of("key:A", "", [call]) for call in calls]
    keys += [
        cache_lookup.credentials_key_of("key:B", "", [CALL]),
        cache_lookup.credentials_key_of("key:A", "http://e", [CALL]),
    ]
    keys += [cache_lookup.credentials_key_of("key:A", "", [CALL, call]) for call in calls]
    keys += [cache_lookup.credentials_key_of("key:A", "", [call, CALL]) for call in calls[1:]]
    assert all(one != other for one, other in combinations(keys, 2))


def test_parts_do_not_run_together_and_their_order_in_an_object_does_not_matter() -> None:
    assert key_of("ab", "c") != key_of("a", "bc") != key_of("a", "b", "c")
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})


def test_no_file_name_tells_anything(cache_folder: CacheFolder) -> None:
    cache = cache_folder.cache()
    key = cache_lookup.credentials_key_of("key:AKIASECRET", "http://endpoint", [CALL])
    with cache.lock_entry(CREDENTIALS, key):
        cache.put(CREDENTIALS, key, ENTRY)
    names = {path.name for path in cache_folder.folder.rglob("*") if path.is_file()}
    assert names == {f"{key}.json", f"{CREDENTIALS}-{key}"}
    assert len(key) == 64 and set(key) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("left", "expected"), [(REFRESH_MARGIN + 1, True), (REFRESH_MARGIN, True), (REFRESH_MARGIN - 1, False), (-1, False)]
)
def test_credentials_have_15_minutes_left_or_are_a_miss(
    cache_folder: CacheFolder, left: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert REFRESH_MARGIN == 900
    entry = ENTRY | {"expires": now + left}
    cache_folder.cache().put(CREDENTIALS, "k", entry)
    assert is_fresh(entry) is expected
    assert bool(cache_lookup.find_credentials(cache_folder.cache(), "k")) is expected


@pytest.mark.parametrize("entry", [None, {}, {"expires": "soon"}, {"expires": None}, {"expires": [9e9]}])
def test_credentials_whose_end_is_not_known_are_over(entry: Any) -> None:
    assert count_seconds_left(entry) == 0 and not is_fresh(entry)


def test_a_reader_sees_the_old_entry_or_the_new_one(cache_folder: CacheFolder) -> None:
    cache, done = cache_folder.fill_cache(), threading.Event()
    sizes = [{"n": size, "text": "x" * size} for size in (10, 100_000)]
    cache.put(CREDENTIALS, key_of("k"), sizes[0])

    def write() -> None:
        for turn in range(60):
            cache.put(CREDENTIALS, key_of("k"), sizes[turn % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    while not done.is_set():
        seen.append(cache_folder.find_entry())
    writer.join()
    assert seen and all(entry in sizes for entry in seen)
    assert [path.name for path in cache_folder.entry.parent.iterdir()] == [cache_folder.entry.name]


def test_forgetting_takes_all_of_a_kind_or_those_that_are_meant(cache_folder: CacheFolder) -> None:
    cache = cache_folder.cache()
    for key, alias in (("1", "a"), ("2", "a"), ("3", "b")):
        cache.put(CREDENTIALS, key, {"alias": alias})
    cache.put(MFA_SESSIONS, "1", {"alias": "a"})
    (cache_folder.folder / CREDENTIALS / "4.json").write_text("{")
    assert cache.clear(CREDENTIALS, lambda entry: entry.get("alias") == "a") == 2
    assert cache.get(CREDENTIALS, "3") == {"alias": "b"}
    (cache_folder.folder / CREDENTIALS / ".5.json.123-abc").write_text(
        json.dumps(ENTRY)
    )  # left by a run that was killed
    assert cache.clear(CREDENTIALS) == 2
    assert list((cache_folder.folder / CREDENTIALS).iterdir()) == []
    assert cache.get(MFA_SESSIONS, "1") is not None and cache.clear("none") == 0


def test_what_another_run_forgot_meanwhile_is_forgotten(cache_folder: CacheFolder) -> None:
    cache = cache_folder.fill_cache()

    def which(entry: object) -> bool:
        cache_folder.entry.unlink()
        return True

    assert cache.clear(CREDENTIALS, which) == 0

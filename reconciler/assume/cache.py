"""The user's cache: role credentials, MFA sessions, the owners of keys, and indexes of aliases.

Each entry is one JSON file of mode 0600 in a folder of mode 0700, and is replaced as a whole. An entry that cannot be
read or trusted is a miss, never an error. Standard library only, and little of it: every warm `assume` imports this
module.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from reconciler.files.user_dirs import ensure_private_folder, find_cache_folder, is_private_file, is_private_folder

REFRESH_MARGIN = 900
"""Seconds that cached credentials must still last to be handed out: with less, AWS SDKs refresh at once."""

CREDENTIALS, MFA_SESSIONS, IDENTITIES, INDEXES, CODES = "credentials", "mfa-sessions", "identities", "indexes", "codes"
DEMANDS = "demands"

Entry = dict[str, object]
Notice = Callable[[str], None]


def key_of(*parts: object) -> str:
    """Return the name of an entry: a digest of every part (JSON values), so that no part shows in a file name."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Cache:
    """The cache in one folder. Without a folder, nothing is kept and nothing is found.

    missing_notice: shown once if something is to be kept and there is no folder. notice: gets each line for the user.
    """

    def __init__(self, folder: str | None, notice: Notice, missing_notice: str = "") -> None:
        self._folder = folder
        self._notice = notice
        self._missing_notice = missing_notice
        self._is_trusted = folder is not None and is_private_folder(folder)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], notice: Notice) -> Cache:
        """Return the user's cache. `notice` gets one line if nothing can be kept."""
        return cls(find_cache_folder(environ), notice, "nothing is cached: this user has no home folder.")

    @property
    def is_usable(self) -> bool:
        """Return whether entries can be written. Tell the user once if they cannot."""
        if self._folder is None:
            if self._missing_notice:
                self._notice(self._missing_notice)
                self._missing_notice = ""
            return False
        try:
            ensure_private_folder(self._folder)
            self._is_trusted = is_private_folder(self._folder)
            if not (self._is_trusted and os.access(self._folder, os.W_OK)):
                raise PermissionError(0, "It must be writable, and yours alone")
        except OSError as error:
            self._disable(error)
        return self._folder is not None

    def get(self, kind: str, key: str) -> Entry | None:
        """Return an entry as it was put; None if there is none that can be read."""
        if not self._is_trusted:
            return None
        try:
            with open(self._path_of(kind, key), encoding="utf-8") as file:
                if not is_private_file(file.fileno()):  # another user wrote it while the folder was open to others
                    return None
                entry = json.load(file)
        except (OSError, ValueError, RecursionError):
            return None
        return entry if isinstance(entry, dict) else None

    def put(self, kind: str, key: str, entry: Mapping[str, object]) -> None:
        """Write an entry. If that fails, tell the user once and go on."""
        if not self.is_usable:
            return
        from pathlib import Path

        from reconciler.files.atomic import PRIVATE_FILE, replace_file

        try:
            ensure_private_folder(os.path.join(str(self._folder), kind))
            replace_file(Path(self._path_of(kind, key)), json.dumps(entry).encode(), PRIVATE_FILE)
        except OSError as error:
            self._disable(error)

    def clear(self, kind: str, matches: Callable[[Entry], bool] | None = None) -> int:
        """Delete the entries of a kind, all or those that match, and return their number.

        Raises OSError if an entry cannot be deleted.
        """
        folder, deleted = os.path.join(self._folder or "", kind), 0
        if self._folder is None or not os.path.isdir(folder):
            return 0
        for name in os.listdir(folder):
            entry = self.get(kind, name.removesuffix(".json")) or {}
            if matches is None or matches(entry):
                with suppress(FileNotFoundError):  # another run deletes it, too
                    os.unlink(os.path.join(folder, name))
                    deleted += name.endswith(".json")
        return deleted

    @contextmanager
    def lock_entry(self, kind: str, key: str, wait_notice: str = "") -> Iterator[None]:
        """Hold the lock of an entry; other processes wait and show `wait_notice`. Lock nothing without a cache."""
        if not self.is_usable:
            yield
            return
        from contextlib import ExitStack
        from pathlib import Path

        from reconciler.files.atomic import hold_lock

        with ExitStack() as stack:
            try:
                folder = ensure_private_folder(os.path.join(str(self._folder), "locks"))
                lock = hold_lock(
                    Path(folder, f"{kind}-{key}"), lambda: self._notice(wait_notice) if wait_notice else None
                )
                stack.enter_context(lock)
            except OSError as error:
                self._disable(error)
            yield

    def _path_of(self, kind: str, key: str) -> str:
        return os.path.join(self._folder or "", kind, f"{key}.json")

    def _disable(self, error: OSError) -> None:
        self._notice(f"nothing is cached: {self._folder} cannot be used ({(error.strerror or 'error').lower()}).")
        self._folder, self._is_trusted, self._missing_notice = None, False, ""


def count_seconds_left(entry: Entry | None, now: float | None = None) -> float:
    """Return the seconds that the credentials of an entry still last; 0 if there are none."""
    ends = entry.get("expires") if entry else None
    return max(0.0, ends - (time.time() if now is None else now)) if isinstance(ends, int | float) else 0.0


def is_fresh(entry: Entry | None) -> bool:
    """Return whether the credentials of an entry last long enough to be handed out."""
    return count_seconds_left(entry) >= REFRESH_MARGIN

"""The lock that lets one apply per account run at a time on this machine.

It also tells whether another apply wrote between a plan and its turn. IAM itself has no locks, so an apply of another
machine is found by its effects: see `app/apply.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from reconciler.files.atomic import hold_lock
from reconciler.files.user_dirs import ensure_private_folder, find_state_folder
from reconciler.model.problem import ReconcileError, make_error

_FOLDER = "turns"
_WRITING = "writing"


@contextmanager
def hold_apply_lock(
    environ: Mapping[str, str], account: str, planned_at: datetime, on_wait: Callable[[], None]
) -> Iterator[bool]:
    """Hold the lock of the account; yield whether another apply of this machine may have written since `planned_at`.

    planned_at: when the reads of the plan began. on_wait: called once if another apply holds the lock.
    Raises ReconcileError if the lock's files cannot be written. Without a home folder there is no lock.
    """
    base = find_state_folder(environ)
    if base is None:
        yield False
        return
    with ExitStack() as stack:
        try:
            ensure_private_folder(base)
            folder = Path(ensure_private_folder(str(Path(base, _FOLDER))))
            stack.enter_context(hold_lock(folder / f"{account}.lock", on_wait))
            last = folder / f"{account}.last"
            is_outdated = _has_written_since(last, planned_at)
            last.write_text(_WRITING)
        except OSError as error:
            raise _make_lock_error(account, base, error) from None
        yield is_outdated
        with suppress(OSError):  # the next apply then treats this one as killed, and reads again
            last.write_text(datetime.now(UTC).isoformat())


def _has_written_since(last: Path, planned_at: datetime) -> bool:
    """Return whether the last apply ended after `planned_at`, or was killed, so that its end is not known.

    The time is in the file's content, because a file server sets timestamps by its own clock.
    """
    if not last.exists():
        return False
    try:
        return datetime.fromisoformat(last.read_text()) >= planned_at
    except ValueError:
        return True


def _make_lock_error(account: str, base: str, error: OSError) -> ReconcileError:
    return make_error(
        "cannot-write",
        f"Cannot write the lock of account {account} in {base}: {error.strerror or type(error).__name__}.",
        "It lets one apply at a time run on this machine. Nothing was written to AWS.",
        "Set XDG_STATE_HOME to a folder that you can write to.",
    )

"""One apply at a time per account on this machine, and whether another wrote between a plan and its turn.

IAM has nothing to lock by. So applies of other machines are noticed by what they leave: see `app/apply.py`.
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
    """Hold the account's turn for the block; True where another apply of this machine may have written meanwhile.

    planned_at: when the reading began that the plan is made from. `on_wait` is called once where another holds the
    turn. Raises Failed where the files of the turn cannot be written. Without a home folder there is nothing that
    two applies could share.
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
            since = _has_written_since(last, planned_at)
            last.write_text(_WRITING)
        except OSError as error:
            raise _make_lock_error(account, base, error) from None
        yield since
        with suppress(OSError):  # then the next one takes it for one that was killed, and reads again
            last.write_text(datetime.now(UTC).isoformat())


def _has_written_since(last: Path, planned_at: datetime) -> bool:
    """True, too, where the one before was killed while it wrote: nobody knows when.

    The time is in the file: what a file server stamps it with is by another clock.
    """
    if not last.exists():
        return False
    try:
        return datetime.fromisoformat(last.read_text()) >= planned_at
    except ValueError:
        return True


def _make_lock_error(account: str, base: str, error: OSError) -> ReconcileError:
    why = f"Applies to account {account} take turns by a file in {base}, which cannot be written: "
    hint = "Set XDG_STATE_HOME to a folder that can be written. Nothing was written to AWS."
    return make_error("cannot-write", f"{why}{error.strerror or type(error).__name__}.", hint=hint)

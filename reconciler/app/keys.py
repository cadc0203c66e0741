"""The use cases `keys issue` and `keys rotate`: an access key from IAM straight into the credentials file.

The order of steps is chosen so that at every moment the profile holds a key that works, and that no key is made
whose secret gets lost: the file is written once before a key is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.app import key_checks
from reconciler.app.desired import read
from reconciler.app.key_checks import Place, Wanted
from reconciler.assume import aws_files, key_file
from reconciler.aws import keys
from reconciler.aws.keys import KeyPair
from reconciler.aws.session import Connection, check_account, connect
from reconciler.model.live import AccessKey
from reconciler.model.node import Map
from reconciler.model.problem import Failed, Level, Problem, failure

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`done`: what was done, a sentence each."""

    done: tuple[str, ...]
    findings: tuple[Problem, ...] = ()


def issue(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Outcome:
    """A first key of a user, in a profile of its own. Raises Failed."""
    key_checks.check_name(wanted.target)
    connection, most = _connected(wanted, environ)
    place = Place(aws_files.credentials_file(environ), wanted.target)
    with aws_files.alone(place.path, environ, say):
        text = aws_files.read(place.path)
        known = keys.access_keys(connection, wanted.user)
        key_checks.check_free(wanted, place, text, known, environ)
        key_checks.check_quota(wanted.user, known, most)
        aws_files.check_writable(place.path)
        with _stored(connection, wanted.user, known, place, say) as pair:
            text = aws_files.read(place.path)  # programs that know nothing of our lock write to it, too
            key_checks.check_free(wanted, place, text, known, environ)
            aws_files.write(place.path, key_file.with_new_profile(text, place.name, pair.id, pair.secret))
    say(f"Waiting until AWS knows the access key {pair.id}.")
    try:
        keys.verify(connection, pair, wanted.user)
    except Failed as failed:
        later = failure(
            "key-unverified",
            f"The access key {pair.id} is in {place}, but does not work yet.",
            hint=f"Try: `aws sts get-caller-identity --profile {place.name}`",
        )
        raise Failed([*failed.problems, *later.problems]) from None
    findings = [*key_checks.readable(place.path), *(key_checks.other_key(wanted.user, key) for key in known)]
    return Outcome((f"The access key {pair.id} of {wanted.user} is in {place}, and works.",), tuple(findings))


def rotate(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Outcome:
    """A new key in the place of the profile's, which is deactivated, not deleted. Raises Failed.

    One that was interrupted after the new key was written goes on where it was.
    """
    connection, _ = _connected(wanted, environ)
    place = Place(aws_files.credentials_file(environ), wanted.target)
    with aws_files.alone(place.path, environ, say):
        text = aws_files.read(place.path)
        known = keys.access_keys(connection, wanted.user)
        held, current = key_checks.held(wanted, place, text, known)
        other = next((key for key in known if key.id != current.id), None)
        if other is None:
            pair, old = _exchanged(connection, wanted, place, current, say), current
        else:
            pair, old = key_checks.going_on(wanted, place, held, current, other), other
            keys.verify(connection, pair, wanted.user)
    if old.active:
        _deactivated(connection, wanted.user, old, pair, place)
    return Outcome(
        (
            f"The access key {pair.id} of {wanted.user} is in {place}, and works.",
            f"The access key {old.id} is inactive. When nothing misses it: `{wanted.rotating} --finish`.",
        ),
        tuple(key_checks.readable(place.path)),
    )


def finish(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Outcome:
    """Deletes the inactive key that a rotation left behind. Raises Failed."""
    connection, _ = _connected(wanted, environ)
    place = Place(aws_files.credentials_file(environ), wanted.target)
    with aws_files.alone(place.path, environ, say):
        text = aws_files.read(place.path)
        known = keys.access_keys(connection, wanted.user)
        held, current = key_checks.held(wanted, place, text, known)
        old = next((key for key in known if key.id != current.id), None)
        if old is not None:
            key_checks.check_old(wanted, place, held, current, old)
            keys.verify(connection, key_checks.pair(held), wanted.user)
            keys.delete(connection, wanted.user, old.id)
        text = aws_files.read(place.path)
        if held.replaced and key_file.held(text, place.name) is not None:
            aws_files.write(place.path, key_file.without_note(text, place.name))
    if old is None:
        return Outcome((f"Nothing to finish: {current.id} is the only access key of {wanted.user}.",))
    return Outcome((f"The access key {old.id} of {wanted.user} is deleted; {place} holds {current.id}.",))


def _connected(wanted: Wanted, environ: Mapping[str, str]) -> tuple[Connection, int | None]:
    """The caller, in the account of the file where there is one; and the file's `access_keys: max_count`."""
    account, most = _of_file(wanted, environ)
    connection = connect(wanted.profile, wanted.region, wanted.endpoint_url)
    check_account(connection, account)
    return connection, most


def _of_file(wanted: Wanted, environ: Mapping[str, str]) -> tuple[str | None, int | None]:
    try:
        loaded = read(wanted.files, wanted.variables or {})
    except Failed:
        if wanted.files or environ.get("RECONCILE_FILE"):
            raise
        return None, None
    errors = [problem for problem in loaded.problems if problem.level is Level.ERROR]
    if errors or loaded.root is None:
        raise Failed(errors)
    account = loaded.root.get("account")
    node: Map = loaded.root
    for key in ("users", wanted.user, "access_keys"):
        node = node.child(key)
    most = node.get("max_count")
    return (account if isinstance(account, str) else None), (most if isinstance(most, int) else None)


@contextmanager
def _stored(connection: Connection, user: str, known: Sequence[AccessKey], place: Place, say: Say) -> Iterator[KeyPair]:
    """A new key, which is deleted again where the block fails to put it into the profile."""
    pair = keys.create(connection, user, [key.id for key in known], say)
    try:
        yield pair
    except BaseException as error:
        said = _undone(connection, user, pair, place)
        if isinstance(error, Failed):
            raise Failed([*error.problems, *failure("key-taken-back", said).problems]) from None
        say(said)
        raise


def _undone(connection: Connection, user: str, pair: KeyPair, place: Place) -> str:
    """Deletes a key that is not in the profile: an interruption may come when it is there already."""
    try:
        written = key_file.held(aws_files.read(place.path), place.name)
        if written is not None and written.key_id == pair.id:
            return f"The new access key {pair.id} is in {place}."
        keys.delete(connection, user, pair.id)
    except Failed:
        return f"The new access key {pair.id} could not be deleted again: {key_checks.remove(user, pair.id)}"
    return f"The new access key {pair.id} was deleted again; nothing has changed."


def _exchanged(connection: Connection, wanted: Wanted, place: Place, current: AccessKey, say: Say) -> KeyPair:
    aws_files.check_writable(place.path)
    with _stored(connection, wanted.user, (current,), place, say) as pair:
        say(f"Waiting until AWS knows the access key {pair.id}.")
        keys.verify(connection, pair, wanted.user)
        text = aws_files.read(place.path)  # a minute may have gone by, in which others wrote to it
        key_checks.check_same(place, text, current)
        aws_files.write(place.path, key_file.with_new_key(text, place.name, pair.id, pair.secret, current.id))
    return pair


def _deactivated(connection: Connection, user: str, old: AccessKey, pair: KeyPair, place: Place) -> None:
    try:
        keys.deactivate(connection, user, old.id, pair)
    except Failed as failed:
        left = failure(
            "key-still-active",
            f"The new access key {pair.id} is in {place}, and works; the old one, {old.id}, is still active.",
            hint="Run the same command again: it goes on from here.",
        )
        raise Failed([*failed.problems, *left.problems]) from None

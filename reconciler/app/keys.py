"""The use cases `keys issue` and `keys rotate`: put an access key from IAM straight into the credentials file.

At every moment the profile holds a key that works. The file is test-written before a key is created, so that no secret
gets lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.app import key_checks
from reconciler.app.desired_files import read_files
from reconciler.app.key_checks import CredentialsProfile, KeysRequest
from reconciler.assume.cache import Notice
from reconciler.aws import access_keys
from reconciler.aws.access_keys import KeyPair
from reconciler.aws.session import Connection, check_account, connect
from reconciler.files import aws_files, credentials_file
from reconciler.model.live import AccessKey
from reconciler.model.node import Map
from reconciler.model.problem import Level, Problem, ReconcileError, make_error


@dataclass(frozen=True, slots=True)
class KeysResult:
    """The result of a command. messages: a sentence for each change. findings: warnings."""

    messages: tuple[str, ...]
    findings: tuple[Problem, ...] = ()


def issue_key(request: KeysRequest, environ: Mapping[str, str], notice: Notice) -> KeysResult:
    """Create a key of a user and put it into a new profile. Raises ReconcileError."""
    key_checks.check_profile_name(request.target_profile)
    connection, max_keys = _connect_to_account(request, environ)
    profile = CredentialsProfile(aws_files.locate_credentials_file(environ), request.target_profile)
    with aws_files.hold_file_lock(profile.path, environ, notice):
        text = aws_files.read_file(profile.path)
        user_keys = access_keys.list_access_keys(connection, request.user)
        key_checks.check_profile_free(request, profile, text, user_keys, environ)
        key_checks.check_quota(request.user, user_keys, max_keys)
        aws_files.check_writable(profile.path)
        with _create_key(connection, request.user, user_keys, profile, notice) as pair:
            text = aws_files.read_file(profile.path)  # programs that ignore our lock may have written to it
            key_checks.check_profile_free(request, profile, text, user_keys, environ)
            aws_files.write_file(profile.path, credentials_file.add_profile(text, profile.name, pair.id, pair.secret))
    notice(f"Waiting until AWS knows the access key {pair.id}.")
    try:
        access_keys.verify_key(connection, pair, request.user)
    except ReconcileError as error:
        unverified = make_error(
            "key-unverified",
            f"The access key {pair.id} is in {profile}, but does not work yet.",
            hint=f"Try it in a minute: `aws sts get-caller-identity --profile {profile.name}`",
        )
        raise ReconcileError([*error.problems, *unverified.problems]) from None
    findings = [
        *key_checks.warn_if_readable(profile.path),
        *(key_checks.warn_of_other_key(request.user, key) for key in user_keys),
    ]
    return KeysResult((f"The access key {pair.id} of {request.user} is in {profile}, and works.",), tuple(findings))


def rotate_key(request: KeysRequest, environ: Mapping[str, str], notice: Notice) -> KeysResult:
    """Replace the key in the profile by a new one, and deactivate the old one. Continue an interrupted rotation.

    Raises ReconcileError.
    """
    connection, _ = _connect_to_account(request, environ)
    profile = CredentialsProfile(aws_files.locate_credentials_file(environ), request.target_profile)
    with aws_files.hold_file_lock(profile.path, environ, notice):
        text = aws_files.read_file(profile.path)
        user_keys = access_keys.list_access_keys(connection, request.user)
        stored_key, current = key_checks.find_held_key(request, profile, text, user_keys)
        other = next((key for key in user_keys if key.id != current.id), None)
        if other is None:
            pair, old = _replace_key(connection, request, profile, current, notice), current
        else:
            pair, old = key_checks.resume_rotation(request, profile, stored_key, current, other), other
            access_keys.verify_key(connection, pair, request.user)
    if old.active:
        _deactivate_key(connection, request.user, old, pair, profile)
    return KeysResult(
        (
            f"The access key {pair.id} of {request.user} is in {profile}, and works.",
            f"The access key {old.id} is inactive. Delete it once nothing misses it: "
            f"`{request.rotate_command} --finish`.",
        ),
        tuple(key_checks.warn_if_readable(profile.path)),
    )


def finish_rotation(request: KeysRequest, environ: Mapping[str, str], notice: Notice) -> KeysResult:
    """Delete the inactive key that a rotation left. Raises ReconcileError."""
    connection, _ = _connect_to_account(request, environ)
    profile = CredentialsProfile(aws_files.locate_credentials_file(environ), request.target_profile)
    with aws_files.hold_file_lock(profile.path, environ, notice):
        text = aws_files.read_file(profile.path)
        user_keys = access_keys.list_access_keys(connection, request.user)
        stored_key, current = key_checks.find_held_key(request, profile, text, user_keys)
        old = next((key for key in user_keys if key.id != current.id), None)
        if old is not None:
            key_checks.check_old_key(request, profile, stored_key, current, old)
            access_keys.verify_key(connection, key_checks.key_pair_of(stored_key), request.user)
            access_keys.delete_key(connection, request.user, old.id)
        text = aws_files.read_file(profile.path)
        if stored_key.replaced_id and credentials_file.find_key(text, profile.name) is not None:
            aws_files.write_file(profile.path, credentials_file.remove_note(text, profile.name))
    if old is None:
        return KeysResult((f"Nothing to finish: {current.id} is the only access key of {request.user}.",))
    return KeysResult((f"The access key {old.id} of {request.user} is deleted; {profile} holds {current.id}.",))


def _connect_to_account(request: KeysRequest, environ: Mapping[str, str]) -> tuple[Connection, int | None]:
    """Connect, check the file's account if there is one, and return the file's `access_keys: max_count`, too."""
    account, max_keys = _read_account_and_limit(request, environ)
    connection = connect(request.profile, request.region, request.endpoint_url)
    check_account(connection, account)
    return connection, max_keys


def _read_account_and_limit(request: KeysRequest, environ: Mapping[str, str]) -> tuple[str | None, int | None]:
    try:
        loaded = read_files(request.files, request.variables or {})
    except ReconcileError:
        if request.files or environ.get("RECONCILE_FILE"):
            raise
        return None, None
    errors = [problem for problem in loaded.problems if problem.level is Level.ERROR]
    if errors or loaded.root is None:
        raise ReconcileError(errors)
    account = loaded.root.get("account")
    node: Map = loaded.root
    for key in ("users", request.user, "access_keys"):
        node = node.get_map(key)
    max_keys = node.get("max_count")
    return (account if isinstance(account, str) else None), (max_keys if isinstance(max_keys, int) else None)


@contextmanager
def _create_key(
    connection: Connection, user: str, user_keys: Sequence[AccessKey], profile: CredentialsProfile, notice: Notice
) -> Iterator[KeyPair]:
    """Create a key for a block that puts it into the profile. Delete the key again if the block fails."""
    pair = access_keys.create_key(connection, user, [key.id for key in user_keys], notice)
    try:
        yield pair
    except BaseException as error:
        outcome = _take_back_key(connection, user, pair, profile)
        if isinstance(error, ReconcileError):
            raise ReconcileError([*error.problems, *make_error("key-taken-back", outcome).problems]) from None
        notice(outcome)
        raise


def _take_back_key(connection: Connection, user: str, pair: KeyPair, profile: CredentialsProfile) -> str:
    """Delete the key unless the profile holds it, as it may after an interruption; return a sentence about it."""
    try:
        written = credentials_file.find_key(aws_files.read_file(profile.path), profile.name)
        if written is not None and written.key_id == pair.id:
            return f"The new access key {pair.id} is in {profile}."
        access_keys.delete_key(connection, user, pair.id)
    except ReconcileError:
        command = key_checks.make_delete_command(user, pair.id)
        return f"The new access key {pair.id} could not be deleted. Delete it: {command}"
    return f"The new access key {pair.id} was deleted again; nothing has changed."


def _replace_key(
    connection: Connection, request: KeysRequest, profile: CredentialsProfile, current: AccessKey, notice: Notice
) -> KeyPair:
    aws_files.check_writable(profile.path)
    with _create_key(connection, request.user, (current,), profile, notice) as pair:
        notice(f"Waiting until AWS knows the access key {pair.id}.")
        access_keys.verify_key(connection, pair, request.user)
        text = aws_files.read_file(profile.path)  # others may have written to it in the meantime
        key_checks.check_same_key(profile, text, current)
        aws_files.write_file(
            profile.path, credentials_file.replace_key(text, profile.name, pair.id, pair.secret, current.id)
        )
    return pair


def _deactivate_key(
    connection: Connection, user: str, old: AccessKey, pair: KeyPair, profile: CredentialsProfile
) -> None:
    try:
        access_keys.deactivate_key(connection, user, old.id, pair)
    except ReconcileError as error:
        still_active = make_error(
            "key-still-active",
            f"The new access key {pair.id} is in {profile}, and works; the old one, {old.id}, is still active.",
            hint="Run the same command again to deactivate it.",
        )
        raise ReconcileError([*error.problems, *still_active.problems]) from None

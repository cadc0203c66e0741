"""The checks of `keys issue` and `keys rotate`: errors and warnings about the user's keys and the profile.

They read AWS's files, change nothing and do not call AWS.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.aws.access_keys import KeyPair
from reconciler.files import aws_files, credentials_file, ini, ini_edits
from reconciler.files.credentials_file import StoredKey
from reconciler.model.live import AccessKey
from reconciler.model.problem import Level, Problem, make_error
from reconciler.model.quotas import ACCESS_KEYS

_OTHER_SOURCES = (
    *("role_arn", "credential_process", "sso_session", "sso_start_url"),
    *("web_identity_token_file", "login_session"),
)
"""Options of a profile in the config file with which its credentials are not keys."""


@dataclass(frozen=True, slots=True)
class KeysRequest:
    """The options of the command line. into: the profile to write, None for one named like the user."""

    user: str
    into: str | None = None
    files: Sequence[str] = ()
    variables: Mapping[str, str] | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    @property
    def target_profile(self) -> str:
        """The name of the profile that holds the key."""
        return self.into or self.user

    @property
    def rotate_command(self) -> str:
        """The command that rotates this key."""
        return f"reconcile keys rotate {self.user}" + (f" --into {self.into}" if self.into else "")


@dataclass(frozen=True, slots=True)
class CredentialsProfile:
    """A profile of a credentials file."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"the profile {self.name} of {self.path}"


def check_profile_name(name: str) -> None:
    """Raise ReconcileError for a name that cannot stand in a section header.

    DEFAULT is refused, too: botocore adds the settings of `[DEFAULT]` to every profile.
    """
    if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & set("[]'\"\\"):
        summary = f"A profile cannot be named {name!r}."
        raise make_error("profile-name", summary, hint="Pass --into with a name without brackets and quotes.")
    if name == "DEFAULT":
        raise make_error("profile-name", "A profile cannot be named DEFAULT.", hint="Did you mean 'default'?")


def check_profile_free(
    request: KeysRequest,
    profile: CredentialsProfile,
    text: str,
    user_keys: Sequence[AccessKey],
    environ: Mapping[str, str],
) -> None:
    """Raise ReconcileError if the profile exists, or the config file gives it other credentials."""
    stored_key = credentials_file.find_key(text, profile.name)
    if stored_key is not None:
        own = any(key.id == stored_key.key_id for key in user_keys)
        raise make_error(
            "profile-exists",
            f"The profile {profile.name} already exists" + (f", with a key of {request.user}." if own else "."),
            "Nothing was changed.",
            f"Replace the key with `{request.rotate_command}`." if own else "Pass --into with another name.",
            ini_edits.place_of_line(str(profile.path), stored_key.line),
        )
    config = aws_files.locate_config_file(environ)
    for section in ini.parse_sections(aws_files.read_file(config)):
        options = {option.name for option in section.options} & {*_OTHER_SOURCES, credentials_file.KEY_ID}
        if ini.profile_of(section.name) == profile.name and options:
            raise make_error(
                "profile-exists",
                f"The profile {profile.name} already has other credentials here: {', '.join(sorted(options))}.",
                "Nothing was changed.",
                "Pass --into with another name.",
                ini_edits.place_of_line(str(config), section.start),
            )


def check_quota(user: str, user_keys: Sequence[AccessKey], max_keys: int | None) -> None:
    """Raise ReconcileError if the user may have no further key. max_keys: `access_keys.max_count` of the file."""
    listed = " and ".join(f"{key.id} ({'active' if key.active else 'inactive'})" for key in user_keys)
    if len(user_keys) >= ACCESS_KEYS.default:
        raise make_error(
            "key-quota",
            f"{user} already has two access keys, and AWS allows no third: {listed}.",
            "Nothing was changed.",
            f"Delete one that nothing uses: {make_delete_command(user, 'ID')}",
        )
    if max_keys is not None and len(user_keys) >= max_keys:
        raise make_error(
            "key-limit",
            f"{user} has {listed or 'no access key'}, and the file allows {max_keys} (`access_keys: max_count`).",
            "Nothing was changed.",
            f"Replace it with `reconcile keys rotate {user}`." if user_keys else "Raise `max_count` in the file.",
        )


def find_held_key(
    request: KeysRequest, profile: CredentialsProfile, text: str, user_keys: Sequence[AccessKey]
) -> tuple[StoredKey, AccessKey]:
    """Return the key in the profile and the user's key with the same id. Raises ReconcileError if there is none."""
    stored_key = credentials_file.find_key(text, profile.name)
    if stored_key is None or not stored_key.key_id:
        raise make_error(
            "no-key-in-profile",
            f"There is no access key in {profile}.",
            hint=f"Name the profile with --into, or issue a first key: `reconcile keys issue {request.user}`",
        )
    current = next((key for key in user_keys if key.id == stored_key.key_id), None)
    if stored_key.temporary or current is None or not stored_key.secret:
        content = (
            "a session's temporary keys"
            if stored_key.temporary
            else f"{stored_key.key_id}, which is not a key of {request.user}"
        )
        if current is not None and not stored_key.secret:
            content = f"{stored_key.key_id} without its secret"
        raise make_error(
            "other-key-in-profile",
            f"{profile} holds {content}; nothing was changed.".replace("the profile", "The profile", 1),
            f"{request.user} has {' and '.join(key.id for key in user_keys) or 'no access key'}.",
            "Name another profile with --into.",
            ini_edits.place_of_line(str(profile.path), stored_key.line),
        )
    return stored_key, current


def check_same_key(profile: CredentialsProfile, text: str, current: AccessKey) -> None:
    """Raise ReconcileError if the profile no longer holds the key that it held when the rotation began."""
    stored_key = credentials_file.find_key(text, profile.name)
    if stored_key is None or stored_key.key_id != current.id:
        raise make_error(
            "profile-changed",
            f"Another program changed {profile} during the rotation: it no longer holds {current.id}.",
            hint="Check the file, then run the command again.",
        )


def resume_rotation(
    request: KeysRequest, profile: CredentialsProfile, stored_key: StoredKey, current: AccessKey, other: AccessKey
) -> KeyPair:
    """Return the new key of a rotation that was interrupted.

    stored_key: the key in the profile. current: the same key as AWS lists it. other: the user's second key.
    Raises ReconcileError if the second key does not come from that rotation.
    """
    user = request.user
    if not current.active:
        raise make_error(
            "inactive-key-in-profile",
            f"The key {current.id} in {profile} is inactive, and {user} has another key, {other.id}.",
            hint=f"Delete the one that nothing uses: {make_delete_command(user, 'ID')}",
        )
    if not other.active:
        older = stored_key.replaced_id == other.id or other.created <= current.created
        raise make_error(
            "rotation-not-finished",
            f"{user} still has the inactive access key {other.id}, and AWS allows no third.",
            hint="Pass --finish to delete it, then rotate again." if older else make_delete_command(user, other.id),
        )
    if stored_key.replaced_id != other.id:
        raise make_error(
            "two-active-keys",
            f"{user} has two active access keys, {current.id} ({profile}) and {other.id}, and AWS allows no third.",
            f"{other.id} was created at {other.created:%Y-%m-%d %H:%M} UTC. Somebody may use it, "
            "or a killed run of reconcile left it.",
            f"If nothing uses it: {make_delete_command(user, other.id)}",
        )
    return key_pair_of(stored_key)


def check_old_key(
    request: KeysRequest, profile: CredentialsProfile, stored_key: StoredKey, current: AccessKey, old: AccessKey
) -> None:
    """Raise ReconcileError unless the profile's key replaced `old`, and `old` is inactive."""
    has_replaced = stored_key.replaced_id == old.id if stored_key.replaced_id else old.created <= current.created
    if not has_replaced or not current.active:
        raise make_error(
            "not-the-new-key",
            f"The key {current.id} in {profile} did not replace {old.id}; nothing was deleted."
            if current.active
            else f"The key {current.id} in {profile} is inactive; nothing was deleted.",
            hint=f"If nothing uses {old.id}: {make_delete_command(request.user, old.id)}",
        )
    if old.active:
        raise make_error(
            "old-key-active",
            f"The access key {old.id} of {request.user} is still active; nothing was deleted.",
            hint="Run the command without --finish to deactivate it."
            if stored_key.replaced_id
            else "When nothing uses it, deactivate it: `aws iam update-access-key "
            f"--user-name {request.user} --access-key-id {old.id} --status Inactive`",
        )


def key_pair_of(stored_key: StoredKey) -> KeyPair:
    """Return id and secret of a stored key."""
    return KeyPair(stored_key.key_id or "", stored_key.secret or "")


def make_delete_command(user: str, key_id: str) -> str:
    """Return the AWS CLI command that deletes a key, in backquotes."""
    return f"`aws iam delete-access-key --user-name {user} --access-key-id {key_id}`"


def warn_if_readable(path: Path) -> Iterator[Problem]:
    """Yield a warning if other users of this machine may read the file."""
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        summary = f"Other users of this machine may read {path}."
        yield Problem(Level.WARNING, "credentials-readable", summary, "", f"Run: chmod 600 {path}")


def warn_of_other_key(user: str, key: AccessKey) -> Problem:
    """Return a warning that the user has a second key."""
    state = "active" if key.active else "inactive"
    return Problem(
        Level.WARNING,
        "other-key",
        f"{user} has another access key: {key.id}, {state}, created at {key.created:%Y-%m-%d %H:%M} UTC.",
        "",
        f"If nothing uses it: {make_delete_command(user, key.id)}",
    )

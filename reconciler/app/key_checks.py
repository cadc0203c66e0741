"""What `keys issue` and `keys rotate` refuse, and what they warn of: the state of the user's keys and of the profile.

Reads the files of the AWS CLI; changes nothing and calls nobody.
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

_ELSEWHERE = (
    *("role_arn", "credential_process", "sso_session", "sso_start_url"),
    *("web_identity_token_file", "login_session"),
)
"""Options of a profile in the config file that give it other credentials than keys."""


@dataclass(frozen=True, slots=True)
class KeysRequest:
    """What was asked for. `into`: the profile, else the user's name."""

    user: str
    into: str | None = None
    files: Sequence[str] = ()
    variables: Mapping[str, str] | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    @property
    def target_profile(self) -> str:
        return self.into or self.user

    @property
    def rotate_command(self) -> str:
        """The command that rotates this key."""
        return f"reconcile keys rotate {self.user}" + (f" --into {self.into}" if self.into else "")


@dataclass(frozen=True, slots=True)
class CredentialsProfile:
    """A profile of a credentials file, and how it is written."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"the profile {self.name} of {self.path}"


def check_profile_name(name: str) -> None:
    """A profile's name stands between brackets. What `[DEFAULT]` holds, botocore takes to be in every profile."""
    if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & set("[]'\"\\"):
        raise make_error("profile-name", f"{name!r} cannot be the name of a profile.", hint="Name another with --into.")
    if name == "DEFAULT":
        raise make_error("profile-name", "DEFAULT cannot be the name of a profile.", hint="Did you mean 'default'?")


def check_profile_free(
    request: KeysRequest,
    profile: CredentialsProfile,
    text: str,
    user_keys: Sequence[AccessKey],
    environ: Mapping[str, str],
) -> None:
    """Raises Failed where the profile is there already, or the config file gives it other credentials."""
    held = credentials_file.find_key(text, profile.name)
    if held is not None:
        own = any(key.id == held.key_id for key in user_keys)
        raise make_error(
            "profile-exists",
            f"There is a profile {profile.name} already" + (f", with a key of {request.user}." if own else "."),
            "Nothing was changed.",
            f"Use: `{request.rotate_command}`" if own else "Name another with --into.",
            ini_edits.place_of_line(str(profile.path), held.line),
        )
    config = aws_files.locate_config_file(environ)
    for section in ini.parse_sections(aws_files.read_file(config)):
        options = {option.name for option in section.options} & {*_ELSEWHERE, credentials_file.KEY_ID}
        if ini.profile_of(section.name) == profile.name and options:
            raise make_error(
                "profile-exists",
                f"The profile {profile.name} gets its credentials here already ({', '.join(sorted(options))}).",
                "Nothing was changed.",
                "Name another with --into.",
                ini_edits.place_of_line(str(config), section.start),
            )


def check_quota(user: str, user_keys: Sequence[AccessKey], max_keys: int | None) -> None:
    listed = " and ".join(f"{key.id} ({'active' if key.active else 'inactive'})" for key in user_keys)
    if len(user_keys) >= ACCESS_KEYS.default:
        raise make_error(
            "key-quota",
            f"{user} has two access keys, {listed}; AWS allows no third.",
            "Nothing was changed.",
            f"Delete one that nothing uses: {make_delete_command(user, 'ID')}",
        )
    if max_keys is not None and len(user_keys) >= max_keys:
        raise make_error(
            "key-limit",
            f"{user} has {listed or 'no access key'}, and `access_keys` of the file allows {max_keys}.",
            "Nothing was changed.",
            f"Use: `reconcile keys rotate {user}`" if user_keys else "Raise `max_count`.",
        )


def find_held_key(
    request: KeysRequest, profile: CredentialsProfile, text: str, user_keys: Sequence[AccessKey]
) -> tuple[StoredKey, AccessKey]:
    """What the profile holds, and which of the user's keys that is. Raises Failed."""
    held = credentials_file.find_key(text, profile.name)
    if held is None or not held.key_id:
        raise make_error(
            "no-key-in-profile",
            f"There is no access key in {profile}.",
            hint=f"Name the profile with --into, or make a first key: `reconcile keys issue {request.user}`",
        )
    current = next((key for key in user_keys if key.id == held.key_id), None)
    if held.temporary or current is None or not held.secret:
        why = "a session's temporary keys" if held.temporary else f"{held.key_id}, which is no key of {request.user}"
        if current is not None and not held.secret:
            why = f"{held.key_id} without its secret"
        raise make_error(
            "other-key-in-profile",
            f"{profile} holds {why}; nothing was changed.".replace("the profile", "The profile", 1),
            f"{request.user} has {' and '.join(key.id for key in user_keys) or 'no access key'}.",
            "Name another profile with --into.",
            ini_edits.place_of_line(str(profile.path), held.line),
        )
    return held, current


def check_same_key(profile: CredentialsProfile, text: str, current: AccessKey) -> None:
    """Raises Failed where the profile holds another key by now than when the rotation began."""
    held = credentials_file.find_key(text, profile.name)
    if held is None or held.key_id != current.id:
        raise make_error(
            "profile-changed",
            f"Another program has changed {profile} meanwhile: it no longer holds {current.id}.",
            hint="Look at the file, then run it again.",
        )


def resume_rotation(
    request: KeysRequest, profile: CredentialsProfile, held: StoredKey, current: AccessKey, other: AccessKey
) -> KeyPair:
    """The pair of a rotation that was interrupted. Raises Failed where the second key is not of one."""
    user = request.user
    if not current.active:
        raise make_error(
            "inactive-key-in-profile",
            f"{current.id}, which {profile} holds, is inactive, and {user} has another key, {other.id}.",
            hint=f"Delete the one that nothing uses: {make_delete_command(user, 'ID')}",
        )
    if not other.active:
        older = held.replaced_id == other.id or other.created <= current.created
        raise make_error(
            "rotation-not-finished",
            f"{user} still has the inactive access key {other.id}; AWS allows no third.",
            hint="Pass --finish to delete it, then rotate again." if older else make_delete_command(user, other.id),
        )
    if held.replaced_id != other.id:
        raise make_error(
            "two-active-keys",
            f"{user} has two active access keys, {current.id} ({profile}) and {other.id}; AWS allows no third.",
            f"{other.id} was made at {other.created:%Y-%m-%d %H:%M} UTC; somebody may use it, "
            "or a run that was killed has left it.",
            f"If nothing uses it: {make_delete_command(user, other.id)}",
        )
    return key_pair_of(held)


def check_old_key(
    request: KeysRequest, profile: CredentialsProfile, held: StoredKey, current: AccessKey, old: AccessKey
) -> None:
    mine = held.replaced_id == old.id if held.replaced_id else old.created <= current.created
    if not mine or not current.active:
        raise make_error(
            "not-the-new-key",
            f"{current.id}, which {profile} holds, did not replace {old.id}; nothing was deleted."
            if current.active
            else f"{current.id}, which {profile} holds, is inactive; nothing was deleted.",
            hint=f"If nothing uses {old.id}: {make_delete_command(request.user, old.id)}",
        )
    if old.active:
        raise make_error(
            "old-key-active",
            f"The access key {old.id} of {request.user} is still active; nothing was deleted.",
            hint="Run the rotation again without --finish: it deactivates it."
            if held.replaced_id
            else "When nothing uses it, deactivate it: `aws iam update-access-key "
            f"--user-name {request.user} --access-key-id {old.id} --status Inactive`",
        )


def key_pair_of(held: StoredKey) -> KeyPair:
    return KeyPair(held.key_id or "", held.secret or "")


def make_delete_command(user: str, key_id: str) -> str:
    return f"`aws iam delete-access-key --user-name {user} --access-key-id {key_id}`"


def warn_if_readable(path: Path) -> Iterator[Problem]:
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Problem(Level.WARNING, "credentials-readable", f"Others may read {path}.", "", f"Run: chmod 600 {path}")


def warn_of_other_key(user: str, key: AccessKey) -> Problem:
    state = "active" if key.active else "inactive"
    return Problem(
        Level.WARNING,
        "other-key",
        f"{user} has another access key, {key.id}, {state}, made at {key.created:%Y-%m-%d %H:%M} UTC.",
        "",
        f"If nothing uses it: {make_delete_command(user, key.id)}",
    )

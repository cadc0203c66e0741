"""What `keys issue` and `keys rotate` refuse, and what they warn of: the state of the user's keys and of the profile.

Reads the files of the AWS CLI; changes nothing and calls nobody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.assume import aws_files, key_file
from reconciler.assume.key_file import Held
from reconciler.aws.keys import KeyPair
from reconciler.files import ini
from reconciler.model.live import AccessKey
from reconciler.model.problem import Level, Problem, failure
from reconciler.model.quotas import ACCESS_KEYS

_ELSEWHERE = (
    *("role_arn", "credential_process", "sso_session", "sso_start_url"),
    *("web_identity_token_file", "login_session"),
)
"""Options of a profile in the config file that give it other credentials than keys."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. `into`: the profile, else the user's name."""

    user: str
    into: str | None = None
    files: Sequence[str] = ()
    variables: Mapping[str, str] | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    @property
    def target(self) -> str:
        return self.into or self.user

    @property
    def rotating(self) -> str:
        """The command that rotates this key."""
        return f"reconcile keys rotate {self.user}" + (f" --into {self.into}" if self.into else "")


@dataclass(frozen=True, slots=True)
class Place:
    """A profile of a credentials file, and how it is written."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"the profile {self.name} of {self.path}"


def check_name(name: str) -> None:
    """A profile's name stands between brackets. What `[DEFAULT]` holds, botocore takes to be in every profile."""
    if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & set("[]'\"\\"):
        raise failure("profile-name", f"{name!r} cannot be the name of a profile.", hint="Name another with --into.")
    if name == "DEFAULT":
        raise failure("profile-name", "DEFAULT cannot be the name of a profile.", hint="Did you mean 'default'?")


def check_free(wanted: Wanted, place: Place, text: str, known: Sequence[AccessKey], environ: Mapping[str, str]) -> None:
    """Raises Failed where the profile is there already, or the config file gives it other credentials."""
    held = key_file.held(text, place.name)
    if held is not None:
        own = any(key.id == held.key_id for key in known)
        raise failure(
            "profile-exists",
            f"There is a profile {place.name} already" + (f", with a key of {wanted.user}." if own else "."),
            "Nothing was changed.",
            f"Use: `{wanted.rotating}`" if own else "Name another with --into.",
            ini.place(str(place.path), held.line),
        )
    config = aws_files.config_file(environ)
    for section in ini.sections(aws_files.read(config)):
        options = {option.name for option in section.options} & {*_ELSEWHERE, key_file.KEY_ID}
        if ini.profile_of(section.name) == place.name and options:
            raise failure(
                "profile-exists",
                f"The profile {place.name} gets its credentials here already ({', '.join(sorted(options))}).",
                "Nothing was changed.",
                "Name another with --into.",
                ini.place(str(config), section.start),
            )


def check_quota(user: str, known: Sequence[AccessKey], most: int | None) -> None:
    listed = " and ".join(f"{key.id} ({'active' if key.active else 'inactive'})" for key in known)
    if len(known) >= ACCESS_KEYS.default:
        raise failure(
            "key-quota",
            f"{user} has two access keys, {listed}; AWS allows no third.",
            "Nothing was changed.",
            f"Delete one that nothing uses: {remove(user, 'ID')}",
        )
    if most is not None and len(known) >= most:
        raise failure(
            "key-limit",
            f"{user} has {listed or 'no access key'}, and `access_keys` of the file allows {most}.",
            "Nothing was changed.",
            f"Use: `reconcile keys rotate {user}`" if known else "Raise `max_count`.",
        )


def held(wanted: Wanted, place: Place, text: str, known: Sequence[AccessKey]) -> tuple[Held, AccessKey]:
    """What the profile holds, and which of the user's keys that is. Raises Failed."""
    held = key_file.held(text, place.name)
    if held is None or not held.key_id:
        raise failure(
            "no-key-in-profile",
            f"There is no access key in {place}.",
            hint=f"Name the profile with --into, or make a first key: `reconcile keys issue {wanted.user}`",
        )
    current = next((key for key in known if key.id == held.key_id), None)
    if held.temporary or current is None or not held.secret:
        why = "a session's temporary keys" if held.temporary else f"{held.key_id}, which is no key of {wanted.user}"
        if current is not None and not held.secret:
            why = f"{held.key_id} without its secret"
        raise failure(
            "other-key-in-profile",
            f"{place} holds {why}; nothing was changed.".replace("the profile", "The profile", 1),
            f"{wanted.user} has {' and '.join(key.id for key in known) or 'no access key'}.",
            "Name another profile with --into.",
            ini.place(str(place.path), held.line),
        )
    return held, current


def check_same(place: Place, text: str, current: AccessKey) -> None:
    """Raises Failed where the profile holds another key by now than when the rotation began."""
    held = key_file.held(text, place.name)
    if held is None or held.key_id != current.id:
        raise failure(
            "profile-changed",
            f"Another program has changed {place} meanwhile: it no longer holds {current.id}.",
            hint="Look at the file, then run it again.",
        )


def going_on(wanted: Wanted, place: Place, held: Held, current: AccessKey, other: AccessKey) -> KeyPair:
    """The pair of a rotation that was interrupted. Raises Failed where the second key is not of one."""
    user = wanted.user
    if not current.active:
        raise failure(
            "inactive-key-in-profile",
            f"{current.id}, which {place} holds, is inactive, and {user} has another key, {other.id}.",
            hint=f"Delete the one that nothing uses: {remove(user, 'ID')}",
        )
    if not other.active:
        older = held.replaced == other.id or other.created <= current.created
        raise failure(
            "rotation-not-finished",
            f"{user} still has the inactive access key {other.id}; AWS allows no third.",
            hint="Pass --finish to delete it, then rotate again." if older else remove(user, other.id),
        )
    if held.replaced != other.id:
        raise failure(
            "two-active-keys",
            f"{user} has two active access keys, {current.id} ({place}) and {other.id}; AWS allows no third.",
            f"{other.id} was made at {other.created:%Y-%m-%d %H:%M} UTC; somebody may use it, "
            "or a run that was killed has left it.",
            f"If nothing uses it: {remove(user, other.id)}",
        )
    return pair(held)


def check_old(wanted: Wanted, place: Place, held: Held, current: AccessKey, old: AccessKey) -> None:
    mine = held.replaced == old.id if held.replaced else old.created <= current.created
    if not mine or not current.active:
        raise failure(
            "not-the-new-key",
            f"{current.id}, which {place} holds, did not replace {old.id}; nothing was deleted."
            if current.active
            else f"{current.id}, which {place} holds, is inactive; nothing was deleted.",
            hint=f"If nothing uses {old.id}: {remove(wanted.user, old.id)}",
        )
    if old.active:
        raise failure(
            "old-key-active",
            f"The access key {old.id} of {wanted.user} is still active; nothing was deleted.",
            hint="Run the rotation again without --finish: it deactivates it."
            if held.replaced
            else "When nothing uses it, deactivate it: `aws iam update-access-key "
            f"--user-name {wanted.user} --access-key-id {old.id} --status Inactive`",
        )


def pair(held: Held) -> KeyPair:
    return KeyPair(held.key_id or "", held.secret or "")


def remove(user: str, key_id: str) -> str:
    return f"`aws iam delete-access-key --user-name {user} --access-key-id {key_id}`"


def readable(path: Path) -> Iterator[Problem]:
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Problem(Level.WARNING, "credentials-readable", f"Others may read {path}.", "", f"Run: chmod 600 {path}")


def other_key(user: str, key: AccessKey) -> Problem:
    state = "active" if key.active else "inactive"
    return Problem(
        Level.WARNING,
        "other-key",
        f"{user} has another access key, {key.id}, {state}, made at {key.created:%Y-%m-%d %H:%M} UTC.",
        "",
        f"If nothing uses it: {remove(user, key.id)}",
    )

"""Make profiles of the AWS config file from aliases: with `role_arn`, or with reconcile as `credential_process`.

Pure; standard library only. Sources: AWS SDKs and Tools Reference Guide, "Assume role credential provider" and "Process
credential provider"; `botocore.credentials`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reconciler.assume.chain import resolve_role_chain, source_profile_of
from reconciler.files.ini import DEFAULT_PROFILE
from reconciler.model.desired import Alias
from reconciler.model.durations import format_duration
from reconciler.model.partitions import DEFAULT_PARTITION, home_region_of, partition_of_arn
from reconciler.model.problem import Level, Problem, make_error
from reconciler.model.sentence import format_list
from reconciler.model.text_forms import ALIAS_NAME

MIN_PROCESS_DURATION = 1800
"""Seconds. botocore runs the process twice for each command if a session has less than 15 minutes left."""

_PROCESS_HINT = "Pass --credential-process for a profile that does all of it."
_NARROWING_FIELDS = ("policy", "policy_arns")
"""Fields that narrow the session; a profile with `role_arn` has no setting for them."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. options: its settings, in the order of writing. source: the profile it takes credentials from."""

    name: str
    alias: Alias
    source: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CredentialProcess:
    """The command that runs reconcile from any folder.

    program: the absolute path and the first arguments. files: the --file options. variables: the --var options.
    windows: whether to quote the command for Windows.
    """

    program: tuple[str, ...]
    files: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    windows: bool = os.name == "nt"

    def build_command_line(self, alias: Alias, source: str | None) -> str:
        """Return the command that assumes the alias, as one line.

        botocore splits it with shlex, other SDKs with a POSIX shell: it reads the same to both. source: --profile.
        """
        words = [*self.program, "assume", alias.name]
        for file in self.files:
            words += ["--file", file]
        for name, value in self.variables:
            words += ["--var", f"{name}={value}"]
        if source is not None:
            words += ["--profile", source]
        if alias.duration and alias.duration < MIN_PROCESS_DURATION:
            words += ["--duration", str(MIN_PROCESS_DURATION)]
        words += ["--format", "credential-process"]
        return subprocess.list2cmdline(words) if self.windows else shlex.join(words)


def make_role_profiles(aliases: Mapping[str, Alias], prefix: str = "") -> tuple[Profile, ...]:
    """Return profiles with `role_arn`, which AWS's own tools assume. Leave out the aliases of `find_left_out`.

    Raises ReconcileError for a value that a config file cannot hold, and for profiles in a circle.
    """
    _check_prefix(prefix)
    return _check_profiles(
        _make_role_profile(alias, prefix) for alias in aliases.values() if not _find_narrowing_alias(alias, aliases)
    )


def find_omitted_aliases(aliases: Mapping[str, Alias]) -> tuple[Problem, ...]:
    """Return a warning for each alias that `make_role_profiles` leaves out because it has a session policy."""
    problems = []
    for alias in aliases.values():
        narrowed = _find_narrowing_alias(alias, aliases)
        if narrowed is not None:
            fields = " and ".join(f"`{name}`" for name in _NARROWING_FIELDS if getattr(narrowed, name))
            why = f"it has {fields}" if narrowed is alias else f"it is assumed via {narrowed.name}, which has {fields}"
            summary = f"{alias.name} gets no profile: {why}, and a profile with role_arn would allow more than that."
            hint = "Pass --credential-process for a profile that allows no more than the alias."
            problems.append(_make_warning("profile-left-out", summary, hint, alias))
    return tuple(problems)


def make_process_profiles(
    aliases: Mapping[str, Alias], process: CredentialProcess, prefix: str = ""
) -> tuple[Profile, ...]:
    """Return profiles with `credential_process`.

    For an alias without `source_profile` the command names the profile `default`: reconcile inherits AWS_PROFILE,
    which names the profile being made, and would call itself without end.
    Raises ReconcileError for a value that a config file cannot hold, and for profiles in a circle.
    """
    _check_prefix(prefix)
    return _check_profiles(_make_process_profile(alias, aliases, process, prefix) for alias in aliases.values())


def format_profiles(profiles: Iterable[Profile], header: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of the profiles, with a blank line between two. header: profile → the header of its section."""
    lines: list[str] = []
    for profile in profiles:
        lines += [header[profile.name], *(f"{key} = {value}" for key, value in profile.options), ""]
    return tuple(lines[:-1])


def find_omitted_fields(profiles: Iterable[Profile], with_mfa: Collection[str]) -> tuple[Problem, ...]:
    """Return a warning for each profile that lacks a field of its alias. with_mfa: the aliases that need MFA."""
    problems: list[Problem] = []
    for profile in profiles:
        alias = profile.alias
        lost = [name for name in _UNSUPPORTED_FIELDS if getattr(alias, name)]
        lost += ["source_profile"] if alias.via and alias.source_profile else []
        lost += ["mfa_serial"] if alias.via and alias.mfa_serial else []
        lost += ["mfa"] if alias.via and alias.mfa else []
        if lost:
            fields = ", ".join(f"`{name}`" for name in lost)
            summary = f"The profile {profile.name} lacks {fields} of the alias: AWS profiles have no such setting."
            if alias.via and set(lost) <= {"source_profile", "mfa_serial", "mfa"}:
                summary = f"The profile {profile.name} lacks {fields}: with `via` they belong to the first alias."
            problems.append(_make_warning("profile-leaves-out", summary, _PROCESS_HINT, alias))
        if not alias.via and not alias.mfa_serial and alias.name in with_mfa:
            problems.append(
                _make_warning(
                    "mfa-serial-unknown",
                    f"{alias.name} needs MFA, and the profile {profile.name} names no device: AWS will refuse it.",
                    "Set `mfa_serial` of the alias, or pass --credential-process, which finds the device.",
                    alias,
                )
            )
    return tuple(problems)


def find_longer_sessions(profiles: Iterable[Profile]) -> tuple[Problem, ...]:
    """Return a warning for each profile whose process asks for a longer session than its alias."""
    return tuple(
        _make_warning(
            "profile-duration",
            f"The profile {profile.name} asks for {format_duration(MIN_PROCESS_DURATION)}, not for "
            f"{format_duration(duration)}: AWS's tools treat a session with less than 15m left as expired.",
            "Write `duration: 30m` or more in the alias, so that both agree.",
            profile.alias,
        )
        for profile in profiles
        if (duration := profile.alias.duration) and duration < MIN_PROCESS_DURATION
    )


def find_missing_sources(profiles: Iterable[Profile], existing_names: frozenset[str]) -> tuple[Problem, ...]:
    """Return a warning for each source profile that does not exist. existing_names: the profiles in AWS's files."""
    missing: dict[str, list[Profile]] = {}
    profiles = tuple(profiles)
    for profile in profiles:
        if profile.source not in existing_names | {other.name for other in profiles}:
            missing.setdefault(profile.source, []).append(profile)
    return tuple(
        Problem(
            Level.WARNING,
            "no-source-profile",
            f"This machine has no profile {source}, and {format_list((one.name for one in users), 3)} would be "
            "assumed from it.",
            "An alias without `source_profile` uses `default`." if source == DEFAULT_PROFILE else "",
            f"Create it with `aws configure --profile {source}`, or change `source_profile` in the file.",
            users[0].alias.place,
        )
        for source, users in missing.items()
    )


_UNSUPPORTED_FIELDS = ("session_tags", "transitive_tags", "source_identity")


def _find_narrowing_alias(alias: Alias, aliases: Mapping[str, Alias]) -> Alias | None:
    """Return the last alias along `via`, this one included, that has a session policy; None if none has."""
    chain = reversed(resolve_role_chain(alias.name, aliases))
    return next((hop for hop in chain if any(getattr(hop, name) for name in _NARROWING_FIELDS)), None)


def _make_role_profile(alias: Alias, prefix: str) -> Profile:
    source = prefix + alias.via if alias.via else alias.source_profile or DEFAULT_PROFILE
    serial = alias.mfa_serial if alias.mfa is not False and not alias.via else None
    settings = {
        "role_arn": alias.role_arn,
        "source_profile": source,
        "mfa_serial": serial,
        "duration_seconds": str(alias.duration) if alias.duration else None,
        "external_id": alias.external_id,
        "role_session_name": alias.session_name,
        "region": alias.region or _needed_region_of(alias.role_arn),
    }
    return Profile(prefix + alias.name, alias, source, tuple((key, value) for key, value in settings.items() if value))


def _needed_region_of(role_arn: str) -> str | None:
    """Return the region in which AWS's tools must call STS; None if their default, us-east-1, knows the role."""
    partition = partition_of_arn(role_arn)
    return None if partition == DEFAULT_PARTITION else home_region_of(partition)


def _make_process_profile(
    alias: Alias, aliases: Mapping[str, Alias], process: CredentialProcess, prefix: str
) -> Profile:
    declared = source_profile_of(resolve_role_chain(alias.name, aliases))
    line = process.build_command_line(alias, None if declared else DEFAULT_PROFILE)
    options = (("credential_process", line), *((("region", alias.region),) if alias.region else ()))
    return Profile(prefix + alias.name, alias, declared or DEFAULT_PROFILE, options)


def _check_profiles(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    checked = tuple(profiles)
    sources = {profile.name: profile.source for profile in checked}
    for profile in checked:
        for key, value in profile.options:
            if value != value.strip() or not value.isprintable():
                raise make_error(
                    "profile-value",
                    f"{key} of the profile {profile.name} would be {value!r}, which an AWS config file cannot hold.",
                    "A value must be one line, without control characters and without spaces at its ends.",
                    place=profile.alias.place,
                )
        _check_loop(profile, sources)
    return checked


def _check_loop(profile: Profile, sources: Mapping[str, str]) -> None:
    path = [profile.name]
    while path[-1] in sources:
        path.append(sources[path[-1]])
        if path[-1] in path[:-1]:
            raise make_error(
                "profile-loop",
                f"The profiles would form a circle: {' → '.join(path)}.",
                "A profile is assumed from its source_profile, or from `default` if the alias has none.",
                "Set `source_profile` of the alias to a profile with keys, or pass --prefix.",
                profile.alias.place,
            )


def _check_prefix(prefix: str) -> None:
    if prefix and not ALIAS_NAME.accepts(prefix):
        raise make_error(
            "profile-prefix",
            f"A profile's name cannot begin with {prefix!r}.",
            hint=ALIAS_NAME.hint,
        )


def _make_warning(code: str, summary: str, hint: str, alias: Alias) -> Problem:
    return Problem(Level.WARNING, code, summary, "", hint, alias.place)

"""The use case `profiles`: write the aliases of files as a block of profiles into the AWS config file.

Only `write_profiles` changes anything. AWS is called only if the files name no account.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.app.alias_catalog import build_catalog
from reconciler.app.desired_files import load_desired
from reconciler.assume import cache_lookup, profiles
from reconciler.assume.cache import Cache
from reconciler.assume.chain import find_source_alias, resolve_role_chain
from reconciler.assume.credential_source import identity_of
from reconciler.assume.profiles import CredentialProcess, Profile
from reconciler.desired.load import PLACEHOLDER_ACCOUNT
from reconciler.desired.source_files import find_files
from reconciler.files import aws_files, ini, ini_edits
from reconciler.files.aws_profiles import find_flaw
from reconciler.model.desired import Alias, Desired
from reconciler.model.partitions import DEFAULT_PARTITION, partition_of_arn, partition_of_region
from reconciler.model.problem import Level, Place, Problem, ReconcileError, make_error
from reconciler.model.sts_limits import Caller


@dataclass(frozen=True, slots=True)
class ProfilesRequest:
    """The options of the command line.

    program: the command that runs reconcile from any folder. prefix: put before each profile's name. process: make
    profiles with `credential_process`, not `role_arn`.
    """

    files: Sequence[str]
    variables: Mapping[str, str]
    program: Sequence[str]
    prefix: str = ""
    process: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed change of the config file. path: the file. edit: the change, without secrets. findings: warnings."""

    path: Path
    edit: ini_edits.Edit
    findings: tuple[Problem, ...]


def propose_profiles(request: ProfilesRequest, environ: Mapping[str, str]) -> Proposal:
    """Return the config file with a profile for every alias that can have one. Write nothing.

    Raises ReconcileError for an invalid file, a block without its end, or a profile of the same name outside the block.
    """
    new_profiles, findings = _make_profiles(request, environ)
    return _make_proposal(request, new_profiles, findings, environ)


def write_profiles(request: ProfilesRequest, environ: Mapping[str, str], notice: Callable[[str], None]) -> Proposal:
    """Write the proposal of `propose_profiles` if it changes the file. notice: shows a line during a wait."""
    new_profiles, findings = _make_profiles(request, environ)
    proposal = _make_proposal(request, new_profiles, findings, environ)
    if not proposal.edit.changed:
        return proposal
    with aws_files.hold_file_lock(proposal.path, environ, notice):
        proposal = _make_proposal(request, new_profiles, findings, environ)
        aws_files.write_file(proposal.path, proposal.edit.text)
    return proposal


def _make_profiles(
    request: ProfilesRequest, environ: Mapping[str, str]
) -> tuple[tuple[Profile, ...], tuple[Problem, ...]]:
    desired = _load_desired(request)
    warnings = tuple(problem for problem in desired.problems if problem.level is Level.WARNING)
    if request.process:
        process = CredentialProcess(
            tuple(request.program), _resolve_files(request.files), tuple(request.variables.items())
        )
        new_profiles = profiles.make_process_profiles(desired.aliases, process, request.prefix)
        return new_profiles, (*warnings, *profiles.find_longer_sessions(new_profiles))
    new_profiles = profiles.make_role_profiles(desired.aliases, request.prefix)
    left_out = profiles.find_omitted_aliases(desired.aliases)
    return new_profiles, (
        *warnings,
        *left_out,
        *profiles.find_omitted_fields(new_profiles, _find_mfa_aliases(desired, environ)),
    )


def _find_mfa_aliases(desired: Desired, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the aliases that demand MFA of the owner of their source profile, or of any user if that is not known."""
    account = None if desired.state.account == PLACEHOLDER_ACCOUNT else desired.state.account
    catalog, cache = build_catalog(desired, account), Cache.from_environ(environ, lambda line: None)

    def needs_mfa(alias: Alias) -> bool:
        if alias.mfa is not None:
            return alias.mfa
        profile = alias.source_profile or ini.DEFAULT_PROFILE
        source = identity_of(profile, environ)
        identity = (
            cache_lookup.find_identity(cache, source, cache_lookup.resolve_sts_endpoint(None, profile, environ))
            if source
            else None
        )
        if identity is None:
            return catalog.demands.is_required_for_some(alias.name)
        return catalog.find_demand((alias,), Caller(str(identity["arn"]), str(identity["account"]))).required is True

    return frozenset(alias.name for alias in desired.aliases.values() if not alias.via and needs_mfa(alias))


def _load_desired(request: ProfilesRequest) -> Desired:
    """Return the desired state of the files, with the account and partition that a `role_arn` needs."""
    desired = load_desired(request.files, request.variables)
    if request.process or not any(alias.role for alias in desired.aliases.values()):
        return desired
    if desired.state.account == PLACEHOLDER_ACCOUNT:
        return load_desired(request.files, request.variables, *_ask_account(desired))
    partition = _find_partition(desired)
    if partition in (None, DEFAULT_PARTITION):
        return desired
    return load_desired(request.files, request.variables, None, partition)


def _find_partition(desired: Desired) -> str | None:
    """Return the one partition that the aliases' regions and role ARNs belong to; None if there is not exactly one."""
    aliases = desired.aliases.values()
    partitions = {partition_of_region(alias.region) for alias in aliases if alias.region}
    partitions |= {partition_of_arn(alias.role_arn) for alias in aliases if alias.role is None}
    known_partitions = partitions - {None}
    return known_partitions.pop() if len(known_partitions) == 1 else None


def _ask_account(desired: Desired) -> tuple[str, str]:
    """Ask AWS for the account and partition of the aliases' source credentials. Raises ReconcileError."""
    from reconciler.aws import sts

    sources = (find_source_alias(resolve_role_chain(name, desired.aliases)) for name in desired.aliases)
    alias = next((alias for alias in sources if alias), None)
    profile, place = (alias.source_profile, alias.place) if alias else (None, None)
    try:
        caller = sts.SourceCredentials(profile, None, _find_partition(desired), None, place).caller
    except ReconcileError as error:
        unknown = make_error(
            "no-account",
            "The ARNs of the roles are not known: the file names no account, and AWS could not be asked.",
            hint="Write `account:` in the file, log in to AWS, or pass --credential-process.",
        )
        raise ReconcileError([*error.problems, *unknown.problems]) from None
    return caller.account, caller.arn.split(":")[1]


def _resolve_files(files: Sequence[str]) -> tuple[str, ...]:
    """Return the absolute paths of the named files, or of the default one."""
    return tuple(str(_normalize_path(Path(file))) for file in files or find_files(()))


def _normalize_path(path: Path) -> Path:
    """Return the absolute path, resolved if it contains `..`."""
    absolute = path.absolute()
    return absolute.resolve() if ".." in absolute.parts else absolute


def _make_proposal(
    request: ProfilesRequest, new_profiles: Sequence[Profile], findings: Iterable[Problem], environ: Mapping[str, str]
) -> Proposal:
    path, credentials = aws_files.locate_config_file(environ), aws_files.locate_credentials_file(environ)
    text, secrets = aws_files.read_file(path), aws_files.read_file(credentials)
    files = _resolve_files(request.files)
    body = profiles.format_profiles(
        new_profiles, {profile.name: ini.header_of(profile.name) for profile in new_profiles}
    )
    edit = ini_edits.replace_block(text, files[0] if len(files) == 1 else shlex.join(files), body, str(path))
    others = _find_other_profiles(edit, text, path, secrets, credentials)
    _check_name_conflicts(new_profiles, others)
    missing = profiles.find_missing_sources(new_profiles, frozenset(others))
    return Proposal(path, edit, (*findings, *_find_flaws(path, credentials), *missing))


def _find_flaws(*paths: Path) -> Iterator[Problem]:
    """Yield a warning for each file that AWS's tools cannot read: no profile in it works, the block's included."""
    for path in paths:
        flaw = find_flaw(str(path))
        if flaw is not None:
            summary = f"AWS's tools cannot read {path}: {flaw.summary}."
            detail = "Until this is fixed, no profile in it works."
            yield Problem(Level.WARNING, "aws-file-unreadable", summary, detail, flaw.remedy, flaw.place)


def _find_other_profiles(
    edit: ini_edits.Edit, text: str, path: Path, secrets: str, credentials: Path
) -> dict[str, Place]:
    """Return profile → place for the profiles outside our block; the config file takes precedence."""
    places = {
        section.name: ini_edits.place_of_line(str(credentials), section.start)
        for section in ini.parse_sections(secrets)
    }
    for section in ini.parse_sections(text):
        name = ini.profile_of(section.name)
        if name is not None and section.start not in edit.block_lines:
            places[name] = ini_edits.place_of_line(str(path), section.start)
    return places


def _check_name_conflicts(new_profiles: Iterable[Profile], others: Mapping[str, Place]) -> None:
    conflicts = [
        Problem(
            Level.ERROR,
            "profile-exists",
            f"The profile {profile.name} already exists and does not come from this file; nothing was written.",
            "A second profile of that name would break the config file, or hide the keys of the first.",
            "Pass --prefix PREFIX, or rename the alias or that profile.",
            others[profile.name],
        )
        for profile in new_profiles
        if profile.name in others
    ]
    if conflicts:
        raise ReconcileError(conflicts)

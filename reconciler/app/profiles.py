"""The use case `profiles`: the aliases of files → a block of profiles in the AWS config file.

Where `desired` (reads the files), `assume` (what a profile says, and editing the file) and, where the files name
no account, `aws.sts` meet. Only `write_profiles` changes anything.
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
    """What was asked for. `program`: how to run this program from anywhere; `process`: credential_process."""

    files: Sequence[str]
    variables: Mapping[str, str]
    program: Sequence[str]
    prefix: str = ""
    process: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What becomes of the config file at `path`, and what is worth saying of it. Lines show no secret."""

    path: Path
    edit: ini_edits.Edit
    findings: tuple[Problem, ...]


def propose_profiles(request: ProfilesRequest, environ: Mapping[str, str]) -> Proposal:
    """The config file with every alias as a profile that it can be, not yet written.

    Raises Failed: an invalid file, markers without a partner, a profile of the same name that is not ours.
    """
    made, findings = _make_profiles(request, environ)
    return _make_proposal(request, made, findings, environ)


def write_profiles(request: ProfilesRequest, environ: Mapping[str, str], say: Callable[[str], None]) -> Proposal:
    """The same, written, unless it is so already. `say` gets what this run waits for. Raises Failed."""
    made, findings = _make_profiles(request, environ)
    proposal = _make_proposal(request, made, findings, environ)
    if not proposal.edit.changed:
        return proposal
    with aws_files.hold_file_lock(proposal.path, environ, say):
        proposal = _make_proposal(request, made, findings, environ)
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
        made = profiles.make_process_profiles(desired.aliases, process, request.prefix)
        return made, (*warnings, *profiles.find_lengthened(made))
    made = profiles.make_role_profiles(desired.aliases, request.prefix)
    left_out = profiles.find_left_out(desired.aliases)
    return made, (*warnings, *left_out, *profiles.find_lost_fields(made, _find_mfa_aliases(desired, environ)))


def _find_mfa_aliases(desired: Desired, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the aliases that need MFA: of whoever the source profile is known to be, else of any user of the file."""
    account = None if desired.state.account == PLACEHOLDER_ACCOUNT else desired.state.account
    catalog, cache = build_catalog(desired, account), Cache.from_environ(environ, lambda line: None)

    def needs_mfa(alias: Alias) -> bool:
        if alias.mfa is not None:
            return alias.mfa
        profile = alias.source_profile or ini.DEFAULT_PROFILE
        source = identity_of(profile, environ)
        known = (
            cache_lookup.find_identity(cache, source, cache_lookup.resolve_sts_endpoint(None, profile, environ))
            if source
            else None
        )
        if known is None:
            return catalog.demands.is_required_for_some(alias.name)
        return catalog.find_demand((alias,), Caller(str(known["arn"]), str(known["account"]))).required is True

    return frozenset(alias.name for alias in desired.aliases.values() if not alias.via and needs_mfa(alias))


def _load_desired(request: ProfilesRequest) -> Desired:
    """What the files mean. A `role_arn` needs the account and partition, `credential_process` does not."""
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
    found = {partition_of_region(alias.region) for alias in aliases if alias.region}
    found |= {partition_of_arn(alias.role_arn) for alias in aliases if alias.role is None}
    known = found - {None}
    return known.pop() if len(known) == 1 else None


def _ask_account(desired: Desired) -> tuple[str, str]:
    """The account and partition of whoever the aliases are assumed from. Raises Failed."""
    from reconciler.aws import sts

    sources = (find_source_alias(resolve_role_chain(name, desired.aliases)) for name in desired.aliases)
    alias = next((alias for alias in sources if alias), None)
    profile, place = (alias.source_profile, alias.place) if alias else (None, None)
    try:
        caller = sts.SourceCredentials(profile, None, _find_partition(desired), None, place).caller
    except ReconcileError as failed:
        unknown = make_error(
            "no-account",
            "The file names no account, so the ARNs of its roles are not known, and AWS could not be asked.",
            hint="Write `account:` into the file, log in, or pass --credential-process.",
        )
        raise ReconcileError([*failed.problems, *unknown.problems]) from None
    return caller.account, caller.arn.split(":")[1]


def _resolve_files(files: Sequence[str]) -> tuple[str, ...]:
    """As they were named, or the default one, from the root folder."""
    return tuple(str(_normalize_path(Path(file))) for file in files or find_files(()))


def _normalize_path(path: Path) -> Path:
    """Absolute, without `..` where that leads nowhere else."""
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
    _check_foreign(new_profiles, others)
    missing = profiles.find_missing_sources(new_profiles, frozenset(others))
    return Proposal(path, edit, (*findings, *_find_flaws(path, credentials), *missing))


def _find_flaws(*paths: Path) -> Iterator[Problem]:
    """Yield a warning for each file that no tool of AWS's can read, this block included."""
    for path in paths:
        flaw = find_flaw(str(path))
        if flaw is not None:
            summary = f"AWS's tools cannot read {path}: {flaw.summary}."
            detail = "Until that is mended no profile in it works."
            yield Problem(Level.WARNING, "aws-file-unreadable", summary, detail, flaw.remedy, flaw.place)


def _find_other_profiles(
    edit: ini_edits.Edit, text: str, path: Path, secrets: str, credentials: Path
) -> dict[str, Place]:
    """The profiles outside our block, and where they stand; those of the config file win."""
    found = {
        section.name: ini_edits.place_of_line(str(credentials), section.start)
        for section in ini.parse_sections(secrets)
    }
    for section in ini.parse_sections(text):
        name = ini.profile_of(section.name)
        if name is not None and section.start not in edit.block_lines:
            found[name] = ini_edits.place_of_line(str(path), section.start)
    return found


def _check_foreign(new_profiles: Iterable[Profile], others: Mapping[str, Place]) -> None:
    taken = [
        Problem(
            Level.ERROR,
            "profile-exists",
            f"There is a profile {profile.name} already, which is not of this file; nothing was written.",
            "A second one would break the config file, or hide its keys.",
            "Pass --prefix, or rename the alias or that profile.",
            others[profile.name],
        )
        for profile in new_profiles
        if profile.name in others
    ]
    if taken:
        raise ReconcileError(taken)

"""The use case `profiles`: the aliases of files → a block of profiles in the AWS config file.

Where `desired` (reads the files), `assume` (what a profile says, and editing the file) and, where the files name
no account, `aws.sts` meet. Only `write` changes anything.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.app.aliases import of_desired
from reconciler.app.desired import offline
from reconciler.assume import aws_files, profiles, warm
from reconciler.assume.cache import Cache
from reconciler.assume.chain import alias_with_source, hops
from reconciler.assume.profiles import Process, Profile
from reconciler.assume.source import identity_of
from reconciler.desired.load import PLACEHOLDER_ACCOUNT
from reconciler.desired.source import named_files
from reconciler.files import ini
from reconciler.files.aws_profiles import find_flaw
from reconciler.model.desired import Alias, Desired
from reconciler.model.partitions import DEFAULT_PARTITION, partition_of_arn, partition_of_region
from reconciler.model.problem import Failed, Level, Place, Problem, failure
from reconciler.model.sts import Caller


@dataclass(frozen=True, slots=True)
class Wanted:
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
    edit: ini.Edit
    findings: tuple[Problem, ...]


def proposed(wanted: Wanted, environ: Mapping[str, str]) -> Proposal:
    """The config file with every alias as a profile that it can be, not yet written.

    Raises Failed: an invalid file, markers without a partner, a profile of the same name that is not ours.
    """
    made, findings = _profiles(wanted, environ)
    return _edited(wanted, made, findings, environ)


def write(wanted: Wanted, environ: Mapping[str, str], say: Callable[[str], None]) -> Proposal:
    """The same, written, unless it is so already. `say` gets what this run waits for. Raises Failed."""
    made, findings = _profiles(wanted, environ)
    proposal = _edited(wanted, made, findings, environ)
    if not proposal.edit.changed:
        return proposal
    with aws_files.alone(proposal.path, environ, say):
        proposal = _edited(wanted, made, findings, environ)
        aws_files.write(proposal.path, proposal.edit.text)
    return proposal


def _profiles(wanted: Wanted, environ: Mapping[str, str]) -> tuple[tuple[Profile, ...], tuple[Problem, ...]]:
    desired = _desired(wanted)
    warnings = tuple(problem for problem in desired.problems if problem.level is Level.WARNING)
    if wanted.process:
        process = Process(tuple(wanted.program), _absolute(wanted.files), tuple(wanted.variables.items()))
        made = profiles.as_processes(desired.aliases, process, wanted.prefix)
        return made, (*warnings, *profiles.lengthened(made))
    made = profiles.as_roles(desired.aliases, wanted.prefix)
    left_out = profiles.left_out(desired.aliases)
    return made, (*warnings, *left_out, *profiles.unsaid(made, _with_mfa(desired, environ)))


def _with_mfa(desired: Desired, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the aliases that need MFA: of whoever the source profile is known to be, else of any user of the file."""
    account = None if desired.state.account == PLACEHOLDER_ACCOUNT else desired.state.account
    catalog, cache = of_desired(desired, account), Cache.of(environ, lambda line: None)

    def needs(alias: Alias) -> bool:
        if alias.mfa is not None:
            return alias.mfa
        profile = alias.source_profile or profiles.DEFAULT
        source = identity_of(profile, environ)
        known = warm.identity(cache, source, warm.endpoint(None, profile, environ)) if source else None
        if known is None:
            return catalog.demands.of_somebody(alias.name)
        return catalog.demand((alias,), Caller(str(known["arn"]), str(known["account"]))).required is True

    return frozenset(alias.name for alias in desired.aliases.values() if not alias.via and needs(alias))


def _desired(wanted: Wanted) -> Desired:
    """What the files mean. A `role_arn` needs the account and partition, `credential_process` does not."""
    desired = offline(wanted.files, wanted.variables)
    if wanted.process or not any(alias.role for alias in desired.aliases.values()):
        return desired
    if desired.state.account == PLACEHOLDER_ACCOUNT:
        return offline(wanted.files, wanted.variables, *_account(desired))
    partition = _partition(desired)
    if partition in (None, DEFAULT_PARTITION):
        return desired
    return offline(wanted.files, wanted.variables, None, partition)


def _partition(desired: Desired) -> str | None:
    """Return the one partition that the aliases' regions and role ARNs belong to; None if there is not exactly one."""
    aliases = desired.aliases.values()
    found = {partition_of_region(alias.region) for alias in aliases if alias.region}
    found |= {partition_of_arn(alias.role_arn) for alias in aliases if alias.role is None}
    known = found - {None}
    return known.pop() if len(known) == 1 else None


def _account(desired: Desired) -> tuple[str, str]:
    """The account and partition of whoever the aliases are assumed from. Raises Failed."""
    from reconciler.aws import sts

    sources = (alias_with_source(hops(name, desired.aliases)) for name in desired.aliases)
    alias = next((alias for alias in sources if alias), None)
    profile, place = (alias.source_profile, alias.place) if alias else (None, None)
    try:
        caller = sts.Source(profile, None, _partition(desired), None, place).caller
    except Failed as failed:
        unknown = failure(
            "no-account",
            "The file names no account, so the ARNs of its roles are not known, and AWS could not be asked.",
            hint="Write `account:` into the file, log in, or pass --credential-process.",
        )
        raise Failed([*failed.problems, *unknown.problems]) from None
    return caller.account, caller.arn.split(":")[1]


def _absolute(files: Sequence[str]) -> tuple[str, ...]:
    """As they were named, or the default one, from the root folder."""
    return tuple(str(_normal(Path(file))) for file in files or named_files(()))


def _normal(path: Path) -> Path:
    """Absolute, without `..` where that leads nowhere else."""
    absolute = path.absolute()
    return absolute.resolve() if ".." in absolute.parts else absolute


def _edited(
    wanted: Wanted, made: Sequence[Profile], findings: Iterable[Problem], environ: Mapping[str, str]
) -> Proposal:
    path, credentials = aws_files.config_file(environ), aws_files.credentials_file(environ)
    text, secrets = aws_files.read(path), aws_files.read(credentials)
    files = _absolute(wanted.files)
    body = profiles.body(made, {profile.name: ini.header_of(profile.name) for profile in made})
    edit = ini.with_block(text, files[0] if len(files) == 1 else shlex.join(files), body, str(path))
    others = _others(edit, text, path, secrets, credentials)
    _check_foreign(made, others)
    missing = profiles.without_source(made, frozenset(others))
    return Proposal(path, edit, (*findings, *_flaws(path, credentials), *missing))


def _flaws(*paths: Path) -> Iterator[Problem]:
    """Yield a warning for each file that no tool of AWS's can read, this block included."""
    for path in paths:
        flaw = find_flaw(str(path))
        if flaw is not None:
            summary = f"AWS's tools cannot read {path}: {flaw.what}."
            detail = "Until that is mended no profile in it works."
            yield Problem(Level.WARNING, "aws-file-unreadable", summary, detail, flaw.remedy, flaw.place)


def _others(edit: ini.Edit, text: str, path: Path, secrets: str, credentials: Path) -> dict[str, Place]:
    """The profiles outside our block, and where they stand; those of the config file win."""
    found = {section.name: ini.place(str(credentials), section.start) for section in ini.sections(secrets)}
    for section in ini.sections(text):
        name = ini.profile_of(section.name)
        if name is not None and section.start not in edit.ours:
            found[name] = ini.place(str(path), section.start)
    return found


def _check_foreign(made: Iterable[Profile], others: Mapping[str, Place]) -> None:
    taken = [
        Problem(
            Level.ERROR,
            "profile-exists",
            f"There is a profile {profile.name} already, which is not of this file; nothing was written.",
            "A second one would break the config file, or hide its keys.",
            "Pass --prefix, or rename the alias or that profile.",
            others[profile.name],
        )
        for profile in made
        if profile.name in others
    ]
    if taken:
        raise Failed(taken)

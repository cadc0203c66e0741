"""Rules about profiles in AWS's config and credentials files."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import CLI_GUIDE, SDK_GUIDE

RULES = (
    Rule(
        "aws-file-unreadable",
        Level.WARNING,
        title="AWS's tools cannot read the file",
        why="One broken line makes every profile of the file fail, those of reconcile included.",
        how_to_fix="Mend the line that the message names.",
        source=f"{SDK_GUIDE}/file-format.html",
    ),
    Rule(
        "mfa-serial-unknown",
        Level.WARNING,
        title="A profile needs MFA and names no device",
        why="AWS's tools do not look devices up, so AWS will refuse the role.",
        how_to_fix="Set `mfa_serial` of the alias, or pass `--credential-process`, which finds the device.",
    ),
    Rule(
        "no-account",
        Level.ERROR,
        title="The file names no account, and AWS could not be asked",
        why="The ARNs of the roles are not known.",
        how_to_fix="Write `account:` into the file, log in, or pass `--credential-process`.",
    ),
    Rule(
        "no-source-profile",
        Level.WARNING,
        title="The profile to assume the role from does not exist",
        why="AWS's tools cannot use the new profile on this machine.",
        how_to_fix="Run `aws configure --profile NAME`, or change `source_profile`.",
    ),
    Rule(
        "profile-duration",
        Level.WARNING,
        title="A profile asks for a longer session than the alias",
        why=(
            "AWS's tools take a session with less than 15 minutes left for one that has ended, so a shorter one is of "
            "no use to them."
        ),
        how_to_fix="Write a duration of 30m or more, so that both agree.",
    ),
    Rule(
        "profile-exists",
        Level.ERROR,
        title="There is a profile of that name already",
        why="A second one would break the file or hide its keys. Nothing was written.",
        how_to_fix="Pass another name (`--into`, `--prefix`), or rename the alias or that profile.",
    ),
    Rule(
        "profile-leaves-out",
        Level.WARNING,
        title="A profile cannot say everything that the alias says",
        why="AWS's tools assume the role without the fields that the message names.",
        how_to_fix="Pass `--credential-process`, which keeps every field of the alias.",
        source=f"{CLI_GUIDE}/cli-configure-role.html",
    ),
    Rule(
        "profile-left-out",
        Level.WARNING,
        title="An alias gets no profile",
        why=(
            "It has a session policy, which a profile with `role_arn` cannot say: the profile would allow more than "
            "the alias."
        ),
        how_to_fix="Pass `--credential-process` for a profile that is as narrow as the alias.",
    ),
    Rule(
        "profile-loop",
        Level.ERROR,
        title="The profiles would lead back to themselves",
        why="AWS's tools could not find the credentials to begin with.",
        how_to_fix="Set `source_profile` of the alias to a profile with keys, or pass `--prefix`.",
    ),
    Rule(
        "profile-name",
        Level.ERROR,
        title="A text cannot be the name of a profile",
        why=(
            "A name stands between brackets in the file. AWS's tools would put the content of `[DEFAULT]` into every "
            "profile."
        ),
        how_to_fix="Name another one with `--into`.",
        source=f"{SDK_GUIDE}/file-format.html",
    ),
    Rule(
        "profile-prefix",
        Level.ERROR,
        title="A text cannot begin the name of a profile",
        why="The names would not be readable for AWS's tools, or look like options.",
        how_to_fix="Use letters, digits and `+ = , . @ / : _ -`, and no `-` at the beginning.",
    ),
    Rule(
        "profile-value",
        Level.ERROR,
        title="A value cannot stand in a config file",
        why=(
            "A value is one line, without control characters or spaces at its ends. Another one would add lines to the "
            "file."
        ),
        how_to_fix="Change the value in the alias that the message names.",
    ),
    Rule(
        "profiles-broken-block",
        Level.ERROR,
        title="The block of `reconcile profiles` in the config file is damaged",
        why="Its first or last line is missing, so that reconcile cannot tell what is its own. Nothing was written.",
        how_to_fix="Mend the two marker lines that the message shows, or delete the block.",
    ),
    Rule(
        "profiles-stray-line",
        Level.ERROR,
        title="A line stands below the block and belongs to no section",
        why="AWS reads it as part of the block's last profile, which the next run writes anew. Nothing was written.",
        how_to_fix="Move the line to the section that it belongs to.",
    ),
)

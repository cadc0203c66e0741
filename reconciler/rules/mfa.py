"""Rules about MFA codes and devices."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE, STS_API

RULES = (
    Rule(
        "access-denied",
        Level.ERROR,
        title="The caller may not manage the MFA device",
        why=(
            "A policy of the caller does not allow the call. A guard that demands MFA also refuses it to a session "
            "without MFA."
        ),
        how_to_fix=(
            "Do it in a session with MFA, allow the caller the action that the message names, or have an administrator "
            "do it."
        ),
        source=f"{IAM_GUIDE}/id_credentials_mfa_enable_virtual.html",
    ),
    Rule(
        "aws-answer-lost",
        Level.ERROR,
        title="The answer of AWS was lost",
        why=(
            "Whether AWS has made the change is not known. The seed of a new device was in the answer, so that device "
            "is of no use."
        ),
        how_to_fix=(
            "Run the command again. If the message names a device that was left, delete it with `aws iam "
            "delete-virtual-mfa-device`."
        ),
    ),
    Rule(
        "declined",
        Level.ERROR,
        title="The question was not answered with yes",
        why="Nothing was changed.",
        how_to_fix="Run the command again, or pass another `--device-name`.",
    ),
    Rule(
        "mfa-code",
        Level.ERROR,
        title="No usable MFA code was given",
        why="A code is exactly six digits. AWS would refuse anything else.",
        how_to_fix=(
            "Pass `--token-code`, or `--token-command` with a command that prints a code, or run it in a terminal."
        ),
    ),
    Rule(
        "mfa-code-refused",
        Level.ERROR,
        title="AWS refused the MFA code",
        why="A code is valid for about 30 seconds and only once. A wrong clock of the device makes all codes wrong.",
        how_to_fix="Wait for the next code. If that is refused as well, check the clock of the device.",
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "mfa-code-used",
        Level.ERROR,
        title="This MFA code was used already",
        why="AWS takes each code once.",
        how_to_fix="Wait for the next code and pass that.",
    ),
    Rule(
        "mfa-command",
        Level.ERROR,
        title="`--token-command` failed",
        why="The command cannot be started, or it ended with an error, so there is no code.",
        how_to_fix="Run it by itself. It is run without a shell; for a pipe write `sh -c '…'`.",
    ),
    Rule(
        "mfa-device-exists",
        Level.ERROR,
        title="The user has an MFA device already",
        why="A second device is often enrolled by mistake.",
        how_to_fix="Pass `--another` to enrol a further one.",
    ),
    Rule(
        "mfa-device-limit",
        Level.ERROR,
        title="No further MFA device is possible",
        why="A user may have 8 MFA devices, and an account has a quota, too.",
        how_to_fix="Remove a device that nobody uses: `aws iam deactivate-mfa-device`.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "mfa-device-name",
        Level.ERROR,
        title="A name for an MFA device has a form that IAM refuses",
        why="IAM would refuse to create the device.",
        how_to_fix="Use letters, digits and `+ = , . @ _ -`.",
        source=f"{IAM_API}/API_CreateVirtualMFADevice.html",
    ),
    Rule(
        "mfa-device-refused",
        Level.ERROR,
        title="AWS cannot check a code of that MFA device",
        why="The serial number is not that of an enabled device of the caller.",
        how_to_fix="Correct `mfa_serial` of the alias or profile, or leave it out to have the device looked up.",
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "mfa-device-taken",
        Level.ERROR,
        title="There is already an MFA device of that name",
        why="Names of virtual devices are unique in the account.",
        how_to_fix="Pass another `--device-name`.",
        source=f"{IAM_API}/API_CreateVirtualMFADevice.html",
    ),
    Rule(
        "mfa-device-unknown",
        Level.ERROR,
        title="The caller may not look up its own MFA devices",
        why="The role needs MFA, and AWS wants the serial number of the device with the code.",
        how_to_fix="Set `mfa_serial` of the alias or profile, or allow the user iam:ListMFADevices.",
        source=f"{IAM_API}/API_ListMFADevices.html",
    ),
    Rule(
        "mfa-ignored",
        Level.WARNING,
        title="`mfa: required` has no effect, because `ignore_changes` covers it",
        why=(
            "A plan leaves the policies of the user or group, or the groups of the user, as they are live. It does not "
            "attach the MFA guard, so AWS may allow the user everything without MFA."
        ),
        how_to_fix="Take the field out of `ignore_changes`, or take `mfa: required` away.",
    ),
    Rule(
        "mfa-left-over",
        Level.ERROR,
        title="A virtual MFA device exists that nobody has",
        why="It blocks its name, and its seed is lost, so that nobody can ever enable it.",
        how_to_fix="Pass `--replace` to delete it, or another `--device-name`.",
    ),
    Rule(
        "mfa-no-device",
        Level.ERROR,
        title="The caller has no MFA device that gives codes",
        why="The role needs MFA. Passkeys and security keys work in the console only.",
        how_to_fix="Enrol an authenticator app: `reconcile mfa enroll`.",
        source=f"{IAM_GUIDE}/id_credentials_mfa_configure-api-require.html",
    ),
    Rule(
        "mfa-no-terminal",
        Level.ERROR,
        title="A code is needed, and nobody can be asked for it",
        why="There is no terminal, for example in a pipeline or for a program that runs a credential_process.",
        how_to_fix=(
            "Pass `--token-code` or `--token-command`; `reconcile mfa enroll` takes `--seed-file`. For a profile with "
            "`mfa_serial`, set `RECONCILE_MFA_CODE`."
        ),
    ),
    Rule(
        "mfa-no-user",
        Level.ERROR,
        title="The caller is not a user",
        why="Only users have MFA devices here, so reconcile cannot tell whose device is meant.",
        how_to_fix="Name the user: `reconcile mfa enroll USER`, or pass `--profile` with the keys of that user.",
    ),
    Rule(
        "no-such-user",
        Level.ERROR,
        title="There is no user of that name",
        why="The device cannot be given to anybody.",
        how_to_fix="Take the suggestion of the message, and check which account the credentials are of.",
    ),
    Rule(
        "seed-file",
        Level.ERROR,
        title="The file for the seed cannot be made or written",
        why="The seed is the secret of the device. It is written only to a new file that nobody else can read.",
        how_to_fix="Name a new file with `--seed-file`.",
    ),
    Rule(
        "terminal-narrow",
        Level.ERROR,
        title="The terminal is too narrow for the QR code",
        why="A code that is cut off cannot be scanned.",
        how_to_fix="Make the terminal wider, or pass `--show-seed` and type the seed into the app.",
    ),
)

"""Rules about assuming a role, and about the AWS console."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE, SDK_GUIDE, STS_API

RULES = (
    Rule(
        "assume-refused",
        Level.ERROR,
        title="AWS does not let the caller assume the role",
        why=(
            "The role's trust does not admit the caller under these conditions, the caller's own policies do not allow "
            "it, or there is no such role. AWS gives the same answer for all three."
        ),
        how_to_fix="Run `reconcile assume ALIAS --explain`, which looks at both sides and names the line to change.",
        source=f"{IAM_GUIDE}/troubleshoot_roles.html",
    ),
    Rule(
        "assume-root",
        Level.ERROR,
        title="The root user cannot assume roles",
        why="AWS refuses it for every role.",
        how_to_fix=(
            "Use the keys of a user: `reconcile assume ALIAS` with `--profile`, or `source_profile` of the alias."
        ),
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "aws-says",
        Level.INFO,
        title="AWS gave a reason for its refusal",
        why=(
            "It names the action, or the kind of policy that refuses, such as a service control policy. Nothing "
            "else shows that reason."
        ),
        how_to_fix="Ask whoever manages that policy.",
    ),
    Rule(
        "cannot-forget",
        Level.ERROR,
        title="Kept credentials cannot be removed",
        why="The file may hold credentials that still work.",
        how_to_fix="Remove the file that the message names by hand.",
    ),
    Rule(
        "cmd-unquotable",
        Level.ERROR,
        title="A value cannot be written for cmd",
        why="cmd has no escape for quotes, `%`, `!` and line ends.",
        how_to_fix="Use `--shell powershell`, or run the command as `reconcile assume ALIAS -- CMD`.",
    ),
    Rule(
        "console-answer",
        Level.ERROR,
        title="The sign-in endpoint answered something else than a token",
        why="A proxy or another endpoint may answer in AWS's place, or AWS has a fault.",
        how_to_fix="Run it again in a minute. If it stays, check `AWS_ENDPOINT_URL` and any proxy.",
        source=f"{IAM_GUIDE}/id_roles_providers_enable-console-custom-url.html",
    ),
    Rule(
        "console-endpoint",
        Level.ERROR,
        title="The sign-in endpoint is not safe",
        why="It is sent the session's keys, which anybody on the way could read without https.",
        how_to_fix="Set `AWS_ENDPOINT_URL_SIGNIN` to an https URL; http is taken for this machine only.",
        source=f"{SDK_GUIDE}/feature-ss-endpoints.html",
    ),
    Rule(
        "console-refused",
        Level.ERROR,
        title="AWS gives no console sign-in for these credentials",
        why=(
            "They may have ended, belong to another partition, or come from another role's session, which may not "
            "choose a duration."
        ),
        how_to_fix="Run it again with `--no-cache`, and without `--duration`.",
        source=f"{IAM_GUIDE}/id_roles_providers_enable-console-custom-url.html",
    ),
    Rule(
        "console-unknown",
        Level.ERROR,
        title="The console of the partition is not known",
        why="AWS documents no sign-in host for it.",
        how_to_fix="Use the credentials without `--console`.",
    ),
    Rule(
        "console-unreachable",
        Level.ERROR,
        title="The sign-in endpoint cannot be reached",
        why="Without its answer there is no URL that opens the console.",
        how_to_fix="Check the network, `HTTPS_PROXY`, `NO_PROXY` and `AWS_CA_BUNDLE`, as the message says.",
    ),
    Rule(
        "mfa-from-role",
        Level.ERROR,
        title="A role needs MFA, and the caller is a role",
        why="AWS takes MFA codes only from users; a role's session carries no MFA.",
        how_to_fix="Start from a user: pass `--profile`, or set `source_profile` of the alias.",
        source=f"{IAM_GUIDE}/id_credentials_mfa_configure-api-require.html",
    ),
    Rule(
        "no-region",
        Level.ERROR,
        title="No region is set, and none is known for the partition",
        why="STS has an endpoint for each region, and a partition that this version does not know has no default.",
        how_to_fix="Pass `--region` with a region of the partition, or set `AWS_REGION`.",
    ),
    Rule(
        "not-as-meant",
        Level.ERROR,
        title="AWS says that the session is somebody else",
        why="`--verify` assumes the role and compares. The alias leads to another role than it names.",
        how_to_fix="Check `role` of the alias, the endpoint and the AWS profile.",
        source=f"{STS_API}/API_GetCallerIdentity.html",
    ),
    Rule(
        "session-duration",
        Level.ERROR,
        title="A session cannot last that long, or that short",
        why=(
            "AWS allows 15 minutes to the role's max_session_duration, and 1 hour for a role that is assumed from "
            "another role's session."
        ),
        how_to_fix=(
            "Ask for a `--duration` within the limit that the message names, or raise `max_session_duration` of the "
            "role."
        ),
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "session-name",
        Level.ERROR,
        title="A session name has a form that AWS refuses",
        why="AWS takes 2 to 64 letters, digits and `_ + = , . @ -`.",
        how_to_fix="Change `--session-name`, or `session_name` of the alias.",
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "session-over",
        Level.ERROR,
        title="The credentials in this terminal have expired",
        why="AWS no longer accepts them.",
        how_to_fix='Leave the subshell, or run `eval "$(reconcile assume --unset)"`, or pass `--profile`.',
    ),
    Rule(
        "session-too-short",
        Level.ERROR,
        title="A session is too short for a credential_process",
        why="AWS SDKs refresh credentials that have less than 15 minutes left, and would ask for each command anew.",
        how_to_fix="Ask for more: `--duration 1h`.",
        source=f"{SDK_GUIDE}/feature-process-credentials.html",
    ),
    Rule(
        "session-without-mfa",
        Level.ERROR,
        title="IAM refuses a session that was made without MFA",
        why=(
            "Sessions of GetSessionToken may call IAM only if they were made with an MFA code. `aws-vault exec` makes "
            "one without MFA by default."
        ),
        how_to_fix="Use the keys themselves (`aws-vault exec --no-session`), or make the session with an MFA code.",
        source=f"{STS_API}/API_GetSessionToken.html",
    ),
)

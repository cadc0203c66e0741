"""Rules that report what a plan shows but does not refuse."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import AWS_POLICIES, IAM_API, IAM_GUIDE

RULES = (
    Rule(
        "access-key-count",
        Level.WARNING,
        title="A user has more access keys than its rule allows",
        why="Each further key is one more secret that can leak. Inactive keys count: one call makes them work again.",
        how_to_fix="Delete the key that nobody uses, with `aws iam delete-access-key`.",
        source=f"{IAM_GUIDE}/id_credentials_access-keys.html",
    ),
    Rule(
        "access-key-old",
        Level.WARNING,
        title="An access key is older than its rule allows",
        why="The longer a key lives, the more places hold it.",
        how_to_fix="Rotate it: `reconcile keys rotate USER`. Delete it if it is inactive.",
        source=f"{IAM_GUIDE}/id-credentials-access-keys-update.html",
    ),
    Rule(
        "caller-kept",
        Level.WARNING,
        title="The caller is no longer in the file, but runs this plan",
        why="A caller that deletes itself would stop the apply half-way. It stays.",
        how_to_fix="Run the plan as somebody else to have it deleted, or declare it again.",
    ),
    Rule(
        "caller-unknown",
        Level.WARNING,
        title="The caller is not in live IAM",
        why=(
            "It is not a user or role that was read, for example a federated user. reconcile cannot check whether the "
            "plan locks it out."
        ),
        how_to_fix="Read what the plan takes away, or run it as a user or role of the account.",
    ),
    Rule(
        "dangling-principal",
        Level.WARNING,
        title="A live trust names a deleted principal",
        why=(
            "IAM shows an id such as `AIDA…` in its place. A new user or role of the old name is not let in until the "
            "trust is written again."
        ),
        how_to_fix="Declare the trust with the ARN of who is meant, or remove that principal.",
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "group-without-owner",
        Level.INFO,
        title="A new group lies outside the owner's path",
        why=(
            "Groups have no tags. Only their path tells whose they are, so no plan will delete this one with its entry."
        ),
        how_to_fix="Write `path: /OWNER/` in the entry of a group that is to go with it.",
    ),
    Rule(
        "ignored",
        Level.WARNING,
        title="An entity is both declared and ignored",
        why="`settings.ignore` wins: the entity is left as it is, whatever the file says of it.",
        how_to_fix="Take it out of the file, or out of `settings.ignore`.",
    ),
    Rule(
        "passwords-expire",
        (Level.WARNING, Level.INFO),
        title="Old passwords expire as soon as the policy is written",
        why=(
            "The age of a password counts from its last change. With `hard_expiry` users are shut out until an "
            "administrator resets them."
        ),
        how_to_fix="Warn the users first, or set a longer `max_age` for now.",
        source=f"{IAM_GUIDE}/id_credentials_passwords_account-policy.html",
    ),
    Rule(
        "read-denied",
        (Level.WARNING, Level.INFO),
        title="The caller may not read something",
        why="The plan does not know what the call would show. For a user that is deleted, IAM may refuse the deletion.",
        how_to_fix="Allow the call that the message names to the caller.",
    ),
    Rule(
        "unknown-aws-policy",
        Level.WARNING,
        title="An AWS-managed policy is probably misspelt",
        why="IAM refuses to attach a policy that does not exist.",
        how_to_fix=(
            "Take the suggestion of the message. Some policies of AWS have a path, as in `aws:service-role/NAME`."
        ),
        source=AWS_POLICIES,
    ),
    Rule(
        "user-without-login-profile",
        Level.WARNING,
        title="A user is to sign in to the console and has no password",
        why="Passwords are secrets, so reconcile sets none. Until somebody does, the user cannot sign in.",
        how_to_fix="Let an administrator run `aws iam create-login-profile`, or set a password in the AWS console.",
        source=f"{IAM_API}/API_CreateLoginProfile.html",
    ),
    Rule(
        "user-without-mfa-device",
        Level.WARNING,
        title="A user must use MFA and has no device",
        why="Until then the user can do nothing but enrol a device.",
        how_to_fix="The user runs `reconcile mfa enroll`.",
        source=f"{IAM_GUIDE}/id_credentials_mfa_enable_virtual.html",
    ),
)

"""Rules about access keys of users (`reconcile keys`)."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE

RULES = (
    Rule(
        "credentials-readable",
        Level.WARNING,
        title="Others may read the credentials file",
        why="Every user of the machine can take the keys.",
        how_to_fix="Run `chmod 600 FILE`.",
    ),
    Rule(
        "foreign-key",
        Level.ERROR,
        title="A new access key belongs to somebody else",
        why="AWS says that the key is another user's. It must not be used for this one.",
        how_to_fix="Check the endpoint and the credentials that created it, and delete the key.",
    ),
    Rule(
        "inactive-key-in-profile",
        Level.ERROR,
        title="The key of the profile is inactive, and there is another one",
        why="A rotation cannot tell which of the two keys is in use.",
        how_to_fix="Delete the key that nothing uses, with `aws iam delete-access-key`.",
        source=f"{IAM_GUIDE}/id-credentials-access-keys-update.html",
    ),
    Rule(
        "key-limit",
        Level.ERROR,
        title="The file allows no further access key",
        why="`access_keys: {max_count: …}` of the file limits the keys of this user.",
        how_to_fix="Rotate the key that is there: `reconcile keys rotate USER`; or raise `max_count`.",
    ),
    Rule(
        "key-lost",
        Level.ERROR,
        title="AWS created a key, but its secret was lost with the answer",
        why="Nobody can use it. It was deleted again.",
        how_to_fix="Run the command again.",
    ),
    Rule(
        "key-quota",
        Level.ERROR,
        title="The user has two access keys",
        why="AWS allows no third.",
        how_to_fix="Delete one that nothing uses: `aws iam delete-access-key --user-name USER --access-key-id ID`.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "key-still-active",
        Level.ERROR,
        title="The old access key is still active",
        why="The new key is in place and works, but switching the old one off failed.",
        how_to_fix="Run the same command again: it goes on from here.",
    ),
    Rule(
        "key-taken-back",
        Level.ERROR,
        title="A new access key was deleted again",
        why="It could not be put into the profile, and a key that nobody has is of no use.",
        how_to_fix="Mend what the message before it names, and run the command again.",
    ),
    Rule(
        "key-unclear",
        Level.ERROR,
        title="There may be a key whose secret nobody knows",
        why="The answer of AWS was lost, and the user's keys could not be told apart or read.",
        how_to_fix="List the keys with `aws iam list-access-keys --user-name USER`, and delete the one that is new.",
    ),
    Rule(
        "key-unverified",
        Level.ERROR,
        title="A new access key does not work yet",
        why="AWS takes some seconds to know a new key everywhere. This one is in the profile already.",
        how_to_fix="Try `aws sts get-caller-identity --profile NAME` in a minute.",
    ),
    Rule(
        "no-key-in-profile",
        Level.ERROR,
        title="The profile has no access key",
        why="There is nothing to rotate.",
        how_to_fix="Name the profile with `--into`, or make a first key: `reconcile keys issue USER`.",
    ),
    Rule(
        "not-the-new-key",
        Level.ERROR,
        title="The key of the profile did not replace the other one",
        why="`--finish` deletes only a key that a rotation has replaced. This may be somebody else's.",
        how_to_fix="If nothing uses the other key, delete it with `aws iam delete-access-key`.",
    ),
    Rule(
        "old-key-active",
        Level.ERROR,
        title="The old key is still active",
        why="`--finish` deletes only an inactive key: an active one may still be in use.",
        how_to_fix="Run the rotation again without `--finish`, or deactivate the key once nothing uses it.",
        source=f"{IAM_GUIDE}/id-credentials-access-keys-update.html",
    ),
    Rule(
        "other-key",
        Level.WARNING,
        title="The user has another access key",
        why="Each further key is one more secret that can leak.",
        how_to_fix="If nothing uses it, delete it with `aws iam delete-access-key`.",
    ),
    Rule(
        "other-key-in-profile",
        Level.ERROR,
        title="The profile holds a key that is not the user's",
        why="Rotating it would replace somebody else's credentials, or those of a session.",
        how_to_fix="Name another profile with `--into`.",
    ),
    Rule(
        "profile-changed",
        Level.ERROR,
        title="Another program has changed the profile meanwhile",
        why="Writing the new key would overwrite what that program wrote.",
        how_to_fix="Look at the credentials file, then run the command again.",
    ),
    Rule(
        "rotation-not-finished",
        Level.ERROR,
        title="The old key of an earlier rotation is still there",
        why="It is inactive, but counts: AWS allows no third key.",
        how_to_fix="Pass `--finish` to delete it, then rotate again.",
        source=f"{IAM_GUIDE}/id-credentials-access-keys-update.html",
    ),
    Rule(
        "two-active-keys",
        Level.ERROR,
        title="The user has two active keys",
        why="AWS allows no third, and the second one may be in use somewhere.",
        how_to_fix="If nothing uses it, delete it with `aws iam delete-access-key`.",
    ),
    Rule(
        "unknown-user",
        Level.ERROR,
        title="There is no user of that name in the account",
        why="A key cannot be made for somebody who does not exist.",
        how_to_fix="Take the suggestion of the message, and check which account the credentials are of.",
    ),
)

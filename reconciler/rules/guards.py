"""Rules that refuse a plan, or a part of it, before anything is written."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import AWS_POLICIES, IAM_GUIDE

RULES = (
    Rule(
        "break-glass-kept",
        Level.WARNING,
        title="A break-glass principal is no longer listed, but stays guarded",
        why="The live tag still marks it: one edit of the file must not be enough to close the way back in.",
        how_to_fix="Name it again under `settings.break_glass`, or pass `--allow-lockout` once to take the tag off.",
    ),
    Rule(
        "deleted-reference",
        Level.ERROR,
        title="An entity refers to something that the plan would delete",
        why="IAM would refuse the deletion, or the entity would lose a policy, a boundary or a trusted principal.",
        how_to_fix="Declare what it names, or remove the reference. After a move, let it name the new entity.",
    ),
    Rule(
        "foreign-boundary",
        Level.ERROR,
        title="The plan deletes a policy that is the boundary of entities outside the file",
        why="Without their permissions boundary these users or roles would gain rights.",
        how_to_fix="Keep the policy in the file, or give the entities another boundary first.",
        source=f"{IAM_GUIDE}/access_policies_boundaries.html",
    ),
    Rule(
        "foreign-use",
        Level.ERROR,
        title="Something would be deleted that entities outside the file use",
        why="They would lose a policy, a group or a way to assume a role, and nobody who reads this file would see it.",
        how_to_fix="Keep it in the file, or pass `--allow-foreign-detach` to take it from them.",
    ),
    Rule(
        "immutable-field",
        Level.ERROR,
        title="A field cannot be changed after the creation",
        why="AWS has no call that changes it. Only a new entity could have the other value.",
        how_to_fix=(
            "Write the live value, or leave the key out. For a role or policy, give it a new name and write `moved: "
            "{role/OLD: role/NEW}`."
        ),
    ),
    Rule(
        "lockout",
        Level.ERROR,
        title="The plan locks out whoever runs it, or a break-glass principal",
        why=(
            "After the apply, that principal could not undo it: it loses its way in, or the rights that going back "
            "needs."
        ),
        how_to_fix="Leave it those rights and a way in. If it is meant, pass `--allow-lockout`.",
        source=f"{IAM_GUIDE}/reference_policies_evaluation-logic.html",
    ),
    Rule(
        "other-owner",
        Level.ERROR,
        title="The entity belongs to another owner",
        why=(
            "Its tag `reconcile:owner`, or the path of a group, says that another file manages it. Two files would "
            "undo each other's changes."
        ),
        how_to_fix="Remove it from this file, or pass `--take-over` once the other owner has let it go.",
    ),
    Rule(
        "protected",
        (Level.ERROR, Level.WARNING),
        title="A protected entity would be deleted",
        why="`protect: true` keeps it. A plan leaves it as it is and says so; a move that would delete it is refused.",
        how_to_fix="To delete it, first declare it with `protect: false` and apply that.",
    ),
    Rule(
        "threshold-raised",
        Level.WARNING,
        title="The file raises a threshold, and this plan needs it",
        why="A change of `settings` in the same file can allow a plan to delete more than the defaults do.",
        how_to_fix="Read what goes. If it is more than you mean, lower the setting that the message names.",
    ),
    Rule(
        "too-many-deletes",
        Level.ERROR,
        title="The plan deletes more than the thresholds allow",
        why=(
            "More deletions than `max_deletes` (10 by default), or a larger share of a kind than `max_delete_percent` "
            "(30 %), often mean that a part of the file is missing. Passwords, keys and MFA devices of deleted users "
            "count, too."
        ),
        how_to_fix="Look for a missing file, `include` or section. If it is meant, pass `--allow-deletes`.",
    ),
    Rule(
        "too-many-removals",
        Level.ERROR,
        title="The plan takes more away from entities than the threshold allows",
        why=(
            "More than `max_removals` (50) policies, memberships and boundaries taken from entities that stay often "
            "mean that a part of the file is missing. A document that comes to deny everything counts, too."
        ),
        how_to_fix="Look for a missing file, `include` or section. If it is meant, pass `--allow-deletes`.",
    ),
    Rule(
        "unknown-break-glass",
        Level.ERROR,
        title="`settings.break_glass` names somebody who does not exist",
        why="The principal that should still get in if all else fails would not be guarded.",
        how_to_fix="Declare it, or correct the name.",
    ),
    Rule(
        "unknown-policy",
        Level.ERROR,
        title="A managed policy does not exist",
        why="IAM refuses to attach it, and the apply would stop there.",
        how_to_fix="Correct the name. Some policies of AWS have a path, as in `aws:service-role/NAME`.",
        source=AWS_POLICIES,
    ),
    Rule(
        "unknown-principal",
        Level.ERROR,
        title="A trust names a principal that does not exist",
        why=(
            "IAM refuses a trust with a user or role that is not there, also if only its path differs, and the apply "
            "would stop there."
        ),
        how_to_fix=(
            "Create the principal first, or correct the ARN. Remove ids such as `AIDA…`: they are what is left of "
            "deleted principals."
        ),
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "unknown-target",
        Level.ERROR,
        title="`--target` names nothing in the file or the account",
        why="A plan for a misspelt target would be empty and look as if all were well.",
        how_to_fix="Take the suggestion of the message. An address reads kind/name, as in `role/app`.",
    ),
    Rule(
        "unread-kind",
        Level.ERROR,
        title="The caller may not read what the file declares",
        why="The entity may exist already. Without reading it, reconcile cannot tell whether to create or change it.",
        how_to_fix="Allow the caller the calls that `read-denied` names, or take the entity out of the file.",
    ),
    Rule(
        "widens-access",
        Level.ERROR,
        title="The plan widens access, and --refuse-widening is set",
        why=(
            "A pipeline that applies without a person may make only plans that give nobody anything. This plan gives "
            "something: see the lines below `Risk`."
        ),
        how_to_fix="Have a person review the plan, and apply it without --refuse-widening.",
    ),
)

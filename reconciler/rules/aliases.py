"""Rules about the aliases of a file."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE, STS_API

RULES = (
    Rule(
        "alias-cycle",
        Level.ERROR,
        title="`via` goes round in a circle",
        why="A chain of roles must begin with somebody's own credentials. This one has no beginning.",
        how_to_fix="Remove `via` from one alias of the circle.",
    ),
    Rule(
        "alias-external-id",
        Level.WARNING,
        title="An alias sends another external id than the role demands",
        why="Every way into the role tests the external id, so AWS will refuse the alias.",
        how_to_fix="Write the `external_id` that the message shows, or change the trust of the role.",
        source=f"{IAM_GUIDE}/id_roles_common-scenarios_third-party.html",
    ),
    Rule(
        "alias-loop",
        Level.ERROR,
        title="The aliases lead back to themselves",
        why="A chain of roles must begin with somebody's own credentials. This one has no beginning.",
        how_to_fix="Remove `via` from one alias of the circle.",
    ),
    Rule(
        "bad-alias",
        Level.ERROR,
        title="STS does not take a value of an alias",
        why=(
            "The session name, source identity, external id or MFA serial number has a form that STS refuses, so the "
            "role could not be assumed."
        ),
        how_to_fix=(
            "Write 2 to 64 letters, digits and `_ + = , . @ -` for a session name or source identity. For the other "
            "two, copy the value exactly."
        ),
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "region-partition",
        Level.ERROR,
        title="A region belongs to another partition than the role",
        why=(
            "STS of one partition cannot assume a role of another, and credentials of a role work only in its own "
            "partition."
        ),
        how_to_fix="Write a region of the role's partition, in the alias or with `--region`, as the message shows.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "source-identity-changed",
        Level.ERROR,
        title="An alias changes the source identity within a chain",
        why="STS does not let a chained session change it, and refuses the call.",
        how_to_fix="Leave `source_identity` out: the chained role keeps the one that was set first.",
        source=f"{IAM_GUIDE}/id_credentials_temp_control-access_monitor.html",
    ),
    Rule(
        "transitive-tag-set-again",
        Level.ERROR,
        title="An alias sets a tag that an earlier one has set as transitive",
        why="STS refuses to set a transitive tag again within a chain.",
        how_to_fix="Leave the tag out here, or take it off `transitive_tags` of the earlier alias.",
        source=f"{IAM_GUIDE}/id_session-tags.html",
    ),
    Rule(
        "unknown-alias",
        Level.ERROR,
        title="There is no alias of that name",
        why="Nothing says which role it would be.",
        how_to_fix="Take the suggestion of the message. `reconcile assume --list` shows the aliases of the file.",
    ),
)

"""Rules about durations and about what ends by itself (`expires`)."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE, STS_API

RULES = (
    Rule(
        "bad-duration",
        Level.ERROR,
        title="A duration is outside what AWS allows",
        why="AWS refuses a session or setting of that length, at the moment when somebody needs it.",
        how_to_fix=(
            "Write a duration within the limits that the message names, as in `45m`, `1h` or `90d`. With `via`, a "
            "session lasts 1h at most."
        ),
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "bad-moment",
        Level.ERROR,
        title="`expires` is not a moment in time",
        why="The end would never come, or come at a time that nobody meant.",
        how_to_fix=(
            "Write a date, which means 00:00 UTC of that day, or a time with its zone, as in `2027-03-31` or "
            "`2027-03-31T18:00:00Z`."
        ),
    ),
    Rule(
        "expired",
        Level.WARNING,
        title="Something in the file has ended",
        why="A plan treats it as gone, or AWS denies it already. The line in the file misleads its readers.",
        how_to_fix=(
            "Take it out of the file, or move the date if it is to go on. A user that has ended keeps keys and "
            "password until it is deleted."
        ),
    ),
    Rule(
        "expires",
        Level.INFO,
        title="An attachment or membership ends at that time",
        why="AWS has no end for attachments and memberships. Only the first apply after the moment takes it away.",
        how_to_fix="Nothing, if an apply runs regularly. Else plan one for that time.",
    ),
    Rule(
        "expires-ignored",
        Level.WARNING,
        title="`expires` has no effect, because `ignore_changes` covers it",
        why="The field is left as it is live, so the access goes on after the date.",
        how_to_fix="Take the field out of `ignore_changes`, or take `expires` away.",
    ),
    Rule(
        "expires-soon",
        Level.WARNING,
        title="Something ends within 14 days",
        why="Whoever depends on it loses access at that time.",
        how_to_fix="Move the date if it must last longer.",
    ),
    Rule(
        "expires-twice",
        Level.ERROR,
        title="`expires` and the document both set an end",
        why=(
            "`expires` adds DateLessThan on aws:CurrentTime to each statement, and a statement can have that only once."
        ),
        how_to_fix="Remove one of the two.",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition_operators.html",
    ),
)

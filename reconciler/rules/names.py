"""Rules about the names, paths, tags and ARNs of entities."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE

RULES = (
    Rule(
        "bad-arn",
        Level.ERROR,
        title="A text is not an ARN of the kind that is needed",
        why="AWS would refuse the call half-way through an apply, or the ARN would match nothing.",
        how_to_fix=(
            "Write the whole ARN of the kind that the message names, as in `arn:aws:iam::123456789012:role/NAME`."
        ),
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "bad-description",
        Level.ERROR,
        title="A description has a character that IAM refuses",
        why=(
            "IAM takes tab, line ends, printable ASCII and most of Latin-1 in descriptions. It refuses the whole call "
            "for one other character, such as a typographic quote."
        ),
        how_to_fix="Replace the character that the message shows.",
        source=f"{IAM_API}/API_CreateRole.html",
    ),
    Rule(
        "bad-name",
        Level.ERROR,
        title="A name has a form that AWS refuses",
        why="AWS would refuse the creation, after the calls before it were made.",
        how_to_fix="Use letters, digits and the marks that the message lists, and no more characters than it allows.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
    Rule(
        "bad-path",
        Level.ERROR,
        title="A path has a form that IAM refuses",
        why="IAM would refuse the creation. A path is part of the ARN and cannot be anything else.",
        how_to_fix="Begin and end it with `/`, as in `/eng/`, with at most 512 characters.",
        source=f"{IAM_GUIDE}/reference_identifiers.html",
    ),
    Rule(
        "bad-tag",
        Level.ERROR,
        title="IAM refuses the key or value of a tag",
        why=(
            "IAM takes letters, digits, spaces and a few marks, keys of 1 to 128 and values of up to 256 characters. "
            "It refuses the whole call for another tag."
        ),
        how_to_fix="Shorten the tag, or remove the character that IAM does not take.",
        source=f"{IAM_GUIDE}/id_tags.html",
    ),
    Rule(
        "issuer-case",
        Level.WARNING,
        title="The host of an OIDC issuer has capital letters",
        why=(
            "AWS compares the provider's URL with `iss` of the tokens to the letter. If the tokens spell it in lower "
            "case, nobody can come in."
        ),
        how_to_fix="Write the host as `iss` of a token spells it, nearly always in lower case.",
        source=f"{IAM_API}/API_CreateOpenIDConnectProvider.html",
    ),
    Rule(
        "other-partition",
        (Level.ERROR, Level.WARNING),
        title="An ARN belongs to another partition than the account",
        why=(
            "The partitions of AWS (the standard one, China, GovCloud …) share no identities. AWS refuses the "
            "ARN in a policy, and keys of one partition cannot assume a role of another."
        ),
        how_to_fix=(
            "Write the account's own partition, or `{{ partition }}` in a file for several. An alias into another "
            "partition needs `source_profile` with keys of that partition."
        ),
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "reserved-tag",
        Level.ERROR,
        title="A tag key belongs to AWS or to reconcile",
        why=(
            "AWS refuses keys that begin with `aws:`. Keys of reconcile (`reconcile:owner` and others) decide what it "
            "manages, deletes and protects, so a file may not set them by hand."
        ),
        how_to_fix=(
            "Rename the tag. In place of reconcile's own tags, use `owner:`, `protect:` and `settings.break_glass`."
        ),
        source=f"{IAM_GUIDE}/id_tags.html",
    ),
    Rule(
        "tag-case",
        Level.ERROR,
        title="Two tag keys differ in letter case only",
        why="On users, roles and sessions AWS treats them as one key, and refuses the call or keeps one value.",
        how_to_fix="Keep one of the two.",
        source=f"{IAM_GUIDE}/id_tags.html",
    ),
    Rule(
        "too-long",
        Level.ERROR,
        title="A text is longer than IAM allows",
        why="IAM refuses the call: descriptions have at most 1,000 characters, client ids at most 255.",
        how_to_fix="Shorten the text.",
        source=f"{IAM_GUIDE}/reference_iam-quotas.html",
    ),
)

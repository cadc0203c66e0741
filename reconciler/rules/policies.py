"""Rules about the grammar of policy documents: elements, statements, actions."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE, SERVICE_AUTHORIZATION

RULES = (
    Rule(
        "action-and-not-action",
        Level.ERROR,
        title="A statement has both Action and NotAction",
        why="AWS takes exactly one of the two and refuses the policy.",
        how_to_fix="Keep one of them.",
        source=f"{IAM_GUIDE}/reference_policies_elements_notaction.html",
    ),
    Rule(
        "action-not-for-trust",
        Level.ERROR,
        title="An action does not belong in a trust policy",
        why="A trust says who may assume the role. IAM refuses actions there that are not those of STS.",
        how_to_fix="Write an action of STS, such as `sts:AssumeRole`. Write what the role may do into its policies.",
        source=f"{IAM_GUIDE}/reference_policies_elements_action.html",
    ),
    Rule(
        "character-not-allowed",
        Level.ERROR,
        title="A policy has a character that AWS refuses",
        why=(
            "AWS takes tab, line ends and the characters U+0020 to U+00FF in policies. Editors and chats often turn "
            "quotes and dashes into others."
        ),
        how_to_fix="Replace the character that the message names by its plain form.",
        source=f"{IAM_API}/API_PutRolePolicy.html",
    ),
    Rule(
        "duplicate-sid",
        Level.ERROR,
        title="A Sid is used twice in one document",
        why="Sids must be unique within a document; IAM refuses it.",
        how_to_fix="Rename one, or leave both out.",
        source=f"{IAM_GUIDE}/reference_policies_elements_sid.html",
    ),
    Rule(
        "empty-list",
        Level.ERROR,
        title="A list in a policy is empty",
        why="An empty list names nothing, and AWS refuses the policy.",
        how_to_fix="Name at least one value, or remove the statement.",
        source=f"{IAM_GUIDE}/reference_policies_grammar.html",
    ),
    Rule(
        "id-in-identity-policy",
        Level.WARNING,
        title="A policy of an identity has an Id",
        why="Only policies of resources have an `Id`. Here it has no meaning.",
        how_to_fix="Remove the line.",
        source=f"{IAM_GUIDE}/reference_policies_elements_id.html",
    ),
    Rule(
        "invalid-action",
        Level.ERROR,
        title="An action has a form that AWS refuses",
        why="An action reads `service:Action`. IAM refuses the policy for one that does not.",
        how_to_fix="Write, for example, `s3:GetObject` or `s3:Get*`. The part before the colon has no wildcard.",
        source=f"{IAM_GUIDE}/reference_policies_elements_action.html",
    ),
    Rule(
        "invalid-effect",
        Level.ERROR,
        title="Effect is neither Allow nor Deny",
        why="AWS knows only these two words, in this letter case, and refuses the policy.",
        how_to_fix="Write `Allow` or `Deny`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_effect.html",
    ),
    Rule(
        "invalid-id",
        Level.ERROR,
        title="Id is not a text",
        why="AWS refuses the policy.",
        how_to_fix="Quote it, or remove the line.",
        source=f"{IAM_GUIDE}/reference_policies_elements_id.html",
    ),
    Rule(
        "invalid-sid",
        Level.ERROR,
        title="A Sid has a form that IAM refuses",
        why="IAM takes only letters and digits in a Sid, and refuses the policy for a space or a dash.",
        how_to_fix="Use the form that the message suggests, or leave `Sid` out.",
        source=f"{IAM_GUIDE}/reference_policies_elements_sid.html",
    ),
    Rule(
        "invalid-statement",
        Level.ERROR,
        title="Statement is not a list of objects, or is empty",
        why="A statement that is not an object allows and denies nothing; AWS refuses the policy.",
        how_to_fix="Write `Statement` as a list of objects with `Effect`, `Action` and `Resource`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_statement.html",
    ),
    Rule(
        "invalid-version",
        Level.ERROR,
        title="Version is not a version of AWS's grammar",
        why=(
            "`Version` is not the date of your policy. AWS knows `2012-10-17` and the old `2008-10-17` and refuses "
            "others."
        ),
        how_to_fix='Write `Version: "2012-10-17"`.',
        source=f"{IAM_GUIDE}/reference_policies_elements_version.html",
    ),
    Rule(
        "missing-action",
        Level.ERROR,
        title="A statement has neither Action nor NotAction",
        why="AWS refuses a statement that says nothing about actions.",
        how_to_fix="Add `Action`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_action.html",
    ),
    Rule(
        "missing-effect",
        Level.ERROR,
        title="A statement has no Effect",
        why="AWS cannot tell whether the statement allows or denies, and refuses the policy.",
        how_to_fix="Add `Effect: Allow` or `Effect: Deny`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_effect.html",
    ),
    Rule(
        "missing-resource",
        Level.ERROR,
        title="A statement has neither Resource nor NotResource",
        why="AWS refuses a policy of an identity that does not say on what it allows or denies.",
        how_to_fix='Add `Resource`, as in `Resource: "*"` or an ARN.',
        source=f"{IAM_GUIDE}/reference_policies_elements_resource.html",
    ),
    Rule(
        "missing-statement",
        Level.ERROR,
        title="A policy document has no Statement",
        why="Without one the policy says nothing; AWS refuses it.",
        how_to_fix="Add `Statement`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_statement.html",
    ),
    Rule(
        "not-a-string",
        Level.ERROR,
        title="A value is not a text",
        why="AWS takes only texts in this place and refuses the policy for a number, a boolean or a nested list.",
        how_to_fix="Quote the value.",
        source=f"{IAM_GUIDE}/reference_policies_grammar.html",
    ),
    Rule(
        "not-an-object",
        Level.ERROR,
        title="A policy document is not an object",
        why="A document consists of `Version` and `Statement`. Nothing else can be a policy.",
        how_to_fix="Write a mapping with `Statement`, or the path of a file that holds one.",
        source=f"{IAM_GUIDE}/reference_policies_grammar.html",
    ),
    Rule(
        "old-version-in-managed-policy",
        Level.ERROR,
        title="A managed policy has the old Version",
        why="CreatePolicy and CreatePolicyVersion take only `2012-10-17`.",
        how_to_fix=(
            'Write `Version: "2012-10-17"`. Each `${…}` is a variable then; write `${$}{…}` where it must stay a plain '
            "text."
        ),
        source=f"{IAM_API}/API_CreatePolicy.html",
    ),
    Rule(
        "unknown-action",
        Level.WARNING,
        title="AWS's list has no such action",
        why="An action that does not exist matches no request: the permission would be missing.",
        how_to_fix=(
            "Take the suggestion of the message, or check the spelling in the Service Authorization Reference. An "
            "action newer than the list is fine."
        ),
        source=SERVICE_AUTHORIZATION,
    ),
    Rule(
        "unknown-element",
        Level.ERROR,
        title="A key is not an element of a policy",
        why="AWS refuses a policy with a misspelt or unknown element.",
        how_to_fix="Take the suggestion of the message, or remove the key.",
        source=f"{IAM_GUIDE}/reference_policies_elements.html",
    ),
    Rule(
        "unknown-service",
        Level.WARNING,
        title="AWS's list has no such service prefix",
        why="Actions of a service that does not exist match no request: the permission would be missing.",
        how_to_fix=(
            "Take the suggestion of the message. Prefixes are often not the product's name, as in `logs:` for "
            "CloudWatch Logs."
        ),
        source=SERVICE_AUTHORIZATION,
    ),
)

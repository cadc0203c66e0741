"""Rules about conditions and about variables in policies."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE, SERVICE_AUTHORIZATION

RULES = (
    Rule(
        "condition-type-mismatch",
        Level.ERROR,
        title="A value does not fit its condition operator",
        why="AWS refuses the policy, for example for a text under NumericLessThan or for a date in another form.",
        how_to_fix="Write a value of the type that the message names, or use another operator.",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition_operators.html",
    ),
    Rule(
        "duplicate-condition-key",
        Level.ERROR,
        title="A condition has the same key twice",
        why="Condition keys ignore letter case, so AWS sees one key with two values and refuses the policy.",
        how_to_fix="Write one key with a list of values.",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition.html",
    ),
    Rule(
        "for-all-values-on-single-value",
        Level.WARNING,
        title="ForAllValues on a key that has one value",
        why="ForAllValues is also true if the key is absent, so the Allow lets requests without the key through.",
        how_to_fix="Use the operator without `ForAllValues:`, or add a Null condition that demands the key.",
        source=f"{IAM_GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    ),
    Rule(
        "invalid-condition",
        Level.ERROR,
        title="A Condition is not an object of operators",
        why="AWS refuses the policy.",
        how_to_fix="Write `{operator: {key: value}}`, as in `{StringEquals: {aws:PrincipalOrgID: o-1234567890}}`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition.html",
    ),
    Rule(
        "invalid-condition-key",
        Level.ERROR,
        title="A condition key has a form that AWS refuses",
        why="A condition key reads `prefix:name`. AWS refuses the policy for one that does not.",
        how_to_fix="Take the suggestion of the message, as in `aws:SourceIp`.",
        source=f"{IAM_GUIDE}/reference_policies_condition-keys.html",
    ),
    Rule(
        "invalid-condition-value",
        Level.ERROR,
        title="A value of a condition is not a text, number or boolean",
        why="AWS refuses the policy.",
        how_to_fix="Write a plain value, or a list of plain values.",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition.html",
    ),
    Rule(
        "mfa-allow-if-exists",
        Level.WARNING,
        title="An Allow with BoolIfExists lets calls without MFA through",
        why=(
            "Calls with a plain access key have no `aws:MultiFactorAuthPresent` at all, and IfExists is true for an "
            "absent key."
        ),
        how_to_fix="Use `Bool` in place of `BoolIfExists`.",
        source=f"{IAM_GUIDE}/id_credentials_mfa_configure-api-require.html",
    ),
    Rule(
        "mfa-deny-misses-access-keys",
        Level.WARNING,
        title="A Deny with Bool lets calls without MFA through",
        why=(
            'Calls with a plain access key have no `aws:MultiFactorAuthPresent` at all, so Bool "false" does not match '
            "them and the Deny does not apply."
        ),
        how_to_fix="Use `BoolIfExists` in place of `Bool`.",
        source=f"{IAM_GUIDE}/id_credentials_mfa_configure-api-require.html",
    ),
    Rule(
        "mfa-null-test",
        Level.WARNING,
        title="Null on `aws:MultiFactorAuthPresent` does not test for MFA",
        why=(
            "Calls with temporary credentials have the key with MFA and without. Null only tells whether the key is "
            "there."
        ),
        how_to_fix='Use Bool `"true"` to allow, BoolIfExists `"false"` to deny.',
        source=f"{IAM_GUIDE}/id_credentials_mfa_configure-api-require.html",
    ),
    Rule(
        "unknown-condition-key",
        Level.WARNING,
        title="AWS's list has no such condition key",
        why="A key that no request has makes the condition false, or always true for some operators.",
        how_to_fix="Take the suggestion of the message. A key newer than the list is fine.",
        source=SERVICE_AUTHORIZATION,
    ),
    Rule(
        "unknown-global-key",
        Level.WARNING,
        title="A global condition key is probably misspelt",
        why="A key that no request has makes the condition false, or always true for some operators.",
        how_to_fix="Take the suggestion of the message, as in `aws:PrincipalOrgID`.",
        source=f"{IAM_GUIDE}/reference_policies_condition-keys.html",
    ),
    Rule(
        "unknown-operator",
        Level.ERROR,
        title="A condition operator does not exist",
        why="AWS refuses the policy.",
        how_to_fix="Take the suggestion of the message, as in `StringEquals`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition_operators.html",
    ),
    Rule(
        "variable-in-old-version",
        Level.WARNING,
        title="A variable in a policy of Version 2008-10-17",
        why="The old version takes `${aws:username}` for plain text, so it matches nothing.",
        how_to_fix='Write `Version: "2012-10-17"`.',
        source=f"{IAM_GUIDE}/reference_policies_variables.html",
    ),
    Rule(
        "variable-in-wrong-place",
        Level.WARNING,
        title="A variable stands where AWS reads none",
        why=(
            "AWS replaces variables only in Resource (behind the fifth colon of an ARN) and in values of conditions. "
            "Elsewhere the text matches as it is written, which is never."
        ),
        how_to_fix="Write the value itself, or test the key in a Condition.",
        source=f"{IAM_GUIDE}/reference_policies_variables.html",
    ),
    Rule(
        "variable-of-many-values",
        Level.WARNING,
        title="A variable names a key with several values",
        why="AWS puts only keys with a single value into variables. The text would match nothing.",
        how_to_fix="Test the key in a Condition, with ForAnyValue or ForAllValues.",
        source=f"{IAM_GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    ),
    Rule(
        "variable-under-operator",
        Level.WARNING,
        title="A variable stands under an operator that reads none",
        why="AWS replaces variables under String and Arn operators only. Elsewhere the value does not match.",
        how_to_fix="Write the value itself.",
        source=f"{IAM_GUIDE}/reference_policies_variables.html",
    ),
    Rule(
        "wildcard-without-like",
        Level.WARNING,
        title="A wildcard stands under an operator that takes it literally",
        why="StringEquals compares the `*` as a character, so the condition hardly ever matches.",
        how_to_fix="Use StringLike (or StringNotLike).",
        source=f"{IAM_GUIDE}/reference_policies_elements_condition_operators.html",
    ),
)

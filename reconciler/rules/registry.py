"""All rules, by topic and by id. A new file of rules needs a line here."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.rules import (
    access,
    aliases,
    assertions,
    aws,
    certificates,
    conditions,
    content,
    cross_account,
    files,
    findings,
    guards,
    keys,
    mfa,
    moves,
    names,
    order,
    organizations,
    policies,
    principals,
    profiles,
    providers,
    quotas,
    resources,
    runs,
    sandbox,
    saved_plans,
    sessions,
    times,
    trust,
    variables,
    yaml_files,
)
from reconciler.rules.rule import Rule

TOPICS: Mapping[str, tuple[Rule, ...]] = {
    "Reading files": files.RULES,
    "YAML": yaml_files.RULES,
    "Variables": variables.RULES,
    "The content of a file": content.RULES,
    "Names, paths, tags and ARNs": names.RULES,
    "Quotas": quotas.RULES,
    "Durations and what ends": times.RULES,
    "Identity providers": providers.RULES,
    "Server certificates": certificates.RULES,
    "Trust": trust.RULES,
    "Principals": principals.RULES,
    "Trusts across accounts": cross_account.RULES,
    "Policies": policies.RULES,
    "Resources": resources.RULES,
    "Conditions and policy variables": conditions.RULES,
    "Guards of a plan": guards.RULES,
    "Moves": moves.RULES,
    "Findings of a plan": findings.RULES,
    "The order of the calls": order.RULES,
    "Saved plans, journals and undo": saved_plans.RULES,
    "Many accounts": organizations.RULES,
    "Questions about access": access.RULES,
    "Assertions": assertions.RULES,
    "Running a command": runs.RULES,
    "Aliases": aliases.RULES,
    "Sessions and the console": sessions.RULES,
    "MFA": mfa.RULES,
    "Access keys": keys.RULES,
    "Profiles of the AWS config file": profiles.RULES,
    "The connection to AWS": aws.RULES,
    "The sandbox": sandbox.RULES,
}
"""Title of a topic → its rules, in the order of the documentation."""

RULES: Mapping[str, Rule] = {
    rule.id: rule for rule in sorted((rule for rules in TOPICS.values() for rule in rules), key=lambda rule: rule.id)
}
"""Id → rule, sorted by id."""

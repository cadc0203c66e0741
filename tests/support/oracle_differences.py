"""The differences between an independent evaluator and AWS's documents, each as a rewriting of the case.

A rewriting says the same by AWS's documents, in a form that the evaluator reads as they do. It explains a disagreement
only if the evaluator agrees after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.oracle_rewritings import (
    complete_conditions,
    complete_resources,
    drop_excluded_resources,
    drop_excluded_values,
    drop_missing_sets,
    drop_other_versions,
    halve_all_addresses,
    lift_limits_of_everyone,
    lift_limits_of_named_session,
    read_epoch,
    spell_old_variables,
    spell_out_asterisks,
    write_out_expansion,
    write_out_exponents,
    write_out_resource_types,
)
from tests.support.oracle_worlds import Case


@dataclass(frozen=True)
class Difference:
    """A kind of case in which the evaluator differs from AWS's documents. document: what AWS writes, and where."""

    name: str
    document: str
    rewrite: Callable[[Case], Case]


DIFFERENCES = (
    Difference(
        "variables of Version 2008-10-17",
        'IAM JSON policy elements: Version: with 2008-10-17 "variables such as ${aws:username} aren\'t recognized"',
        spell_old_variables,
    ),
    Difference(
        "ARNs of fewer than six parts in Resource",
        'IAM identifiers: "AWS automatically completes the ARN by adding wildcard characters (*) to all missing…"',
        complete_resources,
    ),
    Difference(
        "ARNs of fewer than six parts in conditions",
        "Not settled: Condition operators speaks of six components, IAM identifiers completes ARNs in Resource",
        complete_conditions,
    ),
    Difference(
        "NotResource with a variable without value",
        'Variables and tags: "used as part of the Resource or NotResource element … will not match any resource"',
        drop_excluded_resources,
    ),
    Difference(
        "negated operators with a variable without value",
        'Variables and tags: "Inverted condition operators … do match against a null value"',
        drop_excluded_values,
    ),
    Difference(
        "a * at the end of a segment of Resource",
        'IAM JSON policy elements: Resource: "it can expand to match beyond the colon boundaries"',
        write_out_expansion,
    ),
    Difference(
        "a wildcard in the type of a resource",
        'Not settled: Amazon Resource Names calls arn:aws:iam::123456789012:u* "not allowed", Resource does not',
        write_out_resource_types,
    ),
    Difference(
        "dates as epoch seconds",
        'Condition operators: "one of the W3C implementations of the ISO 8601 date formats or in epoch (UNIX) time"',
        read_epoch,
    ),
    Difference(
        "the network 0.0.0.0/0",
        "Condition operators: IP addresses are in CIDR format, in which /0 has every address (RFC 4632)",
        halve_all_addresses,
    ),
    Difference(
        "NotIpAddress with an address of the other version",
        'Condition operators: NotIpAddress means "All IP addresses except the specified IP address or range"',
        drop_other_versions,
    ),
    Difference(
        "ForAnyValue with IfExists and a missing key",
        "Not settled: IfExists is true for a missing key after any operator, ForAnyValue is false without the key",
        drop_missing_sets,
    ),
    Difference(
        "numbers with an exponent",
        'Not settled: Condition operators speaks of "an integer or decimal value"',
        write_out_exponents,
    ),
    Difference(
        "the variable ${*} in operators without wildcards",
        'Variables and tags: "in any string where you can use regular policy variables"',
        spell_out_asterisks,
    ),
    Difference(
        "limits of a grant to everyone with aws:PrincipalArn",
        'Evaluating within an account: these limits "do not limit permissions granted using the aws:PrincipalArn"',
        lift_limits_of_everyone,
    ),
    Difference(
        "limits of a session that the policy names",
        'Evaluating within an account: a grant to a session is "not limited by an implicit deny" of its limits',
        lift_limits_of_named_session,
    ),
)


def list_rewritings(case: Case) -> list[tuple[str, Case]]:
    """Return the case after each rewriting that changes it, by the name of the difference; then after all of them."""
    single = [(item.name, item.rewrite(case)) for item in DIFFERENCES]
    changed = [(name, rewritten) for name, rewritten in single if rewritten != case]
    if len(changed) < 2:
        return changed
    every = case
    for item in DIFFERENCES:
        every = item.rewrite(every)
    return [*changed, ("several of these", every)]

"""Evaluate the conditions of a statement: yes, no, or unknown until a key is known.

IAM User Guide: "IAM JSON policy elements: Condition operators" (missing keys, …IfExists, Null) and "Set operators
for multivalued context keys" (ForAllValues, ForAnyValue). AWS STS API Reference, "AssumeRole" (the characters of a name
of a session, an external id and a source identity).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.access.comparisons import COMPARISONS, NEGATED, Compare
from reconciler.access.context import Alternative, Context
from reconciler.access.templates import MANY, ONE, FilledTexts, Template, fill_templates, parse_template
from reconciler.access.verdicts import NO, YES, Ternary, all_of, any_of, consensus_of, depends_on, negate
from reconciler.model.document import Condition
from reconciler.policy.operators import OPERATORS, Operator

_VARIABLE_TYPES = ("String", "Arn")
"""The types of operator that read policy variables ("Variables and tags", "Where you can use policy variables")."""

_STS_KEYS = frozenset(["sts:rolesessionname", "sts:externalid", "sts:sourceidentity", "aws:sourceidentity"])
"""Keys whose values STS limits to `_STS_CHARACTERS`."""
_STS_CHARACTERS = re.compile(r"[\w+=,.@:/-]*")


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """One operator on one key, prepared for many questions.

    name: the operator as written. key: the condition key in lower case; empty if the block has none.
    operator: None if AWS has no such operator.
    compare: compares one value; for a negated operator, that of the operator it negates.
    """

    name: str
    key: str
    operator: Operator | None
    compare: Compare
    negated: bool
    templates: tuple[Template, ...]

    @property
    def variables(self) -> frozenset[str]:
        """Return the keys of its policy variables."""
        return frozenset[str]().union(*(item.variables for item in self.templates))

    @property
    def sort_key(self) -> tuple[str, str, str]:
        """Return a key that sorts conditions in the same order in every run."""
        return self.name, self.key, repr(self.templates)

    def holds(self, context: Context) -> Ternary:
        """Return whether the condition holds for a request."""
        if self.operator is None:
            return depends_on(f"operator:{self.name}")
        possible = context.find(self.key)
        if not possible:
            return NO if self._accepts_no_sts_value() else depends_on(self.key)
        if len(possible) == 1:
            return self._test_alternative(self.operator, possible[0], context)
        return consensus_of((self._test_alternative(self.operator, values, context) for values in possible), self.key)

    def _accepts_no_sts_value(self) -> bool:
        """Return whether all texts have a character that STS refuses in this key, such as a `$` that is no variable."""
        operator = self.operator
        if self.key not in _STS_KEYS or operator is None or operator.type != "String":
            return False
        if self.negated or operator.if_exists or operator.quantifier == "ForAllValues":
            return False
        texts = [item.fixed for item in self.templates]
        return all(text is not None and not _STS_CHARACTERS.fullmatch(_drop_wildcards(text)) for text in texts)

    def _test_alternative(self, operator: Operator, values: Alternative, context: Context) -> Ternary:
        if operator.base == "Null":
            return self._test_null(operator, values)
        if values is None:
            return self._test_missing_key(operator)
        texts = fill_templates(self.templates, context)
        tests = [self._test_value(value, texts) for value in values]
        if operator.quantifier == "ForAllValues":
            return all_of(tests)
        if operator.quantifier == "ForAnyValue":
            return any_of(tests)
        return tests[0] if len(tests) == 1 else consensus_of(tests, self.key)

    def _test_null(self, operator: Operator, values: Alternative) -> Ternary:
        """Test if a key exists; `Null: {key: true}` holds if it is absent ("Condition operator to check existence")."""
        if operator.quantifier:
            return depends_on(f"operator:{self.name}")
        is_absent = "true" if values is None else "false"
        return YES if any(self.compare(item.fixed or "", is_absent) for item in self.templates) else NO

    def _test_missing_key(self, operator: Operator) -> Ternary:
        """Return the answer for a missing key: no, but yes for a negated operator, IfExists and ForAllValues."""
        if operator.if_exists or operator.quantifier == "ForAllValues":
            return YES
        if operator.quantifier == "ForAnyValue":
            return NO
        return YES if self.negated else NO

    def _test_value(self, value: str, texts: FilledTexts) -> Ternary:
        if any(self.compare(text, value) for text in texts.texts):
            truth = YES
        else:
            truth = Ternary(None, texts.unknown) if texts.unknown else NO
        return negate(truth) if self.negated else truth


def _drop_wildcards(text: str) -> str:
    return text.replace(MANY, "").replace(ONE, "")


def compile_condition(condition: Condition, version: str) -> CompiledCondition:
    """Prepare a condition. version: the Version of its document, which decides about variables."""
    operator = OPERATORS.get(condition.operator)
    base = operator.base if operator is not None else ""
    takes_variables = operator is not None and operator.type in _VARIABLE_TYPES
    return CompiledCondition(
        name=condition.operator,
        key=condition.key,
        operator=operator,
        compare=COMPARISONS.get(NEGATED.get(base, base), COMPARISONS["Bool"]),
        negated=base in NEGATED,
        templates=tuple(parse_template(text, version, takes_variables) for text in sorted(condition.values)),
    )

"""AWS's own policies, rewritten without a change of meaning, and really changed: 400 and 120 of them.

A plain seeded sample, with rewrites and changes of its own, so that it shares no blind spot with the strategies.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from reconciler.model.document import Document
from reconciler.plan.compare.document_diff import diff_documents
from reconciler.policy.canonical import canonical
from tests.support.managed_policies import read_managed_documents

Statement = dict[str, Any]


def list_documents() -> list[dict[str, Any]]:
    return [document for _, document in sorted(read_managed_documents().items())]


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def shuffle_value(chance: random.Random, value: Any) -> Any:
    """A list in another order, perhaps with an item twice; one item with or without its list."""
    items = as_list(value)
    chance.shuffle(items)
    if chance.random() < 0.3:
        items.append(items[0])
    return items[0] if len(items) == 1 and chance.random() < 0.5 else items


def change_case(chance: random.Random, text: str) -> str:
    return "".join(char.upper() if chance.random() < 0.5 else char.lower() for char in text)


def rewrite_document(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(document)
    statements = as_list(result["Statement"])
    chance.shuffle(statements)
    for statement in statements:
        for key in ("Action", "NotAction"):
            if key in statement:
                actions = [change_case(chance, action) for action in as_list(statement[key])]
                statement[key] = shuffle_value(chance, actions)
        for key in ("Resource", "NotResource"):
            if key in statement:
                statement[key] = shuffle_value(chance, statement[key])
        for operator, block in list(statement.get("Condition", {}).items()):
            boolean = operator.startswith("Bool")
            statement["Condition"][operator] = {
                change_case(chance, key): shuffle_value(
                    chance, [_type_boolean(chance, item, boolean) for item in as_list(value)]
                )
                for key, value in block.items()
            }
        if "Condition" not in statement and chance.random() < 0.3:
            statement["Condition"] = {}
    result["Statement"] = statements[0] if len(statements) == 1 and chance.random() < 0.5 else statements
    return dict(sorted(result.items(), key=lambda item: chance.random()))


def _type_boolean(chance: random.Random, value: Any, boolean: bool) -> Any:
    """`true` for "true", where the operator takes a boolean."""
    if boolean and chance.random() < 0.5:
        return str(value).lower() == "true"
    return value


def _action_more(statement: Statement) -> None:
    key = "Action" if "Action" in statement else "NotAction"
    statement[key] = [*as_list(statement[key]), "made-up:Action"]


def _other_resource(statement: Statement) -> None:
    key = "Resource" if "Resource" in statement else "NotResource"
    statement[key] = "arn:aws:made-up:::thing"


def _flip_effect(statement: Statement) -> None:
    statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"


def _condition_more(statement: Statement) -> None:
    statement.setdefault("Condition", {})["IpAddress"] = {"aws:SourceIp": "203.0.113.7/32"}


def _negate_actions(statement: Statement) -> None:
    here, there = ("Action", "NotAction") if "Action" in statement else ("NotAction", "Action")
    statement[there] = statement.pop(here)


def _rename_statement(statement: Statement) -> None:
    statement["Sid"] = f"{statement.get('Sid', '')}X"


CHANGES: list[Callable[[Statement], None]] = [
    _action_more,
    _other_resource,
    _flip_effect,
    _condition_more,
    _negate_actions,
    _rename_statement,
]


def test_four_hundred_policies_of_aws_rewritten_without_a_change_of_meaning_show_none() -> None:
    chance = random.Random(20261124)
    for document in chance.sample(list_documents(), 400):
        other = rewrite_document(chance, document)
        assert canonical(other) == canonical(document), (document, other)
        assert diff_documents(canonical(document), canonical(other)) == []


def test_a_hundred_and_twenty_really_changed_policies_are_each_found_and_explained() -> None:
    chance = random.Random(42)
    for index, document in enumerate(chance.sample(list_documents(), 120)):
        other = rewrite_document(chance, document)
        CHANGES[index % len(CHANGES)](chance.choice(as_list(other["Statement"])))
        before, after = canonical(document), canonical(other)
        assert before != after, (document, other)
        assert is_described(before, after), (document, other)


def is_described(before: Document, after: Document) -> bool:
    """The plan names at least one statement, and what changed in it."""
    changes = diff_documents(before, after)
    return bool(changes) and all(change.parts for change in changes)

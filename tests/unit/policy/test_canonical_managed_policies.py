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


def shipped() -> list[dict[str, Any]]:
    return [document for _, document in sorted(read_managed_documents().items())]


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def shuffled(chance: random.Random, value: Any) -> Any:
    """A list in another order, perhaps with an item twice; one item with or without its list."""
    items = listed(value)
    chance.shuffle(items)
    if chance.random() < 0.3:
        items.append(items[0])
    return items[0] if len(items) == 1 and chance.random() < 0.5 else items


def recased(chance: random.Random, text: str) -> str:
    return "".join(char.upper() if chance.random() < 0.5 else char.lower() for char in text)


def rewritten(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(document)
    statements = listed(result["Statement"])
    chance.shuffle(statements)
    for statement in statements:
        for key in ("Action", "NotAction"):
            if key in statement:
                actions = [recased(chance, action) for action in listed(statement[key])]
                statement[key] = shuffled(chance, actions)
        for key in ("Resource", "NotResource"):
            if key in statement:
                statement[key] = shuffled(chance, statement[key])
        for operator, block in list(statement.get("Condition", {}).items()):
            boolean = operator.startswith("Bool")
            statement["Condition"][operator] = {
                recased(chance, key): shuffled(chance, [_typed(chance, item, boolean) for item in listed(value)])
                for key, value in block.items()
            }
        if "Condition" not in statement and chance.random() < 0.3:
            statement["Condition"] = {}
    result["Statement"] = statements[0] if len(statements) == 1 and chance.random() < 0.5 else statements
    return dict(sorted(result.items(), key=lambda item: chance.random()))


def _typed(chance: random.Random, value: Any, boolean: bool) -> Any:
    """`true` for "true", where the operator takes a boolean."""
    if boolean and chance.random() < 0.5:
        return str(value).lower() == "true"
    return value


def _action_more(statement: Statement) -> None:
    key = "Action" if "Action" in statement else "NotAction"
    statement[key] = [*listed(statement[key]), "made-up:Action"]


def _other_resource(statement: Statement) -> None:
    key = "Resource" if "Resource" in statement else "NotResource"
    statement[key] = "arn:aws:made-up:::thing"


def _flipped(statement: Statement) -> None:
    statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"


def _condition_more(statement: Statement) -> None:
    statement.setdefault("Condition", {})["IpAddress"] = {"aws:SourceIp": "203.0.113.7/32"}


def _negated(statement: Statement) -> None:
    here, there = ("Action", "NotAction") if "Action" in statement else ("NotAction", "Action")
    statement[there] = statement.pop(here)


def _renamed(statement: Statement) -> None:
    statement["Sid"] = f"{statement.get('Sid', '')}X"


CHANGES: list[Callable[[Statement], None]] = [
    _action_more,
    _other_resource,
    _flipped,
    _condition_more,
    _negated,
    _renamed,
]


def test_four_hundred_policies_of_aws_rewritten_without_a_change_of_meaning_show_none() -> None:
    chance = random.Random(20261124)
    for document in chance.sample(shipped(), 400):
        other = rewritten(chance, document)
        assert canonical(other) == canonical(document), (document, other)
        assert diff_documents(canonical(document), canonical(other)) == []


def test_a_hundred_and_twenty_really_changed_policies_are_each_found_and_explained() -> None:
    chance = random.Random(42)
    for index, document in enumerate(chance.sample(shipped(), 120)):
        other = rewritten(chance, document)
        CHANGES[index % len(CHANGES)](chance.choice(listed(other["Statement"])))
        before, after = canonical(document), canonical(other)
        assert before != after, (document, other)
        assert said(before, after), (document, other)


def said(before: Document, after: Document) -> bool:
    """The plan names at least one statement, and what changed in it."""
    changes = diff_documents(before, after)
    return bool(changes) and all(change.parts for change in changes)

"""Build the canonical form of a document: two documents are equal exactly when IAM treats them the same.

The rules follow the IAM policy grammar (IAM User Guide, "Grammar of the IAM JSON policy language"): lists are sets,
one value is a list of one, actions and condition keys ignore letter case, an account id is its root ARN, booleans and
numbers are their texts. Resources, values, principals and Sids keep their case; `*` and `*:*`, an absent principal and
`*`, 2008-10-17 and 2012-10-17 stay different. A resource of fewer than six parts becomes the ARN that IAM completes it
to (IAM User Guide, "IAM identifiers").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from reconciler.model.account_caches import add_account_cache
from reconciler.model.arn_parts import complete_arn
from reconciler.model.document import Condition, Document, Json, Statement
from reconciler.model.partitions import DEFAULT_PARTITION

CURRENT_VERSION = "2012-10-17"
VERSION_WHEN_ABSENT = "2008-10-17"

_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

_CACHE_SIZE = 50_000
_cache: dict[tuple[str, str], Document] = {}
"""Maps text and partition to the document. AWS returns the text that it got: file and account share one value."""
add_account_cache(_cache.clear)

_ELEMENTS = frozenset("Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split())


def parse_authored(raw: Mapping[str, Json], partition: str = DEFAULT_PARTITION) -> Document:
    """Return the document of a file; without Version it is sent, compared and measured as 2012-10-17."""
    if "Version" not in raw:
        raw = {"Version": CURRENT_VERSION, **raw}
    return canonical(raw, partition)


def canonical(raw: Json | Mapping[str, Json], partition: str = DEFAULT_PARTITION) -> Document:
    """Return the document of live JSON: an object as botocore decodes it, or a text that it could not decode."""
    if isinstance(raw, str):
        return Document(version="", statements=frozenset(), opaque=raw, text=raw)
    text = _COMPACT.encode(raw)
    document = _cache.get((text, partition))
    if document is None:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        document = _cache[text, partition] = _build_document(cast("dict[str, Json]", raw), text, partition)
    return document


def _build_document(body: dict[str, Json], text: str, partition: str) -> Document:
    statements = body.get("Statement")
    items = statements if isinstance(statements, list) else [statements]
    listed = tuple(_build_statement(item, partition) for item in items if isinstance(item, dict))
    return Document(
        version=str(body.get("Version", VERSION_WHEN_ABSENT)),
        id=str(body.get("Id", "")),
        statements=frozenset(listed),
        text=text,
        listed=listed,
    )


def _build_statement(raw: dict[str, Json], partition: str) -> Statement:
    spelling: dict[str, str] = {}
    not_principal, not_action, not_resource = (
        "NotPrincipal" in raw,
        "NotAction" in raw,
        "NotResource" in raw,
    )
    principal = raw.get("NotPrincipal" if not_principal else "Principal")
    resource = raw.get("NotResource" if not_resource else "Resource")
    unknown = {key: value for key, value in raw.items() if key not in _ELEMENTS}
    return Statement(
        effect=str(raw.get("Effect", "")),
        sid=str(raw.get("Sid", "")),
        principals=None if principal is None else _build_principals(principal, partition),
        not_principal=not_principal,
        actions=frozenset(_fold_case(raw.get("NotAction" if not_action else "Action"), spelling)),
        not_action=not_action,
        resources=None if resource is None else frozenset(map(complete_arn, _texts_of(resource))),
        not_resource=not_resource,
        conditions=_build_conditions(raw.get("Condition"), spelling),
        empty_operators=frozenset(operator for operator, block in _blocks_of(raw.get("Condition")) if not block),
        unknown=json.dumps(unknown, sort_keys=True) if unknown else "",
        spelling=spelling,
    )


def _build_principals(raw: Json, partition: str) -> frozenset[tuple[str, str]]:
    if not isinstance(raw, dict):
        return frozenset(("*", text) for text in _texts_of(raw))
    return frozenset(
        (kind, _to_root_arn(text, partition) if kind == "AWS" else text)
        for kind, values in raw.items()
        for text in _texts_of(values)
    )


def _to_root_arn(principal: str, partition: str) -> str:
    """Return an account id as the root ARN that IAM may rewrite it to (IAM User Guide, "AWS account principals")."""
    if len(principal) == 12 and principal.isascii() and principal.isdigit():
        return f"arn:{partition}:iam::{principal}:root"
    return principal


def _build_conditions(raw: Json, spelling: dict[str, str]) -> frozenset[Condition]:
    conditions: set[Condition] = set()
    for operator, block in _blocks_of(raw):
        boolean = operator.rpartition(":")[2].removesuffix("IfExists") in ("Bool", "Null")
        for key, value in block.items():
            folded = key.lower()
            spelling.setdefault(folded, key)
            texts = (text.lower() if boolean else text for text in _texts_of(value))
            conditions.add(Condition(operator, folded, frozenset(texts)))
    return frozenset(conditions)


def _blocks_of(raw: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield each operator of a Condition with its keys and values; without any if AWS's grammar has no such block."""
    for operator, block in (raw if isinstance(raw, dict) else {}).items():
        yield operator, block if isinstance(block, dict) else {}


def _fold_case(raw: Json, spelling: dict[str, str]) -> Iterable[str]:
    for text in _texts_of(raw):
        folded = text.lower()
        spelling.setdefault(folded, text)
        yield folded


def _texts_of(raw: Json) -> list[str]:
    values = raw if isinstance(raw, list) else [] if raw is None else [raw]
    return [_to_text(value) for value in values]


def _to_text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def as_json(document: Document) -> Json:
    """Return the canonical form as JSON: lists are sorted, every element is a list, letter case is the author's."""
    if document.opaque:
        return document.opaque
    statements = [statement_as_json(statement) for statement in document.statements]
    result: dict[str, Json] = {"Version": document.version}
    if document.id:
        result["Id"] = document.id
    result["Statement"] = sorted(statements, key=lambda item: json.dumps(item, sort_keys=True).lower())
    return result


def statement_as_json(statement: Statement) -> dict[str, Json]:
    """Return one statement as `as_json` writes it."""
    result: dict[str, Json] = {"Sid": statement.sid} if statement.sid else {}
    result["Effect"] = statement.effect
    if statement.principals is not None:
        result["NotPrincipal" if statement.not_principal else "Principal"] = _principals_as_json(statement.principals)
    if statement.actions:
        key = "NotAction" if statement.not_action else "Action"
        result[key] = [statement.spelling_of(action) for action in sorted(statement.actions)]
    if statement.resources is not None:
        result["NotResource" if statement.not_resource else "Resource"] = cast("Json", sorted(statement.resources))
    if statement.conditions or statement.empty_operators:
        result["Condition"] = _conditions_as_json(statement)
    if statement.unknown:
        result.update(json.loads(statement.unknown))
    return result


def _principals_as_json(principals: frozenset[tuple[str, str]]) -> Json:
    if principals and all(kind == "*" for kind, _ in principals):
        bare: list[Json] = [value for _, value in sorted(principals)]
        return bare[0] if len(bare) == 1 else bare
    grouped: dict[str, Json] = {}
    for kind, value in sorted(principals):
        cast("list[Json]", grouped.setdefault(kind, [])).append(value)
    return grouped


def _conditions_as_json(statement: Statement) -> Json:
    operators = statement.empty_operators | {condition.operator for condition in statement.conditions}
    blocks: dict[str, dict[str, Json]] = {operator: {} for operator in sorted(operators)}
    for condition in sorted(statement.conditions, key=lambda item: (item.operator, item.key)):
        block = blocks[condition.operator]
        spellings = (statement.spelling_of(condition.key), condition.key, condition.key.upper())
        name = next((spelling for spelling in spellings if spelling not in block), condition.key)
        block[name] = cast("Json", sorted(condition.values))
    return cast("Json", blocks)

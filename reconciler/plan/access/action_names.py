"""Name the actions of a row by AWS's list: one row for each service, with the access level of each action.

AWS's list calls iam:PassRole and a few others plain writes. They decide about access, so they count as permissions
management here. An action that the list lacks stays a pattern, and is never dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from reconciler.model.globs import compile_glob
from reconciler.model.permissions import LEVELS, MAX_ACTIONS, ActionCatalogue, ActionPattern, PermissionRow

ANY_SERVICE = "*"

_PERMISSIONS_MANAGEMENT = frozenset(
    """
    iam:passrole iam:createaccesskey iam:createloginprofile iam:updateloginprofile iam:addusertogroup
    iam:updateassumerolepolicy
    """.split()
)

_DATA_ACTIONS = tuple(
    """
    s3:getobject* s3-object-lambda:getobject* secretsmanager:getsecretvalue secretsmanager:batchgetsecretvalue
    ssm:getparameter* kms:decrypt dynamodb:getitem dynamodb:query dynamodb:scan dynamodb:batchgetitem
    dynamodb:getrecords dynamodb:partiqlselect dynamodb:exporttabletopointintime rds-data:executestatement
    rds-data:batchexecutestatement redshift-data:getstatementresult athena:getqueryresults sqs:receivemessage
    kinesis:getrecords logs:getlogevents logs:filterlogevents logs:getqueryresults codecommit:getfile
    codecommit:gitpull ecr:batchgetimage ecr:getdownloadurlforlayer lambda:getfunction ebs:getsnapshotblock
    backup:startrestorejob glacier:getjoboutput elasticfilesystem:clientmount sts:getfederationtoken
    """.split()
)
"""Patterns of the actions that read data or secrets."""


@lru_cache(maxsize=4096)
def is_data_action(action: str) -> bool:
    """Return whether an action, in lower case with its service, reads data or secrets."""
    return any(compile_glob(pattern)(action) for pattern in _DATA_ACTIONS)


class _NamedAction(NamedTuple):
    """An action of AWS; they sort by how telling they are. rank: the index of its level in LEVELS."""

    is_plain: bool
    rank: int
    name: str


class _PatternActions(NamedTuple):
    """The actions of one service that some patterns mean, as the fields of a row."""

    patterns: tuple[ActionPattern, ...]
    actions: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    has_data: bool


class ActionNamer:
    """Name the actions of rows by AWS's list. An account has many rows with few patterns; each is looked up once.

    catalogue: the list; None: rows keep their patterns only.
    """

    def __init__(self, catalogue: ActionCatalogue | None) -> None:
        self._catalogue = catalogue
        self._matches: dict[tuple[str, str], frozenset[str]] = {}
        self._found: dict[tuple[str, tuple[ActionPattern, ...]], _PatternActions] = {}

    def name_actions(self, row: PermissionRow) -> Iterator[PermissionRow]:
        """Yield a row for each service that its patterns name; patterns of any service stay together."""
        by_service: defaultdict[str, list[ActionPattern]] = defaultdict(list)
        for pattern in row.patterns:
            service = pattern.pattern.partition(":")[0]
            by_service[ANY_SERVICE if "*" in service or "?" in service else service].append(pattern)
        for service, patterns in by_service.items():
            found = self._find_actions(service, tuple(patterns))
            yield replace(
                row,
                service=service,
                patterns=found.patterns,
                actions=found.actions,
                counts=found.counts,
                has_data=found.has_data,
            )

    def _find_actions(self, service: str, patterns: tuple[ActionPattern, ...]) -> _PatternActions:
        key = service, patterns
        if key not in self._found:
            actions = sorted(self._list_actions(service, patterns)) if service != ANY_SERVICE else []
            counts = Counter(LEVELS[action.rank] for action in actions)
            self._found[key] = _PatternActions(
                patterns=tuple(_spell(patterns, service, self._catalogue)),
                actions=tuple(action.name for action in actions[:MAX_ACTIONS]),
                counts=tuple((level, counts[level]) for level in LEVELS if counts[level]),
                has_data=any(not action.is_plain for action in actions),
            )
        return self._found[key]

    def _list_actions(self, service: str, patterns: Iterable[ActionPattern]) -> Iterator[_NamedAction]:
        catalogue = self._catalogue
        names = catalogue.actions_of(service) if catalogue else None
        if catalogue is None or not names:
            return
        found: set[str] = set()
        for one in patterns:
            excepted = (self._match(service, text, names) for text in one.exceptions)
            found |= self._match(service, one.pattern, names).difference(*excepted)
        for lower in found:
            action = f"{service}:{lower}"
            level = (
                "permissions management" if action in _PERMISSIONS_MANAGEMENT else catalogue.level_of(service, lower)
            )
            yield _NamedAction(not is_data_action(action), LEVELS.index(level), f"{service}:{names[lower]}")

    def _match(self, service: str, pattern: str, names: Mapping[str, str]) -> frozenset[str]:
        """Return the actions of a service that match a pattern, in lower case."""
        actions = self._matches.get((service, pattern))
        if actions is None:
            is_match = compile_glob(pattern)
            actions = frozenset(name for name in names if is_match(f"{service}:{name}"))
            self._matches[service, pattern] = actions
        return actions


def _spell(
    patterns: Iterable[ActionPattern], service: str, catalogue: ActionCatalogue | None
) -> Iterator[ActionPattern]:
    """Yield the patterns as AWS spells them, as far as they are whole names."""
    names = (catalogue.actions_of(service) if catalogue and service != ANY_SERVICE else None) or {}

    def spell(text: str) -> str:
        prefix, _, action = text.partition(":")
        return f"{prefix}:{names[action]}" if prefix == service and action in names else text

    for one in patterns:
        yield ActionPattern(spell(one.pattern), tuple(map(spell, one.exceptions)))

"""Name the actions of a row by AWS's list: one row for each service, with the access level of each action.

AWS's list calls iam:PassRole and a few others plain writes. They decide about access, so they count as permissions
management here. An action that the list lacks stays a pattern, and is never dropped.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from reconciler.model.account_caches import cache_for_account
from reconciler.model.globs import compile_glob
from reconciler.model.permissions import LEVELS, MAX_ACTIONS, ActionCatalogue, ActionPattern, PermissionRow, Terms
from reconciler.policy.operators import OPERATORS

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


_DATA_PATTERNS: Mapping[str, tuple[str, ...]] = {
    service: tuple(patterns)
    for service, patterns in groupby(sorted(_DATA_ACTIONS), lambda pattern: pattern.partition(":")[0])
}
"""Service → its patterns of `_DATA_ACTIONS`."""


def is_data_action(action: str) -> bool:
    """Return whether an action, in lower case with its service, reads data or secrets."""
    service = action.partition(":")[0]
    return any(compile_glob(pattern)(action) for pattern in _DATA_PATTERNS.get(service, ()))


_SERVICE_KEY = re.compile(r"(?<!\S)(\S+) (([a-z0-9-]+):[^\s/]+/?)")
"""The operator and the key of a condition in words; of a key of tags, all but the name of the tag."""


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
    """Name the actions of rows by AWS's list.

    catalogue: the list; None: rows keep their patterns only.
    """

    def __init__(self, catalogue: ActionCatalogue | None) -> None:
        self._catalogue = catalogue

    def name_actions(self, row: PermissionRow) -> Iterator[PermissionRow]:
        """Yield a row for each service that its patterns name; patterns of any service stay together."""
        by_service: defaultdict[str, list[ActionPattern]] = defaultdict(list)
        for pattern in row.patterns:
            service = pattern.pattern.partition(":")[0]
            by_service[ANY_SERVICE if "*" in service or "?" in service else service].append(pattern)
        for service, patterns in by_service.items():
            found = _find_actions(self._catalogue, service, tuple(patterns))
            yield replace(
                row,
                before=self._spell_keys(row.before),
                after=self._spell_keys(row.after),
                service=service,
                patterns=found.patterns,
                actions=found.actions,
                counts=found.counts,
                has_data=found.has_data,
            )

    def _spell_keys(self, terms: Terms) -> Terms:
        """Return conditions such as `StringEquals ec2:instancetype t3.micro` with their keys as AWS spells them."""
        return terms and tuple(_SERVICE_KEY.sub(self._spell_key, term) for term in terms)

    def _spell_key(self, match: re.Match[str]) -> str:
        operator, key, prefix = match[1], match[2], match[3]
        names = self._catalogue.condition_keys_of(prefix) if self._catalogue and operator in OPERATORS else {}
        return f"{operator} {names.get(key, key)}"


@cache_for_account(maxsize=4096)
def _find_actions(
    catalogue: ActionCatalogue | None, service: str, patterns: tuple[ActionPattern, ...]
) -> _PatternActions:
    """Return the actions that patterns mean. An account has many rows with few patterns, and an apply several plans."""
    actions = _list_actions(catalogue, service, patterns) if catalogue and service != ANY_SERVICE else []
    counts = Counter(LEVELS[action.rank] for action in actions)
    return _PatternActions(
        patterns=tuple(_spell(patterns, service, catalogue)),
        actions=tuple(action.name for action in actions[:MAX_ACTIONS]),
        counts=tuple((level, counts[level]) for level in LEVELS if counts[level]),
        has_data=any(not action.is_plain for action in actions),
    )


def _list_actions(
    catalogue: ActionCatalogue, service: str, patterns: Iterable[ActionPattern]
) -> Sequence[_NamedAction]:
    """Return the actions of a service that patterns mean, the most telling first."""
    found: set[str] = set()
    for one in patterns:
        excepted = (_match_actions(catalogue, service, text) for text in one.exceptions)
        found |= _match_actions(catalogue, service, one.pattern).difference(*excepted)
    return [action for lower, action in _rank_actions(catalogue, service).items() if lower in found] if found else []


@cache_for_account(maxsize=4096)
def _match_actions(catalogue: ActionCatalogue, service: str, pattern: str) -> frozenset[str]:
    """Return the actions of a service that match a pattern, in lower case."""
    names = catalogue.actions_of(service) or {}
    is_match = compile_glob(pattern)
    return frozenset(name for name in names if is_match(f"{service}:{name}"))


@lru_cache(maxsize=1024)
def _rank_actions(catalogue: ActionCatalogue, service: str) -> Mapping[str, _NamedAction]:
    """Return the actions of a service by their name in lower case, the most telling first."""
    actions = {
        lower: _NamedAction(
            not is_data_action(f"{service}:{lower}"),
            LEVELS.index(_level_of(catalogue, service, lower)),
            f"{service}:{name}",
        )
        for lower, name in (catalogue.actions_of(service) or {}).items()
    }
    return dict(sorted(actions.items(), key=itemgetter(1)))


def _level_of(catalogue: ActionCatalogue, service: str, lower: str) -> str:
    if f"{service}:{lower}" in _PERMISSIONS_MANAGEMENT:
        return "permissions management"
    return catalogue.level_of(service, lower)


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

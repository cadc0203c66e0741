"""Reads what a file lets end (`expires`): trust rules, attachments, memberships, inline policies, users.

AWS ends a trust rule, an inline policy and a user by itself, through a condition on the time. Attachments and
memberships take no condition: the first apply from that moment on takes them away.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.desired import Expiry, ExpiryKind
from reconciler.model.node import Map, Seq
from reconciler.model.problem import Place
from reconciler.policy.timestamps import InvalidTimestamp, parse_timestamp

USER_EXPIRY_POLICY = "reconcile-expires"
"""The inline policy of a user that ends: it denies everything from then on."""

WRAPPER_KEYS = frozenset(["document", "expires"])


def read_attachments(node: Map, key: str = "policies") -> Iterator[tuple[str, Place, Map | None]]:
    """Yield each attached policy as it is referred to, with its place, and its mapping if it is written as one."""
    yield from _read_references(node, key, "policy")


def read_memberships(node: Map) -> Iterator[tuple[str, Place, Map | None]]:
    """Yield each group of a user likewise."""
    yield from _read_references(node, "groups", "group")


def _read_references(node: Map, key: str, name: str) -> Iterator[tuple[str, Place, Map | None]]:
    values = node.get(key)
    for index, value in enumerate(values if isinstance(values, Seq) else ()):
        if isinstance(value, Map):
            yield str(value.get(name, "")), value.place_of(name), value
        elif isinstance(values, Seq):
            yield str(value), values.place_of(index), None


def is_wrapped(written: object) -> bool:
    """Return whether an inline policy is written as `{document: …, expires: …}`: AWS's grammar has neither key."""
    return isinstance(written, Map) and not WRAPPER_KEYS.isdisjoint(written)


def read_expiries(node: Map) -> Iterator[Expiry]:
    """Yield what an entity has that ends; what is no moment is reported by whoever reads it."""
    trust, inline = node.get("trust"), node.get_map("inline_policies")
    found = [(ExpiryKind.TRUST, "", rule) for rule in trust if isinstance(rule, Map)] if isinstance(trust, Seq) else []
    found += [(ExpiryKind.ATTACHMENT, name, item) for name, _, item in read_attachments(node) if item is not None]
    found += [(ExpiryKind.MEMBERSHIP, name, item) for name, _, item in read_memberships(node) if item is not None]
    found += [(ExpiryKind.INLINE, name, inline.get_map(name)) for name in inline if is_wrapped(inline[name])]
    found += [(ExpiryKind.ENTITY, "", node)] if isinstance(node.get("expires"), str) else []
    for ending, name, item in found:
        try:
            yield Expiry(parse_timestamp(str(item.get("expires") or "")), item.place_of("expires"), name, ending)
        except InvalidTimestamp:
            continue

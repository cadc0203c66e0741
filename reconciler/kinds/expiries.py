"""Read the `expires` of trust rules, attachments, memberships, inline policies and users.

AWS itself ends a trust rule, an inline policy or a user at that moment, through a condition on the time. Attachments
and memberships cannot have a condition: the first apply after that moment removes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.desired import Expiry, ExpiryKind
from reconciler.model.node import Map, Seq
from reconciler.model.problem import Place
from reconciler.policy.timestamps import InvalidTimestamp, parse_timestamp

USER_EXPIRY_POLICY = "reconcile-expires"
"""The inline policy of a user with `expires`. It denies everything from that moment on."""

WRAPPER_KEYS = frozenset(["document", "expires"])
"""The keys of an inline policy written as `{document: …, expires: …}`."""


def read_attachments(node: Map, key: str = "policies") -> Iterator[tuple[str, Place, Map | None]]:
    """Yield each attached policy as written, its place, and its mapping if it is written as {policy, expires}."""
    yield from _read_references(node, key, "policy")


def read_memberships(node: Map) -> Iterator[tuple[str, Place, Map | None]]:
    """Yield each group of a user as written, its place, and its mapping if it is written as {group, expires}."""
    yield from _read_references(node, "groups", "group")


def _read_references(node: Map, key: str, name: str) -> Iterator[tuple[str, Place, Map | None]]:
    values = node.get(key)
    for index, value in enumerate(values if isinstance(values, Seq) else ()):
        if isinstance(value, Map):
            yield str(value.get(name, "")), value.place_of(name), value
        elif isinstance(values, Seq):
            yield str(value), values.place_of(index), None


def is_wrapped(written: object) -> bool:
    """Return whether an inline policy is written as `{document: …, expires: …}`. A policy of AWS has neither key."""
    return isinstance(written, Map) and not WRAPPER_KEYS.isdisjoint(written)


def read_expiries(node: Map) -> Iterator[Expiry]:
    """Yield each `expires` of an entity. Skip invalid moments, which `DeclareContext.read_expiry` reports."""
    trust, inline = node.get("trust"), node.get_map("inline_policies")
    expiring_parts = (
        [(ExpiryKind.TRUST, "", rule) for rule in trust if isinstance(rule, Map)] if isinstance(trust, Seq) else []
    )
    expiring_parts += [
        (ExpiryKind.ATTACHMENT, name, item) for name, _, item in read_attachments(node) if item is not None
    ]
    expiring_parts += [
        (ExpiryKind.MEMBERSHIP, name, item) for name, _, item in read_memberships(node) if item is not None
    ]
    expiring_parts += [(ExpiryKind.INLINE, name, inline.get_map(name)) for name in inline if is_wrapped(inline[name])]
    expiring_parts += [(ExpiryKind.ENTITY, "", node)] if isinstance(node.get("expires"), str) else []
    for expiry_kind, name, item in expiring_parts:
        try:
            yield Expiry(parse_timestamp(str(item.get("expires") or "")), item.place_of("expires"), name, expiry_kind)
        except InvalidTimestamp:
            continue

"""The interface through which a kind reads one entity from live IAM; `aws/entity_reader.py` implements it.

Kinds never import boto3: they name operations and parameters as AWS does, and get the answer as a mapping.
"""

from __future__ import annotations

from typing import Any, Protocol

from reconciler.kinds.raw_account import Item, ReadCall
from reconciler.model.address import Address

RawEntry = tuple[str, Item | str]
"""A key of `RawAccount.lists`, and one item for it."""


class EntityNotFoundError(Exception):
    """AWS answered NoSuchEntity."""


class LiveReader(Protocol):
    """Read calls to IAM. Each raises EntityNotFoundError for NoSuchEntity, and boto3's own error for any other."""

    @property
    def account(self) -> str: ...

    @property
    def partition(self) -> str: ...

    def call_operation(self, operation: str, **parameters: Any) -> Item:
        """Make one call and return its answer."""
        ...

    def list_items(self, call: ReadCall) -> list[Any]:
        """Return the items of every page of a call that has one list."""
        ...

    def find_arn(self, address: Address) -> str | None:
        """Return the ARN that the kind's `list_call` shows for an address; None if it shows none."""
        ...

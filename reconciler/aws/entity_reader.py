"""Read calls about single entities, made with boto3 for the kinds (`kinds/live_reader.py:LiveReader`).

Lists of ARNs and spellings are read once, and only for kinds that need them.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Executor
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from reconciler.aws.faults import code_of
from reconciler.aws.pagination import read_lists
from reconciler.aws.session import Connection
from reconciler.kinds.live_reader import EntityNotFoundError
from reconciler.kinds.raw_account import Item, ReadCall
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import address_of


class EntityReader:
    """The LiveReader of one connection. Threads may share it once the lists are read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._arns: dict[str, dict[Address, str]] = {}

    @property
    def account(self) -> str:
        return self._connection.account

    @property
    def partition(self) -> str:
        return self._connection.partition

    def call_operation(self, operation: str, **parameters: Any) -> Item:
        try:
            answer: Item = getattr(self._connection.iam, xform_name(operation))(**parameters)
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                raise EntityNotFoundError(operation) from error
            raise
        return answer

    def list_items(self, call: ReadCall) -> list[Any]:
        (items,) = read_lists(self._connection, call).values()
        return items

    def find_arn(self, address: Address) -> str | None:
        if address.kind not in self._arns:
            self._arns[address.kind] = self._read_arns(address.kind)
        return self._arns[address.kind].get(address)

    def read_arns(self, kinds: Collection[str], pool: Executor) -> None:
        """Read the lists of several kinds at the same time, so that `find_arn` answers from memory."""
        missing = sorted(set(kinds) - self._arns.keys())
        self._arns.update(zip(missing, pool.map(self._read_arns, missing), strict=True))

    def _read_arns(self, kind: str) -> dict[Address, str]:
        call = KINDS_BY_NAME[kind].list_call
        arns = (str(item["Arn"]) for item in self.list_items(call)) if call else ()
        return {address: arn for arn in arns if (address := address_of(arn, self.account))}

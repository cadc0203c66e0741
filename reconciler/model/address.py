"""The address of one IAM entity: `role/app`, `user/alice`, `policy/reader`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import total_ordering


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """Kind and name of an entity. Letter case of the name does not count, as in IAM."""

    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address of a text such as `role/app`. Raises ValueError if it has another form."""
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise ValueError(f"{text!r} is not an address of the form kind/name")
        return cls(kind, name)

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.name.casefold()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Address) or self.kind != other.kind:
            return False
        return self.name == other.name or self.name.casefold() == other.name.casefold()

    def __lt__(self, other: Address) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash((self.kind, self.name.casefold()))

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

"""The address of one IAM entity: `role/app`, `user/alice`, `policy/reader`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import total_ordering


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """Kind and name of an entity. Letter case of the name does not count, as in IAM.

    key: the identity, by which addresses compare, sort and hash. A plan of a large account asks for it millions of
    times.
    """

    kind: str
    name: str
    key: tuple[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        folded = self.name.casefold()
        name = self.name if folded == self.name else folded  # one text in memory in place of two equal ones
        object.__setattr__(self, "key", (self.kind, name))

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address of a text such as `role/app`. Raises ValueError if it has another form."""
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise ValueError(f"{text!r} is not an address of the form kind/name")
        return cls(kind, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.key == other.key

    def __lt__(self, other: Address) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

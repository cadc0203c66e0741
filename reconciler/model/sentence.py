"""Write a list as part of a sentence, shortened to a number of items that a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def format_list(items: Iterable[str], most: int) -> str:
    """Return `a`, `a and b` or `a, b and c`; return `a, b and 7 more` if there are more than `most` + 1 items."""
    texts = list(items)
    if len(texts) > most + 1:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    return " and ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def name_principal(principal: str) -> str:
    """Return a principal as a sentence names it: `*` is everyone."""
    return "everyone" if principal == "*" else principal


def format_counted(addresses: Sequence[str], examples: int = 3) -> str:
    """Return one address as it is; several by their number and first names: `812 users (alice, bob, carol …)`.

    Principals that are not addresses, such as `service:HOST` and ARNs, count as principals and are named as they are;
    `*` is everyone.
    """
    if len(addresses) == 1:
        return name_principal(addresses[0])
    named = addresses[:examples]
    names = [name_principal(one) if is_external(one) else one.partition("/")[2] for one in named]
    return f"{count_addresses(addresses)} ({', '.join(names)}{' …' if len(addresses) > examples else ''})"


def count_addresses(addresses: Iterable[str]) -> str:
    """Return `12 roles and 812 users`."""
    counts = Counter(map(_kind_of, addresses))
    return " and ".join(
        f"{number} {kind if number == 1 else f'{kind[:-1]}ies' if kind.endswith('y') else f'{kind}s'}"
        for kind, number in sorted(counts.items())
    )


def is_external(principal: str) -> bool:
    """Return whether a principal is not an address of this account: a service, a provider, an ARN, everyone."""
    return _kind_of(principal) == "principal"


def _kind_of(address: str) -> str:
    kind, slash, _ = address.partition("/")
    return kind if slash and kind.replace("-", "").isalpha() else "principal"

"""The known keys of a request: keys with values, and keys that are surely absent. Every other key is unknown.

Keys ignore letter case (IAM User Guide, "IAM JSON policy elements: Condition"). "AWS global condition context keys"
lists the keys that a request carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT

Alternative = tuple[str, ...] | None
"""The values of a key in one possible request; None if the request lacks the key."""

Value = str | bool | int | Iterable[str]

ABSENT: tuple[Alternative, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Context:
    """The keys of a request, as far as they are known.

    alternatives: maps a key in lower case to its possible values. A single one means that the value is certain.
    absent_prefixes: keys with one of these prefixes are absent, unless they are in `alternatives`.
    fallbacks: contexts that are asked in turn for keys that this one does not know.
    """

    alternatives: Mapping[str, tuple[Alternative, ...]] = field(default_factory=dict)
    absent_prefixes: tuple[str, ...] = ()
    fallbacks: tuple[Context, ...] = ()

    @classmethod
    def of(
        cls,
        values: Mapping[str, Value] | None = None,
        absent: Iterable[str] = (),
        either: Mapping[str, Iterable[Value | None]] | None = None,
    ) -> Context:
        """Return a context for keys in any letter case.

        values: the certain keys.
        absent: the keys that a request lacks; a prefix ends in `*`, as in `aws:PrincipalTag/*`.
        either: maps a key to its possible values; None among them means that it may be absent.
        """
        alternatives: dict[str, tuple[Alternative, ...]] = {}
        listed = [key.lower() for key in absent]
        for key in listed:
            alternatives[key] = ABSENT
        for key, value in (values or {}).items():
            alternatives[key.lower()] = (_to_alternative(value),)
        for key, options in (either or {}).items():
            alternatives[key.lower()] = tuple(_to_alternative(option) for option in options)
        return cls(alternatives, tuple(key[:-1] for key in listed if key.endswith("*")))

    def find(self, key: str) -> tuple[Alternative, ...]:
        """Return the possible values of a key; empty if nothing is known of it."""
        alternatives = self.alternatives.get(key)
        if alternatives is not None:
            return alternatives
        if self.absent_prefixes and key.startswith(self.absent_prefixes):
            return ABSENT
        for other in self.fallbacks:
            alternatives = other.find(key)
            if alternatives:
                return alternatives
        return ()

    def with_fallbacks(self, *others: Context) -> Context:
        """Return this context with further contexts for keys that it does not know."""
        known = tuple(other for other in others if other is not NOTHING_KNOWN)
        return Context(self.alternatives, self.absent_prefixes, (*self.fallbacks, *known)) if known else self


def _to_alternative(value: Value | None) -> Alternative:
    if value is None:
        return None
    if isinstance(value, bool):
        return ("true",) if value else ("false",)
    if isinstance(value, (str, int)):
        return (str(value),)
    return tuple(value) or None


NOTHING_KNOWN = Context()


def make_tag_context(tags: Mapping[str, str], is_iam: bool = True) -> Context:
    """Return the keys of a resource's tags. is_iam: True for users and roles, whose tags are keys of `iam:` as well."""
    prefixes = ("aws:ResourceTag/", "iam:ResourceTag/") if is_iam else ("aws:ResourceTag/",)
    values = {f"{prefix}{key}": value for prefix in prefixes for key, value in tags.items()}
    return Context.of(values, absent=[f"{prefix}*" for prefix in prefixes])


WITHOUT_MFA = Context.of(absent=(MFA_PRESENT, MFA_AGE))
"""A call of a user with long-term keys lacks both MFA keys (IAM User Guide, "AWS global condition context keys")."""

SESSION_WITHOUT_MFA = Context.of({MFA_PRESENT: False}, absent=(MFA_AGE,))
"""A call of a user in the console, or with a session that was made without MFA, says that there was none."""


def make_mfa_context(age: int = 0) -> Context:
    """Return the MFA keys of a user who gave a code `age` seconds ago."""
    return Context.of({MFA_PRESENT: True, MFA_AGE: age})


MFA_OF_ANY_AGE = Context.of({MFA_PRESENT: True})
"""The MFA keys of a user who gave a code at a time that is not known."""

NO_MFA_POSSIBLE = Context.of(absent=(MFA_AGE,), either={MFA_PRESENT: (None, "false")})
"""A role session, or a federated caller, never carries MFA ("Secure API access with MFA").

The User Guide does not say if the key is then false or absent, so both are possible.
"""

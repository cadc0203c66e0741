"""What is known of a request: keys with their values, keys known to be absent, and everything else unknown.

Keys ignore letter case (IAM User Guide, "IAM JSON policy elements: Condition"). Which keys a request carries:
"AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.policy.global_keys import MFA_AGE, MFA_PRESENT

Alternative = tuple[str, ...] | None
"""The values of a key in one possible request; None where the request lacks the key."""

Value = str | bool | int | Iterable[str]

ABSENT: tuple[Alternative, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Context:
    """`known`: key in lower case → what it may be; one alternative: it is known.

    `absent_prefixes`: all keys that begin so are absent, but for the known ones. `fallbacks` are asked, one after the
    other, for what this one does not know.
    """

    known: Mapping[str, tuple[Alternative, ...]] = field(default_factory=dict)
    absent_prefixes: tuple[str, ...] = ()
    fallbacks: tuple[Context, ...] = ()

    @classmethod
    def of(
        cls,
        values: Mapping[str, Value] | None = None,
        absent: Iterable[str] = (),
        either: Mapping[str, Iterable[Value | None]] | None = None,
    ) -> Context:
        """A context from keys in any letter case.

        absent: keys that a request lacks; a prefix ends in `*`, as in `aws:PrincipalTag/*`.
        either: key → its possible values, None among them where it may be absent.
        """
        known: dict[str, tuple[Alternative, ...]] = {}
        listed = [key.lower() for key in absent]
        for key in listed:
            known[key] = ABSENT
        for key, value in (values or {}).items():
            known[key.lower()] = (_to_alternative(value),)
        for key, options in (either or {}).items():
            known[key.lower()] = tuple(_to_alternative(option) for option in options)
        return cls(known, tuple(key[:-1] for key in listed if key.endswith("*")))

    def find(self, key: str) -> tuple[Alternative, ...]:
        """What the key may be; empty where nothing is known."""
        found = self.known.get(key)
        if found is not None:
            return found
        if self.absent_prefixes and key.startswith(self.absent_prefixes):
            return ABSENT
        for other in self.fallbacks:
            found = other.find(key)
            if found:
                return found
        return ()

    def with_fallbacks(self, *others: Context) -> Context:
        """This context, and the others for what this one does not know."""
        return Context(self.known, self.absent_prefixes, (*self.fallbacks, *others))


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
    """The tags of the thing that a request is about; `is_iam`: users and roles have them as keys of IAM's own, too."""
    prefixes = ("aws:ResourceTag/", "iam:ResourceTag/") if is_iam else ("aws:ResourceTag/",)
    values = {f"{prefix}{key}": value for prefix in prefixes for key, value in tags.items()}
    return Context.of(values, absent=[f"{prefix}*" for prefix in prefixes])


WITHOUT_MFA = Context.of(absent=(MFA_PRESENT, MFA_AGE))
"""A user with long-term keys: both keys are absent (IAM User Guide, "AWS global condition context keys")."""


def make_mfa_context(age: int = 0) -> Context:
    """A user who gave a code `age` seconds ago."""
    return Context.of({MFA_PRESENT: True, MFA_AGE: age})


NO_MFA_POSSIBLE = Context.of(absent=(MFA_AGE,), either={MFA_PRESENT: (None, "false")})
"""A role session, or a federated caller: no MFA context reaches it ("Secure API access with MFA").

The User Guide does not say whether the key is then false or absent, so both are weighed.
"""

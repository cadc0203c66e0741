"""The accounts that one file describes: each has files and variables of its own, and a role to enter it by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.desired import Alias
from reconciler.model.globs import compile_glob_with_sets
from reconciler.model.problem import Place, Problem
from reconciler.model.text_forms import ACCOUNT_NAME

FIRST_WAVE = 1


def is_account_name(name: str) -> bool:
    """Return whether an account may have a name, in lower case, too: some systems take both for the same file."""
    return all(map(ACCOUNT_NAME.accepts, (name, name.casefold())))


@dataclass(frozen=True, slots=True)
class MemberAccount:
    """One account of an organization.

    id: 12 digits. files: paths of its desired-state files, beside the file that has the section. variables: override
    those of the files. wave: an apply starts a wave once the earlier ones have ended well. is_canary: it goes before
    the others of its wave. place: the line that declares it; None if AWS Organizations named it. is_partial: some of
    its files or variables cannot be read. problems: of `files` that do not exist or must not be read; the account
    cannot be planned then, and all others can.
    """

    name: str
    id: str
    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    wave: int = FIRST_WAVE
    is_canary: bool = False
    place: Place | None = None
    is_partial: bool = False
    problems: tuple[Problem, ...] = ()

    def matches(self, pattern: str) -> bool:
        """Return whether a pattern means this account: its name, with `*`, `?` and `[…]`, or its id."""
        return pattern == self.id or compile_glob_with_sets(pattern)(self.name)

    @property
    def label(self) -> str:
        """Return the account for a message: `prod (111111111111)`."""
        return f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class Discovery:
    """The accounts to ask AWS Organizations for: active ones below the units, with all of the tags.

    units: ids of organizational units or of the root; empty for the whole organization.
    """

    units: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """The section `organization` of a file.

    accounts: those that the file declares. discovery: further ones; None if the file asks for none.
    defaults: an account with only the files, variables and wave of `defaults`; its name and id are empty.
    role: the path and name of the role in each account, without a leading slash; None if only the caller's own account
    can be reached. session: how the role is assumed; its `role_arn` is empty.
    hops: aliases by name that `session.via` leads through.
    is_complete: False if it may have accounts that cannot be read.
    """

    place: Place
    accounts: tuple[MemberAccount, ...]
    discovery: Discovery | None
    defaults: MemberAccount
    role: str | None
    session: Alias
    hops: Mapping[str, Alias] = field(default_factory=dict)
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Membership:
    """One account, and all accounts of its organization, which `accounts` and `except` of an entry may name.

    is_complete: False if there may be further accounts: AWS was not asked, or the section cannot be read.
    """

    account: MemberAccount
    all_accounts: Sequence[MemberAccount]
    is_complete: bool = True
    _answers: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)

    def has_match(self, pattern: str) -> bool:
        """Return whether a pattern means any account. Each is tried once: thousands of entries may name the same."""
        if not self._answers:
            for account in self.all_accounts:
                self._answers.update({account.name: True, account.id: True})
        if pattern not in self._answers:
            self._answers[pattern] = any(account.matches(pattern) for account in self.all_accounts)
        return self._answers[pattern]

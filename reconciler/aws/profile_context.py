"""A profile as messages speak of it: its name, who asked for it, the line it stands on, the command that mends it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.aws.credential_origin import CredentialOrigin
from reconciler.files.aws_profiles import AwsProfiles, read_profiles
from reconciler.model.problem import Place
from reconciler.model.sentence import format_list
from reconciler.model.suggest import suggest_word

_MAX_NAMES = 5

SSO_OPTIONS = ("sso_session", "sso_start_url", "sso_account_id", "sso_role_name")
"""Options of a profile that is signed in by IAM Identity Center."""

CREDENTIAL_SETTINGS = (
    "an access key, role_arn, sso_session, login_session, credential_process or web_identity_token_file"
)
"""The settings that give a profile credentials."""


@dataclass(frozen=True, slots=True)
class ProblemText:
    """Holds the texts of a Problem about a profile, and the line it points at."""

    summary: str
    detail: str = ""
    hint: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class ProfileContext:
    """Describes the profile behind an error, as far as it is known."""

    origin: CredentialOrigin
    environ: Mapping[str, str]

    @classmethod
    def from_origin(cls, origin: CredentialOrigin, environ: Mapping[str, str] = os.environ) -> ProfileContext:
        return cls(origin, environ)

    @cached_property
    def profiles(self) -> AwsProfiles:
        return read_profiles(self.environ)

    @cached_property
    def name(self) -> str:
        """The profile that botocore takes: the one that was asked for, else that of the environment."""
        given = self.origin.profile
        return given or self.environ.get("AWS_DEFAULT_PROFILE", self.environ.get("AWS_PROFILE", "default"))

    def describe_requester(self) -> str:
        """Return who asked for the profile, as a sentence; "" for an option, which the person has just typed."""
        if self.origin.place is not None:
            return "`source_profile` of the alias asks for it."
        if self.origin.profile is None:
            for variable in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"):
                if variable in self.environ:
                    return f"{variable} asks for it."
        return ""

    def find_profile_with(self, *options: str) -> str:
        """Return the first profile on the way by `source_profile` that has one of these options, else the first."""
        chain = self.profiles.source_chain_of(self.name)
        having = (name for name in chain if any(self.profiles.place_of_option(name, option) for option in options))
        return next(having, self.name)

    def describe_profile(self, name: str, *options: str) -> str:
        """Return `the profile dev (/home/me/.aws/config:7)`: the line of an option, else that of its section.

        Where another profile leads to it by `source_profile`, that one is named, too.
        """
        place = self.line_of(name, *options)
        known = [f"{place.file}:{place.line}"] if place else []
        known += [f"by way of {self.name}"] if name != self.name and self.name in self.profiles.names else []
        return f"the profile {name}" + (f" ({', '.join(known)})" if known else "")

    def line_of(self, name: str, *options: str) -> Place | None:
        found = (self.profiles.place_of_option(name, option) for option in options)
        return next((place for place in found if place is not None), None) or self.profiles.place_of(name)

    def make_text(self, summary: str, detail: str = "", hint: str = "", place: Place | None = None) -> ProblemText:
        """Return it with the place of the alias that led there, else with that of AWS's file."""
        if summary.startswith("the "):
            summary = f"T{summary[1:]}"
        return ProblemText(summary, detail, hint, self.origin.place or place)

    def format_command(self, words: str, name: str) -> str:
        """Return `aws sso login --profile dev`, between backticks."""
        return f"`aws {words} --profile {shlex.quote(name)}`"

    def explain_missing(self, name: str, requester: str) -> ProblemText:
        """Return that there is no such profile, and what looks like it."""
        files, misspelt = self.profiles.files, self.profiles.find_misspelt_header(name)
        summary = f"There is no profile {name} in {files[0].path} and {files[1].path}."
        if not name:
            variable = "AWS_DEFAULT_PROFILE" if "AWS_DEFAULT_PROFILE" in self.environ else "AWS_PROFILE"
            return self.make_text(
                f"{variable} is set and empty: AWS's tools look for a profile without a name.",
                "",
                f"`unset {variable}`",
            )
        if misspelt is not None:
            place, written, right = misspelt
            detail = f"{place.file}:{place.line} says {written}; in this file the section of a profile is {right}."
            return self.make_text(summary, _join_sentences(requester, detail), f"Write {right} there.", place)
        near = suggest_word(name, self.profiles.names)
        others = f"There are {format_list(self.profiles.names, _MAX_NAMES)}." if self.profiles.names else ""
        made = (
            f"Make it: {self.format_command('configure', name)} with an access key, "
            f"{self.format_command('configure sso', name)} "
            f"with single sign-on, {self.format_command('login', name)} with the password of the console."
        )
        return self.make_text(
            summary, _join_sentences(requester, others), f"Did you mean {near}? {made}" if near else made
        )


def _join_sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)

"""A profile as messages speak of it: its name, who asked for it, the line it stands on, the command that mends it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.aws.origin import Origin
from reconciler.files.aws_profiles import AwsProfiles, read_profiles
from reconciler.model.problem import Place
from reconciler.model.sentence import listed
from reconciler.model.suggest import suggestion

_MOST_NAMES = 5

SSO = ("sso_session", "sso_start_url", "sso_account_id", "sso_role_name")
"""Options of a profile that is signed in by IAM Identity Center."""

WAYS = "an access key, role_arn, sso_session, login_session, credential_process or web_identity_token_file"
"""The settings that give a profile credentials."""


@dataclass(frozen=True, slots=True)
class Told:
    """Holds the texts of a Problem about a profile, and the line it points at."""

    summary: str
    detail: str = ""
    hint: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class About:
    """Describes the profile behind an error, as far as it is known."""

    origin: Origin
    environ: Mapping[str, str]

    @classmethod
    def of(cls, origin: Origin, environ: Mapping[str, str] = os.environ) -> About:
        return cls(origin, environ)

    @cached_property
    def profiles(self) -> AwsProfiles:
        return read_profiles(self.environ)

    @cached_property
    def name(self) -> str:
        """The profile that botocore takes: the one that was asked for, else that of the environment."""
        given = self.origin.profile
        return given or self.environ.get("AWS_DEFAULT_PROFILE", self.environ.get("AWS_PROFILE", "default"))

    def asked_by(self) -> str:
        """Return who asked for the profile, as a sentence; "" for an option, which the person has just typed."""
        if self.origin.place is not None:
            return "`source_profile` of the alias asks for it."
        if self.origin.profile is None:
            for variable in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"):
                if variable in self.environ:
                    return f"{variable} asks for it."
        return ""

    def holder(self, *options: str) -> str:
        """Return the first profile on the way by `source_profile` that has one of these options, else the first."""
        chain = self.profiles.chain(self.name)
        having = (name for name in chain if any(self.profiles.place_of_option(name, option) for option in options))
        return next(having, self.name)

    def profile(self, name: str, *options: str) -> str:
        """Return `the profile dev (/home/me/.aws/config:7)`: the line of an option, else that of its section.

        Where another profile leads to it by `source_profile`, that one is named, too.
        """
        place = self.line_of(name, *options)
        known = [f"{place.file}:{place.line}"] if place else []
        known += [f"by way of {self.name}"] if name != self.name and self.name in self.profiles.names else []
        return f"the profile {name}" + (f" ({', '.join(known)})" if known else "")

    def line_of(self, name: str, *options: str) -> Place | None:
        found = (self.profiles.place_of_option(name, option) for option in options)
        return next((place for place in found if place is not None), None) or self.profiles.place(name)

    def told(self, summary: str, detail: str = "", hint: str = "", place: Place | None = None) -> Told:
        """Return it with the place of the alias that led there, else with that of AWS's file."""
        if summary.startswith("the "):
            summary = f"T{summary[1:]}"
        return Told(summary, detail, hint, self.origin.place or place)

    def command(self, words: str, name: str) -> str:
        """Return `aws sso login --profile dev`, between backticks."""
        return f"`aws {words} --profile {shlex.quote(name)}`"

    def missing(self, name: str, asked_by: str) -> Told:
        """Return that there is no such profile, and what looks like it."""
        files, misspelt = self.profiles.files, self.profiles.misspelt(name)
        summary = f"There is no profile {name} in {files[0].path} and {files[1].path}."
        if not name:
            variable = "AWS_DEFAULT_PROFILE" if "AWS_DEFAULT_PROFILE" in self.environ else "AWS_PROFILE"
            return self.told(
                f"{variable} is set and empty: AWS's tools look for a profile without a name.",
                "",
                f"`unset {variable}`",
            )
        if misspelt is not None:
            place, written, right = misspelt
            detail = f"{place.file}:{place.line} says {written}; in this file the section of a profile is {right}."
            return self.told(summary, _sentences(asked_by, detail), f"Write {right} there.", place)
        near = suggestion(name, self.profiles.names)
        others = f"There are {listed(self.profiles.names, _MOST_NAMES)}." if self.profiles.names else ""
        made = (
            f"Make it: {self.command('configure', name)} with an access key, {self.command('configure sso', name)} "
            f"with single sign-on, {self.command('login', name)} with the password of the console."
        )
        return self.told(summary, _sentences(asked_by, others), f"Did you mean {near}? {made}" if near else made)


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)

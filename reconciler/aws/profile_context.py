"""Describe a profile in messages: its name, the setting that selects it, its line in the file, the command to run."""

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
"""Options of a profile that uses IAM Identity Center."""

CREDENTIAL_SETTINGS = (
    "an access key, role_arn, sso_session, login_session, credential_process or web_identity_token_file"
)
"""The settings that give a profile credentials."""


@dataclass(frozen=True, slots=True)
class ProblemText:
    """The texts of a Problem about a profile, and the line it points at."""

    summary: str
    detail: str = ""
    hint: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class ProfileContext:
    """The profile whose credentials caused an error, as far as it is known."""

    origin: CredentialOrigin
    environ: Mapping[str, str]

    @classmethod
    def from_origin(cls, origin: CredentialOrigin, environ: Mapping[str, str] = os.environ) -> ProfileContext:
        """Return the context of an origin."""
        return cls(origin, environ)

    @cached_property
    def profiles(self) -> AwsProfiles:
        """The profiles in AWS's files."""
        return read_profiles(self.environ)

    @cached_property
    def name(self) -> str:
        """The name of the profile that botocore uses: the requested one, else that of the environment."""
        requested = self.origin.profile
        return requested or self.environ.get("AWS_DEFAULT_PROFILE", self.environ.get("AWS_PROFILE", "default"))

    def describe_requester(self) -> str:
        """Return a sentence on the setting that selects the profile; "" for an option, which the user just typed."""
        if self.origin.place is not None:
            return "`source_profile` of the alias selects it."
        if self.origin.profile is None:
            for variable in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"):
                if variable in self.environ:
                    return f"{variable} selects it."
        return ""

    def find_profile_with(self, *options: str) -> str:
        """Return the first profile along `source_profile` that has one of these options, else the profile itself."""
        chain = self.profiles.source_chain_of(self.name)
        matching = (name for name in chain if any(self.profiles.place_of_option(name, option) for option in options))
        return next(matching, self.name)

    def describe_profile(self, name: str, *options: str) -> str:
        """Return `the profile dev (/home/me/.aws/config:7)`, with the line of an option, else of the section.

        If another profile leads to it through `source_profile`, add that one's name.
        """
        place = self.line_of(name, *options)
        notes = [f"{place.file}:{place.line}"] if place else []
        notes += [f"source of {self.name}"] if name != self.name and self.name in self.profiles.names else []
        return f"the profile {name}" + (f" ({', '.join(notes)})" if notes else "")

    def line_of(self, name: str, *options: str) -> Place | None:
        """Return the place of the first of these options that the profile has, else of its section."""
        places = (self.profiles.place_of_option(name, option) for option in options)
        return next((place for place in places if place is not None), None) or self.profiles.place_of(name)

    def make_text(self, summary: str, detail: str = "", hint: str = "", place: Place | None = None) -> ProblemText:
        """Return the text with the place of the alias that selects the profile, else with `place` in AWS's file."""
        if summary.startswith("the "):
            summary = f"T{summary[1:]}"
        return ProblemText(summary, detail, hint, self.origin.place or place)

    def format_command(self, words: str, name: str) -> str:
        """Return a command of the AWS CLI for a profile, in backquotes: `aws sso login --profile dev`."""
        return f"`aws {words} --profile {shlex.quote(name)}`"

    def explain_missing(self, name: str, requester: str) -> ProblemText:
        """Return the text that there is no such profile, with a suggestion. requester: see `describe_requester`."""
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
            detail = f"{place.file}:{place.line} has {written}, but in this file the section must be {right}."
            return self.make_text(summary, _join_sentences(requester, detail), f"Write {right} there.", place)
        close = suggest_word(name, self.profiles.names)
        others = f"These profiles exist: {format_list(self.profiles.names, _MAX_NAMES)}." if self.profiles.names else ""
        create = (
            f"Create it with {self.format_command('configure', name)} (access key), "
            f"{self.format_command('configure sso', name)} (single sign-on) or "
            f"{self.format_command('login', name)} (console password)."
        )
        hint = f"Did you mean {close}? {create}" if close else create
        return self.make_text(summary, _join_sentences(requester, others), hint)


def _join_sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)

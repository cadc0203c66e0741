"""The forms of texts that AWS or reconcile accepts, each as a grammar and in words. Standard library only.

Messages show the words, never the grammar. Sources: the API references of STS (AssumeRole), IAM and Organizations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextForm:
    """A form of texts. grammar: matches a whole text. words: names such a text, as in `Write 12 digits`."""

    grammar: re.Pattern[str]
    words: str

    @property
    def schema_pattern(self) -> str:
        """The grammar as JSON Schema reads it."""
        return f"^{self.grammar.pattern}$"

    @property
    def hint(self) -> str:
        """The sentence that says what to write."""
        return f"Write {self.words}."

    def accepts(self, text: str) -> bool:
        """Return whether the whole text has this form."""
        return self.grammar.fullmatch(text) is not None


def _make_form(grammar: str, words: str) -> TextForm:
    return TextForm(re.compile(grammar, re.ASCII), words)


_NAME_WORDS = "up to 64 letters, digits and . _ -, first a letter or digit"

ACCOUNT_ID = _make_form("[0-9]{12}", "the 12 digits of the account, quoted")
OWNER = _make_form("[A-Za-z0-9._-]{1,64}", "1 to 64 letters, digits and . _ -")
ACCOUNT_NAME = _make_form(
    "(?!(plan|apply)-results)[A-Za-z0-9][A-Za-z0-9._-]{0,63}", f"{_NAME_WORDS}; not plan-results or apply-results"
)
"""Names of accounts are also names of plan files (`plan --out DIR`), beside the file of results."""

ASSERTION_NAME = _make_form("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", _NAME_WORDS)
ROLE_PATH_AND_NAME = _make_form(
    r"/?([\x21-\x2e\x30-\x7e]+/)*[\w+=,.@-]{1,64}", "path and name of a role, such as ci/reconciler"
)
ORGANIZATION_ID = _make_form("o-[a-z0-9]{10,32}", "the id of the organization, such as o-a1b2c3d4e5")
REGION = _make_form("[a-z]{2,}(-[a-z0-9]+)+", "a region, such as eu-central-1")
STATEMENT_ID = _make_form("[A-Za-z0-9]*", "letters and digits only")
ACCOUNT_ALIAS = _make_form(
    "[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]",
    "3 to 63 lower-case letters, digits and single dashes, and no dash at either end",
)
DURATION = _make_form(r"\d{1,9}[smhd]?", "a duration such as 45m, 1h, 90d, or a number of seconds")
DURATION_OR_NONE = _make_form(rf"({DURATION.grammar.pattern}|none)", f"{DURATION.words}, or `none`")

MFA_DEMAND = _make_form("required", "`required`, or `{max_age: 1h}`")
CONTEXT_PROVIDER = _make_form("none", "`none`, or a mapping with `subject_source_key`")

SESSION_NAME = _make_form("[A-Za-z0-9_+=,.@-]{2,64}", "2 to 64 letters, digits and + = , . @ _ -")
"""RoleSessionName and SourceIdentity."""

EXTERNAL_ID = _make_form(r"[\w+=,.@:/-]{2,1224}", "2 to 1224 letters, digits and + = , . @ : / _ -")
MFA_SERIAL = _make_form(
    r"[\w+=/:,.@-]{9,256}",
    "the serial number or ARN of the device: 9 to 256 letters, digits and + = / : , . @ _ -",
)
ALIAS_NAME = _make_form(r"[\w+=,.@/:][\w+=,.@/:-]*", "letters, digits and + = , . @ / : _ -, and no - at the beginning")
NAME = _make_form(r"[\w+=,.@-]+", "letters, digits and + = , . @ _ - only")
"""Names of users, groups, roles, policies and MFA devices; their longest length differs."""

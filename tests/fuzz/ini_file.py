"""Fuzz target: a user's AWS config and credentials files, as `profiles` and `keys` read and change them.

An input is used as both files. Beside the absence of tracebacks, these must hold: text outside our block stays byte for
byte; writing a block twice changes nothing; removing it restores the file; a changed key is read back, by us and by
configparser as botocore uses it.
"""

from __future__ import annotations

import configparser
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from unittest.mock import patch

from reconciler.app import profiles
from reconciler.app.desired_files import load_desired
from reconciler.app.profiles import ProfilesRequest
from reconciler.files import aws_files, credentials_file, ini, ini_edits
from reconciler.model.problem import ReconcileError
from tests.fuzz.mutations import TOKENS, spoil_bytes, spoil_lines, spoil_text
from tests.fuzz.target import print_problems, print_text, write_input

_BLOCK = "# >>> reconcile {} >>>"
_END = "# <<< reconcile <<<"
_LINES = (
    "[default]", "[profile a]", "[profile 'a b']", "[profile x", "[profile r]", "[a]", "[]", "[a] ; b", "  [a]",
    "[sso-session s]", "[DEFAULT]", "[profile DEFAULT]", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "region", "= x",
    "aws_secret_access_key=x", "AWS_ACCESS_KEY_ID: y", "  aws_session_token = t", "s3 =\n  max = 1\n  b", ": x",
    "a = b = c", "\ta = b", " # c", "; c", "#", "\r", "\x0b", "\x85", "\x1c", "role_arn = arn:aws:iam::1:role/r",
    "# reconcile replaced AKIAOLD, which `keys rotate --finish` deletes", _BLOCK.format("a"), _BLOCK.format(""), _END,
    f" {_END}", "# <<< reconcile <<",
)  # fmt: skip
_SEEDS = (
    "",
    "[default]\nregion = eu-central-1\noutput=json\n\n[profile a]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
    "source_profile = default\n",
    "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n\n# a comment\n[a]\n"
    "aws_access_key_id=AKIAI44QH8DHBEXAMPLE\naws_secret_access_key=y\naws_session_token=t\n",
    "[default]\r\ns3 =\r\n  max_concurrent_requests = 20\r\n  x = y\r\nregion = us-east-1\r\n"
    "[a]\r\n aws_access_key_id = A\r\n",
    f"[profile z]\nregion = x\n{_BLOCK.format('{file}')}\n# Written by reconcile profiles.\n[profile r]\nrole_arn = b\n"
    f"{_END}\n[profile y]\noutput = text\n",
    "[a]\n# reconcile replaced AKIAOLD, which `keys rotate --finish` deletes\naws_access_key_id = AKIANEW\n",
)
_FILE = b"""version: 1
account: '123456789012'
owner: me
roles: {r: {trust: [{accounts: ['123456789012']}]}, s: {trust: [{accounts: ['123456789012']}]}}
aliases: {r: {role: r, duration: 30m}, s: {role: s, via: r, region: eu-central-1}}
"""
_MAX_CONFIGPARSER_BYTES = 20_000
"""In bytes. configparser takes time that grows with the square of the number of bad lines."""
_KEY = ("AKIANEWNEWNEWNEWNEW1", "se/cr+et", "AKIAOLDOLDOLDOLDOLD1")


class IniFile:
    name = "ini"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "config"
        self._roles = folder / "roles.yaml"
        self._environ = {
            "AWS_CONFIG_FILE": str(self._path),
            "AWS_SHARED_CREDENTIALS_FILE": str(self._path),
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        write_input(self._roles, _FILE)
        self._desired = load_desired([str(self._roles)], {})

    def make_seeds(self) -> Sequence[bytes]:
        return [seed.replace("{file}", str(self._roles)).encode() for seed in _SEEDS]

    def spoil(self, random: Random, data: bytes, other: bytes) -> bytes:
        text, other_text = (item.decode("utf-8", "surrogateescape") for item in (data, other))
        match random.randrange(6):
            case 0:
                return spoil_bytes(random, data, other)
            case 1:
                return spoil_text(random, text).encode("utf-8", "replace")
            case 2 | 3:
                return spoil_lines(random, text, other_text).encode("utf-8", "surrogateescape")
            case _:
                lines = text.splitlines(keepends=True)
                line = random.choice(_LINES) if random.randrange(4) else random.choice(TOKENS)
                line += random.choice(("\n", "\n", "\n", "\r\n", "\r", ""))
                lines.insert(random.randrange(len(lines) + 1), line)
                return "".join(lines).encode("utf-8", "replace")

    def read(self, data: bytes) -> Iterable[str]:
        write_input(self._path, data)
        text = aws_files.read_file(self._path)
        assert text.encode("utf-8", "surrogateescape") == data
        words = self._check_profiles(data) | _check_block(text)
        for profile in dict.fromkeys(["a", *(section.name for section in ini.parse_sections(text)[:1])]):
            words |= _check_key(text, profile)
        return words

    def _check_profiles(self, data: bytes) -> set[str]:
        request = ProfilesRequest([str(self._roles)], {}, [os.devnull])
        with patch.object(
            profiles, "load_desired", lambda *_: self._desired
        ):  # the desired state is the same for every input
            try:
                found = profiles.propose_profiles(request, self._environ)
            except ReconcileError as failed:
                return print_problems(failed.problems)
            write_input(self._path, found.edit.text.encode("utf-8", "surrogateescape"))
            again = profiles.propose_profiles(request, self._environ)
        assert not again.edit.changed, "the block that was just written is another"
        _check_untouched(data, self._path.read_bytes(), again.edit)
        return print_problems(found.findings)


def _check_untouched(before: bytes, after: bytes, edit: ini_edits.Edit) -> None:
    """Check that the text around the block did not change, except for a line end added to the last line."""
    lines = after.decode("utf-8", "surrogateescape")
    inside = ini.lines_of(lines)
    outside = "".join(inside[: edit.block_lines.start] + inside[edit.block_lines.stop :])
    old = ini.lines_of(before.decode("utf-8", "surrogateescape"))
    block = next(
        (one for one in ini_edits.find_blocks("".join(old), "") if one.name in lines and one.start != one.end), None
    )
    kept = "".join(old[: block.start] + old[block.end :] if block and edit.block_lines else old)
    if block is None:
        assert outside.rstrip("\r\n") == kept.rstrip("\r\n")


def _check_block(text: str) -> set[str]:
    name = "fuzz"
    try:
        edit = ini_edits.replace_block(text, name, ("[profile fuzz]", "region = x"), "config")
    except ReconcileError as failed:
        return print_problems(failed.problems)
    again = ini_edits.replace_block(edit.text, name, ("[profile fuzz]", "region = x"), "config")
    assert not again.changed, "a block that is written twice is another"
    without = ini_edits.replace_block(edit.text, name, (), "config").text
    if not edit.block_lines:
        ending = "" if not text or text.endswith(("\n", "\r")) else ini_edits.line_end_of(text)
        assert without == text + ending, "a block that is taken out again leaves something else"
    _check_others(text, edit.text, ("profile fuzz",))
    return {"block"}


def _check_key(text: str, profile: str) -> set[str]:
    """Check that a new key in a profile is read back, and that nothing else has changed."""
    held = credentials_file.find_key(text, profile)
    if held is None:
        new = credentials_file.add_profile(text, profile, *_KEY[:2])
    else:
        print_text(repr(held).encode("utf-8", "backslashreplace").decode())
        assert held.line < len(ini.lines_of(text))
        new = credentials_file.replace_key(text, profile, *_KEY)
    if not _check_others(text, new, (profile,)):
        return {"unread"}
    now = credentials_file.find_key(new, profile)
    assert now is not None and (now.key_id, now.secret) == _KEY[:2], "the new key is not read back"
    if held is not None:
        assert now.replaced_id == _KEY[2], "the key before is not named"
        assert credentials_file.find_key(credentials_file.remove_note(new, profile), profile).replaced_id is None  # type: ignore[union-attr]
    return {"held" if held else "new profile"}


def _check_others(before: str, after: str, ours: Sequence[str]) -> bool:
    """Check that configparser, as botocore uses it, reads all other sections unchanged.

    Return False if it cannot read the file before the change: then there is nothing to compare.
    """
    was = _read_as_botocore(before)
    if was is None or "DEFAULT" in ours:
        return False
    now = _read_as_botocore(after)
    assert now is not None, "the AWS CLI can no longer read the file"
    assert {name: now.get(name) for name in was if name not in ours} == {
        name: values for name, values in was.items() if name not in ours
    }, "another section has changed"
    return True


def _read_as_botocore(text: str) -> Mapping[str, Mapping[str, str]] | None:
    """Return the sections; None if botocore cannot read the file, or configparser would need too long for it."""
    parser = configparser.RawConfigParser()
    try:
        decoded = text.encode("utf-8", "surrogateescape").decode("utf-8")
        if len(decoded) > _MAX_CONFIGPARSER_BYTES:
            return None
        parser.read_file(io.StringIO(decoded, newline=None))
    except (configparser.Error, UnicodeDecodeError, AttributeError):
        return None
    return {name: dict(parser.items(name)) for name in parser.sections()}

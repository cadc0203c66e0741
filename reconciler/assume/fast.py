"""The warm `assume`: a closed list of argument forms, answered from the index and the cache with nothing else loaded.

Whatever is not in the list, not known or not fresh is left to the slow path, which prints the same bytes. Standard
library only, and little of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from reconciler.assume import index, warm
from reconciler.assume.cache import Cache
from reconciler.assume.credentials import (
    Credentials,
    environment,
    expired,
    kept_profile,
    kept_region,
    region_to_set,
    source_profile,
)
from reconciler.assume.deliver import Wish, deliver
from reconciler.assume.source import identity_of
from reconciler.shell import streams
from reconciler.shell.variables import SHELLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VALUES = ("--file", "-f", "--shell", "--format", "--profile", "--region", "--endpoint-url")
_FORMS = ("env", "json", "credential-process")


class _Asked:
    """The arguments of one form of the list."""

    __slots__ = ("alias", "endpoint_url", "files", "form", "printing", "profile", "region", "shell", "words")

    def __init__(self) -> None:
        self.alias = ""
        self.files: list[str] = []
        self.words: list[str] = []
        self.printing = False
        self.form: str | None = None
        self.shell: str | None = None
        self.profile: str | None = None
        self.region: str | None = None
        self.endpoint_url: str | None = None


def serve(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """The exit code; None where the slow path must answer."""
    asked = _asked(arguments)
    if asked is None:
        return None
    try:
        found = _found(asked, environ)
    except (KeyError, TypeError, AttributeError, ValueError, OSError):
        return None  # an entry that is not as we write it is a miss
    return _delivered(asked, *found, environ) if found else None


def _found(asked: _Asked, environ: Mapping[str, str]) -> tuple[str, str | None, Credentials, str | None, str] | None:
    """The role's ARN, the alias's region, the credentials, the profile they were made from, the default file above."""
    cache = Cache.of(environ, lambda line: None)
    found = index.read(cache, index.key(asked.files, {}, None, "aws", environ))
    if found is None:
        return None
    profile = source_profile(asked.profile, _alias(found, asked.alias)["source_profile"], environ)
    source = identity_of(profile, environ)
    if source is None or (profile is None and expired(environ, time.time())):
        return None
    where = warm.endpoint(asked.endpoint_url, profile, environ)
    caller = warm.identity(cache, source, where)
    if caller is None:
        return None
    arn = str(caller["arn"])
    partition, account = arn.split(":")[1], None if found["account"] else str(caller["account"])
    if account or partition != "aws":
        found = index.read(cache, index.key(asked.files, {}, account, partition, environ))
    alias = _alias(found, asked.alias) if found else None
    calls = alias["calls"]["session" if ":assumed-role/" in arn else "user"] if alias else None
    if not alias or not calls:
        return None
    named = [{"RoleSessionName": caller["session_name"]} | one for one in calls]
    credentials = warm.credentials(cache, warm.credentials_key(source, where, named))
    if credentials is None:
        return None
    return calls[-1]["RoleArn"], alias["region"], credentials, profile, index.file_above(found) if found else ""


def _delivered(
    asked: _Asked,
    role_arn: str,
    region: str | None,
    credentials: Credentials,
    profile: str | None,
    above: str,
    environ: Mapping[str, str],
) -> int:
    if above:
        _say(f"using {above}, found in a parent folder.")
    line = warm.nesting(profile, environ)
    if line:
        _say(line)
    region = region_to_set(asked.region or region, role_arn, profile, environ)
    kept = kept_profile(environ), kept_region(region, environ)
    variables = environment(credentials, asked.alias, region, *kept)
    wish = Wish(asked.words, asked.shell, asked.form, asked.printing)
    try:
        return deliver(wish, asked.alias, role_arn, credentials, variables, environ, _say)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        streams.write_line("Interrupted.", err=True)
        return 130


def _alias(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    entry: dict[str, Any] = found["aliases"][name]
    return entry


def _asked(arguments: Sequence[str]) -> _Asked | None:
    if not arguments or arguments[0] != "assume":
        return None
    asked, rest = _Asked(), list(arguments[1:])
    if "--" in rest:
        cut = rest.index("--")
        rest, asked.words = rest[:cut], rest[cut + 1 :]
        if not asked.words:
            return None
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word == "--print":
            asked.printing = True
        elif name in _VALUES and (equals or rest):
            if not _take(asked, name, value if equals else rest.pop(0)):
                return None
        elif not word or word.startswith("-") or asked.alias:
            return None
        else:
            asked.alias = word
    clash = asked.words and (asked.printing or asked.form)
    return asked if asked.alias and not clash else None


def _take(asked: _Asked, name: str, value: str) -> bool:
    """False where the value is not one that this path knows."""
    if not value or value.startswith("-"):
        return False
    if name in ("-f", "--file"):
        asked.files.append(value)
    elif name == "--shell":
        asked.shell = value
        return value in SHELLS and value != "cmd"  # cmd cannot write every value
    elif name == "--format":
        asked.form = value
        return value in _FORMS
    else:
        setattr(asked, name[2:].replace("-", "_"), value)
    return True


def _say(line: str) -> None:
    streams.write_sentence(f"reconcile: {line}", err=True)

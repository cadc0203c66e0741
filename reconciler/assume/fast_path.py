"""The warm `assume`: answer the common forms of the command from the index and the cache, with nothing else imported.

Other forms, and credentials that are not cached or not fresh, are left to the slow path. Both print the same bytes.
Standard library only, and little of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from reconciler.assume import alias_index, cache_lookup
from reconciler.assume.cache import Cache
from reconciler.assume.credential_source import identity_of
from reconciler.assume.credentials import (
    Credentials,
    build_variables,
    choose_region,
    choose_source_profile,
    find_previous_profile,
    find_previous_region,
    has_expired_keys,
)
from reconciler.assume.delivery import OutputOptions, deliver_credentials
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.shell import streams
from reconciler.shell.variables import SHELLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VALUE_OPTIONS = ("--file", "-f", "--shell", "--format", "--profile", "--region", "--endpoint-url")
_FORMATS = ("env", "json", "credential-process")


class _FastArguments:
    """The arguments of `assume` that this path knows."""

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


def serve_assume(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Answer `assume` and return the exit code; None if the slow path must answer."""
    parsed = _parse_arguments(arguments)
    if parsed is None:
        return None
    try:
        cached = _find_cached(parsed, environ)
    except (KeyError, TypeError, AttributeError, ValueError, OSError):
        return None  # an entry that is not as reconcile writes it is a miss
    return _deliver_cached(parsed, *cached, environ) if cached else None


def _find_cached(
    arguments: _FastArguments, environ: Mapping[str, str]
) -> tuple[str, str | None, Credentials, str | None, str] | None:
    """Return the role's ARN, the alias's region, the credentials, their source profile, and the parent's file.

    The last is the default file if it was found in a parent folder, else "". None if something is not cached.
    """
    cache = Cache.from_environ(environ, lambda line: None)
    index = alias_index.read_index(
        cache, alias_index.index_key_of(arguments.files, {}, None, DEFAULT_PARTITION, environ)
    )
    if index is None:
        return None
    profile = choose_source_profile(arguments.profile, _alias_of(index, arguments.alias)["source_profile"], environ)
    source = identity_of(profile, environ)
    if source is None or (profile is None and has_expired_keys(environ, time.time())):
        return None
    endpoint = cache_lookup.resolve_sts_endpoint(arguments.endpoint_url, profile, environ)
    caller = cache_lookup.find_identity(cache, source, endpoint)
    if caller is None:
        return None
    arn = str(caller["arn"])
    partition, account = arn.split(":")[1], None if index["account"] else str(caller["account"])
    if account or partition != DEFAULT_PARTITION:
        index = alias_index.read_index(
            cache, alias_index.index_key_of(arguments.files, {}, account, partition, environ)
        )
    alias = _alias_of(index, arguments.alias) if index else None
    calls = alias["calls"]["session" if ":assumed-role/" in arn else "user"] if alias else None
    if not alias or not calls:
        return None
    parameters = [{"RoleSessionName": caller["session_name"]} | call for call in calls]
    credentials = cache_lookup.find_credentials(cache, cache_lookup.credentials_key_of(source, endpoint, parameters))
    if credentials is None:
        return None
    return (
        calls[-1]["RoleArn"],
        alias["region"],
        credentials,
        profile,
        alias_index.find_parent_file(index) if index else "",
    )


def _deliver_cached(
    arguments: _FastArguments,
    role_arn: str,
    region: str | None,
    credentials: Credentials,
    profile: str | None,
    parent_file: str,
    environ: Mapping[str, str],
) -> int:
    if parent_file:
        _notice(f"using {parent_file}, found in a parent folder.")
    line = cache_lookup.describe_nesting(profile, environ)
    if line:
        _notice(line)
    region = choose_region(arguments.region or region, role_arn, profile, environ)
    previous = find_previous_profile(environ), find_previous_region(region, environ)
    variables = build_variables(credentials, arguments.alias, region, *previous)
    output = OutputOptions(arguments.words, arguments.shell, arguments.form, arguments.printing)
    try:
        return deliver_credentials(output, arguments.alias, role_arn, credentials, variables, environ, _notice)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        streams.write_line("Interrupted.", err=True)
        return 130


def _alias_of(index: Mapping[str, Any], name: str) -> dict[str, Any]:
    entry: dict[str, Any] = index["aliases"][name]
    return entry


def _parse_arguments(arguments: Sequence[str]) -> _FastArguments | None:
    if not arguments or arguments[0] != "assume":
        return None
    parsed, remaining = _FastArguments(), list(arguments[1:])
    if "--" in remaining:
        cut = remaining.index("--")
        remaining, parsed.words = remaining[:cut], remaining[cut + 1 :]
        if not parsed.words:
            return None
    while remaining:
        word = remaining.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if word == "--print":
            parsed.printing = True
        elif name in _VALUE_OPTIONS and (equals or remaining):
            if not _set_option(parsed, name, value if equals else remaining.pop(0)):
                return None
        elif not word or word.startswith("-") or parsed.alias:
            return None
        else:
            parsed.alias = word
    clash = parsed.words and (parsed.printing or parsed.form)
    return parsed if parsed.alias and not clash else None


def _set_option(arguments: _FastArguments, name: str, value: str) -> bool:
    """Set one option and return whether this path knows its value."""
    if not value or value.startswith("-"):
        return False
    if name in ("-f", "--file"):
        arguments.files.append(value)
    elif name == "--shell":
        arguments.shell = value
        return value in SHELLS and value != "cmd"  # cmd cannot express every value
    elif name == "--format":
        arguments.form = value
        return value in _FORMATS
    else:
        setattr(arguments, name[2:].replace("-", "_"), value)
    return True


def _notice(line: str) -> None:
    streams.write_sentence(f"reconcile: {line}", err=True)

"""Make URLs safe to show: without user name, password and query."""

from __future__ import annotations

from urllib.parse import urlsplit

HIDDEN_URL = "(a URL that is not shown: it may hold a password)"


def redact_url(url: str) -> str:
    """Return scheme, host, port and path of a URL; return `HIDDEN_URL` if the end of a password in it is unclear.

    An `@` may end a password wherever it is, because `http://user:pa/ss@host` is split at its slash.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return HIDDEN_URL
    if not (parts.scheme and host) or "@" in parts.path + parts.query + parts.fragment:
        return HIDDEN_URL
    host_text = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host_text}{f':{port}' if port is not None else ''}{parts.path}"

"""URLs as they may be shown: without the name and password in them, and without their query."""

from __future__ import annotations

from urllib.parse import urlsplit

HIDDEN = "(a URL that is not shown: it may hold a password)"


def public_url(url: str) -> str:
    """Return scheme, host, port and path of a URL, or `HIDDEN` if it cannot be told where a password in it ends.

    An `@` counts for the end of a password wherever it stands: `http://user:pa/ss@host` is split at its slash.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return HIDDEN
    if not (parts.scheme and host) or "@" in parts.path + parts.query + parts.fragment:
        return HIDDEN
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port is not None else ''}{parts.path}"

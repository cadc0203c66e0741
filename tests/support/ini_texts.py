"""Texts of AWS's config files for properties, and configparser, by whose rules botocore reads them."""

from __future__ import annotations

import configparser

from hypothesis import strategies as st

NAMES = st.sampled_from(["default", "profile a", "profile b c", 'profile "d e"', "sso-session x", "profile a]b", "x"])
LINES = st.one_of(
    NAMES.map(lambda name: f"[{name}]"),
    NAMES.map(lambda name: f"  [{name}] # trailing"),
    st.sampled_from(["region = x", "Output: json", "  deep = 1", "    deeper = 2", "s3 =", "", "   ", "a==b"]),
    st.sampled_from(["# comment: with = both", "  ; indented", "#", "\tkey\t=\tv", "ключ = значение", "no delimiter"]),
)
TEXTS = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else ""),
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)

OPTIONS = st.lists(
    st.sampled_from(
        ["region = x", "Output: json", "  deep = 1", "s3 =\n    a = 1\n\n    # note\n    b = 2", "key\t=\tv"]
    )
    | st.sampled_from(["# comment: with = both", "  ; indented", "", "ключ = значение", "    deeper = 2"]),
    max_size=5,
    unique_by=lambda line: line,
)
"""No key twice, so that AWS's own tools read what is made of them."""
READABLE = st.builds(
    lambda sections, end, last: (
        "\n".join(line for name, lines in sections for line in (f"[{name}]", *lines)).replace("\n", end)
        + (end if last else "")
    ),
    st.lists(st.tuples(NAMES, OPTIONS), min_size=1, max_size=4, unique_by=lambda section: section[0]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
ANY_LINES = st.lists(
    LINES
    | st.sampled_from(
        ["[a]", "[DEFAULT]", "  [a]", "x = 1", "= x", ": y", "[", "[]", "[]]", "[a] = b", "\x0b", "\x85 x = 1"]
    )
    | st.sampled_from(["x", " x", "  # note", "   y", "\tX : 2"]),
    max_size=8,
).map("\n".join)
"""Lines in any order, among them many that configparser refuses."""


def parse_by_configparser(text: str) -> dict[str, dict[str, str]]:
    """Return section -> option -> value. Raises `configparser.Error`."""
    parser = configparser.RawConfigParser()
    parser.read_string(text.replace("\r\n", "\n"))
    return {name: dict(parser.items(name)) for name in parser.sections()}

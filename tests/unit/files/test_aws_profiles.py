"""Lines of AWS's two files that say something, or that cannot be read: as botocore reads them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError
from hypothesis import given
from hypothesis import strategies as st

from reconciler.files.aws_profiles import SECRETS, AwsProfiles, find_flaw, read_profiles
from reconciler.model.problem import Place
from tests.support.examples import examples

FLAWS = {
    "in order": (b"[default]\nregion = x\n", None),
    "empty": (b"", None),
    "a comment alone": (b"# nothing\n", None),
    "a block": (b"[a]\ns3 =\n  x = 1\n", None),
    "a value of two lines": (b"[a]\nx = 1\n  and more\n", None),
    "UTF-8 with a mark": (b"\xef\xbb\xbf[default]\n", 1),
    "a mark above a comment": (b"\xef\xbb\xbf# c\n[default]\n", 1),
    "UTF-16": ("[default]\n".encode("utf-16"), 1),
    "latin": (b"[default]\n# \xfcber\n", 2),
    "a section twice": (b"[a]\nx = 1\n[b]\n[a]\n", 4),
    "an option twice": (b"[a]\nx = 1\ny = 2\nX = 1\n", 4),
    "no section": (b"# c\nx = 1\n", 2),
    "a bare word": (b"[a]\nx = 1\nword\n", 3),
    "a block that is none": (b"[a]\nx = 1\ns3 =\n  word\n", 3),
}


@pytest.mark.parametrize("name", FLAWS)
def test_the_line_is_named_that_makes_a_file_unreadable(tmp_path: Path, name: str) -> None:
    content, line = FLAWS[name]
    path = tmp_path / "config"
    path.write_bytes(content)
    flaw = find_flaw(str(path))
    assert (flaw.place if flaw else None) == (Place(str(path), line, 1) if line else None)
    assert bool(flaw) == is_refused_by_botocore(path)


def is_refused_by_botocore(path: Path) -> bool:
    try:
        raw_config_parse(str(path))
    except ConfigParseError:
        return True
    return False


_LINES = st.sampled_from(
    [
        "[a]",
        "[b]",
        "[profile a]",
        "[]",
        "[",
        "x = 1",
        "x: 2",
        "X=3",
        "y =",
        "  z = 1",
        "  word",
        "word",
        "",
        "# c",
        " ; c",
    ]
)


@examples(300)
@given(st.lists(_LINES, max_size=8), st.sampled_from(["", "\ufeff"]))
def test_a_flaw_is_found_if_and_only_if_botocore_refuses(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], mark: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "some config"
    path.write_text(mark + "\n".join(lines), encoding="utf-8")
    assert (find_flaw(str(path)) is not None) == is_refused_by_botocore(path)


def test_there_is_no_flaw_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert find_flaw(str(tmp_path / "config")) is None


SECRET = "PLANTED"
CONFIG = """\
[profile a]
role_arn = arn
source_profile = b
[profile b]
source_profile = c
[c]
region = x
[profile "d e"]
source_profile = d e
"""
CREDENTIALS = f"[b]\naws_access_key_id = A\naws_secret_access_key = {SECRET}\n[profile f]\n"


@pytest.fixture
def profiles(tmp_path: Path) -> AwsProfiles:
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    names = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
    return read_profiles({variable: str(tmp_path / name) for variable, name in names.items()})


def test_profiles_are_those_of_both_files(profiles: AwsProfiles) -> None:
    assert profiles.names == ("a", "b", "d e", "profile f")


@pytest.mark.parametrize(
    ("profile", "option", "expected"),
    [
        ("a", "role_arn", "config:2"),
        ("b", "source_profile", "config:5"),
        ("b", "aws_secret_access_key", "credentials:3"),
        ("b", "region", None),
        ("nobody", "region", None),
    ],
)
def test_an_option_stands_on_a_line(profiles: AwsProfiles, profile: str, option: str, expected: str | None) -> None:
    place = profiles.place_of_option(profile, option)
    assert (f"{Path(place.file).name}:{place.line}" if place else None) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("a", ("a", "b", "c")), ("c", ("c",)), ("d e", ("d e", "d e")), ("nobody", ("nobody",))],
)
def test_a_chain_goes_by_source_profile_and_ends(profiles: AwsProfiles, profile: str, expected: tuple[str]) -> None:
    assert profiles.source_chain_of(profile) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("c", ("[c]", "[profile c]")), ("f", ("[profile f]", "[f]")), ("a", None), ("b", None), ("nobody", None)],
)
def test_a_section_of_the_other_files_form_is_told(
    profiles: AwsProfiles, profile: str, expected: tuple[str, str] | None
) -> None:
    found = profiles.find_misspelt_header(profile)
    assert (found[1:] if found else None) == expected


@pytest.mark.parametrize("option", sorted(SECRETS))
def test_no_secret_can_be_read_from_here(profiles: AwsProfiles, option: str) -> None:
    with pytest.raises(ValueError, match=option):
        profiles.find_setting("b", option)
    assert SECRET not in repr(profiles)


@pytest.mark.skipif(shutil.which("perl") is None, reason="needs perl, as the command does")
def test_the_command_takes_the_mark_away(tmp_path: Path) -> None:
    path = tmp_path / "some body's config"
    path.write_bytes(b"\xef\xbb\xbf[default]\nx = 1\n")
    flaw = find_flaw(str(path))
    assert flaw is not None
    command = flaw.remedy.split("`")[1]
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0
    assert path.read_bytes() == b"[default]\nx = 1\n"
    assert find_flaw(str(path)) is None

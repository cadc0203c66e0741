"""Config files of the AWS CLI are read as botocore reads them."""

from __future__ import annotations

import configparser
import time

import pytest
from botocore.configloader import build_profile_map
from hypothesis import given

from reconciler.files import ini
from tests.support.examples import examples
from tests.support.ini_texts import ANY_LINES, READABLE, parse_by_configparser


@given(READABLE)
def test_sections_and_options_are_those_that_configparser_finds(text: str) -> None:
    expected = parse_by_configparser(text)
    found = ini.parse_sections(text)
    assert {section.name: {option.name: option.value for option in section.options} for section in found} == expected


def refusal_of(text: str) -> tuple[str, int] | None:
    """The reason and the line, from 1, of configparser's error."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.DuplicateSectionError as error:
        return ini.DUPLICATE_SECTION, error.lineno or 0
    except configparser.DuplicateOptionError as error:
        return ini.DUPLICATE_OPTION, error.lineno or 0
    except configparser.MissingSectionHeaderError as error:
        return ini.NO_SECTION, error.lineno
    except configparser.ParsingError as error:
        return ini.NO_OPTION, error.errors[0][0]
    return None


@examples(300)
@given(ANY_LINES)
def test_the_line_that_is_refused_is_that_of_configparsers_error(text: str) -> None:
    found = ini.parse_ini(text).find_first_refusal()
    assert (found and (found.reason, found.line + 1)) == refusal_of(text)


LONG = {
    "a value that goes on for many lines": "[a]\nb =\n" + "  c\n" * 100_000,
    "a line of blanks": f"[a]\nb{' ' * 200_000}c\n",
    "many options": "[a]\nb=c\n" * 10_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_no_file_takes_the_square_of_its_length(text: str) -> None:
    began = time.process_time()
    assert ini.parse_sections(text)[0].name == "a"
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "header",
    [
        *("default", "profile a", "profile  a", "profile\ta", 'profile "a b"', "profile a b", "profile", "a"),
        *("sso-session a", "profile a/b:c", "profile a=b,c.d@e+f", 'profile "a', "profile default", "profiler a"),
    ],
)
def test_a_section_is_the_profile_that_botocore_takes_it_for(header: str) -> None:
    expected = list(build_profile_map({header: {}})["profiles"])
    assert ini.profile_of(header) == (expected[0] if expected else None)


@pytest.mark.parametrize("name", ["default", "s3", "a/b:c", "a=b,c.d@e+f", "/x"])
def test_the_header_of_a_profile_leads_back_to_it(name: str) -> None:
    assert ini.profile_of(ini.parse_sections(ini.header_of(name))[0].name) == name


def test_no_value_shows_in_a_repr() -> None:
    assert "hunter2" not in repr(ini.parse_sections("[a]\naws_secret_access_key = hunter2\n"))

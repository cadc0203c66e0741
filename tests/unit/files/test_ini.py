"""Config files of the AWS CLI: read as botocore reads them, and changed only where we may."""

from __future__ import annotations

import configparser
import time

import pytest
from botocore.configloader import build_profile_map
from hypothesis import given
from hypothesis import strategies as st

from reconciler.files import ini
from reconciler.model.problem import ReconcileError

BODY = ("[profile s3]", "role_arn = arn:aws:iam::123456789012:role/reader", "source_profile = demo")
BLOCK = "# >>> reconcile /f.yaml >>>\n" + "\n".join((ini._NOTE, *BODY)) + "\n# <<< reconcile <<<\n"
FOREIGN = """\
# my own file
[default]
region = eu-west-1

[profile  old]
s3 =
    max_concurrent_requests = 20
    # a comment within

    addressing_style = path
output: json
; the end
"""

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


def parsed(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read_string(text.replace("\r\n", "\n"))
    return {name: dict(parser.items(name)) for name in parser.sections()}


@given(READABLE)
def test_sections_and_options_are_those_that_configparser_finds(text: str) -> None:
    expected = parsed(text)
    found = ini.parse_sections(text)
    assert {section.name: {option.name for option in section.options} for section in found} == {
        name: set(options) for name, options in expected.items()
    }
    for section in found:
        for option in section.options:
            single = "\n" not in expected[section.name][option.name]
            assert not single or option.value == expected[section.name][option.name]


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


@given(TEXTS)
def test_everything_around_the_block_is_kept_byte_for_byte(text: str) -> None:
    ended = text if not text or text.endswith("\n") else text + ini.line_end_of(text)
    added = ini.replace_block(text, "/f.yaml", BODY, "config")
    assert added.text.startswith(ended)
    assert added.text == ended + BLOCK.replace("\n", ini.line_end_of(text))
    assert not ini.replace_block(added.text, "/f.yaml", BODY, "config").changed
    other = ini.replace_block(added.text, "/g.yaml", ("[profile g]", "region = x"), "config").text
    assert ini.replace_block(other, "/f.yaml", (), "config").text.startswith(ended)
    assert ini.replace_block(added.text, "/f.yaml", (), "config").text == ended


@given(READABLE)
def test_the_block_reads_as_was_meant_and_the_rest_as_before(text: str) -> None:
    before = parsed(text)
    after = parsed(ini.replace_block(text, "/f.yaml", BODY, "config").text)
    assert after.pop("profile s3") == {
        "role_arn": "arn:aws:iam::123456789012:role/reader",
        "source_profile": "demo",
    }
    assert after == before


@given(READABLE)
def test_options_of_a_section_are_set_and_all_others_stay(text: str) -> None:
    before = parsed(text)
    name = next(iter(before))
    after = parsed(ini.set_values(text, name, {"region": "new", "key": "k"}))
    assert after[name] == {**before[name], "region": "new", "key": "k"}
    assert {other: after[other] for other in after if other != name} == {
        other: before[other] for other in before if other != name
    }


INDENTED = {
    "a header after a section without options": "[a]\n  [b]\nx = 1\n",
    "with a comment and a blank line between": "[a]\n# note\n\n  # deeper\n\t[b]\n",
    "an option": "[a]\n  x = 1\n[b]\ny = 2\n",
    "header and options": "  [a]\n  x = 1\n  [b]\n  y = 2\n",
    "nothing more": "[b]\n  [a]\n",
}


@pytest.mark.parametrize("text", INDENTED.values(), ids=INDENTED)
def test_new_options_do_not_swallow_what_stands_indented_below(text: str) -> None:
    before = parsed(text)
    after = parsed(ini.set_values(text, "a", {"key": "k", "secret": "s"}))
    assert after == {**before, "a": {**before["a"], "key": "k", "secret": "s"}}


def test_an_indented_section_below_our_block_is_told_as_aws_reads_it() -> None:
    text = BLOCK + "  [profile below]\nregion = z\n"
    with pytest.raises(ReconcileError, match="below the block"):
        ini.replace_block(text, "/f.yaml", ("[profile new]", "region = y"), "config")
    assert list(parsed(text)) == ["profile s3"]


@given(READABLE)
def test_a_new_section_is_added_and_all_others_stay(text: str) -> None:
    before = parsed(text)
    after = parsed(ini.append_section(text, "new", {"x": "1", "y": "2"}))
    assert after == {**before, "new": {"x": "1", "y": "2"}}


def test_a_block_in_the_middle_is_replaced_where_it_stands() -> None:
    text = FOREIGN + BLOCK + "[profile below]\nregion = z\n"
    edit = ini.replace_block(text, "/f.yaml", ("[profile new]", "region = y"), "config")
    assert edit.text.startswith(FOREIGN) and edit.text.endswith("<<<\n[profile below]\nregion = z\n")
    assert edit.before[2:-1] == BODY and edit.after[2:-1] == ("[profile new]", "region = y")
    assert edit.line == FOREIGN.count("\n")
    assert ini.replace_block(edit.text, "/f.yaml", BODY, "config").text == text
    assert ini.replace_block(text, "/f.yaml", (), "config").text == FOREIGN + "[profile below]\nregion = z\n"


@pytest.mark.parametrize("name", ["/a b/c.yaml", "C:\\x=y.yaml", "/50%.yaml", "/ä\n.yaml", "/a:b", "/a%3Ab", "/a >>>"])
def test_any_file_name_marks_a_block_of_its_own(name: str) -> None:
    text = ini.replace_block(BLOCK, name, ("[profile x]",), "config").text
    assert len(ini.find_blocks(text, "config")) == 2
    assert not ini.replace_block(text, name, ("[profile x]",), "config").changed
    assert ini.replace_block(text, name, (), "config").text == BLOCK


def test_our_comments_are_not_taken_for_options_by_the_aws_cli() -> None:
    """`aws configure set` puts an option below the last line of its section that has a `:` or a `=`."""
    text = ini.replace_block("", "C:/x=y.yaml", ("[profile x]",), "config").text
    assert not [line for line in text.splitlines() if line.startswith("#") and (":" in line or "=" in line)]


def test_an_option_that_another_program_put_below_our_first_line_stays_with_its_section() -> None:
    text = FOREIGN + BLOCK.replace(">>>\n", ">>>\nadded = 1\n")
    edit = ini.replace_block(text, "/f.yaml", BODY, "config")
    assert edit.text == FOREIGN + "added = 1\n" + BLOCK
    assert edit.before == edit.after, "what moves out of the block is not shown as gone"
    assert edit.block_lines == range(FOREIGN.count("\n"), text.count("\n"))
    assert parsed(edit.text) == parsed(text)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[default]\n# >>> reconcile /f.yaml >>>\n[profile x]\n", 2, "lacks its end"),
        ("\n# <<< reconcile <<<\n", 2, "lacks its beginning"),
        ("# >>> reconcile /f >>>\n# >>> reconcile /g >>>\n# <<< reconcile <<<\n", 1, "lacks its end"),
        (BLOCK + "# <<< reconcile <<<\n", BLOCK.count("\n") + 1, "lacks its beginning"),
        (BLOCK + BLOCK, BLOCK.count("\n") + 1, "first begins on line 1"),
        (BLOCK + "\n# fine\nregion = x\n", BLOCK.count("\n") + 3, "below the block"),
    ],
)
def test_a_file_that_cannot_be_told_apart_is_refused_with_the_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ReconcileError, match=said) as caught:
        ini.replace_block(text, "/f.yaml", BODY, "/home/me/.aws/config")
    place = caught.value.problems[0].place
    assert place is not None and (place.file, place.line) == ("/home/me/.aws/config", line)


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

"""Config files of the AWS CLI are changed only where we may."""

from __future__ import annotations

import pytest
from hypothesis import given

from reconciler.files import ini_edits
from reconciler.model.problem import ReconcileError
from tests.support.ini_texts import READABLE, TEXTS, parse_by_configparser

BODY = ("[profile s3]", "role_arn = arn:aws:iam::123456789012:role/reader", "source_profile = demo")
BLOCK = "# >>> reconcile /f.yaml >>>\n" + "\n".join((ini_edits._NOTE, *BODY)) + "\n# <<< reconcile <<<\n"
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


@given(TEXTS)
def test_everything_around_the_block_is_kept_byte_for_byte(text: str) -> None:
    ended = text if not text or text.endswith("\n") else text + ini_edits.line_end_of(text)
    added = ini_edits.replace_block(text, "/f.yaml", BODY, "config")
    assert added.text.startswith(ended)
    assert added.text == ended + BLOCK.replace("\n", ini_edits.line_end_of(text))
    assert not ini_edits.replace_block(added.text, "/f.yaml", BODY, "config").changed
    other = ini_edits.replace_block(added.text, "/g.yaml", ("[profile g]", "region = x"), "config").text
    assert ini_edits.replace_block(other, "/f.yaml", (), "config").text.startswith(ended)
    assert ini_edits.replace_block(added.text, "/f.yaml", (), "config").text == ended


@given(READABLE)
def test_the_block_reads_as_was_meant_and_the_rest_as_before(text: str) -> None:
    before = parse_by_configparser(text)
    after = parse_by_configparser(ini_edits.replace_block(text, "/f.yaml", BODY, "config").text)
    assert after.pop("profile s3") == {
        "role_arn": "arn:aws:iam::123456789012:role/reader",
        "source_profile": "demo",
    }
    assert after == before


@given(READABLE)
def test_options_of_a_section_are_set_and_all_others_stay(text: str) -> None:
    before = parse_by_configparser(text)
    name = next(iter(before))
    after = parse_by_configparser(ini_edits.set_values(text, name, {"region": "new", "key": "k"}))
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
    before = parse_by_configparser(text)
    after = parse_by_configparser(ini_edits.set_values(text, "a", {"key": "k", "secret": "s"}))
    assert after == {**before, "a": {**before["a"], "key": "k", "secret": "s"}}


def test_an_indented_section_below_our_block_is_told_as_aws_reads_it() -> None:
    text = BLOCK + "  [profile below]\nregion = z\n"
    with pytest.raises(ReconcileError, match="below the block"):
        ini_edits.replace_block(text, "/f.yaml", ("[profile new]", "region = y"), "config")
    assert list(parse_by_configparser(text)) == ["profile s3"]


@given(READABLE)
def test_a_new_section_is_added_and_all_others_stay(text: str) -> None:
    before = parse_by_configparser(text)
    after = parse_by_configparser(ini_edits.append_section(text, "new", {"x": "1", "y": "2"}))
    assert after == {**before, "new": {"x": "1", "y": "2"}}


def test_a_block_in_the_middle_is_replaced_where_it_stands() -> None:
    text = FOREIGN + BLOCK + "[profile below]\nregion = z\n"
    edit = ini_edits.replace_block(text, "/f.yaml", ("[profile new]", "region = y"), "config")
    assert edit.text.startswith(FOREIGN) and edit.text.endswith("<<<\n[profile below]\nregion = z\n")
    assert edit.before[2:-1] == BODY and edit.after[2:-1] == ("[profile new]", "region = y")
    assert edit.line == FOREIGN.count("\n")
    assert ini_edits.replace_block(edit.text, "/f.yaml", BODY, "config").text == text
    assert ini_edits.replace_block(text, "/f.yaml", (), "config").text == FOREIGN + "[profile below]\nregion = z\n"


@pytest.mark.parametrize("name", ["/a b/c.yaml", "C:\\x=y.yaml", "/50%.yaml", "/ä\n.yaml", "/a:b", "/a%3Ab", "/a >>>"])
def test_any_file_name_marks_a_block_of_its_own(name: str) -> None:
    text = ini_edits.replace_block(BLOCK, name, ("[profile x]",), "config").text
    assert len(ini_edits.find_blocks(text, "config")) == 2
    assert not ini_edits.replace_block(text, name, ("[profile x]",), "config").changed
    assert ini_edits.replace_block(text, name, (), "config").text == BLOCK


def test_our_comments_are_not_taken_for_options_by_the_aws_cli() -> None:
    """`aws configure set` puts an option below the last line of its section that has a `:` or a `=`."""
    text = ini_edits.replace_block("", "C:/x=y.yaml", ("[profile x]",), "config").text
    assert not [line for line in text.splitlines() if line.startswith("#") and (":" in line or "=" in line)]


def test_an_option_that_another_program_put_below_our_first_line_stays_with_its_section() -> None:
    text = FOREIGN + BLOCK.replace(">>>\n", ">>>\nadded = 1\n")
    edit = ini_edits.replace_block(text, "/f.yaml", BODY, "config")
    assert edit.text == FOREIGN + "added = 1\n" + BLOCK
    assert edit.before == edit.after, "what moves out of the block is not shown as gone"
    assert edit.block_lines == range(FOREIGN.count("\n"), text.count("\n"))
    assert parse_by_configparser(edit.text) == parse_by_configparser(text)


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
        ini_edits.replace_block(text, "/f.yaml", BODY, "/home/me/.aws/config")
    place = caught.value.problems[0].place
    assert place is not None and (place.file, place.line) == ("/home/me/.aws/config", line)

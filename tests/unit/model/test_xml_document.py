"""XML is compared by meaning, and what expands or reads files is refused before anything is built of it."""

from __future__ import annotations

import time

import pytest

from reconciler.model.xml_document import MAX_DEPTH, MAX_NAMESPACES, XmlError, parse_xml, parse_xml_or_opaque

BOMB = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><a>&a11;</a>"
)

REFUSED = {
    "an entity bomb": (BOMB, "DOCTYPE", 1),
    "a file of the machine": ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "DOCTYPE", 1),
    "an outer DTD": ('\n<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>', "DOCTYPE", 2),
    "nothing": ("", "no element found", 1),
    "an element left open": ("<a>\n<b></a>", "mismatched tag", 2),
    "a prefix that nobody bound": ("<x:a/>", "unbound prefix", 1),
    "two outermost elements": ("<a/><b/>", "junk after document element", 1),
    "an unknown entity": ("<a>&nbsp;</a>", "undefined entity", 1),
    "JSON": ('{"a": 1}', "not well-formed", 1),
    "elements too deep": ("<a>\n" * 20_000 + "</a>" * 20_000, "nested more than 100 deep", MAX_DEPTH + 1),
    "namespaces too many": (
        "\n<a " + " ".join(f'xmlns:n{n}="u"' for n in range(200)) + "/>",
        "more than 100 namespaces",
        2,
    ),
}


@pytest.mark.parametrize(("text", "reason", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_plain_xml_is_refused_with_its_place(text: str, reason: str, line: int) -> None:
    with pytest.raises(XmlError, match=reason) as caught:
        parse_xml(text)
    assert caught.value.line == line
    assert parse_xml_or_opaque(text) == parse_xml_or_opaque(text)
    assert parse_xml_or_opaque(text) != parse_xml_or_opaque(f"{text} ")


SAME = {
    "quotes": ("<a b='1'/>", '<a b="1"></a>'),
    "order of attributes": ('<a c="2" b="1"/>', '<a b="1" c="2"/>'),
    "comments": ("<a><!-- x --><b/></a>", "<a><b/></a>"),
    "indentation": ("<a>\n  <b> x </b>\n</a>", "<a><b>x</b></a>"),
    "the encoding that is claimed": ('<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>', "<a>ä</a>"),
    "character references": ("<a>&#228;</a>", "<a>ä</a>"),
    "CDATA": ("<a><![CDATA[x&y]]></a>", "<a>x&amp;y</a>"),
}
DIFFERENT = {
    "text": ("<a>x</a>", "<a>y</a>"),
    "letter case": ("<a>x</a>", "<a>X</a>"),
    "white space within": ("<a>x y</a>", "<a>x  y</a>"),
    "an attribute": ('<a b="1"/>', "<a/>"),
    "a namespace": ('<a xmlns="u:1"/>', '<a xmlns="u:2"/>'),
    "order of elements": ("<a><b/><c/></a>", "<a><c/><b/></a>"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_spelling_is_no_difference(one: str, other: str) -> None:
    assert parse_xml(one) == parse_xml(other)
    assert hash(parse_xml(one)) == hash(parse_xml(other))
    assert parse_xml(one).text == one


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_meaning_is_a_difference(one: str, other: str) -> None:
    assert parse_xml(one) != parse_xml(other)


def test_a_document_is_shown_short_by_what_a_person_knows_it_by() -> None:
    said = str(parse_xml(f'<a entityID="https://idp">{"secret" * 1000}</a>', "entityID"))
    assert said.startswith("https://idp, 6,0")
    assert "secret" not in said + repr(parse_xml("<a>secret</a>"))
    assert str(parse_xml("<a/>", "entityID")).startswith("4 characters of XML, sha256:")


def test_a_document_as_deep_and_with_as_many_namespaces_as_we_take_is_read() -> None:
    parse_xml("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH)
    declared = "".join(f' xmlns:n{n}="u{n}"' for n in range(MAX_NAMESPACES))
    parse_xml(f"<a{declared}>{'<b/>' * 1000}</a>")
    one_each = "".join(f"<b xmlns:n='u{n}'/>" for n in range(2 * MAX_NAMESPACES))
    parse_xml(f"<a>{one_each}</a>")


def test_half_of_a_surrogate_pair_is_no_text_at_all() -> None:
    for read in (parse_xml, parse_xml_or_opaque):
        with pytest.raises(XmlError, match="surrogate") as caught:
            read("<a>\n<b>\ud800</b></a>")
        assert (caught.value.line, caught.value.column) == (2, 4)


def test_no_document_takes_the_square_of_its_length() -> None:
    """Each of these took minutes; together they are refused, or read, within a second or two."""
    many = 100_000
    declared = "".join(f" xmlns:n{n}='u{n}'" for n in range(many // 10))
    inside = "".join(f"<a xmlns:n{n}='u'>" for n in range(many))
    began = time.process_time()
    for text in ("<a>" * many + "</a>" * many, f"<r{declared}>{'<q/>' * many}</r>", inside):
        with pytest.raises(XmlError):
            parse_xml(text)
    parse_xml(f"<r>{'<q/>' * 20_000}</r>")
    assert time.process_time() - began < 2

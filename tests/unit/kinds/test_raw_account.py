"""Documents as the account's pages have them: what they mean is the same however they came."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.raw_account import RawAccount
from reconciler.model.document import Document, Json
from reconciler.model.problem import Place
from reconciler.policy.canonical import canonical

POLICY: dict[str, Json] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::büro/100%25/*"}],
}


def raw(known: dict[str, Document] | None = None) -> RawAccount:
    return RawAccount("123456789012", "aws", {}, known_documents=known or {})


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_a_document_means_the_same_encoded_and_decoded(body: dict[str, Json]) -> None:
    document = {**POLICY, "Id": "é", "Statement": [body]}
    encoded = raw().parse_document(quote(json.dumps(document, ensure_ascii=False), safe=""))
    assert encoded == raw().parse_document(document) == canonical(document)
    assert encoded.text == canonical(document).text


def test_a_text_that_is_known_is_not_worked_out_again_and_has_no_place_in_a_file() -> None:
    of_file = canonical(POLICY)
    written = Document(
        of_file.version, of_file.statements, text=of_file.text, places=(Place("a", 1, 1),), from_rules=True
    )
    found = raw({written.text: written}).parse_document(quote(written.text))
    assert found.statements is written.statements
    assert found == written
    assert (found.text, found.places, found.from_rules) == (written.text, (), False)


def test_only_the_very_text_is_known() -> None:
    other = {**POLICY, "Statement": []}
    known = canonical(POLICY)
    assert raw({known.text: known}).parse_document(quote(json.dumps(other))) == canonical(other)


def test_what_is_no_policy_equals_itself_alone() -> None:
    for text in ("no json", quote("[1]"), quote('"text"'), "%7B", ""):
        found = raw().parse_document(text)
        assert found.opaque == text
        assert not found.statements
    assert raw().parse_document("%7B") != raw().parse_document("%7Bx")

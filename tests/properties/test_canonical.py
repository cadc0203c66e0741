"""Canonical documents over random documents: what means the same is equal, what does not is not."""

from __future__ import annotations

import json

from deepdiff import DeepDiff
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.document import Statement
from reconciler.plan.compare.document_diff import diff_documents, to_comparable_dict
from reconciler.policy.canonical import as_json, canonical
from reconciler.policy.statements import pair_statements
from tests.support.examples import examples
from tests.support.strategies import changed_documents, documents, equivalent_documents

quick = examples(100)


@quick
@given(documents().flatmap(lambda document: st.tuples(st.just(document), equivalent_documents(document))))
def test_a_document_written_another_way_is_the_same(pair: tuple[dict, dict]) -> None:
    document, other = pair
    assert canonical(document) == canonical(other)
    assert hash(canonical(document)) == hash(canonical(other))


@quick
@given(documents().flatmap(lambda document: st.tuples(st.just(document), changed_documents(document))))
def test_a_real_change_is_seen(pair: tuple[dict, dict]) -> None:
    document, other = pair
    assert canonical(document) != canonical(other)
    assert diff_documents(canonical(document), canonical(other)), "a change that nobody can see in the plan"


@quick
@given(documents())
def test_canonical_json_is_a_document_of_the_same_meaning(document: dict) -> None:
    once = as_json(canonical(document))
    assert canonical(once) == canonical(document)
    assert as_json(canonical(once)) == once


@quick
@given(documents().flatmap(lambda document: st.tuples(st.just(document), equivalent_documents(document))))
def test_what_is_sent_is_what_the_author_wrote(pair: tuple[dict, dict]) -> None:
    for document in pair:
        assert json.loads(canonical(document).text) == document


@quick
@given(documents(), documents())
def test_pairing_covers_every_difference_once(before: dict, after: dict) -> None:
    old, new = canonical(before), canonical(after)
    found = pair_statements(old, new)
    gone = [one for one, _ in found if one]
    come = [other for _, other in found if other]
    assert len(gone) == len(set(gone))
    assert set(gone) == old.statements - new.statements
    assert len(come) == len(set(come))
    assert set(come) == new.statements - old.statements


def _statements(document: dict) -> list[Statement]:
    return sorted(canonical(document).statements, key=repr)


@quick
@given(
    documents().flatmap(
        lambda document: st.tuples(st.just(document), equivalent_documents(document) | changed_documents(document))
    )
)
def test_keyed_views_differ_for_deepdiff_if_and_only_if_statements_do(pair: tuple[dict, dict]) -> None:
    one, other = (_statements(document) for document in pair)
    for left in one:
        for right in other:
            assert (left == right) == (not DeepDiff(to_comparable_dict(left), to_comparable_dict(right))), (left, right)

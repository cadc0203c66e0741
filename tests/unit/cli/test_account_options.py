"""--shard auto reads what engines say, and only then; --sizes takes a JSON object of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from reconciler.cli.account_options import RunArguments, read_shard

GITLAB = {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}
KUBERNETES, BATCH = {"JOB_COMPLETION_INDEX": "0"}, {"AWS_BATCH_JOB_ARRAY_INDEX": "3"}


@pytest.mark.parametrize(
    ("text", "shards", "environ", "shard"),
    [
        ("auto", None, GITLAB, "2/4"),
        ("auto", 4, GITLAB, "2/4"),
        ("auto", 4, {"CI_NODE_INDEX": "2"}, "2/4"),
        ("auto", 3, KUBERNETES, "1/3"),
        ("auto", 4, BATCH, "4/4"),
        ("2/3", None, {}, "2/3"),
        ("2/3", None, GITLAB, "2/3"),
        (None, None, GITLAB | KUBERNETES | BATCH, "None"),
    ],
)
def test_a_shard_is_named_or_found_if_it_is_asked_for(
    text: str | None, shards: int | None, environ: Mapping[str, str], shard: str
) -> None:
    assert str(read_shard(text, shards, environ)) == shard


@pytest.mark.parametrize(
    ("text", "shards", "environ", "said"),
    [
        ("auto", None, {}, "auto needs one of CI_NODE_INDEX"),
        ("auto", 2, {}, "auto needs one of CI_NODE_INDEX"),
        ("auto", None, {"CI_NODE_INDEX": "2"}, "CI_NODE_TOTAL is not: pass --shards N"),
        ("auto", 3, GITLAB, "--shards is 3, and CI_NODE_TOTAL is 4"),
        ("auto", None, KUBERNETES, "JOB_COMPLETION_INDEX of Kubernetes names no total: pass --shards N"),
        ("auto", None, BATCH, "AWS_BATCH_JOB_ARRAY_INDEX of AWS Batch names no total"),
        ("auto", 3, BATCH, "there is no shard 4 of 3"),
        ("auto", None, GITLAB | {"CI_NODE_INDEX": "0"}, "there is no shard 0 of 4"),
        ("auto", None, GITLAB | {"CI_NODE_INDEX": ""}, "CI_NODE_INDEX is '', which is not a number"),
        ("auto", None, GITLAB | {"CI_NODE_TOTAL": "٤"}, "CI_NODE_TOTAL is '٤', which is not a number"),
        ("auto", 9, {"JOB_COMPLETION_INDEX": "-1"}, "is not a number"),
        ("auto", 9, {"JOB_COMPLETION_INDEX": "9" * 5000}, "is not a number"),
        ("1/2", 2, {}, "--shards N goes with --shard auto"),
        (None, 2, {}, "--shards N goes with --shard auto"),
        ("first", None, {}, "'first' is not I/N, such as 1/4."),
    ],
)
def test_a_shard_without_an_index_or_a_total_is_an_error(
    text: str | None, shards: int | None, environ: Mapping[str, str], said: str
) -> None:
    with pytest.raises(click.UsageError) as failed:
        read_shard(text, shards, environ)
    assert said in failed.value.format_message()


def read_sizes(content: bytes, folder: Path) -> Mapping[str, float]:
    path = folder / "sizes.json"
    path.write_bytes(content)
    values = {"accounts": (), "wave": None, "shard": None, "shards": None, "sizes": str(path), "max_parallel": None}
    return RunArguments(values).read().sizes


@pytest.mark.parametrize(
    ("content", "sizes"),
    [(b"{}", {}), (b'{"prod": 12, "111111111111": 0.5, "dev": 0}', {"prod": 12, "111111111111": 0.5, "dev": 0})],
)
def test_sizes_are_numbers_by_account(content: bytes, sizes: Mapping[str, float], tmp_path: Path) -> None:
    assert read_sizes(content, tmp_path) == sizes


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"12", b"null", b'{"a": "12"}', b'{"a": null}', b'{"a": true}', b'{"a": -1}', b'{"a": NaN}',
        b'{"a": Infinity}', b'{"a": 1e999}', b'{"a": [1]}', b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(click.BadParameter, match=r'such as \{"prod": 12\}'):
        read_sizes(content, tmp_path)

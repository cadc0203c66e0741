"""A command line that asks for JSON lines is known before its options are parsed."""

from __future__ import annotations

import pytest

from reconciler.cli.log_event import wants_json_log


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("plan --log-format json", True),
        ("apply roles.yaml --log-format=json --bogus", True),
        ("undo --list --log-format json", True),
        ("plan --log-format text --log-format json", True),
        ("plan --log-format json --log-format text", False),
        ("plan --log-format", False),
        ("plan --log-format yaml", False),
        ("plan --format json", False),
        ("plan -- --log-format json", False),
        ("assume s3 -- reconcile apply --log-format json", False),
        ("validate --log-format json", False),
        ("--log-format json plan", False),
        ("", False),
    ],
)
def test_the_last_choice_before_the_double_dash_counts(line: str, wanted: bool) -> None:
    assert wants_json_log(line.split()) is wanted
